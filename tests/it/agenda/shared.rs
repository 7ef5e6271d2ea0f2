//! A series of which others have a part: they hear of what becomes of theirs, and only of theirs.

use reqwest::Method;
use serde_json::json;

use super::{EVENT, Worker, between, idle, plan};
use crate::support::{Actor, Refusals, Screen, TestApp};

const CHANGED: &str = "subscription($range: DateTimeRangeInput, $after: Cursor) {
    agendaChanged(range: $range, after: $after) { kind agendaEvent { id title state } series { id } } }";

fn weekly(count: u32) -> serde_json::Value {
    json!({ "title": "Weekly", "start": "2027-01-04T16:00:00Z", "end": "2027-01-04T17:00:00Z",
        "recurrence": { "rule": format!("FREQ=WEEKLY;COUNT={count}") } })
}

#[tokio::test]
async fn who_has_one_of_somebody_elses_series_hears_of_it_and_keeps_it_private() {
    let app = TestApp::start().await;
    let (ana, beto, sofia) = (app.ana().await, app.beto().await, app.sofia().await);
    plan(&ana, weekly(4)).await;
    let laid = between(&ana, "2027-01-01T00:00:00Z", "2027-03-01T00:00:00Z", "id version").await;
    let his = json!({ "id": laid[1]["id"], "expectedVersion": 1, "assigneeId": beto.id });
    sofia.run("agendaEventAssign", his, EVENT).await;
    app.settled().await;
    let mut screen = Screen::of(&beto).await;
    screen.subscribe("a", CHANGED, json!({ "after": beto.cursor().await })).await;
    let all = json!({ "id": laid[3]["id"], "expectedVersion": 1, "scope": "ALL", "title": "Renamed" });
    ana.run("agendaEventUpdate", all, EVENT).await;
    let item = screen.item("a").await["agendaChanged"].clone();
    let told = json!({ "id": laid[1]["id"], "title": "Renamed", "state": "PLANNED" });
    assert_eq!((&item["kind"], &item["agendaEvent"]), (&json!("UPDATED"), &told));
    screen.hears_nothing().await;
    // What he writes there is not in the file of her who sees it no more.
    let note =
        json!({ "id": laid[1]["id"], "expectedVersion": 3, "title": "Private", "location": "Elsewhere" });
    let noted = beto.run("agendaEventUpdate", note, EVENT).await;
    assert_eq!(noted.refusals(), []);
    let path = ana.run("agendaFeedCreate", json!({}), "feedPath").await["feedPath"].clone();
    let file = app.nobody().request(Method::GET, path.as_str().expect("a path"));
    let file = file.send().await.expect("an answer").text().await.expect("a file");
    assert_eq!((file.matches("Private").count(), file.matches("Elsewhere").count()), (0, 0), "{file}");
    assert_eq!(file.matches("STATUS:CANCELLED").count(), 1, "it is somebody else's now");
}

#[tokio::test]
async fn who_looks_at_the_first_week_hears_what_was_changed_from_the_last() {
    let app = TestApp::start().await;
    let ana = app.ana().await;
    plan(&ana, weekly(4)).await;
    let laid = between(&ana, "2027-01-01T00:00:00Z", "2027-03-01T00:00:00Z", "id series { id }").await;
    let first = json!({ "start": "2027-01-04T00:00:00Z", "end": "2027-01-05T00:00:00Z" });
    let mut screen = Screen::of(&ana).await;
    screen.subscribe("a", CHANGED, json!({ "range": first, "after": ana.cursor().await })).await;
    let all = json!({ "id": laid[3]["id"], "expectedVersion": 1, "scope": "ALL", "title": "Renamed" });
    ana.run("agendaEventUpdate", all, EVENT).await;
    let item = screen.item("a").await["agendaChanged"].clone();
    assert_eq!((&item["agendaEvent"], &item["series"]), (&json!(null), &laid[0]["series"]));
    let following =
        json!({ "id": laid[2]["id"], "expectedVersion": 2, "scope": "FOLLOWING", "title": "Late" });
    ana.run("agendaEventUpdate", following, EVENT).await;
    screen.hears_nothing().await;
}

#[tokio::test]
async fn ten_years_of_days_can_be_cancelled_by_one_wish() {
    let app = TestApp::start().await;
    let ana = app.ana().await;
    let daily = json!({ "title": "Daily", "start": "2027-01-04T16:00:00Z", "end": "2027-01-04T16:15:00Z",
        "recurrence": { "rule": "FREQ=DAILY" } });
    let first = plan(&ana, daily).await;
    let far = between(&ana, "2035-01-01T00:00:00Z", "2036-01-01T00:00:00Z", "id").await;
    assert_eq!(far.len(), 365);
    let all = json!({ "id": first["id"], "expectedVersion": 1, "scope": "ALL" });
    assert_eq!(ana.run("agendaEventCancel", all, EVENT).await.refusals(), []);
    let _worker = Worker::start(&app);
    idle(&app).await;
    let open = "{ agendaEvents(range: { start: \"2027-01-01T00:00:00Z\", end: \"2036-06-01T00:00:00Z\" },
        filter: { states: [PLANNED] }) { totalCount } }";
    assert_eq!(ana.data(open, json!({})).await["agendaEvents"]["totalCount"], 0);
}

/// How many occurrences of somebody's only series are rows.
async fn rows(actor: &Actor) -> i64 {
    let query = "{ agendaEvents(range: { start: \"2026-01-01T00:00:00Z\", end: \"2027-06-01T00:00:00Z\" }, first: 1) {
        nodes { series { events { totalCount } } } } }";
    let seen = actor.data(query, json!({})).await;
    seen["agendaEvents"]["nodes"][0]["series"]["events"]["totalCount"].as_i64().expect("a number")
}

/// An hour of each Monday, without end.
async fn endless(actor: &Actor, client: Option<&str>) {
    let mut endless = weekly(1);
    (endless["recurrence"], endless["clientId"]) = (json!({ "rule": "FREQ=WEEKLY" }), json!(client));
    plan(actor, endless).await;
}

/// Why a range is refused that ends behind the ten years.
async fn refusal(actor: &Actor, query: &str, mut variables: serde_json::Value) -> String {
    variables["range"] = json!({ "start": "2037-01-01T00:00:00Z", "end": "2037-01-08T00:00:00Z" });
    let refused = actor.send(query, variables).await;
    refused.body["errors"][0]["message"].as_str().expect("a message").to_owned()
}

const TOO_FAR: &str = "range.end: must lie at most 3660 days ahead";

#[tokio::test]
async fn a_look_far_ahead_lays_out_what_one_sees() {
    let app = TestApp::start().await;
    let (ana, carla) = (app.ana().await, app.carla().await);
    for actor in [&ana, &carla] {
        endless(actor, None).await;
    }
    assert_eq!(between(&ana, "2031-01-01T00:00:00Z", "2031-02-01T00:00:00Z", "id").await.len(), 4);
    assert!(rows(&ana).await > 200, "hers are laid out until there");
    assert!(rows(&carla).await < 70, "another team's are not");
    let query = "query($range: DateTimeRangeInput!) { agendaEvents(range: $range) { totalCount } }";
    assert_eq!(refusal(&ana, query, json!({})).await, TOO_FAR);
}

#[tokio::test]
async fn no_hour_far_ahead_is_free_in_which_a_series_has_an_occurrence() {
    let app = TestApp::start().await;
    let (ana, beto, carla) = (app.ana().await, app.beto().await, app.carla().await);
    for actor in [&ana, &carla] {
        endless(actor, None).await;
    }
    let free = "query($who: [ID!]!, $range: DateTimeRangeInput!) {
        agendaFreeSlots(assigneeIds: $who, minutes: 30, range: $range) { start end } }";
    // A Monday, nine to six in Mexico. He does not see what she has then.
    let monday = json!({ "start": "2031-01-06T00:00:00Z", "end": "2031-01-07T00:00:00Z" });
    let found = beto.data(free, json!({ "who": [ana.id, beto.id], "range": monday })).await;
    let expected = json!([
        { "start": "2031-01-06T15:00:00+00:00", "end": "2031-01-06T16:00:00+00:00" },
        { "start": "2031-01-06T17:00:00+00:00", "end": "2031-01-07T00:00:00+00:00" },
    ]);
    assert_eq!(found["agendaFreeSlots"], expected);
    assert!(rows(&carla).await < 70, "nobody asked for hers");
    assert_eq!(refusal(&ana, free, json!({ "who": [ana.id] })).await, TOO_FAR);
}

#[tokio::test]
async fn a_look_at_a_client_far_ahead_lays_out_what_is_with_it() {
    let app = TestApp::start().await;
    let (ana, beto) = (app.ana().await, app.beto().await);
    let (rosa, other) = (ana.client("Rosa").await, beto.client("Lucas").await);
    endless(&ana, Some(&rosa)).await;
    endless(&beto, Some(&other)).await;
    let of_one = "query($id: ID!, $range: DateTimeRangeInput) {
        client(id: $id) { agendaEvents(range: $range) { totalCount nodes { start } } } }";
    let month = json!({ "start": "2031-01-01T00:00:00Z", "end": "2031-02-01T00:00:00Z" });
    let found = ana.data(of_one, json!({ "id": rosa, "range": month })).await;
    let found = &found["client"]["agendaEvents"];
    let mondays = ["2031-01-06T16:00", "2031-01-13T16:00", "2031-01-20T16:00", "2031-01-27T16:00"];
    assert_eq!(super::starts(found["nodes"].as_array().expect("a list")), mondays);
    assert_eq!(found["totalCount"], 4);
    assert!(rows(&beto).await < 70, "nobody asked for the other client");
    // Of many clients at once.
    let of_all = "query($range: DateTimeRangeInput) { clients(first: 50) { nodes { id agendaEvents(range: $range) { totalCount } } } }";
    let later = json!({ "start": "2033-01-01T00:00:00Z", "end": "2033-02-01T00:00:00Z" });
    let all = ana.data(of_all, json!({ "range": later })).await;
    let all = all["clients"]["nodes"].as_array().expect("a list").clone();
    let of = |id: &str| all.iter().find(|client| client["id"] == id).expect("the client");
    assert_eq!(of(&rosa)["agendaEvents"]["totalCount"], 5);
    let by_node = "query($id: ID!, $range: DateTimeRangeInput) {
        node(id: $id) { ... on Client { agendaEvents(range: $range) { totalCount } } } }";
    let latest = json!({ "start": "2035-01-01T00:00:00Z", "end": "2035-02-01T00:00:00Z" });
    let found = ana.data(by_node, json!({ "id": rosa, "range": latest })).await;
    assert_eq!(found["node"]["agendaEvents"]["totalCount"], 5);
    assert_eq!(refusal(&ana, of_one, json!({ "id": rosa })).await, TOO_FAR);
}
