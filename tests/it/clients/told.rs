//! What cabina itself writes into a client's history is told to each reader in their language.

use sea_orm::ConnectionTrait;
use serde_json::{Value, json};

use super::upgrade::take_back;
use crate::support::{Actor, Refusals, Screen, TestApp, is_postgres};

const LIVE: &str = "subscription($after: Cursor) { eventlogNew(after: $after) { ... on EventlogNew { entry { code text } } } }";

/// Sofía, who reads English.
async fn english(app: &TestApp) -> Actor {
    let (admin, sofia) = (app.admin().await, app.sofia().await);
    let change = json!({ "id": sofia.id, "expectedVersion": 1, "locale": "en" });
    assert_eq!(admin.run("userUpdate", change, "user { id }").await.refusals(), []);
    app.sofia().await
}

/// Code and text of each entry of a client, the oldest first.
async fn history(reader: &Actor, client: &str) -> Vec<(Option<String>, String)> {
    let query = "query($id: ID!) { client(id: $id) { eventLog(first: 50) { nodes { code text } } } }";
    let data = reader.data(query, json!({ "id": client })).await;
    let nodes = data["client"]["eventLog"]["nodes"].as_array().expect("a list").clone();
    nodes.iter().rev().map(pair).collect()
}

fn pair(entry: &Value) -> (Option<String>, String) {
    (entry["code"].as_str().map(str::to_owned), entry["text"].as_str().expect("a text").to_owned())
}

fn told(code: &str, text: &str) -> (Option<String>, String) {
    (Some(code).filter(|code| !code.is_empty()).map(str::to_owned), text.to_owned())
}

/// A client with an entry of each kind: created, noted by a person, activated, put into the agenda, given away.
async fn story(app: &TestApp) -> String {
    let (ana, beto, sofia) = (app.ana().await, app.beto().await, app.sofia().await);
    let client = ana.client_with(json!({ "name": "Rosa", "email": "rosa@x.example" })).await["id"].clone();
    let note = json!({ "clientId": client, "kind": "NOTE", "text": "Client created" });
    assert_eq!(ana.run("eventlogAppend", note, "entry { id }").await.refusals(), []);
    let active = json!({ "id": client, "expectedVersion": 1 });
    assert_eq!(ana.run("clientActivate", active, "client { id }").await.refusals(), []);
    let event = json!({ "title": "Visit", "start": "2026-01-05T16:00:00Z", "end": "2026-01-05T17:00:00Z",
        "clientId": client, "timeZone": "America/Mexico_City" });
    let event = ana.run("agendaEventCreate", event, "agendaEvent { id }").await["agendaEvent"]["id"].clone();
    let done = json!({ "id": event, "expectedVersion": 1, "reason": "signed" });
    assert_eq!(ana.run("agendaEventComplete", done, "agendaEvent { id }").await.refusals(), []);
    let given = json!({ "id": client, "expectedVersion": 2, "advisorId": beto.id });
    assert_eq!(sofia.run("clientReassign", given, "client { id }").await.refusals(), []);
    let pool = json!({ "id": client, "expectedVersion": 3, "advisorId": null });
    assert_eq!(sofia.run("clientReassign", pool, "client { id }").await.refusals(), []);
    client.as_str().expect("an id").to_owned()
}

fn in_spanish() -> Vec<(Option<String>, String)> {
    vec![
        told("CLIENT_CREATED", "Cliente creado"),
        told("", "Client created"),
        told("CLIENT_STATUS_CHANGED", "Prospecto → Activo"),
        told("AGENDA_PLANNED", "Cita planificada: Visit (05/01/2026 10:00)"),
        told("AGENDA_DONE", "Cita realizada: Visit (05/01/2026 10:00): signed"),
        told("CLIENT_ASSIGNED", "Asignado a Beto Ruiz"),
        told("CLIENT_ASSIGNED", "Devuelto al equipo, sin asignar"),
    ]
}

fn in_english() -> Vec<(Option<String>, String)> {
    vec![
        told("CLIENT_CREATED", "Client created"),
        told("", "Client created"),
        told("CLIENT_STATUS_CHANGED", "Prospect → Active"),
        told("AGENDA_PLANNED", "Agenda: Visit planned (2026-01-05 10:00)"),
        told("AGENDA_DONE", "Agenda: Visit done (2026-01-05 10:00): signed"),
        told("CLIENT_ASSIGNED", "Given to Beto Ruiz"),
        told("CLIENT_ASSIGNED", "Given to the team's pool"),
    ]
}

#[tokio::test]
async fn each_reader_is_told_in_their_language() {
    let app = TestApp::start().await;
    let (ana, sofia) = (app.ana().await, english(&app).await);
    let start = ana.cursor().await;
    let (mut here, mut there) = (Screen::of(&ana).await, Screen::of(&sofia).await);
    here.subscribe("1", LIVE, json!({ "after": start })).await;
    there.subscribe("1", LIVE, json!({ "after": start })).await;
    let client = story(&app).await;
    assert_eq!(history(&ana, &client).await, in_spanish());
    assert_eq!(history(&sofia, &client).await, in_english());

    let query = "query($after: Cursor!) { changes(after: $after, first: 100) { nodes {
        ... on EventlogNew { entry { code text client { eventLog(last: 1) { nodes { code text } } } } } } } }";
    app.settled().await;
    for (reader, all) in [(&ana, in_spanish()), (&sofia, in_english())] {
        let data = reader.data(query, json!({ "after": start })).await;
        let items = data["changes"]["nodes"].as_array().expect("items").clone();
        let entries: Vec<&Value> = items.iter().map(|item| &item["entry"]).filter(|e| !e.is_null()).collect();
        assert!(entries.iter().all(|entry| all.contains(&pair(entry))), "{entries:?}");
        assert!(entries.len() >= 6, "Ana sees no more of it from the day it is Beto's on: {entries:?}");
        let nested = entries[0]["client"]["eventLog"]["nodes"][0].clone();
        assert_eq!(pair(&nested), all[0]);
    }
    for (screen, all) in [(&mut here, in_spanish()), (&mut there, in_english())] {
        for expected in &all[..5] {
            let item = screen.item("1").await;
            assert_eq!(&pair(&item["eventlogNew"]["entry"]), expected);
        }
    }
}

#[tokio::test]
async fn entries_of_before_are_recognised() {
    let app = TestApp::start().await;
    let sofia = english(&app).await;
    let client = story(&app).await;
    take_back(&app, "_event_log_codes").await;
    let remove = if is_postgres() {
        "payload - 'title' - 'localStart' - 'reason'"
    } else {
        "json_remove(payload, '$.title', '$.localStart', '$.reason')"
    };
    for sql in [
        format!("UPDATE event_log_entry SET payload = {remove} WHERE text LIKE 'Agenda: %'"),
        // As the demo wrote it.
        "UPDATE event_log_entry SET payload = NULL WHERE text LIKE 'Given to %'".to_owned(),
    ] {
        app.app.database.pool.execute_unprepared(&sql).await.expect("as before");
    }
    app.app.migrate().await.expect("brought up to date");
    assert_eq!(history(&sofia, &client).await, in_english());
    assert_eq!(history(&app.beto().await, &client).await, in_spanish());
}
