//! Whether the process lives, whether it can serve, and its figures.

use std::time::Duration;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use migration::{Migrator, MigratorTrait};
use serde_json::json;

use super::Web;
use crate::platform::bus;

/// Longest that a look at the database or the bus may take.
const PATIENCE: Duration = Duration::from_secs(3);

/// The process runs.
pub async fn live() -> &'static str {
    "ok\n"
}

/// Database, whether it takes writes, migrations, bus and background tasks: 200 when all are well, 503 otherwise, each named.
pub async fn ready(State(web): State<Web>) -> Response {
    let checks = async {
        let database = &web.engine.services().database;
        let pool = &database.pool;
        let answers = pool.ping().await.is_ok();
        let pending = Migrator::get_pending_migrations(pool).await.map(|pending| pending.len());
        let bus = match &web.redis {
            None => Some("in-process"),
            Some(client) => ping(client).await.then_some("redis"),
        };
        // Without its tables there is nothing to be written.
        let writes = !matches!(pending, Ok(1..)) && database.takes_writes().await;
        (answers, writes, pending.ok(), bus)
    };
    let (database, writes, pending, bus) =
        tokio::time::timeout(PATIENCE, checks).await.unwrap_or((false, false, None, None));
    let down = web.tasks.down();
    let well = database && writes && pending == Some(0) && bus.is_some() && down.is_empty();
    let told = |ok: bool| if ok { "ok" } else { "failed" };
    let body = json!({
        "status": told(well),
        "database": told(database),
        "writes": told(writes),
        "migrations": match pending { Some(0) => "ok".to_owned(), Some(n) => format!("{n} pending"), None => "unknown".to_owned() },
        "bus": bus.unwrap_or("failed"),
        "tasks": if down.is_empty() { "ok".to_owned() } else { format!("down: {}", down.join(", ")) },
        "version": env!("CARGO_PKG_VERSION"),
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
