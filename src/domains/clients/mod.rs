//! Clients and what hangs on them: contacts, activities, external keys, and the event log that tells their history.
//!
//! A client belongs to a team and, unless it waits in the team's pool, to one of the team's advisors. Its number comes
//! from its market and never changes. Its status moves by the transitions of `rules.rs` only. The event log is
//! immutable: a correction is a new entry that points to the old. Each client is found by the words in `client_term`
//! and in its own `words`, which are written with every change of the fields that they come from. Whoever may see a client sees all that hangs
//! on it.

pub mod activities;
#[expect(clippy::module_inception, reason = "the aggregate that the domain is named after")]
pub mod clients;
pub mod contacts;
mod draft;
pub mod erase;
pub mod filter;
pub mod markets;
mod reindex;
pub mod rules;
pub mod search;
mod search_sql;
pub mod summary;
mod tables;
mod terms;
pub mod texts;
pub mod timeline;

use crate::platform::db::{Channel, Kind};

pub use reindex::IndexClients;
pub use tables::client::visible_through;
pub use tables::client_term;
pub use tables::{activity, client, contact, ecosystem, event_log_entry, external_ref, market};
pub use terms::{search_text, terms_of};

/// Screens hear here that a client changed.
pub const CLIENT_UPDATED: Channel = Channel("client:updated");
/// Screens hear here of a new entry of a client's history.
pub const EVENTLOG_NEW: Channel = Channel("eventlog:new");

/// The kinds of things of this domain that others name by their ids.
pub const KINDS: &[Kind] = &[
    Kind::of::<client::Entity>().synced(),
    Kind::of::<contact::Entity>().synced().related(),
    Kind::of::<activity::Entity>().related(),
    Kind::of::<event_log_entry::Entity>().synced().related(),
];
