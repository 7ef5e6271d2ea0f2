//! Look-ups of the agenda.

use std::collections::{BTreeSet, HashMap};

use async_graphql::context::QueryEnv;
use async_graphql::parser::types::SelectionSet;
use async_graphql::{Context, ID};
use sea_orm::{ColumnTrait, QueryFilter};
use uuid::Uuid;

use crate::domains::agenda::agenda_event::{AgendaEventKind, AgendaEventState};
use crate::domains::agenda::events::{self, EventFilter, Range};
use crate::domains::agenda::rules::{self, AgendaAction, Blocked, Callable, Facts};
use crate::domains::agenda::{self, agenda_series, working_calendar};
use crate::domains::identity::rules::time_zone;
use crate::edges;
use crate::graphql::context::Ask;
use crate::graphql::fast::{
    Computed, Edge, First, Inline, Inlines, List, Maybe, NotPlannable, One, Pages, Parts, Plan, one,
};
use crate::graphql::nodes::agenda::{
    AgendaBlockage, AgendaEvent, AgendaSeries, AgendaSettings, AgendaSlot, AvailableAgendaAction, BY_START,
    Holiday, NextTouch, WorkingCalendar, WorkingHours,
};
use crate::graphql::nodes::clients::Client;
use crate::graphql::nodes::identity::{Team, User};
use crate::graphql::page::Connection;
use crate::graphql::scalars::Moment;
use crate::kernel::ids::print;
use crate::kernel::time::Instant;
use crate::kernel::words::Word;
use crate::kernel::{Error, Result};
use crate::platform::auth::Viewer;
use crate::platform::db::{ColumnSet, PageArgs, Positional, Visible};

edges! {
    AgendaEvent {
        /// The series that it is an occurrence of; null for single events, and when you do not see the series.
        field series: Maybe<AgendaSeries> = |event, _| Maybe::of(event.series_id);
        /// The client that it is with; null when it is with none, and when you see the client no more.
        field client: Maybe<Client> = |event, _| Maybe::of(event.client_id);
        /// Who goes; null while it waits in the team's pool.
        field assignee: Maybe<User> = |event, _| Maybe::of(event.assignee_id);
        /// The team whose agenda it is in.
        field team: Maybe<Team> = |event, _| Maybe::of(Some(event.team_id));
        /// Id of what else it is about, for `node`; null when there is nothing.
        field related_id: Computed<Option<ID>> = |event, _| Computed(related(event));
        /// What can be done with it, and what stands in the way: the screen needs no rules of its own.
        field available_actions: Actions = |event, _| Actions::on(event);
    }
}

edges! {
    AgendaSeries {
        /// The client that its events are with; null when they are with none.
        field client: Maybe<Client> = |series, _| Maybe::of(series.client_id);
        /// Who goes; null while it waits in the team's pool.
        field assignee: Maybe<User> = |series, _| Maybe::of(series.assignee_id);
        /// The team whose agenda it is in.
        field team: Maybe<Team> = |series, _| Maybe::of(Some(series.team_id));
        /// Starts that the rule gives and that are left out, in local time of the zone.
        field except: Computed<Vec<String>> = |series, _|
            Computed(series.except_starts.0.iter().map(|at| at.format("%Y-%m-%dT%H:%M:%S").to_string()).collect());
        /// Its occurrences, as far as they are laid out: a year and a bit ahead.
        page events(
            #[graphql(desc = "Only these states; all unless told.")] states: Option<Vec<AgendaEventState>>
        ): AgendaEvent by "series_id" in BY_START => |viewer| {
            let filter = EventFilter { states: states.clone(), ..EventFilter::default() };
            Ok(events::list(viewer, None, &filter))
        };
    }
}

edges! { AgendaBlockage {} }
edges! { WorkingHours {} }
edges! { Holiday {} }
edges! { AgendaSettings {} }
edges! { AgendaSlot {} }

edges! {
    AvailableAgendaAction {
        /// What stands in the way; null when nothing does.
        field blocked_by: Inline<AgendaBlockage> = |action, _| Inline(action.blockage.clone());
    }
}

edges! {
    NextTouch {
        /// The event in the agenda.
        field event: Maybe<AgendaEvent> = |touch, _| Maybe::of(Some(touch.event_id));
    }
}

edges! {
    WorkingCalendar {
        /// The team.
        field team: Maybe<Team> = |calendar, _| Maybe::of(Some(calendar.id.team()));
        /// Its hours, in the order of the week.
        field hours: Inlines<WorkingHours> = |calendar, _|
            Inlines(calendar.hours.0.iter().map(|shift| hours(*shift)).collect());
        /// Its holidays, in their order.
        field holidays: Inlines<Holiday> = |calendar, _| Inlines(
            calendar.holidays.0.iter()
                .map(|holiday| Holiday { day: holiday.day, name: holiday.name.clone() })
                .collect()
        );
    }
}

fn related(event: &AgendaEvent) -> Option<ID> {
    Some(ID(print(event.related_type.as_deref()?, event.related_id?)))
}

fn hours(shift: working_calendar::Shift) -> WorkingHours {
    let clock = |minutes: u32| format!("{:02}:{:02}", minutes / 60, minutes % 60);
    WorkingHours { weekday: shift.weekday, from: clock(shift.from), until: clock(shift.until) }
}

fn judged(facts: Facts, viewer: &Viewer, now: Instant) -> Vec<AvailableAgendaAction> {
    let judged = |action: AgendaAction| {
        let blockage =
            rules::judge(action, facts, viewer, now).err().map(|Blocked { code, message, fix }| {
                AgendaBlockage { code, message: message.to_owned(), fix: fix.to_owned() }
            });
        AvailableAgendaAction { action, enabled: blockage.is_none(), blockage }
    };
    AgendaAction::ALL.iter().map(|(action, ..)| judged(*action)).collect()
}

/// The open follow-up of a client, as a page of at most one.
fn open_follow_up(client: Uuid, whoever_asks: bool) -> Pages<AgendaEvent> {
    let open = EventFilter {
        kinds: Some(vec![AgendaEventKind::FollowUp]),
        states: Some(AgendaEventState::OPEN.to_vec()),
        ..EventFilter::default()
    };
    let first = PageArgs { first: Some(1), ..PageArgs::default() };
    Pages::new(client, "client_id", BY_START, first, None, move |viewer: &Viewer| {
        let all = whoever_asks.then(|| Viewer::system("agenda"));
        Ok(events::list(all.as_ref().unwrap_or(viewer), None, &open))
    })
}

/// What can be done with an event. Whether a follow-up that is over may be reopened hangs on the others of its client, also
/// on those that the viewer does not see: the mutation asks the same. Whether the client can be called hangs on the client.
pub struct Actions {
    facts: Facts,
    client: Option<Uuid>,
    others: Option<Pages<AgendaEvent>>,
}

impl Actions {
    fn on(event: &AgendaEvent) -> Actions {
        let is_over = event.kind == AgendaEventKind::FollowUp && !event.state.is_open();
        let (state, start, client) = (event.state, event.start, event.client_id.map(Uuid::from));
        Actions {
            facts: Facts { state, start, callable: Callable::Nobody, is_replaced: false },
            client,
            others: client.filter(|_| is_over).map(|client| open_follow_up(client, true)),
        }
    }

    /// With what was looked up.
    fn told(facts: Facts, client: Option<&Client>, others: Option<&Connection<AgendaEvent>>) -> Facts {
        let callable = match client.map(|client| client.phone.is_some()) {
            None => Callable::Nobody,
            Some(false) => Callable::NoPhone,
            Some(true) => Callable::Phone,
        };
        Facts { callable, is_replaced: others.is_some_and(|page| page.nodes_of().len() > 0), ..facts }
    }
}

/// The columns of a client that tell whether it can be called.
fn phone() -> ColumnSet {
    let place = Client::COLUMNS.iter().position(|column| *column == "phone");
    place.map_or(ColumnSet::ALL, |place| ColumnSet::KEY.with(place))
}

impl Edge for Actions {
    type Output = List<AvailableAgendaAction>;
    fn plan<'a>(env: &'a QueryEnv, set: &'a SelectionSet) -> Option<Plan<'a>> {
        Plan::of::<AvailableAgendaAction>(env, set)
    }
    async fn resolve(self, ctx: &Context<'_>) -> async_graphql::Result<Self::Output> {
        let others = match self.others {
            Some(others) => Some(others.load_one(ctx).await?),
            None => None,
        };
        let client = match self.client {
            Some(id) => one::<Client>(ctx, id).await?,
            None => None,
        };
        let client = client.as_ref().and_then(One::node);
        let facts = Actions::told(self.facts, client, others.as_ref());
        Ok(List::new(judged(facts, ctx.viewer()?, ctx.services()?.authenticator.clock.now())))
    }
    async fn render(edges: Vec<Self>, ctx: Context<'_>, plan: &Plan<'_>) -> Result<Parts, NotPlannable> {
        let (Ok(reader), Ok(services)) = (ctx.reader(), ctx.services()) else { return Err(NotPlannable) };
        let now = services.authenticator.clock.now();
        let ids: BTreeSet<Uuid> = edges.iter().filter_map(|edge| edge.client).collect();
        let ids: Vec<Uuid> = ids.into_iter().collect();
        let clients = match &ids[..] {
            [] => HashMap::new(),
            ids => reader.by_ids::<Client>(ids, phone()).await.map_err(|_| NotPlannable)?,
        };
        let (known, others): (Vec<_>, Vec<_>) = edges
            .into_iter()
            .map(|edge| ((edge.facts, edge.client, edge.others.is_some()), edge.others))
            .unzip();
        let others = others.into_iter().flatten().collect();
        let mut pages = Pages::load_all(others, &ctx, ColumnSet::ALL).await?.into_iter();
        let lists = known.into_iter().map(|(facts, client, asked)| {
            let page = if asked { pages.next() } else { None };
            let client = client.and_then(|id| clients.get(&id));
            Inlines(judged(Actions::told(facts, client, page.as_ref()), &reader.viewer, now))
        });
        Inlines::render(lists.collect(), ctx.clone(), plan).await
    }
}

/// The next touch of a client: its open follow-up.
pub struct Touch(Pages<AgendaEvent>);

impl Touch {
    /// Of this client.
    pub fn of(client: Uuid) -> Touch {
        Touch(open_follow_up(client, false))
    }
}

impl From<&AgendaEvent> for NextTouch {
    fn from(event: &AgendaEvent) -> NextTouch {
        NextTouch { at: event.start, reason: event.title.clone(), event_id: event.id }
    }
}

impl Edge for Touch {
    type Output = Option<One<NextTouch>>;
    fn plan<'a>(env: &'a QueryEnv, set: &'a SelectionSet) -> Option<Plan<'a>> {
        Plan::of::<NextTouch>(env, set)
    }
    async fn resolve(self, ctx: &Context<'_>) -> async_graphql::Result<Self::Output> {
        let page = self.0.load_one(ctx).await?;
        Ok(page.nodes_of().next().map(|event| One::new(event.into())))
    }
    async fn render(edges: Vec<Self>, ctx: Context<'_>, plan: &Plan<'_>) -> Result<Parts, NotPlannable> {
        let pages = edges.into_iter().map(|edge| edge.0).collect();
        let pages = Pages::load_all(pages, &ctx, ColumnSet::ALL).await?;
        let touches = pages.iter().map(|page| Inline(page.nodes_of().next().map(NextTouch::from))).collect();
        Inline::render(touches, ctx, plan).await
    }
}

/// What a look at clients until then begins with: the series with them are laid out until there.
pub fn laid_out(ctx: &Context<'_>, until: Instant) -> Option<First> {
    // Who is nobody is told so by the list.
    let (services, viewer) = (ctx.services().ok()?.clone(), ctx.viewer().ok()?.clone());
    Some(Box::new(move |clients| {
        let series = agenda_series::Entity::visible_to(&viewer);
        let series = series.filter(agenda_series::Column::ClientId.is_in(clients.iter().copied()));
        let services = services.clone();
        Box::pin(async move {
            agenda::lay_until(&services.database, &services.authenticator.clock, series, until).await
        })
    }))
}

/// A stretch of time: what begins at its end is outside.
#[derive(Clone, Debug, async_graphql::InputObject)]
pub struct DateTimeRangeInput {
    /// From here on.
    pub start: Moment,
    /// Until there.
    pub end: Moment,
    /// IANA zone whose days are shown: events that take whole days are then found by their dates, as a calendar shows them,
    /// and not by the midnights of their own zone.
    pub time_zone: Option<String>,
}

impl DateTimeRangeInput {
    /// The range, checked.
    ///
    /// # Errors
    /// `Invalid` for what ends before it begins, and for a zone that is none.
    pub fn checked(&self) -> Result<Range> {
        let (start, end) = (self.start.0, self.end.0);
        if end <= start {
            return Err(Error::invalid("range.end", "must lie behind the start"));
        }
        let zone = self.time_zone.as_deref().map(time_zone).transpose();
        let zone = zone.map_err(|rule| Error::invalid("range.timeZone", rule))?;
        Ok(Range { start, end, zone })
    }
}
