//! A year of a busy team.

use serde_json::json;

use super::{moved, plan};
use crate::support::TestApp;

#[tokio::test(flavor = "multi_thread")]
async fn the_statements_of_a_years_agenda_do_not_depend_on_its_size() {
    let app = TestApp::start().await;
    let (sofia, admin) = (app.sofia().await, app.admin().await);
    let team = sofia.data("{ viewer { team { id } } }", json!({})).await;
    let team = &team["viewer"]["team"]["id"];
    for number in 0..10 {
        let user = json!({ "email": format!("u{number}@test.example"), "name": format!("User {number}"),
            "role": "ADVISOR", "teamId": team, "timeZone": "America/Mexico_City" });
        let user = admin.run("userCreate", user, "user { id }").await["user"]["id"].clone();
        for (day, rule) in [
            (4, "FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR;COUNT=100"),
            (5, "FREQ=WEEKLY;BYDAY=TU;COUNT=50"),
            (6, "FREQ=MONTHLY;COUNT=12"),
        ] {
            let fields = json!({ "start": format!("2027-01-0{day}T16:00:00Z"), "assigneeId": user,
                "end": format!("2027-01-0{day}T17:00:00Z"), "recurrence": { "rule": rule } });
            plan(&sofia, fields).await;
        }
    }
    let query = "query($range: DateTimeRangeInput!) { agendaEvents(range: $range, first: 2500) {
        nodes { id title start end state assignee { id name } series { id rule } client { id name } } totalCount } }";
    let mut counts = Vec::new();
    for (start, end, size) in [
        ("2027-01-04T00:00:00Z", "2027-01-05T00:00:00Z", 10),
        ("2027-01-04T00:00:00Z", "2027-01-11T00:00:00Z", 70),
        ("2027-01-01T00:00:00Z", "2027-12-31T00:00:00Z", 1620),
        ("2027-01-04T00:00:00Z", "2027-01-05T00:00:00Z", 10),
    ] {
        let range = json!({ "range": { "start": start, "end": end } });
        sofia.data(query, range.clone()).await; // proves the document, and lays out what is far
        let mut fewest = u64::MAX;
        // A busy machine may part what is loaded together: it takes more statements then, never fewer.
        for _ in 0..5 {
            let before = app.app.database.statements();
            let page = sofia.data(query, range.clone()).await;
            fewest = fewest.min(app.app.database.statements() - before);
            assert_eq!(page["agendaEvents"]["nodes"].as_array().expect("nodes").len(), size);
            assert_eq!(page["agendaEvents"]["totalCount"], size);
        }
        counts.push(fewest);
    }
    // Events, their number, assignees, series; nobody has clients.
    assert_eq!(counts, [4, 4, 4, 4]);
}

#[tokio::test]
async fn what_many_events_have_alike_is_read_and_written_once() {
    let app = TestApp::start().await;
    let ana = app.ana().await;
    let (mut settings, mut moves) = (Vec::new(), Vec::new());
    for (version, count, reminders) in [(0, 10, json!([60])), (1, 20, json!([]))] {
        let fields = json!({ "start": "2027-01-04T16:00:00Z", "end": "2027-01-04T17:00:00Z",
            "recurrence": { "rule": format!("FREQ=DAILY;COUNT={count}") } });
        let first = plan(&ana, fields).await;
        let before = app.app.database.statements();
        moved(&ana, &first, "ALL", "2027-01-04T18:00:00Z").await;
        moves.push(app.app.database.statements() - before);
        let set = json!({ "expectedVersion": version, "reminders": reminders });
        let before = app.app.database.statements();
        let set = ana.run("agendaSettingsUpdate", set, "agendaSettings { version }").await;
        assert_eq!(set["userErrors"], json!([]));
        settings.push(app.app.database.statements() - before);
    }
    assert_eq!(settings[1], settings[0], "ten events or thirty");
    assert_eq!(moves[1], moves[0], "ten events or twenty");
    let query = "{ agendaEvents(range: { start: \"2027-01-01T00:00:00Z\", end: \"2027-03-01T00:00:00Z\" }, first: 100) { totalCount } }";
    assert_eq!(ana.data(query, json!({})).await["agendaEvents"]["totalCount"], 30);
}
