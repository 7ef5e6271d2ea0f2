//! Compares things with their records, and takes over what was changed there.

use std::collections::HashMap;
use std::sync::Arc;

use uuid::Uuid;

use super::mapping::{Field, Local, Mapping, Refused, Taken};
use super::merge::{Lost, Merged, merge};
use super::places::Places;
use super::{Sync, problem};
use crate::domains::sync::ledger::{self, Ending, Problem, Values};
use crate::domains::sync::{Model, SyncDirection};
use crate::integrations::odoo::{Call, Fault, Record};
use crate::kernel::Result;
use crate::kernel::ids::TypedId;
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

    /// Compares a thing with its record, and takes over what was changed there.
    pub(super) async fn compare(
        &self,
        mapping: &dyn Mapping,
        row: &Model,
        local: &Local,
        record: &Record,
        places: &Places,
    ) -> Result<Compared> {
        let fields = sendable(mapping.fields(), &local.values, places);
        let theirs = match values(&fields, record, places, local.home.as_deref()) {
            Ok(theirs) => theirs,
            Err(fault) => {
                return Ok(Compared::Ended(Ending::Failed { again: None, problem: problem(&fault) }));
            }
        };
        let merged = merge(&fields, self.ways(mapping), &ledger::agreed(row), &local.values, &theirs);
        if !(merged.here.is_empty() && merged.lost.is_empty()) {
            let mut tx = self.begin().await?;
            match take_over(&mut tx, mapping, row.id.uuid(), local, &merged).await? {
                Taken::Gone => {
                    tx.commit().await?;
                    return Ok(Compared::Ended(Ending::Gone));
                }
                Taken::Overtaken => {
                    let ending = Ending::Later { at: self.clock.now(), why: None };
                    return Ok(Compared::Ended(ending));
                }
                Taken::Kept(refused) => {
                    tx.commit().await?;
                    if !refused.is_empty() {
                        let problem = refused_here(&refused);
                        return Ok(Compared::Ended(Ending::Failed { again: None, problem }));
                    }
                }
            }
        }
        if merged.both != theirs {
            return Ok(Compared::Differs(merged.both));
        }
        let direction = if merged.here.is_empty() { SyncDirection::Push } else { SyncDirection::Pull };
        let external_id = row.external_id.unwrap_or_default();
        Ok(Compared::Ended(Ending::Alike { external_id, agreed: merged.both, direction }))
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
    /// This is to stand there.
    Differs(Values),
}

/// The record was deleted there.
pub(super) fn deleted() -> Ending {
    let problem = Problem {
        error: "the record was deleted in Odoo".to_owned(),
        hint: "Retry to make it anew there, or discard to leave it out.".to_owned(),
        fingerprint: "deleted-there".to_owned(),
        payload: None,
    };
    Ending::GoneThere(problem)
}

/// Values from there that our rules refused.
pub(super) fn refused_here(refused: &[Refused]) -> Problem {
    let rules: Vec<String> =
        refused.iter().map(|refused| format!("{}: {}", refused.field, refused.rule)).collect();
    let fields: Vec<&str> = refused.iter().map(|refused| refused.field.as_str()).collect();
    Problem {
        error: format!("what Odoo holds breaks a rule here: {}", rules.join("; ")),
        hint: "Correct it in Odoo; the next pull takes it over. Or change it here and retry.".to_owned(),
        fingerprint: format!("refused-here {}", fields.join(" ")),
        payload: None,
    }
}

/// Takes over what was changed there, and writes down what is overwritten there.
pub(super) async fn take_over(
    tx: &mut Tx,
    mapping: &dyn Mapping,
    id: Uuid,
    local: &Local,
    merged: &Merged,
) -> Result<Taken> {
    tx.came_from_there(id);
    let taken = if merged.here.is_empty() {
        Taken::Kept(Vec::new())
    } else {
        mapping.take(tx, id, local.version, &merged.here).await?
    };
    if matches!(taken, Taken::Kept(_)) {
        overwritten(tx, mapping, id, local.version, &merged.lost);
    }
    Ok(taken)
}

fn overwritten(tx: &mut Tx, mapping: &dyn Mapping, id: Uuid, version: i32, lost: &[Lost]) {
    if lost.is_empty() {
        return;
    }
    let change = |lost: &Lost| FieldChange {
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

/// The fields that this Odoo has a value for: a state that it does not know is left as it is there.
fn sendable(fields: &[Field], values: &Values, places: &Places) -> Vec<Field> {
    fields.iter().copied().filter(|field| field.cell(values, places).is_some()).collect()
}

/// What a record holds, by the names here.
pub(super) fn values(
    fields: &[Field],
    record: &Record,
    places: &Places,
    home: Option<&str>,
) -> Result<Values, Fault> {
    let value = |field: &Field| Ok((field.ours.to_owned(), field.value(record, places, home)?));
    fields.iter().map(value).collect()
}
