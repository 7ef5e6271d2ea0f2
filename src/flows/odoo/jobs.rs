//! The jobs that keep cabina and Odoo alike, all in one queue.

use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::Sync;
use crate::platform::jobs::{Handlers, Job, Schedule};

const QUEUE: &str = "odoo";
/// How often deleted records are looked for.
const SWEEP_EVERY: Duration = Duration::from_secs(24 * 3600);

/// Sends what is due.
#[derive(Clone, Serialize, Deserialize)]
struct Push {}

impl Job for Push {
    const KIND: &'static str = "odoo.push";

    fn queue(&self) -> Option<String> {
        Some(QUEUE.to_owned())
    }

    fn dedup(&self) -> Option<String> {
        Some(String::new())
    }
}

/// Takes over what was changed there.
#[derive(Clone, Serialize, Deserialize)]
struct Pull {}

impl Job for Pull {
    const KIND: &'static str = "odoo.pull";

    fn queue(&self) -> Option<String> {
        Some(QUEUE.to_owned())
    }

    fn dedup(&self) -> Option<String> {
        Some(String::new())
    }
}

/// Looks for records that were deleted there.
#[derive(Clone, Serialize, Deserialize)]
struct Sweep {}

impl Job for Sweep {
    const KIND: &'static str = "odoo.sweep";

    fn queue(&self) -> Option<String> {
        Some(QUEUE.to_owned())
    }

    fn dedup(&self) -> Option<String> {
        Some(String::new())
    }
}

/// Does these jobs in this process.
pub fn register(handlers: Handlers, sync: &Arc<Sync>) -> Handlers {
    let (push, pull, sweep, due) = (sync.clone(), sync.clone(), sync.clone(), sync.clone());
    let mut handlers = handlers
        .on(move |_: Push, mut work| {
            let sync = push.clone();
            async move {
                if let Err(error) = sync.push(&mut work).await {
                    // What is due stays due. A pause of the job would hold up the others in the queue.
                    tracing::warn!(
                        error = error.for_terminal(),
                        "nothing could be sent to Odoo; it is tried again"
                    );
                    sync.rest();
                }
                Ok(())
            }
        })
        .on(move |_: Pull, _| {
            let sync = pull.clone();
            async move {
                for model in sync.pulled_models() {
                    if let Err(error) = sync.pull(model).await {
                        // The next one comes by the clock; meanwhile others in the queue get their turn.
                        tracing::warn!(
                            model,
                            error = error.for_terminal(),
                            "Odoo was not pulled; it is tried again"
                        );
                    }
                }
                Ok(())
            }
        })
        .on(move |_: Sweep, _| {
            let sync = sweep.clone();
            async move {
                for model in sync.pulled_models() {
                    if let Err(error) = sync.sweep(model).await {
                        tracing::warn!(
                            model,
                            error = error.for_terminal(),
                            "deleted records were not looked for"
                        );
                    }
                }
                Ok(())
            }
        })
        .when(Push {}, move |now| {
            let sync = due.clone();
            async move { sync.due_for(now).await }
        });
    if !sync.pulled_models().is_empty() {
        handlers = handlers
            .every(Schedule::every(sync.pull_every, Pull {}))
            .every(Schedule::every(SWEEP_EVERY, Sweep {}));
    }
    handlers
}
