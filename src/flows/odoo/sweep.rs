//! Looks for records that were deleted in Odoo.

use std::collections::BTreeSet;

use uuid::Uuid;

use super::{MAPPINGS, Sync};
use crate::domains::sync::Model;
use crate::domains::sync::ledger::{self, Ending};
use crate::integrations::odoo::{Call, Domain, Value};
use crate::kernel::Result;
use crate::kernel::ids::{TypedId, new_uuid};

/// Ids that are looked for in one call.
const SWEPT: u64 = 1000;

impl Sync {
    /// Looks for records that were deleted there: nothing else tells of it (rule 38).
    ///
    /// # Errors
    /// Those of the database, and `Unavailable` when Odoo fails.
    pub async fn sweep(&self, model: &str) -> Result<()> {
        for mapping in MAPPINGS.iter().filter(|mapping| mapping.model() == model) {
            let mut after = Uuid::nil();
            loop {
                let rows = ledger::synced(&self.database, mapping.kind(), after, SWEPT).await?;
                let Some(last) = rows.last() else { break };
                after = last.id.uuid();
                let ids: Vec<Value> = rows.iter().filter_map(|row| row.external_id).map(Into::into).collect();
                let there = Domain::all().and("id", "in", ids);
                let there = self.odoo.run(Call::search(model, there).context("active_test", false)).await?;
                let there: BTreeSet<i64> = there.into_iter().collect();
                let lost: Vec<Uuid> = rows
                    .iter()
                    .filter(|row| row.external_id.is_some_and(|id| !there.contains(&id)))
                    .map(|row| row.id.uuid())
                    .collect();
                let run = new_uuid();
                let claimed = ledger::take(&self.database, &lost, run, self.clock.now()).await?;
                let ending = |row: Model| {
                    // What is no more here was only waiting to come back.
                    let ending = if row.gone { Ending::Gone } else { super::compare::deleted() };
                    ((row, run), ending)
                };
                let endings: Vec<((Model, Uuid), Ending)> = claimed.into_iter().map(ending).collect();
                self.settle(*mapping, endings).await?;
            }
        }
        Ok(())
    }
}
