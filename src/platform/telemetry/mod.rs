//! What the program tells of itself: logs, metrics and traces; and the trail by which they can be laid side by side.

mod export;
mod logs;
mod metrics;
mod span;
mod trace_context;

pub use opentelemetry::Context;

pub use export::{Traces, start_traces};
pub use logs::start_logs;
pub use metrics::start_metrics;
pub use span::{Kind, Span};
pub use trace_context::TraceContext;
