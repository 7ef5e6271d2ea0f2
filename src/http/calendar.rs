//! A user's calendar feed: a file behind a secret address, for phones that cannot sign in.

use axum::Extension;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};

use super::caller::Origin;
use super::graphql::write_quota_headers;
use super::web::Web;
use crate::domains::agenda;
use crate::graphql::context::account;
use crate::kernel::Error;
use crate::platform::auth::hash_secret;

/// Points of one look at a feed, of what the address that it comes from may spend.
const OF_ADDRESS: u64 = 250;
/// Points of one look at a feed, of what this feed may be read: phones ask every hour.
const OF_FEED: u64 = 5000;

/// The file; 304 when the phone has it already. Every wrong address is 404, and none is in the log. Who asks too often is told
/// when to come again.
pub async fn feed(
    State(web): State<Web>,
    Extension(origin): Extension<Origin>,
    Path(name): Path<String>,
    headers: HeaderMap,
) -> Response {
    let services = web.engine.services();
    let Some(secret) = name.strip_suffix(".ics") else { return StatusCode::NOT_FOUND.into_response() };
    // Before anything is read: guesses cost as much as reading.
    for (account, points) in [
        (account(None, origin.address.as_deref()), OF_ADDRESS),
        (format!("feed {}", hash_secret(secret)), OF_FEED),
    ] {
        let quota = web.engine.spend(&account, points);
        if !quota.allowed {
            let mut response = StatusCode::TOO_MANY_REQUESTS.into_response();
            write_quota_headers(response.headers_mut(), &quota);
            return response;
        }
    }
    let known = headers.get_all(header::IF_NONE_MATCH).iter().filter_map(|value| value.to_str().ok());
    let known: Vec<&str> = known
        .flat_map(|value| value.split(','))
        .map(|value| value.trim().trim_start_matches("W/").trim_matches('"'))
        .collect();
    let is_known = |tag: &str| known.iter().any(|value| *value == "*" || *value == tag);
    let feed =
        match agenda::feed(&services.database, secret, services.authenticator.clock.now(), is_known).await {
            Ok(feed) => feed,
            Err(Error::NotFound) => return StatusCode::NOT_FOUND.into_response(),
            Err(error) => {
                tracing::error!(error = error.for_terminal(), "a calendar feed could not be written");
                return StatusCode::SERVICE_UNAVAILABLE.into_response();
            }
        };
    let mut response = match feed.text {
        Some(text) => ([(header::CONTENT_TYPE, "text/calendar; charset=utf-8")], text).into_response(),
        None => StatusCode::NOT_MODIFIED.into_response(),
    };
    let kept = response.headers_mut();
    kept.insert(header::CACHE_CONTROL, HeaderValue::from_static("private, no-cache"));
    // A weak one: it tells that the agenda is the same.
    if let Ok(tag) = HeaderValue::from_str(&format!("W/\"{}\"", feed.tag)) {
        kept.insert(header::ETAG, tag);
    }
    response
}
