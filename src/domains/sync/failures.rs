//! Failures, for admins: listed, grouped, tried again, discarded; and things that are to be sent on request.

use sea_orm::sea_query::{Expr, ExprTrait};
use sea_orm::{
    ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect, QueryTrait, Select,
};
use serde_json::Value;
use uuid::Uuid;

use super::ledger;
use crate::codes;
use crate::domains::clients::clients;
use crate::kernel::error::Check;
use crate::kernel::ids::{SyncId, TypedId};
use crate::kernel::time::Instant;
use crate::kernel::{Error, Result, Stop, text};
use crate::platform::auth::{Right, Viewer};
use crate::platform::db::tables::sync_external::{Column, Entity, Model, SyncStatus};
use crate::platform::db::{Change, ChangeKind, FieldChange, Mark, Reader, Seen, Tx, Visible, all_rows, mark};
use crate::platform::jobs::dead::{Columns, Group, Selection, grouped};

codes! {
    /// Why a row of the ledger was left as it was.
    pub enum SyncErrorCode {
        /// Things of this kind are not sent to another system here.
        NotSynced = "NOT_SYNCED",
    }
}

/// Most failures at once, the oldest first: each leaves a line in the audit.
const MOST: u64 = 1000;
/// Longest reason.
const REASON_MAX: usize = 500;

/// The failures that the viewer may see, of this kind or of all: what fails for good, and what is still tried.
pub fn list(viewer: &Viewer, fingerprint: Option<&str>, dead: Option<bool>) -> Select<Entity> {
    let mut select = Entity::visible_to(viewer).filter(Column::FailedAt.is_not_null());
    if let Some(fingerprint) = fingerprint {
        select = select.filter(Column::Fingerprint.eq(fingerprint));
    }
    match dead {
        Some(true) => select.filter(Column::Status.eq(SyncStatus::Dead)),
        Some(false) => select.filter(Column::Status.ne(SyncStatus::Dead)),
        None => select,
    }
}

/// The kinds of failures, the most frequent first; at most 100.
///
/// # Errors
/// Those of the database.
pub async fn groups(reader: &Reader) -> Result<Vec<Group>> {
    let hint = Some(Column::Hint);
    let columns = Columns(Column::Fingerprint, Column::LocalType, Column::LastError, hint, Column::FailedAt);
    grouped(reader, list(&reader.viewer, None, None), columns).await
}

/// How many rows there are in each status, of all kinds; discarded ones, and those of things that are no more, are nobody's
/// business.
///
/// # Errors
/// Those of the database.
pub async fn counts(db: &sea_orm::DatabaseConnection) -> Result<Vec<(String, SyncStatus, i64)>> {
    let mut query = all_rows::<Entity>()
        .filter(Column::Discarded.is_null())
        .filter(Column::Gone.eq(false).or(Column::Status.ne(SyncStatus::Synced)))
        .into_query();
    query
        .clear_selects()
        .columns([Column::LocalType, Column::Status])
        .expr(Expr::col(Column::Id).count())
        .add_group_by([Expr::col(Column::LocalType), Expr::col(Column::Status)]);
    let read = |row: &sea_orm::QueryResult| -> Result<_, sea_orm::DbErr> {
        Ok((row.try_get_by_index(0)?, row.try_get_by_index(1)?, row.try_get_by_index(2)?))
    };
    Ok(db.query_all(&query).await?.iter().map(read).collect::<Result<_, _>>()?)
}

/// Has a thing compared and sent as soon as can be, whatever it held when both sides last met. Whoever may change the
/// client may ask for it.
///
/// # Errors
/// `NotFound` also for things that nobody keeps alike.
pub async fn request(tx: &mut Tx, kind: &str, id: Uuid) -> Result<SyncId, Stop<SyncErrorCode>> {
    tx.by.may(Right::WriteClients)?;
    let row = Entity::visible_to(&tx.by).filter(Column::Id.eq(SyncId::from_uuid(id)));
    let Some(row) =
        row.filter(Column::LocalType.eq(kind)).lock_exclusive().one(tx.conn()).await.map_err(Error::from)?
    else {
        return first(tx, kind, id).await;
    };
    again(tx, std::slice::from_ref(&row), "requested").await?;
    Ok(row.id)
}

/// Has a thing sent that no change has marked since Odoo is there.
async fn first(tx: &mut Tx, kind: &str, id: Uuid) -> Result<SyncId, Stop<SyncErrorCode>> {
    let known = tx.kind(kind).filter(|kind| kind.is_synced).ok_or(Error::NotFound)?;
    let Seen { client } = known.seen(tx.conn(), &tx.by, id).await?.ok_or(Error::NotFound)?;
    if let Some(client) = client {
        clients::get(tx, client).await?; // it is not given away meanwhile
    }
    if !tx.sends(kind) {
        return Err(not_synced(kind));
    }
    let mark_it = Mark { id, kind: kind.to_owned(), client: client.map(TypedId::uuid), gone: false };
    mark(tx.conn(), vec![mark_it], tx.now).await?;
    tx.wake();
    let why = FieldChange { field: "sync".into(), before: Value::Null, after: "requested".into() };
    let id = SyncId::from_uuid(id);
    tx.record(Change::of(ChangeKind::Updated, id, 1, vec![why]));
    Ok(id)
}

/// Has failures tried again, from the first try on; tells which.
pub async fn retry(tx: &mut Tx, selection: Selection<SyncId>) -> Result<Vec<SyncId>, Stop<SyncErrorCode>> {
    let failed = locked(tx, selection).await?;
    again(tx, &failed, "retried").await?;
    Ok(failed.into_iter().map(|row| row.id).collect())
}

/// Leaves failures be until their things change again; tells which. The audit keeps the reason.
pub async fn discard(
    tx: &mut Tx,
    selection: Selection<SyncId>,
    reason: &str,
) -> Result<Vec<SyncId>, Stop<SyncErrorCode>> {
    let mut check = Check::default();
    let reason = text::name(reason, REASON_MAX).map_err(|rule| format!("{rule}: the audit keeps it"));
    let reason = check.take(SyncErrorCode::Invalid, "reason", reason).unwrap_or_default();
    let failed = locked(tx, selection).await?;
    check.done()?;
    Entity::update_many()
        .col_expr(Column::Status, Expr::value(SyncStatus::Dead))
        .col_expr(Column::FailedAt, Expr::value(Option::<Instant>::None))
        .col_expr(Column::Discarded, Expr::value(reason.as_str()))
        .col_expr(Column::Version, Expr::col(Column::Version).add(1))
        .col_expr(Column::UpdatedAt, Expr::value(tx.now))
        .filter(Column::Id.is_in(failed.iter().map(|row| row.id)))
        .exec(tx.conn())
        .await
        .map_err(Error::from)?;
    record(tx, &failed, &reason).await?;
    Ok(failed.into_iter().map(|row| row.id).collect())
}

/// Marks rows as if their things had just changed. One that was deleted there is made anew.
async fn again(tx: &mut Tx, rows: &[Model], why: &str) -> Result<(), Stop<SyncErrorCode>> {
    let mut marks: Vec<Mark> = rows
        .iter()
        .map(|row| Mark {
            id: row.id.uuid(),
            kind: row.local_type.clone(),
            client: row.client_id.map(TypedId::uuid),
            gone: row.gone,
        })
        .collect();
    marks.sort_by_key(|mark| mark.id);
    if let Some(other) = marks.iter().find(|mark| !tx.sends(&mark.kind)) {
        return Err(not_synced(&other.kind));
    }
    mark(tx.conn(), marks, tx.now).await?;
    // What was deleted there is made anew.
    let gone = rows.iter().filter(|row| row.agreed.is_none() && row.external_id.is_some()).map(|row| row.id);
    Entity::update_many()
        .col_expr(Column::ExternalId, Expr::value(Option::<i64>::None))
        .filter(Column::Id.is_in(gone))
        .exec(tx.conn())
        .await
        .map_err(Error::from)?;
    tx.wake();
    Ok(record(tx, rows, why).await?)
}

fn not_synced(kind: &str) -> Stop<SyncErrorCode> {
    Stop::refuse(
        SyncErrorCode::NotSynced,
        "id",
        format!("things of the kind {kind} are not sent to Odoo here"),
    )
}

async fn locked(tx: &Tx, selection: Selection<SyncId>) -> Result<Vec<Model>> {
    tx.by.may(Right::Administer)?;
    let oldest = selection.of(list(&tx.by, None, None), Column::Id, Column::Fingerprint);
    let oldest = oldest.order_by_asc(Column::FailedAt).limit(MOST).all(tx.conn()).await?;
    // All writes take the rows in one order.
    let failed = list(&tx.by, None, None).filter(Column::Id.is_in(oldest.into_iter().map(|row| row.id)));
    let failed = failed.order_by_asc(Column::Id).lock_exclusive().all(tx.conn()).await?;
    if failed.is_empty() { Err(Error::NotFound) } else { Ok(failed) }
}

async fn record(tx: &mut Tx, rows: &[Model], why: &str) -> Result<()> {
    for row in rows {
        let field =
            |field: &str, before: Value, after: Value| FieldChange { field: field.into(), before, after };
        let fields = vec![
            field("error", row.last_error.clone().into(), Value::Null),
            field("sync", Value::Null, why.into()),
        ];
        tx.record(Change::of(ChangeKind::Updated, row.id, row.version + 1, fields));
    }
    ledger::tell(tx, rows, ChangeKind::Updated).await
}
