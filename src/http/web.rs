//! What all handlers share.

use std::sync::Arc;

use metrics_exporter_prometheus::PrometheusHandle;
use tokio::sync::watch;

use super::connection_limiter::ConnectionLimiter;
use crate::graphql::engine::Engine;
use crate::platform::config::Config;
use crate::platform::tasks::Tasks;

/// The state of the router.
#[derive(Clone)]
pub struct Web {
    /// The configuration.
    pub config: Arc<Config>,
    /// What answers GraphQL.
    pub engine: Arc<Engine>,
    /// The metrics, if this process collects them.
    pub metrics: Option<PrometheusHandle>,
    /// The bus, if there is one outside.
    pub redis: Option<redis::Client>,
    /// What runs in the background.
    pub tasks: Tasks,
    /// How many connections each user keeps open here.
    pub connections: ConnectionLimiter,
    /// Becomes true when the server stops: who stays on a connection is told to come again.
    pub stop: watch::Receiver<bool>,
}

/// Ends when the value becomes true, or nobody can set it any more.
pub async fn until(mut told: watch::Receiver<bool>) {
    let _ = told.wait_for(|over| *over).await;
}
