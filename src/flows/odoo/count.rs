//! Tells the metrics how the ledger stands: now and then, for all of it is counted.

use std::time::Duration;

use super::{MAPPINGS, Sync};
use crate::domains::sync::{SyncDirection, SyncStatus, failures, lanes, ledger};
use crate::kernel::Result;
use crate::kernel::time::Instant;
use crate::kernel::words::Word;

/// How often.
const EVERY: Duration = Duration::from_secs(30);

impl Sync {
    /// Counts the rows of each kind and status, unless that was done a moment ago.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn count(&self, now: Instant) -> Result<()> {
        {
            // Whoever panicked while holding it left it whole: it is one assignment.
            let mut next = self.counted.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
            if next.is_some_and(|next| now < next) {
                return Ok(());
            }
            *next = Some(now + chrono::Duration::from_std(EVERY).unwrap_or_default());
        }
        self.tidy(now).await?;
        let counts = failures::counts(&self.database.own).await?;
        for mapping in MAPPINGS {
            for (status, ..) in SyncStatus::ALL {
                let same =
                    |(kind, of, _): &&(String, SyncStatus, i64)| kind == mapping.kind() && of == status;
                let count = counts.iter().find(same).map_or(0, |(_, _, count)| *count);
                metrics::gauge!("cabina_sync_rows", "kind" => mapping.kind(), "status" => status.as_str())
                    .set(count as f64);
            }
        }
        Ok(())
    }

    /// A lane that is switched off rests no more, nor does one to which nothing waits to be sent: it would never be tried again.
    async fn tidy(&self, now: Instant) -> Result<()> {
        let own = &self.database.own;
        lanes::forget_but(own, SyncDirection::Pull, &self.pulled_models()).await?;
        lanes::forget_but(own, SyncDirection::Push, &self.pushed_models()).await?;
        for model in self.pushed_models() {
            let pushing = MAPPINGS.iter().filter(|mapping| mapping.model() == model);
            let kinds: Vec<&str> = pushing.map(|mapping| mapping.kind()).collect();
            if ledger::due(&self.database, &kinds, now).await? == 0 {
                lanes::idle(own, SyncDirection::Push, model).await?;
            }
        }
        Ok(())
    }
}
