//! The job runner: what was enqueued is done, in its order, with one effect, whatever dies.

mod beat;
mod dead;
mod progress;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use cabina::kernel::Error;
use cabina::platform::auth::Viewer;
use cabina::platform::db::{Database, NewJob, Origin, Tx};
use cabina::platform::jobs::{Failure, Handlers, Job, Runner, Schedule, Work};
use sea_orm::{ConnectionTrait, Statement};
use serde::{Deserialize, Serialize};
use tokio::sync::oneshot;

use crate::support::TestApp;

/// Writes a line into `effect`.
#[derive(Clone, Serialize, Deserialize)]
pub struct Mark {
    queue: Option<String>,
    number: i64,
    /// What goes wrong: on how many tries, and whether for good.
    fails: i32,
    hopeless: bool,
}

impl Job for Mark {
    const KIND: &'static str = "test.mark";
    const ATTEMPTS: i32 = 4;
    fn queue(&self) -> Option<String> {
        self.queue.clone()
    }
}

fn mark(queue: &str, number: i64) -> Mark {
    Mark { queue: Some(queue.to_owned()), number, fails: 0, hopeless: false }
}

/// Joins with those that wait.
#[derive(Clone, Serialize, Deserialize)]
struct Joined {}

impl Job for Joined {
    const KIND: &'static str = "test.joined";
    fn dedup(&self) -> Option<String> {
        Some("one".to_owned())
    }
}

pub async fn enqueue(app: &TestApp, jobs: Vec<NewJob>) {
    let origin = Origin { operation: "test".into(), ..Origin::default() };
    let viewer = Arc::new(Viewer::system("test"));
    let mut tx = Tx::begin(&app.app.database, &app.app.clock, viewer, origin).await.expect("begins");
    jobs.into_iter().for_each(|job| tx.enqueue(job));
    tx.commit().await.expect("committed");
}

async fn write(mark: Mark, work: Work) -> Result<(), Failure> {
    if mark.hopeless {
        return Err(Failure::GiveUp(Error::invalid("record", format!("{} cannot be written", mark.number))));
    }
    if work.attempt <= mark.fails {
        let cause = format!("record {} is locked", mark.number).into();
        return Err(Failure::Retry(Error::Unavailable { provider: "the ledger", cause }));
    }
    let mut tx = work.begin().await?;
    let row = Statement::from_sql_and_values(
        work.database.backend(),
        "INSERT INTO effect (queue, number) VALUES ($1, $2)",
        [mark.queue.into(), mark.number.into()],
    );
    tx.conn().execute_raw(row).await.map_err(Error::from)?;
    // Long enough for a worker to die in the middle.
    tokio::time::sleep(Duration::from_millis(5)).await;
    work.finish(&mut tx).await?;
    tx.commit().await?;
    Ok(())
}

pub async fn app() -> TestApp {
    let app = TestApp::start().await;
    // Rows of several connections lie in several pages: their place tells no order.
    let order = if crate::support::is_postgres() { "seq bigserial, " } else { "" };
    let table = &format!("CREATE TABLE effect ({order}queue text, number bigint NOT NULL)");
    app.app.database.own.execute_unprepared(table).await.expect("a table");
    app
}

/// A worker that is told to stop when dropped.
pub struct Worker {
    task: tokio::task::JoinHandle<()>,
    stop: Option<oneshot::Sender<()>>,
}

impl Worker {
    pub fn start(app: &TestApp, handlers: Handlers) -> Worker {
        Worker::on(app, app.app.database.clone(), handlers)
    }

    /// On another view of the database.
    pub fn on(app: &TestApp, database: Database, handlers: Handlers) -> Worker {
        let (stop, stopped) = oneshot::channel::<()>();
        let runner = Runner {
            database,
            clock: app.app.clock.clone(),
            handlers,
            slots: 4,
            lease: Duration::from_secs(30),
        };
        let until = async {
            let _ = stopped.await;
        };
        Worker { task: tokio::spawn(runner.run(until)), stop: Some(stop) }
    }

    pub fn marking(app: &TestApp) -> Worker {
        Worker::start(app, Handlers::default().on(write))
    }

    /// Dies at once, as by kill -9: nothing is given back.
    fn kill(&self) {
        self.task.abort();
    }

    /// Stops in order.
    async fn stop(mut self) {
        drop(self.stop.take());
        (&mut self.task).await.expect("stopped");
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// What was written, in its order, by queue.
async fn effects(app: &TestApp) -> BTreeMap<String, Vec<i64>> {
    let order = if crate::support::is_postgres() { "seq" } else { "rowid" };
    let sql = format!("SELECT queue, number FROM effect ORDER BY {order}");
    let backend = app.app.database.backend();
    let rows = app.app.database.own.query_all_raw(Statement::from_string(backend, sql)).await.expect("rows");
    let mut found: BTreeMap<String, Vec<i64>> = BTreeMap::new();
    for row in rows {
        let queue: Option<String> = row.try_get_by_index(0).expect("a text");
        found.entry(queue.unwrap_or_default()).or_default().push(row.try_get_by_index(1).expect("a number"));
    }
    found
}

/// Waits until so many jobs are left in the table.
pub async fn left(app: &TestApp, count: i64) {
    for _ in 0..600 {
        if app.rows("job").await == count {
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("{} jobs are left in place of {count}", app.rows("job").await);
}

#[tokio::test]
async fn queues_run_in_order_and_side_by_side_and_a_killed_worker_doubles_nothing() {
    let app = app().await;
    let queues = ["a", "b", "c", "d", "e", "f"];
    for number in 0..10 {
        enqueue(&app, queues.iter().map(|queue| mark(queue, number).now().expect("JSON")).collect()).await;
    }
    let (first, second) = (Worker::marking(&app), Worker::marking(&app));
    for _ in 0..400 {
        if app.rows("job").await <= 45 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    first.kill();
    assert!(app.rows("job").await > 0, "it died in the middle");
    // What it held is free when its claims have ended.
    tokio::time::sleep(Duration::from_millis(200)).await;
    app.app.clock.advance(Duration::from_secs(31));
    left(&app, 0).await;
    second.stop().await;
    let expected: BTreeMap<String, Vec<i64>> =
        queues.iter().map(|queue| ((*queue).to_owned(), (0..10).collect())).collect();
    assert_eq!(effects(&app).await, expected, "each once, in its queue's order");
}

#[tokio::test]
async fn a_worker_that_lost_its_claim_writes_nothing() {
    let app = app().await;
    enqueue(&app, vec![mark("a", 1).now().expect("JSON")]).await;
    let (begun, waits) = oneshot::channel::<()>();
    let (go, gone) = oneshot::channel::<()>();
    let (begun, gone) =
        (Arc::new(std::sync::Mutex::new(Some(begun))), Arc::new(tokio::sync::Mutex::new(Some(gone))));
    let slow = Handlers::default().on(move |job: Mark, work: Work| {
        let (begun, gone) = (begun.clone(), gone.clone());
        async move {
            let _ = begun.lock().expect("whole").take().map(|begun| begun.send(()));
            if let Some(gone) = gone.lock().await.take() {
                let _ = gone.await;
            }
            write(job, work).await
        }
    });
    let frozen = Worker::start(&app, slow);
    waits.await.expect("it began");
    app.app.clock.advance(Duration::from_secs(31));
    let other = Worker::marking(&app);
    left(&app, 0).await;
    let _ = go.send(()); // the first wakes up again
    frozen.stop().await;
    other.stop().await;
    assert_eq!(effects(&app).await, BTreeMap::from([("a".to_owned(), vec![1])]));
}

#[tokio::test]
async fn what_fails_is_tried_again_later_and_holds_up_its_own_queue_only() {
    let app = app().await;
    let failing = Mark { fails: 2, ..mark("a", 1) };
    enqueue(&app, vec![failing.now().expect("JSON"), mark("a", 2).now().expect("JSON")]).await;
    enqueue(&app, vec![mark("b", 1).now().expect("JSON")]).await;
    let worker = Worker::marking(&app);
    left(&app, 2).await;
    assert_eq!(effects(&app).await, BTreeMap::from([("b".to_owned(), vec![1])]));
    for _ in 0..2 {
        app.app.clock.advance(Duration::from_secs(10));
        tokio::time::sleep(Duration::from_millis(700)).await;
    }
    left(&app, 0).await;
    worker.stop().await;
    assert_eq!(effects(&app).await["a"], [1, 2], "in the queue's order all the same");
}

#[tokio::test]
async fn what_waits_under_a_key_is_joined_and_what_runs_is_not() {
    let app = app().await;
    let both = vec![Joined {}.now().expect("JSON"), Joined {}.now().expect("JSON")];
    enqueue(&app, both).await;
    enqueue(&app, vec![Joined {}.now().expect("JSON")]).await;
    assert_eq!(app.rows("job").await, 1, "they join");
    let (runs, gate) = (Arc::new(AtomicUsize::new(0)), Arc::new(tokio::sync::Semaphore::new(0)));
    let (count, held) = (runs.clone(), gate.clone());
    let worker = Worker::start(
        &app,
        Handlers::default().on(move |_: Joined, _| {
            let (count, held) = (count.clone(), held.clone());
            async move {
                count.fetch_add(1, Ordering::SeqCst);
                held.acquire().await.expect("open").forget();
                Ok(())
            }
        }),
    );
    while runs.load(Ordering::SeqCst) == 0 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    enqueue(&app, vec![Joined {}.now().expect("JSON")]).await;
    assert_eq!(app.rows("job").await, 2, "what runs may have missed this change");
    gate.add_permits(2);
    left(&app, 0).await;
    worker.stop().await;
    assert_eq!(runs.load(Ordering::SeqCst), 2);
}

#[tokio::test]
async fn what_is_due_by_the_clock_is_enqueued_once_among_all_workers() {
    let app = app().await;
    let handlers = || {
        let daily = Mark { queue: None, number: 7, fails: 0, hopeless: false };
        Handlers::default().on(write).every(Schedule::every(Duration::from_secs(3600), daily))
    };
    let workers = [Worker::start(&app, handlers()), Worker::start(&app, handlers())];
    let marks = |count: usize| {
        let app = &app;
        async move {
            for _ in 0..200 {
                if effects(app).await.get("").map_or(0, Vec::len) >= count {
                    return;
                }
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
            panic!("the schedule did not come");
        }
    };
    marks(1).await;
    app.app.clock.advance(Duration::from_secs(3 * 3600));
    marks(2).await;
    tokio::time::sleep(Duration::from_millis(1200)).await;
    assert_eq!(effects(&app).await[""], [7, 7], "once an hour, and what was missed once");
    for worker in workers {
        worker.stop().await;
    }
}

#[tokio::test]
async fn a_worker_takes_no_more_than_it_has_hands() {
    let app = app().await;
    enqueue(&app, vec![mark("first", 0).now().expect("JSON")]).await;
    // What PostgreSQL knows of the table decides how it looks for what is due.
    app.app.database.own.execute_unprepared("ANALYZE").await.expect("analysed");
    let many = (0..60).map(|n| Mark { queue: None, ..mark("", n) }.now().expect("JSON")).collect();
    enqueue(&app, many).await;
    let (now, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let (busy, peak) = (now.clone(), most.clone());
    let worker = Worker::start(
        &app,
        Handlers::default().on(move |_: Mark, _| {
            let (busy, peak) = (busy.clone(), peak.clone());
            async move {
                peak.fetch_max(busy.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                tokio::time::sleep(Duration::from_millis(20)).await;
                busy.fetch_sub(1, Ordering::SeqCst);
                Ok(())
            }
        }),
    );
    left(&app, 0).await;
    worker.stop().await;
    assert_eq!(most.load(Ordering::SeqCst), 4, "as many as it has hands, and no more");
}

#[tokio::test]
async fn what_kills_its_worker_each_time_is_given_up() {
    let app = app().await;
    enqueue(&app, vec![mark("a", 1).now().expect("JSON"), mark("a", 2).now().expect("JSON")]).await;
    for _ in 0..Mark::ATTEMPTS {
        let begun = Arc::new(tokio::sync::Notify::new());
        let tell = begun.clone();
        let deadly = Handlers::default().on(move |_: Mark, _| {
            tell.notify_one();
            std::future::pending()
        });
        let worker = Worker::start(&app, deadly);
        begun.notified().await;
        worker.kill();
        app.app.clock.advance(Duration::from_secs(31));
    }
    let worker = Worker::marking(&app);
    left(&app, 1).await;
    worker.stop().await;
    assert_eq!(effects(&app).await, BTreeMap::from([("a".to_owned(), vec![2])]), "its neighbour goes on");
}
