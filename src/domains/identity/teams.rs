//! Teams: create and rename.

use sea_orm::sea_query::LockType;
use sea_orm::{
    ActiveModelTrait, ColumnTrait, DatabaseConnection, EntityTrait, IntoActiveModel, QueryFilter,
    QuerySelect, Select,
};

use super::rules::TeamErrorCode;
use super::tables::team;
use crate::kernel::error::Check;
use crate::kernel::ids::TeamId;
use crate::kernel::{Error, Result, Stop, text};
use crate::platform::auth::{Right, Viewer};
use crate::platform::db::{Change, ChangeKind, Tx, Visible, differences};

const NAME_MAX: usize = 80;

/// Makes a team.
pub async fn create(tx: &mut Tx, name: &str) -> Result<TeamId, Stop<TeamErrorCode>> {
    tx.by.may(Right::Administer)?;
    let name = check(name)?;
    let id = TeamId::new();
    refuse_taken(tx, id, &name).await?;
    let name_sort = text::fold(&name);
    let row = team::Model { id, version: 1, name, name_sort, created_at: tx.now, updated_at: tx.now };
    tx.record(Change::of(ChangeKind::Created, id, 1, differences(None, Some(&row))?));
    team::Entity::insert(row.into_active_model()).exec_without_returning(tx.conn()).await?;
    Ok(id)
}

/// Renames a team.
pub async fn rename(
    tx: &mut Tx,
    id: TeamId,
    expected: i32,
    name: &str,
) -> Result<TeamId, Stop<TeamErrorCode>> {
    tx.by.may(Right::Administer)?;
    let name = check(name)?;
    let before = locked(tx, id).await?;
    refuse_taken(tx, id, &name).await?;
    let after = team::Model {
        version: before.version + 1,
        name_sort: text::fold(&name),
        name,
        updated_at: tx.now,
        ..before.clone()
    };
    let changes = differences(Some(&before), Some(&after))?;
    tx.merge(id, expected, before.version, &changes).await?;
    if !changes.is_empty() {
        tx.record(Change::of(ChangeKind::Updated, id, after.version, changes));
        after.into_active_model().reset_all().update(tx.conn()).await?;
    }
    Ok(id)
}

/// The team with this name, made if there is none: for commands.
pub async fn named(tx: &mut Tx, name: &str) -> Result<TeamId, Stop<TeamErrorCode>> {
    match by_name(&tx.by, name).one(tx.conn()).await? {
        Some(team) => Ok(team.id),
        None => create(tx, name).await,
    }
}

/// The team with this name, if there is one that the viewer sees.
pub async fn known(db: &DatabaseConnection, viewer: &Viewer, name: &str) -> Result<Option<TeamId>> {
    Ok(by_name(viewer, name).one(db).await?.map(|team| team.id))
}

fn by_name(viewer: &Viewer, name: &str) -> Select<team::Entity> {
    team::Entity::visible_to(viewer).filter(team::Column::NameSort.eq(text::fold(name)))
}

/// Whether the team exists, for those who name it.
pub async fn exists(tx: &Tx, id: TeamId) -> Result<bool> {
    let found = team::Entity::visible_to(&tx.by).filter(team::Column::Id.eq(id)).one(tx.conn()).await?;
    Ok(found.is_some())
}

fn check(name: &str) -> Result<String, Stop<TeamErrorCode>> {
    text::name(name, NAME_MAX).map_err(|rule| Stop::refuse(TeamErrorCode::Invalid, "name", rule))
}

async fn locked(tx: &Tx, id: TeamId) -> Result<team::Model> {
    let query = team::Entity::visible_to(&tx.by).filter(team::Column::Id.eq(id));
    // What names the team is written beside this.
    let query = query.lock(LockType::NoKeyUpdate);
    query.one(tx.conn()).await?.ok_or(Error::NotFound)
}

async fn refuse_taken(tx: &Tx, id: TeamId, name: &str) -> Result<(), Stop<TeamErrorCode>> {
    let other = team::Entity::visible_to(&tx.by)
        .filter(team::Column::NameSort.eq(text::fold(name)))
        .filter(team::Column::Id.ne(id))
        .one(tx.conn())
        .await?;
    let mut check = Check::<TeamErrorCode>::default();
    if other.is_some() {
        check.refuse_taken("team_name_sort_key");
    }
    check.done()
}
