//! The feed for phone calendars: its address, and what another program reads in it.

use calcard::common::IanaString;
use calcard::icalendar::ICalendarComponent;
use reqwest::{Method, header};
use serde_json::{Value, json};

use super::{EVENT, moved, pick, plan};
use crate::support::{Actor, TestApp};

/// Makes a feed; gives its path.
async fn open(actor: &Actor) -> String {
    let made = actor.run("agendaFeedCreate", json!({}), "feedPath agendaSettings { feedSince }").await;
    assert_eq!(made["userErrors"], json!([]), "{made}");
    made["feedPath"].as_str().expect("a path").to_owned()
}

/// Status, tag and text of what a phone gets that knows a tag.
async fn get(app: &TestApp, path: &str, known: Option<&str>) -> (u16, Option<String>, String) {
    let mut request = app.nobody().request(Method::GET, path);
    if let Some(tag) = known {
        request = request.header(header::IF_NONE_MATCH, tag);
    }
    let response = request.send().await.expect("an answer");
    let tag = response.headers().get(header::ETAG).map(|tag| tag.to_str().expect("text").to_owned());
    (response.status().as_u16(), tag, response.text().await.expect("a body"))
}

#[tokio::test]
async fn a_phone_reads_the_file_anew_only_when_it_changed() {
    let app = TestApp::start().await;
    let ana = app.ana().await;
    let path = open(&ana).await;
    assert!(path.starts_with("/agenda/") && path.ends_with(".ics"), "{path}");
    let (status, tag, text) = get(&app, &path, None).await;
    assert_eq!((status, text.matches("BEGIN:VEVENT").count()), (200, 0));
    let tag = tag.expect("a tag");
    assert_eq!(get(&app, &path, Some(&tag)).await, (304, Some(tag.clone()), String::new()));
    let several = format!("\"other\", {tag}");
    assert_eq!(get(&app, &path, Some(&several)).await.0, 304);
    let strong = tag.trim_start_matches("W/").to_owned();
    assert_eq!(get(&app, &path, Some(&strong)).await.0, 304);
    assert_eq!(get(&app, &path, Some("\"other\"")).await.0, 200);
    plan(&ana, json!({ "start": "2027-02-01T16:00:00Z", "end": "2027-02-01T17:00:00Z" })).await;
    let (status, new, text) = get(&app, &path, Some(&tag)).await;
    assert_eq!((status, text.matches("BEGIN:VEVENT").count()), (200, 1));
    assert_ne!(new, Some(tag));
    let again = get(&app, &path, None).await;
    assert_eq!((again.1, again.2), (new, text), "the same events give the same file");
}

#[tokio::test]
async fn a_phone_that_has_the_file_costs_the_same_few_statements_however_much_is_in_it() {
    let app = TestApp::start().await;
    let ana = app.ana().await;
    let path = open(&ana).await;
    let mut counts = Vec::new();
    for count in [1, 300] {
        let recurrence = json!({ "rule": format!("FREQ=DAILY;COUNT={count}") });
        let fields = json!({ "start": "2027-02-01T16:00:00Z", "end": "2027-02-01T17:00:00Z", "recurrence": recurrence });
        plan(&ana, fields).await;
        let tag = get(&app, &path, None).await.1;
        for known in [None, tag.as_deref()] {
            let before = app.app.database.statements();
            get(&app, &path, known).await;
            counts.push(app.app.database.statements() - before);
        }
    }
    // Settings, user, series, the versions of the events in one row; and for the file the events.
    assert_eq!(counts, [5, 4, 5, 4]);
}

#[tokio::test]
async fn whatever_the_file_shows_has_another_tag_when_it_changes() {
    let app = TestApp::start().await;
    let (ana, beto, sofia, admin) = (app.ana().await, app.beto().await, app.sofia().await, app.admin().await);
    let path = open(&ana).await;
    let single = json!({ "start": "2026-12-01T16:00:00Z", "end": "2026-12-01T17:00:00Z" });
    let mine = plan(&ana, single.clone()).await;
    let his = plan(&beto, single.clone()).await;
    let series = json!({ "start": "2026-12-01T18:00:00Z", "end": "2026-12-01T19:00:00Z",
        "recurrence": { "rule": "FREQ=DAILY;COUNT=3" } });
    let first = plan(&ana, series).await;
    let days = json!({ "start": "2026-12-02T00:00:00Z", "end": "2026-12-04T00:00:00Z" });
    let laid = pick(&ana, days, json!({}), "id").await;
    let given = |event: &Value, version: i32, to: &Actor| json!({ "id": event["id"], "expectedVersion": version, "assigneeId": to.id });
    let titled = |event: &Value, version: i32, scope: &str| json!({ "id": event["id"], "expectedVersion": version, "scope": scope, "title": format!("{scope} {version}") });
    let seen = |event: &Value, version: i32| json!({ "id": event["id"], "expectedVersion": version });
    let (mut tag, mut text) = (Some(String::new()), String::new());
    for (actor, mutation, input) in [
        (&ana, "agendaEventCreate", {
            let mut new = single.clone();
            new["title"] = json!("New");
            new
        }),
        (&ana, "agendaEventUpdate", titled(&mine, 1, "THIS")),
        // One goes and another comes, alike in number and versions.
        (&sofia, "agendaEventAssign", given(&mine, 2, &beto)),
        (&sofia, "agendaEventAssign", given(&his, 1, &ana)),
        (&ana, "agendaEventUpdate", titled(&first, 1, "ALL")),
        (&ana, "agendaEventConfirm", seen(&laid[0], 2)),
        (&sofia, "agendaEventAssign", given(&laid[1], 2, &beto)),
        (
            &ana,
            "agendaEventCancel",
            json!({ "id": laid[0]["id"], "expectedVersion": 3, "scope": "FOLLOWING" }),
        ),
        (&ana, "agendaEventReopen", seen(&laid[0], 4)),
        (&ana, "agendaSettingsUpdate", json!({ "expectedVersion": 1, "reminders": [5] })),
        (&admin, "userUpdate", json!({ "id": ana.id, "expectedVersion": 1, "name": "Ana María" })),
        (&admin, "userUpdate", json!({ "id": ana.id, "expectedVersion": 2, "timeZone": "Europe/Madrid" })),
    ] {
        let done = actor.run(mutation, input, "event { id }").await;
        assert_eq!(done["userErrors"], json!([]), "{mutation}: {done}");
        let now = get(&app, &path, tag.as_deref()).await;
        assert_eq!(now.0, 200, "{mutation}");
        assert_ne!((&now.1, &now.2), (&tag, &text), "{mutation}");
        (tag, text) = (now.1, now.2);
        assert_eq!(get(&app, &path, tag.as_deref()).await.0, 304, "{mutation}");
    }
    // What is long over leaves the file by itself, and a series when all of it is.
    for then in ["2027-03-02T00:00:00Z", "2027-03-04T00:00:00Z"] {
        let then: chrono::DateTime<chrono::Utc> = then.parse().expect("an instant");
        app.app.clock.advance((then - app.app.clock.now()).to_std().expect("ahead"));
        let now = get(&app, &path, tag.as_deref()).await;
        assert_eq!(now.0, 200, "at {then}");
        assert_ne!(now.2, text);
        (tag, text) = (now.1, now.2);
    }
}

#[tokio::test]
async fn the_address_is_told_once_and_good_until_it_ends() {
    let app = TestApp::start().await;
    let (ana, beto, admin) = (app.ana().await, app.beto().await, app.admin().await);
    let key = json!({ "idempotencyKey": "once" });
    let made = ana.run("agendaFeedCreate", key.clone(), "feedPath").await;
    let first = made["feedPath"].as_str().expect("a path").to_owned();
    let again = ana.run("agendaFeedCreate", key, "feedPath").await;
    assert_eq!(again["feedPath"], Value::Null, "it is told once");
    assert_eq!(get(&app, &first, None).await.0, 200);
    let second = open(&ana).await;
    assert_eq!(get(&app, &first, None).await, (404, None, String::new()), "the old one is good no more");
    assert_eq!(get(&app, &second, None).await.0, 200);
    for wrong in ["/agenda/none.ics", "/agenda/.ics", second.trim_end_matches(".ics")] {
        assert_eq!(get(&app, wrong, None).await.0, 404, "{wrong}");
    }
    let his = open(&beto).await;
    let revoked = ana.run("agendaFeedRevoke", json!({}), "agendaSettings { feedSince } feedPath").await;
    assert_eq!(revoked["agendaSettings"]["feedSince"], Value::Null);
    assert_eq!(revoked["feedPath"], Value::Null);
    assert_eq!(get(&app, &second, None).await.0, 404);
    assert_eq!(get(&app, &his, None).await.0, 200, "another's stays");
    let disable = json!({ "id": beto.id, "expectedVersion": 1 });
    assert_eq!(admin.run("userDisable", disable, "user { id }").await["userErrors"], json!([]));
    assert_eq!(get(&app, &his, None).await.0, 404);
}

/// Start and end of all that takes place by calcard, in order of time.
///
/// It matches a changed occurrence with its series only where both have the same SEQUENCE, which the RFC does not ask
/// for: here all have none. It reads UNTIL in UTC as a local time, so the series of these tests end by COUNT, and of
/// those that are parted UNTIL is looked at by its text. It fails at a local time that comes twice.
fn read(text: &str) -> Vec<(String, String)> {
    let text: String = text.split_inclusive("\r\n").filter(|line| !line.starts_with("SEQUENCE:")).collect();
    let calcard::Entry::ICalendar(file) = calcard::Parser::new(&text).entry() else { panic!("{text}") };
    let read = file.expand_dates(calcard::common::timezone::Tz::UTC, 1000);
    assert_eq!(read.errors, []);
    let is_on = |component: &ICalendarComponent| {
        component.status().is_none_or(|status| status.as_str() != "CANCELLED")
    };
    let on = read.events.into_iter().filter(|event| is_on(&file.components[event.comp_id as usize]));
    let shown = |at: i64| {
        chrono::DateTime::from_timestamp(at, 0).expect("an instant").format("%Y-%m-%dT%H:%M").to_string()
    };
    let mut all: Vec<_> = on.map(|event| event.timestamps()).map(|(a, b)| (shown(a), shown(b))).collect();
    all.sort();
    all
}

/// Start and end of all that takes place, as the API has them; of whole days the dates.
async fn seen(actor: &Actor) -> Vec<(String, String)> {
    let range = json!({ "start": "2027-01-01T00:00:00Z", "end": "2028-01-01T00:00:00Z" });
    let open = json!({ "states": ["PLANNED", "CONFIRMED", "DONE"] });
    let found = pick(actor, range, open, "start end allDay firstDay lastDay").await;
    let text = |value: &Value| value.as_str().expect("text")[..16].to_owned();
    let day = |value: &Value| value.as_str().expect("a day").parse::<chrono::NaiveDate>().expect("a day");
    let midnight = |day: chrono::NaiveDate| format!("{day}T00:00");
    let row = |event: &Value| match event["allDay"].as_bool() {
        Some(true) => {
            (midnight(day(&event["firstDay"])), midnight(day(&event["lastDay"]) + chrono::Days::new(1)))
        }
        _ => (text(&event["start"]), text(&event["end"])),
    };
    let mut all: Vec<_> = found.iter().map(row).collect();
    all.sort();
    all
}

#[tokio::test]
async fn another_program_reads_the_same_instants() {
    let app = TestApp::start().await;
    let ana = app.ana().await;
    let path = open(&ana).await;
    let mut expected = 0;
    for (zone, start, rule, count) in [
        ("America/Mexico_City", "2027-02-01T16:00:00Z", None, 1),
        ("Europe/Madrid", "2027-03-26T09:00:00Z", Some("FREQ=DAILY;COUNT=5"), 5),
        ("Europe/Madrid", "2027-10-29T08:00:00Z", Some("FREQ=DAILY;COUNT=5"), 5),
        ("Australia/Lord_Howe", "2027-03-26T23:00:00Z", Some("FREQ=WEEKLY;COUNT=4"), 4),
        ("America/New_York", "2027-01-29T14:00:00Z", Some("FREQ=MONTHLY;BYDAY=-1FR;COUNT=11"), 11),
        ("UTC", "2027-05-01T10:00:00Z", Some("FREQ=WEEKLY;INTERVAL=2;BYDAY=SA,SU;COUNT=6"), 6),
    ] {
        let begins: chrono::DateTime<chrono::Utc> = start.parse().expect("an instant");
        let end = begins + chrono::Duration::minutes(90);
        let recurrence = rule.map(|rule| json!({ "rule": rule }));
        plan(&ana, json!({ "start": start, "end": end, "timeZone": zone, "recurrence": recurrence })).await;
        expected += count;
    }
    for (start, end, rule) in [
        ("2027-06-01T06:00:00Z", "2027-06-03T06:00:00Z", None),
        ("2027-06-10T06:00:00Z", "2027-06-11T06:00:00Z", Some("FREQ=WEEKLY;COUNT=3")),
    ] {
        let recurrence = rule.map(|rule| json!({ "rule": rule, "except": ["2027-06-17T06:00:00Z"] }));
        let fields = json!({ "start": start, "end": end, "timeZone": "America/Mexico_City", "allDay": true,
            "recurrence": recurrence });
        plan(&ana, fields).await;
    }
    expected += 1 + 2;
    let all = seen(&ana).await;
    assert_eq!(all.len(), expected);
    assert_eq!(read(&get(&app, &path, None).await.2), all);
}

#[tokio::test]
async fn it_tells_what_is_left_out_moved_cancelled_or_somebody_elses() {
    let app = TestApp::start().await;
    let (ana, beto, sofia) = (app.ana().await, app.beto().await, app.sofia().await);
    let (path, his) = (open(&ana).await, open(&beto).await);
    let fields = json!({ "start": "2027-03-01T09:00:00Z", "end": "2027-03-01T10:00:00Z", "timeZone": "Europe/Madrid",
        "recurrence": { "rule": "FREQ=WEEKLY;COUNT=8", "except": ["2027-03-08T09:00:00Z"] } });
    plan(&ana, fields).await;
    let range = json!({ "start": "2027-01-01T00:00:00Z", "end": "2028-01-01T00:00:00Z" });
    let laid = pick(&ana, range, json!({}), "id version start").await;
    moved(&ana, &laid[1], "THIS", "2027-03-16T15:00:00Z").await;
    let gone = json!({ "id": laid[2]["id"], "expectedVersion": 1 });
    assert_eq!(ana.run("agendaEventCancel", gone, EVENT).await["userErrors"], json!([]));
    let given = json!({ "id": laid[4]["id"], "expectedVersion": 1, "assigneeId": beto.id });
    assert_eq!(sofia.run("agendaEventAssign", given, EVENT).await["userErrors"], json!([]));
    // In another zone: the occurrence is named by the clock of its series all the same.
    let to = json!({ "id": laid[5]["id"], "expectedVersion": 1, "timeZone": "America/Mexico_City",
        "start": "2027-04-14T20:00:00Z", "end": "2027-04-14T21:00:00Z" });
    assert_eq!(ana.run("agendaEventReschedule", to, EVENT).await["userErrors"], json!([]));

    let expected: Vec<(String, String)> = [
        ("2027-03-01T09:00", "2027-03-01T10:00"),
        ("2027-03-16T15:00", "2027-03-16T16:00"),
        ("2027-03-29T08:00", "2027-03-29T09:00"),
        ("2027-04-14T20:00", "2027-04-14T21:00"),
        ("2027-04-19T08:00", "2027-04-19T09:00"),
    ]
    .map(|(start, end)| (start.to_owned(), end.to_owned()))
    .into();
    assert_eq!(seen(&ana).await, expected);
    let text = get(&app, &path, None).await.2;
    assert_eq!(read(&text), expected);
    assert_eq!(text.matches("RRULE:FREQ=WEEKLY;COUNT=8\r\n").count(), 1);
    assert_eq!(text.matches("STATUS:CANCELLED\r\n").count(), 2, "one cancelled, one somebody else's");
    let theirs = get(&app, &his, None).await.2;
    assert_eq!(read(&theirs), [("2027-04-05T08:00".to_owned(), "2027-04-05T09:00".to_owned())]);

    // From there on at another hour: what is before ends there.
    let fresh = pick(
        &ana,
        json!({ "start": "2027-03-29T00:00:00Z", "end": "2027-03-30T00:00:00Z" }),
        json!({}),
        "id version",
    );
    moved(&ana, &fresh.await[0], "FOLLOWING", "2027-03-29T10:00:00Z").await;
    let text = get(&app, &path, None).await.2;
    assert_eq!(text.matches("RRULE:FREQ=WEEKLY;UNTIL=20270322T090000Z\r\n").count(), 1, "{text}");
    assert_eq!(text.matches("RRULE:FREQ=WEEKLY;COUNT=4\r\n").count(), 1, "{text}");
    assert_eq!(text.matches("DTSTART;TZID=Europe/Madrid:20270329T120000\r\n").count(), 1, "{text}");
}

#[tokio::test]
async fn what_was_reopened_behind_the_end_of_its_series_stands_by_itself() {
    let app = TestApp::start().await;
    let ana = app.ana().await;
    let path = open(&ana).await;
    let fields = json!({ "start": "2027-01-04T16:00:00Z", "end": "2027-01-04T17:00:00Z",
        "timeZone": "America/Mexico_City", "recurrence": { "rule": "FREQ=WEEKLY;COUNT=6" } });
    plan(&ana, fields).await;
    let range = json!({ "start": "2027-01-01T00:00:00Z", "end": "2028-01-01T00:00:00Z" });
    let laid = pick(&ana, range, json!({}), "id uid").await;
    let gone = json!({ "id": laid[3]["id"], "expectedVersion": 1, "scope": "FOLLOWING" });
    assert_eq!(ana.run("agendaEventCancel", gone, EVENT).await["userErrors"], json!([]));
    let back = json!({ "id": laid[4]["id"], "expectedVersion": 2 });
    assert_eq!(ana.run("agendaEventReopen", back, EVENT).await["userErrors"], json!([]));
    let text = get(&app, &path, None).await.2;
    let taking_place = seen(&ana).await;
    assert_eq!(taking_place.len(), 4);
    assert_eq!(read(&text), taking_place);
    assert_eq!(text.matches("BEGIN:VEVENT").count(), 2, "the series, and what is by itself: {text}");
    let of_series = format!("UID:{}\r\n", laid[0]["uid"].as_str().expect("an id"));
    assert_eq!((text.matches(&of_series).count(), text.matches("RECURRENCE-ID").count()), (1, 0), "{text}");
}
