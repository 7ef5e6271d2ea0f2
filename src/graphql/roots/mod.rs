//! The root fields, a file per domain. A resolver translates and calls one verb.

pub mod agenda;
pub mod clients;
pub mod identity;
pub mod jobs;
pub mod live;
pub mod notifications;
pub mod sync;
