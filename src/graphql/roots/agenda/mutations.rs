//! What can be done with the agenda, and the payloads.

use async_graphql::{Context, MaybeUndefined, Object, Result, SimpleObject};
use futures_util::FutureExt;

use crate::domains::agenda::agenda_event::AgendaEventState;
use crate::domains::agenda::events::{self, NewEvent};
use crate::domains::agenda::rules::{AgendaAction, AgendaErrorCode, AgendaScope};
use crate::domains::agenda::working_calendar::Shift;
use crate::domains::agenda::{self, DetailsPatch, settings, working};
use crate::graphql::context::Ask;
use crate::graphql::fast::One;
use crate::graphql::nodes::agenda::{AgendaEvent, AgendaSettings, WorkingCalendar};
use crate::graphql::nodes::clients::Client;
use crate::graphql::payload::{MadeSecret, write};
use crate::kernel::Error;
use crate::kernel::ids::{AgendaEventId, AgendaSettingsId, ClientId, TypedId, WorkingCalendarId};
use crate::kernel::time::{self, Day};
use crate::payload;
use crate::platform::db::ColumnSet;

use super::inputs::*;

/// Events that warnings name.
const OVERLAPS_MAX: usize = 10;

/// Root mutations of the agenda.
#[derive(Default)]
pub struct AgendaMutation;

#[Object]
impl AgendaMutation {
    /// Makes an event, or a series of them: then the first occurrence is given back.
    async fn agenda_event_create(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The event.")] input: AgendaEventCreateInput,
    ) -> Result<AgendaEventPayload> {
        let (key, new) = (input.idempotency_key.clone(), NewEvent::from(input));
        let whole = new.recurrence.is_some();
        let outcome = write(ctx, None, key, move |tx| events::create(tx, new.clone()).boxed()).await?;
        Ok(AgendaEventPayload { outcome, whole })
    }

    /// Changes what an event is about.
    async fn agenda_event_update(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which event, and what changes.")] input: AgendaEventUpdateInput,
    ) -> Result<AgendaEventPayload> {
        let (id, version, scope) =
            (input.id, input.expected_version, input.scope.unwrap_or(AgendaScope::This));
        let (key, change) = (input.idempotency_key.clone(), DetailsPatch::from(input));
        let outcome = write(ctx, Some(id), key, move |tx| {
            events::update(tx, id, version, scope, change.clone()).boxed()
        });
        Ok(AgendaEventPayload { outcome: outcome.await?, whole: scope != AgendaScope::This })
    }

    /// Moves an event, and makes it longer or shorter: what drag and drop does. Of two who move it at once one wins; the
    /// other gets the conflict and the event as it is.
    async fn agenda_event_reschedule(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which event, and where to.")] input: AgendaEventRescheduleInput,
    ) -> Result<AgendaEventPayload> {
        let (id, version, scope) =
            (input.id, input.expected_version, input.scope.unwrap_or(AgendaScope::This));
        let (to, zone) = ((input.start.0, input.end.0, input.all_day), input.time_zone);
        let outcome = write(ctx, Some(id), input.idempotency_key, move |tx| {
            events::reschedule(tx, id, version, scope, to, zone.clone()).boxed()
        });
        Ok(AgendaEventPayload { outcome: outcome.await?, whole: scope != AgendaScope::This })
    }

    /// Gives an event to somebody else, or to the team's pool.
    async fn agenda_event_assign(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which event, and to whom.")] input: AgendaEventAssignInput,
    ) -> Result<AgendaEventPayload> {
        let (id, version, scope) =
            (input.id, input.expected_version, input.scope.unwrap_or(AgendaScope::This));
        let to = input.assignee_id;
        let outcome = write(ctx, Some(id), input.idempotency_key, move |tx| match to {
            MaybeUndefined::Undefined => async move { Ok(id) }.boxed(), // who has it keeps it
            to => events::assign(tx, id, version, scope, to.take()).boxed(),
        });
        Ok(AgendaEventPayload { outcome: outcome.await?, whole: scope != AgendaScope::This })
    }

    /// Whom a planned event is with said yes.
    async fn agenda_event_confirm(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which event.")] input: AgendaEventTransitionInput,
    ) -> Result<AgendaEventPayload> {
        transit(ctx, input, AgendaAction::Confirm).await
    }

    /// An event took place.
    async fn agenda_event_complete(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which event.")] input: AgendaEventTransitionInput,
    ) -> Result<AgendaEventPayload> {
        transit(ctx, input, AgendaAction::Complete).await
    }

    /// Whom an event was with did not come; not before it begins.
    async fn agenda_event_mark_no_show(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which event.")] input: AgendaEventTransitionInput,
    ) -> Result<AgendaEventPayload> {
        transit(ctx, input, AgendaAction::MarkNoShow).await
    }

    /// An event will not take place; with a scope, the rest of a series.
    async fn agenda_event_cancel(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which event.")] input: AgendaEventCancelInput,
    ) -> Result<AgendaEventPayload> {
        let (id, version, scope) =
            (input.id, input.expected_version, input.scope.unwrap_or(AgendaScope::This));
        let reason = input.reason;
        Ok(write(ctx, Some(id), input.idempotency_key, move |tx| {
            events::transit(tx, id, version, AgendaAction::Cancel, scope, reason.clone()).boxed()
        })
        .await?
        .into())
    }

    /// An event that is done, cancelled or missed is planned again.
    async fn agenda_event_reopen(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which event.")] input: AgendaEventTransitionInput,
    ) -> Result<AgendaEventPayload> {
        transit(ctx, input, AgendaAction::Reopen).await
    }

    /// Sets when a client is touched next, and why: an event of the kind `FOLLOW_UP` in its advisor's agenda.
    async fn client_next_touch_set(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which client, when, and why.")] input: ClientNextTouchSetInput,
    ) -> Result<ClientNextTouchPayload> {
        let id = input.client_id;
        let next = input.next_touch.map_value(|next| (next.at.0, next.reason));
        let set = write(ctx, Some(id), input.idempotency_key, move |tx| match next.clone() {
            MaybeUndefined::Undefined => async move { Ok(id) }.boxed(), // absent keeps
            next => agenda::set_follow_up(tx, id, next.take()).boxed(),
        });
        Ok(set.await?.into())
    }

    /// Sets when a team works. For its supervisors, and for admins.
    async fn working_calendar_update(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which team, and when it works.")] input: WorkingCalendarUpdateInput,
    ) -> Result<WorkingCalendarPayload> {
        let (team, version, zone) = (input.team_id, input.expected_version, input.time_zone);
        let (hours, days) = (input.hours, input.holidays);
        let id = WorkingCalendarId::of(team);
        Ok(write(ctx, Some(id), input.idempotency_key, move |tx| {
            let (zone, days) = (zone.clone(), days.clone());
            let hours =
                hours.as_ref().map(|hours| hours.iter().map(shift).collect::<Result<Vec<_>, Error>>());
            let days = days.map(|days| days.into_iter().map(holiday).collect::<Result<Vec<_>, Error>>());
            async move {
                    working::update(tx, team, version, zone, hours.transpose()?, days.transpose()?).await
                }
                .boxed()
        })
        .await?
        .into())
    }

    /// Sets the reminders that your events have by themselves.
    async fn agenda_settings_update(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The reminders.")] input: AgendaSettingsUpdateInput,
    ) -> Result<AgendaSettingsPayload> {
        let (version, reminders) = (input.expected_version, input.reminders);
        let outcome = write(ctx, None, input.idempotency_key, move |tx| {
            settings::update(tx, version, reminders.clone()).boxed()
        });
        Ok(outcome.await?.into())
    }

    /// Makes a new secret address for your calendar feed; the one before is good no more.
    async fn agenda_feed_create(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The feed.")] input: AgendaFeedInput,
    ) -> Result<AgendaSettingsPayload> {
        let made = MadeSecret::default();
        let outcome = write(ctx, None, input.idempotency_key, |tx| {
            let made = made.clone();
            async move {
                let (id, secret) = settings::open_feed(tx).await?;
                made.keep(secret);
                Ok(id)
            }
            .boxed()
        })
        .await?;
        let path = made.of(&outcome).map(|secret| format!("/agenda/{secret}.ics"));
        Ok(AgendaSettingsPayload { outcome, feed_path: path })
    }

    /// Ends your calendar feed: its address is good no more.
    async fn agenda_feed_revoke(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The feed.")] input: AgendaFeedInput,
    ) -> Result<AgendaSettingsPayload> {
        let outcome = write(ctx, None, input.idempotency_key, |tx| settings::close_feed(tx).boxed());
        Ok(outcome.await?.into())
    }
}

async fn transit(
    ctx: &Context<'_>,
    input: AgendaEventTransitionInput,
    action: AgendaAction,
) -> Result<AgendaEventPayload> {
    let AgendaEventTransitionInput { id, expected_version, reason, idempotency_key } = input;
    Ok(write(ctx, Some(id), idempotency_key, move |tx| {
        events::transit(tx, id, expected_version, action, AgendaScope::This, reason.clone()).boxed()
    })
    .await?
    .into())
}

fn shift(hours: &WorkingHoursInput) -> Result<Shift, Error> {
    let minutes = |field: &str, text: &str| {
        let parts = text.split_once(':').and_then(|(hour, minute)| {
            let digits = |text: &str| text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_digit());
            let sound = digits(hour) && digits(minute);
            let (hour, minute): (u32, u32) = (hour.parse().ok()?, minute.parse().ok()?);
            (sound && minute < 60 && hour * 60 + minute <= 24 * 60).then_some(hour * 60 + minute)
        });
        parts.ok_or_else(|| Error::invalid(format!("hours.{field}"), "must be a time such as 09:30"))
    };
    Ok(Shift {
        weekday: hours.weekday,
        from: minutes("from", &hours.from)?,
        until: minutes("until", &hours.until)?,
    })
}

fn holiday(given: HolidayInput) -> Result<(Day, String), Error> {
    let day = time::day(&given.day.0).map_err(|rule| Error::invalid("holidays.day", rule))?;
    Ok((day, given.name))
}

/// Something that was written all the same, and that you may want to know.
#[derive(SimpleObject)]
pub struct AgendaWarning {
    /// What it is about, for a person.
    message: String,
    /// The other event, at the same time for the same assignee.
    agenda_event: One<AgendaEvent>,
}

/// What else its assignee has at the same time, or those of the whole series that it is of.
async fn overlaps(ctx: &Context<'_>, id: AgendaEventId, whole: bool) -> Result<Vec<AgendaWarning>> {
    let reader = ctx.reader()?;
    let since = whole.then_some(ctx.services()?.authenticator.clock.now());
    let others = agenda::overlaps(reader, id, since, OVERLAPS_MAX).await?;
    let ids: Vec<_> = others.iter().map(|other| other.uuid()).collect();
    let mut nodes = if ids.is_empty() {
        Default::default()
    } else {
        reader.by_ids::<AgendaEvent>(&ids, ColumnSet::ALL).await?
    };
    let warning = |id| {
        let other: AgendaEvent = nodes.remove(&id)?;
        let confirmed = if other.state == AgendaEventState::Confirmed { ", confirmed" } else { "" };
        let message = format!("at the same time as {:?}{confirmed}", other.title);
        Some(AgendaWarning { message, agenda_event: One::new(other) })
    };
    Ok(ids.into_iter().filter_map(warning).collect())
}

payload! {
    /// Answer of the mutations that change an event.
    pub struct AgendaEventPayload {
        /// The event as it is now; null when there is none, or you may not see it (any more).
        agenda_event: AgendaEvent by AgendaEventId, AgendaErrorCode; with whole: bool; also {
            /// What else the assignee has at the same time, the first 10: it was written all the same. Of a series that was made
            /// or changed, at the time of any of its next 500 occurrences that are laid out.
            async fn warnings(&self, ctx: &Context<'_>) -> Result<Vec<AgendaWarning>> {
                match self.outcome.subject {
                    Some(id) if self.outcome.refusals.is_empty() => overlaps(ctx, id, self.whole).await,
                    _ => Ok(Vec::new()),
                }
            }
        }
    }
}
payload! {
    /// Answer of `clientNextTouchSet`.
    pub struct ClientNextTouchPayload {
        /// The client; null when there is none, or you may not see it.
        client: Client by ClientId, AgendaErrorCode
    }
}
payload! {
    /// Answer of `workingCalendarUpdate`.
    pub struct WorkingCalendarPayload {
        /// When the team works; null when refused.
        working_calendar: WorkingCalendar by WorkingCalendarId, AgendaErrorCode
    }
}
payload! {
    /// Answer of the mutations of your own agenda's settings.
    pub struct AgendaSettingsPayload {
        /// What is set now; null when refused.
        agenda_settings: AgendaSettings by AgendaSettingsId, AgendaErrorCode,
        /// The feed's secret address on this server, told once: when it was made. Keep it as a password.
        feed_path: String
    }
}
