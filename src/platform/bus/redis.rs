//! The bell between processes. What it loses the hub reads from the outbox, so nothing waits for it: events that cannot
//! be published at once are dropped.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::BoxFuture;
use futures_util::{FutureExt, StreamExt};
use redis::aio::{MultiplexedConnection, PubSub};
use redis::{AsyncConnectionConfig, Client, Msg, RedisError};
use tokio::sync::{Mutex, mpsc};
use tokio::time::{Instant, interval_at, timeout};

use super::event::Event;
use super::hub::Hub;
use crate::kernel::Result;

/// Batches that may wait to be published.
const WAITING: usize = 1000;
/// Messages that are taken at once.
const AT_ONCE: usize = 100;
/// Longest that Redis may take to answer.
const PATIENCE: Duration = Duration::from_millis(500);
/// How often it is asked whether it is still there.
const EVERY: Duration = Duration::from_secs(1);
/// How long is waited before it is called again.
const PAUSE: Duration = Duration::from_millis(250);

/// Whoever shows figures from outside hears here that one may have changed, as SPEC's table of channels says. Our own
/// servers do not listen to it: they know from the events themselves.
const FIGURES: &str = "dashboard:changed";

/// Publishes on Redis.
#[derive(Clone)]
pub struct Redis {
    waiting: mpsc::Sender<Vec<(String, String)>>,
    prefix: Arc<str>,
    moves_figures: &'static [&'static str],
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
    /// Publishes, and listens to these topics for the hub, while the task runs that is given back with it. `prefix` stands
    /// before every channel's name; events of `moves_figures` ring on `dashboard:changed` too.
    pub fn start(
        client: Client,
        prefix: &str,
        topics: &[&str],
        moves_figures: &'static [&'static str],
        hub: Arc<Hub>,
    ) -> (Redis, impl Fn() -> BoxFuture<'static, Result<()>> + Send + 'static) {
        let (waiting, queue) = mpsc::channel(WAITING);
        let channels: Arc<[String]> = topics.iter().map(|topic| format!("{prefix}{topic}")).collect();
        let queue = Arc::new(Mutex::new(queue));
        let keep = move || keep(client.clone(), channels.clone(), queue.clone(), hub.clone()).boxed();
        (Redis { waiting, prefix: prefix.into(), moves_figures }, keep)
    }

    /// Rings the bell for these events.
    pub fn publish(&self, events: &[Event]) {
        let _ = self.waiting.try_send(messages(&self.prefix, self.moves_figures, events));
    }
}

/// What is published: channel and text.
fn messages(prefix: &str, moves_figures: &[&str], events: &[Event]) -> Vec<(String, String)> {
    let message = |event: &Event| {
        let text = serde_json::to_string(event).ok()?;
        Some((format!("{prefix}{}", event.topic), text))
    };
    let moves = |event: &&Event| moves_figures.contains(&event.topic.as_str());
    let figures = events.iter().rev().find(moves).map(|event| {
        let text = serde_json::json!({ "position": event.position }).to_string();
        (format!("{prefix}{FIGURES}"), text)
    });
    // Other servers read from the outbox what this version cannot.
    events.iter().filter(|event| event.skipped.is_none()).filter_map(message).chain(figures).collect()
}

/// What waits to be published. Whoever begins anew goes on with it.
type Queue = Arc<Mutex<mpsc::Receiver<Vec<(String, String)>>>>;

async fn keep(client: Client, channels: Arc<[String]>, queue: Queue, hub: Arc<Hub>) -> Result<()> {
    let mut queue = queue.lock().await;
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
    // All that is there already, at once: the followers are woken once for it.
    let mut messages = connection.on_message().ready_chunks(AT_ONCE);
    while let Some(messages) = messages.next().await {
        let event = |message: Msg| {
            let event = serde_json::from_slice::<Event>(message.get_payload_bytes());
            event.inspect_err(|cause| tracing::warn!(%cause, "a message on our channels is no event")).ok()
        };
        hub.accept(messages.into_iter().filter_map(event));
    }
    Err(Broken::Ended)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::platform::bus::event::example;

    #[test]
    fn each_event_goes_to_its_channel_and_figures_are_rung_for_once() {
        let topics = ["client:updated", "eventlog:new", "client:updated", "notification:new"];
        let events: Vec<Event> = (1..)
            .zip(topics)
            .map(|(position, topic)| Event { topic: topic.into(), ..example(position) })
            .collect();
        let told = messages("north:", &["client:updated"], &events);
        let channels: Vec<&str> = told.iter().map(|(channel, _)| channel.as_str()).collect();
        assert_eq!(
            channels,
            [
                "north:client:updated",
                "north:eventlog:new",
                "north:client:updated",
                "north:notification:new",
                "north:dashboard:changed"
            ]
        );
        assert_eq!(told[4].1, r#"{"position":3}"#);
        assert_eq!(serde_json::from_str::<Event>(&told[1].1).expect("an event"), events[1]);
        assert_eq!(messages("", &["client:updated"], &events[1..2]).len(), 1, "a note moves no figure");
    }
}
