//! From commit to every server: the relay gives committed changes their place in one total, gap-free order, Redis rings
//! the bell for the other servers, and the hub holds the latest events of this process in that order.
//!
//! The outbox is the truth. An event that Redis lost, or that came before its predecessor, is read from the outbox; with
//! Redis away the servers read it more often and nothing else changes. Nothing here knows what the events are about.

mod event;
mod follower;
mod hub;
mod redis;
mod relay;

pub use event::{Cursor, Event};
pub use follower::{Follower, Gone};
pub use hub::Hub;
pub use redis::Redis;
pub use relay::{OutboxLag, Relay, last_position, outbox_lag, sweep};
