//! Odoo, spoken to in any of its three languages.
//!
//! A [`Call`] says what is wanted. `xmlrpc`, `jsonrpc` and `json2` write it down and read the answer, without any I/O; the
//! [`Odoo`] client sends it, with the login, the time-outs and the patience that takes. Whatever goes wrong is a [`Fault`], whose
//! class says whether to try again, to look, or to give up. The numbered rules in comments are those of
//! `tests/odoo-wire/README.md`, beside the recorded exchanges that the tests replay.

mod answer;
mod call;
mod channel;
mod classify;
mod client;
mod denial;
mod domain;
mod fault;
mod gist;
mod json;
pub mod json2;
pub mod jsonrpc;
mod login;
mod record;
#[cfg(test)]
mod tests;
mod value;
pub mod wire;
pub mod xmlrpc;

pub use answer::{Acted, Answer, ExternalIds, Field, Fields, Loaded, Stored};
pub use call::Call;
pub use client::{Odoo, Version};
pub use domain::Domain;
pub use fault::{Class, Fault, Kind, RowFault, TransientKind};
pub use record::Record;
pub use value::{FieldType, Map, Misread, Value};
pub use wire::Transport;
