//! A circuit breaker: a service that fails again and again is left alone for a while, then tried with one call.
//!
//! `Closed` lets calls pass and counts failures in a row; `Open` refuses until a pause is over; `HalfOpen` lets one
//! call pass, whose outcome closes the circuit or opens it for twice the pause.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use chrono::TimeDelta;

use crate::kernel::time::{Clock, Instant};

/// When the circuit opens, and for how long.
#[derive(Clone, Copy, Debug)]
pub struct BreakerRules {
    /// Failures in a row that open it.
    pub failures: u32,
    /// The first pause.
    pub pause: Duration,
    /// The longest pause.
    pub longest: Duration,
}

/// How the circuit stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Circuit {
    /// Calls pass; so many failed in a row.
    Closed {
        /// Failures in a row.
        failures: u32,
    },
    /// No call passes before this moment.
    Open {
        /// End of the pause.
        until: Instant,
        /// Its length.
        pause: TimeDelta,
    },
    /// One call is under way to see whether the service is back.
    HalfOpen {
        /// Length of the pause before.
        pause: TimeDelta,
    },
}

/// A pass for one call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Pass {
    Usual,
    Probe,
}

impl Circuit {
    /// Whether a call may pass now, or when to come again.
    fn admit(&mut self, now: Instant) -> Result<Pass, Instant> {
        match *self {
            Circuit::Closed { .. } => Ok(Pass::Usual),
            // A clock that was set back must not prolong the pause.
            Circuit::Open { until, pause } if now >= until || until - now > pause => {
                *self = Circuit::HalfOpen { pause };
                Ok(Pass::Probe)
            }
            Circuit::Open { until, .. } => Err(until),
            Circuit::HalfOpen { .. } => Err(now + TimeDelta::seconds(1)),
        }
    }

    /// Takes note of a call's outcome; that of a call from before the circuit opened changes nothing.
    fn report(&mut self, pass: Pass, well: bool, rules: &BreakerRules, now: Instant) {
        match (*self, pass) {
            (Circuit::Closed { .. }, _) if well => *self = Circuit::Closed { failures: 0 },
            (Circuit::Closed { failures }, _) if failures + 1 < rules.failures => {
                *self = Circuit::Closed { failures: failures + 1 };
            }
            (Circuit::Closed { .. }, _) => self.open(delta(rules.pause), now),
            (Circuit::HalfOpen { .. }, Pass::Probe) if well => *self = Circuit::Closed { failures: 0 },
            (Circuit::HalfOpen { pause }, Pass::Probe) => {
                self.open((pause * 2).min(delta(rules.longest)), now);
            }
            _ => {}
        }
    }

    /// The probe was given up without an outcome: the next call is the probe.
    fn give_up(&mut self, pass: Pass, now: Instant) {
        if let (Circuit::HalfOpen { pause }, Pass::Probe) = (*self, pass) {
            *self = Circuit::Open { until: now, pause };
        }
    }

    fn open(&mut self, pause: TimeDelta, now: Instant) {
        *self = Circuit::Open { until: now + pause, pause };
    }
}

fn delta(duration: Duration) -> TimeDelta {
    TimeDelta::from_std(duration).unwrap_or(TimeDelta::MAX)
}

/// The circuit of one service, shared by all who call it.
#[derive(Clone, Debug)]
pub struct Breaker {
    service: &'static str,
    rules: BreakerRules,
    clock: Clock,
    circuit: Arc<Mutex<Circuit>>,
}

/// A call that was let pass. Dropped without an outcome, it counts as never made.
#[derive(Debug)]
pub struct Passage {
    breaker: Breaker,
    pass: Option<Pass>,
}

impl Breaker {
    /// A closed circuit for a service, by the name that stands in logs and metrics.
    pub fn new(service: &'static str, rules: BreakerRules, clock: Clock) -> Self {
        Breaker { service, rules, clock, circuit: Arc::new(Mutex::new(Circuit::Closed { failures: 0 })) }
    }

    /// Lets a call pass.
    ///
    /// # Errors
    /// The time to wait when the circuit is open.
    pub fn pass(&self) -> Result<Passage, Duration> {
        let now = self.clock.now();
        let admitted = self.circuit().admit(now);
        admitted
            .map(|pass| Passage { breaker: self.clone(), pass: Some(pass) })
            .map_err(|until| (until - now).to_std().unwrap_or_default())
    }

    /// How the circuit stands.
    pub fn stands(&self) -> Circuit {
        *self.circuit()
    }

    fn report(&self, pass: Pass, well: bool) {
        let now = self.clock.now();
        let (before, after) = {
            let mut circuit = self.circuit();
            let before = *circuit;
            circuit.report(pass, well, &self.rules, now);
            (before, *circuit)
        };
        let closed = |circuit| matches!(circuit, Circuit::Closed { .. });
        match after {
            Circuit::Open { until, .. } if before != after => {
                tracing::warn!(service = self.service, %until, "it keeps failing and is left alone for a while");
            }
            Circuit::Closed { .. } if !closed(before) => {
                tracing::info!(service = self.service, "it is back");
            }
            _ => return,
        }
        let open = if closed(after) { 0.0 } else { 1.0 };
        metrics::gauge!("cabina_circuit_open", "service" => self.service).set(open);
    }

    fn circuit(&self) -> std::sync::MutexGuard<'_, Circuit> {
        // A state is replaced as a whole: a panic elsewhere can't have left half of one.
        self.circuit.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Passage {
    /// Takes note of the call's outcome: `well` is that the service answered, were it to refuse.
    pub fn report(mut self, well: bool) {
        if let Some(pass) = self.pass.take() {
            self.breaker.report(pass, well);
        }
    }
}

impl Drop for Passage {
    fn drop(&mut self) {
        if let Some(pass) = self.pass.take() {
            let now = self.breaker.clock.now();
            self.breaker.circuit().give_up(pass, now);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RULES: BreakerRules =
        BreakerRules { failures: 3, pause: Duration::from_secs(10), longest: Duration::from_secs(30) };

    fn at(seconds: i64) -> Instant {
        Instant::from_timestamp(1_800_000_000 + seconds, 0).expect("a moment")
    }

    fn opened_at(seconds: i64) -> Circuit {
        let mut circuit = Circuit::Closed { failures: 0 };
        for _ in 0..3 {
            let pass = circuit.admit(at(seconds)).expect("closed");
            circuit.report(pass, false, &RULES, at(seconds));
        }
        circuit
    }

    #[test]
    fn only_failures_in_a_row_open_it() {
        let mut circuit = Circuit::Closed { failures: 0 };
        for well in [false, false, true, false, false] {
            circuit.report(Pass::Usual, well, &RULES, at(0));
        }
        assert_eq!(circuit, Circuit::Closed { failures: 2 });
        circuit.report(Pass::Usual, false, &RULES, at(5));
        assert_eq!(circuit, Circuit::Open { until: at(15), pause: TimeDelta::seconds(10) });
    }

    #[test]
    fn after_the_pause_one_call_probes_and_closes_it() {
        let mut circuit = opened_at(0);
        assert_eq!(circuit.admit(at(9)), Err(at(10)));
        assert_eq!(circuit.admit(at(10)), Ok(Pass::Probe));
        assert_eq!(circuit.admit(at(10)), Err(at(11)), "one probe at a time");
        circuit.report(Pass::Probe, true, &RULES, at(12));
        assert_eq!(circuit, Circuit::Closed { failures: 0 });
    }

    #[test]
    fn each_failed_probe_doubles_the_pause_up_to_the_longest() {
        let mut circuit = opened_at(0);
        let mut pauses = Vec::new();
        let mut now = 0;
        while pauses.len() < 4 {
            let Circuit::Open { until, pause } = circuit else { panic!("{circuit:?} is open") };
            pauses.push(pause.num_seconds());
            assert_eq!(circuit.admit(until), Ok(Pass::Probe));
            now += pause.num_seconds();
            circuit.report(Pass::Probe, false, &RULES, at(now));
        }
        assert_eq!(pauses, [10, 20, 30, 30]);
    }

    #[test]
    fn late_outcomes_of_earlier_calls_change_nothing() {
        let mut circuit = opened_at(0);
        let open = circuit;
        circuit.report(Pass::Usual, true, &RULES, at(1));
        assert_eq!(circuit, open);
        circuit.admit(at(10)).expect("the probe");
        circuit.report(Pass::Usual, false, &RULES, at(10));
        assert_eq!(circuit, Circuit::HalfOpen { pause: TimeDelta::seconds(10) });
    }

    #[test]
    fn a_clock_that_was_set_back_does_not_prolong_the_pause() {
        assert_eq!(opened_at(1000).admit(at(0)), Ok(Pass::Probe));
    }

    #[test]
    fn a_probe_given_up_leaves_its_place_to_the_next() {
        let clock = Clock::Shifted(Arc::default());
        let breaker = Breaker::new("a test", BreakerRules { failures: 1, ..RULES }, clock.clone());
        breaker.pass().expect("closed").report(false);
        let wait = breaker.pass().expect_err("open");
        assert!(wait <= Duration::from_secs(10) && wait > Duration::from_secs(8), "{wait:?}");
        clock.advance(Duration::from_secs(10));
        drop(breaker.pass().expect("the probe"));
        breaker.pass().expect("the next probe").report(true);
        assert_eq!(breaker.stands(), Circuit::Closed { failures: 0 });
    }
}
