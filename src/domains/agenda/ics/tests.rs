//! The file, read by another program's eyes.

use super::zones::new_year;
use super::*;
use calcard::common::IanaString;
use calcard::icalendar::{ICalendar, ICalendarComponent, ICalendarProperty};
use chrono::{Datelike, TimeDelta};

fn at(text: &str) -> DateTime<Utc> {
    format!("{text}:00Z").parse().unwrap()
}

fn wall(text: &str) -> NaiveDateTime {
    format!("{text}:00").parse().unwrap()
}

/// An hour from a local time on.
fn hour(zone: Zone, start: &str) -> When {
    let start = zone.instant(wall(start));
    When::Timed { start, end: start + TimeDelta::hours(1), zone }
}

fn days(first: &str, end: &str) -> When {
    When::Days { first: first.parse().unwrap(), end: end.parse().unwrap() }
}

fn entry(when: When) -> Entry {
    Entry {
        uid: "0197-a@cabina".to_owned(),
        sequence: 3,
        changed: at("2026-02-02T10:30"),
        created: at("2026-01-01T09:00"),
        title: "Review".to_owned(),
        description: None,
        location: None,
        status: Status::Confirmed,
        when,
        begins: None,
        rule: None,
        except: Vec::new(),
        replaces: None,
        alarms: Vec::new(),
    }
}

fn series(when: When, rule: &str) -> Entry {
    Entry { rule: Some(rule.to_owned()), ..entry(when) }
}

fn written(entries: &[Entry]) -> String {
    calendar("Agenda", Zone::named("America/Mexico_City"), entries)
}

fn unfolded(text: &str) -> String {
    text.replace("\r\n ", "")
}

fn parsed(text: &str) -> ICalendar {
    let mut parser = calcard::Parser::new(text);
    let parsed = match parser.entry() {
        calcard::Entry::ICalendar(parsed) => parsed,
        other => panic!("{other:?}: {text}"),
    };
    assert!(matches!(parser.entry(), calcard::Entry::Eof));
    parsed
}

/// Starts and ends by calcard, in order of time. It takes UNTIL for a local time, so none may be in `text`.
fn expanded(text: &str) -> Vec<(String, String)> {
    let all = parsed(text).expand_dates(calcard::common::timezone::Tz::UTC, 200);
    assert_eq!(all.errors, []);
    let mut all: Vec<_> = all.events.into_iter().map(|event| event.timestamps()).collect();
    all.sort_unstable();
    all.into_iter().map(|(start, end)| (shown(start), shown(end))).collect()
}

fn shown(timestamp: i64) -> String {
    DateTime::from_timestamp(timestamp, 0).unwrap().format("%Y-%m-%dT%H:%M").to_string()
}

fn starts(text: &str) -> Vec<String> {
    expanded(text).into_iter().map(|(start, _)| start).collect()
}

/// Starts of the series in `text` by the crate rrule, which knows UNTIL but no RECURRENCE-ID.
fn by_rrule(text: &str) -> Vec<String> {
    let text = unfolded(text);
    let event = text.split("BEGIN:VEVENT\r\n").skip(1).find(|event| event.contains("\r\nRRULE:")).unwrap();
    let lines = event.lines().filter(|l| ["DTSTART", "RRULE", "EXDATE"].iter().any(|k| l.starts_with(k)));
    let dates = dates(&lines.collect::<Vec<_>>().join("\n"));
    dates.into_iter().map(|date| shown(date.timestamp())).collect()
}

/// What the crate rrule makes of DTSTART, RRULE and EXDATE.
fn dates(lines: &str) -> Vec<DateTime<Utc>> {
    let set: rrule::RRuleSet = lines.parse().unwrap();
    set.all(200).dates.into_iter().map(|date| date.to_utc()).collect()
}

fn property<'a>(component: &'a ICalendarComponent, key: &ICalendarProperty) -> &'a str {
    component.property(key).unwrap().values[0].as_text().unwrap()
}

fn pairs(expected: &[(&str, &str)]) -> Vec<(String, String)> {
    expected.iter().map(|(start, end)| (start.to_string(), end.to_string())).collect()
}

#[test]
fn a_timed_event_has_the_same_instants_in_its_zone() {
    for (zone, local, start, end) in [
        (Zone::named("America/Mexico_City"), "2026-07-01T10:00", "2026-07-01T16:00", "2026-07-01T17:00"),
        (Zone::named("America/Mexico_City"), "2022-07-01T10:00", "2022-07-01T15:00", "2022-07-01T16:00"),
        (Zone::named("Europe/Madrid"), "2026-03-29T01:30", "2026-03-29T00:30", "2026-03-29T01:30"),
        (Zone::named("Europe/Madrid"), "2026-10-24T10:00", "2026-10-24T08:00", "2026-10-24T09:00"),
        (Zone::named("Europe/Madrid"), "2026-10-25T10:00", "2026-10-25T09:00", "2026-10-25T10:00"),
        (Zone::named("Australia/Lord_Howe"), "2026-01-15T10:00", "2026-01-14T23:00", "2026-01-15T00:00"),
        (Zone::named("Australia/Lord_Howe"), "2026-07-15T10:00", "2026-07-14T23:30", "2026-07-15T00:30"),
        (Zone::named("Asia/Kolkata"), "2026-07-15T10:00", "2026-07-15T04:30", "2026-07-15T05:30"),
        (Zone::UTC, "2026-07-15T10:00", "2026-07-15T10:00", "2026-07-15T11:00"),
    ] {
        let text = written(&[entry(hour(zone, local))]);
        assert_eq!(expanded(&text), pairs(&[(start, end)]), "{zone}");
        let local = wall(local).format("%Y%m%dT%H%M%S");
        let form = if zone == Zone::UTC { format!(":{local}Z") } else { format!(";TZID={zone}:{local}") };
        assert!(text.contains(&format!("\r\nDTSTART{form}\r\n")), "{text}");
        assert_eq!(text.contains("BEGIN:VTIMEZONE"), zone != Zone::UTC, "{zone}");
    }
}

/// A local time in a zone, and the same time of the three weeks after.
const WEEKS: [(Zone, &str, [&str; 4]); 6] = [
    (
        Zone::named("Europe/Madrid"),
        "2026-03-17T10:00",
        ["2026-03-17T09:00", "2026-03-24T09:00", "2026-03-31T08:00", "2026-04-07T08:00"],
    ),
    (
        Zone::named("Europe/Madrid"),
        "2026-10-13T10:00",
        ["2026-10-13T08:00", "2026-10-20T08:00", "2026-10-27T09:00", "2026-11-03T09:00"],
    ),
    (
        Zone::named("Australia/Lord_Howe"),
        "2026-03-24T10:00",
        ["2026-03-23T23:00", "2026-03-30T23:00", "2026-04-06T23:30", "2026-04-13T23:30"],
    ),
    (
        Zone::named("America/Mexico_City"),
        "2022-10-18T20:00",
        ["2022-10-19T01:00", "2022-10-26T01:00", "2022-11-02T02:00", "2022-11-09T02:00"],
    ),
    (
        Zone::named("Asia/Kolkata"),
        "2026-03-17T10:00",
        ["2026-03-17T04:30", "2026-03-24T04:30", "2026-03-31T04:30", "2026-04-07T04:30"],
    ),
    (
        Zone::named("America/Mexico_City"),
        "2026-03-24T20:00",
        ["2026-03-25T02:00", "2026-04-01T02:00", "2026-04-08T02:00", "2026-04-15T02:00"],
    ),
];

#[test]
fn a_series_keeps_its_local_time_when_the_clocks_change() {
    for (zone, first, expected) in WEEKS {
        let text = written(&[series(hour(zone, first), "FREQ=WEEKLY;COUNT=4")]);
        assert_eq!(starts(&text), expected, "{zone}");
        assert_eq!(by_rrule(&text), expected, "{zone}");
    }
}

#[test]
fn until_is_an_instant() {
    let when = hour(Zone::named("America/Mexico_City"), "2026-03-03T20:00");
    for (until, expected) in [("20260325T020000Z", 4), ("20260325T015959Z", 3)] {
        let text = written(&[series(when, &format!("FREQ=WEEKLY;UNTIL={until}"))]);
        let all = ["2026-03-04T02:00", "2026-03-11T02:00", "2026-03-18T02:00", "2026-03-25T02:00"];
        assert_eq!(by_rrule(&text), all[..expected]);
    }
}

#[test]
fn whole_days_have_no_zone() {
    let mut weekly = series(days("2026-03-23", "2026-03-25"), "FREQ=WEEKLY;COUNT=3");
    weekly.uid = "0197-b@cabina".to_owned();
    weekly.except = vec![wall("2026-03-30T00:00")];
    let text = written(&[entry(days("2026-03-28", "2026-04-01")), weekly]);
    let expected = [
        ("2026-03-23T00:00", "2026-03-25T00:00"),
        ("2026-03-28T00:00", "2026-04-01T00:00"),
        ("2026-04-06T00:00", "2026-04-08T00:00"),
    ];
    assert_eq!(expanded(&text), pairs(&expected));
    for line in ["DTSTART;VALUE=DATE:20260328", "DTEND;VALUE=DATE:20260401", "EXDATE;VALUE=DATE:20260330"] {
        assert!(text.contains(&format!("\r\n{line}\r\n")), "{line}: {text}");
    }
    assert!(!text.contains("TZID"), "{text}");
}

#[test]
fn an_occurrence_can_be_left_out_moved_or_cancelled() {
    let mut weekly = series(hour(Zone::named("Europe/Madrid"), "2026-03-17T10:00"), "FREQ=WEEKLY;COUNT=5");
    weekly.except = vec![wall("2026-03-24T10:00")];
    let moved = Entry {
        replaces: Some(wall("2026-03-31T10:00")),
        // In another zone; the occurrence is named in that of the series all the same.
        ..entry(hour(Zone::named("America/Mexico_City"), "2026-04-01T12:00"))
    };
    let cancelled = Entry {
        replaces: Some(wall("2026-04-07T10:00")),
        status: Status::Cancelled,
        ..entry(hour(Zone::named("Europe/Madrid"), "2026-04-07T10:00"))
    };
    let text = written(&[weekly, moved, cancelled]);
    let expected = ["2026-03-17T09:00", "2026-04-01T18:00", "2026-04-07T08:00", "2026-04-14T08:00"];
    assert_eq!(starts(&text), expected);
    for line in [
        "EXDATE;TZID=Europe/Madrid:20260324T100000",
        "RECURRENCE-ID;TZID=Europe/Madrid:20260331T100000",
        "DTSTART;TZID=America/Mexico_City:20260401T120000",
        "RECURRENCE-ID;TZID=Europe/Madrid:20260407T100000",
    ] {
        assert_eq!(text.matches(&format!("\r\n{line}\r\n")).count(), 1, "{line}: {text}");
    }
    let file = parsed(&text);
    let events: Vec<_> = file.components.iter().filter(|c| c.component_type.is_event()).collect();
    let statuses: Vec<_> = events.iter().map(|event| event.status().unwrap().as_str()).collect();
    assert_eq!(statuses, ["CONFIRMED", "CONFIRMED", "CANCELLED"]);
    assert!(events.iter().all(|event| event.uid() == Some("0197-a@cabina")));
    assert!(events[1].is_recurrence_override() && events[2].is_recurrence_override());
}

#[test]
fn an_occurrence_moved_to_a_whole_day_is_still_named_by_its_time() {
    let daily = series(hour(Zone::UTC, "2026-03-17T10:00"), "FREQ=DAILY;COUNT=2");
    let moved = Entry { replaces: Some(wall("2026-03-18T10:00")), ..entry(days("2026-03-20", "2026-03-21")) };
    let text = written(&[daily, moved]);
    assert!(text.contains("\r\nRECURRENCE-ID:20260318T100000Z\r\n"), "{text}");
    assert_eq!(starts(&text), ["2026-03-17T10:00", "2026-03-20T00:00"]);
}

#[test]
fn the_hour_that_comes_twice_is_told_apart() {
    let twice = |start: &str| {
        let start = at(start);
        When::Timed { start, end: start + TimeDelta::minutes(15), zone: Zone::named("Europe/Madrid") }
    };
    let first = written(&[entry(twice("2026-10-25T00:30"))]);
    assert!(first.contains("\r\nDTSTART;TZID=Europe/Madrid:20261025T023000\r\n"), "{first}");
    let second = written(&[entry(twice("2026-10-25T01:30"))]);
    assert_eq!(expanded(&second), pairs(&[("2026-10-25T01:30", "2026-10-25T01:45")]));
    let weekly = written(&[series(twice("2026-10-25T01:30"), "FREQ=WEEKLY;COUNT=2")]);
    assert!(weekly.contains("\r\nDTSTART;TZID=Europe/Madrid:20261025T023000\r\n"), "{weekly}");
}

#[test]
fn an_entry_without_length_has_no_end() {
    let start = at("2026-03-17T10:00");
    let text = written(&[
        entry(When::Timed { start, end: start, zone: Zone::named("Europe/Madrid") }),
        entry(days("2026-03-17", "2026-03-17")),
    ]);
    assert!(!text.contains("DTEND"), "{text}");
    assert_eq!(starts(&text), ["2026-03-17T00:00", "2026-03-17T10:00"]);
}

#[test]
fn text_arrives_as_it_was() {
    let title = "Ana, Luis; «póliza» C:\\new \"x\" 👩‍👩‍👧 ".to_owned() + &"ñandú 🎉, ".repeat(20);
    let mut one = entry(hour(Zone::named("Europe/Madrid"), "2026-03-17T10:00"));
    one.title = title.clone();
    one.description = Some("one\r\ntwo\n\nBEGIN:VEVENT\rfour\u{0}\u{7}\tfive".to_owned());
    one.location = Some("Calle Mayor 1, 2.º; Madrid".to_owned());
    one.alarms = vec![15, 1440, 0, -5];
    let text = calendar("Ana, agenda; \\ 🎉", Zone::named("Europe/Madrid"), &[one]);
    let file = parsed(&text);
    let event = file.components.iter().find(|c| c.component_type.is_event()).unwrap();
    assert_eq!(property(event, &ICalendarProperty::Summary), title);
    assert_eq!(property(event, &ICalendarProperty::Description), "one\ntwo\n\nBEGIN:VEVENT\nfour\tfive");
    assert_eq!(property(event, &ICalendarProperty::Location), "Calle Mayor 1, 2.º; Madrid");
    let name = &file.components[0];
    assert_eq!(property(name, &ICalendarProperty::Name), "Ana, agenda; \\ 🎉");
    let x_name = ICalendarProperty::Other("X-WR-CALNAME".to_owned());
    assert_eq!(property(name, &x_name), "Ana, agenda; \\ 🎉");
    let alarms: Vec<_> = file.components.iter().filter(|c| c.component_type.is_alarm()).collect();
    assert!(alarms.iter().all(|alarm| property(alarm, &ICalendarProperty::Description) == title));
    let triggers = text.lines().filter_map(|line| line.strip_prefix("TRIGGER:"));
    assert_eq!(triggers.collect::<Vec<_>>(), ["-PT15M", "-PT1440M", "PT0M", "PT5M"]);
    assert_well_folded(&text);
}

fn assert_well_folded(text: &str) {
    let lines: Vec<&str> = text.strip_suffix("\r\n").unwrap().split("\r\n").collect();
    assert!(lines.iter().all(|line| line.len() <= 75 && !line.is_empty()), "{text}");
    assert!(lines.iter().all(|line| !line.contains(['\r', '\n'])), "{text}");
}

#[test]
fn lines_of_any_length_are_folded_between_characters() {
    for piece in ["x", "é", "🎉", "a b", "🎉  é", ", "] {
        for length in 1..160 {
            let title = piece.repeat(length) + "|";
            let text = written(&[Entry { title: title.clone(), ..entry(days("2026-03-17", "2026-03-18")) }]);
            assert_well_folded(&text);
            let line = unfolded(&text).lines().find_map(|l| l.strip_prefix("SUMMARY:").map(str::to_owned));
            assert_eq!(line.unwrap().replace(r"\,", ","), title);
        }
    }
}

#[test]
fn the_whole_file() {
    let mut one =
        series(hour(Zone::named("Europe/Madrid"), "2026-03-17T10:00"), "FREQ=WEEKLY;UNTIL=20260331T080000Z");
    one.description = Some("Bring the folder".to_owned());
    one.location = Some("Office".to_owned());
    one.status = Status::Tentative;
    one.alarms = vec![15];
    let entries = [one];
    let text = calendar("Agenda", Zone::named("America/Mexico_City"), &entries);
    let expected = "BEGIN:VCALENDAR|VERSION:2.0|PRODID:-//Cabina//Agenda//EN|CALSCALE:GREGORIAN|\
        METHOD:PUBLISH|X-WR-CALNAME:Agenda|X-WR-TIMEZONE:America/Mexico_City|X-PUBLISHED-TTL:PT1H|\
        NAME:Agenda|REFRESH-INTERVAL;VALUE=DURATION:PT1H|\
        BEGIN:VTIMEZONE|TZID:Europe/Madrid|\
        BEGIN:DAYLIGHT|DTSTART:20250330T020000|TZOFFSETFROM:+0100|TZOFFSETTO:+0200|TZNAME:CEST|\
        RRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU|END:DAYLIGHT|\
        BEGIN:STANDARD|DTSTART:20251026T030000|TZOFFSETFROM:+0200|TZOFFSETTO:+0100|TZNAME:CET|\
        RRULE:FREQ=YEARLY;BYMONTH=10;BYDAY=-1SU|END:STANDARD|END:VTIMEZONE|\
        BEGIN:VEVENT|UID:0197-a@cabina|DTSTAMP:20260202T103000Z|CREATED:20260101T090000Z|\
        LAST-MODIFIED:20260202T103000Z|SEQUENCE:3|DTSTART;TZID=Europe/Madrid:20260317T100000|\
        DTEND;TZID=Europe/Madrid:20260317T110000|RRULE:FREQ=WEEKLY;UNTIL=20260331T080000Z|\
        SUMMARY:Review|DESCRIPTION:Bring the folder|LOCATION:Office|STATUS:TENTATIVE|\
        BEGIN:VALARM|ACTION:DISPLAY|DESCRIPTION:Review|TRIGGER:-PT15M|END:VALARM|END:VEVENT|END:VCALENDAR|";
    assert_eq!(text, expected.replace('|', "\r\n"));
    std::thread::sleep(std::time::Duration::from_millis(1100)); // a clock would have moved by a second
    assert_eq!(calendar("Agenda", Zone::named("America/Mexico_City"), &entries), text);
}

#[test]
fn each_zone_is_defined_once() {
    let zones = [
        Zone::named("Europe/Madrid"),
        Zone::named("Asia/Kolkata"),
        Zone::named("Etc/UTC"),
        Zone::named("Europe/Madrid"),
        Zone::named("Africa/Casablanca"),
    ];
    let text = written(&zones.map(|zone| entry(hour(zone, "2026-07-01T10:00"))));
    let defined: Vec<_> = text.lines().filter_map(|line| line.strip_prefix("TZID:")).collect();
    assert_eq!(defined, ["Africa/Casablanca", "Asia/Kolkata", "Europe/Madrid"]);
    // Ramadan moves through the year: no rule may be made of its last changes.
    let moving = written(&[entry(hour(Zone::named("Africa/Casablanca"), "2026-07-01T10:00"))]);
    assert!(!moving.contains("RRULE"), "{moving}");
    let none = written(&[]);
    assert!(none.ends_with("\r\nEND:VCALENDAR\r\n") && !none.contains("VTIMEZONE"), "{none}");
}

/// What a reader makes of the VTIMEZONE in `text`: for each change the local time before it, and the
/// offsets before and after, in seconds. No parser at hand reads them: all look the name up.
fn observed(text: &str) -> Vec<(NaiveDateTime, i64, i64)> {
    let seconds = |offset: &str| {
        let part = |range| offset.get(range).map_or(0, |digits: &str| digits.parse::<i64>().unwrap());
        let all = part(1..3) * 3600 + part(3..5) * 60 + part(5..7);
        if offset.starts_with('-') { -all } else { all }
    };
    let zone = text.split("BEGIN:VTIMEZONE\r\n").nth(1).unwrap().split("END:VTIMEZONE").next().unwrap();
    let mut changes = Vec::new();
    for observance in zone.split("BEGIN:").skip(1) {
        let value = |key: &str| observance.lines().find_map(|l| l.strip_prefix(key)?.strip_prefix(':'));
        let (from, to) = (value("TZOFFSETFROM").unwrap(), value("TZOFFSETTO").unwrap());
        let start = value("DTSTART").unwrap();
        let onsets = match value("RRULE") {
            None => vec![NaiveDateTime::parse_from_str(start, LOCAL).unwrap()],
            Some(rule) => {
                let dates = dates(&format!("DTSTART:{start}Z\nRRULE:{rule}"));
                dates.iter().take(70).map(DateTime::naive_utc).collect()
            }
        };
        changes.extend(onsets.into_iter().map(|onset| (onset, seconds(from), seconds(to))));
    }
    changes.sort_unstable();
    changes
}

fn offset_of(zone: Zone, at: DateTime<Utc>) -> i64 {
    i64::from(zone.reading(at).offset.local_minus_utc())
}

#[test]
fn a_definition_gives_the_offsets_of_its_zone() {
    for (zone, last_year) in [
        (Zone::named("America/Mexico_City"), 2085),
        (Zone::named("America/New_York"), 2085),
        (Zone::named("America/Santiago"), 2085), // the Sunday from the 2nd on
        (Zone::named("America/Sao_Paulo"), 2085),
        (Zone::named("America/St_Johns"), 2085),
        (Zone::named("Asia/Kolkata"), 2085),
        (Zone::named("Asia/Kathmandu"), 2085),
        (Zone::named("Asia/Jerusalem"), 2085), // the Friday before the last Sunday
        (Zone::named("Atlantic/Azores"), 2085),
        (Zone::named("Australia/Lord_Howe"), 2085),
        (Zone::named("Europe/Dublin"), 2085),
        (Zone::named("Europe/Madrid"), 2085),
        // No yearly rule: written one by one.
        (Zone::named("Africa/Casablanca"), 2046),
        (Zone::named("Africa/Cairo"), 2046),
    ] {
        for year in [2018, 2026] {
            let first = hour(zone, &format!("{year}-01-01T12:00"));
            let text = written(&[entry(first), entry(hour(zone, "2026-07-01T10:00"))]);
            let mut changes = observed(&text).into_iter().peekable();
            let (mut day, mut now) = (new_year(year), None);
            while day.year() <= last_year {
                while let Some((onset, from, to)) =
                    changes.next_if(|(onset, from, _)| *onset - TimeDelta::seconds(*from) <= day.naive_utc())
                {
                    let at = (onset - TimeDelta::seconds(from)).and_utc();
                    assert_eq!(offset_of(zone, at), to, "{zone} {at}");
                    assert_eq!(offset_of(zone, at - TimeDelta::seconds(1)), from, "{zone} before {at}");
                    now = Some(to);
                }
                assert_eq!(Some(offset_of(zone, day)), now, "{zone} {day}");
                day += TimeDelta::days(1);
            }
        }
    }
}

#[test]
fn a_zone_of_unknown_name_is_understood_by_its_definition() {
    for (zone, first, expected) in WEEKS {
        let text = calendar("Agenda", zone, &[series(hour(zone, first), "FREQ=WEEKLY;COUNT=4")]);
        let text = text.replace(zone.name(), "Made/Up");
        let changes = observed(&text);
        // calcard doesn't know the name either and leaves the local times as they are.
        let instants = starts(&text).into_iter().map(|local| {
            let local = wall(&local);
            let (_, _, offset) = changes.iter().rfind(|(onset, _, _)| *onset <= local).unwrap();
            shown((local - TimeDelta::seconds(*offset)).and_utc().timestamp())
        });
        assert_eq!(instants.collect::<Vec<_>>(), expected, "{zone}");
    }
}
