//! Records that are deleted in Odoo.

use cabina::domains::sync::progress;

use super::{Pair, fields, sync_of, text, until};
use crate::support::Actor;

#[tokio::test]
async fn a_deleted_record_is_noticed_by_the_next_pull_and_costs_a_call_each_time() {
    let pair = Pair::start().await;
    let ana = pair.app.ana().await;
    let (rosa, luz) = (ana.client("Rosa").await, ana.client("Luz").await);
    pair.settled().await;
    let counted = || pair.odoo.calls_of("res.partner.search_count");
    let swept = || pair.odoo.calls_of("res.partner.search");
    let pulls = async |more: u64| {
        let before = pair.odoo.calls_of("res.partner.search_read");
        until("it was pulled", async || pair.odoo.calls_of("res.partner.search_read") >= before + more).await;
    };
    pulls(3).await;
    let before = (counted(), swept(), pair.odoo.calls_of("res.partner.search_read"));
    pulls(3).await;
    let pulled = pair.odoo.calls_of("res.partner.search_read") - before.2;
    assert!(counted() - before.0 <= pulled + 1, "a call each time, while nothing is new");
    assert_eq!(swept(), before.1, "nobody looks through all of them");

    pair.odoo.delete("res.partner", pair.partner(&rosa).id().expect("an id"));
    until("it is told", async || {
        let stands = sync_of(&ana, &rosa).await;
        stands["status"] == "DEAD" && stands["lastError"].as_str().is_some_and(|why| why.contains("deleted"))
    })
    .await;
    assert_eq!(sync_of(&ana, &luz).await["status"], "SYNCED");
    assert!(swept() > before.1);
}

/// Two clients that stand alike, and a worker that was started anew after that, has looked through all once, and to whom no
/// record ever changes.
async fn quiet() -> (Pair, Actor, [String; 2]) {
    let mut pair = Pair::start().await;
    let ana = pair.app.ana().await;
    let ids = [ana.client("Rosa").await, ana.client("Luz").await];
    pair.settled().await;
    pair.halt();
    let own = &pair.app.app.database.own;
    let later = pair.app.app.clock.now() + chrono::Duration::days(1);
    progress::reach(own, "res.partner", Some(later), None).await.expect("nothing changed since");
    let of = |method: &str| pair.odoo.calls_of(&format!("res.partner.{method}"));
    let before = (of("search"), of("search_read"));
    pair.go_on();
    let of = |method: &str| pair.odoo.calls_of(&format!("res.partner.{method}"));
    until("it looked through all", async || of("search") > before.0 && of("search_read") > before.1 + 2)
        .await;
    (pair, ana, ids)
}

async fn is_told(ana: &Actor, id: &str) {
    until("it is told", async || {
        let stands = sync_of(ana, id).await;
        stands["status"] == "DEAD" && stands["lastError"].as_str().is_some_and(|why| why.contains("deleted"))
    })
    .await;
}

#[tokio::test]
async fn a_deleted_record_is_noticed_by_a_worker_that_saw_no_change() {
    let (pair, ana, [rosa, luz]) = quiet().await;
    pair.odoo.delete("res.partner", pair.partner(&luz).id().expect("an id"));
    is_told(&ana, &luz).await;
    assert_eq!(sync_of(&ana, &rosa).await["status"], "SYNCED");
}

#[tokio::test]
async fn a_record_that_was_sent_and_deleted_between_two_looks_is_noticed() {
    let (pair, ana, [rosa, luz]) = quiet().await;
    let sol = ana.client("Sol").await;
    pair.settled().await;
    pair.odoo.delete("res.partner", pair.partner(&sol).id().expect("an id"));
    is_told(&ana, &sol).await;
    for id in [rosa, luz] {
        assert_eq!(sync_of(&ana, &id).await["status"], "SYNCED");
    }
}

#[tokio::test]
async fn merged_records_are_noticed_by_a_worker_that_saw_no_change() {
    let (pair, ana, [kept, merged]) = quiet().await;
    let id = |of: &str| pair.partner(of).id().expect("an id");
    let (into, gone) = (id(&kept), id(&merged));
    // As Odoo's merge does: what was empty is filled in, the external id of the one leads to the other.
    pair.odoo.edit("res.partner", into, fields([("city", text("León"))]));
    pair.odoo.delete("res.partner", gone);
    let leads = [("module", "cabina"), ("name", &merged), ("model", "res.partner")];
    let leads = leads.map(|(name, value)| (name, text(value)));
    pair.odoo.add(
        "ir.model.data",
        fields(leads).into_iter().chain([("res_id".to_owned(), into.into())]).collect(),
    );
    is_told(&ana, &merged).await;
    assert_eq!(sync_of(&ana, &kept).await["status"], "SYNCED");
}
