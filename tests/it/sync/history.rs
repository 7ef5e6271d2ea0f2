//! The history that was there before Odoo was.

use std::collections::BTreeMap;

use cabina::domains::clients::event_log_entry::{self, EventLogKind};
use cabina::kernel::ids::{ClientId, EntryId, TypedId};
use cabina::platform::auth::Viewer;
use cabina::platform::db::{Visible, insert_all};
use cabina::sandbox::odoo::Switches;
use sea_orm::{ColumnTrait, ConnectionTrait, IntoActiveModel, QueryFilter};
use serde_json::json;

use super::{Pair, sync_of, until};

const CLIENTS: usize = 8;
const NOTES: usize = 60;

/// Clients with notes of last year, none of them in Odoo yet, and no worker at work.
async fn before_odoo(more: &[(&str, &str)]) -> (Pair, Vec<EntryId>) {
    let pair = Pair::with(more).await;
    pair.halt();
    let (ana, database) = (pair.app.ana().await, &pair.app.app.database);
    let own = &database.own;
    let mut ids = Vec::new();
    for number in 0..CLIENTS {
        let client = ana.client(&format!("Client {number}")).await;
        let note = json!({ "clientId": client, "kind": "NOTE", "text": "a note" });
        let note = ana.run("eventlogAppend", note, "entry { id }").await["entry"]["id"].clone();
        let note: EntryId = note.as_str().expect("an id").parse().expect("an id");
        let all = event_log_entry::Entity::visible_to(&Viewer::system("tests"));
        let one =
            all.filter(event_log_entry::Column::Id.eq(note)).one(own).await.expect("read").expect("there");
        let client: ClientId = client.parse().expect("an id");
        let old = (0..NOTES).map(|place| {
            let at = one.recorded_at - chrono::Duration::days(300) + chrono::Duration::minutes(place as i64);
            let millis = u64::try_from(at.timestamp_millis()).expect("a moment");
            let random = [number as u8, place as u8, 0, 0, 0, 0, 0, 0, 0, 1];
            let id = uuid::Builder::from_unix_timestamp_millis(millis, &random).into_uuid();
            let id = EntryId::from_uuid(id);
            ids.push(id);
            let text = format!("note {place}");
            event_log_entry::Model {
                id,
                client_id: client,
                kind: EventLogKind::Note,
                text,
                occurred_at: at,
                recorded_at: at,
                ..one.clone()
            }
            .into_active_model()
        });
        insert_all(own, old, None).await.expect("inserted");
    }
    own.execute_unprepared("DELETE FROM sync_external").await.expect("as if from before Odoo was there");
    for kind in ["client", "entry"] {
        cabina::domains::sync::ledger::mark_all(database, kind, pair.app.app.clock.now())
            .await
            .expect("marked");
    }
    (pair, ids)
}

/// In which messages each of these notes stands, and the bodies.
fn messages(pair: &Pair) -> BTreeMap<i64, String> {
    let all = pair.odoo.records("mail.message");
    let body = |record: &cabina::integrations::odoo::Record| {
        let body = record.text("body").ok().flatten()?.to_owned();
        body.contains("entry_").then(|| (record.id().expect("an id"), body))
    };
    all.iter().filter_map(body).collect()
}

#[tokio::test]
async fn the_history_of_a_client_is_one_message_and_goes_last() {
    let (mut pair, ids) = before_odoo(&[("ODOO_PULL_EVERY", "3600")]).await;
    let ana = pair.app.ana().await;
    pair.go_on();
    pair.settled().await;
    // What was written just now is a message of its own.
    let posts = pair.odoo.calls_of("res.partner.message_post");
    assert_eq!(posts as usize, 2 * CLIENTS, "{NOTES} old notes of each client in one call, and one of today");
    let messages = messages(&pair);
    for id in &ids {
        let holds: Vec<&String> = messages.values().filter(|body| body.contains(&id.to_string())).collect();
        assert_eq!(holds.len(), 1, "{id}");
    }
    let long = messages.values().max_by_key(|body| body.len()).expect("a message");
    let places: Vec<usize> =
        (0..NOTES).map(|place| long.find(&format!("NOTE: note {place}\n")).expect("it holds it")).collect();
    assert!(places.is_sorted(), "in their order");
    let stands = sync_of(&ana, &ids[1].to_string()).await;
    assert_eq!((&stands["status"], &stands["externalModel"]), (&json!("SYNCED"), &json!("mail.message")));
    assert_eq!(stands["externalId"], sync_of(&ana, &ids[0].to_string()).await["externalId"]);
}

#[tokio::test]
async fn history_whose_answers_get_lost_is_there_once() {
    let (mut pair, ids) =
        before_odoo(&[("ODOO_PULL_EVERY", "3600"), ("ODOO_TIMEOUT", "1"), ("CABINA_JOB_LEASE", "1")]).await;
    pair.odoo.set(Switches { lose_share: 0.3, ..Switches::default() });
    pair.go_on();
    until("some of it is sent", async || messages(&pair).len() >= CLIENTS / 2).await;
    pair.halt();
    pair.go_on();
    until("all of it is there", async || messages(&pair).len() >= 2 * CLIENTS).await;
    pair.odoo.set(Switches::default());
    pair.settled().await;
    let messages = messages(&pair);
    for id in &ids {
        let holds = messages.values().filter(|body| body.contains(&id.to_string())).count();
        assert_eq!(holds, 1, "{id}");
    }
    assert_eq!(messages.len(), 2 * CLIENTS);
}

#[tokio::test]
async fn of_old_notes_only_the_one_that_is_refused_fails() {
    let (mut pair, ids) = before_odoo(&[("ODOO_PULL_EVERY", "3600")]).await;
    let (ana, admin) = (pair.app.ana().await, pair.app.admin().await);
    let (bad, others) = ids.split_at(1);
    pair.odoo.set(Switches { poison: Some(bad[0].to_string()), ..Switches::default() });
    pair.go_on();
    pair.settled().await;
    let stands = sync_of(&ana, &bad[0].to_string()).await;
    assert_eq!(stands["status"], "DEAD", "{stands}");
    let messages_then = messages(&pair);
    for id in others {
        let holds = messages_then.values().filter(|body| body.contains(&id.to_string())).count();
        assert_eq!(holds, 1, "{id}");
    }
    let failed = admin.data("{ syncFailures { totalCount } }", json!({})).await;
    assert_eq!(failed["syncFailures"]["totalCount"], 1);
    // Once it is accepted there, it goes as well, and the others not again.
    pair.odoo.set(Switches::default());
    admin.run("syncRetry", json!({ "all": true }), "ids").await;
    pair.settled().await;
    assert_eq!(messages(&pair).len(), messages_then.len() + 1);
}
