//! What is given to change the agenda.

use async_graphql::{ID, InputObject, MaybeUndefined};

use crate::domains::agenda::DetailsPatch;
use crate::domains::agenda::events::NewEvent;
use crate::domains::agenda::rules::AgendaScope;
use crate::domains::agenda::working_calendar::Weekday;
use crate::graphql::payload::{given, patch};
use crate::graphql::scalars::{Date, Moment};
use crate::kernel::Patch;
use crate::kernel::ids::{AgendaEventId, ClientId, TeamId, UserId};

/// An event to be made, or a series of them.
#[derive(InputObject)]
pub struct AgendaEventCreateInput {
    /// What it is called: 1 to 200 characters.
    pub title: String,
    /// Anything else.
    pub description: Option<String>,
    /// Where.
    pub location: Option<String>,
    /// When it begins.
    pub start: Moment,
    /// When it ends: at most 366 days later; the same as the start for a moment.
    pub end: Moment,
    /// Whether it takes the whole of the days that it touches; no unless told.
    pub all_day: Option<bool>,
    /// Its IANA time zone; the assignee's unless told.
    pub time_zone: Option<String>,
    /// Who goes: you unless told; null for the team's pool.
    pub assignee_id: MaybeUndefined<UserId>,
    /// With which client.
    pub client_id: Option<ClientId>,
    /// What else it is about: id of a contact, an activity or an entry of the history.
    pub related_id: Option<ID>,
    /// Whether somebody must do something for it; no unless told.
    pub action_required: Option<bool>,
    /// Minutes before the start at which the assignee is reminded: at most 5; as their settings say unless told.
    pub reminders: Option<Vec<i32>>,
    /// By which rule it recurs.
    pub recurrence: Option<AgendaRecurrenceInput>,
    /// The same key with the same input does its work once.
    pub idempotency_key: Option<String>,
}

/// A rule by which an event recurs.
#[derive(InputObject)]
pub struct AgendaRecurrenceInput {
    /// RFC 5545, such as `FREQ=WEEKLY;BYDAY=MO,WE;COUNT=10`: daily or more seldom, and by the clock of the event's zone. The
    /// event's start must be one of its days.
    pub rule: String,
    /// Starts that the rule gives and that are left out.
    pub except: Option<Vec<Moment>>,
}

/// What changes of an event: absent keeps, null clears.
#[derive(InputObject)]
pub struct AgendaEventUpdateInput {
    /// Which event.
    pub id: AgendaEventId,
    /// The version that the change was made from.
    pub expected_version: i32,
    /// For which occurrences of a series; this one alone unless told.
    pub scope: Option<AgendaScope>,
    /// What it is called: 1 to 200 characters.
    pub title: MaybeUndefined<String>,
    /// Anything else.
    pub description: MaybeUndefined<String>,
    /// Where.
    pub location: MaybeUndefined<String>,
    /// With which client.
    pub client_id: MaybeUndefined<ClientId>,
    /// What else it is about: id of a contact, an activity or an entry of the history.
    pub related_id: MaybeUndefined<ID>,
    /// Whether somebody must do something for it.
    pub action_required: MaybeUndefined<bool>,
    /// Minutes before the start at which the assignee is reminded; null: as their settings say.
    pub reminders: MaybeUndefined<Vec<i32>>,
    /// The same key with the same input does its work once.
    pub idempotency_key: Option<String>,
}

/// An event to be moved.
#[derive(InputObject)]
pub struct AgendaEventRescheduleInput {
    /// Which event.
    pub id: AgendaEventId,
    /// The version that was seen.
    pub expected_version: i32,
    /// For which occurrences of a series; this one alone unless told. The others move by as much.
    pub scope: Option<AgendaScope>,
    /// When it begins.
    pub start: Moment,
    /// When it ends.
    pub end: Moment,
    /// Whether it takes whole days; as before unless told.
    pub all_day: Option<bool>,
    /// Its IANA time zone; as before unless told.
    pub time_zone: Option<String>,
    /// The same key with the same input does its work once.
    pub idempotency_key: Option<String>,
}

/// An event to be given to somebody.
#[derive(InputObject)]
pub struct AgendaEventAssignInput {
    /// Which event.
    pub id: AgendaEventId,
    /// The version that was seen.
    pub expected_version: i32,
    /// For which occurrences of a series; this one alone unless told.
    pub scope: Option<AgendaScope>,
    /// To whom; null for the team's pool.
    pub assignee_id: MaybeUndefined<UserId>,
    /// The same key with the same input does its work once.
    pub idempotency_key: Option<String>,
}

/// An event whose state moves.
#[derive(InputObject)]
pub struct AgendaEventTransitionInput {
    /// Which event.
    pub id: AgendaEventId,
    /// The version that was seen.
    pub expected_version: i32,
    /// Why, for the client's history: at most 500 characters.
    pub reason: Option<String>,
    /// The same key with the same input does its work once.
    pub idempotency_key: Option<String>,
}

/// An event to be cancelled, or the rest of a series.
#[derive(InputObject)]
pub struct AgendaEventCancelInput {
    /// Which event.
    pub id: AgendaEventId,
    /// The version that was seen.
    pub expected_version: i32,
    /// For which occurrences of a series; this one alone unless told.
    pub scope: Option<AgendaScope>,
    /// Why, for the client's history: at most 500 characters.
    pub reason: Option<String>,
    /// The same key with the same input does its work once.
    pub idempotency_key: Option<String>,
}

/// When a client is touched next.
#[derive(InputObject)]
pub struct ClientNextTouchSetInput {
    /// Which client.
    pub client_id: ClientId,
    /// When and why; null: not any more.
    pub next_touch: MaybeUndefined<NextTouchInput>,
    /// The same key with the same input does its work once.
    pub idempotency_key: Option<String>,
}

/// When, and why.
#[derive(InputObject)]
pub struct NextTouchInput {
    /// When.
    pub at: Moment,
    /// Why: 1 to 200 characters.
    pub reason: String,
}

/// When a team works: absent keeps.
#[derive(InputObject)]
pub struct WorkingCalendarUpdateInput {
    /// Which team.
    pub team_id: TeamId,
    /// The version that was seen; 0 while nothing was set.
    pub expected_version: i32,
    /// IANA time zone of the hours.
    pub time_zone: Option<String>,
    /// All hours of a week.
    pub hours: Option<Vec<WorkingHoursInput>>,
    /// All holidays.
    pub holidays: Option<Vec<HolidayInput>>,
    /// The same key with the same input does its work once.
    pub idempotency_key: Option<String>,
}

/// Hours of one day of the week.
#[derive(InputObject)]
pub struct WorkingHoursInput {
    /// The day.
    pub weekday: Weekday,
    /// From then on, `HH:MM`.
    pub from: String,
    /// Until then; `24:00` is midnight.
    pub until: String,
}

/// A day on which a team does not work.
#[derive(Clone, InputObject)]
pub struct HolidayInput {
    /// The day.
    pub day: Date,
    /// What it is called.
    pub name: String,
}

/// What you set for your own agenda.
#[derive(InputObject)]
pub struct AgendaSettingsUpdateInput {
    /// The version that was seen; 0 while nothing was set.
    pub expected_version: i32,
    /// Minutes before the start at which you are reminded of what has no reminders of its own: at most 5.
    pub reminders: Vec<i32>,
    /// The same key with the same input does its work once.
    pub idempotency_key: Option<String>,
}

/// The address of your calendar feed.
#[derive(InputObject)]
pub struct AgendaFeedInput {
    /// The same key with the same input does its work once.
    pub idempotency_key: Option<String>,
}

impl From<AgendaEventCreateInput> for NewEvent {
    fn from(input: AgendaEventCreateInput) -> Self {
        let details = DetailsPatch {
            title: Patch::Set(input.title),
            description: given(input.description),
            location: given(input.location),
            client: given(input.client_id),
            related: given(input.related_id.map(|id| id.0)),
            action_required: given(input.action_required),
            reminders: given(input.reminders),
        };
        let recurrence = input.recurrence.map(|recurrence| {
            (recurrence.rule, recurrence.except.unwrap_or_default().into_iter().map(|at| at.0).collect())
        });
        NewEvent {
            details,
            start: input.start.0,
            end: input.end.0,
            all_day: input.all_day.unwrap_or(false),
            time_zone: input.time_zone,
            assignee: patch(input.assignee_id),
            recurrence,
        }
    }
}

impl From<AgendaEventUpdateInput> for DetailsPatch {
    fn from(input: AgendaEventUpdateInput) -> Self {
        DetailsPatch {
            title: patch(input.title),
            description: patch(input.description),
            location: patch(input.location),
            client: patch(input.client_id),
            related: patch(input.related_id.map_value(|id| id.0)),
            action_required: patch(input.action_required),
            reminders: patch(input.reminders),
        }
    }
}
