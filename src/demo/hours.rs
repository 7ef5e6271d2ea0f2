//! The hours at which people work: nobody calls a client at three in the morning.

use chrono::{Datelike, Duration, NaiveTime, Weekday};

use super::dice::Dice;
use crate::kernel::time::Instant;
use crate::platform::zones::Zone;

/// The same day between nine and seven by the region's clock; the day after instead of a Sunday.
pub fn at_work(dice: &mut Dice, day: Instant, zone: Zone) -> Instant {
    let local = zone.local(day).date();
    let local = if local.weekday() == Weekday::Sun { local + Duration::days(1) } else { local };
    let second = dice.between(9 * 3600, 19 * 3600);
    zone.instant(local.and_time(NaiveTime::MIN) + Duration::seconds(second as i64))
}
