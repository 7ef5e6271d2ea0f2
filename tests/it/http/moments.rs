//! Instants and days that enter: one range for all of them, at every door.

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use crate::support::{Actor, Frame, Screen, TestApp};

/// What is no instant, or none of the years that are kept.
const WRONG: [&str; 13] = [
    "+020226-03-01T10:00:00Z",
    "-000001-03-01T10:00:00Z",
    "9999-12-31T23:59:59-01:00",
    "0000-01-01T00:00:00+01:00",
    "0001-06-01T00:00:00Z",
    "1899-12-31T23:59:59Z",
    "2099-12-31T23:30:00-01:00",
    "2100-01-01T00:00:00Z",
    "2027-03-01T10:00:60Z",
    "2016-12-31T23:59:60Z",
    "2027-03-01T10:00:00",
    "2027-02-29T10:00:00Z",
    "tomorrow",
];

/// That a request is refused as it came in, with the place and the rule.
fn assert_refused(answer: &crate::support::Answer, place: &str, what: &str) {
    assert_eq!(answer.code(), "BAD_INPUT", "{what}: {}", answer.body);
    let message = answer.body["errors"][0]["message"].as_str().expect("a message");
    assert!(message.starts_with(&format!("{place}: must ")), "{what}: {message}");
}

#[tokio::test]
async fn every_door_refuses_what_is_outside() {
    let app = TestApp::start().await;
    let (ana, admin) = (app.ana().await, app.admin().await);
    let client = ana.client("Rosa").await;
    let note = json!({ "clientId": client, "kind": "NOTE", "text": "Hola" });
    let good = "2027-03-01T10:00:00Z";
    let event = ana
        .run(
            "agendaEventCreate",
            json!({ "title": "Visit", "start": good, "end": good }),
            "agendaEvent { id }",
        )
        .await["agendaEvent"]["id"]
        .clone();
    let with = |base: &Value, field: &str, value: Value| {
        let mut input = base.clone();
        input[field] = value;
        input
    };
    for wrong in WRONG {
        let base = json!({ "title": "Visit", "start": good, "end": good });
        let moved = json!({ "id": event, "expectedVersion": 1, "start": good, "end": good });
        let inputs = [
            ("agendaEventCreate", "AgendaEventCreateInput", with(&base, "start", json!(wrong)), "start"),
            ("agendaEventCreate", "AgendaEventCreateInput", with(&base, "end", json!(wrong)), "end"),
            (
                "agendaEventCreate",
                "AgendaEventCreateInput",
                with(&base, "recurrence", json!({ "rule": "FREQ=DAILY", "except": [good, wrong] })),
                "recurrence.except.1",
            ),
            (
                "agendaEventReschedule",
                "AgendaEventRescheduleInput",
                with(&moved, "start", json!(wrong)),
                "start",
            ),
            ("agendaEventReschedule", "AgendaEventRescheduleInput", with(&moved, "end", json!(wrong)), "end"),
            (
                "clientNextTouchSet",
                "ClientNextTouchSetInput",
                json!({ "clientId": client, "nextTouch": { "at": wrong, "reason": "x" } }),
                "nextTouch.at",
            ),
            ("eventlogAppend", "EventlogAppendInput", with(&note, "occurredAt", json!(wrong)), "occurredAt"),
            (
                "activityCreate",
                "ActivityCreateInput",
                json!({ "clientId": client, "kind": "CALL", "title": "x", "dueAt": wrong }),
                "dueAt",
            ),
            (
                "apiKeyCreate",
                "ApiKeyCreateInput",
                json!({ "name": "k", "role": "ADMIN", "scopes": ["READ"], "expiresAt": wrong }),
                "expiresAt",
            ),
        ];
        for (mutation, kind, input, field) in inputs {
            let query = format!(
                "mutation($input: {kind}!) {{ {mutation}(input: $input) {{ userErrors {{ message }} }} }}"
            );
            assert_refused(
                &admin.send(&query, json!({ "input": input })).await,
                &format!("$input.{field}"),
                &format!("{mutation} {wrong}"),
            );
        }
        for (query, variables, place) in [
            (
                "query($range: DateTimeRangeInput!) { agendaEvents(range: $range) { nodes { id } } }",
                json!({ "range": { "start": wrong, "end": good } }),
                "$range.start",
            ),
            (
                "query($range: DateTimeRangeInput!, $who: [ID!]!) {
                    agendaFreeSlots(assigneeIds: $who, range: $range, minutes: 30) { start } }",
                json!({ "range": { "start": good, "end": wrong }, "who": [ana.id] }),
                "$range.end",
            ),
            (
                "query($filter: ClientFilter) { clients(filter: $filter) { nodes { id } } }",
                json!({ "filter": { "createdAt": { "since": wrong } } }),
                "$filter.createdAt.since",
            ),
            (
                "query($filter: ClientFilter) { clients(filter: $filter) { nodes { id } } }",
                json!({ "filter": { "updatedAt": { "until": wrong } } }),
                "$filter.updatedAt.until",
            ),
            (
                "query($filter: AuditFilter) { auditEntries(filter: $filter) { nodes { id } } }",
                json!({ "filter": { "since": wrong } }),
                "$filter.since",
            ),
        ] {
            assert_refused(&admin.send(query, variables).await, place, &format!("{query} {wrong}"));
        }
        let literal =
            format!("{{ agendaEvents(range: {{ start: {good:?}, end: {wrong:?} }}) {{ nodes {{ id }} }} }}");
        assert_refused(&ana.send(&literal, json!({})).await, "range.end", &literal);
    }
    let range = json!({ "range": { "start": "1900-01-01T00:00:00Z", "end": "2030-01-01T00:00:00Z" } });
    let seen = "query($range: DateTimeRangeInput!) { agendaEvents(range: $range) { nodes { id } } }";
    assert_eq!(
        ana.data(seen, range).await["agendaEvents"]["nodes"],
        json!([{ "id": event }]),
        "nothing else was written"
    );
}

#[tokio::test]
async fn streams_refuse_it_too() {
    let app = TestApp::start().await;
    let ana = app.ana().await;
    for wrong in ["+020226-03-01T10:00:00Z", "2100-01-01T00:00:00Z", "2027-03-01T10:00:60Z"] {
        let mut screen = Screen::of(&ana).await;
        let query = "subscription($range: DateTimeRangeInput) { agendaChanged(range: $range) { cursor } }";
        let range = json!({ "range": { "start": "2027-03-01T10:00:00Z", "end": wrong } });
        screen.subscribe("a", query, range).await;
        let Frame::Said(message) = screen.hear().await else { panic!("closed") };
        assert_eq!(message["payload"][0]["extensions"]["code"], "BAD_INPUT", "{message}");
        let told = message["payload"][0]["message"].as_str().expect("a message");
        assert!(told.starts_with("$range.end: must "), "{told}");
    }
}

#[tokio::test]
async fn an_id_that_is_refused_is_told_with_its_place() {
    let app = TestApp::start().await;
    let (ana, admin) = (app.ana().await, app.admin().await);
    let client = ana.client("Rosa").await;
    let of = |kind: &str| format!("is not an id of this kind: expected {kind}_ and 26 characters");
    let update =
        "mutation($input: ClientUpdateInput!) { clientUpdate(input: $input) { userErrors { code } } }";
    let create =
        "mutation($input: ClientCreateInput!) { clientCreate(input: $input) { userErrors { code } } }";
    let free = "query($range: DateTimeRangeInput!, $who: [ID!]!) { agendaFreeSlots(assigneeIds: $who, range: $range, minutes: 30) { start } }";
    let person = json!({ "kind": "PERSON", "name": "Luz", "market": "aguascalientes" });
    let with = |field: &str, value: Value| {
        let mut input = person.clone();
        input[field] = value;
        json!({ "input": input })
    };
    let range = json!({ "start": "2027-03-01T10:00:00Z", "end": "2027-03-02T10:00:00Z" });
    for (query, variables, place, kind) in [
        ("query($id: ID!) { client(id: $id) { id } }", json!({ "id": ana.id }), "$id", "client"),
        ("{ client(id: \"x\") { id } }", json!({}), "id", "client"),
        ("{ ...F } fragment F on Query { ... { a: client(id: 7) { id } } }", json!({}), "id", "client"),
        (update, json!({ "input": { "id": "x", "expectedVersion": 1 } }), "$input.id", "client"),
        (create, with("advisorId", json!(client)), "$input.advisorId", "user"),
        (create, with("teamId", json!(client)), "$input.teamId", "team"),
        (
            "mutation($team: ID) { clientCreate(input: { kind: PERSON, name: \"Luz\", market: \"madrid\", teamId: $team }) { userErrors { code } } }",
            json!({ "team": client }),
            "input.teamId",
            "team",
        ),
        (free, json!({ "range": range, "who": [ana.id, client] }), "$who.1", "user"),
    ] {
        let answer = admin.send(query, variables).await;
        assert_eq!(answer.code(), "BAD_INPUT", "{query}: {}", answer.body);
        let error = &answer.body["errors"][0];
        assert_eq!(error["message"], format!("{place}: {}", of(kind)), "{query}");
        assert_eq!(error["extensions"].get("refused"), None, "{error}");
    }
    let mut screen = Screen::of(&ana).await;
    screen
        .subscribe(
            "c",
            "subscription($id: ID) { clientUpdated(clientId: $id) { cursor } }",
            json!({ "id": ana.id }),
        )
        .await;
    let Frame::Said(message) = screen.hear().await else { panic!("closed") };
    assert_eq!(message["payload"][0]["message"], format!("$id: {}", of("client")));
    screen.subscribe("c", "subscription { clientUpdated(after: \"x\") { cursor } }", json!({})).await;
    let Frame::Said(message) = screen.hear().await else { panic!("closed") };
    assert_eq!(message["payload"][0]["message"], "after: is no cursor of the live streams");
}

#[tokio::test]
async fn days_are_of_the_same_years() {
    let app = TestApp::start().await;
    let sofia = app.sofia().await;
    let team = sofia.data("{ viewer { team { id } } }", json!({})).await["viewer"]["team"]["id"].clone();
    let query = "mutation($input: WorkingCalendarUpdateInput!) { workingCalendarUpdate(input: $input) { userErrors { field message } } }";
    for wrong in ["+020226-03-01", "1899-12-31", "2100-01-01", "9999-12-31", "2027-3-1", "2027-02-29"] {
        let input =
            json!({ "teamId": team, "expectedVersion": 0, "holidays": [{ "day": wrong, "name": "x" }] });
        let answer = sofia.send(query, json!({ "input": input })).await;
        let refused = &answer.body["data"]["workingCalendarUpdate"]["userErrors"][0];
        assert_eq!(refused["field"], "holidays.day", "{wrong}: {}", answer.body);
        assert!(refused["message"].as_str().expect("a message").starts_with("must "), "{refused}");
    }
}

#[tokio::test]
async fn a_cursor_of_another_year_is_none() {
    let app = TestApp::start().await;
    let ana: Actor = app.ana().await;
    let query = "query($after: String) { agendaEvents(range: { start: \"2027-01-01T00:00:00Z\", end: \"2028-01-01T00:00:00Z\" },
        after: $after) { nodes { id } } }";
    for (at, code) in [
        ("2027-06-01T00:00:00Z", None),
        ("+020226-03-01T10:00:00Z", Some("BAD_INPUT")),
        ("2027-03-01T10:00:60Z", Some("BAD_INPUT")),
    ] {
        let cursor = json!(["start", at, uuid::Uuid::nil()]).to_string();
        let answer = ana.send(query, json!({ "after": BASE64_URL_SAFE_NO_PAD.encode(cursor) })).await;
        let found = answer.body["errors"][0]["extensions"]["code"].as_str();
        assert_eq!(found, code, "{at}: {}", answer.body);
    }
}
