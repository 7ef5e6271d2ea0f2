//! The sending half of a websocket. Each operation writes its own messages and waits while the client does not read, so
//! at most one message of each operation is queued, and a socket needs no writing task.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::ws::{Message, WebSocket};
use futures_util::stream::SplitSink;
use futures_util::{FutureExt, SinkExt};
use tokio::sync::Mutex;

/// The sending half, shared by all operations of a socket.
#[derive(Clone)]
pub struct SocketWriter(Arc<Mutex<SplitSink<WebSocket, Message>>>);

/// The client is gone.
#[derive(Debug)]
pub struct Closed;

impl SocketWriter {
    /// Wraps the sending half of a socket.
    pub fn of(sink: SplitSink<WebSocket, Message>) -> SocketWriter {
        SocketWriter(Arc::new(Mutex::new(sink)))
    }

    /// Sends a message.
    ///
    /// # Errors
    /// `Closed`.
    pub async fn send(&self, message: Message) -> Result<(), Closed> {
        self.0.lock().await.send(message).await.map_err(|_| Closed)
    }

    /// Queues a message that is sent with the next one, or by `flush`.
    ///
    /// # Errors
    /// `Closed`.
    pub async fn feed(&self, message: Message) -> Result<(), Closed> {
        self.0.lock().await.feed(message).await.map_err(|_| Closed)
    }

    /// Sends everything that is queued.
    ///
    /// # Errors
    /// `Closed`.
    pub async fn flush(&self) -> Result<(), Closed> {
        self.0.lock().await.flush().await.map_err(|_| Closed)
    }

    /// Sends a message that may be dropped while the client does not read; returns whether it was sent.
    pub fn try_send(&self, message: Message) -> bool {
        let Ok(mut sink) = self.0.try_lock() else { return false };
        matches!(sink.send(message).now_or_never(), Some(Ok(())))
    }

    /// Sends the last message and closes, waiting at most `patience`.
    pub async fn close(&self, last: Option<Message>, patience: Duration) {
        let end = async {
            let mut sink = self.0.lock().await;
            if let Some(last) = last {
                let _ = sink.send(last).await;
            }
            let _ = sink.close().await;
        };
        let _ = tokio::time::timeout(patience, end).await;
    }
}
