//! API keys: what machines sign in with. The key itself is shown once, when it is made.

use sea_orm::sea_query::Expr;
use sea_orm::{
    ActiveModelTrait, ColumnTrait, DatabaseConnection, EntityTrait, IntoActiveModel, QueryFilter, QuerySelect,
};

use super::rules::{ApiKeyErrorCode, team_fits};
use super::tables::api_key::{self, Scopes};
use super::{concerning, teams};
use crate::kernel::error::Check;
use crate::kernel::ids::{ApiKeyId, TeamId};
use crate::kernel::time::Instant;
use crate::kernel::{Error, Result, Stop, text};
use crate::platform::auth::{Actor, Right, Role, Scope, Viewer, hash_secret, new_secret};
use crate::platform::db::{Change, ChangeKind, Tx, Visible, all_rows, differences};

/// What every key begins with, so that a leaked one is recognised by scanners.
pub const PREFIX: &str = "cabina_";

/// A key to be made.
#[derive(Clone, Debug)]
pub struct NewApiKey {
    /// What it is for.
    pub name: String,
    /// What it sees.
    pub role: Role,
    /// Team; only keys of admins may have none.
    pub team: Option<TeamId>,
    /// What it may do.
    pub scopes: Vec<Scope>,
    /// When it ends; `None`: when it is revoked.
    pub expires_at: Option<Instant>,
}

/// Makes a key; the second value is the key itself.
pub async fn create(tx: &mut Tx, new: NewApiKey) -> Result<(ApiKeyId, String), Stop<ApiKeyErrorCode>> {
    tx.by.may(Right::Administer)?;
    let mut check = Check::default();
    let name = check.take(ApiKeyErrorCode::Invalid, "name", text::name(&new.name, 80));
    if !team_fits(new.role, new.team) {
        check.refuse(
            ApiKeyErrorCode::TeamMissing,
            "teamId",
            "keys of advisors and supervisors belong to a team",
        );
    }
    if let Some(team) = new.team
        && !teams::exists(tx, team).await?
    {
        check.refuse(ApiKeyErrorCode::NotFound, "teamId", "there is no such team");
    }
    if new.scopes.is_empty() {
        check.refuse(ApiKeyErrorCode::ScopeMissing, "scopes", "a key needs at least one scope");
    }
    if new.expires_at.is_some_and(|at| at <= tx.now) {
        check.refuse(ApiKeyErrorCode::AlreadyExpired, "expiresAt", "must lie in the future");
    }
    check.done()?;
    let secret = format!("{PREFIX}{}", new_secret());
    let name = name.unwrap_or_default();
    let row = api_key::Model {
        id: ApiKeyId::new(),
        version: 1,
        name_sort: text::fold(&name),
        name,
        hint: secret.chars().take(PREFIX.len() + 4).collect(),
        hash: hash_secret(&secret),
        role: new.role,
        team_id: new.team,
        scopes: Scopes(new.scopes),
        expires_at: new.expires_at,
        last_used_at: None,
        revoked_at: None,
        created_at: tx.now,
        updated_at: tx.now,
    };
    let id = row.id;
    tx.record(Change::of(ChangeKind::Created, id, 1, differences(None, Some(&row))?));
    api_key::Entity::insert(row.into_active_model()).exec_without_returning(tx.conn()).await?;
    Ok((id, secret))
}

/// Ends a key at once.
pub async fn revoke(tx: &mut Tx, id: ApiKeyId) -> Result<ApiKeyId, Stop<ApiKeyErrorCode>> {
    tx.by.may(Right::Administer)?;
    let query = api_key::Entity::visible_to(&tx.by).filter(api_key::Column::Id.eq(id)).lock_exclusive();
    let before = query.one(tx.conn()).await?.ok_or(Error::NotFound)?;
    if before.revoked_at.is_some() {
        return Ok(id);
    }
    let after = api_key::Model {
        revoked_at: Some(tx.now),
        version: before.version + 1,
        updated_at: tx.now,
        ..before.clone()
    };
    let change =
        Change::of(ChangeKind::Updated, id, after.version, differences(Some(&before), Some(&after))?);
    tx.record(concerning(change, id.into()));
    after.into_active_model().reset_all().update(tx.conn()).await?;
    Ok(id)
}

/// The viewer that a key stands for, and when it ends. Its last use is written down once a minute.
///
/// # Errors
/// `Unauthenticated` for every wrong, expired or revoked key alike.
pub async fn viewer(db: &DatabaseConnection, key: &str, now: Instant) -> Result<(Viewer, Option<Instant>)> {
    let row = all_rows::<api_key::Entity>()
        .filter(api_key::Column::Hash.eq(hash_secret(key)))
        .one(db)
        .await?
        .filter(|row| row.revoked_at.is_none() && row.expires_at.is_none_or(|at| now < at))
        .ok_or(Error::Unauthenticated)?;
    if row.last_used_at.is_none_or(|at| now - at > chrono::Duration::minutes(1)) {
        api_key::Entity::update_many()
            .col_expr(api_key::Column::LastUsedAt, Expr::value(now))
            .filter(api_key::Column::Id.eq(row.id))
            .exec(db)
            .await?;
    }
    let ends = row.expires_at;
    Ok((viewer_for(row), ends))
}

/// The viewers of those of these keys that hold at `now`, in one statement.
pub(super) async fn viewers(
    db: &DatabaseConnection,
    ids: Vec<ApiKeyId>,
    now: Instant,
) -> Result<Vec<(ApiKeyId, Viewer)>> {
    let rows = all_rows::<api_key::Entity>()
        .filter(api_key::Column::Id.is_in(ids))
        .filter(api_key::Column::RevokedAt.is_null())
        .all(db)
        .await?;
    let holding = rows.into_iter().filter(|row| row.expires_at.is_none_or(|at| now < at));
    Ok(holding.map(|row| (row.id, viewer_for(row))).collect())
}

fn viewer_for(row: api_key::Model) -> Viewer {
    Viewer {
        actor: Actor::Machine(row.id),
        name: row.name,
        role: row.role,
        team: row.team_id,
        session: None,
        scopes: Some(row.scopes.0),
        locale: String::new(),
    }
}
