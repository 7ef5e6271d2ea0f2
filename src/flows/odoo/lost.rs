//! Looks for records that may be there though no answer told their ids.

use std::collections::{BTreeSet, HashMap};

use super::Sync;
use super::mapping::Mapping;
use super::push::Claimed;
use super::send::external_key;
use crate::domains::sync::Model;
use crate::domains::sync::ledger;
use crate::integrations::odoo::{Call, Class, Fault, Kind, Loaded};
use crate::kernel::Result;
use crate::kernel::ids::SyncId;

/// Whether its record may be there: the answer of an earlier call was lost, or it was there once and may live on in a record
/// that it was merged into.
pub(super) fn is_doubtful(row: &Model) -> bool {
    row.external_id.is_none() && (row.sent_at.is_some() || row.synced_at.is_some())
}

impl Sync {
    /// Finds the records of those that are in doubt, so that they are compared and not just sent once more: somebody may have
    /// changed them there. Tells those whose record is that of another thing of ours by now.
    pub(super) async fn look_for(
        &self,
        mapping: &dyn Mapping,
        rows: &mut [Claimed],
    ) -> Result<Result<HashMap<SyncId, i64>, Fault>> {
        let doubtful: Vec<&Model> = rows.iter().map(|(row, _)| row).filter(|row| is_doubtful(row)).collect();
        if doubtful.is_empty() {
            return Ok(Ok(HashMap::new()));
        }
        let found = match self.resolve(mapping, doubtful).await {
            Ok(found) => found,
            Err(fault) => return Ok(Err(fault)),
        };
        let ids: Vec<i64> = found.values().copied().collect();
        let held = ledger::there(&self.database, mapping.model(), &ids).await?;
        for (row, _) in rows.iter_mut() {
            row.external_id = row.external_id.or(found.get(&row.id).copied());
        }
        Ok(Ok(found.into_iter().filter(|(_, id)| held.contains_key(id)).collect()))
    }

    /// The records that our external ids lead to, of those that there are. Nothing is written (recording 240).
    async fn resolve(&self, mapping: &dyn Mapping, rows: Vec<&Model>) -> Result<HashMap<SyncId, i64>, Fault> {
        let (mut found, mut left) = (HashMap::new(), vec![rows]);
        while let Some(mut rows) = left.pop() {
            let keys: Vec<Vec<String>> = rows.iter().map(|row| vec![external_key(mapping, row)]).collect();
            match self.odoo.run(Call::load(mapping.model(), &["id"], &keys)).await {
                Ok(Loaded(ids)) => found.extend(rows.into_iter().map(|row| row.id).zip(ids)),
                // Unknown ones are refused for want of the required fields (recording 241). The first is blamed in company
                // for what is wrong with any.
                Err(fault) if fault.class == Class::Permanent(Kind::Rule) && rows.len() > 1 => {
                    let unknown = fault.rows.iter().filter_map(|row| row.row).filter(|row| *row > 0);
                    let unknown: BTreeSet<usize> = unknown.collect();
                    let before = rows.len();
                    let mut place = 0..;
                    rows.retain(|_| place.next().is_none_or(|place| !unknown.contains(&place)));
                    if rows.len() == before {
                        left.push(rows.split_off(before / 2));
                    }
                    left.push(rows);
                }
                Err(fault) if fault.class == Class::Permanent(Kind::Rule) => {}
                Err(fault) => return Err(fault),
            }
        }
        Ok(found)
    }
}
