//! What cannot be sent: it holds up nobody, admins are told, and it goes through once it is mended.

use cabina::sandbox::odoo::Switches;
use serde_json::{Value, json};

use super::{Pair, change, sync_of, until};

#[tokio::test]
async fn a_poison_record_holds_up_nobody_and_goes_through_by_one_mutation() {
    let mut pair = Pair::start().await;
    pair.halt();
    pair.odoo.set(Switches { poison: Some("Toxic".to_owned()), ..Switches::default() });
    let (ana, admin) = (pair.app.ana().await, pair.app.admin().await);
    let mut ids = Vec::new();
    for number in 0..12 {
        let name =
            if number == 0 || number == 8 { format!("Toxic {number}") } else { format!("Client {number}") };
        ids.push(ana.client(&name).await);
    }
    pair.go_on();
    let good = || ids.iter().enumerate().filter(|(number, _)| *number != 0 && *number != 8);
    until("the others are there", async || good().all(|(_, id)| pair.find(id).is_some())).await;
    until("both are given up", async || {
        sync_of(&ana, &ids[0]).await["status"] == "DEAD" && sync_of(&ana, &ids[8]).await["status"] == "DEAD"
    })
    .await;
    let stands = sync_of(&ana, &ids[0]).await;
    assert!(stands["hint"].as_str().is_some_and(|hint| hint.contains("correct the data")), "{stands}");
    assert_eq!(stands["payload"]["name"], "Toxic 0", "what was to be sent");

    let query =
        "{ syncFailureGroups { fingerprint kind error hint count } notifications { nodes { kind title } }
        syncFailures(filter: { dead: true }) { totalCount nodes { subjectId status } } }";
    let seen = admin.data(query, json!({})).await;
    let groups = seen["syncFailureGroups"].as_array().expect("groups");
    assert_eq!((groups.len(), &groups[0]["count"]), (1, &json!(2)), "{groups:?}");
    assert_eq!(seen["syncFailures"]["totalCount"], 2);
    let told: Vec<&Value> = seen["notifications"]["nodes"].as_array().expect("a list").iter().collect();
    assert_eq!(told.len(), 1, "one kind of failure is told once: {told:?}");
    assert_eq!(told[0]["kind"], "SYNC_FAILED");

    // Mended in Odoo, and one mutation for all that failed alike.
    pair.odoo.set(Switches::default());
    let again = json!({ "fingerprint": groups[0]["fingerprint"] });
    let payload = admin.run("syncRetry", again, "ids").await;
    assert_eq!(payload["ids"].as_array().map(Vec::len), Some(2), "{payload}");
    pair.settled().await;
    for id in &ids {
        assert_eq!(sync_of(&ana, id).await["status"], "SYNCED");
    }
    let names = pair.odoo.records("res.partner");
    let ours = names.iter().filter(|record| {
        record.text("ref").is_ok_and(|number| number.is_some_and(|n| n.starts_with("AGS-")))
    });
    assert_eq!(ours.count(), 12);
}

#[tokio::test]
async fn a_discarded_failure_is_left_until_its_thing_changes() {
    let pair = Pair::start().await;
    pair.odoo.set(Switches { poison: Some("Toxic".to_owned()), ..Switches::default() });
    let (ana, admin) = (pair.app.ana().await, pair.app.admin().await);
    let id = ana.client("Toxic").await;
    until("it is given up", async || sync_of(&ana, &id).await["status"] == "DEAD").await;
    let refused = admin.run("syncDiscard", json!({ "all": true, "reason": " " }), "ids").await;
    assert_eq!(refused["userErrors"][0]["field"], "reason");
    let long = json!({ "all": true, "reason": "ñ".repeat(501) });
    let refused = admin.run("syncDiscard", long, "ids").await;
    assert_eq!(
        refused["userErrors"][0],
        json!({ "code": "INVALID", "field": "reason", "message":
            "must have between 1 and 500 characters, at least one of them visible: the audit keeps it" })
    );
    assert_eq!(sync_of(&ana, &id).await["discarded"], Value::Null);
    let refused = admin.run("syncDiscard", json!({ "reason": "x" }), "ids").await;
    assert_eq!(refused["userErrors"][0]["field"], "ids");
    let done = admin.run("syncDiscard", json!({ "all": true, "reason": "a test" }), "ids").await;
    assert_eq!(done["ids"].as_array().map(Vec::len), Some(1));
    let stands = sync_of(&ana, &id).await;
    assert_eq!((&stands["status"], &stands["discarded"]), (&json!("DEAD"), &json!("a test")));
    let left = admin.data("{ syncFailures { totalCount } syncFailureGroups { count } }", json!({})).await;
    assert_eq!(left, json!({ "syncFailures": { "totalCount": 0 }, "syncFailureGroups": [] }));
    change(&ana, &id, json!({ "name": "Rosa" })).await;
    pair.settled().await;
    let stands = sync_of(&ana, &id).await;
    assert_eq!((&stands["status"], &stands["discarded"]), (&json!("SYNCED"), &Value::Null));
}

#[tokio::test]
async fn deleted_there_is_told_and_made_anew_on_request() {
    let pair = Pair::start().await;
    let ana = pair.app.ana().await;
    let id = ana.client("Rosa").await;
    pair.settled().await;
    let first = pair.partner(&id).id().expect("an id");
    pair.odoo.delete("res.partner", first);
    change(&ana, &id, json!({ "name": "Rosa María" })).await;
    until("it is told", async || sync_of(&ana, &id).await["status"] == "DEAD").await;
    let stands = sync_of(&ana, &id).await;
    assert!(stands["lastError"].as_str().is_some_and(|error| error.contains("deleted")), "{stands}");
    change(&ana, &id, json!({ "tags": ["vip"] })).await;
    pair.settled().await;
    assert!(pair.find(&id).is_none(), "it is not made anew by a change here");
    assert_eq!(sync_of(&ana, &id).await["status"], "DEAD");
    ana.run("syncRequest", json!({ "id": id }), "sync { status }").await;
    pair.settled().await;
    assert_ne!(pair.partner(&id).id().expect("an id"), first);
    assert_eq!(sync_of(&ana, &id).await["status"], "SYNCED");
}

#[tokio::test]
async fn deleted_there_is_found_by_the_sweep() {
    let pair = Pair::with(&[("ODOO_PULL_EVERY", "3600")]).await;
    let ana = pair.app.ana().await;
    let (id, other) = (ana.client("Rosa").await, ana.client("Luz").await);
    pair.settled().await;
    pair.odoo.delete("res.partner", pair.partner(&id).id().expect("an id"));
    // A day later.
    pair.app.app.clock.advance(std::time::Duration::from_secs(25 * 3600));
    let ana = pair.app.ana().await; // the token is a day old
    until("it is told", async || sync_of(&ana, &id).await["status"] == "DEAD").await;
    assert_eq!(sync_of(&ana, &other).await["status"], "SYNCED");
}

#[tokio::test]
async fn without_rights_all_wait_for_an_admin() {
    let mut pair = Pair::with(&[("ODOO_SYNC", "client=push")]).await;
    pair.halt();
    let (ana, admin) = (pair.app.ana().await, pair.app.admin().await);
    for number in 0..40 {
        ana.client(&format!("Client {number}")).await;
    }
    pair.odoo.set(Switches { no_rights: vec!["res.partner".to_owned()], ..Switches::default() });
    pair.go_on();
    let count = async || {
        let groups = admin.data("{ syncFailureGroups { count hint } }", json!({})).await;
        groups["syncFailureGroups"][0].clone()
    };
    until("all are given up", async || count().await["count"] == 40).await;
    assert!(
        count().await["hint"].as_str().is_some_and(|hint| hint.contains("the right")),
        "{}",
        count().await
    );
    assert!(pair.odoo.calls_of("res.partner.load") < 5, "it is not tried one by one");
    pair.odoo.set(Switches::default());
    admin.run("syncRetry", json!({ "all": true }), "ids").await;
    pair.settled().await;
    let sent = pair.odoo.records("res.partner");
    assert_eq!(
        sent.iter()
            .filter(|record| record
                .text("name")
                .is_ok_and(|name| name.is_some_and(|n| n.starts_with("Client "))))
            .count(),
        40
    );
}

#[tokio::test]
async fn records_that_were_merged_there_hold_up_nobody() {
    let pair = Pair::start().await;
    let ana = pair.app.ana().await;
    let (kept, merged) = (ana.client("Rosa").await, ana.client("Rosa otra vez").await);
    pair.settled().await;
    let (first, second) =
        (pair.partner(&kept).id().expect("an id"), pair.partner(&merged).id().expect("an id"));
    // As Odoo's merge does: the external id of the one leads to the other.
    pair.odoo.delete("res.partner", second);
    let leads = [("module", "cabina"), ("name", &merged), ("model", "res.partner")];
    let mut leads: Vec<_> =
        leads.iter().map(|(name, value)| ((*name).to_owned(), super::text(value))).collect();
    leads.push(("res_id".to_owned(), cabina::integrations::odoo::Value::Int(first)));
    pair.odoo.add("ir.model.data", leads);
    change(&ana, &merged, json!({ "name": "Rosa de nuevo" })).await;
    until("it is told", async || sync_of(&ana, &merged).await["status"] == "DEAD").await;
    ana.run("syncRequest", json!({ "id": merged }), "sync { status }").await;
    until("the merge is told", async || {
        sync_of(&ana, &merged).await["lastError"].as_str().is_some_and(|error| error.contains("one record"))
    })
    .await;
    assert_eq!(pair.partner(&kept).text("name"), Ok(Some("Rosa")), "nobody's record is overwritten");
    change(&ana, &kept, json!({ "name": "Rosa sola" })).await;
    until("the others go on", async || pair.partner(&kept).text("name") == Ok(Some("Rosa sola"))).await;
}

#[tokio::test]
async fn a_refused_login_is_told_to_admins_once_and_kills_nothing() {
    let pair = Pair::start().await;
    let (ana, admin) = (pair.app.ana().await, pair.app.admin().await);
    let id = ana.client("Rosa").await;
    pair.settled().await;
    pair.odoo.set(Switches { refuse_login: true, expired_key: true, ..Switches::default() });
    change(&ana, &id, json!({ "name": "Rosa María" })).await;
    let told = async || {
        admin.data("{ notifications { totalCount } }", json!({})).await["notifications"]["totalCount"].clone()
    };
    until("admins are told", async || told().await == 1).await;
    let stands = sync_of(&ana, &id).await;
    assert!(["PENDING", "IN_FLIGHT"].contains(&stands["status"].as_str().expect("a text")), "{stands}");
    change(&ana, &id, json!({ "name": "Rosa Elena" })).await;
    tokio::time::sleep(std::time::Duration::from_secs(1)).await;
    assert_eq!(told().await, 1, "once");
    pair.odoo.set(Switches::default());
    pair.app.app.clock.advance(std::time::Duration::from_secs(61)); // who refuses a login is left alone for a minute
    pair.settled().await;
    assert_eq!(pair.partner(&id).text("name"), Ok(Some("Rosa Elena")));
}

#[tokio::test]
async fn another_odoo_is_not_taken_for_the_one_before() {
    let pair = Pair::start().await;
    let id = pair.app.ana().await.client("Rosa").await;
    pair.settled().await;
    let mut other = pair.app.app.clone();
    let mut config = (*other.config).clone();
    config.odoo.as_mut().expect("an Odoo").database = "another".to_owned();
    other.config = std::sync::Arc::new(config);
    let refused = cabina::worker::run(other, std::future::pending()).await.expect_err("refused");
    assert!(refused.to_string().contains("cabina odoo forget"), "{refused}");
    assert!(pair.find(&id).is_some());
}

#[tokio::test]
async fn refused_tax_ids_are_one_group_and_told_once() {
    let mut pair = Pair::with(&[("ODOO_SYNC", "client=push")]).await;
    let (ana, admin) = (pair.app.ana().await, pair.app.admin().await);
    pair.halt();
    // Our market checks them as Mexican ones, Odoo by the country of the address.
    for (name, number) in
        [("Rosa", "GODE561231GR8"), ("Peña [MX] 'S.A.'", "VECJ880326XX1"), ("Ana 2", "CUPU800825AB5")]
    {
        let address = json!({ "street": "Calle 5", "country": "ES" });
        let new = json!({ "name": name, "taxId": number, "address": address, "allowDuplicate": true });
        ana.client_with(new).await;
    }
    ana.client("Somebody else").await;
    pair.go_on();
    pair.settled().await;
    let query = "{ syncFailureGroups { kind error hint count } notifications { totalCount } }";
    let seen = admin.data(query, json!({})).await;
    let groups = seen["syncFailureGroups"].as_array().expect("groups");
    assert_eq!((groups.len(), &groups[0]["count"]), (1, &json!(3)), "{seen}");
    assert!(groups[0]["error"].as_str().is_some_and(|error| error.contains("VAT number")), "{seen}");
    assert_eq!(seen["notifications"]["totalCount"], 1);
}
