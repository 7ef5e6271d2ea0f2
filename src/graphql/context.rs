//! What resolvers find in their context.

use std::sync::Arc;

use async_graphql::Context;

use crate::domains::identity::sessions::Authenticator;
use crate::kernel::address::counted_as;
use crate::kernel::language::Language;
use crate::kernel::{Error, Result};
use crate::platform::auth::Viewer;
use crate::platform::bus::Hub;
use crate::platform::db::{Database, Reader};

/// The server's parts that resolvers use.
#[derive(Clone)]
pub struct Services {
    /// The database.
    pub database: Database,
    /// Log-in, tokens, clock.
    pub authenticator: Authenticator,
    /// The latest events.
    pub hub: Arc<Hub>,
    /// Where Odoo shows its records; absent: no Odoo.
    pub odoo_url: Option<Arc<str>>,
}

/// Who sent a request, and from where.
#[derive(Clone)]
pub struct Caller {
    /// The signed-in viewer with the database as they see it; `None`: nobody is signed in.
    pub reader: Option<Reader>,
    /// Id of the request, as in the log and in errors.
    pub request_id: String,
    /// Address of the caller.
    pub address: Option<String>,
    /// Program of the caller.
    pub user_agent: Option<String>,
}

/// By whom requests and connections are counted: the user or key, else the address (on IPv6 its /64).
pub fn account(viewer: Option<&Viewer>, address: Option<&str>) -> String {
    match viewer {
        Some(viewer) => viewer.actor.key().to_string(),
        None => counted_as(address.unwrap_or_default()),
    }
}

/// Reads the context by meaning.
pub trait Ask<'a> {
    /// Who asks, signed in or not.
    fn caller(&self) -> Result<&'a Caller>;
    /// The server's parts.
    fn services(&self) -> Result<&'a Services>;

    /// The database as the viewer sees it.
    ///
    /// # Errors
    /// `Unauthenticated` when nobody is signed in.
    fn reader(&self) -> Result<&'a Reader> {
        self.caller()?.reader.as_ref().ok_or(Error::Unauthenticated)
    }

    /// The viewer.
    ///
    /// # Errors
    /// `Unauthenticated` when nobody is signed in.
    fn viewer(&self) -> Result<&'a Arc<Viewer>> {
        Ok(&self.reader()?.viewer)
    }

    /// The language in which texts are written for the viewer.
    fn language(&self) -> Language {
        Language::of(self.viewer().map(|viewer| viewer.locale.as_str()).unwrap_or_default())
    }
}

impl<'a> Ask<'a> for Context<'a> {
    fn caller(&self) -> Result<&'a Caller> {
        self.data_opt().ok_or_else(|| Error::internal("the transport told nobody who asks"))
    }
    fn services(&self) -> Result<&'a Services> {
        self.data_opt().ok_or_else(|| Error::internal("the schema was built without services"))
    }
}
