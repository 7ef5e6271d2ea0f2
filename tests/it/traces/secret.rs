//! No secret and nothing of a person in spans.

use serde_json::json;

use super::telling;
use crate::support::{Actor, Collector, Manner, Program};
use crate::sync::{sandbox, until, variables};

#[tokio::test]
async fn spans_hold_no_secret_and_tell_of_no_person() {
    let (odoo, odoo_url, _stop) = sandbox().await;
    let collector = Collector::start(&[Manner::Takes]).await;
    let mut settings = variables(&odoo, &odoo_url);
    settings.extend(telling(&collector, "always_on"));
    settings.push(("OTEL_EXPORTER_OTLP_HEADERS", "authorization=Bearer%20key-of-the-collector".to_owned()));
    let odoo_keys = settings.iter().find(|(name, _)| *name == "ODOO_API_KEYS").expect("keys").1.clone();
    let program = Program::serve(settings).await;
    let admin = program.sign_in("admin@test.example").await;
    let ana = program.sign_in("ana@test.example").await;
    let wrong = json!({ "email": "ana@test.example", "password": "wrong-wrong-wrong" });
    program.nobody().run("sessionCreate", wrong, "session { accessToken }").await;
    let made = admin
        .run("apiKeyCreate", json!({ "name": "K", "role": "ADMIN", "scopes": ["READ"] }), "secret")
        .await;
    let key = made["secret"].as_str().expect("a key").to_owned();
    Actor::new(&program.url, Some(key.clone())).data("{ clients { totalCount } }", json!({})).await;
    let feed = ana.run("agendaFeedCreate", json!({}), "feedPath").await;
    let feed = feed["feedPath"].as_str().expect("a path").to_owned();
    let answer = Actor::answer(program.nobody().request(reqwest::Method::GET, &feed)).await;
    assert_eq!(answer.status, 200);
    let fields =
        json!({ "name": "Ximena Quetzal", "email": "ximena@quetzal.example", "phone": "+524491234567" });
    let id = ana.client_with(fields).await["id"].as_str().expect("an id").to_owned();
    // Literals in the document, a query string, and a path that leads nowhere.
    ana.data("query Find { clientSearch(text: \"quetzal\") { client { id } } }", json!({})).await;
    for path in ["/graphql?query=%7B__typename%7D&token=in-the-query", "/nowhere/in-the-path"] {
        program.nobody().request(reqwest::Method::GET, path).send().await.expect("answers");
    }
    until("the client is in Odoo", async || odoo.external_id(&format!("cabina.{id}")).is_some()).await;
    assert!(program.stop().await.0.success());

    let told = collector.told();
    let feeds = told.iter().filter(|told| told.name == "GET /agenda/{file}").count();
    assert_eq!(feeds, 1, "the feed is told by its route");
    for name in ["mutation", "query Find", "odoo res.partner.load"] {
        assert!(told.iter().any(|told| told.name == name), "{name} is told: {told:#?}");
    }
    assert!(collector.keys().iter().all(|key| key == "Bearer key-of-the-collector"));
    let text = collector.raw();
    let feed = feed.trim_start_matches("/agenda/").trim_end_matches(".ics");
    let (access, mine) = (admin.token.expect("a token"), ana.token.expect("a token"));
    let mut hidden = vec![
        "key-of-the-collector",
        "correct horse",
        "wrong-wrong-wrong",
        &key,
        feed,
        &access,
        &mine,
        "in-the-query",
        "in-the-path",
        "Ximena",
        "imena@",
        "uetzal",
        "4491234567",
        "ana@test",
        "Ana Pérez",
    ];
    hidden.extend(odoo_keys.split(','));
    for secret in hidden {
        assert!(!text.contains(secret), "{secret} is in a span");
    }
}
