//! Health, and what the database looks like before and after its migrations.

use reqwest::Method;

use crate::support::{Actor, Setup, TestApp, is_postgres};

#[tokio::test]
async fn a_ready_server_says_so_and_names_each_part() {
    let app = TestApp::start().await;
    let answer = Actor::answer(app.nobody().request(Method::GET, "/health/ready")).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    assert_eq!(answer.body["bus"], if is_postgres() { "redis" } else { "in-process" });
    assert_eq!((&answer.body["database"], &answer.body["migrations"]), (&"ok".into(), &"ok".into()));
    assert_eq!(Actor::answer(app.nobody().request(Method::GET, "/health/live")).await.status, 200);
}

#[tokio::test]
async fn a_server_without_its_tables_is_not_ready_until_they_are_there() {
    use migration::{Migrator, MigratorTrait};
    let app = Setup::default().on_empty_database().start().await;
    let ready = || Actor::answer(app.nobody().request(Method::GET, "/health/ready"));
    let answer = ready().await;
    assert_eq!((answer.status, answer.body["migrations"].as_str()), (503, Some("3 pending")));
    app.app.migrate().await.expect("up");
    assert_eq!(ready().await.status, 200);
    Migrator::down(&app.app.database.pool, None).await.expect("down");
    assert_eq!(ready().await.status, 503);
    Migrator::up(&app.app.database.pool, None).await.expect("up again");
    assert_eq!(ready().await.status, 200);
}
