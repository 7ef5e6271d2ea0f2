//! The kinds of things that others name by their ids: the ledger, or an event of the agenda that is about one. Each domain
//! lists its own (`KINDS`), and the wiring gives the lists to the database, so that nobody names the tables of others.

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use sea_orm::{ColumnTrait, DatabaseTransaction, IdenStatic, QueryFilter, QuerySelect};
use uuid::Uuid;

use super::visible::Visible;
use crate::kernel::Result;
use crate::kernel::ids::{ClientId, TypedId};
use crate::platform::auth::Viewer;

/// A table whose rows are named by their ids elsewhere.
pub trait Thing: Visible {
    /// The type of its ids.
    type Id: TypedId;
    /// The column that holds them.
    const ID: Self::Column;
    /// The column of the client that a row hangs on; of the client's own table its id. `None`: it hangs on no client.
    const CLIENT: Option<Self::Column>;
}

/// Finds a thing by its id, if the viewer sees it.
type Find = for<'a> fn(&'a DatabaseTransaction, &'a Viewer, Uuid) -> BoxFuture<'a, Result<Option<Seen>>>;

/// A kind of things.
#[derive(Clone, Copy)]
pub struct Kind {
    /// Prefix of its ids.
    pub prefix: &'static str,
    /// Whether it can be kept alike in another system.
    pub is_synced: bool,
    /// Whether others can be about one of them, as an event of the agenda is.
    pub is_related: bool,
    table: fn() -> Table,
    seen: Find,
}

/// Where the rows of a kind are.
pub struct Table {
    /// The table.
    pub name: String,
    /// Its column with the client that a row hangs on.
    pub client: Option<&'static str>,
}

/// A thing that a viewer sees.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Seen {
    /// The client that it hangs on.
    pub client: Option<ClientId>,
}

impl Kind {
    /// The rows of a table.
    pub const fn of<E: Thing>() -> Kind {
        Kind {
            prefix: E::Id::PREFIX,
            is_synced: false,
            is_related: false,
            table: table::<E>,
            seen: |conn, viewer, id| seen::<E>(conn, viewer, id).boxed(),
        }
    }

    /// The same, kept alike in another system where `ODOO_SYNC` says so.
    pub const fn synced(self) -> Kind {
        Kind { is_synced: true, ..self }
    }

    /// The same, where others can be about one of them.
    pub const fn related(self) -> Kind {
        Kind { is_related: true, ..self }
    }

    /// Where the rows are.
    pub fn table(&self) -> Table {
        (self.table)()
    }

    /// The thing, if there is one with this id and the viewer sees it.
    pub async fn seen(&self, conn: &DatabaseTransaction, viewer: &Viewer, id: Uuid) -> Result<Option<Seen>> {
        (self.seen)(conn, viewer, id).await
    }
}

fn table<E: Thing>() -> Table {
    let client = E::CLIENT.map(|column| column.as_str());
    Table { name: E::default().table_name().to_owned(), client }
}

async fn seen<E: Thing>(conn: &DatabaseTransaction, viewer: &Viewer, id: Uuid) -> Result<Option<Seen>> {
    let row = E::visible_to(viewer).filter(E::ID.eq(id)).select_only();
    Ok(match E::CLIENT {
        Some(client) => {
            let client: Option<Option<ClientId>> = row.column(client).into_tuple().one(conn).await?;
            client.map(|client| Seen { client })
        }
        None => {
            let known: Option<Uuid> = row.column(E::ID).into_tuple().one(conn).await?;
            known.map(|_| Seen { client: None })
        }
    })
}
