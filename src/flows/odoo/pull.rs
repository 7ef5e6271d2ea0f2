//! Takes over what was changed in Odoo.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use uuid::Uuid;

use super::compare::{Outcome, Sides, take_over};
use super::mapping::{Local, Mapping, Way};
use super::names::Names;
use super::{MAPPINGS, Sync};
use crate::domains::clients::clients;
use crate::domains::sync::ledger::{self, Pulled, Values};
use crate::domains::sync::{Model, SyncStatus, progress};
use crate::integrations::odoo::{Call, Domain, Fault, Record};
use crate::kernel::ids::TypedId;
use crate::kernel::{Error, Result};
use crate::platform::config::OdooNewcomers;

/// Records of one call.
const PAGE: i64 = 500;
/// What is asked of every record, whatever stands in it.
const ASKED: [&str; 8] = [
    "active",
    "create_uid",
    "customer_rank",
    "parent_id",
    "partner_share",
    "supplier_rank",
    "type",
    "write_date",
];

/// What a pull has at hand.
pub(super) struct PullBatch {
    /// The model that is looked at.
    pub model: &'static str,
    /// The kinds of things that stand there, what others hang on first.
    pub mappings: Vec<&'static dyn Mapping>,
    /// What is asked of a record: what this Odoo has of it.
    pub fields: Vec<&'static str>,
    /// What ids there stand for.
    pub names: Names,
    /// Our own user there.
    pub me: i64,
    /// The records of the companies that Odoo is run for.
    pub companies: BTreeSet<i64>,
}

impl PullBatch {
    /// The first page of these records, in the order of their ids; archived ones too.
    fn at(&self, records: Domain) -> Call<Vec<Record>> {
        let page = Call::search_read(self.model, records, &self.fields).order("id asc").limit(PAGE);
        page.bare().context("active_test", false)
    }

    /// Says that a record is left as it is. It does not hold up the others, and is looked at again as long as it lies in the
    /// overlap.
    pub fn leave(&self, id: i64, error: &Error) {
        let (model, error) = (self.model, error.for_terminal());
        tracing::warn!(model, id, error, "a record of Odoo was not taken over");
    }
}

/// Records as they are there, with the rows of those that are known.
pub(super) struct Page {
    pub records: BTreeMap<i64, Record>,
    pub rows: HashMap<i64, Model>,
}

impl Page {
    /// The records that nobody here knows.
    pub fn strangers(&self) -> impl Iterator<Item = (i64, &Record)> {
        self.records.iter().filter(|(id, _)| !self.rows.contains_key(id)).map(|(id, record)| (*id, record))
    }
}

/// The record that another hangs on.
pub(super) fn hangs_on(record: &Record) -> Option<i64> {
    record.many2one("parent_id").ok().flatten()
}

impl Sync {
    /// The models whose changes come here.
    pub fn pulled_models(&self) -> Vec<&'static str> {
        let pulling = MAPPINGS
            .iter()
            .filter(|mapping| mapping.way() == Way::Records && self.directions(**mapping).pull);
        pulling.map(|mapping| mapping.model()).collect::<BTreeSet<_>>().into_iter().collect()
    }

    async fn look(&self, model: &'static str) -> Result<PullBatch> {
        let mappings = MAPPINGS.iter().copied();
        let mappings: Vec<&dyn Mapping> =
            mappings.filter(|mapping| mapping.model() == model && self.directions(*mapping).pull).collect();
        let mut fields = BTreeSet::from(ASKED);
        fields.extend(mappings.iter().flat_map(|mapping| mapping.fields()).map(|field| field.theirs));
        let known = self.odoo.run(Call::fields_get(model, &[])).await?;
        let fields = fields.into_iter().filter(|name| known.get(name).is_some()).collect();
        let (names, me) = (self.names().await?, self.odoo.uid().await?);
        let mut companies = BTreeSet::new();
        if self.team.is_some() && self.newcomers == OdooNewcomers::All {
            let every = Call::search_read("res.company", Domain::all(), &["partner_id"]).bare();
            for company in self.odoo.run(every).await? {
                companies.extend(company.many2one("partner_id").map_err(Fault::from)?);
            }
        }
        Ok(PullBatch { model, mappings, fields, names, me, companies })
    }

    /// Looks at all records of a model that changed since the last time, and a while before: what a long transaction
    /// wrote becomes visible late, under the time of its start (rule 36). Seeing a record again does nothing.
    ///
    /// It keeps its place from page to page, so that whoever comes after one that was killed goes on there. Tells whether there
    /// are fewer of the records that were there before: some were deleted, or merged into others.
    ///
    /// # Errors
    /// Those of the database, and `Unavailable` when Odoo fails.
    pub async fn pull(&self, model: &'static str) -> Result<bool> {
        let now = self.clock.now();
        let (own, batch) = (&self.database.own, self.look(model).await?);
        // By the clock there: what changes while we look is looked at the next time, whatever page it lies on.
        let began = now + self.odoo.ahead().unwrap_or_default();
        let newcomers = self.team.as_ref().map(|_| self.newcomers);
        let (reached, mut place) = progress::checkpoint(own, model, began, newcomers).await?;
        let changed =
            reached.map_or(Domain::all(), |reached| Domain::all().changed_since(reached - self.overlap));
        loop {
            let page = self.odoo.run(batch.at(changed.clone().after_id(place.after))).await?;
            for record in &page {
                let written = record.instant("write_date").map_err(Fault::from)?;
                place.pass(record.id().map_err(Fault::from)?, written);
            }
            let is_last = is_last(&page);
            self.page(&batch, page).await?;
            if is_last {
                progress::reach(own, model, place.latest, newcomers).await?;
                return self.is_fewer(model, place.after).await;
            }
            progress::keep(own, model, place, newcomers).await?;
        }
    }

    /// All people at these companies there.
    pub(super) async fn people(&self, batch: &PullBatch, companies: &[i64]) -> Result<Vec<Record>> {
        let mut people: Vec<Record> = Vec::new();
        loop {
            let last = people.last().map(Record::id).transpose().map_err(Fault::from)?;
            let more = Domain::all().and("parent_id", "in", companies.to_vec());
            let page = self.odoo.run(batch.at(more.after_id(last.unwrap_or_default()))).await?;
            let is_last = is_last(&page);
            people.extend(page);
            if is_last {
                return Ok(people);
            }
        }
    }

    /// Takes over a page of records: what others hang on first.
    async fn page(&self, batch: &PullBatch, records: Vec<Record>) -> Result<()> {
        let mut page = Page { records: BTreeMap::new(), rows: HashMap::new() };
        self.put(batch, &mut page, records).await?;
        for mapping in &batch.mappings {
            let mut names = batch.names.clone();
            self.known(batch, *mapping, &page, &mut names).await?;
            if mapping.hangs_on().is_some() {
                self.restore_people(batch, *mapping, &page, &names).await?;
            }
            if self.team.is_none() {
                continue;
            }
            if mapping.hangs_on().is_none() {
                self.import_companies(batch, *mapping, &mut page).await?;
            } else {
                self.import_people(batch, *mapping, &page, &names).await?;
            }
        }
        Ok(())
    }

    /// Puts more records on a page, and looks anew which of all are known.
    pub(super) async fn put(&self, batch: &PullBatch, page: &mut Page, records: Vec<Record>) -> Result<()> {
        for record in records {
            page.records.insert(record.id().map_err(Fault::from)?, record);
        }
        let ids: Vec<i64> = page.records.keys().copied().collect();
        page.rows = ledger::there(&self.database, batch.model, &ids).await?;
        Ok(())
    }

    /// Compares the things of a kind that are known with their records.
    async fn known(
        &self,
        batch: &PullBatch,
        mapping: &dyn Mapping,
        page: &Page,
        names: &mut Names,
    ) -> Result<()> {
        let of_kind = |row: &&Model| row.local_type == mapping.kind();
        let things: Vec<Uuid> = page.rows.values().filter(of_kind).map(|row| row.id.uuid()).collect();
        let locals = mapping.read((&self.database.own).into(), &things).await?;
        let parents = locals.values().filter_map(|local| local.parent);
        names.learn(ledger::of(&self.database, parents).await?.values());
        self.learn(names, mapping, page.records.values()).await?;
        for (id, record) in &page.records {
            let Some(row) = page.rows.get(id).filter(of_kind) else { continue };
            let Some(local) = locals.get(&row.id.uuid()) else { continue };
            if let Err(error) = self.meet(mapping, row, local, record, names).await {
                batch.leave(*id, &error);
            }
        }
        Ok(())
    }

    /// Compares one thing with its record. What waits to be sent is compared when it is sent; what is being sent may have been
    /// compared before the record changed, and is once more.
    async fn meet(
        &self,
        mapping: &dyn Mapping,
        row: &Model,
        local: &Local,
        record: &Record,
        names: &Names,
    ) -> Result<()> {
        let sent_later =
            self.directions(mapping).push && !matches!(row.status, SyncStatus::Synced | SyncStatus::Dead);
        if sent_later && row.status != SyncStatus::InFlight {
            return Ok(());
        }
        let sides = Sides::of(mapping, row, local, record, names)?;
        let theirs = &sides.theirs;
        // Our own echo, what was looked at before, or a change of what is nobody's business here.
        let known = |held: &Values| theirs.iter().all(|(field, value)| held.get(field) == Some(value));
        if ledger::seen(row).is_some_and(|seen| known(&seen)) {
            return Ok(());
        }
        if sent_later {
            return ledger::look_again(&self.database, row).await;
        }
        let merged = sides.merge(self.directions(mapping), names);
        let mut tx = self.begin().await?;
        // The client first, as everybody takes them: who changes a client waits for the ledger while holding it.
        if clients::get(&tx, local.client).await.is_err() {
            return Ok(());
        }
        let met = match take_over(&mut tx, mapping, row.id.uuid(), local, &sides, &merged, names).await? {
            Outcome::Met(met) => met,
            // Changed here meanwhile: it waits to be sent, and is compared then.
            Outcome::Overtaken => return Ok(()),
            Outcome::Gone => {
                ledger::bury(&mut tx, row.id).await?;
                tx.commit().await?;
                return Ok(());
            }
        };
        let alike = met.both == *theirs;
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
            seen: sides.theirs,
            problem: met.problem,
        };
        ledger::pulled(&mut tx, pulled).await?;
        tx.commit().await?;
        Ok(())
    }
}

fn is_last(page: &[Record]) -> bool {
    i64::try_from(page.len()).unwrap_or(i64::MAX) < PAGE
}
