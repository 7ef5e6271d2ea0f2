//! Whose work this is: the id of the request that asked for it, and its place in a trace. It goes along with the task through
//! requests and jobs, and stands in the rows of what is done later.

use std::collections::HashMap;

use opentelemetry::Context;
use opentelemetry::propagation::TextMapPropagator;
use opentelemetry_sdk::propagation::TraceContextPropagator;
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};

const TRACEPARENT: &str = "traceparent";
const TRACESTATE: &str = "tracestate";

/// The id of the request, in the context of a task.
struct RequestId(String);

/// Whose work something is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TraceContext {
    /// The id of the request, as in its log line.
    pub request_id: Option<String>,
    /// The place in the trace, in the words of W3C's Trace Context; `None` when there is none.
    pub traceparent: Option<String>,
}

impl TraceContext {
    /// Of the work that this is called in.
    pub fn here() -> TraceContext {
        Context::map_current(|work| {
            let mut fields = HashMap::new();
            TraceContextPropagator::new().inject_context(work, &mut fields);
            TraceContext { request_id: request_id(work), traceparent: fields.remove(TRACEPARENT) }
        })
    }

    /// What work is done in that goes on from here. What other vendors wrote into the trace's state is not kept in rows.
    pub fn context(&self) -> Context {
        let place = self.traceparent.iter().map(|place| (TRACEPARENT.to_owned(), place.clone()));
        begin(self.request_id.clone(), place.collect())
    }

    /// What a request is answered in that came with these headers: their trace goes on.
    pub fn of_request(request_id: &str, headers: &HeaderMap) -> Context {
        let field = |name: &str| Some((name.to_owned(), headers.get(name)?.to_str().ok()?.to_owned()));
        let fields = [TRACEPARENT, TRACESTATE].into_iter().filter_map(field).collect();
        begin(Some(request_id.to_owned()), fields)
    }

    /// The id of the trace, as logs tell it.
    pub fn trace_id(&self) -> Option<&str> {
        self.traceparent.as_deref()?.split('-').nth(1)
    }

    /// The id of the step in the trace.
    pub fn span_id(&self) -> Option<&str> {
        self.traceparent.as_deref()?.split('-').nth(2)
    }
}

fn begin(request_id: Option<String>, fields: HashMap<String, String>) -> Context {
    let context = TraceContextPropagator::new().extract_with_context(&Context::new(), &fields);
    match request_id {
        Some(id) => context.with_value(RequestId(id)),
        None => context,
    }
}

fn request_id(work: &Context) -> Option<String> {
    work.get::<RequestId>().map(|id| id.0.clone())
}

/// Tells another server whose work a request is: it stands in its logs and traces then.
pub(super) fn tell(work: &Context, headers: &mut HeaderMap) {
    let mut fields = HashMap::new();
    TraceContextPropagator::new().inject_context(work, &mut fields);
    fields.extend(request_id(work).map(|id| ("x-request-id".to_owned(), id)));
    for (name, value) in fields.into_iter().filter(|(_, value)| !value.is_empty()) {
        if let (Ok(name), Ok(value)) = (HeaderName::try_from(name), HeaderValue::try_from(value)) {
            headers.insert(name, value);
        }
    }
}
