//! How a run ended, written into the rows that it claimed; and what was taken over from there.

use std::collections::HashMap;
use std::sync::Arc;

use sea_orm::{
    ActiveModelTrait, ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder, QuerySelect,
};
use uuid::Uuid;

use super::tell::{tell, warn};
use super::{Ending, Problem, Values};
use crate::kernel::Result;
use crate::kernel::ids::{ClientId, SyncId, TypedId};
use crate::kernel::time::{Clock, Instant};
use crate::platform::auth::{Viewer, hash_secret};
use crate::platform::db::tables::sync_external::{Column, Entity, Model, SyncDirection, SyncStatus};
use crate::platform::db::{ChangeKind, Database, Origin, Tx, all_rows};

/// Settles claimed rows with how their run ended, and tells the screens and, of a new kind of failure, the admins. A row
/// that another run holds by now is left to that one; one that changed meanwhile waits to be sent again.
///
/// # Errors
/// Those of the database.
pub async fn settle(
    database: &Database,
    clock: &Clock,
    model: &str,
    endings: Vec<(Model, Uuid, Ending)>,
) -> Result<()> {
    if endings.is_empty() {
        return Ok(());
    }
    let origin = Origin { operation: "sync".to_owned(), ..Origin::default() };
    let mut tx = Tx::begin(database, clock, Arc::new(Viewer::system("Odoo")), origin.clone()).await?;
    let mut present = HashMap::new();
    let ids = endings.iter().map(|(row, ..)| row.id);
    let rows = all_rows::<Entity>().filter(Column::Id.is_in(ids)).order_by_asc(Column::Id);
    for row in rows.lock_exclusive().all(tx.conn()).await? {
        present.insert(row.id, row);
    }
    let mut holders = holders(&tx, model, &endings).await?;
    let mut told = Vec::new();
    let mut failed = Vec::new();
    for (seen, run, ending) in endings {
        let Some(before) = present.remove(&seen.id).filter(|row| row.claim == Some(run)) else { continue };
        if matches!(ending, Ending::Gone) && before.generation == seen.generation {
            Entity::delete_by_id(before.id).exec(tx.conn()).await?;
            continue;
        }
        let ending = match ending {
            Ending::Alike { external_id, .. }
                if *holders.entry(external_id).or_insert(before.id) != before.id =>
            {
                Ending::GoneThere(merged_there(external_id))
            }
            ending => ending,
        };
        let after = ended(before.clone(), &seen, model, ending, tx.now);
        if after.status == SyncStatus::Dead && before.status != SyncStatus::Dead {
            failed.push(after.clone());
        }
        if shows(&before, &after) {
            told.push(after.clone());
        }
        after.into_active_model().reset_all().update(tx.conn()).await?;
    }
    tell(&mut tx, &told, ChangeKind::Updated).await?;
    tx.keep();
    tx.commit().await?;
    if failed.is_empty() {
        return Ok(());
    }
    // In a write of its own: a notification takes its client, which whoever changes the client holds while it waits for
    // the ledger.
    let mut tx = Tx::begin(database, clock, Arc::new(Viewer::system("Odoo")), origin).await?;
    warn(&mut tx, &failed).await?;
    tx.commit().await?;
    Ok(())
}

/// Which rows hold the records that these endings lead to.
async fn holders(tx: &Tx, model: &str, endings: &[(Model, Uuid, Ending)]) -> Result<HashMap<i64, SyncId>> {
    let ids = endings.iter().filter_map(|(_, _, ending)| match ending {
        Ending::Alike { external_id, .. } => Some(*external_id),
        _ => None,
    });
    let held =
        all_rows::<Entity>().filter(Column::ExternalModel.eq(model)).filter(Column::ExternalId.is_in(ids));
    let held = held.all(tx.conn()).await?;
    Ok(held.into_iter().filter_map(|row| Some((row.external_id?, row.id))).collect())
}

/// Two things of ours lead to one record: it was merged there.
pub fn merged_there(id: i64) -> Problem {
    Problem {
        error: format!("in Odoo it is one record with that of another thing of ours now: {id}"),
        hint: "Two records were merged in Odoo. Merge the two here as well, then discard this.".to_owned(),
        fingerprint: "merged-there".to_owned(),
        payload: None,
    }
}

/// The row after its run.
fn ended(before: Model, seen: &Model, model: &str, ending: Ending, now: Instant) -> Model {
    let changed = before.generation != seen.generation;
    let stamped = before.sent_at;
    let mut row = Model {
        claim: None,
        sent_at: seen.sent_at, // an earlier run may have sent it, whatever became of this one
        version: before.version + 1,
        updated_at: now,
        external_model: Some(model.to_owned()),
        ..before
    };
    match ending {
        Ending::Gone => {}
        Ending::Archived => {
            (row.attempts, row.sent_at, row.gone) = (0, None, true);
            // Nobody asks any more what it held. Nothing at all would say that it was deleted there (`failures`).
            (row.seen, row.agreed, row.payload_hash) = (None, Some(empty()), None);
            well(&mut row);
        }
        Ending::GoneThere(problem) => {
            tell_of(&mut row, problem);
            row.agreed = None; // no change here makes it anew: only an admin's retry does (`failures`)
            (row.status, row.failed_at) = (SyncStatus::Dead, row.failed_at.or(Some(now)));
        }
        Ending::Alike { external_id, agreed, seen, direction, problem } => {
            met(&mut row, external_id, &agreed, &seen, direction, now);
            (row.attempts, row.discarded, row.sent_at) = (0, None, None);
            match problem {
                Some(problem) => {
                    tell_of(&mut row, problem);
                    (row.status, row.failed_at) = (SyncStatus::Dead, row.failed_at.or(Some(now)));
                }
                None => well(&mut row),
            }
        }
        Ending::Told { external_id, agreed } => {
            met(&mut row, external_id, &agreed, &agreed, SyncDirection::Push, now);
            (row.attempts, row.discarded, row.sent_at) = (0, None, None);
            well(&mut row);
        }
        Ending::Later { at, why } => {
            row.status = SyncStatus::Pending;
            row.next_attempt_at = at;
            if let Some((why, hint)) = why {
                (row.last_error, row.hint, row.fingerprint) = (Some(why), hint, None);
            }
        }
        Ending::Unsure { again, problem } => {
            if row.external_id.is_none() {
                // Should it have arrived, this is what both held then; should it not, nobody asks.
                row.agreed = problem.payload.as_ref().and_then(|sent| serde_json::to_value(sent).ok());
            }
            missed(&mut row, again, problem, now);
            row.sent_at = stamped.or(Some(now)); // whoever tries again looks for it first, an admin's retry as well
        }
        Ending::Failed { again, problem } => missed(&mut row, again, problem, now),
    }
    if changed {
        // What was sent is not the last word.
        well(&mut row);
        (row.status, row.next_attempt_at) = (SyncStatus::Pending, now);
    }
    row
}

/// It did not go well: tried again from this moment on, or left to an admin.
fn missed(row: &mut Model, again: Option<Instant>, problem: Problem, now: Instant) {
    tell_of(row, problem);
    row.attempts += 1;
    // What goes well the next time was no failure.
    if again.is_none() || row.attempts >= 3 {
        row.failed_at = row.failed_at.or(Some(now));
    }
    row.status = if again.is_some() { SyncStatus::Error } else { SyncStatus::Dead };
    row.next_attempt_at = again.unwrap_or(now);
}

/// What both sides hold of a thing that is no more.
pub(super) fn empty() -> sea_orm::JsonValue {
    sea_orm::JsonValue::Object(serde_json::Map::new())
}

fn well(row: &mut Model) {
    (row.status, row.failed_at) = (SyncStatus::Synced, None);
    (row.last_error, row.hint, row.fingerprint, row.payload) = (None, None, None, None);
}

fn tell_of(row: &mut Model, problem: Problem) {
    row.last_error = Some(problem.error);
    row.hint = Some(problem.hint);
    // Things of each kind are a group of their own: another look, another remedy.
    row.fingerprint = Some(format!("{} {}", row.local_type, problem.fingerprint));
    row.payload = problem.payload.and_then(|payload| serde_json::to_value(payload).ok());
}

/// Both sides hold these values.
fn met(
    row: &mut Model,
    external_id: i64,
    agreed: &Values,
    seen: &Values,
    direction: SyncDirection,
    now: Instant,
) {
    row.seen = serde_json::to_value(seen).ok();
    let text = serde_json::to_value(agreed).unwrap_or_default();
    row.payload_hash = Some(hash_secret(&text.to_string()));
    (row.agreed, row.external_id) = (Some(text), Some(external_id));
    (row.direction, row.synced_at) = (direction, Some(now));
}

/// Writes down, within the change that took it over, what a record of the other system holds. Unless both sides are `alike`
/// by now it waits to be sent.
///
/// # Errors
/// Those of the database.
pub async fn pulled(tx: &mut Tx, pulled: Pulled<'_>) -> Result<()> {
    let id = SyncId::from_uuid(pulled.local.1);
    let known = all_rows::<Entity>().filter(Column::Id.eq(id)).lock_exclusive().one(tx.conn()).await?;
    let is_new = known.is_none();
    let changed = known.as_ref().map(|row| row.generation) != pulled.row.map(|row| row.generation);
    let now = tx.now;
    let before = known.clone();
    let mut row = known.unwrap_or_else(|| Model {
        id,
        version: 0,
        local_type: pulled.local.0.to_owned(),
        client_id: pulled.client,
        status: SyncStatus::Synced,
        direction: SyncDirection::Pull,
        external_model: None,
        external_id: None,
        generation: 1,
        attempts: 0,
        next_attempt_at: now,
        claim: None,
        sent_at: None,
        gone: false,
        agreed: None,
        seen: None,
        payload_hash: None,
        payload: None,
        last_error: None,
        hint: None,
        fingerprint: None,
        failed_at: None,
        discarded: None,
        synced_at: None,
        created_at: now,
        updated_at: now,
        request_id: None,
        traceparent: None,
    });
    row.external_model = Some(pulled.model.to_owned());
    // Where it changed meanwhile it was compared with less than the row knows by now: a push may have met since.
    let overtaken = changed && !is_new && pulled.row.is_some();
    if !overtaken {
        met(&mut row, pulled.external_id, &pulled.agreed, &pulled.seen, SyncDirection::Pull, now);
    }
    (row.version, row.updated_at) = (row.version + 1, now);
    row.discarded = None;
    match pulled.problem {
        // Unless ours is to be sent: that is done first, and finds the problem as well.
        Some(problem) if pulled.alike && !changed => {
            (row.status, row.failed_at) = (SyncStatus::Dead, row.failed_at.or(Some(now)));
            tell_of(&mut row, problem);
        }
        None if pulled.alike && !changed => {
            row.attempts = 0;
            well(&mut row);
        }
        _ => {
            well(&mut row);
            // A run that sends it meanwhile compared with less: its word does not count.
            (row.status, row.claim) = (SyncStatus::Pending, None);
            (row.next_attempt_at, row.generation) = (now, row.generation + 1);
        }
    }
    if row.status == SyncStatus::Dead && before.as_ref().is_none_or(|row| row.status != SyncStatus::Dead) {
        warn(tx, std::slice::from_ref(&row)).await?;
    }
    if before.as_ref().is_none_or(|before| shows(before, &row)) {
        tell(tx, std::slice::from_ref(&row), ChangeKind::Updated).await?;
    }
    let row = row.into_active_model().reset_all();
    if is_new {
        Entity::insert(row).exec_without_returning(tx.conn()).await?;
    } else {
        row.update(tx.conn()).await?;
    }
    tx.keep();
    Ok(())
}

/// What a record of the other system holds, taken over.
pub struct Pulled<'a> {
    /// The row as it stood when the two were compared; none when it is new.
    pub row: Option<&'a Model>,
    /// Our thing: prefix of its id, and the id.
    pub local: (&'a str, Uuid),
    /// The client that it hangs on.
    pub client: Option<ClientId>,
    /// The model there.
    pub model: &'a str,
    /// The id there.
    pub external_id: i64,
    /// What both hold by now.
    pub agreed: Values,
    /// What it holds there.
    pub seen: Values,
    /// Whether ours holds the same by now.
    pub alike: bool,
    /// Why it could not be taken over.
    pub problem: Option<Problem>,
}

/// Whether screens see a difference.
fn shows(before: &Model, after: &Model) -> bool {
    let seen = |row: &Model| (row.status, row.external_id, row.last_error.clone(), row.discarded.clone());
    // On its way, a row looks to them as if it waited.
    let was = Model {
        status: if before.status == SyncStatus::InFlight { SyncStatus::Pending } else { before.status },
        ..before.clone()
    };
    seen(&was) != seen(after)
}
