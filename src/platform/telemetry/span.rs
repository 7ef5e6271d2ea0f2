//! The steps of work that traces tell of (spans, in OpenTelemetry's word). What stands in them is chosen by hand: names, counts
//! and outcomes; never a path, a variable, an error's text or whatever else may hold a secret or tell of a person.

use std::sync::OnceLock;

use opentelemetry::context::{FutureExt, WithContext};
use opentelemetry::trace::{Status, TraceContextExt, Tracer};
use opentelemetry::{Context, KeyValue, Value};
use opentelemetry_sdk::trace::SdkTracer;
use reqwest::header::HeaderMap;

use super::trace_context::{self, TraceContext};

pub use opentelemetry::trace::SpanKind as Kind;

static TRACER: OnceLock<SdkTracer> = OnceLock::new();

/// Tells of steps from now on; `false` when the process does so already.
pub(super) fn tell(tracer: SdkTracer) -> bool {
    TRACER.set(tracer).is_ok()
}

/// A step of work. It ends when it is dropped. While traces are off it only carries the id of the request along.
pub struct Span(Context);

impl Span {
    /// Begins a step of the work that this is called in.
    pub fn begin(kind: Kind, name: impl FnOnce() -> String) -> Span {
        Span::within(Context::current(), kind, name)
    }

    /// Begins a step of this work.
    pub fn within(work: Context, kind: Kind, name: impl FnOnce() -> String) -> Span {
        let Some(tracer) = TRACER.get() else { return Span(work) };
        let span = tracer.build_with_context(tracer.span_builder(name()).with_kind(kind), &work);
        Span(work.with_span(span))
    }

    /// Of this work, and nothing that traces would tell.
    pub fn untold(work: Context) -> Span {
        Span(work)
    }

    /// Whether the work that this is called in is a step already.
    pub fn is_under_way() -> bool {
        Context::map_current(TraceContextExt::has_active_span)
    }

    /// Whether anybody is told of it.
    pub fn is_told(&self) -> bool {
        self.0.span().is_recording()
    }

    /// Does work as this step.
    pub fn around<F: Future>(&self, work: F) -> WithContext<F> {
        work.with_context(self.0.clone())
    }

    /// Notes something about it.
    pub fn set(&self, name: &'static str, value: impl Into<Value>) {
        if self.is_told() {
            self.0.span().set_attribute(KeyValue::new(name, value));
        }
    }

    /// It failed, for this kind of reason.
    pub fn fail(&self, reason: impl Into<Value>) {
        self.set("error.type", reason);
        self.0.span().set_status(Status::error(""));
    }

    /// Tells another server whose work its request is.
    pub fn tell(&self, headers: &mut HeaderMap) {
        trace_context::tell(&self.0, headers);
    }

    /// Notes at the step that this is called in that it does the work of others too.
    pub fn also_for(others: &[TraceContext]) {
        Context::map_current(|context| {
            let span = context.span();
            let own = span.span_context().trace_id();
            if !span.is_recording() {
                return;
            }
            for other in others.iter().filter(|other| other.traceparent.is_some()) {
                let place = other.context().span().span_context().clone();
                if place.is_valid() && place.trace_id() != own {
                    span.add_link(place, Vec::new());
                }
            }
        });
    }
}

impl Drop for Span {
    fn drop(&mut self) {
        self.0.span().end();
    }
}
