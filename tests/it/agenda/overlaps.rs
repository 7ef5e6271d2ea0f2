//! What else somebody has at the same time: a warning, and never a refusal.

use serde_json::{Value, json};

use super::{EVENT, plan};
use crate::support::{Actor, TestApp};

const WARNINGS: &str = "warnings { message agendaEvent { id } } agendaEvent { id version }";

/// Makes an event at these hours of a day; gives the payload.
async fn make(actor: &Actor, title: &str, from: &str, until: &str, more: Value) -> Value {
    let mut input = json!({ "title": title, "start": format!("2027-01-04T{from}:00Z"),
        "end": format!("2027-01-04T{until}:00Z") });
    for (name, value) in more.as_object().expect("fields") {
        input[name] = value.clone();
    }
    let made = actor.run("agendaEventCreate", input, WARNINGS).await;
    assert_eq!(made["userErrors"], json!([]), "{made}");
    made
}

#[tokio::test]
async fn what_overlaps_is_written_and_the_warning_names_the_other() {
    let app = TestApp::start().await;
    let (ana, beto) = (app.ana().await, app.beto().await);
    let first = make(&ana, "Visit", "10:00", "11:00", json!({})).await;
    assert_eq!(first["warnings"], json!([]));
    let second = make(&ana, "Signing", "11:00", "12:00", json!({})).await;
    assert_eq!(second["warnings"], json!([]), "it only touches the other");
    let id = |made: &Value| made["agendaEvent"]["id"].clone();
    let confirm = json!({ "id": id(&second), "expectedVersion": 1 });
    ana.run("agendaEventConfirm", confirm, EVENT).await;
    let third = make(&ana, "Tour", "10:30", "11:30", json!({})).await;
    let expected = json!([
        { "message": "at the same time as \"Visit\"", "agendaEvent": { "id": id(&first) } },
        { "message": "at the same time as \"Signing\", confirmed", "agendaEvent": { "id": id(&second) } },
    ]);
    assert_eq!(third["warnings"], expected, "in their order");
    let away = json!({ "id": id(&third), "expectedVersion": 1, "start": "2027-01-04T13:00:00Z", "end": "2027-01-04T14:00:00Z" });
    assert_eq!(ana.run("agendaEventReschedule", away, WARNINGS).await["warnings"], json!([]));
    let back = json!({ "id": id(&third), "expectedVersion": 2, "start": "2027-01-04T09:00:00Z", "end": "2027-01-04T10:01:00Z" });
    let back = ana.run("agendaEventReschedule", back, WARNINGS).await;
    assert_eq!(back["warnings"], json!([expected[0]]));
    let given = json!({ "id": id(&third), "expectedVersion": 3, "assigneeId": beto.id });
    let given = app.sofia().await.run("agendaEventAssign", given, WARNINGS).await;
    assert_eq!(given["warnings"], json!([]), "Beto has nothing else");
}

#[tokio::test]
async fn whole_days_and_what_is_over_are_in_nobodys_way() {
    let app = TestApp::start().await;
    let ana = app.ana().await;
    make(&ana, "Fair", "16:00", "17:00", json!({ "allDay": true })).await;
    for end in ["agendaEventCancel", "agendaEventComplete"] {
        let event =
            plan(&ana, json!({ "start": "2027-01-04T10:00:00Z", "end": "2027-01-04T11:00:00Z" })).await;
        ana.run(end, json!({ "id": event["id"], "expectedVersion": 1 }), EVENT).await;
    }
    make(&ana, "Pool", "10:00", "11:00", json!({ "assigneeId": null })).await;
    let event = make(&ana, "Visit", "10:00", "11:00", json!({})).await;
    assert_eq!(event["warnings"], json!([]));
    let fair = make(&ana, "Holiday", "10:00", "11:00", json!({ "allDay": true })).await;
    assert_eq!(fair["warnings"], json!([]), "a whole day is beside what is on it");
    let pool = make(&ana, "Pool too", "10:00", "11:00", json!({ "assigneeId": null })).await;
    assert_eq!(pool["warnings"], json!([]), "nobody is to be in two places");
    let cancel = json!({ "id": event["agendaEvent"]["id"], "expectedVersion": 1 });
    make(&ana, "Signing", "10:00", "11:00", json!({})).await;
    let gone = ana.run("agendaEventCancel", cancel, WARNINGS).await;
    assert_eq!(gone["warnings"], json!([]), "it takes no time any more");
}

#[tokio::test]
async fn what_a_colleague_has_at_that_time_is_not_told() {
    let app = TestApp::start().await;
    let (ana, beto, sofia) = (app.ana().await, app.beto().await, app.sofia().await);
    let his = make(&beto, "Secret", "10:00", "11:00", json!({})).await;
    let given = make(&ana, "Visit", "10:00", "11:00", json!({ "assigneeId": beto.id })).await;
    assert_eq!(given["warnings"], json!([]), "Ana does not see his");
    assert_eq!(given["agendaEvent"], Value::Null, "nor what she gave away");
    let third = make(&sofia, "Tour", "10:30", "11:30", json!({ "assigneeId": beto.id })).await;
    let told: Vec<&str> =
        third["warnings"].as_array().expect("a list").iter().filter_map(|w| w["message"].as_str()).collect();
    assert_eq!(told, ["at the same time as \"Secret\"", "at the same time as \"Visit\""]);
    assert_eq!(third["warnings"][0]["agendaEvent"]["id"], his["agendaEvent"]["id"]);
}

/// The others that a payload warns of, by title and day.
fn others(payload: &Value) -> Vec<String> {
    let warnings = payload["warnings"].as_array().expect("a list").iter();
    let text = |other: &Value| {
        format!(
            "{} {}",
            other["title"].as_str().expect("a title"),
            &other["start"].as_str().expect("a start")[5..16]
        )
    };
    warnings.map(|warning| text(&warning["agendaEvent"])).collect()
}

/// What others are told of after a change that goes well, with what is shown of the event.
async fn changed(actor: &Actor, mutation: &str, input: Value) -> (Vec<String>, Value) {
    let shown = "warnings { agendaEvent { title start } } agendaEvent { id version }";
    let payload = actor.run(mutation, input, shown).await;
    assert_eq!(payload["userErrors"], json!([]), "{payload}");
    (others(&payload), payload["agendaEvent"].clone())
}

fn hour(title: &str, start: &str) -> Value {
    let begins: chrono::DateTime<chrono::Utc> = format!("2027-{start}:00Z").parse().expect("an instant");
    json!({ "title": title, "start": begins, "end": begins + chrono::Duration::hours(1) })
}

fn weekly(start: &str, count: u32) -> Value {
    let mut weekly = hour("Weekly", start);
    weekly["recurrence"] = json!({ "rule": format!("FREQ=WEEKLY;COUNT={count}") });
    weekly
}

#[tokio::test]
async fn a_series_is_warned_of_by_what_meets_any_of_its_occurrences() {
    let app = TestApp::start().await;
    let (ana, beto, sofia) = (app.ana().await, app.beto().await, app.sofia().await);
    for (title, start) in [("First", "01-11T10:30"), ("Second", "01-25T09:30"), ("Third", "01-18T12:59")] {
        changed(&ana, "agendaEventCreate", hour(title, start)).await;
    }
    changed(&ana, "agendaEventCreate", hour("Before", "01-11T09:00")).await;
    changed(&beto, "agendaEventCreate", hour("His", "01-18T10:00")).await;
    let (told, first) = changed(&ana, "agendaEventCreate", weekly("01-04T10:00", 4)).await;
    assert_eq!(told, ["First 01-11T10:30", "Second 01-25T09:30"]);
    let id = first["id"].clone();
    // One alone is in nobody's way.
    let alone = json!({ "id": id, "expectedVersion": 1, "title": "Alone" });
    assert_eq!(changed(&ana, "agendaEventUpdate", alone).await.0, Vec::<String>::new());
    let away = json!({ "id": id, "expectedVersion": 2, "scope": "ALL",
        "start": "2027-01-04T12:00:00Z", "end": "2027-01-04T13:00:00Z" });
    assert_eq!(changed(&ana, "agendaEventReschedule", away).await.0, ["Third 01-18T12:59"]);
    let given = json!({ "id": id, "expectedVersion": 3, "scope": "ALL", "assigneeId": beto.id });
    assert_eq!(changed(&sofia, "agendaEventAssign", given).await.0, Vec::<String>::new());
    let back = json!({ "id": id, "expectedVersion": 4, "scope": "FOLLOWING",
        "start": "2027-01-04T10:00:00Z", "end": "2027-01-04T11:00:00Z" });
    assert_eq!(changed(&beto, "agendaEventReschedule", back).await.0, ["His 01-18T10:00"]);
    let gone = json!({ "id": id, "expectedVersion": 5, "scope": "ALL" });
    assert_eq!(changed(&beto, "agendaEventCancel", gone).await.0, Vec::<String>::new());
}

#[tokio::test]
async fn the_first_ten_are_told_and_a_long_series_costs_no_more_statements_than_a_short_one() {
    let app = TestApp::start().await;
    let ana = app.ana().await;
    changed(&ana, "agendaEventCreate", weekly("01-04T10:00", 50)).await;
    let mut counts = Vec::new();
    for count in [12, 2, 12, 50] {
        let before = app.app.database.statements();
        let (told, _) = changed(&ana, "agendaEventCreate", weekly("01-04T10:30", count)).await;
        counts.push(app.app.database.statements() - before);
        assert_eq!(told.len() as u32, Ord::min(count * counts.len() as u32, 10));
        assert_eq!(told[0], "Weekly 01-04T10:00");
    }
    assert_eq!(counts[1..], [counts[0]; 3]);
}
