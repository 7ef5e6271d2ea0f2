//! A person who signs in.

use sea_orm::entity::prelude::*;
use serde::Serialize;

use crate::kernel::ids::{TeamId, UserId};
use crate::kernel::time::Instant;
use crate::platform::auth::{Role, Viewer};
use crate::platform::db::{Visible, all_rows, none};

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel, Serialize)]
#[sea_orm(table_name = "app_user")]
#[serde(rename_all = "camelCase")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    #[serde(skip)]
    pub id: UserId,
    #[serde(skip)]
    pub version: i32,
    pub email: String,
    pub name: String,
    #[serde(skip)]
    pub name_sort: String,
    pub role: Role,
    pub team_id: Option<TeamId>,
    pub locale: String,
    pub time_zone: String,
    #[serde(skip)]
    pub password_hash: Option<String>,
    pub disabled_at: Option<Instant>,
    #[serde(skip)]
    pub created_at: Instant,
    #[serde(skip)]
    pub updated_at: Instant,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}
impl ActiveModelBehavior for ActiveModel {}

impl Visible for Entity {
    /// Admins see everybody, the others their team and themselves.
    fn visible_to(viewer: &Viewer) -> Select<Self> {
        let all = all_rows::<Self>();
        match (viewer.role, viewer.team, viewer.user_id()) {
            (Role::Admin, ..) => all,
            (_, Some(team), _) => all.filter(Column::TeamId.eq(team)),
            (_, None, Some(id)) => all.filter(Column::Id.eq(id)),
            (_, None, None) => none(all),
        }
    }
}
