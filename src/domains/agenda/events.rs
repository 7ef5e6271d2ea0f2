//! The verbs of an event: create, update, reschedule, assign, and the transitions of its state.

use sea_orm::sea_query::{Cond, ExprTrait};
use sea_orm::{ColumnTrait, Condition, EntityTrait, IntoActiveModel, QueryFilter, QuerySelect, Select};

use super::agenda_event::{AgendaEventKind, AgendaEventState, Column, Entity, Model};
use super::details::{Details, DetailsPatch};
use super::rules::{self, AgendaAction, AgendaErrorCode as Code, AgendaScope, Callable, Facts};
use super::settings::DefaultReminders;
use super::times::{self, LONGEST, When};
use super::{AGENDA_CHANGED, series, working};
use crate::domains::clients::event_log_entry::{EventLogCode, EventLogKind};
use crate::domains::clients::texts;
use crate::domains::clients::timeline::{self, NewEntry};
use crate::domains::identity::rules::time_zone;
use crate::domains::identity::{app_user, users};
use crate::domains::notifications::inbox;
use crate::domains::notifications::notification::NotificationKind;
use crate::kernel::error::Check;
use crate::kernel::ids::{AgendaEventId, AgendaSeriesId, ClientId, TeamId, TypedId, UserId};
use crate::kernel::time::{Day, Instant};
use crate::kernel::words::Word;
use crate::kernel::{Error, Patch, Result, Stop, text};
use crate::platform::auth::{Actor, Right, Viewer};
use crate::platform::db::{Audience, Change, ChangeKind, Owner, Tx, Visible, differences, update_all};
use crate::platform::zones::Zone;

/// Longest reason for a cancellation.
const REASON_MAX: usize = 500;

/// An event to be made, or a series of them.
#[derive(Clone, Debug)]
pub struct NewEvent {
    /// What it is about.
    pub details: DetailsPatch,
    /// It begins.
    pub start: Instant,
    /// It ends.
    pub end: Instant,
    /// Whether it takes whole days.
    pub all_day: bool,
    /// IANA zone; `None`: the assignee's, else the team's.
    pub time_zone: Option<String>,
    /// Who goes. `Keep`: who makes it; `Clear`: the team's pool.
    pub assignee: Patch<UserId>,
    /// By which rule it recurs (RFC 5545), and the starts that are left out.
    pub recurrence: Option<(String, Vec<Instant>)>,
}

/// Makes an event, or a series of them: then its first occurrence is given back.
pub async fn create(tx: &mut Tx, new: NewEvent) -> Result<AgendaEventId, Stop<Code>> {
    tx.by.may(Right::WriteClients)?;
    let mut check = Check::default();
    let mut details = Details::default();
    details.apply(tx, &mut check, new.details).await?;
    let assignee = match new.assignee {
        Patch::Set(user) => Some(user),
        Patch::Clear => None,
        Patch::Keep => tx.by.user_id().filter(|_| tx.by.team.is_some()),
    };
    let user = assigned(tx, &mut check, assignee).await?;
    let team = match user.as_ref().and_then(|user| user.team_id).or(tx.by.team) {
        Some(team) => Some(team),
        None => details.team(tx).await?,
    };
    if team.is_none() && assignee.is_none() {
        check.refuse(
            Code::TeamMissing,
            "assigneeId",
            "name an assignee or a client: the event belongs to a team",
        );
    }
    let named = match (&new.time_zone, &user, team) {
        (Some(name), ..) => name.clone(),
        (None, Some(user), _) => user.time_zone.clone(),
        (None, None, Some(team)) => working::of(tx.conn(), team).await?.time_zone,
        (None, None, None) => "UTC".to_owned(),
    };
    let zone = zone(&mut check, &named);
    let when = When::checked(&mut check, new.start, new.end, new.all_day, zone);
    let pattern = match &new.recurrence {
        Some((rule, except)) => series::pattern(&mut check, rule, except, when),
        None => None,
    };
    check.done()?;
    let team_id = team.ok_or_else(|| Error::internal("a checked field is missing"))?;
    let mut row = blank(tx, team_id);
    row.put(details);
    when.put(&mut row);
    row.assignee_id = assignee;
    row.uid = uid(row.id);
    let client = row.client_id;
    let id = match pattern {
        Some(pattern) => series::create(tx, row, pattern).await?,
        None => insert(tx, row).await?,
    };
    tell_assignee(tx, assignee, client, id).await?;
    Ok(id)
}

/// Changes what an event is about.
pub async fn update(
    tx: &mut Tx,
    id: AgendaEventId,
    expected: i32,
    scope: AgendaScope,
    patch: DetailsPatch,
) -> Result<AgendaEventId, Stop<Code>> {
    let before = open(tx, id, AgendaAction::Update, scope).await?;
    let mut details = Details::from(&before);
    let mut check = Check::default();
    details.apply(tx, &mut check, patch).await?;
    if before.kind == AgendaEventKind::FollowUp && details.client_id != before.client_id {
        check.refuse(Code::Invalid, "clientId", "a follow-up stays with its client");
    }
    check.done()?;
    let mut after = before.clone();
    after.put(details);
    change(tx, AgendaAction::Update, (before, after), expected, scope).await
}

/// Moves an event, and makes it longer or shorter.
pub async fn reschedule(
    tx: &mut Tx,
    id: AgendaEventId,
    expected: i32,
    scope: AgendaScope,
    (start, end, all_day): (Instant, Instant, Option<bool>),
    time_zone: Option<String>,
) -> Result<AgendaEventId, Stop<Code>> {
    let before = open(tx, id, AgendaAction::Reschedule, scope).await?;
    let mut check = Check::default();
    let zone = zone(&mut check, time_zone.as_deref().unwrap_or(&before.time_zone));
    if scope != AgendaScope::This && zone.name() != before.time_zone {
        check.refuse(Code::Invalid, "timeZone", "a series stays in its zone: move occurrences one by one");
    }
    let when = When::checked(&mut check, start, end, all_day.unwrap_or(before.all_day), zone);
    if scope != AgendaScope::This && when.all_day != before.all_day {
        check.refuse(Code::Invalid, "allDay", "is the same in a whole series: move occurrences one by one");
    }
    if scope != AgendaScope::This && !when.is_whole() {
        check.refuse(Code::Invalid, "end", "of a series must lie whole minutes after the start");
    }
    check.done()?;
    let mut after = before.clone();
    when.put(&mut after);
    change(tx, AgendaAction::Reschedule, (before, after), expected, scope).await
}

/// Gives an event to somebody else, or to the team's pool.
pub async fn assign(
    tx: &mut Tx,
    id: AgendaEventId,
    expected: i32,
    scope: AgendaScope,
    assignee: Option<UserId>,
) -> Result<AgendaEventId, Stop<Code>> {
    let before = open(tx, id, AgendaAction::Assign, scope).await?;
    let mut check = Check::default();
    let user = assigned(tx, &mut check, assignee).await?;
    check.done()?;
    let mut after = before.clone();
    after.assignee_id = assignee;
    after.team_id = user.and_then(|user| user.team_id).unwrap_or(before.team_id);
    change(tx, AgendaAction::Assign, (before, after), expected, scope).await
}

/// Moves an event to another state. What is cancelled may be a whole series.
pub async fn transit(
    tx: &mut Tx,
    id: AgendaEventId,
    expected: i32,
    action: AgendaAction,
    scope: AgendaScope,
    reason: Option<String>,
) -> Result<AgendaEventId, Stop<Code>> {
    let before = open(tx, id, action, scope).await?;
    let reason = text::optional(&reason.unwrap_or_default(), REASON_MAX)
        .map_err(|rule| Stop::refuse(Code::Invalid, "reason", rule))?;
    let state = rules::leads_to(action).ok_or_else(|| Error::internal("no transition"))?;
    let after = Model { state, ..before.clone() };
    if scope != AgendaScope::This {
        return series::cancel(tx, before, after, expected, scope, reason).await;
    }
    write(tx, before, after, expected, reason.as_deref()).await
}

/// Which events a list holds; all that is given must hold.
#[derive(Clone, Debug, Default)]
pub struct EventFilter {
    /// Of one of these assignees.
    pub assignees: Option<Vec<UserId>>,
    /// Of this team.
    pub team: Option<TeamId>,
    /// With this client.
    pub client: Option<ClientId>,
    /// In one of these states.
    pub states: Option<Vec<AgendaEventState>>,
    /// Of one of these kinds.
    pub kinds: Option<Vec<AgendaEventKind>>,
    /// Occurrences of this series.
    pub series: Option<AgendaSeriesId>,
    /// Whether somebody must do something for it.
    pub action_required: Option<bool>,
}

/// From here to there; what ends there or begins there is outside.
#[derive(Clone, Debug)]
pub struct Range {
    /// From here on.
    pub start: Instant,
    /// Until there.
    pub end: Instant,
    /// The zone whose days are looked at: whole days are found by their dates. `None`: by their own midnights.
    pub zone: Option<Zone>,
}

impl Range {
    /// The events that lie in it, or cross its edge.
    pub fn holds(&self) -> Condition {
        let here = |start, end| {
            Cond::all()
                .add(Column::Start.lt(end))
                .add(Column::Start.gt(start - LONGEST - chrono::Duration::days(1)))
                .add(Column::End.gt(start).or(Column::Start.gte(start)))
        };
        let Some(zone) = self.zone else { return here(self.start, self.end) };
        let day = |at: Instant| Day(zone.local(at).date());
        let last = day(self.end - chrono::Duration::microseconds(1));
        let days = Cond::all()
            .add(Column::AllDay.eq(true))
            .add(Column::FirstDay.lte(last))
            .add(Column::LastDay.gte(day(self.start)));
        // A day somewhere else lies at most so far from the same day here: the index is used for both.
        let apart = chrono::Duration::hours(27);
        let near = here(self.start - apart, self.end + apart);
        let timed = here(self.start, self.end).add(Column::AllDay.eq(false));
        near.add(Cond::any().add(days).add(timed))
    }
}

/// The events that the viewer may see and the filter lets through.
pub fn list(viewer: &Viewer, range: Option<&Range>, filter: &EventFilter) -> Select<Entity> {
    let only = Condition::all()
        .add_option(range.map(Range::holds))
        .add_option(filter.assignees.as_ref().map(|ids| Column::AssigneeId.is_in(ids.iter().copied())))
        .add_option(filter.team.map(|team| Column::TeamId.eq(team)))
        .add_option(filter.client.map(|client| Column::ClientId.eq(client)))
        .add_option(filter.states.as_ref().map(|states| Column::State.is_in(states.iter().copied())))
        .add_option(filter.kinds.as_ref().map(|kinds| Column::Kind.is_in(kinds.iter().copied())))
        .add_option(filter.series.map(|series| Column::SeriesId.eq(series)))
        .add_option(filter.action_required.map(|required| Column::ActionRequired.eq(required)));
    Entity::visible_to(viewer).filter(only)
}

/// A row with nothing in it yet.
pub(super) fn blank(tx: &Tx, team_id: TeamId) -> Model {
    Model {
        id: AgendaEventId::new(),
        version: 1,
        kind: AgendaEventKind::Appointment,
        uid: String::new(),
        series_id: None,
        recurrence_id: None,
        title: String::new(),
        description: None,
        location: None,
        start: tx.now,
        end: tx.now,
        all_day: false,
        first_day: None,
        last_day: None,
        time_zone: String::new(),
        state: AgendaEventState::Planned,
        assignee_id: None,
        team_id,
        client_id: None,
        related_type: None,
        related_id: None,
        action_required: false,
        reminders: None,
        remind_at: None,
        created_at: tx.now,
        updated_at: tx.now,
    }
}

/// The iCalUID of what has this id: it never changes.
pub(super) fn uid<I: TypedId + std::fmt::Display>(id: I) -> String {
    format!("{id}@cabina")
}

/// Writes a new event.
pub(super) async fn insert(tx: &mut Tx, mut row: Model) -> Result<AgendaEventId> {
    row.remind_at = remind_at(tx, &mut DefaultReminders::default(), &row).await?;
    let change = Change::of(ChangeKind::Created, row.id, row.version, differences(None, Some(&row))?);
    tx.record(change.on(AGENDA_CHANGED, audience(&row, None)));
    tell_client(tx, &row, EventLogCode::AgendaPlanned, None).await?;
    let id = row.id;
    Entity::insert(row.into_active_model()).exec_without_returning(tx.conn()).await?;
    Ok(id)
}

/// The event, locked, if the viewer sees it and may do this with it now. Before it its client is locked, and its series
/// where that changes too: all writes take them in this order.
async fn open(
    tx: &Tx,
    id: AgendaEventId,
    action: AgendaAction,
    scope: AgendaScope,
) -> Result<Model, Stop<Code>> {
    let query = || Entity::visible_to(&tx.by).filter(Column::Id.eq(id));
    let seen = query().one(tx.conn()).await.map_err(Error::from)?.ok_or(Error::NotFound)?;
    if let Some(client) = seen.client_id {
        // Of two who open a follow-up one waits.
        let alone = action == AgendaAction::Reopen && seen.kind == AgendaEventKind::FollowUp;
        timeline::hold(tx, client, alone).await?;
    }
    let mut series = seen.series_id.filter(|_| scope != AgendaScope::This);
    while let Some(id) = series {
        series::hold(tx, id).await?;
        if scope == AgendaScope::Following {
            series::hold_rows(tx, id).await?; // parting it writes all that follow by one statement
        }
        // Whoever held it may have parted it: then the event is in the later part, which is locked before it too.
        let now = query().one(tx.conn()).await.map_err(Error::from)?.ok_or(Error::NotFound)?;
        series = now.series_id.filter(|now| *now != id);
    }
    let row = query().lock_exclusive().one(tx.conn()).await.map_err(Error::from)?.ok_or(Error::NotFound)?;
    let facts = Facts {
        state: row.state,
        start: row.start,
        callable: Callable::Nobody, // no mutation calls
        is_replaced: action == AgendaAction::Reopen && super::follow_up::is_replaced(tx, &row).await?,
    };
    match rules::judge(action, facts, &tx.by, tx.now) {
        Ok(()) => Ok(row),
        Err(blocked) if blocked.code == Code::RightMissing => {
            Err(Error::Forbidden(Right::WriteClients.as_str()).into())
        }
        Err(blocked) => {
            Err(Stop::refuse(blocked.code, "id", format!("{}: {}", blocked.message, blocked.fix)))
        }
    }
}

/// Writes the change of one event, or of a series from one event on.
async fn change(
    tx: &mut Tx,
    action: AgendaAction,
    (before, after): (Model, Model),
    expected: i32,
    scope: AgendaScope,
) -> Result<AgendaEventId, Stop<Code>> {
    if scope == AgendaScope::This {
        return write(tx, before, after, expected, None).await;
    }
    series::change(tx, action, (before, after), expected, scope).await
}

/// Writes the fields that differ, unless others changed the same ones meanwhile; tells whoever is to go now.
pub(super) async fn write(
    tx: &mut Tx,
    before: Model,
    after: Model,
    expected: i32,
    reason: Option<&str>,
) -> Result<AgendaEventId, Stop<Code>> {
    let changes = differences(Some(&before), Some(&after))?;
    tx.merge(before.id, expected, before.version, &changes).await?;
    if changes.is_empty() {
        return Ok(before.id);
    }
    tell_client(tx, &after, what(&before, &after), reason).await?;
    if before.client_id != after.client_id {
        tell_client(tx, &before, EventLogCode::AgendaTakenOff, None).await?;
    }
    let (id, client) = (before.id, after.client_id);
    let new = after.assignee_id.filter(|_| after.assignee_id != before.assignee_id);
    save_all(tx, vec![(before, after, true)]).await?;
    tell_assignee(tx, new, client, id).await?;
    Ok(id)
}

/// Writes changed rows with their audit, each as it was and as it is, in their order; screens hear of those that are told by
/// themselves.
pub(super) async fn save_all(tx: &mut Tx, all: Vec<(Model, Model, bool)>) -> Result<()> {
    let (mut defaults, mut rows) = (DefaultReminders::default(), Vec::with_capacity(all.len()));
    for (before, mut after, told) in all {
        let changes = differences(Some(&before), Some(&after))?;
        after.version = before.version + 1;
        after.updated_at = tx.now;
        // Not by who confirms it: a reminder that is due and not told yet stays due.
        let of_time = (before.start, before.state.is_open(), &before.reminders, before.assignee_id)
            != (after.start, after.state.is_open(), &after.reminders, after.assignee_id);
        if of_time {
            after.remind_at = remind_at(tx, &mut defaults, &after).await?;
        }
        if !changes.is_empty() {
            let change = Change::of(ChangeKind::Updated, after.id, after.version, changes);
            tx.record(if told { change.on(AGENDA_CHANGED, audience(&after, Some(&before))) } else { change });
        }
        rows.push(after);
    }
    update_all(tx.conn(), rows.into_iter().map(IntoActiveModel::into_active_model)).await
}

/// When the next reminder is due of what is open and has somebody to be reminded.
pub(super) async fn remind_at(
    tx: &Tx,
    defaults: &mut DefaultReminders,
    row: &Model,
) -> Result<Option<Instant>> {
    let Some(assignee) = row.assignee_id.filter(|_| row.state.is_open()) else { return Ok(None) };
    let reminders = match &row.reminders {
        Some(own) => own,
        None => defaults.of(tx.conn(), assignee).await?,
    };
    Ok(times::next_reminder(reminders, row.start, tx.now))
}

/// Who hears of an event: whose it is, and whose it was; and where in time it lies and lay.
pub(super) fn audience(now: &Model, before: Option<&Model>) -> Audience {
    let past = before.unwrap_or(now);
    let (start, end) = (Ord::min(now.start, past.start), Ord::max(now.end, past.end));
    owned(now.owner(), before.map(Model::owner), now.client_id).over(start, Some(end))
}

/// Who hears of what has this owner, and had that one.
pub(super) fn owned(now: Owner, before: Option<Owner>, client: Option<ClientId>) -> Audience {
    Audience {
        client: client.map(TypedId::uuid),
        now: Some(now),
        before: before.filter(|before| *before != now),
        ..Audience::default()
    }
}

/// Tells whoever is to go now, unless they put it into their agenda themselves, or nobody did.
pub(super) async fn tell_assignee(
    tx: &mut Tx,
    assignee: Option<UserId>,
    client: Option<ClientId>,
    event: AgendaEventId,
) -> Result<()> {
    match assignee.filter(|_| tx.by.actor != Actor::System) {
        Some(user) => inbox::tell(tx, user, NotificationKind::AgendaAssigned, client, event).await,
        None => Ok(()),
    }
}

/// Tells the client's history what became of an event with it.
pub(super) async fn tell_client(
    tx: &mut Tx,
    event: &Model,
    code: EventLogCode,
    reason: Option<&str>,
) -> Result<()> {
    let Some(client) = event.client_id else { return Ok(()) };
    let kind =
        if code == EventLogCode::AgendaDone { EventLogKind::Meeting } else { EventLogKind::StateChange };
    let begins = times::zone(&event.time_zone).local(event.start);
    let local = if event.all_day { "%Y-%m-%d" } else { "%Y-%m-%dT%H:%M" };
    let values = serde_json::json!({
        "agendaEvent": event.id, "what": texts::of_agenda(code).map(|(english, _)| english), "title": event.title,
        "localStart": begins.format(local).to_string(), "start": event.start, "end": event.end, "state": event.state,
        "reason": reason,
    });
    timeline::record(tx, client, NewEntry::told(kind, code, values)).await
}

fn what(before: &Model, after: &Model) -> EventLogCode {
    use EventLogCode as C;
    if before.state != after.state {
        return match after.state {
            AgendaEventState::Planned => C::AgendaReopened,
            AgendaEventState::Confirmed => C::AgendaConfirmed,
            AgendaEventState::Done => C::AgendaDone,
            AgendaEventState::Cancelled => C::AgendaCancelled,
            AgendaEventState::NoShow => C::AgendaMissed,
        };
    }
    if (before.start, before.end, before.all_day) != (after.start, after.end, after.all_day) {
        C::AgendaMoved
    } else if before.assignee_id != after.assignee_id {
        C::AgendaAssigned
    } else {
        C::AgendaChanged
    }
}

/// The user who is to go.
async fn assigned(tx: &Tx, check: &mut Check<Code>, id: Option<UserId>) -> Result<Option<app_user::Model>> {
    let Some(id) = id else { return Ok(None) };
    let user = users::assignable(tx, id).await?;
    if user.is_none() {
        check.refuse(Code::AssigneeUnknown, "assigneeId", "there is no such user in a team of yours");
    }
    Ok(user)
}

fn zone(check: &mut Check<Code>, name: &str) -> Zone {
    check.take(Code::Invalid, "timeZone", time_zone(name)).unwrap_or(Zone::UTC)
}
