//! Dead letters.

use sea_orm::{ColumnTrait, QueryFilter};

use cabina::platform::db::all_rows;
use cabina::platform::db::tables::job;
use cabina::platform::jobs::Job;

use super::{Mark, Worker, app, effects, enqueue, left, mark};

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
