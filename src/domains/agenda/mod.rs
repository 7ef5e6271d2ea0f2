//! The agenda: events with their states, series of them by a rule, reminders, working hours, and each user's feed for
//! phone calendars.
//!
//! An event belongs to a team and, unless it waits for somebody, to one assignee; those who see clients with such an owner
//! see the event. Its state moves by the transitions of `rules.rs` only. The occurrences of a series are rows like any
//! other event, laid out some time ahead and, when somebody looks further, until there: so each has its own id, state and
//! reminders, and a range is one statement. What makes a series recur is kept in local time of its zone: ten o'clock
//! stays ten o'clock when the clock changes. A client has at most one open follow-up: its next touch.

mod details;
mod erase;
pub mod events;
mod feed;
mod follow_up;
mod free;
mod hand_over;
mod ics;
mod overlaps;
pub mod recurrence;
mod reminders;
pub mod rules;
mod series;
pub mod settings;
mod singleton;
mod tables;
mod times;
pub mod working;

use crate::platform::db::Channel;

pub use details::DetailsPatch;
pub use erase::erase;
pub use feed::{Feed, feed};
pub use follow_up::set as set_follow_up;
pub use free::{Search, Slot, slots};
pub use hand_over::{HandOver, hand_over};
pub use overlaps::overlaps;
pub use reminders::Remind;
pub use series::{LayOut, RollOut, lay_out, lay_until};
pub use settings::RemindAnew;
pub use tables::{agenda_event, agenda_series, agenda_settings, working_calendar};

/// Screens hear here that an event or a series changed.
pub const AGENDA_CHANGED: Channel = Channel("agenda:changed");
