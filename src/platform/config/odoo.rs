//! The section of the Odoo server.

use std::collections::BTreeMap;
use std::time::Duration;

use secrecy::SecretString;
use url::Url;

use super::env::{Env, is_plain, list, seconds};

/// The Odoo server and how it is spoken to.
#[derive(Clone, Debug)]
pub struct OdooConfig {
    /// Its address, without a slash at the end; it may have a path.
    pub url: String,
    /// The database.
    pub database: String,
    /// Name of the user, for XML-RPC and JSON-RPC.
    pub login: Option<String>,
    /// Password of the user, for XML-RPC and JSON-RPC. An API key may stand in its place.
    pub password: Option<SecretString>,
    /// API keys of the user, the newest first.
    pub api_keys: Vec<SecretString>,
    /// Which of its three languages is spoken.
    pub transport: OdooTransport,
    /// Calls in a second at most.
    pub calls_per_second: u32,
    /// Time for one call.
    pub timeout: Duration,
    /// What is kept alike.
    pub sync: OdooSync,
}

/// What is kept alike with Odoo.
#[derive(Clone, Debug)]
pub struct OdooSync {
    /// Which way each kind of things goes, by the prefix of its ids; a kind that is not named stays here.
    pub ways: BTreeMap<String, OdooWays>,
    /// The team whose pool gets the customers that are made in Odoo; absent: they stay there.
    pub newcomers: Option<String>,
    /// Whom of those who are made in Odoo that team gets.
    pub newcomers_are: OdooNewcomers,
    /// Changes there are looked for so often.
    pub pull_every: Duration,
    /// Each time, what changed in so much time before is looked at once more.
    pub pull_overlap: Duration,
}

impl Default for OdooSync {
    /// As if no variable were set.
    fn default() -> Self {
        sync(&mut Env::new(&|_| None))
    }
}

/// Which way things go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OdooWays {
    /// Neither.
    Off,
    /// From here to Odoo.
    Push,
    /// From Odoo to here.
    Pull,
    /// Both.
    Both,
}

impl OdooWays {
    /// Whether changes here go there.
    pub fn push(self) -> bool {
        matches!(self, OdooWays::Push | OdooWays::Both)
    }

    /// Whether changes there come here.
    pub fn pull(self) -> bool {
        matches!(self, OdooWays::Pull | OdooWays::Both)
    }
}

/// Whom of those who are made in Odoo cabina takes over, from few to many.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum OdooNewcomers {
    /// Who is a customer by `customer_rank`: made in Sales or Accounting, or invoiced.
    Customers,
    /// Everybody who stands for themselves, also those who are made in the Contacts app; but not who only sells to the company,
    /// nor its own users, nor the company itself.
    All,
}

impl OdooNewcomers {
    /// As it is written.
    pub fn as_str(self) -> &'static str {
        match self {
            OdooNewcomers::Customers => "customers",
            OdooNewcomers::All => "all",
        }
    }
}

impl std::str::FromStr for OdooNewcomers {
    type Err = ();
    fn from_str(text: &str) -> Result<Self, ()> {
        match text {
            "customers" => Ok(OdooNewcomers::Customers),
            "all" => Ok(OdooNewcomers::All),
            _ => Err(()),
        }
    }
}

/// `client=both,entry=push`.
struct Ways(BTreeMap<String, OdooWays>);

impl std::str::FromStr for Ways {
    type Err = ();
    fn from_str(text: &str) -> Result<Self, ()> {
        let way = |part: &str| {
            let (kind, way) = part.trim().split_once('=')?;
            let way = match way.trim() {
                "off" => OdooWays::Off,
                "push" => OdooWays::Push,
                "pull" => OdooWays::Pull,
                "both" => OdooWays::Both,
                _ => return None,
            };
            Some((kind.trim().to_owned(), way))
        };
        text.split(',').map(way).collect::<Option<_>>().map(Ways).ok_or(())
    }
}

/// Which of Odoo's three languages is spoken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OdooTransport {
    /// Ask the server for its version: JSON-2 from 19 on when there is an API key, else JSON-RPC.
    Auto,
    /// JSON-2, for 19 and later.
    Json2,
    /// JSON-RPC, until 21.
    JsonRpc,
    /// XML-RPC, until 21.
    XmlRpc,
}

impl std::str::FromStr for OdooTransport {
    type Err = ();
    fn from_str(text: &str) -> Result<Self, ()> {
        match text {
            "auto" => Ok(OdooTransport::Auto),
            "json2" => Ok(OdooTransport::Json2),
            "jsonrpc" => Ok(OdooTransport::JsonRpc),
            "xmlrpc" => Ok(OdooTransport::XmlRpc),
            _ => Err(()),
        }
    }
}

pub(super) fn odoo(env: &mut Env) -> Option<OdooConfig> {
    let url =
        env.text("ODOO_URL", "Address of the Odoo server: https://odoo.company.example. Absent: no Odoo.");
    let database = env.text("ODOO_DB", "Its database.");
    let login = env.text("ODOO_LOGIN", "Name of the user that cabina works as, for XML-RPC and JSON-RPC.");
    let password = env.text(
        "ODOO_PASSWORD",
        "Password of that user, for XML-RPC and JSON-RPC. An API key does as well, and is better.",
    );
    let api_keys = list(env.text(
        "ODOO_API_KEYS",
        "API keys of that user, separated by commas: the first that works is used. To rotate, put the new one in \
         front and remove the old one at leisure.",
    ));
    let transport = env.read(
        "ODOO_TRANSPORT",
        "auto",
        "json2, jsonrpc or xmlrpc; auto asks the server: JSON-2 from Odoo 19 on when there is an API key.",
        "auto, json2, jsonrpc or xmlrpc",
    );
    let calls_per_second =
        env.number("ODOO_CALLS_PER_SECOND", "20", 1, 1000, "Calls to Odoo in a second, of one process.");
    // A write that meets another is tried again inside the server for up to half a minute.
    let timeout = env.number("ODOO_TIMEOUT", "60", 1, 600, "Time for one call to Odoo, in seconds.");
    let sync = sync(env);
    let url = url?;
    if !Url::parse(&url).is_ok_and(|url| is_plain(&url)) {
        env.mistake("ODOO_URL must be an http or https address without user, query or fragment");
    }
    if database.is_none() {
        env.mistake("ODOO_DB must name the database when ODOO_URL is set");
    }
    let by_login = login.is_some() && (password.is_some() || !api_keys.is_empty());
    match transport {
        OdooTransport::Json2 if api_keys.is_empty() => {
            env.mistake("ODOO_TRANSPORT=json2 needs ODOO_API_KEYS")
        }
        OdooTransport::JsonRpc | OdooTransport::XmlRpc if !by_login => {
            env.mistake("this ODOO_TRANSPORT needs ODOO_LOGIN, and ODOO_PASSWORD or ODOO_API_KEYS");
        }
        OdooTransport::Auto if api_keys.is_empty() && !by_login => {
            env.mistake("ODOO_URL needs ODOO_API_KEYS, or ODOO_LOGIN and ODOO_PASSWORD");
        }
        _ => {}
    }
    Some(OdooConfig {
        url: url.trim_end_matches('/').to_owned(),
        database: database.unwrap_or_default(),
        login,
        password: password.map(Into::into),
        api_keys: api_keys.into_iter().map(Into::into).collect(),
        transport,
        calls_per_second: u32::try_from(calls_per_second).unwrap_or(u32::MAX),
        timeout: seconds(timeout),
        sync,
    })
}

fn sync(env: &mut Env) -> OdooSync {
    let Ways(ways) = env.read(
        "ODOO_SYNC",
        "client=both,contact=both,entry=push",
        "Which way each kind of things goes: off, push (to Odoo), pull (from Odoo) or both. Kinds: client, contact, entry \
         (of the event log, to the chatter; push only). A kind that is not named stays off.",
        "a list such as client=both,contact=off,entry=push",
    );
    let newcomers = env.text(
        "ODOO_NEWCOMERS_TEAM",
        "The team whose pool gets the customers that people make in Odoo. Absent: they stay in Odoo.",
    );
    let newcomers_are = env.read(
        "ODOO_NEWCOMERS",
        "customers",
        "Whom of those who are made in Odoo that team gets: customers (who has a customer rank there: made in Sales or Accounting) \
         or all (also who is made in the Contacts app; not suppliers, users and the company itself).",
        "customers or all",
    );
    let pull_every = env.number(
        "ODOO_PULL_EVERY",
        "60",
        1,
        86_400,
        "Changes in Odoo are looked for so often, in seconds.",
    );
    // Rule 36: what a long transaction wrote becomes visible late, under the time of its start.
    let pull_overlap = env.number(
        "ODOO_PULL_OVERLAP",
        "300",
        0,
        86_400,
        "Each time, what changed in so many seconds before is looked at once more: longer than the longest transaction of Odoo.",
    );
    let (pull_every, pull_overlap) = (seconds(pull_every), seconds(pull_overlap));
    OdooSync { ways, newcomers, newcomers_are, pull_every, pull_overlap }
}

#[cfg(test)]
mod tests {
    use super::super::Config;

    fn read(variables: &[(&str, &str)]) -> Result<Config, Vec<String>> {
        let lookup = |name: &str| {
            variables.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned())
        };
        Config::from_lookup(&lookup).0.map_err(|mistakes| mistakes.0)
    }

    #[test]
    fn without_an_address_there_is_no_odoo() {
        assert!(read(&[("ODOO_DB", "x")]).expect("no mistake").odoo.is_none());
    }

    #[test]
    fn keys_are_a_list_and_secrets_are_not_shown() {
        let config = read(&[
            ("ODOO_URL", "https://odoo.company.example/erp/"),
            ("ODOO_DB", "main"),
            ("ODOO_API_KEYS", "key-new, key-old"),
            ("ODOO_PASSWORD", "hunter2"),
        ]);
        let odoo = config.expect("no mistake").odoo.expect("Odoo is on");
        assert_eq!((odoo.url.as_str(), odoo.api_keys.len()), ("https://odoo.company.example/erp", 2));
        let shown = format!("{odoo:?}");
        assert!(!shown.contains("key-new") && !shown.contains("hunter2"), "{shown}");
    }

    #[test]
    fn all_mistakes_are_reported_at_once() {
        let mistakes =
            read(&[("ODOO_URL", "https://me:secret@odoo.company.example"), ("ODOO_TRANSPORT", "soap")]);
        assert_eq!(
            mistakes.expect_err("four mistakes"),
            [
                "ODOO_TRANSPORT must be auto, json2, jsonrpc or xmlrpc",
                "ODOO_URL must be an http or https address without user, query or fragment",
                "ODOO_DB must name the database when ODOO_URL is set",
                "ODOO_URL needs ODOO_API_KEYS, or ODOO_LOGIN and ODOO_PASSWORD",
            ]
        );
        let by_name = [("ODOO_URL", "http://odoo.example"), ("ODOO_DB", "d"), ("ODOO_TRANSPORT", "xmlrpc")];
        let expected = "this ODOO_TRANSPORT needs ODOO_LOGIN, and ODOO_PASSWORD or ODOO_API_KEYS";
        assert_eq!(read(&by_name).expect_err("no login"), [expected]);
    }
}
