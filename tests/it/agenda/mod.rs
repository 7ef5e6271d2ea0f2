//! The agenda, through GraphQL.

mod actions;
mod busy;
mod clocks;
mod events;
mod feed;
mod live;
mod office;
mod overlaps;
mod recurrence;
mod reminders;
mod rollout;
mod series;
mod shared;
mod touch;
mod wishes;

use serde_json::{Value, json};

use crate::support::{Actor, TestApp};

/// Makes an event with these fields besides a title; gives what is usually asked of it.
pub async fn plan(actor: &Actor, mut fields: Value) -> Value {
    if fields.get("title").is_none() {
        fields["title"] = json!("Visit");
    }
    let payload = actor.run("agendaEventCreate", fields, EVENT).await;
    assert_eq!(payload["userErrors"], json!([]), "{payload}");
    payload["agendaEvent"].clone()
}

/// What is usually asked of an event.
pub const EVENT: &str = "agendaEvent { id version title start end state recurrenceId series { id rule } }";

/// The events of a stretch of time: what was asked of each.
pub async fn between(actor: &Actor, start: &str, end: &str, selection: &str) -> Vec<Value> {
    let query = format!(
        "query($range: DateTimeRangeInput!) {{ agendaEvents(range: $range, first: 2500) {{ nodes {{ {selection} }} }} }}"
    );
    let data = actor.data(&query, json!({ "range": { "start": start, "end": end } })).await;
    data["agendaEvents"]["nodes"].as_array().expect("a list").clone()
}

/// The events of a range that a filter lets through: what was asked of each.
pub async fn pick(actor: &Actor, range: Value, filter: Value, selection: &str) -> Vec<Value> {
    let query = format!(
        "query($range: DateTimeRangeInput!, $filter: AgendaEventFilter) {{
            agendaEvents(range: $range, filter: $filter, first: 2500) {{ nodes {{ {selection} }} }} }}"
    );
    let data = actor.data(&query, json!({ "range": range, "filter": filter })).await;
    data["agendaEvents"]["nodes"].as_array().expect("a list").clone()
}

/// When they begin, to the minute.
pub fn starts(events: &[Value]) -> Vec<String> {
    events.iter().map(|event| event["start"].as_str().expect("a start")[..16].to_owned()).collect()
}

/// Moves an event as it was seen to an hour that begins then.
pub async fn moved(actor: &Actor, event: &Value, scope: &str, start: &str) -> Value {
    let begins: chrono::DateTime<chrono::Utc> = start.parse().expect("an instant");
    let to = json!({ "id": event["id"], "expectedVersion": event["version"], "scope": scope,
        "start": start, "end": begins + chrono::Duration::hours(1) });
    let payload = actor.run("agendaEventReschedule", to, EVENT).await;
    assert_eq!(payload["userErrors"], json!([]), "{payload}");
    payload["agendaEvent"].clone()
}

/// A change of an event as it was seen that goes well.
pub async fn does(actor: &Actor, mutation: &str, event: &Value, mut fields: Value) -> Value {
    fields["id"] = event["id"].clone();
    fields["expectedVersion"] = event["version"].clone();
    let payload = actor.run(mutation, fields, EVENT).await;
    assert_eq!(payload["userErrors"], json!([]), "{payload}");
    payload["agendaEvent"].clone()
}

/// A worker within the test, on its clock.
pub struct Worker(tokio::task::JoinHandle<()>);

impl Worker {
    pub fn start(app: &TestApp) -> Worker {
        let app = app.app.clone();
        Worker(tokio::spawn(async move {
            cabina::worker::run(app, std::future::pending()).await.expect("a worker");
        }))
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// Waits until no job is left.
pub async fn idle(app: &TestApp) {
    for _ in 0..1500 {
        if app.rows("job").await == 0 {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    panic!("a job does not end");
}
