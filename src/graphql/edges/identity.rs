//! Look-ups of users, teams, API keys, sessions and the audit.

use async_graphql::ID;

use crate::edges;
use crate::graphql::context::Ask;
use crate::graphql::fast::{Computed, Inlines, Maybe};
use crate::graphql::nodes::identity::{ApiKey, AuditChange, AuditEntry, BY_NAME, Session, Team, User};
use crate::kernel::ids::print;
use crate::platform::auth::{Actor, Right, Scope, Viewer};
use crate::platform::db::{FieldChange, Visible};

edges! {
    User {
        /// The user's team; null for admins without one.
        field team: Maybe<Team> = |user, _| Maybe::of(user.team_id);
        /// What the user's role allows.
        field permissions: Computed<Vec<Right>> = |user, _| Computed(rights_of(user));
    }
}

edges! {
    Team {
        /// The team's users, by name.
        page users(): User by "team_id" in BY_NAME =>
            |viewer| Ok(crate::domains::identity::app_user::Entity::visible_to(viewer));
    }
}

edges! {
    ApiKey {
        /// The team whose eyes the key has; null for keys of admins without one.
        field team: Maybe<Team> = |key, _| Maybe::of(key.team_id);
        /// What the key may do.
        field scopes: Computed<Vec<Scope>> = |key, _| Computed(key.scopes.0.clone());
    }
}

edges! {
    Session {
        /// Whether it is the one that asks.
        field is_current: Computed<bool> = |session, ctx|
            Computed(ctx.viewer().is_ok_and(|viewer| viewer.session == Some(session.id)));
    }
}

edges! {
    AuditEntry {
        /// Who: id of a user or API key; null for cabina itself.
        field actor_id: Computed<Option<ID>> = |entry, _| Computed(actor_id(entry));
        /// The changed thing.
        field subject_id: Computed<ID> = |entry, _| Computed(ID(print(&entry.subject_type, entry.subject_id)));
        /// Its fields before and after; secrets and erased values are masked. Where many rows change by one wish, also how many.
        field changes: Inlines<AuditChange> = |entry, _| Inlines(changes(entry));
    }
}

edges! { AuditChange {} }

fn rights_of(user: &User) -> Vec<Right> {
    let actor = Actor::User(user.id);
    Viewer { actor, role: user.role, team: user.team_id, ..Viewer::system("") }.rights()
}

fn actor_id(entry: &AuditEntry) -> Option<ID> {
    use crate::kernel::ids::{ApiKeyId, TypedId, UserId};
    use crate::platform::auth::ActorKind;
    let prefix = match entry.actor_kind {
        ActorKind::User => UserId::PREFIX,
        ActorKind::Machine => ApiKeyId::PREFIX,
        ActorKind::System => return None,
    };
    entry.actor_id.map(|id| ID(print(prefix, id)))
}

fn changes(entry: &AuditEntry) -> Vec<AuditChange> {
    let changes: Vec<FieldChange> = serde_json::from_value(entry.changes.clone()).unwrap_or_default();
    let text = |value: serde_json::Value| match value {
        serde_json::Value::Null => None,
        serde_json::Value::String(text) => Some(text),
        other => Some(other.to_string()),
    };
    let told = |change: FieldChange| AuditChange {
        field: change.field,
        before: text(change.before),
        after: text(change.after),
    };
    changes.into_iter().map(told).collect()
}
