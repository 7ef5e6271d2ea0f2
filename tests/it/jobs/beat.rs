//! What a worker costs the database while there is nothing to do.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use cabina::platform::jobs::{Failure, Handlers, Job, Schedule, Work, due_by_itself};
use sea_orm::sea_query::{Expr, ExprTrait, Query, SelectStatement};
use serde::{Deserialize, Serialize};

use super::Worker;
use crate::support::TestApp;

/// Jobs of several kinds.
macro_rules! kinds {
    ($($job:ident = $kind:literal,)+) => {$(
        #[derive(Clone, Serialize, Deserialize)]
        struct $job {}
        impl Job for $job {
            const KIND: &'static str = $kind;
            fn dedup(&self) -> Option<String> {
                Some(String::new())
            }
        }
    )+};
}

kinds! {
    First = "test.first",
    Second = "test.second",
    Third = "test.third",
    Watched = "test.watched",
    Guarded = "test.guarded",
}

/// A look that finds nothing, and tells that it was made.
fn looks(
    count: &Arc<AtomicUsize>,
) -> impl Fn(cabina::kernel::time::Instant) -> Option<SelectStatement> + use<> {
    let count = count.clone();
    move |_| {
        count.fetch_add(1, Ordering::SeqCst);
        let nothing = Query::select().from("relay").and_where(Expr::cust("id = 2")).to_owned();
        Some(due_by_itself(nothing))
    }
}

#[tokio::test]
async fn schedules_and_watches_cost_one_statement_a_beat_together() {
    let app = TestApp::start().await;
    let (beats, done) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let did = done.clone();
    let did = move || {
        did.fetch_add(1, Ordering::SeqCst);
        std::future::ready(Ok::<(), Failure>(()))
    };
    let [one, two, three] = [did.clone(), did.clone(), did.clone()];
    let hourly = Duration::from_secs(3600);
    let handlers = Handlers::default()
        .on(move |_: First, _: Work| one())
        .on(move |_: Second, _: Work| two())
        .on(move |_: Third, _: Work| three())
        .every(Schedule::every(hourly, First {}))
        .every(Schedule::every(hourly, Second {}))
        .every(Schedule::every(hourly, Third {}))
        .when(Watched {}, looks(&beats))
        .when(Guarded {}, looks(&Arc::default()));
    // What a worker does by itself is not counted otherwise.
    let mut database = app.app.database.clone();
    database.own = database.pool.clone();
    let worker = Worker::on(&app, database.clone(), handlers);
    while done.load(Ordering::SeqCst) < 3 || app.rows("job").await > 0 {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    let reach = async |beat: usize| {
        while beats.load(Ordering::SeqCst) < beat {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    // From behind one beat to behind another.
    reach(beats.load(Ordering::SeqCst) + 1).await;
    tokio::time::sleep(Duration::from_millis(100)).await;
    let (before, from) = (database.statements(), beats.load(Ordering::SeqCst));
    reach(from + 6).await;
    let (cost, over) = (database.statements() - before, beats.load(Ordering::SeqCst) - from);
    assert!(cost <= over as u64, "{cost} statements in {over} beats");
    assert!(cost + 1 >= over as u64, "they are counted: {cost} statements in {over} beats");
    app.app.clock.advance(hourly);
    while done.load(Ordering::SeqCst) < 6 {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    worker.stop().await;
}

#[tokio::test]
async fn what_lies_there_to_be_done_is_enqueued_once_with_whose_it_is() {
    let app = TestApp::start().await;
    let (seen, gate) =
        (Arc::new(std::sync::Mutex::new(Vec::new())), Arc::new(tokio::sync::Semaphore::new(0)));
    let (told, held) = (seen.clone(), gate.clone());
    let handlers = Handlers::default()
        .on(move |_: Watched, _: Work| {
            let (told, held) = (told.clone(), held.clone());
            async move {
                told.lock()
                    .expect("whole")
                    .push(cabina::platform::telemetry::TraceContext::here().request_id);
                held.acquire().await.expect("open").forget();
                Ok::<(), Failure>(())
            }
        })
        .when(Watched {}, |_| {
            let mut due = Query::select();
            due.expr_as(Expr::val("request-7").cast_as("text"), "request_id")
                .expr_as(Expr::cust("CAST(NULL AS text)"), "traceparent");
            Some(due)
        });
    let worker = Worker::start(&app, handlers);
    while seen.lock().expect("whole").is_empty() {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    // While it runs another one waits behind it, and only one.
    while app.rows("job").await < 2 {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    tokio::time::sleep(Duration::from_millis(1200)).await;
    assert!(app.rows("job").await <= 5, "as many as hands, and one that waits");
    assert_eq!(seen.lock().expect("whole")[0].as_deref(), Some("request-7"));
    gate.add_permits(1000);
    worker.stop().await;
}
