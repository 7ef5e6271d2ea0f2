//! Dead letters.

use sea_orm::{ColumnTrait, QueryFilter};

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use cabina::kernel::Error;
use cabina::platform::db::all_rows;
use cabina::platform::db::tables::job;
use cabina::platform::jobs::{Failure, Handlers, Job, Work};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{Mark, Worker, app, effects, enqueue, left, mark};
use crate::support::{Refusals, Screen, Setup};

#[tokio::test]
async fn a_poison_record_is_set_aside_and_its_neighbours_go_on() {
    let app = app().await;
    let poison = Mark { hopeless: true, ..mark("a", 1) };
    let stubborn = Mark { fails: 99, ..mark("b", 1) };
    let jobs = [poison, mark("a", 2), stubborn, mark("b", 2), mark("c", 1)];
    enqueue(&app, jobs.iter().map(|job| job.now().expect("JSON")).collect()).await;
    let worker = Worker::marking(&app);
    left(&app, 3).await;
    for _ in 0..4 {
        app.app.clock.advance(std::time::Duration::from_secs(20));
        tokio::time::sleep(std::time::Duration::from_millis(700)).await;
    }
    left(&app, 2).await;
    drop(worker);
    let written = effects(&app).await;
    assert_eq!((&written["a"][..], &written["b"][..], &written["c"][..]), (&[2][..], &[2][..], &[1][..]));
    let dead = all_rows::<job::Entity>()
        .filter(job::Column::DeadAt.is_not_null())
        .all(&app.app.database.own)
        .await
        .expect("rows");
    let mut told: Vec<(i32, String)> =
        dead.iter().map(|job| (job.attempts, job.last_error.clone().unwrap_or_default())).collect();
    told.sort();
    assert_eq!(
        told,
        [
            (1, "record: 1 cannot be written".to_owned()),
            (4, "the ledger is not available: record 1 is locked".to_owned())
        ]
    );
}

/// Sends something somewhere with a token.
#[derive(Clone, Serialize, Deserialize)]
struct Send {
    record: i64,
    access_token: String,
    broken: bool,
}

impl Job for Send {
    const KIND: &'static str = "test.send";
    const ATTEMPTS: i32 = 1;
}

fn send(record: i64, broken: bool) -> Send {
    Send { record, access_token: "hunter2".into(), broken }
}

#[tokio::test]
async fn admins_see_why_work_was_given_up_and_have_it_done_after_all() {
    let app = Setup::default().start().await;
    let (ana, admin) = (app.ana().await, app.admin().await);
    let mended = Arc::new(AtomicBool::new(false));
    let state = mended.clone();
    let worker = Worker::start(
        &app,
        Handlers::default().on(move |job: Send, _: Work| {
            let mended = state.load(Ordering::SeqCst);
            async move {
                match (mended, job.broken) {
                    (true, _) => Ok(()),
                    (_, true) => {
                        Err(Failure::GiveUp(Error::invalid("stage", format!("{} is unknown", job.record))))
                    }
                    (_, false) => {
                        let cause = format!("record {} is locked", job.record).into();
                        Err(Failure::Retry(Error::Unavailable { provider: "the other system", cause }))
                    }
                }
            }
        }),
    );
    let start = admin.cursor().await;
    let mut screen = Screen::of(&admin).await;
    let query = "subscription($after: Cursor) { deadLetterChanged(after: $after) { previous kind deadLetterId deadLetter { error } } }";
    screen.subscribe("d", query, json!({ "after": start })).await;
    let mut stranger = Screen::of(&ana).await;
    stranger.subscribe("d", query, json!({ "after": start })).await;
    let jobs = [send(1, false), send(2, false), send(3, false), send(4, true)];
    for job in &jobs {
        enqueue(&app, vec![job.now().expect("JSON")]).await;
    }
    let mut broken = Value::Null;
    for _ in &jobs {
        let item = screen.item("d").await["deadLetterChanged"].clone();
        assert_eq!(item["kind"], "CREATED");
        if item["deadLetter"]["error"] == "stage: 4 is unknown" {
            broken = item["deadLetterId"].clone();
        }
    }
    let query = "query($f: String) { deadLetterGroups { fingerprint kind error count }
        deadLetters(fingerprint: $f) { totalCount nodes { id kind error payload attempts deadAt } } }";
    let data = admin.data(query, json!({})).await;
    let groups = data["deadLetterGroups"].as_array().expect("groups");
    let told: Vec<(&Value, &Value)> = groups.iter().map(|group| (&group["count"], &group["kind"])).collect();
    assert_eq!(told, [(&json!(3), &json!("test.send")), (&json!(1), &json!("test.send"))]);
    assert_eq!(groups[0]["error"], "the other system is not available: record 3 is locked");
    let alike = groups[0]["fingerprint"].clone();
    let letters = admin.data(query, json!({ "f": alike })).await["deadLetters"].clone();
    assert_eq!(letters["totalCount"], 3);
    assert_eq!(
        letters["nodes"][2]["payload"],
        json!({ "record": 1, "access_token": "***", "broken": false }),
        "secrets are masked"
    );
    for input in [json!({}), json!({ "all": true, "ids": [] })] {
        let refused = admin.run("deadLetterRetry", input, "ids event { id }").await;
        assert_eq!(refused.refusals(), [("INVALID".into(), "ids".into())]);
    }
    assert_eq!(
        ana.send("mutation { deadLetterRetry(input: { all: true }) { ids } }", json!({})).await.code(),
        "FORBIDDEN"
    );
    mended.store(true, Ordering::SeqCst);
    let retried = admin.run("deadLetterRetry", json!({ "fingerprint": alike }), "ids event { id }").await;
    assert_eq!(retried["ids"].as_array().map(Vec::len), Some(3), "{retried}");
    left(&app, 1).await;
    for _ in 0..3 {
        let item = screen.item("d").await["deadLetterChanged"].clone();
        assert_eq!((&item["kind"], &item["deadLetter"]), (&json!("UPDATED"), &Value::Null));
    }
    for reason in [" ".to_owned(), "ñ".repeat(501)] {
        let refused =
            admin.run("deadLetterDiscard", json!({ "ids": [broken], "reason": reason }), "ids").await;
        assert_eq!(refused.refusals(), [("INVALID".into(), "reason".into())]);
        let rule = "must have between 1 and 500 characters, at least one of them visible: the audit keeps it";
        assert_eq!(refused["userErrors"][0]["message"], rule);
    }
    assert_eq!(app.rows("job").await, 1, "it is still there");
    let reasoned = json!({ "ids": [broken], "reason": "entered by hand" });
    let gone = admin.run("deadLetterDiscard", reasoned, "ids").await;
    assert_eq!(gone["ids"], json!([broken]));
    assert_eq!(screen.item("d").await["deadLetterChanged"]["kind"], "DELETED");
    assert_eq!(app.rows("job").await, 0);
    let audit = admin
        .data(
            "query($id: ID!) { auditEntries(filter: { subjectId: $id }) { nodes { operation changes { field before after } } } }",
            json!({ "id": broken }),
        )
        .await;
    let entry = audit["auditEntries"]["nodes"][0].clone();
    assert_eq!(entry["operation"], "deadLetterDiscard");
    let text = entry.to_string();
    assert!(
        text.contains("entered by hand") && text.contains("4 is unknown") && !text.contains("hunter2"),
        "{text}"
    );
    stranger.hears_nothing().await;
    drop(worker);
}
