//! One order, whoever gives it; and who cannot keep up is told.

use std::sync::Arc;

use cabina::domains::clients::clients;
use cabina::kernel::ids::{EventId, TypedId, UserId};
use cabina::platform::auth::Viewer;
use cabina::platform::bus::{Cursor, Event, Follower, Gone};
use cabina::platform::db::{Audience, ChangeKind, Origin, Tx, all_rows, tables::outbox};
use sea_orm::QueryOrder;
use serde_json::json;

use crate::support::TestApp;

#[tokio::test]
async fn positions_have_no_gap_though_two_servers_give_them() {
    let app = TestApp::start().await;
    let second = app.second().await;
    let ana = app.ana().await;
    let there = second.bearer(ana.token.as_deref().expect("a token"));
    let mut clients = Vec::new();
    for name in ["Rosa", "Luz", "Sol", "Mar"] {
        clients.push(ana.client(name).await);
    }
    let notes = (0..40).map(|n| {
        let (actor, client) = (if n % 2 == 0 { &ana } else { &there }, &clients[n % clients.len()]);
        let note = json!({ "clientId": client, "kind": "NOTE", "text": format!("note {n}") });
        actor.run("eventlogAppend", note, "event { id }")
    });
    let told = futures_util::future::join_all(notes).await;
    app.settled().await;
    second.settled().await;
    let rows = all_rows::<outbox::Entity>()
        .order_by_asc(outbox::Column::Position)
        .all(&app.app.database.pool)
        .await
        .expect("the outbox");
    let positions: Vec<i64> = rows.iter().map(|row| row.position.expect("placed")).collect();
    let count = i64::try_from(rows.len()).expect("few");
    assert_eq!(positions, (1..=count).collect::<Vec<_>>());
    assert_eq!(count, 2 * 4 + 40, "two for each client, one for each note");
    for note in told {
        let event = &note["event"]["id"];
        assert_eq!(rows.iter().filter(|row| json!(row.event_id) == *event).count(), 1, "{event}");
    }
}

#[tokio::test]
async fn an_entry_is_for_whose_the_client_is_when_it_is_committed() {
    let app = TestApp::start().await;
    let (ana, beto, sofia) = (app.ana().await, app.beto().await, app.sofia().await);
    let id = ana.client("Rosa").await;
    // Given away, but not committed yet, when the note begins.
    let (viewer, origin) = (Arc::new(Viewer::system("tests")), Origin::default());
    let mut tx = Tx::begin(&app.app.database, &app.app.clock, viewer, origin).await.expect("begins");
    let (client, advisor) = (id.parse().expect("an id"), beto.id.parse().expect("an id"));
    clients::reassign(&mut tx, client, 1, Some(advisor), None).await.expect("given away");
    let note = json!({ "clientId": id, "kind": "NOTE", "text": "meanwhile" });
    let noted = tokio::spawn(async move { sofia.run("eventlogAppend", note, "event { id }").await });
    tokio::time::sleep(std::time::Duration::from_millis(300)).await;
    assert!(!noted.is_finished(), "the note waits");
    tx.commit().await.expect("commits");
    let event = noted.await.expect("written")["event"]["id"].clone();
    let rows = all_rows::<outbox::Entity>().all(&app.app.database.pool).await.expect("the outbox");
    let row = rows.iter().find(|row| json!(row.event_id) == event).expect("the note's");
    assert_eq!(row.audience["now"]["advisor"], json!(UserId::uuid(advisor)), "{}", row.audience);
}

#[tokio::test]
async fn who_falls_out_of_memory_lags_and_who_comes_late_reads_the_outbox() {
    let app = TestApp::start().await;
    let ana = app.ana().await;
    ana.client("Rosa").await;
    app.settled().await;
    let hub = Arc::clone(&app.engine.services().hub);
    let follow = |after| Follower::start(hub.clone(), app.app.database.clone(), after);
    let mut slow = follow(None).await.expect("follows");
    let start = slow.at();
    assert!(slow.waiting().await.expect("nothing yet").is_empty());
    let event = |position| Event {
        skipped: None,
        position,
        event_id: EventId::new(),
        topic: "client:updated".into(),
        kind: ChangeKind::Updated,
        subject_id: uuid::Uuid::nil(),
        version: 1,
        changed_fields: vec![],
        audience: Audience::default(),
        at: app.app.clock.now(),
    };
    hub.accept([event(start.0 + 1)]);
    assert_eq!(slow.next().await.expect("one").len(), 1, "it reached the present");
    hub.accept((2..=5000).map(|n| event(start.0 + n)));
    slow.stall();
    match slow.next().await {
        Err(Gone::Lagged(at)) => assert_eq!(at, Cursor(start.0 + 1), "the cursor to go on from"),
        other => panic!("{other:?}"),
    }
    let mut late = follow(Some(Cursor(0))).await.expect("follows");
    let missed = late.next().await.expect("from the outbox");
    assert_eq!(
        missed.iter().map(|event| event.position).collect::<Vec<_>>(),
        (1..=start.0).collect::<Vec<_>>()
    );
}
