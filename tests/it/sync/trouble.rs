//! Odoo away, answers lost, workers killed.

use std::collections::BTreeMap;
use std::process::Stdio;
use std::time::Duration;

use cabina::sandbox::odoo::{ErrorKind, Switches};
use sea_orm::ConnectionTrait;
use serde_json::{Value, json};

use super::{Pair, change, client, fields, retry_failed, sandbox, sync_of, text, until, variables};
use crate::support::{Screen, Setup};

#[tokio::test]
async fn while_odoo_is_down_work_goes_on_and_drains_after_in_its_order() {
    let pair = Pair::with(&[("ODOO_SYNC", "client=push,entry=push")]).await;
    let ana = pair.app.ana().await;
    let first = ana.client("Somebody else").await; // each change drops words and adds some
    pair.settled().await;
    // Now and then a request reads the session anew: the least of a few.
    let statements = async |name: &str| {
        let mut least = u64::MAX;
        for number in 0..4 {
            let before = pair.app.app.database.statements();
            change(&ana, &first, json!({ "name": format!("{name} {number}") })).await;
            least = least.min(pair.app.app.database.statements() - before);
        }
        least
    };
    let usual = statements("First of all").await;
    pair.settled().await;
    pair.odoo.set(Switches { down: true, ..Switches::default() });
    assert_eq!(statements("First changed").await, usual, "a mutation does what it always does");
    let mut screen = Screen::of(&ana).await;
    let feed = "subscription { syncChanged { subjectId sync { status lastError } } }";
    screen.subscribe("s", feed, json!({})).await;

    change(&ana, &first, json!({ "name": "First changed again" })).await;
    let mut notes = Vec::new();
    for number in 0..10 {
        let note = json!({ "clientId": first, "kind": "NOTE", "text": format!("note {number}") });
        notes.push(ana.run("eventlogAppend", note, "entry { id }").await["entry"]["id"].clone());
    }
    until("it is told why", async || {
        let stands = sync_of(&ana, &first).await;
        stands["status"] == "PENDING" && stands["lastError"].as_str().is_some_and(|why| why.contains("Odoo"))
    })
    .await;
    let told = screen.item("s").await["syncChanged"]["sync"].clone();
    assert!(told["lastError"].is_string() && told["status"] != "SYNCED", "{told}");
    until("the circuit opens", async || {
        let stands = sync_of(&ana, &first).await;
        stands["lastError"].as_str().is_some_and(|why| why.contains("several times in a row"))
    })
    .await;

    pair.odoo.set(Switches::default());
    pair.settled().await;
    assert_eq!(pair.partner(&first).text("name"), Ok(Some("First changed again")));
    let there = pair.partner(&first).id().expect("an id");
    let bodies: Vec<String> = pair
        .odoo
        .records("mail.message")
        .iter()
        .filter(|message| message.int("res_id") == Ok(there))
        .filter_map(|message| message.text("body").ok().flatten().map(str::to_owned))
        .filter(|body| body.contains("note "))
        .collect();
    assert_eq!(bodies.len(), 10, "{bodies:?}");
    for (number, body) in bodies.iter().enumerate() {
        assert!(body.contains(&format!("note {number}")), "in their order: {bodies:?}");
    }
    // The screen hears of each, last that all is well.
    let mut heard: BTreeMap<String, Value> = BTreeMap::new();
    let all: Vec<String> =
        notes.iter().map(|id| id.as_str().expect("an id").to_owned()).chain([first]).collect();
    while !all.iter().all(|id| heard.get(id).is_some_and(|status| status == "SYNCED")) {
        let item = screen.item("s").await["syncChanged"].clone();
        heard.insert(item["subjectId"].as_str().expect("an id").to_owned(), item["sync"]["status"].clone());
    }
}

/// A worker of its own, as a process.
pub fn worker(variables: &[(String, String)]) -> std::process::Child {
    let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_cabina"));
    command.arg("worker").env_clear().stdout(Stdio::null()).stderr(Stdio::null());
    command.envs(variables.iter().map(|(name, value)| (name, value)));
    command.spawn().expect("a worker")
}

/// A process that ends with what holds it.
pub struct Killed(pub std::process::Child);

impl Drop for Killed {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn lost_answers_failing_calls_and_killed_workers_lose_and_double_nothing() {
    let (odoo, url, _stop) = sandbox().await;
    let mut setup = Setup::default();
    let mut told: Vec<(String, String)> = Vec::new();
    for (name, value) in variables(&odoo, &url) {
        setup = setup.with(name, &value);
        told.push((name.to_owned(), value));
    }
    // A row of the ledger for each change, so no pull that would cure what a push forgot.
    let more = [
        ("ODOO_SYNC", "client=push,contact=push,entry=push"),
        ("ODOO_TIMEOUT", "1"),
        ("CABINA_JOB_LEASE", "1"),
    ];
    for (name, value) in more {
        setup = setup.with(name, value);
        told.retain(|(known, _)| known != name);
        told.push((name.to_owned(), value.to_owned()));
    }
    let app = setup.start().await;
    told.push(("DATABASE_URL".to_owned(), app.database_url()));
    odoo.set(Switches { error_share: 0.2, lose_share: 0.2, ..Switches::default() });

    let ana = app.ana().await;
    let mut running = Killed(worker(&told));
    let (mut ids, mut names) = (Vec::new(), BTreeMap::new());
    let mut changes = 0;
    let mut kills = 0;
    while changes < 2000 {
        if changes % 4 == 0 {
            let name = format!("Client {}", ids.len());
            let made = ana.client_with(json!({ "name": name, "allowDuplicate": true })).await;
            let id = made["id"].as_str().expect("an id").to_owned();
            names.insert(id.clone(), name);
            ids.push(id);
        } else {
            // Any of the earlier ones, the later the likelier.
            let place = ids.len() - 1 - (changes * 7919) % ids.len().min(40);
            let id = &ids[place];
            let name = format!("Client {place} change {changes}");
            change(&ana, id, json!({ "name": name })).await;
            names.insert(id.clone(), name);
        }
        changes += 1;
        if changes % 300 == 0 {
            drop(std::mem::replace(&mut running, Killed(worker(&told))));
            kills += 1;
        }
    }
    assert_eq!(kills, 6);
    let admin = app.admin().await;
    for _ in 0..3 {
        tokio::time::sleep(Duration::from_millis(700)).await;
        drop(std::mem::replace(&mut running, Killed(worker(&told))));
    }
    let mut left = json!(null);
    for _ in 0..600 {
        left = admin.data("{ syncCounts { kind status count } }", json!({})).await["syncCounts"].clone();
        if left.as_array().expect("counts").iter().all(|count| count["status"] == "SYNCED") {
            break;
        }
        // Whoever failed several times in a row waits for minutes: that time has passed.
        retry_failed(&app).await;
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    assert_eq!(left, json!([{ "kind": "client", "status": "SYNCED", "count": 500 }]), "{left}");
    let ours: Vec<_> = odoo
        .records("res.partner")
        .into_iter()
        .filter(|record| record.text("ref").is_ok_and(|number| number.is_some_and(|n| n.starts_with("AGS-"))))
        .collect();
    assert_eq!(ours.len(), 500, "none missing, none twice");
    for (id, name) in &names {
        let (_, there) = odoo.external_id(&format!("cabina.{id}")).expect("it is there");
        let record = ours.iter().find(|record| record.id() == Ok(there)).expect("it is there");
        assert_eq!(record.text("name"), Ok(Some(name.as_str())), "the last change is there");
    }
}

#[tokio::test]
async fn notes_are_written_once_though_answers_are_lost() {
    let pair = Pair::with(&[("ODOO_SYNC", "client=push,entry=push"), ("ODOO_TIMEOUT", "1")]).await;
    pair.odoo.set(Switches { error_share: 0.2, lose_share: 0.3, ..Switches::default() });
    let ana = pair.app.ana().await;
    let id = ana.client("Rosa").await;
    let mut notes = Vec::new();
    for number in 0..15 {
        let note = json!({ "clientId": id, "kind": "NOTE", "text": format!("note {number}") });
        let note = ana.run("eventlogAppend", note, "entry { id }").await["entry"]["id"].clone();
        notes.push(note.as_str().expect("an id").to_owned());
    }
    pair.settled().await;
    let messages = pair.odoo.records("mail.message");
    for note in notes {
        let with = |body: Option<&str>| body.is_some_and(|body| body.contains(&note));
        let count = messages.iter().filter(|message| message.text("body").is_ok_and(with)).count();
        assert_eq!(count, 1, "{note}");
    }
}

#[tokio::test]
async fn notes_stay_in_their_order_though_the_first_had_to_wait() {
    let mut pair = Pair::with(&[("ODOO_SYNC", "client=push,entry=push")]).await;
    let ana = pair.app.ana().await;
    let id = ana.client("Rosa").await;
    pair.settled().await;
    pair.halt();
    for number in 10..35 {
        let note = json!({ "clientId": id, "kind": "NOTE", "text": format!("note {number}") });
        ana.run("eventlogAppend", note, "entry { id }").await;
    }
    // As if its answer had been lost: by now it is due behind all that came after it.
    let waited = "UPDATE sync_external SET next_attempt_at = (SELECT max(next_attempt_at) FROM sync_external) \
        WHERE id = (SELECT id FROM sync_external WHERE status = 'PENDING' ORDER BY id LIMIT 1)";
    pair.app.app.database.own.execute_unprepared(waited).await.expect("it waited");
    pair.go_on();
    pair.settled().await;
    let messages = pair.odoo.records("mail.message");
    let bodies = messages.iter().filter_map(|message| message.text("body").ok().flatten());
    let notes: Vec<&str> = bodies.filter_map(|body| body.split("note ").nth(1)?.get(..2)).collect();
    let order: Vec<String> = (10..35).map(|number| number.to_string()).collect();
    assert_eq!(notes, order);
}

#[tokio::test]
async fn a_note_given_up_in_doubt_is_looked_for_when_an_admin_retries_it() {
    let pair = Pair::with(&[("ODOO_SYNC", "client=push,entry=push"), ("ODOO_TIMEOUT", "1")]).await;
    let (ana, admin) = (pair.app.ana().await, pair.app.admin().await);
    let id = ana.client("Rosa").await;
    pair.settled().await;
    pair.odoo.set(Switches { lose_share: 1.0, ..Switches::default() });
    let note = json!({ "clientId": id, "kind": "NOTE", "text": "once" });
    let note = ana.run("eventlogAppend", note, "entry { id }").await["entry"]["id"].clone();
    let note = note.as_str().expect("an id").to_owned();
    until("its answer is lost", async || sync_of(&ana, &note).await["status"] == "ERROR").await;
    // All tries but the last have passed.
    let passed = "UPDATE sync_external SET attempts = 15 WHERE status = 'ERROR'";
    pair.app.app.database.own.execute_unprepared(passed).await.expect("tried often");
    until("it is given up", async || sync_of(&ana, &note).await["status"] == "DEAD").await;
    pair.odoo.set(Switches::default());
    admin.run("syncRetry", json!({ "all": true }), "ids").await;
    pair.settled().await;
    let messages = pair.odoo.records("mail.message");
    let with = |body: Option<&str>| body.is_some_and(|body| body.contains(&note));
    assert_eq!(messages.iter().filter(|message| message.text("body").is_ok_and(with)).count(), 1);
}

#[tokio::test]
async fn what_was_deleted_while_its_first_answer_was_lost_is_archived_there() {
    let pair = Pair::with(&[("ODOO_SYNC", "client=push,contact=push"), ("ODOO_TIMEOUT", "1")]).await;
    let ana = pair.app.ana().await;
    let id = ana.client("Rosa").await;
    pair.settled().await;
    pair.odoo.set(Switches { lose_share: 1.0, ..Switches::default() });
    let person = json!({ "clientId": id, "name": "Luz" });
    let contact = ana.run("contactCreate", person, "contact { id }").await;
    let person = contact["contact"]["id"].as_str().expect("an id").to_owned();
    until("its answer is lost", async || sync_of(&ana, &person).await["status"] == "ERROR").await;
    // The next try fails without a doubt, which says nothing of the first.
    pair.odoo.set(Switches {
        error_share: 1.0,
        error_kinds: vec![ErrorKind::BadGateway],
        ..Switches::default()
    });
    let asked = pair.odoo.calls();
    until("it is tried again", async || pair.odoo.calls() > asked).await;
    ana.run("contactDelete", json!({ "id": person }), "event { id }").await;
    pair.odoo.set(Switches::default());
    pair.settled().await;
    assert_eq!(pair.partner(&person).flag("active"), Ok(false));
}

#[tokio::test]
async fn an_edit_of_a_record_whose_first_answer_was_lost_is_not_overwritten() {
    // Whatever the clock there says.
    for clock_skew in [0, -7200, 7200] {
        an_edit_after_a_lost_answer(clock_skew).await;
    }
}

async fn an_edit_after_a_lost_answer(clock_skew: i64) {
    let (odoo, url, stop) = sandbox().await;
    odoo.set(Switches { clock_skew, ..Switches::default() });
    let settings = [("ODOO_TIMEOUT", "1"), ("ODOO_PULL_EVERY", "3600")];
    let mut pair = Pair::of((odoo, url, stop), &settings).await;
    let ana = pair.app.ana().await;
    ana.client("Somebody else").await;
    pair.settled().await;
    pair.odoo.set(Switches { lose_share: 1.0, clock_skew, ..Switches::default() });
    let rosa = json!({ "name": "Rosa", "email": "rosa@cabina.example", "phone": "+524491234567" });
    let id = ana.client_with(rosa).await["id"].as_str().expect("an id").to_owned();
    until("its answer is lost", async || sync_of(&ana, &id).await["status"] == "ERROR").await;
    pair.halt();
    // Meanwhile one changes this there and another that here.
    let there = pair.partner(&id).id().expect("an id");
    pair.odoo.edit("res.partner", there, fields([("phone", text("+524490000000")), ("city", text("León"))]));
    change(&ana, &id, json!({ "email": "new@cabina.example" })).await;
    pair.odoo.set(Switches { clock_skew, ..Switches::default() });
    pair.go_on();
    pair.settled().await;
    let (partner, here) = (pair.partner(&id), client(&ana, &id).await);
    assert_eq!(partner.id(), Ok(there));
    assert_eq!((partner.text("phone"), &here["phone"]), (Ok(Some("+524490000000")), &json!("+524490000000")));
    assert_eq!((partner.text("city"), &here["address"]["city"]), (Ok(Some("León")), &json!("León")));
    assert_eq!(
        (partner.text("email"), &here["email"]),
        (Ok(Some("new@cabina.example")), &json!("new@cabina.example"))
    );
}
