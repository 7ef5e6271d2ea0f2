//! The operations of a socket: each runs by itself, and says its messages with its id.

use std::collections::HashMap;
use std::panic::AssertUnwindSafe;
use std::pin::pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::Poll;
use std::time::Duration;

use async_graphql::Request;
use axum::extract::ws::Message;
use futures_util::{FutureExt, join, poll};
use serde_json::json;
use tokio::task::AbortHandle;

use super::socket_writer::{Closed, SocketWriter};
use super::web::Web;
use crate::domains::identity::live_session::LiveSession;
use crate::graphql::context::Caller;
use crate::graphql::engine::{Answer, ExecOptions};
use crate::graphql::error::of_request;
use crate::graphql::streams::{Next, Stream};
use crate::kernel::Error;
use crate::platform::telemetry::{Span, TraceContext};

/// So long the last word of an operation may take.
const PATIENCE: Duration = Duration::from_secs(5);

/// The operations under way, by their ids.
#[derive(Clone, Default)]
pub struct Running(Arc<Mutex<HashMap<String, (u64, AbortHandle)>>>);

impl Running {
    /// Whether an operation with this id is under way.
    pub fn has(&self, id: &str) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).contains_key(id)
    }

    /// How many there are.
    pub fn count(&self) -> usize {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).len()
    }

    /// Begins one: it is registered before it can end.
    pub fn begin(&self, id: String, number: u64, operation: impl Future<Output = ()> + Send + 'static) {
        let mut running = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let task = tokio::spawn(operation);
        running.insert(id, (number, task.abort_handle()));
    }

    /// Ends the one with this id.
    pub fn complete(&self, id: &str) {
        if let Some((_, task)) = self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(id) {
            task.abort();
        }
    }

    /// Ends them all.
    pub fn abort(&self) {
        let running = std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner));
        running.values().for_each(|(_, task)| task.abort());
    }

    /// The operation with this id and number ends; `false` when it was ended before, and the id may be another's.
    fn ends(&self, id: &str, number: u64) -> bool {
        let mut running = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let own = running.get(id).is_some_and(|(known, _)| *known == number);
        if own {
            running.remove(id);
        }
        own
    }
}

/// An operation under way.
pub struct Operation {
    /// The server.
    pub web: Web,
    /// Where its messages go.
    pub writer: SocketWriter,
    /// The operations beside it.
    pub running: Running,
    /// What the other side calls it.
    pub id: String,
    /// Which one it is of this socket: the other side may use an id again.
    pub number: u64,
}

impl Operation {
    /// Runs it to its end.
    pub async fn run(self, request: Request, caller: Caller, session: Option<Arc<LiveSession>>) {
        let request_id = caller.request_id.clone();
        // A fault in one operation must not leave its id taken, nor its screen waiting.
        if AssertUnwindSafe(self.execute(request, caller, session)).catch_unwind().await.is_err() {
            let error = of_request(&Error::internal("an operation panicked"), &request_id);
            self.fail(&[error]).await;
        }
    }

    async fn execute(&self, request: Request, caller: Caller, session: Option<Arc<LiveSession>>) {
        if !self.web.engine.is_stream(&request) {
            let options = ExecOptions { only_queries: false, raw_json: true };
            let id = caller.request_id.clone();
            let answer = Box::pin(as_request(id, self.web.engine.answer(request, caller, options))).await;
            return self.finish(answer).await;
        }
        let Some(session) = session else {
            let error = of_request(&Error::Unauthenticated, &caller.request_id);
            return self.fail(&[error]).await;
        };
        // In boxes: what is gone after a moment is to take no room in what stays for hours.
        let id = caller.request_id.clone();
        match Box::pin(as_request(id, self.web.engine.follow(request, caller, session, None))).await {
            Ok(stream) => self.stream(stream).await,
            Err(answer) => self.fail(&answer.response.errors).await,
        }
    }

    async fn stream(&self, mut stream: Stream) {
        let mut fed = false;
        loop {
            let next = if fed {
                // More of a burst goes out in one piece; before anything is waited for, it goes out.
                let mut next = pin!(stream.next());
                match poll!(&mut next) {
                    Poll::Ready(next) => next,
                    // Side by side: what is begun must go on, for others wait for the item that this one writes.
                    Poll::Pending => match join!(next, self.writer.flush()) {
                        (next, Ok(())) => next,
                        (_, Err(Closed)) => return,
                    },
                }
            } else {
                stream.next().await
            };
            let text = match next {
                Next::Item { text, .. } => self.next(&text),
                Next::End(error) => return self.fail(&[*error]).await,
            };
            fed = stream.has_more();
            let said = if fed { self.writer.feed(text).await } else { self.writer.send(text).await };
            if said.is_err() {
                return;
            }
        }
    }

    async fn finish(&self, answer: Answer) {
        if answer.refused.is_some() {
            return self.fail(&answer.response.errors).await;
        }
        let next = self.next(&answer.text);
        if self.writer.send(next).await.is_ok() {
            if !self.running.ends(&self.id, self.number) {
                return; // the other side ended it, and may use the id again
            }
            let complete = json!({ "type": "complete", "id": self.id });
            self.last(complete).await;
        }
    }

    /// The message of a response whose text is written already.
    fn next(&self, payload: &str) -> Message {
        let id = serde_json::to_string(&self.id).unwrap_or_default();
        let parts = [r#"{"type":"next","id":"#, &id, r#","payload":"#, payload, "}"];
        Message::text(parts.concat())
    }

    async fn fail(&self, errors: &[async_graphql::ServerError]) {
        let message = json!({ "type": "error", "id": self.id, "payload": errors });
        if !self.running.ends(&self.id, self.number) {
            return;
        }
        self.last(message).await;
    }

    /// Says the last word. Nobody can end this operation any more, so it gives up by itself when nobody reads.
    async fn last(&self, message: serde_json::Value) {
        let said = self.writer.send(Message::text(message.to_string()));
        let _ = tokio::time::timeout(PATIENCE, said).await;
    }
}

/// Does work as that of a request with this id: a socket's operations are requests of their own.
async fn as_request<W: Future>(id: String, work: W) -> W::Output {
    Span::untold(TraceContext { request_id: Some(id), traceparent: None }.context()).around(work).await
}
