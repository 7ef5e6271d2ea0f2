//! Connections: accepted one by one, closed when they ask for nothing, and told to finish when the server stops.

use std::convert::Infallible;
use std::future::Future;
use std::io::ErrorKind;
use std::net::SocketAddr;
use std::pin::pin;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::Request;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use hyper_util::service::TowerToHyperService;
use tokio::net::TcpListener;
use tokio::sync::{mpsc, watch};
use tokio::time::{sleep, timeout};
use tower::ServiceExt;

use super::linger::Lingering;
use super::pulse::{Answering, Patience, Pulse};

/// Requests under way get so long to finish when the server stops.
const FAREWELL: Duration = Duration::from_secs(20);
/// A new connection is to ask for something within so long: one request, with all its headers.
const GREETING: Duration = Duration::from_secs(10);
/// So long a connection is kept between two requests: longer than proxies keep theirs, so that they are the ones to close.
const IDLE: Duration = Duration::from_secs(75);
/// The same while files are short.
const HURRIED: Duration = Duration::from_secs(1);
/// So long the other side has to take leave of a connection that is closed.
const PARTING: Duration = Duration::from_secs(1);
/// Nothing is accepted for so long when files are short.
const PAUSE: Duration = Duration::from_millis(50);

/// Serves until `stop` ends, then lets the requests under way finish. A connection's first request may take `header_time`
/// to arrive, but no longer than ten seconds.
pub async fn serve(
    listener: TcpListener,
    router: Router,
    header_time: Duration,
    stop: impl Future<Output = ()>,
) {
    let patience = Patience { greeting: GREETING.min(header_time), idle: IDLE, hurried: HURRIED };
    let mut builder = Builder::new(TokioExecutor::new());
    // The pulse of a connection knows better: it watches HTTP/2, too, and what comes before anybody knows which it is.
    builder.http1().timer(TokioTimer::new()).header_read_timeout(None);
    // Who opens a websocket is answered in its own spelling of the headers.
    builder.http1().preserve_header_case(true);
    builder.http2().timer(TokioTimer::new()).keep_alive_interval(Some(Duration::from_secs(30)));
    let (short, stopping) = (watch::Sender::new(false), watch::Sender::new(false));
    let (open, mut all_closed) = mpsc::channel::<()>(1);
    tokio::pin!(stop);
    loop {
        let accepted = tokio::select! {
            () = &mut stop => break,
            accepted = listener.accept() => accepted,
        };
        let (stream, address) = match accepted {
            Ok(accepted) => {
                if short.send_replace(false) {
                    tracing::info!("connections are accepted again");
                }
                accepted
            }
            // The caller went away while it waited.
            Err(cause)
                if matches!(cause.kind(), ErrorKind::ConnectionAborted | ErrorKind::ConnectionReset) =>
            {
                continue;
            }
            Err(cause) => {
                // Out of file handles, most likely: whoever asks for nothing makes room.
                if !short.send_replace(true) {
                    tracing::warn!(%cause, "no connection can be accepted; idle ones are closed");
                }
                sleep(PAUSE).await;
                continue;
            }
        };
        let _ = stream.set_nodelay(true);
        let pulse = Pulse::default();
        let service = TowerToHyperService::new(with_address(router.clone(), address, pulse.clone()));
        let stream = TokioIo::new(Lingering::new(stream, short.subscribe()));
        let connection = builder.serve_connection_with_upgrades(stream, service).into_owned();
        let (open, short, mut stopping) = (open.clone(), short.subscribe(), stopping.subscribe());
        tokio::spawn(async move {
            let _open = open;
            let mut connection = pin!(connection);
            let left = tokio::select! {
                biased; // what arrived in time counts, also when we come late to read it
                ended = connection.as_mut() => return told(ended, address),
                () = pulse.stopped(patience, short) => PARTING,
                _ = stopping.wait_for(|stopping| *stopping) => FAREWELL,
            };
            connection.as_mut().graceful_shutdown();
            if let Ok(ended) = timeout(left, connection).await {
                told(ended, address);
            }
        });
    }
    drop((listener, open));
    stopping.send_replace(true);
    if timeout(FAREWELL, all_closed.recv()).await.is_err() {
        tracing::warn!("some requests did not finish in time");
    }
}

fn told(ended: Result<(), Box<dyn std::error::Error + Send + Sync>>, address: SocketAddr) {
    if let Err(cause) = ended {
        tracing::debug!(cause, %address, "a connection ended");
    }
}

/// Tells every request of a connection where it comes from, and the pulse that it is under way.
fn with_address(
    router: Router,
    address: SocketAddr,
    pulse: Pulse,
) -> impl tower::Service<
    Request<hyper::body::Incoming>,
    Response = axum::http::Response<Answering>,
    Error = Infallible,
    Future: Send,
> + Clone {
    tower::service_fn(move |mut request: Request<hyper::body::Incoming>| {
        let beat = pulse.begin();
        request.extensions_mut().insert(ConnectInfo(address));
        let answered = router.clone().oneshot(request.map(Body::new));
        async move { Ok(answered.await?.map(|body| Answering::new(body, beat))) }
    })
}
