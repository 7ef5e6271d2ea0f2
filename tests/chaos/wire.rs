//! GraphQL over the wire: requests, and streams over websockets and as events.

use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

/// Longest that a connection or an answer may take; then it is tried elsewhere.
const PATIENCE: Duration = Duration::from_secs(4);
/// So long a stream may be silent; then it is begun anew.
const SILENCE: Duration = Duration::from_secs(8);

/// A client for HTTP.
pub fn http() -> reqwest::Client {
    // Before the first client: the library asks for a process-wide choice.
    let _ = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::builder().connect_timeout(Duration::from_secs(2)).build().expect("a client")
}

/// Asks once; `None`: no whole answer came.
pub async fn ask(
    http: &reqwest::Client,
    url: &str,
    token: &str,
    query: &str,
    variables: &Value,
) -> Option<Value> {
    let request = http.post(format!("{url}/graphql")).timeout(PATIENCE);
    let request = match token {
        "" => request,
        token => request.bearer_auth(token),
    };
    let body = json!({ "query": query, "variables": variables });
    let response = request.json(&body).send().await.ok()?;
    if response.status().is_server_error() {
        return None;
    }
    response.json().await.ok()
}

/// The code of an answer's first error.
pub fn code(answer: &Value) -> Option<&str> {
    answer["errors"][0]["extensions"]["code"].as_str()
}

/// What a stream says.
#[derive(Debug)]
pub enum Said {
    /// An item: the data.
    Item(Value),
    /// The end, with its code and the cursor to go on from.
    End(String, Option<String>),
    /// The connection is lost.
    Lost,
}

/// A stream under way.
pub enum Stream {
    /// Over a websocket.
    Socket(Box<WebSocketStream<MaybeTlsStream<TcpStream>>>),
    /// As server-sent events, and what of them was read already.
    Events(reqwest::Response, Vec<u8>),
}

impl Stream {
    /// Subscribes over a websocket.
    pub async fn by_socket(url: &str, token: &str, query: &str, after: &str) -> Result<Stream, Said> {
        let opened = timeout(PATIENCE, async {
            let url = format!("{}/graphql/ws", url.replacen("http", "ws", 1));
            let mut request = url.into_client_request().map_err(lost)?;
            let protocol = "graphql-transport-ws".parse().expect("a name");
            request.headers_mut().insert("sec-websocket-protocol", protocol);
            let mut socket = connect_async(request).await.map_err(lost)?.0;
            let hello = json!({ "type": "connection_init", "payload": { "authorization": token } });
            socket.send(Message::text(hello.to_string())).await.map_err(lost)?;
            let asked = json!({ "query": query, "variables": { "after": after } });
            let asked = json!({ "type": "subscribe", "id": "1", "payload": asked });
            match heard(socket.next().await)? {
                Some(told) if told["type"] == "connection_ack" => {}
                _ => return Err(Said::Lost),
            }
            socket.send(Message::text(asked.to_string())).await.map_err(lost)?;
            Ok(Stream::Socket(Box::new(socket)))
        });
        opened.await.unwrap_or_else(|cause| Err(lost(cause)))
    }

    /// Subscribes to server-sent events, as a browser comes back: with the id of the last event.
    pub async fn by_events(
        http: &reqwest::Client,
        url: &str,
        token: &str,
        query: &str,
        after: &str,
    ) -> Result<Stream, Said> {
        let request = http
            .post(format!("{url}/graphql"))
            .bearer_auth(token)
            .header("accept", "text/event-stream")
            .header("last-event-id", after)
            .json(&json!({ "query": query }));
        let response = timeout(PATIENCE, request.send()).await.map_err(lost)?.map_err(lost)?;
        match response.status().as_u16() {
            200 => Ok(Stream::Events(response, Vec::new())),
            _ => Err(Said::Lost),
        }
    }

    /// What it says next.
    pub async fn next(&mut self) -> Said {
        timeout(SILENCE, self.listen()).await.unwrap_or_else(lost)
    }

    async fn listen(&mut self) -> Said {
        loop {
            let heard = match self {
                Stream::Socket(socket) => match heard(socket.next().await) {
                    Ok(Some(message)) if message["type"] == "next" => Some(payload(&message["payload"])),
                    Ok(Some(message)) if message["type"] == "error" => {
                        Some(payload(&json!({ "errors": message["payload"] })))
                    }
                    Ok(_) => None,
                    Err(said) => Some(said),
                },
                Stream::Events(response, read) => match event(read) {
                    Some(text) => data_of(&text).map(|data| payload(&data)),
                    None => match response.chunk().await {
                        Ok(Some(bytes)) => {
                            read.extend_from_slice(&bytes);
                            None
                        }
                        _ => Some(Said::Lost),
                    },
                },
            };
            if let Some(said) = heard {
                return said;
            }
        }
    }
}

/// Whatever the cause: it is begun anew.
fn lost<T>(_cause: T) -> Said {
    Said::Lost
}

type Frame = Option<Result<Message, tokio_tungstenite::tungstenite::Error>>;

fn heard(frame: Frame) -> Result<Option<Value>, Said> {
    match frame {
        Some(Ok(Message::Text(text))) => serde_json::from_str(&text).map(Some).map_err(lost),
        Some(Ok(Message::Close(Some(close)))) if u16::from(close.code) == 4403 => {
            Err(Said::End("UNAUTHENTICATED".into(), None))
        }
        Some(Ok(Message::Close(_)) | Err(_)) | None => Err(Said::Lost),
        Some(Ok(_)) => Ok(None),
    }
}

fn payload(answer: &Value) -> Said {
    if answer.get("errors").is_none() {
        return Said::Item(answer["data"].clone());
    }
    let cursor = answer["errors"][0]["extensions"]["cursor"].as_str().map(str::to_owned);
    match code(answer) {
        Some(code) => Said::End(code.to_owned(), cursor),
        None => Said::End(answer.to_string(), cursor),
    }
}

/// Takes the first whole event out of what was read.
fn event(read: &mut Vec<u8>) -> Option<String> {
    let end = read.windows(2).position(|pair| pair == b"\n\n")?;
    let event: Vec<u8> = read.drain(..end + 2).collect();
    Some(String::from_utf8(event).expect("text"))
}

/// What an event carries; none for signs of life and the end.
fn data_of(event: &str) -> Option<Value> {
    let data = event.lines().find_map(|line| line.strip_prefix("data:"))?.trim();
    serde_json::from_str(data).ok()
}
