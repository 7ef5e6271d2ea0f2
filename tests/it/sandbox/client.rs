//! Our client against the sandbox: what a call that failed, or whose answer got lost, has done.

use std::time::Duration;

use cabina::integrations::odoo::{
    Acted, Call, Class, Domain, Fault, Kind, Loaded, Odoo, Record, TransientKind, Transport, Value,
};
use cabina::platform::config::OdooTransport;
use cabina::sandbox::odoo::{ErrorKind, SandboxOdoo, Switches};

use super::lab::{Lab, line, map};
use crate::odoo::double::client;

const ALL: [OdooTransport; 3] = [OdooTransport::XmlRpc, OdooTransport::JsonRpc, OdooTransport::Json2];

/// A sandbox and a client that is logged in.
async fn start(transport: OdooTransport) -> (Lab, Odoo) {
    let lab = Lab::start().await;
    let mut config = lab.odoo.config(&lab.url);
    config.transport = transport;
    config.timeout = Duration::from_secs(20);
    let (odoo, _) = client(config);
    assert_eq!(odoo.uid().await, Ok(5));
    (lab, odoo)
}

fn load(name: &str) -> Call<Loaded> {
    let row =
        |id: &str, name: &str| vec![format!("cabina.client_{id}"), name.to_owned(), "base.mx".to_owned()];
    Call::load("res.partner", &["id", "name", "country_id/id"], &[row("1", name), row("2", "Dos")])
}

fn partners(lab: &SandboxOdoo, name: &str) -> usize {
    lab.records("res.partner").iter().filter(|record| record.text("name") == Ok(Some(name))).count()
}

#[tokio::test]
async fn loading_twice_makes_one_record() {
    for transport in ALL {
        let (lab, odoo) = start(transport).await;
        let Loaded(first) = odoo.run(load("Uno")).await.expect("loaded");
        let Loaded(again) = odoo.run(load("Uno bis")).await.expect("loaded");
        assert_eq!((first.clone(), first.len()), (again, 2), "{transport:?}");
        assert_eq!((partners(&lab.odoo, "Uno"), partners(&lab.odoo, "Uno bis")), (0, 1));
        assert_eq!(lab.odoo.external_id("cabina.client_1"), Some(("res.partner".to_owned(), first[0])));
        assert_eq!((lab.odoo.calls(), lab.odoo.calls_of("res.partner.load")), (2 + json2_uid(transport), 2));
    }
}

/// Over JSON-2, to ask who one is is a call.
fn json2_uid(transport: OdooTransport) -> u64 {
    u64::from(transport == OdooTransport::Json2)
}

#[tokio::test]
async fn a_lost_answer_was_committed_and_the_repetition_makes_no_other() {
    for transport in ALL {
        let (lab, odoo) = start(transport).await;
        lab.odoo.set(Switches { lose_share: 1.0, ..Switches::default() });
        let fault = odoo.run(load("Uno")).await.expect_err("no answer");
        assert_eq!(fault.class, Class::Unknown, "{transport:?} {fault}");
        assert_eq!(partners(&lab.odoo, "Uno"), 1);
        lab.odoo.set(Switches::default());
        let Loaded(ids) = odoo.run(load("Uno")).await.expect("loaded");
        assert_eq!(
            (lab.odoo.external_id("cabina.client_1").expect("known").1, partners(&lab.odoo, "Uno")),
            (ids[0], 1)
        );
    }
}

#[tokio::test]
async fn a_poisoned_row_keeps_its_whole_call_out() {
    for transport in ALL {
        let (lab, odoo) = start(transport).await;
        lab.odoo.set(Switches { poison: Some("Veneno".to_owned()), ..Switches::default() });
        let row = |id: &str, name: &str| vec![id.to_owned(), name.to_owned()];
        let rows = [row("cabina.a", "Bueno"), row("cabina.b", "Veneno 7")];
        let fault = odoo.run(Call::load("res.partner", &["id", "name"], &rows)).await.expect_err("refused");
        // The whole call's failure is put on its first row too.
        let blamed: Vec<_> = fault.rows.iter().map(|row| row.row).collect();
        assert_eq!((fault.class, blamed), (Class::Permanent(Kind::Rule), vec![Some(0), Some(1)]));
        assert_eq!((partners(&lab.odoo, "Bueno"), lab.odoo.external_id("cabina.a")), (0, None));
        let fault = odoo
            .run(Call::create("res.partner", map([("name", "Veneno".into())])))
            .await
            .expect_err("refused");
        assert_eq!(fault.class, Class::Permanent(Kind::Rule), "{transport:?}");
    }
}

#[tokio::test]
async fn a_conflict_stored_nothing_and_may_be_repeated() {
    for transport in ALL {
        let (lab, odoo) = start(transport).await;
        let kinds = vec![ErrorKind::Conflict];
        lab.odoo.set(Switches { error_share: 1.0, error_kinds: kinds, ..Switches::default() });
        let conflict = Class::Transient(TransientKind::Conflict);
        assert_eq!(odoo.run(load("Uno")).await.expect_err("a conflict").class, conflict);
        let write = Call::write("res.partner", &[6], map([("name", "Otro".into())]));
        assert_eq!(odoo.run(write).await.expect_err("a conflict").class, conflict);
        assert_eq!(partners(&lab.odoo, "Uno") + partners(&lab.odoo, "Otro"), 0);
    }
}

#[tokio::test]
async fn what_fails_before_anything_is_done_takes_turns() {
    let (lab, odoo) = start(OdooTransport::JsonRpc).await;
    lab.odoo.set(Switches { error_share: 1.0, ..Switches::default() });
    let mut classes = Vec::new();
    for _ in 0..4 {
        classes.push(odoo.run(load("Uno")).await.expect_err("a failure").class);
    }
    let conflict = Class::Transient(TransientKind::Conflict);
    assert_eq!(classes, [conflict, Class::Unknown, Class::Unknown, Class::Unknown]);
    assert_eq!((partners(&lab.odoo, "Uno"), lab.odoo.calls_of("res.partner.load")), (0, 4));
}

#[tokio::test]
async fn half_of_the_errors_are_half_of_the_calls_and_the_same_each_time() {
    let mut runs = Vec::new();
    for _ in 0..2 {
        let (lab, odoo) = start(OdooTransport::Json2).await;
        let kinds = vec![ErrorKind::Conflict];
        lab.odoo.set(Switches { error_share: 0.5, error_kinds: kinds, ..Switches::default() });
        let mut fates = Vec::new();
        for _ in 0..40 {
            fates.push(odoo.run(Call::search_count("res.partner", Domain::all())).await.is_ok());
        }
        runs.push(fates);
    }
    assert_eq!(runs[0], runs[1]);
    assert!((10..=30).contains(&runs[0].iter().filter(|ok| **ok).count()), "{runs:?}");
}

#[tokio::test]
async fn a_server_that_is_down_answers_nobody_and_does_nothing() {
    for transport in ALL {
        let (lab, odoo) = start(transport).await;
        let before = lab.odoo.calls();
        lab.odoo.set(Switches { down: true, ..Switches::default() });
        assert_eq!(odoo.run(load("Uno")).await.expect_err("down").class, Class::Unknown);
        assert_eq!((partners(&lab.odoo, "Uno"), lab.odoo.calls()), (0, before));
    }
}

#[tokio::test]
async fn a_slow_call_is_done_after_its_caller_has_gone_and_dated_when_it_began() {
    let lab = Lab::start().await;
    let mut config = lab.odoo.config(&lab.url);
    config.timeout = Duration::from_secs(1);
    let (odoo, _) = client(config);
    assert_eq!(odoo.uid().await, Ok(5));
    lab.odoo.set(Switches { slow: Duration::from_millis(2500), ..Switches::default() });
    assert_eq!(odoo.run(load("Uno")).await.expect_err("too late").class, Class::Unknown);
    lab.odoo.set(Switches::default());
    let meanwhile = lab.odoo.add("res.partner", map([("name", "Entretanto".into())]));
    while partners(&lab.odoo, "Uno") == 0 {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let records = lab.odoo.records("res.partner");
    let moment = |fits: &dyn Fn(&&Record) -> bool| {
        records.iter().find(fits).expect("there").instant("write_date").expect("a moment")
    };
    let late = moment(&|record| record.text("name") == Ok(Some("Uno")));
    assert!(late < moment(&|record| record.id() == Ok(meanwhile)), "rule 36");
}

#[tokio::test]
async fn methods_that_answer_nothing_have_done_their_work() {
    for transport in ALL {
        let (lab, odoo) = start(transport).await;
        let lines = Value::List(vec![line([("name", "Línea".into()), ("price_unit", Value::Float(99.99))])]);
        let values =
            [("move_type", "out_invoice".into()), ("partner_id", Value::Int(6)), ("invoice_line_ids", lines)];
        let id = odoo.run(Call::create("account.move", map(values))).await.expect("made");
        let act = |method| odoo.run(Call::act("account.move", method, &[id]));
        let posted: Acted = act("action_post").await.expect("posted");
        assert_eq!(posted.answer, Some(Value::Bool(false)), "rule 21");
        let again: Result<Acted, Fault> = act("action_post").await;
        assert_eq!(again.expect_err("rule 22").class, Class::Permanent(Kind::Rule));
        let draft: Acted = act("button_draft").await.expect("rule 20");
        assert_eq!(draft.answer, None, "{transport:?}");
        let moves = lab.odoo.records("account.move");
        assert_eq!(moves[0].text("state"), Ok(Some("draft")));
        assert_eq!(moves[0].get("amount_total"), Ok(&Value::Float(99.99)));
    }
}

#[tokio::test]
async fn logins_and_keys_are_refused_as_told() {
    let refused = Err(Class::Refused);
    for (switches, outcomes) in [
        (Switches { refuse_login: true, ..Switches::default() }, [refused, refused, Ok(())]),
        (Switches { expired_key: true, ..Switches::default() }, [Ok(()), Ok(()), refused]),
    ] {
        for (transport, expected) in ALL.into_iter().zip(outcomes) {
            let (lab, odoo) = start(transport).await;
            lab.odoo.set(switches.clone());
            let answered = odoo.run(load("Uno")).await.map(drop).map_err(|fault| fault.class);
            assert_eq!(answered, expected, "{transport:?} {switches:?}");
        }
    }
}

#[tokio::test]
async fn the_version_decides_on_the_language_and_on_the_fields() {
    for (version, transport, mobile) in
        [(16, Transport::JsonRpc, true), (18, Transport::JsonRpc, true), (19, Transport::Json2, false)]
    {
        let lab = Lab::start().await;
        lab.odoo.set(Switches { version, ..Switches::default() });
        let (odoo, _) = client(lab.odoo.config(&lab.url));
        assert_eq!(
            (odoo.transport().await, odoo.version().await.map(|v| v.major)),
            (Ok(transport), Ok(version))
        );
        let fields = odoo.run(Call::fields_get("res.partner", &[])).await.expect("fields");
        assert_eq!(fields.get("mobile").is_some(), mobile, "{version}");
    }
}

#[tokio::test]
async fn rights_and_fields_are_missing_as_told() {
    let (lab, odoo) = start(OdooTransport::Auto).await;
    lab.odoo.set(Switches {
        no_rights: vec!["crm.lead".to_owned()],
        missing_fields: vec![("res.partner".to_owned(), "vat".to_owned())],
        ..Switches::default()
    });
    let lead = Call::create("crm.lead", map([("name", "x".into())]));
    assert_eq!(odoo.run(lead).await.expect_err("no right").class, Class::Permanent(Kind::Access));
    let partner = Call::create("res.partner", map([("name", "x".into()), ("vat", "y".into())]));
    assert_eq!(odoo.run(partner).await.expect_err("no field").class, Class::Permanent(Kind::Mapping));
    assert!(odoo.run(Call::fields_get("res.partner", &[])).await.expect("fields").get("vat").is_none());
    let denied = odoo.run(Call::search("ir.model.data", Domain::all())).await.expect_err("rule 30");
    assert_eq!(denied.class, Class::Permanent(Kind::Access));
}

#[tokio::test]
async fn a_person_changes_what_the_pull_then_finds() {
    let (lab, odoo) = start(OdooTransport::Auto).await;
    lab.at("2026-11-20 10:00:00");
    let Loaded(ids) = odoo.run(load("Uno")).await.expect("loaded");
    lab.at("2026-11-20 11:00:00.25");
    lab.odoo.edit("res.partner", ids[0], map([("name", "Cambiado".into())]));
    let since = "2026-11-20 11:00:00";
    let page = |operator| {
        let domain = Domain::all().and("write_date", operator, since);
        Call::search_read("res.partner", domain, &["name", "write_uid", "write_date"]).order("id asc").bare()
    };
    assert_eq!(odoo.run(page(">")).await, Ok(Vec::new()), "rule 35");
    let found: Vec<Record> = odoo.run(page(">=")).await.expect("records");
    assert_eq!(
        (found.len(), found[0].text("name"), found[0].int("write_uid")),
        (1, Ok(Some("Cambiado")), Ok(2))
    );
    lab.odoo.delete("res.partner", ids[0]);
    let write = Call::write("res.partner", &[ids[0]], map([("name", "x".into())]));
    assert_eq!(odoo.run(write).await.expect_err("gone").class, Class::Permanent(Kind::Missing));
    let Loaded(anew) = odoo.run(load("Uno")).await.expect("rule 29");
    assert_ne!(anew[0], ids[0]);
}

#[tokio::test]
async fn a_wrong_clock_shows_in_records_and_in_answers() {
    let (lab, odoo) = start(OdooTransport::Auto).await;
    lab.at("2026-11-20 10:00:00");
    lab.odoo.set(Switches { clock_skew: 3600, ..Switches::default() });
    let Loaded(ids) = odoo.run(load("Uno")).await.expect("loaded");
    let read: Vec<Record> =
        odoo.run(Call::read("res.partner", &ids[..1], &["write_date"])).await.expect("read");
    let written = read[0].instant("write_date").expect("a moment").expect("one").to_string();
    assert!(written.starts_with("2026-11-20 11:00:"), "{written}");
    let http = reqwest::Client::builder().build().expect("a client");
    let answer = http.get(format!("{}/web/version", lab.url)).send().await.expect("an answer");
    let date = answer.headers()["date"].to_str().expect("text");
    assert!(date.starts_with("Fri, 20 Nov 2026 11:00:"), "{date}");
}

#[tokio::test]
async fn moments_in_load_are_in_the_users_time_zone() {
    let (lab, odoo) = start(OdooTransport::Auto).await;
    let row = ["cabina.l1", "Trato", "2026-11-20 10:00:00"].map(str::to_owned).to_vec();
    let load = Call::load("crm.lead", &["id", "name", "date_open"], &[row]);
    odoo.run(load.clone()).await.expect("loaded");
    let opened = |lab: &Lab| {
        lab.odoo.records("crm.lead")[0].instant("date_open").expect("a moment").expect("one").to_string()
    };
    assert_eq!(opened(&lab), "2026-11-20 16:00:00 UTC");
    odoo.run(load.context("tz", "UTC")).await.expect("loaded");
    assert_eq!(opened(&lab), "2026-11-20 10:00:00 UTC");
}

#[tokio::test]
async fn many_rows_are_loaded_and_loaded_again() {
    let (lab, odoo) = start(OdooTransport::Auto).await;
    let row = |n: usize| vec![format!("cabina.many_{n}"), format!("Cliente {n}"), "True".to_owned()];
    let rows: Vec<Vec<String>> = (0..2000).map(row).collect();
    let mut ids = Vec::new();
    for batch in rows.chunks(500) {
        let call = Call::load("res.partner", &["id", "name", "is_company"], batch);
        let Loaded(first) = odoo.run(call.clone()).await.expect("loaded");
        assert_eq!(odoo.run(call).await, Ok(Loaded(first.clone())));
        ids.extend(first);
    }
    ids.dedup();
    assert_eq!((ids.len(), lab.odoo.records("res.partner").len()), (2000, 2005));
}

#[tokio::test]
async fn switches_are_set_over_http_one_by_one() {
    let (lab, _) = start(OdooTransport::Auto).await;
    let http = reqwest::Client::builder().build().expect("a client");
    let post = |body: &'static str| http.post(format!("{}/sandbox/switches", lab.url)).body(body).send();
    assert!(post(r#"{"lose_share": 0.5, "slow": 20}"#).await.expect("an answer").status().is_success());
    assert!(post(r#"{"poison": "x"}"#).await.expect("an answer").status().is_success());
    let expected = Switches {
        lose_share: 0.5,
        slow: Duration::from_millis(20),
        poison: Some("x".to_owned()),
        ..Switches::default()
    };
    assert_eq!(lab.odoo.switches(), expected);
    assert_eq!(post(r#"{"lose_shares": 1}"#).await.expect("an answer").status(), 422);
    assert_eq!(lab.odoo.switches(), expected);
    let overview = http.get(format!("{}/sandbox", lab.url)).send().await.expect("an answer");
    let overview: serde_json::Value = overview.json().await.expect("JSON");
    assert_eq!(
        (&overview["records"]["res.country.state"], &overview["switches"]["slow"]),
        (&84.into(), &20.into())
    );
}

#[tokio::test]
async fn people_see_a_record_and_change_it_as_people_do() {
    let (odoo, url, _stop) = crate::sync::sandbox().await;
    let id = odoo.add("res.partner", vec![("name".to_owned(), "Rosa".into())]);
    let http = reqwest::Client::builder().build().expect("a client");
    let page = http.get(format!("{url}/web")).send().await.expect("answers").text().await.expect("a page");
    assert!(page.contains("/sandbox/records/"));
    let at = format!("{url}/sandbox/records/res.partner/{id}");
    let change = |body: &'static str| http.post(&at).body(body).send();
    let changed: serde_json::Value =
        change(r#"{"phone":"123","email":""}"#).await.expect("answers").json().await.expect("JSON");
    assert_eq!((&changed["phone"], &changed["email"]), (&"123".into(), &false.into()));
    let refused = change(r#"{"nonsense":"x"}"#).await.expect("answers");
    assert_eq!(refused.status(), 422);
    let gone = http.get(format!("{url}/sandbox/records/res.partner/999999")).send().await.expect("answers");
    assert_eq!(gone.status(), 404);
}
