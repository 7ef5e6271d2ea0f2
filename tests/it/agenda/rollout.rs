//! Changes that reach thousands of events: some at once, the others by a job.

use std::time::Duration;

use chrono::{DateTime, SubsecRound, TimeDelta, Utc};
use sea_orm::ConnectionTrait;
use serde_json::{Value, json};

use super::{EVENT, Worker, does, idle, plan};
use crate::support::{Actor, Refusals, Screen, TestApp};

/// Occurrences that the series of these tests has behind it.
const PAST: i64 = 1650;

/// A daily series that began long ago: some two thousand events.
async fn long(app: &TestApp, actor: &Actor, mut fields: Value) -> Value {
    let began = app.app.clock.now().trunc_subsecs(0) - TimeDelta::days(PAST);
    fields["start"] = json!(began);
    fields["end"] = json!(began + TimeDelta::hours(1));
    fields["timeZone"] = json!("UTC");
    fields["recurrence"] = json!({ "rule": "FREQ=DAILY" });
    plan(actor, fields).await
}

/// All that somebody sees of a series, in its order.
async fn all(app: &TestApp, actor: &Actor, series: &Value) -> Vec<Value> {
    let query = "query($range: DateTimeRangeInput!, $filter: AgendaEventFilter, $after: String) {
        agendaEvents(range: $range, filter: $filter, first: 1000, after: $after) {
            nodes { id version title start recurrenceId state assignee { id } } pageInfo { hasNextPage endCursor } } }";
    let now = app.app.clock.now();
    let range = json!({ "start": now - TimeDelta::days(PAST + 10), "end": now + TimeDelta::days(390) });
    let (mut events, mut after) = (Vec::new(), Value::Null);
    loop {
        let variables =
            json!({ "range": range, "filter": { "seriesId": series["series"]["id"] }, "after": after });
        let page = actor.data(query, variables).await["agendaEvents"].clone();
        events.extend(page["nodes"].as_array().expect("a list").iter().cloned());
        if page["pageInfo"]["hasNextPage"] != true {
            return events;
        }
        after = page["pageInfo"]["endCursor"].clone();
    }
}

fn count(events: &[Value], field: &str, value: &Value) -> usize {
    events.iter().filter(|event| event[field] == *value).count()
}

fn instant(event: &Value, field: &str) -> DateTime<Utc> {
    event[field].as_str().expect("an instant").parse().expect("an instant")
}

/// Changes a series as it is seen; gives the event that was changed, and how many statements that took.
async fn change(
    app: &TestApp,
    actor: &Actor,
    mutation: &str,
    event: &Value,
    mut fields: Value,
) -> (Value, u64) {
    fields["scope"] = json!("ALL");
    let before = app.app.database.statements();
    let event = does(actor, mutation, event, fields).await;
    (event, app.app.database.statements() - before)
}

#[tokio::test]
async fn a_series_of_two_thousand_changes_some_at_a_time() {
    let app = TestApp::start().await;
    let ana = app.ana().await;
    let event = long(&app, &ana, json!({})).await;
    let laid = all(&app, &ana, &event).await;
    assert!(laid.len() > 2000, "{}", laid.len());

    let (_, statements) =
        change(&app, &ana, "agendaEventUpdate", &laid[1500], json!({ "title": "Renamed" })).await;
    assert!(statements < 50, "{statements}");
    let now = all(&app, &ana, &event).await;
    assert_eq!(count(&now, "title", &json!("Renamed")), 501, "the first, and the one that was changed");
    assert_eq!(now[1500]["title"], "Renamed");

    // One of the others may be changed alone meanwhile, and the series not.
    let own = does(&ana, "agendaEventUpdate", &now[1700], json!({ "title": "Own" })).await;
    let again =
        json!({ "id": own["id"], "expectedVersion": own["version"], "scope": "ALL", "title": "Again" });
    let refused = ana.run("agendaEventUpdate", again, EVENT).await;
    assert_eq!(refused.refusals(), [("SERIES_CHANGING".to_owned(), "id".to_owned())]);

    let worker = Worker::start(&app);
    idle(&app).await;
    let now = all(&app, &ana, &event).await;
    assert_eq!(now.len(), laid.len());
    assert_eq!(count(&now, "title", &json!("Renamed")), laid.len() - 1);
    assert_eq!(now[1700]["title"], "Own");
    assert_eq!(now[1800]["version"], 2, "each is written once");
    drop(worker);

    let cancelled =
        json!({ "id": now[100]["id"], "expectedVersion": now[100]["version"], "scope": "FOLLOWING" });
    let cancelled = ana.run("agendaEventCancel", cancelled, EVENT).await;
    assert_eq!(cancelled["userErrors"], json!([]), "{cancelled}");
    let _worker = Worker::start(&app);
    idle(&app).await;
    let now = all(&app, &ana, &event).await;
    assert_eq!(count(&now, "state", &json!("CANCELLED")), laid.len() - 100);
    assert_eq!(count(&now[..100], "state", &json!("PLANNED")), 100);
}

#[tokio::test]
async fn a_series_of_two_thousand_moves_either_way_whoever_dies_on_the_way() {
    let app = TestApp::start().await;
    let ana = app.ana().await;
    let mut event = long(&app, &ana, json!({})).await;
    let mut laid = all(&app, &ana, &event).await.len();
    for days in [1, -1, 3] {
        let start = instant(&event, "start") + TimeDelta::days(days);
        let to = json!({ "start": start, "end": start + TimeDelta::hours(1) });
        (event, _) = change(&app, &ana, "agendaEventReschedule", &event, to).await;
        assert_eq!(instant(&event, "start"), start);
        for _ in 0..3 {
            let worker = Worker::start(&app);
            tokio::time::sleep(Duration::from_millis(150)).await; // somewhere between its steps
            drop(worker);
            app.app.clock.advance(Duration::from_secs(120)); // its claim is over
        }
        let worker = Worker::start(&app);
        idle(&app).await;
        drop(worker);
        let now = all(&app, &app.sign_in("ana@test.example").await, &event).await;
        for (place, event) in now.iter().enumerate() {
            let expected = start + TimeDelta::days(i64::try_from(place).expect("few"));
            assert_eq!(instant(event, "start"), expected, "{place} after {days}");
            assert_eq!(event["recurrenceId"], event["start"]);
        }
        assert!(now.len().abs_diff(laid) <= 5, "{} of {laid}", now.len());
        laid = now.len();
    }
}

#[tokio::test]
async fn thousands_of_events_with_a_client_go_along_with_it() {
    let app = TestApp::start().await;
    let (ana, beto, sofia) = (app.ana().await, app.beto().await, app.sofia().await);
    let client = ana.client_with(json!({ "name": "Acme" })).await;
    let event = long(&app, &ana, json!({ "clientId": client["id"] })).await;
    let laid = all(&app, &ana, &event).await.len();

    let before = app.app.database.statements();
    let given = json!({ "id": client["id"], "expectedVersion": client["version"], "advisorId": beto.id });
    let given = sofia.run("clientReassign", given, "client { id }").await;
    assert_eq!(given["userErrors"], json!([]), "{given}");
    let statements = app.app.database.statements() - before;
    assert!(statements < 60, "{statements}");
    assert_eq!(all(&app, &beto, &event).await.len(), 500, "the first at once");

    let mut screen = Screen::of(&beto).await;
    let watched = app.app.clock.now();
    let range = json!({ "start": watched, "end": watched + TimeDelta::days(100) });
    let topic =
        "subscription($range: DateTimeRangeInput!) { agendaChanged(range: $range) { series { id } } }";
    screen.subscribe("agenda", topic, json!({ "range": range })).await;
    let _worker = Worker::start(&app);
    let heard = screen.item("agenda").await;
    assert_eq!(heard["agendaChanged"]["series"]["id"], event["series"]["id"], "{heard}");
    idle(&app).await;
    assert_eq!(all(&app, &beto, &event).await.len(), laid);
    assert_eq!(all(&app, &ana, &event).await.len(), 0);
}

#[tokio::test]
async fn a_series_that_is_given_away_while_its_client_is_ends_with_one_of_them() {
    let app = TestApp::start().await;
    let (ana, beto, sofia) = (app.ana().await, app.beto().await, app.sofia().await);
    for series_first in [true, false] {
        let client = ana.client_with(json!({ "name": format!("Acme {series_first}") })).await;
        let event = long(&app, &ana, json!({ "clientId": client["id"] })).await;
        let laid = all(&app, &ana, &event).await.len();
        let assign = json!({ "id": event["id"], "expectedVersion": event["version"], "scope": "ALL", "assigneeId": sofia.id });
        let reassign =
            json!({ "id": client["id"], "expectedVersion": client["version"], "advisorId": beto.id });
        let (codes, owner) = if series_first {
            assert_eq!(sofia.run("agendaEventAssign", assign, EVENT).await.refusals(), []);
            (sofia.run("clientReassign", reassign, "client { id }").await.refusals(), &sofia)
        } else {
            assert_eq!(sofia.run("clientReassign", reassign, "client { id }").await.refusals(), []);
            (sofia.run("agendaEventAssign", assign, EVENT).await.refusals(), &beto)
        };
        let changing = [("SERIES_CHANGING".to_owned(), "id".to_owned())];
        assert_eq!(codes, if series_first { &changing[..0] } else { &changing[..] });
        let worker = Worker::start(&app);
        idle(&app).await;
        drop(worker);
        let now = all(&app, &sofia, &event).await;
        assert_eq!(
            count(&now, "assignee", &json!({ "id": owner.id })),
            laid,
            "the series first: {series_first}"
        );
    }
}

#[tokio::test]
async fn a_change_whose_job_was_discarded_is_ended_by_the_next_that_lays_out() {
    let app = TestApp::start().await;
    let ana = app.ana().await;
    let event = long(&app, &ana, json!({})).await;
    change(&app, &ana, "agendaEventUpdate", &event, json!({ "title": "Renamed" })).await;
    app.app.database.own.execute_unprepared("DELETE FROM job").await.expect("discarded");
    let _worker = Worker::start(&app);
    for _ in 0..100 {
        idle(&app).await; // also before the worker looked around
        let now = all(&app, &ana, &event).await;
        if count(&now, "title", &json!("Renamed")) == now.len() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("the change is never ended");
}

#[tokio::test]
async fn usual_reminders_reach_all_that_is_planned() {
    let app = TestApp::start().await;
    let ana = app.ana().await;
    for _ in 0..2 {
        long(&app, &ana, json!({ "reminders": null })).await;
    }
    let now = app.app.clock.now().trunc_subsecs(0);
    let fields =
        json!({ "title": "Last", "start": now + TimeDelta::hours(3), "end": now + TimeDelta::hours(4) });
    plan(&ana, fields).await;
    let before = app.app.database.statements();
    let set = json!({ "expectedVersion": 0, "reminders": [120] });
    let set = ana.run("agendaSettingsUpdate", set, "agendaSettings { reminders }").await;
    assert_eq!(set["agendaSettings"]["reminders"], json!([120]));
    let statements = app.app.database.statements() - before;
    assert!(statements < 30, "{statements}");

    let _worker = Worker::start(&app);
    idle(&app).await;
    app.app.clock.advance(Duration::from_secs(61 * 60));
    let told = "{ notifications(first: 100, filter: { kinds: [AGENDA_REMINDER] }) { nodes { subjectId } } }";
    for _ in 0..500 {
        let ana = app.sign_in("ana@test.example").await;
        let told = ana.data(told, json!({})).await;
        if told["notifications"]["nodes"].as_array().is_some_and(|told| told.len() == 1) {
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("the last that was planned is not told of two hours before");
}
