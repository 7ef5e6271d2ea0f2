//! Two transactions that want the same rows: the one that loses is run again, or ends in a refusal that has a name.

use std::time::Duration;

use sea_orm::{ConnectionTrait, Database, DatabaseConnection, DbBackend, Statement, TransactionTrait};
use serde_json::{Value, json};

use crate::support::{Actor, Refusals, TestApp, is_postgres};

/// A connection of somebody else to the database of the server.
pub async fn other(app: &TestApp) -> DatabaseConnection {
    Database::connect(app.database_url()).await.expect("a connection")
}

async fn sql(conn: &impl ConnectionTrait, sql: String) {
    conn.execute_raw(Statement::from_string(conn.get_database_backend(), sql))
        .await
        .expect("a statement that works");
}

/// Waits until a transaction of PostgreSQL waits for a lock.
pub async fn someone_waits(conn: &DatabaseConnection) {
    let waiting =
        "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'";
    for _ in 0..1000 {
        let found = conn.query_one_raw(Statement::from_string(DbBackend::Postgres, waiting)).await;
        if found.expect("an answer").is_some() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    panic!("nobody waits for a lock");
}

/// What the id of the schema is in the database.
fn row(id: &Value) -> String {
    let (_, uuid) = cabina::kernel::ids::parse(id.as_str().expect("an id")).expect("an id");
    if is_postgres() { format!("'{uuid}'") } else { format!("x'{}'", uuid.simple()) }
}

/// A mutation that runs beside the test.
fn beside(
    actor: &Actor,
    mutation: &'static str,
    input: Value,
    selection: &'static str,
) -> tokio::task::JoinHandle<Value> {
    let actor = actor.clone();
    tokio::spawn(async move { actor.run(mutation, input, selection).await })
}

#[tokio::test(flavor = "multi_thread")]
async fn a_write_that_would_wait_for_ever_is_run_again() {
    let app = TestApp::start().await;
    let (ana, beto, sofia) = (app.ana().await, app.beto().await, app.sofia().await);
    let client = ana.client_with(json!({ "name": "Acme" })).await;
    let event = json!({ "title": "Visit", "clientId": client["id"],
        "start": "2027-01-04T16:00:00Z", "end": "2027-01-04T17:00:00Z" });
    let event = ana.run("agendaEventCreate", event, "agendaEvent { id }").await["agendaEvent"].clone();

    let (watch, other) = (other(&app).await, other(&app).await);
    let theirs = other.begin().await.expect("a transaction");
    sql(&theirs, format!("UPDATE agenda_event SET version = version WHERE id = {}", row(&event["id"]))).await;
    let given = json!({ "id": client["id"], "expectedVersion": client["version"], "advisorId": beto.id });
    let given = beside(&sofia, "clientReassign", given, "client { advisor { id } }");
    if is_postgres() {
        // It has the client and waits for the event; now each waits for the other, and it waited first.
        someone_waits(&watch).await;
        sql(&theirs, format!("UPDATE client SET version = version WHERE id = {}", row(&client["id"]))).await;
    } // SQLite has one writer: it waits for its turn, and holds nothing meanwhile.
    theirs.commit().await.expect("the other one is done");
    let given = given.await.expect("an answer");
    assert_eq!(given["userErrors"], json!([]), "{given}");
    assert_eq!(given["client"]["advisor"]["id"], json!(beto.id));
    let seen = beto
        .data("query($id: ID!) { agendaEvent(id: $id) { assignee { id } } }", json!({ "id": event["id"] }));
    assert_eq!(seen.await["agendaEvent"]["assignee"]["id"], json!(beto.id));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_write_on_what_changed_since_it_began_is_run_again() {
    let first = TestApp::start().await;
    let watch = other(&first).await;
    if is_postgres() {
        let strict = "DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET default_transaction_isolation = ''repeatable read''', \
                      current_database()); END $$";
        sql(&watch, strict.to_owned()).await;
    }
    let app = first.second().await; // its connections are strict
    let ana = app.ana().await;
    let client = ana.client_with(json!({ "name": "Acme" })).await;
    let theirs = other(&first).await.begin().await.expect("a transaction");
    sql(&theirs, format!("UPDATE client SET version = version WHERE id = {}", row(&client["id"]))).await;
    let named = json!({ "id": client["id"], "expectedVersion": client["version"], "name": "Acme again" });
    let named = beside(&ana, "clientUpdate", named, "client { name }");
    if is_postgres() {
        someone_waits(&watch).await;
    }
    theirs.commit().await.expect("the other one is done");
    let named = named.await.expect("an answer");
    assert_eq!(
        (&named["userErrors"], &named["client"]["name"]),
        (&json!([]), &json!("Acme again")),
        "{named}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_somebody_takes_meanwhile_is_a_refusal_with_a_name() {
    let app = TestApp::start().await;
    let admin = app.admin().await;
    let watch = other(&app).await;
    let theirs = other(&app).await.begin().await.expect("a transaction");
    let id = cabina::kernel::ids::TeamId::new();
    let new =
        format!("SELECT {}, 1, 'West', 'west', created_at, updated_at FROM team LIMIT 1", row(&json!(id)));
    sql(&theirs, format!("INSERT INTO team (id, version, name, name_sort, created_at, updated_at) {new}"))
        .await;
    let made = beside(&admin, "teamCreate", json!({ "name": "West" }), "team { id }");
    if is_postgres() {
        someone_waits(&watch).await;
    }
    theirs.commit().await.expect("the other one is done");
    assert_eq!(made.await.expect("an answer").refusals(), [("NAME_TAKEN".to_owned(), "name".to_owned())]);
}
