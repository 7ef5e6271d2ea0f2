//! Traces as a collector gets them: from a request to all that is done for it, and never in the way of the work.

mod collector_away;
mod secret;

use opentelemetry_proto::tonic::trace::v1::span::SpanKind;
use serde_json::{Value, json};

use crate::support::{Actor, Collector, Manner, Program, Told};
use crate::sync::{sandbox, until, variables};

/// A trace that a caller began.
const TRACE: &str = "0af7651916cd43dd8448eb211c80319c";
const SPAN: &str = "b7ad6b7169203331";

/// What points a program at a collector.
pub fn telling(collector: &Collector, sampler: &str) -> Vec<(&'static str, String)> {
    vec![("OTEL_EXPORTER_OTLP_ENDPOINT", collector.url.clone()), ("OTEL_TRACES_SAMPLER", sampler.to_owned())]
}

/// Runs a document as a part of the caller's trace, which is told or not; gives its data.
async fn traced(actor: &Actor, query: &str, variables: Value, told: bool) -> Value {
    let body = json!({ "query": query, "variables": variables });
    let flag = if told { "01" } else { "00" };
    let request = actor
        .request(reqwest::Method::POST, "/graphql")
        .header("traceparent", format!("00-{TRACE}-{SPAN}-{flag}"))
        .header("x-request-id", "request-of-the-test")
        .json(&body);
    let answer = Actor::answer(request).await;
    assert!(answer.status == 200 && answer.body.get("errors").is_none(), "{}", answer.body);
    answer.body["data"].clone()
}

#[tokio::test]
async fn a_change_and_its_way_to_odoo_are_one_trace() {
    let (odoo, odoo_url, _stop) = sandbox().await;
    let collector = Collector::start(&[Manner::Takes]).await;
    let mut settings = variables(&odoo, &odoo_url);
    settings.retain(|(name, _)| *name != "ODOO_PULL_EVERY");
    settings.push(("ODOO_SYNC", "client=push".to_owned()));
    settings.extend(telling(&collector, "parentbased_always_off"));
    settings.push(("OTEL_SERVICE_NAME", "cockpit".to_owned()));
    settings.push(("OTEL_RESOURCE_ATTRIBUTES", "deployment.environment.name=test%20bench".to_owned()));
    let program = Program::serve(settings).await;
    let ana = program.sign_in("ana@test.example").await;
    let query =
        "mutation AddClient($input: ClientCreateInput!) { clientCreate(input: $input) { client { id } } }";
    let input = json!({ "input": { "kind": "PERSON", "name": "Rosa", "market": "aguascalientes" } });
    let made = traced(&ana, query, input, true).await;
    let id = made["clientCreate"]["client"]["id"].as_str().expect("an id").to_owned();
    until("the client is in Odoo", async || odoo.external_id(&format!("cabina.{id}")).is_some()).await;
    until("its job is told", async || collector.told().iter().any(|told| told.name == "job odoo.push")).await;
    let (status, log) = program.stop().await;
    assert!(status.success(), "{status}");

    let told = collector.told();
    let strangers: Vec<&Told> = told.iter().filter(|told| told.trace != TRACE).collect();
    assert!(strangers.is_empty(), "what nobody asked for is not told: {strangers:#?}");
    let only = |name: &str| {
        let named: Vec<&Told> = told.iter().filter(|told| told.name == name).collect();
        assert_eq!(named.len(), 1, "{name}: {told:#?}");
        named[0]
    };
    let (request, operation) = (only("POST /graphql"), only("mutation AddClient"));
    let load = only("odoo res.partner.load");
    // There may be a second one that found nothing left to do.
    let job = told.iter().find(|told| told.id == load.parent).expect("the job that sent it");
    assert_eq!(job.name, "job odoo.push");
    let parents = [request, operation, job, load].map(|told| (told.kind, told.parent.as_str()));
    let expected = [
        (SpanKind::Server, SPAN),
        (SpanKind::Internal, request.id.as_str()),
        (SpanKind::Consumer, operation.id.as_str()),
        (SpanKind::Internal, job.id.as_str()),
    ];
    assert_eq!(parents, expected);
    let calls: Vec<&Told> = told.iter().filter(|told| told.parent == load.id).collect();
    let call = calls.iter().find(|told| told.name == "POST").unwrap_or_else(|| panic!("{told:#?}"));
    assert_eq!(call.kind, SpanKind::Client);
    let noted = |told: &Told, name: &str| told.attributes.get(name).cloned().unwrap_or_default();
    let port = odoo_url.rsplit(':').next().expect("a port");
    for (told, name, value) in [
        (request, "http.request.method", "POST"),
        (request, "http.route", "/graphql"),
        (request, "http.response.status_code", "200"),
        (request, "cabina.request_id", "request-of-the-test"),
        (operation, "graphql.operation.type", "mutation"),
        (operation, "graphql.operation.name", "AddClient"),
        (job, "cabina.job.attempt", "1"),
        (job, "cabina.job.outcome", "done"),
        (call, "server.address", "127.0.0.1"),
        (call, "server.port", port),
        (call, "http.response.status_code", "200"),
    ] {
        assert_eq!(noted(told, name), value, "{} {name}", told.name);
    }
    assert!(!told.iter().any(|told| told.failed), "{told:#?}");
    assert_eq!(collector.resource("service.name").as_deref(), Some("cockpit"));
    assert_eq!(collector.resource("deployment.environment.name").as_deref(), Some("test bench"));

    // The lines of the request, and those of its job, tell whose they are.
    let line = |message: &str| {
        let ours = |line: &&Value| line["message"] == message && line["trace_id"] == TRACE;
        log.iter().find(ours).unwrap_or_else(|| panic!("{message}: {log:#?}"))
    };
    assert_eq!(line("request")["request_id"], "request-of-the-test");
    assert_eq!(line("found Odoo")["request_id"], "request-of-the-test");
}

#[tokio::test]
async fn a_job_that_does_the_work_of_several_is_linked_with_their_traces() {
    let (odoo, odoo_url, _stop) = sandbox().await;
    let collector = Collector::start(&[Manner::Takes]).await;
    let mut settings = variables(&odoo, &odoo_url);
    settings.push(("ODOO_SYNC", "client=push".to_owned()));
    settings.extend(telling(&collector, "always_on"));
    let program = Program::serve(settings).await;
    let ana = program.sign_in("ana@test.example").await;
    // The first of them is on its way to Odoo while the others are made.
    let names: Vec<String> = (0..12).map(|number| format!("Rosa {number}")).collect();
    let made = futures_util::future::join_all(names.iter().map(|name| ana.client(name))).await;
    until("all are in Odoo", async || {
        made.iter().all(|id| odoo.external_id(&format!("cabina.{id}")).is_some())
    })
    .await;
    assert!(program.stop().await.0.success());
    let told = collector.told();
    let jobs: Vec<&Told> = told.iter().filter(|told| told.name == "job odoo.push").collect();
    let changes: Vec<&Told> = told.iter().filter(|told| told.name == "mutation").collect();
    let of =
        |change: &Told| jobs.iter().any(|job| job.trace == change.trace || job.links.contains(&change.trace));
    let lost: Vec<&&Told> = changes.iter().filter(|change| !of(change)).collect();
    // One of them is the sign-in, of which Odoo hears nothing.
    assert_eq!((changes.len(), lost.len()), (13, 1), "{told:#?}");
}

#[tokio::test]
async fn the_caller_decides_and_else_the_sampler() {
    let collector = Collector::start(&[Manner::Takes]).await;
    let program = Program::serve(telling(&collector, "parentbased_always_on")).await;
    traced(&program.nobody(), "query Quiet { __typename }", json!({}), false).await;
    program.nobody().data("query Loud { __typename }", json!({})).await;
    program.nobody().request(reqwest::Method::GET, "/health/live").send().await.expect("answers");
    assert!(program.stop().await.0.success());
    let told = collector.told();
    let names: Vec<&str> =
        told.iter().map(|told| told.name.as_str()).filter(|name| !name.starts_with("job")).collect();
    assert_eq!(names, ["query Loud", "POST /graphql"], "{told:#?}");
    assert!(told.iter().all(|told| told.trace != TRACE), "{told:#?}");
}
