//! Events by a rule: the rule, and what its occurrences are like.

use std::collections::BTreeSet;

use chrono::NaiveDateTime;
use sea_orm::FromJsonQueryResult;
use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};

use super::agenda_event::Reminders;
use crate::kernel::ids::{AgendaSeriesId, ClientId, TeamId, TypedId, UserId};
use crate::kernel::time::Instant;
use crate::platform::auth::Viewer;
use crate::platform::db::{Owner, Visible, visible_by_owner};

/// Local starts that the rule gives and that are left out.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, FromJsonQueryResult)]
pub struct Starts(pub BTreeSet<NaiveDateTime>);

crate::default_placeholders!(Starts);

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel, Serialize)]
#[sea_orm(table_name = "agenda_series")]
#[serde(rename_all = "camelCase")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    #[serde(skip)]
    pub id: AgendaSeriesId,
    #[serde(skip)]
    pub version: i32,
    /// The iCalUID.
    #[serde(skip)]
    pub uid: String,
    /// RFC 5545, without `RRULE:`.
    pub rule: String,
    /// Local time of the first start, `YYYY-MM-DDTHH:MM:SS`.
    pub first_start: String,
    /// Minutes that an occurrence takes by the clock on the wall.
    pub duration: i32,
    pub all_day: bool,
    pub time_zone: String,
    pub except_starts: Starts,
    pub title: String,
    pub description: Option<String>,
    pub location: Option<String>,
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
    pub reminders: Option<Reminders>,
    /// Occurrences that begin before this local time are rows; `None`: all are.
    #[serde(skip)]
    pub laid_until: Option<String>,
    /// What its occurrences have still to take over from its last change (`series/rollout.rs`).
    #[serde(skip)]
    pub rollout: Option<Json>,
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
    fn visible_to(viewer: &Viewer) -> Select<Self> {
        visible_by_owner(viewer, Column::TeamId, Column::AssigneeId)
    }
}
