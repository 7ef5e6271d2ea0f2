//! Who calls. XML-RPC and JSON-RPC: one log-in, shared by all callers, since each costs the server half a second (rule 5), and
//! redone once when it is refused. JSON-2: the first API key that works, until it is refused.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use secrecy::SecretString;
use tokio::sync::Mutex;

use super::answer::part;
use super::call::Call;
use super::channel::Channel;
use super::fault::{Class, Fault, Kind};
use super::value::Value;
use super::wire::{Outgoing, Session, Transport};
use super::{json2, jsonrpc, xmlrpc};
use crate::kernel::Result;
use crate::kernel::time::{Clock, Instant};
use crate::platform::config::OdooConfig;

/// Refused secrets are not shown again before: each wrong one costs the server as much as a right one.
const REST: Duration = Duration::from_secs(60);

/// The login of one connection.
pub(super) struct Login {
    database: String,
    login: Option<String>,
    /// What stands for a password, in the order in which it is tried: the password, then the keys.
    secrets: Vec<SecretString>,
    keys: Vec<SecretString>,
    /// The place of the key that worked last.
    key: AtomicUsize,
    session: Mutex<Sessions>,
    refused_until: std::sync::Mutex<Option<Instant>>,
    clock: Clock,
}

#[derive(Default)]
struct Sessions {
    /// How many there were: tells a session that was refused from the one that took its place.
    count: u64,
    open: Option<Session>,
}

impl Login {
    pub(super) fn new(config: &OdooConfig, clock: Clock) -> Login {
        Login {
            database: config.database.clone(),
            login: config.login.clone(),
            secrets: config.password.iter().chain(&config.api_keys).cloned().collect(),
            keys: config.api_keys.clone(),
            key: AtomicUsize::new(0),
            session: Mutex::default(),
            refused_until: std::sync::Mutex::default(),
            clock,
        }
    }

    /// Makes a call as the configured user.
    pub(super) async fn call<T>(
        &self,
        channel: &Channel,
        transport: Transport,
        call: &Call<T>,
    ) -> Result<Value, Fault> {
        if transport == Transport::Json2 {
            return self.call_with_keys(channel, call).await;
        }
        let (count, session) =
            self.session(channel, transport, None).await.map_err(Fault::before_the_call)?;
        match channel.send(as_user(channel, transport, &session, call), reader(transport)).await {
            Err(fault) if fault.class == Class::Refused => {
                let opened = self.session(channel, transport, Some(count)).await;
                let (_, session) = opened.map_err(Fault::before_the_call)?;
                channel.send(as_user(channel, transport, &session, call), reader(transport)).await
            }
            answered => answered,
        }
    }

    /// The user's id.
    pub(super) async fn uid(&self, channel: &Channel, transport: Transport) -> Result<i64, Fault> {
        if transport != Transport::Json2 {
            return Ok(self.session(channel, transport, None).await?.1.uid);
        }
        match self.call_with_keys(channel, &json2::whoami()).await? {
            Value::Map(context) => match part(&context, "uid") {
                Some(Value::Int(uid)) => Ok(*uid),
                _ => Err(Fault::unreadable("the user's id")),
            },
            _ => Err(Fault::unreadable("the user's id")),
        }
    }

    /// The session, opened by the first who needs it while the others wait. `refused`: the one of this count is no good any more.
    async fn session(
        &self,
        channel: &Channel,
        transport: Transport,
        refused: Option<u64>,
    ) -> Result<(u64, Session), Fault> {
        let mut sessions = self.session.lock().await;
        if refused == Some(sessions.count) {
            sessions.open = None;
        }
        if let Some(session) = &sessions.open {
            return Ok((sessions.count, session.clone()));
        }
        let session = self.open(channel, transport).await?;
        *sessions = Sessions { count: sessions.count + 1, open: Some(session.clone()) };
        Ok((sessions.count, session))
    }

    async fn open(&self, channel: &Channel, transport: Transport) -> Result<Session, Fault> {
        self.rested()?;
        let Some(login) = &self.login else {
            let message = "this Odoo is spoken to in JSON-RPC, which needs ODOO_LOGIN";
            return Err(Fault::new(Class::Permanent(Kind::Configuration), message));
        };
        for secret in &self.secrets {
            let request = match transport {
                Transport::XmlRpc => xmlrpc::authenticate(&self.database, login, secret),
                _ => jsonrpc::authenticate(channel.next_id(), &self.database, login, secret),
            };
            match channel.send(request, reader(transport)).await {
                Ok(Value::Int(uid)) => {
                    return Ok(Session { database: self.database.clone(), uid, secret: secret.clone() });
                }
                // No fault: `false` (rule 4).
                Ok(Value::Bool(false)) => {}
                Ok(_) => return Err(Fault::unreadable("the user's id")),
                Err(fault) if fault.class == Class::Refused => {}
                Err(fault) => return Err(fault),
            }
        }
        Err(self.refused(Fault::new(Class::Refused, "Odoo refused the login")))
    }

    /// Tries the key that worked last, and the others after it when it is refused.
    async fn call_with_keys<T>(&self, channel: &Channel, call: &Call<T>) -> Result<Value, Fault> {
        self.rested()?;
        let first = self.key.load(Ordering::Relaxed);
        let mut refusal = Fault::new(Class::Refused, "there is no API key");
        for turn in 0..self.keys.len() {
            let place = (first + turn) % self.keys.len();
            let request = json2::call(&self.database, &self.keys[place], call);
            match channel.send(request, json2::read).await {
                Err(fault) if fault.class == Class::Refused => refusal = fault,
                answered => {
                    if turn > 0 {
                        tracing::warn!(place, "Odoo refused the API key before; another one is used");
                        self.key.store(place, Ordering::Relaxed);
                    }
                    return answered;
                }
            }
        }
        Err(self.refused(refusal))
    }

    /// Remembers a refusal.
    fn refused(&self, fault: Fault) -> Fault {
        tracing::error!("{}", fault.hint());
        *self.refused_until() = Some(self.clock.now() + REST);
        fault
    }

    fn rested(&self) -> Result<(), Fault> {
        let mut until = self.refused_until();
        match *until {
            Some(moment) if self.clock.now() < moment => Err(Fault::new(
                Class::Refused,
                "Odoo refused the login a moment ago; it is not tried again so soon",
            )),
            _ => {
                *until = None;
                Ok(())
            }
        }
    }

    fn refused_until(&self) -> std::sync::MutexGuard<'_, Option<Instant>> {
        // A moment is replaced as a whole.
        self.refused_until.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

fn as_user<T>(channel: &Channel, transport: Transport, session: &Session, call: &Call<T>) -> Outgoing {
    match transport {
        Transport::XmlRpc => xmlrpc::call(session, call),
        _ => jsonrpc::call(channel.next_id(), session, call),
    }
}

fn reader(transport: Transport) -> fn(u16, &[u8]) -> Result<Value, Fault> {
    if transport == Transport::XmlRpc { xmlrpc::read } else { jsonrpc::read }
}
