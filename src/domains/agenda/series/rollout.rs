//! A change of a series reaches its occurrences some at a time: the first together with the change, the others by a job. So
//! no transaction holds thousands of rows, and nobody waits for them.

use std::collections::HashMap;

use chrono::{Duration, NaiveDateTime};
use futures_util::FutureExt;
use sea_orm::{
    ActiveModelTrait, ColumnTrait, ConnectionTrait, IntoActiveModel, Order, PaginatorTrait, QueryFilter,
    QueryOrder, QuerySelect, Select,
};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::super::AGENDA_CHANGED;
use super::super::agenda_event::{self, AgendaEventState};
use super::super::agenda_series::{Column, Entity, Model, Starts};
use super::super::details::Details;
use super::super::events::{owned, save_all, uid};
use super::super::recurrence::{Pattern, start_of};
use super::super::times::{self, When};
use super::lay::lay_ahead;
use super::{hold, kept, laid_until};
use crate::kernel::ids::{AgendaEventId, AgendaSeriesId, TeamId, TypedId, UserId};
use crate::kernel::time::Instant;
use crate::kernel::{Error, Result};
use crate::platform::db::{Announcement, ChangeKind, Tx, all_rows};
use crate::platform::jobs::{Failure, Job, Step, Work};

/// Occurrences of one transaction.
const AT_ONCE: u64 = 500;

/// What the occurrences of a series have still to take over.
#[derive(Serialize, Deserialize)]
pub(super) struct Rollout {
    change: SeriesChange,
    /// The place of the last occurrence that took it over, as it was before.
    done: Option<Instant>,
    /// From when on something changed.
    since: Instant,
}

/// What became of a series.
#[derive(Serialize, Deserialize)]
enum SeriesChange {
    /// It differs from what it was.
    Changed(Box<Former>),
    /// It is cancelled from this place on; `None`: all of it.
    Cancelled(Option<Instant>),
}

/// A series as it was, as far as occurrences are compared with it.
#[derive(Serialize, Deserialize)]
struct Former {
    rule: String,
    first_start: String,
    except_starts: Starts,
    laid_until: Option<String>,
    duration: i32,
    team_id: TeamId,
    assignee_id: Option<UserId>,
    details: Details,
    /// Whether only the occurrences with the series' client get the new assignee: it goes along with the client.
    #[serde(default)]
    with_client: bool,
}

impl Former {
    fn of(series: &Model, with_client: bool) -> Former {
        Former {
            with_client,
            rule: series.rule.clone(),
            first_start: series.first_start.clone(),
            except_starts: series.except_starts.clone(),
            laid_until: series.laid_until.clone(),
            duration: series.duration,
            team_id: series.team_id,
            assignee_id: series.assignee_id,
            details: Details::from(series),
        }
    }

    /// The series as it was, by what it is now.
    fn restored(&self, now: &Model) -> Model {
        let mut was = Model {
            rule: self.rule.clone(),
            first_start: self.first_start.clone(),
            except_starts: self.except_starts.clone(),
            laid_until: self.laid_until.clone(),
            duration: self.duration,
            team_id: self.team_id,
            assignee_id: self.assignee_id,
            ..now.clone()
        };
        was.put(self.details.clone());
        was
    }
}

impl Rollout {
    /// Of a change of this series.
    pub(super) fn changed(was: &Model, since: Instant) -> Rollout {
        Rollout { change: SeriesChange::Changed(Box::new(Former::of(was, false))), done: None, since }
    }

    /// Of a series that goes along with its client: the occurrences that are with this client do too.
    pub(super) fn handed_over(was: &Model, since: Instant) -> Rollout {
        Rollout { change: SeriesChange::Changed(Box::new(Former::of(was, true))), done: None, since }
    }

    /// Of the end of a series, from this place on or of all of it.
    pub(super) fn cancelled(from: Option<Instant>, since: Instant) -> Rollout {
        Rollout { change: SeriesChange::Cancelled(from), done: None, since }
    }

    /// Begins with the occurrence that somebody changed, if it was one, and the first others; a job does the rest. The series is
    /// written by the caller. Gives back from when on something changed.
    pub(super) async fn begin(
        mut self,
        tx: &mut Tx,
        series: &mut Model,
        this: Option<(&agenda_event::Model, agenda_event::Model)>,
    ) -> Result<Instant> {
        let left = self.left(series).count(tx.conn()).await?;
        tx.tell_rows(series.id, "occurrences", left);
        let (rows, more) = self.next(tx, series).await?;
        let reached = |id| rows.iter().any(|row| row.id == id);
        let ahead = this.clone().filter(|(before, after)| !reached(before.id) && *before != after);
        let mut changed =
            self.take_over(series, rows, this.as_ref().map(|(before, after)| (*before, after)))?;
        changed.extend(ahead.map(|(before, after)| (before.clone(), after, true))); // its place follows later
        save_all(tx, changed).await?;
        if more {
            series.rollout = Some(serde_json::to_value(&self)?);
            tx.enqueue(RollOut { series: series.id }.now()?);
        } else {
            let pattern = kept(series)?;
            lay_ahead(tx, series, &pattern).await?;
        }
        Ok(self.since)
    }

    /// Which have still to take it over.
    fn left(&self, series: &Model) -> Select<agenda_event::Entity> {
        use agenda_event::Column as C;
        let mut left = all_rows::<agenda_event::Entity>().filter(C::SeriesId.eq(series.id));
        if let SeriesChange::Cancelled(Some(from)) = self.change {
            left = left.filter(C::RecurrenceId.gte(from));
        }
        match self.done {
            None => left,
            Some(done) if self.is_later(series) => left.filter(C::RecurrenceId.lt(done)),
            Some(done) => left.filter(C::RecurrenceId.gt(done)),
        }
    }

    /// Whether the occurrences get later places: then the last is the first to move, as no two may stand at the same place.
    fn is_later(&self, series: &Model) -> bool {
        matches!(&self.change, SeriesChange::Changed(was) if was.first_start < series.first_start)
    }

    /// The next to take it over, locked, in the order in which they do; and whether there may be more.
    async fn next(&self, tx: &Tx, series: &Model) -> Result<(Vec<agenda_event::Model>, bool)> {
        use agenda_event::Column as C;
        let order = if self.is_later(series) { Order::Desc } else { Order::Asc };
        let next =
            self.left(series).select_only().column(C::Id).order_by(C::RecurrenceId, order).limit(AT_ONCE);
        let ids: Vec<AgendaEventId> = next.into_tuple().all(tx.conn()).await?;
        let more = ids.len() as u64 == AT_ONCE;
        let rows = all_rows::<agenda_event::Entity>().filter(C::Id.is_in(ids.iter().copied()));
        // All writes lock events in the order of their ids.
        let mut rows = rows.order_by_asc(C::Id).lock_exclusive().all(tx.conn()).await?;
        let places: HashMap<AgendaEventId, usize> = ids.into_iter().zip(0..).collect();
        rows.sort_by_key(|row| places.get(&row.id).copied());
        Ok((rows, more))
    }

    /// Those of these that change, as they were and as they are, and whether screens hear of each by itself. `this` is the one
    /// that somebody changed.
    fn take_over(
        &mut self,
        series: &Model,
        rows: Vec<agenda_event::Model>,
        this: Option<(&agenda_event::Model, &agenda_event::Model)>,
    ) -> Result<Vec<(agenda_event::Model, agenda_event::Model, bool)>> {
        self.done = rows.last().and_then(|row| row.recurrence_id).or(self.done);
        let course = match &self.change {
            SeriesChange::Changed(was) => Some(Course::between(was, series)?),
            SeriesChange::Cancelled(_) => None,
        };
        let owner = course.as_ref().map_or_else(|| series.owner(), |course| course.was.owner());
        let mut changed = Vec::new();
        for row in rows {
            let this = this.filter(|(before, _)| before.id == row.id).map(|(_, after)| after);
            let next = match &course {
                Some(course) => course.occurrence(&row, this),
                None if row.state.is_open() => {
                    agenda_event::Model { state: AgendaEventState::Cancelled, ..row.clone() }
                }
                None => row.clone(),
            };
            if next != row {
                self.since = Ord::min(self.since, Ord::min(row.start, next.start));
                // Whoever has one of somebody else's series hears of that one.
                let alone = row.owner() != owner || next.owner() != series.owner();
                changed.push((row, next, alone));
            }
        }
        Ok(changed)
    }
}

/// How the occurrences follow a series that changed.
struct Course<'a> {
    /// The series before.
    was: Model,
    /// The series after.
    now: &'a Model,
    /// Its rule before.
    pattern: Pattern,
    /// By how much it moved.
    shift: Duration,
    /// The local start that each occurrence gets which is a row, by the one that it had.
    places: HashMap<NaiveDateTime, NaiveDateTime>,
    /// Whether only those with the series' client get its new assignee.
    with_client: bool,
}

impl Course<'_> {
    fn between<'b>(former: &Former, now: &'b Model) -> Result<Course<'b>> {
        let (was, with_client) = (former.restored(now), former.with_client);
        let (pattern, moved) = (kept(&was)?, kept(now)?);
        let old = pattern.starts(pattern.first, laid_until(&was)?, usize::MAX);
        let new = moved.starts(moved.first, NaiveDateTime::MAX, old.len());
        let (shift, places) = (moved.first - pattern.first, old.into_iter().zip(new).collect());
        Ok(Course { was, now, pattern, shift, places, with_client })
    }

    /// One after the change; `this` is what somebody made of it.
    fn occurrence(
        &self,
        row: &agenda_event::Model,
        this: Option<&agenda_event::Model>,
    ) -> agenda_event::Model {
        let begins = row.recurrence_id.map(|at| start_of(self.pattern.zone, self.pattern.first.time(), at));
        let place = begins.and_then(|begins| self.places.get(&begins));
        let Some(begins) = place.copied() else { return self.left(this.unwrap_or(row).clone()) };
        let zone = times::zone(&self.now.time_zone);
        let recurrence_id = Some(zone.instant(begins));
        if let Some(this) = this {
            return agenda_event::Model { recurrence_id, ..this.clone() };
        }
        let mut next = agenda_event::Model { recurrence_id, ..row.clone() };
        if !row.state.is_open() {
            return next;
        }
        let by_rule = row.recurrence_id == Some(row.start)
            && When::of(row).minutes() == self.was.duration
            && (&row.time_zone, row.all_day) == (&self.was.time_zone, self.was.all_day);
        if by_rule {
            When::of_occurrence(zone, begins, self.now.duration, self.now.all_day).put(&mut next);
        }
        let (was, now) = (Details::from(&self.was), Details::from(self.now));
        next.put(Details::from(row).following((&was, &now), &was));
        let goes_along = !self.with_client || row.client_id == self.was.client_id;
        if row.assignee_id == self.was.assignee_id && goes_along {
            (next.assignee_id, next.team_id) = (self.now.assignee_id, self.now.team_id);
        }
        next
    }

    /// What the rule gives no more, as it was cancelled with all behind it: when the series moves it is an event of its own, and
    /// in the way of none.
    fn left(&self, row: agenda_event::Model) -> agenda_event::Model {
        if self.shift.is_zero() {
            return row;
        }
        agenda_event::Model { uid: uid(row.id), series_id: None, recurrence_id: None, ..row }
    }
}

/// Has the rest of the occurrences take over what changed in their series.
#[derive(Clone, Serialize, Deserialize)]
pub struct RollOut {
    series: AgendaSeriesId,
}

impl Job for RollOut {
    const KIND: &'static str = "agenda.roll_out";

    fn dedup(&self) -> Option<String> {
        Some(self.series.to_string())
    }
}

impl RollOut {
    /// The same for each series that has still something to hand on: also where the job was discarded.
    ///
    /// # Errors
    /// Those of the database.
    pub(super) async fn left(db: &impl ConnectionTrait) -> Result<Vec<RollOut>> {
        let left =
            all_rows::<Entity>().filter(Column::Rollout.is_not_null()).select_only().column(Column::Id);
        let left: Vec<AgendaSeriesId> =
            left.order_by_asc(Column::Id).limit(1000).into_tuple().all(db).await?;
        Ok(left.into_iter().map(|series| RollOut { series }).collect())
    }

    /// Does it, some at a time. Whoever goes on after a worker died begins behind what that one did.
    ///
    /// # Errors
    /// Those of the database: it is tried again.
    pub async fn run(self, mut work: Work) -> Result<(), Failure> {
        let db = &work.database.own;
        let series =
            all_rows::<Entity>().filter(Column::Id.eq(self.series)).one(db).await.map_err(Error::from)?;
        let Some((series, rollout)) = series.and_then(|series| Some((series.clone(), series.rollout?)))
        else {
            return Ok(());
        };
        let left = read(rollout)?.left(&series).count(db).await.map_err(Error::from)?;
        work.steps(left, self.series, |tx, id| step(tx, id).boxed()).await?;
        Ok(())
    }
}

fn read(rollout: Value) -> Result<Rollout> {
    Ok(serde_json::from_value(rollout)?)
}

async fn step(tx: &mut Tx, id: AgendaSeriesId) -> Result<Step<AgendaSeriesId>> {
    hold(tx, id).await?;
    let series = all_rows::<Entity>().filter(Column::Id.eq(id)).lock_exclusive().one(tx.conn()).await?;
    let Some(mut series) = series else { return Ok((0, None)) };
    let Some(mut rollout) = series.rollout.take().map(read).transpose()? else { return Ok((0, None)) };
    let (rows, more) = rollout.next(tx, &series).await?;
    let done = rows.len() as u64;
    let changed = rollout.take_over(&series, rows, None)?;
    save_all(tx, changed).await?;
    if more {
        series.rollout = Some(serde_json::to_value(&rollout)?);
    } else {
        let pattern = kept(&series)?;
        lay_ahead(tx, &mut series, &pattern).await?;
        series.version += 1;
        tell(tx, &series, &rollout);
    }
    series.into_active_model().reset_all().update(tx.conn()).await?;
    Ok((done, more.then_some(id)))
}

/// Whoever looks at a range from the first change on hears once more of the series: now all of it is so.
fn tell(tx: &mut Tx, series: &Model, rollout: &Rollout) {
    let before = match &rollout.change {
        SeriesChange::Changed(was) => was.restored(series).owner(),
        SeriesChange::Cancelled(_) => series.owner(),
    };
    tx.announce(Announcement {
        topic: AGENDA_CHANGED,
        audience: owned(series.owner(), Some(before), series.client_id).over(rollout.since, None),
        subject_id: series.id.uuid(),
        kind: ChangeKind::Updated,
        version: series.version,
        fields: Vec::new(),
    });
}
