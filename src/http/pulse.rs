//! Whether a connection is good for anything: how long it has had no request under way. Who opens connections and asks for
//! nothing, or never ends what it asks, would otherwise keep a file of ours for ever.

use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::{Body, Bytes};
use hyper::body::{Body as HttpBody, Frame, SizeHint};
use tokio::sync::watch;
use tokio::time::Instant;

/// How long a connection may do nothing.
#[derive(Clone, Copy, Debug)]
pub struct Patience {
    /// Before its first request is there, with all its headers.
    pub greeting: Duration,
    /// Between two requests.
    pub idle: Duration,
    /// Either, while files are short.
    pub hurried: Duration,
}

/// The pulse of a connection.
#[derive(Clone)]
pub struct Pulse(Arc<Mutex<State>>);

struct State {
    under_way: usize,
    greeted: bool,
    /// Since when no request is under way.
    since: Instant,
}

impl Default for Pulse {
    fn default() -> Self {
        Pulse(Arc::new(Mutex::new(State { under_way: 0, greeted: false, since: Instant::now() })))
    }
}

impl Pulse {
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A request begins.
    pub fn begin(&self) -> Beat {
        let mut state = self.state();
        state.under_way += 1;
        state.greeted = true;
        Beat(self.clone())
    }

    /// Ends when nothing was under way for too long. Requests wake nobody: it looks again when the patience may have ended.
    pub async fn stopped(&self, patience: Patience, mut short: watch::Receiver<bool>) {
        loop {
            let hurried = *short.borrow_and_update();
            let now = Instant::now();
            let next = {
                let state = self.state();
                let patience = match (hurried, state.greeted) {
                    (true, _) => patience.hurried,
                    (false, true) => patience.idle,
                    (false, false) => patience.greeting,
                };
                let since = if state.under_way > 0 { now } else { state.since };
                since + patience
            };
            if next <= now {
                return;
            }
            tokio::select! {
                () = tokio::time::sleep_until(next) => {}
                Ok(()) = short.changed() => {}
            }
        }
    }
}

/// A request under way; over when it is dropped.
pub struct Beat(Pulse);

impl Drop for Beat {
    fn drop(&mut self) {
        let mut state = self.0.state();
        state.under_way -= 1;
        state.since = Instant::now();
    }
}

/// The body of an answer, with which its request is over.
pub struct Answering {
    body: Body,
    _beat: Beat,
}

impl Answering {
    /// Of this request.
    pub fn new(body: Body, beat: Beat) -> Answering {
        Answering { body, _beat: beat }
    }
}

impl HttpBody for Answering {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        Pin::new(&mut self.body).poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LONG: Duration = Duration::from_secs(3600);
    const SHORT: Duration = Duration::from_millis(20);
    const PATIENCE: Patience = Patience { greeting: LONG, idle: LONG, hurried: LONG };

    /// Whether it stops at all: nothing here depends on how fast.
    async fn stops(pulse: &Pulse, patience: Patience, short: &watch::Sender<bool>) -> bool {
        let stopped = pulse.stopped(patience, short.subscribe());
        tokio::time::timeout(10 * SHORT, stopped).await.is_ok()
    }

    #[tokio::test]
    async fn a_connection_without_a_request_stops_and_one_with_a_request_goes_on() {
        let (pulse, short) = (Pulse::default(), watch::Sender::new(false));
        assert!(!stops(&pulse, PATIENCE, &short).await, "it is new");
        assert!(stops(&pulse, Patience { greeting: SHORT, ..PATIENCE }, &short).await, "it asks for nothing");
        let (first, second) = (pulse.begin(), pulse.begin());
        let strict = Patience { greeting: SHORT, idle: SHORT, hurried: SHORT };
        assert!(!stops(&pulse, strict, &short).await, "two are under way");
        drop(first);
        assert!(!stops(&pulse, strict, &short).await, "one is under way");
        drop(second);
        assert!(!stops(&pulse, Patience { greeting: SHORT, ..PATIENCE }, &short).await, "more may come");
        assert!(stops(&pulse, Patience { idle: SHORT, ..PATIENCE }, &short).await, "nothing more comes");
    }

    #[tokio::test]
    async fn while_files_are_short_patience_is_short_too() {
        let (pulse, short) = (Pulse::default(), watch::Sender::new(false));
        let patience = Patience { hurried: SHORT, ..PATIENCE };
        assert!(!stops(&pulse, patience, &short).await);
        let stopped = pulse.stopped(patience, short.subscribe());
        let hurry = async { short.send_replace(true) };
        let ((), _) = tokio::join!(stopped, hurry); // else it waits for an hour
        let _under_way = pulse.begin();
        assert!(!stops(&pulse, patience, &short).await, "whoever is served stays");
    }
}
