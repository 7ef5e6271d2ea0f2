//! An ecosystem within a market: a route whose drivers buy together.

use sea_orm::entity::prelude::*;
use serde::Serialize;

use crate::kernel::ids::{EcosystemId, MarketId};
use crate::kernel::time::Instant;
use crate::platform::auth::Viewer;
use crate::platform::db::{Visible, all_rows};

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel, Serialize)]
#[sea_orm(table_name = "ecosystem")]
#[serde(rename_all = "camelCase")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    #[serde(skip)]
    pub id: EcosystemId,
    #[serde(skip)]
    pub version: i32,
    #[serde(rename = "market")]
    pub market_id: MarketId,
    pub key: String,
    pub name: String,
    pub active: bool,
    #[serde(skip)]
    pub created_at: Instant,
    #[serde(skip)]
    pub updated_at: Instant,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}
impl ActiveModelBehavior for ActiveModel {}

impl Visible for Entity {
    /// Ecosystems are for everybody who is signed in.
    fn visible_to(_: &Viewer) -> Select<Self> {
        all_rows()
    }
}
