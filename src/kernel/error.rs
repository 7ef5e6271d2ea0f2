//! What can go wrong, once for all storeys. A refused business rule is a `Stop::Refused` with a code of its own enum
//! and reaches the caller as `userErrors`; everything else is an `Error` and becomes a GraphQL or HTTP error.

use std::fmt;

use super::words::Code;
use super::{Patch, text};

/// The error of everything that is not a business rule.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// It does not exist, or this viewer may not see it: the two look the same.
    #[error("not found")]
    NotFound,
    /// Nobody is signed in, or the token was refused. Why is never told.
    #[error("sign in first: the request carries no valid access token")]
    Unauthenticated,
    /// The viewer's role or key lacks a right.
    #[error("this needs the right {0}")]
    Forbidden(&'static str),
    /// The input breaks a rule of form: which field, and which rule.
    #[error("{field}: {rule}")]
    Invalid {
        /// Path of the field in the input, in the schema's spelling.
        field: String,
        /// The rule, as a sentence for the caller.
        rule: String,
    },
    /// Too many requests; try again after so many seconds.
    #[error("too many requests: try again in {retry_after} s")]
    Throttled {
        /// Whole seconds to wait.
        retry_after: u64,
    },
    /// The idempotency key was used before with another input.
    #[error("idempotencyKey: this key was used before with another input")]
    IdempotencyMismatch,
    /// The events behind this cursor are no longer kept.
    #[error("after: this cursor is older than what is kept: fetch anew, and follow from there")]
    CursorExpired,
    /// A subscriber took its items too slowly.
    #[error("the items were taken too slowly: go on after the cursor")]
    Lagged,
    /// It took longer than a request may, and was stopped.
    #[error("this took too long and was stopped")]
    TimedOut,
    /// The answer has more bytes than an answer may have.
    #[error("the answer has more than {most} bytes: ask for less at a time")]
    TooLarge {
        /// So many are allowed.
        most: usize,
    },
    /// The input was replayed: the stored outcome answers. Never leaves the platform.
    #[error("an earlier request with this idempotency key did the work")]
    Replayed(uuid::Uuid),
    /// A command was given what it cannot use: a sentence for the terminal.
    #[error("{0}")]
    Usage(String),
    /// A service that we depend on does not answer.
    #[error("{provider} is not available")]
    Unavailable {
        /// Which one.
        provider: &'static str,
        /// The cause, for the log only.
        #[source]
        cause: BoxError,
    },
    /// Another row has a value that must be unique. Where the schema has a name for it, it is a refusal by the time it
    /// reaches the caller (`Code::TAKEN`); elsewhere it is a fault of ours.
    #[error("something went wrong on our side")]
    Taken {
        /// The constraint, by the name that PostgreSQL gives it.
        constraint: String,
        /// The cause, for the log only.
        #[source]
        cause: BoxError,
    },
    /// The database rolled a transaction back so that another one could finish: a deadlock or a serialization failure. The same
    /// transaction may succeed when it is run again, and `platform::db::retried` does that.
    #[error("too many changes of the same things at this moment: try again")]
    Contended {
        /// The cause, for the log only.
        #[source]
        cause: BoxError,
    },
    /// A fault of ours. The cause goes to the log, never to the caller.
    #[error("something went wrong on our side")]
    Internal(#[source] BoxError),
}

/// Any cause.
pub type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// The usual result.
pub type Result<T, E = Error> = std::result::Result<T, E>;

impl Error {
    /// A broken rule of form in one field.
    pub fn invalid(field: impl Into<String>, rule: impl Into<String>) -> Self {
        Error::Invalid { field: field.into(), rule: rule.into() }
    }

    /// The error with its cause, for whoever sits at the terminal.
    pub fn for_terminal(&self) -> String {
        match self {
            Error::Internal(cause) | Error::Taken { cause, .. } | Error::Contended { cause } => {
                cause.to_string()
            }
            Error::Unavailable { provider, cause } => format!("{provider} is not available: {cause}"),
            other => other.to_string(),
        }
    }

    /// Whether what we depend on is away: the same may succeed when it is back.
    pub fn is_away(&self) -> bool {
        matches!(self, Error::Unavailable { .. })
    }

    /// A fault of ours, from any cause.
    pub fn internal(cause: impl Into<BoxError>) -> Self {
        Error::Internal(cause.into())
    }
}

impl From<sea_orm::DbErr> for Error {
    fn from(cause: sea_orm::DbErr) -> Self {
        match cause {
            cause if is_away(&cause) => Error::Unavailable { provider: "the database", cause: cause.into() },
            cause if is_cancelled(&cause) => Error::TimedOut,
            cause if is_contended(&cause) => Error::Contended { cause: cause.into() },
            other => match violated(&other) {
                Some(constraint) => Error::Taken { constraint, cause: other.into() },
                None => Error::Internal(other.into()),
            },
        }
    }
}

/// The unique constraint that a statement broke.
fn violated(cause: &sea_orm::DbErr) -> Option<String> {
    let broken = told(cause)?.as_database_error().filter(|broken| broken.is_unique_violation())?;
    broken.constraint().map(str::to_owned).or_else(|| named_by_columns(broken.message()))
}

/// SQLite names the columns alone: `UNIQUE constraint failed: external_ref.system, external_ref.key`. The name that
/// PostgreSQL gives such a constraint by itself is made of the same: `external_ref_system_key_key`.
fn named_by_columns(message: &str) -> Option<String> {
    let columns = message.split_once("UNIQUE constraint failed: ")?.1;
    let (table, _) = columns.split_once('.')?;
    let names: Option<Vec<&str>> =
        columns.split(", ").map(|column| column.split_once('.').map(|(_, name)| name)).collect();
    Some(format!("{table}_{}_key", names?.join("_")))
}

/// What the driver said of a statement.
fn told(cause: &sea_orm::DbErr) -> Option<&sqlx::Error> {
    use sea_orm::DbErr::{Conn, Exec, Query};
    match cause {
        Conn(sea_orm::RuntimeErr::SqlxError(told))
        | Exec(sea_orm::RuntimeErr::SqlxError(told))
        | Query(sea_orm::RuntimeErr::SqlxError(told)) => Some(told),
        _ => None,
    }
}

fn code(cause: &sea_orm::DbErr) -> Option<std::borrow::Cow<'_, str>> {
    told(cause)?.as_database_error()?.code()
}

/// Whether there is no connection, or none any more, or the database has no time (SQLite is locked).
fn is_away(cause: &sea_orm::DbErr) -> bool {
    use sqlx::Error as Told;
    let lost = |told: &Told| {
        matches!(
            told,
            Told::Io(_) | Told::Tls(_) | Told::PoolTimedOut | Told::PoolClosed | Told::WorkerCrashed
        )
    };
    matches!(cause, sea_orm::DbErr::ConnectionAcquire(_) | sea_orm::DbErr::Conn(_))
        || told(cause).is_some_and(lost)
        // Connection exceptions; too many connections; a shutdown, a crash, a start, a time-out of the session.
        || code(cause).is_some_and(|code| {
            code.starts_with("08") || ["53300", "57P01", "57P02", "57P03", "57P05", "25P03", "5"].contains(&&*code)
        })
}

/// Whether the database stopped the statement because it took too long: `query_canceled` and `SQLITE_INTERRUPT`.
fn is_cancelled(cause: &sea_orm::DbErr) -> bool {
    code(cause).is_some_and(|code| ["57014", "9"].contains(&&*code))
}

/// `serialization_failure`, `deadlock_detected` (PostgreSQL), and `SQLITE_BUSY_SNAPSHOT`.
fn is_contended(cause: &sea_orm::DbErr) -> bool {
    code(cause).is_some_and(|code| ["40001", "40P01", "517"].contains(&&*code))
}

impl From<serde_json::Error> for Error {
    fn from(cause: serde_json::Error) -> Self {
        Error::Internal(cause.into())
    }
}

/// One refused rule: a code of the domain's enum, the input field it is about, and a sentence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal<C> {
    /// Which rule.
    pub code: C,
    /// Path of the input field, in the schema's spelling; empty when the rule is about no field.
    pub field: Vec<String>,
    /// What is wrong and what to do, for a person.
    pub message: String,
}

impl<C> Refusal<C> {
    /// A refusal about one input field.
    pub fn of(code: C, field: &str, message: impl Into<String>) -> Self {
        Refusal { code, field: field.split('.').map(str::to_owned).collect(), message: message.into() }
    }
}

impl<C: Code> Refusal<C> {
    /// What a value is refused with that another row has; `None` where no code stands for this constraint.
    pub fn taken(constraint: &str) -> Option<Self> {
        let (_, code, field, message) = C::TAKEN.iter().find(|(name, ..)| *name == constraint)?;
        Some(Refusal::of(*code, field, *message))
    }
}

/// A field that two people changed from the same version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldConflict {
    /// The field, in the schema's spelling.
    pub field: String,
    /// Its value in the version that both started from, as text; `None` when empty.
    pub base: Option<String>,
    /// The value that was to be written now.
    pub mine: Option<String>,
    /// The value that the other change left there.
    pub theirs: Option<String>,
}

/// Why a verb did not do its work; nothing was written.
#[derive(Debug)]
pub enum Stop<C> {
    /// Business rules say no.
    Refused(Vec<Refusal<C>>),
    /// Others changed the same fields meanwhile.
    Conflict(Vec<FieldConflict>),
    /// Anything else.
    Error(Error),
}

impl<C> Stop<C> {
    /// One refused rule.
    pub fn refuse(code: C, field: &str, message: impl Into<String>) -> Self {
        Stop::Refused(vec![Refusal::of(code, field, message)])
    }
}

impl<C: Code, E: Into<Error>> From<E> for Stop<C> {
    /// A value that is taken is refused as the schema names it: also when another write took it at the same moment, and
    /// nobody saw it in time.
    fn from(cause: E) -> Self {
        let error = cause.into();
        match &error {
            Error::Taken { constraint, .. } => match Refusal::taken(constraint) {
                Some(refusal) => Stop::Refused(vec![refusal]),
                None => Stop::Error(error),
            },
            _ => Stop::Error(error),
        }
    }
}

impl<C: fmt::Debug> fmt::Display for Stop<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Stop::Refused(rules) => {
                let lines: Vec<_> = rules.iter().map(|r| r.message.as_str()).collect();
                f.write_str(&lines.join("; "))
            }
            Stop::Conflict(fields) => {
                let names: Vec<_> = fields.iter().map(|c| c.field.as_str()).collect();
                write!(f, "changed by somebody else meanwhile: {}", names.join(", "))
            }
            Stop::Error(error) => error.fmt(f),
        }
    }
}

/// Gathers the refusals of one input, so that a caller is told of every wrong field at once.
pub struct Check<C>(Vec<Refusal<C>>);

impl<C> Default for Check<C> {
    fn default() -> Self {
        Check(Vec::new())
    }
}

impl<C> Check<C> {
    /// Keeps a refusal.
    pub fn refuse(&mut self, code: C, field: &str, message: impl Into<String>) {
        self.0.push(Refusal::of(code, field, message));
    }

    /// Takes the value of a checked field, or keeps why it is wrong.
    pub fn take<T, E: fmt::Display>(&mut self, code: C, field: &str, checked: Result<T, E>) -> Option<T> {
        checked.map_err(|why| self.refuse(code, field, why.to_string())).ok()
    }

    /// Keeps that another row has a value that must be unique by this constraint.
    pub fn refuse_taken(&mut self, constraint: &str)
    where
        C: Code,
    {
        debug_assert!(Refusal::<C>::taken(constraint).is_some(), "{constraint} has a refusal");
        self.0.extend(Refusal::taken(constraint));
    }

    /// Edits a name or title. Absent keeps the one that is there; a thing that has none yet must be given one.
    pub fn name(&mut self, code: C, field: &str, patch: Patch<String>, value: &mut String, max: usize) {
        let given = match patch {
            Patch::Keep if !value.is_empty() => return,
            Patch::Keep | Patch::Clear => String::new(),
            Patch::Set(given) => given,
        };
        *value = self.take(code, field, text::name(&given, max)).unwrap_or_default();
    }

    /// Edits a text of several lines that may be missing; one that shows nothing is none.
    pub fn text(
        &mut self,
        code: C,
        field: &str,
        patch: Patch<String>,
        value: &mut Option<String>,
        max: usize,
    ) {
        match patch {
            Patch::Keep => {}
            Patch::Clear => *value = None,
            Patch::Set(given) => *value = self.take(code, field, text::optional(&given, max)).flatten(),
        }
    }

    /// `Ok` when nothing was refused.
    pub fn done(self) -> Result<(), Stop<C>> {
        if self.0.is_empty() { Ok(()) } else { Err(Stop::Refused(self.0)) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_sqlite_says_is_named_as_postgres_names_it() {
        let named = |columns: &str| named_by_columns(&format!("UNIQUE constraint failed: {columns}"));
        assert_eq!(named("app_user.email").as_deref(), Some("app_user_email_key"));
        assert_eq!(
            named("external_ref.system, external_ref.key").as_deref(),
            Some("external_ref_system_key_key")
        );
        assert_eq!(named("index 'some_expression'"), None);
        assert_eq!(named_by_columns("CHECK constraint failed: id = 1"), None);
    }
}
