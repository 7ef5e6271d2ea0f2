//! What a check found.

use serde::Serialize;

use crate::integrations::odoo::Fault;

/// How something stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// As it should be.
    Ok,
    /// It works, and will not for long or not in all cases.
    Warning,
    /// Something does not work.
    Wrong,
    /// Nobody knows: it can't be looked at.
    Unseen,
}

/// What a check found, and what a person can do about it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// The check, in one or two words; several findings may be of one.
    pub check: &'static str,
    /// How it stands.
    pub state: State,
    /// What was found.
    pub says: String,
    /// What to do about it; `None`: nothing.
    pub advice: Option<String>,
}

impl Finding {
    pub(super) fn ok(check: &'static str, says: impl Into<String>) -> Finding {
        Finding { check, state: State::Ok, says: says.into(), advice: None }
    }

    pub(super) fn warning(
        check: &'static str,
        says: impl Into<String>,
        advice: impl Into<String>,
    ) -> Finding {
        Finding { check, state: State::Warning, says: says.into(), advice: Some(advice.into()) }
    }

    pub(super) fn wrong(check: &'static str, says: impl Into<String>, advice: impl Into<String>) -> Finding {
        Finding { check, state: State::Wrong, says: says.into(), advice: Some(advice.into()) }
    }

    pub(super) fn unseen(check: &'static str, why: &str) -> Finding {
        Finding { check, state: State::Unseen, says: format!("not looked at: {why}"), advice: None }
    }

    /// A call failed that should not have.
    pub(super) fn failed(check: &'static str, what: &str, fault: &Fault) -> Finding {
        Finding::wrong(check, format!("{what}: {}", first_line(fault)), fault.hint())
    }
}

/// What happened, without what the server says at length.
pub(super) fn first_line(fault: &Fault) -> &str {
    fault.message.lines().next().unwrap_or_default()
}

/// `read, write and create`.
pub(super) fn list(words: &[&str]) -> String {
    match words {
        [] => String::new(),
        [one] => (*one).to_owned(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}
