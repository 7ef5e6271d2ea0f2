//! The agenda, live: who hears of a change, and what of it.

use serde_json::{Value, json};

use super::{EVENT, between, plan};
use crate::support::{Actor, Screen, TestApp};

const CHANGED: &str = "subscription($range: DateTimeRangeInput, $assignee: ID, $after: Cursor) {
    agendaChanged(range: $range, assigneeId: $assignee, after: $after) {
        cursor previous eventId kind changedFields version lost
        agendaEvent { id title start end state version assignee { name } } series { id rule } } }";

async fn listen(actor: &Actor, variables: Value) -> Screen {
    let mut screen = Screen::of(actor).await;
    let mut variables = variables;
    variables["after"] = json!(actor.cursor().await);
    screen.subscribe("a", CHANGED, variables).await;
    screen
}

async fn heard(screen: &mut Screen) -> Value {
    screen.item("a").await["agendaChanged"].clone()
}

fn brief(item: &Value) -> (&str, &str, &str) {
    let text = |value: &'_ Value| match value.as_str() {
        Some(text) => Box::leak(text.to_owned().into_boxed_str()),
        None => "",
    };
    (text(&item["kind"]), text(&item["agendaEvent"]["title"]), text(&item["agendaEvent"]["state"]))
}

fn visit() -> Value {
    json!({ "start": "2027-01-04T10:00:00Z", "end": "2027-01-04T11:00:00Z" })
}

fn to(event: &Value, version: i32, start: &str, end: &str) -> Value {
    json!({ "id": event["id"], "expectedVersion": version, "start": start, "end": end })
}

#[tokio::test]
async fn assignee_and_supervisor_hear_of_what_is_made_moved_and_cancelled_and_nobody_else() {
    let app = TestApp::start().await;
    let (ana, beto, carla) = (app.ana().await, app.beto().await, app.carla().await);
    let (sofia, admin) = (app.sofia().await, app.admin().await);
    let mut hearing = Vec::new();
    for actor in [&ana, &sofia, &admin] {
        hearing.push(listen(actor, json!({})).await);
    }
    let mut feed = Screen::of(&ana).await;
    let query =
        "subscription { feed { __typename ... on AgendaChanged { kind version agendaEvent { title } } } }";
    feed.subscribe("a", query, json!({})).await;
    let mut others = [listen(&beto, json!({})).await, listen(&carla, json!({})).await];
    let made = json!({ "title": "Visit", "start": visit()["start"], "end": visit()["end"] });
    let made = ana.run("agendaEventCreate", made, "agendaEvent { id } event { id }").await;
    let event = made["agendaEvent"].clone();
    let moved = to(&event, 1, "2027-01-05T10:00:00Z", "2027-01-05T11:00:00Z");
    ana.run("agendaEventReschedule", moved, EVENT).await;
    sofia.run("agendaEventCancel", json!({ "id": event["id"], "expectedVersion": 2 }), EVENT).await;
    for screen in &mut hearing {
        let item = heard(screen).await;
        assert_eq!((&item["kind"], &item["version"]), (&json!("CREATED"), &json!(1)));
        assert_eq!(item["eventId"], made["event"]["id"], "the mutation told the same id");
        assert_eq!((&item["lost"], &item["series"]), (&json!([]), &Value::Null));
        let item = heard(screen).await;
        assert_eq!(
            (&item["kind"], &item["version"], &item["changedFields"]),
            (&json!("UPDATED"), &json!(2), &json!(["end", "start"]))
        );
        let item = heard(screen).await;
        assert_eq!(brief(&item), ("UPDATED", "Visit", "CANCELLED"));
        assert_eq!((&item["version"], &item["changedFields"]), (&json!(3), &json!(["state"])));
        screen.hears_nothing().await;
    }
    for kind in ["CREATED", "UPDATED", "UPDATED"] {
        let item = feed.item("a").await["feed"].clone();
        assert_eq!((&item["__typename"], &item["kind"]), (&json!("AgendaChanged"), &json!(kind)));
        assert_eq!(item["agendaEvent"]["title"], "Visit");
    }
    for screen in &mut others {
        screen.hears_nothing().await;
    }
}

#[tokio::test]
async fn a_range_hears_of_what_comes_and_goes_and_not_of_what_is_far_away() {
    let app = TestApp::start().await;
    let ana = app.ana().await;
    let week = json!({ "range": { "start": "2027-01-04T00:00:00Z", "end": "2027-01-11T00:00:00Z" } });
    let mut screen = listen(&ana, week).await;
    let event = plan(&ana, visit()).await;
    assert_eq!(heard(&mut screen).await["kind"], "CREATED");
    let away = to(&event, 1, "2027-03-01T10:00:00Z", "2027-03-01T11:00:00Z");
    ana.run("agendaEventReschedule", away, EVENT).await;
    let item = heard(&mut screen).await;
    assert_eq!(item["agendaEvent"]["start"], "2027-03-01T10:00:00+00:00", "it moved out of the range");
    let further = to(&event, 2, "2027-04-01T10:00:00Z", "2027-04-01T11:00:00Z");
    ana.run("agendaEventReschedule", further, EVENT).await;
    plan(&ana, json!({ "start": "2027-01-13T10:00:00Z", "end": "2027-01-13T11:00:00Z" })).await;
    screen.hears_nothing().await;
    let back = to(&event, 3, "2027-01-05T10:00:00Z", "2027-01-05T11:00:00Z");
    ana.run("agendaEventReschedule", back, EVENT).await;
    assert_eq!(heard(&mut screen).await["version"], 4, "it came back");
    plan(&ana, json!({ "start": "2026-12-20T10:00:00Z", "end": "2027-02-01T11:00:00Z", "title": "around" }))
        .await;
    assert_eq!(brief(&heard(&mut screen).await), ("CREATED", "around", "PLANNED"));
}

#[tokio::test]
async fn wrong_arguments_of_the_stream_are_told() {
    let app = TestApp::start().await;
    let ana = app.ana().await;
    for (variables, field) in [
        (json!({ "range": { "start": "2027-01-04T00:00:00Z", "end": "2027-01-04T00:00:00Z" } }), "range.end"),
        (
            json!({ "range": { "start": "2027-01-04T00:00:00Z", "end": "2027-01-05T00:00:00Z", "timeZone": "x" } }),
            "range.timeZone",
        ),
        (json!({ "assignee": "client_00000000000000000000000000" }), "$assignee: is not an id of this kind"),
    ] {
        let mut screen = Screen::of(&ana).await;
        screen.subscribe("a", CHANGED, variables).await;
        let crate::support::Frame::Said(message) = screen.hear().await else { panic!("closed") };
        assert_eq!(message["payload"][0]["extensions"]["code"], "BAD_INPUT", "{message}");
        assert!(
            message["payload"][0]["message"].as_str().expect("a message").starts_with(field),
            "{message}"
        );
    }
}

#[tokio::test]
async fn a_supervisor_who_follows_one_advisor_hears_of_that_one() {
    let app = TestApp::start().await;
    let (ana, beto, sofia) = (app.ana().await, app.beto().await, app.sofia().await);
    let mut screen = listen(&sofia, json!({ "assignee": beto.id })).await;
    let event = plan(&ana, visit()).await;
    plan(&beto, json!({ "title": "his", "start": "2027-01-04T10:00:00Z", "end": "2027-01-04T11:00:00Z" }))
        .await;
    assert_eq!(brief(&heard(&mut screen).await), ("CREATED", "his", "PLANNED"));
    let given = json!({ "id": event["id"], "expectedVersion": 1, "assigneeId": beto.id });
    sofia.run("agendaEventAssign", given, EVENT).await;
    assert_eq!(brief(&heard(&mut screen).await), ("UPDATED", "Visit", "PLANNED"));
    let back = json!({ "id": event["id"], "expectedVersion": 2, "assigneeId": ana.id });
    sofia.run("agendaEventAssign", back, EVENT).await;
    let item = heard(&mut screen).await;
    assert_eq!(item["agendaEvent"]["assignee"]["name"], "Ana Pérez", "it was his");
    screen.hears_nothing().await;
}

#[tokio::test]
async fn who_loses_an_event_is_told_what_to_forget_and_who_gets_it_sees_it_new() {
    let app = TestApp::start().await;
    let (ana, beto, sofia) = (app.ana().await, app.beto().await, app.sofia().await);
    let event = plan(&ana, visit()).await;
    app.settled().await;
    let (mut hers, mut his) = (listen(&ana, json!({})).await, listen(&beto, json!({})).await);
    let mut feed = Screen::of(&ana).await;
    let query =
        "subscription($after: Cursor) { feed(after: $after) { __typename ... on AccessLost { ids } } }";
    feed.subscribe("a", query, json!({ "after": ana.cursor().await })).await;
    let mut led = listen(&sofia, json!({})).await;
    let given = json!({ "id": event["id"], "expectedVersion": 1, "assigneeId": beto.id });
    sofia.run("agendaEventAssign", given, EVENT).await;
    let lost = heard(&mut hers).await;
    assert_eq!((&lost["kind"], &lost["agendaEvent"]), (&json!("ACCESS_LOST"), &Value::Null));
    let id = event["id"].as_str().expect("an id");
    let series = id.replace("agendaevent_", "agendaseries_");
    let ids = lost["lost"].as_array().expect("ids");
    assert!(ids.contains(&json!(id)), "{ids:?} {series}");
    let forget = feed.item("a").await["feed"].clone();
    assert_eq!((&forget["__typename"], &forget["ids"]), (&json!("AccessLost"), &lost["lost"]));
    assert_eq!(brief(&heard(&mut his).await), ("CREATED", "Visit", "PLANNED"));
    assert_eq!(brief(&heard(&mut led).await), ("UPDATED", "Visit", "PLANNED"));
    beto.run("agendaEventConfirm", json!({ "id": id, "expectedVersion": 2 }), EVENT).await;
    assert_eq!(brief(&heard(&mut his).await), ("UPDATED", "Visit", "CONFIRMED"));
    hers.hears_nothing().await;
    let pool = json!({ "id": id, "expectedVersion": 3, "assigneeId": null });
    sofia.run("agendaEventAssign", pool, EVENT).await;
    assert_eq!(brief(&heard(&mut hers).await), ("CREATED", "Visit", "CONFIRMED"), "the pool is everybody's");
}

#[tokio::test]
async fn a_client_who_is_reassigned_takes_what_is_planned_along() {
    let app = TestApp::start().await;
    let (ana, beto, sofia) = (app.ana().await, app.beto().await, app.sofia().await);
    let client = ana.client("Rosa").await;
    let make = |title: &str, day: u32, actor: &Actor| {
        json!({ "title": title, "clientId": client, "assigneeId": actor.id,
            "start": format!("2027-01-{day:02}T10:00:00Z"), "end": format!("2027-01-{day:02}T11:00:00Z") })
    };
    let open = plan(&ana, make("open", 4, &ana)).await;
    let done = plan(&ana, make("done", 5, &ana)).await;
    ana.run("agendaEventComplete", json!({ "id": done["id"], "expectedVersion": 1 }), EVENT).await;
    plan(&sofia, make("Sofía's", 6, &sofia)).await;
    plan(
        &ana,
        json!({ "title": "hers alone", "start": "2027-01-07T10:00:00Z", "end": "2027-01-07T11:00:00Z" }),
    )
    .await;
    let touch =
        json!({ "clientId": client, "nextTouch": { "at": "2027-01-08T10:00:00Z", "reason": "call" } });
    ana.run("clientNextTouchSet", touch, "event { id }").await;
    app.settled().await;
    let (mut hers, mut his) = (listen(&ana, json!({})).await, listen(&beto, json!({})).await);
    let reassign = json!({ "id": client, "expectedVersion": 1, "advisorId": beto.id });
    let given = sofia.run("clientReassign", reassign, "client { id }").await;
    assert_eq!(given["userErrors"], json!([]));
    let agenda = async |actor: &Actor| -> Vec<String> {
        let events = between(actor, "2027-01-01T00:00:00Z", "2027-02-01T00:00:00Z", "title").await;
        events.iter().map(|event| event["title"].as_str().expect("a title").to_owned()).collect()
    };
    assert_eq!(agenda(&ana).await, ["done", "hers alone"], "what is over stays with whom it was");
    assert_eq!(agenda(&beto).await, ["open", "call"]);
    assert_eq!(agenda(&sofia).await, ["open", "done", "Sofía's", "hers alone", "call"]);
    let next = "query($id: ID!) { client(id: $id) { nextTouch { reason event { assignee { name } } } } }";
    let next = beto.data(next, json!({ "id": client })).await;
    let expected = json!({ "reason": "call", "event": { "assignee": { "name": "Beto Ruiz" } } });
    assert_eq!(next["client"]["nextTouch"], expected);
    let mut lost = Vec::new();
    for _ in 0..2 {
        let item = heard(&mut hers).await;
        assert_eq!(item["kind"], "ACCESS_LOST");
        lost.push(item["lost"].clone());
    }
    assert!(lost.iter().flat_map(|ids| ids.as_array().expect("ids")).any(|id| *id == open["id"]), "{lost:?}");
    assert_eq!(brief(&heard(&mut his).await), ("CREATED", "open", "PLANNED"));
    assert_eq!(brief(&heard(&mut his).await), ("CREATED", "call", "PLANNED"));
    hers.hears_nothing().await;
    his.hears_nothing().await;
}

#[tokio::test]
async fn a_series_is_one_item_however_many_occurrences_it_has() {
    let app = TestApp::start().await;
    let ana = app.ana().await;
    let mut screen = listen(&ana, json!({})).await;
    let series = json!({ "start": "2027-01-04T10:00:00Z", "end": "2027-01-04T11:00:00Z",
        "recurrence": { "rule": "FREQ=DAILY;COUNT=30" } });
    let first = plan(&ana, series).await;
    let made = heard(&mut screen).await;
    assert_eq!((&made["kind"], &made["agendaEvent"]), (&json!("CREATED"), &Value::Null));
    assert_eq!(made["series"], first["series"]);
    let title = json!({ "id": first["id"], "expectedVersion": 1, "scope": "ALL", "title": "Stand-up" });
    ana.run("agendaEventUpdate", title, EVENT).await;
    let changed = heard(&mut screen).await;
    assert_eq!((&changed["kind"], &changed["series"]["id"]), (&json!("UPDATED"), &first["series"]["id"]));
    let alone = to(&first, 2, "2027-01-04T12:00:00Z", "2027-01-04T13:00:00Z");
    ana.run("agendaEventReschedule", alone, EVENT).await;
    let one = heard(&mut screen).await;
    assert_eq!((&one["agendaEvent"]["id"], &one["series"]), (&first["id"], &Value::Null), "one alone");
    let end = json!({ "id": first["id"], "expectedVersion": 3, "scope": "ALL" });
    assert_eq!(ana.run("agendaEventCancel", end, EVENT).await["userErrors"], json!([]));
    assert_eq!(heard(&mut screen).await["series"]["id"], first["series"]["id"]);
    screen.hears_nothing().await;
}

#[tokio::test]
async fn two_screens_that_drag_at_once_end_with_the_same() {
    let app = TestApp::start().await;
    let second = app.second().await;
    let (ana, sofia) = (app.ana().await, app.sofia().await);
    let there = second.bearer(sofia.token.as_deref().expect("a token"));
    let event = plan(&ana, visit()).await;
    app.settled().await;
    second.settled().await;
    let (mut hers, mut led) = (listen(&ana, json!({})).await, listen(&there, json!({})).await);
    let (left, right) = tokio::join!(
        ana.run(
            "agendaEventReschedule",
            to(&event, 1, "2027-01-04T14:00:00Z", "2027-01-04T15:00:00Z"),
            EVENT
        ),
        there.run(
            "agendaEventReschedule",
            to(&event, 1, "2027-01-04T16:00:00Z", "2027-01-04T17:00:00Z"),
            EVENT
        ),
    );
    let (won, lost) = if left["userErrors"] == json!([]) { (&left, &right) } else { (&right, &left) };
    let conflicts: Vec<&Value> =
        lost["userErrors"].as_array().expect("a list").iter().map(|error| &error["code"]).collect();
    assert_eq!(conflicts, ["CONFLICT", "CONFLICT"], "one of them, and by both times");
    assert_eq!(lost["agendaEvent"], won["agendaEvent"], "the one who lost sees what is there");
    for screen in [&mut hers, &mut led] {
        let item = heard(screen).await;
        assert_eq!(item["version"], 2);
        assert_eq!(
            (&item["agendaEvent"]["start"], &item["agendaEvent"]["end"]),
            (&won["agendaEvent"]["start"], &won["agendaEvent"]["end"])
        );
        screen.hears_nothing().await;
    }
}
