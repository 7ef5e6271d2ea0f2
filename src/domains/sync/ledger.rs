//! The rows of the ledger: claimed by a run, and settled with how it ended.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use sea_orm::sea_query::{Expr, ExprTrait, LockBehavior, LockType};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel, PaginatorTrait,
    QueryFilter, QueryOrder, QuerySelect, Statement,
};
use uuid::Uuid;

use super::SYNC_CHANGED;
use crate::domains::clients::client;
use crate::domains::identity::users::{self, UserFilter};
use crate::domains::notifications::inbox;
use crate::domains::notifications::notification::NotificationKind;
use crate::kernel::ids::{ClientId, ContactId, EntryId, SyncId, TypedId};
use crate::kernel::time::{Clock, Instant};
use crate::kernel::{Error, Result};
use crate::platform::auth::{Right, Role, Viewer, hash_secret};
use crate::platform::db::tables::sync_external::{Column, Entity, Model, SyncDirection, SyncStatus};
use crate::platform::db::{
    Announcement, Audience, ChangeKind, Database, Origin, Owner, Tx, Visible, all_rows,
};

/// What a thing holds, by field; what is empty is `None`.
pub type Values = BTreeMap<String, Option<String>>;

/// Rows that wait, in the words of the index that finds them.
const WAITS: &str = "status IN ('PENDING', 'IN_FLIGHT', 'ERROR')";

/// How a row's run ended.
#[derive(Clone, Debug)]
pub enum Ending {
    /// Both sides hold the same.
    Alike {
        /// Its id there.
        external_id: i64,
        /// What both hold.
        agreed: Values,
        /// What stands there.
        seen: Values,
        /// Which way it went.
        direction: SyncDirection,
        /// What could not be taken over all the same.
        problem: Option<Problem>,
    },
    /// It was not sent: it is looked at again from this moment on.
    Later {
        /// From then on.
        at: Instant,
        /// What it waits for, and what a person can do about it; `None`: nothing worth telling.
        why: Option<(String, Option<String>)>,
    },
    /// It was sent and nobody knows whether it arrived: it is looked at again from this moment on.
    Unsure {
        /// From then on.
        at: Instant,
        /// What happened.
        problem: Problem,
    },
    /// It failed: tried again from this moment on, or never.
    Failed {
        /// From then on; `None`: an admin must look at it.
        again: Option<Instant>,
        /// What happened.
        problem: Problem,
    },
    /// The record there is no more: an admin decides whether it is made anew.
    GoneThere(Problem),
    /// There is nothing to keep alike any more.
    Gone,
}

/// What went wrong.
#[derive(Clone, Debug)]
pub struct Problem {
    /// In the other system's words.
    pub error: String,
    /// What a person can do about it.
    pub hint: String,
    /// The same for problems of the same kind.
    pub fingerprint: String,
    /// What was to be sent.
    pub payload: Option<Values>,
}

/// Claims at most so many rows of a kind that are due, in the order in which they changed.
///
/// A claimed row tells by `sent_at` whether an earlier run may have sent it. Rows that are `stamped` count as sent from now
/// on; the others say so by `sending`.
///
/// # Errors
/// Those of the database.
pub async fn claim(
    database: &Database,
    kind: &str,
    run: Uuid,
    now: Instant,
    most: u64,
    stamped: bool,
) -> Result<Vec<Model>> {
    let txn = database.begin().await?;
    let due = all_rows::<Entity>()
        .filter(Column::LocalType.eq(kind))
        .filter(Expr::cust(WAITS))
        .filter(Column::NextAttemptAt.lte(now))
        .order_by_asc(Column::NextAttemptAt)
        .order_by_asc(Column::Id)
        .limit(most)
        .lock_with_behavior(LockType::Update, LockBehavior::SkipLocked)
        .all(&txn)
        .await?;
    if due.is_empty() {
        txn.rollback().await?;
        return Ok(due);
    }
    let mut claimed = Entity::update_many()
        .col_expr(Column::Status, Expr::value(SyncStatus::InFlight))
        .col_expr(Column::Claim, Expr::value(run));
    if stamped {
        claimed = claimed.col_expr(Column::SentAt, Expr::value(now));
    }
    claimed.filter(Column::Id.is_in(due.iter().map(|row| row.id))).exec(&txn).await?;
    txn.commit().await?;
    Ok(due)
}

/// A claimed row counts as sent from now on; `false` when another run holds it by now.
///
/// # Errors
/// Those of the database.
pub async fn sending(database: &Database, id: SyncId, run: Uuid, now: Instant) -> Result<bool> {
    let stamped = Entity::update_many()
        .col_expr(Column::SentAt, Expr::value(now))
        .filter(Column::Id.eq(id).and(Column::Claim.eq(run)))
        .exec(&database.own)
        .await?;
    Ok(stamped.rows_affected == 1)
}

/// Whether any row of these kinds is due.
///
/// # Errors
/// Those of the database.
pub async fn is_due(database: &Database, kinds: &[&str], now: Instant) -> Result<bool> {
    let due = all_rows::<Entity>()
        .filter(Column::LocalType.is_in(kinds.iter().copied()))
        .filter(Expr::cust(WAITS))
        .filter(Column::NextAttemptAt.lte(now))
        .limit(1)
        .one(&database.own)
        .await?;
    Ok(due.is_some())
}

/// The clients of which a row of this kind waits for a later moment, with that moment: what came behind it waits as well.
///
/// # Errors
/// Those of the database.
pub async fn held(
    database: &Database,
    kind: &str,
    clients: impl IntoIterator<Item = ClientId>,
    now: Instant,
) -> Result<HashMap<ClientId, Instant>> {
    let waiting = all_rows::<Entity>()
        .filter(Column::LocalType.eq(kind))
        .filter(Expr::cust(WAITS))
        .filter(Column::ClientId.is_in(clients))
        .filter(Column::NextAttemptAt.gt(now));
    let waiting = waiting.all(&database.own).await?;
    Ok(waiting.into_iter().filter_map(|row| Some((row.client_id?, row.next_attempt_at))).collect())
}

/// How many rows of these kinds are due.
///
/// # Errors
/// Those of the database.
pub async fn due(database: &Database, kinds: &[&str], now: Instant) -> Result<u64> {
    let due = all_rows::<Entity>()
        .filter(Column::LocalType.is_in(kinds.iter().copied()))
        .filter(Expr::cust(WAITS))
        .filter(Column::NextAttemptAt.lte(now));
    Ok(due.count(&database.own).await?)
}

/// Since when the row of these kinds is due that is due the longest, or from when on; `None`: nothing waits.
///
/// # Errors
/// Those of the database.
pub async fn oldest_due(database: &Database, kinds: &[String]) -> Result<Option<Instant>> {
    let oldest = all_rows::<Entity>()
        .filter(Column::LocalType.is_in(kinds))
        .filter(Expr::cust(WAITS))
        .order_by_asc(Column::NextAttemptAt)
        .limit(1)
        .one(&database.own)
        .await?;
    Ok(oldest.map(|row| row.next_attempt_at))
}

/// The rows of these things.
///
/// # Errors
/// Those of the database.
pub async fn of(database: &Database, ids: impl IntoIterator<Item = Uuid>) -> Result<HashMap<Uuid, Model>> {
    let ids = ids.into_iter().map(SyncId::from_uuid);
    let rows = all_rows::<Entity>().filter(Column::Id.is_in(ids)).all(&database.own).await?;
    Ok(rows.into_iter().map(|row| (row.id.uuid(), row)).collect())
}

/// The rows of these records of the other system, by their ids there.
///
/// # Errors
/// Those of the database.
pub async fn there(database: &Database, model: &str, ids: &[i64]) -> Result<HashMap<i64, Model>> {
    let rows = all_rows::<Entity>()
        .filter(Column::ExternalModel.eq(model))
        .filter(Column::ExternalId.is_in(ids.iter().copied()))
        .all(&database.own)
        .await?;
    Ok(rows.into_iter().filter_map(|row| Some((row.external_id?, row))).collect())
}

/// The rows of a kind that stand alike, in the order of their ids, behind this one.
///
/// # Errors
/// Those of the database.
pub async fn synced(database: &Database, kind: &str, after: Uuid, most: u64) -> Result<Vec<Model>> {
    let rows = all_rows::<Entity>()
        .filter(Column::LocalType.eq(kind))
        .filter(Column::Status.eq(SyncStatus::Synced))
        .filter(Column::Id.gt(SyncId::from_uuid(after)))
        .order_by_asc(Column::Id)
        .limit(most);
    Ok(rows.all(&database.own).await?)
}

/// Claims these rows where they still stand alike.
///
/// # Errors
/// Those of the database.
pub async fn take(database: &Database, ids: &[Uuid], run: Uuid, now: Instant) -> Result<Vec<Model>> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let mine = Column::Id.is_in(ids.iter().copied().map(SyncId::from_uuid));
    Entity::update_many()
        .col_expr(Column::Claim, Expr::value(run))
        .col_expr(Column::UpdatedAt, Expr::value(now))
        .filter(mine)
        .filter(Column::Status.eq(SyncStatus::Synced))
        .exec(&database.own)
        .await?;
    Ok(all_rows::<Entity>().filter(Column::Claim.eq(run)).all(&database.own).await?)
}

/// Marks every thing of a kind that the ledger does not know: those from before Odoo was there. Tells how many.
///
/// # Errors
/// Those of the database, and `Usage` for a kind that is not known.
pub async fn mark_all(database: &Database, kind: &str, now: Instant) -> Result<u64> {
    let (table, client) = match kind {
        ClientId::PREFIX => ("client", "id"),
        ContactId::PREFIX => ("contact", "client_id"),
        EntryId::PREFIX => ("event_log_entry", "client_id"),
        _ => return Err(Error::Usage(format!("{kind} is no kind of things that is synced"))),
    };
    let sql = format!(
        "INSERT INTO sync_external (id, version, local_type, client_id, status, direction, generation, attempts, \
         next_attempt_at, gone, created_at, updated_at) \
         SELECT id, 1, $1, {client}, 'PENDING', 'PUSH', 1, 0, $2, $3, $2, $2 FROM {table} AS thing \
         WHERE NOT EXISTS (SELECT 1 FROM sync_external AS known WHERE known.id = thing.id)"
    );
    let values: [sea_orm::Value; 3] = [kind.into(), now.into(), false.into()];
    let marked = Statement::from_sql_and_values(database.backend(), sql, values);
    Ok(database.own.execute_raw(marked).await?.rows_affected())
}

/// Forgets how everything stands, as if the other system had never been there.
///
/// # Errors
/// Those of the database.
pub async fn forget_all(database: &Database) -> Result<()> {
    Entity::delete_many().exec(&database.own).await?;
    super::progress::forget_all(&database.own).await
}

/// Forgets a thing that is no more, within the change that ended it.
///
/// # Errors
/// Those of the database.
pub async fn forget(tx: &mut Tx, id: SyncId) -> Result<()> {
    Entity::delete_by_id(id).exec(tx.conn()).await?;
    Ok(())
}

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
        sent_at: None,
        version: before.version + 1,
        updated_at: now,
        external_model: Some(model.to_owned()),
        ..before
    };
    match ending {
        Ending::Gone => {}
        Ending::GoneThere(problem) => {
            tell_of(&mut row, problem);
            row.agreed = None; // no change here makes it anew: only an admin's retry does (`failures`)
            (row.status, row.failed_at) = (SyncStatus::Dead, row.failed_at.or(Some(now)));
        }
        Ending::Alike { external_id, agreed, seen, direction, problem } => {
            met(&mut row, external_id, &agreed, &seen, direction, now);
            (row.attempts, row.discarded) = (0, None);
            match problem {
                Some(problem) => {
                    tell_of(&mut row, problem);
                    (row.status, row.failed_at) = (SyncStatus::Dead, row.failed_at.or(Some(now)));
                }
                None => well(&mut row),
            }
        }
        Ending::Later { at, why } => {
            row.status = SyncStatus::Pending;
            row.next_attempt_at = at;
            row.sent_at = seen.sent_at; // this run sent nothing; an earlier one may have
            if let Some((why, hint)) = why {
                (row.last_error, row.hint, row.fingerprint) = (Some(why), hint, None);
            }
        }
        Ending::Unsure { at, problem } => {
            tell_of(&mut row, problem);
            row.attempts += 1;
            if row.attempts >= 3 {
                row.failed_at = row.failed_at.or(Some(now));
            }
            (row.status, row.next_attempt_at) = (SyncStatus::Error, at);
            row.sent_at = stamped.or(Some(now));
        }
        Ending::Failed { again, problem } => {
            tell_of(&mut row, problem);
            row.attempts += 1;
            // What goes well the next time was no failure.
            if again.is_none() || row.attempts >= 3 {
                row.failed_at = row.failed_at.or(Some(now));
            }
            row.status = if again.is_some() { SyncStatus::Error } else { SyncStatus::Dead };
            row.next_attempt_at = again.unwrap_or(now);
        }
    }
    if changed {
        // What was sent is not the last word.
        well(&mut row);
        (row.status, row.next_attempt_at) = (SyncStatus::Pending, now);
    }
    row
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

/// What both sides held when they last met; empty before they ever did.
pub fn agreed(row: &Model) -> Values {
    row.agreed.clone().and_then(|json| serde_json::from_value(json).ok()).unwrap_or_default()
}

/// What stood there when it was last looked at; `None` before it ever was.
pub fn seen(row: &Model) -> Option<Values> {
    row.seen.clone().and_then(|json| serde_json::from_value(json).ok())
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
    });
    row.external_model = Some(pulled.model.to_owned());
    met(&mut row, pulled.external_id, &pulled.agreed, &pulled.seen, SyncDirection::Pull, now);
    (row.version, row.updated_at) = (row.version + 1, now);
    row.discarded = None;
    match pulled.problem {
        Some(problem) if !changed => {
            (row.status, row.failed_at) = (SyncStatus::Dead, row.failed_at.or(Some(now)));
            tell_of(&mut row, problem);
        }
        None if pulled.alike && !changed => {
            row.attempts = 0;
            well(&mut row);
        }
        _ => {
            well(&mut row);
            row.status = SyncStatus::Pending;
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

/// Tells the screens how these rows stand.
pub(super) async fn tell(tx: &mut Tx, rows: &[Model], kind: ChangeKind) -> Result<()> {
    let clients: BTreeSet<ClientId> = rows.iter().filter_map(|row| row.client_id).collect();
    let mut owners = HashMap::new();
    if !clients.is_empty() {
        let of = client::Entity::visible_to(&tx.by).filter(client::Column::Id.is_in(clients));
        for client in of.all(tx.conn()).await? {
            let owner = Owner { team: client.team_id.uuid(), advisor: client.advisor_id.map(TypedId::uuid) };
            owners.insert(client.id, owner);
        }
    }
    for row in rows {
        let audience = match row.client_id.and_then(|client| Some((client, *owners.get(&client)?))) {
            Some((client, now)) => {
                Audience { client: Some(client.uuid()), now: Some(now), ..Audience::default() }
            }
            None => Audience { right: Some(Right::Administer), ..Audience::default() },
        };
        tx.announce(Announcement {
            topic: SYNC_CHANGED,
            audience,
            subject_id: row.id.uuid(),
            kind,
            version: row.version,
            fields: vec!["status".to_owned()],
        });
    }
    Ok(())
}

/// Tells the admins of failures of a kind that no other row has.
async fn warn(tx: &mut Tx, failed: &[Model]) -> Result<()> {
    let mut kinds: BTreeMap<String, Vec<&Model>> = BTreeMap::new();
    for row in failed {
        kinds.entry(row.fingerprint.clone().unwrap_or_default()).or_default().push(row);
    }
    for (fingerprint, rows) in kinds {
        let alike = all_rows::<Entity>()
            .filter(Column::FailedAt.is_not_null())
            .filter(Column::Fingerprint.eq(fingerprint))
            .filter(Column::Status.eq(SyncStatus::Dead))
            .filter(Column::Id.is_not_in(rows.iter().map(|row| row.id)));
        let Some(first) = rows.first() else { continue };
        if alike.count(tx.conn()).await? > 0 {
            continue;
        }
        tell_admins(tx, first.client_id, first.id).await?;
    }
    Ok(())
}

/// Tells every admin that the other system does not let us in, with a thing that waits for it.
///
/// # Errors
/// Those of the database.
pub async fn alarm(database: &Database, clock: &Clock, about: &Model) -> Result<()> {
    let origin = Origin { operation: "sync".to_owned(), ..Origin::default() };
    let mut tx = Tx::begin(database, clock, Arc::new(Viewer::system("Odoo")), origin).await?;
    tell_admins(&mut tx, about.client_id, about.id).await?;
    tx.commit().await?;
    Ok(())
}

/// Tells every admin that something fails.
async fn tell_admins(tx: &mut Tx, client: Option<ClientId>, about: SyncId) -> Result<()> {
    let admins = UserFilter { role: Some(Role::Admin), disabled: Some(false), ..UserFilter::default() };
    for admin in users::list(&tx.by, &admins).all(tx.conn()).await? {
        inbox::tell(tx, admin.id, NotificationKind::SyncFailed, client, about).await?;
    }
    Ok(())
}
