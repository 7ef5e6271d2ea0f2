//! Records that are deleted in Odoo.

use super::{Pair, sync_of, until};

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
