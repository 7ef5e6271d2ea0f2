//! Looks for records that were deleted in Odoo.

use std::collections::BTreeSet;

use uuid::Uuid;

use super::MAPPINGS;
use super::endings::deleted;
use super::sync::{Count, Sync};
use crate::domains::sync::Model;
use crate::domains::sync::ledger::{self, Ending};
use crate::integrations::odoo::{Call, Domain, Value};
use crate::kernel::Result;
use crate::kernel::ids::{TypedId, new_uuid};

/// Ids that are looked for in one call.
const SWEPT: u64 = 1000;

impl Sync {
    /// Whether there are fewer records than when they were counted the last time; `last`: the id of one that is known to be
    /// there by now, so that it counts from now on, as do those that stand alike here. Nobody knows what was deleted before this
    /// process began: yes.
    pub(super) async fn is_fewer(&self, model: &'static str, last: i64) -> Result<bool> {
        let counted = |after: i64, upto: i64| {
            let these = Domain::all().and("id", ">", after).and("id", "<=", upto);
            self.odoo.run(Call::search_count(model, these).context("active_test", false))
        };
        let before = self.counts().get(model).copied();
        let Count { upto, mut records } = before.unwrap_or(Count { upto: 0, records: 0 });
        if before.is_some() {
            records = counted(0, upto).await?;
        }
        let mut is_fewer = before.is_none_or(|before| before.records != records);
        // The last ones come first: more than fit one call are looked through by the sweep.
        let ours = ledger::synced_there(&self.database, model, upto, SWEPT + 1).await?;
        let last = ours.first().copied().unwrap_or_default().max(last);
        if upto < last {
            records += counted(upto, last).await?;
            // Those that were deleted before they counted for the first time. It is looked after the count, so that what is
            // deleted in between is seen now, or by the next count.
            is_fewer = is_fewer || !self.all_are_there(model, ours).await?;
        }
        self.counts().insert(model, Count { upto: upto.max(last), records });
        Ok(is_fewer)
    }

    /// Whether all of these are there; of more than fit one call nobody knows.
    async fn all_are_there(&self, model: &'static str, ids: Vec<i64>) -> Result<bool> {
        let count = ids.len();
        if count == 0 || count as u64 > SWEPT {
            return Ok(count == 0);
        }
        let ids: Vec<Value> = ids.into_iter().map(Into::into).collect();
        let there = Domain::all().and("id", "in", ids);
        let there = self.odoo.run(Call::search_count(model, there).context("active_test", false)).await?;
        Ok(usize::try_from(there).is_ok_and(|there| there == count))
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
                    let ending = if row.gone { Ending::Gone } else { deleted() };
                    ((row, run), ending)
                };
                let endings: Vec<((Model, Uuid), Ending)> = claimed.into_iter().map(ending).collect();
                self.settle(*mapping, endings).await?;
            }
        }
        Ok(())
    }
}
