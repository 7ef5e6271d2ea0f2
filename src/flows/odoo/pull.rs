//! Takes over what was changed in Odoo.

use std::collections::{BTreeMap, BTreeSet};

use uuid::Uuid;

use super::compare::{Outcome, comparable, refused_here, take_over, values};
use super::mapping::{Decides, Field, Local, Mapping, Stranger, Way};
use super::merge::merge;
use super::names::Names;
use super::{MAPPINGS, Sync};
use crate::domains::clients::clients;
use crate::domains::sync::ledger::{self, Ending, Pulled, Values};
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
        let names = self.names().await?;
        let reached = progress::watermark(&self.database.own, model).await?;
        let since = reached.map(|reached| reached - self.overlap);
        let me = self.odoo.uid().await?;
        let mut fields: BTreeSet<&str> = BTreeSet::from(["write_date", "create_uid", "active", "parent_id"]);
        fields.extend(mappings.iter().flat_map(|mapping| mapping.fields()).map(|field| field.theirs));
        let known = self.odoo.run(Call::fields_get(model, &[])).await?;
        fields.extend(["customer_rank"]);
        let fields: Vec<&str> = fields.into_iter().filter(|name| known.get(name).is_some()).collect();
        let (mut last, mut latest) = (0, reached);
        // By the clock there: what changes while we look is looked at the next time, whatever page it lies on.
        let began = now + self.odoo.ahead().unwrap_or_default();
        loop {
            let changed =
                since.map_or(Domain::all(), |since| Domain::all().changed_since(since)).after_id(last);
            let page = Call::search_read(model, changed, &fields).order("id asc").limit(PAGE);
            let page = self.odoo.run(page.bare().context("active_test", false)).await?;
            let Some(end) = page.last() else { break };
            last = end.id().map_err(Fault::from)?;
            for record in &page {
                let written = record.instant("write_date").map_err(Fault::from)?;
                latest = latest.max(written.map(|written| written.min(began)));
            }
            let full = i64::try_from(page.len()).unwrap_or(i64::MAX) >= PAGE;
            self.page(model, &mappings, page, names.clone(), me).await?;
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
        mut names: Names,
        me: i64,
    ) -> Result<()> {
        let mut records: BTreeMap<i64, Record> = BTreeMap::new();
        for record in page {
            records.insert(record.id().map_err(Fault::from)?, record);
        }
        let ids: Vec<i64> = records.keys().copied().collect();
        let rows = ledger::there(&self.database, model, &ids).await?;
        for mapping in mappings {
            let of_kind = |row: &&Model| row.local_type == mapping.kind();
            let things: Vec<Uuid> = rows.values().filter(of_kind).map(|row| row.id.uuid()).collect();
            let locals = mapping.read((&self.database.own).into(), &things).await?;
            let parents = locals.values().filter_map(|local| local.parent);
            names.learn(ledger::of(&self.database, parents).await?.values());
            self.learn(&mut names, *mapping, records.values()).await?;
            for (id, record) in &records {
                let Some(row) = rows.get(id).filter(of_kind) else { continue };
                let Some(local) = locals.get(&row.id.uuid()) else { continue };
                if let Err(error) = self.meet(*mapping, row, local, record, &names).await {
                    // One record does not hold up the others; it is looked at again as long as it lies in the overlap.
                    tracing::warn!(
                        model,
                        id,
                        error = error.for_terminal(),
                        "a record of Odoo was not taken over"
                    );
                }
            }
        }
        // What stands for itself first: others of the page may hang on it.
        for hanging in [false, true] {
            for mapping in mappings {
                self.learn(&mut names, *mapping, records.values()).await?;
            }
            for (id, record) in records.iter().filter(|(id, _)| !rows.contains_key(id)) {
                let hangs_on = record.many2one("parent_id").ok().flatten();
                if hangs_on.is_some() == hanging
                    && let Err(error) = self.stranger(mappings, *id, record, &names, me).await
                {
                    tracing::warn!(
                        model,
                        id,
                        error = error.for_terminal(),
                        "a record of Odoo was not taken over"
                    );
                }
            }
        }
        Ok(())
    }

    /// Compares one thing with its record. What waits to be sent is compared when it is sent.
    async fn meet(
        &self,
        mapping: &dyn Mapping,
        row: &Model,
        local: &Local,
        record: &Record,
        names: &Names,
    ) -> Result<()> {
        let sent_later =
            self.ways(mapping).push && !matches!(row.status, SyncStatus::Synced | SyncStatus::Dead);
        if sent_later {
            return Ok(());
        }
        let base = ledger::agreed(row);
        let (fields, theirs) = comparable(mapping, local, record, names)?;
        // Our own echo, what was looked at before, or a change of what is nobody's business here.
        let known = |held: &Values| theirs.iter().all(|(field, value)| held.get(field) == Some(value));
        if ledger::seen(row).is_some_and(|seen| known(&seen)) {
            return Ok(());
        }
        let merged = merge(&fields, self.ways(mapping), &base, &local.values, &theirs);
        let mut tx = self.begin().await?;
        // The client first, as everybody takes them: who changes a client waits for the ledger while holding it.
        if clients::get(&tx, local.client).await.is_err() {
            return Ok(());
        }
        let met = match take_over(&mut tx, mapping, row.id.uuid(), local, &base, &merged).await? {
            Outcome::Met(met) => met,
            // Changed here meanwhile: it waits to be sent, and is compared then.
            Outcome::Overtaken => return Ok(()),
            Outcome::Gone => {
                ledger::forget(&mut tx, row.id).await?;
                tx.commit().await?;
                return Ok(());
            }
        };
        let alike = met.both == theirs;
        let mut agreed = met.agreed;
        for (field, there) in theirs.iter().filter(|(field, there)| met.both.get(*field) != Some(*there)) {
            agreed.insert(field.clone(), there.clone()); // ours is sent: it counts as changed here
        }
        let pulled = Pulled {
            row: Some(row),
            local: (mapping.kind(), row.id.uuid()),
            client: Some(local.client),
            model: mapping.model(),
            external_id: row.external_id.unwrap_or_default(),
            alike,
            agreed,
            seen: theirs,
            problem: met.problem,
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
        names: &Names,
        me: i64,
    ) -> Result<()> {
        let Some(team) = &self.team else { return Ok(()) };
        // What we made ourselves, and whose answer was lost, is met when it is sent again.
        let ours = record.many2one("create_uid").ok().flatten() == Some(me);
        let active = record.flag("active").unwrap_or(true);
        let hangs_on = record.many2one("parent_id").ok().flatten();
        let client = hangs_on.and_then(|parent| names.client(parent));
        let customer = record.int("customer_rank").is_ok_and(|rank| rank > 0);
        if ours || !active || (hangs_on.is_some() && client.is_none()) || (hangs_on.is_none() && !customer) {
            return Ok(());
        }
        for mapping in mappings.iter().filter(|mapping| mapping.hangs_on().is_some() == client.is_some()) {
            let known = |field: &Field| record.get(field.theirs).is_ok() && field.is_known(record, names);
            let fields: Vec<Field> = mapping.fields().iter().copied().filter(known).collect();
            let home = self.home(client).await?;
            let theirs = values(&fields, record, names, home.as_deref())?;
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
            // What our rules refused was never agreed on, and stays there as it is. It is sent once, so that Odoo learns our
            // number.
            let ours = mapping.read(tx.conn().into(), &[thing]).await?.remove(&thing);
            let ours = ours.map(|local| local.values).unwrap_or_default();
            let mut agreed = theirs.clone();
            let refused: Vec<&str> = fields
                .iter()
                .filter(|field| field.decides == Decides::WhoChanged)
                .map(|field| field.ours)
                .filter(|field| ours.get(*field) != theirs.get(*field))
                .collect();
            for field in &refused {
                agreed.insert((*field).to_owned(), ours.get(*field).cloned().flatten());
            }
            let problem = (!refused.is_empty()).then(|| refused_here(&refused, &[]));
            let alike = !self.ways(*mapping).push;
            let pulled = Pulled {
                row: None,
                local,
                client: Some(client),
                model,
                external_id,
                agreed,
                seen: theirs,
                alike,
                problem,
            };
            ledger::pulled(&mut tx, pulled).await?;
            tx.commit().await?;
            return Ok(());
        }
        Ok(())
    }

    /// The country in which a client's national numbers are read.
    async fn home(&self, client: Option<ClientId>) -> Result<Option<String>> {
        let homes = super::contact::homes(&(&self.database.own).into(), client.into_iter()).await?;
        Ok(client.and_then(|client| homes.get(&client).cloned()))
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
