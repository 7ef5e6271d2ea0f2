//! The way to the server: one request at a time in its turn, with limits, metrics and a circuit breaker.

use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use governor::{DefaultDirectRateLimiter, Quota, RateLimiter};
use secrecy::ExposeSecret;
use tokio::sync::Semaphore;

use super::fault::{Class, Fault, Kind, TransientKind};
use super::value::Value;
use super::wire::Outgoing;
use crate::kernel::Result;
use crate::kernel::time::Clock;
use crate::platform::breaker::{Breaker, BreakerRules};
use crate::platform::config::OdooConfig;
use crate::platform::http;

/// One for each lane that keeps things alike (records and notes to Odoo, records from there, a look for deleted ones): a call
/// that takes long holds up no other lane. More calls at once only fill the server's queue (figures of the wire's README).
const AT_ONCE: usize = 4;
/// Larger answers are not read: a page of records or an attachment is far smaller.
const ANSWER_BYTES: usize = 64 * 1024 * 1024;
/// When the server is left alone.
const PATIENCE: BreakerRules =
    BreakerRules { failures: 5, pause: Duration::from_secs(10), longest: Duration::from_secs(300) };

/// The way to one server.
pub(super) struct Channel {
    url: String,
    http: reqwest::Client,
    breaker: Breaker,
    pace: DefaultDirectRateLimiter,
    permits: Semaphore,
    serial: AtomicI64,
    ahead: std::sync::Mutex<Option<chrono::Duration>>,
    clock: Clock,
}

impl Channel {
    /// Nothing is sent yet.
    ///
    /// # Errors
    /// `Internal` when TLS cannot be set up.
    pub(super) fn new(config: &OdooConfig, clock: Clock) -> Result<Channel> {
        let per_second = config.calls_per_second.try_into().unwrap_or(std::num::NonZeroU32::MIN);
        Ok(Channel {
            url: config.url.clone(),
            http: http::client(config.timeout)?,
            breaker: Breaker::new("odoo", PATIENCE, clock.clone()),
            pace: RateLimiter::direct(Quota::per_second(per_second)),
            permits: Semaphore::new(AT_ONCE),
            serial: AtomicI64::new(1),
            ahead: std::sync::Mutex::default(),
            clock,
        })
    }

    pub(super) fn ahead(&self) -> Option<chrono::Duration> {
        *self.ahead.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    fn heard_at(&self, date: Option<&reqwest::header::HeaderValue>) {
        let date = date.and_then(|date| chrono::DateTime::parse_from_rfc2822(date.to_str().ok()?).ok());
        let ahead = date.map(|date| date.to_utc() - self.clock.now());
        *self.ahead.lock().unwrap_or_else(std::sync::PoisonError::into_inner) = ahead;
    }

    pub(super) fn next_id(&self) -> i64 {
        self.serial.fetch_add(1, Ordering::Relaxed)
    }

    /// Sends one request in its turn and reads the answer.
    pub(super) async fn send(
        &self,
        request: Outgoing,
        read: fn(u16, &[u8]) -> Result<Value, Fault>,
    ) -> Result<Value, Fault> {
        // The semaphore is never closed.
        let _permit = self.permits.acquire().await;
        let passage = self.breaker.pass().map_err(paused)?;
        self.pace.until_ready().await;
        let started = std::time::Instant::now();
        let answered = match self.exchange(request).await {
            Ok((status, body)) => read(status, &body),
            Err(fault) => Err(fault),
        };
        metrics::histogram!("cabina_odoo_seconds").record(started.elapsed().as_secs_f64());
        metrics::counter!("cabina_odoo_calls_total", "outcome" => outcome(&answered)).increment(1);
        let failing = [
            Class::Unknown,
            Class::Transient(TransientKind::Server),
            Class::Transient(TransientKind::Unreached),
        ];
        passage.report(!matches!(&answered, Err(fault) if failing.contains(&fault.class)));
        answered
    }

    async fn exchange(&self, request: Outgoing) -> Result<(u16, Vec<u8>), Fault> {
        let url = format!("{}{}", self.url, request.path);
        let http = &self.http;
        let mut out = if request.get { http.get(url) } else { http.post(url).body(request.body) };
        for (name, value) in &request.headers {
            let mut value = reqwest::header::HeaderValue::from_str(value.expose_secret()).map_err(|_| {
                let message = format!("the header {name} can't hold the configured value");
                Fault::new(Class::Permanent(Kind::Configuration), message)
            })?;
            value.set_sensitive(true);
            out = out.header(*name, value);
        }
        let mut request = out.build().map_err(unanswered)?;
        let span = http::call(&mut request);
        let answered = span.around(self.fetch(request)).await;
        match &answered {
            Ok((status, _)) => http::answered(&span, *status),
            Err(fault) => span.fail(format!("{:?}", fault.class)),
        }
        answered
    }

    async fn fetch(&self, request: reqwest::Request) -> Result<(u16, Vec<u8>), Fault> {
        let mut response = self.http.execute(request).await.map_err(unanswered)?;
        self.heard_at(response.headers().get(reqwest::header::DATE));
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(unanswered)? {
            body.extend_from_slice(&chunk);
            if body.len() > ANSWER_BYTES {
                return Err(Fault::unreadable("less than 64 MiB"));
            }
        }
        Ok((response.status().as_u16(), body))
    }
}

/// Without a connection nothing was sent. Everything later may have been done (rule 23).
fn unanswered(error: reqwest::Error) -> Fault {
    let class = if error.is_connect() {
        Class::Transient(TransientKind::Unreached)
    } else if error.is_builder() {
        Class::Permanent(Kind::Configuration)
    } else {
        Class::Unknown
    };
    let error = error.without_url();
    let mut message = error.to_string();
    let mut cause = std::error::Error::source(&error);
    while let Some(deeper) = cause {
        message = format!("{message}: {deeper}");
        cause = deeper.source();
    }
    Fault::new(class, message)
}

fn paused(_: Duration) -> Fault {
    // Without the time that is left: the same text each time, for it is kept and shown.
    let message = "not sent: Odoo failed several times in a row, and is left alone for a while";
    Fault::new(Class::Transient(TransientKind::Paused), message)
}

fn outcome(answered: &Result<Value, Fault>) -> &'static str {
    match answered.as_ref().map_err(|fault| fault.class) {
        Ok(_) => "ok",
        Err(Class::Done) => "done",
        Err(Class::Permanent(_)) => "permanent",
        Err(Class::Transient(_)) => "transient",
        Err(Class::Unknown) => "unknown",
        Err(Class::Refused) => "refused",
    }
}
