//! How long a lane to Odoo is left alone after trouble: longer with each trouble, and not at all once something went well.

use std::collections::HashMap;
use std::sync::Mutex;
use std::time::Duration;

use crate::kernel::time::Instant;

/// The first pause.
const FIRST: Duration = Duration::from_millis(200);
/// Longest pause: while Odoo is away the client's circuit breaker asks it even less often.
const LONGEST: Duration = Duration::from_secs(5);

/// The pauses of this process, by model: trouble with one says nothing of the others.
#[derive(Debug, Default)]
pub struct Pace(Mutex<HashMap<&'static str, State>>);

#[derive(Debug, Default)]
struct State {
    troubles: u32,
    until: Option<Instant>,
}

impl Pace {
    /// Something went wrong that is not the record's fault.
    pub fn trouble(&self, model: &'static str, now: Instant) {
        let mut states = self.states();
        let state = states.entry(model).or_default();
        let pause = FIRST.saturating_mul(2_u32.saturating_pow(state.troubles.min(10))).min(LONGEST);
        state.troubles += 1;
        state.until = Some(now + chrono::Duration::from_std(pause).unwrap_or_default());
    }

    /// Something went well.
    pub fn well(&self, model: &'static str) {
        self.states().remove(model);
    }

    /// Whether it is left alone now.
    pub fn rests(&self, model: &str, now: Instant) -> bool {
        self.states().get(model).and_then(|state| state.until).is_some_and(|until| until > now)
    }

    fn states(&self) -> std::sync::MutexGuard<'_, HashMap<&'static str, State>> {
        // Whoever panicked while holding it left it whole: each change is one assignment.
        self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}
