//! Changes of a whole series, or of one from an occurrence on.

use std::collections::HashMap;

use chrono::{Duration, NaiveDateTime};
use sea_orm::sea_query::Expr;
use sea_orm::{
    ActiveModelTrait, ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder, QuerySelect,
};

use super::super::AGENDA_CHANGED;
use super::super::agenda_event::{self, AgendaEventState};
use super::super::agenda_series::{Column, Entity, Model};
use super::super::details::Details;
use super::super::events::{owned, save, tell_assignee, tell_client, uid};
use super::super::recurrence::{Pattern, start_of};
use super::super::rules::{AgendaAction, AgendaErrorCode as Code, AgendaScope};
use super::super::settings::Usual;
use super::super::times::When;
use super::lay::lay_ahead;
use super::{LOCAL, kept, laid_until, locked, parsed};
use crate::kernel::ids::{AgendaEventId, AgendaSeriesId, ClientId, TeamId, UserId};
use crate::kernel::time::Instant;
use crate::kernel::{Error, Result, Stop};
use crate::platform::db::{Change, ChangeKind, Tx, all_rows, differences};

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
    let Course { template: mut next, moved, shift, pattern, places } =
        course(&series, action, (&before, &after))?;
    let (mut since, mut usual) = (Ord::min(before.start, after.start), Usual::default());
    let mut rows = rows(tx, series.id).await?;
    if shift > Duration::zero() {
        rows.reverse(); // no two may stand at the same place in between
    }
    for row in rows {
        let begins = row.recurrence_id.map(|at| start_of(pattern.zone, pattern.first.time(), at));
        let place = begins.and_then(|begins| places.get(&begins)).copied();
        let is_this = row.id == before.id;
        let changed = match place {
            None => left(if is_this { after.clone() } else { row.clone() }, shift),
            Some(begins) if is_this => {
                agenda_event::Model { recurrence_id: Some(moved.zone.instant(begins)), ..after.clone() }
            }
            Some(begins) => occurrence(&row, (&before, &after), (&series, &next), begins),
        };
        if changed != row {
            since = Ord::min(since, Ord::min(row.start, changed.start));
            // Whoever has one of somebody else's series hears of that one.
            let alone = row.owner() != series.owner() || changed.owner() != next.owner();
            save(tx, &mut usual, &row, changed, alone).await?;
        }
    }
    let what = if shift.is_zero() { "changed as a series" } else { "moved as a series" };
    tell_client(tx, &after, what, None).await?;
    lay_ahead(tx, &mut next, &moved).await?;
    write(tx, &series, next, since).await?;
    let new = after.assignee_id.filter(|_| is_given || after.assignee_id != before.assignee_id);
    tell_assignee(tx, new, after.client_id, before.id).await?;
    Ok(before.id)
}

/// Where a series goes with the change of one of its occurrences.
struct Course {
    /// The series after it.
    template: Model,
    /// Its rule after it.
    moved: Pattern,
    /// By how much the rule moves.
    shift: Duration,
    /// The rule before it.
    pattern: Pattern,
    /// The local start that each occurrence gets which is a row, by the one that it had.
    places: HashMap<NaiveDateTime, NaiveDateTime>,
}

fn course(
    series: &Model,
    action: AgendaAction,
    (before, after): (&agenda_event::Model, &agenda_event::Model),
) -> Result<Course, Stop<Code>> {
    let pattern = kept(series)?;
    let shift = shift(series, &pattern, before, after)?;
    let moved = pattern.moved(shift).map_err(|rule| Stop::refuse(Code::RulePinned, "start", rule))?;
    let old = pattern.starts(pattern.first, laid_until(series)?, usize::MAX);
    let new = moved.starts(moved.first, NaiveDateTime::MAX, old.len());
    let places = old.into_iter().zip(new).collect();
    let mut template = series.clone();
    template.keep(&moved);
    if series.laid_until.is_some() {
        template.laid_until = Some((laid_until(series)? + shift).format(LOCAL).to_string());
    }
    if before.end - before.start != after.end - after.start {
        template.duration = of(after).minutes();
    }
    template.put(follow(before, after, &Details::from(series), Details::from(series)));
    if action == AgendaAction::Assign {
        (template.assignee_id, template.team_id) = (after.assignee_id, after.team_id);
    }
    Ok(Course { template, moved, shift, pattern, places })
}

/// What the rule gives no more, as it was cancelled with all behind it: when the series moves it is an event of its own, and
/// in the way of none.
fn left(row: agenda_event::Model, shift: Duration) -> agenda_event::Model {
    if shift.is_zero() {
        return row;
    }
    agenda_event::Model { uid: uid(row.id), series_id: None, recurrence_id: None, ..row }
}

/// Another occurrence after the change.
fn occurrence(
    row: &agenda_event::Model,
    (before, after): (&agenda_event::Model, &agenda_event::Model),
    (series, template): (&Model, &Model),
    begins: NaiveDateTime,
) -> agenda_event::Model {
    let mut next = row.clone();
    let zone = super::super::times::zone(&template.time_zone);
    next.recurrence_id = Some(zone.instant(begins));
    if !row.state.is_open() {
        return next;
    }
    let by_rule = row.recurrence_id == Some(row.start)
        && of(row).minutes() == series.duration
        && (&row.time_zone, row.all_day) == (&series.time_zone, series.all_day);
    if by_rule {
        When::of_occurrence(zone, begins, template.duration, template.all_day).put(&mut next);
    }
    next.put(follow(before, after, &Details::from(series), Details::from(row)));
    if row.assignee_id == series.assignee_id {
        (next.assignee_id, next.team_id) = (template.assignee_id, template.team_id);
    }
    next
}

/// What one is about after the change: each detail that changed, where this one is as the series has it.
fn follow(
    before: &agenda_event::Model,
    after: &agenda_event::Model,
    series: &Details,
    mut own: Details,
) -> Details {
    let (before, after) = (Details::from(before), Details::from(after));
    macro_rules! each {
        ($($field:ident)*) => { $(
            if before.$field != after.$field && own.$field == series.$field {
                own.$field = after.$field.clone();
            }
        )* };
    }
    each!(title description location client_id related_type related_id action_required reminders);
    own
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
    Ok(When { zone: pattern.zone, ..of(after) }.begins() - from)
}

fn of(row: &agenda_event::Model) -> When {
    let zone = super::super::times::zone(&row.time_zone);
    When { start: row.start, end: row.end, all_day: row.all_day, zone }
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
    let (mut since, mut usual) = (before.start, Usual::default());
    let from = before.recurrence_id.filter(|_| scope == AgendaScope::Following);
    for row in rows(tx, series.id).await? {
        let behind = from.is_none_or(|from| row.recurrence_id.is_some_and(|at| at >= from));
        if behind && row.state.is_open() {
            let cancelled = agenda_event::Model { state: AgendaEventState::Cancelled, ..row.clone() };
            since = Ord::min(since, row.start);
            save(tx, &mut usual, &row, cancelled, row.owner() != series.owner()).await?;
        }
    }
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
    tell_client(tx, &after, "cancelled as a series", reason.as_deref()).await?;
    write(tx, &series, ended, since).await?;
    Ok(before.id)
}

/// Series of a client that its former advisor has go with the client; tells which.
pub async fn hand_over(
    tx: &mut Tx,
    client: ClientId,
    from: Option<UserId>,
    (team_id, to): (TeamId, Option<UserId>),
) -> Result<Vec<AgendaSeriesId>> {
    let mut handed = Vec::new();
    let his = match from {
        Some(user) => Column::AssigneeId.eq(user),
        None => Column::AssigneeId.is_null(),
    };
    let query = all_rows::<Entity>().filter(Column::ClientId.eq(client)).filter(his).order_by_asc(Column::Id);
    for before in query.lock_exclusive().all(tx.conn()).await? {
        let after = Model { team_id, assignee_id: to, ..before.clone() };
        let since = before.first()?.start;
        write(tx, &before, after, since).await?;
        handed.push(before.id);
    }
    Ok(handed)
}

/// All occurrences that are rows, locked, in their order.
async fn rows(tx: &Tx, series: AgendaSeriesId) -> Result<Vec<agenda_event::Model>> {
    let of = all_rows::<agenda_event::Entity>().filter(agenda_event::Column::SeriesId.eq(series));
    // All writes lock events in the order of their ids.
    let mut rows = of.order_by_asc(agenda_event::Column::Id).lock_exclusive().all(tx.conn()).await?;
    rows.sort_by_key(|row| row.recurrence_id);
    Ok(rows)
}

/// Writes a changed series; whoever looks at a range behind this moment hears of it, once for all its occurrences.
async fn write(tx: &mut Tx, before: &Model, mut after: Model, since: Instant) -> Result<()> {
    let changes = differences(Some(before), Some(&after))?;
    after.version = before.version + 1;
    after.updated_at = tx.now;
    let audience = owned(after.owner(), Some(before.owner()), after.client_id).over(since, None);
    tx.record(Change::of(ChangeKind::Updated, after.id, after.version, changes).on(AGENDA_CHANGED, audience));
    after.into_active_model().reset_all().update(tx.conn()).await.map_err(Error::from)?;
    Ok(())
}
