//! Free time: when all of some people work and none of them has anything.

use chrono::{Datelike, Duration, NaiveTime};
use sea_orm::{ColumnTrait, QueryFilter, QueryOrder};

use super::agenda_event::{self, AgendaEventState};
use super::agenda_series;
use super::events::{EventFilter, Range};
use super::series::lay_until;
use super::times;
use super::working;
use super::working_calendar::{Model as Calendar, Weekday};
use crate::domains::identity::app_user;
use crate::kernel::ids::UserId;
use crate::kernel::time::{Clock, Instant};
use crate::kernel::{Error, Result};
use crate::platform::auth::{Right, Viewer};
use crate::platform::db::{Database, Reader, Visible, all_rows};

/// Most people at once.
const PEOPLE_MAX: usize = 20;
/// Longest range.
const RANGE_MAX: Duration = Duration::days(62);

/// From here to there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Slot {
    /// From here on.
    pub start: Instant,
    /// Until there.
    pub end: Instant,
}

/// Which free time is looked for.
#[derive(Clone, Debug)]
pub struct Search {
    /// Whose: all of them are to be free.
    pub people: Vec<UserId>,
    /// Within this time.
    pub range: Slot,
    /// At least so long.
    pub least: Duration,
    /// At most so many.
    pub most: usize,
}

/// When all of some people work and are free. It tells when colleagues are busy, never with what.
///
/// # Errors
/// `Invalid` for a range, length or number of people that is none.
pub async fn slots(database: &Database, clock: &Clock, reader: &Reader, search: Search) -> Result<Vec<Slot>> {
    reader.viewer.may(Right::ReadClients)?;
    let Search { people, range, least, most } = search;
    if !(1..=PEOPLE_MAX).contains(&people.len()) {
        return Err(Error::invalid("assigneeIds", format!("must be between 1 and {PEOPLE_MAX}")));
    }
    if range.end <= range.start || range.end - range.start > RANGE_MAX {
        let rule = format!("must end behind its start, at most {} days", RANGE_MAX.num_days());
        return Err(Error::invalid("range", rule));
    }
    if least < Duration::minutes(5) || least > Duration::days(1) {
        return Err(Error::invalid("minutes", "must be between 5 and 1440"));
    }
    let known = app_user::Entity::visible_to(&reader.viewer)
        .filter(app_user::Column::Id.is_in(people.iter().copied()));
    let known = known.all(&reader.db).await?;
    let mut free = vec![range];
    for id in &people {
        let Some(team) = known.iter().find(|user| user.id == *id).and_then(|user| user.team_id) else {
            return Err(Error::invalid("assigneeIds", "there is no such user in a team of yours"));
        };
        let calendar = working::of(&reader.db, team).await?;
        free = both(&free, &at_work(&calendar, range));
    }
    let series = all_rows::<agenda_series::Entity>();
    let series = series.filter(agenda_series::Column::AssigneeId.is_in(people.iter().copied()));
    lay_until(database, clock, series, range.end).await?;
    for taken in busy(reader, people, range).await? {
        free = without(&free, taken);
    }
    Ok(free.into_iter().filter(|slot| slot.end - slot.start >= least).take(most).collect())
}

/// What these people have, whoever asks.
async fn busy(reader: &Reader, people: Vec<UserId>, range: Slot) -> Result<Vec<Slot>> {
    let filter = EventFilter {
        assignees: Some(people),
        states: Some(AgendaEventState::OPEN.to_vec()),
        ..EventFilter::default()
    };
    let range = Range { start: range.start, end: range.end, zone: None };
    let events = super::events::list(&Viewer::system("free time"), Some(&range), &filter);
    let events = events.order_by_asc(agenda_event::Column::Start).all(&reader.db).await?;
    let taken = events.into_iter().map(|event| Slot { start: event.start, end: event.end });
    Ok(taken.filter(|slot| slot.start < slot.end).collect()) // a moment takes no time
}

/// When a team works within a range.
fn at_work(calendar: &Calendar, range: Slot) -> Vec<Slot> {
    let zone = times::zone(&calendar.time_zone);
    let (mut day, last) = (zone.local(range.start).date(), zone.local(range.end).date());
    let mut slots = Vec::new();
    while day <= last {
        let weekday = [
            Weekday::Monday,
            Weekday::Tuesday,
            Weekday::Wednesday,
            Weekday::Thursday,
            Weekday::Friday,
            Weekday::Saturday,
            Weekday::Sunday,
        ][day.weekday().num_days_from_monday() as usize];
        if !calendar.holidays.0.iter().any(|holiday| holiday.day.0 == day) {
            let at =
                |minutes: u32| zone.instant(day.and_time(NaiveTime::MIN) + Duration::minutes(minutes.into()));
            let of_day = calendar.hours.0.iter().filter(|shift| shift.weekday == weekday);
            slots.extend(of_day.map(|shift| Slot { start: at(shift.from), end: at(shift.until) }));
        }
        day += Duration::days(1);
    }
    joined(slots)
}

/// The same time, in its order, with what meets as one.
fn joined(slots: Vec<Slot>) -> Vec<Slot> {
    let mut joined: Vec<Slot> = Vec::with_capacity(slots.len());
    for slot in slots {
        match joined.last_mut() {
            Some(last) if slot.start <= last.end => last.end = last.end.max(slot.end),
            _ => joined.push(slot),
        }
    }
    joined
}

/// What lies in both lists.
fn both(a: &[Slot], b: &[Slot]) -> Vec<Slot> {
    let shared = |a: &Slot, b: &Slot| Slot { start: a.start.max(b.start), end: a.end.min(b.end) };
    let mut slots: Vec<Slot> = a.iter().flat_map(|a| b.iter().map(move |b| shared(a, b))).collect();
    slots.retain(|slot| slot.start < slot.end);
    slots.sort_by_key(|slot| slot.start);
    slots
}

/// What is left without this one.
fn without(slots: &[Slot], taken: Slot) -> Vec<Slot> {
    let left = |slot: &Slot| {
        if taken.end <= slot.start || slot.end <= taken.start {
            return vec![*slot];
        }
        let (before, behind) =
            (Slot { start: slot.start, end: taken.start }, Slot { start: taken.end, end: slot.end });
        [before, behind].into_iter().filter(|slot| slot.start < slot.end).collect()
    };
    slots.iter().flat_map(left).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::ids::TeamId;
    use proptest::prelude::*;

    fn at(text: &str) -> Instant {
        text.parse().expect("an instant")
    }

    fn slot(start: &str, end: &str) -> Slot {
        Slot { start: at(start), end: at(end) }
    }

    #[test]
    fn work_is_by_the_clock_on_the_wall_and_not_on_holidays() {
        let mut calendar = working::unset(TeamId::new(), Instant::default());
        calendar.time_zone = "Europe/Madrid".to_owned();
        let holiday = "2026-10-27".parse().expect("a day");
        calendar
            .holidays
            .0
            .push(super::super::working_calendar::Holiday { day: holiday, name: "one".to_owned() });
        let week = slot("2026-10-22T22:00:00Z", "2026-10-28T23:00:00Z");
        let expected = [
            slot("2026-10-23T07:00:00Z", "2026-10-23T16:00:00Z"), // summer time
            slot("2026-10-26T08:00:00Z", "2026-10-26T17:00:00Z"), // winter time
            slot("2026-10-28T08:00:00Z", "2026-10-28T17:00:00Z"),
            slot("2026-10-29T08:00:00Z", "2026-10-29T17:00:00Z"), // the range ends on this day's midnight
        ];
        assert_eq!(at_work(&calendar, week), expected);
    }

    proptest! {
        #[test]
        fn a_minute_is_free_when_nothing_takes_it(
            taken in proptest::collection::vec((0i64..200, 1i64..50), 0..12)
        ) {
            let minute = |minutes: i64| at("2026-11-21T00:00:00Z") + Duration::minutes(minutes);
            let mut free = vec![Slot { start: minute(0), end: minute(250) }];
            for (start, length) in &taken {
                free = without(&free, Slot { start: minute(*start), end: minute(start + length) });
            }
            for minutes in 0..250 {
                let is_free = free.iter().any(|slot| slot.start <= minute(minutes) && minute(minutes) < slot.end);
                let is_taken = taken.iter().any(|(start, length)| (*start..start + length).contains(&minutes));
                prop_assert_eq!(is_free, !is_taken, "minute {}", minutes);
            }
        }
    }
}
