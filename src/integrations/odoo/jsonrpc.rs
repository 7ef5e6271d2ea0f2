//! JSON-RPC: `POST /jsonrpc` (rule 2). Always HTTP 200; a method that returns nothing is answered without `result` (rule 20).

use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Deserializer};

use super::call::Call;
use super::classify;
use super::fault::{Class, Fault};
use super::value::Value;
use super::wire::{Outgoing, Session};

/// Asks for the server's version; needs no login.
pub fn version(id: i64) -> Outgoing {
    request(id, "common", "version", Vec::new())
}

/// Asks for the user's id, which is `false` when the login is refused (rule 4).
pub fn authenticate(id: i64, database: &str, login: &str, secret: &SecretString) -> Outgoing {
    let secret = secret.expose_secret().into();
    request(id, "common", "authenticate", vec![database.into(), login.into(), secret, Value::Map(Vec::new())])
}

/// A call on a model.
pub fn call<T>(id: i64, session: &Session, call: &Call<T>) -> Outgoing {
    let args = vec![
        session.database.as_str().into(),
        session.uid.into(),
        session.secret.expose_secret().into(),
        call.model.as_str().into(),
        call.method.as_str().into(),
        call.positional(),
        Value::Map(call.options(Value::Nil)),
    ];
    request(id, "object", "execute_kw", args)
}

fn request(id: i64, service: &str, method: &str, args: Vec<Value>) -> Outgoing {
    let map = |entries: Vec<(&str, Value)>| {
        Value::Map(entries.into_iter().map(|(name, value)| (name.to_owned(), value)).collect())
    };
    let params =
        map(vec![("service", service.into()), ("method", method.into()), ("args", Value::List(args))]);
    let body = map(vec![
        ("jsonrpc", "2.0".into()),
        ("method", "call".into()),
        ("id", id.into()),
        ("params", params),
    ]);
    Outgoing::post("/jsonrpc", "application/json", to_bytes(&body))
}

/// A value as JSON.
pub(super) fn to_bytes(value: &Value) -> Vec<u8> {
    // Writing to memory does not fail, and all names are text.
    serde_json::to_vec(value).unwrap_or_default()
}

#[derive(Deserialize)]
struct Envelope {
    #[serde(default, deserialize_with = "present")]
    result: Option<Value>,
    error: Option<RpcError>,
    #[expect(dead_code, reason = "an answer without it is not one of JSON-RPC")]
    jsonrpc: String,
}

#[derive(Deserialize)]
struct RpcError {
    #[serde(default)]
    message: String,
    data: Option<Exception>,
}

/// What JSON-RPC and JSON-2 tell of an exception.
#[derive(Deserialize)]
pub(super) struct Exception {
    pub(super) name: String,
    #[serde(default)]
    pub(super) message: String,
}

/// Tells `"result": null` from no result.
fn present<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Value>, D::Error> {
    Value::deserialize(from).map(Some)
}

/// Reads an answer.
///
/// # Errors
/// The fault it holds; [`Class::Done`] when it holds neither a result nor an error.
pub fn read(status: u16, body: &[u8]) -> Result<Value, Fault> {
    let Ok(envelope) = serde_json::from_slice::<Envelope>(body) else { return Err(classify::status(status)) };
    match (envelope.error, envelope.result) {
        (Some(RpcError { data: Some(exception), .. }), _) => {
            Err(classify::exception(&exception.name, &exception.message))
        }
        (Some(error), _) => Err(classify::exception("", &error.message)),
        (None, Some(value)) => Ok(value),
        (None, None) => Err(Fault::new(Class::Done, "it was done and answered nothing")),
    }
}
