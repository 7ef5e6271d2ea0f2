//! The tables of clients.

pub mod activity;
pub mod client;
pub mod client_term;
pub mod contact;
pub mod ecosystem;
pub mod event_log_entry;
pub mod external_ref;
pub mod market;
