//! What can be asked about clients.

use async_graphql::{Context, Enum, InputObject, Object, Result, SimpleObject};

use crate::domains::clients::activities::{self};
use crate::domains::clients::activity::ActivityState;
use crate::domains::clients::client::{ClientKind, ClientStatus};
use crate::domains::clients::client_term::MatchedField;
use crate::domains::clients::filter::{self, ClientFilter};
use crate::domains::clients::{market, search, summary};
use crate::graphql::context::Ask;
use crate::graphql::fast::{List, One, The, find};
use crate::graphql::nodes::clients::{AGENDA, Activity, BY_KEY, Client, Market};
use crate::graphql::page::{Connection, all, list};
use crate::graphql::scalars::{EmailAddress, Moment, PhoneNumber};
use crate::kernel::ids::{ClientId, TeamId, UserId};
use crate::platform::db::{Direction, PageArgs, SortColumn, SortKey, Visible};
use crate::{edges, value};

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
    /// id, the number, the tags. Accents and case do not matter. What is pasted is found too: phone numbers as they are
    /// dialled or as WhatsApp shows them, `Name <mail>`, tax ids with their country, legal forms with dots and without. The
    /// best come first.
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
        let figures = summary::of(ctx.reader()?, ctx.services()?.authenticator.clock.now()).await?;
        Ok(figures.into())
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
        Ok(all::<Market>(reader, market::Entity::visible_to(&reader.viewer), BY_KEY).await?)
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

impl From<summary::Figures> for ClientSummary {
    fn from(figures: summary::Figures) -> Self {
        let by_status =
            figures.by_status.into_iter().map(|(status, count)| ClientStatusCount { status, count });
        ClientSummary {
            clients: figures.clients,
            by_status: by_status.collect(),
            open_activities: figures.open_activities,
            overdue_activities: figures.overdue_activities,
        }
    }
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
        let (column, key) = match self.field {
            ClientOrderField::Name => ("name_sort", SortKey::Text),
            ClientOrderField::Number => ("number", SortKey::Text),
            ClientOrderField::CreatedAt => ("created_at", SortKey::Instant),
            ClientOrderField::UpdatedAt => ("updated_at", SortKey::Instant),
        };
        let down = self.direction == Some(OrderDirection::Desc);
        SortColumn { column, key, direction: if down { Direction::Desc } else { Direction::Asc } }
    }
}

/// A span of time: from `since` on, before `until`; either may be absent.
#[derive(Clone, Copy, Debug, Default, InputObject)]
pub struct DateTimeSpanInput {
    /// From this moment on.
    pub since: Option<Moment>,
    /// Before this moment.
    pub until: Option<Moment>,
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
    /// With this telephone number, with its country code; `+` may be missing, as where WhatsApp shows it.
    pub phone: Option<PhoneNumber>,
    /// With this tax id, as it is typed.
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
        let span = |span: Option<DateTimeSpanInput>| {
            let moment = |at: Option<Moment>| at.map(|at| at.0);
            span.map_or((None, None), |span| (moment(span.since), moment(span.until)))
        };
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
