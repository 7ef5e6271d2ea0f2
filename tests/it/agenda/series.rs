//! Changes of one occurrence, of it and those behind it, and of a whole series.

use chrono::SubsecRound;
use serde_json::{Value, json};

use super::{EVENT, does, moved, pick, plan, starts};
use crate::support::{Actor, Refusals, TestApp};

/// An hour in the morning of a Monday in Mexico, 4 January 2027, and again by this rule.
async fn series(actor: &Actor, rule: &str) -> Value {
    let fields = json!({ "start": "2027-01-04T16:00:00Z", "end": "2027-01-04T17:00:00Z",
        "timeZone": "America/Mexico_City", "recurrence": { "rule": rule } });
    plan(actor, fields).await
}

/// What somebody sees of a year; nobody else has made anything.
async fn year(actor: &Actor, year: i32) -> Vec<Value> {
    let range =
        json!({ "start": format!("{year}-01-01T00:00:00Z"), "end": format!("{year}-12-31T00:00:00Z") });
    let asked = "id version title location start end state recurrenceId assignee { id } series { id rule }";
    pick(actor, range, json!({}), asked).await
}

/// A part of each.
fn each(events: &[Value], field: &str) -> Vec<Value> {
    events.iter().map(|event| event[field].clone()).collect()
}

#[tokio::test]
async fn what_was_changed_in_one_alone_stays_and_so_does_what_is_done() {
    let app = TestApp::start().await;
    let (ana, beto) = (app.ana().await, app.beto().await);
    let sofia = app.sofia().await;
    series(&ana, "FREQ=WEEKLY;COUNT=6").await;
    let laid = year(&ana, 2027).await;
    does(&ana, "agendaEventUpdate", &laid[1], json!({ "title": "Own" })).await;
    does(&ana, "agendaEventComplete", &laid[2], json!({})).await;
    moved(&ana, &laid[3], "THIS", "2027-01-29T20:00:00Z").await;
    does(&sofia, "agendaEventAssign", &laid[4], json!({ "assigneeId": beto.id })).await;

    let new = json!({ "title": "New", "location": "Office", "scope": "ALL" });
    does(&sofia, "agendaEventUpdate", &laid[5], new).await;
    let now = year(&sofia, 2027).await;
    assert_eq!(each(&now, "title"), ["New", "Own", "Visit", "New", "New", "New"]);
    let office = json!("Office");
    assert_eq!(
        each(&now, "location"),
        [&office, &office, &Value::Null, &office, &office, &office].map(Clone::clone)
    );

    moved(&sofia, &now[5], "ALL", "2027-02-09T18:00:00Z").await; // a day and two hours later
    let now = year(&sofia, 2027).await;
    let expected = [
        "2027-01-05T18:00",
        "2027-01-12T18:00",
        "2027-01-18T16:00",
        "2027-01-29T20:00",
        "2027-02-02T18:00",
        "2027-02-09T18:00",
    ];
    assert_eq!(starts(&now), expected);
    assert_eq!(now[3]["recurrenceId"], "2027-01-26T18:00:00+00:00", "it keeps its place in the rule");
    assert_eq!(now[0]["series"]["rule"], "FREQ=WEEKLY;COUNT=6");

    does(&sofia, "agendaEventAssign", &now[0], json!({ "assigneeId": sofia.id, "scope": "ALL" })).await;
    let now = year(&sofia, 2027).await;
    let assignees = [&sofia, &sofia, &ana, &sofia, &beto, &sofia].map(|actor| json!({ "id": actor.id }));
    assert_eq!(each(&now, "assignee"), assignees);
}

#[tokio::test]
async fn a_count_is_divided_where_a_series_is() {
    let app = TestApp::start().await;
    let ana = app.ana().await;
    let fields = json!({ "start": "2027-01-04T16:00:00Z", "end": "2027-01-04T17:00:00Z",
        "timeZone": "America/Mexico_City",
        "recurrence": { "rule": "FREQ=WEEKLY;COUNT=8", "except": ["2027-01-11T16:00:00Z", "2027-02-15T16:00:00Z"] } });
    plan(&ana, fields).await;
    let laid = year(&ana, 2027).await;
    assert_eq!(laid.len(), 6);
    let new = json!({ "title": "New", "scope": "FOLLOWING" });
    does(&ana, "agendaEventUpdate", &laid[2], new).await; // the fourth by the rule, as one is left out
    let now = year(&ana, 2027).await;
    assert_eq!(starts(&now), starts(&laid));
    assert_eq!(each(&now, "id"), each(&laid, "id"), "each is the same event as before");
    assert_eq!(each(&now, "title"), ["Visit", "Visit", "New", "New", "New", "New"]);
    let rule = |place: usize| now[place]["series"]["rule"].clone();
    assert_eq!(rule(1), "FREQ=WEEKLY;UNTIL=20270118T100000");
    assert_eq!(rule(2), "FREQ=WEEKLY;COUNT=5");
    // From the first on is all of it.
    let newer = json!({ "title": "Newer", "scope": "FOLLOWING" });
    does(&ana, "agendaEventUpdate", &now[2], newer).await;
    let last = year(&ana, 2027).await;
    assert_eq!(each(&last, "series"), each(&now, "series"));
    assert_eq!(each(&last, "title"), ["Visit", "Visit", "Newer", "Newer", "Newer", "Newer"]);
}

#[tokio::test]
async fn days_of_the_week_turn_with_the_move_and_a_rule_that_names_others_is_pinned() {
    let app = TestApp::start().await;
    let ana = app.ana().await;
    let first = series(&ana, "FREQ=WEEKLY;BYDAY=MO,WE;COUNT=4").await;
    let turned = moved(&ana, &first, "ALL", "2027-01-10T17:00:00Z").await; // six days on: a Sunday
    assert_eq!(turned["series"]["rule"], "FREQ=WEEKLY;COUNT=4;BYDAY=TU,SU");
    let expected = ["2027-01-10T17:00", "2027-01-12T17:00", "2027-01-17T17:00", "2027-01-19T17:00"];
    assert_eq!(starts(&year(&ana, 2027).await), expected);
    does(&ana, "agendaEventCancel", &turned, json!({ "scope": "ALL" })).await;

    let pinned = series(&ana, "FREQ=MONTHLY;BYDAY=1MO;COUNT=3").await;
    let before = app.traces().await;
    for (scope, start) in [("ALL", "2027-01-05T16:00:00Z"), ("FOLLOWING", "2027-01-03T16:00:00Z")] {
        let to = json!({ "id": pinned["id"], "expectedVersion": 1, "scope": scope, "start": start,
            "end": "2027-01-05T17:00:00Z" });
        let refused = ana.run("agendaEventReschedule", to, EVENT).await;
        assert_eq!(refused.refusals(), [("RULE_PINNED".to_owned(), "start".to_owned())]);
        assert_eq!(refused["agendaEvent"], pinned);
    }
    assert_eq!(app.traces().await, before, "nothing is written");
    moved(&ana, &pinned, "ALL", "2027-01-04T18:00:00Z").await; // within the day
    let range = json!({ "start": "2027-01-01T00:00:00Z", "end": "2028-01-01T00:00:00Z" });
    let open = pick(&ana, range, json!({ "states": ["PLANNED"] }), "start").await;
    assert_eq!(starts(&open), ["2027-01-04T18:00", "2027-02-01T18:00", "2027-03-01T18:00"]);
}

#[tokio::test]
async fn what_is_laid_out_later_follows_the_changed_rule() {
    let app = TestApp::start().await;
    let (ana, beto, sofia) = (app.ana().await, app.beto().await, app.sofia().await);
    series(&ana, "FREQ=WEEKLY;INTERVAL=4").await;
    let laid = year(&ana, 2027).await;
    moved(&ana, &laid[2], "FOLLOWING", "2027-03-02T18:00:00Z").await; // a Tuesday
    let now = year(&ana, 2027).await;
    does(&sofia, "agendaEventAssign", &now[3], json!({ "scope": "FOLLOWING", "assigneeId": beto.id })).await;
    let now = year(&beto, 2027).await;
    does(&beto, "agendaEventUpdate", &now[0], json!({ "scope": "ALL", "title": "New" })).await;
    let later = year(&beto, 2031).await;
    // 2 March 2027 and 51 times four weeks.
    assert_eq!(starts(&later)[0], "2031-01-28T18:00");
    assert_eq!(starts(&later)[12], "2031-12-30T18:00");
    assert_eq!(each(&later, "title"), vec![json!("New"); 13]);
    assert_eq!(each(&later, "assignee"), vec![json!({ "id": beto.id }); 13]);
    assert_eq!(year(&ana, 2031).await, Vec::<Value>::new());
}

#[tokio::test]
async fn a_series_moved_back_has_no_hole_within_the_year() {
    let app = TestApp::start().await;
    let ana = app.ana().await;
    let now = app.app.clock.now();
    let begins = (now + chrono::Duration::days(1)).trunc_subsecs(0);
    let fields = json!({ "start": begins, "end": begins + chrono::Duration::hours(1), "timeZone": "UTC",
        "recurrence": { "rule": "FREQ=DAILY" } });
    let first = plan(&ana, fields).await;
    let to = json!({ "id": first["id"], "expectedVersion": 1, "scope": "ALL",
        "start": begins - chrono::Duration::days(100), "end": begins - chrono::Duration::days(100) });
    let payload = ana.run("agendaEventReschedule", to, EVENT).await;
    assert_eq!(payload["userErrors"], json!([]), "{payload}");
    let range =
        json!({ "start": now + chrono::Duration::days(300), "end": now + chrono::Duration::days(399) });
    assert_eq!(pick(&ana, range, json!({}), "id").await.len(), 99);
}

#[tokio::test]
async fn whoever_saw_an_occurrence_before_the_series_changed_gets_the_conflict() {
    let app = TestApp::start().await;
    let (ana, sofia) = (app.ana().await, app.sofia().await);
    series(&ana, "FREQ=WEEKLY;COUNT=3").await;
    let seen = year(&ana, 2027).await;
    does(&sofia, "agendaEventUpdate", &seen[0], json!({ "title": "Hers", "scope": "ALL" })).await;
    for scope in ["THIS", "FOLLOWING", "ALL"] {
        let mine = json!({ "id": seen[1]["id"], "expectedVersion": 1, "title": "Mine", "scope": scope });
        let refused = ana.run("agendaEventUpdate", mine, "conflict { field base mine theirs }").await;
        assert_eq!(refused.refusals(), [("CONFLICT".to_owned(), "title".to_owned())], "{scope}");
        let conflict = json!([{ "field": "title", "base": "Visit", "mine": "Mine", "theirs": "Hers" }]);
        assert_eq!(refused["conflict"], conflict);
    }
    let now = year(&ana, 2027).await;
    assert_eq!(each(&now, "title"), ["Hers", "Hers", "Hers"]);
    assert_eq!(each(&now, "series"), each(&seen, "series"), "nothing was parted");
    // Another field is nobody's conflict.
    does(&ana, "agendaEventUpdate", &seen[1], json!({ "location": "Office", "scope": "ALL" })).await;
    let now = year(&ana, 2027).await;
    assert_eq!(each(&now, "location"), ["Office", "Office", "Office"]);
    assert_eq!(each(&now, "title"), ["Hers", "Hers", "Hers"]);
}

#[tokio::test]
async fn the_cancelled_rest_of_a_series_is_laid_out_no_further() {
    let app = TestApp::start().await;
    let ana = app.ana().await;
    series(&ana, "FREQ=MONTHLY").await;
    let laid = year(&ana, 2027).await;
    assert_eq!(laid.len(), 12);
    does(&ana, "agendaEventComplete", &laid[6], json!({})).await;
    does(&ana, "agendaEventCancel", &laid[1], json!({})).await;
    does(&ana, "agendaEventCancel", &laid[4], json!({ "scope": "FOLLOWING" })).await;
    let now = year(&ana, 2027).await;
    let (open, gone) = (json!("PLANNED"), json!("CANCELLED"));
    let mut states = vec![open.clone(), gone.clone(), open.clone(), open];
    states.extend([
        gone.clone(),
        gone.clone(),
        json!("DONE"),
        gone.clone(),
        gone.clone(),
        gone.clone(),
        gone.clone(),
        gone,
    ]);
    assert_eq!(each(&now, "state"), states);
    assert_eq!(year(&ana, 2030).await, Vec::<Value>::new());
    does(&ana, "agendaEventCancel", &now[0], json!({ "scope": "ALL" })).await;
    let states = each(&year(&ana, 2027).await, "state");
    assert_eq!(states.iter().filter(|state| *state == "CANCELLED").count(), 11);
}

#[tokio::test]
async fn what_was_reopened_behind_the_end_of_its_series_follows_alone() {
    let app = TestApp::start().await;
    let ana = app.ana().await;
    series(&ana, "FREQ=WEEKLY;COUNT=6").await;
    let laid = year(&ana, 2027).await;
    does(&ana, "agendaEventCancel", &laid[3], json!({ "scope": "FOLLOWING" })).await;
    let now = year(&ana, 2027).await;
    does(&ana, "agendaEventReopen", &now[4], json!({})).await;
    let now = year(&ana, 2027).await;
    does(&ana, "agendaEventUpdate", &now[4], json!({ "title": "New", "scope": "FOLLOWING" })).await;
    let now = year(&ana, 2027).await;
    assert_eq!(each(&now, "title"), ["Visit", "Visit", "Visit", "Visit", "New", "Visit"]);
    assert_eq!(now[4]["recurrenceId"], laid[4]["recurrenceId"]);
}

#[tokio::test]
async fn who_has_one_of_a_series_already_is_given_all_the_others() {
    let app = TestApp::start().await;
    let (ana, beto, sofia) = (app.ana().await, app.beto().await, app.sofia().await);
    series(&ana, "FREQ=WEEKLY;COUNT=6").await;
    let laid = year(&sofia, 2027).await;
    let his = json!({ "assigneeId": beto.id });
    let given = does(&sofia, "agendaEventAssign", &laid[3], his.clone()).await;
    let with = |scope: &str| json!({ "assigneeId": beto.id, "scope": scope });
    let of = |actors: [&Actor; 6]| actors.map(|actor| json!({ "id": actor.id }));
    does(&sofia, "agendaEventAssign", &given, with("FOLLOWING")).await;
    let now = year(&sofia, 2027).await;
    assert_eq!(each(&now, "assignee"), of([&ana, &ana, &ana, &beto, &beto, &beto]));
    assert_eq!(now[2]["series"]["rule"], "FREQ=WEEKLY;UNTIL=20270118T100000");
    let given = does(&sofia, "agendaEventAssign", &now[1], his).await;
    does(&sofia, "agendaEventAssign", &given, with("ALL")).await;
    let now = year(&sofia, 2027).await;
    assert_eq!(each(&now, "assignee"), of([&beto; 6]));
    let told = "{ notifications(first: 10) { nodes { kind } } }";
    let told = beto.data(told, json!({})).await["notifications"]["nodes"].clone();
    assert_eq!(told, json!(vec![json!({ "kind": "AGENDA_ASSIGNED" }); 4]), "of one and of more, twice");
    // He has all of it: nothing is left to do.
    let before = app.traces().await;
    for scope in ["ALL", "FOLLOWING"] {
        does(&sofia, "agendaEventAssign", &now[1], with(scope)).await;
    }
    assert_eq!((app.traces().await, year(&sofia, 2027).await), (before, now));
}

#[tokio::test]
async fn a_series_moves_to_where_cancelled_occurrences_stood() {
    let app = TestApp::start().await;
    let ana = app.ana().await;
    series(&ana, "FREQ=WEEKLY;COUNT=4").await;
    let laid = year(&ana, 2027).await;
    does(&ana, "agendaEventCancel", &laid[2], json!({ "scope": "FOLLOWING" })).await;
    moved(&ana, &laid[0], "ALL", "2027-01-11T16:00:00Z").await; // a week later
    let range = json!({ "start": "2027-01-01T00:00:00Z", "end": "2028-01-01T00:00:00Z" });
    let open = pick(&ana, range, json!({ "states": ["PLANNED"] }), "start").await;
    assert_eq!(starts(&open), ["2027-01-11T16:00", "2027-01-18T16:00"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_change_different_occurrences_and_those_behind_at_once_lose_none() {
    let app = TestApp::start().await;
    let (ana, sofia, admin) = (app.ana().await, app.sofia().await, app.admin().await);
    for round in 0..6 {
        let first = series(&ana, "FREQ=WEEKLY;COUNT=12").await;
        let filter = |id: &Value| json!({ "seriesId": id });
        let range = json!({ "start": "2027-01-01T00:00:00Z", "end": "2028-01-01T00:00:00Z" });
        let laid = pick(&ana, range.clone(), filter(&first["series"]["id"]), "id version start").await;
        let change = async |actor: &Actor, place: usize, title: &str, field: &str| {
            let fields =
                json!({ "id": laid[place]["id"], "expectedVersion": 1, "scope": "FOLLOWING", field: title });
            actor.run("agendaEventUpdate", fields, EVENT).await["userErrors"].clone()
        };
        let (one, two, three) = tokio::join!(
            change(&ana, 3, "from the fourth", "title"),
            change(&sofia, 6 + round % 3, "from there", "location"),
            change(&admin, 5, "all about it", "description"),
        );
        assert_eq!([one, two, three], [json!([]), json!([]), json!([])], "round {round}");
        let all =
            pick(&admin, range, json!({ "states": ["PLANNED"] }), "id start title location description")
                .await;
        let ids: Vec<&Value> = laid.iter().map(|event| &event["id"]).collect();
        let all: Vec<Value> = all.into_iter().filter(|event| ids.contains(&&event["id"])).collect();
        assert_eq!(starts(&all), starts(&laid), "round {round}");
        // Whose series somebody parted first ends there: what is behind is a series of its own.
        let places = [("title", 3), ("description", 5), ("location", 6 + round % 3), ("", 12)];
        for pair in places.windows(2) {
            let ((field, from), (_, next)) = (pair[0], pair[1]);
            let is_new = |text: &Value| *text != "Visit" && !text.is_null();
            let changed: Vec<bool> = each(&all, field).iter().map(is_new).collect();
            assert_eq!(changed[..from], vec![false; from], "{field} of round {round}");
            assert_eq!(changed[from..next], vec![true; next - from], "{field} of round {round}");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_who_part_a_series_one_after_the_other_never_wait_for_ever() {
    let app = TestApp::start().await;
    let ana = app.ana().await;
    for round in 0..5 {
        let first = series(&ana, "FREQ=WEEKLY;COUNT=30").await;
        let range = json!({ "start": "2027-01-01T00:00:00Z", "end": "2028-01-01T00:00:00Z" });
        let laid = pick(&ana, range.clone(), json!({ "seriesId": first["series"]["id"] }), "id start").await;
        let changes = (0..16).map(|number: u64| {
            let (ana, id) = (&ana, &laid[(number as usize * 11) % 30]["id"]);
            let fields =
                json!({ "id": id, "expectedVersion": 1, "scope": "FOLLOWING", "title": format!("{number}") });
            async move {
                tokio::time::sleep(std::time::Duration::from_millis(number * 4)).await;
                ana.run("agendaEventUpdate", fields, EVENT).await.refusals()
            }
        });
        // Who comes later may have the conflict; nobody an error.
        let conflict = [("CONFLICT".to_owned(), "title".to_owned())];
        let refused: Vec<_> = futures_util::future::join_all(changes).await;
        assert!(
            refused.iter().all(|codes| codes.is_empty() || *codes == conflict),
            "round {round}: {refused:?}"
        );
        let ids = each(&laid, "id");
        let now = pick(&ana, range, json!({}), "id start").await;
        let now: Vec<Value> = now.into_iter().filter(|event| ids.contains(&event["id"])).collect();
        assert_eq!(now, laid, "round {round}");
    }
}

#[tokio::test]
async fn a_look_that_ends_within_the_second_of_an_occurrence_lays_it_out_once() {
    let app = TestApp::start().await;
    let ana = app.ana().await;
    let began = app.app.clock.now().trunc_subsecs(0);
    let fields = json!({ "start": began, "end": began + chrono::Duration::hours(1),
        "timeZone": "UTC", "recurrence": { "rule": "FREQ=DAILY" } });
    plan(&ana, fields).await;
    for days in [450, 460] {
        let end = began + chrono::Duration::days(days) + chrono::Duration::milliseconds(500);
        let laid = pick(&ana, json!({ "start": began, "end": end }), json!({}), "start").await;
        assert_eq!(laid.len(), usize::try_from(days).expect("few") + 1);
    }
}
