//! The jobs that keep cabina and Odoo alike: a lane for each direction of each model, so that a call that takes long holds up
//! nobody but those behind it.

use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::Sync;
use crate::domains::sync::SyncDirection;
use crate::kernel::{Error, Result};
use crate::platform::jobs::{Failure, Handlers, Job, Schedule, Work};

/// How often deleted records are looked for at the latest.
const SWEEP_EVERY: Duration = Duration::from_secs(24 * 3600);

/// Jobs of one kind, of which those of a model run one after the other. While one waits, another of its model would do nothing
/// more. Without a model it has one enqueued for each.
macro_rules! lanes {
    ($($(#[$doc:meta])* $job:ident = $kind:literal;)+) => {$(
        $(#[$doc])*
        #[derive(Clone, Default, Serialize, Deserialize)]
        struct $job {
            #[serde(default, skip_serializing_if = "Option::is_none")]
            model: Option<String>,
        }

        impl $job {
            fn of(model: &str) -> $job {
                $job { model: Some(model.to_owned()) }
            }

            /// Has one enqueued for each of these models.
            async fn for_each(work: &Work, models: Vec<&'static str>) -> Result<(), Failure> {
                let mut tx = work.begin().await?;
                for model in models {
                    tx.enqueue($job::of(model).now()?);
                }
                work.finish(&mut tx).await?;
                tx.commit().await?;
                Ok(())
            }
        }

        impl Job for $job {
            const KIND: &'static str = $kind;

            fn queue(&self) -> Option<String> {
                Some(self.model.as_ref().map_or("odoo".to_owned(), |model| format!("{} {model}", Self::KIND)))
            }

            fn dedup(&self) -> Option<String> {
                Some(self.model.clone().unwrap_or_default())
            }
        }
    )+};
}

lanes! {
    /// Sends what is due.
    Push = "odoo.push";
    /// Takes over what was changed there.
    Pull = "odoo.pull";
    /// Looks for records that were deleted there.
    Sweep = "odoo.sweep";
}

/// Does these jobs in this process. None of them fails: a pause of one would hold up the others, and each comes again.
pub fn register(handlers: Handlers, sync: &Arc<Sync>) -> Handlers {
    let (push, pull, sweep, counted) = (sync.clone(), sync.clone(), sync.clone(), sync.clone());
    let mut handlers = handlers
        .on(move |job: Push, mut work| {
            let sync = push.clone();
            async move {
                let Some(model) =
                    sync.pushed_models().into_iter().find(|model| job.model.as_deref() == Some(*model))
                else {
                    return Push::for_each(&work, sync.pushed_models()).await;
                };
                if let Err(error) = sync.push(model, &mut work).await {
                    say(&error, model, "nothing could be sent to Odoo; it is tried again");
                    sync.rest(model);
                }
                Ok(())
            }
        })
        .on(move |job: Pull, work| {
            let sync = pull.clone();
            async move {
                let Some(model) =
                    sync.pulled_models().into_iter().find(|model| job.model.as_deref() == Some(*model))
                else {
                    return Pull::for_each(&work, sync.pulled_models()).await;
                };
                if let Err(error) = pull_now(&sync, &work, model).await {
                    say(&error, model, "Odoo was not pulled; it is tried again");
                }
                Ok(())
            }
        })
        .on(move |job: Sweep, work| {
            let sync = sweep.clone();
            async move {
                let Some(model) =
                    sync.pulled_models().into_iter().find(|model| job.model.as_deref() == Some(*model))
                else {
                    return Sweep::for_each(&work, sync.pulled_models()).await;
                };
                if let Err(error) = sync.sweep(model).await {
                    say(&error, model, "deleted records were not looked for");
                    sync.forget_count(model);
                }
                Ok(())
            }
        })
        .beside(move |now| {
            let sync = counted.clone();
            async move { sync.count(now).await }
        });
    for model in sync.pushed_models() {
        let due = sync.clone();
        handlers = handlers.when(Push::of(model), move |now| due.due_for(model, now));
    }
    if !sync.pulled_models().is_empty() {
        handlers = handlers
            .every(Schedule::every(sync.pull_every, Pull::default()))
            .every(Schedule::every(SWEEP_EVERY, Sweep::default()));
    }
    handlers
}

/// Pulls a model, and writes down how it went.
async fn pull_now(sync: &Sync, work: &Work, model: &'static str) -> Result<()> {
    let pulled = sync.pull(model).await;
    let error = pulled.as_ref().err().map(Error::for_terminal);
    let told = sync.tell(SyncDirection::Pull, model, error.as_deref()).await;
    let is_fewer = pulled?;
    let swept = match told {
        Ok(()) if is_fewer => sweep_soon(work, model).await,
        told => told,
    };
    if swept.is_err() {
        // The count was taken, and nobody looks for what it found: the next pull does.
        sync.forget_count(model);
    }
    swept
}

/// Has it found out beside the pulls which records are missing.
async fn sweep_soon(work: &Work, model: &'static str) -> Result<()> {
    let mut tx = work.begin().await?;
    tx.enqueue(Sweep::of(model).now()?);
    tx.commit().await?;
    Ok(())
}

fn say(error: &Error, model: &str, what: &str) {
    tracing::warn!(model, error = error.for_terminal(), "{what}");
}
