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
    let zones = answer.body["timeZones"].as_str().expect("which rules");
    assert!(zones >= "2026f" && zones.ends_with(')'), "{zones}");
    assert_eq!(Actor::answer(app.nobody().request(Method::GET, "/health/live")).await.status, 200);
}

#[tokio::test]
async fn a_server_without_its_tables_is_not_ready_until_they_are_there() {
    use migration::{Migrator, MigratorTrait};
    let app = Setup::default().on_empty_database().start().await;
    let ready = || Actor::answer(app.nobody().request(Method::GET, "/health/ready"));
    let answer = ready().await;
    assert_eq!((answer.status, answer.body["migrations"].as_str()), (503, Some("14 pending")));
    app.app.migrate().await.expect("up");
    assert_eq!(ready().await.status, 200);
    Migrator::down(&app.app.database.pool, None).await.expect("down");
    assert_eq!(ready().await.status, 503);
    Migrator::up(&app.app.database.pool, None).await.expect("up again");
    assert_eq!(ready().await.status, 200);
}

#[tokio::test]
async fn pages_are_served_and_what_is_missing_is_missing() {
    let folder = tempfile::TempDir::new().expect("a folder");
    std::fs::create_dir(folder.path().join("assets")).expect("a folder");
    for (file, text) in [("index.html", "the app"), ("graphiql.html", "graphiql"), ("assets/a-1.js", "js")] {
        std::fs::write(folder.path().join(file), text).expect("written");
    }
    for graphiql in [true, false] {
        let setup = Setup::default()
            .with("CABINA_WEB_DIR", folder.path().display())
            .with("CABINA_GRAPHIQL", graphiql);
        let app = setup.start().await;
        let forever = "public, max-age=31536000, immutable";
        for (path, status, text, cached) in [
            ("/", 200, "the app", "no-cache"),
            ("/clients/some-id", 200, "the app", "no-cache"),
            ("/assets/a-1.js", 200, "js", forever),
            ("/assets/missing.js", 404, "", "no-cache"),
            ("/graphiql.html", 404, "", "no-cache"),
            ("/graphiql", 200, if graphiql { "graphiql" } else { "the app" }, "no-cache"),
        ] {
            let answer = Actor::answer(app.nobody().request(Method::GET, path)).await;
            let told = (
                answer.status,
                answer.body.as_str().expect("text"),
                answer.headers["cache-control"].to_str().ok(),
            );
            assert_eq!(told, (status, text, Some(cached)), "{path}");
        }
    }
}
