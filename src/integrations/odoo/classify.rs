//! From what the server says to a class. The name of the exception decides; texts only where the language loses the name,
//! and the HTTP status only where there is nothing else (rule 3).

use super::denial::Denial;
use super::fault::{Class, Fault, Kind, RowFault, TransientKind};

/// The fault for an exception in the server, by its class with or without its module.
pub(super) fn exception(name: &str, message: &str) -> Fault {
    let short = name.rsplit('.').next().unwrap_or(name);
    let told = (!short.is_empty()).then(|| short.to_owned());
    Fault { exception: told, ..Fault::new(class(short, message), message) }
}

fn class(name: &str, message: &str) -> Class {
    match name {
        "SerializationFailure"
        | "DeadlockDetected"
        | "LockNotAvailable"
        | "LockError"
        | "ConcurrencyError" => Class::Transient(TransientKind::Conflict),
        "AccessDenied" | "Unauthorized" | "SessionExpiredException" => Class::Refused,
        "AccessError" | "Forbidden" => Class::Permanent(Kind::Access),
        // The user himself is not there: the way in which XML-RPC and JSON-RPC refuse an unknown uid (rule 4).
        "MissingError" if is_own_user(message) => Class::Refused,
        "MissingError" => Class::Permanent(Kind::Missing),
        "UserError" if message.starts_with("Object ") && message.trim_end().ends_with("doesn't exist") => {
            Class::Permanent(Kind::Mapping)
        }
        "UserError" | "ValidationError" | "RedirectWarning" => Class::Permanent(Kind::Rule),
        "ValueError" | "NotFound" | "UnprocessableEntity" | "BadRequest" | "UnsupportedMediaType" => {
            Class::Permanent(Kind::Mapping)
        }
        "AttributeError" if message.starts_with("The method ") => Class::Permanent(Kind::Mapping),
        "OperationalError" if message.contains("database \"") && message.contains("does not exist") => {
            Class::Permanent(Kind::Configuration)
        }
        "OperationalError" | "InterfaceError" | "AdminShutdown" | "PoolError" | "QueryCanceled"
        | "MemoryError" | "TooManyRequests" | "ServiceUnavailable" | "TooManyConnections" => {
            Class::Transient(TransientKind::Server)
        }
        _ => Class::Permanent(Kind::Crash),
    }
}

/// What messages of `load` say that stand for a conflict of two transactions: nothing was stored, and it may be repeated
/// (rule 26).
const CONFLICTS: &[&str] = &[
    "could not serialize access",
    "deadlock detected",
    "could not obtain lock on row",
    "canceling statement due to lock timeout",
];

/// The class of a row that `load` refused: it tells no exception, so the words decide.
pub(super) fn of_row(message: &str) -> Class {
    if CONFLICTS.iter().any(|text| message.contains(text)) {
        Class::Transient(TransientKind::Conflict)
    } else if Denial::of(message).is_some() {
        Class::Permanent(Kind::Access)
    } else {
        Class::Permanent(Kind::Rule)
    }
}

/// The fault for `faultCode` and `faultString` of XML-RPC (rule 34).
pub(super) fn xml_fault(code: i64, text: &str) -> Fault {
    match code {
        1 if lost_in_writing(text) => {
            let (_, message) = last_exception(text);
            Fault::new(
                Class::Done,
                format!("it was done, but its answer does not fit into XML-RPC: {message}"),
            )
        }
        1 => {
            let (name, message) = last_exception(text);
            exception(name, message)
        }
        // The exception's class is lost: one that ends in the mention of a record is a missing record, in any language.
        2 if mentioned(text).is_some() => without_name(exception("MissingError", text)),
        2 => without_name(exception("UserError", text)),
        3 => without_name(exception("AccessDenied", text)),
        4 => without_name(exception("AccessError", text)),
        _ => Fault::new(Class::Permanent(Kind::Crash), text),
    }
}

fn without_name(fault: Fault) -> Fault {
    Fault { exception: None, ..fault }
}

/// The fault for an answer that is in none of Odoo's forms: a page of a proxy, or of the server's outer shell.
pub(super) fn status(status: u16) -> Fault {
    let class = match status {
        401 => Class::Refused,
        403 => Class::Permanent(Kind::Access),
        429 | 503 => Class::Transient(TransientKind::Server),
        300..=499 => Class::Permanent(Kind::Configuration),
        // Also 502 and 504: the proxy had passed the request on, and what became of it is not known.
        _ => Class::Unknown,
    };
    Fault::new(class, format!("HTTP status {status}, and a body that is not Odoo's"))
}

/// Whether the traceback is that of writing down an answer: then the call's transaction was committed before (rule 20). A
/// `TypeError` of the same words inside of a method has the frames of the model's service, and was rolled back.
fn lost_in_writing(traceback: &str) -> bool {
    let frame = |line: &str, file: &str| {
        line.trim_start().starts_with("File \"") && line.replace('\\', "/").contains(file)
    };
    let has = |file: &str| traceback.lines().any(|line| frame(line, file));
    has("xmlrpc/client.py\"") && traceback.contains(", in dumps\n") && !has("service/model.py\"")
}

/// Name and message of the exception that a traceback ends in: what follows the last frame, without indented source lines.
fn last_exception(traceback: &str) -> (&str, &str) {
    let after = traceback.rfind("\n  File \"").map_or(traceback, |at| &traceback[at + 1..]);
    let mut rest = after;
    while rest.starts_with([' ', '\n']) {
        let Some((_, next)) = rest.split_once('\n') else { break };
        rest = next;
    }
    let rest = rest.trim();
    match rest.split_once(": ") {
        Some((name, message)) if is_name(name) => (name, message),
        _ if is_name(rest) => (rest, ""),
        _ => ("", rest),
    }
}

fn is_name(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|c| c.is_alphanumeric() || c == '_' || c == '.')
}

/// The record and the user that a MissingError mentions at its end, in any language: `(Record: res.partner(8,), User: 2)`.
fn mentioned(message: &str) -> Option<(&str, &str, &str)> {
    let line = message.trim_end().lines().last()?.strip_prefix('(')?.strip_suffix(')')?;
    let (record, user) = line.rsplit_once(", ")?;
    let (_, record) = record.split_once(": ")?;
    let (_, user) = user.split_once(": ")?;
    let (model, ids) = record.split_once('(')?;
    let ids = ids.strip_suffix(')')?;
    let digits =
        |text: &str| !text.is_empty() && text.chars().all(|c| c.is_ascii_digit() || c == ',' || c == ' ');
    (is_name(model) && digits(ids) && digits(user)).then_some((model, ids, user))
}

fn is_own_user(message: &str) -> bool {
    mentioned(message)
        .is_some_and(|(model, ids, user)| model == "res.users" && ids.trim_end_matches(',') == user)
}

impl Fault {
    /// The fault of one refused row, as if it had been sent alone.
    pub fn of_row(&self, row: &RowFault) -> Fault {
        let class = of_row(&row.message);
        Fault { class, message: row.message.clone(), rows: vec![row.clone()], ..self.clone() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_of_a_lost_answer_inside_of_a_method_are_no_commit() {
        let written = "Traceback (most recent call last):\n  File \"/o/controllers/xmlrpc.py\", line 1, in xmlrpc_2\n  \
                       File \"/p/xmlrpc/client.py\", line 514, in dumps\nTypeError: cannot marshal None unless allow_none is enabled\n";
        assert_eq!(xml_fault(1, written).class, Class::Done);
        let inside =
            written.replace("  File \"/p", "  File \"/o/service/model.py\", line 2, in call_kw\n  File \"/p");
        assert_eq!(xml_fault(1, &inside).class, Class::Permanent(Kind::Crash));
        let said = xml_fault(2, "TypeError: cannot marshal None unless allow_none is enabled");
        assert_eq!(said.class, Class::Permanent(Kind::Rule));
    }

    #[test]
    fn a_missing_record_is_known_in_any_language() {
        let spanish = "El registro no existe o se eliminó.\n(Registro: res.partner(7, 9), Usuario: 2)";
        assert_eq!(xml_fault(2, spanish).class, Class::Permanent(Kind::Missing));
        assert_eq!(xml_fault(2, "gone (Record: x)").class, Class::Permanent(Kind::Rule));
    }

    #[test]
    fn the_last_exception_may_have_source_lines_before_and_several_lines_of_its_own() {
        let text = "Traceback (most recent call last):\n  File \"a.py\", line 1, in f\n    raise X(\n    ^^^^^^\na.b.X: one\ntwo: three\n";
        assert_eq!(last_exception(text), ("a.b.X", "one\ntwo: three"));
        assert_eq!(last_exception("KeyError"), ("KeyError", ""));
        assert_eq!(last_exception("what happened here"), ("", "what happened here"));
    }

    proptest::proptest! {
        #[test]
        fn any_text_of_a_fault_has_a_class(code in 0i64..6, text in "(Traceback\n)?(  File \"[a-z/.]{0,9}\"\n)?\\PC{0,40}\n?[(]?\\PC{0,20}[)]?") {
            let fault = xml_fault(code, &text);
            proptest::prop_assert_ne!(fault.class, Class::Unknown);
            proptest::prop_assert_eq!(fault.fingerprint().len(), 16);
        }
    }

    #[test]
    fn pages_that_are_not_odoos_are_never_taken_for_a_failure_without_trace() {
        assert_eq!(status(502).class, Class::Unknown);
        assert_eq!(status(504).class, Class::Unknown);
        assert_eq!(status(200).class, Class::Unknown);
        assert_eq!(status(503).class, Class::Transient(TransientKind::Server));
        assert_eq!(status(301).class, Class::Permanent(Kind::Configuration));
    }
}
