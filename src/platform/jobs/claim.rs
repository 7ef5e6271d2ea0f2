//! The statements of the table of jobs: claim, hold, end, fail, give back.

use chrono::Duration;
use sea_orm::sea_query::{Expr, ExprTrait, SimpleExpr};
use sea_orm::{
    ColumnTrait, ConnectionTrait, DbBackend, EntityTrait, FromQueryResult, QueryFilter, Statement, Value,
};
use uuid::Uuid;

use crate::kernel::Result;
use crate::kernel::ids::{JobId, new_uuid};
use crate::kernel::time::Instant;
use crate::platform::db::Database;
use crate::platform::db::tables::job::{Column, Entity, Model};

fn until(now: Instant, lease: std::time::Duration) -> Instant {
    now + Duration::from_std(lease).unwrap_or_default()
}

/// Claims up to `most` jobs of these kinds that are due: those whose queue has nothing before them, and nothing under way
/// (a dead letter that is tried again stands before those that passed it). Chosen once, before anything is written: as a
/// part of the update PostgreSQL may choose anew for each row, and claim them all.
pub async fn claim(
    database: &Database,
    kinds: &[&str],
    now: Instant,
    lasts: std::time::Duration,
    most: usize,
) -> Result<Vec<Model>> {
    let backend = database.backend();
    let (order, lock) = match backend {
        DbBackend::Postgres => ("seq", "FOR UPDATE OF due SKIP LOCKED"),
        _ => ("rowid", ""),
    };
    let listed: Vec<String> = (0..kinds.len()).map(|index| format!("${}", index + 5)).collect();
    let sql = format!(
        "WITH claimed AS MATERIALIZED (SELECT due.id FROM job AS due \
         WHERE due.dead_at IS NULL AND due.run_at <= $3 AND (due.leased_until IS NULL OR due.leased_until < $3) \
         AND due.kind IN ({}) \
         AND NOT EXISTS (SELECT 1 FROM job AS other WHERE other.queue = due.queue AND other.dead_at IS NULL \
         AND (other.{order} < due.{order} OR (other.id <> due.id AND other.leased_until >= $3))) \
         ORDER BY due.run_at, due.{order} LIMIT $4 {lock}) \
         UPDATE job SET leased_until = $1, lease = $2, attempts = attempts + 1, dedup_key = NULL \
         WHERE id IN (SELECT id FROM claimed) RETURNING *",
        listed.join(", ")
    );
    let lease = new_uuid();
    let most = i64::try_from(most).unwrap_or(i64::MAX);
    let mut values: Vec<Value> = vec![until(now, lasts).into(), lease.into(), now.into(), most.into()];
    values.extend(kinds.iter().map(|kind| Value::from(*kind)));
    let rows = database.own.query_all_raw(Statement::from_sql_and_values(backend, sql, values)).await?;
    let mut jobs =
        rows.iter().map(|row| Ok(Model::from_query_result(row, "")?)).collect::<Result<Vec<_>>>()?;
    jobs.sort_by_key(|job| (job.run_at, job.id));
    Ok(jobs)
}

/// The job, while this claim holds it.
fn mine(job: JobId, lease: Uuid) -> SimpleExpr {
    Column::Id.eq(job).and(Column::Lease.eq(lease))
}

/// Makes the claim hold for longer; `false` when it is another's by now.
pub async fn hold(
    database: &Database,
    job: JobId,
    lease: Uuid,
    now: Instant,
    lasts: std::time::Duration,
) -> Result<bool> {
    let held = Entity::update_many()
        .col_expr(Column::LeasedUntil, Expr::value(until(now, lasts)))
        .filter(mine(job, lease))
        .exec(&database.own)
        .await?;
    Ok(held.rows_affected == 1)
}

/// Writes down how far a job is; `false` when the claim is another's by now.
pub async fn progress(
    conn: &impl ConnectionTrait,
    job: JobId,
    lease: Uuid,
    done: u64,
    total: u64,
) -> Result<bool> {
    let count = |number: u64| Expr::value(i64::try_from(number).unwrap_or(i64::MAX));
    let told =
        Entity::update_many().col_expr(Column::Done, count(done)).col_expr(Column::Total, count(total));
    Ok(told.filter(mine(job, lease)).exec(conn).await?.rows_affected == 1)
}

/// The job is done; `false` when the claim is another's by now.
pub async fn end(conn: &impl ConnectionTrait, job: JobId, lease: Uuid) -> Result<bool> {
    Ok(Entity::delete_many().filter(mine(job, lease)).exec(conn).await?.rows_affected == 1)
}

/// How a try ended that was not the last.
pub struct Again {
    /// When it is tried again; `None`: it is a dead letter from now on.
    pub at: Option<Instant>,
    /// What went wrong.
    pub error: String,
    /// Of its kind.
    pub fingerprint: String,
}

/// Writes down how a try failed; `false` when the claim is another's by now.
pub async fn fail(
    conn: &impl ConnectionTrait,
    job: JobId,
    lease: Uuid,
    now: Instant,
    again: Again,
) -> Result<bool> {
    let mut update = Entity::update_many()
        .col_expr(Column::LeasedUntil, Expr::value(Option::<Instant>::None))
        .col_expr(Column::Lease, Expr::value(Option::<Uuid>::None))
        .col_expr(Column::LastError, Expr::value(again.error))
        .col_expr(Column::Fingerprint, Expr::value(again.fingerprint));
    update = match again.at {
        Some(at) => update.col_expr(Column::RunAt, Expr::value(at)),
        None => update.col_expr(Column::DeadAt, Expr::value(now)),
    };
    Ok(update.filter(mine(job, lease)).exec(conn).await?.rows_affected == 1)
}

/// Gives a job back that was claimed and not tried to its end: the try does not count.
pub async fn give_back(database: &Database, job: JobId, lease: Uuid) -> Result<()> {
    Entity::update_many()
        .col_expr(Column::LeasedUntil, Expr::value(Option::<Instant>::None))
        .col_expr(Column::Lease, Expr::value(Option::<Uuid>::None))
        .col_expr(Column::Attempts, Expr::col(Column::Attempts).sub(1))
        .filter(mine(job, lease))
        .exec(&database.own)
        .await?;
    Ok(())
}
