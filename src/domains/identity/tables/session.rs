//! A sign-in, from log-in to log-out.

use sea_orm::entity::prelude::*;

use crate::kernel::ids::{SessionId, UserId};
use crate::kernel::time::Instant;
use crate::platform::auth::Viewer;
use crate::platform::db::{Visible, all_rows, none};

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "session")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: SessionId,
    pub user_id: UserId,
    pub user_agent: Option<String>,
    pub address: Option<String>,
    pub retry_key: Option<String>,
    pub created_at: Instant,
    pub expires_at: Instant,
    pub revoked_at: Option<Instant>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    #[sea_orm(
        belongs_to = "super::app_user::Entity",
        from = "Column::UserId",
        to = "super::app_user::Column::Id"
    )]
    User,
}
impl Related<super::app_user::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::User.def()
    }
}
impl ActiveModelBehavior for ActiveModel {}

impl Visible for Entity {
    /// Everybody sees the own sessions only.
    fn visible_to(viewer: &Viewer) -> Select<Self> {
        let all = all_rows::<Self>();
        match viewer.user_id() {
            Some(id) => all.filter(Column::UserId.eq(id)),
            None => none(all),
        }
    }
}
