//! The verbs of notifications: tell a user, mark as read or unread.

use std::sync::Arc;

use sea_orm::sea_query::{Alias, Expr, ExprTrait, Query, QueryStatementBuilder, SimpleExpr};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, Condition, EntityTrait, IntoActiveModel, PaginatorTrait, QueryFilter,
    QueryOrder, QuerySelect, QueryTrait, Select,
};

use super::NOTIFICATION_NEW;
use super::notification::{Column, Entity, Model, NotificationKind};
use crate::codes;
use crate::kernel::ids::{ClientId, NotificationId, TypedId, UserId};
use crate::kernel::time::{Clock, Instant};
use crate::kernel::{Error, Result, Stop};
use crate::platform::auth::Viewer;
use crate::platform::db::{
    Announcement, Audience, Change, ChangeKind, Database, Origin, Reader, Tx, Visible, all_rows, delete_all,
    differences,
};

codes! {
    /// Why a notification was left as it was.
    pub enum NotificationErrorCode {}
}

/// Most that are marked as read in one write.
const READ_AT_ONCE: u64 = 1000;
/// Read ones are kept for so long after they were made.
const KEPT: chrono::Duration = chrono::Duration::days(180);

/// Tells a user what happened, unless they did it themselves.
///
/// # Errors
/// Those of the database.
pub async fn tell<I: TypedId>(
    tx: &mut Tx,
    user: UserId,
    kind: NotificationKind,
    client: Option<ClientId>,
    subject: I,
) -> Result<()> {
    if tx.by.user_id() == Some(user) {
        return Ok(());
    }
    let (actor_kind, actor_id) = tx.by.actor.columns();
    let row = Model {
        id: NotificationId::new(),
        version: 1,
        user_id: user,
        kind,
        client_id: client,
        subject_type: I::PREFIX.to_owned(),
        subject_id: subject.uuid(),
        actor_kind,
        actor_id,
        actor_name: tx.by.name.clone(),
        created_at: tx.now,
        read_at: None,
    };
    // What caused it stands in the audit already.
    tx.announce(Announcement {
        topic: NOTIFICATION_NEW,
        audience: audience(user),
        subject_id: row.id.uuid(),
        kind: ChangeKind::Created,
        version: row.version,
        fields: Vec::new(),
    });
    Entity::insert(row.into_active_model()).exec_without_returning(tx.conn()).await?;
    Ok(())
}

fn audience(user: UserId) -> Audience {
    Audience { user: Some(user.uuid()), ..Audience::default() }
}

/// Which notifications a list holds; all that is given must hold.
#[derive(Clone, Debug, Default)]
pub struct NotificationFilter {
    /// Whether read.
    pub read: Option<bool>,
    /// One of these kinds.
    pub kinds: Option<Vec<NotificationKind>>,
    /// About this client.
    pub client: Option<ClientId>,
}

/// The viewer's notifications that the filter lets through.
pub fn list(viewer: &Viewer, filter: &NotificationFilter) -> Select<Entity> {
    let read = |yes| if yes { Column::ReadAt.is_not_null() } else { Column::ReadAt.is_null() };
    let only = Condition::all()
        .add_option(filter.read.map(read))
        .add_option(filter.kinds.as_ref().map(|kinds| Column::Kind.is_in(kinds.iter().copied())))
        .add_option(filter.client.map(|client| Column::ClientId.eq(client)));
    Entity::visible_to(viewer).filter(only)
}

/// How many the viewer has not read.
///
/// # Errors
/// Those of the database.
pub async fn unread(reader: &Reader) -> Result<u64> {
    let unread = NotificationFilter { read: Some(false), ..NotificationFilter::default() };
    Ok(list(&reader.viewer, &unread).count(&reader.db).await?)
}

/// The same beside a notification, for its user.
pub fn unread_beside() -> SimpleExpr {
    let other = Alias::new("other");
    let column = |column: Column| Expr::col((other.clone(), column));
    let mut count = Query::select();
    count
        .expr(Expr::val(1).count())
        .from_as(Entity, other.clone())
        .and_where(column(Column::UserId).equals((Entity, Column::UserId)))
        .and_where(column(Column::ReadAt).is_null());
    SimpleExpr::SubQuery(None, Box::new(count.into_sub_query_statement()))
}

/// Marks one as read, or as unread again.
pub async fn mark(
    tx: &mut Tx,
    id: NotificationId,
    read: bool,
) -> Result<NotificationId, Stop<NotificationErrorCode>> {
    let before = locked(tx, id).await?;
    if before.read_at.is_some() == read {
        return Ok(id);
    }
    let after = Model { read_at: read.then_some(tx.now), version: before.version + 1, ..before.clone() };
    record(tx, &before, &after)?;
    Entity::update(after.into_active_model().reset_all()).exec(tx.conn()).await.map_err(Error::from)?;
    Ok(id)
}

/// Marks all as read up to this one, the newest that the user has seen: what came meanwhile stays unread.
pub async fn mark_all_read(
    tx: &mut Tx,
    newest: NotificationId,
) -> Result<NotificationId, Stop<NotificationErrorCode>> {
    let before = locked(tx, newest).await?;
    let unread = unread_until(&before).count(tx.conn()).await.map_err(Error::from)?;
    if mark_some(tx, &before).await? > 0 {
        // One event for all of them: `unreadCount` tells the screens whether they know all that was read.
        if before.read_at.is_none() {
            let after = Model { read_at: Some(tx.now), version: before.version + 1, ..before.clone() };
            record(tx, &before, &after)?;
        } else {
            let change = Change::of(ChangeKind::Updated, newest, before.version, Vec::new());
            tx.record(change);
            tell_of_read(tx, &before);
        }
        tx.tell_rows(newest, "notifications", unread);
    }
    Ok(newest)
}

/// Marks what `mark_all_read` left because there is so much of it, some in each write: nobody waits long for any of them.
///
/// # Errors
/// Those of the database; what was marked before stays so.
pub async fn mark_rest_read(
    database: &Database,
    clock: &Clock,
    viewer: &Arc<Viewer>,
    origin: &Origin,
    newest: NotificationId,
) -> Result<()> {
    loop {
        let mut tx = Tx::begin(database, clock, viewer.clone(), origin.clone()).await?;
        let query = Entity::visible_to(&tx.by).filter(Column::Id.eq(newest));
        let Some(before) = query.one(tx.conn()).await? else { return Ok(()) };
        if mark_some(&tx, &before).await? == 0 {
            return Ok(());
        }
        tell_of_read(&mut tx, &before);
        tx.commit().await?;
    }
}

/// What the user has not read up to this one.
fn unread_until(newest: &Model) -> Select<Entity> {
    let older = Condition::any()
        .add(Column::CreatedAt.lt(newest.created_at))
        .add(Condition::all().add(Column::CreatedAt.eq(newest.created_at)).add(Column::Id.lte(newest.id)));
    let own = all_rows::<Entity>().filter(Column::UserId.eq(newest.user_id));
    own.filter(Column::ReadAt.is_null()).filter(older)
}

/// Marks the latest of those up to this one that are not read; tells how many.
async fn mark_some(tx: &Tx, newest: &Model) -> Result<u64> {
    let some = unread_until(newest)
        .select_only()
        .column(Column::Id)
        .order_by_desc(Column::CreatedAt)
        .order_by_desc(Column::Id)
        .limit(READ_AT_ONCE)
        .lock_exclusive();
    let marked = Entity::update_many()
        .col_expr(Column::ReadAt, Expr::value(tx.now))
        .col_expr(Column::Version, Expr::col(Column::Version).add(1))
        .filter(Column::Id.in_subquery(some.into_query()))
        .exec(tx.conn())
        .await?;
    Ok(marked.rows_affected)
}

/// Tells the user's screens that fewer are unread.
fn tell_of_read(tx: &mut Tx, newest: &Model) {
    tx.announce(Announcement {
        topic: NOTIFICATION_NEW,
        audience: audience(newest.user_id),
        subject_id: newest.id.uuid(),
        kind: ChangeKind::Updated,
        version: newest.version,
        fields: vec!["readAt".to_owned()],
    });
}

fn record(tx: &mut Tx, before: &Model, after: &Model) -> Result<()> {
    let changes = differences(Some(before), Some(after))?;
    let change = Change::of(ChangeKind::Updated, after.id, after.version, changes);
    tx.record(change.on(NOTIFICATION_NEW, audience(after.user_id)));
    Ok(())
}

async fn locked(tx: &Tx, id: NotificationId) -> Result<Model> {
    let query = Entity::visible_to(&tx.by).filter(Column::Id.eq(id)).lock_exclusive();
    query.one(tx.conn()).await?.ok_or(Error::NotFound)
}

/// Deletes what was read and is old; tells how many rows.
///
/// # Errors
/// Those of the database.
pub async fn sweep(database: &Database, now: Instant) -> Result<u64> {
    let old = Condition::all().add(Column::CreatedAt.lt(now - KEPT)).add(Column::ReadAt.is_not_null());
    delete_all::<Entity>(database, old).await
}
