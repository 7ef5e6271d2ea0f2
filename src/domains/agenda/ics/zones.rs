//! VTIMEZONE: what the clock of a zone shows, for programs that do not know the zone by its name.

use std::collections::BTreeMap;

use chrono::{DateTime, Datelike, FixedOffset, NaiveDate, NaiveDateTime, TimeDelta, Utc};
use icalendar::Property;

use super::{Entry, File, LOCAL, When};
use crate::platform::zones::{Change, Reading, Zone};

/// For how many years after the last entry the changes of a zone's clock are looked up: a zone that follows no
/// yearly rule has them written one by one, and a series may run on.
const YEARS_AHEAD: i32 = 20;

/// How many years a change must come back by the same rule to be written as that rule.
const YEARS_OF_RULE: i32 = 5;

impl File {
    /// VTIMEZONE, right from the beginning of `first_year`.
    pub fn zone(&mut self, zone: Zone, first_year: i32, last_year: i32) {
        // A year early: the change that the first entry comes after is written too, in most zones.
        let (begin, horizon) = (new_year(first_year - 1), last_year + YEARS_AHEAD);
        let mut changes = zone.changes(begin, new_year(horizon + 1));
        self.begin("VTIMEZONE");
        self.text("TZID", zone.name());
        if changes.first().is_none_or(|change| change.at > new_year(first_year)) {
            let reading = zone.reading(begin);
            self.observance(&Change { at: begin, before: reading.clone(), after: reading }, None);
        }
        while !changes.is_empty() {
            let change = changes.remove(0);
            let week = yearly_week(&change, &changes, horizon);
            if let Some(week) = week {
                changes.retain(|later| !repeats(later, &change, week));
            }
            self.observance(&change, week);
        }
        self.end("VTIMEZONE");
    }

    /// STANDARD or DAYLIGHT: what the clock shows from a change on, and in which week of the month the same
    /// change comes every year.
    fn observance(&mut self, change: &Change, week: Option<Week>) {
        let component = if is_to_summer(change) { "DAYLIGHT" } else { "STANDARD" };
        let onset = onset(change);
        self.begin(component);
        self.put(Property::new("DTSTART", onset.format(LOCAL).to_string()));
        self.text("TZOFFSETFROM", &offset(change.before.offset));
        self.text("TZOFFSETTO", &offset(change.after.offset));
        self.text("TZNAME", &change.after.abbreviation);
        if let Some(week) = week {
            let rule = format!("FREQ=YEARLY;BYMONTH={};{}", onset.month(), week.written(onset));
            self.put(Property::new("RRULE", rule));
        }
        self.end(component);
    }
}

/// The zones the entries need, by name, each with the first and the last year it is needed for.
pub fn zones(entries: &[Entry]) -> BTreeMap<&'static str, (Zone, i32, i32)> {
    let mut zones = BTreeMap::new();
    for entry in entries {
        let When::Timed { start, end, zone } = entry.when else { continue };
        if zone.is_utc() {
            continue;
        }
        let (_, first, last) = zones.entry(zone.name()).or_insert((zone, start.year(), end.year()));
        for year in [start.year(), end.year(), entry.replaces.map_or(start.year(), |at| at.year())] {
            *first = year.min(*first);
            *last = year.max(*last);
        }
    }
    zones
}

/// The local time of a change on the clock as it was before.
fn onset(change: &Change) -> NaiveDateTime {
    change.at.naive_utc() + change.before.offset
}

/// Whether the clock is put forward into summer, or out of a winter time that takes an hour away, as in Dublin; not where a
/// country moves to another zone.
fn is_to_summer(Change { before, after, .. }: &Change) -> bool {
    let ahead = |reading: &Reading| reading.offset.local_minus_utc();
    ahead(after) > ahead(before) && after.is_summer != before.is_summer
}

/// Whether a change is `first` again, in another year or the same, in the given week.
fn repeats(change: &Change, first: &Change, week: Week) -> bool {
    let key = |change: &Change| (onset(change).month(), onset(change).weekday(), onset(change).time());
    week.holds(onset(change))
        && (&change.before, &change.after) == (&first.before, &first.after)
        && key(change) == key(first)
}

/// The week in which a change comes back every year until `horizon`, if it does. `later` are the changes after it.
fn yearly_week(change: &Change, later: &[Change], horizon: i32) -> Option<Week> {
    let at = onset(change);
    let years = horizon - at.year();
    let comes_back = |week: &Week| {
        let times = later.iter().filter(|later| repeats(later, change, *week)).count();
        repeats(change, change, *week) && usize::try_from(years) == Ok(times)
    };
    let same_month = later.iter().map(onset).filter(|other| other.month() == at.month());
    let earliest = same_month.map(|other| other.day()).fold(at.day(), u32::min);
    let weeks = [Week::Last, Week::From(at.day0() / 7 * 7 + 1), Week::From(earliest)];
    weeks.into_iter().find(|week| years >= YEARS_OF_RULE && comes_back(week))
}

/// Seven days of a month, in which each day of the week comes once.
#[derive(Clone, Copy)]
enum Week {
    Last,
    /// From this day on.
    From(u32),
}

impl Week {
    fn holds(self, at: NaiveDateTime) -> bool {
        match self {
            Self::Last => (at + TimeDelta::days(7)).month() != at.month(),
            Self::From(first) => (first..first + 7).contains(&at.day()),
        }
    }

    /// The parts of an RRULE that name the day of `onset` in this week. The short form is the one all programs
    /// know; some zones need the other, as Santiago with the Sunday from the 2nd to the 8th.
    fn written(self, onset: NaiveDateTime) -> String {
        const DAYS: [&str; 7] = ["MO", "TU", "WE", "TH", "FR", "SA", "SU"];
        let weekday = DAYS[onset.weekday().num_days_from_monday() as usize];
        match self {
            Self::Last => format!("BYDAY=-1{weekday}"),
            Self::From(first) if first % 7 == 1 => format!("BYDAY={}{weekday}", first / 7 + 1),
            Self::From(first) => {
                let days: Vec<String> = (first..first + 7).map(|day| day.to_string()).collect();
                format!("BYDAY={weekday};BYMONTHDAY={}", days.join(","))
            }
        }
    }
}

/// The beginning of a year, in UTC.
pub fn new_year(year: i32) -> DateTime<Utc> {
    // Every year has a first day, within the 262 000 that chrono counts.
    NaiveDate::from_yo_opt(year, 1).unwrap_or_default().and_time(chrono::NaiveTime::MIN).and_utc()
}

/// An offset from UTC, as in `-0600`; seconds only where there are some, as before 1900.
fn offset(offset: FixedOffset) -> String {
    let seconds = offset.local_minus_utc();
    let (sign, all) = (if seconds < 0 { '-' } else { '+' }, seconds.abs());
    let rest = if all % 60 == 0 { String::new() } else { format!("{:02}", all % 60) };
    format!("{sign}{:02}{:02}{rest}", all / 3600, all / 60 % 60)
}
