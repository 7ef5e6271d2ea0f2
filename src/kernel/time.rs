//! Instants in UTC. Now is read from a `Clock`, never from the system, so that tests hold the clock in their hand.
//!
//! What enters from outside is read by [`instant`] and [`day`]: one range for all, so that the databases order them alike
//! (SQLite keeps them as texts) and sums with them stay within what can be kept.

use std::fmt;
use std::ops::RangeInclusive;
use std::str::FromStr;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use chrono::{DateTime, Datelike, NaiveDate, SubsecRound, Timelike, Utc};
use serde::{Deserialize, Serialize};

/// A moment in UTC, whole microseconds (PostgreSQL keeps no more, so SQLite must not either).
pub type Instant = DateTime<Utc>;

/// The years in which all instants and days lie that enter from outside.
pub const YEARS: RangeInclusive<i32> = 1900..=2099;
/// Why others are refused.
const OUTSIDE: &str = "must lie in the years 1900 to 2099";

/// Whether an instant lies in the years that are kept, in one of the 60 seconds of its minute.
pub fn is_known(at: Instant) -> bool {
    YEARS.contains(&at.year()) && at.nanosecond() < 1_000_000_000
}

/// Reads an instant as RFC 3339 writes it. What is finer than a microsecond is cut off.
///
/// # Errors
/// A rule that begins with "must".
pub fn instant(text: &str) -> Result<Instant, &'static str> {
    let at = DateTime::parse_from_rfc3339(text)
        .map_err(|_| "must be a time with its offset (RFC 3339), such as 2026-11-21T10:00:00Z")?;
    if at.nanosecond() >= 1_000_000_000 {
        return Err("must have a second from 00 to 59");
    }
    let at = at.to_utc().trunc_subsecs(6);
    if is_known(at) { Ok(at) } else { Err(OUTSIDE) }
}

/// A day of the calendar, without a zone. Stored as `2026-11-21` in both databases, which sorts by its bytes.
#[derive(
    Clone,
    Copy,
    Debug,
    Default,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    sea_orm::DeriveValueType,
    Serialize,
    Deserialize,
)]
#[sea_orm(value_type = "String")]
#[serde(transparent)]
pub struct Day(pub NaiveDate);

/// Reads what is stored; what enters from outside is read by [`day`].
impl FromStr for Day {
    type Err = chrono::ParseError;
    fn from_str(text: &str) -> Result<Day, chrono::ParseError> {
        text.parse().map(Day)
    }
}

impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Reads a day: `2026-11-21`.
///
/// # Errors
/// A rule that begins with "must".
pub fn day(text: &str) -> Result<Day, &'static str> {
    let form = text.len() == 10 && text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-');
    let day = form.then(|| NaiveDate::parse_from_str(text, "%Y-%m-%d").ok()).flatten();
    let day = day.ok_or("must be a day such as 2026-11-21")?;
    if YEARS.contains(&day.year()) { Ok(Day(day)) } else { Err(OUTSIDE) }
}

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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn an_instant_has_an_offset_and_lies_in_the_years_that_are_kept() {
        let read = |text: &str| instant(text).map(|at| at.to_rfc3339());
        for (text, expected) in [
            ("2026-11-21T10:00:00Z", "2026-11-21T10:00:00+00:00"),
            ("2026-11-21T10:00:00.1234567-06:00", "2026-11-21T16:00:00.123456+00:00"),
            ("1900-01-01T00:00:00Z", "1900-01-01T00:00:00+00:00"),
            ("2100-01-01T00:59:59+01:00", "2099-12-31T23:59:59+00:00"),
        ] {
            assert_eq!(read(text).as_deref(), Ok(expected), "{text}");
        }
        for text in [
            "+020226-03-01T10:00:00Z",
            "-000001-03-01T10:00:00Z",
            "20226-03-01T10:00:00Z",
            "226-03-01T10:00:00Z",
            "2026-11-21T10:00:00",
            "2026-11-21",
            "2026-02-29T10:00:00Z",
            "2026-11-21T24:00:00Z",
            "",
            "now",
            "2026-11-21T10:00:00+24:00",
        ] {
            assert!(read(text).is_err_and(|rule| rule.starts_with("must be a time")), "{text}");
        }
        for text in [
            "9999-12-31T23:59:59-01:00",
            "0000-01-01T00:00:00+01:00",
            "1899-12-31T23:59:59Z",
            "2099-12-31T23:30:00-01:00",
            "2100-01-01T00:00:00Z",
            "9999-12-31T00:00:00Z",
        ] {
            assert_eq!(read(text), Err(OUTSIDE), "{text}");
        }
        for text in ["2026-11-21T10:00:60Z", "2016-12-31T23:59:60Z", "2026-11-21T10:00:60.5+02:00"] {
            assert_eq!(read(text), Err("must have a second from 00 to 59"), "{text}");
        }
    }

    #[test]
    fn a_day_is_written_in_full_and_lies_in_the_years_that_are_kept() {
        assert_eq!(day("2026-11-21").map(|day| day.to_string()).as_deref(), Ok("2026-11-21"));
        for text in ["+020226-03-01", "02026-3-01", "2026-3-1", "2026-02-29", " 2026-3-1 ", "2026-03-01T", ""]
        {
            assert_eq!(day(text), Err("must be a day such as 2026-11-21"), "{text}");
        }
        for text in ["1899-12-31", "2100-01-01", "9999-12-31", "0000-01-01"] {
            assert_eq!(day(text), Err(OUTSIDE), "{text}");
        }
    }

    proptest! {
        #[test]
        fn the_order_of_instants_is_that_of_their_texts(
            micros in proptest::collection::vec(-3_000_000_000_000_000i64..5_000_000_000_000_000, 2)
        ) {
            let read = |micros: &i64| instant(&DateTime::from_timestamp_micros(*micros).expect("within").to_rfc3339());
            let read: Vec<_> = micros.iter().filter_map(|micros| read(micros).ok()).collect();
            if let [one, other] = read[..] {
                prop_assert_eq!(one.cmp(&other), one.to_rfc3339().cmp(&other.to_rfc3339()));
            }
        }
    }
}
