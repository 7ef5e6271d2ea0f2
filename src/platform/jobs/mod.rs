//! Work that the program owes itself: enqueued in the transaction of the change that owes it, claimed under a lease, tried
//! again with growing pauses, and kept as a dead letter when it cannot be done.
//!
//! A job runs at least once: a worker may die behind its effect and before its last word. So an effect in the database
//! ends the job in its own transaction (`Work::finish`), and an effect elsewhere is keyed so that a second time does
//! nothing. Jobs of one queue run one after the other in the order in which they were enqueued; the others side by side.
//!
//! Why our own: no library enqueues inside a sea-orm transaction on both databases (docs/decisions/0005).

mod claim;
pub mod dead;
mod failure;
mod handlers;
pub mod progress;
mod runner;
mod schedule;

pub use failure::{Failure, pause};
pub use handlers::{Handlers, Step, Work};
pub use runner::Runner;
pub use schedule::{Schedule, due_by_itself};

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::kernel::Result;
use crate::kernel::time::Instant;
use crate::platform::db::NewJob;

/// A kind of work, as its payload: ids and little else. Kinds and payloads are stored, so they are only ever extended.
pub trait Job: Serialize + DeserializeOwned + Send + Sync + 'static {
    /// Its name in the table.
    const KIND: &'static str;
    /// How often it is tried before it is a dead letter.
    const ATTEMPTS: i32 = 16;

    /// The queue in which it waits for those before it; `None`: it waits for nobody.
    fn queue(&self) -> Option<String> {
        None
    }

    /// While a job with the same key waits, this one is not enqueued once more: what it would do will be done.
    fn dedup(&self) -> Option<String> {
        None
    }

    /// To be run as soon as can be.
    ///
    /// # Errors
    /// `Internal` when the payload cannot be serialised.
    fn now(&self) -> Result<NewJob> {
        Ok(NewJob {
            kind: Self::KIND,
            payload: serde_json::to_value(self)?,
            queue: self.queue(),
            dedup_key: self.dedup().map(|key| format!("{} {key}", Self::KIND)),
            run_at: None,
        })
    }

    /// To be run from this moment on.
    ///
    /// # Errors
    /// As `now`.
    fn at(&self, moment: Instant) -> Result<NewJob> {
        Ok(NewJob { run_at: Some(moment), ..self.now()? })
    }
}
