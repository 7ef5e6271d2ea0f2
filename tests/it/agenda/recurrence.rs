//! Series by a rule: which instants they have, in which range, and which rules are refused.

use chrono::{Days, NaiveDate};
use serde_json::{Value, json};

use super::{EVENT, moved, pick, plan, starts};
use crate::support::{Actor, Refusals, TestApp};

const MEXICO: &str = "America/Mexico_City";
const MADRID: &str = "Europe/Madrid";

/// The starts of a series within some years, to the minute.
async fn laid(actor: &Actor, event: &Value, from: &str, until: &str) -> Vec<String> {
    let range = json!({ "start": format!("{from}T00:00:00Z"), "end": format!("{until}T00:00:00Z") });
    starts(&look(actor, range, event).await)
}

/// The occurrences of the event's series in a range.
async fn look(actor: &Actor, range: Value, event: &Value) -> Vec<Value> {
    let filter = json!({ "seriesId": event["series"]["id"] });
    pick(actor, range, filter, "id version title start end state recurrenceId firstDay lastDay").await
}

/// An hour from then on, again and again by this rule.
async fn series(actor: &Actor, zone: &str, start: &str, rule: &str, except: &[&str]) -> Value {
    let begins: chrono::DateTime<chrono::Utc> = start.parse().expect("an instant");
    let fields = json!({ "start": start, "end": begins + chrono::Duration::hours(1), "timeZone": zone,
        "recurrence": { "rule": rule, "except": except } });
    plan(actor, fields).await
}

#[tokio::test]
async fn a_rule_gives_these_instants_and_no_others() {
    let app = TestApp::start().await;
    let ana = app.ana().await;
    let ten = |days: &[&str]| days.iter().map(|day| format!("2027-{day}T16:00")).collect::<Vec<_>>();
    let table: &[(&str, &str, &[&str], &[&str])] = &[
        ("02-01", "FREQ=DAILY;COUNT=4", &[], &["02-01", "02-02", "02-03", "02-04"]),
        ("02-01", "FREQ=DAILY;COUNT=4", &["02-02"], &["02-01", "02-03", "02-04"]),
        ("02-01", "FREQ=DAILY;COUNT=4", &["02-01", "02-04"], &["02-02", "02-03"]),
        ("02-01", "FREQ=DAILY;UNTIL=20270203", &[], &["02-01", "02-02", "02-03"]),
        ("02-01", "FREQ=DAILY;UNTIL=20270203T160000Z", &[], &["02-01", "02-02", "02-03"]),
        ("02-01", "FREQ=DAILY;UNTIL=20270203T155959Z", &[], &["02-01", "02-02"]),
        ("02-01", "FREQ=DAILY;UNTIL=20270203T100000", &[], &["02-01", "02-02", "02-03"]),
        ("02-01", "FREQ=WEEKLY;BYDAY=FR,MO,WE;COUNT=5", &[], &["02-01", "02-03", "02-05", "02-08", "02-10"]),
        ("02-01", "FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,SU;COUNT=4", &[], &["02-01", "02-07", "02-15", "02-21"]),
        (
            "02-01",
            "FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,SU;COUNT=4;WKST=SU",
            &[],
            &["02-01", "02-14", "02-15", "02-28"],
        ),
        (
            "01-29",
            "FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1;COUNT=4",
            &[],
            &["01-29", "02-26", "03-31", "04-30"],
        ),
        ("02-08", "FREQ=MONTHLY;BYDAY=2MO;COUNT=3", &[], &["02-08", "03-08", "04-12"]),
        ("02-26", "FREQ=MONTHLY;BYDAY=-1FR;COUNT=3", &["03-26"], &["02-26", "04-30"]),
        ("01-31", "FREQ=MONTHLY;COUNT=4", &[], &["01-31", "03-31", "05-31", "07-31"]),
        ("01-31", "FREQ=MONTHLY;BYMONTHDAY=-1;COUNT=3", &[], &["01-31", "02-28", "03-31"]),
    ];
    for (first, rule, except, expected) in table {
        let except = ten(except).iter().map(|at| format!("{at}:00Z")).collect::<Vec<_>>();
        let except: Vec<&str> = except.iter().map(String::as_str).collect();
        let event = series(&ana, MEXICO, &format!("2027-{first}T16:00:00Z"), rule, &except).await;
        assert_eq!(laid(&ana, &event, "2027-01-01", "2028-06-01").await, ten(expected), "{rule}");
    }
}

#[tokio::test]
async fn an_event_keeps_its_hour_when_the_clocks_change() {
    let app = TestApp::start().await;
    let ana = app.ana().await;
    let table: &[(&str, &str, &str, &[&str])] = &[
        // Mexico gave up its summer time in October 2022.
        (
            MEXICO,
            "2022-10-19T15:00:00Z",
            "FREQ=WEEKLY;COUNT=4",
            &["2022-10-19T15:00", "2022-10-26T15:00", "2022-11-02T16:00", "2022-11-09T16:00"],
        ),
        (
            MEXICO,
            "2022-01-19T16:00:00Z",
            "FREQ=MONTHLY;INTERVAL=6;COUNT=4",
            &["2022-01-19T16:00", "2022-07-19T15:00", "2023-01-19T16:00", "2023-07-19T16:00"],
        ),
        (
            MADRID,
            "2027-03-27T09:00:00Z",
            "FREQ=DAILY;COUNT=3",
            &["2027-03-27T09:00", "2027-03-28T08:00", "2027-03-29T08:00"],
        ),
        // Half past two is skipped on the 28th: it is read as half past three.
        (
            MADRID,
            "2027-03-27T01:30:00Z",
            "FREQ=DAILY;COUNT=3",
            &["2027-03-27T01:30", "2027-03-28T01:30", "2027-03-29T00:30"],
        ),
        // Half past two comes twice on the 31st: it is the first.
        (
            MADRID,
            "2027-10-30T00:30:00Z",
            "FREQ=DAILY;COUNT=3",
            &["2027-10-30T00:30", "2027-10-31T00:30", "2027-11-01T01:30"],
        ),
        // The clocks of Lord Howe change by half an hour.
        (
            "Australia/Lord_Howe",
            "2027-03-26T23:00:00Z",
            "FREQ=WEEKLY;COUNT=3",
            &["2027-03-26T23:00", "2027-04-02T23:00", "2027-04-09T23:30"],
        ),
        (
            "Asia/Kolkata",
            "2027-03-27T04:30:00Z",
            "FREQ=DAILY;COUNT=2",
            &["2027-03-27T04:30", "2027-03-28T04:30"],
        ),
    ];
    for (zone, start, rule, expected) in table {
        let event = series(&ana, zone, start, rule, &[]).await;
        assert_eq!(laid(&ana, &event, "2022-01-01", "2028-01-01").await, *expected, "{zone} {start}");
    }
}

#[tokio::test]
async fn an_occurrence_of_a_skipped_hour_can_be_left_out() {
    let app = TestApp::start().await;
    let ana = app.ana().await;
    let left_out = ["2027-03-28T01:30:00Z"];
    let event = series(&ana, MADRID, "2027-03-27T01:30:00Z", "FREQ=DAILY;COUNT=3", &left_out).await;
    let expected = ["2027-03-27T01:30", "2027-03-29T00:30"];
    assert_eq!(laid(&ana, &event, "2027-01-01", "2028-01-01").await, expected);
}

#[tokio::test]
async fn occurrences_that_cross_the_edges_of_a_range_are_in_it() {
    let app = TestApp::start().await;
    let ana = app.ana().await;
    // From ten at night to two in the morning.
    let nights = json!({ "start": "2027-02-01T04:00:00Z", "end": "2027-02-01T08:00:00Z", "timeZone": MEXICO,
        "recurrence": { "rule": "FREQ=DAILY;COUNT=10" } });
    let event = plan(&ana, nights).await;
    for (from, until, expected) in [
        ("02-03T06:00", "02-04T06:00", &["02-03T04:00", "02-04T04:00"][..]),
        ("02-03T08:00", "02-04T04:00", &[]),
        ("02-03T07:59", "02-04T04:01", &["02-03T04:00", "02-04T04:00"]),
        ("01-01T00:00", "02-01T04:01", &["02-01T04:00"]),
        ("02-10T07:59", "03-01T00:00", &["02-10T04:00"]),
        ("02-10T08:00", "03-01T00:00", &[]),
    ] {
        let range = json!({ "start": format!("2027-{from}:00Z"), "end": format!("2027-{until}:00Z") });
        let expected: Vec<String> = expected.iter().map(|at| format!("2027-{at}")).collect();
        assert_eq!(starts(&look(&ana, range, &event).await), expected, "{from} to {until}");
    }
}

#[tokio::test]
async fn whole_days_are_on_their_dates_wherever_one_looks_from() {
    let app = TestApp::start().await;
    let ana = app.ana().await;
    for (title, zone, start, end) in [
        ("Mexico", MEXICO, "2026-11-21T06:00:00Z", "2026-11-22T06:00:00Z"),
        ("Auckland", "Pacific/Auckland", "2026-11-20T11:00:00Z", "2026-11-21T11:00:00Z"),
        ("two days", MADRID, "2026-11-20T23:00:00Z", "2026-11-22T23:00:00Z"),
    ] {
        let fields = json!({ "title": title, "start": start, "end": end, "timeZone": zone, "allDay": true });
        plan(&ana, fields).await;
    }
    let all = ["Auckland", "two days", "Mexico"];
    for (zone, start, end, expected) in [
        (Some(MADRID), "2026-11-19T23", "2026-11-20T23", &[][..]),
        (Some(MADRID), "2026-11-20T23", "2026-11-21T23", &all),
        (Some(MADRID), "2026-11-21T23", "2026-11-22T23", &["two days"]),
        (Some(MADRID), "2026-11-22T23", "2026-11-23T23", &[]),
        (Some(MEXICO), "2026-11-20T06", "2026-11-21T06", &[]),
        (Some(MEXICO), "2026-11-21T06", "2026-11-22T06", &all),
        (Some(MEXICO), "2026-11-22T06", "2026-11-23T06", &["two days"]),
        // Without a zone by their own midnights.
        (None, "2026-11-20T06", "2026-11-21T06", &["Auckland", "two days"]),
        (None, "2026-11-21T23", "2026-11-22T23", &["two days", "Mexico"]),
    ] {
        let range =
            json!({ "start": format!("{start}:00:00Z"), "end": format!("{end}:00:00Z"), "timeZone": zone });
        let found = pick(&ana, range, json!({}), "title").await;
        let found: Vec<&str> = found.iter().filter_map(|event| event["title"].as_str()).collect();
        assert_eq!(found, expected, "{zone:?} {start}");
    }
}

#[tokio::test]
async fn whole_days_recur_also_where_midnight_is_skipped() {
    let app = TestApp::start().await;
    let ana = app.ana().await;
    // In Santiago the clocks go from midnight to one o'clock on 5 September 2027.
    let fields = json!({ "start": "2027-09-05T04:00:00Z", "end": "2027-09-06T03:00:00Z", "allDay": true,
        "timeZone": "America/Santiago", "recurrence": { "rule": "FREQ=DAILY;COUNT=2" } });
    let event = plan(&ana, fields).await;
    let range = json!({ "start": "2027-09-01T00:00:00Z", "end": "2027-10-01T00:00:00Z" });
    let found = look(&ana, range, &event).await;
    let part = |name: &str| found.iter().map(|event| event[name].clone()).collect::<Vec<_>>();
    assert_eq!(part("start"), ["2027-09-05T04:00:00+00:00", "2027-09-06T03:00:00+00:00"]);
    assert_eq!(part("end"), ["2027-09-06T03:00:00+00:00", "2027-09-07T03:00:00+00:00"]);
    assert_eq!(
        (part("firstDay"), part("lastDay")),
        (part("lastDay"), vec![json!("2027-09-05"), json!("2027-09-06")])
    );
    // The day before ends at that midnight, and only touches it.
    let fields = json!({ "start": "2027-09-04T04:00:00Z", "end": "2027-09-05T04:00:00Z", "allDay": true,
        "timeZone": "America/Santiago" });
    let day = ana.run("agendaEventCreate", with_title(fields), "agendaEvent { firstDay lastDay end }").await;
    let expected =
        json!({ "firstDay": "2027-09-04", "lastDay": "2027-09-04", "end": "2027-09-05T04:00:00+00:00" });
    assert_eq!(day["agendaEvent"], expected);
}

fn with_title(mut fields: Value) -> Value {
    fields["title"] = json!("Visit");
    fields
}

#[tokio::test]
async fn what_was_moved_is_where_it_is_and_what_was_cancelled_is_known_as_such() {
    let app = TestApp::start().await;
    let ana = app.ana().await;
    let event = series(&ana, MEXICO, "2027-02-01T16:00:00Z", "FREQ=WEEKLY;COUNT=5", &[]).await;
    let all = json!({ "start": "2027-01-01T00:00:00Z", "end": "2027-06-01T00:00:00Z" });
    let found = look(&ana, all, &event).await;
    moved(&ana, &found[1], "THIS", "2027-03-10T18:00:00Z").await; // 8 February: out of February
    moved(&ana, &found[4], "THIS", "2027-02-03T12:00:00Z").await; // 1 March: into it
    let gone = json!({ "id": found[2]["id"], "expectedVersion": 1 });
    assert_eq!(ana.run("agendaEventCancel", gone, EVENT).await["userErrors"], json!([]));
    let february = json!({ "start": "2027-02-01T06:00:00Z", "end": "2027-03-01T06:00:00Z" });
    let seen = look(&ana, february, &event).await;
    let row = |event: &Value| format!("{} {} {}", event["start"], event["recurrenceId"], event["state"]);
    assert_eq!(
        seen.iter().map(row).collect::<Vec<_>>(),
        [
            r#""2027-02-01T16:00:00+00:00" "2027-02-01T16:00:00+00:00" "PLANNED""#,
            r#""2027-02-03T12:00:00+00:00" "2027-03-01T16:00:00+00:00" "PLANNED""#,
            r#""2027-02-15T16:00:00+00:00" "2027-02-15T16:00:00+00:00" "CANCELLED""#,
            r#""2027-02-22T16:00:00+00:00" "2027-02-22T16:00:00+00:00" "PLANNED""#,
        ]
    );
    let march = json!({ "start": "2027-03-01T06:00:00Z", "end": "2027-04-01T06:00:00Z" });
    let seen = look(&ana, march, &event).await;
    assert_eq!(
        seen.iter().map(row).collect::<Vec<_>>(),
        [r#""2027-03-10T18:00:00+00:00" "2027-02-08T16:00:00+00:00" "PLANNED""#]
    );
}

#[tokio::test]
async fn the_29th_of_february_is_seen_eight_years_ahead() {
    let app = TestApp::start().await;
    let ana = app.ana().await;
    let event = series(&ana, MEXICO, "2028-02-29T16:00:00Z", "FREQ=YEARLY", &[]).await;
    assert_eq!(laid(&ana, &event, "2036-01-01", "2036-10-01").await, ["2036-02-29T16:00"]);
    let all = ["2028-02-29T16:00", "2032-02-29T16:00", "2036-02-29T16:00"];
    assert_eq!(laid(&ana, &event, "2028-01-01", "2036-10-01").await, all);
}

#[tokio::test]
async fn a_daily_rule_without_an_end_is_read_page_by_page_nine_years_ahead() {
    let app = TestApp::start().await;
    let ana = app.ana().await;
    let event = series(&ana, MEXICO, "2027-01-01T16:00:00Z", "FREQ=DAILY", &[]).await;
    let first = NaiveDate::from_ymd_opt(2035, 7, 1).expect("a day");
    let expected: Vec<String> = (0..184).map(|day| format!("{}T16:00", first + Days::new(day))).collect();
    assert_eq!(expected.last().map(String::as_str), Some("2035-12-31T16:00"));
    let query =
        "query($range: DateTimeRangeInput!, $first: Int, $after: String, $last: Int, $before: String) {
        agendaEvents(range: $range, first: $first, after: $after, last: $last, before: $before) {
            nodes { id start } totalCount pageInfo { startCursor endCursor hasNextPage hasPreviousPage } } }";
    let range = json!({ "start": "2035-07-01T06:00:00Z", "end": "2036-01-01T06:00:00Z" });
    let (mut forth, mut after) = (Vec::new(), Value::Null);
    loop {
        let page = ana.data(query, json!({ "range": range, "first": 50, "after": after })).await;
        let page = &page["agendaEvents"];
        assert_eq!(page["totalCount"], 184);
        forth.extend(page["nodes"].as_array().expect("a list").clone());
        after = page["pageInfo"]["endCursor"].clone();
        if page["pageInfo"]["hasNextPage"] == false {
            break;
        }
    }
    assert_eq!(starts(&forth), expected, "each once, in their order");
    let (mut back, mut before) = (Vec::new(), Value::Null);
    loop {
        let page = ana.data(query, json!({ "range": range, "last": 50, "before": before })).await;
        let page = &page["agendaEvents"];
        back.splice(0..0, page["nodes"].as_array().expect("a list").clone());
        before = page["pageInfo"]["startCursor"].clone();
        if page["pageInfo"]["hasPreviousPage"] == false {
            break;
        }
    }
    assert_eq!(back, forth, "the same rows from the end");
    assert_eq!(
        laid(&ana, &event, "2027-01-01", "2027-01-03").await,
        ["2027-01-01T16:00", "2027-01-02T16:00"]
    );
    let again = pick(&ana, range, json!({}), "id start").await;
    assert_eq!(again, forth, "laid out once");
}

#[tokio::test]
async fn a_rule_that_is_none_is_refused_and_nothing_is_written() {
    let app = TestApp::start().await;
    let ana = app.ana().await;
    let before = (app.traces().await, app.rows("agenda_event").await, app.rows("agenda_series").await);
    for rule in [
        "",
        "every Monday",
        "FREQ=HOURLY",
        "FREQ=DAILY;BYHOUR=9",
        "FREQ=DAILY;COUNT=0",
        "FREQ=DAILY;COUNT=2;UNTIL=20270301",
        "FREQ=DAILY;UNTIL=20270131",
        "FREQ=DAILY;INTERVAL=0",
        "FREQ=WEEKLY;BYDAY=XX",
        "FREQ=WEEKLY;BYDAY=2MO",
        "FREQ=WEEKLY;BYDAY=TU",
        "FREQ=MONTHLY;BYMONTHDAY=32",
        "FREQ=MONTHLY;BYSETPOS=1",
        "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30",
        "FREQ=DAILY;FREQ=DAILY",
        "FREQ=DAILY;UNTIL=21000101",
        "FREQ=DAILY;UNTIL=99991231T235959Z",
    ] {
        let fields = with_title(json!({ "start": "2027-02-01T16:00:00Z", "end": "2027-02-01T17:00:00Z",
            "timeZone": MEXICO, "recurrence": { "rule": rule } }));
        let refused = ana.run("agendaEventCreate", fields, EVENT).await;
        let expected = [("RULE_INVALID".to_owned(), "recurrence.rule".to_owned())];
        assert_eq!(refused.refusals(), expected, "{rule}");
        assert_eq!(refused["agendaEvent"], Value::Null);
    }
    let for_ever = with_title(json!({ "start": "2027-02-01T16:00:00Z", "end": "2027-02-01T17:00:00Z",
        "recurrence": { "rule": "FREQ=YEARLY;UNTIL=21000101T000000Z" } }));
    let refused = ana.run("agendaEventCreate", for_ever, EVENT).await;
    assert_eq!(refused["userErrors"][0]["message"], "must have an UNTIL in the years 1900 to 2099");
    let nothing = with_title(json!({ "start": "2027-02-01T16:00:00Z", "end": "2027-02-01T17:00:00Z",
        "recurrence": { "rule": "FREQ=DAILY;COUNT=1", "except": ["2027-02-01T16:00:00Z"] } }));
    let refused = ana.run("agendaEventCreate", nothing, EVENT).await;
    assert_eq!(refused.refusals(), [("RULE_INVALID".to_owned(), "recurrence.except".to_owned())]);
    let after = (app.traces().await, app.rows("agenda_event").await, app.rows("agenda_series").await);
    assert_eq!(after, before);
}
