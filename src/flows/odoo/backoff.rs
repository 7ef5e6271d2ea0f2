//! Backoff of each lane to Odoo: the pause grows with each failed call and ends with the first that succeeds.

use std::collections::HashMap;
use std::sync::Mutex;
use std::time::Duration;

use crate::kernel::time::Instant;

/// The first pause.
const FIRST: Duration = Duration::from_millis(200);
/// Longest pause: while Odoo is away the client's circuit breaker asks it even less often.
const LONGEST: Duration = Duration::from_secs(5);

/// The pauses of this process, by model: models fail independently.
#[derive(Debug, Default)]
pub struct Backoff(Mutex<HashMap<&'static str, State>>);

#[derive(Debug, Default)]
struct State {
    troubles: u32,
    until: Option<Instant>,
}

impl Backoff {
    /// A call failed, and not because of its record.
    pub fn trouble(&self, model: &'static str, now: Instant) {
        let mut states = self.states();
        let state = states.entry(model).or_default();
        let pause = FIRST.saturating_mul(2_u32.saturating_pow(state.troubles.min(10))).min(LONGEST);
        state.troubles += 1;
        state.until = Some(now + chrono::Duration::from_std(pause).unwrap_or_default());
    }

    /// A call succeeded.
    pub fn well(&self, model: &'static str) {
        self.states().remove(model);
    }

    /// Whether the model must not be called yet.
    pub fn rests(&self, model: &str, now: Instant) -> bool {
        self.states().get(model).and_then(|state| state.until).is_some_and(|until| until > now)
    }

    fn states(&self) -> std::sync::MutexGuard<'_, HashMap<&'static str, State>> {
        // Whoever panicked while holding it left it whole: each change is one assignment.
        self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}
