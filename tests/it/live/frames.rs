//! The websocket, byte by byte: frames that no sound client sends, and how the server's answer is spelled.

use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::support::{Setup, TestApp};

/// What was never sent by then does not come.
const PATIENCE: Duration = Duration::from_secs(10);

/// A websocket without any library.
struct Raw {
    stream: TcpStream,
    /// Status line and headers of the answer.
    head: String,
}

impl Raw {
    async fn open(app: &TestApp, protocol_header: &str) -> Raw {
        let address = app.url.trim_start_matches("http://");
        let mut stream = TcpStream::connect(address).await.expect("a connection");
        let request = format!(
            "GET /graphql/ws HTTP/1.1\r\nHost: {address}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
             Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\
             {protocol_header}: graphql-ws, graphql-transport-ws\r\n\r\n"
        );
        stream.write_all(request.as_bytes()).await.expect("written");
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            head.push(read(&mut stream, 1).await[0]);
        }
        Raw { stream, head: String::from_utf8(head).expect("text") }
    }

    /// Sends all these bytes, whether they are wanted or not, and only then reads on until the server closes; gives the code.
    async fn ends(mut self, bytes: &[u8]) -> u16 {
        self.stream.write_all(bytes).await.expect("written");
        loop {
            let head = read(&mut self.stream, 2).await;
            assert!(head[1] < 126, "no long message is expected");
            let payload = read(&mut self.stream, usize::from(head[1])).await;
            if head[0] & 0x0f == 8 {
                return u16::from_be_bytes([payload[0], payload[1]]);
            }
        }
    }
}

async fn read(stream: &mut TcpStream, bytes: usize) -> Vec<u8> {
    let mut read = vec![0; bytes];
    let reading = tokio::time::timeout(PATIENCE, stream.read_exact(&mut read));
    reading.await.expect("something within ten seconds").expect("not the end without a close frame");
    read
}

/// A frame of a client, masked with zeros.
fn frame(first: u8, payload: &[u8]) -> Vec<u8> {
    let length = u16::try_from(payload.len()).expect("short");
    let mut frame = vec![first, 0x80 | 126];
    frame.extend(length.to_be_bytes());
    frame.extend([0; 4]);
    frame.extend(payload);
    frame
}

#[tokio::test]
async fn frames_that_break_the_protocol_are_answered_with_their_code() {
    let app = Setup::default().with("CABINA_MAX_BODY", 1024).start().await;
    let half = [b' '; 600];
    let announced = [&[0x81, 0xff][..], &(16_u64 << 20).to_be_bytes(), &[0; 4]].concat();
    let whole = [&announced[..], &vec![b' '; 16 << 20]].concat();
    for (case, bytes, code) in [
        ("a frame that is announced too large", announced, 1009),
        ("a frame that is too large", whole, 1009),
        ("a message that is too large", [frame(0x01, &half), frame(0x80, &half)].concat(), 1009),
        ("a frame without a mask", vec![0x81, 0x02, b'{', b'}'], 1002),
        ("a reserved bit", frame(0xf1, b"{}"), 1002),
        ("an unknown kind of frame", frame(0x83, b"{}"), 1002),
        ("a fragmented ping", frame(0x09, b""), 1002),
        ("the rest of nothing", frame(0x80, b"{}"), 1002),
        ("text that is no UTF-8", frame(0x81, &[0xc3, 0x28]), 1007),
        ("text that breaks off", frame(0x81, &[b'"', 0xf0, 0x9f]), 1007),
    ] {
        let raw = Raw::open(&app, "Sec-WebSocket-Protocol").await;
        assert_eq!(raw.ends(&bytes).await, code, "{case}");
    }
}

#[tokio::test]
async fn the_protocol_is_named_as_the_caller_spells_it() {
    let app = TestApp::start().await;
    for header in ["Sec-WebSocket-Protocol", "sec-websocket-protocol"] {
        let raw = Raw::open(&app, header).await;
        assert!(raw.head.contains(&format!("\r\n{header}: graphql-transport-ws\r\n")), "{}", raw.head);
    }
}
