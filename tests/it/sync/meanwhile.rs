//! What happens to a thing while it is compared, and what is kept of one that is no more.

use std::sync::Arc;

use cabina::domains::sync::ledger::{self, Ending, Pulled};
use cabina::domains::sync::{Model, SyncDirection, SyncStatus};
use cabina::kernel::ids::{ClientId, ContactId, SyncId, TypedId, new_uuid};
use cabina::platform::auth::Viewer;
use cabina::platform::db::tables::sync_external::{Column, Entity};
use cabina::platform::db::{Origin, Tx, all_rows};
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use serde_json::json;

use super::{Pair, change, client, fields, text, until};

/// The row of a thing of ours.
async fn row(pair: &Pair, id: &str) -> Model {
    let uuid =
        id.parse().map(|id: ClientId| id.uuid()).or_else(|_| id.parse().map(|id: ContactId| id.uuid()));
    let id = SyncId::from_uuid(uuid.expect("an id"));
    let own = &pair.app.app.database.own;
    all_rows::<Entity>().filter(Column::Id.eq(id)).one(own).await.expect("read").expect("a row")
}

#[tokio::test]
async fn what_a_pull_compared_before_it_was_sent_is_not_the_last_word() {
    let mut pair = Pair::with(&[("ODOO_PULL_EVERY", "3600"), ("CABINA_JOB_LEASE", "1")]).await;
    let ana = pair.app.ana().await;
    let id = ana.client("Rosa").await;
    pair.settled().await;
    let read = row(&pair, &id).await;
    change(&ana, &id, json!({ "name": "Rosa María" })).await;
    pair.settled().await;
    pair.halt();
    let met = row(&pair, &id).await;
    // A pull that read the row before all that ends now.
    let (database, clock) = (&pair.app.app.database, &pair.app.app.clock);
    let viewer = Arc::new(Viewer::system("tests"));
    let mut tx = Tx::begin(database, clock, viewer, Origin::default()).await.expect("begun");
    let pulled = Pulled {
        row: Some(&read),
        local: ("client", read.id.uuid()),
        client: read.client_id,
        model: "res.partner",
        external_id: read.external_id.expect("it is there"),
        agreed: ledger::agreed(&read),
        seen: ledger::seen(&read).expect("seen"),
        alike: true,
        problem: None,
    };
    ledger::pulled(&mut tx, pulled).await.expect("written");
    tx.commit().await.expect("committed");
    let now = row(&pair, &id).await;
    assert_eq!((&now.agreed, &now.seen, now.synced_at), (&met.agreed, &met.seen, met.synced_at));
    assert_eq!((now.status, now.generation), (SyncStatus::Pending, met.generation + 1));
    pair.go_on();
    pair.settled().await;
    assert_eq!(pair.partner(&id).text("name"), Ok(Some("Rosa María")));
}

#[tokio::test]
async fn an_edit_there_that_a_run_may_not_have_read_is_looked_at_once_it_ends() {
    let mut pair = Pair::with(&[("CABINA_JOB_LEASE", "1")]).await;
    let ana = pair.app.ana().await;
    let id = ana.client("Rosa").await;
    pair.settled().await;
    pair.halt();
    // A run holds it that has read the record already.
    let (read, run) = (row(&pair, &id).await, new_uuid());
    let app = pair.app.app.clone();
    let later = app.clock.now() + chrono::Duration::hours(1);
    Entity::update_many()
        .col_expr(Column::Status, Expr::value(SyncStatus::InFlight))
        .col_expr(Column::Claim, Expr::value(run))
        .col_expr(Column::NextAttemptAt, Expr::value(later))
        .filter(Column::Id.eq(read.id))
        .exec(&app.database.own)
        .await
        .expect("claimed");
    let there = pair.partner(&id).id().expect("an id");
    pair.odoo.edit("res.partner", there, fields([("city", text("León"))]));
    pair.go_on();
    until("a pull sees it", async || row(&pair, &id).await.generation > read.generation).await;
    pair.halt();
    let ending = Ending::Alike {
        external_id: there,
        agreed: ledger::agreed(&read),
        seen: ledger::seen(&read).expect("seen"),
        direction: SyncDirection::Push,
        problem: None,
    };
    let endings = vec![(read.clone(), run, ending)];
    ledger::settle(&app.database, &app.clock, "res.partner", endings).await.expect("settled");
    assert_eq!(row(&pair, &id).await.status, SyncStatus::Pending);
    pair.go_on();
    pair.settled().await;
    assert_eq!(client(&ana, &id).await["address"]["city"], "León");
}

#[tokio::test]
async fn of_a_contact_that_is_no_more_nothing_is_kept_but_whose_record_it_was() {
    let pair = Pair::start().await;
    let ana = pair.app.ana().await;
    let company = ana.client("Qorvex").await;
    let mut people = Vec::new();
    for name in ["Luz", "Hugo"] {
        let person = json!({ "clientId": company, "name": name, "phone": "+524491234567" });
        let made = ana.run("contactCreate", person, "contact { id }").await;
        people.push(made["contact"]["id"].as_str().expect("an id").to_owned());
    }
    pair.settled().await;
    let there = pair.partner(&people[0]).id().expect("an id");
    // One goes there, the other one here.
    let archived = fields([("active", cabina::integrations::odoo::Value::Bool(false))]);
    pair.odoo.edit("res.partner", there, archived);
    ana.run("contactDelete", json!({ "id": people[1] }), "event { id }").await;
    for id in &people {
        until("it is no more", async || ledger::is_buried(&row(&pair, id).await)).await;
        let row = row(&pair, id).await;
        assert_eq!((&row.agreed, &row.seen, &row.payload), (&Some(json!({})), &None, &None), "{row:?}");
        assert!(row.external_id.is_some());
    }
}
