//! A double of the server: replays recorded answers over real HTTP, and misbehaves as told.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use cabina::integrations::odoo::{Call, Domain, Odoo};
use cabina::kernel::time::Clock;
use cabina::platform::config::{OdooConfig, OdooSync, OdooTransport};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use super::recordings::exchange;

/// What the double does with a request.
#[derive(Clone)]
pub enum Reply {
    /// Answers as recorded under this number.
    Recorded(u16),
    /// Answers this.
    Status(u16, String),
    /// Takes this long for the recorded answer.
    Slowly(u64, u16),
    /// Never answers.
    Never,
}

/// One request that came.
#[derive(Clone, Debug)]
pub struct Seen {
    pub path: String,
    pub key: String,
    pub body: String,
    /// Whose call it is: the id of the request, and the place in a trace.
    pub whose: [Option<String>; 2],
}

impl Seen {
    pub fn is_login(&self) -> bool {
        self.body.contains("authenticate")
    }
}

type Script = Box<dyn FnMut(&Seen) -> Reply + Send>;

#[derive(Clone)]
pub struct Double {
    pub url: String,
    stage: Arc<Stage>,
}

struct Stage {
    script: Mutex<Script>,
    seen: Mutex<Vec<Seen>>,
    inside: AtomicUsize,
    most: AtomicUsize,
}

impl Double {
    pub async fn start(script: impl FnMut(&Seen) -> Reply + Send + 'static) -> Double {
        let stage = Arc::new(Stage {
            script: Mutex::new(Box::new(script)),
            seen: Mutex::default(),
            inside: AtomicUsize::new(0),
            most: AtomicUsize::new(0),
        });
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let router = Router::new().fallback(answer).with_state(stage.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        Double { url, stage }
    }

    pub fn seen(&self) -> Vec<Seen> {
        self.stage.seen.lock().expect("not poisoned").clone()
    }

    pub fn logins(&self) -> usize {
        self.seen().iter().filter(|seen| seen.is_login()).count()
    }

    /// Most requests that were inside at the same time.
    pub fn most_at_once(&self) -> usize {
        self.stage.most.load(Ordering::SeqCst)
    }
}

async fn answer(State(stage): State<Arc<Stage>>, uri: Uri, headers: HeaderMap, body: Bytes) -> Response {
    let header = |name: &str| headers.get(name).map(|value| value.to_str().expect("text").to_owned());
    let key = header("authorization");
    let seen = Seen {
        path: uri.path().to_owned(),
        key: key.unwrap_or_default(),
        body: String::from_utf8(body.to_vec()).expect("text"),
        whose: ["x-request-id", "traceparent"].map(header),
    };
    stage.seen.lock().expect("not poisoned").push(seen.clone());
    let inside = stage.inside.fetch_add(1, Ordering::SeqCst) + 1;
    stage.most.fetch_max(inside, Ordering::SeqCst);
    let reply = stage.script.lock().expect("not poisoned")(&seen);
    let response = match reply {
        Reply::Recorded(number) => recorded(number),
        Reply::Status(status, body) => {
            (StatusCode::from_u16(status).expect("a status"), [("location", "/elsewhere")], body)
                .into_response()
        }
        Reply::Slowly(millis, number) => {
            tokio::time::sleep(Duration::from_millis(millis)).await;
            recorded(number)
        }
        Reply::Never => std::future::pending().await,
    };
    stage.inside.fetch_sub(1, Ordering::SeqCst);
    response
}

fn recorded(number: u16) -> Response {
    let exchange = exchange(number);
    let status = StatusCode::from_u16(exchange.status).expect("a status");
    (status, exchange.response()).into_response()
}

/// Calls with these secrets in each language, well and refused.
pub async fn in_all_languages(password: &str, key: &str) {
    let double = Double::start(|seen| match (seen.path.as_str(), seen.is_login()) {
        ("/xmlrpc/2/common", true) => Reply::Recorded(2),
        ("/jsonrpc", true) => Reply::Recorded(7),
        ("/xmlrpc/2/object", _) => Reply::Recorded(207),
        ("/jsonrpc", _) => Reply::Recorded(39),
        _ => Reply::Recorded(13),
    })
    .await;
    for (transport, well) in
        [(OdooTransport::XmlRpc, false), (OdooTransport::JsonRpc, true), (OdooTransport::Json2, false)]
    {
        let mut config = config(&double.url, transport);
        config.password = Some(password.into());
        config.api_keys = vec![key.into()];
        let (odoo, _) = client(config);
        let count = Call::search_count("res.partner", Domain::all());
        assert_eq!(odoo.run(count).await.is_ok(), well, "{transport:?}");
    }
    let seen = double.seen();
    assert!(
        seen.iter().any(|seen| seen.body.contains(password))
            && seen.iter().any(|seen| seen.key.contains(key))
    );
}

/// A server that reads one request after the other to its end, and hangs up; optionally after the head of an answer.
pub async fn hangs_up(first: &'static str) -> (String, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let url = format!("http://{}", listener.local_addr().expect("an address"));
    let came = Arc::new(AtomicUsize::new(0));
    let count = came.clone();
    tokio::spawn(async move {
        while let Ok((mut socket, _)) = listener.accept().await {
            let mut request = Vec::new();
            while !whole(&request) {
                let read = socket.read_buf(&mut request).await;
                assert!(read.is_ok_and(|bytes| bytes > 0), "the request is whole");
            }
            count.fetch_add(1, Ordering::SeqCst);
            socket.write_all(first.as_bytes()).await.expect("written");
        }
    });
    (url, came)
}

fn whole(request: &[u8]) -> bool {
    let text = String::from_utf8_lossy(request).to_lowercase();
    let Some((head, body)) = text.split_once("\r\n\r\n") else { return false };
    let length = head.split("content-length: ").nth(1).and_then(|rest| rest.split("\r\n").next());
    body.len() >= length.map_or(0, |digits| digits.parse().expect("a number"))
}

/// The configuration of a client of this address, with login and password.
pub fn config(url: &str, transport: OdooTransport) -> OdooConfig {
    OdooConfig {
        url: url.to_owned(),
        database: "cabina".to_owned(),
        login: Some("admin".to_owned()),
        password: Some("LAB_ADMIN_PASSWORD".into()),
        api_keys: Vec::new(),
        transport,
        calls_per_second: 1000,
        timeout: Duration::from_secs(20),
        sync: OdooSync::default(),
    }
}

/// The client, and its clock.
pub fn client(config: OdooConfig) -> (Odoo, Clock) {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let clock = Clock::Shifted(Arc::default());
    (Odoo::new(config, clock.clone()).expect("a client"), clock)
}
