//! Series of events: the rule as the row keeps it, a new series, and its occurrences laid out as rows.

mod change;
mod lay;
mod rollout;

use std::collections::BTreeSet;

use chrono::NaiveDateTime;
use sea_orm::sea_query::{ExprTrait, Query, SimpleExpr};
use sea_orm::{ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder, QuerySelect};

use super::AGENDA_CHANGED;
use super::agenda_event::{self, left_with};
use super::agenda_series::{Column, Entity, Model, Starts};
use super::details::Details;
use super::events::{owned, tell_client, uid};
use super::recurrence::{Pattern, Rule, start_of};
use super::rules::AgendaErrorCode as Code;
use super::times::{When, zone};
use crate::domains::clients::event_log_entry::EventLogCode;
use crate::domains::clients::timeline;
use crate::kernel::error::Check;
use crate::kernel::ids::{AgendaEventId, AgendaSeriesId, ClientId, TeamId, UserId};
use crate::kernel::time::Instant;
use crate::kernel::{Error, Result, Stop};
use crate::platform::db::{Change, ChangeKind, Tx, Visible, all_rows, differences};

use change::write;
pub use change::{cancel, change};
pub use lay::{LayOut, lay_out, lay_until};
pub use rollout::RollOut;
use rollout::Rollout;

/// Local times as the rows keep them.
const LOCAL: &str = "%Y-%m-%dT%H:%M:%S";
/// Starts that can be left out of a rule.
const EXCEPT_MAX: usize = 1000;

/// The pattern of a rule, its exceptions, and its first occurrence; refuses what is none.
pub fn pattern(check: &mut Check<Code>, rule: &str, except: &[Instant], when: When) -> Option<Pattern> {
    let first = when.begins();
    if except.len() > EXCEPT_MAX {
        check.refuse(Code::Invalid, "recurrence.except", format!("must be at most {EXCEPT_MAX}"));
    }
    if !when.is_whole() {
        check.refuse(Code::Invalid, "end", "of a series must lie whole minutes after the start");
    }
    let rule = check.take(Code::RuleInvalid, "recurrence.rule", Rule::parse(rule, when.zone, first))?;
    let mut pattern = Pattern { zone: when.zone, first, rule, except: BTreeSet::new() };
    pattern.except = left_out(check, &pattern, except, when.all_day);
    if pattern.starts(first, NaiveDateTime::MAX, 1).is_empty() {
        check.refuse(Code::RuleInvalid, "recurrence.except", "leave at least one occurrence");
    }
    Some(pattern)
}

/// The local starts that are left out. Each must be one that the rule gives: left out in vain, it would take place after all.
/// Whole days are found by their date.
fn left_out(
    check: &mut Check<Code>,
    pattern: &Pattern,
    except: &[Instant],
    all_day: bool,
) -> BTreeSet<NaiveDateTime> {
    let (zone, time) = (pattern.zone, pattern.first.time());
    let start = |at: Instant| {
        let start = if all_day { zone.local(at).date().and_time(time) } else { start_of(zone, time, at) };
        (all_day || zone.instant(start) == at).then_some(start)
    };
    let starts: BTreeSet<Option<NaiveDateTime>> = except.iter().map(|at| start(*at)).collect();
    let starts: Option<BTreeSet<NaiveDateTime>> = starts.into_iter().collect();
    let given = starts.filter(|starts| match (starts.first(), starts.last()) {
        (Some(first), Some(last)) => {
            let given = pattern.starts(*first, *last + chrono::Duration::seconds(1), usize::MAX);
            starts.is_subset(&given.into_iter().collect())
        }
        _ => true,
    });
    given.unwrap_or_else(|| {
        let rule =
            if all_day { "must be days that the rule gives" } else { "must be starts that the rule gives" };
        check.refuse(Code::Invalid, "recurrence.except", rule);
        BTreeSet::new()
    })
}

/// The pattern that a row keeps.
fn kept(row: &Model) -> Result<Pattern> {
    let zone = zone(&row.time_zone);
    let first = parsed(&row.first_start)?;
    let rule = Rule::parse(&row.rule, zone, first).map_err(Error::internal)?;
    Ok(Pattern { zone, first, rule, except: row.except_starts.0.clone() })
}

fn parsed(text: &str) -> Result<NaiveDateTime> {
    NaiveDateTime::parse_from_str(text, LOCAL).map_err(Error::internal)
}

/// A series as a calendar file shows it.
pub struct Shown {
    /// Its first start, local.
    pub begins: NaiveDateTime,
    /// When the first occurrence is.
    pub first: When,
    /// The RRULE value.
    pub rule: String,
    /// The local starts that are left out.
    pub except: Vec<NaiveDateTime>,
}

impl Model {
    /// Writes the pattern into the row.
    fn keep(&mut self, pattern: &Pattern) {
        self.rule = pattern.rule.to_string();
        self.first_start = pattern.first.format(LOCAL).to_string();
        self.except_starts = Starts(pattern.except.clone());
    }

    /// What a calendar file shows of it that begins then: from the first start on that lies behind. `None` when there is none.
    ///
    /// # Errors
    /// When the row does not hold a rule.
    pub fn for_file(&self, from: Instant) -> Result<Option<Shown>> {
        let pattern = kept(self)?;
        let near = pattern.zone.local(from);
        let rest = if pattern.first >= near {
            Some(pattern)
        } else {
            // What is past stays out of the file: the rule is never run through from its beginning.
            let next = pattern.starts(near, NaiveDateTime::MAX, 1);
            next.first().and_then(|next| pattern.parted(*next)).map(|(_, rest)| rest)
        };
        Ok(rest.map(|rest| Shown {
            begins: rest.first,
            first: When::of_occurrence(rest.zone, rest.first, self.duration, self.all_day),
            rule: rest.to_ics(self.all_day),
            except: rest.except.into_iter().collect(),
        }))
    }

    /// The local start that the rule gave the occurrence which this instant stands for.
    ///
    /// # Errors
    /// When the row does not hold a local time.
    pub fn start_of(&self, at: Instant) -> Result<NaiveDateTime> {
        Ok(start_of(zone(&self.time_zone), parsed(&self.first_start)?.time(), at))
    }

    /// When the last occurrence of its rule begins; `None` while there are more than are rows.
    ///
    /// # Errors
    /// When the row does not hold a rule.
    pub fn end(&self) -> Result<Option<Instant>> {
        if self.laid_until.is_some() {
            return Ok(None);
        }
        let pattern = kept(self)?;
        Ok(pattern.last().map(|begins| pattern.zone.instant(begins)))
    }

    /// When its first occurrence is.
    ///
    /// # Errors
    /// When the row does not hold a local time.
    pub fn first(&self) -> Result<When> {
        let begins = parsed(&self.first_start)?;
        Ok(When::of_occurrence(zone(&self.time_zone), begins, self.duration, self.all_day))
    }
}

/// Makes a series of events like this one; gives back its first occurrence.
pub async fn create(
    tx: &mut Tx,
    event: agenda_event::Model,
    pattern: Pattern,
) -> Result<AgendaEventId, Stop<Code>> {
    let id = AgendaSeriesId::new();
    let mut row = Model {
        id,
        version: 1,
        uid: uid(id),
        rule: String::new(),
        first_start: String::new(),
        duration: When::of(&event).minutes(),
        all_day: event.all_day,
        time_zone: event.time_zone.clone(),
        except_starts: Starts::default(),
        title: String::new(),
        description: None,
        location: None,
        assignee_id: event.assignee_id,
        team_id: event.team_id,
        client_id: None,
        related_type: None,
        related_id: None,
        action_required: false,
        reminders: None,
        laid_until: Some(pattern.first.format(LOCAL).to_string()),
        rollout: None,
        created_at: tx.now,
        updated_at: tx.now,
    };
    row.keep(&pattern);
    row.put(Details::from(&event));
    Entity::insert(row.clone().into_active_model())
        .exec_without_returning(tx.conn())
        .await
        .map_err(Error::from)?;
    let first = lay::first(tx, &mut row, &pattern).await?;
    let change = Change::of(ChangeKind::Created, id, 1, differences(None, Some(&row))?);
    let audience = owned(row.owner(), None, row.client_id).over(event.start, None);
    tx.record(change.on(AGENDA_CHANGED, audience));
    // A repeated request is answered with it.
    tx.record(Change::of(ChangeKind::Created, first, 1, Vec::new()));
    tell_client(tx, &event, EventLogCode::AgendaSeriesPlanned, None).await?;
    Ok(first)
}

/// Series of a client that its former advisor has go with the client, with those of their occurrences that are with it. Those
/// that are still taking over another change have to wait.
pub async fn hand_over(
    tx: &mut Tx,
    client: ClientId,
    from: Option<UserId>,
    (team_id, to): (TeamId, Option<UserId>),
) -> Result<()> {
    let query = all_rows::<Entity>()
        .filter(Column::ClientId.eq(client).and(Column::Rollout.is_null()))
        .filter(left_with(from, (Column::TeamId, team_id), (Column::AssigneeId, to)));
    for before in query.order_by_asc(Column::Id).lock_exclusive().all(tx.conn()).await? {
        let mut after = Model { team_id, assignee_id: to, ..before.clone() };
        let rollout = Rollout::handed_over(&before, before.first()?.start);
        let since = rollout.begin(tx, &mut after, None).await?;
        write(tx, &before, after, since).await?;
    }
    Ok(())
}

/// Whether an event is no occurrence of a series that is still taking over a change.
pub fn stands_still() -> SimpleExpr {
    let mut moving = Query::select();
    moving.column(Column::Id).from(Entity).and_where(Column::Rollout.is_not_null());
    agenda_event::Column::SeriesId.is_null().or(agenda_event::Column::SeriesId.not_in_subquery(moving))
}

/// Locks a series before its events are, and holds its client before it.
pub async fn hold(tx: &Tx, id: AgendaSeriesId) -> Result<()> {
    let series = all_rows::<Entity>().filter(Column::Id.eq(id)).one(tx.conn()).await?;
    if let Some(client) = series.and_then(|series| series.client_id) {
        timeline::hold(tx, client, false).await?;
    }
    all_rows::<Entity>().filter(Column::Id.eq(id)).lock_exclusive().one(tx.conn()).await?;
    Ok(())
}

/// Locks all occurrences of a series, in the order in which all writes do.
pub async fn hold_rows(tx: &Tx, id: AgendaSeriesId) -> Result<()> {
    use agenda_event::Column as C;
    let rows = all_rows::<agenda_event::Entity>().filter(C::SeriesId.eq(id)).order_by_asc(C::Id);
    let rows = rows.select_only().column(C::Id).lock_exclusive().into_tuple::<AgendaEventId>();
    rows.all(tx.conn()).await?;
    Ok(())
}

/// The series, locked, of an event that the viewer sees.
async fn locked(tx: &Tx, event: &agenda_event::Model) -> Result<Model, Stop<Code>> {
    let Some(id) = event.series_id else {
        return Err(Stop::refuse(Code::NoSeries, "scope", "the event belongs to no series"));
    };
    let query = Entity::visible_to(&tx.by).filter(Column::Id.eq(id)).lock_exclusive();
    // Whoever sees one occurrence only changes that one.
    let none =
        || Stop::refuse(Code::NoSeries, "scope", "the series is somebody else's: change this one alone");
    let series = query.one(tx.conn()).await.map_err(Error::from)?.ok_or_else(none)?;
    if series.rollout.is_some() {
        let rule = "the series is still taking over its last change: try again in a moment";
        return Err(Stop::refuse(Code::SeriesChanging, "id", rule));
    }
    Ok(series)
}

/// The local time before which the occurrences of a series are rows.
fn laid_until(row: &Model) -> Result<NaiveDateTime> {
    Ok(row.laid_until.as_deref().map(parsed).transpose()?.unwrap_or(NaiveDateTime::MAX))
}
