//! The inputs of the mutations of clients, and how they read in the domain's words.

use async_graphql::{InputObject, MaybeUndefined};

use crate::domains::clients::activity::ActivityKind;
use crate::domains::clients::client;
use crate::domains::clients::client::ClientKind;
use crate::domains::clients::clients::{ClientPatch, ConsentPatch, NewClient};
use crate::domains::clients::event_log_entry::{Attachment, EventLogKind};
use crate::graphql::payload::patch;
use crate::graphql::scalars::{EmailAddress, Json, Moment, PhoneNumber, Url};
use crate::kernel::ids::{ActivityId, ClientId, ContactId, EcosystemId, EntryId, TeamId, UserId};

use super::queries::ExternalRefInput;

/// A postal address.
#[derive(Clone, Debug, InputObject)]
pub struct AddressInput {
    /// Street and number.
    pub street: Option<String>,
    /// City or town.
    pub city: Option<String>,
    /// State or province.
    pub region: Option<String>,
    /// Postal code.
    pub postal_code: Option<String>,
    /// Country, ISO 3166-1 alpha-2.
    pub country: Option<String>,
}

impl From<AddressInput> for client::Address {
    fn from(AddressInput { street, city, region, postal_code, country }: AddressInput) -> Self {
        client::Address { street, city, region, postal_code, country }
    }
}

/// What the client allowed: absent keeps.
#[derive(Clone, Copy, Debug, InputObject)]
pub struct ConsentsInput {
    /// To process the personal data.
    pub data: Option<bool>,
    /// To write e-mails.
    pub email: Option<bool>,
    /// To call.
    pub phone: Option<bool>,
    /// To write on WhatsApp.
    pub whatsapp: Option<bool>,
}

/// A client to be made.
#[derive(InputObject)]
pub struct ClientCreateInput {
    /// Person or company.
    pub kind: ClientKind,
    /// Full name of a person, or name of a company.
    pub name: String,
    /// E-mail address.
    pub email: Option<EmailAddress>,
    /// Telephone number: E.164, or as it is typed in the market's country.
    pub phone: Option<PhoneNumber>,
    /// Tax id by the rules of the market's country; `MX` or `ES` before it is dropped. Of an RFC form and date decide.
    pub tax_id: Option<String>,
    /// Postal address.
    pub address: Option<AddressInput>,
    /// Key of the market, such as `aguascalientes`.
    pub market: String,
    /// Key of the ecosystem.
    pub ecosystem: Option<String>,
    /// Whose it will be. Absent: yours, if you are an advisor, else the team's pool; null: the team's pool.
    pub advisor_id: MaybeUndefined<UserId>,
    /// The team, for admins who name no advisor.
    pub team_id: Option<TeamId>,
    /// Labels.
    pub tags: Option<Vec<String>>,
    /// What the client allowed; nothing unless told.
    pub consents: Option<ConsentsInput>,
    /// Keys of the client in other systems.
    pub external_refs: Option<Vec<ExternalRefInput>>,
    /// Make it though a client that you see has the same e-mail address, phone number or tax id.
    pub allow_duplicate: Option<bool>,
    /// The same key with the same input does its work once.
    pub idempotency_key: Option<String>,
}

impl From<ClientCreateInput> for NewClient {
    fn from(input: ClientCreateInput) -> Self {
        let consents = input.consents.map_or_else(client::Consents::default, |given| client::Consents {
            data: given.data.unwrap_or(false),
            email: given.email.unwrap_or(false),
            phone: given.phone.unwrap_or(false),
            whatsapp: given.whatsapp.unwrap_or(false),
        });
        NewClient {
            kind: input.kind,
            name: input.name,
            email: input.email.map(|email| email.0),
            phone: input.phone.map(|phone| phone.0),
            tax_id: input.tax_id,
            address: input.address.map(Into::into),
            market: input.market,
            ecosystem: input.ecosystem,
            advisor: patch(input.advisor_id),
            team: input.team_id,
            tags: input.tags.unwrap_or_default(),
            consents,
            external_refs: input.external_refs.into_iter().flatten().map(|r| (r.system, r.key)).collect(),
            allow_duplicate: input.allow_duplicate.unwrap_or(false),
        }
    }
}

/// What changes of a client: absent keeps, null clears.
#[derive(InputObject)]
pub struct ClientUpdateInput {
    /// Which client.
    pub id: ClientId,
    /// The version that the change was made from.
    pub expected_version: i32,
    /// Person or company.
    pub kind: MaybeUndefined<ClientKind>,
    /// Name.
    pub name: MaybeUndefined<String>,
    /// E-mail address.
    pub email: MaybeUndefined<EmailAddress>,
    /// Telephone number: E.164, or as it is typed in the market's country.
    pub phone: MaybeUndefined<PhoneNumber>,
    /// Tax id by the rules of the market's country; `MX` or `ES` before it is dropped. Of an RFC form and date decide.
    pub tax_id: MaybeUndefined<String>,
    /// Postal address, whole.
    pub address: MaybeUndefined<AddressInput>,
    /// Key of the ecosystem.
    pub ecosystem: MaybeUndefined<String>,
    /// Labels, the whole list.
    pub tags: MaybeUndefined<Vec<String>>,
    /// What the client allowed; null takes all back.
    pub consents: MaybeUndefined<ConsentsInput>,
    /// The same key with the same input does its work once.
    pub idempotency_key: Option<String>,
}

impl From<ClientUpdateInput> for ClientPatch {
    fn from(input: ClientUpdateInput) -> Self {
        ClientPatch {
            kind: patch(input.kind),
            name: patch(input.name),
            email: patch(input.email.map_value(|email| email.0)),
            phone: patch(input.phone.map_value(|phone| phone.0)),
            tax_id: patch(input.tax_id),
            address: patch(input.address.map_value(Into::into)),
            ecosystem: patch(input.ecosystem),
            tags: patch(input.tags),
            consents: patch(input.consents.map_value(|c| ConsentPatch {
                data: c.data,
                email: c.email,
                phone: c.phone,
                whatsapp: c.whatsapp,
            })),
        }
    }
}

/// To whom a client goes.
#[derive(InputObject)]
pub struct ClientReassignInput {
    /// Which client.
    pub id: ClientId,
    /// The version that was seen.
    pub expected_version: i32,
    /// To this advisor; null or absent: to the team's pool.
    pub advisor_id: Option<UserId>,
    /// To this team; the advisor's, or the present one, unless told.
    pub team_id: Option<TeamId>,
    /// The same key with the same input does its work once.
    pub idempotency_key: Option<String>,
}

/// A client whose status moves.
#[derive(InputObject)]
pub struct ClientTransitionInput {
    /// Which client.
    pub id: ClientId,
    /// The version that was seen.
    pub expected_version: i32,
    /// Why, at most 500 characters; goes into the history. Needed to block.
    pub reason: Option<String>,
    /// The same key with the same input does its work once.
    pub idempotency_key: Option<String>,
}

/// An entry for a client's history.
#[derive(InputObject)]
pub struct EventlogAppendInput {
    /// Whose history.
    pub client_id: ClientId,
    /// What it tells of: NOTE, CALL, EMAIL, MEETING or WHATSAPP; the other kinds are written by cabina itself.
    pub kind: EventLogKind,
    /// The text: 1 to 10,000 characters.
    pub text: String,
    /// Data for programs, at most 20 kB.
    pub payload: Option<Json>,
    /// When it happened; now unless told.
    pub occurred_at: Option<Moment>,
    /// The entry that this one corrects.
    pub corrects: Option<EntryId>,
    /// What belongs to it and lies elsewhere: at most 20.
    pub attachments: Option<Vec<AttachmentInput>>,
    /// The same key with the same input does its work once.
    pub idempotency_key: Option<String>,
}

/// Something that belongs to an entry and lies elsewhere.
#[derive(InputObject)]
pub struct AttachmentInput {
    /// What people call it: 1 to 200 characters.
    pub name: String,
    /// Where it lies.
    pub url: Url,
    /// Its media type, such as `application/pdf`.
    pub content_type: Option<String>,
}

impl From<AttachmentInput> for Attachment {
    fn from(AttachmentInput { name, url, content_type }: AttachmentInput) -> Self {
        Attachment { name, url: url.0, content_type }
    }
}

/// A person to be added to a client.
#[derive(InputObject)]
pub struct ContactCreateInput {
    /// At which client.
    pub client_id: ClientId,
    /// Full name.
    pub name: String,
    /// What they do there.
    pub position: Option<String>,
    /// E-mail address.
    pub email: Option<EmailAddress>,
    /// Telephone number: E.164, or as it is typed in the country of the client's market.
    pub phone: Option<PhoneNumber>,
    /// Anything else.
    pub notes: Option<String>,
    /// The same key with the same input does its work once.
    pub idempotency_key: Option<String>,
}

/// What changes of a contact: absent keeps, null clears.
#[derive(InputObject)]
pub struct ContactUpdateInput {
    /// Which contact.
    pub id: ContactId,
    /// The version that the change was made from.
    pub expected_version: i32,
    /// Full name.
    pub name: MaybeUndefined<String>,
    /// What they do there.
    pub position: MaybeUndefined<String>,
    /// E-mail address.
    pub email: MaybeUndefined<EmailAddress>,
    /// Telephone number: E.164, or as it is typed in the country of the client's market.
    pub phone: MaybeUndefined<PhoneNumber>,
    /// Anything else.
    pub notes: MaybeUndefined<String>,
    /// The same key with the same input does its work once.
    pub idempotency_key: Option<String>,
}

/// A contact to be removed.
#[derive(InputObject)]
pub struct ContactDeleteInput {
    /// Which contact.
    pub id: ContactId,
    /// The same key with the same input does its work once.
    pub idempotency_key: Option<String>,
}

/// An activity to be planned or written down.
#[derive(InputObject)]
pub struct ActivityCreateInput {
    /// With which client.
    pub client_id: ClientId,
    /// What kind.
    pub kind: ActivityKind,
    /// What is to be done, or was done.
    pub title: String,
    /// Anything else.
    pub notes: Option<String>,
    /// When it is due.
    pub due_at: Option<Moment>,
    /// Who does it; you unless told.
    pub assignee_id: Option<UserId>,
    /// Whether it is done already.
    pub done: Option<bool>,
    /// The same key with the same input does its work once.
    pub idempotency_key: Option<String>,
}

/// What changes of a planned activity: absent keeps, null clears.
#[derive(InputObject)]
pub struct ActivityUpdateInput {
    /// Which activity.
    pub id: ActivityId,
    /// The version that the change was made from.
    pub expected_version: i32,
    /// What is to be done.
    pub title: MaybeUndefined<String>,
    /// Anything else.
    pub notes: MaybeUndefined<String>,
    /// When it is due.
    pub due_at: MaybeUndefined<Moment>,
    /// Who does it.
    pub assignee_id: MaybeUndefined<UserId>,
    /// The same key with the same input does its work once.
    pub idempotency_key: Option<String>,
}

/// An activity whose state moves.
#[derive(InputObject)]
pub struct ActivityTransitionInput {
    /// Which activity.
    pub id: ActivityId,
    /// The version that was seen.
    pub expected_version: i32,
    /// The same key with the same input does its work once.
    pub idempotency_key: Option<String>,
}

/// A market to be made.
#[derive(InputObject)]
pub struct MarketCreateInput {
    /// Stable key: lower-case letters, digits and hyphens.
    pub key: String,
    /// Name.
    pub name: String,
    /// Country, ISO 3166-1 alpha-2.
    pub country: String,
    /// Currency, ISO 4217.
    pub currency: String,
    /// IANA time zone.
    pub time_zone: String,
    /// What client numbers begin with: 2 to 6 upper-case letters.
    pub number_prefix: String,
    /// The same key with the same input does its work once.
    pub idempotency_key: Option<String>,
}

/// An ecosystem to be made.
#[derive(InputObject)]
pub struct EcosystemCreateInput {
    /// Key of the market that it is in.
    pub market: String,
    /// Stable key: lower-case letters, digits and hyphens.
    pub key: String,
    /// Name.
    pub name: String,
    /// The same key with the same input does its work once.
    pub idempotency_key: Option<String>,
}

/// What changes of an ecosystem: absent keeps.
#[derive(InputObject)]
pub struct EcosystemUpdateInput {
    /// Which ecosystem.
    pub id: EcosystemId,
    /// The version that the change was made from.
    pub expected_version: i32,
    /// Name.
    pub name: MaybeUndefined<String>,
    /// Whether new clients may join it.
    pub active: Option<bool>,
    /// The same key with the same input does its work once.
    pub idempotency_key: Option<String>,
}
