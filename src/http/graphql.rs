//! GraphQL over HTTP: POST for everything, GET for queries.

use std::time::Instant;

use async_graphql::{ParseRequestError, Response as GraphqlResponse};
use async_graphql_axum::GraphQLRequest;
use axum::Extension;
use axum::body::{Body, to_bytes};
use axum::extract::{FromRequest, Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};

use super::caller::{Origin, caller};
use super::negotiate::{Media, is_json, media};
use super::web::Web;
use crate::graphql::engine::{Answer, Cause, ExecOptions};
use crate::graphql::error::of_request;
use crate::graphql::fast::to_json;
use crate::kernel::Error;
use crate::platform::limits::QuotaState;

/// A request whose JSON or query string does not have the form of a GraphQL request.
struct Malformed(ParseRequestError);

impl From<ParseRequestError> for Malformed {
    fn from(cause: ParseRequestError) -> Self {
        Malformed(cause)
    }
}

impl IntoResponse for Malformed {
    fn into_response(self) -> Response {
        StatusCode::BAD_REQUEST.into_response() // replaced by `answer`, which knows the request's id
    }
}

/// Answers a request: by GET the document and its variables stand in the query string, by POST in a JSON body.
pub async fn answer(
    State(web): State<Web>,
    Extension(origin): Extension<Origin>,
    request: Request,
) -> Response {
    let began = Instant::now();
    let headers = request.headers().clone();
    let events = super::sse::wanted(&headers);
    let written = media(&headers);
    let Some(media) = written.or(events.then_some(Media::Json)) else {
        let rule = "must allow application/graphql-response+json or application/json";
        return refuse(StatusCode::NOT_ACCEPTABLE, Media::Json, &Error::invalid("Accept", rule), &origin);
    };
    let only_queries = request.method() == Method::GET;
    if !only_queries && !is_json(&headers) {
        let error = Error::invalid("Content-Type", "must be application/json");
        return refuse(StatusCode::UNSUPPORTED_MEDIA_TYPE, media, &error, &origin);
    }
    let graphql = match read(&web, request).await {
        Ok(graphql) => graphql,
        Err((status, error)) => return refuse(status, media, &error, &origin),
    };
    let caller = match caller(&web, origin.clone(), &headers).await {
        Ok(caller) => caller,
        Err(error @ Error::Unauthenticated) => {
            return refuse(StatusCode::UNAUTHORIZED, media, &error, &origin);
        }
        Err(error) => return refuse(StatusCode::SERVICE_UNAVAILABLE, media, &error, &origin),
    };
    // Who takes both gets JSON, but for a stream, which JSON cannot be.
    if events && (written.is_none() || web.engine.is_stream(&graphql)) {
        let bearer = super::caller::bearer(&headers);
        let resume = headers.get("last-event-id").and_then(|id| id.to_str().ok()).filter(|id| !id.is_empty());
        return super::sse::answer(&web, graphql, caller, bearer, resume, only_queries).await;
    }
    let answer = web.engine.answer(graphql, caller, ExecOptions { only_queries, raw_json: true }).await;
    metrics::histogram!("cabina_graphql_seconds").record(began.elapsed().as_secs_f64());
    let outcome = if answer.response.is_ok() { "ok" } else { "errors" };
    metrics::counter!("cabina_graphql_requests_total", "outcome" => outcome).increment(1);
    write(answer, media)
}

/// Takes the GraphQL request out of the HTTP request.
async fn read(web: &Web, request: Request) -> Result<async_graphql::Request, (StatusCode, Error)> {
    let limits = &web.config.limits;
    let (parts, body) = request.into_parts();
    let too_large = || {
        let error = Error::invalid("body", format!("must have at most {} bytes", limits.body));
        (StatusCode::PAYLOAD_TOO_LARGE, error)
    };
    let announced =
        parts.headers.get(header::CONTENT_LENGTH).and_then(|n| n.to_str().ok()?.parse::<usize>().ok());
    if announced.is_some_and(|length| length > limits.body) {
        return Err(too_large());
    }
    let bytes = tokio::time::timeout(limits.request_timeout, to_bytes(body, limits.body))
        .await
        .map_err(|_| (StatusCode::REQUEST_TIMEOUT, Error::invalid("body", "took too long to arrive")))?
        .map_err(|_| too_large())?;
    let request = Request::from_parts(parts, Body::from(bytes));
    let form = "must be a GraphQL request: an object with query, and perhaps operationName, variables and extensions";
    let parsed = GraphQLRequest::<Malformed>::from_request(request, &()).await;
    parsed.map(GraphQLRequest::into_inner).map_err(|malformed| {
        tracing::debug!(cause = %malformed.0, "malformed request");
        (StatusCode::BAD_REQUEST, Error::invalid("request", form))
    })
}

fn write(answer: Answer, media: Media) -> Response {
    let status = match (answer.refused, media) {
        (None, _) => StatusCode::OK,
        (Some(Cause::Throttled), _) => StatusCode::TOO_MANY_REQUESTS,
        (Some(Cause::Stopped), _) => StatusCode::SERVICE_UNAVAILABLE,
        (Some(Cause::Method), _) => StatusCode::METHOD_NOT_ALLOWED,
        (Some(Cause::NoDocument), _) => StatusCode::BAD_REQUEST,
        (Some(Cause::Document), Media::GraphqlResponse) => StatusCode::BAD_REQUEST,
        (Some(Cause::Document), Media::Json) => StatusCode::OK,
    };
    let mut response = respond(status, media, answer.text);
    if let Some(quota) = answer.quota {
        write_quota_headers(response.headers_mut(), &quota);
    }
    if answer.refused == Some(Cause::Method) {
        response.headers_mut().insert(header::ALLOW, HeaderValue::from_static("POST"));
    }
    response
}

fn refuse(status: StatusCode, media: Media, error: &Error, origin: &Origin) -> Response {
    let told = GraphqlResponse::from_errors(vec![of_request(error, &origin.request_id)]);
    let mut response = respond(status, media, to_json(&told, false));
    if status == StatusCode::UNAUTHORIZED {
        response.headers_mut().insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
    }
    response
}

fn respond(status: StatusCode, media: Media, body: String) -> Response {
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static(media.content_type())),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
        (header::VARY, HeaderValue::from_static("accept, authorization")),
    ];
    (status, headers, body).into_response()
}

/// How a caller stands, in headers.
pub(super) fn write_quota_headers(headers: &mut HeaderMap, quota: &QuotaState) {
    let numbers = [
        ("ratelimit-limit", u64::from(quota.limit)),
        ("ratelimit-remaining", u64::from(quota.remaining)),
        ("ratelimit-reset", quota.reset),
    ];
    for (name, number) in numbers {
        headers.insert(HeaderName::from_static(name), HeaderValue::from(number));
    }
    if !quota.allowed {
        headers.insert(header::RETRY_AFTER, HeaderValue::from(quota.reset));
    }
}
