//! Activities: plan, change, complete, cancel, reopen.

use sea_orm::{
    ActiveModelTrait, ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter, QuerySelect, Select,
};

use super::tables::activity::{self, ActivityKind, ActivityState};
use super::tables::client;
use super::tables::event_log_entry::EventLogKind;
use super::timeline::{self, NewEntry};
use super::{CLIENT_UPDATED, clients};
use crate::codes;
use crate::domains::identity::users;
use crate::kernel::error::Check;
use crate::kernel::ids::{ActivityId, ClientId, UserId};
use crate::kernel::time::Instant;
use crate::kernel::{Error, Patch, Result, Stop};
use crate::platform::auth::{Right, Viewer};
use crate::platform::db::{Change, ChangeKind, Tx, Visible, differences};

codes! {
    /// Why an activity was not changed.
    pub enum ActivityErrorCode {
        /// There is no such user in a team of yours.
        AssigneeUnknown = "ASSIGNEE_UNKNOWN",
        /// The activity is in this state already.
        AlreadySo = "ALREADY_SO",
        /// Only a planned activity can be done, cancelled or changed; reopen it first.
        NotPlanned = "NOT_PLANNED",
    }
}

/// The fields of an activity, as given.
#[derive(Clone, Debug, Default)]
pub struct ActivityPatch {
    /// What is to be done.
    pub title: Patch<String>,
    /// Anything else.
    pub notes: Patch<String>,
    /// When it is due.
    pub due_at: Patch<Instant>,
    /// Who does it.
    pub assignee: Patch<UserId>,
}

/// Plans an activity, or writes down one that is done.
pub async fn create(
    tx: &mut Tx,
    client: ClientId,
    kind: ActivityKind,
    done: bool,
    mut fields: ActivityPatch,
) -> Result<ActivityId, Stop<ActivityErrorCode>> {
    tx.by.may(Right::WriteClients)?;
    let client = clients::get(tx, client).await?;
    if fields.assignee == Patch::Keep {
        fields.assignee = tx.by.user_id().map_or(Patch::Keep, Patch::Set);
    }
    let mut row = activity::Model {
        id: ActivityId::new(),
        version: 1,
        client_id: client.id,
        kind,
        title: String::new(),
        notes: None,
        state: if done { ActivityState::Done } else { ActivityState::Planned },
        due_at: None,
        done_at: done.then_some(tx.now),
        assignee_id: None,
        agenda_at: tx.now,
        created_at: tx.now,
        updated_at: tx.now,
    };
    apply(tx, &mut row, fields).await?;
    let id = row.id;
    let change = Change::of(ChangeKind::Created, id, 1, differences(None, Some(&row))?);
    tell(tx, change, &client);
    activity::Entity::insert(row.clone().into_active_model()).exec_without_returning(tx.conn()).await?;
    if done {
        write_history(tx, &client, &row).await?;
    }
    Ok(id)
}

/// Changes a planned activity.
pub async fn update(
    tx: &mut Tx,
    id: ActivityId,
    expected: i32,
    patch: ActivityPatch,
) -> Result<ActivityId, Stop<ActivityErrorCode>> {
    let (client, before) = open(tx, id).await?;
    if before.state != ActivityState::Planned {
        return Err(Stop::refuse(ActivityErrorCode::NotPlanned, "id", "reopen the activity first"));
    }
    let mut after = before.clone();
    apply(tx, &mut after, patch).await?;
    write(tx, &client, before, after, expected).await
}

/// Moves an activity to another state: done, cancelled, or planned again.
pub async fn transit(
    tx: &mut Tx,
    id: ActivityId,
    expected: i32,
    state: ActivityState,
) -> Result<ActivityId, Stop<ActivityErrorCode>> {
    let (client, before) = open(tx, id).await?;
    if before.state == state {
        return Err(Stop::refuse(
            ActivityErrorCode::AlreadySo,
            "id",
            format!("the activity is {state} already"),
        ));
    }
    if state != ActivityState::Planned && before.state != ActivityState::Planned {
        return Err(Stop::refuse(ActivityErrorCode::NotPlanned, "id", "reopen the activity first"));
    }
    let done = state == ActivityState::Done;
    let mut after = activity::Model { state, done_at: done.then_some(tx.now), ..before.clone() };
    after.agenda_at = place(&after);
    let done_now = after.clone();
    write(tx, &client, before, after, expected).await?;
    if done {
        write_history(tx, &client, &done_now).await?;
    }
    Ok(id)
}

/// Activities of clients that the viewer may see: of an assignee, in these states.
pub fn list(
    viewer: &Viewer,
    assignee: Option<UserId>,
    states: Option<&[ActivityState]>,
) -> Select<activity::Entity> {
    let mut query = activity::Entity::visible_to(viewer);
    if let Some(assignee) = assignee {
        query = query.filter(activity::Column::AssigneeId.eq(assignee));
    }
    if let Some(states) = states {
        query = query.filter(activity::Column::State.is_in(states.iter().copied()));
    }
    query
}

async fn open(tx: &Tx, id: ActivityId) -> Result<(client::Model, activity::Model)> {
    tx.by.may(Right::WriteClients)?;
    let query = || activity::Entity::visible_to(&tx.by).filter(activity::Column::Id.eq(id));
    let client = clients::above(tx, query(), activity::Column::ClientId).await?;
    let row = query().lock_exclusive().one(tx.conn()).await?.ok_or(Error::NotFound)?;
    Ok((client, row))
}

async fn write(
    tx: &mut Tx,
    client: &client::Model,
    before: activity::Model,
    mut after: activity::Model,
    expected: i32,
) -> Result<ActivityId, Stop<ActivityErrorCode>> {
    let changes = differences(Some(&before), Some(&after))?;
    tx.merge(before.id, expected, before.version, &changes).await?;
    if !changes.is_empty() {
        after.version += 1;
        after.updated_at = tx.now;
        tell(tx, Change::of(ChangeKind::Updated, before.id, after.version, changes), client);
        after.into_active_model().reset_all().update(tx.conn()).await?;
    }
    Ok(before.id)
}

fn tell(tx: &mut Tx, change: Change, client: &client::Model) {
    let audience = timeline::audience(client, None);
    tx.record(change.on_parent(CLIENT_UPDATED, audience, client.id, client.version, "activities"));
}

/// What was done becomes history.
async fn write_history(tx: &mut Tx, client: &client::Model, done: &activity::Model) -> Result<()> {
    let kind = match done.kind {
        ActivityKind::Call => EventLogKind::Call,
        ActivityKind::Email => EventLogKind::Email,
        ActivityKind::Meeting => EventLogKind::Meeting,
        ActivityKind::Payment => EventLogKind::Payment,
        ActivityKind::Sale | ActivityKind::Task => EventLogKind::Note,
    };
    let payload = serde_json::json!({ "activity": done.id });
    timeline::write(tx, client, NewEntry::of(kind, done.title.clone()).with(payload)).await?;
    Ok(())
}

/// Where an activity stands in lists: when done, when due, or when written down.
fn place(row: &activity::Model) -> Instant {
    row.done_at.or(row.due_at).unwrap_or(row.created_at)
}

async fn apply(
    tx: &Tx,
    row: &mut activity::Model,
    fields: ActivityPatch,
) -> Result<(), Stop<ActivityErrorCode>> {
    use ActivityErrorCode::Invalid;
    let mut check = Check::default();
    check.name(Invalid, "title", fields.title, &mut row.title, 200);
    check.text(Invalid, "notes", fields.notes, &mut row.notes, 5000);
    fields.due_at.apply(&mut row.due_at);
    if let Patch::Set(user) = fields.assignee
        && users::assignable(tx, user).await?.is_none()
        && tx.by.user_id() != Some(user)
    {
        check.refuse(
            ActivityErrorCode::AssigneeUnknown,
            "assigneeId",
            "there is no such user in a team of yours",
        );
    }
    fields.assignee.apply(&mut row.assignee_id);
    row.agenda_at = place(row);
    check.done()
}
