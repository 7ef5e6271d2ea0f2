//! A database from before: what was stored then is found and signed in with as what is stored now.

use std::time::Duration;

use migration::{Migrator, MigratorTrait};
use sea_orm::ConnectionTrait;
use serde_json::json;

use super::search::found;
use crate::support::{Refusals, TestApp};

/// Takes the tables back to before the migration with this name, and brings them up to date.
async fn upgrade_from(app: &TestApp, name: &str) {
    take_back(app, name).await;
    app.app.migrate().await.expect("brought up to date");
}

/// Takes the tables back to before the migration with this name.
pub async fn take_back(app: &TestApp, name: &str) {
    let migrations = Migrator::migrations();
    let first =
        migrations.iter().position(|migration| migration.name().ends_with(name)).expect("it is there");
    let steps = u32::try_from(migrations.len() - first).expect("a few");
    Migrator::down(&app.app.database.pool, Some(steps)).await.expect("taken back");
}

#[tokio::test]
async fn names_of_before_are_compared_and_sorted_as_those_of_now() {
    let app = TestApp::start().await;
    let (ana, admin) = (app.ana().await, app.admin().await);
    for name in ["O’Zeta", "O'Zz", "O'Ya"] {
        ana.client(name).await;
    }
    for name in ["O’Brien", "D’Or", "D'Or"] {
        // Two of the same form could be made before.
        let form = "UPDATE team SET name_sort = 'd’or' WHERE name = 'D’Or'";
        admin.run("teamCreate", json!({ "name": name }), "team { id }").await;
        app.app.database.pool.execute_unprepared(form).await.expect("as before");
    }
    for sql in [
        "UPDATE team SET name_sort = 'o’brien' WHERE name = 'O’Brien'",
        "UPDATE client SET name_sort = 'o’zeta' WHERE name = 'O’Zeta'",
    ] {
        app.app.database.pool.execute_unprepared(sql).await.expect("as before");
    }
    let query = "{ clients(orderBy: { field: NAME }) { nodes { name } } }";
    let names = async || ana.data(query, json!({})).await["clients"]["nodes"].clone();
    let sorted = |names: [&str; 3]| json!(names.map(|name| json!({ "name": name })));
    assert_eq!(names().await, sorted(["O'Ya", "O'Zz", "O’Zeta"]));
    upgrade_from(&app, "_name_forms").await;
    assert_eq!(names().await, sorted(["O'Ya", "O’Zeta", "O'Zz"]));
    let taken = [("NAME_TAKEN".to_owned(), "name".to_owned())];
    assert_eq!(admin.run("teamCreate", json!({ "name": "O'Brien" }), "team { id }").await.refusals(), taken);
    let teams = admin.data("{ teams { nodes { name } } }", json!({})).await["teams"]["nodes"].to_string();
    assert!(
        teams.contains("D’Or") && teams.contains("D'Or"),
        "two of one form are both there still: {teams}"
    );
}

#[tokio::test]
async fn clients_and_users_of_before_have_the_new_forms() {
    let app = TestApp::start().await;
    let ana = app.ana().await;
    let pool = &app.app.database.pool;
    let acme =
        json!({ "name": "Qorvex, S.A. de C.V.", "email": "ventas.norte@peña.example", "tags": ["VIP"] });
    let id = ana.client_with(acme).await["id"].clone();
    ana.run(
        "contactCreate",
        json!({ "clientId": id, "name": "Eva", "email": "eva@peña.example" }),
        "contact { id }",
    )
    .await;
    for sql in [
        "UPDATE client SET email = 'ventas.norte@xn--pea-8ma.example', words = ''",
        "UPDATE contact SET email = 'eva@xn--pea-8ma.example'",
        "UPDATE app_user SET email = 'beto@xn--pea-8ma.example' WHERE email = 'beto@test.example'",
        "UPDATE app_user SET email = 'ana@peña.example' WHERE email = 'ana@test.example'",
        "UPDATE app_user SET email = 'ana@xn--pea-8ma.example' WHERE email = 'carla@test.example'",
        "DELETE FROM client_term WHERE field = 'EMAIL' OR term = 'sa'",
        "INSERT INTO client_term (client_id, term, field, team_id, advisor_id)
            SELECT id, 'gone', 'NAME', team_id, advisor_id FROM client",
    ] {
        pool.execute_unprepared(sql).await.expect("it is as it was before");
    }
    assert_eq!(found(&ana, "norte@peña.example").await, [""; 0]);
    upgrade_from(&app, "_domains").await;

    let query = "query($id: ID!) { client(id: $id) { email contacts { nodes { email } } } }";
    assert_eq!(
        ana.data(query, json!({ "id": id })).await["client"],
        json!({ "email": "ventas.norte@peña.example", "contacts": { "nodes": [{ "email": "eva@peña.example" }] } })
    );
    app.sign_in("beto@peña.example").await;
    assert_eq!(
        app.sign_in("ana@xn--pea-8ma.example").await.id,
        ana.id,
        "the one in Unicode kept the address"
    );

    assert_eq!(app.rows("job").await, 1, "the words are to be written anew");
    let stopped = app.app.clone();
    let worker = tokio::spawn(async move { cabina::worker::run(stopped, std::future::pending()).await });
    let done = async {
        while found(&ana, "norte@peña.example").await.is_empty() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(60), done).await.expect("the job is done");
    worker.abort();
    for (text, field) in [("qorvex sa de cv", "NAME"), ("ventas.n", "EMAIL"), ("vip", "TAG")] {
        assert_eq!(found(&ana, text).await, [format!("Qorvex, S.A. de C.V. {field}")], "{text}");
    }
    assert_eq!(found(&ana, "gone").await, [""; 0]);
}
