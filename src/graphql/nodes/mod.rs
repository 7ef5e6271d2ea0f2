//! Plain columns of each node, declared over its table. A node knows no other node.

pub mod agenda;
pub mod clients;
pub mod identity;
pub mod jobs;
pub mod money;
pub mod notifications;
pub mod sync;
