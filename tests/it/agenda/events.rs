//! Single events: made, moved, judged.

use serde_json::json;

use super::{EVENT, between, plan};
use crate::support::{Refusals, TestApp};

#[tokio::test]
async fn what_crosses_the_edge_of_a_range_is_in_it_and_what_touches_it_is_not() {
    let app = TestApp::start().await;
    let ana = app.ana().await;
    for (title, start, end) in [
        ("ends at the start", "2027-01-04T09:00:00Z", "2027-01-04T10:00:00Z"),
        ("crosses the start", "2027-01-04T09:30:00Z", "2027-01-04T10:30:00Z"),
        ("a moment at the start", "2027-01-04T10:00:00Z", "2027-01-04T10:00:00Z"),
        ("within", "2027-01-04T10:15:00Z", "2027-01-04T10:45:00Z"),
        ("around", "2027-01-03T00:00:00Z", "2027-01-06T00:00:00Z"),
        ("crosses the end", "2027-01-04T10:59:00Z", "2027-01-04T12:00:00Z"),
        ("begins at the end", "2027-01-04T11:00:00Z", "2027-01-04T12:00:00Z"),
    ] {
        plan(&ana, json!({ "title": title, "start": start, "end": end })).await;
    }
    let found = between(&ana, "2027-01-04T10:00:00Z", "2027-01-04T11:00:00Z", "title").await;
    let found: Vec<&str> = found.iter().filter_map(|event| event["title"].as_str()).collect();
    assert_eq!(found, ["around", "crosses the start", "a moment at the start", "within", "crosses the end"]);
}

#[tokio::test]
async fn of_two_who_drag_one_wins_and_the_other_gets_the_conflict_and_the_event() {
    let app = TestApp::start().await;
    let (ana, sofia) = (app.ana().await, app.sofia().await);
    let event = plan(&ana, json!({ "start": "2027-01-04T10:00:00Z", "end": "2027-01-04T11:00:00Z" })).await;
    let to = |hour: u32| {
        json!({ "id": event["id"], "expectedVersion": 1, "start": format!("2027-01-04T{hour}:00:00Z"),
            "end": format!("2027-01-04T{}:00:00Z", hour + 1) })
    };
    let won = ana.run("agendaEventReschedule", to(14), EVENT).await;
    assert_eq!(won["agendaEvent"]["start"], "2027-01-04T14:00:00+00:00");
    let selection = format!("{EVENT} conflict {{ field base mine theirs }}");
    let lost = sofia.run("agendaEventReschedule", to(16), &selection).await;
    let conflict = |field: &str| ("CONFLICT".to_owned(), field.to_owned());
    assert_eq!(lost.refusals(), [conflict("end"), conflict("start")]);
    assert_eq!(lost["conflict"][1]["theirs"], "2027-01-04T14:00:00Z");
    assert_eq!(lost["agendaEvent"], won["agendaEvent"], "it shows what is there");
}

#[tokio::test]
async fn a_series_is_laid_out_and_changed_as_asked() {
    let app = TestApp::start().await;
    let ana = app.ana().await;
    let fields = json!({
        "start": "2027-01-04T16:00:00Z", "end": "2027-01-04T17:00:00Z", "timeZone": "America/Mexico_City",
        "recurrence": { "rule": "FREQ=WEEKLY;BYDAY=MO;COUNT=6" },
    });
    let first = plan(&ana, fields).await;
    assert_eq!(first["series"]["rule"], "FREQ=WEEKLY;COUNT=6;BYDAY=MO");
    let year = async || {
        between(
            &ana,
            "2027-01-01T00:00:00Z",
            "2027-12-31T00:00:00Z",
            "id version start title state series { id }",
        )
        .await
    };
    let laid = year().await;
    assert_eq!(laid.len(), 6);
    // The third and those behind it move by a day and two hours.
    let to = json!({ "id": laid[2]["id"], "expectedVersion": 1, "scope": "FOLLOWING",
        "start": "2027-01-19T18:00:00Z", "end": "2027-01-19T19:00:00Z" });
    let moved = ana.run("agendaEventReschedule", to, EVENT).await;
    assert_eq!(moved["userErrors"], json!([]), "{moved}");
    assert_eq!(moved["agendaEvent"]["series"]["rule"], "FREQ=WEEKLY;COUNT=4;BYDAY=TU");
    let starts: Vec<String> =
        year().await.iter().map(|e| e["start"].as_str().expect("a start")[..16].to_owned()).collect();
    assert_eq!(
        starts,
        [
            "2027-01-04T16:00",
            "2027-01-11T16:00",
            "2027-01-19T18:00",
            "2027-01-26T18:00",
            "2027-02-02T18:00",
            "2027-02-09T18:00",
        ]
    );
    let laid = year().await;
    let gone = json!({ "id": laid[4]["id"], "expectedVersion": laid[4]["version"], "scope": "FOLLOWING" });
    let gone = ana.run("agendaEventCancel", gone, EVENT).await;
    assert_eq!(gone["userErrors"], json!([]), "{gone}");
    let states: Vec<_> = year().await.iter().map(|event| event["state"].clone()).collect();
    assert_eq!(states, ["PLANNED", "PLANNED", "PLANNED", "PLANNED", "CANCELLED", "CANCELLED"]);
}

#[tokio::test]
async fn who_is_put_to_something_by_somebody_else_is_told() {
    let app = TestApp::start().await;
    let (ana, beto, sofia) = (app.ana().await, app.beto().await, app.sofia().await);
    let told = async |actor: &crate::support::Actor| {
        let told = actor.data("{ notifications { nodes { kind title subjectId } } }", json!({})).await;
        told["notifications"]["nodes"].clone()
    };
    let at = json!({ "start": "2027-01-04T10:00:00Z", "end": "2027-01-04T11:00:00Z", "assigneeId": ana.id });
    plan(&ana, at.clone()).await;
    assert_eq!(told(&ana).await, json!([]), "nobody is told of what they did themselves");
    let event = plan(&sofia, at).await;
    let title = "Sofía Luna le puso una cita en la agenda";
    assert_eq!(
        told(&ana).await,
        json!([{ "kind": "AGENDA_ASSIGNED", "title": title, "subjectId": event["id"] }])
    );
    let on = json!({ "id": event["id"], "expectedVersion": 1, "assigneeId": beto.id });
    sofia.run("agendaEventAssign", on, "event { id }").await;
    assert_eq!(told(&beto).await[0]["subjectId"], event["id"]);
}

#[tokio::test]
async fn years_that_no_calendar_knows_are_refused() {
    let app = TestApp::start().await;
    let ana = app.ana().await;
    for year in ["-262143", "0001", "1899", "2100", "+262142"] {
        let at = format!("{year}-06-01T00:00:00Z");
        let input = json!({ "title": "Visit", "start": at, "end": at });
        let create =
            "mutation($input: AgendaEventCreateInput!) { agendaEventCreate(input: $input) { event { id } } }";
        let refused = ana.send(create, json!({ "input": input })).await;
        assert_eq!((refused.status, refused.code()), (200, "BAD_INPUT"), "{year}");
        let range = json!({ "range": { "start": at, "end": at }, "id": ana.id });
        let query =
            "query($range: DateTimeRangeInput!, $id: ID!) { agendaEvents(range: $range) { nodes { id } }
            agendaFreeSlots(assigneeIds: [$id], range: $range, minutes: 30) { start } }";
        let answer = ana.send(query, range).await;
        assert_eq!((answer.status, answer.code()), (200, "BAD_INPUT"), "{}", answer.body);
    }
}

#[tokio::test]
async fn a_repeated_request_is_answered_with_the_same_event() {
    let app = TestApp::start().await;
    let ana = app.ana().await;
    let client = ana.client("Rosa").await;
    let new = json!({ "title": "Visit", "start": "2027-01-04T10:00:00Z", "end": "2027-01-04T11:00:00Z", "clientId": client,
        "recurrence": { "rule": "FREQ=WEEKLY;COUNT=5" }, "idempotencyKey": "made" });
    let made = ana.run("agendaEventCreate", new.clone(), EVENT).await;
    assert_eq!(ana.run("agendaEventCreate", new, EVENT).await, made);
    let id = &made["agendaEvent"]["id"];
    let all = json!({ "id": id, "expectedVersion": 1, "scope": "ALL", "start": "2027-01-05T10:00:00Z",
        "end": "2027-01-05T11:00:00Z", "idempotencyKey": "moved" });
    let moved = ana.run("agendaEventReschedule", all.clone(), EVENT).await;
    assert_eq!(&moved["agendaEvent"]["id"], id);
    assert_eq!(ana.run("agendaEventReschedule", all, EVENT).await, moved);
    let touch = json!({ "clientId": client, "nextTouch": { "at": "2027-01-04T10:00:00Z", "reason": "Ask" }, "idempotencyKey": "set" });
    let set = ana.run("clientNextTouchSet", touch.clone(), "client { id nextTouch { reason } }").await;
    assert_eq!(set["client"]["nextTouch"]["reason"], "Ask");
    assert_eq!(ana.run("clientNextTouchSet", touch, "client { id nextTouch { reason } }").await, set);
}

#[tokio::test]
async fn a_client_that_an_event_is_taken_off_is_told_so() {
    let app = TestApp::start().await;
    let ana = app.ana().await;
    let (rosa, luz) = (ana.client("Rosa").await, ana.client("Luz").await);
    let at = json!({ "start": "2027-01-04T10:00:00Z", "end": "2027-01-04T11:00:00Z", "clientId": rosa });
    let event = plan(&ana, at).await;
    let to = json!({ "id": event["id"], "expectedVersion": 1, "clientId": luz });
    ana.run("agendaEventUpdate", to, "event { id }").await;
    for (client, text) in [
        (rosa, "Cita que ya no es con este cliente: Visit (04/01/2027 04:00)"),
        (luz, "Cita modificada: Visit (04/01/2027 04:00)"),
    ] {
        let query = "query($id: ID!) { client(id: $id) { eventLog(first: 1) { nodes { text } } } }";
        let told = ana.data(query, json!({ "id": client })).await;
        assert_eq!(told["client"]["eventLog"]["nodes"], json!([{ "text": text }]));
    }
}
