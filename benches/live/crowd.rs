//! Many subscribers: each counts its frames and notes when each came.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use futures_util::{SinkExt, StreamExt};
use serde_json::json;
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async_with_config};

/// What every frame of a run holds, before its number.
pub const MARK: &str = "number ";

/// What all subscribers of a crowd saw.
pub struct Seen {
    began: Instant,
    /// Frames received.
    pub frames: AtomicU64,
    /// When each event was sent, in microseconds since the beginning; 0: not yet.
    sent: Vec<AtomicU64>,
    times: std::sync::Mutex<Vec<u32>>,
    writes: std::sync::Mutex<Vec<u32>>,
}

impl Seen {
    fn now(&self) -> u64 {
        u64::try_from(self.began.elapsed().as_micros()).unwrap_or(u64::MAX)
    }

    /// An event goes off now.
    pub fn goes(&self, number: usize) {
        self.sent[number].store(self.now().max(1), Ordering::Relaxed);
    }

    /// The sending of an event was answered.
    pub fn is_answered(&self, number: usize) {
        let took = self.now().saturating_sub(self.sent[number].load(Ordering::Relaxed));
        let took = u32::try_from(took).unwrap_or(u32::MAX);
        self.writes.lock().expect("nobody panics with it").push(took);
    }

    /// Times from sending to answer, likewise.
    pub fn writes(&self) -> Vec<f64> {
        sorted(&self.writes)
    }

    /// Times from sending to frame, in milliseconds, sorted; and empties them.
    pub fn times(&self) -> Vec<f64> {
        sorted(&self.times)
    }
}

fn sorted(times: &std::sync::Mutex<Vec<u32>>) -> Vec<f64> {
    let mut times = std::mem::take(&mut *times.lock().expect("nobody panics with it"));
    times.sort_unstable();
    times.into_iter().map(|micros| f64::from(micros) / 1e3).collect()
}

/// Subscribers to one server; gone when dropped.
pub struct Crowd {
    /// What they saw.
    pub seen: Arc<Seen>,
    tasks: Vec<tokio::task::JoinHandle<()>>,
}

impl Drop for Crowd {
    fn drop(&mut self) {
        self.tasks.iter().for_each(tokio::task::JoinHandle::abort);
    }
}

type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

impl Crowd {
    /// Opens so many sockets, each with the same subscription; `events` is how many will be sent at most.
    pub async fn gather(url: &str, token: &str, query: &str, count: usize, events: usize) -> Crowd {
        let seen = Arc::new(Seen {
            began: Instant::now(),
            frames: AtomicU64::new(0),
            sent: (0..events).map(|_| AtomicU64::new(0)).collect(),
            times: std::sync::Mutex::new(Vec::new()),
            writes: std::sync::Mutex::new(Vec::new()),
        });
        let open = |_| open(url, token, query);
        let sockets: Vec<Socket> =
            futures_util::stream::iter(0..count).map(open).buffer_unordered(50).collect().await;
        let tasks = sockets.into_iter().map(|socket| tokio::spawn(listen(socket, seen.clone()))).collect();
        Crowd { seen, tasks }
    }

    /// Waits until each has so many frames; tells whether it came to that.
    pub async fn has(&self, each: usize) -> bool {
        let wanted = (self.tasks.len() * each) as u64;
        for _ in 0..6000 {
            if self.seen.frames.load(Ordering::Relaxed) >= wanted {
                return true;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        false
    }
}

async fn open(url: &str, token: &str, query: &str) -> Socket {
    let address = format!("{}/graphql/ws", url.replacen("http", "ws", 1));
    let mut request = address.into_client_request().expect("an address");
    request.headers_mut().insert("sec-websocket-protocol", "graphql-transport-ws".parse().expect("a name"));
    let config = WebSocketConfig::default().read_buffer_size(4096).write_buffer_size(4096);
    let (mut socket, _) = connect_async_with_config(request, Some(config), true).await.expect("a socket");
    let init =
        json!({ "type": "connection_init", "payload": { "authorization": format!("Bearer {token}") } });
    socket.send(Message::text(init.to_string())).await.expect("sent");
    let ack = socket.next().await.expect("an answer").expect("an answer");
    assert!(ack.to_text().expect("text").contains("connection_ack"), "{ack:?}");
    let subscribe = json!({ "type": "subscribe", "id": "1", "payload": { "query": query } });
    socket.send(Message::text(subscribe.to_string())).await.expect("sent");
    socket
}

async fn listen(mut socket: Socket, seen: Arc<Seen>) {
    while let Some(Ok(message)) = socket.next().await {
        let Message::Text(text) = message else { continue };
        let Some(number) = number(&text) else {
            assert!(text.contains("ping"), "no frame of ours: {text}");
            continue;
        };
        let sent = seen.sent.get(number).map_or(0, |sent| sent.load(Ordering::Relaxed));
        let took = u32::try_from(seen.now().saturating_sub(sent)).unwrap_or(u32::MAX);
        seen.times.lock().expect("nobody panics with it").push(took);
        seen.frames.fetch_add(1, Ordering::Relaxed);
    }
}

/// The number of the event that a frame is about.
fn number(text: &str) -> Option<usize> {
    let (_, rest) = text.split_once(MARK)?;
    rest.split(|c: char| !c.is_ascii_digit()).next()?.parse().ok()
}
