//! The reference: what comes from a channel of Redis goes to every websocket, as one text for all of them. No rights, no
//! order, no resume, nothing that is kept.

use axum::Router;
use axum::extract::State;
use axum::extract::ws::{Message, Utf8Bytes, WebSocket, WebSocketUpgrade};
use axum::response::Response;
use axum::routing::get;
use futures_util::StreamExt;
use tokio::net::TcpListener;
use tokio::sync::broadcast::{self, error::RecvError};

use super::crowd::MARK;

/// The channel whose messages are frames.
pub const CHANNEL: &str = "bench:relay";
/// The channel on which cabina publishes what is written here: its messages are events, for each of which a frame goes out.
const EVENTS: &str = "bench:eventlog:new";

/// Serves until the process is ended. `frame` is what goes out for an event, but for its text.
pub async fn serve(frame: String) {
    let (all, _) = broadcast::channel::<Utf8Bytes>(1024);
    let redis = redis::Client::open(std::env::var("REDIS_URL").expect("an address")).expect("an address");
    let mut heard = redis.get_async_pubsub().await.expect("Redis answers");
    heard.subscribe(&[CHANNEL, EVENTS]).await.expect("subscribed");
    let tell = all.clone();
    tokio::spawn(async move {
        let mut messages = heard.into_on_message();
        while let Some(message) = messages.next().await {
            let text: String = match message.get_channel_name() {
                CHANNEL => message.get_payload().expect("text"),
                // Which one it was is not told: nobody asks how long these take.
                _ => frame.replace(
                    "TEXT",
                    &format!("{MARK}0, a note of the usual length, written down after a call"),
                ),
            };
            let _ = tell.send(text.into());
        }
    });
    let routes = Router::new()
        .route("/health/ready", get(|| async { "ok" }))
        .route("/graphql/ws", get(open))
        .with_state(all);
    let address = std::env::var("CABINA_LISTEN").expect("an address");
    let listener = TcpListener::bind(address).await.expect("a free port");
    axum::serve(listener, routes).await.expect("serves");
}

async fn open(State(all): State<broadcast::Sender<Utf8Bytes>>, upgrade: WebSocketUpgrade) -> Response {
    let told = all.subscribe();
    upgrade
        .protocols(["graphql-transport-ws"])
        .read_buffer_size(4096)
        .write_buffer_size(4096)
        .on_upgrade(|socket| relay(socket, told))
}

async fn relay(mut socket: WebSocket, mut told: broadcast::Receiver<Utf8Bytes>) {
    loop {
        tokio::select! {
            text = told.recv() => match text {
                Ok(text) => {
                    if socket.send(Message::Text(text)).await.is_err() {
                        return;
                    }
                }
                Err(RecvError::Lagged(_)) => {}
                Err(RecvError::Closed) => return,
            },
            heard = socket.recv() => match heard {
                // Its only conversation: a greeting is acknowledged, so that both are spoken to alike.
                Some(Ok(Message::Text(text))) if text.contains("connection_init") => {
                    if socket.send(Message::text(r#"{"type":"connection_ack"}"#)).await.is_err() {
                        return;
                    }
                }
                Some(Ok(_)) => {}
                _ => return,
            },
        }
    }
}
