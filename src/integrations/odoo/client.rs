//! Sends calls: detects the language, keeps the pace, and leaves a failing server alone.

use std::fmt;
use std::sync::Arc;

use tokio::sync::Mutex;

use super::answer::{Answer, part};
use super::call::Call;
use super::channel::Channel;
use super::fault::{Class, Fault, Kind};
use super::login::Login;
use super::value::Value;
use super::wire::Transport;
use super::{json2, jsonrpc, xmlrpc};
use crate::kernel::Result;
use crate::kernel::time::Clock;
use crate::platform::config::{OdooConfig, OdooTransport};
use crate::platform::telemetry::{Kind as SpanKind, Span};

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
    channel: Channel,
    spoken: Mutex<Option<(Transport, Version)>>,
    login: Login,
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
        Ok(Odoo(Arc::new(Inner {
            channel: Channel::new(&config, clock.clone())?,
            spoken: Mutex::default(),
            login: Login::new(&config, clock),
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
            Ok(transport) => self.0.login.call(&self.0.channel, transport, &call).await,
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
            Some(Transport::Json2) => self.0.channel.send(json2::version(), json2::read).await,
            Some(Transport::JsonRpc) => {
                self.0.channel.send(jsonrpc::version(self.0.channel.next_id()), jsonrpc::read).await
            }
            Some(Transport::XmlRpc) => self.0.channel.send(xmlrpc::version(), xmlrpc::read).await,
        };
        version(&answered?)
    }

    /// The id of the user that is logged in.
    ///
    /// # Errors
    /// [`Class::Refused`], or those of a call.
    pub async fn uid(&self) -> Result<i64, Fault> {
        self.0.login.uid(&self.0.channel, self.transport().await?).await
    }

    /// How far the server's clock was ahead of ours at its last answer, to a second or two, by the answer's `Date`; behind a
    /// proxy that is the proxy's clock.
    pub fn ahead(&self) -> Option<chrono::Duration> {
        self.0.channel.ahead()
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
        let answered = match self.0.channel.send(json2::version(), json2::read).await {
            Err(Fault { class: Class::Transient(trouble), message, .. }) => {
                return Err(Fault::new(Class::Transient(trouble), message));
            }
            // Before 19 there is no such page.
            Err(_) => self.0.channel.send(xmlrpc::version(), xmlrpc::read).await?,
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
