//! Sends requests over a few connections for a while, and reads what they cost the processes.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::support::{Server, client, cpu_of_postgres};

/// Requests under way at the same time: `BENCH_CONNECTIONS`, 8 by default.
pub fn connections() -> u64 {
    crate::setting("BENCH_CONNECTIONS", 8)
}

/// Requests that are sent in turn.
pub struct Asked {
    url: String,
    token: Option<String>,
    bodies: Arc<Vec<Vec<u8>>>,
}

/// What is compared.
pub struct Case {
    /// Its name.
    pub name: &'static str,
    /// GraphQL.
    pub ours: Asked,
    /// One statement behind axum.
    pub limit: Asked,
}

impl Case {
    #[expect(clippy::too_many_arguments, reason = "a row of a table")]
    pub fn new(
        name: &'static str,
        ours: &str,
        query: &str,
        variables: Vec<Value>,
        token: &str,
        limit: &str,
        path: &str,
        arguments: Vec<String>,
    ) -> Case {
        let bodies = variables
            .iter()
            .map(|v| json!({ "query": query, "variables": v }).to_string().into_bytes())
            .collect();
        let ours =
            Asked { url: format!("{ours}/graphql"), token: Some(token.to_owned()), bodies: Arc::new(bodies) };
        let plain = arguments.into_iter().map(String::into_bytes).collect();
        Case {
            name,
            ours,
            limit: Asked { url: format!("{limit}/{path}"), token: None, bodies: Arc::new(plain) },
        }
    }

    /// Both answer, and with as many rows: otherwise the comparison would mean nothing.
    pub async fn check(&self) {
        let (ours, limit) = (once(&self.ours).await, once(&self.limit).await);
        assert!(ours.get("errors").is_none(), "{}: {ours}", self.name);
        let rows = |value: &Value| value.to_string().matches("\"id\"").count();
        if !self.name.starts_with("search") && !self.name.starts_with("append") {
            assert_eq!(rows(&ours), rows(&limit), "{}: both give the same rows", self.name);
        }
    }
}

async fn send(client: &reqwest::Client, asked: &Asked, number: usize) -> Vec<u8> {
    let body = asked.bodies[number % asked.bodies.len()].clone();
    let mut request = client.post(&asked.url).header("content-type", "application/json").body(body);
    if let Some(token) = &asked.token {
        request = request.bearer_auth(token);
    }
    let response = request.send().await.expect("the server answers");
    assert!(response.status().is_success(), "{}: {}", asked.url, response.status());
    response.bytes().await.expect("a body").to_vec()
}

/// One request.
pub async fn once(asked: &Asked) -> Value {
    serde_json::from_slice(&send(&client(), asked, 0).await).expect("JSON")
}

/// What a run gave.
#[derive(Clone, Debug)]
pub struct Run {
    /// Answers a second.
    pub rate: f64,
    /// Median time of an answer, in milliseconds.
    pub median: f64,
    /// The time that 99 of 100 answers kept, in milliseconds.
    pub p99: f64,
    /// CPU of the server per answer, in microseconds.
    pub server: f64,
    /// CPU of PostgreSQL per answer, in microseconds.
    pub database: f64,
    /// Bytes of an answer.
    pub bytes: usize,
}

/// Sends requests for a while, after a short warm-up.
pub async fn measure(asked: &Asked, process: &Server, seconds: Duration) -> Run {
    load(asked, Duration::from_millis(700)).await;
    let (server, database, began) = (process.cpu(), cpu_of_postgres(), Instant::now());
    let (mut times, bytes) = load(asked, seconds).await;
    let (elapsed, answers) = (began.elapsed().as_secs_f64(), times.len().max(1) as f64);
    let (server, database) = (process.cpu() - server, cpu_of_postgres() - database);
    times.sort_by(f64::total_cmp);
    let at =
        |share: f64| times.get(((times.len() as f64 - 1.0) * share) as usize).copied().unwrap_or_default();
    Run {
        rate: answers / elapsed,
        median: at(0.5),
        p99: at(0.99),
        server: server * 1e6 / answers,
        database: database * 1e6 / answers,
        bytes,
    }
}

async fn load(asked: &Asked, time: Duration) -> (Vec<f64>, usize) {
    let (next, client) = (AtomicUsize::new(0), client());
    let until = Instant::now() + time;
    let one = || async {
        let (mut times, mut bytes) = (Vec::new(), 0);
        while Instant::now() < until {
            let began = Instant::now();
            bytes = send(&client, asked, next.fetch_add(1, Ordering::Relaxed)).await.len();
            times.push(began.elapsed().as_secs_f64() * 1e3);
        }
        (times, bytes)
    };
    let all = futures_util::future::join_all((0..connections()).map(|_| one())).await;
    let bytes = all.first().map_or(0, |(_, bytes)| *bytes);
    (all.into_iter().flat_map(|(times, _)| times).collect(), bytes)
}
