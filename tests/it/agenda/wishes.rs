//! One wish over many rows is one line of the audit that tells of how many.

use serde_json::{Value, json};

use super::EVENT;
use crate::support::{Actor, Refusals, TestApp};

/// What the latest audit line of an operation tells of a field, and who did it.
async fn line(admin: &Actor, operation: &str, field: &str) -> (String, Value) {
    let query =
        "query($operation: String!) { auditEntries(filter: { operation: $operation }, first: 100) { nodes {
        actorName changes { field after } } } }";
    let data = admin.data(query, json!({ "operation": operation })).await;
    let lines = data["auditEntries"]["nodes"].as_array().expect("lines").clone();
    let of = |line: &Value| {
        let changes = line["changes"].as_array().expect("changes").clone();
        changes.into_iter().find(|change| change["field"] == field).map(|change| change["after"].clone())
    };
    let told: Vec<(&Value, Value)> = lines.iter().filter_map(|line| Some((line, of(line)?))).collect();
    assert_eq!(told.len(), 1, "one line of {operation} tells of {field}: {lines:?}");
    (told[0].0["actorName"].as_str().expect("a name").to_owned(), told[0].1.clone())
}

#[tokio::test]
async fn one_line_tells_who_wanted_it_and_of_how_many() {
    let app = TestApp::start().await;
    let (ana, beto, sofia, admin) = (app.ana().await, app.beto().await, app.sofia().await, app.admin().await);
    let client = ana.client("Rosa").await;
    let series = json!({ "title": "Visit", "start": "2027-01-05T16:00:00Z", "end": "2027-01-05T17:00:00Z",
        "clientId": client, "recurrence": { "rule": "FREQ=WEEKLY;COUNT=5" } });
    let event = ana.run("agendaEventCreate", series, EVENT).await["agendaEvent"]["id"].clone();
    let change = json!({ "id": event, "expectedVersion": 1, "scope": "ALL", "title": "Tour" });
    assert_eq!(ana.run("agendaEventUpdate", change, EVENT).await.refusals(), []);
    assert_eq!(line(&admin, "agendaEventUpdate", "occurrences").await, ("Ana Pérez".to_owned(), json!("5")));

    let reminders = json!({ "expectedVersion": 0, "reminders": [5] });
    assert_eq!(ana.run("agendaSettingsUpdate", reminders, "event { id }").await.refusals(), []);
    assert_eq!(
        line(&admin, "agendaSettingsUpdate", "agendaEvents").await,
        ("Ana Pérez".to_owned(), json!("5"))
    );

    let given = json!({ "id": client, "expectedVersion": 1, "advisorId": beto.id });
    assert_eq!(sofia.run("clientReassign", given, "client { id }").await.refusals(), []);
    assert_eq!(line(&admin, "clientReassign", "agendaEvents").await, ("Sofía Luna".to_owned(), json!("5")));

    for name in ["Luz", "Sol"] {
        let client = sofia.client_with(json!({ "name": name, "advisorId": beto.id })).await;
        assert!(client["id"].is_string());
    }
    let query = "{ notifications(first: 1) { nodes { id } } }";
    let newest = beto.data(query, json!({})).await["notifications"]["nodes"][0]["id"].clone();
    let read = beto.run("notificationMarkAllRead", json!({ "id": newest }), "event { id }").await;
    assert_eq!(read.refusals(), []);
    let told = line(&admin, "notificationMarkAllRead", "notifications").await;
    assert_eq!(told, ("Beto Ruiz".to_owned(), json!("3")));
}
