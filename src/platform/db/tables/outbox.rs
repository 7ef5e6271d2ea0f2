//! What the relay will publish: rows get their position after the commit.

use sea_orm::entity::prelude::*;

use super::super::change::ChangeKind;
use crate::kernel::ids::EventId;
use crate::kernel::time::Instant;

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "outbox")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub event_id: EventId,
    pub position: Option<i64>,
    pub topic: String,
    pub kind: ChangeKind,
    pub subject_id: Uuid,
    pub version: i32,
    pub changed_fields: Json,
    pub audience: Json,
    pub created_at: Instant,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}
impl ActiveModelBehavior for ActiveModel {}
