//! Working hours, own settings, free time.

use serde_json::{Value, json};

use super::plan;
use crate::support::{Actor, Refusals, TestApp};

const CALENDAR: &str =
    "workingCalendar { version timeZone hours { weekday from until } holidays { day name } }";

async fn team_of(actor: &Actor) -> Value {
    actor.data("{ viewer { team { id } } }", json!({})).await["viewer"]["team"]["id"].clone()
}

async fn set_hours(actor: &Actor, team: &Value, expected: i32, mut fields: Value) -> Value {
    (fields["teamId"], fields["expectedVersion"]) = (team.clone(), json!(expected));
    actor.run("workingCalendarUpdate", fields, CALENDAR).await
}

fn shift(weekday: &str, from: &str, until: &str) -> Value {
    json!({ "weekday": weekday, "from": from, "until": until })
}

#[tokio::test]
async fn a_team_works_weekdays_from_nine_to_six_until_its_supervisor_says_otherwise() {
    let app = TestApp::start().await;
    let (ana, sofia, admin) = (app.ana().await, app.sofia().await, app.admin().await);
    let team = team_of(&ana).await;
    let query = format!("query($id: ID!) {{ workingCalendar(teamId: $id) {} }}", &CALENDAR[16..]);
    let unset = ana.data(&query, json!({ "id": team })).await["workingCalendar"].clone();
    let week =
        ["MONDAY", "TUESDAY", "WEDNESDAY", "THURSDAY", "FRIDAY"].map(|day| shift(day, "09:00", "18:00"));
    assert_eq!(
        unset,
        json!({ "version": 0, "timeZone": "America/Mexico_City", "hours": week, "holidays": [] })
    );
    let set = set_hours(
        &sofia,
        &team,
        0,
        json!({
            "timeZone": "America/Mexico_City",
            "hours": [shift("MONDAY", "16:00", "24:00"), shift("MONDAY", "09:30", "14:00")],
            "holidays": [{ "day": "2027-02-01", "name": " Día  de la Constitución " }, { "day": "2027-01-01", "name": "Año nuevo" }],
        }),
    )
    .await;
    assert_eq!(set.refusals(), []);
    let expected = json!({
        "version": 1, "timeZone": "America/Mexico_City",
        "hours": [shift("MONDAY", "09:30", "14:00"), shift("MONDAY", "16:00", "24:00")],
        "holidays": [{ "day": "2027-01-01", "name": "Año nuevo" }, { "day": "2027-02-01", "name": "Día de la Constitución" }],
    });
    assert_eq!(set["workingCalendar"], expected, "in their order");
    let zone = set_hours(&admin, &team, 1, json!({ "timeZone": "Europe/Madrid" })).await;
    assert_eq!(zone.refusals(), []);
    assert_eq!(zone["workingCalendar"]["hours"], expected["hours"], "absent keeps");
    assert_eq!(zone["workingCalendar"]["version"], 2);
    let stale = set_hours(&sofia, &team, 1, json!({ "timeZone": "UTC" })).await;
    assert_eq!(stale.refusals(), [("CONFLICT".to_owned(), "timeZone".to_owned())]);
    let merged = set_hours(&sofia, &team, 1, json!({ "holidays": [] })).await;
    assert_eq!(
        (merged.refusals(), &merged["workingCalendar"]["version"]),
        (vec![], &json!(3)),
        "others merge"
    );
}

#[tokio::test]
async fn of_two_who_set_the_first_hours_the_second_gets_the_conflict() {
    let app = TestApp::start().await;
    let (sofia, admin) = (app.sofia().await, app.admin().await);
    let team = team_of(&sofia).await;
    let first = set_hours(&sofia, &team, 0, json!({ "timeZone": "America/Mexico_City" })).await;
    assert_eq!(first.refusals(), []);
    let second = set_hours(&admin, &team, 0, json!({ "timeZone": "Europe/Madrid" })).await;
    assert_eq!(second.refusals(), [("CONFLICT".to_owned(), "timeZone".to_owned())]);
    assert_eq!(second["workingCalendar"]["timeZone"], "America/Mexico_City");
    let settings =
        |expected: i32, minutes: i32| json!({ "expectedVersion": expected, "reminders": [minutes] });
    let selection = "agendaSettings { version reminders }";
    sofia.run("agendaSettingsUpdate", settings(0, 30), selection).await;
    let second = sofia.run("agendaSettingsUpdate", settings(0, 5), selection).await;
    assert_eq!(second.refusals(), [("CONFLICT".to_owned(), "reminders".to_owned())]);
}

#[tokio::test]
async fn wrong_hours_name_their_field_and_write_nothing() {
    let app = TestApp::start().await;
    let (ana, sofia, carla) = (app.ana().await, app.sofia().await, app.carla().await);
    let (north, south) = (team_of(&ana).await, team_of(&carla).await);
    let traces = app.traces().await;
    let day = |day: &str, name: &str| json!({ "holidays": [{ "day": day, "name": name }] });
    let hours = |shifts: &[Value]| json!({ "hours": shifts });
    for (fields, field) in [
        (json!({ "timeZone": "America/Aguascalientes" }), "timeZone"),
        (json!({ "timeZone": "" }), "timeZone"),
        (hours(&[shift("MONDAY", "9:00", "18:00")]), "hours.from"),
        (hours(&[shift("MONDAY", "+9:00", "18:00")]), "hours.from"),
        (hours(&[shift("MONDAY", "09:60", "18:00")]), "hours.from"),
        (hours(&[shift("MONDAY", "09:00", "24:01")]), "hours.until"),
        (hours(&[shift("MONDAY", "09:00", "+9:30")]), "hours.until"),
        (hours(&[shift("MONDAY", "09:00", "noon")]), "hours.until"),
        (hours(&[shift("MONDAY", "18:00", "09:00")]), "hours"),
        (hours(&[shift("MONDAY", "09:00", "09:00")]), "hours"),
        (hours(&[shift("MONDAY", "09:00", "14:00"), shift("MONDAY", "13:59", "18:00")]), "hours"),
        (hours(&vec![shift("MONDAY", "09:00", "09:01"); 51]), "hours"),
        (day("2027-02-29", "none"), "holidays.day"),
        (day("tomorrow", "none"), "holidays.day"),
        (day("2027-02-28", "  "), "holidays"),
        (day("2027-02-28", &"x".repeat(81)), "holidays"),
    ] {
        let refused = set_hours(&sofia, &north, 0, fields.clone()).await;
        let fields_named: Vec<_> = refused.refusals();
        assert!(!fields_named.is_empty(), "{fields}");
        assert!(
            fields_named.iter().all(|told| *told == ("INVALID".to_owned(), field.to_owned())),
            "{fields}: {refused}"
        );
    }
    let madrid = || json!({ "timeZone": "Europe/Madrid" });
    let refused = set_hours(&ana, &north, 0, madrid()).await;
    assert_eq!(refused.refusals(), [("RIGHT_MISSING".to_owned(), "teamId".to_owned())]);
    let hidden = set_hours(&sofia, &south, 0, madrid()).await;
    assert_eq!(hidden.refusals(), [("NOT_FOUND".to_owned(), "id".to_owned())]);
    assert_eq!(hidden["workingCalendar"], Value::Null);
    assert_eq!(app.traces().await, traces);
}

#[tokio::test]
async fn everybody_sets_the_own_reminders() {
    let app = TestApp::start().await;
    let (ana, beto) = (app.ana().await, app.beto().await);
    let query = "{ agendaSettings { version reminders feedSince } }";
    let unset = json!({ "version": 0, "reminders": [15], "feedSince": null });
    assert_eq!(ana.data(query, json!({})).await["agendaSettings"], unset);
    let selection = "agendaSettings { version reminders }";
    let set = json!({ "expectedVersion": 0, "reminders": [5, 60, 5] });
    let set = ana.run("agendaSettingsUpdate", set, selection).await;
    assert_eq!(set.refusals(), []);
    assert_eq!(
        set["agendaSettings"],
        json!({ "version": 1, "reminders": [60, 5] }),
        "each once, the longest first"
    );
    assert_eq!(beto.data(query, json!({})).await["agendaSettings"], unset, "his are his");
    let traces = app.traces().await;
    for wrong in [json!([-1]), json!([40_321]), json!([1, 2, 3, 4, 5, 6])] {
        let input = json!({ "expectedVersion": 1, "reminders": wrong });
        let refused = ana.run("agendaSettingsUpdate", input, selection).await;
        assert_eq!(refused.refusals(), [("INVALID".to_owned(), "reminders".to_owned())], "{wrong}");
    }
    assert_eq!(app.traces().await, traces);
    let none = json!({ "expectedVersion": 1, "reminders": [] });
    let none = ana.run("agendaSettingsUpdate", none, selection).await;
    assert_eq!(none["agendaSettings"], json!({ "version": 2, "reminders": [] }), "none at all");
}

const FREE: &str = "query($who: [ID!]!, $range: DateTimeRangeInput!, $minutes: Int!, $first: Int) {
    agendaFreeSlots(assigneeIds: $who, range: $range, minutes: $minutes, first: $first) { start end } }";

fn asked(who: &[&Actor], start: &str, end: &str, minutes: i32) -> Value {
    let ids: Vec<&str> = who.iter().map(|actor| actor.id.as_str()).collect();
    json!({ "who": ids, "range": { "start": start, "end": end }, "minutes": minutes })
}

/// Free times as texts: from and until, to the minute.
async fn free(actor: &Actor, variables: Value) -> Vec<String> {
    let data = actor.data(FREE, variables).await;
    let slots = data["agendaFreeSlots"].as_array().expect("a list").iter();
    let at = |slot: &Value, field: &str| slot[field].as_str().expect("a time")[5..16].to_owned();
    slots.map(|slot| format!("{} {}", at(slot, "start"), at(slot, "end"))).collect()
}

#[tokio::test]
async fn a_common_hour_is_one_that_nothing_takes() {
    let app = TestApp::start().await;
    let (ana, beto, sofia) = (app.ana().await, app.beto().await, app.sofia().await);
    let team = team_of(&ana).await;
    set_hours(
        &sofia,
        &team,
        0,
        json!({ "timeZone": "America/Mexico_City", "holidays": [{ "day": "2027-01-05", "name": "Reyes" }],
            "hours": [shift("MONDAY", "09:00", "14:00"), shift("TUESDAY", "09:00", "14:00"), shift("WEDNESDAY", "09:00", "14:00")] }),
    )
    .await;
    // Monday the fourth, from three in the afternoon until eight in UTC.
    plan(&ana, json!({ "start": "2027-01-04T16:00:00Z", "end": "2027-01-04T17:00:00Z" })).await;
    plan(&beto, json!({ "start": "2027-01-04T16:30:00Z", "end": "2027-01-04T18:00:00Z", "title": "Secret" }))
        .await;
    plan(&sofia, json!({ "start": "2027-01-04T15:00:00Z", "end": "2027-01-04T20:00:00Z" })).await;
    let gone = plan(&beto, json!({ "start": "2027-01-04T18:00:00Z", "end": "2027-01-04T20:00:00Z" })).await;
    let cancel = json!({ "id": gone["id"], "expectedVersion": 1 });
    beto.run("agendaEventCancel", cancel, "event { id }").await;
    let (from, until) = ("2027-01-04T00:00:00Z", "2027-01-07T00:00:00Z");
    assert_eq!(
        free(&ana, asked(&[&ana, &beto], from, until, 60)).await,
        ["01-04T15:00 01-04T16:00", "01-04T18:00 01-04T20:00", "01-06T15:00 01-06T20:00"],
        "not on the holiday, and Ana learns only when Beto has time"
    );
    let long = free(&ana, asked(&[&ana, &beto], from, until, 90)).await;
    assert_eq!(long, ["01-04T18:00 01-04T20:00", "01-06T15:00 01-06T20:00"]);
    let mut first = asked(&[&ana, &beto], from, until, 60);
    first["first"] = json!(1);
    assert_eq!(free(&ana, first).await, ["01-04T15:00 01-04T16:00"]);
    let alone = free(&beto, asked(&[&ana], from, "2027-01-04T19:30:00Z", 30)).await;
    assert_eq!(alone, ["01-04T15:00 01-04T16:00", "01-04T17:00 01-04T19:30"], "within the range");
}

#[tokio::test]
async fn hours_that_meet_are_one_stretch_and_a_touch_takes_no_time() {
    let app = TestApp::start().await;
    let (ana, sofia) = (app.ana().await, app.sofia().await);
    let team = team_of(&ana).await;
    let hours = [
        shift("MONDAY", "09:00", "13:00"),
        shift("MONDAY", "13:00", "15:00"),
        shift("MONDAY", "22:00", "24:00"),
        shift("TUESDAY", "00:00", "02:00"),
    ];
    set_hours(&sofia, &team, 0, json!({ "timeZone": "UTC", "hours": hours })).await;
    plan(&ana, json!({ "start": "2027-01-04T10:00:00Z", "end": "2027-01-04T10:00:00Z" })).await;
    let found = free(&ana, asked(&[&ana], "2027-01-04T00:00:00Z", "2027-01-06T00:00:00Z", 240)).await;
    assert_eq!(found, ["01-04T09:00 01-04T15:00", "01-04T22:00 01-05T02:00"]);
}

#[tokio::test]
async fn nine_oclock_stays_nine_oclock_when_the_clock_changes() {
    let app = TestApp::start().await;
    let (ana, sofia) = (app.ana().await, app.sofia().await);
    let team = team_of(&ana).await;
    let hours = [
        shift("FRIDAY", "09:00", "10:00"),
        shift("SUNDAY", "01:30", "04:00"),
        shift("MONDAY", "09:00", "10:00"),
    ];
    set_hours(&sofia, &team, 0, json!({ "timeZone": "Europe/Madrid", "hours": hours })).await;
    // In the night to Sunday, 28 March 2027, the hour from two to three is left out.
    let spring = free(&ana, asked(&[&ana], "2027-03-26T00:00:00Z", "2027-03-30T00:00:00Z", 30)).await;
    assert_eq!(
        spring,
        ["03-26T08:00 03-26T09:00", "03-28T00:30 03-28T02:00", "03-29T07:00 03-29T08:00"],
        "half past one to four takes an hour and a half"
    );
}

#[tokio::test]
async fn who_asks_for_free_time_wrongly_is_told_the_field() {
    let app = TestApp::start().await;
    let (ana, carla, admin) = (app.ana().await, app.carla().await, app.admin().await);
    let (from, until) = ("2027-01-04T00:00:00Z", "2027-01-05T00:00:00Z");
    let sound = asked(&[&ana], from, until, 60);
    let with = |field: &str, value: Value| {
        let mut variables = sound.clone();
        variables[field] = value;
        variables
    };
    for (variables, field) in [
        (with("who", json!([])), "assigneeIds"),
        (with("who", json!(vec![&ana.id; 21])), "assigneeIds"),
        (with("who", json!([ana.id, carla.id])), "assigneeIds"),
        (with("who", json!([admin.id])), "assigneeIds"),
        (with("minutes", json!(4)), "minutes"),
        (with("minutes", json!(1441)), "minutes"),
        (with("minutes", json!(-60)), "minutes"),
        (with("first", json!(101)), "first"),
        (with("first", json!(-1)), "first"),
        (with("range", json!({ "start": until, "end": from })), "range.end"),
        (with("range", json!({ "start": from, "end": "2027-03-07T00:00:01Z" })), "range"),
    ] {
        let refused = ana.send(FREE, variables.clone()).await;
        assert_eq!(refused.code(), "BAD_INPUT", "{variables}: {}", refused.body);
        let message = refused.body["errors"][0]["message"].as_str().expect("a message");
        assert!(
            message.starts_with(&format!("{field} ")) || message.starts_with(&format!("{field}:")),
            "{message}"
        );
    }
    assert_eq!(free(&carla, asked(&[&carla], from, until, 60)).await, ["01-04T15:00 01-05T00:00"]);
    assert_eq!(
        free(&admin, asked(&[&ana, &carla], from, until, 60)).await,
        ["01-04T15:00 01-05T00:00"],
        "admins ask across teams"
    );
}
