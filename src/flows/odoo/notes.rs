//! Writes notes, each once, though they have no external id.

use std::collections::BTreeSet;

use uuid::Uuid;

use super::entry::BODY;
use super::mapping::{Local, Mapping};
use super::push::Claimed;
use super::send::{ATTEMPTS, Trouble};
use super::{Sync, is_about_all, problem};
use crate::domains::sync::ledger::{self, Ending, Problem};
use crate::domains::sync::{Model, SyncDirection};
use crate::integrations::odoo::{Call, Class, Domain, Fault};
use crate::kernel::Result;
use crate::kernel::ids::{ClientId, TypedId, print};
use crate::kernel::time::Instant;

impl Sync {
    /// Writes notes, each once: where an earlier try may have arrived, it is looked for first.
    pub(super) async fn notes(
        &self,
        mapping: &'static dyn Mapping,
        mut rows: Vec<Claimed>,
    ) -> Result<Result<(), Trouble>> {
        // In the order in which they were written: one that waited is due later than those behind it.
        rows.sort_by_key(|(row, _)| row.id);
        let ids: Vec<Uuid> = rows.iter().map(|(row, _)| row.id.uuid()).collect();
        let locals = mapping.read((&self.database.own).into(), &ids).await?;
        let parents = ledger::of(&self.database, locals.values().filter_map(|local| local.parent)).await?;
        let clients: BTreeSet<ClientId> = rows.iter().filter_map(|(row, _)| row.client_id).collect();
        let claimed = rows.iter().map(|(row, _)| row.id);
        let mut held = ledger::held(&self.database, mapping.kind(), clients, claimed).await?;
        let mut rows = rows.into_iter();
        while let Some(claimed) = rows.next() {
            let row = &claimed.0;
            // The notes of a client stay in their order.
            if let Some((first, at)) = row.client_id.and_then(|client| held.get(&client)).copied()
                && first < row.id
            {
                let at = at.max(self.clock.now());
                self.settle(mapping, vec![(claimed, Ending::Later { at, why: None })]).await?;
                continue;
            }
            let ending = match (locals.get(&row.id.uuid()), row.external_id) {
                (None, _) => Ending::Gone,
                (Some(local), Some(id)) => noted(id, local),
                (Some(local), None) => match self.parent(local, &parents).await? {
                    Err(ending) => ending,
                    Ok(None) => Ending::Gone,
                    Ok(Some(parent)) => {
                        let kind = parents.get(&local.client.uuid());
                        let model = kind.and_then(|row| row.external_model.as_deref()).unwrap_or_default();
                        match self.note(&claimed, local, model, parent).await? {
                            Ok(ending) => ending,
                            Err(fault) => {
                                let left = std::iter::once(claimed).chain(rows);
                                return self.put_off(mapping, left, &fault).await;
                            }
                        }
                    }
                },
            };
            if let (
                Some(client),
                Ending::Unsure { again: Some(at), .. } | Ending::Failed { again: Some(at), .. },
            ) = (row.client_id, &ending)
            {
                held.insert(client, (row.id, *at));
            }
            self.settle(mapping, vec![(claimed, ending)]).await?;
        }
        Ok(Ok(()))
    }

    /// Writes one note.
    ///
    /// # Errors
    /// What says nothing about the note.
    async fn note(
        &self,
        (row, run): &Claimed,
        local: &Local,
        model: &str,
        parent: i64,
    ) -> Result<Result<Ending, Fault>> {
        let now = self.clock.now();
        let over = |sent: Instant| sent + chrono::Duration::from_std(self.timeout).unwrap_or_default();
        if let Some(sent) = row.sent_at {
            // As long as Odoo may still be at work on the lost call nobody can tell.
            if now < over(sent) {
                let problem = Problem {
                    error: "the answer got lost".to_owned(),
                    hint: "It is looked for before anything is sent again.".to_owned(),
                    fingerprint: "lost".to_owned(),
                    payload: None,
                };
                return Ok(Ok(Ending::Unsure { again: Some(over(sent)), problem }));
            }
            let id = print(&row.local_type, row.id.uuid());
            let there =
                Domain::all().and("model", "=", model).and("res_id", "=", parent).and("body", "ilike", id);
            match self.odoo.run(Call::search("mail.message", there).limit(1)).await {
                Ok(found) => {
                    if let Some(id) = found.first() {
                        return Ok(Ok(noted(*id, local)));
                    }
                }
                Err(fault) if is_about_all(&fault) => return Ok(Err(fault)),
                // Still nobody knows: the row keeps when it was sent.
                Err(fault) => return Ok(Ok(self.unsure(row, over(now), &fault))),
            }
        }
        if !ledger::sending(&self.database, row.id, *run, now).await? {
            return Ok(Ok(Ending::Later { at: now, why: None })); // another run holds it by now
        }
        let body = local.values.get(BODY).cloned().flatten().unwrap_or_default();
        Ok(match self.odoo.run(Call::message_post(model, parent, &body)).await {
            Ok(id) => Ok(noted(id, local)),
            Err(fault) if is_about_all(&fault) => Err(fault),
            Err(fault) if matches!(fault.class, Class::Unknown | Class::Done) => {
                Ok(self.unsure(row, over(self.clock.now()), &fault))
            }
            Err(fault) => {
                let problem = Problem { payload: Some(local.values.clone()), ..problem(&fault) };
                Ok(Ending::Failed { again: self.again(row, &fault), problem })
            }
        })
    }

    /// Nobody knows whether the note is there; after enough tries an admin must look.
    fn unsure(&self, row: &Model, at: Instant, fault: &Fault) -> Ending {
        Ending::Unsure { again: (row.attempts + 1 < ATTEMPTS).then_some(at), problem: problem(fault) }
    }
}

/// A note that is there.
fn noted(id: i64, local: &Local) -> Ending {
    let (agreed, seen) = (local.values.clone(), local.values.clone());
    Ending::Alike { external_id: id, agreed, seen, direction: SyncDirection::Push, problem: None }
}
