//! The agenda, through GraphQL.

mod actions;
mod events;
mod live;
mod office;
mod overlaps;
mod touch;

use serde_json::{Value, json};

use crate::support::Actor;

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
