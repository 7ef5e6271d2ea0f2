//! Calls to the outside: one way to make a client, so that none is without time-outs.

use std::time::Duration;

use crate::kernel::{Error, Result};
use crate::platform::telemetry::{Kind, Span};

/// Nobody waits longer than this for a connection.
const CONNECT: Duration = Duration::from_secs(10);
/// Many servers close idle connections after some seconds; a request on one that closes right then has no answer.
const IDLE: Duration = Duration::from_secs(3);

/// A client for one provider. `timeout` is for a whole call: connecting, sending, and reading the answer. Redirects are not
/// followed: they would turn a POST into a GET, or carry a secret elsewhere.
///
/// # Errors
/// `Internal` when TLS can't be set up.
pub fn client(timeout: Duration) -> Result<reqwest::Client> {
    reqwest::Client::builder()
        .timeout(timeout)
        // Before the whole call is over, so that it is known that nothing was sent.
        .connect_timeout(CONNECT.min(timeout / 2))
        .pool_idle_timeout(IDLE)
        .redirect(reqwest::redirect::Policy::none())
        .user_agent(concat!("cabina/", env!("CARGO_PKG_VERSION")))
        .build()
        .map_err(Error::internal)
}

/// Begins a call, as a step of the work that it is made for: the other side is told whose work it is.
pub fn call(request: &mut reqwest::Request) -> Span {
    let method = request.method().to_string();
    let span = Span::begin(Kind::Client, || method.clone());
    span.set("http.request.method", method);
    // Not the whole address: a secret may stand in it.
    let url = request.url();
    span.set("server.address", url.host_str().unwrap_or_default().to_owned());
    span.set("server.port", i64::from(url.port_or_known_default().unwrap_or_default()));
    span.tell(request.headers_mut());
    span
}

/// Notes how a call was answered.
pub fn answered(call: &Span, status: u16) {
    call.set("http.response.status_code", i64::from(status));
    if status >= 400 {
        call.fail(status.to_string());
    }
}
