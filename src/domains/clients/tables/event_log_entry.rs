//! An entry of a client's history; never changed.

use sea_orm::FromJsonQueryResult;
use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};

use super::client::visible_through;
use crate::kernel::ids::{ClientId, EntryId};
use crate::kernel::time::Instant;
use crate::platform::auth::{ActorKind, Viewer};
use crate::platform::db::{Thing, Visible};
use crate::words;

words! {
    /// What an entry of the history tells of.
    pub enum EventLogKind {
        /// A note.
        Note = "NOTE",
        /// A telephone call.
        Call = "CALL",
        /// An e-mail.
        Email = "EMAIL",
        /// A meeting.
        Meeting = "MEETING",
        /// A WhatsApp message.
        Whatsapp = "WHATSAPP",
        /// A document.
        Document = "DOCUMENT",
        /// A change of state, of advisor or of another important field.
        StateChange = "STATE_CHANGE",
        /// A payment.
        Payment = "PAYMENT",
        /// A contribution to a savings plan or group.
        Contribution = "CONTRIBUTION",
        /// A contract.
        Contract = "CONTRACT",
        /// A check of identity.
        Kyc = "KYC",
        /// A credit decision.
        Credit = "CREDIT",
        /// An exchange with another system.
        Sync = "SYNC",
        /// Something that cabina did by itself.
        System = "SYSTEM",
    }
}

/// Something that belongs to an entry and lies elsewhere.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Attachment {
    /// What people call it.
    pub name: String,
    /// Where it lies: http or https.
    pub url: String,
    /// Its media type, such as `application/pdf`.
    pub content_type: Option<String>,
}

/// The attachments of an entry, in the order they were given.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, FromJsonQueryResult)]
pub struct Attachments(pub Vec<Attachment>);

crate::default_placeholders!(Attachments);

#[derive(Clone, Debug, PartialEq, DeriveEntityModel, Serialize)]
#[sea_orm(table_name = "event_log_entry")]
#[serde(rename_all = "camelCase")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    #[serde(skip)]
    pub id: EntryId,
    pub client_id: ClientId,
    pub kind: EventLogKind,
    pub text: String,
    pub payload: Option<Json>,
    #[serde(skip)]
    pub author_kind: ActorKind,
    #[serde(skip)]
    pub author_id: Option<Uuid>,
    #[serde(skip)]
    pub author_name: String,
    pub occurred_at: Instant,
    #[serde(skip)]
    pub recorded_at: Instant,
    #[serde(rename = "corrects")]
    pub corrects_id: Option<EntryId>,
    pub attachments: Attachments,
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
    type Id = EntryId;
    const ID: Column = Column::Id;
    const CLIENT: Option<Column> = Some(Column::ClientId);
}
