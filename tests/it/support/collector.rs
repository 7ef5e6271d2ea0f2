//! A collector of traces: takes spans over OTLP, and misbehaves as told.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::trace::v1::span::SpanKind;
use opentelemetry_proto::tonic::trace::v1::status::StatusCode as Ended;
use prost::Message;
use tokio::net::TcpListener;

/// A span as it came; ids in hexadecimal.
#[derive(Clone, Debug)]
pub struct Told {
    pub name: String,
    pub kind: SpanKind,
    pub trace: String,
    pub id: String,
    /// Empty for the first of a trace.
    pub parent: String,
    pub attributes: BTreeMap<String, String>,
    pub failed: bool,
    /// The traces that it is linked with.
    pub links: Vec<String>,
}

/// What the collector does with a call.
#[derive(Clone, Copy, Debug)]
pub enum Manner {
    /// Takes it.
    Takes,
    /// Answers this.
    Answers(u16),
    /// Never answers.
    Silent,
}

#[derive(Default)]
struct Stage {
    told: Mutex<Vec<Told>>,
    raw: Mutex<Vec<u8>>,
    keys: Mutex<Vec<String>>,
    resource: Mutex<BTreeMap<String, String>>,
    script: Mutex<VecDeque<Manner>>,
}

/// A running collector.
#[derive(Clone)]
pub struct Collector {
    pub url: String,
    stage: Arc<Stage>,
}

impl Collector {
    /// The last of these manners stays.
    pub async fn start(script: &[Manner]) -> Collector {
        let stage =
            Arc::new(Stage { script: Mutex::new(script.iter().copied().collect()), ..Stage::default() });
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let router = Router::new().route("/v1/traces", post(take)).with_state(stage.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        Collector { url, stage }
    }

    /// All spans that it took.
    pub fn told(&self) -> Vec<Told> {
        self.stage.told.lock().expect("whole").clone()
    }

    /// All that came, taken or not.
    pub fn raw(&self) -> String {
        String::from_utf8_lossy(&self.stage.raw.lock().expect("whole")).into_owned()
    }

    /// The keys that were shown, a call each.
    pub fn keys(&self) -> Vec<String> {
        self.stage.keys.lock().expect("whole").clone()
    }

    /// What the program tells of itself.
    pub fn resource(&self, name: &str) -> Option<String> {
        self.stage.resource.lock().expect("whole").get(name).cloned()
    }
}

async fn take(State(stage): State<Arc<Stage>>, headers: HeaderMap, body: Bytes) -> StatusCode {
    assert_eq!(headers["content-type"], "application/x-protobuf");
    let key = headers.get("authorization").map(|key| key.to_str().expect("text").to_owned());
    stage.keys.lock().expect("whole").push(key.unwrap_or_default());
    stage.raw.lock().expect("whole").extend_from_slice(&body);
    let manner = {
        let mut script = stage.script.lock().expect("whole");
        let next = script.pop_front().unwrap_or(Manner::Takes);
        if script.is_empty() {
            script.push_back(next);
        }
        next
    };
    match manner {
        Manner::Takes => {}
        Manner::Answers(status) => return StatusCode::from_u16(status).expect("a status"),
        Manner::Silent => std::future::pending().await,
    }
    let request = ExportTraceServiceRequest::decode(body).expect("spans");
    for group in request.resource_spans {
        let resource = group.resource.expect("what it is told of").attributes;
        stage
            .resource
            .lock()
            .expect("whole")
            .extend(resource.into_iter().map(|pair| (pair.key, text(pair.value))));
        for span in group.scope_spans.into_iter().flat_map(|scope| scope.spans) {
            assert!(span.end_time_unix_nano >= span.start_time_unix_nano, "{}", span.name);
            let told = Told {
                kind: span.kind(),
                failed: span.status.as_ref().is_some_and(|status| status.code() == Ended::Error),
                name: span.name,
                trace: hex(&span.trace_id),
                id: hex(&span.span_id),
                parent: hex(&span.parent_span_id),
                attributes: span.attributes.into_iter().map(|pair| (pair.key, text(pair.value))).collect(),
                links: span.links.iter().map(|link| hex(&link.trace_id)).collect(),
            };
            stage.told.lock().expect("whole").push(told);
        }
    }
    StatusCode::OK
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn text(value: Option<opentelemetry_proto::tonic::common::v1::AnyValue>) -> String {
    use opentelemetry_proto::tonic::common::v1::any_value::Value;
    match value.and_then(|value| value.value) {
        Some(Value::StringValue(text)) => text,
        Some(Value::IntValue(number)) => number.to_string(),
        other => format!("{other:?}"),
    }
}
