//! Takes over what was changed in Odoo.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use uuid::Uuid;

use super::compare::{refused_here, take_over, values};
use super::mapping::{Local, Mapping, Stranger, Taken, Way};
use super::merge::merge;
use super::places::Places;
use super::{MAPPINGS, Sync};
use crate::domains::sync::ledger::{self, Ending, Pulled};
use crate::domains::sync::{Model, SyncStatus, progress};
use crate::integrations::odoo::{Call, Domain, Fault, Record};
use crate::kernel::Result;
use crate::kernel::ids::{ClientId, TypedId, new_uuid};

/// Records of one call.
const PAGE: i64 = 500;
/// Ids that are looked for in one call of the sweep.
const SWEPT: u64 = 1000;

impl Sync {
    /// The models whose changes come here.
    pub fn pulled_models(&self) -> Vec<&'static str> {
        let pulling =
            MAPPINGS.iter().filter(|mapping| mapping.way() == Way::Records && self.ways(**mapping).pull);
        pulling.map(|mapping| mapping.model()).collect::<BTreeSet<_>>().into_iter().collect()
    }

    fn pulling(&self, model: &str) -> Vec<&'static dyn Mapping> {
        MAPPINGS
            .iter()
            .copied()
            .filter(|mapping| mapping.model() == model && self.ways(*mapping).pull)
            .collect()
    }

    /// Looks at all records of a model that changed since the last time, and a while before: what a long transaction
    /// wrote becomes visible late, under the time of its start (rule 36). Seeing a record again does nothing.
    ///
    /// # Errors
    /// Those of the database, and `Unavailable` when Odoo fails.
    pub async fn pull(&self, model: &str) -> Result<()> {
        let now = self.clock.now();
        if self.pace.rests(now) {
            return Ok(()); // the next time comes soon
        }
        let mappings = self.pulling(model);
        let places = self.places().await?;
        let reached = progress::watermark(&self.database.own, model).await?;
        let since = reached.map(|reached| reached - self.overlap);
        let me = self.odoo.uid().await?;
        let mut fields: BTreeSet<&str> = BTreeSet::from(["write_date", "create_uid", "active", "parent_id"]);
        fields.extend(mappings.iter().flat_map(|mapping| mapping.fields()).map(|field| field.theirs));
        let known = self.odoo.run(Call::fields_get(model, &[])).await?;
        fields.extend(["customer_rank"]);
        let fields: Vec<&str> = fields.into_iter().filter(|name| known.get(name).is_some()).collect();
        let (mut last, mut latest) = (0, reached);
        loop {
            let changed =
                since.map_or(Domain::all(), |since| Domain::all().changed_since(since)).after_id(last);
            let page = Call::search_read(model, changed, &fields).order("id asc").limit(PAGE);
            let page = self.odoo.run(page.bare().context("active_test", false)).await?;
            let Some(end) = page.last() else { break };
            last = end.id().map_err(Fault::from)?;
            for record in &page {
                latest = latest.max(record.instant("write_date").map_err(Fault::from)?);
            }
            let full = i64::try_from(page.len()).unwrap_or(i64::MAX) >= PAGE;
            self.page(model, &mappings, page, &places, me).await?;
            if !full {
                break;
            }
        }
        match latest {
            Some(latest) if Some(latest) != reached => {
                progress::reach(&self.database.own, model, latest).await
            }
            _ => Ok(()),
        }
    }

    /// Takes over a page of records.
    async fn page(
        &self,
        model: &str,
        mappings: &[&'static dyn Mapping],
        page: Vec<Record>,
        places: &Places,
        me: i64,
    ) -> Result<()> {
        let mut records: BTreeMap<i64, Record> = BTreeMap::new();
        for record in page {
            records.insert(record.id().map_err(Fault::from)?, record);
        }
        let ids: Vec<i64> = records.keys().copied().collect();
        let rows = ledger::there(&self.database, model, &ids).await?;
        let parents = self.parents(model, &records).await?;
        for mapping in mappings {
            let of_kind = |row: &&Model| row.local_type == mapping.kind();
            let things: Vec<Uuid> = rows.values().filter(of_kind).map(|row| row.id.uuid()).collect();
            let locals = mapping.read(&self.database, &things).await?;
            for (id, record) in &records {
                let Some(row) = rows.get(id).filter(of_kind) else { continue };
                if let Some(local) = locals.get(&row.id.uuid()) {
                    self.meet(*mapping, row, local, record, places).await?;
                }
            }
        }
        for (id, record) in records.iter().filter(|(id, _)| !rows.contains_key(id)) {
            self.stranger(mappings, *id, record, &parents, places, me).await?;
        }
        Ok(())
    }

    /// The clients whose records these hang on, by the ids there.
    async fn parents(&self, model: &str, records: &BTreeMap<i64, Record>) -> Result<HashMap<i64, ClientId>> {
        let mut ids = BTreeSet::new();
        for record in records.values() {
            ids.extend(record.many2one("parent_id").ok().flatten());
        }
        let ids: Vec<i64> = ids.into_iter().collect();
        let rows = ledger::there(&self.database, model, &ids).await?;
        let client = |(id, row): (i64, Model)| {
            (row.local_type == ClientId::PREFIX).then(|| (id, ClientId::from_uuid(row.id.uuid())))
        };
        Ok(rows.into_iter().filter_map(client).collect())
    }

    /// Compares one thing with its record. What waits to be sent is compared when it is sent.
    async fn meet(
        &self,
        mapping: &dyn Mapping,
        row: &Model,
        local: &Local,
        record: &Record,
        places: &Places,
    ) -> Result<()> {
        if !matches!(row.status, SyncStatus::Synced | SyncStatus::Dead) {
            return Ok(());
        }
        let base = ledger::agreed(row);
        let fields: Vec<_> = mapping
            .fields()
            .iter()
            .copied()
            .filter(|field| field.cell(&local.values, places).is_some())
            .collect();
        let theirs = values(&fields, record, places, local.home.as_deref())?;
        if theirs == base && row.status == SyncStatus::Synced {
            return Ok(()); // our own echo, or a change of what is nobody's business here
        }
        let merged = merge(&fields, self.ways(mapping), &base, &local.values, &theirs);
        let mut tx = self.begin().await?;
        let refused = match take_over(&mut tx, mapping, row.id.uuid(), local, &merged).await? {
            Taken::Kept(refused) => refused,
            // Changed here meanwhile: it waits to be sent, and is compared then.
            Taken::Overtaken => return Ok(()),
            Taken::Gone => {
                ledger::forget(&mut tx, row.id).await?;
                tx.commit().await?;
                return Ok(());
            }
        };
        let mut held = theirs.clone();
        for refused in &refused {
            // What is not taken over was never agreed on: once it is corrected there, it counts as changed there.
            held.insert(refused.field.clone(), local.values.get(&refused.field).cloned().flatten());
        }
        let pulled = Pulled {
            seen: Some(row),
            local: (mapping.kind(), row.id.uuid()),
            client: Some(local.client),
            model: mapping.model(),
            external_id: row.external_id.unwrap_or_default(),
            alike: merged.both == theirs,
            theirs: held,
            problem: (!refused.is_empty()).then(|| refused_here(&refused)),
        };
        ledger::pulled(&mut tx, pulled).await?;
        tx.commit().await?;
        Ok(())
    }

    /// Makes a thing of a record that nobody here knows, where it is one that people made there: a customer, or somebody at
    /// a client.
    async fn stranger(
        &self,
        mappings: &[&'static dyn Mapping],
        id: i64,
        record: &Record,
        parents: &HashMap<i64, ClientId>,
        places: &Places,
        me: i64,
    ) -> Result<()> {
        let Some(team) = &self.team else { return Ok(()) };
        // What we made ourselves, and whose answer was lost, is met when it is sent again.
        let ours = record.many2one("create_uid").ok().flatten() == Some(me);
        let active = record.flag("active").unwrap_or(true);
        let hangs_on = record.many2one("parent_id").ok().flatten();
        let client = hangs_on.and_then(|parent| parents.get(&parent).copied());
        let customer = record.int("customer_rank").is_ok_and(|rank| rank > 0);
        if ours || !active || (hangs_on.is_some() && client.is_none()) || (hangs_on.is_none() && !customer) {
            return Ok(());
        }
        for mapping in mappings.iter().filter(|mapping| mapping.parent().is_some() == client.is_some()) {
            let theirs = values(mapping.fields(), record, places, None)?;
            let mut tx = self.begin().await?;
            let stranger = Stranger { values: &theirs, client, team };
            let Some((thing, client)) = mapping.adopt(&mut tx, stranger).await? else {
                tracing::info!(
                    model = mapping.model(),
                    id,
                    "a record of Odoo was not taken over: it is incomplete, or looks like a client that is here already"
                );
                continue;
            };
            tx.came_from_there(thing);
            let local = (mapping.kind(), thing);
            let (model, external_id) = (mapping.model(), id);
            // It is sent once, so that Odoo learns our number.
            let alike = !self.ways(*mapping).push;
            let pulled = Pulled {
                seen: None,
                local,
                client: Some(client),
                model,
                external_id,
                theirs,
                alike,
                problem: None,
            };
            ledger::pulled(&mut tx, pulled).await?;
            tx.commit().await?;
            return Ok(());
        }
        Ok(())
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
                let ids: Vec<crate::integrations::odoo::Value> =
                    rows.iter().filter_map(|row| row.external_id).map(Into::into).collect();
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
                let ending = |row| ((row, run), super::compare::deleted());
                let endings: Vec<((Model, Uuid), Ending)> = claimed.into_iter().map(ending).collect();
                self.settle(*mapping, endings).await?;
            }
        }
        Ok(())
    }
}
