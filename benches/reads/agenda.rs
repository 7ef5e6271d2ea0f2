//! A month of 20 assignees: 2,000 events, 200 of them weekly.

use chrono::Duration;
use serde_json::{Value, json};

use crate::support::{ask, ask_with};

const CREATE: &str = "mutation($input: AgendaEventCreateInput!) { agendaEventCreate(input: $input) { userErrors { message } } }";
/// What a calendar shows of a month.
pub const MONTH: &str = "query($range: DateTimeRangeInput!, $filter: AgendaEventFilter!) { agendaEvents(range: $range, filter: $filter, first: 5000) {
    nodes { id title start end allDay state client { id name } assignee { id name } } } }";
/// Weeks of the month, so that each weekly event is in it as often.
const DAYS: i64 = 28;

/// What is asked, and the same for the limit: assignees, from when, until when.
pub struct Month {
    /// The variables of the query.
    pub variables: Value,
    /// The limit's one argument.
    pub argument: String,
}

/// Writes the events by the API.
pub async fn fill(url: &str, token: &str, clients: &[String]) -> Month {
    let users =
        ask(url, Some(token), "{ users(filter: { role: ADVISOR }, first: 20) { nodes { id } } }").await;
    let users: Vec<&str> = users["users"]["nodes"]
        .as_array()
        .expect("nodes")
        .iter()
        .filter_map(|user| user["id"].as_str())
        .collect();
    assert_eq!(users.len(), 20, "as many assignees");
    let now = cabina::kernel::time::Clock::System.now();
    let first = chrono::SubsecRound::trunc_subsecs(now, 0) + Duration::days(30);
    for number in 0..2000_i64 {
        let weekly = number % 10 == 0;
        let within = if weekly { 7 } else { DAYS };
        let start = first + Duration::minutes(number * 131 % (within * 24 * 60));
        let mut input = json!({
            "title": format!("Visit number {number}"),
            "start": start.to_rfc3339(),
            "end": (start + Duration::minutes(45)).to_rfc3339(),
            "assigneeId": users[number as usize % users.len()],
            "clientId": clients[number as usize % clients.len()],
        });
        if weekly {
            // The weekday of the first start is the rule's.
            input["recurrence"] = json!({ "rule": "FREQ=WEEKLY" });
        }
        let done = ask_with(url, Some(token), CREATE, json!({ "input": input })).await;
        assert_eq!(done["agendaEventCreate"]["userErrors"], json!([]));
    }
    let (from, until) = (first, first + Duration::days(DAYS));
    let uuids: Vec<String> =
        users.iter().map(|id| cabina::kernel::ids::parse(id).expect("an id").1.to_string()).collect();
    Month {
        variables: json!({
            "range": { "start": from.to_rfc3339(), "end": until.to_rfc3339() },
            "filter": { "assigneeIds": users },
        }),
        argument: format!("{} {} {}", uuids.join(","), from.to_rfc3339(), until.to_rfc3339()),
    }
}
