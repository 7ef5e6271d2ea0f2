//! Compares things with their records, and takes over what was changed there.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use uuid::Uuid;

use super::endings::problem;
use super::mapping::{Field, Kind, Local, Mapping, Refused, Taken};
use super::merge::{Directions, Merged, Overwritten, merge};
use super::names::Names;
use super::sync::Sync;
use crate::domains::sync::ledger::{self, Ending, Problem, Values};
use crate::domains::sync::{Model, SyncDirection};
use crate::integrations::odoo::{Call, Fault, Record};
use crate::kernel::ids::TypedId;
use crate::kernel::{Error, Result};
use crate::platform::auth::Viewer;
use crate::platform::db::{Change, ChangeKind, FieldChange, Origin, Tx};

impl Sync {
    /// These records, as they are there.
    pub(super) async fn there(
        &self,
        mapping: &dyn Mapping,
        ids: impl Iterator<Item = i64>,
    ) -> Result<HashMap<i64, Record>, Fault> {
        let ids: Vec<i64> = ids.collect();
        if ids.is_empty() {
            return Ok(HashMap::new());
        }
        let fields: Vec<&str> = mapping.fields().iter().map(|field| field.theirs).collect();
        let found = self.odoo.run(Call::read(mapping.model(), &ids, &fields).bare()).await?;
        found.into_iter().map(|record| Ok((record.id()?, record))).collect()
    }

    /// Learns which of the records that these hang on are clients, and which countries and states came to Odoo since it was
    /// asked for them.
    pub(super) async fn learn<'a>(
        &self,
        names: &mut Names,
        mapping: &dyn Mapping,
        records: impl Iterator<Item = &'a Record>,
    ) -> Result<()> {
        let (mut unknown, mut lacks_places) = (BTreeSet::new(), false);
        for record in records {
            for field in mapping.fields() {
                lacks_places |= !field.is_known(record, names);
                let hung = record.many2one(field.theirs).ok().flatten();
                unknown.extend(hung.filter(|id| field.kind == Kind::Client && names.client(*id).is_none()));
            }
        }
        if lacks_places {
            names.places = self.places_anew().await?;
        }
        if !unknown.is_empty() {
            let unknown: Vec<i64> = unknown.into_iter().collect();
            names.learn(ledger::there(&self.database, mapping.model(), &unknown).await?.values());
        }
        Ok(())
    }

    /// Compares a thing with its record, and takes over what was changed there.
    pub(super) async fn compare(
        &self,
        mapping: &dyn Mapping,
        row: &Model,
        local: &Local,
        record: &Record,
        names: &Names,
    ) -> Result<Compared> {
        let sides = match Sides::of(mapping, row, local, record, names) {
            Ok(sides) => sides,
            Err(fault) => {
                return Ok(Compared::Ended(Ending::Failed { again: None, problem: problem(&fault) }));
            }
        };
        let merged = sides.merge(self.directions(mapping), names);
        let met = if merged.here.is_empty() && merged.overwritten.is_empty() {
            sides.met(&merged)
        } else {
            let mut tx = self.begin().await?;
            match take_over(&mut tx, mapping, row.id.uuid(), local, &sides, &merged, names).await? {
                Outcome::Gone => {
                    tx.commit().await?;
                    return Ok(Compared::Ended(Ending::Archived));
                }
                Outcome::Overtaken => {
                    let ending = Ending::Later { at: self.clock.now(), why: None };
                    return Ok(Compared::Ended(ending));
                }
                Outcome::Met(met) => {
                    tx.commit().await?;
                    met
                }
            }
        };
        let Sides { fields, theirs, .. } = sides;
        let differs: Vec<Field> =
            fields.into_iter().filter(|field| met.both.get(field.ours) != theirs.get(field.ours)).collect();
        if !differs.is_empty() {
            return Ok(Compared::Differs { met, fields: differs });
        }
        let direction = if merged.here.is_empty() { SyncDirection::Push } else { SyncDirection::Pull };
        let external_id = row.external_id.unwrap_or_default();
        let Met { both, agreed, problem } = met;
        Ok(Compared::Ended(Ending::Alike { external_id, agreed, seen: both, direction, problem }))
    }

    /// A write on behalf of Odoo.
    pub(super) async fn begin(&self) -> Result<Tx> {
        let origin = Origin { operation: "odoo.pull".to_owned(), ..Origin::default() };
        Tx::begin(&self.database, &self.clock, Arc::new(Viewer::system("Odoo")), origin).await
    }
}

/// How a comparison ended.
pub(super) enum Compared {
    /// There is nothing to be sent.
    Ended(Ending),
    /// Something is to be sent.
    Differs {
        /// What both hold then.
        met: Met,
        /// The fields that differ.
        fields: Vec<Field>,
    },
}

/// Both sides, once what was changed there was taken over.
pub(super) struct Met {
    /// What is to stand there. What our rules refuse stays as it is there.
    pub both: Values,
    /// What both agree on: not what our rules refused.
    pub agreed: Values,
    /// What they refused.
    pub problem: Option<Problem>,
}

/// How it ended to take over what was changed there.
pub(super) enum Outcome {
    /// Both sides are known.
    Met(Met),
    /// The thing is no more.
    Gone,
    /// Somebody changed the same here meanwhile: compare anew.
    Overtaken,
}

/// What the two sides hold, and what they last agreed on, all in one spelling.
pub(super) struct Sides {
    /// The fields that can be compared. A state or country there that is not known here is left alone, and so is what a thing
    /// of ours says nothing about.
    pub fields: Vec<Field>,
    /// What both held when they last met.
    pub base: Values,
    /// What ours holds.
    pub ours: Values,
    /// What the record holds.
    pub theirs: Values,
}

impl Sides {
    /// Of a thing and its record.
    pub fn of(
        mapping: &dyn Mapping,
        row: &Model,
        local: &Local,
        record: &Record,
        names: &Names,
    ) -> Result<Sides, Fault> {
        let fields = mapping.fields().iter().copied();
        let fields: Vec<Field> = fields
            .filter(|field| record.get(field.theirs).is_ok() && local.values.contains_key(field.ours))
            .filter(|field| field.is_known(record, names))
            .collect();
        let home = local.home.as_deref();
        let theirs = values(&fields, record, names, home)?;
        let base = normal(&fields, &ledger::agreed(row), names, home);
        let ours = normal(&fields, &local.values, names, home);
        Ok(Sides { fields, base, ours, theirs })
    }

    /// What is to be done so that both hold the same. What this Odoo has no value for stays there as it is.
    pub fn merge(&self, directions: Directions, names: &Names) -> Merged {
        let mut merged = merge(&self.fields, directions, &self.base, &self.ours, &self.theirs);
        let differs = |field: &&Field| merged.both.get(field.ours) != self.theirs.get(field.ours);
        let unknown = self.fields.iter().filter(differs);
        let unknown = unknown.filter(|field| field.cell(&merged.both, names).is_none());
        merged.unknown = unknown.map(|field| field.ours).collect();
        for field in &merged.unknown {
            merged.both.insert((*field).to_owned(), self.theirs.get(*field).cloned().flatten());
        }
        merged.overwritten.retain(|lost| !merged.unknown.contains(&lost.field));
        merged
    }

    /// Where both are once that is done.
    pub fn met(&self, merged: &Merged) -> Met {
        let mut met = Met { both: merged.both.clone(), agreed: merged.both.clone(), problem: None };
        for field in &merged.unknown {
            self.not_agreed(&mut met, field);
        }
        met.problem = unknown_there(&merged.unknown);
        met
    }

    /// What they agree on in a field stays what it was.
    fn not_agreed(&self, met: &mut Met, field: &str) {
        match self.base.get(field) {
            Some(old) => met.agreed.insert(field.to_owned(), old.clone()),
            None => met.agreed.remove(field),
        };
    }
}

/// These values, as far as they are of these fields, in the spelling in which they are compared.
pub(super) fn normal(fields: &[Field], values: &Values, names: &Names, home: Option<&str>) -> Values {
    let held = fields.iter().filter(|field| values.contains_key(field.ours));
    held.map(|field| (field.ours.to_owned(), field.normal(values, names, home))).collect()
}

/// Values from there that our rules refused.
pub(super) fn refused_here(fields: &[&str], refused: &[Refused]) -> Problem {
    let rules: Vec<String> =
        refused.iter().map(|refused| format!("{}: {}", refused.field, refused.rule)).collect();
    let why = if rules.is_empty() { String::new() } else { format!(" ({})", rules.join("; ")) };
    let fields = fields.join(", ");
    Problem {
        error: format!("Odoo holds something else in {fields}, which cannot be taken over here{why}"),
        hint: "Correct it in Odoo; the next pull takes it over. Or change it here.".to_owned(),
        fingerprint: format!("refused-here {fields}"),
        payload: None,
    }
}

/// Values of ours that this Odoo knows no record for.
pub(super) fn unknown_there(fields: &[&str]) -> Option<Problem> {
    if fields.is_empty() {
        return None;
    }
    let fields = fields.join(", ");
    Some(Problem {
        error: format!(
            "{fields}: there is nothing of this name in Odoo (a state is looked for in the country of the address), so it \
             was not sent"
        ),
        hint: "Choose a country and a state that Odoo has, or add it there and retry.".to_owned(),
        fingerprint: format!("unknown-there {fields}"),
        payload: None,
    })
}

/// Takes over what was changed there, and writes down what is overwritten there. What stands here afterwards is read again: it
/// tells what was taken over, whatever the verbs said.
pub(super) async fn take_over(
    tx: &mut Tx,
    mapping: &dyn Mapping,
    id: Uuid,
    local: &Local,
    sides: &Sides,
    merged: &Merged,
    names: &Names,
) -> Result<Outcome> {
    tx.came_from_there(id);
    let mut met = sides.met(merged);
    if merged.here.is_empty() {
        overwritten(tx, mapping, id, local.version, &merged.overwritten);
        return Ok(Outcome::Met(met));
    }
    let refused = match mapping.take(tx, id, local.version, &merged.here).await {
        Ok(Taken::Kept(refused)) => refused,
        Ok(Taken::Gone) => return Ok(Outcome::Gone),
        Ok(Taken::Overtaken) | Err(Error::NotFound) => return Ok(Outcome::Overtaken),
        Err(error) => return Err(error),
    };
    overwritten(tx, mapping, id, local.version, &merged.overwritten);
    let Some(after) = mapping.read(tx.conn().into(), &[id]).await?.remove(&id) else {
        return Ok(Outcome::Gone);
    };
    if after.client != local.client {
        ledger::hang(tx, id, after.client).await?;
    }
    let stands = normal(&sides.fields, &after.values, names, after.home.as_deref());
    let mut kept = Vec::new();
    for (field, there) in merged.here.iter().filter(|(field, there)| stands.get(*field) != Some(*there)) {
        met.both.insert(field.clone(), there.clone());
        sides.not_agreed(&mut met, field);
        kept.push(field.as_str());
    }
    if !kept.is_empty() {
        met.problem = Some(refused_here(&kept, &refused));
    }
    Ok(Outcome::Met(met))
}

fn overwritten(tx: &mut Tx, mapping: &dyn Mapping, id: Uuid, version: i32, lost: &[Overwritten]) {
    if lost.is_empty() {
        return;
    }
    let change = |lost: &Overwritten| FieldChange {
        field: format!("odoo.{}", lost.field),
        before: lost.theirs.clone().into(),
        after: lost.ours.clone().into(),
    };
    tx.record(Change {
        subject_type: mapping.kind(),
        subject_id: id,
        version,
        kind: ChangeKind::Updated,
        fields: lost.iter().map(change).collect(),
        announce: None,
    });
}

/// What a record holds, by the names here.
pub(super) fn values(
    fields: &[Field],
    record: &Record,
    names: &Names,
    home: Option<&str>,
) -> Result<Values, Fault> {
    let value = |field: &Field| Ok((field.ours.to_owned(), field.value(record, names, home)?));
    fields.iter().map(value).collect()
}
