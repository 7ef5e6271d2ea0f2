//! Streams as server-sent events, in the "distinct connections" mode of the GraphQL over SSE protocol. Each item's `id` is
//! its cursor, so that a browser that lost the connection goes on where it was by itself (`Last-Event-ID`).

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use async_graphql::Request;
use axum::http::{HeaderMap, HeaderName, HeaderValue, header};
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use futures_util::{StreamExt, stream};

use super::web::{Web, until};
use crate::domains::identity::live_session::{Eviction, LiveSession};
use crate::graphql::context::{Caller, account};
use crate::graphql::engine::{Answer, Cause, ExecOptions};
use crate::graphql::error::of_request;
use crate::graphql::fast::to_json;
use crate::graphql::streams::Next;
use crate::kernel::Error;

/// A line now and then, so that nobody between us and the browser thinks that the connection is idle.
const EVERY: Duration = Duration::from_secs(15);
/// A stream that cannot begin sooner, as the database is away, is answered: proxies do not wait for long.
const BEGINS_WITHIN: Duration = Duration::from_secs(10);

/// Whether a request wants events.
pub fn wanted(headers: &HeaderMap) -> bool {
    let accept = headers.get(header::ACCEPT).and_then(|accept| accept.to_str().ok()).unwrap_or_default();
    accept.split(',').any(|range| range.trim().starts_with("text/event-stream"))
}

/// Answers with events: the items of a stream, or the one answer of anything else.
pub async fn answer(
    web: &Web,
    request: Request,
    caller: Caller,
    bearer: Option<&str>,
    resume: Option<&str>,
    only_queries: bool,
) -> Response {
    if !web.engine.is_stream(&request) {
        let options = ExecOptions { only_queries, raw_json: true };
        return once(web.engine.answer(request, caller, options).await);
    }
    let authenticator = web.engine.services().authenticator.clone();
    let request_id = caller.request_id.clone();
    // While something is away the browser comes again to where it was.
    let refused = |error: &Error| {
        let mut told = of_request(error, &request_id);
        if let Some(resume) = resume.filter(|_| error.is_away()) {
            told.extensions.get_or_insert_default().set("cursor", resume);
        }
        once(Answer::refused(Cause::Document, vec![told], &request_id))
    };
    let session = match LiveSession::admit(authenticator, bearer.unwrap_or_default()).await {
        Ok(session) => Arc::new(session),
        Err(error) => return refused(&error),
    };
    let account = account(Some(&session.viewer().borrow()), caller.address.as_deref());
    let Some(permit) = web.connections.acquire(account) else {
        let told = of_request(&Error::Throttled { retry_after: 1 }, &caller.request_id);
        return once(Answer::refused(Cause::Throttled, vec![told], &caller.request_id));
    };
    let stop = web.stop.clone();
    let mut eviction = Eviction::of(&session);
    let away = || Error::Unavailable { provider: "the stream", cause: "it could not begin in time".into() };
    let begun =
        tokio::time::timeout(BEGINS_WITHIN, web.engine.follow(request, caller, session.clone(), resume));
    let stream = tokio::select! {
        biased; // who must go gets nothing
        () = eviction.wait() => return refused(&Error::Unauthenticated),
        () = until(stop.clone()) => return refused(&away()),
        begun = begun => match begun {
            Ok(Ok(stream)) => stream,
            Ok(Err(answer)) => return once(*answer),
            Err(_) => return refused(&away()),
        },
    };
    // Where it begins, so that a browser that loses the connection before the first item comes back to here.
    let began = stream::iter([Ok(Event::default().id(stream.at().to_string()))]);
    let items = stream::unfold(Some((stream, eviction, stop, permit)), |state| async {
        let (mut stream, mut eviction, stop, permit) = state?;
        let next = tokio::select! {
            biased; // who must go gets nothing more
            () = eviction.wait() => None,
            () = until(stop.clone()) => return None, // the browser comes again by itself
            next = stream.next() => Some(next),
        };
        let next = next.unwrap_or_else(|| stream.end(stream.at(), &Error::Unauthenticated));
        Some(match next {
            Next::Item { text, cursor } => {
                let event = event("next", &text).id(cursor.to_string());
                (vec![Ok::<_, Infallible>(event)], Some((stream, eviction, stop, permit)))
            }
            Next::End(error) => {
                let response = async_graphql::Response::from_errors(vec![*error]);
                (vec![Ok(event("next", &to_json(&response, false))), Ok(complete())], None)
            }
        })
    });
    send(began.chain(items.flat_map(stream::iter)))
}

fn once(answer: Answer) -> Response {
    send(stream::iter([Ok::<_, Infallible>(event("next", &answer.text)), Ok(complete())]))
}

fn event(name: &str, text: &str) -> Event {
    Event::default().event(name).data(text)
}

fn complete() -> Event {
    Event::default().event("complete").data("")
}

fn send(events: impl futures_util::Stream<Item = Result<Event, Infallible>> + Send + 'static) -> Response {
    let mut response = Sse::new(events).keep_alive(KeepAlive::new().interval(EVERY)).into_response();
    // Nobody between us and the browser is to hold the items back.
    response
        .headers_mut()
        .insert(HeaderName::from_static("x-accel-buffering"), HeaderValue::from_static("no"));
    response
}
