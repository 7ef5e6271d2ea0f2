//! What the three languages share: a request as it leaves, and who asks.

use secrecy::SecretString;

/// A request, without the server's address. It holds secrets and is therefore never printed.
pub struct Outgoing {
    /// Whether it is a GET; else it is a POST.
    pub get: bool,
    /// Path below the server's address.
    pub path: String,
    /// Headers; `Authorization` among them.
    pub headers: Vec<(&'static str, SecretString)>,
    /// Body.
    pub body: Vec<u8>,
}

impl Outgoing {
    pub(super) fn post(path: impl Into<String>, content_type: &str, body: Vec<u8>) -> Outgoing {
        Outgoing { get: false, path: path.into(), headers: vec![("Content-Type", content_type.into())], body }
    }
}

/// A user who logged in, for XML-RPC and JSON-RPC: they show the password again with every call.
#[derive(Clone, Debug)]
pub struct Session {
    /// The database.
    pub database: String,
    /// The user's id.
    pub uid: i64,
    /// Password or API key.
    pub secret: SecretString,
}

/// One of Odoo's three protocols.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Transport {
    /// With an API key, from 19 on.
    Json2,
    /// With login and password, until 21.
    JsonRpc,
    /// The same in XML; loses more of what went wrong.
    XmlRpc,
}
