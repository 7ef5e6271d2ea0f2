//! The plan gives what the ordinary executor gives: every stored operation runs both ways.

use std::path::Path;

use async_graphql::{Request, Response, Value as GraphqlValue, Variables};
use cabina::app::App;
use cabina::graphql::context::Caller;
use cabina::graphql::engine::ExecOptions;
use cabina::graphql::fast::to_json;
use cabina::platform::db::Reader;
use sea_orm::ConnectionTrait;
use serde_json::{Value, json};

use crate::support::{Actor, TestApp};

async fn furnish(admin: &Actor, ana: &Actor) -> String {
    let mut last = String::new();
    for index in 0..6 {
        let fields = json!({
            "name": format!("María \"{index}\"\\ Ñandú"), "email": (index % 2 == 0).then(|| format!("c{index}@x.example")),
            "phone": (index == 0).then_some("+524491234567"), "ecosystem": (index < 2).then_some("ruta-7"),
            "tags": if index == 1 { json!([]) } else { json!(["VIP", "Ruta \u{1F690}"]) },
            "address": (index == 2).then(|| json!({ "city": "Aguascalientes" })), "consents": { "data": true },
            "externalRefs": [{ "system": "odoo", "key": index.to_string() }, { "system": "manychat", "key": index.to_string() }],
        });
        last = ana.client_with(fields).await["id"].as_str().expect("an id").to_owned();
        let note = json!({ "clientId": last, "kind": "NOTE", "text": "first\nsecond\t\u{1}", "payload": { "z": 1, "a": [null, 1.5, "x"] }, "attachments": [{ "name": "P \"1\"", "url": "https://x.example/1" }] });
        let entry = ana.run("eventlogAppend", note, "entry { id }").await["entry"]["id"].clone();
        let correction = json!({ "clientId": last, "kind": "NOTE", "text": "better", "corrects": entry });
        ana.run("eventlogAppend", correction, "entry { id }").await;
        for done in [true, false] {
            let plan = json!({ "clientId": last, "kind": "CALL", "title": "Call", "done": done, "dueAt": "2026-12-01T10:00:00.5Z" });
            ana.run("activityCreate", plan, "activity { id }").await;
        }
        for name in ["Zoe", "Ana", "Luz"] {
            ana.run("contactCreate", json!({ "clientId": last, "name": name }), "contact { id }").await;
        }
    }
    admin.client_with(json!({ "teamId": ana.data("{ viewer { team { id } } }", json!({})).await["viewer"]["team"]["id"] })).await;
    admin
        .run(
            "apiKeyCreate",
            json!({ "name": "Make", "role": "ADMIN", "scopes": ["READ", "WRITE"] }),
            "apiKey { id }",
        )
        .await;
    last
}

/// Events of all kinds with this client: single, whole days, a series with one left out, a follow-up; and working hours.
/// Gives variables for what asks for them.
async fn plan(admin: &Actor, ana: &Actor, client: &str) -> Value {
    let made = ana.run("contactCreate", json!({ "clientId": client, "name": "Sol" }), "contact { id }").await;
    let single = json!({
        "title": "Visit \"one\"", "description": "first\nsecond", "location": "C/ Ñ 1", "clientId": client,
        "start": "2027-01-04T16:00:00Z", "end": "2027-01-04T17:30:00Z", "relatedId": made["contact"]["id"],
        "actionRequired": true, "reminders": [60, 15],
    });
    let event = ana.run("agendaEventCreate", single, "agendaEvent { id }").await["agendaEvent"]["id"].clone();
    let confirm = json!({ "id": event, "expectedVersion": 1 });
    ana.run("agendaEventConfirm", confirm, "agendaEvent { state }").await;
    let days = json!({ "title": "Fair", "allDay": true, "start": "2027-01-05T16:00:00Z", "end": "2027-01-06T16:00:00Z",
        "assigneeId": null });
    ana.run("agendaEventCreate", days, "event { id }").await;
    let series = json!({ "title": "Weekly", "start": "2027-01-04T20:00:00Z", "end": "2027-01-04T21:00:00Z", "clientId": client,
        "recurrence": { "rule": "FREQ=WEEKLY;COUNT=4", "except": ["2027-01-11T20:00:00Z"] } });
    ana.run("agendaEventCreate", series, "event { id }").await;
    let touch = json!({ "clientId": client, "nextTouch": { "at": "2027-01-07T16:00:00Z", "reason": "Ask \u{1F690}" } });
    ana.run("clientNextTouchSet", touch, "event { id }").await;
    admin
        .run("agendaSettingsUpdate", json!({ "expectedVersion": 0, "reminders": [30, 5] }), "event { id }")
        .await;
    admin.run("agendaFeedCreate", json!({}), "event { id }").await;
    let teams = admin.data("{ teams { nodes { id name } } }", json!({})).await;
    let team = |name: &str| {
        let nodes = teams["teams"]["nodes"].as_array().expect("teams");
        nodes.iter().find(|team| team["name"] == name).expect("a team")["id"].clone()
    };
    let hours = json!({
        "teamId": team("North"), "expectedVersion": 0, "timeZone": "America/Mexico_City",
        "hours": [{ "weekday": "MONDAY", "from": "09:30", "until": "24:00" }],
        "holidays": [{ "day": "2027-01-01", "name": "Año \"nuevo\"" }],
    });
    admin.run("workingCalendarUpdate", hours, "event { id }").await;
    json!({
        "event": event, "eventId": event, "team": team("North"), "unsetTeam": team("South"), "assignees": [ana.id],
        "teamId": team("North"), "assigneeIds": [ana.id], "minutes": 30,
        "range": { "start": "2027-01-01T00:00:00Z", "end": "2027-02-01T00:00:00Z" },
    })
}

/// Every client failed to be sent to an Odoo that is not there, all in the same way.
async fn fail_to_sync(app: &TestApp) {
    let App { database, clock, .. } = &app.app;
    cabina::domains::sync::ledger::mark_all(database, "client", clock.now()).await.expect("marked");
    let failed = "UPDATE sync_external SET status = 'DEAD', failed_at = updated_at, fingerprint = 'alike', \
                  last_error = 'No \"x\"', hint = 'Retry.', payload = '{\"name\":\"Ñandú\",\"email\":null}'";
    database.own.execute_unprepared(failed).await.expect("failed");
}

/// What is worked out and not read: there are no columns for a plan.
const COMPUTED: [&str; 2] = ["agendaFreeSlots", "syncHealth"];

/// The stored operations: those of the tests and those of the web example.
fn stored() -> Vec<(String, String)> {
    let mut files = Vec::new();
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut folders = vec![root.join("tests/it/fast/operations"), root.join("web-example/src")];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).into_iter().flatten().flatten() {
            let path = entry.path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "graphql") {
                let name = path.file_name().expect("a name").to_string_lossy().into_owned();
                files.push((name, std::fs::read_to_string(&path).expect("readable")));
            }
        }
    }
    files.sort();
    let fragments: Vec<(String, String)> = files.iter().flat_map(|(_, text)| fragments(text)).collect();
    files.into_iter().map(|(name, text)| (name, whole(text, &fragments))).collect()
}

/// The fragments of a file by their names, as text: each is one line, or ends with a brace at the beginning of a line.
fn fragments(text: &str) -> Vec<(String, String)> {
    let named = |part: &str| {
        let name = part.split_whitespace().next().expect("a name").to_owned();
        let line = part.lines().next().expect("a line");
        let text = if line.ends_with('}') { line } else { &part[..part.find("\n}").expect("an end") + 2] };
        (name, format!("fragment {text}\n"))
    };
    format!("\n{text}").split("\nfragment ").skip(1).map(named).collect()
}

/// A file with the fragments of others that it spreads.
fn whole(mut text: String, fragments: &[(String, String)]) -> String {
    loop {
        let missing = fragments.iter().find(|(name, _)| {
            let spread = format!("...{name}");
            let ends = |at: usize| !text[at + spread.len()..].starts_with(|c: char| c.is_alphanumeric());
            text.match_indices(&spread).any(|(at, _)| ends(at))
                && !text.contains(&format!("fragment {name} on"))
        });
        match missing {
            Some((_, fragment)) => text.push_str(fragment),
            None => return text,
        }
    }
}

/// The answer to a query, by plans or by the ordinary executor.
async fn answer(app: &TestApp, actor: &Actor, request: Request, raw_json: bool) -> Response {
    let authenticator = &app.engine.services().authenticator;
    let viewer = authenticator.viewer(actor.token.as_deref().expect("a token")).await.expect("a viewer");
    let reader = Reader { db: app.app.database.pool.clone(), viewer };
    let caller = Caller { reader: Some(reader), request_id: "r".into(), address: None, user_agent: None };
    app.engine.answer(request, caller, ExecOptions { only_queries: true, raw_json }).await.response
}

#[tokio::test]
async fn every_stored_operation_gives_the_same_both_ways() {
    let app = TestApp::start().await;
    let (ana, admin) = (app.ana().await, app.admin().await);
    let client = furnish(&admin, &ana).await;
    let mut given = plan(&admin, &ana, &client).await;
    for (name, value) in [
        ("id", json!(client)),
        ("clientId", json!(client)),
        ("first", json!(4)),
        ("after", Value::Null),
        ("text", json!("mar")),
        ("fingerprint", json!("alike")),
    ] {
        given[name] = value;
    }
    fail_to_sync(&app).await;
    let (mut compared, mut written) = (0, 0);
    for (file, text) in stored() {
        let document = async_graphql::parser::parse_query(&text).expect("syntax");
        for (name, operation) in document.operations.iter() {
            if !cabina::graphql::documents::is_query(&operation.node) {
                continue;
            }
            let mut answers = Vec::new();
            for raw_json in [false, true, true] {
                let variables = Variables::from_json(given.clone());
                let mut request = Request::new(&text).variables(variables);
                request.operation_name = name.map(|name| name.to_string());
                let response = answer(&app, &admin, request, raw_json).await;
                assert!(response.is_ok(), "{file}: {:?}", response.errors);
                let GraphqlValue::Object(fields) = &response.data else { panic!("{file}: no data") };
                // Scalars are values either way.
                let planned =
                    fields.values().filter(|value| matches!(value, GraphqlValue::Binary(_))).count();
                let built =
                    |value: &GraphqlValue| matches!(value, GraphqlValue::Object(_) | GraphqlValue::List(_));
                let built = fields
                    .iter()
                    .filter(|(field, value)| !COMPUTED.contains(&field.as_str()) && built(value))
                    .count();
                assert_eq!(
                    if raw_json { built } else { planned },
                    0,
                    "{file}: every root field with a selection goes through the plan"
                );
                written += planned;
                let mut json: Value = serde_json::from_str(&to_json(&response, true)).expect("JSON");
                json.as_object_mut().expect("an answer").remove("extensions");
                answers.push(json);
            }
            assert_eq!(answers[0], answers[1], "{file}");
            assert_eq!(answers[1], answers[2], "{file}, validated before");
            let scalars =
                answers[0]["data"].as_object().is_some_and(|data| data.values().all(Value::is_number));
            assert!(scalars || answers[0].to_string().len() > 60, "{file} finds something: {}", answers[0]);
            compared += 1;
        }
    }
    assert!(compared >= 6 && written >= 2 * 6, "{compared} operations, {written} fields written by plans");
}

#[tokio::test]
async fn what_the_items_of_the_feed_hold_is_written_by_plans() {
    let app = TestApp::start().await;
    let ana = app.ana().await;
    let start = ana.cursor().await;
    ana.client("Rosa").await;
    app.settled().await;
    // Members of the union ask for the same key, and all of them for what items tell.
    let query =
        "query($after: Cursor!) { changes(after: $after) { nodes { __typename ... on LiveItem { cursor }
        ... on ClientUpdated { kind client { name advisor { name } } } ... on NotificationNew { kind }
        ... on EventlogNew { cursor entry { text client { name } } } } } }";
    let mut told = Vec::new();
    for raw_json in [false, true, true] {
        let request = Request::new(query).variables(Variables::from_json(json!({ "after": start })));
        let response = answer(&app, &ana, request, raw_json).await;
        assert!(response.is_ok(), "{:?}", response.errors);
        let text = to_json(&response, true);
        let json: Value = serde_json::from_str(&text).expect("JSON");
        told.push(json["data"]["changes"]["nodes"].clone());
        let GraphqlValue::Object(data) = response.data else { panic!("no data") };
        let GraphqlValue::Object(changes) = &data["changes"] else { panic!("no changes") };
        let GraphqlValue::List(items) = &changes["nodes"] else { panic!("no items") };
        for (item, field) in items.iter().zip(["client", "entry"]) {
            let GraphqlValue::Object(item) = item else { panic!("no item") };
            assert_eq!(matches!(item[field], GraphqlValue::Binary(_)), raw_json, "{text}");
        }
    }
    assert_eq!(told[0][0]["client"], json!({ "name": "Rosa", "advisor": { "name": "Ana Pérez" } }));
    assert_eq!(told[0][1]["entry"]["client"]["name"], "Rosa");
    assert_eq!((&told[1], &told[2]), (&told[0], &told[0]));
}

#[tokio::test]
async fn what_the_plan_cannot_answer_the_executor_answers() {
    let app = TestApp::start().await;
    let (ana, admin) = (app.ana().await, app.admin().await);
    furnish(&admin, &ana).await;
    let merged = ana
        .data(
            "{ clients(first: 1) { nodes { name advisor { id } } nodes { number advisor { name } } } }",
            json!({}),
        )
        .await;
    let node = &merged["clients"]["nodes"][0];
    assert!(
        node["name"].is_string() && node["number"].is_string() && node["advisor"]["id"].is_string(),
        "{merged}"
    );
    assert_eq!(node["advisor"]["name"], "Ana Pérez");
    let id =
        admin.data("{ clients(first: 1) { nodes { id } } }", json!({})).await["clients"]["nodes"][0]["id"]
            .clone();
    let by_interface = admin.data("query($id: ID!) { node(id: $id) { __typename id ... on Client { name eventLog(first: 1) { totalCount } } } }", json!({ "id": id })).await;
    assert_eq!(by_interface["node"]["__typename"], "Client");
    let wrong = ana
        .send("{ clients(first: 2) { nodes { name eventLog(first: 101) { totalCount } } } }", json!({}))
        .await;
    assert_eq!(wrong.code(), "BAD_INPUT");
    assert_eq!(wrong.body["errors"][0]["path"], json!(["clients", "nodes", 0, "eventLog"]), "{}", wrong.body);
    assert_eq!(
        wrong.body["data"],
        Value::Null,
        "an error in a field that is never null takes its parents down"
    );
}

#[tokio::test]
async fn two_lists_of_the_same_kind_under_one_parent_are_not_taken_for_each_other() {
    let app = TestApp::start().await;
    let ana = app.ana().await;
    let client = ana.client("Rosa").await;
    let visit = json!({ "title": "Visit", "clientId": client, "start": "2027-01-04T10:00:00Z", "end": "2027-01-04T11:00:00Z" });
    ana.run("agendaEventCreate", visit, "event { id }").await;
    let touch =
        json!({ "clientId": client, "nextTouch": { "at": "2027-01-05T10:00:00Z", "reason": "Call" } });
    ana.run("clientNextTouchSet", touch, "event { id }").await;
    // Behind the interface, so that the ordinary executor answers.
    let query = "query($id: ID!) { node(id: $id) { ... on Client { nextTouch { reason } agendaEvents { nodes { title } } } } }";
    let data = ana.data(query, json!({ "id": client })).await;
    let expected = json!({ "nextTouch": { "reason": "Call" },
        "agendaEvents": { "nodes": [{ "title": "Visit" }, { "title": "Call" }] } });
    assert_eq!(data["node"], expected);
}

/// Two cases that other versions of async-graphql get wrong (docs/decisions/0001): an error in a field that is never
/// null takes its parent down, and keys come in the order in which they were asked for.
mod executor {
    use async_graphql::{EmptyMutation, EmptySubscription, Object, Result, Schema};

    struct Inner;
    #[Object]
    impl Inner {
        async fn ok(&self) -> i32 {
            1
        }
        async fn bad(&self) -> Result<i32> {
            Err("no".into())
        }
        async fn slow(&self) -> i32 {
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
            2
        }
    }
    struct Query;
    #[Object]
    impl Query {
        async fn a(&self) -> Option<Inner> {
            Some(Inner)
        }
    }

    async fn json(document: &str) -> String {
        let schema = Schema::new(Query, EmptyMutation, EmptySubscription);
        serde_json::to_string(&schema.execute(document).await.data).expect("JSON")
    }

    #[tokio::test]
    async fn null_propagates() {
        assert_eq!(json("{ a { ok bad } }").await, r#"{"a":null}"#);
    }

    #[tokio::test]
    async fn keys_keep_their_order() {
        assert_eq!(json("{ a { slow ok } }").await, r#"{"a":{"slow":2,"ok":1}}"#);
    }
}
