//! Somebody who stops reading.

use cabina::kernel::ids::{EntryId, EventId, TypedId};
use cabina::platform::db::{Audience, ChangeKind, Owner, insert_all, tables::outbox};
use sea_orm::Set;
use serde_json::{Value, json};

use crate::support::{Actor, Frame, Screen, TestApp};

const ENTRIES: &str =
    "subscription($after: Cursor) { eventlogNew(after: $after) { cursor previous entry { text } } }";
/// More than the memory of the hub and all that lies in queues and sockets.
const COUNT: usize = 5300;

/// Announces the same entry many times, as if it had been written so often.
async fn announce(app: &TestApp, entry: &str, owner: Owner) {
    let entry: EntryId = entry.parse().expect("an id");
    let rows = (0..COUNT).map(|_| outbox::ActiveModel {
        id: Set(EventId::new().uuid()),
        event_id: Set(EventId::new()),
        position: Set(None),
        topic: Set("eventlog:new".into()),
        kind: Set(ChangeKind::Created),
        subject_id: Set(entry.uuid()),
        version: Set(1),
        changed_fields: Set(json!([])),
        audience: Set(
            serde_json::to_value(Audience { now: Some(owner), ..Audience::default() }).expect("JSON")
        ),
        created_at: Set(app.app.clock.now()),
    });
    for rows in rows.collect::<Vec<_>>().chunks(250) {
        insert_all(&app.app.database.own, rows.to_vec(), None).await.expect("inserted");
    }
}

/// Reads items until so many came or the stream ends; gives their cursors and, at the end, the error.
async fn read(screen: &mut Screen, after: &Value, most: usize) -> (Vec<Value>, Option<Value>) {
    let (mut cursors, mut previous) = (Vec::new(), after.clone());
    while cursors.len() < most {
        match screen.hear().await {
            Frame::Said(message) if message["type"] == "next" => {
                let item = &message["payload"]["data"]["eventlogNew"];
                assert_eq!(item["previous"], previous, "nothing is skipped in silence");
                previous = item["cursor"].clone();
                cursors.push(previous.clone());
            }
            Frame::Said(message) if message["type"] == "error" => {
                return (cursors, Some(message["payload"][0]["extensions"].clone()));
            }
            other => panic!("{other:?}"),
        }
    }
    (cursors, None)
}

async fn follow(actor: &Actor, small: bool, after: &Value) -> Screen {
    let mut screen = if small { Screen::with_small_buffer(actor).await } else { Screen::of(actor).await };
    screen.subscribe("e", ENTRIES, json!({ "after": after })).await;
    screen
}

#[tokio::test]
async fn a_reader_that_stops_lags_and_resumes_and_the_others_notice_nothing() {
    let app = TestApp::start().await;
    let ana = app.ana().await;
    let client = ana.client("Rosa").await;
    let note = json!({ "clientId": client, "kind": "NOTE", "text": "x".repeat(5_000) });
    let note = ana.run("eventlogAppend", note, "entry { id }").await;
    let team = ana.data("query($id: ID!) { client(id: $id) { team { id } } }", json!({ "id": client })).await;
    let team: cabina::kernel::ids::TeamId =
        team["client"]["team"]["id"].as_str().expect("an id").parse().expect("an id");
    let user: cabina::kernel::ids::UserId = ana.id.parse().expect("an id");
    app.settled().await;
    let start = json!(ana.cursor().await);
    let mut slow = follow(&ana, true, &start).await;
    let mut quick = follow(&ana, false, &start).await;
    let owner = Owner { team: team.uuid(), advisor: Some(user.uuid()) };
    let reading = read(&mut quick, &start, COUNT);
    let ((), (all, ended)) =
        tokio::join!(announce(&app, note["entry"]["id"].as_str().expect("an id"), owner), reading);
    assert_eq!((all.len(), ended), (COUNT, None), "whoever reads gets everything");

    // Longer than a stall: whoever only pauses goes on.
    tokio::time::sleep(std::time::Duration::from_millis(2500)).await;
    let (before, lagged) = read(&mut slow, &start, COUNT).await;
    let lagged = lagged.expect("the end");
    assert_eq!(lagged["code"], "LAGGED");
    assert_eq!(lagged["cursor"], before[before.len() - 1], "the cursor to go on from");
    assert!(before.len() < 2000, "{} items lay in queues: the memory is bounded", before.len());
    slow.subscribe("e", ENTRIES, json!({ "after": lagged["cursor"] })).await;
    let (rest, ended) = read(&mut slow, &lagged["cursor"], COUNT - before.len()).await;
    assert_eq!(ended, None);
    assert_eq!([before, rest].concat(), all, "none missing, none twice");
}
