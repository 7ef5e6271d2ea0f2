//! Users, teams, API keys, sessions, audit.

use crate::domains::identity::{api_key, app_user, session, team};
use crate::graphql::scalars::EmailAddress;
use crate::kernel::ids::{ApiKeyId, AuditId, EventId, SessionId, TeamId, UserId};
use crate::kernel::time::Instant;
use crate::node;
use crate::platform::auth::{ActorKind, Role};
use crate::platform::db::tables::audit_entry;
use crate::platform::db::{Direction, SortColumn, SortKey};
use crate::value;

/// By name.
pub const BY_NAME: SortColumn =
    SortColumn { column: "name_sort", key: SortKey::Text, direction: Direction::Asc };
/// Latest first.
pub const LATEST: SortColumn =
    SortColumn { column: "created_at", key: SortKey::Instant, direction: Direction::Desc };
/// Latest audit entries first.
pub const AUDIT_LATEST: SortColumn =
    SortColumn { column: "at", key: SortKey::Instant, direction: Direction::Desc };

node! {
    /// A person who signs in.
    pub struct User of app_user::Entity {
        /// Opaque id.
        id: UserId,
        /// Grows by one with each change; send it back as `expectedVersion`.
        version: i32,
        /// Sign-in name.
        email: EmailAddress,
        /// Full name.
        name: String,
        /// What the user may see and do.
        role: Role,
        /// Language tag, such as `es-MX`.
        locale: String,
        /// IANA time zone, such as `America/Mexico_City`.
        time_zone: String,
        /// Since when the user may not sign in; null for those who may.
        disabled_at: Option<Instant>,
        /// When the user was made.
        created_at: Instant,
        /// When the user was last changed.
        updated_at: Instant,
    } hidden {
        team_id: Option<TeamId>,
    }
}

node! {
    /// A team of advisors with their supervisors.
    pub struct Team of team::Entity {
        /// Opaque id.
        id: TeamId,
        /// Grows by one with each change; send it back as `expectedVersion`.
        version: i32,
        /// Name.
        name: String,
        /// When the team was made.
        created_at: Instant,
        /// When the team was last changed.
        updated_at: Instant,
    }
}

node! {
    /// A key with which a machine signs in.
    pub struct ApiKey of api_key::Entity {
        /// Opaque id.
        id: ApiKeyId,
        /// Grows by one with each change.
        version: i32,
        /// What it is for.
        name: String,
        /// How the key begins, to recognise it.
        hint: String,
        /// What it sees.
        role: Role,
        /// When it ends by itself; null: never.
        expires_at: Option<Instant>,
        /// When it was last used, to the minute; null: never.
        last_used_at: Option<Instant>,
        /// When it was revoked; null: it was not.
        revoked_at: Option<Instant>,
        /// When it was made.
        created_at: Instant,
    } hidden {
        team_id: Option<TeamId>,
        scopes: api_key::Scopes,
    }
}

node! {
    /// A sign-in of yours, from log-in to log-out.
    pub struct Session of session::Entity {
        /// Opaque id.
        id: SessionId,
        /// Program that logged in; null when it did not tell.
        user_agent: Option<String>,
        /// Address that it logged in from; null when unknown.
        address: Option<String>,
        /// When it was opened.
        created_at: Instant,
        /// When it ends unless it is refreshed.
        expires_at: Instant,
        /// When it was ended; null while it is open.
        revoked_at: Option<Instant>,
    }
}

node! {
    /// Who changed what: append-only.
    pub struct AuditEntry of audit_entry::Entity {
        /// Opaque id.
        id: AuditId,
        /// When.
        at: Instant,
        /// What kind of author.
        actor_kind: ActorKind,
        /// Name of the author at that time.
        actor_name: String,
        /// The mutation, command or job.
        operation: String,
        /// Kind of the changed thing: the prefix of its id.
        subject_type: String,
        /// Version of the thing after the change.
        version: i32,
        /// The change as a whole; several entries may belong to one.
        event_id: EventId,
        /// Id of the request, as in the log; null for commands and jobs.
        request_id: Option<String>,
        /// Address of the caller; null when unknown.
        address: Option<String>,
    } hidden {
        actor_id: Option<uuid::Uuid>,
        subject_id: uuid::Uuid,
        changes: sea_orm::JsonValue,
    }
}

value! {
    /// A field before and after a change.
    pub struct AuditChange {
        /// The field.
        field: String,
        /// What it was, as text (lists and objects as JSON); null when it was empty.
        before: Option<String>,
        /// What it became; null when it was emptied.
        after: Option<String>,
    }
}
