//! The loop of a worker: claims what is due, runs it side by side, holds its claims while it runs.

use std::collections::HashMap;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt;
use tokio::task::{self, JoinSet};
use uuid::Uuid;

use super::claim::{self, Again};
use super::dead;
use super::failure::{Failure, fingerprint, pause};
use super::handlers::{Handler, Handlers, Work};
use crate::kernel::ids::JobId;
use crate::kernel::time::Clock;
use crate::kernel::{Error, Result};
use crate::platform::auth::Viewer;
use crate::platform::db::tables::job::Model;
use crate::platform::db::{Database, Origin, Tx};
use crate::platform::telemetry::{Kind, Span, TraceContext};

/// How often is looked for what other processes owe, and what is due by the clock.
const EVERY: Duration = Duration::from_millis(500);
/// Jobs under way get so long to end when the worker stops; what has not ended then is given back.
const FAREWELL: Duration = Duration::from_secs(20);

/// A worker.
#[derive(Clone)]
pub struct Runner {
    /// Where the jobs are.
    pub database: Database,
    /// When they are due.
    pub clock: Clock,
    /// Who does them.
    pub handlers: Handlers,
    /// So many at a time.
    pub slots: usize,
    /// A claim holds for so long, unless it is renewed.
    pub lease: Duration,
}

impl Runner {
    /// Works until `stop` ends; then ends what is under way.
    pub async fn run(mut self, stop: impl Future<Output = ()>) {
        tokio::pin!(stop);
        self.database = self.database.for_itself();
        let (kinds, mut running, mut held) = (self.handlers.kinds(), JoinSet::new(), HashMap::new());
        let mut introduced = false;
        loop {
            let free = self.slots.saturating_sub(running.len());
            let claimed = match self.round(&kinds, free, &mut introduced).await {
                Ok(jobs) => jobs,
                Err(error) => {
                    tracing::warn!(%error, "jobs could not be looked at; it will be tried again");
                    Vec::new()
                }
            };
            let full = claimed.len() == free && free > 0;
            for job in claimed {
                let claim = (job.id, job.lease);
                held.insert(running.spawn(self.clone().work(job)).id(), claim);
            }
            tokio::select! {
                () = &mut stop => break,
                () = self.database.owed(), if running.len() < self.slots => {}
                Some(ended) = running.join_next_with_id() => drop(held.remove(&task_of(ended))),
                () = tokio::time::sleep(EVERY), if !full => {}
            }
        }
        let ended = async {
            while let Some(ended) = running.join_next_with_id().await {
                held.remove(&task_of(ended));
            }
        };
        if tokio::time::timeout(FAREWELL, ended).await.is_ok() {
            return;
        }
        running.shutdown().await;
        for (job, lease) in held.into_values() {
            tracing::warn!(%job, "a job did not end in time: it is given back");
            let given = claim::give_back(&self.database, job, lease.unwrap_or_default()).await;
            if let Err(error) = given {
                tracing::warn!(%error, %job, "its claim ends by itself");
            }
        }
    }

    async fn round(&self, kinds: &[&'static str], free: usize, introduced: &mut bool) -> Result<Vec<Model>> {
        for act in &self.handlers.besides {
            if let Err(error) = act(self.clock.now()).await {
                tracing::warn!(%error, "what a worker does beside its jobs failed; it will be tried again");
            }
        }
        let rota = &self.handlers.rota;
        if !*introduced {
            rota.introduce(&self.database, self.clock.now()).await?;
            *introduced = true;
        }
        let works = rota.beat(&self.database, &self.clock).await?;
        if !works || free == 0 || kinds.is_empty() {
            return Ok(Vec::new());
        }
        claim::claim(&self.database, kinds, self.clock.now(), self.lease, free).await
    }

    /// Does a claimed job, as a step of the work that owes it.
    async fn work(self, job: Model) {
        let trace = TraceContext { request_id: job.request_id.clone(), traceparent: job.traceparent.clone() };
        let span = Span::within(trace.context(), Kind::Consumer, || format!("job {}", job.kind));
        span.set("cabina.job.id", job.id.to_string());
        span.set("cabina.job.attempt", i64::from(job.attempts));
        span.around(self.perform(job, &span)).await;
    }

    /// Runs a claimed job, and writes down how it ended.
    async fn perform(&self, job: Model, span: &Span) {
        let (Some(handler), Some(lease)) = (self.handlers.of(&job.kind).cloned(), job.lease) else { return };
        let began = std::time::Instant::now();
        let ended = tokio::select! {
            ended = self.attempt(&handler, &job, lease) => ended,
            () = self.hold(job.id, lease) => {
                tracing::warn!(job = %job.id, kind = job.kind, "another worker holds this job by now");
                span.fail("lost");
                return;
            }
        };
        metrics::histogram!("cabina_job_seconds").record(began.elapsed().as_secs_f64());
        let outcome = match &ended {
            Ok(()) => "done",
            Err(failure) if self.is_dead(failure, &job, &handler) => "dead",
            Err(_) => "again",
        };
        metrics::counter!("cabina_jobs_total", "outcome" => outcome).increment(1);
        span.set("cabina.job.outcome", outcome);
        if let Err(failure) = &ended {
            // By it an admin finds the text among the dead letters, where it may be read.
            span.fail(fingerprint(&job.kind, &failure.text()));
        }
        let written = match ended {
            Ok(()) => claim::end(&self.database.own, job.id, lease).await.map(|_| ()),
            Err(failure) => self.fail(&handler, &job, lease, failure).await,
        };
        if let Err(error) = written {
            // Its claim ends by itself, and it is tried again.
            tracing::warn!(%error, job = %job.id, kind = job.kind, "how a job ended could not be written down");
        }
    }

    async fn attempt(&self, handler: &Handler, job: &Model, lease: Uuid) -> Result<(), Failure> {
        if job.attempts > handler.attempts {
            // Its last try was never written down: it ended the worker that ran it.
            let cause = "it never came to its end: the worker that ran it died";
            return Err(Failure::GiveUp(Error::internal(cause)));
        }
        let work = Work {
            database: self.database.clone(),
            clock: self.clock.clone(),
            attempt: job.attempts,
            job: job.id,
            kind: handler.kind,
            lease,
            told: None,
        };
        let run = AssertUnwindSafe((handler.run)(job.payload.clone(), work)).catch_unwind();
        run.await.unwrap_or_else(|_| Err(Failure::Retry(Error::internal("the job panicked"))))
    }

    /// Renews the claim while the job runs; ends when it is another's.
    async fn hold(&self, job: JobId, lease: Uuid) {
        loop {
            tokio::time::sleep(self.lease / 3).await;
            match claim::hold(&self.database, job, lease, self.clock.now(), self.lease).await {
                Ok(true) => {}
                Ok(false) => {
                    // A job that ended itself (`finish`) has no row any more, and is about to return.
                    tokio::time::sleep(Duration::from_secs(1)).await;
                    return;
                }
                Err(error) => tracing::warn!(%error, %job, "a claim could not be renewed"),
            }
        }
    }

    fn is_dead(&self, failure: &Failure, job: &Model, handler: &Handler) -> bool {
        matches!(failure, Failure::GiveUp(_)) || job.attempts >= handler.attempts
    }

    async fn fail(&self, handler: &Handler, job: &Model, lease: Uuid, failure: Failure) -> Result<()> {
        let (now, text) = (self.clock.now(), failure.text());
        let dead = self.is_dead(&failure, job, handler);
        let wait = chrono::Duration::from_std(pause(job.attempts)).unwrap_or_default();
        let at = (!dead).then_some(now + wait);
        tracing::warn!(job = %job.id, kind = job.kind, attempt = job.attempts, dead, error = text, "a job failed");
        let again = Again { at, fingerprint: fingerprint(&job.kind, &text), error: text };
        if !dead {
            claim::fail(&self.database.own, job.id, lease, now, again).await?;
            return Ok(());
        }
        // Admins are told in the same transaction.
        let origin = Origin { operation: job.kind.clone(), ..Origin::default() };
        let by = Arc::new(Viewer::system(handler.kind));
        let mut tx = Tx::begin(&self.database, &self.clock, by, origin).await?;
        if claim::fail(tx.conn(), job.id, lease, now, again).await? {
            dead::announce(&mut tx, job);
            tx.commit().await?;
        }
        Ok(())
    }
}

/// Which task ended, in whatever way.
fn task_of(ended: Result<(task::Id, ()), task::JoinError>) -> task::Id {
    ended.map_or_else(|error| error.id(), |(id, ())| id)
}

impl std::fmt::Debug for Runner {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Runner").field("slots", &self.slots).finish_non_exhaustive()
    }
}
