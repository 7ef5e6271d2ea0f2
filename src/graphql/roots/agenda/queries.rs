//! What can be asked about the agenda.

use async_graphql::{Context, InputObject, Object, Result};
use chrono::Duration;

use crate::domains::agenda::agenda_event::{AgendaEventKind, AgendaEventState};
use crate::domains::agenda::events::{self, EventFilter};
use crate::domains::agenda::{
    self, Search, Slot, agenda_series, agenda_settings, settings, working, working_calendar,
};
use crate::domains::identity::team;
use crate::graphql::context::Ask;
use crate::graphql::edges::agenda::DateTimeRangeInput;
use crate::graphql::fast::{List, One, find};
use crate::graphql::nodes::agenda::{AgendaEvent, AgendaSettings, AgendaSlot, BY_START, WorkingCalendar};
use crate::graphql::page::{Connection, list_of_at_most};
use crate::kernel::Error;
use crate::kernel::ids::{
    AgendaEventId, AgendaSeriesId, AgendaSettingsId, ClientId, TeamId, UserId, WorkingCalendarId,
};
use crate::platform::db::{PageArgs, Visible};

/// Most events of a page: a month of a team at once.
const EVENTS_MAX: i32 = 5000;
/// Assignees of a list.
const ASSIGNEES_MAX: usize = 200;
/// Free times at once.
const SLOTS_MAX: i32 = 100;

/// Root queries of the agenda.
#[derive(Default)]
pub struct AgendaQuery;

#[Object]
impl AgendaQuery {
    /// An event; null when there is no such event, or you may not see it.
    async fn agenda_event(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The event.")] id: AgendaEventId,
    ) -> Result<Option<One<AgendaEvent>>> {
        Ok(find::<AgendaEvent>(ctx, id).await?)
    }

    /// The events of a stretch of time that you may see, by their start: also those that only cross its edge, and each
    /// occurrence of series. Advisors see their own and their team's unassigned ones, supervisors their team's, admins all.
    #[expect(clippy::too_many_arguments, reason = "the arguments of the schema")]
    async fn agenda_events(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "From when to when: at most ten years ahead.")] range: DateTimeRangeInput,
        #[graphql(desc = "Only those.")] filter: Option<AgendaEventFilterInput>,
        #[graphql(desc = "So many from the start: 25 unless told, at most 5,000.")] first: Option<i32>,
        #[graphql(desc = "After this cursor.")] after: Option<String>,
        #[graphql(desc = "So many from the end, at most 5,000.")] last: Option<i32>,
        #[graphql(desc = "Before this cursor.")] before: Option<String>,
    ) -> Result<One<Connection<AgendaEvent>>> {
        let (reader, range) = (ctx.reader()?, range.checked()?);
        let filter = filter.unwrap_or_default();
        if filter.assignee_ids.as_ref().is_some_and(|ids| ids.len() > ASSIGNEES_MAX) {
            let rule = format!("must be at most {ASSIGNEES_MAX}");
            return Err(Error::invalid("filter.assigneeIds", rule).into());
        }
        let (services, series) = (ctx.services()?, agenda_series::Entity::visible_to(&reader.viewer));
        agenda::lay_until(&services.database, &services.authenticator.clock, series, range.end).await?;
        let select = events::list(&reader.viewer, Some(&range), &filter.into());
        let args = PageArgs { first, after, last, before };
        Ok(list_of_at_most(ctx, reader, select, BY_START, (args, EVENTS_MAX)).await?)
    }

    /// When all of some people work and none of them has anything. It tells when colleagues are busy, never with what.
    async fn agenda_free_slots(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Who: at most 20 users of teams that you see.")] assignee_ids: Vec<UserId>,
        #[graphql(desc = "From when to when: at most 62 days, and at most ten years ahead.")]
        range: DateTimeRangeInput,
        #[graphql(desc = "At least so many minutes: 5 to 1440.")] minutes: i32,
        #[graphql(desc = "At most so many: 25 unless told, at most 100.")] first: Option<i32>,
    ) -> Result<List<AgendaSlot>> {
        let range = range.checked()?;
        let most = match usize::try_from(first.unwrap_or(25)) {
            Ok(most) if most <= SLOTS_MAX as usize => most,
            _ => return Err(Error::invalid("first", format!("must be between 0 and {SLOTS_MAX}")).into()),
        };
        let search = Search {
            people: assignee_ids,
            range: Slot { start: range.start, end: range.end },
            least: Duration::minutes(minutes.into()),
            most,
        };
        let (reader, services) = (ctx.reader()?, ctx.services()?);
        let slots = agenda::slots(&services.database, &services.authenticator.clock, reader, search).await?;
        let shown = |Slot { start, end }: Slot| AgendaSlot { start, end };
        Ok(List::new(slots.into_iter().map(shown).collect()))
    }

    /// When a team works; null when there is no such team, or you may not see it.
    async fn working_calendar(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The team.")] team_id: TeamId,
    ) -> Result<Option<One<WorkingCalendar>>> {
        use sea_orm::{ColumnTrait, QueryFilter};
        if let Some(set) = find::<WorkingCalendar>(ctx, WorkingCalendarId::of(team_id)).await? {
            return Ok(Some(set));
        }
        let reader = ctx.reader()?;
        let seen = team::Entity::visible_to(&reader.viewer).filter(team::Column::Id.eq(team_id));
        if seen.one(&reader.db).await.map_err(Error::from)?.is_none() {
            return Ok(None);
        }
        let working_calendar::Model { id, version, time_zone, hours, holidays, .. } =
            working::of(&reader.db, team_id).await?;
        Ok(Some(One::new(WorkingCalendar { id, version, time_zone, hours, holidays })))
    }

    /// What you set for your own agenda; null for machines, which have none.
    async fn agenda_settings(&self, ctx: &Context<'_>) -> Result<Option<One<AgendaSettings>>> {
        let Some(user) = ctx.viewer()?.user_id() else { return Ok(None) };
        if let Some(set) = find::<AgendaSettings>(ctx, AgendaSettingsId::of(user)).await? {
            return Ok(Some(set));
        }
        let agenda_settings::Model { id, version, reminders, feed_since, .. } =
            settings::unset(user, ctx.services()?.authenticator.clock.now());
        Ok(Some(One::new(AgendaSettings { id, version, reminders, feed_since })))
    }
}

/// Which events a list holds; all that is given must hold.
#[derive(Clone, Debug, Default, InputObject)]
#[graphql(name = "AgendaEventFilter")]
pub struct AgendaEventFilterInput {
    /// Of one of these assignees.
    pub assignee_ids: Option<Vec<UserId>>,
    /// Of this team.
    pub team_id: Option<TeamId>,
    /// With this client.
    pub client_id: Option<ClientId>,
    /// In one of these states.
    pub states: Option<Vec<AgendaEventState>>,
    /// Of one of these kinds.
    pub kinds: Option<Vec<AgendaEventKind>>,
    /// Occurrences of this series.
    pub series_id: Option<AgendaSeriesId>,
    /// Whether somebody must do something for it.
    pub action_required: Option<bool>,
}

impl From<AgendaEventFilterInput> for EventFilter {
    fn from(input: AgendaEventFilterInput) -> Self {
        EventFilter {
            assignees: input.assignee_ids,
            team: input.team_id,
            client: input.client_id,
            states: input.states,
            kinds: input.kinds,
            series: input.series_id,
            action_required: input.action_required,
        }
    }
}
