//! Who may sign in and what they may see: users in teams, sessions with rotating refresh tokens, API keys for machines.
//!
//! A user is an advisor or supervisor of one team, or an admin. A session lives as long as it is refreshed; each refresh
//! token works once, and using one twice ends the session, for one of the two who hold it has stolen it. Secrets are
//! kept as hashes only. A disabled user's sessions and a revoked key end at once.

pub mod api_keys;
mod attempts;
pub mod audit;
mod connections;
pub mod live_session;
pub mod passwords;
pub mod rules;
pub mod sessions;
mod tables;
pub mod teams;
pub mod users;
pub mod viewer_cache;

use crate::platform::db::{Audience, Change, Channel};

/// Servers hear here that somebody sees more or less than before, or is out.
pub const IDENTITY_CHANGED: Channel = Channel("identity:changed");

/// Tells every server that this change concerns what a user or key may see.
fn concerning(change: Change, who: uuid::Uuid) -> Change {
    change.on(IDENTITY_CHANGED, Audience { user: Some(who), ..Audience::default() })
}

pub use tables::{api_key, app_user, session, team};
