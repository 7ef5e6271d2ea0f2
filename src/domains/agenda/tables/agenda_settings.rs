//! What a user set for the own agenda.

use sea_orm::entity::prelude::*;
use serde::Serialize;

use super::agenda_event::Reminders;
use crate::kernel::ids::{AgendaSettingsId, TypedId, UserId};
use crate::kernel::time::Instant;
use crate::platform::auth::{Actor, Viewer};
use crate::platform::db::{Visible, all_rows, none};

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel, Serialize)]
#[sea_orm(table_name = "agenda_settings")]
#[serde(rename_all = "camelCase")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    #[serde(skip)]
    pub id: AgendaSettingsId,
    #[serde(skip)]
    pub version: i32,
    pub reminders: Reminders,
    /// Hash of the secret in the address of the user's feed.
    #[serde(skip)]
    pub feed_hash: Option<String>,
    /// Since when that address is good.
    pub feed_since: Option<Instant>,
    #[serde(skip)]
    pub created_at: Instant,
    #[serde(skip)]
    pub updated_at: Instant,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}
impl ActiveModelBehavior for ActiveModel {}

impl Visible for Entity {
    /// Each user the own ones, whatever the role; machines none.
    fn visible_to(viewer: &Viewer) -> Select<Self> {
        let all = all_rows::<Self>();
        match viewer.actor {
            Actor::User(user) => all.filter(Column::Id.eq(AgendaSettingsId::of(user))),
            Actor::System => all,
            Actor::Machine(_) => none(all),
        }
    }
}

impl AgendaSettingsId {
    /// The settings of this user.
    pub fn of(user: UserId) -> AgendaSettingsId {
        AgendaSettingsId::from_uuid(user.uuid())
    }
}
