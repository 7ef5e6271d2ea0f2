//! A user's agenda as a calendar file, for phones: reached by a secret address, without a sign-in.

use std::collections::{HashMap, HashSet};

use chrono::{Duration, NaiveDate};
use sea_orm::sea_query::ExprTrait;
use sea_orm::{ColumnTrait, Condition, QueryFilter, QueryOrder};

use super::agenda_event::{self, AgendaEventState, Model};
use super::details::Details;
use super::events::uid;
use super::ics::{self, Entry, Status};
use super::recurrence::local;
use super::times::{self, zone};
use super::{agenda_series, agenda_settings, settings};
use crate::domains::identity::app_user;
use crate::kernel::ids::{AgendaSeriesId, TypedId, UserId};
use crate::kernel::time::Instant;
use crate::kernel::{Error, Result};
use crate::platform::auth::hash_secret;
use crate::platform::db::{Database, all_rows};

/// What is past for longer is not in the file.
const PAST: Duration = Duration::days(90);

/// A calendar file.
#[derive(Clone, Debug)]
pub struct Feed {
    /// The file.
    pub text: String,
    /// The same for the same file.
    pub tag: String,
}

/// The file behind a secret address. Everything in it is the user's own.
///
/// # Errors
/// `NotFound` for an address that is good no more, and for users who were disabled.
pub async fn feed(database: &Database, secret: &str, now: Instant) -> Result<Feed> {
    let settings = all_rows::<agenda_settings::Entity>()
        .filter(agenda_settings::Column::FeedHash.eq(hash_secret(secret)))
        .one(&database.own)
        .await?
        .ok_or(Error::NotFound)?;
    let owner = UserId::from_uuid(settings.id.uuid());
    let user =
        all_rows::<app_user::Entity>().filter(app_user::Column::Id.eq(owner)).one(&database.own).await?;
    let user = user.filter(|user| user.disabled_at.is_none()).ok_or(Error::NotFound)?;
    let entries = entries(database, owner, now).await?;
    let text = ics::calendar(&user.name, zone(&user.time_zone), &entries);
    let tag = hash_secret(&text);
    Ok(Feed { text, tag })
}

async fn entries(database: &Database, user: UserId, now: Instant) -> Result<Vec<Entry>> {
    use agenda_event::Column as C;
    let his = all_rows::<agenda_series::Entity>().filter(agenda_series::Column::AssigneeId.eq(user));
    let series = his.order_by_asc(agenda_series::Column::Id).all(&database.own).await?;
    let series: HashMap<AgendaSeriesId, agenda_series::Model> =
        series.into_iter().map(|series| (series.id, series)).collect();
    // Of a series whatever differs from it is needed, also where somebody else does it.
    let of_series = C::SeriesId.is_in(series.keys().copied());
    let events = all_rows::<agenda_event::Entity>()
        .filter(Condition::any().add(C::AssigneeId.eq(user).and(C::End.gt(now - PAST))).add(of_series))
        .order_by_asc(C::Start)
        .order_by_asc(C::Id)
        .all(&database.own)
        .await?;
    let usual = settings::reminders_of(&database.own, user).await?;
    let mut entries = Vec::new();
    let mut masters: Vec<&agenda_series::Model> = series.values().collect();
    masters.sort_by_key(|series| series.id);
    let since = now - PAST;
    let alive = |event: &&Model| event.end > since && event.state != AgendaEventState::Cancelled;
    let alive: HashSet<AgendaSeriesId> =
        events.iter().filter(alive).filter_map(|event| event.series_id).collect();
    // All of it is over, or cancelled.
    let is_over =
        |series: &&&agenda_series::Model| series.laid_until.is_none() && !alive.contains(&series.id);
    let over: HashSet<AgendaSeriesId> = masters.iter().filter(is_over).map(|series| series.id).collect();
    for master in masters {
        if over.contains(&master.id) {
            continue;
        }
        let (rule, except) = master.for_file()?;
        entries.push(Entry {
            uid: master.uid.clone(),
            sequence: master.version,
            changed: master.updated_at,
            created: master.created_at,
            title: master.title.clone(),
            description: master.description.clone(),
            location: master.location.clone(),
            status: Status::Tentative,
            when: shown(master.first()?),
            rule: Some(rule),
            except,
            replaces: None,
            alarms: master.reminders.as_ref().unwrap_or(&usual).0.clone(),
        });
    }
    for event in &events {
        let master = event.series_id.and_then(|id| series.get(&id));
        if master.is_some_and(|master| !differs(event, master) || over.contains(&master.id)) {
            continue;
        }
        let mine = event.assignee_id == Some(user);
        // Of what somebody else does by now, no more than that the user does not.
        let shown_of = match master.filter(|_| !mine) {
            Some(master) => Details::from(master),
            None => Details::from(event),
        };
        entries.push(Entry {
            // Of a series that is somebody else's it is an event of its own.
            uid: if master.is_some() { event.uid.clone() } else { uid(event.id) },
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
            when: shown(when(event)),
            rule: None,
            except: Vec::new(),
            // By the clock of the series, also when the occurrence was moved to another zone.
            replaces: master.zip(event.recurrence_id).map(|(m, at)| local(zone(&m.time_zone), at)),
            alarms: shown_of.reminders.unwrap_or_else(|| usual.clone()).0,
        });
    }
    Ok(entries)
}

/// Whether an occurrence is not what its series says.
fn differs(event: &Model, series: &agenda_series::Model) -> bool {
    event.state != AgendaEventState::Planned
        || event.assignee_id != series.assignee_id
        || event.recurrence_id != Some(event.start)
        || when(event).minutes() != series.duration
        || Details::from(event) != Details::from(series)
}

fn when(event: &Model) -> times::When {
    let zone = zone(&event.time_zone);
    times::When { start: event.start, end: event.end, all_day: event.all_day, zone }
}

fn shown(when: times::When) -> ics::When {
    let day = |at: Instant| -> NaiveDate { local(when.zone, at).date() };
    if when.all_day {
        ics::When::Days { first: day(when.start), end: day(when.end) }
    } else {
        ics::When::Timed { start: when.start, end: when.end, zone: when.zone }
    }
}
