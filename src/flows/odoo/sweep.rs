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

/// How many records there were up to an id. Ids are never given twice, so they only become fewer when some are deleted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Count {
    upto: i64,
    records: i64,
}

impl Sync {
    /// Whether there are fewer records than when they were counted the last time; `last`: the id of one that is known to be
    /// there by now, so that it counts from now on. Nobody knows what was deleted before this process began: yes.
    pub(super) async fn is_fewer(&self, model: &'static str, last: i64) -> Result<bool> {
        let counted = |upto: i64| {
            let these = Domain::all().and("id", "<=", upto);
            self.odoo.run(Call::search_count(model, these).context("active_test", false))
        };
        let before = self.counts().get(model).copied();
        let (mut now, is_fewer) = match before {
            Some(before) => {
                let records = counted(before.upto).await?;
                (Count { records, ..before }, records != before.records)
            }
            None => (Count { upto: 0, records: 0 }, true),
        };
        if now.upto < last {
            now = Count { upto: last, records: counted(last).await? };
        }
        self.counts().insert(model, now);
        Ok(is_fewer)
    }

    /// Has deleted records looked for at the next pull, whatever it counts.
    pub(super) fn forget_count(&self, model: &str) {
        self.counts().remove(model);
    }

    fn counts(&self) -> std::sync::MutexGuard<'_, std::collections::BTreeMap<&'static str, Count>> {
        // Whoever panicked while holding it left it whole: each change is one assignment.
        self.known.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

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
