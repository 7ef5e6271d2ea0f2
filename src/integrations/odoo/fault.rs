//! What can go wrong with a call, classed by what the caller must do about it.

use std::borrow::Cow;
use std::fmt;

use sha2::{Digest, Sha256};

use super::denial::Denial;
use super::gist::gist;
use super::value::{Misread, without_nul};
use crate::kernel::Error;

/// What the caller must do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Class {
    /// Nothing was stored, and the same call will fail again: somebody must change something.
    Permanent(Kind),
    /// Nothing was stored, and the same call may do better later.
    Transient(TransientKind),
    /// It was done and committed; only its value could not be told (rule 20). Read the record.
    Done,
    /// The request was sent and no answer came: it may have been done or not (rule 23). Read before anything is sent again.
    Unknown,
    /// Login, password or key are not accepted; nothing was stored.
    Refused,
}

impl Class {
    fn hint(self) -> &'static str {
        match self {
            Class::Permanent(Kind::Rule) => {
                "Odoo's rules refuse it: correct the data here or there, then retry."
            }
            Class::Permanent(Kind::Missing) => {
                "The record was deleted in Odoo: link another one, or make it anew."
            }
            Class::Permanent(Kind::Access) => "Give the integration user the right in Odoo, then retry.",
            Class::Permanent(Kind::Mapping) => {
                "This Odoo has no such model, field or value: check the mapping, and which modules are installed."
            }
            Class::Permanent(Kind::Configuration) => {
                "Check ODOO_URL, ODOO_DB, ODOO_LOGIN and ODOO_TRANSPORT."
            }
            Class::Permanent(Kind::Crash) => {
                "Odoo itself failed on it: its log tells where; a module there is probably faulty."
            }
            Class::Transient(TransientKind::Conflict) => {
                "Others changed the same record in Odoo; it is tried again."
            }
            Class::Transient(TransientKind::Server) => {
                "Odoo is overloaded or its database is away; it is tried again."
            }
            Class::Transient(TransientKind::Unreached) => {
                "Odoo can't be reached; it is tried again. Check ODOO_URL and the network."
            }
            Class::Transient(TransientKind::Paused) => {
                "Odoo failed several times in a row and is left alone for a while."
            }
            Class::Done => "It was done in Odoo; the record is read to learn the outcome.",
            Class::Unknown => "The answer got lost; the record is read before anything is sent again.",
            Class::Refused => {
                "Odoo does not accept the login: check ODOO_LOGIN and ODOO_PASSWORD, or make a new API key."
            }
        }
    }
}

/// Why it will fail again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// A rule of the business there says no: a required value, a wrong state, a locked document.
    Rule,
    /// The record does not exist or was deleted.
    Missing,
    /// The user lacks a right.
    Access,
    /// The server does not know the model, method, field, parameter or value.
    Mapping,
    /// Address, database or login are not what they should be.
    Configuration,
    /// The server's own code failed on it.
    Crash,
}

/// Why it may do better later.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TransientKind {
    /// Two transactions wanted the same record (rule 33).
    Conflict,
    /// The server is up and unable: its database is away, or it is overloaded.
    Server,
    /// There is no connection to the server; nothing was sent.
    Unreached,
    /// The circuit breaker leaves the server alone for a while; nothing was sent.
    Paused,
}

/// A row of `load` that was refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RowFault {
    /// Its place in the call, from 0.
    pub row: Option<usize>,
    /// The column.
    pub field: Option<String>,
    /// Why, in the server's words.
    pub message: String,
}

/// A failed call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// What to do.
    pub class: Class,
    /// What happened, in the server's words. Holds no secret of ours.
    pub message: String,
    /// The class of the exception in the server, where it is told.
    pub exception: Option<String>,
    /// The refused rows of a `load`.
    pub rows: Vec<RowFault>,
}

/// Longer messages are cut: they are kept in the ledger and shown.
const MESSAGE_BYTES: usize = 2000;

impl Fault {
    pub(super) fn new(class: Class, message: impl Into<String>) -> Fault {
        let mut message = without_nul(message.into());
        message.truncate(message.floor_char_boundary(MESSAGE_BYTES));
        Fault { class, message: message.trim().to_owned(), exception: None, rows: Vec::new() }
    }

    /// The answer can't be read: what the call did must be looked up.
    pub(super) fn unreadable(expected: &str) -> Fault {
        Fault::new(Class::Unknown, format!("the answer can't be read: {expected} was expected"))
    }

    /// The fault of logging in or of asking for the version, for the call that needed it: the call itself was not sent.
    pub(super) fn before_the_call(self) -> Fault {
        let class = match self.class {
            Class::Unknown | Class::Done => Class::Transient(TransientKind::Server),
            class => class,
        };
        Fault { class, ..self }
    }

    /// Whether the same call may be sent again without looking.
    pub fn may_be_repeated(&self) -> bool {
        matches!(self.class, Class::Transient(_))
    }

    /// What a person can do about it.
    pub fn hint(&self) -> Cow<'static, str> {
        if self.class == Class::Permanent(Kind::Access)
            && let Some(denial) = Denial::of(&self.message)
        {
            return denial.hint().into();
        }
        self.class.hint().into()
    }

    /// Whether a right is missing, and with it for every record of this model.
    pub fn denies_all_of(&self, model: &str) -> bool {
        self.class == Class::Permanent(Kind::Access)
            && Denial::of(&self.message).is_some_and(|denial| denial.is_of_all(model))
    }

    /// The same for faults that are alike: class, field and message without the values in it. For grouping; in the same
    /// words of the server it does not depend on the language of the call.
    pub fn fingerprint(&self) -> String {
        let mut hash = Sha256::new();
        // Where a rule of the business says no, what is quoted is what somebody typed; elsewhere it is a name of the program.
        let gist = gist(&self.message, self.class == Class::Permanent(Kind::Rule));
        hash.update(format!("{:?}|{gist}", self.class));
        if let [RowFault { field: Some(field), .. }, ..] = self.rows.as_slice() {
            hash.update(format!("|{field}"));
        }
        hash.finalize().iter().take(8).map(|byte| format!("{byte:02x}")).collect()
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.exception {
            Some(exception) => write!(f, "{exception}: {}", self.message),
            None => f.write_str(&self.message),
        }
    }
}
impl std::error::Error for Fault {}

impl From<Misread> for Fault {
    fn from(misread: Misread) -> Self {
        Fault::new(Class::Unknown, misread.to_string())
    }
}

impl From<Fault> for Error {
    fn from(fault: Fault) -> Self {
        Error::Unavailable { provider: "Odoo", cause: fault.into() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn alike_faults_share_a_fingerprint_and_others_do_not() {
        let rule = |text: &str| Fault::new(Class::Permanent(Kind::Rule), text).fingerprint();
        assert_eq!(
            rule("The entry 12 (id 7) must be in draft."),
            rule("The entry 8 (id 341) must be in draft.")
        );
        let mapping = |text: &str| Fault::new(Class::Permanent(Kind::Mapping), text).fingerprint();
        assert_eq!(
            mapping("Wrong value for res.partner.type: 'a'"),
            mapping("Wrong value for res.partner.type: 'bb'")
        );
        assert_ne!(
            mapping("Invalid field 'x' on 'res.partner'"),
            mapping("Invalid field 'y' on 'res.partner'")
        );
        let of_field = |field: &str| {
            let message = "No matching record found for name 'Luz'".to_owned();
            let row = RowFault { row: Some(0), field: Some(field.to_owned()), message: message.clone() };
            Fault { rows: vec![row], ..Fault::new(Class::Permanent(Kind::Rule), message) }.fingerprint()
        };
        assert_ne!(of_field("country_id"), of_field("state_id"));
        let missing = Fault::new(Class::Permanent(Kind::Missing), "gone").fingerprint();
        assert_ne!(rule("gone"), missing);
        assert_eq!(missing.len(), 16);
    }

    #[test]
    fn long_messages_are_cut_between_characters() {
        let fault = Fault::new(Class::Unknown, "ñ".repeat(3000));
        assert_eq!(fault.message.len(), MESSAGE_BYTES);
        assert_eq!(Fault::new(Class::Unknown, "a\0b").message, "ab");
    }
}
