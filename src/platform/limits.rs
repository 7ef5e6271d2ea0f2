//! What one caller may spend: a bucket of points that refills by itself (GCRA, by the `governor` library).

use std::num::NonZeroU32;
use std::sync::atomic::{AtomicU64, Ordering};

use governor::clock::{Clock, DefaultClock};
use governor::middleware::StateInformationMiddleware;
use governor::state::keyed::DefaultKeyedStateStore;
use governor::{Quota, RateLimiter};

/// The buckets of all callers of this process.
pub struct Points {
    limiter: RateLimiter<String, DefaultKeyedStateStore<String>, DefaultClock, StateInformationMiddleware>,
    per_minute: NonZeroU32,
    spent: AtomicU64,
}

/// After so many requests the callers whose buckets are full again are forgotten.
const FORGET_EVERY: u64 = 10_000;

/// The quota of a caller after a request: what the `RateLimit-*` headers say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct QuotaState {
    /// Points per minute.
    pub limit: u32,
    /// Points left.
    pub remaining: u32,
    /// Seconds until the bucket is full, or until this request would pass when it was refused.
    pub reset: u64,
    /// Whether the request may run.
    pub allowed: bool,
}

impl Points {
    /// Buckets that hold a minute's points.
    pub fn new(per_minute: u32) -> Self {
        let per_minute = NonZeroU32::new(per_minute).unwrap_or(NonZeroU32::MIN);
        let limiter = RateLimiter::keyed(Quota::per_minute(per_minute)).with_middleware();
        Points { limiter, per_minute, spent: AtomicU64::new(0) }
    }

    /// Takes points from the caller's bucket, or none when there are too few.
    pub fn spend(&self, caller: &str, points: u64) -> QuotaState {
        if self.spent.fetch_add(1, Ordering::Relaxed) % FORGET_EVERY == FORGET_EVERY - 1 {
            self.limiter.retain_recent();
        }
        let limit = self.per_minute.get();
        let refill = |missing: u32| (u64::from(missing) * 60).div_ceil(u64::from(limit));
        let wanted = u32::try_from(points).unwrap_or(u32::MAX).clamp(1, limit);
        // `clamp` made it at least one.
        let wanted = NonZeroU32::new(wanted).unwrap_or(NonZeroU32::MIN);
        match self.limiter.check_key_n(&caller.to_owned(), wanted) {
            Ok(Ok(state)) => {
                let remaining = state.remaining_burst_capacity();
                QuotaState { limit, remaining, reset: refill(limit - remaining.min(limit)), allowed: true }
            }
            Ok(Err(not_until)) => {
                let wait = not_until.wait_time_from(DefaultClock::default().now());
                QuotaState { limit, remaining: 0, reset: wait.as_secs().max(1), allowed: false }
            }
            Err(_) => QuotaState { limit, remaining: 0, reset: 60, allowed: false },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bucket_runs_dry_for_its_caller_alone() {
        let points = Points::new(100);
        assert_eq!(
            points.spend("ana", 60),
            QuotaState { limit: 100, remaining: 40, reset: 36, allowed: true }
        );
        let refused = points.spend("ana", 60);
        assert!(
            !refused.allowed && refused.remaining == 0 && (1..=12).contains(&refused.reset),
            "{refused:?}"
        );
        assert!(points.spend("beto", 60).allowed);
    }

    #[test]
    fn callers_who_owe_nothing_are_forgotten() {
        let points = Points::new(u32::MAX); // a point comes back within a microsecond
        for caller in 0..2 * FORGET_EVERY {
            points.spend(&caller.to_string(), 1);
        }
        assert!(points.limiter.len() < 2 * usize::try_from(FORGET_EVERY).expect("small") - 1000);
    }
}
