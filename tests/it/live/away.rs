//! The database goes away while somebody follows, and comes back.

use cabina::platform::bus::Cursor;
use serde_json::json;

use crate::support::{Frame, Screen, TestApp, is_postgres};

#[tokio::test]
async fn a_stream_waits_for_the_database_and_goes_on() {
    let app = TestApp::start().await;
    let ana = app.ana().await;
    let mut screen = Screen::of(&ana).await;
    let start = ana.cursor().await;
    ana.client("Rosa").await;
    app.settled().await;

    let away = app.database_goes_away().await;
    // The events lie in memory; what they tell of must be read.
    let clients =
        "subscription($after: Cursor) { clientUpdated(after: $after) { client { name advisor { name } } } }";
    screen.subscribe("clients", clients, json!({ "after": start })).await;
    screen.subscribe("figures", "subscription { dashboard { clients { clients } } }", json!({})).await;
    screen.subscribe("query", "{ clients { totalCount } }", json!({})).await;
    let Frame::Said(answer) = screen.hear().await else { panic!("closed") };
    assert_eq!(answer["id"], "query", "{answer}");
    assert_eq!(answer["payload"]["errors"][0]["extensions"]["code"], "UNAVAILABLE", "{answer}");
    assert_eq!(screen.hear().await, Frame::Said(json!({ "type": "complete", "id": "query" })));
    // Longer than anything that gives up by itself: on SQLite that is waiting for a connection.
    for _ in 0..if is_postgres() { 6 } else { 15 } {
        screen.hears_nothing().await;
    }

    away.back().await;
    let mut heard = Vec::new();
    for _ in 0..2 {
        let Frame::Said(message) = screen.hear().await else { panic!("closed") };
        heard.push((message["id"].clone(), message["payload"].clone()));
    }
    heard.sort_by_key(|(id, _)| id.to_string());
    let rosa = json!({ "client": { "name": "Rosa", "advisor": { "name": "Ana Pérez" } } });
    assert_eq!(heard[0], (json!("clients"), json!({ "data": { "clientUpdated": rosa } })));
    assert_eq!(
        heard[1],
        (json!("figures"), json!({ "data": { "dashboard": { "clients": { "clients": 1 } } } }))
    );
}

#[tokio::test]
async fn a_stream_that_begins_while_the_database_is_away_waits_for_it() {
    let app = TestApp::start().await;
    let ana = app.ana().await;
    let mut screen = Screen::of(&ana).await;
    app.settled().await;
    // One that another server told of: this one must ask the database whether it is good.
    let ahead = Cursor(app.engine.services().hub.tail() + 1).to_string();
    let away = app.database_goes_away().await;
    let clients = "subscription($after: Cursor) { clientUpdated(after: $after) { cursor client { name } } }";
    screen.subscribe("ahead", clients, json!({ "after": ahead })).await;
    screen.subscribe("now", clients, json!({})).await;
    for _ in 0..if is_postgres() { 6 } else { 15 } {
        screen.hears_nothing().await;
    }
    away.back().await;
    let Frame::Said(message) = screen.hear().await else { panic!("closed") };
    assert_eq!((&message["id"], &message["type"]), (&json!("ahead"), &json!("error")), "{message}");
    assert_eq!(message["payload"][0]["message"], "after: is no cursor of this installation", "{message}");
    ana.client("Rosa").await;
    let item = screen.item("now").await;
    assert_eq!(item["clientUpdated"]["client"]["name"], "Rosa");
    assert_eq!(item["clientUpdated"]["cursor"], ahead);
}
