//! What cabina knows of the business. The trunk (identity, then notifications, then clients) may be used by the leaves; leaves do not know
//! each other.

pub mod agenda;
pub mod clients;
pub mod identity;
pub mod notifications;
pub mod sync;
