//! Each direction of each model goes by itself, and admins see how.

use std::time::Duration;

use cabina::domains::sync::{SyncDirection, lanes, ledger, progress};
use cabina::sandbox::odoo::{ErrorKind, Switches};
use serde_json::{Value, json};

use super::{Pair, change, client, fields, sync_of, text, until};
use crate::support::Actor;

/// No call of this method is answered while a test lasts.
fn hang(pair: &Pair, method: &str) {
    let slow = Duration::from_secs(300);
    pair.odoo.set(Switches { slow, slow_calls: vec![method.to_owned()], ..Switches::default() });
}

struct Case {
    pair: Pair,
    ana: Actor,
    rosa: String,
    luz: String,
}

impl Case {
    async fn new() -> Case {
        let pair = Pair::with(&[("ODOO_TIMEOUT", "300")]).await;
        let ana = pair.app.ana().await;
        let (rosa, luz) = (ana.client("Rosa").await, ana.client("Luz").await);
        pair.settled().await;
        Case { pair, ana, rosa, luz }
    }

    /// A change from here arrives there.
    async fn a_record_goes(&self) {
        change(&self.ana, &self.rosa, json!({ "name": "Rosa from here" })).await;
        let there = || self.pair.partner(&self.rosa);
        until("it is there", async || there().text("name") == Ok(Some("Rosa from here"))).await;
    }

    async fn a_note_goes(&self) {
        let note = json!({ "clientId": self.luz, "kind": "NOTE", "text": "Hola" });
        let note = self.ana.run("eventlogAppend", note, "entry { id }").await["entry"]["id"].clone();
        let note = note.as_str().expect("an id");
        until("it is there", async || sync_of(&self.ana, note).await["status"] == "SYNCED").await;
    }

    /// A change there arrives here.
    async fn a_record_comes(&self) {
        let there = self.pair.partner(&self.luz).id().expect("an id");
        self.pair.odoo.edit("res.partner", there, fields([("name", text("Luz from there"))]));
        until("it is here", async || client(&self.ana, &self.luz).await["name"] == "Luz from there").await;
    }
}

#[tokio::test]
async fn records_that_hang_hold_up_neither_notes_nor_what_comes() {
    let case = Case::new().await;
    hang(&case.pair, "res.partner.load");
    let before = case.pair.odoo.calls_of("res.partner.read");
    change(&case.ana, &case.rosa, json!({ "name": "Rosa from here" })).await;
    until("it is being sent", async || case.pair.odoo.calls_of("res.partner.read") > before).await;
    case.a_note_goes().await;
    case.a_record_comes().await;
    assert_eq!(case.pair.partner(&case.rosa).text("name"), Ok(Some("Rosa")), "it hangs still");
}

#[tokio::test]
async fn notes_that_hang_hold_up_no_records() {
    let case = Case::new().await;
    hang(&case.pair, "res.partner.message_post");
    let note = json!({ "clientId": case.rosa, "kind": "NOTE", "text": "Hola" });
    let note = case.ana.run("eventlogAppend", note, "entry { id }").await["entry"]["id"].clone();
    case.a_record_goes().await;
    case.a_record_comes().await;
    assert_ne!(sync_of(&case.ana, note.as_str().expect("an id")).await["status"], "SYNCED", "it hangs still");
}

#[tokio::test]
async fn a_pull_that_hangs_holds_up_nothing_that_is_sent() {
    let case = Case::new().await;
    hang(&case.pair, "res.partner.search_read");
    let there = case.pair.partner(&case.luz).id().expect("an id");
    case.pair.odoo.edit("res.partner", there, fields([("name", text("Luz from there"))]));
    case.a_record_goes().await;
    case.a_note_goes().await;
}

#[tokio::test]
async fn admins_see_since_when_odoo_rests_what_failed_last_and_what_waits() {
    let pair = Pair::start().await;
    let (ana, admin) = (pair.app.ana().await, pair.app.admin().await);
    let health = async || {
        let query =
            "{ syncHealth { restingSince lastError lastErrorAt lastPushAt lastPullAt queueLength waitingSince
            lanes { model direction succeededAt restingSince error } } }";
        admin.data(query, json!({})).await["syncHealth"].clone()
    };
    let id = ana.client("Rosa").await;
    pair.settled().await;
    until("it was pulled", async || health().await["lastPullAt"].is_string()).await;
    let well = health().await;
    assert!(well["lastPushAt"].is_string(), "{well}");
    assert_eq!(
        [&well["restingSince"], &well["lastError"], &well["waitingSince"], &well["queueLength"]],
        [&Value::Null, &Value::Null, &Value::Null, &json!(0)]
    );
    let lanes: Vec<String> = well["lanes"]
        .as_array()
        .expect("lanes")
        .iter()
        .map(|lane| format!("{} {}", lane["direction"], lane["model"]).replace('"', ""))
        .collect();
    assert!(
        lanes.contains(&"PUSH res.partner".to_owned()) && lanes.contains(&"PULL res.partner".to_owned()),
        "{lanes:?}"
    );

    pair.odoo.set(Switches { down: true, ..Switches::default() });
    change(&ana, &id, json!({ "name": "Rosa María" })).await;
    until("both lanes rest", async || {
        let lanes = health().await["lanes"].clone();
        let rests = |lane: &Value| lane["model"] != "res.partner" || lane["restingSince"].is_string();
        lanes.as_array().expect("lanes").iter().all(rests)
    })
    .await;
    let ill = health().await;
    assert!(ill["restingSince"].is_string() && ill["waitingSince"].is_string(), "{ill}");
    assert!(ill["lastError"].as_str().is_some_and(|error| !error.is_empty()), "{ill}");
    assert_eq!((&ill["queueLength"], ill["lastErrorAt"].is_string()), (&json!(1), true));

    pair.odoo.set(Switches::default());
    until("nothing rests", async || health().await["restingSince"].is_null()).await;
    pair.settled().await;
    let well = health().await;
    assert_eq!((&well["queueLength"], &well["waitingSince"]), (&json!(0), &Value::Null));
    assert!(well["lastError"].is_string(), "what went wrong last is still told");
}

#[tokio::test]
async fn a_lane_of_notes_that_gets_no_answers_says_so_and_rests() {
    let settings = [("ODOO_SYNC", "client=push,entry=push"), ("ODOO_TIMEOUT", "1")];
    let pair = Pair::with(&settings).await;
    let (ana, admin) = (pair.app.ana().await, pair.app.admin().await);
    let id = ana.client("Rosa").await;
    pair.settled().await;
    let lane = async || {
        let query = "{ syncHealth { lanes { model direction restingSince error } } }";
        let health = admin.data(query, json!({})).await;
        let lanes = health["syncHealth"]["lanes"].as_array().expect("lanes").clone();
        lanes.into_iter().find(|lane| lane["model"] == "mail.message").unwrap_or_default()
    };
    for switches in [
        // Nobody knows whether it arrived.
        Switches { lose_share: 1.0, ..Switches::default() },
        // It did not.
        Switches { error_share: 1.0, error_kinds: vec![ErrorKind::BadGateway], ..Switches::default() },
    ] {
        pair.odoo.set(switches);
        let note = json!({ "clientId": id, "kind": "NOTE", "text": "Hola" });
        ana.run("eventlogAppend", note, "entry { id }").await;
        until("the lane rests", async || lane().await["restingSince"].is_string()).await;
        let ill = lane().await;
        assert!(ill["error"].as_str().is_some_and(|error| !error.is_empty()), "{ill}");
        pair.odoo.set(Switches::default());
        pair.retry_failed().await;
        until("it rests no longer", async || lane().await["restingSince"].is_null()).await;
        pair.settled().await;
    }
}

#[tokio::test]
async fn a_lane_that_goes_well_does_not_say_so_of_another() {
    let case = Case::new().await;
    hang(&case.pair, "res.partner.message_post");
    let note = json!({ "clientId": case.luz, "kind": "NOTE", "text": "Hola" });
    let note = case.ana.run("eventlogAppend", note, "entry { id }").await["entry"]["id"].clone();
    let note = note.as_str().expect("an id");
    until("it is being sent", async || sync_of(&case.ana, note).await["status"] == "IN_FLIGHT").await;
    // As if it had been refused.
    let app = &case.pair.app.app;
    let (own, now) = (&app.database.own, app.clock.now());
    lanes::failed(own, SyncDirection::Push, "mail.message", now, "refused").await.expect("written");
    assert!(progress::trouble(own, Some("Refused")).await.expect("written"), "it is new");
    for name in ["Rosa once", "Rosa twice"] {
        change(&case.ana, &case.rosa, json!({ "name": name })).await;
        until("it is there", async || case.pair.partner(&case.rosa).text("name") == Ok(Some(name))).await;
    }
    assert!(!progress::trouble(own, Some("Refused")).await.expect("read"), "admins know it already");
    assert!(
        !progress::trouble(own, Some("Permanent")).await.expect("read"),
        "whatever the reason of another"
    );
}

#[tokio::test]
async fn a_lane_that_is_not_used_any_more_rests_no_longer() {
    let mut pair = Pair::with(&[("ODOO_SYNC", "client=push")]).await;
    let (ana, admin) = (pair.app.ana().await, pair.app.admin().await);
    let query =
        "{ syncHealth { queueLength restingSince lanes { model direction succeededAt restingSince } } }";
    let health = async || admin.data(query, json!({})).await["syncHealth"].clone();
    let rosa = ana.client("Rosa").await;
    ana.run("eventlogAppend", json!({ "clientId": rosa, "kind": "NOTE", "text": "Hola" }), "entry { id }")
        .await;
    pair.settled().await;
    until("it is written down", async || health().await["lanes"][0]["succeededAt"].is_string()).await;
    pair.halt();
    let before = health().await;
    let app = pair.app.app.clone();
    let now = app.clock.now();
    for (direction, model) in [
        (SyncDirection::Push, "res.partner"),
        (SyncDirection::Push, "mail.message"),
        (SyncDirection::Pull, "res.partner"),
    ] {
        lanes::failed(&app.database.own, direction, model, now, "away").await.expect("written");
    }
    assert!(health().await["restingSince"].is_string());
    pair.go_on();
    until("nothing rests", async || health().await["restingSince"].is_null()).await;
    assert_eq!(health().await, before, "nothing was sent, and the others are off");
    pair.halt();
    let marked = ledger::mark_all(&app.database, "entry", app.clock.now()).await.expect("marked");
    assert!(marked > 0, "as if they had been sent before");
    assert_eq!(health().await["queueLength"], json!(0), "they are not sent");
    ledger::forget_all(&app.database).await.expect("forgotten");
    assert_eq!(health().await["lanes"], json!([]));
}
