use super::*;
use chrono::NaiveTime;
use proptest::prelude::*;
use proptest::sample::subsequence;

const UTC: Zone = Zone::UTC;
const MADRID: Zone = Zone::named("Europe/Madrid");
const MEXICO: Zone = Zone::named("America/Mexico_City");
const NEW_YORK: Zone = Zone::named("America/New_York");
const LORD_HOWE: Zone = Zone::named("Australia/Lord_Howe");

fn at(text: &str) -> NaiveDateTime {
    NaiveDateTime::parse_from_str(text, "%Y-%m-%d %H:%M").unwrap()
}

fn pattern(zone: Zone, first: &str, rule: &str) -> Pattern {
    let first = at(first);
    let rule = Rule::parse(rule, zone, first).unwrap_or_else(|why| panic!("{rule}: {why}"));
    Pattern { zone, first, rule, except: BTreeSet::new() }
}

fn all(pattern: &Pattern, most: usize) -> Vec<NaiveDateTime> {
    pattern.starts(NaiveDateTime::MIN, NaiveDateTime::MAX, most)
}

/// Zone, first start, rule, exceptions, and each start with its instant. Endless rules are cut at the length given.
type Case =
    (Zone, &'static str, &'static str, &'static [&'static str], &'static [(&'static str, &'static str)]);

const CASES: &[Case] = &[
    // Mexico had daylight saving (UTC-5) from 3 April to 30 October 2022, and none since.
    (
        MEXICO,
        "2022-03-27 09:00",
        "FREQ=WEEKLY;COUNT=2",
        &[],
        &[("2022-03-27 09:00", "2022-03-27 15:00"), ("2022-04-03 09:00", "2022-04-03 14:00")],
    ),
    (
        MEXICO,
        "2022-10-23 09:00",
        "FREQ=WEEKLY;COUNT=2",
        &[],
        &[("2022-10-23 09:00", "2022-10-23 14:00"), ("2022-10-30 09:00", "2022-10-30 15:00")],
    ),
    (
        MEXICO,
        "2023-03-26 09:00",
        "FREQ=WEEKLY;COUNT=2",
        &[],
        &[("2023-03-26 09:00", "2023-03-26 15:00"), ("2023-04-02 09:00", "2023-04-02 15:00")],
    ),
    (
        MEXICO,
        "2021-07-01 20:00",
        "FREQ=YEARLY;INTERVAL=2;COUNT=2",
        &[],
        &[("2021-07-01 20:00", "2021-07-02 01:00"), ("2023-07-01 20:00", "2023-07-02 02:00")],
    ),
    // The gap: 02:30 is read with UTC+1 and shows as 03:30. The hour that comes twice: its first.
    (
        MADRID,
        "2026-03-28 02:30",
        "FREQ=DAILY;COUNT=3",
        &[],
        &[
            ("2026-03-28 02:30", "2026-03-28 01:30"),
            ("2026-03-29 02:30", "2026-03-29 01:30"),
            ("2026-03-30 02:30", "2026-03-30 00:30"),
        ],
    ),
    (
        MADRID,
        "2026-10-24 02:30",
        "FREQ=DAILY;COUNT=3",
        &[],
        &[
            ("2026-10-24 02:30", "2026-10-24 00:30"),
            ("2026-10-25 02:30", "2026-10-25 00:30"),
            ("2026-10-26 02:30", "2026-10-26 01:30"),
        ],
    ),
    // Half an hour of daylight saving: UTC+10:30 and UTC+11.
    (
        LORD_HOWE,
        "2026-10-03 02:15",
        "FREQ=DAILY;COUNT=3",
        &[],
        &[
            ("2026-10-03 02:15", "2026-10-02 15:45"),
            ("2026-10-04 02:15", "2026-10-03 15:45"),
            ("2026-10-05 02:15", "2026-10-04 15:15"),
        ],
    ),
    (
        LORD_HOWE,
        "2026-04-04 01:45",
        "FREQ=DAILY;COUNT=3",
        &[],
        &[
            ("2026-04-04 01:45", "2026-04-03 14:45"),
            ("2026-04-05 01:45", "2026-04-04 14:45"),
            ("2026-04-06 01:45", "2026-04-05 15:15"),
        ],
    ),
    (
        Zone::named("Asia/Kolkata"),
        "2026-12-31 04:00",
        "FREQ=DAILY;COUNT=2",
        &[],
        &[("2026-12-31 04:00", "2026-12-30 22:30"), ("2027-01-01 04:00", "2026-12-31 22:30")],
    ),
    // The zone left out 30 December 2011 altogether: UTC-10 before, UTC+14 after.
    (
        Zone::named("Pacific/Apia"),
        "2011-12-29 12:00",
        "FREQ=DAILY;COUNT=3",
        &[],
        &[
            ("2011-12-29 12:00", "2011-12-29 22:00"),
            ("2011-12-30 12:00", "2011-12-30 22:00"),
            ("2011-12-31 12:00", "2011-12-30 22:00"),
        ],
    ),
    // UNTIL in its three forms, each inclusive.
    (
        MEXICO,
        "2026-11-16 09:00",
        "FREQ=DAILY;UNTIL=20261118T150000Z",
        &[],
        &[
            ("2026-11-16 09:00", "2026-11-16 15:00"),
            ("2026-11-17 09:00", "2026-11-17 15:00"),
            ("2026-11-18 09:00", "2026-11-18 15:00"),
        ],
    ),
    (
        MEXICO,
        "2026-11-16 09:00",
        "FREQ=DAILY;UNTIL=20261118T145959Z",
        &[],
        &[("2026-11-16 09:00", "2026-11-16 15:00"), ("2026-11-17 09:00", "2026-11-17 15:00")],
    ),
    (
        MEXICO,
        "2026-11-16 09:00",
        "FREQ=DAILY;UNTIL=20261118T085959",
        &[],
        &[("2026-11-16 09:00", "2026-11-16 15:00"), ("2026-11-17 09:00", "2026-11-17 15:00")],
    ),
    (
        MEXICO,
        "2026-11-16 23:00",
        "FREQ=DAILY;UNTIL=20261117",
        &[],
        &[("2026-11-16 23:00", "2026-11-17 05:00"), ("2026-11-17 23:00", "2026-11-18 05:00")],
    ),
    // Around a change of the clocks the instant decides: 01:15Z is 02:15 for the second time, after the first
    // 02:30 (00:30Z); on 29 March 01:15Z is 03:15, before the 02:30 that stands for 03:30 (01:30Z).
    (
        MADRID,
        "2026-10-24 02:30",
        "FREQ=DAILY;UNTIL=20261025T011500Z",
        &[],
        &[("2026-10-24 02:30", "2026-10-24 00:30"), ("2026-10-25 02:30", "2026-10-25 00:30")],
    ),
    (
        MADRID,
        "2026-03-28 02:30",
        "FREQ=DAILY;UNTIL=20260329T011500Z",
        &[],
        &[("2026-03-28 02:30", "2026-03-28 01:30")],
    ),
    // An exception counts towards COUNT.
    (
        MADRID,
        "2026-11-02 10:00",
        "FREQ=WEEKLY;COUNT=4",
        &["2026-11-02 10:00", "2026-11-16 10:00"],
        &[("2026-11-09 10:00", "2026-11-09 09:00"), ("2026-11-23 10:00", "2026-11-23 09:00")],
    ),
    (
        MEXICO,
        "2026-11-10 18:30",
        "FREQ=MONTHLY;BYDAY=2TU;COUNT=3",
        &[],
        &[
            ("2026-11-10 18:30", "2026-11-11 00:30"),
            ("2026-12-08 18:30", "2026-12-09 00:30"),
            ("2027-01-12 18:30", "2027-01-13 00:30"),
        ],
    ),
    (
        MADRID,
        "2026-10-30 17:00",
        "FREQ=MONTHLY;BYDAY=-1FR;COUNT=3",
        &[],
        &[
            ("2026-10-30 17:00", "2026-10-30 16:00"),
            ("2026-11-27 17:00", "2026-11-27 16:00"),
            ("2026-12-25 17:00", "2026-12-25 16:00"),
        ],
    ),
    // The last working day of the month.
    (
        MADRID,
        "2026-10-30 17:00",
        "FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1",
        &[],
        &[
            ("2026-10-30 17:00", "2026-10-30 16:00"),
            ("2026-11-30 17:00", "2026-11-30 16:00"),
            ("2026-12-31 17:00", "2026-12-31 16:00"),
            ("2027-01-29 17:00", "2027-01-29 16:00"),
        ],
    ),
    // The set of a week is whole even where the first start is late in it: WE is the second of MO,WE.
    (
        UTC,
        "2026-11-18 08:00",
        "FREQ=WEEKLY;BYDAY=MO,WE,FR;BYSETPOS=2",
        &[],
        &[("2026-11-18 08:00", "2026-11-18 08:00"), ("2026-11-25 08:00", "2026-11-25 08:00")],
    ),
    (
        MADRID,
        "2024-02-29 12:00",
        "FREQ=YEARLY;COUNT=3",
        &[],
        &[
            ("2024-02-29 12:00", "2024-02-29 11:00"),
            ("2028-02-29 12:00", "2028-02-29 11:00"),
            ("2032-02-29 12:00", "2032-02-29 11:00"),
        ],
    ),
    (
        MADRID,
        "2026-01-31 10:00",
        "FREQ=MONTHLY;COUNT=4",
        &[],
        &[
            ("2026-01-31 10:00", "2026-01-31 09:00"),
            ("2026-03-31 10:00", "2026-03-31 08:00"),
            ("2026-05-31 10:00", "2026-05-31 08:00"),
            ("2026-07-31 10:00", "2026-07-31 08:00"),
        ],
    ),
    // Without BYDAY a week number means the weekday of the first start. 2026 has 53 weeks, 2027 has 52.
    (
        UTC,
        "2026-12-31 00:00",
        "FREQ=YEARLY;BYWEEKNO=-1;COUNT=2",
        &[],
        &[("2026-12-31 00:00", "2026-12-31 00:00"), ("2027-12-30 00:00", "2027-12-30 00:00")],
    ),
    // 1936 had 53 weeks, 1937 only 52, the last of which ended on 2 January.
    (
        UTC,
        "1936-12-26 00:00",
        "FREQ=YEARLY;BYWEEKNO=52;BYDAY=SA;COUNT=3",
        &[],
        &[
            ("1936-12-26 00:00", "1936-12-26 00:00"),
            ("1938-01-01 00:00", "1938-01-01 00:00"),
            ("1938-12-31 00:00", "1938-12-31 00:00"),
        ],
    ),
];

#[test]
fn awkward_cases() {
    for (zone, first, rule, except, expected) in CASES {
        let mut pattern = pattern(*zone, first, rule);
        pattern.except = except.iter().map(|start| at(start)).collect();
        let most = if pattern.is_endless() { expected.len() } else { usize::MAX };
        let starts = all(&pattern, most);
        let locals: Vec<_> = expected.iter().map(|(local, _)| at(local)).collect();
        let instants: Vec<_> = expected.iter().map(|(_, utc)| at(utc).and_utc()).collect();
        assert_eq!(starts, locals, "{rule} from {first}");
        assert_eq!(
            starts.iter().map(|s| (*zone).instant(*s)).collect::<Vec<_>>(),
            instants,
            "{rule} from {first}"
        );
        assert_eq!(pattern.last(), locals.last().copied().filter(|_| !pattern.is_endless()), "{rule}");
    }
}

/// RFC 5545, 3.8.5.3: rule and dates, the first of them being DTSTART; 09:00 in New York. A rule without an end
/// is followed as far as the RFC lists it.
const RFC: &[(&str, &str)] = &[
    (
        "FREQ=DAILY;COUNT=10",
        "19970902 19970903 19970904 19970905 19970906 19970907 19970908 19970909 19970910 19970911",
    ),
    ("FREQ=DAILY;INTERVAL=10;COUNT=5", "19970902 19970912 19970922 19971002 19971012"),
    (
        "FREQ=WEEKLY;COUNT=10",
        "19970902 19970909 19970916 19970923 19970930 19971007 19971014 19971021 19971028 19971104",
    ),
    (
        "FREQ=WEEKLY;INTERVAL=2;WKST=SU",
        "19970902 19970916 19970930 19971014 19971028 19971111 19971125 19971209 19971223 19980106 19980120 19980203 19980217",
    ),
    (
        "FREQ=WEEKLY;UNTIL=19971007T000000Z;WKST=SU;BYDAY=TU,TH",
        "19970902 19970904 19970909 19970911 19970916 19970918 19970923 19970925 19970930 19971002",
    ),
    (
        "FREQ=WEEKLY;INTERVAL=2;UNTIL=19971224T000000Z;WKST=SU;BYDAY=MO,WE,FR",
        "19970901 19970903 19970905 19970915 19970917 19970919 19970929 19971001 19971003 19971013 19971015 19971017 19971027 19971029 19971031 19971110 19971112 19971114 19971124 19971126 19971128 19971208 19971210 19971212 19971222",
    ),
    (
        "FREQ=WEEKLY;INTERVAL=2;COUNT=8;WKST=SU;BYDAY=TU,TH",
        "19970902 19970904 19970916 19970918 19970930 19971002 19971014 19971016",
    ),
    (
        "FREQ=MONTHLY;COUNT=10;BYDAY=1FR",
        "19970905 19971003 19971107 19971205 19980102 19980206 19980306 19980403 19980501 19980605",
    ),
    ("FREQ=MONTHLY;UNTIL=19971224T000000Z;BYDAY=1FR", "19970905 19971003 19971107 19971205"),
    (
        "FREQ=MONTHLY;INTERVAL=2;COUNT=10;BYDAY=1SU,-1SU",
        "19970907 19970928 19971102 19971130 19980104 19980125 19980301 19980329 19980503 19980531",
    ),
    ("FREQ=MONTHLY;COUNT=6;BYDAY=-2MO", "19970922 19971020 19971117 19971222 19980119 19980216"),
    ("FREQ=MONTHLY;BYMONTHDAY=-3", "19970928 19971029 19971128 19971229 19980129 19980226"),
    (
        "FREQ=MONTHLY;COUNT=10;BYMONTHDAY=2,15",
        "19970902 19970915 19971002 19971015 19971102 19971115 19971202 19971215 19980102 19980115",
    ),
    (
        "FREQ=MONTHLY;COUNT=10;BYMONTHDAY=1,-1",
        "19970930 19971001 19971031 19971101 19971130 19971201 19971231 19980101 19980131 19980201",
    ),
    (
        "FREQ=MONTHLY;INTERVAL=18;COUNT=10;BYMONTHDAY=10,11,12,13,14,15",
        "19970910 19970911 19970912 19970913 19970914 19970915 19990310 19990311 19990312 19990313",
    ),
    (
        "FREQ=MONTHLY;INTERVAL=2;BYDAY=TU",
        "19970902 19970909 19970916 19970923 19970930 19971104 19971111 19971118 19971125 19980106 19980113 19980120 19980127 19980303",
    ),
    (
        "FREQ=YEARLY;COUNT=10;BYMONTH=6,7",
        "19970610 19970710 19980610 19980710 19990610 19990710 20000610 20000710 20010610 20010710",
    ),
    (
        "FREQ=YEARLY;INTERVAL=2;COUNT=10;BYMONTH=1,2,3",
        "19970310 19990110 19990210 19990310 20010110 20010210 20010310 20030110 20030210 20030310",
    ),
    (
        "FREQ=YEARLY;INTERVAL=3;COUNT=10;BYYEARDAY=1,100,200",
        "19970101 19970410 19970719 20000101 20000409 20000718 20030101 20030410 20030719 20060101",
    ),
    ("FREQ=YEARLY;BYDAY=20MO", "19970519 19980518 19990517"),
    ("FREQ=YEARLY;BYWEEKNO=20;BYDAY=MO", "19970512 19980511 19990517"),
    (
        "FREQ=YEARLY;BYMONTH=3;BYDAY=TH",
        "19970313 19970320 19970327 19980305 19980312 19980319 19980326 19990304 19990311 19990318 19990325",
    ),
    (
        "FREQ=YEARLY;BYDAY=TH;BYMONTH=6,7,8",
        "19970605 19970612 19970619 19970626 19970703 19970710 19970717 19970724 19970731 19970807 19970814 19970821 19970828 19980604",
    ),
    // The RFC leaves out its DTSTART, which no rule gives, by an EXDATE.
    ("FREQ=MONTHLY;BYDAY=FR;BYMONTHDAY=13", "19980213 19980313 19981113 19990813 20001013"),
    (
        "FREQ=MONTHLY;BYDAY=SA;BYMONTHDAY=7,8,9,10,11,12,13",
        "19970913 19971011 19971108 19971213 19980110 19980207 19980307 19980411 19980509 19980613",
    ),
    ("FREQ=YEARLY;INTERVAL=4;BYMONTH=11;BYDAY=TU;BYMONTHDAY=2,3,4,5,6,7,8", "19961105 20001107 20041102"),
    ("FREQ=MONTHLY;COUNT=3;BYDAY=TU,WE,TH;BYSETPOS=3", "19970904 19971007 19971106"),
    (
        "FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-2",
        "19970929 19971030 19971127 19971230 19980129 19980226 19980330",
    ),
    ("FREQ=WEEKLY;INTERVAL=2;COUNT=4;BYDAY=TU,SU;WKST=MO", "19970805 19970810 19970819 19970824"),
    ("FREQ=WEEKLY;INTERVAL=2;COUNT=4;BYDAY=TU,SU;WKST=SU", "19970805 19970817 19970819 19970831"),
    ("FREQ=MONTHLY;BYMONTHDAY=15,30;COUNT=5", "20070115 20070130 20070215 20070315 20070330"),
];

#[test]
fn the_examples_of_the_rfc() {
    let nine = NaiveTime::from_hms_opt(9, 0, 0).unwrap();
    for (rule, dates) in RFC {
        let dates: Vec<NaiveDateTime> = dates
            .split(' ')
            .map(|day| NaiveDate::parse_from_str(day, "%Y%m%d").unwrap().and_time(nine))
            .collect();
        let pattern = pattern(NEW_YORK, &dates[0].format("%Y-%m-%d %H:%M").to_string(), rule);
        let most = if pattern.is_endless() { dates.len() } else { usize::MAX };
        assert_eq!(all(&pattern, most), dates, "{rule}");
    }
    // Every day until 24 December, and in January of three years, given in two ways.
    let daily = all(&pattern(NEW_YORK, "1997-09-02 09:00", "FREQ=DAILY;UNTIL=19971224T000000Z"), usize::MAX);
    assert_eq!((daily.len(), daily[112]), (113, at("1997-12-23 09:00")));
    let january = "UNTIL=20000131T140000Z;BYMONTH=1";
    let yearly =
        pattern(NEW_YORK, "1998-01-01 09:00", &format!("FREQ=YEARLY;{january};BYDAY=SU,MO,TU,WE,TH,FR,SA"));
    let daily = pattern(NEW_YORK, "1998-01-01 09:00", &format!("FREQ=DAILY;{january}"));
    assert_eq!(all(&yearly, usize::MAX), all(&daily, usize::MAX));
    assert_eq!(all(&daily, usize::MAX).len(), 93);
}

#[test]
fn refusals_say_what_is_wrong() {
    let parts =
        "FREQ, INTERVAL, COUNT, UNTIL, BYMONTH, BYWEEKNO, BYYEARDAY, BYMONTHDAY, BYDAY, BYSETPOS, WKST";
    let freq = "must have a FREQ of DAILY, WEEKLY, MONTHLY or YEARLY";
    let form = "must be parts like FREQ=WEEKLY with a semicolon between each two, as in FREQ=WEEKLY;BYDAY=MO";
    let until = "must have as UNTIL a date (20261231), a local time (20261231T090000) or a time in UTC (20261231T150000Z)";
    let pattern = "must describe a pattern that the first start belongs to, and that one is on Wednesday, 18 November 2026";
    let numbered =
        "must not number the days of BYDAY (2MO) except in a MONTHLY rule, or a YEARLY one without BYWEEKNO";
    let table = [
        ("", form.into()),
        ("FREQ=DAILY;", form.into()),
        ("COUNT=3", freq.into()),
        ("FREQ=HOURLY", freq.into()),
        ("FREQ=DAILY;FREQ=DAILY", "must have FREQ only once".into()),
        ("FREQ=DAILY;BYHOUR=9", "must not have BYHOUR: an event has one time of day, that of its first start".into()),
        ("FREQ=YEARLY;BYEASTER=0", format!("must not have the part \"BYEASTER\"; allowed are {parts}")),
        ("FREQ=DAILY;COUNT=3;UNTIL=20270101", "must have COUNT or UNTIL, not both".into()),
        ("FREQ=DAILY;COUNT=0", "must have as COUNT a whole number from 1 to 1000".into()),
        ("FREQ=DAILY;COUNT=1001", "must have as COUNT a whole number from 1 to 1000".into()),
        ("FREQ=DAILY;INTERVAL=0", "must have as INTERVAL a whole number from 1 to 1000".into()),
        ("FREQ=DAILY;INTERVAL=-1", "must have as INTERVAL a whole number from 1 to 1000".into()),
        ("FREQ=DAILY;UNTIL=2026-12-31", until.into()),
        ("FREQ=DAILY;UNTIL=20261331", until.into()),
        ("FREQ=DAILY;UNTIL=21000101", "must have an UNTIL in the years 1900 to 2099".into()),
        ("FREQ=DAILY;UNTIL=99991231T235959Z", "must have an UNTIL in the years 1900 to 2099".into()),
        ("FREQ=DAILY;UNTIL=18991231T235959", "must have an UNTIL in the years 1900 to 2099".into()),
        ("FREQ=DAILY;UNTIL=20261231T09", until.into()),
        ("FREQ=DAILY;UNTIL=20261118T085959", "must have an UNTIL that is not before the first start, 2026-11-18 09:00:00".into()),
        ("FREQ=DAILY;BYMONTH=13", "must have as BYMONTH numbers from 1 to 12 with commas between them".into()),
        ("FREQ=DAILY;BYMONTH=-1", "must have as BYMONTH numbers from 1 to 12 with commas between them".into()),
        ("FREQ=DAILY;BYMONTHDAY=0", "must have as BYMONTHDAY numbers from 1 to 31 with commas between them, negative to count from the end".into()),
        ("FREQ=WEEKLY;WKST=XX", "must have as WKST one of MO, TU, WE, TH, FR, SA and SU".into()),
        ("FREQ=WEEKLY;BYMONTHDAY=18", "must not have BYMONTHDAY in a WEEKLY rule".into()),
        ("FREQ=MONTHLY;BYYEARDAY=322", "must not have BYYEARDAY outside a YEARLY rule".into()),
        ("FREQ=MONTHLY;BYWEEKNO=47", "must not have BYWEEKNO outside a YEARLY rule".into()),
        ("FREQ=WEEKLY;BYDAY=1WE", numbered.into()),
        ("FREQ=YEARLY;BYWEEKNO=47;BYDAY=1WE", numbered.into()),
        ("FREQ=MONTHLY;BYDAY=3WE,TH", "must number all the days of BYDAY or none: 1MO,3MO or MO,WE".into()),
        ("FREQ=YEARLY;INTERVAL=2;BYWEEKNO=47", "must not have BYWEEKNO together with BYSETPOS or an INTERVAL above 1".into()),
        ("FREQ=MONTHLY;BYSETPOS=1", "must not have BYSETPOS without another part that begins with BY".into()),
        ("FREQ=WEEKLY;BYDAY=MO,TH", pattern.into()),
        ("FREQ=MONTHLY;BYMONTHDAY=17", pattern.into()),
        // Never, and so not on the first start either.
        ("FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30", pattern.into()),
        ("FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30", pattern.into()),
        ("FREQ=WEEKLY;BYMONTH=11;BYDAY=WE;BYSETPOS=7", pattern.into()),
    ];
    for (rule, why) in table {
        assert_eq!(Rule::parse(rule, MADRID, at("2026-11-18 09:00")), Err(why), "{rule}");
    }
    let days = Rule::parse("FREQ=MONTHLY;BYDAY=MÉ", MADRID, at("2026-11-18 09:00")).unwrap_err();
    assert!(days.starts_with("must have as BYDAY some of MO, TU, WE, TH, FR, SA and SU, or"), "{days}");
    let long = format!("FREQ=DAILY;BYMONTH={}11", "11,".repeat(170));
    assert_eq!(
        Rule::parse(&long, MADRID, at("2026-11-18 09:00")),
        Err("must have at most 500 characters".into())
    );
    let year = Err("must have its first start in the years 1900 to 2099".into());
    assert_eq!(Rule::parse("FREQ=DAILY", MADRID, at("2100-01-01 09:00")), year);
}

#[test]
fn the_text_is_canonical() {
    let table = [
        (
            "RRULE:freq=weekly;byday=su,MO,mo;interval=1;wkst=mo",
            "2026-11-16 09:00",
            "FREQ=WEEKLY;BYDAY=MO,SU",
        ),
        (
            "WKST=SU;BYDAY=MO;INTERVAL=2;FREQ=WEEKLY",
            "2026-11-16 09:00",
            "FREQ=WEEKLY;INTERVAL=2;BYDAY=MO;WKST=SU",
        ),
        ("FREQ=MONTHLY;BYDAY=+1MO,-1FR", "2026-11-02 09:00", "FREQ=MONTHLY;BYDAY=-1FR,1MO"),
        (
            "BYMONTHDAY=31,-1,1;FREQ=MONTHLY;COUNT=007",
            "2026-11-01 09:00",
            "FREQ=MONTHLY;COUNT=7;BYMONTHDAY=-1,1,31",
        ),
        ("FREQ=DAILY;UNTIL=20261231", "2026-11-01 09:00", "FREQ=DAILY;UNTIL=20261231T235959"),
        ("FREQ=DAILY;UNTIL=20261231T160000Z", "2026-11-01 09:00", "FREQ=DAILY;UNTIL=20261231T100000"),
        ("FREQ=DAILY;UNTIL=20991231T235959Z", "2026-11-01 09:00", "FREQ=DAILY;UNTIL=20991231T175959"),
    ];
    for (text, first, canonical) in table {
        assert_eq!(pattern(MEXICO, first, text).rule.to_string(), canonical);
    }
}

#[test]
fn a_calendar_file_gets_until_in_utc_or_as_a_date() {
    let timed = pattern(MADRID, "2026-10-20 10:00", "FREQ=WEEKLY;BYDAY=TU;UNTIL=20261110");
    assert_eq!(timed.to_ics(false), "FREQ=WEEKLY;UNTIL=20261110T090000Z;BYDAY=TU");
    let whole = pattern(MADRID, "2026-10-20 00:00", "FREQ=DAILY;UNTIL=20261110");
    assert_eq!(whole.to_ics(true), "FREQ=DAILY;UNTIL=20261110");
    let before = pattern(MADRID, "2026-10-20 10:00", "FREQ=DAILY;UNTIL=20261110T095959");
    assert_eq!(before.to_ics(false), "FREQ=DAILY;UNTIL=20261109T090000Z");
    assert_eq!(pattern(MADRID, "2026-10-20 10:00", "FREQ=DAILY;COUNT=2").to_ics(false), "FREQ=DAILY;COUNT=2");
}

#[test]
fn what_can_be_moved() {
    let days = "must stay on its day: the rule names days or months, so change the rule instead";
    let month =
        "must stay in its month and on a day from 1 to 28, which every month has; change the rule instead";
    let (hour, day) = (Duration::hours(1), Duration::days(1));
    let table = [
        ("2026-11-16 09:00", "FREQ=WEEKLY;BYDAY=MO,SU", day, Ok("FREQ=WEEKLY;BYDAY=MO,TU")),
        (
            "2026-11-16 09:00",
            "FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,SU",
            day,
            Ok("FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,TU;WKST=TU"),
        ),
        ("2026-11-16 23:30", "FREQ=WEEKLY;BYDAY=MO", hour, Ok("FREQ=WEEKLY;BYDAY=TU")),
        ("2026-11-16 00:30", "FREQ=WEEKLY;BYDAY=MO", -hour, Ok("FREQ=WEEKLY;BYDAY=SU")),
        ("2026-11-16 09:00", "FREQ=DAILY;UNTIL=20261120T090000", day, Ok("FREQ=DAILY;UNTIL=20261121T090000")),
        ("2026-11-16 09:00", "FREQ=WEEKLY;BYMONTH=11", day, Err(days)),
        ("2026-11-16 09:00", "FREQ=DAILY;BYDAY=MO", day, Err(days)),
        ("2026-11-16 09:00", "FREQ=MONTHLY;BYDAY=3MO", day, Err(days)),
        ("2026-11-16 09:00", "FREQ=MONTHLY;BYDAY=3MO", hour, Ok("FREQ=MONTHLY;BYDAY=3MO")),
        ("2026-11-27 09:00", "FREQ=MONTHLY", day, Ok("FREQ=MONTHLY")),
        ("2026-11-28 09:00", "FREQ=MONTHLY", day, Err(month)),
        ("2026-11-29 09:00", "FREQ=MONTHLY", -day, Err(month)),
        ("2026-11-01 09:00", "FREQ=YEARLY", -day, Err(month)),
        ("2026-11-05 09:00", "FREQ=YEARLY", day * 365, Err(month)),
        ("1900-01-01 09:00", "FREQ=DAILY", -day, Err("must have its first start in the years 1900 to 2099")),
        ("2026-11-05 09:00", "FREQ=DAILY", Duration::MAX, Err("must move by whole seconds")),
    ];
    for (first, rule, by, expected) in table {
        let moved = pattern(MADRID, first, rule).moved(by);
        assert_eq!(
            moved.as_ref().map(|moved| moved.first),
            expected.map(|_| at(first) + by).map_err(Into::into).as_ref().copied(),
            "{rule}"
        );
        assert_eq!(
            moved.map(|moved| moved.rule.to_string()),
            expected.map(Into::into).map_err(Into::into),
            "{rule}"
        );
    }
}

#[test]
fn parting_in_two() {
    let mut whole = pattern(MADRID, "2026-11-02 10:00", "FREQ=WEEKLY;COUNT=5");
    whole.except = BTreeSet::from([at("2026-11-09 10:00"), at("2026-11-23 10:00")]);
    assert_eq!(whole.parted(at("2026-11-17 10:00")), None);
    assert_eq!(whole.parted(at("2026-12-07 10:00")), None);
    let (before, after) = whole.parted(at("2026-11-16 10:00")).unwrap();
    let before = before.unwrap();
    assert_eq!(
        (before.rule.to_string(), before.except.len()),
        ("FREQ=WEEKLY;UNTIL=20261102T100000".into(), 0)
    );
    assert_eq!((after.rule.to_string(), after.first), ("FREQ=WEEKLY;COUNT=3".into(), at("2026-11-16 10:00")));
    assert_eq!(after.except, BTreeSet::from([at("2026-11-23 10:00")]));
    assert_eq!(whole.parted(at("2026-11-02 10:00")), Some((None, whole.clone())));
}

#[test]
fn years_are_bounded() {
    let daily = pattern(UTC, "2099-12-30 00:00", "FREQ=DAILY;UNTIL=20991231");
    assert_eq!(all(&daily, usize::MAX), [at("2099-12-30 00:00"), at("2099-12-31 00:00")]);
    assert_eq!(daily.last(), Some(at("2099-12-31 00:00")));
    assert_eq!(daily.starts(at("2100-01-01 00:00"), NaiveDateTime::MAX, 9), []);
    let early = pattern(UTC, "1900-01-01 00:00", "FREQ=WEEKLY;WKST=SU"); // its week begins in 1899
    assert_eq!(all(&early, 2), [at("1900-01-01 00:00"), at("1900-01-08 00:00")]);
}

/// A second reading of the RFC, day by day and without the library.
fn plainly(rule: &Rule, first: NaiveDate, until: NaiveDate) -> Vec<NaiveDate> {
    let begin = rule.period(first);
    let end = rule.period(until) + Days::new(366); // whole periods
    let mut found = Vec::new();
    let mut period: Vec<NaiveDate> = Vec::new();
    for day in begin.iter_days().take_while(|day| *day <= end) {
        if rule.period(day) == day {
            let picked = (1_i16..).zip(&period).filter(|(n, _)| {
                let back = n - period.len() as i16 - 1;
                rule.positions.is_empty() || rule.positions.contains(n) || rule.positions.contains(&back)
            });
            found.extend(picked.map(|(_, day)| *day));
            period.clear();
        }
        if steps(rule, begin, rule.period(day)) % i64::from(rule.interval) == 0 && matches(rule, first, day) {
            period.push(day);
        }
    }
    found.retain(|day| (first..until).contains(day));
    found
}

/// How many periods lie between two.
fn steps(rule: &Rule, from: NaiveDate, to: NaiveDate) -> i64 {
    match rule.frequency {
        Frequency::Yearly => i64::from(to.year() - from.year()),
        Frequency::Monthly => {
            i64::from((to.year() - from.year()) * 12) + i64::from(to.month()) - i64::from(from.month())
        }
        Frequency::Weekly => (to - from).num_days() / 7,
        _ => (to - from).num_days(),
    }
}

fn matches(rule: &Rule, first: NaiveDate, day: NaiveDate) -> bool {
    let both = |list: &[i16], n: u32, of: u32| {
        list.is_empty() || list.contains(&(n as i16)) || list.contains(&(n as i16 - of as i16 - 1))
    };
    let year = if day.leap_year() { 366 } else { 365 };
    let month = u32::from(day.num_days_in_month());
    let (week, weeks) = week(day, rule.week_start);
    let (n, of) = match rule.frequency {
        Frequency::Yearly if rule.months.is_empty() => (day.ordinal(), year),
        _ => (day.day(), month),
    };
    let nth = ((n - 1) / 7 + 1) as i16;
    let nth_last = -(((of - n) / 7 + 1) as i16);
    let by_day =
        rule.days.iter().any(|(number, name)| *name == day.weekday() && [0, nth, nth_last].contains(number));
    let named = rule.names_days();
    let implied = match rule.frequency {
        Frequency::Weekly => named || day.weekday() == first.weekday(),
        Frequency::Monthly => named || day.day() == first.day(),
        Frequency::Yearly if named => {
            let alone = rule.days.is_empty() && rule.year_days.is_empty() && rule.month_days.is_empty();
            !alone || day.weekday() == first.weekday()
        }
        Frequency::Yearly => {
            day.day() == first.day() && (!rule.months.is_empty() || day.month() == first.month())
        }
        _ => true,
    };
    implied
        && both(&rule.months, day.month(), 99)
        && both(&rule.weeks, week, weeks)
        && both(&rule.year_days, day.ordinal(), year)
        && both(&rule.month_days, day.day(), month)
        && (rule.days.is_empty() || by_day)
}

/// The number of a day's week and how many its year has: week 1 is that of 4 January.
fn week(day: NaiveDate, start: Weekday) -> (u32, u32) {
    let one = |year| {
        let fourth = NaiveDate::from_ymd_opt(year, 1, 4).unwrap();
        fourth - Days::new(fourth.weekday().days_since(start).into())
    };
    let year = (day.year() - 1..=day.year() + 1).rfind(|year| one(*year) <= day).unwrap();
    let weeks = |days: Duration| days.num_weeks() as u32;
    (weeks(day - one(year)) + 1, weeks(one(year + 1) - one(year)))
}

fn some(name: &'static str, values: Vec<String>, most: usize) -> impl Strategy<Value = String> {
    let list = subsequence(values, 1..=most).prop_map(move |chosen| format!(";{name}={}", chosen.join(",")));
    prop_oneof![2 => Just(String::new()), 1 => list]
}

fn span(numbers: impl Iterator<Item = i32>) -> Vec<String> {
    numbers.filter(|n| *n != 0).map(|n| n.to_string()).collect()
}

fn day_names(numbers: &[&str]) -> Vec<String> {
    numbers.iter().flat_map(|n| WEEKDAYS.iter().map(move |(name, _)| format!("{n}{name}"))).collect()
}

/// Rules without an end; some are refused.
fn rules() -> impl Strategy<Value = String> {
    let months = || some("BYMONTH", span(1..=12), 6);
    let plain = || some("BYDAY", day_names(&[""]), 7);
    let month_days = || some("BYMONTHDAY", span(-31..=31), 8);
    let positions = |most: i32| some("BYSETPOS", span(-most..=most), 2);
    let numbered = |numbers: &[&str]| prop_oneof![plain(), some("BYDAY", day_names(numbers), 4)];
    let daily = (months(), plain(), month_days(), positions(1));
    let weekly = (months(), plain(), Just(String::new()), positions(3));
    let monthly = (months(), numbered(&["1", "2", "5", "-1", "-4"]), month_days(), positions(4));
    let yearly = (months(), numbered(&["1", "5", "20", "53", "-1", "-52"]), month_days(), positions(9));
    let weeks = (months(), plain(), some("BYWEEKNO", span(-53..=53), 9), Just(String::new()));
    let days = (Just(String::new()), plain(), some("BYYEARDAY", span(-366..=366), 30), positions(5));
    let join = |(a, b, c, d): (String, String, String, String)| a + &b + &c + &d;
    let parts = prop_oneof![
        daily.prop_map(move |parts| format!("DAILY{}", join(parts))),
        weekly.prop_map(move |parts| format!("WEEKLY{}", join(parts))),
        monthly.prop_map(move |parts| format!("MONTHLY{}", join(parts))),
        prop_oneof![
            yearly.prop_map(move |parts| format!("YEARLY{}", join(parts))),
            weeks.prop_map(move |parts| format!("YEARLY{}", join(parts))),
            days.prop_map(move |parts| format!("YEARLY{}", join(parts))),
        ],
    ];
    (parts, 1..5, prop::sample::select(WEEKDAYS.map(|(name, _)| name).to_vec()))
        .prop_map(|(parts, interval, start)| format!("FREQ={parts};INTERVAL={interval};WKST={start}"))
}

/// Patterns whose first start is found by [`plainly`], so that parsing them is a test already.
fn patterns(ends: bool) -> impl Strategy<Value = Pattern> {
    let zones = prop::sample::select(vec![UTC, MADRID, MEXICO, LORD_HOWE]);
    let end = prop_oneof![
        Just((None, None)),
        (1..60u16).prop_map(|count| (Some(count), None)),
        (0..2000i64).prop_map(|days| (None, Some(days))),
    ];
    let except = prop::collection::vec(0..40usize, 0..5);
    (rules(), 1950..2035, 0..366u32, 0..96i64, zones, end, except).prop_filter_map(
        "a rule that is refused, or has no start in six years",
        move |(text, year, day, quarter, zone, (count, until), except)| {
            let time = NaiveTime::MIN + Duration::minutes(quarter * 15);
            let sought = NaiveDate::from_ymd_opt(year, 1, 1).unwrap() + Days::new(day.into());
            let raw = Rule::read(&parts(&text).unwrap(), zone, sought.and_time(time)).unwrap();
            raw.check_parts().ok()?;
            // Where the rule leaves the day to the first start, any day will do.
            let mut tries = sought.iter_days().take(6 * 366);
            let first = tries.find(|day| {
                matches(&raw, *day, *day) && plainly(&raw, *day, *day + Days::new(1)) == [*day]
            })?;
            let first = first.and_time(time);
            let text = match (count, until) {
                (Some(count), _) if ends => format!("{text};COUNT={count}"),
                (_, Some(days)) if ends => {
                    format!("{text};UNTIL={}", (first + Duration::days(days)).format("%Y%m%dT%H%M%S"))
                }
                _ => text,
            };
            let rule =
                Rule::parse(&text, zone, first).unwrap_or_else(|why| panic!("{text} from {first}: {why}"));
            let mut pattern = Pattern { zone, first, rule, except: BTreeSet::new() };
            if ends {
                let starts = pattern.starts(first, first + Duration::days(2000), 40);
                pattern.except = except.iter().filter_map(|n| starts.get(*n).copied()).collect();
            }
            Some(pattern)
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, max_global_rejects: 100_000, ..ProptestConfig::default() })]

    /// Near the first start and far from it, where the search jumps ahead.
    #[test]
    fn starts_are_those_of_the_rfc(pattern in patterns(false), far in 0..20_000i64) {
        let first = pattern.first;
        let from = first + Duration::days(far);
        let until = from + Duration::days(800);
        let plain = plainly(&pattern.rule, first.date(), until.date());
        let starts = |from: NaiveDateTime, until: NaiveDateTime| -> Vec<NaiveDateTime> {
            plain.iter().map(|day| day.and_time(first.time())).filter(|s| (from..until).contains(s)).collect()
        };
        prop_assert_eq!(pattern.starts(from, until, usize::MAX), starts(from, until), "{}", pattern.rule);
        let soon = first + Duration::days(800);
        prop_assert_eq!(pattern.starts(first, soon, usize::MAX), starts(first, soon.min(until)), "{}", pattern.rule);
        // The jump against the library walking all the way.
        let walked = pattern.rule.dates(first.date(), pattern.rule.period(first.date()));
        let walked: Vec<_> = walked.map(|day| day.and_time(first.time())).skip_while(|s| *s < from.max(first))
            .take_while(|s| *s < until).collect();
        prop_assert_eq!(pattern.starts(from, until, usize::MAX), walked, "{}", pattern.rule);
    }

    #[test]
    fn a_window_is_the_sum_of_its_halves(pattern in patterns(true), from in -500..3000i64, hours in (0..20_000i64, 0..20_000i64), most in 0..50usize) {
        let from = pattern.first + Duration::days(from);
        let middle = from + Duration::hours(hours.0);
        let until = middle + Duration::hours(hours.1);
        let whole = pattern.starts(from, until, usize::MAX);
        let halves = [pattern.starts(from, middle, usize::MAX), pattern.starts(middle, until, usize::MAX)].concat();
        prop_assert_eq!(&whole, &halves);
        prop_assert!(whole.is_sorted_by(|a, b| a < b));
        prop_assert!(whole.iter().all(|s| (from..until).contains(s) && *s >= pattern.first && !pattern.except.contains(s)));
        prop_assert_eq!(pattern.starts(from, until, most), &whole[..most.min(whole.len())]);
    }

    #[test]
    fn the_last_start_is_the_last_of_all(pattern in patterns(true)) {
        let last = if pattern.is_endless() { None } else { all(&pattern, usize::MAX).pop() };
        prop_assert_eq!(pattern.last(), last);
    }

    #[test]
    fn moving_moves_each_start(pattern in patterns(true), days in -40..40i64, seconds in -86_400..86_400i64) {
        for by in [Duration::days(days), Duration::seconds(seconds), Duration::days(days) + Duration::seconds(seconds)] {
            let within = (pattern.first + by).date() == pattern.first.date();
            let Ok(moved) = pattern.moved(by) else {
                prop_assert!(!within, "a move within the day was refused");
                continue;
            };
            let (from, until) = (pattern.first, pattern.first + Duration::days(3000));
            let shifted: Vec<_> = pattern.starts(from, until, 300).iter().map(|start| *start + by).collect();
            prop_assert_eq!(moved.starts(from + by, until + by, 300), shifted, "{}", moved.rule);
            prop_assert_eq!(Rule::parse(&moved.rule.to_string(), moved.zone, moved.first), Ok(moved.rule));
        }
    }

    #[test]
    fn the_two_parts_make_the_whole(pattern in patterns(true), n in 0..40usize) {
        let (from, until) = (pattern.first, pattern.first + Duration::days(3000));
        let occurrences: Vec<_> = pattern.rule.run(from, from).take_while(|s| *s < until).take(40).collect();
        let at = occurrences[n % occurrences.len()];
        let (before, after) = pattern.parted(at).unwrap();
        let whole = pattern.starts(from, until, usize::MAX);
        let early: Vec<_> = whole.iter().copied().filter(|start| *start < at).collect();
        prop_assert_eq!(before.as_ref().map_or(Vec::new(), |before| all(before, usize::MAX)), early);
        let late: Vec<_> = whole.iter().copied().filter(|start| *start >= at).collect();
        prop_assert_eq!(after.starts(NaiveDateTime::MIN, until, usize::MAX), late);
        prop_assert_eq!(after.is_endless(), pattern.is_endless());
        for part in before.iter().chain([&after]) {
            prop_assert_eq!(Rule::parse(&part.rule.to_string(), part.zone, part.first), Ok(part.rule.clone()));
        }
    }

    #[test]
    fn texts_are_read_back(pattern in patterns(true)) {
        let read = |text: &str| Rule::parse(text, pattern.zone, pattern.first);
        prop_assert_eq!(read(&pattern.rule.to_string()), Ok(pattern.rule.clone()));
        let file = Pattern { rule: read(&pattern.to_ics(false)).unwrap(), ..pattern.clone() };
        let days = Pattern { rule: read(&pattern.to_ics(true)).unwrap(), ..pattern.clone() };
        let until = pattern.first + Duration::days(2500);
        let starts = pattern.starts(pattern.first, until, usize::MAX);
        prop_assert_eq!(file.starts(pattern.first, until, usize::MAX), starts.clone());
        prop_assert_eq!(days.starts(pattern.first, until, usize::MAX), starts);
    }

    #[test]
    fn any_text_is_answered(text in "(RRULE:)?FREQ=(DAILY|WEEKLY|MONTHLY|YEARLY)(;(COUNT|UNTIL|BYDAY|BYMONTH|BYSETPOS|WKST|BYWEEKNO)=[-+0-9MOTUZé,]{0,17}){0,4}") {
        if let Err(why) = Rule::parse(&text, MADRID, at("2026-11-18 09:00")) {
            prop_assert!(why.starts_with("must "), "{}", why);
        }
    }
}
