//! HTTP: the other face. Routes, what a request carries (id, address, bearer), GraphQL over HTTP, health, pages.

mod calendar;
mod caller;
mod connection_limiter;
mod graphql;
mod health;
mod linger;
mod negotiate;
mod operation;
mod pages;
mod pulse;
mod serve;
mod socket;
mod socket_writer;
mod sse;
mod web;

pub use connection_limiter::ConnectionLimiter;
pub use serve::serve;
pub use web::{Web, until};

use std::time::Duration;

use axum::Router;
use axum::http::{HeaderName, HeaderValue, Method, StatusCode, header};
use axum::routing::get;
use tower::ServiceBuilder;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::compression::CompressionLayer;
use tower_http::cors::{AllowOrigin, CorsLayer};
use tower_http::set_header::SetResponseHeaderLayer;
use tower_http::timeout::TimeoutLayer;

/// All routes.
pub fn router(web: Web) -> Router {
    let routes = Router::new()
        .route("/graphql", get(graphql::answer).post(graphql::answer))
        .route("/graphql/ws", get(socket::open))
        .route("/agenda/{file}", get(calendar::feed))
        .merge(health::routes(&web.config.telemetry.metrics))
        .merge(pages::routes(&web.config.http));
    layered(routes, web)
}

/// What the metrics' own address serves.
pub fn metrics_router(web: Web) -> Router {
    layered(health::metrics_routes(), web)
}

/// What every answer goes through.
fn layered(routes: Router<Web>, web: Web) -> Router {
    let timeout = web.config.limits.request_timeout;
    let set = |name, value| SetResponseHeaderLayer::if_not_present(name, HeaderValue::from_static(value));
    // Outermost first. In one piece: a router boxes each layer that it is given.
    let layers = ServiceBuilder::new()
        .layer(CatchPanicLayer::new())
        .layer(axum::middleware::from_fn_with_state(web.clone(), caller::identify))
        .layer(set(header::REFERRER_POLICY, "same-origin"))
        .layer(set(header::X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .layer(cors(&web.config.http.cors_origins))
        .layer(CompressionLayer::new())
        .layer(TimeoutLayer::with_status_code(StatusCode::REQUEST_TIMEOUT, timeout + Duration::from_secs(1)));
    routes.layer(layers).with_state(web)
}

fn cors(origins: &[String]) -> CorsLayer {
    let origins: Vec<HeaderValue> = origins.iter().filter_map(|origin| origin.parse().ok()).collect();
    CorsLayer::new()
        .allow_origin(AllowOrigin::list(origins))
        .allow_methods([Method::GET, Method::POST])
        .allow_headers([
            header::AUTHORIZATION,
            header::CONTENT_TYPE,
            HeaderName::from_static("x-request-id"),
            HeaderName::from_static("traceparent"),
            HeaderName::from_static("tracestate"),
        ])
        .expose_headers([
            HeaderName::from_static("x-request-id"),
            HeaderName::from_static("ratelimit-limit"),
            HeaderName::from_static("ratelimit-remaining"),
            HeaderName::from_static("ratelimit-reset"),
            header::RETRY_AFTER,
        ])
        .max_age(Duration::from_secs(3600))
}
