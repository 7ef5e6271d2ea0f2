//! Metrics.

use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};

/// Starts collecting metrics; `None` when the process collects them already.
pub fn start_metrics() -> Option<PrometheusHandle> {
    const SECONDS: &[f64] = &[0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0];
    let recorder = PrometheusBuilder::new().set_buckets(SECONDS).ok()?.build_recorder();
    let handle = recorder.handle();
    metrics::set_global_recorder(recorder).ok()?;
    metrics::describe_counter!("cabina_graphql_requests_total", "GraphQL requests by outcome");
    metrics::describe_histogram!("cabina_graphql_seconds", "Time of GraphQL requests, in seconds");
    metrics::describe_counter!("cabina_sql_statements_total", "SQL statements sent");
    metrics::describe_counter!(
        "cabina_connections_dropped_total",
        "Database connections that were thrown away because a transaction on them did not end"
    );
    metrics::describe_counter!("cabina_task_deaths_total", "Background tasks that died, by task");
    metrics::describe_gauge!("cabina_task_runs", "1 while a background task runs, 0 while it is dead");
    metrics::describe_counter!(
        "cabina_events_skipped_total",
        "Events that this version cannot read, and that were passed over"
    );
    metrics::describe_counter!("cabina_logins_total", "Log-ins by outcome");
    metrics::describe_counter!("cabina_relay_events_total", "Changes that this process gave their position");
    metrics::describe_histogram!(
        "cabina_relay_seconds",
        "From the start of a write to its position, in seconds"
    );
    metrics::describe_gauge!("cabina_outbox_waiting", "Committed changes that wait for their position");
    metrics::describe_gauge!("cabina_outbox_position", "The position that was given last");
    metrics::describe_gauge!("cabina_outbox_kept_from", "The first position that is still kept");
    metrics::describe_gauge!("cabina_hub_position", "The newest event that this process knows of");
    metrics::describe_gauge!(
        "cabina_hub_hearing",
        "1 while the other servers can be heard, 0 while Redis is away"
    );
    metrics::describe_gauge!("cabina_connections_open", "Websockets and event streams of this process");
    metrics::describe_gauge!("cabina_streams_open", "Subscriptions under way in this process");
    metrics::describe_counter!("cabina_stream_items_total", "Items that were sent to subscribers");
    metrics::describe_counter!(
        "cabina_streams_ended_total",
        "Subscriptions that the server ended, by reason"
    );
    metrics::describe_counter!("cabina_odoo_calls_total", "Calls to Odoo by outcome");
    metrics::describe_histogram!("cabina_odoo_seconds", "Time of calls to Odoo, in seconds");
    metrics::describe_gauge!("cabina_sync_rows", "Things of the ledger by kind and status");
    metrics::describe_counter!(
        "cabina_sync_total",
        "Tries to keep a thing alike in Odoo, by kind and outcome"
    );
    metrics::describe_counter!(
        "cabina_trace_spans_total",
        "Spans by what became of them: sent to the collector, or dropped because it was away or slow"
    );
    metrics::describe_gauge!("cabina_circuit_open", "1 while a service that keeps failing is left alone");
    Some(handle)
}
