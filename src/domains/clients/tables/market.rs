//! A market: country, currency, numbering. Data, so that nothing Mexican or Spanish is a constant.

use sea_orm::entity::prelude::*;
use serde::Serialize;

use crate::kernel::ids::MarketId;
use crate::kernel::time::Instant;
use crate::platform::auth::Viewer;
use crate::platform::db::{Visible, all_rows};

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel, Serialize)]
#[sea_orm(table_name = "market")]
#[serde(rename_all = "camelCase")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    #[serde(skip)]
    pub id: MarketId,
    #[serde(skip)]
    pub version: i32,
    pub key: String,
    pub name: String,
    pub country: String,
    pub currency: String,
    pub time_zone: String,
    pub number_prefix: String,
    #[serde(skip)]
    pub created_at: Instant,
    #[serde(skip)]
    pub updated_at: Instant,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}
impl ActiveModelBehavior for ActiveModel {}

impl Visible for Entity {
    /// Markets are for everybody who is signed in.
    fn visible_to(_: &Viewer) -> Select<Self> {
        all_rows()
    }
}
