//! How the run of a row ends, and what a fault says about the rows that were in the call.

use uuid::Uuid;

use crate::domains::sync::Model;
use crate::domains::sync::ledger::{Ending, Problem};
use crate::integrations::odoo::{Class, Fault, Kind, TransientKind};

/// A claimed row with its run.
pub(super) type Claimed = (Model, Uuid);

/// Something went wrong that is not a record's fault: Odoo is left alone for a while.
#[derive(Debug)]
pub(super) struct Interrupted;

/// What the ledger keeps of a fault.
pub(super) fn problem(fault: &Fault) -> Problem {
    let (error, hint) = (fault.to_string(), fault.hint().into_owned());
    Problem { error, hint, fingerprint: fault.fingerprint(), payload: None }
}

/// Whether nobody can be reached, or logs in: it says nothing about the records.
pub(super) fn is_about_all(fault: &Fault) -> bool {
    matches!(
        fault.class,
        Class::Refused
            | Class::Permanent(Kind::Configuration)
            | Class::Transient(TransientKind::Unreached | TransientKind::Paused)
    )
}

/// Whether a fault of reading says that these records cannot be read, and nothing of others.
pub(super) fn is_about_them(fault: &Fault) -> bool {
    matches!(fault.class, Class::Permanent(kind) if kind != Kind::Configuration)
}

/// The record was deleted there.
pub(super) fn deleted() -> Ending {
    let problem = Problem {
        error: "the record was deleted in Odoo".to_owned(),
        hint: "Retry to make it anew there, or discard to leave it out.".to_owned(),
        fingerprint: "deleted-there".to_owned(),
        payload: None,
    };
    Ending::GoneThere(problem)
}
