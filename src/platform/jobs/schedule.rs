//! What is due by the clock, once among all workers.

use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use sea_orm::sea_query::{Expr, ExprTrait, OnConflict, Query};
use sea_orm::{ColumnTrait, ConnectionTrait, DeriveIden, QueryFilter, QuerySelect};

use super::Job;
use crate::kernel::Result;
use crate::kernel::time::{Clock, Instant};
use crate::platform::auth::Viewer;
use crate::platform::db::tables::job;
use crate::platform::db::{Database, NewJob, Origin, Tx, all_rows};
use crate::platform::telemetry::{Step, Trail};

/// A job that is enqueued now and then.
#[derive(Clone)]
pub struct Schedule {
    name: &'static str,
    every: Duration,
    make: Arc<dyn Fn() -> Result<NewJob> + Send + Sync>,
}

/// A job that is enqueued whenever there is something to do for it.
#[derive(Clone)]
pub(super) struct Watch {
    look: Look,
    make: Arc<dyn Fn() -> Result<NewJob> + Send + Sync>,
}

type Look = Arc<dyn Fn(Instant) -> BoxFuture<'static, Result<Option<Trail>>> + Send + Sync>;

impl Watch {
    pub(super) fn new<J: Job + Clone, F>(job: J, look: impl Fn(Instant) -> F + Send + Sync + 'static) -> Watch
    where
        F: Future<Output = Result<Option<Trail>>> + Send + 'static,
    {
        Watch { look: Arc::new(move |now| look(now).boxed()), make: Arc::new(move || job.now()) }
    }

    /// Enqueues the job if there is something to do and none waits; tells whether it did.
    ///
    /// # Errors
    /// Those of the database.
    pub(super) async fn look(&self, database: &Database, clock: &Clock) -> Result<bool> {
        let job = (self.make)()?;
        let waits = all_rows::<job::Entity>()
            .filter(job::Column::Kind.eq(job.kind))
            .filter(job::Column::DedupKey.eq(job.dedup_key.clone()))
            .limit(1);
        if waits.one(&database.own).await?.is_some() {
            return Ok(false);
        }
        let Some(whose) = (self.look)(clock.now()).await? else { return Ok(false) };
        let origin = Origin { operation: "watch".to_owned(), ..Origin::default() };
        let mut tx = Tx::begin(database, clock, Arc::new(Viewer::system("watch")), origin).await?;
        tx.enqueue(job);
        Step::untold(whose.context()).around(tx.commit()).await?;
        Ok(true)
    }
}

#[derive(DeriveIden)]
#[sea_orm(iden = "schedule")]
struct Table;

#[derive(DeriveIden)]
enum Column {
    Name,
    NextAt,
}

impl Schedule {
    /// This job so often, from the first start on. What was missed while nobody worked is done once.
    pub fn every<J: Job + Clone>(every: Duration, job: J) -> Schedule {
        Schedule { name: J::KIND, every, make: Arc::new(move || job.now()) }
    }

    /// Enqueues the job if it is due; the row of the schedule lets one worker at a time see that it is.
    ///
    /// # Errors
    /// Those of the database.
    pub(super) async fn look(&self, database: &Database, clock: &Clock) -> Result<bool> {
        let origin = Origin { operation: "schedule".to_owned(), ..Origin::default() };
        let now = clock.now();
        // Looked at before anything is written: most often it is not due.
        let mut known = Query::select();
        known.column(Column::NextAt).from(Table).and_where(Expr::col(Column::Name).eq(self.name));
        match database.own.query_one(&known).await? {
            Some(row) if row.try_get_by_index::<Instant>(0)? > now => return Ok(false),
            Some(_) => {}
            None => {
                let mut first = Query::insert();
                first
                    .into_table(Table)
                    .columns([Column::Name, Column::NextAt])
                    .values_panic([self.name.into(), now.into()])
                    .on_conflict(OnConflict::column(Column::Name).do_nothing().to_owned());
                database.own.execute(&first).await?;
            }
        }
        let mut tx = Tx::begin(database, clock, Arc::new(Viewer::system("schedule")), origin).await?;
        let mut take = Query::update();
        take.table(Table)
            .value(Column::NextAt, now + chrono::Duration::from_std(self.every).unwrap_or_default())
            .and_where(Expr::col(Column::Name).eq(self.name))
            .and_where(Expr::col(Column::NextAt).lte(now));
        if tx.conn().execute(&take).await?.rows_affected() == 0 {
            return Ok(false); // another worker was quicker
        }
        tx.enqueue((self.make)()?);
        tx.commit().await?;
        Ok(true)
    }
}
