//! The rows of the ledger: claimed by a run, and settled with how it ended.

mod found;
mod notes;
mod settle;
mod tell;

use std::collections::{BTreeMap, HashMap};

use sea_orm::sea_query::{Expr, ExprTrait, Func, LockBehavior, LockType, SelectStatement};
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder,
    QuerySelect, QueryTrait, Select, Statement,
};
use uuid::Uuid;

use crate::kernel::ids::{ClientId, SyncId, TypedId};
use crate::kernel::time::Instant;
use crate::kernel::{Error, Result};
use crate::platform::db::tables::sync_external::{Column, Entity, Model, SyncDirection, SyncStatus};
use crate::platform::db::{Database, Table, Tx, all_rows, among, delete_all};
use crate::platform::telemetry::TraceContext;

pub use found::{Found, absent, found, newest_before};
pub use notes::{claim_notes, note_due_for, sending};
pub use settle::{Pulled, merged_there, pulled, settle};
pub use tell::alarm;
pub(super) use tell::tell;

/// What a thing holds, by field; what is empty is `None`.
pub type Values = BTreeMap<String, Option<String>>;

/// Records of another system that are looked for in one statement.
const LOOKED_FOR: usize = 10_000;
/// Things that are marked in one transaction.
const MARKED_AT_ONCE: u64 = 5000;

/// Rows that wait, in the words of the index that finds them.
pub(super) const WAITS: &str = "status IN ('PENDING', 'IN_FLIGHT', 'ERROR')";

/// How a row's run ended.
#[derive(Clone, Debug)]
pub enum Ending {
    /// Both sides hold the same.
    Alike {
        /// Its id there.
        external_id: i64,
        /// What both hold.
        agreed: Values,
        /// What stands there.
        seen: Values,
        /// Which way it went.
        direction: SyncDirection,
        /// What could not be taken over all the same.
        problem: Option<Problem>,
    },
    /// It was written down there, maybe together with others.
    Told {
        /// The id there of what holds it.
        external_id: i64,
        /// What was written.
        agreed: Values,
    },
    /// It was not sent: it is looked at again from this moment on.
    Later {
        /// From then on.
        at: Instant,
        /// What it waits for, and what a person can do about it; `None`: nothing worth telling.
        why: Option<(String, Option<String>)>,
    },
    /// It was sent and nobody knows whether it arrived: it is looked for from this moment on, or not before an admin says so.
    Unsure {
        /// From then on; `None`: an admin must look at it.
        again: Option<Instant>,
        /// What happened.
        problem: Problem,
    },
    /// It failed: tried again from this moment on, or never.
    Failed {
        /// From then on; `None`: an admin must look at it.
        again: Option<Instant>,
        /// What happened.
        problem: Problem,
    },
    /// The record there is no more: an admin decides whether it is made anew.
    GoneThere(Problem),
    /// There is nothing to keep alike any more.
    Gone,
    /// The thing is no more, and its record is archived: taken out of the archive, it comes back.
    Archived,
}

/// What went wrong.
#[derive(Clone, Debug)]
pub struct Problem {
    /// In the other system's words.
    pub error: String,
    /// What a person can do about it.
    pub hint: String,
    /// The same for problems of the same kind.
    pub fingerprint: String,
    /// What was to be sent.
    pub payload: Option<Values>,
}

/// The rows of these kinds that wait to be sent.
fn waiting<'a>(kinds: impl IntoIterator<Item = &'a str>) -> Select<Entity> {
    all_rows::<Entity>().filter(Column::LocalType.is_in(kinds)).filter(Expr::cust(WAITS))
}

/// Claims at most so many rows of a kind that are due, in the order in which they changed.
///
/// A claimed row tells by `sent_at` whether, and since when, an earlier run may have sent it, and counts as sent from now on, or
/// from then on.
///
/// # Errors
/// Those of the database.
pub async fn claim(
    database: &Database,
    kind: &str,
    run: Uuid,
    now: Instant,
    most: u64,
) -> Result<Vec<Model>> {
    let txn = database.begin().await?;
    let due = waiting([kind])
        .filter(Column::NextAttemptAt.lte(now))
        .order_by_asc(Column::NextAttemptAt)
        .order_by_asc(Column::Id)
        .limit(most)
        .lock_with_behavior(LockType::Update, LockBehavior::SkipLocked)
        .all(&txn)
        .await?;
    if due.is_empty() {
        txn.rollback().await?;
        return Ok(due);
    }
    let since = Func::coalesce([Expr::col(Column::SentAt), Expr::value(now)]);
    Entity::update_many()
        .col_expr(Column::Status, Expr::value(SyncStatus::InFlight))
        .col_expr(Column::Claim, Expr::value(run))
        .col_expr(Column::SentAt, since.into())
        .filter(Column::Id.is_in(due.iter().map(|row| row.id)))
        .exec(&txn)
        .await?;
    txn.commit().await?;
    Ok(due)
}

/// Finds whose change is due, of these kinds; one of them, when there are more.
pub fn due_for(kinds: &[&str], now: Instant) -> SelectStatement {
    let due = waiting(kinds.iter().copied()).filter(Column::NextAttemptAt.lte(now));
    due.select_only().column(Column::RequestId).column(Column::Traceparent).limit(1).into_query()
}

/// Whose change a row stands for.
pub fn trail(row: &Model) -> TraceContext {
    TraceContext { request_id: row.request_id.clone(), traceparent: row.traceparent.clone() }
}

/// Of these clients the first row of this kind that waits, but for these, and when it is due: what came behind it waits as well.
///
/// # Errors
/// Those of the database.
pub async fn held(
    database: &Database,
    kind: &str,
    clients: impl IntoIterator<Item = ClientId>,
    but: impl IntoIterator<Item = SyncId>,
) -> Result<HashMap<ClientId, (SyncId, Instant)>> {
    let others = waiting([kind])
        .filter(Column::ClientId.is_in(clients))
        .filter(Column::Id.is_not_in(but))
        .order_by_desc(Column::Id) // the first one is the last word
        .all(&database.own)
        .await?;
    let due = |row: Model| Some((row.client_id?, (row.id, row.next_attempt_at)));
    Ok(others.into_iter().filter_map(due).collect())
}

/// How many rows of these kinds are due.
///
/// # Errors
/// Those of the database.
pub async fn due(database: &Database, kinds: &[&str], now: Instant) -> Result<u64> {
    let due = waiting(kinds.iter().copied()).filter(Column::NextAttemptAt.lte(now));
    Ok(due.count(&database.own).await?)
}

/// Since when the row of these kinds is due that is due the longest, or from when on; `None`: nothing waits.
///
/// # Errors
/// Those of the database.
pub async fn oldest_due(database: &Database, kinds: &[String]) -> Result<Option<Instant>> {
    let oldest = waiting(kinds.iter().map(String::as_str)).order_by_asc(Column::NextAttemptAt).limit(1);
    Ok(oldest.one(&database.own).await?.map(|row| row.next_attempt_at))
}

/// The rows of these things.
///
/// # Errors
/// Those of the database.
pub async fn of(database: &Database, ids: impl IntoIterator<Item = Uuid>) -> Result<HashMap<Uuid, Model>> {
    let ids: Vec<Uuid> = ids.into_iter().collect();
    let rows = all_rows::<Entity>().filter(among(database.backend(), Column::Id, &ids));
    Ok(rows.all(&database.own).await?.into_iter().map(|row| (row.id.uuid(), row)).collect())
}

/// The rows of these records of the other system, by their ids there.
///
/// # Errors
/// Those of the database.
pub async fn there(database: &Database, model: &str, ids: &[i64]) -> Result<HashMap<i64, Model>> {
    let mut found = HashMap::with_capacity(ids.len());
    for some in ids.chunks(LOOKED_FOR) {
        let rows = all_rows::<Entity>()
            .filter(Column::ExternalModel.eq(model))
            .filter(Column::ExternalId.is_in(some.iter().copied()))
            .all(&database.own)
            .await?;
        found.extend(rows.into_iter().filter_map(|row| Some((row.external_id?, row))));
    }
    Ok(found)
}

/// The rows of a kind that stand alike, in the order of their ids, behind this one.
///
/// # Errors
/// Those of the database.
pub async fn synced(database: &Database, kind: &str, after: Uuid, most: u64) -> Result<Vec<Model>> {
    let rows = all_rows::<Entity>()
        .filter(Column::LocalType.eq(kind))
        .filter(Column::Status.eq(SyncStatus::Synced))
        .filter(Column::Id.gt(SyncId::from_uuid(after)))
        .order_by_asc(Column::Id)
        .limit(most);
    Ok(rows.all(&database.own).await?)
}

/// The ids of records of the other system that stand alike, behind this one; the last ones first.
///
/// # Errors
/// Those of the database.
pub async fn synced_there(database: &Database, model: &str, after: i64, most: u64) -> Result<Vec<i64>> {
    let ids = all_rows::<Entity>()
        .filter(Column::ExternalModel.eq(model))
        .filter(Column::ExternalId.gt(after))
        .filter(Column::Status.eq(SyncStatus::Synced))
        .select_only()
        .column(Column::ExternalId)
        .order_by_desc(Column::ExternalId)
        .limit(most);
    Ok(ids.into_tuple().all(&database.own).await?)
}

/// Claims these rows where they still stand alike.
///
/// # Errors
/// Those of the database.
pub async fn take(database: &Database, ids: &[Uuid], run: Uuid, now: Instant) -> Result<Vec<Model>> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let mine = Column::Id.is_in(ids.iter().copied().map(SyncId::from_uuid));
    Entity::update_many()
        .col_expr(Column::Claim, Expr::value(run))
        .col_expr(Column::UpdatedAt, Expr::value(now))
        .filter(mine)
        .filter(Column::Status.eq(SyncStatus::Synced))
        .exec(&database.own)
        .await?;
    Ok(all_rows::<Entity>().filter(Column::Claim.eq(run)).all(&database.own).await?)
}

/// Marks every thing of a kind that the ledger does not know: those from before Odoo was there. Tells how many.
///
/// # Errors
/// Those of the database, and `Usage` for a kind that is not known.
pub async fn mark_all(database: &Database, kind: &str, now: Instant) -> Result<u64> {
    let known = database.kind(kind).filter(|known| known.is_synced);
    let known = known.ok_or_else(|| Error::Usage(format!("{kind} is no kind of things that is synced")))?;
    let Table { name: table, client } = known.table();
    let client = client.unwrap_or("NULL");
    // Some in each transaction, in the order of their ids: a ledger of a million rows is not written in one.
    let next =
        format!("SELECT id FROM {table} WHERE id > $1 ORDER BY id LIMIT 1 OFFSET {}", MARKED_AT_ONCE - 1);
    let sql = format!(
        "INSERT INTO sync_external (id, version, local_type, client_id, status, direction, generation, attempts, \
         next_attempt_at, gone, created_at, updated_at) \
         SELECT id, 1, $1, {client}, 'PENDING', 'PUSH', 1, 0, $2, $3, $2, $2 FROM {table} AS thing \
         WHERE id > $4 AND id <= $5 \
         AND NOT EXISTS (SELECT 1 FROM sync_external AS known WHERE known.id = thing.id) \
         ON CONFLICT (id) DO NOTHING"
    );
    let (mut after, mut marked) = (Uuid::nil(), 0);
    while after < Uuid::max() {
        let until = Statement::from_sql_and_values(database.backend(), &next, [after.into()]);
        let until = database.own.query_one_raw(until).await?.map(|row| row.try_get_by_index::<Uuid>(0));
        let until = until.transpose()?.unwrap_or(Uuid::max());
        let values: [sea_orm::Value; 5] = [kind.into(), now.into(), false.into(), after.into(), until.into()];
        let some = Statement::from_sql_and_values(database.backend(), &sql, values);
        marked += database.own.execute_raw(some).await?.rows_affected();
        after = until;
    }
    Ok(marked)
}

/// Forgets how everything stands, as if the other system had never been there.
///
/// # Errors
/// Those of the database.
pub async fn forget_all(database: &Database) -> Result<()> {
    delete_all::<Entity>(database, Condition::all()).await?;
    super::progress::forget_all(&database.own).await
}

/// Has a row wait again once its present run ends: its record was changed there, maybe after the run read it.
///
/// # Errors
/// Those of the database.
pub async fn look_again(database: &Database, row: &Model) -> Result<()> {
    Entity::update_many()
        .col_expr(Column::Generation, Expr::col(Column::Generation).add(1))
        .filter(Column::Id.eq(row.id))
        .filter(Column::Claim.eq(row.claim))
        .filter(Column::Status.eq(SyncStatus::InFlight))
        .exec(&database.own)
        .await?;
    Ok(())
}

/// A thing is no more, for its record was archived: written down within the change that ended it. The row remembers whose record
/// it was, so that it comes back when it is taken out of the archive; what it held is forgotten.
///
/// # Errors
/// Those of the database.
pub async fn bury(tx: &mut Tx, id: SyncId) -> Result<()> {
    Entity::update_many()
        .col_expr(Column::Gone, Expr::value(true))
        .col_expr(Column::Status, Expr::value(SyncStatus::Synced))
        .col_expr(Column::FailedAt, Expr::value(Option::<Instant>::None))
        .col_expr(Column::Claim, Expr::value(Option::<Uuid>::None))
        .col_expr(Column::Seen, Expr::value(Option::<sea_orm::JsonValue>::None))
        .col_expr(Column::Agreed, Expr::value(settle::empty()))
        .col_expr(Column::Payload, Expr::value(Option::<sea_orm::JsonValue>::None))
        .col_expr(Column::PayloadHash, Expr::value(Option::<String>::None))
        .filter(Column::Id.eq(id))
        .exec(tx.conn())
        .await?;
    Ok(())
}

/// Forgets what the things of a client held, there and here, and what was told of them; which record is whose stays. A run that
/// is under way writes nothing down: its claim is gone.
///
/// # Errors
/// Those of the database.
pub async fn erase(tx: &Tx, client: ClientId) -> Result<()> {
    let nothing = || Expr::value(Option::<String>::None);
    let no_values = || Expr::value(Option::<sea_orm::JsonValue>::None);
    let its = Condition::any()
        .add(Column::ClientId.eq(client))
        .add(Column::Id.eq(SyncId::from_uuid(client.uuid())));
    Entity::update_many()
        .col_expr(Column::Claim, Expr::value(Option::<Uuid>::None))
        .col_expr(Column::Agreed, Expr::value(settle::empty()))
        .col_expr(Column::Seen, no_values())
        .col_expr(Column::Payload, no_values())
        .col_expr(Column::PayloadHash, nothing())
        .col_expr(Column::LastError, nothing())
        .col_expr(Column::Hint, nothing())
        .col_expr(Column::Fingerprint, nothing())
        .col_expr(Column::Discarded, nothing())
        .col_expr(Column::FailedAt, Expr::value(Option::<Instant>::None))
        .filter(its)
        .exec(tx.conn())
        .await?;
    Ok(())
}

/// Whether a row remembers a thing that is no more and whose record is archived.
pub fn is_buried(row: &Model) -> bool {
    row.gone && row.status == SyncStatus::Synced
}

/// Forgets a thing that is no more, within the change that makes it anew; `false`: somebody else did.
///
/// # Errors
/// Those of the database.
pub async fn unbury(tx: &mut Tx, id: SyncId) -> Result<bool> {
    let buried = Column::Gone.eq(true).and(Column::Status.eq(SyncStatus::Synced));
    let gone = Entity::delete_many().filter(Column::Id.eq(id)).filter(buried).exec(tx.conn()).await?;
    Ok(gone.rows_affected == 1)
}

/// A thing hangs on another client from now on, within the change that says so.
///
/// # Errors
/// Those of the database.
pub async fn hang(tx: &mut Tx, id: Uuid, client: ClientId) -> Result<()> {
    let hung = Entity::update_many().col_expr(Column::ClientId, Expr::value(client));
    hung.filter(Column::Id.eq(SyncId::from_uuid(id))).exec(tx.conn()).await?;
    Ok(())
}

/// What both sides held when they last met; empty before they ever did.
pub fn agreed(row: &Model) -> Values {
    row.agreed.clone().and_then(|json| serde_json::from_value(json).ok()).unwrap_or_default()
}

/// What stood there when it was last looked at; `None` before it ever was.
pub fn seen(row: &Model) -> Option<Values> {
    row.seen.clone().and_then(|json| serde_json::from_value(json).ok())
}
