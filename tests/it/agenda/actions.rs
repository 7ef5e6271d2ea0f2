//! What the API says can be done, against what can be done.

use serde_json::{Value, json};

use super::{EVENT, between, plan};
use crate::support::{Actor, Refusals, TestApp};

/// Every action that has a mutation, and what it is given besides id and version.
fn mutations(beto: &Actor) -> Vec<(&'static str, &'static str, Value)> {
    vec![
        ("UPDATE", "agendaEventUpdate", json!({ "title": "Changed" })),
        (
            "RESCHEDULE",
            "agendaEventReschedule",
            json!({ "start": "2027-03-01T10:00:00Z", "end": "2027-03-01T11:00:00Z" }),
        ),
        ("ASSIGN", "agendaEventAssign", json!({ "assigneeId": beto.id })),
        ("CONFIRM", "agendaEventConfirm", json!({})),
        ("COMPLETE", "agendaEventComplete", json!({})),
        ("MARK_NO_SHOW", "agendaEventMarkNoShow", json!({})),
        ("CANCEL", "agendaEventCancel", json!({})),
        ("REOPEN", "agendaEventReopen", json!({})),
    ]
}

/// An event of Ana's that went this way.
async fn event_after(ana: &Actor, path: &[&str], fields: &Value) -> Value {
    let mut event = plan(ana, fields.clone()).await;
    for step in path {
        let input = json!({ "id": event["id"], "expectedVersion": event["version"] });
        let moved = ana.run(step, input, EVENT).await;
        assert_eq!(moved.refusals(), [], "{step}");
        event = moved["agendaEvent"].clone();
    }
    event
}

/// What the API says of each action: its name, and the code that stands in the way.
async fn told(actor: &Actor, event: &Value) -> Vec<(String, Option<String>)> {
    let query =
        "query($id: ID!) { agendaEvent(id: $id) { availableActions { action enabled blockedBy { code } } } }";
    let data = actor.data(query, json!({ "id": event["id"] })).await;
    let actions = data["agendaEvent"]["availableActions"].as_array().expect("a list");
    let one = |action: &Value| {
        let code = action["blockedBy"]["code"].as_str().map(str::to_owned);
        assert_eq!(action["enabled"], code.is_none(), "{action}");
        (action["action"].as_str().expect("a name").to_owned(), code)
    };
    actions.iter().map(one).collect()
}

#[tokio::test]
async fn what_is_enabled_succeeds_and_what_is_blocked_fails_with_its_code() {
    let app = TestApp::start().await;
    let (ana, beto, sofia, admin) = (app.ana().await, app.beto().await, app.sofia().await, app.admin().await);
    let client = ana.client("Rosa").await;
    let begun = json!({ "start": "2026-01-05T10:00:00Z", "end": "2026-01-05T11:00:00Z", "clientId": client });
    let ahead = json!({ "start": "2027-01-04T10:00:00Z", "end": "2027-01-04T11:00:00Z" });
    let states: [(&str, &[&str]); 6] = [
        ("PLANNED", &[]),
        ("CONFIRMED", &["agendaEventConfirm"]),
        ("DONE", &["agendaEventComplete"]),
        ("CANCELLED", &["agendaEventCancel"]),
        ("NO_SHOW", &["agendaEventMarkNoShow"]),
        ("PLANNED", &["agendaEventCancel", "agendaEventReopen"]),
    ];
    let (mut enabled, mut blocked) = (0, 0);
    for (state, path) in states {
        for fields in [&begun, &ahead] {
            if state == "NO_SHOW" && fields == &ahead {
                continue; // nobody can have failed to come
            }
            for actor in [&ana, &sofia, &admin] {
                let mut event = event_after(&ana, path, fields).await;
                assert_eq!(event["state"], state);
                let said = told(actor, &event).await;
                for (action, mutation, given) in mutations(&beto) {
                    let code = said.iter().find(|(name, _)| name == action).expect("it is told").1.clone();
                    let mut input = given;
                    (input["id"], input["expectedVersion"]) = (event["id"].clone(), event["version"].clone());
                    let done = actor.run(mutation, input, EVENT).await;
                    let Some(code) = code else {
                        assert_eq!(done.refusals(), [], "{action} of {state}");
                        enabled += 1;
                        event = event_after(&ana, path, fields).await;
                        continue;
                    };
                    assert_eq!(done.refusals(), [(code, "id".to_owned())], "{action} of {state}");
                    assert_eq!(done["agendaEvent"], event, "nothing was written");
                    blocked += 1;
                }
                let call = said.iter().find(|(name, _)| name == "CALL_CLIENT").expect("it is told");
                let with_client = fields == &begun;
                let why = if with_client { "NO_PHONE" } else { "NO_CLIENT" };
                assert_eq!(call.1.as_deref(), Some(why));
                assert_eq!(said.len(), 9, "every action is told");
            }
        }
    }
    // Of what has begun 7, 7, 2, 2, 2 and 7 actions; one less of what is open and ahead, for nobody failed to come yet.
    assert_eq!((enabled, blocked), (3 * (27 + 22), 3 * (48 + 40 - 27 - 22)));
}

#[tokio::test]
async fn a_key_for_reading_may_call_the_client_and_change_nothing() {
    let app = TestApp::start().await;
    let (ana, beto, admin) = (app.ana().await, app.beto().await, app.admin().await);
    let key = json!({ "name": "reader", "role": "ADMIN", "scopes": ["READ"] });
    let key = admin.run("apiKeyCreate", key, "secret").await;
    let reader = app.bearer(key["secret"].as_str().expect("a key"));
    let client = ana.client_with(json!({ "phone": "+524491234567" })).await["id"].clone();
    let event = plan(
        &ana,
        json!({ "start": "2026-01-05T10:00:00Z", "end": "2026-01-05T11:00:00Z", "clientId": client }),
    )
    .await;
    let traces = app.traces().await;
    for (action, code) in told(&reader, &event).await {
        let expected = (action != "CALL_CLIENT").then_some("RIGHT_MISSING");
        assert_eq!(code.as_deref(), expected, "{action}");
    }
    for (_, mutation, given) in mutations(&beto) {
        let mut input = given;
        (input["id"], input["expectedVersion"]) = (event["id"].clone(), event["version"].clone());
        let kind = match mutation {
            "agendaEventUpdate" | "agendaEventReschedule" | "agendaEventAssign" | "agendaEventCancel" => {
                format!("A{}Input", &mutation[1..])
            }
            _ => "AgendaEventTransitionInput".to_owned(),
        };
        let query =
            format!("mutation($input: {kind}!) {{ {mutation}(input: $input) {{ userErrors {{ code }} }} }}");
        let refused = reader.send(&query, json!({ "input": input })).await;
        assert_eq!(refused.code(), "FORBIDDEN", "{mutation}: {}", refused.body);
    }
    assert_eq!(app.traces().await, traces);
}

#[tokio::test]
async fn a_follow_up_whose_client_has_another_cannot_be_reopened_and_says_so_before() {
    let app = TestApp::start().await;
    let ana = app.ana().await;
    let client = ana.client("Rosa").await;
    let touch =
        json!({ "clientId": client, "nextTouch": { "at": "2027-01-04T16:00:00Z", "reason": "Call" } });
    let touched =
        "client { nextTouch { event { id version title start end state recurrenceId series { id rule } } } }";
    let first = ana.run("clientNextTouchSet", touch.clone(), touched).await;
    let first = first["client"]["nextTouch"]["event"].clone();
    let done = json!({ "id": first["id"], "expectedVersion": 1 });
    let done = ana.run("agendaEventComplete", done, EVENT).await["agendaEvent"].clone();
    let reopen = ("REOPEN".to_owned(), None);
    assert!(told(&ana, &done).await.contains(&reopen), "it is the only one");
    ana.run("clientNextTouchSet", touch, touched).await;
    let blocked = ("REOPEN".to_owned(), Some("FOLLOW_UP_OPEN".to_owned()));
    let said = told(&ana, &done).await;
    assert!(said.contains(&blocked), "{said:?}");
    let again = json!({ "id": done["id"], "expectedVersion": 2 });
    let again = ana.run("agendaEventReopen", again, EVENT).await;
    assert_eq!(again.refusals(), [("FOLLOW_UP_OPEN".to_owned(), "id".to_owned())]);
    assert_eq!(again["agendaEvent"], done, "nothing was written");
}

#[tokio::test]
async fn the_same_key_moves_an_event_once() {
    let app = TestApp::start().await;
    let ana = app.ana().await;
    let client = ana.client("Rosa").await;
    let make = json!({ "title": "Visit", "clientId": client, "idempotencyKey": "make",
        "start": "2027-01-04T10:00:00Z", "end": "2027-01-04T11:00:00Z" });
    let selection = format!("{EVENT} event {{ id }}");
    let first = ana.run("agendaEventCreate", make.clone(), &selection).await;
    assert_eq!(ana.run("agendaEventCreate", make, &selection).await, first);
    let id = first["agendaEvent"]["id"].clone();
    let to = |hour: u32, key: &str| {
        json!({ "id": id, "expectedVersion": 1, "idempotencyKey": key,
            "start": format!("2027-01-04T{hour}:00:00Z"), "end": format!("2027-01-04T{}:00:00Z", hour + 1) })
    };
    let moved = ana.run("agendaEventReschedule", to(14, "move"), &selection).await;
    assert_eq!(moved.refusals(), []);
    let traces = app.traces().await;
    assert_eq!(ana.run("agendaEventReschedule", to(14, "move"), &selection).await, moved);
    let other = ana.run("agendaEventReschedule", to(16, "move"), &selection).await;
    assert_eq!(other.refusals(), [("IDEMPOTENCY_MISMATCH".to_owned(), "idempotencyKey".to_owned())]);
    let done = json!({ "id": id, "expectedVersion": 2, "idempotencyKey": "done" });
    assert_eq!(app.traces().await, traces, "nothing was written twice");
    let first = ana.run("agendaEventComplete", done.clone(), &selection).await;
    assert_eq!(first["agendaEvent"]["state"], "DONE");
    assert_eq!(
        ana.run("agendaEventComplete", done, &selection).await,
        first,
        "and not that it is so already"
    );
    assert_eq!(
        between(&ana, "2027-01-01T00:00:00Z", "2027-02-01T00:00:00Z", "id").await,
        [json!({ "id": id })]
    );
}

#[tokio::test]
async fn whatever_becomes_of_an_event_stands_in_its_clients_history() {
    let app = TestApp::start().await;
    let (ana, beto, sofia) = (app.ana().await, app.beto().await, app.sofia().await);
    let client = ana.client("Rosa").await;
    let event = plan(
        &ana,
        json!({ "start": "2026-01-05T16:00:00Z", "end": "2026-01-05T17:00:00Z", "clientId": client,
            "timeZone": "America/Mexico_City" }),
    )
    .await;
    let steps = [
        ("agendaEventConfirm", json!({ "reason": "she  called " })),
        ("agendaEventReschedule", json!({ "start": "2026-01-05T18:00:00Z", "end": "2026-01-05T19:00:00Z" })),
        ("agendaEventUpdate", json!({ "title": "Tour" })),
        ("agendaEventMarkNoShow", json!({})),
        ("agendaEventReopen", json!({})),
        ("agendaEventComplete", json!({ "reason": "signed" })),
        ("agendaEventReopen", json!({})),
        ("agendaEventCancel", json!({ "reason": " " })),
        ("agendaEventReopen", json!({})),
        ("agendaEventAssign", json!({ "assigneeId": beto.id })),
    ];
    for (version, (mutation, mut input)) in (1..).zip(steps) {
        (input["id"], input["expectedVersion"]) = (event["id"].clone(), json!(version));
        assert_eq!(sofia.run(mutation, input, EVENT).await.refusals(), [], "{mutation}");
    }
    let query = "query($id: ID!) { client(id: $id) { eventLog(first: 50) { nodes { kind text author { name } payload } } } }";
    let data = sofia.data(query, json!({ "id": client })).await;
    let mut entries = data["client"]["eventLog"]["nodes"].as_array().expect("a list").clone();
    entries.reverse();
    let texts: Vec<String> = entries
        .iter()
        .map(|entry| {
            let text = |field: &str| entry[field].as_str().expect("a text").to_owned();
            format!("{} {}", text("kind"), text("text"))
        })
        .collect();
    assert_eq!(
        texts[1..],
        [
            "STATE_CHANGE Cita planificada: Visit (05/01/2026 10:00)",
            "STATE_CHANGE Cita confirmada: Visit (05/01/2026 10:00): she  called",
            "STATE_CHANGE Cita cambiada de hora: Visit (05/01/2026 12:00)",
            "STATE_CHANGE Cita modificada: Tour (05/01/2026 12:00)",
            "STATE_CHANGE Cita a la que no acudió: Tour (05/01/2026 12:00)",
            "STATE_CHANGE Cita reabierta: Tour (05/01/2026 12:00)",
            "MEETING Cita realizada: Tour (05/01/2026 12:00): signed",
            "STATE_CHANGE Cita reabierta: Tour (05/01/2026 12:00)",
            "STATE_CHANGE Cita cancelada: Tour (05/01/2026 12:00)",
            "STATE_CHANGE Cita reabierta: Tour (05/01/2026 12:00)",
            "STATE_CHANGE Cita asignada a otra persona: Tour (05/01/2026 12:00)",
        ]
    );
    assert_eq!(entries[1]["author"]["name"], "Ana Pérez");
    assert_eq!(entries[2]["author"]["name"], "Sofía Luna");
    assert_eq!(entries[7]["payload"]["agendaEvent"], event["id"]);
    assert_eq!(entries[7]["payload"]["state"], "DONE");
}

#[tokio::test]
async fn a_reason_that_is_too_long_writes_nothing() {
    let app = TestApp::start().await;
    let ana = app.ana().await;
    let event = plan(&ana, json!({ "start": "2027-01-04T10:00:00Z", "end": "2027-01-04T11:00:00Z" })).await;
    let traces = app.traces().await;
    let input = json!({ "id": event["id"], "expectedVersion": 1, "reason": "x".repeat(501) });
    let refused = ana.run("agendaEventCancel", input, EVENT).await;
    assert_eq!(refused.refusals(), [("INVALID".to_owned(), "reason".to_owned())]);
    assert_eq!(refused["agendaEvent"], event);
    assert_eq!(app.traces().await, traces);
}
