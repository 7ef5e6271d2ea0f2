//! Sends what the ledger says is due.

use std::collections::{BTreeSet, HashMap};
use std::time::Duration;

use sea_orm::sea_query::SelectStatement;
use uuid::Uuid;

use super::MAPPINGS;
use super::compare::Compared;
use super::endings::{Claimed, Interrupted, deleted, is_about_all, is_about_them, problem};
use super::mapping::{Local, Mapping, Way};
use super::send::Parcel;
use super::sync::Sync;
use super::uncertain::is_doubtful;
use crate::domains::sync::ledger::{self, Ending};
use crate::domains::sync::{Model, SyncDirection, SyncStatus, lanes, progress};
use crate::integrations::odoo::{Call, Class, Fault, Kind, Value};
use crate::kernel::Result;
use crate::kernel::ids::{TypedId, new_uuid};
use crate::kernel::time::Instant;
use crate::platform::db::{Mark, mark};
use crate::platform::jobs::Work;
use crate::platform::telemetry::Span;

/// Most rows that are claimed, and sent, at once: a call of `load` with so many takes Odoo a few seconds.
const BATCH: u64 = 200;
/// A run that takes longer ends, so that others in the queue get their turn.
const TURN: Duration = Duration::from_secs(20);

impl Sync {
    /// Whose change of a model is due, if any is and it is not left alone just now.
    ///
    /// # Errors
    /// Those of the database.
    pub fn due_for(&self, model: &'static str, now: Instant) -> Option<SelectStatement> {
        if self.backoff.rests(model, now) {
            return None;
        }
        if let Some(notes) = self.pushing(model).find(|mapping| mapping.way() == Way::Note) {
            return Some(ledger::note_due_for(notes.kind(), now));
        }
        let kinds: Vec<&str> = self.pushing(model).map(|mapping| mapping.kind()).collect();
        Some(ledger::due_for(&kinds, now))
    }

    /// The models to which changes from here go.
    pub fn pushed_models(&self) -> Vec<&'static str> {
        let pushing = MAPPINGS.iter().filter(|mapping| self.directions(**mapping).push);
        pushing.map(|mapping| mapping.model()).collect::<BTreeSet<_>>().into_iter().collect()
    }

    fn pushing(&self, model: &'static str) -> impl Iterator<Item = &'static dyn Mapping> {
        MAPPINGS
            .iter()
            .copied()
            .filter(move |mapping| mapping.model() == model && self.directions(*mapping).push)
    }

    /// Sends what is due of a model, what others hang on first, until nothing is or there is trouble.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn push(&self, model: &'static str, work: &mut Work) -> Result<()> {
        let kinds: Vec<&str> = self.pushing(model).map(|mapping| mapping.kind()).collect();
        let (mut done, mut total) = (0, None);
        let began = std::time::Instant::now();
        let mut idle = false;
        while !idle && began.elapsed() < TURN {
            idle = true;
            for mapping in self.pushing(model) {
                let (run, now) = (new_uuid(), self.clock.now());
                let rows = match mapping.way() {
                    Way::Records => ledger::claim(&self.database, mapping.kind(), run, now, BATCH).await?,
                    Way::Note => ledger::claim_notes(&self.database, mapping.kind(), run, now).await?,
                };
                if rows.is_empty() {
                    continue;
                }
                idle = false;
                Span::also_for(&rows.iter().map(ledger::trail).collect::<Vec<_>>());
                let sent = u64::try_from(rows.len()).unwrap_or_default();
                done += sent;
                let claimed = rows.into_iter().map(|row| (row, run)).collect();
                let ended = match mapping.way() {
                    Way::Records => self.records(mapping, claimed).await?.map(|()| true),
                    Way::Note => self.notes(mapping, claimed, began + TURN).await?,
                };
                let Ok(answered) = ended else {
                    self.rest(model);
                    return Ok(());
                };
                if answered {
                    self.backoff.well(model);
                    self.tell(SyncDirection::Push, model, None).await?;
                    if !lanes::any_fails(&self.database.own, SyncDirection::Push, &self.pushed_models())
                        .await?
                    {
                        progress::trouble(&self.database.own, None).await?;
                    }
                }
                // How much there is matters where it takes a while: it is not counted before.
                if sent >= BATCH && total.is_none() {
                    total = Some(done + ledger::due(&self.database, &kinds, self.clock.now()).await?);
                }
                if let Some(total) = total {
                    work.progress(done.min(total), total).await?;
                }
            }
        }
        Ok(())
    }

    /// Settles rows, and counts how they ended.
    pub(super) async fn settle(&self, mapping: &dyn Mapping, endings: Vec<(Claimed, Ending)>) -> Result<()> {
        for (_, ending) in &endings {
            let outcome = match ending {
                Ending::Alike { .. } | Ending::Told { .. } => "alike",
                Ending::Later { .. } => "later",
                Ending::Unsure { again: Some(_), .. } => "unsure",
                Ending::Failed { again: Some(_), .. } => "again",
                Ending::Unsure { again: None, .. }
                | Ending::Failed { again: None, .. }
                | Ending::GoneThere(_) => "dead",
                Ending::Gone | Ending::Archived => "gone",
            };
            metrics::counter!("cabina_sync_total", "kind" => mapping.kind(), "outcome" => outcome)
                .increment(1);
        }
        let endings = endings.into_iter().map(|((row, run), ending)| (row, run, ending)).collect();
        ledger::settle(&self.database, &self.clock, mapping.model(), endings).await
    }

    /// Rows that were not sent stay where they stood in the queue.
    pub(super) async fn postpone(
        &self,
        mapping: &dyn Mapping,
        rows: impl IntoIterator<Item = Claimed>,
        fault: &Fault,
    ) -> Result<Result<(), Interrupted>> {
        let rows: Vec<Claimed> = rows.into_iter().collect();
        self.tell(SyncDirection::Push, mapping.model(), Some(&fault.to_string())).await?;
        if matches!(fault.class, Class::Refused | Class::Permanent(Kind::Configuration))
            && let Some((row, _)) = rows.first()
            && progress::trouble(&self.database.own, Some(&format!("{:?}", fault.class))).await?
        {
            ledger::alarm(&self.database, &self.clock, row).await?;
        }
        let later = |(row, run): Claimed| {
            let why = Some((fault.to_string(), Some(fault.hint().into_owned())));
            let ending = Ending::Later { at: row.next_attempt_at, why };
            ((row, run), ending)
        };
        self.settle(mapping, rows.into_iter().map(later).collect()).await?;
        Ok(Err(Interrupted))
    }

    /// Keeps records alike: reads those that are there already, compares, and sends what differs.
    async fn records(
        &self,
        mapping: &'static dyn Mapping,
        mut rows: Vec<Claimed>,
    ) -> Result<Result<(), Interrupted>> {
        let mut names = match self.names().await {
            Ok(names) => names,
            Err(fault) => return self.postpone(mapping, rows, &fault).await,
        };
        let ids: Vec<Uuid> = rows.iter().map(|(row, _)| row.id.uuid()).collect();
        let locals = mapping.read((&self.database.own).into(), &ids).await?;
        let parents = ledger::of(&self.database, locals.values().filter_map(|local| local.parent)).await?;
        names.learn(parents.values());
        let (mut settled, mut gone, mut known, mut fresh) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        let merged = match self.look_for(mapping, &mut rows).await? {
            Ok(merged) => merged,
            Err(fault) if is_about_them(&fault) => {
                for claimed in rows.extract_if(.., |(row, _)| is_doubtful(row)) {
                    settled.push((claimed, Ending::Failed { again: None, problem: problem(&fault) }));
                }
                HashMap::new()
            }
            Err(fault) => return self.postpone(mapping, rows, &fault).await,
        };
        for claimed in rows {
            let merged = merged.get(&claimed.0.id);
            let Some(local) = locals.get(&claimed.0.id.uuid()) else {
                match claimed.0.external_id {
                    Some(_) if merged.is_none() => gone.push(claimed),
                    _ => settled.push((claimed, Ending::Gone)),
                }
                continue;
            };
            if let Err(ending) = self.parent(local, &parents).await? {
                settled.push((claimed, ending));
                continue;
            }
            if let Some(id) = merged {
                settled.push((claimed, Ending::GoneThere(ledger::merged_there(*id))));
                continue;
            }
            if claimed.0.external_id.is_some() {
                known.push((claimed, local));
            } else {
                fresh.push(Parcel::fresh(claimed, mapping, local, &names));
            }
        }
        let there =
            match self.there(mapping, known.iter().filter_map(|(claimed, _)| claimed.0.external_id)).await {
                Ok(there) => there,
                Err(fault) if is_about_them(&fault) => {
                    // They cannot even be read: an admin must look at it, and the new ones are tried all the same.
                    for (claimed, _) in known.drain(..) {
                        settled.push((claimed, Ending::Failed { again: None, problem: problem(&fault) }));
                    }
                    HashMap::new()
                }
                Err(fault) => {
                    let all = known.into_iter().map(|(claimed, _)| claimed).chain(gone);
                    let all: Vec<Claimed> =
                        all.chain(fresh.into_iter().map(|parcel| parcel.claimed)).collect();
                    self.settle(mapping, settled).await?;
                    return self.postpone(mapping, all, &fault).await;
                }
            };
        self.learn(&mut names, mapping, there.values()).await?;
        let mut changed = Vec::new();
        for (claimed, local) in known {
            let id = claimed.0.external_id.unwrap_or_default();
            match there.get(&id) {
                None => settled.push((claimed, deleted())),
                Some(record) => match self.compare(mapping, &claimed.0, local, record, &names).await? {
                    Compared::Ended(ending) => settled.push((claimed, ending)),
                    Compared::Differs { met, fields } => {
                        changed.push(Parcel::changed(claimed, met, fields, &names));
                    }
                },
            }
        }
        self.settle(mapping, settled).await?;
        for claimed in gone {
            if let Err(trouble) = self.archive(mapping, claimed).await? {
                // What was not sent is claimed by a later run: the claim is this run's alone.
                let left = fresh.into_iter().chain(changed).collect();
                return self.later(mapping, left).await.map(|()| Err(trouble));
            }
        }
        self.send(mapping, fresh, changed).await
    }

    /// The record of what a thing hangs on; else how its row ends for now.
    pub(super) async fn parent(
        &self,
        local: &Local,
        parents: &HashMap<Uuid, Model>,
    ) -> Result<Result<Option<i64>, Ending>> {
        let Some(id) = local.parent else { return Ok(Ok(None)) };
        let now = self.clock.now();
        let later = |seconds, why: &str| {
            Ok(Err(Ending::Later {
                at: now + chrono::Duration::seconds(seconds),
                why: Some((why.to_owned(), None)),
            }))
        };
        match parents.get(&id) {
            Some(parent) => match (parent.external_id, parent.status) {
                (Some(there), _) => Ok(Ok(Some(there))),
                (None, SyncStatus::Dead) => later(60, "waits for its client, which could not be sent"),
                (None, _) => later(2, "waits for its client"),
            },
            None => {
                // The client is from before Odoo was there.
                let kind = crate::kernel::ids::ClientId::PREFIX.to_owned();
                let client = Some(local.client.uuid());
                let txn = self.database.begin().await?;
                mark(&txn, vec![Mark { id, kind, client, gone: false }], now).await?;
                txn.commit().await?;
                later(0, "waits for its client")
            }
        }
    }

    /// What was deleted here is archived there: documents there may hang on it.
    async fn archive(&self, mapping: &dyn Mapping, claimed: Claimed) -> Result<Result<(), Interrupted>> {
        let id = claimed.0.external_id.unwrap_or_default();
        let archived = vec![("active".to_owned(), Value::Bool(false))];
        match self.odoo.run(Call::write(mapping.model(), &[id], archived)).await {
            Err(fault) if fault.class != Class::Permanent(Kind::Missing) => {
                if is_about_all(&fault) {
                    return self.postpone(mapping, [claimed], &fault).await;
                }
                let again = self.again(&claimed.0, &fault);
                let ending = Ending::Failed { again, problem: problem(&fault) };
                self.settle(mapping, vec![(claimed, ending)]).await?;
            }
            Err(_) => self.settle(mapping, vec![(claimed, Ending::Gone)]).await?,
            Ok(_) => self.settle(mapping, vec![(claimed, Ending::Archived)]).await?,
        }
        Ok(Ok(()))
    }
}
