//! An event of the agenda; each occurrence of a series is one too.

use sea_orm::FromJsonQueryResult;
use sea_orm::entity::prelude::*;
use sea_orm::sea_query::Cond;
use serde::{Deserialize, Serialize};

use crate::kernel::ids::{AgendaEventId, AgendaSeriesId, ClientId, TeamId, TypedId, UserId};
use crate::kernel::time::{Day, Instant};
use crate::platform::auth::Viewer;
use crate::platform::db::{Owner, Visible, visible_by_owner};
use crate::words;

words! {
    /// What an event is.
    pub enum AgendaEventKind {
        /// An appointment.
        Appointment = "APPOINTMENT",
        /// The next touch of a client: a client has at most one that is open.
        FollowUp = "FOLLOW_UP",
    }
}

words! {
    /// How far an event is.
    pub enum AgendaEventState {
        /// It is to take place.
        Planned = "PLANNED",
        /// Whom it is with said yes.
        Confirmed = "CONFIRMED",
        /// It took place.
        Done = "DONE",
        /// It will not take place.
        Cancelled = "CANCELLED",
        /// Whom it was with did not come.
        NoShow = "NO_SHOW",
    }
}

impl AgendaEventState {
    /// The states of what is still to take place.
    pub const OPEN: [AgendaEventState; 2] = [AgendaEventState::Planned, AgendaEventState::Confirmed];

    /// Whether it is still to take place.
    pub fn is_open(self) -> bool {
        AgendaEventState::OPEN.contains(&self)
    }
}

/// Minutes before the start, the longest first.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, FromJsonQueryResult)]
pub struct Reminders(pub Vec<i32>);

crate::default_placeholders!(Reminders);

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel, Serialize)]
#[sea_orm(table_name = "agenda_event")]
#[serde(rename_all = "camelCase")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    #[serde(skip)]
    pub id: AgendaEventId,
    #[serde(skip)]
    pub version: i32,
    #[serde(skip)]
    pub kind: AgendaEventKind,
    /// The iCalUID: the same in all occurrences of a series.
    #[serde(skip)]
    pub uid: String,
    #[serde(rename = "series")]
    pub series_id: Option<AgendaSeriesId>,
    /// The start that the rule gave it.
    #[serde(skip)]
    pub recurrence_id: Option<Instant>,
    pub title: String,
    pub description: Option<String>,
    pub location: Option<String>,
    pub start: Instant,
    pub end: Instant,
    pub all_day: bool,
    /// Of one that takes whole days: the first of them, in its zone.
    #[serde(skip)]
    pub first_day: Option<Day>,
    /// Of one that takes whole days: the last of them.
    #[serde(skip)]
    pub last_day: Option<Day>,
    pub time_zone: String,
    pub state: AgendaEventState,
    #[serde(rename = "assignee")]
    pub assignee_id: Option<UserId>,
    #[serde(rename = "team")]
    pub team_id: TeamId,
    #[serde(rename = "client")]
    pub client_id: Option<ClientId>,
    pub related_type: Option<String>,
    #[serde(rename = "related")]
    pub related_id: Option<Uuid>,
    pub action_required: bool,
    /// `None`: as the assignee's settings say.
    pub reminders: Option<Reminders>,
    /// When the next reminder is due.
    #[serde(skip)]
    pub remind_at: Option<Instant>,
    #[serde(skip)]
    pub created_at: Instant,
    #[serde(skip)]
    pub updated_at: Instant,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}
impl ActiveModelBehavior for ActiveModel {}

impl Model {
    /// Whose it is.
    pub fn owner(&self) -> Owner {
        Owner { team: self.team_id.uuid(), advisor: self.assignee_id.map(TypedId::uuid) }
    }
}

impl Visible for Entity {
    /// By its own owner, not by the client's: so what somebody sees changes by changes of the agenda alone.
    fn visible_to(viewer: &Viewer) -> Select<Self> {
        visible_by_owner(viewer, Column::TeamId, Column::AssigneeId)
    }
}

/// What a client's former advisor (`None`: the pool) has that belongs to this team and assignee now.
pub fn left_with<C: ColumnTrait>(
    from: Option<UserId>,
    (team_id, team): (C, TeamId),
    (assignee_id, to): (C, Option<UserId>),
) -> Cond {
    let his = match from {
        Some(user) => assignee_id.eq(user),
        None => assignee_id.is_null(),
    };
    // With the same assignee only the team differs.
    Cond::all().add(his).add_option((from == to).then(|| team_id.ne(team)))
}
