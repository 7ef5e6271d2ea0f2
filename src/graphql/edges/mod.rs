//! Every field that needs a look-up or a decision: the only place where nodes meet.

pub mod agenda;
mod clients;
pub mod identity;
pub mod jobs;
pub mod node;
pub mod notifications;
pub mod sync;
