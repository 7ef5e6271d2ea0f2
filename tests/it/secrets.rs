//! No secret in the log, in an answer, or in plain text in the database.

use std::io::Write;
use std::sync::{Arc, Mutex};

use serde_json::json;

use crate::support::{Actor, Setup, is_postgres};

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().expect("not poisoned").extend_from_slice(bytes);
        Ok(bytes.len())
    }
    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn secrets_appear_in_no_log_and_in_no_table() {
    let log = Log::default();
    let writer = log.clone();
    // For the whole process, at the most talkative level: other tests write into it too, which does no harm.
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing::Level::TRACE)
        .json()
        .with_writer(move || writer.clone())
        .finish();
    tracing::subscriber::set_global_default(subscriber).expect("nobody else set one");
    let secret = "this-is-the-signing-secret-of-the-test";
    let app = Setup::default().with("CABINA_JWT_SECRET", secret).start().await;
    let admin = app.admin().await;
    let password = "hunter2-hunter2-hunter2";
    let new = json!({ "email": "eve@test.example", "name": "Eve", "role": "ADMIN", "password": password, "idempotencyKey": "k" });
    let eve = admin.run("userCreate", new, "user { id }").await["user"]["id"].clone();
    let made = admin
        .run("apiKeyCreate", json!({ "name": "K", "role": "ADMIN", "scopes": ["READ"] }), "secret")
        .await;
    let key = made["secret"].as_str().expect("a key").to_owned();
    app.bearer(&key).data("{ clients { totalCount } }", json!({})).await;
    let wrong = json!({ "email": "eve@test.example", "password": "wrong-wrong-wrong" });
    app.nobody().run("sessionCreate", wrong, "session { accessToken }").await;
    let input = json!({ "email": "eve@test.example", "password": password });
    let opened = app.nobody().run("sessionCreate", input, "session { accessToken refreshToken }").await;
    let access = opened["session"]["accessToken"].as_str().expect("a token").to_owned();
    let refresh = opened["session"]["refreshToken"].as_str().expect("a token").to_owned();
    app.bearer(&access[..access.len() - 2]).send("{ viewer { id } }", json!({})).await;
    admin.run("userSetPassword", json!({ "id": eve, "password": "another-another-1" }), "user { id }").await;
    let feed = app.ana().await.run("agendaFeedCreate", json!({}), "feedPath").await;
    let feed = feed["feedPath"].as_str().expect("a path").to_owned();
    let answer = Actor::answer(app.nobody().request(reqwest::Method::GET, &feed)).await;
    assert_eq!(answer.status, 200, "the feed is there without a sign-in");
    let feed = feed.trim_start_matches("/agenda/").trim_end_matches(".ics");
    let (odoo_password, odoo_key) = ("odoo-password-of-the-test", "odoo-key-of-the-test");
    crate::odoo::double::in_all_languages(odoo_password, odoo_key).await;

    let text = String::from_utf8_lossy(&log.0.lock().expect("not poisoned")).into_owned();
    assert!(text.contains("request_id"), "the log was caught");
    let wrong = ["wrong-wrong-wrong", "another-another-1"];
    let secrets =
        [secret, password, wrong[0], wrong[1], &key, &refresh, &access, feed, odoo_password, odoo_key];
    for secret in secrets {
        let line = text.lines().find(|line| line.contains(secret));
        assert_eq!(line, None, "a secret is in the log");
    }
    let tables = [
        "app_user",
        "session",
        "refresh_token",
        "api_key",
        "audit_entry",
        "outbox",
        "idempotency_key",
        "login_failure",
        "agenda_settings",
    ];
    for table in tables {
        let rows = everything(&app, table).await;
        for secret in secrets {
            assert!(!rows.contains(secret), "a secret is in {table}");
        }
    }
    assert!(everything(&app, "app_user").await.contains("argon2id"), "the tables were read");
}

/// A table as one text.
async fn everything(app: &crate::support::TestApp, table: &str) -> String {
    use sea_orm::{ConnectionTrait, Statement};
    let pool = &app.app.database.pool;
    if is_postgres() {
        let sql = format!("SELECT coalesce(string_agg(t::text, ' '), '') FROM {table} t");
        let row = pool
            .query_one_raw(Statement::from_string(pool.get_database_backend(), sql))
            .await
            .expect("a table");
        return row.expect("a row").try_get_by_index::<String>(0).expect("text");
    }
    let columns = Statement::from_string(
        pool.get_database_backend(),
        format!("SELECT name FROM pragma_table_info('{table}')"),
    );
    let mut names = Vec::new();
    for row in pool.query_all_raw(columns).await.expect("a table") {
        names.push(row.try_get_by_index::<String>(0).expect("a name"));
    }
    let joined: Vec<String> = names.iter().map(|name| format!("quote(\"{name}\")")).collect();
    let sql = format!("SELECT coalesce(group_concat({}), '') FROM {table}", joined.join(" || ' ' || "));
    let row =
        pool.query_one_raw(Statement::from_string(pool.get_database_backend(), sql)).await.expect("rows");
    row.expect("a row").try_get_by_index::<String>(0).expect("text")
}
