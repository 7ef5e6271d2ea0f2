//! The next touch of a client: when it is to be called, and why.

use serde_json::{Value, json};

use super::{EVENT, between};
use crate::support::{Actor, Refusals, TestApp};

const TOUCH: &str = "client { nextTouch { at reason event { id version kind state assignee { id } timeZone } } } event { id }";

async fn set(actor: &Actor, client: &str, at: &str, reason: &str) -> Value {
    let input = json!({ "clientId": client, "nextTouch": { "at": at, "reason": reason } });
    actor.run("clientNextTouchSet", input, TOUCH).await
}

async fn next(actor: &Actor, client: &str) -> Value {
    let query = "query($id: ID!) { client(id: $id) { nextTouch { at reason event { id } } } }";
    actor.data(query, json!({ "id": client })).await["client"]["nextTouch"].clone()
}

async fn planned(actor: &Actor) -> Vec<Value> {
    between(actor, "2027-01-01T00:00:00Z", "2027-02-01T00:00:00Z", "kind title start end state version").await
}

#[tokio::test]
async fn the_next_touch_is_set_moved_and_cleared() {
    let app = TestApp::start().await;
    let (ana, sofia) = (app.ana().await, app.sofia().await);
    let client = ana.client("Rosa").await;
    assert_eq!(next(&ana, &client).await, Value::Null);
    let first = set(&sofia, &client, "2027-01-04T16:00:00Z", " ask for  the papers ").await;
    assert_eq!(first.refusals(), []);
    let touch = &first["client"]["nextTouch"];
    assert_eq!(
        (&touch["at"], &touch["reason"]),
        (&json!("2027-01-04T16:00:00+00:00"), &json!("ask for the papers"))
    );
    let event = touch["event"].clone();
    assert_eq!(
        event,
        json!({ "id": event["id"], "version": 1, "kind": "FOLLOW_UP", "state": "PLANNED",
            "assignee": { "id": ana.id }, "timeZone": "America/Mexico_City" }),
        "it is the advisor's to do, in the advisor's zone"
    );
    let moved = set(&ana, &client, "2027-01-05T16:00:00Z", "papers").await;
    assert_eq!(moved["client"]["nextTouch"]["event"]["id"], event["id"], "the same event");
    assert_eq!(
        planned(&ana).await,
        [json!({ "kind": "FOLLOW_UP", "title": "papers", "start": "2027-01-05T16:00:00+00:00",
            "end": "2027-01-05T16:00:00+00:00", "state": "PLANNED", "version": 2 })]
    );
    let again = set(&ana, &client, "2027-01-05T16:00:00Z", "papers").await;
    assert_eq!((again.refusals(), &again["event"]), (vec![], &Value::Null), "nothing changed");
    let clear = json!({ "clientId": client, "nextTouch": null });
    let cleared = ana.run("clientNextTouchSet", clear.clone(), TOUCH).await;
    assert_eq!(cleared["client"]["nextTouch"], Value::Null);
    assert_eq!(planned(&ana).await[0]["state"], "CANCELLED");
    let again = ana.run("clientNextTouchSet", clear, TOUCH).await;
    assert_eq!((again.refusals(), &again["event"]), (vec![], &Value::Null), "there was none");
    let new = set(&ana, &client, "2027-01-06T16:00:00Z", "another").await;
    assert_ne!(new["client"]["nextTouch"]["event"]["id"], event["id"]);
    assert_eq!(planned(&ana).await.len(), 2);
}

#[tokio::test]
async fn a_touch_that_is_done_is_next_no_more_and_no_second_one_is_reopened() {
    let app = TestApp::start().await;
    let ana = app.ana().await;
    let client = ana.client("Rosa").await;
    let first = set(&ana, &client, "2027-01-04T16:00:00Z", "call").await;
    let first = first["client"]["nextTouch"]["event"]["id"].clone();
    let done = json!({ "id": first, "expectedVersion": 1 });
    let done = ana.run("agendaEventComplete", done, EVENT).await;
    assert_eq!(done.refusals(), []);
    assert_eq!(next(&ana, &client).await, Value::Null);
    let second = set(&ana, &client, "2027-01-05T16:00:00Z", "call again").await;
    let second = second["client"]["nextTouch"]["event"]["id"].clone();
    assert_ne!(first, second);
    let traces = app.traces().await;
    let reopen = json!({ "id": first, "expectedVersion": 2 });
    let refused = ana.run("agendaEventReopen", reopen.clone(), EVENT).await;
    assert_eq!(refused.refusals(), [("FOLLOW_UP_OPEN".to_owned(), "id".to_owned())]);
    assert_eq!(app.traces().await, traces);
    let cancel = json!({ "id": second, "expectedVersion": 1 });
    ana.run("agendaEventCancel", cancel, EVENT).await;
    assert_eq!(ana.run("agendaEventReopen", reopen, EVENT).await.refusals(), []);
    assert_eq!(next(&ana, &client).await["event"]["id"], first);
}

#[tokio::test]
async fn a_touch_without_a_reason_writes_nothing() {
    let app = TestApp::start().await;
    let (ana, beto) = (app.ana().await, app.beto().await);
    let client = ana.client("Rosa").await;
    set(&ana, &client, "2027-01-04T16:00:00Z", "call").await;
    let (before, traces) = (planned(&ana).await, app.traces().await);
    for reason in ["", "  \n ", &"x".repeat(201)] {
        let refused = set(&ana, &client, "2027-01-05T16:00:00Z", reason).await;
        assert_eq!(refused.refusals(), [("INVALID".to_owned(), "nextTouch.reason".to_owned())], "{reason:?}");
        assert_eq!(refused["event"], Value::Null);
    }
    let hidden = set(&beto, &client, "2027-01-05T16:00:00Z", "mine").await;
    assert_eq!(hidden.refusals(), [("NOT_FOUND".to_owned(), "id".to_owned())]);
    assert_eq!(hidden["client"], Value::Null);
    assert_eq!((planned(&ana).await, app.traces().await), (before, traces));
}

#[tokio::test]
async fn a_touch_stays_with_its_client_and_one_of_the_pool_waits_there() {
    let app = TestApp::start().await;
    let (ana, sofia) = (app.ana().await, app.sofia().await);
    let (rosa, luz) = (ana.client("Rosa").await, sofia.client("Luz").await);
    let touch = set(&ana, &rosa, "2027-01-04T16:00:00Z", "call").await;
    let event = &touch["client"]["nextTouch"]["event"];
    for client in [json!(luz), Value::Null] {
        let to = json!({ "id": event["id"], "expectedVersion": 1, "clientId": client });
        let refused = ana.run("agendaEventUpdate", to, EVENT).await;
        assert_eq!(refused.refusals(), [("INVALID".to_owned(), "clientId".to_owned())]);
    }
    let waiting = set(&sofia, &luz, "2027-01-04T16:00:00Z", "call").await;
    assert_eq!(
        waiting["client"]["nextTouch"]["event"],
        json!({ "id": waiting["client"]["nextTouch"]["event"]["id"], "version": 1, "kind": "FOLLOW_UP",
            "state": "PLANNED", "assignee": null, "timeZone": "America/Mexico_City" }),
        "in the zone of the team's hours"
    );
}
