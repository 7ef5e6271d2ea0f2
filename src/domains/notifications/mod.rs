//! Notifications: what users are told of, each for one user alone.
//!
//! A verb of another domain says `tell` in its own transaction, so a notification is there if and only if what it tells of
//! happened. A row names things by their ids and quotes nothing of them: whoever may no longer see a client is told
//! nothing more of it by an old notification.

pub mod inbox;
mod tables;
pub mod texts;

use crate::platform::db::Channel;

pub use tables::notification;

/// Users hear here that they are told of something, and that something was read.
pub const NOTIFICATION_NEW: Channel = Channel("notification:new");
