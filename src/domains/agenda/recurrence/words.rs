//! The words of an RRULE value, each checked for itself; whether they go together is decided by the rule that is made of them.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::RangeInclusive;

use chrono::{Datelike, Duration, NaiveDate, NaiveDateTime, NaiveTime, Weekday};
use rrule::Frequency;

use crate::kernel::time::{Instant, YEARS};
use crate::platform::zones::Zone;

const MOST: i16 = 1000; // of COUNT and of INTERVAL
const PARTS: [&str; 11] = [
    "FREQ",
    "INTERVAL",
    "COUNT",
    "UNTIL",
    "BYMONTH",
    "BYWEEKNO",
    "BYYEARDAY",
    "BYMONTHDAY",
    "BYDAY",
    "BYSETPOS",
    "WKST",
];

pub(super) const WEEKDAYS: [(&str, Weekday); 7] = [
    ("MO", Weekday::Mon),
    ("TU", Weekday::Tue),
    ("WE", Weekday::Wed),
    ("TH", Weekday::Thu),
    ("FR", Weekday::Fri),
    ("SA", Weekday::Sat),
    ("SU", Weekday::Sun),
];

/// The parts of a value by name.
pub(super) type Parts<'a> = BTreeMap<&'a str, &'a str>;

pub(super) fn parts(text: &str) -> Result<Parts<'_>, String> {
    let mut parts = Parts::new();
    for part in text.split(';') {
        let (name, value) = part.split_once('=').ok_or(
            "must be parts like FREQ=WEEKLY with a semicolon between each two, as in FREQ=WEEKLY;BYDAY=MO",
        )?;
        if ["BYHOUR", "BYMINUTE", "BYSECOND"].contains(&name) {
            return Err(format!(
                "must not have {name}: an event has one time of day, that of its first start"
            ));
        }
        if !PARTS.contains(&name) {
            return Err(format!("must not have the part {name:?}; allowed are {}", PARTS.join(", ")));
        }
        if parts.insert(name, value).is_some() {
            return Err(format!("must have {name} only once"));
        }
    }
    Ok(parts)
}

pub(super) fn whole(parts: &Parts, name: &str) -> Result<Option<u16>, String> {
    let Some(text) = parts.get(name) else { return Ok(None) };
    let number = text.parse().ok().filter(|number| (1..=MOST.unsigned_abs()).contains(number));
    number.map(Some).ok_or_else(|| format!("must have as {name} a whole number from 1 to {MOST}"))
}

/// The numbers of a list, sorted, each once.
pub(super) fn numbers(parts: &Parts, name: &str, allowed: RangeInclusive<i16>) -> Result<Vec<i16>, String> {
    let Some(text) = parts.get(name) else { return Ok(Vec::new()) };
    let read = |number: &str| number.parse().ok().filter(|n| *n != 0 && allowed.contains(n));
    let numbers: Option<BTreeSet<i16>> = text.split(',').map(read).collect();
    let numbers = numbers.ok_or_else(|| {
        let (most, back) =
            (allowed.end(), if *allowed.start() < 0 { ", negative to count from the end" } else { "" });
        format!("must have as {name} numbers from 1 to {most} with commas between them{back}")
    })?;
    Ok(numbers.into_iter().collect())
}

/// The days of BYDAY, sorted, each once.
pub(super) fn days(parts: &Parts, frequency: Frequency) -> Result<Vec<(i16, Weekday)>, String> {
    let Some(text) = parts.get("BYDAY") else { return Ok(Vec::new()) };
    let most = if frequency == Frequency::Monthly { 5 } else { 53 };
    let read = |day: &str| {
        let (number, name) = day.split_at_checked(day.len().checked_sub(2)?)?;
        let nth = if number.is_empty() { 0 } else { number.parse().ok().filter(|n| *n != 0)? };
        // The library takes -4 and -52 at most; the fifth Monday from the end would be rare anyhow.
        (1 - most..=most).contains(&nth).then_some((nth, weekday(name)?))
    };
    let mut days: Vec<_> = text.split(',').map(read).collect::<Option<_>>().ok_or_else(|| {
        format!(
            "must have as BYDAY some of MO, TU, WE, TH, FR, SA and SU, or such with a number from 1 to {most} or -1 to -{}, as in 2MO or -1FR",
            most - 1
        )
    })?;
    days.sort_by_key(day_order);
    days.dedup();
    Ok(days)
}

pub(super) fn weekday(text: &str) -> Option<Weekday> {
    WEEKDAYS.iter().find(|(name, _)| *name == text).map(|(_, day)| *day)
}

/// UNTIL in local time: given in UTC, as local time, or as a date, of which it is the end.
pub(super) fn until(text: &str, zone: Zone, first: NaiveDateTime) -> Result<NaiveDateTime, String> {
    let time = |text: &str| {
        // Fixed width: chrono's %Y alone would take a sign and more digits.
        let form = text.len() == 15 && text.bytes().all(|b| b.is_ascii_digit() || b == b'T');
        form.then(|| NaiveDateTime::parse_from_str(text, "%Y%m%dT%H%M%S").ok()).flatten()
    };
    let (text, utc) = text.strip_suffix('Z').map_or((text, false), |text| (text, true));
    let found = if text.len() == 8 && !utc { time(&format!("{text}T235959")) } else { time(text) };
    let found = found.ok_or(
        "must have as UNTIL a date (20261231), a local time (20261231T090000) or a time in UTC (20261231T150000Z)",
    )?;
    if !YEARS.contains(&found.year()) {
        return Err(format!("must have an UNTIL in the years {} to {}", YEARS.start(), YEARS.end()));
    }
    let local = if utc { last_local(zone, found.and_utc(), first.time()) } else { found };
    Ok(local.min(horizon()))
}

/// The local time of `at`, corrected so that it ends the same starts of this time of day as the instant does:
/// around a change of the clocks the order of local times is not that of instants.
fn last_local(zone: Zone, at: Instant, time: NaiveTime) -> NaiveDateTime {
    let until = zone.local(at);
    let start = until.date().and_time(time);
    match (start <= until, zone.instant(start) <= at) {
        (true, false) => start - Duration::seconds(1),
        (false, true) => start,
        _ => until,
    }
}

/// The last second of the last year.
pub(super) fn horizon() -> NaiveDateTime {
    // The fallback never happens: the year has a 31 December.
    let day = NaiveDate::from_ymd_opt(*YEARS.end(), 12, 31).unwrap_or(NaiveDate::MAX);
    day.and_time(NaiveTime::MIN) + Duration::seconds(86_399)
}

pub(super) fn day_order((nth, day): &(i16, Weekday)) -> (i16, u32) {
    (*nth, day.num_days_from_monday())
}
