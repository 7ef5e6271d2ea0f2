//! What a user sets for the own agenda: the reminders that events have by themselves, and the address of the feed.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use futures_util::FutureExt;
use sea_orm::sea_query::{ExprTrait, LockType};
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, IntoActiveModel, PaginatorTrait, QueryFilter, QueryOrder,
    QuerySelect, Select,
};
use serde::{Deserialize, Serialize};

use super::agenda_event::{self, AgendaEventState, Reminders};
use super::agenda_settings::{Column, Entity, Model};
use super::rules::AgendaErrorCode as Code;
use super::{singleton, times};
use crate::domains::identity::app_user;
use crate::kernel::error::Check;
use crate::kernel::ids::{AgendaEventId, AgendaSettingsId, UserId};
use crate::kernel::time::Instant;
use crate::kernel::{Error, Result, Stop};
use crate::platform::auth::{hash_secret, new_secret};
use crate::platform::db::{Tx, Visible, all_rows, differences, update_all};
use crate::platform::jobs::{Failure, Job, Step, Work};

/// Minutes before the start, unless a user or an event says otherwise.
pub const DEFAULT: i32 = 15;

/// Events of one transaction.
const AT_ONCE: u64 = 500;

/// The reminders of what users are assigned to and that has none of its own; each user's are read once.
#[derive(Default)]
pub struct DefaultReminders(HashMap<UserId, Reminders>);

impl DefaultReminders {
    /// Those of this user.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn of(&mut self, conn: &impl ConnectionTrait, user: UserId) -> Result<&Reminders> {
        match self.0.entry(user) {
            Entry::Occupied(known) => Ok(known.into_mut()),
            Entry::Vacant(unknown) => {
                let row = all_rows::<Entity>().filter(Column::Id.eq(AgendaSettingsId::of(user)));
                let row = row.one(conn).await?;
                Ok(unknown.insert(row.map_or_else(|| Reminders(vec![DEFAULT]), |row| row.reminders)))
            }
        }
    }
}

/// Sets the reminders that events have by themselves; what is planned already follows.
pub async fn update(tx: &mut Tx, expected: i32, reminders: Vec<i32>) -> Result<AgendaSettingsId, Stop<Code>> {
    let before = own(tx).await?;
    let mut check = Check::default();
    let reminders = times::reminders(&mut check, reminders);
    check.done()?;
    let after = Model { reminders, ..before.clone() };
    let is_new = after.reminders != before.reminders;
    let id = write(tx, before, after, Some(expected)).await?;
    let user = tx.by.user_id().ok_or(Error::NotFound)?;
    if is_new {
        let planned = ahead(user, tx.now, None).count(tx.conn()).await.map_err(Error::from)?;
        tx.tell_rows(id, "agendaEvents", planned);
        if let (_, Some(after)) = step(tx, user, None).await? {
            tx.enqueue(RemindAnew { user, after }.now()?);
        }
    }
    Ok(id)
}

/// Reckons anew when the reminders of what a user has planned are due: of those events behind this one.
#[derive(Clone, Serialize, Deserialize)]
pub struct RemindAnew {
    user: UserId,
    after: AgendaEventId,
}

impl Job for RemindAnew {
    const KIND: &'static str = "agenda.remind_anew";
}

impl RemindAnew {
    /// Does it, some at a time, by what the settings are then.
    ///
    /// # Errors
    /// Those of the database: it is tried again.
    pub async fn run(self, mut work: Work) -> Result<(), Failure> {
        let (now, db) = (work.clock.now(), &work.database.own);
        let left = ahead(self.user, now, Some(self.after)).count(db).await.map_err(Error::from)?;
        let user = self.user;
        work.steps(left, self.after, move |tx, after| step(tx, user, Some(after)).boxed()).await?;
        Ok(())
    }
}

/// What a user has planned that has no reminders of its own.
fn ahead(user: UserId, now: Instant, after: Option<AgendaEventId>) -> Select<agenda_event::Entity> {
    use agenda_event::Column as C;
    all_rows::<agenda_event::Entity>()
        .filter(C::AssigneeId.eq(user).and(C::Start.gt(now)).and(C::Reminders.is_null()))
        .filter(C::State.is_in(AgendaEventState::OPEN))
        // What is due already and not told yet stays due.
        .filter(C::RemindAt.is_null().or(C::RemindAt.gt(now)))
        .filter(Condition::all().add_option(after.map(|after| C::Id.gt(after))))
}

async fn step(tx: &mut Tx, user: UserId, after: Option<AgendaEventId>) -> Result<Step<AgendaEventId>> {
    let next = ahead(user, tx.now, after).order_by_asc(agenda_event::Column::Id).limit(AT_ONCE);
    let mut events = next.lock_exclusive().all(tx.conn()).await?;
    let reminders = DefaultReminders::default().of(tx.conn(), user).await?.clone();
    for event in &mut events {
        event.remind_at = times::next_reminder(&reminders, event.start, tx.now);
    }
    let (done, last) = (events.len() as u64, events.last().map(|event| event.id));
    update_all(tx.conn(), events.into_iter().map(IntoActiveModel::into_active_model)).await?;
    Ok((done, last.filter(|_| done == AT_ONCE)))
}

/// Makes a new secret for the address of the user's feed; the one before is good no more. It is told this once.
pub async fn open_feed(tx: &mut Tx) -> Result<(AgendaSettingsId, String), Stop<Code>> {
    let before = own(tx).await?;
    let secret = new_secret();
    let after = Model { feed_hash: Some(hash_secret(&secret)), feed_since: Some(tx.now), ..before.clone() };
    Ok((write(tx, before, after, None).await?, secret))
}

/// Ends the user's feed: its address is good no more.
pub async fn close_feed(tx: &mut Tx) -> Result<AgendaSettingsId, Stop<Code>> {
    let before = own(tx).await?;
    let after = Model { feed_hash: None, feed_since: None, ..before.clone() };
    write(tx, before, after, None).await
}

/// The viewer's settings, locked; what they are by themselves where nothing was set yet.
async fn own(tx: &Tx) -> Result<Model, Stop<Code>> {
    // Machines have no agenda.
    let user = tx.by.user_id().ok_or(Error::NotFound)?;
    // Where nothing was set yet there is no row to be locked.
    let himself = app_user::Entity::visible_to(&tx.by).filter(app_user::Column::Id.eq(user));
    himself.lock(LockType::NoKeyUpdate).one(tx.conn()).await.map_err(Error::from)?;
    let row = Entity::visible_to(&tx.by).filter(Column::Id.eq(AgendaSettingsId::of(user))).lock_exclusive();
    let row = row.one(tx.conn()).await.map_err(Error::from)?;
    Ok(row.unwrap_or_else(|| unset(user, tx.now)))
}

/// What a user's settings are before anything was set.
pub fn unset(user: UserId, now: Instant) -> Model {
    Model {
        id: AgendaSettingsId::of(user),
        version: 0,
        reminders: Reminders(vec![DEFAULT]),
        feed_hash: None,
        feed_since: None,
        created_at: now,
        updated_at: now,
    }
}

async fn write(
    tx: &mut Tx,
    before: Model,
    mut after: Model,
    expected: Option<i32>,
) -> Result<AgendaSettingsId, Stop<Code>> {
    let changes = differences(Some(&before), Some(&after))?;
    if let Some(expected) = expected.filter(|_| before.version > 0) {
        tx.merge(before.id, expected, before.version, &changes).await?;
    }
    if before.version > 0 && before == after {
        return Ok(before.id);
    }
    (after.version, after.updated_at) = (before.version + 1, tx.now);
    let (id, version) = (after.id, after.version);
    singleton::write(tx, (id, version), after.into_active_model(), changes).await?;
    Ok(id)
}
