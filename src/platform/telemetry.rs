//! Logs and metrics.

use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};
use tracing_subscriber::EnvFilter;

use super::config::{LogFormat, TelemetryConfig};

/// Starts writing logs to standard error; the second call of a process does nothing.
pub fn start_logs(config: &TelemetryConfig) {
    let filter = EnvFilter::try_new(&config.filter).unwrap_or_else(|_| EnvFilter::new("info"));
    let builder = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    let _ = match config.format {
        LogFormat::Json => builder.json().flatten_event(true).try_init(),
        LogFormat::Text => builder.with_target(false).try_init(),
    };
}

/// Starts collecting metrics; `None` when the process collects them already.
pub fn start_metrics() -> Option<PrometheusHandle> {
    const SECONDS: &[f64] = &[0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0];
    let recorder = PrometheusBuilder::new().set_buckets(SECONDS).ok()?.build_recorder();
    let handle = recorder.handle();
    metrics::set_global_recorder(recorder).ok()?;
    metrics::describe_counter!("cabina_graphql_requests_total", "GraphQL requests by outcome");
    metrics::describe_histogram!("cabina_graphql_seconds", "Time of GraphQL requests, in seconds");
    metrics::describe_counter!("cabina_sql_statements_total", "SQL statements sent");
    metrics::describe_counter!("cabina_logins_total", "Log-ins by outcome");
    Some(handle)
}
