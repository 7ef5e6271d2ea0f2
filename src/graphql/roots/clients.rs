//! Clients, contacts, activities, event log, markets.

use async_graphql::{Context, Enum, InputObject, MaybeUndefined, Object, Result, SimpleObject};
use futures_util::FutureExt;

use crate::domains::clients::activities::{self, ActivityPatch};
use crate::domains::clients::activity::{ActivityKind, ActivityState};
use crate::domains::clients::client::{ClientKind, ClientStatus};
use crate::domains::clients::client_term::MatchedField;
use crate::domains::clients::clients::{ClientPatch, ConsentPatch, NewClient};
use crate::domains::clients::contacts::{ContactErrorCode, ContactPatch};
use crate::domains::clients::event_log_entry::EventLogKind;
use crate::domains::clients::filter::{self, ClientFilter};
use crate::domains::clients::markets::{self, MarketErrorCode, NewMarket};
use crate::domains::clients::rules::{ClientAction, ClientErrorCode};
use crate::domains::clients::timeline::{self, EventlogErrorCode, NewEntry};
use crate::domains::clients::{
    activities::ActivityErrorCode, client, clients, contacts, market, search, summary,
};
use crate::graphql::context::Ask;
use crate::graphql::fast::{List, One, The, find};
use crate::graphql::nodes::clients::{
    AGENDA, Activity, BY_KEY, Client, Contact, Ecosystem, EventLogEntry, Market,
};
use crate::graphql::page::{Connection, list};
use crate::graphql::payload::{patch, write};
use crate::graphql::scalars::{EmailAddress, Json, PhoneNumber};
use crate::kernel::ids::{ActivityId, ClientId, ContactId, EcosystemId, EntryId, MarketId, TeamId, UserId};
use crate::kernel::time::Instant;
use crate::platform::db::{Direction, PageArgs, SortColumn, Visible};
use crate::{edges, payload, value};

/// Root queries of clients.
#[derive(Default)]
pub struct ClientsQuery;

#[Object]
impl ClientsQuery {
    /// A client; null when there is no such client, or you may not see it.
    async fn client(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The client.")] id: ClientId,
    ) -> Result<Option<One<Client>>> {
        Ok(find::<Client>(ctx, id).await?)
    }

    /// The clients that you may see: advisors their own and their team's unassigned ones, supervisors their team's,
    /// admins all.
    #[expect(clippy::too_many_arguments, reason = "the arguments of the schema")]
    async fn clients(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Only those.")] filter: Option<ClientFilterInput>,
        #[graphql(desc = "By name unless told.")] order_by: Option<ClientOrder>,
        #[graphql(desc = "So many from the start: 25 unless told, at most 100.")] first: Option<i32>,
        #[graphql(desc = "After this cursor.")] after: Option<String>,
        #[graphql(desc = "So many from the end, at most 100.")] last: Option<i32>,
        #[graphql(desc = "Before this cursor.")] before: Option<String>,
    ) -> Result<One<Connection<Client>>> {
        let reader = ctx.reader()?;
        let select = filter::list(&reader.viewer, &filter.map(ClientFilter::from).unwrap_or_default())?;
        let args = PageArgs { first, after, last, before };
        Ok(list(ctx, reader, select, order_by.unwrap_or_default().column(), args).await?)
    }

    /// Finds clients as you type, by the beginnings of words: of the name, the e-mail address, the phone number, the tax
    /// id, the number, the tags. Accents and case do not matter. The best come first.
    async fn client_search(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What was typed; every word must be found.")] text: String,
        #[graphql(desc = "At most so many: 10 unless told, at most 50.")] first: Option<i32>,
    ) -> Result<List<ClientSearchHit>> {
        let limit = match first.unwrap_or(10) {
            limit @ 0..=50 => usize::try_from(limit).unwrap_or_default(),
            _ => return Err(crate::kernel::Error::invalid("first", "must be between 0 and 50").into()),
        };
        let hits = search::find(ctx.reader()?, &text, limit).await?;
        let hit = |hit: search::Hit| ClientSearchHit {
            matched_field: hit.field,
            score: hit.score,
            client_id: hit.client,
        };
        Ok(List::new(hits.into_iter().map(hit).collect()))
    }

    /// Figures of the clients that you may see.
    async fn client_summary(&self, ctx: &Context<'_>) -> Result<ClientSummary> {
        let figures = summary::of(ctx.reader()?, ctx.services()?.door.clock.now()).await?;
        let by_status =
            figures.by_status.into_iter().map(|(status, count)| ClientStatusCount { status, count });
        Ok(ClientSummary {
            clients: figures.clients,
            by_status: by_status.collect(),
            open_activities: figures.open_activities,
            overdue_activities: figures.overdue_activities,
        })
    }

    /// Activities with clients that you may see, latest first.
    #[expect(clippy::too_many_arguments, reason = "the arguments of the schema")]
    async fn activities(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Of this user only.")] assignee_id: Option<UserId>,
        #[graphql(desc = "Only these states.")] states: Option<Vec<ActivityState>>,
        #[graphql(desc = "So many from the start: 25 unless told, at most 100.")] first: Option<i32>,
        #[graphql(desc = "After this cursor.")] after: Option<String>,
        #[graphql(desc = "So many from the end, at most 100.")] last: Option<i32>,
        #[graphql(desc = "Before this cursor.")] before: Option<String>,
    ) -> Result<One<Connection<Activity>>> {
        let reader = ctx.reader()?;
        let select = activities::list(&reader.viewer, assignee_id, states.as_deref());
        Ok(list(ctx, reader, select, AGENDA, PageArgs { first, after, last, before }).await?)
    }

    /// The markets, by key.
    async fn markets(&self, ctx: &Context<'_>) -> Result<List<Market>> {
        let reader = ctx.reader()?;
        let args = PageArgs { first: Some(crate::platform::db::MAX_PAGE), ..PageArgs::default() };
        let page =
            list::<Market>(ctx, reader, market::Entity::visible_to(&reader.viewer), BY_KEY, args).await?;
        Ok(page.0.rows())
    }
}

value! {
    /// A client that a search found.
    pub struct ClientSearchHit {
        /// The field in which the rarest of the words was found.
        matched_field: MatchedField,
        /// How well it fits: from 0 to 1.
        score: f64,
    } hidden {
        client_id: ClientId,
    }
}
edges! {
    ClientSearchHit {
        /// The client.
        field client: The<Client> = |hit, _| The::of(hit.client_id);
    }
}

/// Figures of the clients that you may see.
#[derive(SimpleObject)]
pub struct ClientSummary {
    /// How many clients.
    pub clients: i64,
    /// How many in each status.
    pub by_status: Vec<ClientStatusCount>,
    /// Planned activities.
    pub open_activities: i64,
    /// Planned activities whose date has passed.
    pub overdue_activities: i64,
}

/// How many clients are in a status.
#[derive(SimpleObject)]
pub struct ClientStatusCount {
    /// The status.
    pub status: ClientStatus,
    /// How many.
    pub count: i64,
}

/// The order of a list of clients.
#[derive(Clone, Copy, Debug, InputObject)]
pub struct ClientOrder {
    /// By which field.
    pub field: ClientOrderField,
    /// Up or down; up unless told.
    pub direction: Option<OrderDirection>,
}

impl Default for ClientOrder {
    fn default() -> Self {
        ClientOrder { field: ClientOrderField::Name, direction: None }
    }
}

/// What clients may be sorted by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
pub enum ClientOrderField {
    /// The name, without regard to accents and case.
    Name,
    /// The number.
    Number,
    /// When the client was made.
    CreatedAt,
    /// When the client was last changed.
    UpdatedAt,
}

/// Up or down.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
pub enum OrderDirection {
    /// Smallest first.
    Asc,
    /// Largest first.
    Desc,
}

impl ClientOrder {
    fn column(self) -> SortColumn {
        let (column, instant) = match self.field {
            ClientOrderField::Name => ("name_sort", false),
            ClientOrderField::Number => ("number", false),
            ClientOrderField::CreatedAt => ("created_at", true),
            ClientOrderField::UpdatedAt => ("updated_at", true),
        };
        let down = self.direction == Some(OrderDirection::Desc);
        SortColumn { column, instant, direction: if down { Direction::Desc } else { Direction::Asc } }
    }
}

/// A span of time: from `since` on, before `until`; either may be absent.
#[derive(Clone, Copy, Debug, Default, InputObject)]
pub struct DateTimeSpanInput {
    /// From this moment on.
    pub since: Option<Instant>,
    /// Before this moment.
    pub until: Option<Instant>,
}

/// A key in another system.
#[derive(Clone, Debug, InputObject)]
pub struct ExternalRefInput {
    /// The other system, such as `odoo`.
    pub system: String,
    /// The key there.
    pub key: String,
}

/// Which clients a list holds; all that is given must hold.
#[derive(Clone, Debug, Default, InputObject)]
#[graphql(name = "ClientFilter")]
pub struct ClientFilterInput {
    /// One of these statuses.
    pub status: Option<Vec<ClientStatus>>,
    /// Person or company.
    pub kind: Option<ClientKind>,
    /// One of the markets with these keys.
    pub market: Option<Vec<String>>,
    /// The ecosystem with this key.
    pub ecosystem: Option<String>,
    /// Of this advisor.
    pub advisor_id: Option<UserId>,
    /// Of this team.
    pub team_id: Option<TeamId>,
    /// Whether in the team's pool.
    pub unassigned: Option<bool>,
    /// With all of these tags.
    pub tags: Option<Vec<String>>,
    /// With this number.
    pub number: Option<String>,
    /// With this e-mail address.
    pub email: Option<EmailAddress>,
    /// With this telephone number, with its country code.
    pub phone: Option<PhoneNumber>,
    /// With this tax id.
    pub tax_id: Option<String>,
    /// With this key in another system.
    pub external_ref: Option<ExternalRefInput>,
    /// Made within this span.
    pub created_at: Option<DateTimeSpanInput>,
    /// Last changed within this span.
    pub updated_at: Option<DateTimeSpanInput>,
    /// One of these filters holds too.
    pub or: Option<Vec<ClientFilterInput>>,
    /// This filter does not hold.
    pub not: Option<Box<ClientFilterInput>>,
}

impl From<ClientFilterInput> for ClientFilter {
    fn from(input: ClientFilterInput) -> Self {
        let span =
            |span: Option<DateTimeSpanInput>| span.map_or((None, None), |span| (span.since, span.until));
        ClientFilter {
            status: input.status,
            kind: input.kind,
            markets: input.market,
            ecosystem: input.ecosystem,
            advisor: input.advisor_id,
            team: input.team_id,
            unassigned: input.unassigned,
            tags: input.tags,
            number: input.number,
            email: input.email.map(|email| email.0),
            phone: input.phone.map(|phone| phone.0),
            tax_id: input.tax_id,
            external_ref: input.external_ref.map(|reference| (reference.system, reference.key)),
            created: span(input.created_at),
            updated: span(input.updated_at),
            or: input.or.map(|branches| branches.into_iter().map(Into::into).collect()),
            not: input.not.map(|inner| Box::new((*inner).into())),
        }
    }
}

/// Root mutations of clients.
#[derive(Default)]
pub struct ClientsMutation;

#[Object]
impl ClientsMutation {
    /// Makes a client. It starts as a prospect; its number comes from its market.
    async fn client_create(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The client.")] input: ClientCreateInput,
    ) -> Result<ClientPayload> {
        let (key, new) = (input.idempotency_key.clone(), NewClient::from(input));
        Ok(write(ctx, None, key, |tx| clients::create(tx, new).boxed()).await?.into())
    }

    /// Changes fields of a client. Edits that do not overlap with those of others merge; others are a conflict.
    async fn client_update(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which client, and what changes.")] input: ClientUpdateInput,
    ) -> Result<ClientPayload> {
        let (id, version, key) = (input.id, input.expected_version, input.idempotency_key.clone());
        let change = ClientPatch::from(input);
        Ok(write(ctx, Some(id), key, move |tx| clients::update(tx, id, version, change).boxed())
            .await?
            .into())
    }

    /// Gives a client to another advisor, or to a team's pool. Other teams are for admins.
    async fn client_reassign(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which client, and to whom.")] input: ClientReassignInput,
    ) -> Result<ClientPayload> {
        let ClientReassignInput { id, expected_version, advisor_id, team_id, idempotency_key } = input;
        Ok(write(ctx, Some(id), idempotency_key, move |tx| {
            clients::reassign(tx, id, expected_version, advisor_id, team_id).boxed()
        })
        .await?
        .into())
    }

    /// A prospect or inactive client becomes active.
    async fn client_activate(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which client.")] input: ClientTransitionInput,
    ) -> Result<ClientPayload> {
        transit(ctx, input, ClientAction::Activate).await
    }

    /// An active client becomes inactive.
    async fn client_deactivate(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which client.")] input: ClientTransitionInput,
    ) -> Result<ClientPayload> {
        transit(ctx, input, ClientAction::Deactivate).await
    }

    /// We do no more business with a client. For supervisors; needs a reason.
    async fn client_block(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which client, and why.")] input: ClientTransitionInput,
    ) -> Result<ClientPayload> {
        transit(ctx, input, ClientAction::Block).await
    }

    /// Lifts a block; the client is inactive then. For supervisors.
    async fn client_unblock(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which client.")] input: ClientTransitionInput,
    ) -> Result<ClientPayload> {
        transit(ctx, input, ClientAction::Unblock).await
    }

    /// Adds to a client's history.
    async fn eventlog_append(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which client, and what happened.")] input: EventlogAppendInput,
    ) -> Result<EventlogPayload> {
        let client = input.client_id;
        let new = NewEntry {
            kind: input.kind,
            text: input.text,
            payload: input.payload.map(|payload| payload.0),
            occurred_at: input.occurred_at.map(whole),
            corrects: input.corrects,
        };
        Ok(write(ctx, None, input.idempotency_key, move |tx| timeline::append(tx, client, new).boxed())
            .await?
            .into())
    }

    /// Adds a person to a client.
    async fn contact_create(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which client, and who.")] input: ContactCreateInput,
    ) -> Result<ContactPayload> {
        let client = input.client_id;
        let fields = ContactPatch {
            name: crate::kernel::Patch::Set(input.name),
            position: given(input.position),
            email: given(input.email.map(|email| email.0)),
            phone: given(input.phone.map(|phone| phone.0)),
            notes: given(input.notes),
        };
        Ok(write(ctx, None, input.idempotency_key, move |tx| contacts::create(tx, client, fields).boxed())
            .await?
            .into())
    }

    /// Changes a contact.
    async fn contact_update(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which contact, and what changes.")] input: ContactUpdateInput,
    ) -> Result<ContactPayload> {
        let (id, version) = (input.id, input.expected_version);
        let fields = ContactPatch {
            name: patch(input.name),
            position: patch(input.position),
            email: patch(input.email.map_value(|email| email.0)),
            phone: patch(input.phone.map_value(|phone| phone.0)),
            notes: patch(input.notes),
        };
        Ok(write(ctx, Some(id), input.idempotency_key, move |tx| {
            contacts::update(tx, id, version, fields).boxed()
        })
        .await?
        .into())
    }

    /// Removes a contact.
    async fn contact_delete(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which contact.")] input: ContactDeleteInput,
    ) -> Result<ContactPayload> {
        let id = input.id;
        Ok(write(ctx, Some(id), input.idempotency_key, move |tx| contacts::delete(tx, id).boxed())
            .await?
            .into())
    }

    /// Plans an activity with a client, or writes down one that is done.
    async fn activity_create(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "With which client, and what.")] input: ActivityCreateInput,
    ) -> Result<ActivityPayload> {
        let (client, kind, done) = (input.client_id, input.kind, input.done.unwrap_or(false));
        let fields = ActivityPatch {
            title: crate::kernel::Patch::Set(input.title),
            notes: given(input.notes),
            due_at: given(input.due_at.map(whole)),
            assignee: given(input.assignee_id),
        };
        Ok(write(ctx, None, input.idempotency_key, move |tx| {
            activities::create(tx, client, kind, done, fields).boxed()
        })
        .await?
        .into())
    }

    /// Changes a planned activity.
    async fn activity_update(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which activity, and what changes.")] input: ActivityUpdateInput,
    ) -> Result<ActivityPayload> {
        let (id, version) = (input.id, input.expected_version);
        let fields = ActivityPatch {
            title: patch(input.title),
            notes: patch(input.notes),
            due_at: patch(input.due_at.map_value(whole)),
            assignee: patch(input.assignee_id),
        };
        Ok(write(ctx, Some(id), input.idempotency_key, move |tx| {
            activities::update(tx, id, version, fields).boxed()
        })
        .await?
        .into())
    }

    /// A planned activity is done; it becomes part of the client's history.
    async fn activity_complete(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which activity.")] input: ActivityTransitionInput,
    ) -> Result<ActivityPayload> {
        move_activity(ctx, input, ActivityState::Done).await
    }

    /// A planned activity is given up.
    async fn activity_cancel(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which activity.")] input: ActivityTransitionInput,
    ) -> Result<ActivityPayload> {
        move_activity(ctx, input, ActivityState::Cancelled).await
    }

    /// A done or cancelled activity is planned again.
    async fn activity_reopen(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which activity.")] input: ActivityTransitionInput,
    ) -> Result<ActivityPayload> {
        move_activity(ctx, input, ActivityState::Planned).await
    }

    /// Makes a market. For admins.
    async fn market_create(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The market.")] input: MarketCreateInput,
    ) -> Result<MarketPayload> {
        let MarketCreateInput { key, name, country, currency, time_zone, number_prefix, idempotency_key } =
            input;
        let new = NewMarket { key, name, country, currency, time_zone, number_prefix };
        Ok(write(ctx, None, idempotency_key, |tx| markets::create(tx, new).boxed()).await?.into())
    }

    /// Makes an ecosystem in a market. For admins.
    async fn ecosystem_create(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The ecosystem.")] input: EcosystemCreateInput,
    ) -> Result<EcosystemPayload> {
        let EcosystemCreateInput { market, key, name, idempotency_key } = input;
        Ok(write(ctx, None, idempotency_key, move |tx| {
            async move { markets::create_ecosystem(tx, &market, &key, &name).await }.boxed()
        })
        .await?
        .into())
    }

    /// Renames an ecosystem, or closes it for new clients. For admins.
    async fn ecosystem_update(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which ecosystem, and what changes.")] input: EcosystemUpdateInput,
    ) -> Result<EcosystemPayload> {
        let EcosystemUpdateInput { id, expected_version, name, active, idempotency_key } = input;
        Ok(write(ctx, Some(id), idempotency_key, move |tx| {
            markets::update_ecosystem(tx, id, expected_version, patch(name), active).boxed()
        })
        .await?
        .into())
    }
}

async fn transit(
    ctx: &Context<'_>,
    input: ClientTransitionInput,
    action: ClientAction,
) -> Result<ClientPayload> {
    let ClientTransitionInput { id, expected_version, reason, idempotency_key } = input;
    Ok(write(ctx, Some(id), idempotency_key, move |tx| {
        clients::transit(tx, id, expected_version, action, reason).boxed()
    })
    .await?
    .into())
}

async fn move_activity(
    ctx: &Context<'_>,
    input: ActivityTransitionInput,
    state: ActivityState,
) -> Result<ActivityPayload> {
    let ActivityTransitionInput { id, expected_version, idempotency_key } = input;
    Ok(write(ctx, Some(id), idempotency_key, move |tx| {
        activities::transit(tx, id, expected_version, state).boxed()
    })
    .await?
    .into())
}

/// The databases keep whole microseconds.
fn whole(at: Instant) -> Instant {
    chrono::SubsecRound::trunc_subsecs(at, 6)
}

/// A field of something new: absent and null both leave it empty.
fn given<T>(value: Option<T>) -> crate::kernel::Patch<T> {
    value.map_or(crate::kernel::Patch::Keep, crate::kernel::Patch::Set)
}

payload! {
    /// Answer of the mutations that change a client.
    pub struct ClientPayload {
        /// The client as it is now; null when there is none, or you may not see it (any more).
        client: Client by ClientId, ClientErrorCode
    }
}
payload! {
    /// Answer of `eventlogAppend`.
    pub struct EventlogPayload {
        /// The new entry; null when refused.
        entry: EventLogEntry by EntryId, EventlogErrorCode
    }
}
payload! {
    /// Answer of the mutations that change a contact.
    pub struct ContactPayload {
        /// The contact as it is now; null when there is none.
        contact: Contact by ContactId, ContactErrorCode
    }
}
payload! {
    /// Answer of the mutations that change an activity.
    pub struct ActivityPayload {
        /// The activity as it is now; null when there is none.
        activity: Activity by ActivityId, ActivityErrorCode
    }
}
payload! {
    /// Answer of `marketCreate`.
    pub struct MarketPayload {
        /// The new market; null when refused.
        market: Market by MarketId, MarketErrorCode
    }
}
payload! {
    /// Answer of the mutations that change an ecosystem.
    pub struct EcosystemPayload {
        /// The ecosystem as it is now; null when refused.
        ecosystem: Ecosystem by EcosystemId, MarketErrorCode
    }
}

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
    /// Tax id by the rules of the market's country.
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
    /// Tax id by the rules of the market's country.
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
    /// Why; goes into the history. Needed to block.
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
    pub occurred_at: Option<Instant>,
    /// The entry that this one corrects.
    pub corrects: Option<EntryId>,
    /// The same key with the same input does its work once.
    pub idempotency_key: Option<String>,
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
    /// Telephone number, with its country code.
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
    /// Telephone number, with its country code.
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
    pub due_at: Option<Instant>,
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
    pub due_at: MaybeUndefined<Instant>,
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
