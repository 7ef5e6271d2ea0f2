//! Instants in UTC. Now is read from a `Clock`, never from the system, so that tests hold the clock in their hand.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use chrono::{DateTime, SubsecRound, Utc};

/// A moment in UTC, whole microseconds (PostgreSQL keeps no more, so SQLite must not either).
pub type Instant = DateTime<Utc>;

/// Where now comes from.
#[derive(Clone, Debug, Default)]
pub enum Clock {
    /// The machine's clock.
    #[default]
    System,
    /// A clock that tests move: the system's time plus an offset in microseconds.
    Shifted(Arc<AtomicI64>),
}

impl Clock {
    /// The present moment, in whole microseconds.
    pub fn now(&self) -> Instant {
        #[expect(clippy::disallowed_methods, reason = "this is the clock that everything else asks")]
        let now = Utc::now().trunc_subsecs(6);
        match self {
            Clock::System => now,
            Clock::Shifted(offset) => now + chrono::Duration::microseconds(offset.load(Ordering::Relaxed)),
        }
    }

    /// Moves a shifted clock forward; the system's clock stays where it is.
    pub fn advance(&self, by: std::time::Duration) {
        if let Clock::Shifted(offset) = self {
            let micros = i64::try_from(by.as_micros()).unwrap_or(i64::MAX);
            offset.fetch_add(micros, Ordering::Relaxed);
        }
    }
}
