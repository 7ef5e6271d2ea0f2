//! A user's agenda as a calendar file, for phones: reached by a secret address, without a sign-in.
//!
//! Phones ask every hour, and mostly nothing is new. So the tag is made of what the file is made of and not of the file: the
//! user's name, zone and reminders, and each series and event by its version. Whatever the file shows must be in `tag` too.

use std::collections::{BTreeMap, HashSet};

use chrono::{Datelike, Duration, NaiveDate, NaiveTime};
use sea_orm::sea_query::{Expr, ExprTrait};
use sea_orm::{ColumnTrait, Condition, DbBackend, QueryFilter, QueryOrder, QuerySelect, Select};

use super::agenda_event::{self, AgendaEventState, Model, Reminders};
use super::details::Details;
use super::events::uid;
use super::ics::{self, Entry, Status};
use super::series::Shown;
use super::times::{self, zone};
use super::{agenda_series, agenda_settings};
use crate::domains::identity::app_user;
use crate::kernel::ids::{AgendaSeriesId, TypedId, UserId};
use crate::kernel::time::Instant;
use crate::kernel::{Error, Result};
use crate::platform::auth::hash_secret;
use crate::platform::db::{Database, all_rows};
use crate::platform::zones;

/// What is past for longer is not in the file. Series begin in it with the month that this leads into, so that the file does
/// not change every day: it never holds more of them, however long they have been running.
const PAST: Duration = Duration::days(90);

/// A calendar file.
#[derive(Clone, Debug)]
pub struct Feed {
    /// The file; `None` for whoever has it already.
    pub text: Option<String>,
    /// Another one as soon as the file is.
    pub tag: String,
}

/// The file behind a secret address. Everything in it is the user's own. Of a tag that is known it is not even read.
///
/// # Errors
/// `NotFound` for an address that is good no more, and for users who were disabled.
pub async fn feed(
    database: &Database,
    secret: &str,
    now: Instant,
    is_known: impl Fn(&str) -> bool,
) -> Result<Feed> {
    let settings = all_rows::<agenda_settings::Entity>()
        .filter(agenda_settings::Column::FeedHash.eq(hash_secret(secret)))
        .one(&database.pool)
        .await?
        .ok_or(Error::NotFound)?;
    let owner = UserId::from_uuid(settings.id.uuid());
    let user =
        all_rows::<app_user::Entity>().filter(app_user::Column::Id.eq(owner)).one(&database.pool).await?;
    let user = user.filter(|user| user.disabled_at.is_none()).ok_or(Error::NotFound)?;
    let series = all_rows::<agenda_series::Entity>().filter(agenda_series::Column::AssigneeId.eq(owner));
    let series = series.all(&database.pool).await?;
    let agenda = Agenda {
        user,
        defaults: settings.reminders,
        series: series.into_iter().map(|series| (series.id, series)).collect(),
        since: now - PAST,
        from: month_of(now - PAST),
    };
    // Before the rows are read: what changes in between has another tag the next time.
    let tag = agenda.tag(database).await?;
    if is_known(&tag) {
        return Ok(Feed { text: None, tag });
    }
    use agenda_event::Column as C;
    let events = agenda.events().order_by_asc(C::Start).order_by_asc(C::Id).all(&database.pool).await?;
    let text = ics::calendar(&agenda.user.name, zone(&agenda.user.time_zone), &agenda.entries(&events)?);
    Ok(Feed { text: Some(text), tag })
}

/// What the file is made of, but for the events.
struct Agenda {
    user: app_user::Model,
    /// The reminders of what has none of its own.
    defaults: Reminders,
    series: BTreeMap<AgendaSeriesId, agenda_series::Model>,
    /// What was over then is not in the file.
    since: Instant,
    /// Series begin in the file with their first start from here on.
    from: Instant,
}

impl Agenda {
    /// The events of the file: of a series whatever differs from what the file holds of it is needed, also where somebody else
    /// does it.
    fn events(&self) -> Select<agenda_event::Entity> {
        use agenda_event::Column as C;
        let own = C::AssigneeId.eq(self.user.id).and(C::End.gt(self.since));
        let of_series = C::SeriesId.is_in(self.series.keys().copied());
        let of_series = of_series.and(C::End.gt(self.since).or(C::RecurrenceId.gte(self.from)));
        all_rows::<agenda_event::Entity>().filter(Condition::any().add(own).add(of_series))
    }

    /// The same as long as the file is; of the events one row is read. No change of an event leaves its version as it is,
    /// but that of the series that it is in, whose rows change with it.
    async fn tag(&self, database: &Database) -> Result<String> {
        use agenda_event::Column as C;
        let versions = match database.backend() {
            DbBackend::Postgres => "md5(string_agg(id::text || ' ' || version::text, ',' ORDER BY id))",
            _ => "group_concat(hex(id) || ' ' || version, ',' ORDER BY id)",
        };
        let alive = C::End.gt(self.since).and(C::State.ne(AgendaEventState::Cancelled));
        let alive: Expr = Expr::case(alive, 1).finally(0).into();
        let events: Option<(Option<String>, Option<i64>)> = self
            .events()
            .select_only()
            .column_as(Expr::cust(versions), "versions")
            // A series leaves the file when the last of it is over.
            .column_as(alive.sum(), "alive")
            .into_tuple()
            .one(&database.pool)
            .await?;
        let series: Vec<_> =
            self.series.values().map(|row| (row.id, row.version, row.laid_until.is_some())).collect();
        let (name, zone) = (&self.user.name, &self.user.time_zone);
        // Another program may write the same in another way, and other rules of the zones are written too.
        let program = (env!("CARGO_PKG_VERSION"), zones::in_use(), self.from);
        Ok(hash_secret(&format!("{:?}", (program, name, zone, &self.defaults, series, events))))
    }

    fn entries(&self, events: &[Model]) -> Result<Vec<Entry>> {
        let over = self.over(events);
        let mut entries = Vec::new();
        let mut written = BTreeMap::new();
        for series in self.series.values().filter(|series| !over.contains(&series.id)) {
            if let Some(rest) = series.for_file(self.from)? {
                written.insert(series.id, (rest.first.start, series.end()?));
                entries.push(self.master(series, rest));
            }
        }
        for event in events {
            let series = event.series_id.and_then(|id| self.series.get(&id));
            let Some(series) = series else {
                entries.push(self.entry(event, None)?);
                continue;
            };
            let is_within = written.get(&series.id).is_some_and(|(first, end)| {
                event.recurrence_id >= Some(*first) && end.is_none_or(|end| event.recurrence_id <= Some(end))
            });
            if !is_within {
                // What the file holds of the series does not give it (any more): it is an event of its own, for a name that
                // the rule does not give is read in as many ways as there are programs.
                let is_on = event.end > self.since && event.state != AgendaEventState::Cancelled;
                if is_on && self.is_mine(event) {
                    entries.push(self.entry(event, None)?);
                }
            } else if differs(event, series) {
                entries.push(self.entry(event, Some(series))?);
            }
        }
        Ok(entries)
    }

    /// The series of which all is over, or cancelled.
    fn over(&self, events: &[Model]) -> HashSet<AgendaSeriesId> {
        let alive = |event: &&Model| event.end > self.since && event.state != AgendaEventState::Cancelled;
        let alive: HashSet<AgendaSeriesId> =
            events.iter().filter(alive).filter_map(|event| event.series_id).collect();
        let is_over =
            |series: &&agenda_series::Model| series.laid_until.is_none() && !alive.contains(&series.id);
        self.series.values().filter(is_over).map(|series| series.id).collect()
    }

    fn is_mine(&self, event: &Model) -> bool {
        event.assignee_id == Some(self.user.id)
    }

    /// A series by its rule.
    fn master(&self, series: &agenda_series::Model, rest: Shown) -> Entry {
        Entry {
            uid: series.uid.clone(),
            sequence: series.version,
            changed: series.updated_at,
            created: series.created_at,
            title: series.title.clone(),
            description: series.description.clone(),
            location: series.location.clone(),
            status: Status::Tentative,
            when: shown(rest.first),
            begins: Some(rest.begins),
            rule: Some(rest.rule),
            except: rest.except,
            replaces: None,
            alarms: series.reminders.as_ref().unwrap_or(&self.defaults).0.clone(),
        }
    }

    /// An event by itself, or in the place of an occurrence of its series.
    fn entry(&self, event: &Model, series: Option<&agenda_series::Model>) -> Result<Entry> {
        let mine = self.is_mine(event);
        // Of what somebody else does by now, no more than that the user does not.
        let shown_of = match series.filter(|_| !mine) {
            Some(series) => Details::from(series),
            None => Details::from(event),
        };
        let replaced = series.zip(event.recurrence_id).map(|(series, at)| series.start_of(at)).transpose()?;
        Ok(Entry {
            uid: if series.is_some() { event.uid.clone() } else { uid(event.id) },
            sequence: event.version,
            changed: event.updated_at,
            created: event.created_at,
            title: shown_of.title,
            description: shown_of.description,
            location: shown_of.location,
            status: match event.state {
                _ if !mine => Status::Cancelled, // somebody else goes
                AgendaEventState::Planned => Status::Tentative,
                AgendaEventState::Confirmed | AgendaEventState::Done => Status::Confirmed,
                AgendaEventState::Cancelled | AgendaEventState::NoShow => Status::Cancelled,
            },
            when: shown(times::When::of(event)),
            begins: None,
            rule: None,
            except: Vec::new(),
            // By the clock of the series, also when the occurrence was moved to another zone.
            replaces: replaced,
            alarms: shown_of.reminders.as_ref().unwrap_or(&self.defaults).0.clone(),
        })
    }
}

/// The beginning of its month, in UTC.
fn month_of(at: Instant) -> Instant {
    // Every month has a first day.
    let day = at.date_naive().with_day(1).unwrap_or_default();
    day.and_time(NaiveTime::MIN).and_utc()
}

/// Whether an occurrence is not what its series says.
fn differs(event: &Model, series: &agenda_series::Model) -> bool {
    event.state != AgendaEventState::Planned
        || event.assignee_id != series.assignee_id
        || event.recurrence_id != Some(event.start)
        || times::When::of(event).minutes() != series.duration
        || Details::from(event) != Details::from(series)
}

fn shown(when: times::When) -> ics::When {
    let day = |at: Instant| -> NaiveDate { when.zone.local(at).date() };
    if when.all_day {
        ics::When::Days { first: day(when.start), end: day(when.end) }
    } else {
        ics::When::Timed { start: when.start, end: when.end, zone: when.zone }
    }
}
