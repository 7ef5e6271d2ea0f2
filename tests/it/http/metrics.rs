//! Who may read the metrics and the details of the readiness answer.

use std::process::{Command, Output};

use reqwest::Method;

use crate::support::{Actor, Answer, Program};

const TOKEN: &str = "a-token-for-metrics-alone";

async fn get(url: &str, token: Option<&str>, path: &str) -> Answer {
    Actor::answer(Actor::new(url, token.map(str::to_owned)).request(Method::GET, path)).await
}

fn are_metrics(answer: &Answer) -> bool {
    answer.status == 200 && answer.body.as_str().is_some_and(|text| text.contains("cabina_hub_position"))
}

/// `cabina health`, as a container's check runs it beside the server.
async fn health(program: &Program, token: Option<&str>) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_cabina"));
    command.arg("health").env("CABINA_LISTEN", program.url.trim_start_matches("http://"));
    if let Some(token) = token {
        command.env("CABINA_METRICS_TOKEN", token);
    }
    tokio::task::spawn_blocking(move || command.output().expect("runs")).await.expect("ends")
}

#[tokio::test]
async fn without_settings_whoever_reaches_the_server_reads_its_metrics_and_nobody_its_version() {
    let program = Program::serve(Vec::new()).await;
    assert_eq!(program.metrics_url, None);
    assert!(are_metrics(&get(&program.url, None, "/metrics").await));
    for token in [None, Some(TOKEN)] {
        let ready = get(&program.url, token, "/health/ready").await;
        assert_eq!((ready.status, ready.body["status"].as_str()), (200, Some("ok")));
        assert_eq!(ready.body.get("version"), None);
    }
    assert!(health(&program, None).await.status.success());
}

#[tokio::test]
async fn with_a_token_only_who_has_it_reads_metrics_and_version() {
    let program = Program::serve(vec![("CABINA_METRICS_TOKEN", TOKEN.into())]).await;
    let ana = program.sign_in("ana@test.example").await.token;
    for token in [None, Some("another-token-of-its-length"), Some(""), ana.as_deref()] {
        let refused = get(&program.url, token, "/metrics").await;
        assert_eq!((refused.status, refused.body.as_str()), (401, Some("")));
        assert_eq!(refused.headers["www-authenticate"], "Bearer");
        let ready = get(&program.url, token, "/health/ready").await;
        assert_eq!((ready.status, ready.body.get("version")), (200, None));
    }
    assert!(are_metrics(&get(&program.url, Some(TOKEN), "/metrics").await));
    let version = get(&program.url, Some(TOKEN), "/health/ready").await.body["version"].clone();
    assert_eq!(version, env!("CARGO_PKG_VERSION"));
    let told = health(&program, Some(TOKEN)).await;
    assert!(told.status.success() && String::from_utf8_lossy(&told.stdout).contains("version"), "{told:?}");
    assert!(health(&program, None).await.status.success(), "whoever checks needs no token");
}

#[tokio::test]
async fn metrics_with_an_address_of_their_own_are_nowhere_else() {
    for token in [None, Some(TOKEN)] {
        let mut variables = vec![("CABINA_METRICS_LISTEN", "127.0.0.1:0".to_owned())];
        variables.extend(token.map(|token| ("CABINA_METRICS_TOKEN", token.to_owned())));
        let program = Program::serve(variables).await;
        let own = program.metrics_url.clone().expect("it tells where they are");
        assert_eq!(get(&program.url, token, "/metrics").await.status, 404);
        assert!(are_metrics(&get(&own, token, "/metrics").await));
        assert_eq!(get(&own, token, "/health/ready").await.body["version"], env!("CARGO_PKG_VERSION"));
        assert_eq!(get(&own, None, "/health/live").await.status, 200);
        for path in ["/graphql", "/graphiql", "/"] {
            assert_eq!(get(&own, token, path).await.status, 404, "{path}");
        }
        if token.is_some() {
            assert_eq!(get(&own, None, "/metrics").await.status, 401);
            let ready = get(&own, None, "/health/ready").await;
            assert_eq!((ready.status, ready.body.get("version")), (200, None));
        }
        let ready = get(&program.url, None, "/health/ready").await;
        assert_eq!((ready.status, ready.body.get("version")), (200, None));
        let (status, _) = program.stop().await;
        assert!(status.success(), "{status}");
    }
}
