//! From the address to the log-in.

use chrono::Duration;

use super::finding::{Finding, State, first_line};
use crate::integrations::odoo::{Call, Class, Fault, Kind, Odoo, TransientKind, Transport, Version};
use crate::kernel::Result;
use crate::kernel::time::Clock;
use crate::platform::config::{OdooConfig, OdooTransport};

/// Versions that cabina is held to.
const OLDEST: u32 = 16;
const NEWEST: u32 = 19;
/// Clocks that differ by less than this are alike.
const SKEW: Duration = Duration::seconds(60);

/// How to get a key.
pub(super) const NEW_KEY: &str = "make a new one (in Odoo, as that user: Preferences, Security, New API Key) and put it first in \
                                  ODOO_API_KEYS";

/// Somebody who is logged in.
pub(super) struct Connection {
    pub odoo: Odoo,
    pub version: Version,
    pub uid: i64,
    /// The user's name, where it may be read.
    pub name: String,
}

/// Why nothing more can be looked at.
pub(super) struct Stopped(pub &'static str);

/// Gets as far as it goes.
pub(super) async fn connect(
    config: &OdooConfig,
    clock: &Clock,
    findings: &mut Vec<Finding>,
) -> Result<Result<Connection, Stopped>> {
    let odoo = Odoo::new(config.clone(), clock.clone())?;
    // Whatever language is configured, which may be one that this server does not speak.
    let probe = OdooConfig { transport: OdooTransport::Auto, ..config.clone() };
    let probe = Odoo::new(probe, clock.clone())?;
    let began = std::time::Instant::now();
    let (answered, asked) = match probe.version().await {
        Err(_) if config.transport != OdooTransport::Auto => (odoo.version().await, &odoo),
        answered => (answered, &probe),
    };
    let version = match answered {
        Ok(version) => version,
        Err(fault) => {
            findings.push(nobody(&config.url, &fault));
            return Ok(Err(Stopped("no Odoo answers")));
        }
    };
    let millis = began.elapsed().as_millis();
    findings.push(Finding::ok("address", format!("{} answers within {millis} ms", config.url)));
    findings.push(supported(&version));
    findings.push(
        asked.ahead().map_or_else(
            || Finding::unseen("clock", "its answer has no Date (a proxy may leave it out)"),
            skew,
        ),
    );
    let transport = match odoo.transport().await {
        Ok(transport) => transport,
        Err(fault) => {
            findings.push(Finding::failed("transport", "it can't be told", &fault));
            return Ok(Err(Stopped("no language was found")));
        }
    };
    let spoken = spoken(config.transport, transport, &version);
    let is_spoken = spoken.state != State::Wrong;
    findings.push(spoken);
    if !is_spoken {
        return Ok(Err(Stopped("this Odoo does not speak that language")));
    }
    if transport != Transport::Json2 && config.login.is_none() {
        let says = format!("ODOO_LOGIN is not set, and {} needs it", name(transport));
        findings.push(Finding::wrong(
            "login",
            says,
            "Set ODOO_LOGIN to the name of the user that cabina works as.",
        ));
        return Ok(Err(Stopped("nobody is logged in")));
    }
    let Some(uids) = secrets(config, clock, transport, findings).await? else {
        return Ok(Err(Stopped("nobody is logged in")));
    };
    let Some(uid) = uids.first().copied() else {
        let advice = format!(
            "Check ODOO_LOGIN and ODOO_PASSWORD, and whether the user is active in Odoo; or {NEW_KEY}."
        );
        findings.push(Finding::wrong("login", "Odoo accepts nothing of what is configured", advice));
        return Ok(Err(Stopped("nobody is logged in")));
    };
    let (finding, name) = login(config, &odoo, &uids, uid).await;
    findings.push(finding);
    Ok(Ok(Connection { odoo, version, uid, name }))
}

fn nobody(url: &str, fault: &Fault) -> Finding {
    let why = first_line(fault);
    match fault.class {
        Class::Transient(TransientKind::Unreached) => Finding::wrong(
            "address",
            format!("{url} can't be reached: {why}"),
            "Check ODOO_URL, whether the Odoo server runs, and whether this machine gets there (name, firewall, proxy).",
        ),
        Class::Transient(_) => {
            Finding::wrong("address", format!("{url} is not able to answer: {why}"), fault.hint())
        }
        _ => Finding::wrong(
            "address",
            format!("{url} does not answer as an Odoo does: {why}"),
            "Check ODOO_URL: it is the address of Odoo itself, with its path if it has one. Then whether Odoo runs, and what \
             stands before it.",
        ),
    }
}

fn supported(version: &Version) -> Finding {
    let says = format!("Odoo {}", version.text);
    match version.major {
        ..OLDEST => Finding::wrong(
            "version",
            format!("{says} is older than what cabina can work with"),
            format!("Bring Odoo to {OLDEST} or later."),
        ),
        OLDEST..=NEWEST => Finding::ok("version", says),
        _ => Finding::warning(
            "version",
            format!("{says} is newer than what this cabina was tried with"),
            format!(
                "Look for a newer cabina; try the exchange on a copy before you trust it. Tried: {OLDEST} to {NEWEST}."
            ),
        ),
    }
}

fn skew(ahead: Duration) -> Finding {
    let seconds = ahead.num_seconds().abs();
    if ahead.abs() <= SKEW {
        return Finding::ok("clock", format!("alike, to {} s", seconds.max(1)));
    }
    let by = if seconds < 120 { format!("{seconds} s") } else { format!("{} minutes", (seconds + 30) / 60) };
    let which = if ahead < Duration::zero() { "behind" } else { "ahead of" };
    Finding::warning(
        "clock",
        format!("Odoo's clock is {by} {which} ours"),
        "Have both machines set their clocks by NTP: else histories disagree about what came first, and keys end at other \
         times than they say.",
    )
}

pub(super) fn name(transport: Transport) -> &'static str {
    match transport {
        Transport::Json2 => "JSON-2",
        Transport::JsonRpc => "JSON-RPC",
        Transport::XmlRpc => "XML-RPC",
    }
}

fn spoken(configured: OdooTransport, transport: Transport, version: &Version) -> Finding {
    let (language, major) = (name(transport), version.major);
    let why = match (configured, transport) {
        (OdooTransport::Auto, Transport::Json2) => {
            "found: this Odoo knows it, and there is an API key".to_owned()
        }
        (OdooTransport::Auto, _) if major < 19 => format!("found: Odoo {major} has no JSON-2"),
        (OdooTransport::Auto, _) => "found: there is no API key for JSON-2".to_owned(),
        _ => "by ODOO_TRANSPORT".to_owned(),
    };
    let says = format!("{language}, {why}");
    match transport {
        Transport::Json2 if major < 19 => Finding::wrong(
            "transport",
            format!("{says}; Odoo {major} does not know it"),
            "Set ODOO_TRANSPORT=auto, and ODOO_LOGIN: before Odoo 19 JSON-RPC is spoken, where an API key stands for the password.",
        ),
        Transport::JsonRpc | Transport::XmlRpc if major >= 19 => Finding::warning(
            "transport",
            format!("{says}; Odoo announces that it goes in 22 (autumn of 2028; online in 21.1)"),
            "Put an API key of the user into ODOO_API_KEYS and set ODOO_TRANSPORT=auto: then JSON-2 is spoken.",
        ),
        _ => Finding::ok("transport", says),
    }
}

/// Tries each secret by itself. The users they open, in the order in which they are used; `None`: it did not come to that.
async fn secrets(
    config: &OdooConfig,
    clock: &Clock,
    transport: Transport,
    findings: &mut Vec<Finding>,
) -> Result<Option<Vec<i64>>> {
    let of = config.api_keys.len();
    let password = config.password.iter().filter(|_| transport != Transport::Json2);
    let password = password.map(|password| ("ODOO_PASSWORD".to_owned(), Some(password.clone()), Vec::new()));
    let keys = config.api_keys.iter().enumerate().map(|(place, key)| {
        let number = place + 1;
        let name = if of == 1 { "the API key".to_owned() } else { format!("API key {number} of {of}") };
        (name, None, vec![key.clone()])
    });
    let spoken = match transport {
        Transport::Json2 => OdooTransport::Json2,
        Transport::JsonRpc => OdooTransport::JsonRpc,
        Transport::XmlRpc => OdooTransport::XmlRpc,
    };
    let (mut tried, mut uids) = (Vec::new(), Vec::new());
    for (name, password, api_keys) in password.chain(keys) {
        let alone = OdooConfig { transport: spoken, password, api_keys, ..config.clone() };
        match Odoo::new(alone, clock.clone())?.uid().await {
            Ok(uid) => {
                uids.push(uid);
                tried.push((name, true));
            }
            Err(fault) if fault.class == Class::Refused => tried.push((name, false)),
            Err(fault) if fault.class == Class::Permanent(Kind::Configuration) => {
                findings.push(Finding::wrong(
                    "database",
                    format!("Odoo does not open a database {:?}", config.database),
                    no_database(transport),
                ));
                return Ok(None);
            }
            Err(fault) => {
                findings.push(Finding::failed("login", "logging in fails", &fault));
                return Ok(None);
            }
        }
    }
    findings.push(Finding::ok("database", config.database.clone()));
    let any = !uids.is_empty();
    findings.extend(tried.into_iter().map(|(name, works)| key(&name, works, any)));
    Ok(Some(uids))
}

fn no_database(transport: Transport) -> String {
    let more = match transport {
        Transport::Json2 => {
            " If the name is right, the module rpc is not installed there, or a proxy keeps /json/2 away."
        }
        _ => "",
    };
    format!("Correct ODOO_DB: capitals count. On Odoo's own hosting it is the name in the address.{more}")
}

fn key(name: &str, works: bool, any: bool) -> Finding {
    let is_password = name == "ODOO_PASSWORD";
    match (works, any) {
        (true, _) if is_password => {
            Finding::ok("key", "ODOO_PASSWORD is accepted (an API key would do as well)")
        }
        (true, _) => Finding::ok("key", format!("{name} is accepted")),
        (false, true) if is_password => Finding::warning(
            "key",
            "ODOO_PASSWORD is refused; an API key is used in its place",
            "Take ODOO_PASSWORD out: each try of a wrong one costs Odoo half a second.",
        ),
        (false, true) => Finding::warning(
            "key",
            format!("{name} is refused; another way in is used"),
            format!("It ended or was withdrawn. Take it out of ODOO_API_KEYS, or {NEW_KEY}."),
        ),
        (false, false) if is_password => Finding::wrong(
            "key",
            "ODOO_PASSWORD is refused",
            "Check ODOO_LOGIN and ODOO_PASSWORD. A user with two-factor log-in needs an API key instead.",
        ),
        (false, false) => Finding::wrong(
            "key",
            format!("{name} is refused"),
            format!("It ended, was withdrawn, or is not one of the configured user: {NEW_KEY}."),
        ),
    }
}

/// Who is logged in, by name where it may be read.
async fn login(config: &OdooConfig, odoo: &Odoo, uids: &[i64], uid: i64) -> (Finding, String) {
    let me = odoo.run(Call::read("res.users", &[uid], &["name", "login"])).await;
    let me = me.ok().and_then(|found| found.into_iter().next());
    let text = |field| me.as_ref().and_then(|me| me.text(field).ok().flatten()).map(str::to_owned);
    let (named, called) = (text("name"), text("login"));
    let says = match (&named, &called) {
        (Some(named), Some(called)) => format!("{named} ({called}), user {uid}"),
        _ => format!("user {uid}"),
    };
    let name = named.unwrap_or_else(|| format!("user {uid}"));
    let others: Vec<String> = uids.iter().filter(|other| **other != uid).map(i64::to_string).collect();
    let finding = match (&config.login, &called) {
        _ if !others.is_empty() => Finding::warning(
            "login",
            format!("{says}; other keys are those of user {}", others.join(", ")),
            "Keep keys of one user only: what another one writes is taken for an edit by a person.",
        ),
        (Some(login), Some(called)) if !login.eq_ignore_ascii_case(called) => Finding::warning(
            "login",
            format!("{says}, and ODOO_LOGIN says {login}"),
            "Make the key as the user that ODOO_LOGIN names, or correct ODOO_LOGIN.",
        ),
        _ => Finding::ok("login", says),
    };
    (finding, name)
}
