//! Sends calls: detects the language, keeps the pace, and leaves a failing server alone.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use governor::{DefaultDirectRateLimiter, Quota, RateLimiter};
use secrecy::ExposeSecret;
use tokio::sync::{Mutex, Semaphore};

use super::answer::{Answer, part};
use super::call::Call;
use super::fault::{Class, Fault, Kind, TransientKind};
use super::login::Login;
use super::value::Value;
use super::wire::Outgoing;
use super::{json2, jsonrpc, xmlrpc};
use crate::kernel::Result;
use crate::kernel::time::Clock;
use crate::platform::breaker::{Breaker, BreakerRules};
use crate::platform::config::{OdooConfig, OdooTransport};
use crate::platform::http;
use crate::platform::telemetry::{Kind as SpanKind, Span};

/// One for each lane that keeps things alike (records and notes to Odoo, records from there, a look for deleted ones): a call
/// that takes long holds up no other lane. More calls at once only fill the server's queue (figures of the wire's README).
const AT_ONCE: usize = 4;
/// Larger answers are not read: a page of records or an attachment is far smaller.
const ANSWER_BYTES: usize = 64 * 1024 * 1024;
/// When the server is left alone.
const PATIENCE: BreakerRules =
    BreakerRules { failures: 5, pause: Duration::from_secs(10), longest: Duration::from_secs(300) };

/// One of Odoo's three languages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Transport {
    /// With an API key, from 19 on.
    Json2,
    /// With login and password, until 21.
    JsonRpc,
    /// The same in XML; loses more of what went wrong.
    XmlRpc,
}

/// The server's version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Version {
    /// 19 for 19.0, and for `saas~19.1`.
    pub major: u32,
    /// As the server prints it.
    pub text: String,
}

/// The connection to an Odoo server, shared by all who clone it.
#[derive(Clone)]
pub struct Odoo(Arc<Inner>);

struct Inner {
    config: OdooConfig,
    http: reqwest::Client,
    breaker: Breaker,
    pace: DefaultDirectRateLimiter,
    seats: Semaphore,
    spoken: Mutex<Option<(Transport, Version)>>,
    login: Login,
    serial: AtomicI64,
    ahead: std::sync::Mutex<Option<chrono::Duration>>,
    clock: Clock,
}

impl fmt::Debug for Odoo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Odoo").field("url", &self.0.config.url).finish_non_exhaustive()
    }
}

impl Odoo {
    /// A connection; nothing is sent yet.
    ///
    /// # Errors
    /// `Internal` when TLS can't be set up.
    pub fn new(config: OdooConfig, clock: Clock) -> Result<Odoo> {
        let per_second = config.calls_per_second.try_into().unwrap_or(std::num::NonZeroU32::MIN);
        Ok(Odoo(Arc::new(Inner {
            http: http::client(config.timeout)?,
            breaker: Breaker::new("odoo", PATIENCE, clock.clone()),
            pace: RateLimiter::direct(Quota::per_second(per_second)),
            seats: Semaphore::new(AT_ONCE),
            spoken: Mutex::default(),
            login: Login::new(&config, clock.clone()),
            serial: AtomicI64::new(1),
            ahead: std::sync::Mutex::default(),
            clock,
            config,
        })))
    }

    /// Makes a call and reads its answer. Nothing is sent twice, unless the login was refused, which is before any work is done.
    ///
    /// # Errors
    /// A [`Fault`], whose class says what to do.
    pub async fn run<T: Answer>(&self, call: Call<T>) -> Result<T, Fault> {
        let step = Span::begin(SpanKind::Internal, || format!("odoo {}", call.name()));
        let answered = step.around(self.answer(call)).await;
        if let Err(fault) = &answered {
            step.fail(format!("{:?}", fault.class));
        }
        answered
    }

    async fn answer<T: Answer>(&self, call: Call<T>) -> Result<T, Fault> {
        let answered = match self.transport().await {
            Ok(transport) => self.0.login.call(self, transport, &call).await,
            Err(fault) => Err(fault.before_the_call()),
        };
        if matches!(&answered, Err(fault) if fault.class == Class::Permanent(Kind::Configuration)) {
            // An upgraded server may speak another language.
            *self.0.spoken.lock().await = None;
        }
        T::of(answered).inspect_err(|fault| {
            tracing::debug!(call = call.name(), class = ?fault.class, "a call to Odoo failed: {fault}");
        })
    }

    /// The language that is spoken: the configured one, or the one that was found.
    ///
    /// # Errors
    /// When it has to be found, those of asking for the version.
    pub async fn transport(&self) -> Result<Transport, Fault> {
        match self.configured() {
            Some(transport) => Ok(transport),
            None => Ok(self.spoken().await?.0),
        }
    }

    /// The server's version, which needs no login.
    ///
    /// # Errors
    /// Those of asking for it.
    pub async fn version(&self) -> Result<Version, Fault> {
        let answered = match self.configured() {
            None => return Ok(self.spoken().await?.1),
            Some(Transport::Json2) => self.send(json2::version(), json2::read).await,
            Some(Transport::JsonRpc) => self.send(jsonrpc::version(self.next_id()), jsonrpc::read).await,
            Some(Transport::XmlRpc) => self.send(xmlrpc::version(), xmlrpc::read).await,
        };
        version(&answered?)
    }

    /// The id of the user that is logged in.
    ///
    /// # Errors
    /// [`Class::Refused`], or those of a call.
    pub async fn uid(&self) -> Result<i64, Fault> {
        self.0.login.uid(self, self.transport().await?).await
    }

    /// How far the server's clock was ahead of ours at its last answer, to a second or two, by the answer's `Date`; behind a
    /// proxy that is the proxy's clock.
    pub fn ahead(&self) -> Option<chrono::Duration> {
        *self.0.ahead.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    fn heard_at(&self, date: Option<&reqwest::header::HeaderValue>) {
        let date = date.and_then(|date| chrono::DateTime::parse_from_rfc2822(date.to_str().ok()?).ok());
        let ahead = date.map(|date| date.to_utc() - self.0.clock.now());
        *self.0.ahead.lock().unwrap_or_else(std::sync::PoisonError::into_inner) = ahead;
    }

    fn configured(&self) -> Option<Transport> {
        match self.0.config.transport {
            OdooTransport::Auto => None,
            OdooTransport::Json2 => Some(Transport::Json2),
            OdooTransport::JsonRpc => Some(Transport::JsonRpc),
            OdooTransport::XmlRpc => Some(Transport::XmlRpc),
        }
    }

    /// Asks once which language the server speaks, whoever wants to know meanwhile.
    async fn spoken(&self) -> Result<(Transport, Version), Fault> {
        let mut spoken = self.0.spoken.lock().await;
        if let Some(known) = &*spoken {
            return Ok(known.clone());
        }
        let answered = match self.send(json2::version(), json2::read).await {
            Err(Fault { class: Class::Transient(trouble), message, .. }) => {
                return Err(Fault::new(Class::Transient(trouble), message));
            }
            // Before 19 there is no such page.
            Err(_) => self.send(xmlrpc::version(), xmlrpc::read).await?,
            Ok(value) => value,
        };
        let version = version(&answered)?;
        let transport = match version.major {
            19.. if !self.0.config.api_keys.is_empty() => Transport::Json2,
            _ => Transport::JsonRpc,
        };
        tracing::info!(version = version.text, ?transport, "found Odoo");
        *spoken = Some((transport, version.clone()));
        Ok((transport, version))
    }

    pub(super) fn next_id(&self) -> i64 {
        self.0.serial.fetch_add(1, Ordering::Relaxed)
    }

    /// Sends one request in its turn and reads the answer.
    pub(super) async fn send(
        &self,
        request: Outgoing,
        read: fn(u16, &[u8]) -> Result<Value, Fault>,
    ) -> Result<Value, Fault> {
        let inner = &self.0;
        // The semaphore is never closed.
        let _seat = inner.seats.acquire().await;
        let passage = inner.breaker.pass().map_err(paused)?;
        inner.pace.until_ready().await;
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
        let url = format!("{}{}", self.0.config.url, request.path);
        let http = &self.0.http;
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
        let step = http::call(&mut request);
        let answered = step.around(self.fetch(request)).await;
        match &answered {
            Ok((status, _)) => http::answered(&step, *status),
            Err(fault) => step.fail(format!("{:?}", fault.class)),
        }
        answered
    }

    async fn fetch(&self, request: reqwest::Request) -> Result<(u16, Vec<u8>), Fault> {
        let mut response = self.0.http.execute(request).await.map_err(unanswered)?;
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

/// Reads the answers of `common.version` and of `/web/version`, which name the same things differently.
pub(super) fn version(answer: &Value) -> Result<Version, Fault> {
    let unreadable = || Fault::new(Class::Permanent(Kind::Configuration), "there is no Odoo at this address");
    let Value::Map(answer) = answer else { return Err(unreadable()) };
    let info = part(answer, "server_version_info").or_else(|| part(answer, "version_info"));
    let text = part(answer, "server_version").or_else(|| part(answer, "version"));
    let (Some(Value::List(info)), Some(Value::Text(text))) = (info, text) else { return Err(unreadable()) };
    let major = match info.first() {
        Some(Value::Int(major)) => u32::try_from(*major).ok(),
        // Odoo's own hosting between two releases.
        Some(Value::Text(word)) => word.rsplit('~').next().and_then(|digits| digits.parse().ok()),
        _ => None,
    };
    Ok(Version { major: major.ok_or_else(unreadable)?, text: text.clone() })
}
