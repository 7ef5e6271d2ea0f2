//! The routes of the sandbox Odoo: its three protocols, and the switches.

use axum::Router;
use tokio::net::TcpListener;

use super::server::SandboxOdoo;
use super::{control, json2, jsonrpc, page, xmlrpc};

impl SandboxOdoo {
    /// All three languages, and the switches under `/sandbox`.
    pub fn router(&self) -> Router {
        xmlrpc::routes()
            .merge(jsonrpc::routes())
            .merge(json2::routes())
            .merge(control::routes())
            .merge(page::routes())
            .layer(axum::extract::DefaultBodyLimit::max(128 << 20))
            .layer(axum::middleware::map_response_with_state(self.clone(), control::dated))
            .with_state(self.clone())
    }

    /// Serves until told to stop.
    pub async fn serve(&self, listener: TcpListener, stop: impl Future<Output = ()> + Send + 'static) {
        let served = axum::serve(listener, self.router()).with_graceful_shutdown(stop).await;
        if let Err(cause) = served {
            tracing::error!(%cause, "the sandbox Odoo stopped");
        }
    }
}
