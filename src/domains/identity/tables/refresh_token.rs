//! One link of a session's chain of refresh tokens; each works once.

use sea_orm::entity::prelude::*;

use crate::kernel::ids::SessionId;
use crate::kernel::time::Instant;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "refresh_token")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub hash: String,
    pub session_id: SessionId,
    /// How many refreshes after the log-in it was given; equal refreshes give several of one generation.
    pub generation: i32,
    pub created_at: Instant,
    pub expires_at: Instant,
    pub used_at: Option<Instant>,
    pub retry_key: Option<String>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}
impl ActiveModelBehavior for ActiveModel {}
