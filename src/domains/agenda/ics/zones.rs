//! VTIMEZONE: what the clock of a zone shows, for programs that do not know the zone by its name.

use std::collections::BTreeMap;

use chrono::{DateTime, Datelike, FixedOffset, NaiveDate, NaiveDateTime, Offset, TimeDelta, TimeZone, Utc};
use chrono_tz::{OffsetComponents, Tz, TzOffset};
use icalendar::Property;

use super::{Entry, File, LOCAL, When, is_utc};

/// For how many years after the last entry the changes of a zone's clock are looked up: a zone that follows no
/// yearly rule has them written one by one, and a series may run on.
const YEARS_AHEAD: i32 = 20;

/// How many years a change must come back by the same rule to be written as that rule.
const YEARS_OF_RULE: i32 = 5;

impl File {
    /// VTIMEZONE, right from the beginning of `first_year`.
    pub fn zone(&mut self, zone: Tz, first_year: i32, last_year: i32) {
        // A year early: the change that the first entry comes after is written too, in most zones.
        let (begin, horizon) = (new_year(first_year - 1), last_year + YEARS_AHEAD);
        let mut changes = changes(zone, begin, new_year(horizon + 1));
        self.begin("VTIMEZONE");
        self.text("TZID", zone.name());
        if changes.first().is_none_or(|change| change.at > new_year(first_year)) {
            let offset = zone.offset_from_utc_datetime(&begin.naive_utc());
            self.observance(&Change { at: begin, before: offset, after: offset }, None);
        }
        while !changes.is_empty() {
            let change = changes.remove(0);
            let week = change.yearly_week(&changes, horizon);
            if let Some(week) = week {
                changes.retain(|later| !later.repeats(&change, week));
            }
            self.observance(&change, week);
        }
        self.end("VTIMEZONE");
    }

    /// STANDARD or DAYLIGHT: what the clock shows from a change on, and in which week of the month the same
    /// change comes every year.
    fn observance(&mut self, change: &Change, week: Option<Week>) {
        let component = if change.is_to_summer() { "DAYLIGHT" } else { "STANDARD" };
        let onset = change.onset();
        self.begin(component);
        self.put(Property::new("DTSTART", onset.format(LOCAL).to_string()));
        self.text("TZOFFSETFROM", &offset(change.before.fix()));
        self.text("TZOFFSETTO", &offset(change.after.fix()));
        self.text("TZNAME", &change.after.to_string());
        if let Some(week) = week {
            let rule = format!("FREQ=YEARLY;BYMONTH={};{}", onset.month(), week.written(onset));
            self.put(Property::new("RRULE", rule));
        }
        self.end(component);
    }
}

/// The zones the entries need, by name, each with the first and the last year it is needed for.
pub fn zones(entries: &[Entry]) -> BTreeMap<&'static str, (Tz, i32, i32)> {
    let mut zones = BTreeMap::new();
    for entry in entries {
        let When::Timed { start, end, zone } = entry.when else { continue };
        if is_utc(zone) {
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

/// A change of the clock in a zone.
pub struct Change {
    at: DateTime<Utc>,
    before: TzOffset,
    after: TzOffset,
}

impl Change {
    /// The local time of the change on the clock as it was before.
    fn onset(&self) -> NaiveDateTime {
        self.at.naive_utc() + self.before.fix()
    }

    /// By what is added to the zone's base offset: in Dublin the base is summer time, and winter takes an hour
    /// away.
    fn is_to_summer(&self) -> bool {
        self.after.dst_offset() > self.before.dst_offset()
    }

    /// Whether it is `first` again, in another year or the same, in the given week.
    fn repeats(&self, first: &Self, week: Week) -> bool {
        let key = |change: &Self| (change.onset().month(), change.onset().weekday(), change.onset().time());
        week.holds(self.onset())
            && (self.before, self.after) == (first.before, first.after)
            && key(self) == key(first)
    }

    /// The week in which it comes back every year until `horizon`, if it does. `later` are the changes after it.
    fn yearly_week(&self, later: &[Self], horizon: i32) -> Option<Week> {
        let onset = self.onset();
        let years = horizon - onset.year();
        let comes_back = |week: &Week| {
            let times = later.iter().filter(|change| change.repeats(self, *week)).count();
            self.repeats(self, *week) && usize::try_from(years) == Ok(times)
        };
        let same_month = later.iter().map(Self::onset).filter(|other| other.month() == onset.month());
        let earliest = same_month.map(|other| other.day()).fold(onset.day(), u32::min);
        let weeks = [Week::Last, Week::From(onset.day0() / 7 * 7 + 1), Week::From(earliest)];
        weeks.into_iter().find(|week| years >= YEARS_OF_RULE && comes_back(week))
    }
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

/// The changes of a zone's clock between two instants.
pub fn changes(zone: Tz, begin: DateTime<Utc>, end: DateTime<Utc>) -> Vec<Change> {
    // chrono-tz doesn't give them away, they have to be found. No zone ever changed twice in a week.
    const STEP: TimeDelta = TimeDelta::days(7);
    let offset_at = |at: DateTime<Utc>| zone.offset_from_utc_datetime(&at.naive_utc());
    let mut changes = Vec::new();
    let mut at = begin;
    while at < end {
        let next = (at + STEP).min(end);
        let (before, after) = (offset_at(at), offset_at(next));
        if before != after {
            let (mut low, mut high) = (at, next);
            while high - low > TimeDelta::seconds(1) {
                let middle = low + TimeDelta::seconds((high - low).num_seconds() / 2);
                if offset_at(middle) == before { low = middle } else { high = middle }
            }
            changes.push(Change { at: high, before, after });
        }
        at = next;
    }
    changes
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
