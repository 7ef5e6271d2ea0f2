//! The words of all clients, written anew: owed by a migration when what clients are found by has changed.

use futures_util::FutureExt;
use sea_orm::sea_query::LockType;
use sea_orm::{ColumnTrait, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect};
use serde::{Deserialize, Serialize};

use super::tables::client::{Column, Entity};
use super::terms;
use crate::kernel::ids::ClientId;
use crate::kernel::{Error, Result};
use crate::platform::db::{Tx, all_rows};
use crate::platform::jobs::{Failure, Job, Step, Work};

/// Clients of one transaction.
const AT_ONCE: u64 = 200;

/// Writes the words of all clients anew. A second time it finds nothing to write.
#[derive(Clone, Serialize, Deserialize)]
pub struct IndexClients {}

impl Job for IndexClients {
    const KIND: &'static str = "clients.index";

    fn dedup(&self) -> Option<String> {
        Some("all".to_owned())
    }
}

impl IndexClients {
    /// Does it, a few clients at a time, so that nobody waits for it.
    ///
    /// # Errors
    /// Those of the database: it is tried again from the beginning.
    pub async fn run(mut work: Work) -> Result<(), Failure> {
        let total = all_rows::<Entity>().count(&work.database.own).await.map_err(Error::from)?;
        work.steps(total, None, |tx, after| step(tx, after).boxed()).await?;
        Ok(())
    }
}

async fn step(tx: &mut Tx, after: Option<ClientId>) -> Result<Step<Option<ClientId>>> {
    let mut next = all_rows::<Entity>();
    if let Some(id) = after {
        next = next.filter(Column::Id.gt(id));
    }
    let next = next.order_by_asc(Column::Id).limit(AT_ONCE).lock(LockType::NoKeyUpdate);
    let clients = next.all(tx.conn()).await?;
    let (done, last) = (clients.len() as u64, clients.last().map(|client| client.id));
    terms::rewrite(tx, clients).await?;
    Ok((done, last.map(Some)))
}
