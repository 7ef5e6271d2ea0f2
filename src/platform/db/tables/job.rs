//! Work that is owed, enqueued with the change that owes it.

use sea_orm::entity::prelude::*;

use crate::kernel::ids::JobId;
use crate::kernel::time::Instant;
use crate::platform::auth::{Right, Viewer};
use crate::platform::db::{Visible, all_rows, none};

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "job")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: JobId,
    pub kind: String,
    pub payload: Json,
    /// Jobs of one queue run one after the other.
    pub queue: Option<String>,
    /// While it waits under this key, no second one is enqueued; empty once it was claimed.
    pub dedup_key: Option<String>,
    pub run_at: Instant,
    pub attempts: i32,
    pub leased_until: Option<Instant>,
    /// Which claim holds it.
    pub lease: Option<Uuid>,
    pub last_error: Option<String>,
    /// The same for failures of the same kind.
    pub fingerprint: Option<String>,
    pub dead_at: Option<Instant>,
    /// How far it is, where it tells.
    pub done: Option<i64>,
    /// Of so many.
    pub total: Option<i64>,
    pub created_at: Instant,
    /// The request that owes it.
    pub request_id: Option<String>,
    /// Its place in a trace.
    pub traceparent: Option<String>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}
impl ActiveModelBehavior for ActiveModel {}

impl Visible for Entity {
    /// Dead letters, for admins: work under way is nobody's to look at.
    fn visible_to(viewer: &Viewer) -> Select<Self> {
        let all = all_rows::<Self>();
        if viewer.has(Right::Administer) { all.filter(Column::DeadAt.is_not_null()) } else { none(all) }
    }
}
