//! Reminders: each once and in time, whoever works and whatever dies.

use std::process::{Child, Command, Stdio};
use std::time::Duration;

use chrono::SubsecRound;
use sea_orm::ConnectionTrait;
use serde_json::{Value, json};

use super::{Worker, does, moved, pick, plan};
use crate::support::{Actor, Setup, TestApp};

fn minutes(count: i64) -> chrono::Duration {
    chrono::Duration::minutes(count)
}

/// A time so many minutes from now by the test's clock, as text.
fn after(app: &TestApp, count: i64) -> String {
    (app.app.clock.now() + minutes(count)).trunc_subsecs(0).to_rfc3339()
}

/// Half an hour that begins so many minutes from now.
async fn in_minutes(app: &TestApp, actor: &Actor, count: i64, mut fields: Value) -> Value {
    fields["start"] = json!(after(app, count));
    fields["end"] = json!(after(app, count + 30));
    plan(actor, fields).await
}

/// Somebody who signs in by the test's clock: what was signed in before the clock moved is over.
async fn anew(app: &TestApp, name: &str) -> Actor {
    app.sign_in(&format!("{name}@test.example")).await
}

/// The titles of what somebody was reminded of, in the order of their telling.
async fn told(app: &TestApp, name: &str) -> Vec<String> {
    let actor = anew(app, name).await;
    let query = "{ notifications(first: 100, filter: { kinds: [AGENDA_REMINDER] }) { nodes { subjectId } } }";
    let data = actor.data(query, json!({})).await;
    let mut titles = Vec::new();
    for node in data["notifications"]["nodes"].as_array().expect("a list").iter().rev() {
        let event = "query($id: ID!) { agendaEvent(id: $id) { title } }";
        let event = actor.data(event, json!({ "id": node["subjectId"] })).await;
        titles.push(event["agendaEvent"]["title"].as_str().unwrap_or("unseen").to_owned());
    }
    titles
}

/// Advances the clock, and waits until nothing is due and the worker is idle.
async fn pass(app: &TestApp, count: i64) {
    app.app.clock.advance(minutes(count).to_std().expect("ahead"));
    for _ in 0..500 {
        let now = app.app.clock.now();
        let due = app.app.database.own.query_one(&cabina::domains::agenda::Remind::is_due(now)).await;
        if due.expect("an answer").is_none() && app.rows("job").await == 0 {
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("reminders stay due");
}

#[tokio::test]
async fn what_was_moved_five_times_is_told_once_at_the_last_time() {
    let app = TestApp::start().await;
    let ana = app.ana().await;
    let _worker = Worker::start(&app);
    let mut event = in_minutes(&app, &ana, 60, json!({ "title": "Moved" })).await;
    for to in [120, 30, 240, 20, 90] {
        event = moved(&ana, &event, "THIS", &after(&app, to)).await;
    }
    in_minutes(&app, &ana, 60, json!({ "title": "Other" })).await;
    pass(&app, 46).await;
    assert_eq!(told(&app, "ana").await, ["Other"], "a quarter of an hour before, as told nowhere else");
    pass(&app, 28).await;
    assert_eq!(told(&app, "ana").await, ["Other"]);
    pass(&app, 2).await;
    assert_eq!(told(&app, "ana").await, ["Other", "Moved"]);
    pass(&app, 600).await;
    assert_eq!(told(&app, "ana").await, ["Other", "Moved"]);
}

#[tokio::test]
async fn an_event_has_its_own_reminders_or_those_its_assignee_set() {
    let app = TestApp::start().await;
    let ana = app.ana().await;
    let _worker = Worker::start(&app);
    in_minutes(&app, &ana, 100, json!({ "title": "Own", "reminders": [90, 5] })).await;
    in_minutes(&app, &ana, 100, json!({ "title": "None", "reminders": [] })).await;
    in_minutes(&app, &ana, 100, json!({ "title": "Usual" })).await;
    let set = json!({ "expectedVersion": 0, "reminders": [60, 30] });
    let set = ana.run("agendaSettingsUpdate", set, "agendaSettings { reminders }").await;
    assert_eq!(set["agendaSettings"]["reminders"], json!([60, 30]));
    pass(&app, 11).await;
    assert_eq!(told(&app, "ana").await, ["Own"]);
    pass(&app, 30).await;
    assert_eq!(told(&app, "ana").await, ["Own", "Usual"]);
    pass(&app, 30).await;
    assert_eq!(told(&app, "ana").await, ["Own", "Usual", "Usual"]);
    pass(&app, 16).await; // where a quarter of an hour was usual
    assert_eq!(told(&app, "ana").await, ["Own", "Usual", "Usual"]);
    pass(&app, 200).await;
    assert_eq!(told(&app, "ana").await, ["Own", "Usual", "Usual"], "late, and over");
}

#[tokio::test]
async fn nobody_is_reminded_of_what_is_settled_or_nobodys() {
    let app = TestApp::start().await;
    let (ana, beto, sofia) = (app.ana().await, app.beto().await, app.sofia().await);
    let _worker = Worker::start(&app);
    let cancelled = in_minutes(&app, &ana, 30, json!({ "title": "Cancelled" })).await;
    does(&ana, "agendaEventCancel", &cancelled, json!({})).await;
    let done = in_minutes(&app, &ana, 30, json!({ "title": "Done" })).await;
    does(&ana, "agendaEventComplete", &done, json!({})).await;
    let again = in_minutes(&app, &ana, 30, json!({ "title": "Reopened" })).await;
    let again = does(&ana, "agendaEventCancel", &again, json!({})).await;
    does(&ana, "agendaEventReopen", &again, json!({})).await;
    in_minutes(&app, &ana, 30, json!({ "title": "Pool", "assigneeId": null })).await;
    let left = in_minutes(&app, &ana, 30, json!({ "title": "Left" })).await;
    does(&sofia, "agendaEventAssign", &left, json!({ "assigneeId": null })).await;
    let given = in_minutes(&app, &ana, 30, json!({ "title": "Given" })).await;
    does(&sofia, "agendaEventAssign", &given, json!({ "assigneeId": beto.id })).await;
    pass(&app, 16).await;
    assert_eq!(told(&app, "ana").await, ["Reopened"]);
    assert_eq!(told(&app, "beto").await, ["Given"]);
    assert_eq!(told(&app, "sofia").await, Vec::<String>::new());
}

#[tokio::test]
async fn a_late_worker_tells_once_of_what_is_not_over() {
    let app = TestApp::start().await;
    let ana = app.ana().await;
    in_minutes(&app, &ana, 30, json!({ "title": "Over", "reminders": [20, 10] })).await;
    let long = json!({ "title": "Under way", "reminders": [20, 10, 0], "start": after(&app, 30), "end": after(&app, 300) });
    plan(&ana, long).await;
    in_minutes(&app, &ana, 150, json!({ "title": "Ahead", "reminders": [60, 45, 10] })).await;
    app.app.clock.advance(Duration::from_secs(120 * 60));
    let _worker = Worker::start(&app);
    pass(&app, 0).await;
    let mut first = told(&app, "ana").await;
    first.sort();
    assert_eq!(first, ["Ahead", "Under way"]);
    pass(&app, 21).await;
    assert_eq!(told(&app, "ana").await[2..], ["Ahead"]);
    pass(&app, 400).await;
    assert_eq!(told(&app, "ana").await.len(), 3);
}

#[tokio::test]
async fn what_is_due_already_is_told_though_the_event_is_confirmed_meanwhile() {
    let app = TestApp::start().await;
    let ana = app.ana().await;
    let event = in_minutes(&app, &ana, 30, json!({ "title": "Confirmed" })).await;
    app.app.clock.advance(Duration::from_secs(20 * 60));
    let ana = anew(&app, "ana").await;
    does(&ana, "agendaEventConfirm", &event, json!({})).await;
    let _worker = Worker::start(&app);
    pass(&app, 0).await;
    assert_eq!(told(&app, "ana").await, ["Confirmed"]);
}

#[tokio::test]
async fn what_is_due_already_is_told_though_the_usual_reminders_change_meanwhile() {
    let app = TestApp::start().await;
    let ana = app.ana().await;
    in_minutes(&app, &ana, 30, json!({ "title": "Soon" })).await;
    app.app.clock.advance(Duration::from_secs(20 * 60));
    let ana = anew(&app, "ana").await;
    let set = json!({ "expectedVersion": 0, "reminders": [60] });
    assert_eq!(ana.run("agendaSettingsUpdate", set, "agendaSettings { id }").await["userErrors"], json!([]));
    let _worker = Worker::start(&app);
    pass(&app, 0).await;
    assert_eq!(told(&app, "ana").await, ["Soon"]);
}

#[tokio::test]
async fn each_occurrence_of_a_series_is_told_once() {
    let app = TestApp::start().await;
    let ana = app.ana().await;
    let _worker = Worker::start(&app);
    let fields =
        json!({ "title": "Daily", "timeZone": "UTC", "recurrence": { "rule": "FREQ=DAILY;COUNT=4" } });
    let first = in_minutes(&app, &ana, 60, fields).await;
    let range = json!({ "start": after(&app, 0), "end": after(&app, 7 * 1440) });
    let laid = pick(&ana, range, json!({ "seriesId": first["series"]["id"] }), "id version start").await;
    does(&ana, "agendaEventUpdate", &laid[1], json!({ "title": "Second" })).await;
    does(&ana, "agendaEventCancel", &laid[2], json!({})).await;
    pass(&app, 46).await;
    assert_eq!(told(&app, "ana").await, ["Daily"]);
    pass(&app, 1440).await;
    assert_eq!(told(&app, "ana").await, ["Daily", "Second"]);
    pass(&app, 1440).await;
    assert_eq!(told(&app, "ana").await, ["Daily", "Second"]);
    pass(&app, 1440).await;
    assert_eq!(told(&app, "ana").await, ["Daily", "Second", "Daily"]);
}

/// A worker of its own as a process, killed (-9) when dropped.
struct Process(Child);

impl Process {
    fn start(app: &TestApp) -> Process {
        let mut command = Command::new(env!("CARGO_BIN_EXE_cabina"));
        command.arg("worker").env_clear().stdout(Stdio::null()).stderr(Stdio::null());
        command.env("DATABASE_URL", app.database_url()).env("CABINA_JOB_LEASE", "1");
        Process(command.spawn().expect("a worker"))
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_two_workers_one_is_killed_again_and_again_and_each_reminder_is_told_once() {
    let app = Setup::default().with("CABINA_JOB_LEASE", 1).start().await;
    let ana = app.ana().await;
    let now = app.app.clock.now().trunc_subsecs(0);
    let at = |seconds: i64| (now + chrono::Duration::seconds(seconds)).to_rfc3339();
    // Due within the next seconds: the processes go by the clock of the machine.
    for number in 0..60 {
        let start = 64 + number % 8;
        let fields = json!({ "title": format!("Event {number}"), "start": at(start), "end": at(start + 60), "reminders": [1] });
        plan(&ana, fields).await;
    }
    let mut event =
        plan(&ana, json!({ "title": "Moved", "start": at(64), "end": at(120), "reminders": [1] })).await;
    for to in [3600, 66, 7200, 65, 74] {
        event = moved(&ana, &event, "THIS", &at(to)).await;
    }
    let _steady = Process::start(&app);
    let mut killed = Process::start(&app);
    for _ in 0..12 {
        tokio::time::sleep(Duration::from_millis(700)).await;
        killed = Process::start(&app);
    }
    let count = "SELECT count(*) FROM notification WHERE kind = 'AGENDA_REMINDER'";
    let mut last = 0;
    for _ in 0..100 {
        let backend = app.app.database.backend();
        let row = sea_orm::Statement::from_string(backend, count);
        let row = app.app.database.own.query_one_raw(row).await.expect("rows").expect("a row");
        last = row.try_get_by_index::<i64>(0).expect("a number");
        if last >= 61 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    tokio::time::sleep(Duration::from_millis(1500)).await; // were there more, they would come now
    drop(killed);
    let mut titles = told(&app, "ana").await;
    assert_eq!((last, titles.len()), (61, 61));
    titles.sort();
    let mut expected: Vec<String> = (0..60).map(|number| format!("Event {number}")).collect();
    expected.push("Moved".to_owned());
    expected.sort();
    assert_eq!(titles, expected, "each once");
    let query = "query($id: ID!) { notifications(first: 100, filter: { kinds: [AGENDA_REMINDER] }) { nodes { subjectId createdAt } }
        agendaEvent(id: $id) { start } }";
    let data = ana.data(query, json!({ "id": event["id"] })).await;
    let told = data["notifications"]["nodes"].as_array().expect("a list").iter();
    let told = told.filter(|node| node["subjectId"] == event["id"]).map(|node| node["createdAt"].clone());
    let told: Vec<Value> = told.collect();
    let told: chrono::DateTime<chrono::Utc> = told[0].as_str().expect("text").parse().expect("an instant");
    assert!(told >= now + chrono::Duration::seconds(14), "not before its last time: {told}");
}
