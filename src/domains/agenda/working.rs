//! When a team works: its hours and its holidays.

use sea_orm::sea_query::LockType;
use sea_orm::{ColumnTrait, ConnectionTrait, IntoActiveModel, QueryFilter, QueryOrder, QuerySelect};

use super::rules::AgendaErrorCode as Code;
use super::singleton;
use super::working_calendar::{Column, Entity, Holiday, Holidays, Model, Shift, Shifts, Weekday};
use crate::domains::identity::rules::check_time_zone;
use crate::domains::identity::{app_user, team, teams};
use crate::kernel::error::Check;
use crate::kernel::ids::{TeamId, WorkingCalendarId};
use crate::kernel::time::{Day, Instant};
use crate::kernel::{Error, Result, Stop, text};
use crate::platform::auth::{Right, Role};
use crate::platform::db::{Tx, all_rows, differences};

/// Minutes of a day.
const DAY: u32 = 24 * 60;
const SHIFTS_MAX: usize = 50;
const HOLIDAYS_MAX: usize = 500;
const HOLIDAY_NAME_MAX: usize = 80;

/// When a team works, also where nothing was set: weekdays from nine to six, by the clock of whoever was in it first.
///
/// # Errors
/// Those of the database.
pub async fn of(conn: &impl ConnectionTrait, team: TeamId) -> Result<Model> {
    let row = all_rows::<Entity>().filter(Column::Id.eq(WorkingCalendarId::of(team))).one(conn).await?;
    if let Some(row) = row {
        return Ok(row);
    }
    let someone = all_rows::<app_user::Entity>().filter(app_user::Column::TeamId.eq(team));
    let someone = someone.order_by_asc(app_user::Column::Id).one(conn).await?;
    let time_zone = someone.map_or_else(|| "UTC".to_owned(), |user| user.time_zone);
    Ok(Model { time_zone, ..unset(team, Instant::default()) })
}

/// When a team works before anything was set.
pub(super) fn unset(team: TeamId, now: Instant) -> Model {
    use Weekday::{Friday, Monday, Thursday, Tuesday, Wednesday};
    let shift = |weekday| Shift { weekday, from: 9 * 60, until: 18 * 60 };
    Model {
        id: WorkingCalendarId::of(team),
        version: 0,
        time_zone: "UTC".to_owned(),
        hours: Shifts([Monday, Tuesday, Wednesday, Thursday, Friday].map(shift).to_vec()),
        holidays: Holidays::default(),
        created_at: now,
        updated_at: now,
    }
}

/// Sets when a team works: supervisors for their own, admins for all.
pub async fn update(
    tx: &mut Tx,
    team: TeamId,
    expected: i32,
    time_zone: Option<String>,
    hours: Option<Vec<Shift>>,
    holidays: Option<Vec<(Day, String)>>,
) -> Result<WorkingCalendarId, Stop<Code>> {
    tx.by.may(Right::WriteClients)?;
    if !teams::exists(tx, team).await? || (tx.by.role != Role::Admin && tx.by.team != Some(team)) {
        return Err(Error::NotFound.into());
    }
    if tx.by.role == Role::Advisor {
        return Err(Stop::refuse(Code::RightMissing, "teamId", "working hours are set by supervisors"));
    }
    // Where nothing was set yet there is no row to be locked.
    let itself = all_rows::<team::Entity>().filter(team::Column::Id.eq(team));
    itself.lock(LockType::NoKeyUpdate).one(tx.conn()).await.map_err(Error::from)?;
    let row = all_rows::<Entity>().filter(Column::Id.eq(WorkingCalendarId::of(team))).lock_exclusive();
    let unset = Model { created_at: tx.now, updated_at: tx.now, ..of(tx.conn(), team).await? };
    let before = row.one(tx.conn()).await.map_err(Error::from)?.unwrap_or(unset);
    let mut after = before.clone();
    let mut check = Check::default();
    if let Some(name) = time_zone {
        after.time_zone = check.take(Code::Invalid, "timeZone", check_time_zone(&name)).unwrap_or_default();
    }
    if let Some(hours) = hours {
        after.hours = shifts(&mut check, hours);
    }
    if let Some(days) = holidays {
        after.holidays = days_off(&mut check, days);
    }
    check.done()?;
    // The first who sets it sets all of it.
    let set = Some(&before).filter(|before| before.version > 0);
    let changes = differences(set, Some(&after))?;
    if before.version > 0 {
        tx.merge(before.id, expected, before.version, &changes).await?;
        if changes.is_empty() {
            return Ok(before.id);
        }
    }
    (after.version, after.updated_at) = (before.version + 1, tx.now);
    let (id, version) = (after.id, after.version);
    singleton::write(tx, (id, version), after.into_active_model(), changes).await?;
    Ok(id)
}

fn shifts(check: &mut Check<Code>, mut given: Vec<Shift>) -> Shifts {
    given.sort_unstable();
    let sound = |shift: &Shift| shift.from < shift.until && shift.until <= DAY;
    if given.len() > SHIFTS_MAX || !given.iter().all(sound) {
        check.refuse(
            Code::Invalid,
            "hours",
            format!("must be at most {SHIFTS_MAX}, each ending behind its start"),
        );
    }
    let overlap = |pair: &[Shift]| pair[0].weekday == pair[1].weekday && pair[1].from < pair[0].until;
    if given.windows(2).any(overlap) {
        check.refuse(Code::Invalid, "hours", "must not overlap");
    }
    Shifts(given)
}

fn days_off(check: &mut Check<Code>, given: Vec<(Day, String)>) -> Holidays {
    if given.len() > HOLIDAYS_MAX {
        check.refuse(Code::Invalid, "holidays", format!("must be at most {HOLIDAYS_MAX}"));
    }
    let mut days = Vec::new();
    for (day, name) in given {
        let name = check.take(Code::Invalid, "holidays", text::name(&name, HOLIDAY_NAME_MAX));
        days.extend(name.map(|name| Holiday { day, name }));
    }
    days.sort();
    days.dedup_by_key(|holiday| holiday.day);
    Holidays(days)
}
