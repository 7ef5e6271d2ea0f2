//! When an event is: the instants, the days of one that takes whole days, and when its reminders are due.

use chrono::{Days, Duration, NaiveDate, NaiveDateTime, NaiveTime};

use super::agenda_event::{self, Reminders};
use super::rules::AgendaErrorCode;
use crate::kernel::error::Check;
use crate::kernel::time::{Day, Instant};
use crate::platform::zones::Zone;

/// Longest event: an index finds what crosses the edge of a range by it.
pub const LONGEST: Duration = Duration::days(366);
/// Reminders come at most so long before.
const REMINDER_MAX: i32 = 4 * 7 * 24 * 60;
/// Reminders of one event.
const REMINDERS_MAX: usize = 5;

/// When an event is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct When {
    /// It begins.
    pub start: Instant,
    /// It ends; the same as the start for a moment.
    pub end: Instant,
    /// Whether it takes whole days: then start and end are midnights of its zone.
    pub all_day: bool,
    /// Its zone.
    pub zone: Zone,
}

impl When {
    /// When an event is.
    pub fn of(event: &agenda_event::Model) -> When {
        let zone = zone(&event.time_zone);
        When { start: event.start, end: event.end, all_day: event.all_day, zone }
    }

    /// As given; whole days are those that it touches. Refuses what ends before it begins, or takes too long.
    pub fn checked(
        check: &mut Check<AgendaErrorCode>,
        start: Instant,
        end: Instant,
        all_day: bool,
        zone: Zone,
    ) -> When {
        if end < start {
            check.refuse(AgendaErrorCode::Invalid, "end", "must not lie before the start");
        } else if end - start > LONGEST {
            let rule = format!("must lie at most {} days after the start", LONGEST.num_days());
            check.refuse(AgendaErrorCode::Invalid, "end", rule);
        }
        let given = When { start, end, all_day, zone };
        if all_day { given.whole_days() } else { given }
    }

    fn whole_days(self) -> When {
        // A day begins later than at midnight where the clocks skip that.
        let begins = |day: NaiveDate| self.zone.instant(day.and_time(NaiveTime::MIN));
        let (first, last) = (self.zone.local(self.start).date(), self.zone.local(self.end).date());
        let ends_before = self.end == begins(last) && last > first;
        let end = if ends_before { last } else { last + Days::new(1) };
        When { start: begins(first), end: begins(end), ..self }
    }

    /// The local time at which it begins; of whole days midnight, also where the clocks skip that.
    pub fn begins(&self) -> NaiveDateTime {
        let start = self.zone.local(self.start);
        if self.all_day { start.date().and_time(NaiveTime::MIN) } else { start }
    }

    /// Of an occurrence that begins at this local time and takes so many minutes.
    pub fn of_occurrence(zone: Zone, begins: NaiveDateTime, minutes: i32, all_day: bool) -> When {
        let (start, takes) = (zone.instant(begins), Duration::minutes(minutes.into()));
        // Whole days are days also when the clock changes; an hour is always an hour.
        let end = if all_day { zone.instant(begins + takes) } else { start + takes };
        When { start, end, all_day, zone }
    }

    /// Minutes that it takes; of whole days by the clock on the wall.
    pub fn minutes(&self) -> i32 {
        let takes = if self.all_day {
            self.zone.local(self.end).date() - self.zone.local(self.start).date()
        } else {
            self.end - self.start
        };
        i32::try_from(takes.num_minutes()).unwrap_or(i32::MAX)
    }

    /// Whether it takes whole minutes.
    pub fn is_whole(&self) -> bool {
        (self.end - self.start).num_seconds() % 60 == 0
    }

    /// Writes it into a row.
    pub fn put(self, row: &mut agenda_event::Model) {
        let day = |at: NaiveDateTime| self.all_day.then(|| Day(at.date()));
        row.first_day = day(self.zone.local(self.start));
        row.last_day = day(self.zone.local(self.end) - Duration::days(1));
        (row.start, row.end, row.all_day) = (self.start, self.end, self.all_day);
        row.time_zone = self.zone.name().to_owned();
    }
}

/// The zone of this name; the tables hold only names that are known.
pub fn zone(name: &str) -> Zone {
    name.parse().unwrap_or(Zone::UTC)
}

/// Checks reminders: minutes before the start, each once, the longest first.
pub fn reminders(check: &mut Check<AgendaErrorCode>, given: Vec<i32>) -> Reminders {
    let mut minutes = given;
    minutes.sort_unstable_by(|a, b| b.cmp(a));
    minutes.dedup();
    if minutes.len() > REMINDERS_MAX || minutes.iter().any(|minutes| !(0..=REMINDER_MAX).contains(minutes)) {
        let rule = format!("must be at most {REMINDERS_MAX}, each of 0 to {REMINDER_MAX} minutes");
        check.refuse(AgendaErrorCode::Invalid, "reminders", rule);
    }
    Reminders(minutes)
}

/// When the next of these reminders of something that begins then is due, behind this moment.
pub fn next_reminder(reminders: &Reminders, start: Instant, behind: Instant) -> Option<Instant> {
    let due = |minutes: &i32| start - Duration::minutes((*minutes).into());
    reminders.0.iter().map(due).filter(|at| *at > behind).min()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Instant {
        text.parse().expect("an instant")
    }

    #[test]
    fn whole_days_are_those_that_are_touched() {
        let mexico: Zone = "America/Mexico_City".parse().expect("a zone");
        let mut check = Check::default();
        let days = |check: &mut _, start, end| {
            let when = When::checked(check, at(start), at(end), true, mexico);
            (when.start, when.end, when.minutes())
        };
        let one = (at("2026-11-21T06:00:00Z"), at("2026-11-22T06:00:00Z"), 1440);
        assert_eq!(days(&mut check, "2026-11-21T16:00:00Z", "2026-11-21T17:00:00Z"), one);
        assert_eq!(days(&mut check, "2026-11-21T06:00:00Z", "2026-11-22T06:00:00Z"), one, "exclusive");
        assert_eq!(days(&mut check, "2026-11-21T06:00:00Z", "2026-11-21T06:00:00Z"), one, "a moment");
        let two = (at("2026-11-21T06:00:00Z"), at("2026-11-23T06:00:00Z"), 2880);
        assert_eq!(days(&mut check, "2026-11-21T16:00:00Z", "2026-11-22T06:00:01Z"), two);
        assert!(check.done().is_ok());
    }

    #[test]
    fn a_day_of_25_hours_is_a_day_and_an_hour_is_an_hour() {
        let madrid: Zone = "Europe/Madrid".parse().expect("a zone");
        let midnight = "2026-10-25T00:00:00".parse().expect("a local time");
        let day = When::of_occurrence(madrid, midnight, 1440, true);
        assert_eq!((day.start, day.end), (at("2026-10-24T22:00:00Z"), at("2026-10-25T23:00:00Z")));
        assert_eq!(day.minutes(), 1440);
        let night = When::of_occurrence(madrid, "2026-10-25T01:00:00".parse().expect("local"), 120, false);
        assert_eq!(night.end - night.start, Duration::hours(2));
    }

    #[test]
    fn what_ends_before_it_begins_or_takes_too_long_is_refused() {
        for (end, rule) in [
            ("2026-11-21T09:59:59Z", "must not lie before the start"),
            ("2027-11-23T10:00:00Z", "must lie at most 366 days after the start"),
        ] {
            let mut check = Check::default();
            When::checked(&mut check, at("2026-11-21T10:00:00Z"), at(end), false, Zone::UTC);
            assert!(format!("{:?}", check.done()).contains(rule));
        }
    }

    #[test]
    fn the_next_reminder_is_the_earliest_that_is_not_past() {
        let start = at("2026-11-21T10:00:00Z");
        let reminders = Reminders(vec![60, 15]);
        let next = |now: &str| next_reminder(&reminders, start, at(now));
        assert_eq!(next("2026-11-21T08:00:00Z"), Some(at("2026-11-21T09:00:00Z")));
        assert_eq!(next("2026-11-21T09:00:00Z"), Some(at("2026-11-21T09:45:00Z")), "that one was told");
        assert_eq!(next("2026-11-21T09:45:00Z"), None);
        assert_eq!(next_reminder(&Reminders(vec![]), start, at("2026-11-21T08:00:00Z")), None);
    }
}
