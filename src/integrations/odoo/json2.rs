//! JSON-2, for Odoo 19 and later: `POST /json/2/<model>/<method>` with an API key (rule 3). Parameters go by name, the answer is
//! bare, faults have a real status, which says less than the name in their body.

use std::fmt::Write;

use secrecy::{ExposeSecret, SecretString};

use super::call::Call;
use super::classify;
use super::fault::Fault;
use super::jsonrpc::{Exception, to_bytes};
use super::value::{Map, Value};
use super::wire::Outgoing;

/// Asks for the server's version; needs no key.
pub fn version() -> Outgoing {
    Outgoing { get: true, path: "/web/version".to_owned(), headers: Vec::new(), body: Vec::new() }
}

/// Asks who the key belongs to: the answer holds `uid`.
pub fn whoami() -> Call {
    Call::of("res.users", "context_get")
}

/// A call on a model.
pub fn call<T>(database: &str, key: &SecretString, call: &Call<T>) -> Outgoing {
    let ids = call.ids.iter().map(|ids| ("ids".to_owned(), ids.clone().into()));
    let leading = call.leading.iter().map(|(name, value)| ((*name).to_owned(), listed(name, value)));
    let body: Map = ids.chain(leading).chain(call.options(Value::Nil)).collect();
    let path = format!("/json/2/{}/{}", segment(&call.model), segment(&call.method));
    let mut request = Outgoing::post(path, "application/json; charset=utf-8", to_bytes(&Value::Map(body)));
    request.headers.push(("Authorization", format!("bearer {}", key.expose_secret()).into()));
    request.headers.push(("X-Odoo-Database", database.into()));
    request
}

/// `create` takes a list here, also for one record (rule 16).
fn listed(name: &str, value: &Value) -> Value {
    match value {
        Value::Map(_) if name == "vals_list" => Value::List(vec![value.clone()]),
        other => other.clone(),
    }
}

/// A name that can't leave its place in the path.
fn segment(name: &str) -> String {
    let mut segment = String::with_capacity(name.len());
    for byte in name.bytes() {
        match byte {
            b'.' | b'_' | b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' => segment.push(char::from(byte)),
            // Writing to a text does not fail.
            _ => drop(write!(segment, "%{byte:02X}")),
        }
    }
    segment
}

/// Reads an answer.
///
/// # Errors
/// The fault it holds, by the exception's name, or by the status where a page came instead.
pub fn read(status: u16, body: &[u8]) -> Result<Value, Fault> {
    if (200..300).contains(&status) {
        return serde_json::from_slice(body).map_err(|_| classify::status(status));
    }
    match serde_json::from_slice::<Exception>(body) {
        Ok(exception) => Err(classify::exception(&exception.name, &exception.message)),
        Err(_) => Err(classify::status(status)),
    }
}
