//! An event of a newer version, which this one cannot read: it is skipped, and those after it arrive.

use cabina::platform::db::tables::outbox;
use sea_orm::{ConnectionTrait, EntityTrait, IntoActiveModel, QueryOrder, Statement};
use serde_json::{Value, json};

use cabina::kernel::ids::{EventId, new_uuid};
use cabina::platform::db::all_rows;

use crate::support::{Screen, TestApp};

const FEED: &str = "subscription($after: Cursor) { feed(after: $after) { __typename ... on LiveItem { cursor previous eventId } } }";

/// Writes rows into the outbox that hold what no version knows yet: a kind, a right, another shape.
async fn write_unknown(app: &TestApp) {
    let own = &app.app.database.own;
    let one = all_rows::<outbox::Entity>().order_by_desc(outbox::Column::Position).one(own).await;
    let one = one.expect("read").expect("an event");
    for (column, value) in [
        ("kind", "MERGED"),
        ("audience", r#"{"right": "FLY"}"#),
        ("audience", r#""everybody""#),
        ("changed_fields", r#"{"name": true}"#),
    ] {
        let row = outbox::Model { id: new_uuid(), event_id: EventId::new(), position: None, ..one.clone() };
        let id = row.id;
        // Placed only once it holds what nobody can read.
        let txn = app.app.database.pool.clone();
        let txn = sea_orm::TransactionTrait::begin(&txn).await.expect("begins");
        outbox::Entity::insert(row.into_active_model()).exec_without_returning(&txn).await.expect("written");
        let cast = if crate::support::is_postgres() && column != "kind" { "::jsonb" } else { "" };
        let sql = format!("UPDATE outbox SET {column} = $1{cast} WHERE id = $2");
        let update =
            Statement::from_sql_and_values(own.get_database_backend(), sql, [value.into(), id.into()]);
        txn.execute_raw(update).await.expect("changed");
        txn.commit().await.expect("committed");
    }
}

#[tokio::test]
async fn what_cannot_be_read_holds_up_nothing() {
    let app = TestApp::start().await;
    let second = app.second().await;
    let ana = app.ana().await;
    let there = second.bearer(ana.token.as_deref().expect("a token"));
    let client = ana.client("Rosa").await;
    app.settled().await;
    let before = ana.cursor().await;
    let mut screens = [Screen::of(&ana).await, Screen::of(&there).await];
    for screen in &mut screens {
        screen.subscribe("f", FEED, json!({ "after": before })).await;
    }
    write_unknown(&app).await;
    let note = json!({ "clientId": client, "kind": "NOTE", "text": "behind it" });
    let event = ana.run("eventlogAppend", note, "event { id }").await["event"]["id"].clone();
    for screen in &mut screens {
        let item = screen.item("f").await["feed"].clone();
        assert_eq!((&item["__typename"], &item["eventId"]), (&json!("EventlogNew"), &event));
    }
    app.settled().await;
    second.settled().await;
    assert_eq!(
        app.engine.services().hub.tail(),
        second.engine.services().hub.tail(),
        "both servers know all there is"
    );
    // Who comes later and reads the outbox passes over it too.
    let query = "query($after: Cursor) { changes(after: $after, first: 10) { nodes { ... on LiveItem { eventId } } } }";
    let told = ana.data(query, json!({ "after": before })).await;
    let items: Vec<Value> = told["changes"]["nodes"].as_array().expect("items").clone();
    assert_eq!(items, [json!({ "eventId": event })]);
    let third = app.second().await;
    let late = third.bearer(ana.token.as_deref().expect("a token"));
    let mut screen = Screen::of(&late).await;
    screen.subscribe("f", FEED, json!({ "after": before })).await;
    assert_eq!(screen.item("f").await["feed"]["eventId"], event);
}

/// Makes Ana a supervisor as a newer version would: with an event that does not say, in words known here, whom it is about.
async fn promote_unreadably(app: &TestApp) {
    let own = &app.app.database.own;
    let user = Statement::from_string(
        own.get_database_backend(),
        "UPDATE app_user SET role = 'SUPERVISOR', version = version + 1 WHERE email = 'ana@test.example'",
    );
    assert_eq!(own.execute_raw(user).await.expect("changed").rows_affected(), 1);
    let one = all_rows::<outbox::Entity>().order_by_desc(outbox::Column::Position).one(own).await;
    let one = one.expect("read").expect("an event");
    let row = outbox::Model {
        id: new_uuid(),
        event_id: EventId::new(),
        position: None,
        topic: "identity:changed".to_owned(),
        audience: json!({ "right": "FLY" }),
        ..one
    };
    outbox::Entity::insert(row.into_active_model()).exec_without_returning(own).await.expect("written");
}

#[tokio::test]
async fn whoever_may_have_changed_is_read_anew() {
    let app = TestApp::start().await;
    let second = app.second().await;
    let (ana, beto) = (app.ana().await, app.beto().await);
    let there = second.bearer(ana.token.as_deref().expect("a token"));
    beto.client("Luz").await;
    app.settled().await;
    let mut screens = [Screen::of(&ana).await, Screen::of(&there).await];
    let before = ana.cursor().await;
    let query = "subscription($after: Cursor) { clientUpdated(after: $after) { clientId } }";
    for screen in &mut screens {
        screen.subscribe("c", query, json!({ "after": before })).await;
        screen.hears_nothing().await; // an advisor does not see the clients of another
    }
    promote_unreadably(&app).await;
    let client = beto.client("Rosa").await;
    for screen in &mut screens {
        let item = screen.item("c").await["clientUpdated"]["clientId"].clone();
        assert_eq!(item, json!(client), "later events are judged with the new rights");
    }
}
