//! Who does which kind of work.

use std::collections::BTreeMap;
use std::sync::Arc;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use sea_orm::sea_query::SelectStatement;
use serde_json::Value;
use uuid::Uuid;

use super::Job;
use super::claim;
use super::failure::Failure;
use super::schedule::{Rota, Schedule, Watch};
use crate::kernel::ids::JobId;
use crate::kernel::time::{Clock, Instant};
use crate::kernel::{Error, Result};
use crate::platform::auth::Viewer;
use crate::platform::db::{Database, Origin, Tx, retried};
use crate::platform::telemetry::TraceContext;

/// What a job has at hand while it runs.
#[derive(Clone)]
pub struct Work {
    /// The database.
    pub database: Database,
    /// The clock.
    pub clock: Clock,
    /// Which try this is, from 1.
    pub attempt: i32,
    pub(super) job: JobId,
    pub(super) kind: &'static str,
    pub(super) lease: Uuid,
    /// When it last told how far it is.
    pub(super) told: Option<Instant>,
}

impl Work {
    /// Begins a write on behalf of cabina itself, named after the kind of job.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn begin(&self) -> Result<Tx> {
        let request_id = TraceContext::here().request_id;
        let origin = Origin { operation: self.kind.to_owned(), request_id, ..Origin::default() };
        Tx::begin(&self.database, &self.clock, Arc::new(Viewer::system(self.kind)), origin).await
    }

    /// Does it in steps, each in a transaction of its own, so that nobody waits long for rows or for the database; tells admins
    /// how far of `total` it is. A step gets where the one before it stopped, first `from`.
    ///
    /// # Errors
    /// Those of the steps; what those before did stays done.
    pub async fn steps<C: Clone>(
        &mut self,
        total: u64,
        from: C,
        step: impl for<'a> Fn(&'a mut Tx, C) -> BoxFuture<'a, Result<Step<C>>>,
    ) -> Result<()> {
        let (mut done, mut next) = (0, Some(from));
        while let Some(from) = next {
            let (some, rest) = retried(|| async {
                let mut tx = self.begin().await?;
                let done = step(&mut tx, from.clone()).await?;
                tx.keep();
                tx.commit().await?;
                Ok::<_, Error>(done)
            })
            .await?;
            next = rest;
            done += some;
            self.progress(done, total.max(done)).await?;
        }
        Ok(())
    }

    /// Ends the job within this write: both are committed, or none. Whoever lost the claim meanwhile writes nothing.
    ///
    /// # Errors
    /// `Unavailable` when another worker holds the job by now.
    pub async fn finish(&self, tx: &mut Tx) -> Result<()> {
        tx.keep();
        if claim::end(tx.conn(), self.job, self.lease).await? {
            return Ok(());
        }
        Err(Error::Unavailable { provider: "this job", cause: "another worker holds it by now".into() })
    }
}

/// What a step did: how many things it dealt with, and where the next one goes on; `None`: it was the last.
pub type Step<C> = (u64, Option<C>);

/// What every process that works does by itself.
pub(super) type Beside = Arc<dyn Fn(Instant) -> BoxFuture<'static, Result<()>> + Send + Sync>;
type Run = Arc<dyn Fn(Value, Work) -> BoxFuture<'static, Result<(), Failure>> + Send + Sync>;

/// A kind of job, and who does it.
#[derive(Clone)]
pub(super) struct Handler {
    pub kind: &'static str,
    pub attempts: i32,
    pub run: Run,
}

/// All kinds of jobs that a process does, and what it does by the clock.
#[derive(Clone, Default)]
pub struct Handlers {
    handlers: BTreeMap<&'static str, Handler>,
    pub(super) rota: Rota,
    pub(super) besides: Vec<Beside>,
}

impl Handlers {
    /// Does this kind of job so.
    pub fn on<J: Job, F>(mut self, run: impl Fn(J, Work) -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output = Result<(), Failure>> + Send + 'static,
    {
        let run: Run = Arc::new(move |payload, work| match serde_json::from_value::<J>(payload) {
            Ok(job) => run(job, work).boxed(),
            Err(cause) => {
                let rule = format!("is not what a {} holds: {cause}", J::KIND);
                std::future::ready(Err(Failure::GiveUp(Error::invalid("payload", rule)))).boxed()
            }
        });
        self.handlers.insert(J::KIND, Handler { kind: J::KIND, attempts: J::ATTEMPTS, run });
        self
    }

    /// Enqueues something now and then.
    pub fn every(mut self, schedule: Schedule) -> Self {
        self.rota.schedules.push(schedule);
        self
    }

    /// Enqueues a job whenever there is something to do and none waits. The look finds at most one row, with whose work it is
    /// (`request_id` and `traceparent`, as texts); `None`: it is not looked now. It is made often, as a part of the statement
    /// that finds all that is due: it must cost little.
    pub fn when<J: Job + Clone>(
        mut self,
        job: J,
        look: impl Fn(Instant) -> Option<SelectStatement> + Send + Sync + 'static,
    ) -> Self {
        self.rota.watches.push(Watch::new(job, look));
        self
    }

    /// Does something in every process that works, whatever the others do, as often as it looks for work: mostly nothing.
    pub fn beside<F>(mut self, act: impl Fn(Instant) -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output = Result<()>> + Send + 'static,
    {
        self.besides.push(Arc::new(move |now| act(now).boxed()));
        self
    }

    pub(super) fn kinds(&self) -> Vec<&'static str> {
        self.handlers.keys().copied().collect()
    }

    pub(super) fn of(&self, kind: &str) -> Option<&Handler> {
        self.handlers.get(kind)
    }
}
