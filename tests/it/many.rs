//! Things by the thousand: no statement holds more values than the databases take, and nothing is done in one long transaction
//! that can be done in many short ones.

use std::sync::Arc;

use cabina::domains::clients::client;
use cabina::domains::clients::markets::MarketErrorCode;
use cabina::domains::clients::rules::ClientErrorCode;
use cabina::domains::identity::rules::{TeamErrorCode, UserErrorCode};
use cabina::domains::notifications::notification;
use cabina::kernel::ids::{ClientId, NotificationId, TypedId, new_uuid};
use cabina::kernel::words::Code;
use cabina::platform::auth::Viewer;
use cabina::platform::db::tables::{idempotency_key, outbox};
use cabina::platform::db::{
    Change, ChangeKind, FieldChange, Origin, Synced, Tx, all_rows, among, insert_all,
};
use cabina::platform::jobs::Job;
use sea_orm::{ConnectionTrait, IntoActiveModel, QueryFilter, Statement};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::support::{TestApp, is_postgres};

/// More than fit into one statement, whatever it holds of each.
const MANY: usize = 6000;

#[derive(Clone, Serialize, Deserialize)]
struct Noted {
    number: usize,
}

impl Job for Noted {
    const KIND: &'static str = "test.noted";
    fn dedup(&self) -> Option<String> {
        Some(self.number.to_string())
    }
}

fn origin() -> Origin {
    Origin { operation: "test".into(), ..Origin::default() }
}

#[tokio::test]
async fn a_change_of_thousands_of_things_is_one_write_of_many_statements() {
    let app = TestApp::start().await;
    let database = app.app.database.clone().syncing(Synced::of([ClientId::PREFIX.to_owned()]));
    let audited = app.rows("audit_entry").await;
    for time in 1..=2 {
        let viewer = Arc::new(Viewer::system("test"));
        let mut tx = Tx::begin(&database, &app.app.clock, viewer, origin()).await.expect("begins");
        for number in 0..MANY {
            let name = FieldChange { field: "name".into(), before: Value::Null, after: json!("Rosa") };
            // The same things both times: what is marked is marked once more, and what waits is joined.
            let id = ClientId::from_uuid(uuid::Uuid::from_u128(number as u128 + 1));
            tx.record(Change::of(ChangeKind::Updated, id, time, vec![name]));
            tx.enqueue(Noted { number }.now().expect("JSON"));
        }
        tx.commit().await.expect("committed").expect("a change");
        let many = i64::try_from(MANY).expect("few");
        let rows =
            [app.rows("audit_entry").await - audited, app.rows("sync_external").await, app.rows("job").await];
        assert_eq!(rows, [i64::from(time) * many, many, many]);
    }
}

#[tokio::test]
async fn things_are_found_among_any_number_of_ids() {
    let app = TestApp::start().await;
    let ana = app.ana().await;
    let mine: Vec<ClientId> = vec![
        ana.client("Rosa").await.parse().expect("an id"),
        ana.client("Luz").await.parse().expect("an id"),
    ];
    let mut ids: Vec<uuid::Uuid> = (0..70_000).map(|_| new_uuid()).collect();
    ids.extend(mine.iter().map(|id| id.uuid()));
    for count in [1, 2, 3, 900, 70_002] {
        let some = &ids[ids.len() - count..];
        let these = among(app.app.database.backend(), client::Column::Id, some);
        let found = cabina::platform::db::Visible::visible_to(&Viewer::system("test"));
        let found: sea_orm::Select<client::Entity> = found;
        let found = found.filter(these).all(&app.app.database.pool).await.expect("found");
        assert_eq!(found.len(), count.min(2), "among {count}");
    }
}

#[tokio::test]
async fn failures_are_named_by_their_thousand_at_most() {
    let app = TestApp::start().await;
    let admin = app.admin().await;
    let ids: Vec<String> = (0..=1000).map(|_| cabina::kernel::ids::JobId::new().to_string()).collect();
    let query = "mutation($input: DeadLetterRetryInput!) { deadLetterRetry(input: $input) { userErrors { code field message } } }";
    let few = json!({ "input": { "ids": ids[..1000] } });
    let refused = &admin.data(query, few).await["deadLetterRetry"]["userErrors"][0];
    assert_eq!(refused["code"], "NOT_FOUND");
    let body = json!({ "input": { "ids": ids } });
    let refused = &admin.data(query, body).await["deadLetterRetry"]["userErrors"][0];
    assert_eq!((&refused["code"], &refused["field"]), (&json!("INVALID"), &json!("ids")));
    assert_eq!(refused["message"], "must be at most 1000");
}

#[tokio::test]
async fn thousands_of_notifications_are_read_some_in_each_write() {
    let app = TestApp::start().await;
    let (ana, sofia) = (app.ana().await, app.sofia().await);
    let client = ana.client("Rosa").await;
    let note = |text: &str| json!({ "clientId": client, "kind": "NOTE", "text": text });
    sofia.run("eventlogAppend", note("seen"), "event { id }").await;
    let own = &app.app.database.own;
    let newest = all_rows::<notification::Entity>().one(own).await.expect("read").expect("there");
    let older = (1..2500).map(|age| {
        let created_at = newest.created_at - chrono::Duration::milliseconds(age);
        notification::Model { id: NotificationId::new(), created_at, ..newest.clone() }.into_active_model()
    });
    insert_all(own, older, None).await.expect("written");
    sofia.run("eventlogAppend", note("not seen yet"), "event { id }").await;
    app.settled().await;
    let before = ana.cursor().await;
    let read = json!({ "id": newest.id.to_string(), "idempotencyKey": "read-all" });
    for time in ["the first time", "repeated"] {
        let marked = ana.run(
            "notificationMarkAllRead",
            read.clone(),
            "unreadCount notification { readAt } event { id }",
        );
        let marked = marked.await;
        assert_eq!(
            (&marked["unreadCount"], &marked["userErrors"]),
            (&json!(1), &json!([])),
            "{time}: {marked}"
        );
        assert!(
            marked["notification"]["readAt"].is_string() && marked["event"]["id"].is_string(),
            "{marked}"
        );
    }
    app.settled().await;
    let told = "query($after: Cursor!) { changes(after: $after, first: 50) { nodes { ... on NotificationNew { unreadCount } } } }";
    let told = ana.data(told, json!({ "after": before })).await;
    // A thousand, a thousand, and the rest.
    assert_eq!(told["changes"]["nodes"].as_array().expect("items").len(), 3, "{told}");
}

#[tokio::test]
async fn what_is_past_its_time_is_deleted_some_at_a_time() {
    let app = TestApp::start().await;
    let ana = app.ana().await;
    ana.run(
        "clientCreate",
        json!({ "kind": "PERSON", "name": "Rosa", "market": "aguascalientes", "idempotencyKey": "k" }),
        "event { id }",
    )
    .await;
    app.settled().await;
    let own = &app.app.database.own;
    let [event] = &all_rows::<outbox::Entity>().all(own).await.expect("read")[..1] else {
        panic!("an event")
    };
    let key = all_rows::<idempotency_key::Entity>().one(own).await.expect("read").expect("a key");
    let long_ago = app.app.clock.now() - chrono::Duration::days(4000);
    let events = (0..4500).map(|number| {
        let (id, position, created_at) = (new_uuid(), Some(-5000 + number), long_ago);
        outbox::Model { id, position, created_at, ..event.clone() }.into_active_model()
    });
    insert_all(own, events, None).await.expect("written");
    let keys = (0..4500).map(|number| {
        let (key_text, created_at) = (format!("old {number}"), long_ago);
        idempotency_key::Model { key: key_text, created_at, ..key.clone() }.into_active_model()
    });
    insert_all(own, keys, None).await.expect("written");
    let kept = [app.rows("outbox").await - 4500, app.rows("idempotency_key").await - 4500];
    // What the process does by itself is not counted otherwise.
    let mut sweeper = app.app.clone();
    sweeper.database.own = sweeper.database.pool.clone();
    let before = sweeper.database.statements();
    assert_eq!(cabina::worker::sweep(&sweeper).await.expect("swept"), 9000);
    let cost = sweeper.database.statements() - before;
    assert_eq!(kept, [app.rows("outbox").await, app.rows("idempotency_key").await], "nothing else");
    // Three deletions of each, one each of notifications, attempts and sessions, and two that note from where on events are kept.
    assert_eq!(cost, 3 + 3 + 3 + 2);
}

/// Why nobody runs into a unique index that is not refused by a name of the schema.
const NOBODY: &[(&str, &str)] = &[
    ("agenda_event_client_id", "a follow-up is opened while its client is locked"),
    ("agenda_event_series_id_recurrence_id", "occurrences are laid out while their series is locked"),
    ("agenda_settings_feed_hash", "the hash of a random secret"),
    ("api_key_hash", "the hash of a random secret"),
    ("client_number", "no number is drawn twice from its series; the prefixes of markets are unique"),
    ("client_term_client_id_term_field", "the words are a set, and their client is locked"),
    ("idempotency_key_actor_id_key", "whoever finds it there waits, and answers with what was done"),
    ("job_dedup_key", "joined with the one that waits"),
    (
        "number_series_kind_market_id_year",
        "whoever finds it there takes the number after it, by the same statement",
    ),
    ("outbox_position", "given while the relay's row is locked"),
    ("refresh_token_hash", "the hash of a random secret"),
    ("schedule_name", "left as it is where it is there"),
    (
        "sync_external_external_model_external_id",
        "a record that people made is taken over by the only pull there is, one of ours settled by the only push",
    ),
    ("sync_lane_direction_model", "joined with what is there"),
    ("sync_pull_model", "joined with what is there"),
];

#[tokio::test]
async fn every_unique_index_has_a_refusal_or_a_reason() {
    fn refused<C: Code>() -> impl Iterator<Item = &'static str> {
        C::TAKEN.iter().map(|(constraint, ..)| constraint.strip_suffix("_key").expect("named by PostgreSQL"))
    }
    let app = TestApp::start().await;
    let sql = if is_postgres() {
        "SELECT CAST(c.relname AS text), string_agg(a.attname, '_' ORDER BY k.n) FROM pg_index AS i \
         JOIN pg_class AS c ON c.oid = i.indrelid JOIN pg_namespace AS s ON s.oid = c.relnamespace \
         CROSS JOIN LATERAL unnest(i.indkey) WITH ORDINALITY AS k (attnum, n) \
         JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attnum = k.attnum \
         WHERE i.indisunique AND s.nspname = 'public' GROUP BY i.indexrelid, c.relname"
    } else {
        "SELECT t.name, (SELECT group_concat(name, '_') FROM (SELECT name FROM pragma_index_info(l.name) ORDER BY seqno)) \
         FROM sqlite_master AS t JOIN pragma_index_list(t.name) AS l WHERE t.type = 'table' AND l.\"unique\" = 1"
    };
    let own = &app.app.database.own;
    let rows =
        own.query_all_raw(Statement::from_string(own.get_database_backend(), sql)).await.expect("indexes");
    let mut there: Vec<String> = rows
        .iter()
        .map(|row| (row.try_get_by_index(0).expect("a table"), row.try_get_by_index(1).expect("columns")))
        // An id of our own is random, or that of the thing that the row is about, which is locked (`agenda::set`).
        .filter(|(table, columns): &(String, String)| columns != "id" && table != "seaql_migrations")
        .map(|(table, columns)| format!("{table}_{columns}"))
        .collect();
    there.sort_unstable();
    let mut known: Vec<&str> = NOBODY.iter().map(|(index, _)| *index).collect();
    known.extend(refused::<ClientErrorCode>().chain(refused::<MarketErrorCode>()));
    known.extend(refused::<UserErrorCode>().chain(refused::<TeamErrorCode>()));
    known.sort_unstable();
    assert_eq!(there, known);
}
