//! Ten thousand changed clients, and how many calls they take.

use cabina::domains::clients::client;
use cabina::kernel::ids::ClientId;
use cabina::platform::auth::Viewer;
use cabina::platform::db::{Visible, insert_all};
use sea_orm::{ColumnTrait, ConnectionTrait, IntoActiveModel, QueryFilter};
use serde_json::json;

use super::{Pair, until};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ten_thousand_changed_clients_take_twenty_times_fewer_calls() {
    let mut pair =
        Pair::with(&[("ODOO_SYNC", "client=both"), ("ODOO_PULL_EVERY", "3600"), ("ODOO_TIMEOUT", "60")])
            .await;
    pair.halt();
    let (app, own) = (&pair.app.app, pair.app.app.database.own.clone());
    let id = pair.app.ana().await.client("Client").await;
    let id: ClientId = id.parse().expect("an id");
    let all = client::Entity::visible_to(&Viewer::system("tests"));
    let one = all.filter(client::Column::Id.eq(id)).one(&own).await.expect("read").expect("there");
    let more = (1..10_000).map(|number| {
        let (name, id) = (format!("Client {number}"), ClientId::new());
        let number = format!("AGS-9{number:05}");
        client::Model { id, number, name, ..one.clone() }.into_active_model()
    });
    insert_all(&own, more, None).await.expect("inserted");
    let clients = 10_000;
    own.execute_unprepared("DELETE FROM sync_external").await.expect("as if from before Odoo was there");
    let marked = cabina::domains::sync::ledger::mark_all(&app.database, "client", app.clock.now()).await;
    assert_eq!(marked.expect("marked"), clients);
    pair.go_on();
    let admin = pair.app.admin().await;
    let synced = async || {
        let counts = admin.data("{ syncCounts { status count } }", json!({})).await;
        counts["syncCounts"] == json!([{ "status": "SYNCED", "count": clients }])
    };
    for _ in 0..4 {
        // Each waits half a minute at most.
        if synced().await {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_secs(15)).await;
    }
    until("all are new there", synced).await;
    let made = pair.odoo.calls();
    assert!(made * 20 <= clients, "{made} calls for {clients} new clients");
    let records = pair.odoo.records("res.partner");
    assert!(records.len() as u64 >= clients);

    pair.halt();
    let changed = "UPDATE client SET name = name || ' II'";
    own.execute_unprepared(changed).await.expect("changed");
    let due = "UPDATE sync_external SET status = 'PENDING', generation = generation + 1";
    own.execute_unprepared(due).await.expect("due");
    pair.go_on();
    for _ in 0..4 {
        if synced().await {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_secs(15)).await;
    }
    until("all are changed there", synced).await;
    let sent = pair.odoo.calls() - made;
    assert!(sent * 20 <= clients, "{sent} calls for {clients} changed clients");
    let renamed = pair.odoo.records("res.partner");
    let renamed = renamed
        .iter()
        .filter(|record| record.text("name").is_ok_and(|name| name.is_some_and(|n| n.ends_with(" II"))));
    assert_eq!(renamed.count() as u64, clients);
}
