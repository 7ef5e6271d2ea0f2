//! What happened since a cursor, asked for as a query.

use serde_json::{Value, json};

use crate::support::{Actor, TestApp};

const CHANGES: &str =
    "query($after: Cursor!, $first: Int) { changes(after: $after, first: $first) { nodes { __typename
    ... on LiveItem { cursor previous eventId }
    ... on ClientUpdated { kind clientId changedFields version client { id name version advisor { name } } }
    ... on EventlogNew { entry { kind text client { name } } }
    ... on NotificationNew { notification { kind } }
    ... on ViewerChanged { changedFields viewer { id } }
    ... on AccessLost { ids } } pageInfo { hasNextPage endCursor } } }";

async fn since(actor: &Actor, after: &str) -> Vec<Value> {
    let data = actor.data(CHANGES, json!({ "after": after, "first": 100 })).await;
    assert_eq!(data["changes"]["pageInfo"]["hasNextPage"], false, "{data}");
    let items = data["changes"]["nodes"].as_array().expect("items").clone();
    let mut previous = json!(after);
    for item in &items {
        assert_eq!(item["previous"], previous, "each item names the one before it");
        previous = item["cursor"].clone();
    }
    items
}

fn brief(items: &[Value]) -> Vec<String> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    items
        .iter()
        .map(|item| match item["__typename"].as_str().expect("a type") {
            "ClientUpdated" => format!("{} {}", text(&item["kind"]), text(&item["client"]["name"])),
            "EventlogNew" => format!("ENTRY {}", text(&item["entry"]["text"])),
            "NotificationNew" => format!("TOLD {}", text(&item["notification"]["kind"])),
            "ViewerChanged" => "CHANGED".to_owned(),
            _ => "LOST".to_owned(),
        })
        .collect()
}

#[tokio::test]
async fn changes_are_found_behind_the_cursor_of_an_earlier_answer() {
    let app = TestApp::start().await;
    let ana = app.ana().await;
    ana.client("Before").await;
    app.settled().await;
    let start = ana.cursor().await;
    let made = ana
        .run(
            "clientCreate",
            json!({ "kind": "PERSON", "name": "Rosa", "market": "aguascalientes" }),
            "client { id } event { id }",
        )
        .await;
    let id = made["client"]["id"].clone();
    let note = json!({ "clientId": id, "kind": "NOTE", "text": "called" });
    ana.run("eventlogAppend", note, "entry { id }").await;
    let change = json!({ "id": id, "expectedVersion": 1, "name": "Rosa Vela", "email": "rosa@x.example" });
    ana.run("clientUpdate", change, "client { id }").await;
    app.settled().await;
    let items = since(&ana, &start).await;
    assert_eq!(
        brief(&items),
        ["CREATED Rosa Vela", "ENTRY Cliente creado", "ENTRY called", "UPDATED Rosa Vela"],
        "in their order, with the client as it is now"
    );
    assert_eq!(items[0]["eventId"], made["event"]["id"], "the mutation told the same id");
    assert_eq!(items[0]["clientId"], id);
    assert_eq!((&items[3]["changedFields"], &items[3]["version"]), (&json!(["email", "name"]), &json!(2)));
    let last = items[3]["cursor"].as_str().expect("a cursor");
    assert_eq!(since(&ana, last).await, Vec::<Value>::new());
}

#[tokio::test]
async fn each_hears_of_what_they_may_see_and_of_what_they_lose() {
    let app = TestApp::start().await;
    let (ana, beto, carla) = (app.ana().await, app.beto().await, app.carla().await);
    let (sofia, admin) = (app.sofia().await, app.admin().await);
    let start = ana.cursor().await;
    let id = ana.client("Rosa").await;
    app.settled().await;
    let made = ["CREATED Rosa", "ENTRY Cliente creado"];
    for (actor, hears) in [(&ana, true), (&beto, false), (&carla, false), (&sofia, true), (&admin, true)] {
        assert_eq!(brief(&since(actor, &start).await), if hears { &made[..] } else { &[] });
    }
    let handed = ana.cursor().await;
    let reassign = json!({ "id": id, "expectedVersion": 1, "advisorId": beto.id });
    sofia.run("clientReassign", reassign, "client { id }").await;
    let change = json!({ "id": id, "expectedVersion": 2, "name": "Rosa Vela" });
    beto.run("clientUpdate", change, "client { id }").await;
    app.settled().await;
    let lost = since(&ana, &handed).await;
    assert_eq!(brief(&lost), ["LOST"]);
    assert_eq!(lost[0]["ids"], json!([id]));
    let gained = brief(&since(&beto, &handed).await);
    assert_eq!(
        gained.iter().filter(|item| !item.starts_with("ENTRY")).collect::<Vec<_>>(),
        ["CREATED Rosa Vela", "TOLD CLIENT_ASSIGNED", "UPDATED Rosa Vela"]
    );
    assert_eq!(brief(&since(&carla, &start).await), Vec::<String>::new());
    assert_eq!(brief(&since(&ana, &start).await), ["LOST"], "what is no longer seen is not told afterwards");
}

#[tokio::test]
async fn the_end_of_another_session_is_no_news() {
    let app = TestApp::start().await;
    let (here, phone) = (app.ana().await, app.ana().await);
    let start = here.cursor().await;
    phone.run("sessionRevoke", json!({}), "event { id }").await;
    here.client("Rosa").await;
    app.settled().await;
    assert_eq!(brief(&since(&here, &start).await), ["CREATED Rosa", "ENTRY Cliente creado"]);
}

#[tokio::test]
async fn pages_of_changes_join_without_a_seam() {
    let app = TestApp::start().await;
    let (ana, carla) = (app.ana().await, app.carla().await);
    let start = ana.cursor().await;
    for index in 0..3 {
        carla.client(&format!("Hers {index}")).await;
        ana.client(&format!("Mine {index}")).await;
    }
    app.settled().await;
    let whole = since(&ana, &start).await;
    assert_eq!(whole.len(), 6);
    let (mut after, mut joined) = (start, Vec::new());
    for _ in 0..20 {
        let data = ana.data(CHANGES, json!({ "after": after, "first": 2 })).await;
        joined.extend(data["changes"]["nodes"].as_array().expect("items").clone());
        after = data["changes"]["pageInfo"]["endCursor"].as_str().expect("a cursor").to_owned();
        if data["changes"]["pageInfo"]["hasNextPage"] == false {
            break;
        }
    }
    let cursors = |items: &[Value]| items.iter().map(|item| item["cursor"].clone()).collect::<Vec<_>>();
    assert_eq!(cursors(&joined), cursors(&whole));
}

#[tokio::test]
async fn cursors_that_are_too_old_or_wrong_are_told_apart() {
    let app = TestApp::start().await;
    let ana = app.ana().await;
    let start = ana.cursor().await;
    ana.client("Rosa").await;
    app.settled().await;
    assert_eq!(since(&ana, &start).await.len(), 2);
    let later = ana.cursor().await;
    app.app.clock.advance(std::time::Duration::from_secs(8 * 86_400));
    cabina::worker::sweep(&app.app).await.expect("swept");
    let ana = app.ana().await;
    // What this server still has in memory it may tell; another one has only the outbox.
    let second = app.second().await;
    let ask = |after: String| {
        let ana = second.bearer(ana.token.as_deref().expect("a token"));
        async move { ana.send(CHANGES, json!({ "after": after })).await }
    };
    let old = ask(start).await;
    assert_eq!(old.code(), "CURSOR_EXPIRED", "{}", old.body);
    assert_eq!(ask(later).await.code(), "none");
    for wrong in ["", "x", "YXQ6OTk5OTk"] {
        let refused = ask(wrong.to_owned()).await;
        assert_eq!(refused.code(), "BAD_INPUT", "{wrong}: {}", refused.body);
    }
}

#[tokio::test]
async fn another_server_hears_at_once() {
    let app = TestApp::start().await;
    let second = app.second().await;
    let ana = app.ana().await;
    let there = second.bearer(ana.token.as_deref().expect("a token"));
    let start = there.cursor().await;
    ana.client("Rosa").await;
    app.settled().await;
    second.settled().await;
    assert_eq!(brief(&since(&there, &start).await), ["CREATED Rosa", "ENTRY Cliente creado"]);
}
