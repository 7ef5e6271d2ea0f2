//! The inputs of the mutations of identity.

use async_graphql::{InputObject, MaybeUndefined};

use crate::graphql::scalars::Moment;
use crate::kernel::ids::{ApiKeyId, SessionId, TeamId, UserId};
use crate::platform::auth::{Role, Scope};

/// Who logs in.
#[derive(InputObject)]
pub struct SessionCreateInput {
    /// Sign-in name.
    pub email: String,
    /// Password.
    #[graphql(secret)]
    pub password: String,
    /// Repeating a log-in with the same key ends the session that the first one opened.
    pub idempotency_key: Option<String>,
}

/// Which session goes on.
#[derive(InputObject)]
pub struct SessionRefreshInput {
    /// The refresh token of the last log-in or refresh.
    #[graphql(secret)]
    pub refresh_token: String,
    /// When the answer was lost, or two tabs ask at once: for a minute the same token with the same key is answered again,
    /// and each answer goes on.
    pub idempotency_key: Option<String>,
}

/// Which sessions end: this one unless told.
#[derive(InputObject)]
pub struct SessionRevokeInput {
    /// Another session of yours.
    pub id: Option<SessionId>,
    /// All sessions of yours.
    pub everywhere: Option<bool>,
    /// The same key with the same input does its work once.
    pub idempotency_key: Option<String>,
}

/// A user to be made.
#[derive(InputObject)]
pub struct UserCreateInput {
    /// Sign-in name.
    pub email: String,
    /// Full name.
    pub name: String,
    /// What the user may see and do.
    pub role: Role,
    /// Team; only admins may have none.
    pub team_id: Option<TeamId>,
    /// Language tag; `es` unless told.
    pub locale: Option<String>,
    /// IANA time zone; `America/Mexico_City` unless told.
    pub time_zone: Option<String>,
    /// First password; without one nobody can sign in yet.
    #[graphql(secret)]
    pub password: Option<String>,
    /// The same key with the same input does its work once.
    pub idempotency_key: Option<String>,
}

/// What changes of a user: absent keeps.
#[derive(InputObject)]
pub struct UserUpdateInput {
    /// Which user.
    pub id: UserId,
    /// The version that the change was made from.
    pub expected_version: i32,
    /// Full name.
    pub name: MaybeUndefined<String>,
    /// What the user may see and do. For admins.
    pub role: MaybeUndefined<Role>,
    /// Team. For admins.
    pub team_id: MaybeUndefined<TeamId>,
    /// Language tag.
    pub locale: MaybeUndefined<String>,
    /// IANA time zone.
    pub time_zone: MaybeUndefined<String>,
    /// The same key with the same input does its work once.
    pub idempotency_key: Option<String>,
}

/// Which user is disabled or enabled.
#[derive(InputObject)]
pub struct UserStateInput {
    /// Which user.
    pub id: UserId,
    /// The version that was seen.
    pub expected_version: i32,
    /// The same key with the same input does its work once.
    pub idempotency_key: Option<String>,
}

/// A new password.
#[derive(InputObject)]
pub struct UserSetPasswordInput {
    /// Whose.
    pub id: UserId,
    /// The present password; needed for the own account.
    #[graphql(secret)]
    pub current_password: Option<String>,
    /// The new password: at least 8 characters.
    #[graphql(secret)]
    pub password: String,
    /// The same key with the same input does its work once.
    pub idempotency_key: Option<String>,
}

/// A team to be made.
#[derive(InputObject)]
pub struct TeamCreateInput {
    /// Name.
    pub name: String,
    /// The same key with the same input does its work once.
    pub idempotency_key: Option<String>,
}

/// A team's new name.
#[derive(InputObject)]
pub struct TeamRenameInput {
    /// Which team.
    pub id: TeamId,
    /// The version that the change was made from.
    pub expected_version: i32,
    /// Name.
    pub name: String,
    /// The same key with the same input does its work once.
    pub idempotency_key: Option<String>,
}

/// An API key to be made.
#[derive(InputObject)]
pub struct ApiKeyCreateInput {
    /// What it is for.
    pub name: String,
    /// What it sees.
    pub role: Role,
    /// Team; only keys of admins may have none.
    pub team_id: Option<TeamId>,
    /// What it may do.
    pub scopes: Vec<Scope>,
    /// When it ends by itself; never unless told.
    pub expires_at: Option<Moment>,
    /// The same key with the same input does its work once.
    pub idempotency_key: Option<String>,
}

/// An API key that ends.
#[derive(InputObject)]
pub struct ApiKeyRevokeInput {
    /// Which key.
    pub id: ApiKeyId,
    /// The same key with the same input does its work once.
    pub idempotency_key: Option<String>,
}
