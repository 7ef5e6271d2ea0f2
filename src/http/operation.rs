//! The operations of a socket: each runs by itself, and says its messages with its id.

use std::collections::HashMap;
use std::panic::AssertUnwindSafe;
use std::sync::{Arc, Mutex, PoisonError};

use async_graphql::Request;
use axum::extract::ws::Message;
use futures_util::FutureExt;
use serde_json::json;
use tokio::sync::mpsc;
use tokio::task::AbortHandle;

use super::Web;
use crate::domains::identity::guest::Guest;
use crate::graphql::context::Caller;
use crate::graphql::engine::{Answer, Manner};
use crate::graphql::error::of_request;
use crate::graphql::fast::to_json;
use crate::graphql::streams::{Next, Stream};
use crate::kernel::Error;

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
    pub say: mpsc::Sender<Message>,
    /// The operations beside it.
    pub running: Running,
    /// What the other side calls it.
    pub id: String,
    /// Which one it is of this socket: the other side may use an id again.
    pub number: u64,
}

impl Operation {
    /// Runs it to its end.
    pub async fn run(self, request: Request, caller: Caller, guest: Option<Arc<Guest>>) {
        let request_id = caller.request_id.clone();
        // A fault in one operation must not leave its id taken, nor its screen waiting.
        if AssertUnwindSafe(self.execute(request, caller, guest)).catch_unwind().await.is_err() {
            let error = of_request(&Error::internal("an operation panicked"), &request_id);
            self.fail(&[error]).await;
        }
    }

    async fn execute(&self, request: Request, caller: Caller, guest: Option<Arc<Guest>>) {
        if !self.web.engine.is_stream(&request) {
            let manner = Manner { only_queries: false, raw_json: true };
            let answer = self.web.engine.answer(request, caller, manner).await;
            return self.finish(answer).await;
        }
        let Some(guest) = guest else {
            let error = of_request(&Error::Unauthenticated, &caller.request_id);
            return self.fail(&[error]).await;
        };
        match self.web.engine.follow(request, caller, guest, None).await {
            Ok(stream) => self.stream(stream).await,
            Err(answer) => self.fail(&answer.response.errors).await,
        }
    }

    async fn stream(&self, mut stream: Stream) {
        loop {
            match stream.next().await {
                Next::Item { text, .. } => {
                    if self.next(&text).await.is_err() {
                        return;
                    }
                }
                Next::End(error) => return self.fail(&[*error]).await,
            }
        }
    }

    async fn finish(&self, answer: Answer) {
        if answer.refused.is_some() {
            return self.fail(&answer.response.errors).await;
        }
        if self.next(&to_json(&answer.response, true)).await.is_ok() {
            if !self.running.ends(&self.id, self.number) {
                return; // the other side ended it, and may use the id again
            }
            let _ =
                self.say.send(Message::text(json!({ "type": "complete", "id": self.id }).to_string())).await;
        }
    }

    /// Sends a response whose text is written already.
    async fn next(&self, payload: &[u8]) -> Result<(), ()> {
        let id = serde_json::to_string(&self.id).unwrap_or_default();
        let mut text = Vec::with_capacity(payload.len() + id.len() + 40);
        text.extend_from_slice(br#"{"type":"next","id":"#);
        text.extend_from_slice(id.as_bytes());
        text.extend_from_slice(br#","payload":"#);
        text.extend_from_slice(payload);
        text.push(b'}');
        // All of it was made of UTF-8.
        let text = String::from_utf8(text).map_err(|_| ())?;
        self.say.send(Message::text(text)).await.map_err(|_| ())
    }

    async fn fail(&self, errors: &[async_graphql::ServerError]) {
        let message = json!({ "type": "error", "id": self.id, "payload": errors });
        if !self.running.ends(&self.id, self.number) {
            return;
        }
        let _ = self.say.send(Message::text(message.to_string())).await;
    }
}
