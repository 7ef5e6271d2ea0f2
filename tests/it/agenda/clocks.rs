//! What the clocks do to the agenda: the rules of this year, hours that are skipped, exceptions, the window of the feed.

use reqwest::{Method, header};
use serde_json::{Value, json};

use super::{EVENT, between, moved, pick, plan, starts};
use crate::support::{Actor, Refusals, Setup, TestApp};

const NEW_YORK: &str = "America/New_York";

async fn path(actor: &Actor) -> String {
    let made = actor.run("agendaFeedCreate", json!({}), "feedPath").await;
    made["feedPath"].as_str().expect("a path").to_owned()
}

/// The feed, folded lines joined.
async fn file(app: &TestApp, path: &str) -> String {
    let answer = app.nobody().request(Method::GET, path).send().await.expect("an answer");
    assert_eq!(answer.status(), 200);
    answer.text().await.expect("a body").replace("\r\n ", "")
}

/// How often a line stands in a file.
fn lines(text: &str, line: &str) -> usize {
    text.lines().filter(|found| *found == line).count()
}

#[tokio::test]
async fn the_rules_that_came_in_2026_hold() {
    let app = TestApp::start().await;
    let ana = app.ana().await;
    let day = json!({ "start": "2026-12-15T06:00:00Z", "end": "2026-12-16T06:00:00Z", "allDay": true,
        "timeZone": "America/Edmonton" });
    let made = ana
        .run(
            "agendaEventCreate",
            json!({ "title": "Fair", "start": day["start"], "end": day["end"],
        "allDay": true, "timeZone": day["timeZone"] }),
            "agendaEvent { start end firstDay lastDay }",
        )
        .await;
    assert_eq!(
        made["agendaEvent"],
        json!({ "start": "2026-12-15T06:00:00+00:00", "end": "2026-12-16T06:00:00+00:00",
            "firstDay": "2026-12-15", "lastDay": "2026-12-15" })
    );
    // Ten o'clock by the clock there: Vancouver and Edmonton stay as in summer, Casablanca went back in September.
    for (zone, first, expected) in [
        (
            "America/Vancouver",
            "2026-10-25T17:00:00Z",
            ["2026-10-25T17:00", "2026-11-01T17:00", "2026-11-08T17:00"],
        ),
        (
            "America/Edmonton",
            "2026-10-25T16:00:00Z",
            ["2026-10-25T16:00", "2026-11-01T16:00", "2026-11-08T16:00"],
        ),
        (
            "Africa/Casablanca",
            "2026-09-13T09:00:00Z",
            ["2026-09-13T09:00", "2026-09-20T10:00", "2026-09-27T10:00"],
        ),
    ] {
        let begins: chrono::DateTime<chrono::Utc> = first.parse().expect("an instant");
        let event = plan(
            &ana,
            json!({ "start": first, "end": begins + chrono::Duration::hours(1), "timeZone": zone,
            "recurrence": { "rule": "FREQ=WEEKLY;COUNT=3" } }),
        )
        .await;
        let range = json!({ "start": "2026-09-01T00:00:00Z", "end": "2027-01-01T00:00:00Z" });
        let laid = pick(&ana, range, json!({ "seriesId": event["series"]["id"] }), "start").await;
        assert_eq!(starts(&laid), expected, "{zone}");
    }
    // The feed carries the same rules: no clock there is ever put back again.
    let beto = app.beto().await;
    let feed = path(&beto).await;
    for (zone, gone, kept) in
        [("America/Vancouver", "-0800", "-0700"), ("America/Edmonton", "-0700", "-0600")]
    {
        let at = "2027-12-15T17:00:00Z";
        plan(&beto, json!({ "start": at, "end": at, "timeZone": zone })).await;
        let text = file(&app, &feed).await;
        let defined = text.split("BEGIN:VTIMEZONE").find(|text| text.contains(&format!("TZID:{zone}\r\n")));
        let defined = defined.and_then(|text| text.split("END:VTIMEZONE").next()).expect("it is defined");
        assert!(!defined.contains(&format!("TZOFFSETTO:{gone}")) && !defined.contains("RRULE"), "{defined}");
        assert!(defined.contains(&format!("TZOFFSETTO:{kept}")), "{defined}");
    }
}

#[tokio::test]
async fn a_series_parted_where_the_clocks_skip_keeps_its_hour_in_the_feed() {
    let app = TestApp::start().await;
    let ana = app.ana().await;
    let feed = path(&ana).await;
    let fields = json!({ "start": "2027-03-10T07:30:00Z", "end": "2027-03-10T08:30:00Z", "timeZone": NEW_YORK,
        "recurrence": { "rule": "FREQ=DAILY;COUNT=8" } });
    plan(&ana, fields).await;
    let days = between(&ana, "2027-03-10T00:00:00Z", "2027-03-20T00:00:00Z", "id version start").await;
    assert_eq!(starts(&days)[4], "2027-03-14T07:30", "half past two is skipped: it is half past three");
    let later = json!({ "id": days[4]["id"], "expectedVersion": 1, "scope": "FOLLOWING", "title": "Later" });
    assert_eq!(ana.run("agendaEventUpdate", later, EVENT).await["userErrors"], json!([]));
    let text = file(&app, &feed).await;
    assert_eq!(lines(&text, "DTSTART;TZID=America/New_York:20270310T023000"), 1, "{text}");
    assert_eq!(lines(&text, "DTEND;TZID=America/New_York:20270310T033000"), 1, "{text}");
    assert_eq!(lines(&text, "DTSTART;TZID=America/New_York:20270314T023000"), 1, "{text}");
    assert_eq!(
        lines(&text, "DURATION:PT60M"),
        1,
        "by its end it would be two hours on all later days: {text}"
    );
    assert!(!text.contains("20270314T033000"), "{text}");
    let days = between(&ana, "2027-03-14T00:00:00Z", "2027-03-20T00:00:00Z", "start").await;
    assert_eq!(
        starts(&days),
        ["2027-03-14T07:30", "2027-03-15T06:30", "2027-03-16T06:30", "2027-03-17T06:30"]
    );
}

#[tokio::test]
async fn what_differs_on_the_day_that_the_clocks_skip_is_named_as_the_rule_names_it() {
    let app = TestApp::start().await;
    let ana = app.ana().await;
    let feed = path(&ana).await;
    let fields = json!({ "start": "2027-03-12T07:30:00Z", "end": "2027-03-12T08:30:00Z", "timeZone": NEW_YORK,
        "recurrence": { "rule": "FREQ=DAILY;COUNT=4", "except": ["2027-03-13T07:30:00Z"] } });
    plan(&ana, fields).await;
    let days = between(&ana, "2027-03-12T00:00:00Z", "2027-03-20T00:00:00Z", "id version start").await;
    assert_eq!(starts(&days), ["2027-03-12T07:30", "2027-03-14T07:30", "2027-03-15T06:30"]);
    moved(&ana, &days[1], "THIS", "2027-03-14T20:00:00Z").await;
    let text = file(&app, &feed).await;
    assert_eq!(lines(&text, "RECURRENCE-ID;TZID=America/New_York:20270314T023000"), 1, "{text}");
    assert_eq!(lines(&text, "DTSTART;TZID=America/New_York:20270314T160000"), 1, "{text}");
    // The series moves as a whole, and what was moved by itself stays where it is.
    let first = &between(&ana, "2027-03-12T00:00:00Z", "2027-03-13T00:00:00Z", "id version").await[0];
    moved(&ana, first, "ALL", "2027-03-12T08:30:00Z").await;
    let days = between(&ana, "2027-03-12T00:00:00Z", "2027-03-20T00:00:00Z", "start recurrenceId").await;
    assert_eq!(starts(&days), ["2027-03-12T08:30", "2027-03-14T20:00", "2027-03-15T07:30"]);
    assert_eq!(days[1]["recurrenceId"], "2027-03-14T07:30:00+00:00", "half past three there");
    // An exception on the day of the gap.
    let fields = json!({ "title": "Gap", "start": "2027-03-13T07:30:00Z", "end": "2027-03-13T08:30:00Z",
        "timeZone": NEW_YORK, "recurrence": { "rule": "FREQ=DAILY;COUNT=3", "except": ["2027-03-14T07:30:00Z"] } });
    let event = plan(&ana, fields).await;
    let range = json!({ "start": "2027-03-12T00:00:00Z", "end": "2027-03-20T00:00:00Z" });
    let laid = pick(&ana, range, json!({ "seriesId": event["series"]["id"] }), "start").await;
    assert_eq!(starts(&laid), ["2027-03-13T07:30", "2027-03-15T06:30"]);
    assert_eq!(lines(&file(&app, &feed).await, "EXDATE;TZID=America/New_York:20270314T023000"), 1);
}

#[tokio::test]
async fn an_exception_that_is_no_start_of_the_rule_is_refused() {
    let app = TestApp::start().await;
    let ana = app.ana().await;
    let wrong = vec![("INVALID".to_owned(), "recurrence.except".to_owned())];
    let weekly = |all_day: bool, except: &[&str]| {
        json!({ "title": "Visit", "start": "2027-02-01T06:00:00Z", "end": "2027-02-01T07:00:00Z", "allDay": all_day,
            "timeZone": "America/Mexico_City", "recurrence": { "rule": "FREQ=WEEKLY;COUNT=4", "except": except } })
    };
    for except in [
        &["2027-02-08T06:00:01Z"][..],                     // a second late
        &["2027-02-09T06:00:00Z"],                         // another day
        &["2027-01-25T06:00:00Z"],                         // before the first
        &["2027-03-01T06:00:00Z"],                         // behind the last
        &["2027-02-08T06:00:00Z", "2027-02-08T00:00:00Z"], // one of two
    ] {
        let refused = ana.run("agendaEventCreate", weekly(false, except), "event { id }").await;
        assert_eq!(refused.refusals(), wrong, "{except:?}");
    }
    for except in [&["2027-02-09T12:00:00Z"][..], &["2027-02-08T05:59:59Z"], &["2027-03-01T06:00:00Z"]] {
        let refused = ana.run("agendaEventCreate", weekly(true, except), "event { id }").await;
        assert_eq!(refused.refusals(), wrong, "{except:?}");
    }
    let all = json!({ "start": "2027-01-01T00:00:00Z", "end": "2028-01-01T00:00:00Z" });
    assert_eq!(pick(&ana, all.clone(), json!({}), "id").await, [Value::Null; 0], "nothing was written");
    // Whole days by their date, whatever the hour.
    for except in ["2027-02-08T06:00:00Z", "2027-02-08T18:30:00Z", "2027-02-09T05:59:59Z"] {
        let event = plan(&ana, weekly(true, &[except])).await;
        let laid = pick(&ana, all.clone(), json!({ "seriesId": event["series"]["id"] }), "firstDay").await;
        let days: Vec<&str> = laid.iter().map(|event| event["firstDay"].as_str().expect("a day")).collect();
        assert_eq!(days, ["2027-02-01", "2027-02-15", "2027-02-22"], "{except}");
    }
}

#[tokio::test]
async fn the_feed_holds_of_a_long_series_what_is_near() {
    let app = TestApp::start().await;
    let ana = app.ana().await;
    let feed = path(&ana).await;
    let began = chrono::SubsecRound::trunc_subsecs(app.app.clock.now(), 0) - chrono::Duration::days(1500);
    let fields = json!({ "start": began, "end": began + chrono::Duration::minutes(30), "timeZone": "UTC",
        "recurrence": { "rule": "FREQ=DAILY" } });
    let event = plan(&ana, fields).await;
    // Long ago most of it was cancelled, and one was put off until tomorrow.
    let series = json!({ "seriesId": event["series"]["id"] });
    let past = json!({ "start": began, "end": began + chrono::Duration::days(10) });
    let old = pick(&ana, past, series.clone(), "id version").await;
    for event in &old[1..] {
        let gone = json!({ "id": event["id"], "expectedVersion": 1 });
        assert_eq!(ana.run("agendaEventCancel", gone, EVENT).await["userErrors"], json!([]));
    }
    let tomorrow = app.app.clock.now() + chrono::Duration::hours(30);
    let to = json!({ "id": old[0]["id"], "expectedVersion": 1, "start": tomorrow,
        "end": tomorrow + chrono::Duration::minutes(30) });
    assert_eq!(ana.run("agendaEventReschedule", to, EVENT).await["userErrors"], json!([]));
    let text = file(&app, &feed).await;
    assert_eq!(text.matches("BEGIN:VEVENT").count(), 2, "the series, and what stands by itself: {text}");
    assert_eq!((text.matches("RRULE:FREQ=DAILY\r\n").count(), text.matches("RECURRENCE-ID").count()), (1, 0));
    let year = |text: &str| text[..4].parse::<i32>().expect("a year");
    let first =
        text.split("BEGIN:VEVENT").find(|part| part.contains("RRULE:FREQ=DAILY")).expect("the series");
    let first = first.split("DTSTART:").nth(1).expect("a start");
    assert!(year(first) > year(&began.to_rfc3339()) + 2, "it begins near now: {first}");
    // A day later the file is the same: it moves with the months.
    let today = app.app.clock.now() - chrono::Duration::days(90);
    app.app.clock.advance(std::time::Duration::from_secs(24 * 3600));
    if chrono::Datelike::day(&(today + chrono::Duration::days(1))) != 1 {
        assert_eq!(file(&app, &feed).await, text);
    }
    app.app.clock.advance(std::time::Duration::from_secs(32 * 24 * 3600));
    let later = file(&app, &feed).await;
    assert_ne!(later.split("RRULE").next(), text.split("RRULE").next());
    assert_eq!(later.matches("RRULE:FREQ=DAILY\r\n").count(), 1);
}

#[tokio::test]
async fn the_feed_costs_points_as_any_other_address_does() {
    let app = Setup::default().with("CABINA_POINTS_PER_MINUTE", 6000).start().await;
    let ana = app.ana().await;
    let feed = path(&ana).await;
    let get = async |path: &str| app.nobody().request(Method::GET, path).send().await.expect("an answer");
    assert_eq!(get(&feed).await.status(), 200);
    // One feed: once, and then it waits for its points.
    let refused = get(&feed).await;
    assert_eq!(refused.status(), 429);
    let wait: u64 = refused.headers()[header::RETRY_AFTER].to_str().expect("text").parse().expect("seconds");
    assert!((1..=60).contains(&wait), "{wait}");
    assert_eq!(refused.text().await.expect("a body"), "");
    // One address, whatever it guesses.
    let (mut statuses, began) = (Vec::new(), std::time::Instant::now());
    for guess in 0..40 {
        statuses.push(get(&format!("/agenda/guess-{guess}.ics")).await.status().as_u16());
    }
    let missing = statuses.iter().filter(|status| **status == 404).count();
    // Of 250 points each: 6,000 at once, and 100 more with each second that it takes.
    let most = 24 + usize::try_from(began.elapsed().as_millis() / 2500).expect("few") + 1;
    assert!((15..=most).contains(&missing), "{missing} of at most {most}: {statuses:?}");
    let refused = statuses.iter().filter(|status| **status == 429).count();
    assert_eq!(missing + refused, 40, "{statuses:?}");
}
