//! Somebody at a websocket, frame by frame.

use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::net::{TcpSocket, TcpStream};
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::handshake::client::Request;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, client_async, connect_async};

use super::actor::Actor;

/// Longest that anything may take.
const PATIENCE: Duration = Duration::from_secs(10);

/// What has not come by then is not coming.
const MOMENT: Duration = Duration::from_millis(400);

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

fn handshake(actor: &Actor, protocol: Option<&str>) -> Request {
    let url = format!("{}/graphql/ws", actor.url().replacen("http", "ws", 1));
    let mut request = url.into_client_request().expect("an address");
    if let Some(protocol) = protocol {
        request.headers_mut().insert("sec-websocket-protocol", protocol.parse().expect("a name"));
    }
    request
}

impl Screen {
    /// Opens a socket and says nothing yet.
    pub async fn open(actor: &Actor) -> Screen {
        Screen::speaking(actor, Some("graphql-transport-ws")).await
    }

    /// Opens a socket with this protocol, or none.
    pub async fn speaking(actor: &Actor, protocol: Option<&str>) -> Screen {
        Screen(connect_async(handshake(actor, protocol)).await.expect("a socket").0)
    }

    /// Opens a socket and signs in.
    pub async fn of(actor: &Actor) -> Screen {
        let mut screen = Screen::open(actor).await;
        screen.greet(actor).await;
        screen
    }

    /// The same with a receive buffer that holds next to nothing.
    pub async fn with_small_buffer(actor: &Actor) -> Screen {
        let address = actor.url().trim_start_matches("http://").parse().expect("an address");
        let socket = TcpSocket::new_v4().expect("a socket");
        socket.set_recv_buffer_size(4096).expect("a size");
        let stream = MaybeTlsStream::Plain(socket.connect(address).await.expect("a connection"));
        let request = handshake(actor, Some("graphql-transport-ws"));
        let mut screen = Screen(client_async(request, stream).await.expect("a socket").0);
        screen.greet(actor).await;
        screen
    }

    async fn greet(&mut self, actor: &Actor) {
        let payload = actor.token.as_ref().map(|token| json!({ "authorization": format!("Bearer {token}") }));
        self.say(json!({ "type": "connection_init", "payload": payload })).await;
        assert_eq!(self.hear().await, Frame::Said(json!({ "type": "connection_ack" })));
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

    /// The next frame, if one comes within a moment.
    pub async fn hear_soon(&mut self) -> Option<Frame> {
        tokio::time::timeout(MOMENT, self.hear()).await.ok()
    }

    /// The next item of an operation; its data.
    pub async fn item(&mut self, id: &str) -> Value {
        loop {
            match self.hear().await {
                Frame::Said(message) if message["type"] == "next" && message["id"] == id => {
                    let payload = &message["payload"];
                    assert!(payload.get("errors").is_none(), "{message}");
                    return payload["data"].clone();
                }
                Frame::Said(message) if message["type"] == "ping" => {}
                other => panic!("no item of {id}: {other:?}"),
            }
        }
    }

    /// Nothing comes for a while.
    pub async fn hears_nothing(&mut self) {
        let next = tokio::time::timeout(MOMENT, self.0.next()).await;
        assert!(next.is_err(), "{next:?}");
    }
}
