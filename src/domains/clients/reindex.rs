//! The words of all clients, written anew: owed by a migration when what clients are found by has changed.

use sea_orm::{ColumnTrait, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect};
use serde::{Deserialize, Serialize};

use super::tables::client::{Column, Entity};
use super::terms;
use crate::kernel::Error;
use crate::platform::db::all_rows;
use crate::platform::jobs::{Failure, Job, Work};

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
        let (mut done, mut after) = (0, None);
        loop {
            let mut tx = work.begin().await?;
            let mut next = all_rows::<Entity>();
            if let Some(id) = after {
                next = next.filter(Column::Id.gt(id));
            }
            let next = next.order_by_asc(Column::Id).limit(AT_ONCE).lock_exclusive();
            let clients = next.all(tx.conn()).await.map_err(Error::from)?;
            let Some(last) = clients.last() else { return Ok(()) };
            after = Some(last.id);
            done += clients.len() as u64;
            terms::rewrite(&tx, clients).await?;
            tx.keep();
            tx.commit().await?;
            work.progress(done, total.max(done)).await?;
        }
    }
}
