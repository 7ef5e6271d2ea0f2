//! When a team works.

use sea_orm::FromJsonQueryResult;
use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};

use crate::kernel::ids::{TeamId, TypedId, WorkingCalendarId};
use crate::kernel::time::{Day, Instant};
use crate::platform::auth::{Right, Role, Viewer};
use crate::platform::db::{Visible, all_rows, none};
use crate::words;

words! {
    /// A day of the week.
    pub enum Weekday {
        /// Monday.
        Monday = "MONDAY",
        /// Tuesday.
        Tuesday = "TUESDAY",
        /// Wednesday.
        Wednesday = "WEDNESDAY",
        /// Thursday.
        Thursday = "THURSDAY",
        /// Friday.
        Friday = "FRIDAY",
        /// Saturday.
        Saturday = "SATURDAY",
        /// Sunday.
        Sunday = "SUNDAY",
    }
}

/// Hours of one day of the week, in minutes from midnight.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Shift {
    /// The day.
    pub weekday: Weekday,
    /// From then on.
    pub from: u32,
    /// Until then; 1440 is midnight.
    pub until: u32,
}

/// The hours of a week, in their order.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, FromJsonQueryResult)]
pub struct Shifts(pub Vec<Shift>);

/// A day on which nobody works.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Holiday {
    /// The day.
    pub day: Day,
    /// What it is called.
    pub name: String,
}

/// Holidays, in their order.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, FromJsonQueryResult)]
pub struct Holidays(pub Vec<Holiday>);

crate::default_placeholders!(Shifts, Holidays);

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel, Serialize)]
#[sea_orm(table_name = "working_calendar")]
#[serde(rename_all = "camelCase")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    #[serde(skip)]
    pub id: WorkingCalendarId,
    #[serde(skip)]
    pub version: i32,
    pub time_zone: String,
    pub hours: Shifts,
    pub holidays: Holidays,
    #[serde(skip)]
    pub created_at: Instant,
    #[serde(skip)]
    pub updated_at: Instant,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}
impl ActiveModelBehavior for ActiveModel {}

impl Visible for Entity {
    /// Everybody sees when the own team works, admins when all do.
    fn visible_to(viewer: &Viewer) -> Select<Self> {
        let all = all_rows::<Self>();
        match (viewer.role, viewer.team) {
            _ if !viewer.has(Right::ReadClients) => none(all),
            (Role::Admin, _) => all,
            (_, None) => none(all),
            (_, Some(team)) => all.filter(Column::Id.eq(WorkingCalendarId::of(team))),
        }
    }
}

impl WorkingCalendarId {
    /// The calendar of this team.
    pub fn of(team: TeamId) -> WorkingCalendarId {
        WorkingCalendarId::from_uuid(team.uuid())
    }

    /// The team whose calendar it is.
    pub fn team(self) -> TeamId {
        TeamId::from_uuid(self.uuid())
    }
}
