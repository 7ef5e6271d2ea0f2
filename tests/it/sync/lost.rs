//! Many records in doubt: they are looked for in a few calls, whatever gets lost on the way.

use cabina::domains::clients::client;
use cabina::kernel::ids::ClientId;
use cabina::platform::auth::Viewer;
use cabina::platform::db::{Visible, insert_all};
use cabina::sandbox::odoo::Switches;
use sea_orm::{ColumnTrait, IntoActiveModel, QueryFilter};
use serde_json::json;

use super::trouble::{Killed, worker};
use super::{Pair, fields, sandbox, text, until, variables};
use crate::support::Actor;

const RECORDS: usize = 200;
/// Of these Odoo knows nothing: their call never arrived.
const ABSENT: usize = 50;

struct Case {
    pair: Pair,
    admin: Actor,
    /// What a worker of its own is told.
    told: Vec<(String, String)>,
    /// How many things there are.
    all: usize,
}

impl Case {
    async fn with(settings: &[(&str, &str)]) -> Case {
        let (odoo, url, stop) = sandbox().await;
        let mut told: Vec<(String, String)> = Vec::new();
        for (name, value) in variables(&odoo, &url) {
            if !settings.iter().any(|(known, _)| *known == name) {
                told.push((name.to_owned(), value));
            }
        }
        told.extend(settings.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
        let pair = Pair::of((odoo, url, stop), settings).await;
        told.push(("DATABASE_URL".to_owned(), pair.app.database_url()));
        let admin = pair.app.admin().await;
        Case { pair, admin, told, all: 0 }
    }
}

/// A worker that was ended, and two hundred clients whose answers were all lost.
async fn in_doubt(more: &[(&str, &str)]) -> Case {
    let settings = [
        ("ODOO_SYNC", "client=both"),
        ("ODOO_PULL_EVERY", "3600"),
        ("ODOO_TIMEOUT", "1"),
        ("CABINA_JOB_LEASE", "1"),
    ];
    let settings: Vec<_> = settings.iter().chain(more).copied().collect();
    let case = Case { all: RECORDS + 1, ..Case::with(&settings).await };
    let pair = &case.pair;
    let id: ClientId = pair.app.ana().await.client("Client 0").await.parse().expect("an id");
    pair.settled().await;
    let (app, own) = (&pair.app.app, pair.app.app.database.own.clone());
    let all = client::Entity::visible_to(&Viewer::system("tests"));
    let one = all.filter(client::Column::Id.eq(id)).one(&own).await.expect("read").expect("there");
    let more = (1..=RECORDS).map(|number| {
        let (name, id) = (format!("Client {number}"), ClientId::new());
        let number = format!("AGS-9{number:05}");
        client::Model { id, number, name, ..one.clone() }.into_active_model()
    });
    insert_all(&own, more, None).await.expect("inserted");
    let sent = pair.odoo.calls_of("res.partner.load");
    pair.odoo.set(Switches { lose_share: 1.0, ..Switches::default() });
    cabina::domains::sync::ledger::mark_all(&app.database, "client", app.clock.now()).await.expect("marked");
    // Meanwhile it is tried again, and waits again: no look-up is answered either.
    until("the answer is lost", async || {
        let waiting = case.standing("ERROR").await + case.standing("PENDING").await;
        ours(pair).len() == RECORDS + 1 && waiting == RECORDS
    })
    .await;
    pair.halt();
    assert_eq!(pair.odoo.calls_of("res.partner.load"), sent + 1, "all in one call");
    pair.odoo.set(Switches::default());
    let ours = ours(pair);
    assert_eq!(ours.len(), RECORDS + 1);
    for id in &ours[RECORDS + 1 - ABSENT..] {
        pair.odoo.delete("res.partner", *id);
    }
    pair.odoo.edit("res.partner", ours[1], fields([("name", text("Edited there"))]));
    pair.odoo.set(Switches { lose_share: 0.2, ..Switches::default() });
    case
}

/// The ids of all that we made there.
fn ours(pair: &Pair) -> Vec<i64> {
    let records = pair.odoo.records("res.partner");
    let ours = records.iter().filter(|record| {
        record.text("ref").is_ok_and(|number| number.is_some_and(|number| number.starts_with("AGS-")))
    });
    ours.map(|record| record.id().expect("an id")).collect()
}

impl Case {
    /// How many stand like this.
    async fn standing(&self, status: &str) -> usize {
        let counts =
            self.admin.data("{ syncCounts { status count } }", json!({})).await["syncCounts"].clone();
        let counts = counts.as_array().expect("counts").iter().filter(|count| count["status"] == status);
        counts.map(|count| usize::try_from(count["count"].as_u64().expect("a count")).expect("few")).sum()
    }

    /// Whether all stand alike. What waits because it failed is tried now.
    async fn is_done(&self) -> bool {
        self.pair.retry_failed().await;
        let failed = self
            .admin
            .data("{ syncFailures(filter: { dead: true }) { nodes { lastError } } }", json!({}))
            .await;
        assert_eq!(failed["syncFailures"]["nodes"], json!([]), "none is given up");
        self.standing("SYNCED").await == self.all
    }

    /// Kills workers, each of which lives for a few calls more than the one before, and has the last one end it.
    async fn end_with_kills(&self) {
        for life in 1..=8 {
            let then = self.pair.odoo.calls() + life;
            let _running = Killed(worker(&self.told));
            until("it called, or has nothing left to do", async || {
                self.is_done().await || self.pair.odoo.calls() >= then
            })
            .await;
        }
        let _running = Killed(worker(&self.told));
        until("all are alike", async || self.is_done().await).await;
    }

    /// All are there once, and what a person changed there was not overwritten.
    fn assert_whole(&self) {
        let ours = ours(&self.pair);
        assert_eq!(ours.len(), RECORDS + 1, "none missing, none twice");
        let records = self.pair.odoo.records("res.partner");
        let edited = records.iter().find(|record| record.id() == Ok(ours[1])).expect("it is there");
        assert_eq!(edited.text("name"), Ok(Some("Edited there")));
    }
}

#[tokio::test]
async fn two_hundred_in_doubt_take_a_few_calls_though_answers_get_lost() {
    for (transport, most, errors) in
        [("json2", 30, 0), ("jsonrpc", 30, 0), ("xmlrpc", 60, ABSENT as u64 + 20)]
    {
        let mut case = in_doubt(&[("ODOO_TRANSPORT", transport)]).await;
        let (calls, logged) = (case.pair.odoo.calls(), case.pair.odoo.errors_logged());
        case.pair.go_on();
        until("all are alike", async || case.is_done().await).await;
        let calls = case.pair.odoo.calls() - calls;
        let logged = case.pair.odoo.errors_logged() - logged;
        println!("{transport}: {calls} calls, {logged} errors in Odoo's log");
        assert!(calls <= most, "{transport}: {calls} calls");
        assert!(logged <= errors, "{transport}: {logged} errors in Odoo's log");
        case.assert_whole();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_hundred_in_doubt_are_found_by_workers_that_are_killed() {
    let case = in_doubt(&[]).await;
    let before = case.pair.odoo.calls();
    case.end_with_kills().await;
    let calls = case.pair.odoo.calls() - before;
    println!("{calls} calls, eight kills");
    assert!(calls <= 80, "{calls} calls");
    case.assert_whole();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn contacts_come_under_their_company_once_though_workers_are_killed_between_the_two_calls() {
    let settings = [("ODOO_PULL_EVERY", "3600"), ("ODOO_TIMEOUT", "1"), ("CABINA_JOB_LEASE", "1")];
    let case = Case { all: 41, ..Case::with(&settings).await };
    let pair = &case.pair;
    let ana = pair.app.ana().await;
    let rosa = ana.client("Rosa").await;
    pair.settled().await;
    pair.halt();
    let mut people = Vec::new();
    for number in 0..40 {
        let person = json!({ "clientId": rosa, "name": format!("Person {number}") });
        let made = ana.run("contactCreate", person, "contact { id }").await;
        people.push(made["contact"]["id"].as_str().expect("an id").to_owned());
    }
    pair.odoo.set(Switches { accounting: true, lose_share: 0.3, ..Switches::default() });
    case.end_with_kills().await;
    let company = case.pair.partner(&rosa).id().expect("an id");
    for id in &people {
        assert_eq!(case.pair.partner(id).many2one("parent_id"), Ok(Some(company)));
    }
    let named = |name: Option<&str>| name.is_some_and(|name| name.starts_with("Person "));
    let there = case.pair.odoo.records("res.partner");
    assert_eq!(there.iter().filter(|record| record.text("name").is_ok_and(named)).count(), 40);
}
