//! The key of a client in another system.

use sea_orm::entity::prelude::*;

use super::client::visible_through;
use crate::kernel::ids::{ClientId, ExternalRefId};
use crate::kernel::time::Instant;
use crate::platform::auth::Viewer;
use crate::platform::db::Visible;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "external_ref")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: ExternalRefId,
    pub client_id: ClientId,
    pub system: String,
    pub key: String,
    pub created_at: Instant,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}
impl ActiveModelBehavior for ActiveModel {}

impl Visible for Entity {
    fn visible_to(viewer: &Viewer) -> Select<Self> {
        visible_through(viewer, Column::ClientId)
    }
}
