//! The collector is away, slow, or refuses: the work goes on, and what could not be told is counted.

use serde_json::json;

use super::telling;
use crate::support::{Actor, Collector, Manner, Program};
use crate::sync::until;

async fn metrics(program: &Program) -> String {
    let answer = Actor::answer(program.nobody().request(reqwest::Method::GET, "/metrics")).await;
    answer.body.as_str().expect("text").to_owned()
}

async fn ask(program: &Program, name: &str) {
    let query = format!("query {name} {{ __typename }}");
    program.nobody().data(&query, json!({})).await;
}

#[tokio::test]
async fn requests_and_stop_do_not_wait_for_a_silent_collector() {
    let collector = Collector::start(&[Manner::Silent]).await;
    let program = Program::serve(telling(&collector, "always_on")).await;
    for _ in 0..20 {
        ask(&program, "Asked").await;
    }
    until("the collector holds a call", async || !collector.keys().is_empty()).await;
    ask(&program, "Asked").await;
    let (status, log) = program.stop().await;
    assert!(status.success(), "{status}");
    let told = |message: &str| log.iter().any(|line| line["message"] == message);
    assert!(told("the last traces were not delivered in time"), "{log:#?}");
}

#[tokio::test]
async fn what_is_refused_for_good_is_dropped_and_counted() {
    let collector = Collector::start(&[Manner::Answers(400)]).await;
    let program = Program::serve(telling(&collector, "always_on")).await;
    ask(&program, "Refused").await;
    until("it is counted", async || {
        metrics(&program).await.contains("cabina_trace_spans_total{outcome=\"dropped\"}")
    })
    .await;
    ask(&program, "Refused").await;
    let (status, log) = program.stop().await;
    assert!(status.success(), "{status}");
    let warned = "traces cannot be delivered: they are dropped until the collector takes them";
    let warned: Vec<_> = log.iter().filter(|line| line["message"] == warned).collect();
    assert_eq!(warned.len(), 1, "once, not with each batch: {log:#?}");
    assert_eq!(warned[0]["why"], "the collector answers 400 Bad Request");
    assert!(collector.told().is_empty() && collector.keys().len() > 1);
}

#[tokio::test]
async fn what_a_busy_collector_puts_off_is_sent_again() {
    let collector = Collector::start(&[Manner::Answers(503), Manner::Takes]).await;
    let program = Program::serve(telling(&collector, "always_on")).await;
    ask(&program, "Patient").await;
    until("it is told", async || collector.told().iter().any(|told| told.name == "query Patient")).await;
    until("it is counted", async || {
        metrics(&program).await.contains("cabina_trace_spans_total{outcome=\"sent\"}")
    })
    .await;
    assert!(!metrics(&program).await.contains("outcome=\"dropped\""));
    assert!(program.stop().await.0.success());
}
