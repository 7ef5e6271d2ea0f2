//! The websocket: `graphql-transport-ws` to the letter (the protocol of npm's graphql-ws), over the engine's streams.
//!
//! Besides the letter: a token may come later, or anew, in the payload of a ping (`authorization`), and the pong tells
//! until when it is good; before it ends, a ping of ours announces it. Who must go is sent off with 4403, which stock
//! clients try again with a fresh token.

use std::sync::Arc;
use std::time::Duration;

use async_graphql::Request;
use axum::extract::ws::{CloseFrame, Message, WebSocket, WebSocketUpgrade};
use axum::extract::{Extension, State};
use axum::http::{Extensions, HeaderMap, header};
use axum::response::Response;
use futures_util::StreamExt;
use serde::Deserialize;
use serde_json::{Map, Value, json};
use tungstenite::error::ProtocolError;

use super::caller::Origin;
use super::connection_limiter::Permit;
use super::operation::{Operation, Running};
use super::socket_writer::SocketWriter;
use super::web::{Web, until};
use crate::domains::identity::live_session::{Eviction, LiveSession};
use crate::graphql::context::{Caller, account};
use crate::graphql::error::of_request;
use crate::kernel::Error;
use crate::platform::db::Reader;

/// The name of the protocol.
const PROTOCOL: &str = "graphql-transport-ws";
/// So long the first message may take.
const GREETING: Duration = Duration::from_secs(5);
/// How often the other side is asked whether it is there.
const PING: Duration = Duration::from_secs(25);
/// Who has said nothing for so long is gone.
const SILENCE: Duration = Duration::from_secs(60);
/// How long before its end a token's end is announced.
const ANNOUNCED: chrono::Duration = chrono::Duration::seconds(60);
/// Operations under way on one socket.
const OPERATIONS: usize = 100;

/// Why a socket is closed: the protocol's codes.
#[derive(Clone, Debug)]
struct Close(u16, String);

impl Close {
    fn new(code: u16, reason: impl Into<String>) -> Close {
        let mut reason = reason.into();
        // A close frame has 125 bytes, two of them the code.
        reason.truncate((0..=120).rev().find(|at| reason.is_char_boundary(*at)).unwrap_or_default());
        Close(code, reason)
    }
}

/// What the other side sends. A payload is an object wherever there is one.
#[derive(Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Heard {
    ConnectionInit { payload: Option<Map<String, Value>> },
    Ping { payload: Option<Map<String, Value>> },
    Pong { payload: Option<Map<String, Value>> },
    Subscribe { id: Id, payload: Map<String, Value> },
    Complete { id: Id },
}

/// The id of an operation; never empty.
#[derive(Deserialize)]
#[serde(try_from = "String")]
struct Id(String);

impl TryFrom<String> for Id {
    type Error = &'static str;
    fn try_from(text: String) -> Result<Id, &'static str> {
        if text.is_empty() { Err("an id must not be empty") } else { Ok(Id(text)) }
    }
}

/// The request in the payload of an operation.
fn requested(mut payload: Map<String, Value>) -> Result<Request, Close> {
    // One that is known by its hash has an empty text.
    if !payload.get("query").is_some_and(Value::is_string) {
        return Err(Close::new(4400, "Invalid message: query must be a text"));
    }
    payload.retain(|_, value| !value.is_null());
    serde_json::from_value(Value::Object(payload)).map_err(|_| Close::new(4400, "Invalid message"))
}

/// How to close after frames that cannot be read; `None`: nobody is there any more.
fn unreadable(error: axum::Error) -> Option<Close> {
    use tungstenite::Error as Broken;
    match *error.into_inner().downcast().ok()? {
        Broken::Capacity(_) => Some(Close::new(1009, "Message too big")),
        Broken::Utf8(_) => Some(Close::new(1007, "Text must be UTF-8")),
        Broken::Protocol(ProtocolError::ResetWithoutClosingHandshake) => None,
        Broken::Protocol(rule) => Some(Close::new(1002, rule.to_string())),
        _ => None,
    }
}

/// Opens a socket.
pub async fn open(
    State(web): State<Web>,
    Extension(origin): Extension<Origin>,
    headers: HeaderMap,
    extensions: Extensions,
    upgrade: WebSocketUpgrade,
) -> Response {
    let limit = web.config.limits.body;
    let user_agent = headers.get(header::USER_AGENT).and_then(|agent| agent.to_str().ok()).map(str::to_owned);
    let mut response = upgrade
        .protocols([PROTOCOL])
        .read_buffer_size(1024)
        .write_buffer_size(4096)
        .max_message_size(limit)
        .max_frame_size(limit)
        .on_upgrade(move |socket| async move {
            let spoken = socket.protocol().is_some_and(|protocol| protocol == PROTOCOL);
            let (sink, heard) = socket.split();
            let writer = SocketWriter::of(sink);
            let connection = Connection {
                web,
                origin,
                user_agent,
                writer: writer.clone(),
                session: None,
                eviction: None,
                permit: None,
                running: Running::default(),
                begun: 0,
            };
            let close = match spoken {
                true => connection.hold(heard).await,
                false => Some(Close::new(4406, "Subprotocol not acceptable")),
            };
            let frame =
                |Close(code, reason)| Message::Close(Some(CloseFrame { code, reason: String::into(reason) }));
            writer.close(close.map(frame), GREETING).await;
        });
    // Among them, for hyper, how the caller spells its headers: some read ours by that spelling (Python's gql).
    *response.extensions_mut() = extensions;
    response
}

/// The state of one websocket connection.
struct Connection {
    web: Web,
    origin: Origin,
    user_agent: Option<String>,
    writer: SocketWriter,
    /// `Some(None)`: anonymous. `None`: `connection_init` has not come yet.
    session: Option<Option<Arc<LiveSession>>>,
    eviction: Option<Eviction>,
    /// Among the connections of this user.
    permit: Option<Permit>,
    running: Running,
    /// Operations begun so far.
    begun: u64,
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.running.abort();
    }
}

/// Returns when the session is evicted; never for an anonymous connection.
async fn left(eviction: &mut Option<Eviction>) {
    match eviction {
        Some(eviction) => eviction.wait().await,
        None => std::future::pending().await,
    }
}

impl Connection {
    /// Serves the connection until one side ends it; returns how to close it, unless the client has.
    async fn hold(mut self, mut heard: futures_util::stream::SplitStream<WebSocket>) -> Option<Close> {
        let began = tokio::time::Instant::now();
        let mut last = began;
        let mut pings = tokio::time::interval_at(began + PING, PING);
        let mut announced = None;
        loop {
            tokio::select! {
                message = heard.next() => {
                    last = tokio::time::Instant::now();
                    let text = match message {
                        None | Some(Ok(Message::Close(_))) => return None,
                        Some(Err(error)) => return unreadable(error),
                        Some(Ok(Message::Text(text))) => text,
                        Some(Ok(Message::Binary(_))) => return Some(Close::new(4400, "Messages are JSON text")),
                        Some(Ok(Message::Ping(_) | Message::Pong(_))) => continue,
                    };
                    // In a box: what waits here for hours is to be small.
                    if let Err(close) = Box::pin(self.hear(&text)).await {
                        return Some(close);
                    }
                }
                () = left(&mut self.eviction) => return Some(Close::new(4403, "Forbidden: the token ended or was revoked")),
                () = tokio::time::sleep_until(began + GREETING), if self.session.is_none() => {
                    return Some(Close::new(4408, "Connection initialisation timeout"));
                }
                _ = pings.tick() => {
                    if last.elapsed() > SILENCE {
                        return Some(Close::new(1001, "Nothing was heard for a minute"));
                    }
                    self.tell(json!({ "type": "ping" }));
                }
                () = until(self.web.stop.clone()) => return Some(Close::new(1012, "Service restart")),
            }
            self.announce(&mut announced);
        }
    }

    /// Sends a message that may be dropped while the client does not read; returns whether it was sent.
    fn tell(&self, message: Value) -> bool {
        self.writer.try_send(Message::text(message.to_string()))
    }

    /// Announces the end of the token, now and then until another one comes.
    fn announce(&self, announced: &mut Option<tokio::time::Instant>) {
        let Some(Some(session)) = &self.session else { return };
        let Some(expires) = *session.expires().borrow() else { return };
        let lately = announced.is_some_and(|at| at.elapsed() < PING);
        if expires - session.now() < ANNOUNCED
            && !lately
            && self.tell(json!({ "type": "ping", "payload": { "tokenExpiresAt": expires } }))
        {
            *announced = Some(tokio::time::Instant::now());
        }
    }

    async fn hear(&mut self, text: &str) -> Result<(), Close> {
        let heard: Heard = serde_json::from_str(text).map_err(|_| Close::new(4400, "Invalid message"))?;
        match heard {
            Heard::ConnectionInit { payload } => {
                if self.session.is_some() {
                    return Err(Close::new(4429, "Too many initialisation requests"));
                }
                let session = match bearer(payload.as_ref()) {
                    None => None,
                    Some(token) => {
                        let authenticator = self.web.engine.services().authenticator.clone();
                        let session =
                            Arc::new(LiveSession::admit(authenticator, token).await.map_err(refused)?);
                        self.eviction = Some(Eviction::of(&session));
                        Some(session)
                    }
                };
                let viewer = session.as_ref().map(|session| session.viewer().borrow().clone());
                let account = account(viewer.as_deref(), self.origin.address.as_deref());
                self.permit = self.web.connections.acquire(account);
                if self.permit.is_none() {
                    return Err(Close::new(4429, "Too many open connections of this user"));
                }
                self.session = Some(session);
                self.send(json!({ "type": "connection_ack" })).await
            }
            Heard::Ping { payload } => {
                let pong = match (bearer(payload.as_ref()), &self.session) {
                    (Some(token), Some(Some(session))) => {
                        match session.refresh(token).await {
                            Ok(expires) => {
                                json!({ "type": "pong", "payload": { "tokenExpiresAt": expires } })
                            }
                            Err(error @ Error::Unauthenticated) => return Err(refused(error)),
                            Err(_) => json!({ "type": "pong" }), // the old token still holds
                        }
                    }
                    _ => json!({ "type": "pong" }),
                };
                self.send(pong).await
            }
            Heard::Pong { payload } => {
                drop(payload); // it was looked at for its form alone
                Ok(())
            }
            Heard::Complete { id: Id(id) } => {
                self.running.complete(&id);
                Ok(())
            }
            Heard::Subscribe { id: Id(id), payload } => self.subscribe(id, requested(payload)?).await,
        }
    }

    async fn send(&self, message: Value) -> Result<(), Close> {
        let said = self.writer.send(Message::text(message.to_string()));
        match tokio::time::timeout(SILENCE, said).await {
            Ok(said) => said.map_err(|_| Close::new(1001, "Nobody listens")),
            Err(_) => Err(Close::new(1001, "Nothing was read for a minute")),
        }
    }

    async fn subscribe(&mut self, id: String, request: Request) -> Result<(), Close> {
        let Some(session) = &self.session else { return Err(Close::new(4401, "Unauthorized")) };
        if self.running.has(&id) {
            return Err(Close::new(4409, format!("Subscriber for {id} already exists")));
        }
        let request_id = crate::kernel::ids::new_uuid().simple().to_string();
        let reader = session.as_ref().map(|session| Reader {
            db: self.web.engine.services().database.pool.clone(),
            viewer: session.viewer().borrow().clone(),
        });
        let caller = Caller {
            reader,
            request_id,
            address: self.origin.address.clone(),
            user_agent: self.user_agent.clone(),
        };
        let (web, writer, running) = (self.web.clone(), self.writer.clone(), self.running.clone());
        self.begun += 1;
        let number = self.begun;
        let operation = Operation { web, writer, running, id: id.clone(), number };
        if self.running.count() >= OPERATIONS {
            let error = Error::Throttled { retry_after: 1 };
            let told = of_request(&error, &caller.request_id);
            return self.send(json!({ "type": "error", "id": id, "payload": [told] })).await;
        }
        let session = session.clone();
        self.running.begin(id, number, operation.run(request, caller, session));
        Ok(())
    }
}

fn refused(error: Error) -> Close {
    match error {
        Error::Unauthenticated => Close::new(4403, "Forbidden"),
        _ => Close::new(1013, "Try again later"), // stock clients take 1011 for the end
    }
}

/// The token in the payload of a greeting or ping, with or without its scheme.
fn bearer(payload: Option<&Map<String, Value>>) -> Option<&str> {
    let (_, value) = payload?.iter().find(|(name, _)| name.eq_ignore_ascii_case("authorization"))?;
    let text = value.as_str().unwrap_or_default();
    let (scheme, token) = text.split_once(' ').unwrap_or(("bearer", text));
    Some(if scheme.eq_ignore_ascii_case("bearer") { token.trim() } else { "" })
}
