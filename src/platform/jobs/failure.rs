//! How a job fails, and when it is tried again.

use std::time::Duration;

use rand::RngExt;

use crate::kernel::Error;
use crate::platform::auth::hash_secret;

/// Longest pause between two tries.
const LONGEST: Duration = Duration::from_secs(3600);

/// Why a job was not done.
#[derive(Debug)]
pub enum Failure {
    /// It may go well later.
    Retry(Error),
    /// It never will: it is a dead letter at once.
    GiveUp(Error),
}

impl From<Error> for Failure {
    /// What breaks a rule will break it again; the rest may pass.
    fn from(error: Error) -> Failure {
        match error {
            Error::Invalid { .. } | Error::Forbidden(_) | Error::Usage(_) | Error::NotFound => {
                Failure::GiveUp(error)
            }
            error => Failure::Retry(error),
        }
    }
}

impl Failure {
    /// The error.
    pub fn error(&self) -> &Error {
        match self {
            Failure::Retry(error) | Failure::GiveUp(error) => error,
        }
    }

    /// What an admin reads: the error with its causes, at most 500 characters.
    pub fn text(&self) -> String {
        let mut text = self.error().to_string();
        let mut cause = std::error::Error::source(self.error());
        while let Some(next) = cause {
            text = format!("{text}: {next}");
            cause = next.source();
        }
        text.chars().take(500).collect()
    }
}

/// The same for failures of one kind of job that differ in nothing but numbers and ids.
pub fn fingerprint(kind: &str, text: &str) -> String {
    let plain: String = text
        .split(|c: char| !c.is_alphanumeric() && c != '_')
        .filter(|word| !word.chars().any(|c| c.is_ascii_digit()))
        .collect::<Vec<_>>()
        .join(" ");
    let mut hash = hash_secret(&format!("{kind} {plain}"));
    hash.truncate(16);
    hash
}

/// The pause behind a try: it doubles, and is spread so that what failed together does not come back together.
pub fn pause(attempts: i32) -> Duration {
    let doubled = Duration::from_secs(1) * 2_u32.saturating_pow(attempts.clamp(1, 13).unsigned_abs() - 1);
    doubled.min(LONGEST).mul_f64(rand::rng().random_range(0.75..1.25))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_up_to_an_hour_and_are_spread() {
        for (attempts, seconds) in [(1, 1.0), (2, 2.0), (5, 16.0), (12, 2048.0), (13, 3600.0), (1000, 3600.0)]
        {
            let pause = pause(attempts).as_secs_f64();
            assert!((seconds * 0.75..=seconds * 1.25).contains(&pause), "{attempts}: {pause}");
        }
        assert!((0..50).map(|_| pause(3)).any(|other| other != pause(3)));
    }

    #[test]
    fn failures_of_one_kind_have_one_fingerprint() {
        let one = fingerprint("push", "record 17 of client_01h455 is locked");
        assert_eq!(one, fingerprint("push", "record 4711 of client_01h999 is locked"));
        assert_ne!(one, fingerprint("push", "record 17 of client_01h455 is gone"));
        assert_ne!(one, fingerprint("pull", "record 17 of client_01h455 is locked"));
        assert_eq!(one.len(), 16);
    }
}
