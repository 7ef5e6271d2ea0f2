//! What a user sets for the own agenda: the reminders that events have by themselves, and the address of the feed.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use sea_orm::sea_query::{CaseStatement, Expr, ExprTrait, LockType};
use sea_orm::{
    ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder, QuerySelect,
};

use super::agenda_event::{self, AgendaEventState, Reminders};
use super::agenda_settings::{Column, Entity, Model};
use super::rules::AgendaErrorCode as Code;
use super::{set, times};
use crate::domains::identity::app_user;
use crate::kernel::error::Check;
use crate::kernel::ids::{AgendaSettingsId, UserId};
use crate::kernel::{Error, Result, Stop};
use crate::platform::auth::{hash_secret, new_secret};
use crate::platform::db::{Tx, Visible, all_rows, differences};

/// Minutes before the start, unless a user or an event says otherwise.
pub const DEFAULT: i32 = 15;

/// Events of one statement.
const AT_ONCE: usize = 200;

/// The reminders of what users are assigned to and that has none of its own; each user's are read once.
#[derive(Default)]
pub struct Usual(HashMap<UserId, Reminders>);

impl Usual {
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
    let after = Model { reminders: reminders.clone(), ..before.clone() };
    let id = write(tx, before, after, Some(expected)).await?;
    let user = tx.by.user_id().ok_or(Error::NotFound)?;
    use agenda_event::Column as C;
    let ahead = all_rows::<agenda_event::Entity>()
        .filter(C::AssigneeId.eq(user).and(C::Start.gt(tx.now)).and(C::Reminders.is_null()))
        .filter(C::State.is_in(AgendaEventState::OPEN))
        // What is due already and not told yet stays due.
        .filter(C::RemindAt.is_null().or(C::RemindAt.gt(tx.now)))
        .order_by_asc(C::Id)
        .lock_exclusive();
    let ahead = ahead.all(tx.conn()).await.map_err(Error::from)?;
    for some in ahead.chunks(AT_ONCE) {
        let next = some.iter().fold(CaseStatement::new(), |next, event| {
            let due = times::next_reminder(&reminders, event.start, tx.now);
            next.case(C::Id.eq(event.id), Expr::value(due))
        });
        let some = agenda_event::Entity::update_many()
            .col_expr(C::RemindAt, next.into())
            .filter(C::Id.is_in(some.iter().map(|event| event.id)));
        some.exec(tx.conn()).await.map_err(Error::from)?;
    }
    Ok(id)
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
pub fn unset(user: UserId, now: crate::kernel::time::Instant) -> Model {
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
    set::write(tx, (id, version), after.into_active_model(), changes).await?;
    Ok(id)
}
