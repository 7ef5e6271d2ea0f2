//! Work that a change owes, enqueued with it.

use sea_orm::entity::prelude::*;

use crate::kernel::time::Instant;

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "job")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub kind: String,
    pub payload: Json,
    pub dedup_key: Option<String>,
    pub run_at: Instant,
    pub attempts: i32,
    pub leased_until: Option<Instant>,
    pub last_error: Option<String>,
    pub dead_at: Option<Instant>,
    pub created_at: Instant,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}
impl ActiveModelBehavior for ActiveModel {}
