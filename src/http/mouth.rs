//! What is said on a socket. Whoever has something to say says it itself and waits while the other side does not read: so
//! nothing queues up but one message of each operation, and a socket costs no task for writing.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::ws::{Message, WebSocket};
use futures_util::stream::SplitSink;
use futures_util::{FutureExt, SinkExt};
use tokio::sync::Mutex;

/// Speaks for all operations of a socket.
#[derive(Clone)]
pub struct Mouth(Arc<Mutex<SplitSink<WebSocket, Message>>>);

/// Nobody listens any more.
#[derive(Debug)]
pub struct Deaf;

impl Mouth {
    /// Of this socket.
    pub fn of(sink: SplitSink<WebSocket, Message>) -> Mouth {
        Mouth(Arc::new(Mutex::new(sink)))
    }

    /// Says a message.
    ///
    /// # Errors
    /// `Deaf`.
    pub async fn say(&self, message: Message) -> Result<(), Deaf> {
        self.0.lock().await.send(message).await.map_err(|_| Deaf)
    }

    /// Says a message that goes out with the next one, or with `flush`.
    ///
    /// # Errors
    /// `Deaf`.
    pub async fn feed(&self, message: Message) -> Result<(), Deaf> {
        self.0.lock().await.feed(message).await.map_err(|_| Deaf)
    }

    /// Has all that was said go out.
    ///
    /// # Errors
    /// `Deaf`.
    pub async fn flush(&self) -> Result<(), Deaf> {
        self.0.lock().await.flush().await.map_err(|_| Deaf)
    }

    /// Says something that may be left out when nobody reads; tells whether it was said.
    pub fn try_say(&self, message: Message) -> bool {
        let Ok(mut sink) = self.0.try_lock() else { return false };
        matches!(sink.send(message).now_or_never(), Some(Ok(())))
    }

    /// Says the last message, and waits a moment for it to be read.
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
