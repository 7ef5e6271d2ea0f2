//! The same address and the same password, however keyboards and browsers spell them.

use argon2::Argon2;
use argon2::password_hash::PasswordHasher;
use cabina::domains::identity::app_user;
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use serde_json::json;

use crate::support::{Refusals, TestApp};

#[tokio::test]
async fn both_spellings_of_an_international_domain_are_one_account() {
    let app = TestApp::start().await;
    let admin = app.admin().await;
    let user =
        |email: &str| json!({ "email": email, "name": "Dora", "role": "ADMIN", "password": "correct horse" });
    let made =
        admin.run("userCreate", user("Dora@XN--PEA-8MA.example"), "user { id email }").await["user"].clone();
    assert_eq!(made["email"], "dora@peña.example");
    for email in
        ["dora@peña.example", "dora@pen\u{303}a.example", "dora@xn--pea-8ma.example", "dora@ＰＥÑＡ.example"]
    {
        assert_eq!(app.sign_in(email).await.id, made["id"], "{email}");
        let twin = admin.run("userCreate", user(email), "user { id }").await.refusals();
        assert_eq!(twin, [("EMAIL_TAKEN".into(), "email".into())], "{email}");
    }
}

#[tokio::test]
async fn both_spellings_of_a_domain_are_one_client() {
    let app = TestApp::start().await;
    let ana = app.ana().await;
    let client =
        |email: &str| json!({ "kind": "COMPANY", "name": "Acme", "market": "madrid", "email": email });
    let made =
        ana.run("clientCreate", client("info@xn--pea-8ma.example"), "client { id email }").await["client"]
            .clone();
    assert_eq!(made["email"], "info@peña.example");
    let twin = ana.run("clientCreate", client("info@peña.example"), "client { id }").await.refusals();
    assert_eq!(twin, [("DUPLICATE".into(), "email".into())]);
    let find = "query($email: EmailAddress!) { clients(filter: { email: $email }) { totalCount } }";
    for email in ["info@peña.example", "INFO@xn--pea-8ma.example"] {
        assert_eq!(ana.data(find, json!({ "email": email })).await["clients"]["totalCount"], 1, "{email}");
    }
    let contact = json!({ "clientId": made["id"], "name": "Eva", "email": "eva@xn--pea-8ma.example" });
    let contact = ana.run("contactCreate", contact, "contact { email }").await;
    assert_eq!(contact["contact"]["email"], "eva@peña.example");
}

#[tokio::test]
async fn a_password_is_the_same_however_its_letters_are_composed() {
    let app = TestApp::start().await;
    let (ana, admin) = (app.ana().await, app.admin().await);
    let (composed, decomposed) = ("contraseña segura", "contrasen\u{303}a segura");
    let log_in = async |email: &str, password: &str| {
        let input = json!({ "email": email, "password": password });
        app.nobody().run("sessionCreate", input, "session { accessToken }").await.refusals()
    };
    let user = json!({ "email": "dora@test.example", "name": "Dora", "role": "ADMIN", "password": composed });
    admin.run("userCreate", user, "user { id }").await;
    for typed in [composed, decomposed] {
        assert_eq!(log_in("dora@test.example", typed).await, [], "{typed}");
    }
    let change = json!({ "id": ana.id, "currentPassword": "correct horse", "password": decomposed });
    assert_eq!(ana.run("userSetPassword", change, "user { id }").await.refusals(), []);
    for typed in [composed, decomposed] {
        assert_eq!(log_in("ana@test.example", typed).await, [], "{typed}");
    }
    let back = json!({ "id": ana.id, "currentPassword": composed, "password": "correct horse" });
    assert_eq!(ana.run("userSetPassword", back, "user { id }").await.refusals(), []);
    // Eight characters as they are hashed, not as they are typed.
    let short = json!({ "id": ana.id, "currentPassword": "correct horse", "password": "n\u{303}".repeat(7) });
    assert_eq!(
        ana.run("userSetPassword", short, "user { id }").await.refusals(),
        [("PASSWORD_WEAK".into(), "password".into())]
    );
}

#[tokio::test]
async fn a_hash_from_before_keeps_working() {
    let app = TestApp::start().await;
    // Of the password as it was typed then, with two characters for the ñ.
    let old =
        Argon2::default().hash_password("contrasen\u{303}a segura".as_bytes()).expect("a hash").to_string();
    app_user::Entity::update_many()
        .col_expr(app_user::Column::PasswordHash, Expr::value(old))
        .filter(app_user::Column::Email.eq("ana@test.example"))
        .exec(&app.app.database.pool)
        .await
        .expect("the old hash is there");
    for (typed, codes) in
        [("contrasen\u{303}a segura", vec![]), ("contrasena segura", vec!["INVALID_CREDENTIALS"])]
    {
        let input = json!({ "email": "ana@test.example", "password": typed });
        let refusals = app.nobody().run("sessionCreate", input, "session { accessToken }").await.refusals();
        assert_eq!(refusals.into_iter().map(|(code, _)| code).collect::<Vec<_>>(), codes, "{typed}");
    }
}
