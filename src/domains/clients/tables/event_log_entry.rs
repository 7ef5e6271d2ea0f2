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

words! {
    /// What an entry tells that cabina itself wrote; in brackets the values that its payload holds.
    pub enum EventLogCode {
        /// The client was created.
        ClientCreated = "CLIENT_CREATED",
        /// The client was given to an advisor (`to`: the name), or to the team's pool (`to`: null).
        ClientAssigned = "CLIENT_ASSIGNED",
        /// The status changed (`from`, `to`, `reason`).
        ClientStatusChanged = "CLIENT_STATUS_CHANGED",
        /// The client's personal data were erased (`reason`).
        ClientErased = "CLIENT_ERASED",
        /// An event with the client was planned (`agendaEvent`, `title`, `localStart`, `start`, `end`, `state`, `reason`; so in
        /// all codes of the agenda).
        AgendaPlanned = "AGENDA_PLANNED",
        /// An event was confirmed.
        AgendaConfirmed = "AGENDA_CONFIRMED",
        /// An event was moved to another time.
        AgendaMoved = "AGENDA_MOVED",
        /// An event was given to another user.
        AgendaAssigned = "AGENDA_ASSIGNED",
        /// Something else of an event changed.
        AgendaChanged = "AGENDA_CHANGED",
        /// An event took place.
        AgendaDone = "AGENDA_DONE",
        /// Nobody came to an event.
        AgendaMissed = "AGENDA_MISSED",
        /// An event was cancelled.
        AgendaCancelled = "AGENDA_CANCELLED",
        /// An event was reopened.
        AgendaReopened = "AGENDA_REOPENED",
        /// An event is no longer with the client.
        AgendaTakenOff = "AGENDA_TAKEN_OFF",
        /// A series of events was planned.
        AgendaSeriesPlanned = "AGENDA_SERIES_PLANNED",
        /// A series was moved to other times.
        AgendaSeriesMoved = "AGENDA_SERIES_MOVED",
        /// Something else of a series changed.
        AgendaSeriesChanged = "AGENDA_SERIES_CHANGED",
        /// A series was cancelled.
        AgendaSeriesCancelled = "AGENDA_SERIES_CANCELLED",
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
    /// What cabina itself tells; `None`: people's own words.
    pub code: Option<EventLogCode>,
    /// People's own words. Of an entry with a code the English ones, for readers of the table who know no codes: programs of
    /// before, reports in SQL.
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
