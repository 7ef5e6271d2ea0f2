//! `cabina odoo doctor`: each wrong state is named, with what to do about it.

use std::process::{Command, Output};

use cabina::flows::odoo::doctor::{Finding, State, examine};
use cabina::integrations::odoo::Value as There;
use cabina::kernel::time::Clock;
use cabina::platform::config::{OdooConfig, OdooTransport, OdooWays};
use cabina::sandbox::odoo::{SandboxOdoo, Switches};
use secrecy::ExposeSecret;
use tokio::net::TcpListener;
use tokio::sync::oneshot;

use super::{sandbox, text, variables};
use crate::support::Setup;

/// A sandbox, and how a doctor is told of it.
struct Patient {
    odoo: SandboxOdoo,
    config: OdooConfig,
    _stop: oneshot::Sender<()>,
}

impl Patient {
    async fn new() -> Patient {
        let (odoo, url, stop) = sandbox().await;
        let mut config = odoo.config(&url);
        config.timeout = std::time::Duration::from_secs(2);
        Patient { odoo, config, _stop: stop }
    }

    async fn with(switches: Switches) -> Patient {
        let patient = Patient::new().await;
        patient.odoo.set(switches);
        patient
    }

    async fn examined(&self) -> Vec<Finding> {
        examine(&self.config, &Clock::System, None).await.expect("an HTTP client")
    }
}

fn of<'a>(findings: &'a [Finding], check: &str) -> Vec<&'a Finding> {
    findings.iter().filter(|finding| finding.check == check).collect()
}

/// The findings of a state.
fn in_state(findings: &[Finding], state: State) -> Vec<&str> {
    findings.iter().filter(|finding| finding.state == state).map(|finding| finding.check).collect()
}

/// That a check found this: the state, and words that the finding and its advice hold.
#[track_caller]
fn assert_says(findings: &[Finding], check: &str, state: State, says: &str, advice: &str) {
    let fits = |finding: &&Finding| {
        finding.state == state
            && finding.says.contains(says)
            && finding.advice.as_deref().unwrap_or_default().contains(advice)
    };
    assert!(of(findings, check).iter().any(fits), "{check} {state:?} {says:?} {advice:?} in {findings:#?}");
}

#[tokio::test]
async fn a_healthy_connection_is_told_in_all_three_languages() {
    let mut patient = Patient::new().await;
    let before = patient.odoo.records("res.partner");
    let found = patient.examined().await;
    assert_eq!(in_state(&found, State::Wrong), [""; 0], "{found:#?}");
    assert_eq!(in_state(&found, State::Warning), [""; 0], "{found:#?}");
    assert_eq!(in_state(&found, State::Unseen), ["stages", "newcomers", "ledger"]);
    assert_says(&found, "version", State::Ok, "Odoo 19.0", "");
    assert_says(&found, "transport", State::Ok, "JSON-2", "");
    assert_says(&found, "login", State::Ok, "cabina (cabina@sandbox.example), user 5", "");
    assert_says(&found, "rights", State::Ok, "res.partner: read, write and create", "");
    assert_says(&found, "rights", State::Ok, "mail.message: read and create", "");
    assert_says(&found, "fields", State::Ok, "client: all 12 are in res.partner", "");
    assert_says(&found, "trial", State::Ok, "client: Odoo would take a new one", "");
    assert_says(&found, "trial", State::Ok, "contact: Odoo would put one under its company", "");
    assert_says(&found, "key age", State::Ok, "0 days old", "");
    for transport in [OdooTransport::JsonRpc, OdooTransport::XmlRpc] {
        patient.config.transport = transport;
        let found = patient.examined().await;
        assert_eq!(in_state(&found, State::Wrong), [""; 0], "{found:#?}");
        assert_eq!(in_state(&found, State::Warning), ["transport"], "{found:#?}");
        assert_says(&found, "transport", State::Warning, "22", "ODOO_TRANSPORT=auto");
        assert_eq!(of(&found, "key").len(), 2, "password and key");
    }
    assert_eq!(patient.odoo.records("res.partner"), before, "nothing is stored");
    assert_eq!(patient.odoo.errors_logged(), 0);
}

#[tokio::test]
async fn older_versions_are_well_without_json_2() {
    for version in [16, 17, 18] {
        let mut patient = Patient::with(Switches { version, ..Switches::default() }).await;
        let found = patient.examined().await;
        assert_eq!(in_state(&found, State::Wrong), [""; 0], "{found:#?}");
        assert_eq!(in_state(&found, State::Warning), [""; 0], "{found:#?}");
        assert_says(&found, "version", State::Ok, &format!("Odoo {version}.0"), "");
        assert_says(
            &found,
            "transport",
            State::Ok,
            &format!("JSON-RPC, found: Odoo {version} has no JSON-2"),
            "",
        );
        patient.config.transport = OdooTransport::Json2;
        let found = patient.examined().await;
        assert_says(&found, "transport", State::Wrong, "does not know it", "ODOO_TRANSPORT=auto");
        assert_says(&found, "rights", State::Unseen, "not looked at: this Odoo does not speak", "");
        patient.config.transport = OdooTransport::Auto;
        patient.config.login = None;
        let found = patient.examined().await;
        assert_says(&found, "login", State::Wrong, "ODOO_LOGIN is not set", "Set ODOO_LOGIN");
    }
    for (version, state) in [(15, State::Wrong), (20, State::Warning)] {
        let patient = Patient::with(Switches { version, ..Switches::default() }).await;
        assert_says(&patient.examined().await, "version", state, &version.to_string(), "");
    }
}

#[tokio::test]
async fn an_address_without_odoo_is_named_and_nothing_else_is_looked_at() {
    let down = Patient::with(Switches { down: true, ..Switches::default() }).await;
    let found = down.examined().await;
    assert_says(&found, "address", State::Wrong, "does not answer as an Odoo does", "Check ODOO_URL");
    assert_says(&found, "login", State::Unseen, "not looked at: no Odoo answers", "");
    assert_eq!(in_state(&found, State::Wrong), ["address"]);
    assert_eq!(in_state(&found, State::Ok), ["settings", "zones"]);
    assert_says(&found, "zones", State::Ok, "time zones by release 2", "");

    let mut nowhere = Patient::new().await;
    let port = TcpListener::bind("127.0.0.1:0").await.expect("a port").local_addr().expect("an address");
    nowhere.config.url = format!("http://{port}");
    assert_says(
        &nowhere.examined().await,
        "address",
        State::Wrong,
        "can't be reached",
        "whether the Odoo server runs",
    );

    // Somebody else's page, which answers anything.
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    nowhere.config.url = format!("http://{}", listener.local_addr().expect("an address"));
    let page = axum::Router::new().fallback(|| async { "<h1>It works!</h1>" });
    let served = tokio::spawn(async move { axum::serve(listener, page).await });
    let found = nowhere.examined().await;
    served.abort();
    assert_says(
        &found,
        "address",
        State::Wrong,
        "does not answer as an Odoo does",
        "the address of Odoo itself",
    );
    assert_eq!(in_state(&found, State::Wrong), ["address"]);
}

#[tokio::test]
async fn a_wrong_database_is_named_in_each_language() {
    let mut patient = Patient::new().await;
    patient.config.database = "cabin".to_owned();
    for transport in [OdooTransport::Json2, OdooTransport::JsonRpc, OdooTransport::XmlRpc] {
        patient.config.transport = transport;
        let found = patient.examined().await;
        assert_says(&found, "database", State::Wrong, "\"cabin\"", "Correct ODOO_DB");
        assert_says(&found, "login", State::Unseen, "nobody is logged in", "");
        assert_eq!(in_state(&found, State::Wrong), ["database"]);
    }
}

#[tokio::test]
async fn refused_secrets_are_told_one_by_one() {
    let mut patient = Patient::with(Switches { refuse_login: true, ..Switches::default() }).await;
    patient.config.transport = OdooTransport::JsonRpc;
    let found = patient.examined().await;
    assert_says(&found, "key", State::Wrong, "ODOO_PASSWORD is refused", "two-factor");
    assert_says(&found, "key", State::Wrong, "the API key is refused", "New API Key");
    assert_says(&found, "login", State::Wrong, "accepts nothing", "Check ODOO_LOGIN");
    assert_says(&found, "rights", State::Unseen, "nobody is logged in", "");

    patient.odoo.set(Switches { expired_key: true, ..Switches::default() });
    let found = patient.examined().await;
    assert_says(&found, "key", State::Ok, "ODOO_PASSWORD is accepted", "");
    assert_says(&found, "key", State::Warning, "the API key is refused", "put it first in ODOO_API_KEYS");
    patient.config.transport = OdooTransport::Auto;
    let found = patient.examined().await;
    assert_says(&found, "key", State::Wrong, "the API key is refused", "New API Key");
    assert_says(&found, "login", State::Wrong, "accepts nothing", "");
    assert_eq!(of(&found, "database")[0].state, State::Ok);

    patient.odoo.set(Switches::default());
    patient.config.api_keys.insert(0, "an-old-key".into());
    let found = patient.examined().await;
    assert_says(&found, "key", State::Warning, "API key 1 of 2 is refused; another way in", "Take it out");
    assert_says(&found, "key", State::Ok, "API key 2 of 2 is accepted", "");
    assert_eq!(in_state(&found, State::Wrong), [""; 0], "{found:#?}");
    assert!(!format!("{found:?}").contains("an-old-key"));
}

#[tokio::test]
async fn an_administrator_and_keys_of_two_users_are_warned_of() {
    let mut patient = Patient::new().await;
    let key: There = "key-of-the-admin".into();
    patient.odoo.edit("res.users", 2, vec![("api_key".to_owned(), key)]);
    patient.config.api_keys.insert(0, "key-of-the-admin".into());
    let found = patient.examined().await;
    assert_says(
        &found,
        "user",
        State::Warning,
        "Administrator is an administrator",
        "Make a user for cabina alone",
    );
    assert_says(&found, "login", State::Warning, "other keys are those of user 5", "one user only");
    patient.config.api_keys.truncate(1);
    let found = patient.examined().await;
    assert_says(
        &found,
        "login",
        State::Warning,
        "(admin), user 2, and ODOO_LOGIN says cabina@",
        "correct ODOO_LOGIN",
    );
}

#[tokio::test]
async fn missing_rights_are_told_by_model_as_the_ways_need_them() {
    let no_rights = vec!["res.partner".to_owned()];
    for version in [17, 19] {
        let mut patient =
            Patient::with(Switches { no_rights: no_rights.clone(), version, ..Switches::default() }).await;
        let found = patient.examined().await;
        assert_says(
            &found,
            "rights",
            State::Wrong,
            "res.partner: cabina may not read, write and create",
            "Contact / Creation",
        );
        assert_eq!(in_state(&found, State::Wrong), ["rights"], "{found:#?}");
        patient.config.sync.ways = [("client".to_owned(), OdooWays::Pull)].into();
        let found = patient.examined().await;
        assert_says(&found, "rights", State::Wrong, "res.partner: cabina may not read", "may read it");
        assert_eq!(of(&found, "rights").len(), 3, "no notes, no rights on them");
    }
}

#[tokio::test]
async fn missing_fields_are_told_by_kind() {
    let gone = |name: &str| ("res.partner".to_owned(), name.to_owned());
    let missing_fields = vec![gone("vat"), gone("function"), gone("customer_rank")];
    let mut patient = Patient::with(Switches { missing_fields, ..Switches::default() }).await;
    let found = patient.examined().await;
    assert_says(&found, "fields", State::Wrong, "client: res.partner has no vat", "client=off");
    assert_says(&found, "fields", State::Wrong, "contact: res.partner has no function", "contact=off");
    assert_eq!(in_state(&found, State::Wrong), ["fields", "fields"]);
    patient.config.sync.newcomers = Some("North".to_owned());
    let found = patient.examined().await;
    assert_says(&found, "fields", State::Warning, "has no customer_rank", "Install Invoicing");
}

#[tokio::test]
async fn what_odoo_would_refuse_is_told_before_anything_is_sent() {
    let patient = Patient::with(Switches { poison: Some("cabina".to_owned()), ..Switches::default() }).await;
    let found = patient.examined().await;
    for kind in ["client", "contact"] {
        let says = format!("{kind}: Odoo would not take a new one: The name 'cabina' is refused by a rule");
        assert_says(&found, "trial", State::Wrong, &says, "Odoo's rules refuse it");
    }
    // That one comes under a company is tried with our own user's partner, which has that name too.
    assert_eq!(in_state(&found, State::Wrong), ["trial"; 3], "{found:#?}");
    // Nothing is tried of what is not sent.
    let mut patient = Patient::new().await;
    patient.config.sync.ways = [("client".to_owned(), OdooWays::Pull)].into();
    assert_eq!(of(&patient.examined().await, "trial"), Vec::<&Finding>::new());
    assert_eq!(patient.odoo.calls_of("res.partner.load"), 0);
}

#[tokio::test]
async fn a_clock_that_is_wrong_is_told_by_how_much() {
    for (clock_skew, says) in [(600, "10 minutes ahead of ours"), (-90, " s behind ours")] {
        let patient = Patient::with(Switches { clock_skew, ..Switches::default() }).await;
        let found = patient.examined().await;
        assert_says(&found, "clock", State::Warning, says, "NTP");
        assert_eq!(in_state(&found, State::Wrong), [""; 0]);
    }
    let patient = Patient::with(Switches { clock_skew: 3, ..Switches::default() }).await;
    assert_says(&patient.examined().await, "clock", State::Ok, "alike", "");
}

#[tokio::test]
async fn keys_that_are_old_or_about_to_end_are_told_in_time() {
    let patient = Patient::new().await;
    let ends = |days| {
        let end = Clock::System.now() + chrono::Duration::days(days);
        let end = text(&end.format("%Y-%m-%d %H:%M:%S").to_string());
        patient.odoo.edit("res.users.apikeys", 1, vec![("expiration_date".to_owned(), end)]);
    };
    ends(60);
    assert_says(&patient.examined().await, "key age", State::Ok, "\"cabina\": 0 days old, ends on", "");
    ends(10);
    assert_says(&patient.examined().await, "key age", State::Warning, "in 9 days", "delete the old one");
    ends(-1);
    assert_says(&patient.examined().await, "key age", State::Warning, "that is over", "New API Key");
    patient.odoo.set(Switches { version: 17, ..Switches::default() });
    assert_says(&patient.examined().await, "key age", State::Ok, "\"cabina\": 0 days old", "");
    let later = Clock::Shifted(std::sync::Arc::default());
    later.advance(std::time::Duration::from_secs(76 * 86_400));
    let found = examine(&patient.config, &later, None).await.expect("an HTTP client");
    assert_says(&found, "key age", State::Warning, "76 days old", "New API Key");
    patient.odoo.set(Switches { no_rights: vec!["res.users.apikeys".to_owned()], ..Switches::default() });
    assert_says(&patient.examined().await, "key age", State::Unseen, "may not read", "");
}

#[tokio::test]
async fn settings_team_and_ledger_are_looked_at_here() {
    let mut patient = Patient::new().await;
    let mut setup = Setup::default();
    for (name, value) in variables(&patient.odoo, &patient.config.url) {
        setup = setup.with(name, &value);
    }
    let app = setup.start().await;
    let looked = async |config: &OdooConfig, clock: &Clock| {
        examine(config, clock, Some(&app.app.database)).await.expect("an HTTP client")
    };
    let found = looked(&patient.config, &Clock::System).await;
    assert_says(&found, "newcomers", State::Ok, "stay there", "");
    app.ana().await.client("Rosa").await;
    let found = looked(&patient.config, &Clock::System).await;
    assert_says(&found, "ledger", State::Ok, "wait to be sent", "");
    let later = Clock::Shifted(std::sync::Arc::default());
    later.advance(std::time::Duration::from_secs(3 * 3600));
    let found = looked(&patient.config, &later).await;
    assert_says(&found, "ledger", State::Warning, "the oldest for 3 hours; 0 alike", "a worker runs");

    patient.config.sync.newcomers = Some("No such team".to_owned());
    let found = looked(&patient.config, &Clock::System).await;
    assert_says(&found, "newcomers", State::Warning, "no team No such team", "Correct ODOO_NEWCOMERS_TEAM");
    patient.config.sync.ways = [("clients".to_owned(), OdooWays::Both)].into();
    let found = looked(&patient.config, &Clock::System).await;
    assert_says(&found, "settings", State::Wrong, "ODOO_SYNC names clients", "Correct ODOO_SYNC");
    let ways = [("client".to_owned(), OdooWays::Both), ("entry".to_owned(), OdooWays::Both)];
    patient.config.sync.ways = ways.into();
    let found = looked(&patient.config, &Clock::System).await;
    assert_says(&found, "settings", State::Warning, "one way only", "entry=push");
    patient.config.sync.ways = [("entry".to_owned(), OdooWays::Push)].into();
    let found = looked(&patient.config, &Clock::System).await;
    assert_says(&found, "settings", State::Wrong, "hangs on client", "Correct ODOO_SYNC");
}

#[tokio::test]
async fn who_stays_in_odoo_is_counted() {
    let mut patient = Patient::new().await;
    patient.config.sync.newcomers = Some("North".to_owned());
    let left = async |config: &OdooConfig| {
        let found = examine(config, &Clock::System, None).await.expect("looked at");
        found.into_iter().find(|finding| finding.check == "left in Odoo")
    };
    patient.odoo.add("res.partner", vec![("name".to_owned(), "From the Contacts app".into())]);
    let found = left(&patient.config).await.expect("it is told");
    assert_eq!(found.state, State::Warning);
    assert!(found.says.contains("no customer rank"), "{found:?}");
    let add = |name: &str, field: &str, value: cabina::integrations::odoo::Value| {
        let fields = vec![("name".to_owned(), name.into()), (field.to_owned(), value)];
        patient.odoo.add("res.partner", fields);
    };
    add("Only sells to us", "supplier_rank", 1_i64.into());
    add("A colleague", "partner_share", false.into());
    assert_eq!(left(&patient.config).await.expect("it is told").says, found.says, "none of these would come");
    assert!(found.advice.is_some_and(|advice| advice.contains("ODOO_NEWCOMERS=all")));
    patient.config.sync.newcomers_are = cabina::platform::config::OdooNewcomers::All;
    assert_eq!(left(&patient.config).await, None, "everybody comes");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_command_prints_what_was_found_and_fails_when_something_is_wrong() {
    let patient = Patient::new().await;
    let folder = tempfile::TempDir::new().expect("a folder");
    let run = |arguments: &[&str], more: &[(&str, &str)]| -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_cabina"));
        command.args(arguments).env_clear();
        command.env("DATABASE_URL", format!("sqlite://{}", folder.path().join("t.db").display()));
        command.envs(variables(&patient.odoo, &patient.config.url)).env("ODOO_PASSWORD", "sandbox-password");
        command.envs(more.iter().copied()).output().expect("it runs")
    };
    let told = |output: &Output| {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let (out, err) = (text(&output.stdout), text(&output.stderr));
        let both = format!("{out}{err}");
        for key in &patient.config.api_keys {
            assert!(!both.contains(key.expose_secret()), "{both}");
        }
        assert!(!both.contains("sandbox-password") && !both.contains("a-dead-key"), "{both}");
        (output.status.code(), out, err)
    };
    let doctor = ["odoo", "doctor"];
    let (code, out, err) = told(&run(&doctor, &[]));
    assert_eq!((code, err.as_str()), (Some(1), "cabina: 1 finding is wrong\n"), "{out}");
    assert!(
        out.contains("WRONG  ledger") && out.contains("→ Check DATABASE_URL, and run `cabina migrate up`."),
        "{out}"
    );

    assert!(run(&["migrate", "up"], &[]).status.success());
    let (code, out, err) = told(&run(&doctor, &[]));
    assert_eq!((code, err.as_str()), (Some(0), ""), "{out}");
    assert!(out.contains("ok     transport  JSON-2") && out.ends_with("\nAll is well.\n"), "{out}");

    patient.odoo.set(Switches {
        no_rights: vec!["res.partner".to_owned()],
        missing_fields: vec![("res.partner".to_owned(), "vat".to_owned())],
        clock_skew: 600,
        ..Switches::default()
    });
    let keys = "a-dead-key,sandbox-api-key";
    let (code, out, err) = told(&run(&doctor, &[("ODOO_API_KEYS", keys), ("ODOO_NEWCOMERS_TEAM", "Nroth")]));
    assert_eq!((code, err.as_str()), (Some(1), "cabina: 2 findings are wrong\n"), "{out}");
    for line in [
        "warn   clock      Odoo's clock is ",
        "warn   key        API key 1 of 2 is refused; another way in is used\n",
        "ok                API key 2 of 2 is accepted\n",
        "WRONG             res.partner: cabina may not read, write and create\n",
        "                  → In Odoo, give the user a group that may read, write and create it, such as\n",
        "\n2 wrong, 3 to heed.\n",
    ] {
        assert!(out.contains(line), "{line:?} in\n{out}");
    }
    assert!(out.lines().all(|line| line.chars().count() <= 100), "{out}");

    let json = run(&["odoo", "doctor", "--json"], &[("ODOO_URL", "http://127.0.0.1:9")]);
    let (code, out, _) = told(&json);
    let found: serde_json::Value = serde_json::from_str(&out).expect("JSON");
    assert_eq!(code, Some(1));
    let checks = found.as_array().expect("a list");
    let address = checks.iter().find(|check| check["check"] == "address").expect("the address is looked at");
    assert_eq!(address["state"], "wrong", "{found}");
    assert!(address["advice"].as_str().is_some_and(|advice| advice.contains("Check ODOO_URL")), "{found}");
    let (code, _, err) = told(&run(&doctor, &[("ODOO_URL", "")]));
    assert_eq!(code, Some(1), "{err}");
}
