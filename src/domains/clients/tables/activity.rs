//! Something planned or done with a client.

use sea_orm::entity::prelude::*;
use serde::Serialize;

use super::client::visible_through;
use crate::kernel::ids::{ActivityId, ClientId, UserId};
use crate::kernel::time::Instant;
use crate::platform::auth::Viewer;
use crate::platform::db::{Thing, Visible};
use crate::words;

words! {
    /// What kind of activity it is.
    pub enum ActivityKind {
        /// A telephone call.
        Call = "CALL",
        /// An e-mail.
        Email = "EMAIL",
        /// A meeting.
        Meeting = "MEETING",
        /// A sale.
        Sale = "SALE",
        /// A payment.
        Payment = "PAYMENT",
        /// Anything else to do.
        Task = "TASK",
    }
}

words! {
    /// How far an activity is.
    pub enum ActivityState {
        /// Still to do.
        Planned = "PLANNED",
        /// Done.
        Done = "DONE",
        /// Given up.
        Cancelled = "CANCELLED",
    }
}

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel, Serialize)]
#[sea_orm(table_name = "activity")]
#[serde(rename_all = "camelCase")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    #[serde(skip)]
    pub id: ActivityId,
    #[serde(skip)]
    pub version: i32,
    pub client_id: ClientId,
    pub kind: ActivityKind,
    pub title: String,
    pub notes: Option<String>,
    pub state: ActivityState,
    pub due_at: Option<Instant>,
    pub done_at: Option<Instant>,
    #[serde(rename = "assignee")]
    pub assignee_id: Option<UserId>,
    /// Where it stands in lists: when done, when due, or when written down.
    #[serde(skip)]
    pub agenda_at: Instant,
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
    type Id = ActivityId;
    const ID: Column = Column::Id;
    const CLIENT: Option<Column> = Some(Column::ClientId);
}
