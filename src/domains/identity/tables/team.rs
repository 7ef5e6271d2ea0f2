//! A team of advisors.

use sea_orm::entity::prelude::*;
use serde::Serialize;

use crate::kernel::ids::TeamId;
use crate::kernel::time::Instant;
use crate::platform::auth::{Role, Viewer};
use crate::platform::db::{Visible, all_rows};

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel, Serialize)]
#[sea_orm(table_name = "team")]
#[serde(rename_all = "camelCase")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    #[serde(skip)]
    pub id: TeamId,
    #[serde(skip)]
    pub version: i32,
    pub name: String,
    #[serde(skip)]
    pub name_sort: String,
    #[serde(skip)]
    pub created_at: Instant,
    #[serde(skip)]
    pub updated_at: Instant,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}
impl ActiveModelBehavior for ActiveModel {}

impl Visible for Entity {
    /// Admins see every team, the others their own.
    fn visible_to(viewer: &Viewer) -> Select<Self> {
        let all = all_rows::<Self>();
        match (viewer.role, viewer.team) {
            (Role::Admin, _) => all,
            (_, Some(team)) => all.filter(Column::Id.eq(team)),
            (_, None) => crate::platform::db::none(all),
        }
    }
}
