//! The bell between processes. What it loses the hub reads from the outbox, so nothing waits for it: events that cannot
//! be published at once are dropped.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use futures_util::StreamExt;
use redis::aio::{MultiplexedConnection, PubSub};
use redis::{AsyncConnectionConfig, Client, RedisError};
use tokio::sync::mpsc;
use tokio::time::{Instant, interval_at, timeout};

use super::event::Event;
use super::hub::Hub;

/// Batches that may wait to be published.
const WAITING: usize = 1000;
/// Longest that Redis may take to answer.
const PATIENCE: Duration = Duration::from_millis(500);
/// How often it is asked whether it is still there.
const EVERY: Duration = Duration::from_secs(1);
/// How long is waited before it is called again.
const PAUSE: Duration = Duration::from_millis(250);

/// Publishes on Redis.
#[derive(Clone)]
pub struct Redis {
    waiting: mpsc::Sender<Vec<(String, String)>>,
    prefix: Arc<str>,
}

/// Why the connection ended.
#[derive(Debug, thiserror::Error)]
enum Broken {
    #[error("{0}")]
    Error(#[from] RedisError),
    #[error("no answer in time")]
    Silent(#[from] tokio::time::error::Elapsed),
    #[error("the stream of messages ended")]
    Ended,
}

impl Redis {
    /// Publishes, and listens to these topics for the hub, until the runtime ends. `prefix` stands before every channel's
    /// name.
    pub fn start(client: Client, prefix: &str, topics: &[&str], hub: Arc<Hub>) -> Redis {
        let (waiting, queue) = mpsc::channel(WAITING);
        let channels = topics.iter().map(|topic| format!("{prefix}{topic}")).collect();
        tokio::spawn(keep(client, channels, queue, hub));
        Redis { waiting, prefix: prefix.into() }
    }

    /// Rings the bell for these events.
    pub fn publish(&self, events: &[Event]) {
        let message = |event: &Event| {
            let text = serde_json::to_string(event).ok()?;
            Some((format!("{}{}", self.prefix, event.topic), text))
        };
        let _ = self.waiting.try_send(events.iter().filter_map(message).collect());
    }
}

async fn keep(
    client: Client,
    channels: Vec<String>,
    mut queue: mpsc::Receiver<Vec<(String, String)>>,
    hub: Arc<Hub>,
) {
    loop {
        let Err(cause) = connected(&client, &channels, &mut queue, &hub).await;
        hub.set_hearing(false);
        tracing::warn!(%cause, "Redis cannot be reached; events are read from the database meanwhile");
        tokio::time::sleep(PAUSE).await;
    }
}

async fn connected(
    client: &Client,
    channels: &[String],
    queue: &mut mpsc::Receiver<Vec<(String, String)>>,
    hub: &Hub,
) -> Result<Infallible, Broken> {
    let config = AsyncConnectionConfig::new()
        .set_connection_timeout(Some(PATIENCE))
        .set_response_timeout(Some(PATIENCE));
    let connection = client.get_multiplexed_async_connection_with_config(&config).await?;
    let mut listening = timeout(PATIENCE, client.get_async_pubsub()).await??;
    timeout(PATIENCE, listening.subscribe(channels)).await??;
    hub.set_hearing(true);
    tokio::select! {
        broken = publish(connection, queue) => broken,
        broken = listen(listening, hub) => broken,
    }
}

async fn publish(
    mut connection: MultiplexedConnection,
    queue: &mut mpsc::Receiver<Vec<(String, String)>>,
) -> Result<Infallible, Broken> {
    let mut alive = interval_at(Instant::now() + EVERY, EVERY);
    loop {
        let mut pipe = redis::pipe();
        tokio::select! {
            Some(messages) = queue.recv() => {
                for (channel, text) in messages {
                    pipe.publish(channel, text).ignore();
                }
            }
            _ = alive.tick() => { pipe.cmd("PING").ignore(); }
        }
        pipe.query_async::<()>(&mut connection).await?;
    }
}

async fn listen(mut connection: PubSub, hub: &Hub) -> Result<Infallible, Broken> {
    let mut messages = connection.on_message();
    while let Some(message) = messages.next().await {
        match serde_json::from_slice::<Event>(message.get_payload_bytes()) {
            Ok(event) => hub.accept([event]),
            Err(cause) => tracing::warn!(%cause, "a message on our channels is no event"),
        }
    }
    Err(Broken::Ended)
}
