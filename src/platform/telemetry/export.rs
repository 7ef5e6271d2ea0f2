//! Steps on their way to the collector. Nobody waits for it: what ended stands in a queue of bounded length, one task sends it
//! in batches, and what finds no room, or cannot be delivered, is dropped and counted.

use std::time::Duration;

use opentelemetry::trace::TracerProvider;
use opentelemetry::{Context, KeyValue};
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::transform::common::tonic::ResourceAttributesWithSchema;
use opentelemetry_proto::transform::trace::tonic::group_spans_by_resource_and_scope;
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::resource::TelemetryResourceDetector;
use opentelemetry_sdk::trace::{Sampler, SdkTracerProvider, Span, SpanData, SpanProcessor};
use prost::Message;
use reqwest::header::{CONTENT_TYPE, HeaderMap, HeaderValue};
use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;

use super::span;
use crate::kernel::{Error, Result};
use crate::platform::config::{Sampling, TracesConfig};
use crate::platform::http;

/// Most steps that wait to be sent.
const QUEUE: usize = 4096;
/// Most steps of one call.
const BATCH: usize = 512;
/// A batch that is not full is sent after so long.
const EVERY: Duration = Duration::from_secs(1);
/// Time for one call.
const TIMEOUT: Duration = Duration::from_secs(10);
/// Between the tries of a batch; then it is dropped.
const PAUSES: [Duration; 2] = [Duration::from_secs(1), Duration::from_secs(4)];
/// When the program stops, what is left gets so long to be sent.
const FAREWELL: Duration = Duration::from_secs(3);

/// The way to the collector.
pub struct Traces {
    stop: watch::Sender<bool>,
    carrier: JoinHandle<()>,
}

/// Tells the collector of all steps from now on.
///
/// # Errors
/// When no client can be made, or traces are told of already.
pub fn start_traces(config: &TracesConfig) -> Result<Traces> {
    let (queue, waiting) = mpsc::channel(QUEUE);
    let (stop, stopping) = watch::channel(false);
    let attributes = config.attributes.iter().map(|(name, value)| KeyValue::new(name.clone(), value.clone()));
    let resource = Resource::builder_empty()
        .with_detector(Box::new(TelemetryResourceDetector))
        .with_attributes([
            KeyValue::new("service.version", env!("CARGO_PKG_VERSION")),
            KeyValue::new("service.instance.id", crate::kernel::ids::new_uuid().to_string()),
        ])
        .with_attributes(attributes)
        .with_service_name(config.service.clone())
        .build();
    let mut headers = HeaderMap::new();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/x-protobuf"));
    headers.extend(config.headers.iter().cloned());
    let carrier = Carrier {
        http: http::client(TIMEOUT)?,
        url: config.url.clone(),
        headers,
        resource: (&resource).into(),
        stopping,
        away: false,
    };
    let provider = SdkTracerProvider::builder()
        .with_sampler(sampler(config.sampling))
        .with_resource(resource)
        .with_span_processor(Queue(queue))
        .build();
    if !span::tell(provider.tracer("cabina")) {
        return Err(Error::internal("traces are told of already"));
    }
    Ok(Traces { stop, carrier: tokio::spawn(carrier.run(waiting)) })
}

impl Traces {
    /// Sends what is left, for a moment.
    pub async fn stop(self) {
        self.stop.send_replace(true);
        if tokio::time::timeout(FAREWELL, self.carrier).await.is_err() {
            tracing::warn!("the last traces were not delivered in time");
        }
    }
}

fn sampler(Sampling { by_parent, share }: Sampling) -> Sampler {
    let own = match share {
        share if share >= 1.0 => Sampler::AlwaysOn,
        share if share <= 0.0 => Sampler::AlwaysOff,
        share => Sampler::TraceIdRatioBased(share),
    };
    if by_parent { Sampler::ParentBased(Box::new(own)) } else { own }
}

/// Where steps wait that have ended.
#[derive(Debug)]
struct Queue(mpsc::Sender<SpanData>);

impl SpanProcessor for Queue {
    fn on_start(&self, _: &mut Span, _: &Context) {}

    fn on_end(&self, span: SpanData) {
        if span.span_context.is_sampled() && self.0.try_send(span).is_err() {
            count("dropped", 1);
        }
    }

    // Sending is the carrier's.
    fn force_flush(&self) -> OTelSdkResult {
        Ok(())
    }

    fn shutdown_with_timeout(&self, _: Duration) -> OTelSdkResult {
        Ok(())
    }
}

fn count(outcome: &'static str, spans: usize) {
    metrics::counter!("cabina_trace_spans_total", "outcome" => outcome).increment(spans as u64);
}

/// Sends what waits.
struct Carrier {
    http: reqwest::Client,
    url: String,
    headers: HeaderMap,
    resource: ResourceAttributesWithSchema,
    stopping: watch::Receiver<bool>,
    away: bool,
}

impl Carrier {
    async fn run(mut self, mut waiting: mpsc::Receiver<SpanData>) {
        loop {
            let mut batch = Vec::with_capacity(BATCH);
            let full = async {
                while batch.len() < BATCH {
                    let room = BATCH - batch.len();
                    waiting.recv_many(&mut batch, room).await;
                }
            };
            let stops = tokio::select! {
                () = full => false,
                () = tokio::time::sleep(EVERY) => false,
                _ = self.stopping.wait_for(|stops| *stops) => true,
            };
            if stops {
                // What ends from now on is told to nobody; what waits is sent.
                waiting.close();
                while waiting.recv_many(&mut batch, QUEUE).await > 0 {}
                return self.send(batch).await;
            }
            self.send(batch).await;
        }
    }

    /// Sends a batch, or drops it.
    async fn send(&mut self, batch: Vec<SpanData>) {
        if batch.is_empty() {
            return;
        }
        let spans = batch.len();
        let resource_spans = group_spans_by_resource_and_scope(batch, &self.resource);
        let body = ExportTraceServiceRequest { resource_spans }.encode_to_vec();
        let mut pauses = PAUSES.into_iter();
        let failed = loop {
            let failed = match self.post(body.clone()).await {
                Ok(()) => break None,
                Err(failed) => failed,
            };
            match pauses.next() {
                Some(pause) if failed.passes => {
                    let stops = self.stopping.wait_for(|stops| *stops);
                    if tokio::time::timeout(pause, stops).await.is_ok() {
                        break Some(failed);
                    }
                }
                _ => break Some(failed),
            }
        };
        let away = failed.is_some();
        count(if away { "dropped" } else { "sent" }, spans);
        match failed {
            // Once, not with each batch.
            Some(Failed { why, .. }) if !self.away => {
                tracing::warn!(
                    why,
                    "traces cannot be delivered: they are dropped until the collector takes them"
                );
            }
            None if self.away => tracing::info!("traces are delivered again"),
            _ => {}
        }
        self.away = away;
    }

    async fn post(&self, body: Vec<u8>) -> Result<(), Failed> {
        let request = self.http.post(&self.url).headers(self.headers.clone()).body(body);
        let status = match request.send().await {
            Ok(response) => response.status(),
            Err(error) => return Err(Failed { why: error.without_url().to_string(), passes: true }),
        };
        if status.is_success() {
            return Ok(());
        }
        let passes = matches!(status.as_u16(), 429 | 502 | 503 | 504);
        Err(Failed { why: format!("the collector answers {status}"), passes })
    }
}

/// Why a batch was not taken, and whether it may be later.
struct Failed {
    why: String,
    passes: bool,
}
