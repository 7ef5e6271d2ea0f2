//! Somebody at a websocket, frame by frame.

use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

use super::actor::Actor;

/// Longest that anything may take.
const PATIENCE: Duration = Duration::from_secs(10);

/// A websocket.
pub struct Screen(WebSocketStream<MaybeTlsStream<TcpStream>>);

/// What comes in.
#[derive(Debug, PartialEq)]
pub enum Frame {
    /// A message.
    Said(Value),
    /// The end, with its code.
    Closed(u16),
}

impl Screen {
    /// Opens a socket and says nothing yet.
    pub async fn open(actor: &Actor) -> Screen {
        Screen::speaking(actor, Some("graphql-transport-ws")).await
    }

    /// Opens a socket with this protocol, or none.
    pub async fn speaking(actor: &Actor, protocol: Option<&str>) -> Screen {
        let url = format!("{}/graphql/ws", actor.url().replacen("http", "ws", 1));
        let mut request = url.into_client_request().expect("an address");
        if let Some(protocol) = protocol {
            request.headers_mut().insert("sec-websocket-protocol", protocol.parse().expect("a name"));
        }
        Screen(connect_async(request).await.expect("a socket").0)
    }

    /// Opens a socket and signs in.
    pub async fn of(actor: &Actor) -> Screen {
        let mut screen = Screen::open(actor).await;
        let payload = actor.token.as_ref().map(|token| json!({ "authorization": format!("Bearer {token}") }));
        screen.say(json!({ "type": "connection_init", "payload": payload })).await;
        assert_eq!(screen.hear().await, Frame::Said(json!({ "type": "connection_ack" })));
        screen
    }

    /// Sends a message.
    pub async fn say(&mut self, message: Value) {
        self.send(Message::text(message.to_string())).await;
    }

    /// Sends a frame of any kind.
    pub async fn send(&mut self, frame: Message) {
        self.0.send(frame).await.expect("sent");
    }

    /// Begins an operation.
    pub async fn subscribe(&mut self, id: &str, query: &str, variables: Value) {
        let payload = json!({ "query": query, "variables": variables });
        self.say(json!({ "type": "subscribe", "id": id, "payload": payload })).await;
    }

    /// The next frame.
    pub async fn hear(&mut self) -> Frame {
        loop {
            let next =
                tokio::time::timeout(PATIENCE, self.0.next()).await.expect("something within ten seconds");
            match next {
                Some(Ok(Message::Text(text))) => {
                    return Frame::Said(serde_json::from_str(&text).expect("JSON"));
                }
                Some(Ok(Message::Close(frame))) => {
                    return Frame::Closed(frame.map_or(0, |frame| frame.code.into()));
                }
                Some(Ok(_)) => {}
                None | Some(Err(_)) => return Frame::Closed(1006),
            }
        }
    }

    /// The next item of an operation; its data.
    pub async fn item(&mut self, id: &str) -> Value {
        match self.hear().await {
            Frame::Said(message) if message["type"] == "next" && message["id"] == id => {
                let payload = &message["payload"];
                assert!(payload.get("errors").is_none(), "{message}");
                payload["data"].clone()
            }
            other => panic!("no item of {id}: {other:?}"),
        }
    }

    /// Nothing comes for a while.
    pub async fn hears_nothing(&mut self) {
        let next = tokio::time::timeout(Duration::from_millis(300), self.0.next()).await;
        assert!(next.is_err(), "{next:?}");
    }
}
