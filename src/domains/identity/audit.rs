//! The audit as admins search it.

use sea_orm::{ColumnTrait, QueryFilter, Select};
use uuid::Uuid;

use crate::kernel::time::Instant;
use crate::platform::auth::Viewer;
use crate::platform::db::Visible;
use crate::platform::db::tables::audit_entry::{Column, Entity};

/// What is searched for; empty finds all.
#[derive(Clone, Debug, Default)]
pub struct AuditFilter {
    /// The thing that was changed.
    pub subject: Option<Uuid>,
    /// Who changed it.
    pub actor: Option<Uuid>,
    /// The mutation or command.
    pub operation: Option<String>,
    /// The request.
    pub request_id: Option<String>,
    /// From this moment on.
    pub since: Option<Instant>,
    /// Before this moment.
    pub until: Option<Instant>,
}

/// The entries that the viewer may see and the filter lets through.
pub fn search(viewer: &Viewer, filter: AuditFilter) -> Select<Entity> {
    let mut query = Entity::visible_to(viewer);
    if let Some(subject) = filter.subject {
        query = query.filter(Column::SubjectId.eq(subject));
    }
    if let Some(actor) = filter.actor {
        query = query.filter(Column::ActorId.eq(actor));
    }
    if let Some(operation) = filter.operation {
        query = query.filter(Column::Operation.eq(operation));
    }
    if let Some(request) = filter.request_id {
        query = query.filter(Column::RequestId.eq(request));
    }
    if let Some(since) = filter.since {
        query = query.filter(Column::At.gte(since));
    }
    if let Some(until) = filter.until {
        query = query.filter(Column::At.lt(until));
    }
    query
}
