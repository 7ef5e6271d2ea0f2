//! Writes the iCalendar file (RFC 5545) of a private calendar feed.
//!
//! The same entries always give the same bytes: a phone that reads the file again finds no change. So `icalendar`
//! writes the lines (parameters, escaping, folding) but not the components: it gives each one without DTSTAMP
//! and UID, VTIMEZONE and VALARM too, the time of the clock and a random id.

#[cfg(test)]
mod tests;
mod zones;

use std::collections::HashMap;

use chrono::{DateTime, NaiveDate, NaiveDateTime, Utc};
use icalendar::Property;

use crate::platform::zones::Zone;
use zones::zones;

/// One component of the file: an event, a series of them, or one occurrence of a series that differs from it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Entry {
    /// The same for a series and its differing occurrences, and never used again for anything else.
    pub uid: String,
    /// Grows with each change.
    pub sequence: i32,
    /// The last change, written as DTSTAMP and LAST-MODIFIED.
    pub changed: DateTime<Utc>,
    /// When it was first saved.
    pub created: DateTime<Utc>,
    /// The one line shown in the calendar.
    pub title: String,
    /// Longer text, in several lines if need be.
    pub description: Option<String>,
    /// Where it takes place.
    pub location: Option<String>,
    /// Whether it will take place.
    pub status: Status,
    /// When it takes place; for a series, its first occurrence.
    pub when: When,
    /// Of a series that has a time: its first start by the clock on the wall of its zone, also where the clocks skip that.
    /// All later ones follow it.
    pub begins: Option<NaiveDateTime>,
    /// What makes it a series: an RRULE value, written as it is. Its UNTIL is in UTC if the entry has a time.
    pub rule: Option<String>,
    /// The occurrences of the series that are left out, by their local start; a whole day by its midnight.
    pub except: Vec<NaiveDateTime>,
    /// The occurrence it stands in for: the local start, in the zone of the series, that the rule gives it.
    pub replaces: Option<NaiveDateTime>,
    /// Reminders, in minutes before the start.
    pub alarms: Vec<i32>,
}

/// Whether an entry will take place.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Status {
    /// Not agreed yet.
    Tentative,
    /// Agreed.
    Confirmed,
    /// Called off; calendars that had it strike it out.
    Cancelled,
}

/// When an entry takes place.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum When {
    /// From one instant to another.
    Timed {
        /// The first instant.
        start: DateTime<Utc>,
        /// The instant it is over.
        end: DateTime<Utc>,
        /// The zone whose clock a series follows.
        zone: Zone,
    },
    /// Whole days, the same dates wherever they are read.
    Days {
        /// The first day.
        first: NaiveDate,
        /// The day after the last one.
        end: NaiveDate,
    },
}

/// Writes the file, components in the order given. `zone` is the calendar's own: it moves no entry, but some
/// programs show a subscribed calendar in it.
pub fn calendar(name: &str, zone: Zone, entries: &[Entry]) -> String {
    let mut file = File::default();
    file.begin("VCALENDAR");
    for (key, value) in [
        ("VERSION", "2.0"),
        ("PRODID", "-//Cabina//Agenda//EN"),
        ("CALSCALE", "GREGORIAN"),
        ("METHOD", "PUBLISH"),
        ("X-WR-CALNAME", name),
        ("X-WR-TIMEZONE", zone.name()),
        ("X-PUBLISHED-TTL", REFRESH),
    ] {
        file.text(key, value);
    }
    // `icalendar` doesn't know NAME (RFC 7986) for a text.
    file.put(Property::new("NAME", escaped(&clean(name))));
    file.put(Property::new("REFRESH-INTERVAL", REFRESH).add_parameter("VALUE", "DURATION").done());
    for (zone, first_year, last_year) in zones(entries).into_values() {
        file.zone(zone, first_year, last_year);
    }
    let series: HashMap<&str, &When> =
        entries.iter().filter(|entry| entry.replaces.is_none()).map(|e| (e.uid.as_str(), &e.when)).collect();
    for entry in entries {
        file.event(entry, series.get(entry.uid.as_str()).unwrap_or(&&entry.when));
    }
    file.end("VCALENDAR");
    file.0
}

/// How often programs are asked to read the feed again.
const REFRESH: &str = "PT1H";

/// The file as far as it is written.
#[derive(Default)]
struct File(String);

impl File {
    fn begin(&mut self, component: &str) {
        self.text("BEGIN", component);
    }

    fn end(&mut self, component: &str) {
        self.text("END", component);
    }

    fn text(&mut self, key: &str, value: &str) {
        self.put(Property::new(key, clean(value)));
    }

    fn put(&mut self, property: Property) {
        let lines: String = property.try_into().expect("a String takes whatever is written to it");
        for line in lines.split_inclusive("\r\n") {
            // `icalendar` 0.17 doesn't count the space that the last piece of a folded line begins with: it
            // may be one octet too long.
            let fits = if line.len() > 75 + 2 { line.floor_char_boundary(75) } else { 0 };
            let (piece, rest) = line.split_at(fits);
            if !piece.is_empty() {
                self.0.push_str(piece);
                self.0.push_str("\r\n ");
            }
            self.0.push_str(rest);
        }
    }

    /// VEVENT. `series` is when the series begins, for an occurrence of one, otherwise the entry's own time.
    fn event(&mut self, entry: &Entry, series: &When) {
        self.begin("VEVENT");
        self.text("UID", &entry.uid);
        self.put(instant("DTSTAMP", entry.changed));
        self.put(instant("CREATED", entry.created));
        self.put(instant("LAST-MODIFIED", entry.changed));
        self.text("SEQUENCE", &entry.sequence.to_string());
        if let Some(start) = entry.replaces {
            self.put(occurrence("RECURRENCE-ID", start, series));
        }
        self.times(entry);
        if let Some(rule) = &entry.rule {
            self.put(Property::new("RRULE", rule));
        }
        for start in &entry.except {
            self.put(occurrence("EXDATE", *start, series));
        }
        self.text("SUMMARY", &entry.title);
        if let Some(description) = &entry.description {
            self.text("DESCRIPTION", description);
        }
        if let Some(location) = &entry.location {
            self.text("LOCATION", location);
        }
        self.text("STATUS", entry.status.written());
        for minutes in &entry.alarms {
            self.alarm(*minutes, &entry.title);
        }
        self.end("VEVENT");
    }

    /// DTSTART and DTEND. An end that isn't after the start is left out, as the RFC forbids it: the entry then
    /// takes no time, or one day.
    fn times(&mut self, entry: &Entry) {
        match entry.when {
            When::Days { first, end } => {
                self.put(day("DTSTART", first));
                if end > first {
                    self.put(day("DTEND", end));
                }
            }
            When::Timed { start, end, zone } => {
                // When clocks go back an hour comes twice, and its local times mean the first. Only UTC can
                // name the second, which would make a series follow UTC.
                let is_second = |at| zone.instant(zone.local(at)) != at;
                let zone = if entry.rule.is_none() && (is_second(start) || is_second(end)) {
                    Zone::UTC
                } else {
                    zone
                };
                let begins = entry.begins.unwrap_or_else(|| zone.local(start));
                self.put(time("DTSTART", begins, zone));
                let over = zone.local(end);
                if entry.rule.is_some() && over - begins != end - start {
                    // The clocks change during the first occurrence: by its local end the others would take another time.
                    let takes = format!("PT{}M", (end - start).num_minutes());
                    self.put(Property::new("DURATION", takes));
                } else if end > start {
                    self.put(time("DTEND", over, zone));
                }
            }
        }
    }

    /// VALARM. Minutes below zero are after the start.
    fn alarm(&mut self, minutes: i32, title: &str) {
        let sign = if minutes > 0 { "-" } else { "" };
        self.begin("VALARM");
        self.text("ACTION", "DISPLAY");
        self.text("DESCRIPTION", title);
        self.text("TRIGGER", &format!("{sign}PT{}M", minutes.unsigned_abs()));
        self.end("VALARM");
    }
}

impl Status {
    fn written(self) -> &'static str {
        match self {
            Self::Tentative => "TENTATIVE",
            Self::Confirmed => "CONFIRMED",
            Self::Cancelled => "CANCELLED",
        }
    }
}

const LOCAL: &str = "%Y%m%dT%H%M%S";

fn instant(key: &str, at: DateTime<Utc>) -> Property {
    time(key, at.naive_utc(), Zone::UTC)
}

fn time(key: &str, at: NaiveDateTime, zone: Zone) -> Property {
    let at = at.format(LOCAL);
    if zone.is_utc() {
        Property::new(key, format!("{at}Z"))
    } else {
        Property::new(key, at.to_string()).add_parameter("TZID", zone.name()).done()
    }
}

fn day(key: &str, date: NaiveDate) -> Property {
    Property::new(key, date.format("%Y%m%d").to_string()).add_parameter("VALUE", "DATE").done()
}

/// The start of one occurrence, in the form that the start of its series has: otherwise they don't match.
fn occurrence(key: &str, start: NaiveDateTime, series: &When) -> Property {
    match *series {
        When::Timed { zone, .. } => time(key, start, zone),
        When::Days { .. } => day(key, start.date()),
    }
}

/// Line breaks become `\n`; other control characters, which no text may hold, are dropped.
fn clean(text: &str) -> String {
    let text = text.replace("\r\n", "\n").replace('\r', "\n");
    text.chars().filter(|c| !c.is_control() || matches!(c, '\n' | '\t')).collect()
}

fn escaped(text: &str) -> String {
    text.replace('\\', r"\\").replace(',', r"\,").replace(';', r"\;").replace('\n', r"\n")
}
