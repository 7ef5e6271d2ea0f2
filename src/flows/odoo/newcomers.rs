//! Makes clients of customers that people made in Odoo, and contacts of the people there.

use std::collections::HashMap;

use super::Sync;
use super::compare::{normal, refused_here, values};
use super::mapping::{Decides, Field, Mapping, UnmappedRecord};
use super::names::Names;
use super::pull::{Page, PullBatch, hangs_on};
use crate::domains::sync::Model;
use crate::domains::sync::ledger::{self, Pulled};
use crate::integrations::odoo::Record;
use crate::kernel::Result;
use crate::kernel::ids::ClientId;
use crate::platform::config::OdooNewcomers;
use crate::platform::db::Tx;

/// A record there that is to become a thing of ours.
struct Newcomer<'a> {
    mapping: &'a dyn Mapping,
    id: i64,
    record: &'a Record,
    /// The client that it hangs on.
    client: Option<ClientId>,
}

/// Whether a record is a person or a company, and not another address of one, such as for deliveries or invoices.
fn is_person(record: &Record) -> bool {
    record.text("type").ok().flatten().is_none_or(|kind| kind == "contact")
}

impl Sync {
    /// Whether people made it there. What we made ourselves, and whose answer was lost, is met when it is sent again.
    fn is_theirs(batch: &PullBatch, record: &Record) -> bool {
        record.many2one("create_uid").ok().flatten() != Some(batch.me)
            && record.flag("active").unwrap_or(true)
    }

    /// Whether it stands for itself and is to become a client.
    fn is_client(&self, batch: &PullBatch, id: i64, record: &Record) -> bool {
        let ranks = |field: &str| record.int(field).is_ok_and(|rank| rank > 0);
        let is_meant = match self.newcomers {
            OdooNewcomers::Customers => ranks("customer_rank"),
            // Neither who only sells to us, nor a colleague, nor the company itself.
            OdooNewcomers::All => {
                let sells = ranks("supplier_rank") && !ranks("customer_rank");
                let is_outside = record.flag("partner_share").unwrap_or(true);
                !sells && is_outside && !batch.companies.contains(&id)
            }
        };
        hangs_on(record).is_none() && is_meant && is_person(record) && Self::is_theirs(batch, record)
    }

    /// Makes clients of the customers on a page. All their people come along, whatever page they are on.
    pub(super) async fn import_companies(
        &self,
        batch: &PullBatch,
        mapping: &dyn Mapping,
        page: &mut Page,
    ) -> Result<()> {
        let customers = page.strangers().filter(|(id, record)| self.is_client(batch, *id, record));
        let customers: Vec<i64> = customers.map(|(id, _)| id).collect();
        if customers.is_empty() {
            return Ok(());
        }
        let people = self.people(batch, &customers).await?;
        self.put(batch, page, people).await?;
        let mut at: HashMap<i64, Vec<i64>> = HashMap::new();
        for (id, record) in page.strangers() {
            at.entry(hangs_on(record).unwrap_or_default()).or_default().push(id);
        }
        for id in customers {
            let people = at.remove(&id).unwrap_or_default();
            if let Err(error) = self.import_company(batch, mapping, page, id, &people).await {
                batch.leave(id, &error);
            }
        }
        self.put(batch, page, Vec::new()).await
    }

    /// Makes a client of a customer and contacts of its people, in one write: nobody is left behind when it is cut short.
    async fn import_company(
        &self,
        batch: &PullBatch,
        mapping: &dyn Mapping,
        page: &Page,
        id: i64,
        people: &[i64],
    ) -> Result<()> {
        let mut tx = self.begin().await?;
        let Some(record) = page.records.get(&id) else { return Ok(()) };
        let company = Newcomer { mapping, id, record, client: None };
        let Some(client) = self.adopt(&mut tx, &batch.names, company).await? else { return Ok(()) };
        let mut names = batch.names.clone();
        names.add(id, client);
        for mapping in batch.mappings.iter().filter(|mapping| mapping.hangs_on().is_some()) {
            for id in people {
                let comes = |record: &&Record| Self::is_theirs(batch, record) && is_person(record);
                let Some(record) = page.records.get(id).filter(comes) else { continue };
                let person = Newcomer { mapping: *mapping, id: *id, record, client: Some(client) };
                self.adopt(&mut tx, &names, person).await?;
            }
        }
        tx.commit().await?;
        Ok(())
    }

    /// Makes contacts of those on a page who came to a client that is here.
    pub(super) async fn import_people(
        &self,
        batch: &PullBatch,
        mapping: &dyn Mapping,
        page: &Page,
        names: &Names,
    ) -> Result<()> {
        let comes = |record: &Record| Self::is_theirs(batch, record) && is_person(record);
        for (id, record) in page.strangers().filter(|(_, record)| comes(record)) {
            let Some(client) = hangs_on(record).and_then(|company| names.client(company)) else { continue };
            let person = Newcomer { mapping, id, record, client: Some(client) };
            if let Err(error) = self.join(names, person).await {
                batch.leave(id, &error);
            }
        }
        Ok(())
    }

    /// Makes contacts of those on a page who were contacts here, and were taken out of the archive there.
    pub(super) async fn restore_people(
        &self,
        batch: &PullBatch,
        mapping: &dyn Mapping,
        page: &Page,
        names: &Names,
    ) -> Result<()> {
        let is_buried = |row: &Model| ledger::is_buried(row) && row.local_type == mapping.kind();
        for (id, row) in page.rows.iter().filter(|(_, row)| is_buried(row)) {
            let Some(record) = page.records.get(id) else { continue };
            let comes = record.flag("active").unwrap_or(false) && is_person(record);
            let client = hangs_on(record).and_then(|company| names.client(company));
            let Some(client) = client.filter(|_| comes) else { continue };
            let person = Newcomer { mapping, id: *id, record, client: Some(client) };
            if let Err(error) = self.come_back(names, row, person).await {
                batch.leave(*id, &error);
            }
        }
        Ok(())
    }

    async fn come_back(&self, names: &Names, row: &Model, person: Newcomer<'_>) -> Result<()> {
        let mut tx = self.begin().await?;
        if ledger::unbury(&mut tx, row.id).await? && self.adopt(&mut tx, names, person).await?.is_some() {
            tx.commit().await?;
        }
        Ok(())
    }

    async fn join(&self, names: &Names, person: Newcomer<'_>) -> Result<()> {
        let mut tx = self.begin().await?;
        if self.adopt(&mut tx, names, person).await?.is_some() {
            tx.commit().await?;
        }
        Ok(())
    }

    /// Makes a thing of a record; tells the client that it is, or hangs on. `None`: it is left there.
    async fn adopt(&self, tx: &mut Tx, names: &Names, newcomer: Newcomer<'_>) -> Result<Option<ClientId>> {
        let Newcomer { mapping, id, record, client } = newcomer;
        let known = |field: &Field| record.get(field.theirs).is_ok() && field.is_known(record, names);
        let fields: Vec<Field> = mapping.fields().iter().copied().filter(known).collect();
        let homes = super::contact::homes(&tx.conn().into(), client.into_iter()).await?;
        let home = client.and_then(|client| homes.get(&client));
        let theirs = values(&fields, record, names, home.map(String::as_str))?;
        let unmapped = UnmappedRecord { values: &theirs, client, team: self.team.as_deref() };
        let Some((thing, client)) = mapping.adopt(tx, unmapped).await? else {
            tracing::info!(
                model = mapping.model(),
                id,
                "a record of Odoo was not taken over: it is incomplete, or looks like a client that is here already"
            );
            return Ok(None);
        };
        tx.came_from_there(thing);
        // What our rules refused was never agreed on, and stays there as it is. It is sent once, so that Odoo learns our
        // number.
        let ours = mapping.read(tx.conn().into(), &[thing]).await?.remove(&thing);
        let ours = ours.map(|local| normal(&fields, &local.values, names, local.home.as_deref()));
        let ours = ours.unwrap_or_default();
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
        let pulled = Pulled {
            row: None,
            local: (mapping.kind(), thing),
            client: Some(client),
            model: mapping.model(),
            external_id: id,
            alike: !self.directions(mapping).push,
            problem: (!refused.is_empty()).then(|| refused_here(&refused, &[])),
            agreed,
            seen: theirs,
        };
        ledger::pulled(tx, pulled).await?;
        Ok(Some(client))
    }
}
