//! Who changed what, append-only.

use sea_orm::entity::prelude::*;

use crate::kernel::ids::{AuditId, EventId};
use crate::kernel::time::Instant;
use crate::platform::auth::{ActorKind, Right, Viewer};

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "audit_entry")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: AuditId,
    pub at: Instant,
    pub actor_kind: ActorKind,
    pub actor_id: Option<Uuid>,
    pub actor_name: String,
    pub operation: String,
    pub subject_type: String,
    pub subject_id: Uuid,
    pub version: i32,
    pub event_id: EventId,
    pub changes: Json,
    pub request_id: Option<String>,
    pub address: Option<String>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}
impl ActiveModelBehavior for ActiveModel {}

impl crate::platform::db::Visible for Entity {
    fn visible_to(viewer: &Viewer) -> Select<Self> {
        let all = crate::platform::db::all_rows::<Self>();
        if viewer.has(Right::ReadAudit) { all } else { crate::platform::db::none(all) }
    }
}
