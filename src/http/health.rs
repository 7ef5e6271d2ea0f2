//! Whether the process lives, whether it can serve, and its figures.

use std::time::Duration;

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use migration::{Migrator, MigratorTrait};
use secrecy::ExposeSecret;
use serde_json::json;

use super::caller;
use super::web::Web;
use crate::platform::auth::hash_secret;
use crate::platform::config::MetricsConfig;
use crate::platform::{bus, zones};

/// Longest that a look at the database or the bus may take.
const PATIENCE: Duration = Duration::from_secs(3);

/// What the server's own address answers: details for the metrics token alone, metrics unless they have an address of
/// their own.
pub fn routes(config: &MetricsConfig) -> Router<Web> {
    let ready = async |State(web): State<Web>, headers: HeaderMap| {
        let details = token(&web, &headers) == Token::Right;
        ready(&web, details).await
    };
    let elsewhere = config.listen.is_some();
    Router::new()
        .route("/health/live", get(live))
        .route("/health/ready", get(ready))
        .route("/metrics", if elsewhere { get(async || StatusCode::NOT_FOUND) } else { get(metrics) })
}

/// What the metrics' own address answers.
pub fn metrics_routes() -> Router<Web> {
    let ready = async |State(web): State<Web>, headers: HeaderMap| {
        let details = token(&web, &headers) != Token::Wrong;
        ready(&web, details).await
    };
    Router::new()
        .route("/health/live", get(live))
        .route("/health/ready", get(ready))
        .route("/metrics", get(metrics))
}

/// The process runs.
async fn live() -> &'static str {
    "ok\n"
}

/// Database, whether it takes writes, migrations, bus and background tasks: 200 when all are well, 503 otherwise, each named.
/// The version is a detail: it tells a stranger which faults to try.
async fn ready(web: &Web, details: bool) -> Response {
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
    let mut body = json!({
        "status": told(well),
        "database": told(database),
        "writes": told(writes),
        "migrations": match pending { Some(0) => "ok".to_owned(), Some(n) => format!("{n} pending"), None => "unknown".to_owned() },
        "bus": bus.unwrap_or("failed"),
        "tasks": if down.is_empty() { "ok".to_owned() } else { format!("down: {}", down.join(", ")) },
        "timeZones": zones::in_use(),
    });
    if details {
        body["version"] = env!("CARGO_PKG_VERSION").into();
    }
    (if well { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE }, Json(body)).into_response()
}

async fn ping(client: &redis::Client) -> bool {
    match client.get_multiplexed_async_connection().await {
        Ok(mut connection) => redis::cmd("PING").query_async::<String>(&mut connection).await.is_ok(),
        Err(_) => false,
    }
}

/// Prometheus' text format. The outbox is looked at when the figures are asked for.
async fn metrics(State(web): State<Web>, headers: HeaderMap) -> Response {
    if token(&web, &headers) == Token::Wrong {
        return (StatusCode::UNAUTHORIZED, [(header::WWW_AUTHENTICATE, "Bearer")]).into_response();
    }
    let Some(metrics) = &web.metrics else { return StatusCode::NOT_FOUND.into_response() };
    let services = web.engine.services();
    let lag = bus::outbox_lag(&services.database);
    if let Ok(Ok(outbox)) = tokio::time::timeout(PATIENCE, lag).await {
        metrics::gauge!("cabina_outbox_waiting").set(outbox.waiting as f64);
        metrics::gauge!("cabina_outbox_position").set(outbox.last as f64);
        metrics::gauge!("cabina_outbox_kept_from").set(outbox.kept_from as f64);
    }
    metrics::gauge!("cabina_hub_position").set(services.hub.tail() as f64);
    metrics::gauge!("cabina_hub_hearing").set(f64::from(u8::from(services.hub.is_hearing())));
    metrics.render().into_response()
}

/// How a request stands to the metrics token.
#[derive(PartialEq, Eq)]
enum Token {
    /// None is asked for.
    NotAsked,
    Right,
    Wrong,
}

fn token(web: &Web, headers: &HeaderMap) -> Token {
    let Some(token) = &web.config.telemetry.metrics.token else { return Token::NotAsked };
    // By their hashes: how long that takes tells nothing of the token.
    let right = hash_secret(token.expose_secret());
    match caller::bearer(headers).is_some_and(|given| hash_secret(given) == right) {
        true => Token::Right,
        false => Token::Wrong,
    }
}
