//! The jobs that keep cabina and Odoo alike, all in one queue.

use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::Sync;
use crate::kernel::{Error, Result};
use crate::platform::jobs::{Handlers, Job, Schedule, Work};

/// How often deleted records are looked for.
const SWEEP_EVERY: Duration = Duration::from_secs(24 * 3600);

/// Jobs that run one after the other. While one waits, another of its kind would do nothing more.
macro_rules! lane {
    ($($(#[$doc:meta])* $job:ident = $kind:literal;)+) => {$(
        $(#[$doc])*
        #[derive(Clone, Serialize, Deserialize)]
        struct $job {}

        impl Job for $job {
            const KIND: &'static str = $kind;

            fn queue(&self) -> Option<String> {
                Some("odoo".to_owned())
            }

            fn dedup(&self) -> Option<String> {
                Some(String::new())
            }
        }
    )+};
}

lane! {
    /// Sends what is due.
    Push = "odoo.push";
    /// Takes over what was changed there.
    Pull = "odoo.pull";
    /// Looks for records that were deleted there.
    Sweep = "odoo.sweep";
}

/// Does these jobs in this process. None of them fails: a pause of one would hold up the others, and each comes again.
pub fn register(handlers: Handlers, sync: &Arc<Sync>) -> Handlers {
    let (push, pull, sweep) = (sync.clone(), sync.clone(), sync.clone());
    let (due, counted) = (sync.clone(), sync.clone());
    let mut handlers = handlers
        .on(move |_: Push, mut work| {
            let sync = push.clone();
            async move {
                if let Err(error) = sync.push(&mut work).await {
                    say(&error, "", "nothing could be sent to Odoo; it is tried again");
                    sync.rest();
                }
                Ok(())
            }
        })
        .on(move |_: Pull, work| {
            let sync = pull.clone();
            async move {
                let mut through = true;
                for model in sync.pulled_models() {
                    match sync.pull(model).await {
                        Ok(whole) => through &= whole,
                        Err(error) => say(&error, model, "Odoo was not pulled; it is tried again"),
                    }
                }
                if !through {
                    go_on(&work).await?;
                }
                Ok(())
            }
        })
        .on(move |_: Sweep, _| {
            let sync = sweep.clone();
            async move {
                for model in sync.pulled_models() {
                    if let Err(error) = sync.sweep(model).await {
                        say(&error, model, "deleted records were not looked for");
                    }
                }
                Ok(())
            }
        })
        .when(Push {}, move |now| due.due_for(now))
        .beside(move |now| {
            let sync = counted.clone();
            async move { sync.count(now).await }
        });
    if !sync.pulled_models().is_empty() {
        handlers = handlers
            .every(Schedule::every(sync.pull_every, Pull {}))
            .every(Schedule::every(SWEEP_EVERY, Sweep {}));
    }
    handlers
}

/// Ends a pull that gave way: first what waits to be sent, then the rest of it.
async fn go_on(work: &Work) -> Result<()> {
    let mut tx = work.begin().await?;
    tx.enqueue(Push {}.now()?);
    tx.enqueue(Pull {}.now()?);
    work.finish(&mut tx).await?;
    tx.commit().await?;
    Ok(())
}

fn say(error: &Error, model: &str, what: &str) {
    tracing::warn!(model, error = error.for_terminal(), "{what}");
}
