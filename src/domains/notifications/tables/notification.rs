//! Something that a user is told of.

use sea_orm::entity::prelude::*;
use serde::Serialize;

use crate::kernel::ids::{ClientId, NotificationId, UserId};
use crate::kernel::time::Instant;
use crate::platform::auth::{Actor, ActorKind, Viewer};
use crate::platform::db::{Visible, all_rows, none};
use crate::words;

words! {
    /// What a notification tells of.
    pub enum NotificationKind {
        /// A client is yours now.
        ClientAssigned = "CLIENT_ASSIGNED",
        /// A colleague wrote into the history of a client of yours.
        ColleagueWrote = "COLLEAGUE_WROTE",
        /// Things could not be sent to Odoo, or not be taken over from there, for a reason that is new; for admins.
        SyncFailed = "SYNC_FAILED",
        /// Somebody put an event into your agenda.
        AgendaAssigned = "AGENDA_ASSIGNED",
        /// An event of yours begins soon.
        AgendaReminder = "AGENDA_REMINDER",
    }
}

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel, Serialize)]
#[sea_orm(table_name = "notification")]
#[serde(rename_all = "camelCase")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    #[serde(skip)]
    pub id: NotificationId,
    #[serde(skip)]
    pub version: i32,
    #[serde(skip)]
    pub user_id: UserId,
    pub kind: NotificationKind,
    #[serde(rename = "client")]
    pub client_id: Option<ClientId>,
    /// Prefix of the id of what happened or changed.
    #[serde(skip)]
    pub subject_type: String,
    #[serde(skip)]
    pub subject_id: Uuid,
    #[serde(skip)]
    pub actor_kind: ActorKind,
    #[serde(skip)]
    pub actor_id: Option<Uuid>,
    #[serde(skip)]
    pub actor_name: String,
    #[serde(skip)]
    pub created_at: Instant,
    pub read_at: Option<Instant>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}
impl ActiveModelBehavior for ActiveModel {}

impl Visible for Entity {
    /// Each user the own ones, whatever the role; machines none.
    fn visible_to(viewer: &Viewer) -> Select<Self> {
        let all = all_rows::<Self>();
        match viewer.actor {
            Actor::User(user) => all.filter(Column::UserId.eq(user)),
            Actor::System => all,
            Actor::Machine(_) => none(all),
        }
    }
}
