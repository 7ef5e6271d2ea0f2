//! Repeating events: RFC 5545 rules read in the local time of a zone, so that an event keeps its hour when the
//! clocks change.
//!
//! A rule runs on plain local dates; [`Zone::instant`] turns each local start into a moment. The `rrule` library only
//! lists dates: COUNT, UNTIL, week numbers and exceptions are applied here, which lets a search begin near the
//! window asked for. What the library reads wrongly otherwise is refused by [`Rule::parse`].

use std::collections::BTreeSet;
use std::fmt;

use chrono::{
    Datelike, Days, Duration, Month, Months, NaiveDate, NaiveDateTime, NaiveTime, Timelike, Weekday,
};
use rrule::{Frequency, NWeekday, RRule, RRuleSet, Unvalidated};

use crate::kernel::time::{Instant, YEARS};
use crate::platform::zones::Zone;
use words::{Parts, WEEKDAYS, day_order, days, horizon, numbers, parts, until, weekday, whole};

mod words;

const LONGEST: usize = 500;

/// The local start at this time of day that an instant stands for: its own, or the nearest where the rules of the zone were
/// others when the instant was written. What the clocks skip keeps its time of day here.
pub fn start_of(zone: Zone, time: NaiveTime, at: Instant) -> NaiveDateTime {
    let day = zone.local(at).date();
    let days = [day, day - Days::new(1), day + Days::new(1)];
    let starts = days.map(|day| day.and_time(time));
    starts
        .into_iter()
        .min_by_key(|start| (zone.instant(*start) - at).abs())
        .unwrap_or_else(|| day.and_time(time))
}

/// A checked rule. Its text is canonical: parts in a fixed order, upper case, UNTIL in local time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rule {
    frequency: Frequency,
    interval: u16,
    end: End,
    months: Vec<i16>,
    weeks: Vec<i16>,
    year_days: Vec<i16>,
    month_days: Vec<i16>,
    days: Vec<(i16, Weekday)>, // 0: every such day
    positions: Vec<i16>,
    week_start: Weekday,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    Never,
    Count(u16),
    Until(NaiveDateTime), // inclusive
}

impl Rule {
    /// Reads an RRULE value, with or without `RRULE:` before it, for an event that begins at `first`.
    ///
    /// Errors: a sentence that begins with "must" and says what is wrong and what is allowed.
    pub fn parse(text: &str, zone: Zone, first: NaiveDateTime) -> Result<Rule, String> {
        if text.len() > LONGEST {
            return Err(format!("must have at most {LONGEST} characters"));
        }
        let text = text.trim().to_ascii_uppercase();
        let rule = Rule::read(&parts(text.strip_prefix("RRULE:").unwrap_or(&text))?, zone, first)?;
        rule.check_parts()?;
        rule.check_first(first)?;
        Ok(rule)
    }

    fn read(parts: &Parts, zone: Zone, first: NaiveDateTime) -> Result<Rule, String> {
        let frequency = match parts.get("FREQ") {
            Some(&"DAILY") => Frequency::Daily,
            Some(&"WEEKLY") => Frequency::Weekly,
            Some(&"MONTHLY") => Frequency::Monthly,
            Some(&"YEARLY") => Frequency::Yearly,
            _ => return Err("must have a FREQ of DAILY, WEEKLY, MONTHLY or YEARLY".into()),
        };
        let end = match (whole(parts, "COUNT")?, parts.get("UNTIL")) {
            (None, None) => End::Never,
            (Some(count), None) => End::Count(count),
            (None, Some(text)) => End::Until(until(text, zone, first)?),
            (Some(_), Some(_)) => return Err("must have COUNT or UNTIL, not both".into()),
        };
        let longest = match frequency {
            Frequency::Yearly => 366,
            Frequency::Monthly => 31,
            Frequency::Weekly => 7,
            _ => 1,
        };
        Ok(Rule {
            frequency,
            interval: whole(parts, "INTERVAL")?.unwrap_or(1),
            end,
            months: numbers(parts, "BYMONTH", 1..=12)?,
            weeks: numbers(parts, "BYWEEKNO", -53..=53)?,
            year_days: numbers(parts, "BYYEARDAY", -366..=366)?,
            month_days: numbers(parts, "BYMONTHDAY", -31..=31)?,
            days: days(parts, frequency)?,
            positions: numbers(parts, "BYSETPOS", -longest..=longest)?,
            week_start: match parts.get("WKST") {
                None => Weekday::Mon,
                Some(text) => {
                    weekday(text).ok_or("must have as WKST one of MO, TU, WE, TH, FR, SA and SU")?
                }
            },
        })
    }

    /// Refuses what RFC 5545 forbids, and the few things that are read differently by each program.
    fn check_parts(&self) -> Result<(), String> {
        let yearly = self.frequency == Frequency::Yearly;
        let weekly = self.frequency == Frequency::Weekly;
        let numbered = self.days.iter().filter(|(nth, _)| *nth != 0).count();
        let by_week = !self.weeks.is_empty();
        let refusals = [
            (weekly && !self.month_days.is_empty(), "must not have BYMONTHDAY in a WEEKLY rule"),
            (!yearly && !self.year_days.is_empty(), "must not have BYYEARDAY outside a YEARLY rule"),
            (!yearly && by_week, "must not have BYWEEKNO outside a YEARLY rule"),
            (
                numbered > 0 && (by_week || weekly || self.frequency == Frequency::Daily),
                "must not number the days of BYDAY (2MO) except in a MONTHLY rule, or a YEARLY one without BYWEEKNO",
            ),
            (
                numbered > 0 && numbered < self.days.len(),
                "must number all the days of BYDAY or none: 1MO,3MO or MO,WE",
            ),
            (
                by_week && (self.interval > 1 || !self.positions.is_empty()),
                "must not have BYWEEKNO together with BYSETPOS or an INTERVAL above 1",
            ),
            (
                !self.positions.is_empty() && !self.selects(),
                "must not have BYSETPOS without another part that begins with BY",
            ),
        ];
        refusals.iter().find(|(wrong, _)| *wrong).map_or(Ok(()), |(_, why)| Err((*why).into()))
    }

    /// Whether a part that begins with BY names days or months.
    fn selects(&self) -> bool {
        !self.months.is_empty() || self.names_days()
    }

    fn names_days(&self) -> bool {
        !(self.weeks.is_empty()
            && self.year_days.is_empty()
            && self.month_days.is_empty()
            && self.days.is_empty())
    }

    fn check_first(&self, first: NaiveDateTime) -> Result<(), String> {
        check_year(first)?;
        if first.nanosecond() != 0 {
            return Err("must have its first start on a whole second".into());
        }
        if matches!(self.end, End::Until(until) if until < first) {
            return Err(format!("must have an UNTIL that is not before the first start, {first}"));
        }
        // Steps so wide that the library looks at the period of the first start and soon gives up.
        let probe = Rule { interval: 10_000, ..self.clone() };
        let begin = probe.period(first.date());
        if probe.dates(first.date(), begin).find(|day| *day >= first.date()) == Some(first.date()) {
            return Ok(());
        }
        let day = first.format("%A, %-d %B %Y");
        Err(format!("must describe a pattern that the first start belongs to, and that one is on {day}"))
    }

    /// The beginning of the day, week, month or year of the rule that holds this day.
    fn period(&self, day: NaiveDate) -> NaiveDate {
        let back = match self.frequency {
            Frequency::Yearly => day.ordinal0(),
            Frequency::Monthly => day.day0(),
            Frequency::Weekly => day.weekday().days_since(self.week_start),
            _ => 0,
        };
        day - Days::new(back.into())
    }

    /// The beginning of the last period at or before `near` that the INTERVAL does not skip.
    fn period_near(&self, first: NaiveDate, near: NaiveDate) -> NaiveDate {
        let begin = self.period(first);
        let days = (near - begin).num_days().max(0).unsigned_abs();
        let months =
            ((near.year() - begin.year()) * 12 + near.month0() as i32 - begin.month0() as i32).max(0);
        let (days, months) = (
            |step| begin + Days::new(days - days % step),
            |step| begin + Months::new(months.unsigned_abs() / step * step),
        );
        match self.frequency {
            Frequency::Yearly => months(u32::from(self.interval) * 12),
            Frequency::Monthly => months(self.interval.into()),
            Frequency::Weekly => days(u64::from(self.interval) * 7),
            _ => days(self.interval.into()),
        }
    }

    /// The dates from the period that begins at `begin` on.
    fn dates(&self, first: NaiveDate, begin: NaiveDate) -> impl Iterator<Item = NaiveDate> + use<> {
        let begin = begin.and_time(NaiveTime::MIN).and_utc().with_timezone(&rrule::Tz::UTC);
        // A rule that passed `check_parts` passes the library's checks too; were it not so, it has no dates.
        let set = self.for_library(first).build(begin).ok().map(RRuleSet::limit);
        let dates = set.map(|set| (&set).into_iter()).into_iter().flatten().map(|at| at.date_naive());
        let (weeks, start) = (self.weeks.clone(), self.week_start);
        dates.take_while(|day| day.year() <= *YEARS.end()).filter(move |day| is_in(&weeks, *day, start))
    }

    /// The rule without its end and weeks, with what it leaves to the first start written out.
    fn for_library(&self, first: NaiveDate) -> RRule<Unvalidated> {
        let (mut months, mut month_days, mut days) =
            (self.months.clone(), self.month_days.clone(), self.days.clone());
        let only_weeks = self.year_days.is_empty() && month_days.is_empty() && days.is_empty();
        match self.frequency {
            Frequency::Weekly if days.is_empty() => days.push((0, first.weekday())),
            Frequency::Yearly if only_weeks && !self.weeks.is_empty() => days.push((0, first.weekday())),
            Frequency::Monthly | Frequency::Yearly if !self.names_days() => {
                month_days.push(first.day() as i16); // at most 31
                if self.frequency == Frequency::Yearly && months.is_empty() {
                    months.push(first.month() as i16); // at most 12
                }
            }
            _ => {}
        }
        let months: Vec<Month> = small(&months).filter_map(|month: u8| Month::try_from(month).ok()).collect();
        RRule::new(self.frequency)
            .interval(self.interval)
            .week_start(self.week_start)
            .by_month(&months)
            .by_year_day(self.year_days.clone())
            .by_month_day(small(&month_days).collect())
            .by_weekday(
                days.iter().map(|(n, day)| NWeekday::new(Some(*n).filter(|n| *n != 0), *day)).collect(),
            )
            .by_set_pos(small(&self.positions).collect())
    }

    /// The starts in order, exceptions and all; those before `near` may be missing, unless they count.
    fn run(&self, first: NaiveDateTime, near: NaiveDateTime) -> impl Iterator<Item = NaiveDateTime> + use<> {
        let (near, count, until) = match self.end {
            End::Never => (near, usize::MAX, horizon()),
            End::Count(count) => (first, count.into(), horizon()),
            End::Until(until) => (near, usize::MAX, until.min(horizon())),
        };
        let dates = YEARS.contains(&first.year()).then(|| {
            let near = near.min(until).max(first).date();
            self.dates(first.date(), self.period_near(first.date(), near))
        });
        let starts = dates.into_iter().flatten().map(move |day| day.and_time(first.time()));
        starts.skip_while(move |start| *start < first).take(count).take_while(move |start| *start <= until)
    }

    fn text(&self, until: impl Fn(NaiveDateTime) -> String) -> String {
        let mut parts = vec![format!("FREQ={}", self.frequency)];
        if self.interval != 1 {
            parts.push(format!("INTERVAL={}", self.interval));
        }
        match self.end {
            End::Never => {}
            End::Count(count) => parts.push(format!("COUNT={count}")),
            End::Until(at) => parts.push(format!("UNTIL={}", until(at))),
        }
        let lists = [
            ("BYMONTH", list(&self.months, i16::to_string)),
            ("BYWEEKNO", list(&self.weeks, i16::to_string)),
            ("BYYEARDAY", list(&self.year_days, i16::to_string)),
            ("BYMONTHDAY", list(&self.month_days, i16::to_string)),
            ("BYDAY", list(&self.days, day_text)),
            ("BYSETPOS", list(&self.positions, i16::to_string)),
        ];
        parts.extend(
            lists.iter().filter(|(_, list)| !list.is_empty()).map(|(name, list)| format!("{name}={list}")),
        );
        if self.week_start != Weekday::Mon {
            parts.push(format!("WKST={}", day_text(&(0, self.week_start))));
        }
        parts.join(";")
    }

    /// The same rule some days later, its end left as it is. Errors: as [`Pattern::moved`].
    fn moved(&self, first: NaiveDate, days: i64) -> Result<Rule, String> {
        let mut rule = self.clone();
        let to = first + Duration::days(days);
        match self.frequency {
            _ if days == 0 => {}
            Frequency::Weekly if self.months.is_empty() => {
                if self.interval > 1 || !self.positions.is_empty() {
                    rule.week_start = turned(self.week_start, days); // else it has no effect
                }
                rule.days = self.days.iter().map(|(nth, day)| (*nth, turned(*day, days))).collect();
                rule.days.sort_by_key(day_order);
            }
            _ if self.selects() => {
                return Err(
                    "must stay on its day: the rule names days or months, so change the rule instead".into(),
                );
            }
            Frequency::Monthly | Frequency::Yearly
                if first.day().max(to.day()) > 28
                    || (first.year(), first.month()) != (to.year(), to.month()) =>
            {
                return Err("must stay in its month and on a day from 1 to 28, which every month has; change the rule instead".into());
            }
            _ => {}
        }
        Ok(rule)
    }
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text(|until| until.format("%Y%m%dT%H%M%S").to_string()))
    }
}

/// A repeating event: when it first begins, and when again.
#[derive(Clone, Debug, PartialEq)]
pub struct Pattern {
    /// The zone whose clocks the event follows.
    pub zone: Zone,
    /// The first start, local; the rule was parsed for it.
    pub first: NaiveDateTime,
    /// How it repeats.
    pub rule: Rule,
    /// Local starts that are left out (EXDATE). They count towards COUNT all the same.
    pub except: BTreeSet<NaiveDateTime>,
}

impl Pattern {
    /// The first `most` local starts from `from` (inclusive) to `until` (exclusive), in order, without exceptions.
    pub fn starts(&self, from: NaiveDateTime, until: NaiveDateTime, most: usize) -> Vec<NaiveDateTime> {
        if from >= until || most == 0 {
            return Vec::new();
        }
        let run = self.rule.run(self.first, from).skip_while(|start| *start < from);
        let within = run.take_while(|start| *start < until);
        within.filter(|start| !self.except.contains(start)).take(most).collect()
    }

    /// Whether the rule gives this start, also where it is left out.
    pub fn has(&self, start: NaiveDateTime) -> bool {
        self.rule.run(self.first, start).find(|found| *found >= start) == Some(start)
    }

    /// The local start of the occurrence that an instant stands for, if the rule gives it.
    pub fn start_of(&self, at: Instant) -> Option<NaiveDateTime> {
        Some(start_of(self.zone, self.first.time(), at)).filter(|start| self.has(*start))
    }

    /// Whether the rule has neither COUNT nor UNTIL.
    pub fn is_endless(&self) -> bool {
        self.rule.end == End::Never
    }

    /// The last local start. `None` when the rule is endless, or every start is an exception.
    pub fn last(&self) -> Option<NaiveDateTime> {
        if self.is_endless() { None } else { self.last_before(horizon() + Duration::seconds(1)) }
    }

    /// The last start before `before`, exceptions left out.
    fn last_before(&self, before: NaiveDateTime) -> Option<NaiveDateTime> {
        let before = match self.rule.end {
            End::Count(_) => return self.starts(self.first, before, usize::MAX).pop(),
            End::Until(until) => before.min(until + Duration::seconds(1)),
            End::Never => before,
        };
        let mut span = Duration::days(32); // widened until it holds a start, so that a long past costs little
        loop {
            let from = (before - span).max(self.first);
            let last = self.starts(from, before, usize::MAX).pop();
            if last.is_some() || from == self.first {
                return last;
            }
            span = span * 8;
        }
    }

    /// The same pattern moved as a whole: the first start, exceptions, UNTIL and the weekdays of a weekly rule
    /// move along.
    ///
    /// Errors: a sentence that begins with "must", where the starts moved one by one would not follow such a
    /// rule. A move within the day always succeeds.
    pub fn moved(&self, by: Duration) -> Result<Pattern, String> {
        if by.subsec_nanos() != 0 {
            return Err("must move by whole seconds".into());
        }
        let first = self.first.checked_add_signed(by).unwrap_or(NaiveDateTime::MAX);
        check_year(first)?;
        let days = (first.date() - self.first.date()).num_days();
        let mut rule = self.rule.moved(self.first.date(), days)?;
        if let End::Until(until) = rule.end {
            rule.end = End::Until((until + by).min(horizon()));
        }
        let except = self.except.iter().filter_map(|start| start.checked_add_signed(by)).collect();
        Ok(Pattern { zone: self.zone, first, rule, except })
    }

    /// Parts it in two: what comes before the start `at`, and what begins there.
    ///
    /// The former ends with UNTIL at its last start and is `None` when nothing comes before; the latter's COUNT
    /// is what is left. `None` when nothing of the rule starts at `at`; an exception does start.
    pub fn parted(&self, at: NaiveDateTime) -> Option<(Option<Pattern>, Pattern)> {
        if !self.has(at) {
            return None;
        }
        let (mut early, mut late) = (self.clone(), self.clone());
        late.except = early.except.split_off(&at);
        late.first = at;
        if let End::Count(count) = &mut late.rule.end {
            let past = self.rule.run(self.first, at).take_while(|start| *start < at).count();
            *count -= past as u16; // fewer than COUNT, as the one at `at` is left
        }
        let early = self.last_before(at).map(|last| {
            early.rule.end = End::Until(last);
            early.except.retain(|start| *start < last);
            early
        });
        Some((early, late))
    }

    /// The RRULE value as a calendar file holds it: UNTIL in UTC, or as a date for events of whole days.
    pub fn to_ics(&self, whole_day: bool) -> String {
        self.rule.text(|until| {
            // The last moment an event could begin: at other times of day a change of the clocks could mislead.
            let mut start = until.date().and_time(self.first.time());
            if start > until {
                start -= Duration::days(1);
            }
            match whole_day {
                true => start.format("%Y%m%d").to_string(),
                false => self.zone.instant(start).format("%Y%m%dT%H%M%SZ").to_string(),
            }
        })
    }
}

fn check_year(first: NaiveDateTime) -> Result<(), String> {
    if YEARS.contains(&first.year()) {
        return Ok(());
    }
    Err(format!("must have its first start in the years {} to {}", YEARS.start(), YEARS.end()))
}

/// As RFC 5545 writes it. The library's own text drops the number from 1MO.
fn day_text((nth, day): &(i16, Weekday)) -> String {
    let name = WEEKDAYS.iter().find(|(_, known)| known == day).map_or("", |(name, _)| name);
    if *nth == 0 { name.into() } else { format!("{nth}{name}") }
}

fn turned(day: Weekday, by: i64) -> Weekday {
    let place = (i64::from(day.num_days_from_monday()) + by).rem_euclid(7);
    WEEKDAYS[place as usize].1 // 0 to 6
}

/// Whether a day lies in one of these weeks of the year (BYWEEKNO; none named: all). The library knows them
/// too, but puts 1 January 1938 (a Saturday) in week 53, though 1937 had 52.
fn is_in(weeks: &[i16], day: NaiveDate, start: Weekday) -> bool {
    // A week belongs to the year of its fourth day; 28 December is always in the last week.
    let fourth = |day: NaiveDate| day - Days::new(day.weekday().days_since(start).into()) + Days::new(3);
    let number = |day: NaiveDate| (fourth(day).ordinal0() / 7 + 1) as i16; // at most 53
    let last = NaiveDate::from_ymd_opt(fourth(day).year(), 12, 28).map_or(52, number);
    weeks.is_empty() || weeks.contains(&number(day)) || weeks.contains(&(number(day) - last - 1))
}

fn list<T>(items: &[T], text: impl Fn(&T) -> String) -> String {
    items.iter().map(text).collect::<Vec<_>>().join(",")
}

/// The numbers in a narrower type; all of them fit, their ranges were checked.
fn small<T: TryFrom<i16>>(numbers: &[i16]) -> impl Iterator<Item = T> {
    numbers.iter().filter_map(|number| T::try_from(*number).ok())
}

#[cfg(test)]
mod tests;
