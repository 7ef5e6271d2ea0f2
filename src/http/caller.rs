//! What every request carries: an id, an address, a program, perhaps a bearer token. One log line each.

use std::net::SocketAddr;
use std::time::Instant;

use axum::extract::{ConnectInfo, MatchedPath, Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, header};
use axum::middleware::Next;
use axum::response::Response;

use super::web::Web;
use crate::graphql::context::Caller;
use crate::kernel::Result;
use crate::kernel::address::TrustedProxies;
use crate::platform::db::Reader;
use crate::platform::telemetry::{Context, Kind, Span, TraceContext};

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Id and origin of a request, for handlers.
#[derive(Clone, Debug)]
pub struct Origin {
    /// The id: the caller's, where it sent a sound one, or ours.
    pub request_id: String,
    /// Address of the caller.
    pub address: Option<String>,
}

/// Gives the request its id, and writes its log line when it is answered.
pub async fn identify(State(web): State<Web>, mut request: Request, next: Next) -> Response {
    let began = Instant::now();
    let request_id = request_id(request.headers());
    let address = address(&request, &web.config.http.trust_proxy);
    // The route as it was declared: what stands in its braces may be a secret.
    let route = request.extensions().get::<MatchedPath>().map(|route| route.as_str().to_owned());
    let path = route.clone().unwrap_or_else(|| match request.uri().path() {
        path if path.starts_with("/agenda/") => "/agenda/…".to_owned(),
        path => path.to_owned(),
    });
    let method = request.method().clone();
    let quiet = path.starts_with("/health") || path == "/metrics";
    let work = TraceContext::of_request(&request_id, request.headers());
    let span = if quiet { Span::untold(work) } else { begin(work, &method, route, &request_id) };
    request.extensions_mut().insert(Origin { request_id: request_id.clone(), address: address.clone() });
    let answered = async {
        let mut response = next.run(request).await;
        if let Ok(value) = HeaderValue::from_str(&request_id) {
            response.headers_mut().insert(REQUEST_ID, value);
        }
        let (status, micros) = (response.status().as_u16(), began.elapsed().as_micros());
        let trace = TraceContext::here();
        let trace_id = trace.trace_id();
        if quiet {
            tracing::debug!(%method, path, status, micros, request_id, trace_id, "request");
        } else {
            tracing::info!(%method, path, status, micros, request_id, trace_id, address, "request");
        }
        response
    };
    let response = span.around(answered).await;
    span.set("http.response.status_code", i64::from(response.status().as_u16()));
    if response.status().is_server_error() {
        span.fail(response.status().as_u16().to_string());
    }
    response
}

/// The step of a request, by its route as it was declared: its path and query may hold secrets.
fn begin(work: Context, method: &Method, route: Option<String>, request_id: &str) -> Span {
    // Callers may make methods up; a name in traces is one of few.
    let known = [
        Method::GET,
        Method::POST,
        Method::HEAD,
        Method::OPTIONS,
        Method::PUT,
        Method::PATCH,
        Method::DELETE,
    ];
    let known = known.contains(method).then(|| method.to_string());
    let span = Span::within(work, Kind::Server, || {
        let method = known.as_deref().unwrap_or("HTTP");
        route.as_ref().map_or_else(|| method.to_owned(), |route| format!("{method} {route}"))
    });
    span.set("http.request.method", known.unwrap_or_else(|| "_OTHER".to_owned()));
    if let Some(route) = route {
        span.set("http.route", route);
    }
    span.set("cabina.request_id", request_id.to_owned());
    span
}

/// Who asks: nobody without a bearer token, somebody with a right one.
///
/// # Errors
/// `Unauthenticated` for every wrong token alike.
pub async fn caller(web: &Web, origin: Origin, headers: &HeaderMap) -> Result<Caller> {
    let services = web.engine.services();
    let reader = match bearer(headers) {
        None => None,
        Some(token) => {
            let viewer = services.authenticator.viewer(token).await?;
            Some(Reader { db: services.database.pool.clone(), viewer })
        }
    };
    let user_agent = headers.get(header::USER_AGENT).and_then(|agent| agent.to_str().ok()).map(str::to_owned);
    Ok(Caller { reader, request_id: origin.request_id, address: origin.address, user_agent })
}

/// The bearer token; any other scheme is a wrong token, which nobody has.
pub fn bearer(headers: &HeaderMap) -> Option<&str> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().unwrap_or_default();
    let (scheme, token) = value.split_once(' ').unwrap_or((value, ""));
    Some(if scheme.eq_ignore_ascii_case("bearer") { token.trim() } else { "" })
}

fn request_id(headers: &HeaderMap) -> String {
    let sound = |id: &&str| {
        (8..=64).contains(&id.len()) && id.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_')
    };
    let given = headers.get(REQUEST_ID).and_then(|id| id.to_str().ok()).filter(sound);
    given.map_or_else(|| crate::kernel::ids::new_uuid().simple().to_string(), str::to_owned)
}

fn address(request: &Request, trusted: &TrustedProxies) -> Option<String> {
    let peer = request.extensions().get::<ConnectInfo<SocketAddr>>()?.0.ip();
    let lines = request.headers().get_all("x-forwarded-for").iter();
    // A line that is no text is no address either: the walk ends there.
    let entries = lines.flat_map(|line| line.to_str().unwrap_or("?").split(','));
    Some(trusted.origin(peer, &entries.collect::<Vec<_>>()).to_string())
}
