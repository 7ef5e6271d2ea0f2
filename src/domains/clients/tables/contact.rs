//! A person at a company client.

use sea_orm::entity::prelude::*;
use serde::Serialize;

use super::client::visible_through;
use crate::kernel::ids::{ClientId, ContactId};
use crate::kernel::time::Instant;
use crate::platform::auth::Viewer;
use crate::platform::db::{Thing, Visible};

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel, Serialize)]
#[sea_orm(table_name = "contact")]
#[serde(rename_all = "camelCase")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    #[serde(skip)]
    pub id: ContactId,
    #[serde(skip)]
    pub version: i32,
    pub client_id: ClientId,
    pub name: String,
    #[serde(skip)]
    pub name_sort: String,
    pub position: Option<String>,
    pub email: Option<String>,
    pub phone: Option<String>,
    pub notes: Option<String>,
    #[serde(skip)]
    pub created_at: Instant,
    #[serde(skip)]
    pub updated_at: Instant,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}
impl ActiveModelBehavior for ActiveModel {}

impl Visible for Entity {
    fn visible_to(viewer: &Viewer) -> Select<Self> {
        visible_through(viewer, Column::ClientId)
    }
}

impl Thing for Entity {
    type Id = ContactId;
    const ID: Column = Column::Id;
    const CLIENT: Option<Column> = Some(Column::ClientId);
}
