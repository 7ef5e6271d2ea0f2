//! Clients and what hangs on them.

use crate::domains::clients::activity::{self, ActivityKind, ActivityState};
use crate::domains::clients::client::{self, ClientKind, ClientStatus, Tags};
use crate::domains::clients::event_log_entry::{self, EventLogCode, EventLogKind};
use crate::domains::clients::rules::{ClientAction, ClientErrorCode};
use crate::domains::clients::{contact, ecosystem, external_ref, market};
use crate::graphql::scalars::{EmailAddress, Json, PhoneNumber, Url};
use crate::kernel::ids::{
    ActivityId, ClientId, ContactId, EcosystemId, EntryId, ExternalRefId, MarketId, TeamId, UserId,
};
use crate::kernel::time::Instant;
use crate::platform::auth::ActorKind;
use crate::platform::db::{Direction, SortColumn, SortKey};
use crate::{node, value};

/// By their stable key.
pub const BY_KEY: SortColumn = SortColumn { column: "key", key: SortKey::Text, direction: Direction::Asc };
/// By the other system's name.
pub const BY_SYSTEM: SortColumn =
    SortColumn { column: "system", key: SortKey::Text, direction: Direction::Asc };
/// What happened last first.
pub const NEWEST: SortColumn =
    SortColumn { column: "occurred_at", key: SortKey::Instant, direction: Direction::Desc };
/// What is due or was done last first.
pub const AGENDA: SortColumn =
    SortColumn { column: "agenda_at", key: SortKey::Instant, direction: Direction::Desc };

node! {
    /// A person or a company that we sell to.
    pub struct Client of client::Entity {
        /// Opaque id.
        id: ClientId,
        /// Grows by one with each change; send it back as `expectedVersion`.
        version: i32,
        /// The number that people use, such as `AGS-00042`; never changes.
        number: String,
        /// Person or company.
        kind: ClientKind,
        /// Full name of a person, or name of a company.
        name: String,
        /// E-mail address; null when unknown.
        email: Option<EmailAddress>,
        /// Telephone number in E.164; null when unknown.
        phone: Option<PhoneNumber>,
        /// Tax id by the rules of the market's country (RFC, NIF, CIF), without separators; null when unknown.
        tax_id: Option<String>,
        /// How we stand with the client; moved by `clientActivate` and its like.
        status: ClientStatus,
        /// Labels, in the order they were given.
        tags: Tags,
        /// When the client was made.
        created_at: Instant,
        /// When the client was last changed.
        updated_at: Instant,
        /// When the personal data were erased for good; null: they were not.
        erased_at: Option<Instant>,
    } hidden {
        address: Option<client::Address>,
        consents: client::Consents,
        market_id: Option<MarketId>,
        ecosystem_id: Option<EcosystemId>,
        team_id: TeamId,
        advisor_id: Option<UserId>,
    }
}

value! {
    /// A postal address.
    pub struct Address {
        /// Street and number.
        street: Option<String>,
        /// City or town.
        city: Option<String>,
        /// State or province.
        region: Option<String>,
        /// Postal code.
        postal_code: Option<String>,
        /// Country, ISO 3166-1 alpha-2.
        country: Option<String>,
    }
}

value! {
    /// What the client allowed us.
    pub struct Consents {
        /// To process the personal data.
        data: bool,
        /// To write e-mails.
        email: bool,
        /// To call.
        phone: bool,
        /// To write on WhatsApp.
        whatsapp: bool,
    }
}

value! {
    /// Something that can be done with a client, and whether you can do it now.
    pub struct AvailableClientAction {
        /// What.
        action: ClientAction,
        /// Whether the mutation would go through now.
        enabled: bool,
    } hidden {
        blockage: Option<ClientBlockage>,
    }
}

value! {
    /// What stands in the way of an action.
    pub struct ClientBlockage {
        /// The code with which the mutation would refuse.
        code: ClientErrorCode,
        /// What is wrong.
        message: String,
        /// What to do about it.
        fix: String,
    }
}

node! {
    /// A key of the client in another system.
    pub struct ExternalRef of external_ref::Entity {
        /// Opaque id.
        id: ExternalRefId,
        /// The other system, such as `odoo`.
        system: String,
        /// Its key there.
        key: String,
    }
}

node! {
    /// A person at a client.
    pub struct Contact of contact::Entity {
        /// Opaque id.
        id: ContactId,
        /// Grows by one with each change; send it back as `expectedVersion`.
        version: i32,
        /// Full name.
        name: String,
        /// What they do there; null when unknown.
        position: Option<String>,
        /// E-mail address; null when unknown.
        email: Option<EmailAddress>,
        /// Telephone number in E.164; null when unknown.
        phone: Option<PhoneNumber>,
        /// Anything else; null when there is nothing.
        notes: Option<String>,
        /// When the contact was made.
        created_at: Instant,
        /// When the contact was last changed.
        updated_at: Instant,
    } hidden {
        client_id: ClientId,
    }
}

node! {
    /// Something planned or done with a client.
    pub struct Activity of activity::Entity {
        /// Opaque id.
        id: ActivityId,
        /// Grows by one with each change; send it back as `expectedVersion`.
        version: i32,
        /// What kind.
        kind: ActivityKind,
        /// What is to be done, or was done.
        title: String,
        /// Anything else; null when there is nothing.
        notes: Option<String>,
        /// How far it is.
        state: ActivityState,
        /// When it is due; null when it has no date.
        due_at: Option<Instant>,
        /// When it was done; null until then.
        done_at: Option<Instant>,
        /// When the activity was made.
        created_at: Instant,
        /// When the activity was last changed.
        updated_at: Instant,
    } hidden {
        client_id: ClientId,
        assignee_id: Option<UserId>,
    }
}

node! {
    /// An entry of a client's history. It never changes; a correction is a new entry.
    pub struct EventLogEntry of event_log_entry::Entity {
        /// Opaque id.
        id: EntryId,
        /// What it tells of.
        kind: EventLogKind,
        /// What cabina itself tells; null where people wrote.
        code: Option<EventLogCode>,
        /// Data, for programs; with a `code` the values that it tells of. Null when there are none.
        payload: Option<Json>,
        /// When it happened.
        occurred_at: Instant,
        /// When it was written down.
        recorded_at: Instant,
    } hidden {
        client_id: ClientId,
        text: String,
        corrects_id: Option<EntryId>,
        attachments: event_log_entry::Attachments,
        author_kind: ActorKind,
        author_id: Option<uuid::Uuid>,
        author_name: String,
    }
}

value! {
    /// Something that belongs to an entry and lies elsewhere.
    pub struct Attachment {
        /// What people call it.
        name: String,
        /// Where it lies.
        url: Url,
        /// Its media type, such as `application/pdf`; null when unknown.
        content_type: Option<String>,
    }
}

value! {
    /// Who wrote an entry.
    pub struct Author {
        /// A person, a machine, or cabina itself.
        kind: ActorKind,
        /// Name at that time.
        name: String,
    } hidden {
        user_id: Option<UserId>,
    }
}

node! {
    /// A market: it decides country, currency, tax ids and numbering.
    pub struct Market of market::Entity {
        /// Opaque id.
        id: MarketId,
        /// Grows by one with each change.
        version: i32,
        /// Stable key, such as `aguascalientes`.
        key: String,
        /// Name.
        name: String,
        /// Country, ISO 3166-1 alpha-2.
        country: String,
        /// Currency, ISO 4217.
        currency: String,
        /// IANA time zone.
        time_zone: String,
        /// What client numbers begin with.
        number_prefix: String,
    }
}

node! {
    /// An ecosystem within a market: a route whose drivers buy together.
    pub struct Ecosystem of ecosystem::Entity {
        /// Opaque id.
        id: EcosystemId,
        /// Grows by one with each change; send it back as `expectedVersion`.
        version: i32,
        /// Stable key.
        key: String,
        /// Name.
        name: String,
        /// Whether new clients may join it.
        active: bool,
    } hidden {
        market_id: MarketId,
    }
}
