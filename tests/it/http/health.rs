//! Health, and what the database looks like before and after its migrations.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use reqwest::Method;
use sha2::{Digest, Sha256};

use crate::support::{Actor, Setup, TestApp, is_postgres};

#[tokio::test]
async fn a_ready_server_says_so_and_names_each_part() {
    let app = TestApp::start().await;
    let answer = Actor::answer(app.nobody().request(Method::GET, "/health/ready")).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    assert_eq!(answer.body["bus"], if is_postgres() { "redis" } else { "in-process" });
    for part in ["database", "writes", "migrations", "tasks"] {
        assert_eq!(answer.body[part], "ok", "{part}");
    }
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
    let pending = format!("{} pending", Migrator::migrations().len());
    assert_eq!((answer.status, answer.body["migrations"].as_str()), (503, Some(&*pending)));
    app.app.migrate().await.expect("up");
    assert_eq!(ready().await.status, 200);
    Migrator::down(&app.app.database.pool, None).await.expect("down");
    assert_eq!(ready().await.status, 503);
    Migrator::up(&app.app.database.pool, None).await.expect("up again");
    assert_eq!(ready().await.status, 200);
}

#[tokio::test]
async fn graphiql_from_its_public_address_is_held_to_hashes_and_a_policy() {
    let app = TestApp::start().await;
    let page = Actor::answer(app.nobody().request(Method::GET, "/graphiql")).await;
    let (html, policy) = (
        page.body.as_str().expect("a page"),
        page.headers["content-security-policy"].to_str().expect("text"),
    );
    let tags: Vec<&str> = html.split('<').filter(|tag| tag.contains("https://")).collect();
    assert_eq!(tags.len(), 4, "three scripts and a style sheet: {tags:?}");
    for tag in tags {
        assert!(tag.contains("integrity=\"sha384-") && tag.contains("crossorigin=\"anonymous\""), "{tag}");
        let url = tag.split('"').find(|part| part.starts_with("https://")).expect("an address");
        let (folder, _) = url.rsplit_once('/').expect("a path");
        assert!(folder.contains('@'), "{url} names its version");
        assert!(policy.contains(&format!("{folder}/")), "{url} is in the policy");
    }
    for rule in ["default-src 'none'", "connect-src 'self'", "frame-ancestors 'none'", "base-uri 'none'"] {
        assert!(policy.contains(rule), "{policy}");
    }
    let own =
        html.rsplit_once("<script>").and_then(|(_, rest)| rest.split_once("</script>")).expect("a script").0;
    assert!(
        policy.contains(&format!("'sha256-{}'", BASE64_STANDARD.encode(Sha256::digest(own)))),
        "{policy}"
    );
    let scripts = policy.split(';').find(|rule| rule.trim().starts_with("script-src")).expect("a rule");
    assert!(!scripts.contains("unsafe"), "{scripts}");
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
            let policy = answer.headers.get("content-security-policy");
            let is_page = ["the app", "graphiql"].contains(&text);
            assert_eq!(policy.is_some(), is_page, "{path}");
            let foreign = |policy: &str| policy.contains("http") || policy.contains("script-src");
            let strict = |policy: &str| policy.starts_with("default-src 'self';") && !foreign(policy);
            assert!(policy.is_none_or(|policy| strict(policy.to_str().expect("text"))), "{policy:?}");
        }
    }
}

#[tokio::test]
async fn a_background_task_that_dies_is_told_of_and_begun_anew() {
    use std::sync::Arc;
    use tokio::sync::{Notify, watch};
    let app = TestApp::start().await;
    let ready = || Actor::answer(app.nobody().request(Method::GET, "/health/ready"));
    assert_eq!(ready().await.status, 200);
    let names = app.app.tasks.names();
    let own = if is_postgres() {
        vec!["hub", "identity", "redis", "relay"]
    } else {
        vec!["hub", "identity", "relay"]
    };
    assert_eq!(names, own, "all that a server does in the background is watched");
    let (_tell, told) = watch::channel(false);
    let (dies, began) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let (death, birth) = (dies.clone(), began.clone());
    app.app.tasks.spawn("test", told, move || {
        let (death, birth) = (death.clone(), birth.clone());
        async move {
            birth.notify_one();
            death.notified().await;
            panic!("it breaks")
        }
    });
    began.notified().await;
    assert_eq!(ready().await.status, 200);
    dies.notify_one();
    let mut answer = ready().await;
    while answer.status == 200 {
        tokio::task::yield_now().await;
        answer = ready().await;
    }
    assert_eq!((answer.status, &answer.body["tasks"]), (503, &"down: test".into()));
    began.notified().await; // it is begun anew by itself
    assert_eq!(ready().await.status, 200);
}
