//! cabina and Odoo kept alike.
//!
//! `mapping` says what a mapping is; each kind of things has one file. `push` sends what the ledger says is due, `pull` takes
//! over what was changed there; both compare the two sides with what they last agreed on (`merge`), so that neither
//! overwrites what the other just changed. They run side by side, each model and direction in a lane of its own, so that
//! a slow call holds up nobody else; a row of the ledger that one of them has in hand and another changes is compared anew.

mod backoff;
mod client;
mod compare;
mod contact;
mod count;
pub mod doctor;
mod endings;
mod entry;
mod jobs;
pub mod mapping;
mod merge;
mod names;
mod newcomers;
mod notes;
mod places;
mod pull;
mod push;
mod send;
mod sweep;
mod sync;
mod uncertain;

pub use jobs::register;
pub use sync::{Sync, peer_name};

use crate::kernel::{Error, Result};
use crate::platform::config::OdooConfig;
use mapping::Mapping;

/// All that is kept alike, what others hang on first: a line for each kind.
pub const MAPPINGS: &[&dyn Mapping] = &[&client::Clients, &contact::Contacts, &entry::Entries];

/// The kinds whose changes are to be sent, by this configuration.
///
/// # Errors
/// `Usage` for a kind that no mapping knows.
pub fn pushed(config: &OdooConfig) -> Result<Vec<String>> {
    for kind in config.sync.ways.keys() {
        if !MAPPINGS.iter().any(|mapping| mapping.kind() == kind) {
            let known: Vec<&str> = MAPPINGS.iter().map(|mapping| mapping.kind()).collect();
            let known = known.join(", ");
            return Err(Error::Usage(format!("ODOO_SYNC names {kind}, which is none of {known}")));
        }
    }
    let pushes = |kind: &str| config.sync.ways.get(kind).is_some_and(|ways| ways.push());
    for mapping in MAPPINGS.iter().filter(|mapping| pushes(mapping.kind())) {
        if let Some(trunk) = mapping.hangs_on().filter(|trunk| !pushes(trunk)) {
            let kind = mapping.kind();
            let rule =
                format!("ODOO_SYNC sends {kind}, which hangs on {trunk}: send {trunk} too (push or both)");
            return Err(Error::Usage(rule));
        }
    }
    Ok(config.sync.ways.iter().filter(|(_, ways)| ways.push()).map(|(kind, _)| kind.clone()).collect())
}
