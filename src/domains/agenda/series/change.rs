//! Changes of a whole series, or of one from an occurrence on.

use chrono::{Duration, NaiveDateTime};
use sea_orm::sea_query::Expr;
use sea_orm::{ActiveModelTrait, ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter};

use super::super::AGENDA_CHANGED;
use super::super::agenda_event::{self, AgendaEventState};
use super::super::agenda_series::{Entity, Model};
use super::super::details::Details;
use super::super::events::{owned, tell_assignee, tell_client, uid};
use super::super::recurrence::Pattern;
use super::super::rules::{AgendaAction, AgendaErrorCode as Code, AgendaScope};
use super::super::times::When;
use super::rollout::Rollout;
use super::{LOCAL, kept, laid_until, locked, parsed};
use crate::domains::clients::event_log_entry::EventLogCode;
use crate::kernel::ids::{AgendaEventId, AgendaSeriesId};
use crate::kernel::time::Instant;
use crate::kernel::{Error, Result, Stop};
use crate::platform::db::{Change, ChangeKind, Tx, differences};

/// Makes the change of one occurrence that of the others too, where they are still as the series has them: what somebody
/// changed in one alone stays. What is not open any more stays as it is.
pub async fn change(
    tx: &mut Tx,
    action: AgendaAction,
    (before, after): (agenda_event::Model, agenda_event::Model),
    expected: i32,
    scope: AgendaScope,
) -> Result<AgendaEventId, Stop<Code>> {
    let series = locked(tx, &before).await?;
    if scope == AgendaScope::Following && place(&series, &kept(&series)?, &before)?.is_none() {
        // It was reopened behind the end of its series: none of that follows it.
        return super::super::events::write(tx, before, after, expected, None).await;
    }
    let changes = differences(Some(&before), Some(&after))?;
    tx.merge(before.id, expected, before.version, &changes).await?;
    // Whoever has this one already may be given the others.
    let is_given = action == AgendaAction::Assign && after.assignee_id != series.assignee_id;
    if changes.is_empty() && !is_given {
        return Ok(before.id);
    }
    let series = match scope {
        AgendaScope::Following => part(tx, series, &before).await?,
        _ => series,
    };
    let after = agenda_event::Model { series_id: Some(series.id), uid: series.uid.clone(), ..after };
    let mut next = changed(&series, action, (&before, &after))?;
    let moved = next.first_start != series.first_start;
    let what = if moved { EventLogCode::AgendaSeriesMoved } else { EventLogCode::AgendaSeriesChanged };
    tell_client(tx, &after, what, None).await?;
    let new = after.assignee_id.filter(|_| is_given || after.assignee_id != before.assignee_id);
    let client = after.client_id;
    let rollout = Rollout::changed(&series, Ord::min(before.start, after.start));
    let since = rollout.begin(tx, &mut next, Some((&before, after))).await?;
    write(tx, &series, next, since).await?;
    tell_assignee(tx, new, client, before.id).await?;
    Ok(before.id)
}

/// A series after this change of one of its occurrences.
fn changed(
    series: &Model,
    action: AgendaAction,
    (before, after): (&agenda_event::Model, &agenda_event::Model),
) -> Result<Model, Stop<Code>> {
    let pattern = kept(series)?;
    let shift = shift(series, &pattern, before, after)?;
    let moved = pattern.moved(shift).map_err(|rule| Stop::refuse(Code::RulePinned, "start", rule))?;
    let mut next = series.clone();
    next.keep(&moved);
    if series.laid_until.is_some() {
        next.laid_until = Some((laid_until(series)? + shift).format(LOCAL).to_string());
    }
    if before.end - before.start != after.end - after.start {
        next.duration = When::of(after).minutes();
    }
    let details = Details::from(series);
    next.put(details.clone().following((&Details::from(before), &Details::from(after)), &details));
    if action == AgendaAction::Assign {
        (next.assignee_id, next.team_id) = (after.assignee_id, after.team_id);
    }
    Ok(next)
}

/// By how much the rule moves: the first change of an occurrence's own time counts from where the rule has it.
fn shift(
    series: &Model,
    pattern: &Pattern,
    before: &agenda_event::Model,
    after: &agenda_event::Model,
) -> Result<Duration> {
    if before.start == after.start {
        return Ok(Duration::zero());
    }
    let place = place(series, pattern, before)?;
    let from = place.unwrap_or_else(|| pattern.zone.local(before.start));
    Ok(When { zone: pattern.zone, ..When::of(after) }.begins() - from)
}

/// Parts a series before this occurrence; gives back the series that begins with it.
async fn part(tx: &mut Tx, series: Model, event: &agenda_event::Model) -> Result<Model> {
    let pattern = kept(&series)?;
    let Some((Some(earlier), later)) = parted(&series, &pattern, event)? else { return Ok(series) };
    let id = AgendaSeriesId::new();
    let mut new =
        Model { id, version: 1, uid: uid(id), created_at: tx.now, updated_at: tx.now, ..series.clone() };
    new.keep(&later);
    Entity::insert(new.clone().into_active_model()).exec_without_returning(tx.conn()).await?;
    tx.record(Change::of(ChangeKind::Created, id, 1, differences(None, Some(&new))?));
    agenda_event::Entity::update_many()
        .col_expr(agenda_event::Column::SeriesId, Expr::value(id))
        .col_expr(agenda_event::Column::Uid, Expr::value(new.uid.as_str()))
        .filter(agenda_event::Column::SeriesId.eq(series.id))
        .filter(agenda_event::Column::RecurrenceId.gte(event.recurrence_id))
        .exec(tx.conn())
        .await?;
    let mut left = series.clone();
    left.keep(&earlier);
    left.laid_until = None; // all of it is rows
    write(tx, &series, left, event.start).await?;
    Ok(new)
}

fn parted(
    series: &Model,
    pattern: &Pattern,
    event: &agenda_event::Model,
) -> Result<Option<(Option<Pattern>, Pattern)>> {
    Ok(place(series, pattern, event)?.and_then(|begins| pattern.parted(begins)))
}

/// The local start that the rule gives an occurrence; `None` when it does no more.
fn place(series: &Model, pattern: &Pattern, event: &agenda_event::Model) -> Result<Option<NaiveDateTime>> {
    let Some(at) = event.recurrence_id else { return Ok(None) };
    let laid = laid_until(series)?;
    let is_kept = |begins: &NaiveDateTime| *begins < laid && !pattern.except.contains(begins);
    Ok(pattern.start_of(at).filter(is_kept))
}

/// Cancels what is open of a series, or what is from this occurrence on; nothing more is laid out.
pub async fn cancel(
    tx: &mut Tx,
    before: agenda_event::Model,
    after: agenda_event::Model,
    expected: i32,
    scope: AgendaScope,
    reason: Option<String>,
) -> Result<AgendaEventId, Stop<Code>> {
    if after.state != AgendaEventState::Cancelled {
        let rule = "only what is cancelled or changed can be a whole series";
        return Err(Stop::refuse(Code::Invalid, "scope", rule));
    }
    let series = locked(tx, &before).await?;
    tx.merge(before.id, expected, before.version, &differences(Some(&before), Some(&after))?).await?;
    let from = before.recurrence_id.filter(|_| scope == AgendaScope::Following);
    let pattern = kept(&series)?;
    let mut ended = series.clone();
    if let Some(until) = series.laid_until.as_deref().map(parsed).transpose()? {
        // The rule goes no further than the rows.
        let next = pattern.starts(until, NaiveDateTime::MAX, 1);
        if let Some((Some(laid), _)) = next.first().and_then(|next| pattern.parted(*next)) {
            ended.keep(&laid);
        }
        ended.laid_until = None;
    }
    if from.is_some()
        && let Some((Some(earlier), _)) = parted(&series, &pattern, &before)?
    {
        ended.keep(&earlier);
    }
    tell_client(tx, &after, EventLogCode::AgendaSeriesCancelled, reason.as_deref()).await?;
    let rollout = Rollout::cancelled(from, before.start);
    let since = rollout.begin(tx, &mut ended, Some((&before, after))).await?;
    write(tx, &series, ended, since).await?;
    Ok(before.id)
}

/// Writes a changed series; whoever looks at a range behind this moment hears of it, once for all its occurrences.
pub async fn write(tx: &mut Tx, before: &Model, mut after: Model, since: Instant) -> Result<()> {
    let changes = differences(Some(before), Some(&after))?;
    after.version = before.version + 1;
    after.updated_at = tx.now;
    let audience = owned(after.owner(), Some(before.owner()), after.client_id).over(since, None);
    tx.record(Change::of(ChangeKind::Updated, after.id, after.version, changes).on(AGENDA_CHANGED, audience));
    after.into_active_model().reset_all().update(tx.conn()).await.map_err(Error::from)?;
    Ok(())
}
