//! Dead letters: work that could not be done, kept until an admin has it tried again or discards it.

use sea_orm::sea_query::{Expr, ExprTrait, Order};
use sea_orm::{
    ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect, QueryTrait, Select,
};
use serde_json::Value;

use crate::codes;
use crate::kernel::error::Check;
use crate::kernel::ids::{JobId, TypedId};
use crate::kernel::time::Instant;
use crate::kernel::{Error, Result, Stop, text};
use crate::platform::auth::{Right, Viewer};
use crate::platform::db::tables::job::{Column, Entity, Model};
use crate::platform::db::{
    Announcement, Audience, Change, ChangeKind, Channel, FieldChange, Reader, Tx, Visible,
};

codes! {
    /// Why dead letters were left as they were.
    pub enum DeadLetterErrorCode {}
}

/// Admins hear here that there is a new dead letter, or one less.
pub const DEAD_LETTERS_CHANGED: Channel = Channel("job:dead");

/// Most dead letters at once, the oldest first: each leaves a line in the audit.
pub const MOST: u64 = 1000;
/// Longest reason.
const REASON_MAX: usize = 500;

/// A selection of failures.
#[derive(Clone, Debug)]
pub enum Selection<I> {
    /// These.
    Ids(Vec<I>),
    /// All that have this fingerprint.
    Alike(String),
    /// All.
    All,
}

impl<I: Into<sea_orm::Value>> Selection<I> {
    /// Those of a list whose rows have these columns.
    pub fn of<E: EntityTrait>(self, select: Select<E>, id: E::Column, fingerprint: E::Column) -> Select<E> {
        match self {
            Selection::Ids(ids) => select.filter(id.is_in(ids)),
            Selection::Alike(alike) => select.filter(fingerprint.eq(alike)),
            Selection::All => select,
        }
    }
}

/// Failures of one kind.
#[derive(Clone, Debug, PartialEq)]
pub struct Group {
    /// What they have in common.
    pub fingerprint: String,
    /// The kind of job, or of things.
    pub kind: String,
    /// What went wrong, as one of them tells it.
    pub error: String,
    /// What a person can do about it, where that is known.
    pub hint: Option<String>,
    /// How many there are.
    pub count: i64,
    /// When the first of them failed for good.
    pub first_at: Instant,
    /// When the last of them did.
    pub last_at: Instant,
}

/// Where a table keeps what failures are grouped by: fingerprint, kind, error, hint, and when it failed.
pub struct Columns<C>(pub C, pub C, pub C, pub Option<C>, pub C);

/// The kinds of failures in a list, the most frequent first; at most 100.
///
/// # Errors
/// Those of the database.
pub async fn grouped<E: EntityTrait>(
    reader: &Reader,
    failures: Select<E>,
    Columns(fingerprint, kind, error, hint, at): Columns<E::Column>,
) -> Result<Vec<Group>> {
    let count = || Expr::cust("count(*)");
    let mut query = failures.into_query();
    query
        .clear_selects()
        .column(fingerprint)
        .column(kind)
        .expr(Expr::col(error).max())
        .expr(hint.map_or(Expr::cust("NULL"), |hint| Expr::col(hint).max()))
        .expr(count())
        .expr(Expr::col(at).min())
        .expr(Expr::col(at).max())
        .add_group_by([Expr::col(fingerprint), Expr::col(kind)])
        .order_by_expr(count(), Order::Desc)
        .limit(100);
    let read = |row: &sea_orm::QueryResult| -> Result<Group, sea_orm::DbErr> {
        Ok(Group {
            fingerprint: row.try_get_by_index::<Option<String>>(0)?.unwrap_or_default(),
            kind: row.try_get_by_index(1)?,
            error: row.try_get_by_index::<Option<String>>(2)?.unwrap_or_default(),
            hint: if hint.is_some() { row.try_get_by_index(3)? } else { None },
            count: row.try_get_by_index(4)?,
            first_at: row.try_get_by_index(5)?,
            last_at: row.try_get_by_index(6)?,
        })
    };
    Ok(reader.db.query_all(&query).await?.iter().map(read).collect::<Result<_, _>>()?)
}

/// The kinds of failures among the dead letters.
///
/// # Errors
/// Those of the database.
pub async fn groups(reader: &Reader) -> Result<Vec<Group>> {
    let columns = Columns(Column::Fingerprint, Column::Kind, Column::LastError, None, Column::DeadAt);
    grouped(reader, Entity::visible_to(&reader.viewer), columns).await
}

/// Has dead letters tried again, from the first try on; tells which.
pub async fn retry(
    tx: &mut Tx,
    selection: Selection<JobId>,
) -> Result<Vec<JobId>, Stop<DeadLetterErrorCode>> {
    let dead = locked(tx, selection).await?;
    let ids: Vec<JobId> = dead.iter().map(|job| job.id).collect();
    Entity::update_many()
        .col_expr(Column::DeadAt, Expr::value(Option::<Instant>::None))
        .col_expr(Column::Attempts, Expr::value(0))
        .col_expr(Column::RunAt, Expr::value(tx.now))
        .filter(Column::Id.is_in(ids.clone()))
        .exec(tx.conn())
        .await
        .map_err(Error::from)?;
    tx.wake();
    record(tx, &dead, ChangeKind::Updated, "retried");
    Ok(ids)
}

/// Discards dead letters for good; tells which. The audit keeps what they were, and the reason.
pub async fn discard(
    tx: &mut Tx,
    selection: Selection<JobId>,
    reason: &str,
) -> Result<Vec<JobId>, Stop<DeadLetterErrorCode>> {
    let mut check = Check::default();
    let reason = text::name(reason, REASON_MAX).map_err(|rule| format!("{rule}: the audit keeps it"));
    let reason = check.take(DeadLetterErrorCode::Invalid, "reason", reason).unwrap_or_default();
    let dead = locked(tx, selection).await?;
    check.done()?;
    let ids: Vec<JobId> = dead.iter().map(|job| job.id).collect();
    let gone = Entity::delete_many().filter(Column::Id.is_in(ids.clone()));
    gone.exec(tx.conn()).await.map_err(Error::from)?;
    record(tx, &dead, ChangeKind::Deleted, &reason);
    Ok(ids)
}

async fn locked(tx: &Tx, selection: Selection<JobId>) -> Result<Vec<Model>> {
    tx.by.may(Right::Administer)?;
    let dead = selection.of(Entity::visible_to(&tx.by), Column::Id, Column::Fingerprint);
    let dead = dead.order_by_asc(Column::DeadAt).limit(MOST);
    let dead = dead.lock_exclusive().all(tx.conn()).await?;
    if dead.is_empty() { Err(Error::NotFound) } else { Ok(dead) }
}

fn record(tx: &mut Tx, dead: &[Model], kind: ChangeKind, why: &str) {
    for job in dead {
        let field =
            |field: &str, before: Value, after: Value| FieldChange { field: field.into(), before, after };
        let fields = vec![
            field("deadLetter", job.kind.clone().into(), Value::Null),
            field("error", job.last_error.clone().into(), Value::Null),
            field("payload", masked(&job.payload), Value::Null),
            field("reason", Value::Null, why.into()),
        ];
        let change = Change::of(kind, job.id, job.attempts, fields);
        tx.record(change.on(DEAD_LETTERS_CHANGED, admins()));
    }
}

/// Tells admins of a new dead letter.
pub(super) fn announce(tx: &mut Tx, job: &Model) {
    tx.announce(Announcement {
        topic: DEAD_LETTERS_CHANGED,
        audience: admins(),
        subject_id: job.id.uuid(),
        kind: ChangeKind::Created,
        version: job.attempts,
        fields: Vec::new(),
    });
}

fn admins() -> Audience {
    Audience { right: Some(Right::Administer), ..Audience::default() }
}

/// The dead letters that the viewer may see: admins all, others none.
pub fn list(viewer: &Viewer, fingerprint: Option<&str>) -> Select<Entity> {
    let select = Entity::visible_to(viewer);
    match fingerprint {
        Some(fingerprint) => select.filter(Column::Fingerprint.eq(fingerprint)),
        None => select,
    }
}

/// The payload as admins see it: what is named like a secret is masked.
pub fn masked(payload: &Value) -> Value {
    const SECRET: [&str; 6] = ["password", "secret", "token", "authorization", "apikey", "api_key"];
    match payload {
        Value::Object(fields) => fields
            .iter()
            .map(|(name, value)| {
                let lower = name.to_lowercase();
                let hidden = SECRET.iter().any(|word| lower.contains(word));
                (name.clone(), if hidden { "***".into() } else { masked(value) })
            })
            .collect(),
        Value::Array(items) => items.iter().map(masked).collect(),
        other => other.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_is_named_like_a_secret_is_masked_wherever_it_stands() {
        let payload =
            json!({ "client": 7, "headers": [{ "Authorization": "x", "a": [1] }], "apiKey": { "b": 1 } });
        assert_eq!(
            masked(&payload),
            json!({ "client": 7, "headers": [{ "Authorization": "***", "a": [1] }], "apiKey": "***" })
        );
    }
}
