//! The failures that are on.

use std::time::Duration;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// What goes wrong. All is well by default. As JSON the names are the same, and `slow` is in milliseconds.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Switches {
    /// Closes every connection before anything is done.
    pub down: bool,
    /// Every call takes so much longer. Its transaction starts before, so `write_date` is that much older than its commit (rule 36).
    #[serde(serialize_with = "to_millis", deserialize_with = "from_millis")]
    pub slow: Duration,
    /// Only calls of these are slow, such as `res.partner.load`; none named: all are.
    pub slow_calls: Vec<String>,
    /// This share of the calls fails before anything is done.
    pub error_share: f64,
    /// How they fail, in turn.
    pub error_kinds: Vec<ErrorKind>,
    /// This share of the calls is done and committed, and the connection is cut without an answer (rule 23).
    pub lose_share: f64,
    /// Login and password are refused: at the login and in every later call.
    pub refuse_login: bool,
    /// API keys are refused, over JSON-2 and in the place of a password.
    pub expired_key: bool,
    /// Models that nobody has any right on.
    pub no_rights: Vec<String>,
    /// Fields that do not exist: model and name.
    pub missing_fields: Vec<(String, String)>,
    /// How many seconds the server's clock is ahead.
    pub clock_skew: i64,
    /// Records whose name holds this are refused by `create`, `write` and `load`, and messages whose body does.
    pub poison: Option<String>,
    /// Accounting is installed: some fields of partners are for its own users, and what `load` makes under a parent needs them.
    pub accounting: bool,
    /// From 16 to 19: `/web/version` and JSON-2 are there from 19 on, and some fields have other names before.
    pub version: u32,
}

/// How a call fails that is not run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ErrorKind {
    /// Two transactions wanted the same record: a fault (rule 33), which `load` hides in a good answer (rule 26).
    Conflict,
    /// A proxy's page of HTTP 502.
    BadGateway,
    /// The connection is cut.
    Cut,
    /// The server's page of HTTP 500.
    Broken,
}

impl Default for Switches {
    fn default() -> Self {
        Switches {
            down: false,
            slow: Duration::ZERO,
            slow_calls: Vec::new(),
            error_share: 0.0,
            error_kinds: vec![ErrorKind::Conflict, ErrorKind::BadGateway, ErrorKind::Cut, ErrorKind::Broken],
            lose_share: 0.0,
            refuse_login: false,
            expired_key: false,
            no_rights: Vec::new(),
            missing_fields: Vec::new(),
            clock_skew: 0,
            poison: None,
            accounting: false,
            version: 19,
        }
    }
}

impl Switches {
    /// These, with what a JSON object says in place of what it names.
    pub(super) fn changed(&self, by: &serde_json::Value) -> Result<Switches, String> {
        let mut all = serde_json::to_value(self).map_err(|cause| cause.to_string())?;
        let (Some(all_names), Some(by)) = (all.as_object_mut(), by.as_object()) else {
            return Err("an object of switches is expected".to_owned());
        };
        all_names.extend(by.clone());
        serde_json::from_value(all).map_err(|cause| cause.to_string())
    }
}

fn to_millis<S: Serializer>(time: &Duration, to: S) -> Result<S::Ok, S::Error> {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX).serialize(to)
}

fn from_millis<'de, D: Deserializer<'de>>(from: D) -> Result<Duration, D::Error> {
    u64::deserialize(from).map(Duration::from_millis)
}
