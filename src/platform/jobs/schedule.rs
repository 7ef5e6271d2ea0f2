//! What is due by the clock or by what lies in tables, once among all workers. All of it is found out by one statement a beat.

use std::sync::Arc;
use std::time::Duration;

use sea_orm::sea_query::{Expr, ExprTrait, OnConflict, Query, SelectStatement, SimpleExpr, UnionType};
use sea_orm::{ColumnTrait, ConnectionTrait, DeriveIden};

use super::Job;
use crate::kernel::Result;
use crate::kernel::time::{Clock, Instant};
use crate::platform::auth::Viewer;
use crate::platform::db::tables::job;
use crate::platform::db::{Database, NewJob, Origin, Tx};
use crate::platform::telemetry::{Span, TraceContext};

type Make = Arc<dyn Fn() -> Result<NewJob> + Send + Sync>;
type Look = Arc<dyn Fn(Instant) -> Option<SelectStatement> + Send + Sync>;

/// A job that is enqueued now and then.
#[derive(Clone)]
pub struct Schedule {
    name: &'static str,
    every: Duration,
    make: Make,
}

/// A job that is enqueued whenever there is something to do for it.
#[derive(Clone)]
pub(super) struct Watch {
    look: Look,
    make: Make,
}

#[derive(DeriveIden)]
#[sea_orm(iden = "schedule")]
struct Table;

#[derive(DeriveIden)]
enum Column {
    Name,
    NextAt,
}

impl Watch {
    pub(super) fn new<J: Job + Clone>(
        job: J,
        look: impl Fn(Instant) -> Option<SelectStatement> + Send + Sync + 'static,
    ) -> Watch {
        Watch { look: Arc::new(look), make: Arc::new(move || job.now()) }
    }

    /// Enqueues the job: there is something to do, by whoever's change.
    async fn enqueue(&self, database: &Database, clock: &Clock, whose: &TraceContext) -> Result<()> {
        let origin = Origin { operation: "watch".to_owned(), ..Origin::default() };
        let mut tx = Tx::begin(database, clock, Arc::new(Viewer::system("watch")), origin).await?;
        tx.enqueue((self.make)()?);
        Span::untold(whose.context()).around(tx.commit()).await?;
        Ok(())
    }
}

impl Schedule {
    /// This job so often, from the first start on. What was missed while nobody worked is done once.
    pub fn every<J: Job + Clone>(every: Duration, job: J) -> Schedule {
        Schedule { name: J::KIND, every, make: Arc::new(move || job.now()) }
    }

    /// Enqueues the job that is due; the row of the schedule lets one worker at a time do so. Tells whether it did.
    async fn enqueue(&self, database: &Database, clock: &Clock) -> Result<bool> {
        let (origin, now) = (Origin { operation: "schedule".to_owned(), ..Origin::default() }, clock.now());
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

/// All that a worker enqueues by itself.
#[derive(Clone, Default)]
pub(super) struct Rota {
    pub schedules: Vec<Schedule>,
    pub watches: Vec<Watch>,
}

impl Rota {
    /// Writes down the schedules that were never due: they are now.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn introduce(&self, database: &Database, now: Instant) -> Result<()> {
        if self.schedules.is_empty() {
            return Ok(());
        }
        let mut first = Query::insert();
        first.into_table(Table).columns([Column::Name, Column::NextAt]);
        for schedule in &self.schedules {
            first.values_panic([schedule.name.into(), now.into()]);
        }
        first.on_conflict(OnConflict::column(Column::Name).do_nothing().to_owned());
        database.own.execute(&first).await?;
        Ok(())
    }

    /// Enqueues what is due; tells whether any job is due, and waits or runs.
    ///
    /// # Errors
    /// Those of the database. One that cannot be enqueued holds up no other.
    pub async fn beat(&self, database: &Database, clock: &Clock) -> Result<bool> {
        let mut works = false;
        for row in database.own.query_all(&self.due(clock.now())?).await? {
            let (what, which): (String, String) = (row.try_get_by_index(0)?, row.try_get_by_index(1)?);
            let enqueued = match what.as_str() {
                SCHEDULE => match self.schedules.iter().find(|schedule| schedule.name == which) {
                    Some(schedule) => schedule.enqueue(database, clock).await,
                    None => Ok(false),
                },
                WATCH => match which.parse::<usize>().ok().and_then(|place| self.watches.get(place)) {
                    Some(watch) => {
                        let (request_id, traceparent) = (row.try_get_by_index(2)?, row.try_get_by_index(3)?);
                        let whose = TraceContext { request_id, traceparent };
                        watch.enqueue(database, clock, &whose).await.map(|()| true)
                    }
                    None => Ok(false),
                },
                _ => Ok(true),
            };
            works |= enqueued.unwrap_or_else(|error| {
                tracing::warn!(%error, what, which, "what is due could not be enqueued; it will be tried again");
                false
            });
        }
        Ok(works)
    }

    /// What is due now, of whatever kind, in one statement: its kind, which of it, and whose change it is.
    fn due(&self, now: Instant) -> Result<SelectStatement> {
        let job = job::Column::DeadAt.is_null().and(job::Column::RunAt.lte(now));
        let mut one = Query::select();
        one.expr(Expr::val(1)).from(job::Entity).and_where(job).limit(1);
        let mut all = Query::select();
        all.expr(text(JOB)).expr(text("")).expr(nobody()).expr(nobody()).from_subquery(one, "due");
        if !self.schedules.is_empty() {
            let names = self.schedules.iter().map(|schedule| schedule.name);
            let mut due = Query::select();
            due.expr(text(SCHEDULE)).column(Column::Name).expr(nobody()).expr(nobody()).from(Table);
            due.and_where(Expr::col(Column::NextAt).lte(now)).and_where(Expr::col(Column::Name).is_in(names));
            all.union(UnionType::All, due);
        }
        for (place, watch) in self.watches.iter().enumerate() {
            let Some(look) = (watch.look)(now) else { continue };
            let mut waits = Query::select();
            let key = job::Column::DedupKey.eq((watch.make)()?.dedup_key);
            waits.expr(Expr::val(1)).from(job::Entity).and_where(key);
            let mut due = Query::select();
            due.expr(text(WATCH))
                .expr(text(&place.to_string()))
                .columns([("due", REQUEST_ID), ("due", TRACEPARENT)])
                .from_subquery(look, "due")
                .and_where(Expr::not_exists(waits));
            all.union(UnionType::All, due);
        }
        Ok(all)
    }
}

const JOB: &str = "job";
const SCHEDULE: &str = "schedule";
const WATCH: &str = "watch";

/// What the columns of a look are called.
const REQUEST_ID: &str = "request_id";
const TRACEPARENT: &str = "traceparent";

fn text(text: &str) -> SimpleExpr {
    Expr::val(text).cast_as("text")
}

fn nobody() -> SimpleExpr {
    Expr::cust("CAST(NULL AS text)")
}

/// A look for something that nobody's request is owed.
pub fn due_by_itself(mut found: SelectStatement) -> SelectStatement {
    found.clear_selects().expr_as(nobody(), REQUEST_ID).expr_as(nobody(), TRACEPARENT).limit(1).take()
}
