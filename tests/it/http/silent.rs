//! Connections that say nothing, or never end what they say.

use std::time::{Duration, Instant};

use futures_util::future::join_all;
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::support::{Program, Setup};

/// Longest that anything may take.
const PATIENCE: Duration = Duration::from_secs(30);

async fn connect(url: &str) -> TcpStream {
    TcpStream::connect(url.trim_start_matches("http://")).await.expect("connects")
}

/// Says this and no more; gives what is answered until the other side closes.
async fn say(url: &str, text: &[u8]) -> Vec<u8> {
    let mut stream = connect(url).await;
    stream.write_all(text).await.expect("written");
    heard(stream).await
}

/// What comes until the other side closes.
async fn heard(mut stream: TcpStream) -> Vec<u8> {
    let mut answer = Vec::new();
    let read = stream.read_to_end(&mut answer);
    // Whether it is closed with good manners or not.
    let _ = tokio::time::timeout(PATIENCE, read).await.expect("it is closed");
    answer
}

const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
const SETTINGS: &[u8] = &[0, 0, 0, 4, 0, 0, 0, 0, 0];

#[tokio::test]
async fn who_asks_for_nothing_is_closed_within_seconds() {
    let app = Setup::default().with("CABINA_REQUEST_TIMEOUT", 1).start().await;
    let greeted = [PREFACE, SETTINGS].concat();
    let pinging = [&greeted[..], &[0, 0, 8, 6, 0, 0, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8]].concat();
    let upgrade =
        b"GET /graphql/ws HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-Web";
    for said in [
        &b""[..],
        b"P",
        b"\r\n\r\n",
        b"POST /graphql HTTP/1.1\r\nHost: x\r\nContent-Type: appl",
        upgrade,
        &PREFACE[..9],
        PREFACE,
        &greeted,
        &pinging,
    ] {
        let began = Instant::now();
        let answer = say(&app.url, said).await;
        let said = String::from_utf8_lossy(said);
        println!("{said:?}: closed after {:?}", began.elapsed());
        assert!(!String::from_utf8_lossy(&answer).contains("200 OK"), "{said:?}");
    }
}

#[tokio::test]
async fn a_connection_that_is_used_stays_open() {
    let app = Setup::default().with("CABINA_REQUEST_TIMEOUT", 1).start().await;
    let mut stream = connect(&app.url).await;
    for _ in 0..3 {
        stream.write_all(b"GET /health/live HTTP/1.1\r\nHost: x\r\n\r\n").await.expect("written");
        let mut answer = Vec::new();
        while !answer.ends_with(b"\r\n\r\n") && !String::from_utf8_lossy(&answer).contains("\r\n\r\n") {
            let read = stream.read_buf(&mut answer);
            let count = tokio::time::timeout(PATIENCE, read).await.expect("answered").expect("read");
            assert_ne!(count, 0, "it is open");
        }
        assert!(answer.starts_with(b"HTTP/1.1 200"), "{}", String::from_utf8_lossy(&answer));
        // Longer than a first request may take.
        tokio::time::sleep(Duration::from_millis(1300)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn two_hundred_silent_connections_do_not_use_up_a_hundred_and_sixty_files() {
    let program = Program::serve_with_files(160).await;
    let ana = program.sign_in("ana@test.example").await;
    let silent = join_all((0..200).map(|_| connect(&program.url))).await;
    let began = Instant::now();
    // On a connection of its own.
    let fresh = crate::support::Actor::new(&program.url, ana.token.clone());
    let asked = fresh.data("{ viewer { name } clients { totalCount } }", json!({}));
    let data = tokio::time::timeout(PATIENCE, asked).await.expect("it is answered within seconds");
    println!("answered after {:?}", began.elapsed());
    assert_eq!(data, json!({ "viewer": { "name": "Ana Pérez" }, "clients": { "totalCount": 0 } }));
    for answer in join_all(silent.into_iter().map(heard)).await {
        assert!(answer.is_empty());
    }
    println!("all were closed after {:?}", began.elapsed());
    fresh.client("Rosa").await;
}
