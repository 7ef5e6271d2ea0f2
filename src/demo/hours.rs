//! The hours at which people work: nobody calls a client at three in the morning.

use chrono::{Datelike, Duration, TimeZone, Weekday};
use chrono_tz::Tz;

use super::dice::Dice;
use crate::kernel::time::Instant;

/// The same day between nine and seven by the region's clock; the day after instead of a Sunday.
pub fn at_work(dice: &mut Dice, day: Instant, zone: Tz) -> Instant {
    let local = day.with_timezone(&zone).date_naive();
    let local = if local.weekday() == Weekday::Sun { local + Duration::days(1) } else { local };
    let second = dice.between(9 * 3600, 19 * 3600);
    let time = local.and_hms_opt(0, 0, 0).map(|midnight| midnight + Duration::seconds(second as i64));
    // No clock is put forward during office hours; were one, the moment as it was given would do.
    time.and_then(|time| zone.from_local_datetime(&time).earliest()).map_or(day, |time| time.to_utc())
}
