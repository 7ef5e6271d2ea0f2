//! Gives committed changes their position. Any process may do it; the lock on the only row of `relay` lets one at a time,
//! so positions have no gap and no order but one, and a process that dies holds nobody up.

use std::sync::Arc;
use std::time::Duration;

use sea_orm::sea_query::{Expr, ExprTrait, Order, Query, SelectStatement};
use sea_orm::{ColumnTrait, Condition, ConnectionTrait, DbBackend, QueryFilter, QueryResult, Statement};

use super::event::Event;
use super::hub::Hub;
use super::redis::Redis;
use crate::kernel::time::{Clock, Instant};
use crate::kernel::{Error, Result};
use crate::platform::db::tables::outbox;
use crate::platform::db::{Database, all_rows, delete_all};

/// Most changes that get their position at once.
const BATCH: usize = 500;
/// How often is looked for changes of processes that have no relay.
const EVERY: Duration = Duration::from_millis(500);
/// How long is waited after a failure.
const PAUSE: Duration = Duration::from_millis(200);

/// The relay of a process.
#[derive(Clone)]
pub struct Relay {
    /// The outbox.
    pub database: Database,
    /// The servers of this process hear here.
    pub hub: Arc<Hub>,
    /// The servers of other processes hear here.
    pub redis: Option<Redis>,
    /// Tells how long a change waited.
    pub clock: Clock,
}

impl Relay {
    /// Gives positions until `stop` ends: at once after a commit of this process, and now and then.
    pub async fn run(self, stop: impl Future<Output = ()>) {
        tokio::pin!(stop);
        let mut rung = false;
        loop {
            let passed = if rung { self.pass().await } else { self.look().await };
            let pause = match passed {
                Ok(BATCH) => continue, // there may be more
                Ok(_) => EVERY,
                Err(error) => {
                    tracing::warn!(%error, "the relay failed; it will try again");
                    PAUSE
                }
            };
            tokio::select! {
                () = &mut stop => return,
                () = self.database.written() => rung = true,
                () = tokio::time::sleep(pause) => rung = false,
            }
        }
    }

    /// A pass, if anything waits: nobody rang, so most likely nothing does, and nothing needs to be locked.
    async fn look(&self) -> Result<usize> {
        match self.database.own.query_one(&waiting()).await? {
            Some(_) => self.pass().await,
            None => Ok(0),
        }
    }

    /// Gives positions to what waits, and tells everybody; tells how many there were.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn pass(&self) -> Result<usize> {
        let events = place(&self.database).await?;
        let count = events.len();
        if count > 0 {
            let now = self.clock.now();
            metrics::counter!("cabina_relay_events_total").increment(count as u64);
            for waited in events.iter().filter_map(|event| (now - event.at).to_std().ok()) {
                metrics::histogram!("cabina_relay_seconds").record(waited.as_secs_f64());
            }
            if let Some(redis) = &self.redis {
                redis.publish(&events);
            }
            self.hub.accept(events);
        }
        Ok(count)
    }
}

/// How far the relay is behind the outbox.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OutboxLag {
    /// Changes that wait for their position.
    pub waiting: i64,
    /// The position that was given last.
    pub last: i64,
    /// The first position that is still kept.
    pub kept_from: i64,
}

/// Reads how far the relay is behind.
///
/// # Errors
/// Those of the database.
pub async fn outbox_lag(database: &Database) -> Result<OutboxLag> {
    let sql =
        "SELECT (SELECT count(*) FROM outbox WHERE position IS NULL), last_position, kept_from FROM relay";
    let statement = Statement::from_string(database.backend(), sql);
    let row = database.own.query_one_raw(statement).await?;
    let row = row.ok_or_else(|| Error::internal("the relay's row is missing"))?;
    Ok(OutboxLag {
        waiting: row.try_get_by_index(0)?,
        last: row.try_get_by_index(1)?,
        kept_from: row.try_get_by_index(2)?,
    })
}

fn waiting() -> SelectStatement {
    let mut query = Query::select();
    query.expr(Expr::val(1)).from(outbox::Entity).and_where(outbox::Column::Position.is_null()).limit(1);
    query
}

async fn place(database: &Database) -> Result<Vec<Event>> {
    let rows = match database.backend() {
        // In one call: see the migration that made the function.
        DbBackend::Postgres => {
            let sql = format!("SELECT * FROM place_outbox({BATCH})");
            database.own.query_all_raw(Statement::from_string(DbBackend::Postgres, sql)).await?
        }
        backend => place_alone(database, backend).await?,
    };
    let mut events = rows.iter().map(Event::read).collect::<Result<Vec<Event>>>()?;
    events.sort_unstable_by_key(|event| event.position);
    Ok(events)
}

/// The same where there is one writer at a time, and no functions.
async fn place_alone(database: &Database, backend: DbBackend) -> Result<Vec<QueryResult>> {
    let txn = database.for_itself().begin().await?;
    let last = last_position(&txn).await?;
    let sql = format!(
        "UPDATE outbox SET position = placed.place FROM \
         (SELECT id AS which, $1 + row_number() OVER (ORDER BY rowid) AS place FROM \
         (SELECT id, rowid FROM outbox WHERE position IS NULL ORDER BY rowid LIMIT {BATCH}) AS waiting) AS placed \
         WHERE id = placed.which RETURNING id, event_id, position, topic, kind, subject_id, version, changed_fields, audience, created_at"
    );
    let rows = txn.query_all_raw(Statement::from_sql_and_values(backend, sql, [last.into()])).await?;
    let placed = i64::try_from(rows.len()).unwrap_or_default();
    let sql = "UPDATE relay SET last_position = last_position + $1";
    txn.execute_raw(Statement::from_sql_and_values(backend, sql, [placed.into()])).await?;
    txn.commit().await?;
    Ok(rows)
}

/// The position that was given last: all that was committed before and placed is up to here.
///
/// # Errors
/// Those of the database.
pub async fn last_position(db: &impl ConnectionTrait) -> Result<i64> {
    one(db, "SELECT last_position FROM relay").await
}

/// The first position that is still kept.
///
/// # Errors
/// Those of the database.
pub(super) async fn kept_from(db: &impl ConnectionTrait) -> Result<i64> {
    one(db, "SELECT kept_from FROM relay").await
}

async fn one(db: &impl ConnectionTrait, sql: &str) -> Result<i64> {
    let row = db.query_one_raw(Statement::from_string(db.get_database_backend(), sql)).await?;
    Ok(row.ok_or_else(|| Error::internal("the relay's row is missing"))?.try_get_by_index(0)?)
}

/// Up to `limit` events behind a position, in their order.
///
/// # Errors
/// Those of the database.
pub(super) async fn read_after(db: &impl ConnectionTrait, position: i64, limit: u64) -> Result<Vec<Event>> {
    use sea_orm::{QueryOrder, QuerySelect, QueryTrait};
    let query = all_rows::<outbox::Entity>()
        .filter(outbox::Column::Position.gt(position))
        .order_by(outbox::Column::Position, Order::Asc)
        .limit(limit)
        .into_query();
    db.query_all(&query).await?.iter().map(Event::read).collect()
}

/// Deletes the events that were made before this moment, and notes from where on they are kept; tells how many rows.
///
/// # Errors
/// Those of the database.
pub async fn sweep(database: &Database, before: Instant) -> Result<u64> {
    let old = outbox::Column::Position.is_not_null().and(outbox::Column::CreatedAt.lt(before));
    let own = &database.own;
    let mut newest = Query::select();
    newest.expr(Expr::col(outbox::Column::Position).max()).from(outbox::Entity).and_where(old.clone());
    let row = own.query_one(&newest).await?;
    let Some(newest) = row.map(|row| row.try_get_by_index::<Option<i64>>(0)).transpose()?.flatten() else {
        return Ok(0);
    };
    let kept = Statement::from_sql_and_values(
        database.backend(),
        "UPDATE relay SET kept_from = $1 WHERE kept_from < $1",
        [(newest + 1).into()],
    );
    // First, and by itself: readers judge by it, and a long deletion is not to hold up the relay, whose row it is.
    own.execute_raw(kept).await?;
    // By position, so that clocks that differ between servers leave no hole.
    delete_all::<outbox::Entity>(database, Condition::all().add(outbox::Column::Position.lte(newest))).await
}
