//! How far work is, as admins see it.

use std::time::Duration;

use cabina::platform::jobs::{Failure, Handlers, Job, Work};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{Worker, app, enqueue, left};
use crate::support::{Screen, TestApp};

#[derive(Clone, Serialize, Deserialize)]
struct Count {}

impl Job for Count {
    const KIND: &'static str = "count";
}

async fn count(_: Count, mut work: Work) -> Result<(), Failure> {
    for done in 1..=40 {
        work.progress(done, 40).await?;
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    Ok(())
}

#[tokio::test]
async fn admins_see_how_far_work_is_at_most_once_a_second() {
    let app: TestApp = app().await;
    let (admin, ana) = (app.admin().await, app.ana().await);
    let mut screen = Screen::of(&admin).await;
    screen.subscribe("j", "subscription { jobChanged { job { kind done total } } }", json!({})).await;
    let mut others = Screen::of(&ana).await;
    others.subscribe("j", "subscription { jobChanged { job { id } } }", json!({})).await;
    enqueue(&app, vec![Count {}.now().expect("JSON")]).await;
    let _worker = Worker::start(&app, Handlers::default().on(count));
    let first = screen.item("j").await["jobChanged"]["job"].clone();
    assert_eq!((&first["kind"], &first["total"]), (&json!("count"), &json!(40)));
    let under_way = admin.data("{ jobsUnderWay { kind attempt done total } }", json!({})).await;
    assert_eq!(under_way["jobsUnderWay"][0]["kind"], "count", "{under_way}");
    let mut told = vec![first["done"].as_i64().expect("a number")];
    while *told.last().expect("one") < 40 {
        // The last one may find the job ended already: then nothing is told of it.
        let Ok(item) = tokio::time::timeout(Duration::from_secs(3), screen.item("j")).await else { break };
        told.push(item["jobChanged"]["job"]["done"].as_i64().expect("a number"));
    }
    assert!(told.is_sorted() && (2..=5).contains(&told.len()), "{told:?}");
    left(&app, 0).await;
    let under_way = admin.data("{ jobsUnderWay { id } }", json!({})).await;
    assert_eq!(under_way["jobsUnderWay"], json!([]));
    others.hears_nothing().await;
}
