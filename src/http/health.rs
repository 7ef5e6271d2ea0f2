//! Whether the process lives, whether it can serve, and its figures.

use std::time::Duration;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use migration::{Migrator, MigratorTrait};
use serde_json::json;

use super::Web;
use crate::platform::{bus, zones};

/// Longest that a look at the database or the bus may take.
const PATIENCE: Duration = Duration::from_secs(3);

/// The process runs.
pub async fn live() -> &'static str {
    "ok\n"
}

/// Database, migrations and bus: 200 when all are well, 503 otherwise, each named.
pub async fn ready(State(web): State<Web>) -> Response {
    let checks = async {
        let pool = &web.engine.services().database.pool;
        let database = pool.ping().await.is_ok();
        let pending = Migrator::get_pending_migrations(pool).await.map(|pending| pending.len());
        let bus = match &web.redis {
            None => Some("in-process"),
            Some(client) => ping(client).await.then_some("redis"),
        };
        (database, pending.ok(), bus)
    };
    let (database, pending, bus) =
        tokio::time::timeout(PATIENCE, checks).await.unwrap_or((false, None, None));
    let well = database && pending == Some(0) && bus.is_some();
    let told = |ok: bool| if ok { "ok" } else { "failed" };
    let body = json!({
        "status": told(well),
        "database": told(database),
        "migrations": match pending { Some(0) => "ok".to_owned(), Some(n) => format!("{n} pending"), None => "unknown".to_owned() },
        "bus": bus.unwrap_or("failed"),
        "version": env!("CARGO_PKG_VERSION"),
        "timeZones": zones::in_use(),
    });
    (if well { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE }, Json(body)).into_response()
}

async fn ping(client: &redis::Client) -> bool {
    match client.get_multiplexed_async_connection().await {
        Ok(mut connection) => redis::cmd("PING").query_async::<String>(&mut connection).await.is_ok(),
        Err(_) => false,
    }
}

/// Prometheus' text format. The outbox is looked at when the figures are asked for.
pub async fn metrics(State(web): State<Web>) -> Response {
    let Some(metrics) = &web.metrics else { return StatusCode::NOT_FOUND.into_response() };
    let services = web.engine.services();
    let standing = bus::standing(&services.database);
    if let Ok(Ok(outbox)) = tokio::time::timeout(PATIENCE, standing).await {
        metrics::gauge!("cabina_outbox_waiting").set(outbox.waiting as f64);
        metrics::gauge!("cabina_outbox_position").set(outbox.last as f64);
        metrics::gauge!("cabina_outbox_kept_from").set(outbox.kept_from as f64);
    }
    metrics::gauge!("cabina_hub_position").set(services.hub.tail() as f64);
    metrics::gauge!("cabina_hub_hearing").set(f64::from(u8::from(services.hub.is_hearing())));
    metrics.render().into_response()
}
