//! Lays occurrences out as rows: a year and a bit ahead by a job, further when somebody looks there, whichever way.

use chrono::{Duration, NaiveDateTime, SubsecRound};
use sea_orm::{ActiveModelTrait, ColumnTrait, IntoActiveModel, QueryFilter, QueryOrder, QuerySelect, Select};
use serde::{Deserialize, Serialize};

use super::super::agenda_event::{self, AgendaEventState};
use super::super::agenda_series::{Column, Entity, Model};
use super::super::details::Details;
use super::super::events::blank;
use super::super::recurrence::Pattern;
use super::super::rules::AgendaErrorCode as Code;
use super::super::settings::DefaultReminders;
use super::super::times::{When, next_reminder};
use super::rollout::RollOut;
use super::{LOCAL, kept, parsed};
use crate::kernel::ids::{AgendaEventId, AgendaSeriesId};
use crate::kernel::time::{Clock, Instant};
use crate::kernel::{Error, Result, Stop};
use crate::platform::auth::Viewer;
use crate::platform::db::{Database, Origin, Tx, all_rows, insert_all};
use crate::platform::jobs::Job;

/// Occurrences are rows so far ahead at least.
const AHEAD: Duration = Duration::days(400);
/// How far the job lays out, so that it need not come every day.
const FURTHER: Duration = Duration::days(430);
/// Looks end at most so far ahead.
const FURTHEST: Duration = Duration::days(3660);
/// Most rows of a series at once.
const MOST: usize = 4000;
/// Series of one look.
const SERIES: u64 = 1000;

/// Lays out what comes within the year.
#[derive(Clone, Serialize, Deserialize)]
pub struct LayOut {}

impl Job for LayOut {
    const KIND: &'static str = "agenda.lay_out";

    fn dedup(&self) -> Option<String> {
        Some(String::new())
    }
}

/// Lays all series out, a year and a bit ahead.
///
/// # Errors
/// Those of the database.
pub async fn lay_out(database: &Database, clock: &Clock) -> Result<()> {
    let now = clock.now();
    let mut tx = begin(database, clock).await?;
    for job in RollOut::left(tx.conn()).await? {
        tx.enqueue(job.now()?);
    }
    tx.keep();
    tx.commit().await?;
    each(database, clock, all_rows::<Entity>(), (now + AHEAD, now + FURTHER)).await
}

/// Lays these series out as far as a look until then needs: whoever looks at a range begins with it.
///
/// # Errors
/// `Invalid` for a look too far ahead; those of the database.
pub async fn lay_until(
    database: &Database,
    clock: &Clock,
    series: Select<Entity>,
    until: Instant,
) -> Result<()> {
    let now = clock.now();
    if until > now + FURTHEST {
        let rule = format!("must lie at most {} days ahead", FURTHEST.num_days());
        return Err(Error::invalid("range.end", rule));
    }
    if until <= now + AHEAD {
        return Ok(()); // the job was there
    }
    each(database, clock, series, (until, until)).await
}

/// Lays those of these series that are not laid out until the one time out until the other.
async fn each(
    database: &Database,
    clock: &Clock,
    series: Select<Entity>,
    (look, lay): (Instant, Instant),
) -> Result<()> {
    // By local times of any zone: a day more is looked at.
    let behind = (look + Duration::days(1)).format(LOCAL).to_string();
    let mut after = None;
    loop {
        let mut short = series.clone().filter(Column::LaidUntil.lt(behind.as_str()));
        if let Some(after) = after {
            short = short.filter(Column::Id.gt(after));
        }
        let short = short.order_by_asc(Column::Id).limit(SERIES).all(&database.own).await?;
        for series in &short {
            let mut tx = begin(database, clock).await?;
            // One that cannot be laid out holds up no other.
            match one(&mut tx, series.id, lay + Duration::days(2)).await {
                Ok(()) => _ = tx.commit().await?,
                Err(error) => {
                    tracing::error!(series = %series.id, error = error.for_terminal(), "not laid out");
                }
            }
        }
        match short.last() {
            Some(last) if short.len() as u64 == SERIES => after = Some(last.id),
            _ => return Ok(()),
        }
    }
}

async fn begin(database: &Database, clock: &Clock) -> Result<Tx> {
    let origin = Origin { operation: LayOut::KIND.to_owned(), ..Origin::default() };
    Tx::begin(database, clock, std::sync::Arc::new(Viewer::system("agenda")), origin).await
}

async fn one(tx: &mut Tx, id: AgendaSeriesId, until: Instant) -> Result<()> {
    super::hold(tx, id).await?;
    let query = all_rows::<Entity>().filter(Column::Id.eq(id)).lock_exclusive();
    // While its rows take over a change they may stand where others are to be: what does that lays out as well.
    let Some(mut row) = query.one(tx.conn()).await?.filter(|row| row.rollout.is_none()) else {
        return Ok(());
    };
    let pattern = kept(&row)?;
    lay(tx, &mut row, &pattern, until).await?;
    tx.keep();
    row.into_active_model().reset_all().update(tx.conn()).await?;
    Ok(())
}

/// Lays out a new series; gives back its first occurrence.
pub(super) async fn first(
    tx: &mut Tx,
    row: &mut Model,
    pattern: &Pattern,
) -> Result<AgendaEventId, Stop<Code>> {
    let begins = pattern.starts(pattern.first, NaiveDateTime::MAX, 1);
    let begins = begins.first().map(|begins| pattern.zone.instant(*begins));
    let until = begins.unwrap_or(tx.now).max(tx.now) + FURTHER;
    let most = pattern.starts(pattern.first, pattern.zone.local(until), MOST + 1);
    if most.len() > MOST {
        let rule = "it begins too long ago: at most 4000 occurrences may lie before the end of next year";
        return Err(Stop::refuse(Code::RuleInvalid, "recurrence.rule", rule));
    }
    let first = lay(tx, row, pattern, until).await?;
    row.clone().into_active_model().reset_all().update(tx.conn()).await.map_err(Error::from)?;
    first.ok_or_else(|| Error::internal("a series has an occurrence").into())
}

/// Lays out what a changed series lacks within the time that is always laid out; the row is written by the caller.
pub(super) async fn lay_ahead(tx: &Tx, row: &mut Model, pattern: &Pattern) -> Result<()> {
    lay(tx, row, pattern, tx.now + AHEAD + Duration::days(2)).await?;
    Ok(())
}

/// Writes the occurrences that begin from where the rows end until then; gives back the first of them.
async fn lay(tx: &Tx, row: &mut Model, pattern: &Pattern, until: Instant) -> Result<Option<AgendaEventId>> {
    let Some(from) = row.laid_until.as_deref().map(parsed).transpose()? else { return Ok(None) };
    // To the second, as it is kept: what begins within that second would be laid out again the next time.
    let until = pattern.zone.local(until).trunc_subsecs(0);
    if until <= from {
        return Ok(None);
    }
    let starts = pattern.starts(from, until, MOST);
    let until = match starts.get(MOST - 1) {
        Some(last) => *last + Duration::seconds(1), // the rest the next time
        None => until,
    };
    let reminders = match (&row.reminders, row.assignee_id) {
        (Some(own), _) => own.clone(),
        (None, Some(assignee)) => DefaultReminders::default().of(tx.conn(), assignee).await?.clone(),
        (None, None) => Default::default(),
    };
    let event = |begins: NaiveDateTime| {
        let mut event = blank(tx, row.team_id);
        event.put(Details::from(&*row));
        When::of_occurrence(pattern.zone, begins, row.duration, row.all_day).put(&mut event);
        (event.uid, event.series_id) = (row.uid.clone(), Some(row.id));
        (event.recurrence_id, event.assignee_id) = (Some(event.start), row.assignee_id);
        event.state = AgendaEventState::Planned;
        event.remind_at = row.assignee_id.and_then(|_| next_reminder(&reminders, event.start, tx.now));
        event
    };
    let events: Vec<agenda_event::Model> = starts.into_iter().map(event).collect();
    let first = events.first().map(|event| event.id);
    insert_all(tx.conn(), events.into_iter().map(IntoActiveModel::into_active_model), None).await?;
    let more = !pattern.starts(until, NaiveDateTime::MAX, 1).is_empty();
    row.laid_until = more.then(|| until.format(LOCAL).to_string());
    Ok(first)
}
