//! The agenda.

use crate::domains::agenda::agenda_event::{self, AgendaEventKind, AgendaEventState, Reminders};
use crate::domains::agenda::agenda_series::{self, Starts};
use crate::domains::agenda::agenda_settings;
use crate::domains::agenda::rules::{AgendaAction, AgendaErrorCode};
use crate::domains::agenda::working_calendar::{self, Holidays, Shifts, Weekday};
use crate::kernel::ids::{
    AgendaEventId, AgendaSeriesId, AgendaSettingsId, ClientId, TeamId, UserId, WorkingCalendarId,
};
use crate::kernel::time::{Day, Instant};
use crate::platform::db::{Direction, SortColumn, SortKey};
use crate::{node, value};

/// What begins first first.
pub const BY_START: SortColumn =
    SortColumn { column: "start", key: SortKey::Instant, direction: Direction::Asc };

node! {
    /// An event of the agenda. Each occurrence of a series is one, with an id and a state of its own.
    pub struct AgendaEvent of agenda_event::Entity {
        /// Opaque id.
        id: AgendaEventId,
        /// Grows by one with each change; send it back as `expectedVersion`.
        version: i32,
        /// An appointment, or the next touch of a client.
        kind: AgendaEventKind,
        /// What it is called; of a follow-up its reason.
        title: String,
        /// Anything else; null when there is nothing.
        description: Option<String>,
        /// Where; null when that was not told.
        location: Option<String>,
        /// When it begins.
        start: Instant,
        /// When it ends: the same as the start for a moment. Of whole days the midnight behind the last.
        end: Instant,
        /// Whether it takes whole days of its zone, whatever the hour.
        all_day: bool,
        /// Of one that takes whole days: the first of them; else null.
        first_day: Option<Day>,
        /// Of one that takes whole days: the last of them; else null.
        last_day: Option<Day>,
        /// Its IANA time zone: a series recurs by the clock there.
        time_zone: String,
        /// How far it is; moved by `agendaEventConfirm` and its like.
        state: AgendaEventState,
        /// Whether somebody must do something for it.
        action_required: bool,
        /// Minutes before the start at which the assignee is reminded, the longest first; null: as their settings say.
        reminders: Option<Reminders>,
        /// The iCalUID (RFC 5545): the same in all occurrences of a series.
        uid: String,
        /// Of an occurrence: the start that its rule gave it, wherever it was moved since; else null.
        recurrence_id: Option<Instant>,
        /// When the event was made.
        created_at: Instant,
        /// When the event was last changed.
        updated_at: Instant,
    } hidden {
        series_id: Option<AgendaSeriesId>,
        assignee_id: Option<UserId>,
        team_id: TeamId,
        client_id: Option<ClientId>,
        related_type: Option<String>,
        related_id: Option<uuid::Uuid>,
    }
}

node! {
    /// Events by a rule.
    pub struct AgendaSeries of agenda_series::Entity {
        /// Opaque id.
        id: AgendaSeriesId,
        /// Grows by one with each change.
        version: i32,
        /// The rule (RFC 5545, without `RRULE:`); its days and times are those of the zone.
        rule: String,
        /// IANA time zone.
        time_zone: String,
        /// Minutes that an occurrence takes.
        duration: i32,
        /// Whether its events take whole days.
        all_day: bool,
        /// What they are called.
        title: String,
        /// The iCalUID (RFC 5545).
        uid: String,
        /// When the series was made.
        created_at: Instant,
        /// When the series was last changed.
        updated_at: Instant,
    } hidden {
        except_starts: Starts,
        assignee_id: Option<UserId>,
        team_id: TeamId,
        client_id: Option<ClientId>,
    }
}

value! {
    /// Something that can be done with an event, and whether you can do it now.
    pub struct AvailableAgendaAction {
        /// What.
        action: AgendaAction,
        /// Whether it would go through now.
        enabled: bool,
    } hidden {
        blockage: Option<AgendaBlockage>,
    }
}

value! {
    /// What stands in the way of an action.
    pub struct AgendaBlockage {
        /// The code with which the mutation would refuse.
        code: AgendaErrorCode,
        /// What is wrong.
        message: String,
        /// What to do about it.
        fix: String,
    }
}

value! {
    /// When a client is touched next, and why.
    pub struct NextTouch {
        /// When.
        at: Instant,
        /// Why.
        reason: String,
    } hidden {
        event_id: AgendaEventId,
    }
}

node! {
    /// When a team works.
    pub struct WorkingCalendar of working_calendar::Entity {
        /// Opaque id.
        id: WorkingCalendarId,
        /// Grows by one with each change; 0 while nothing was set and weekdays from nine to six are taken.
        version: i32,
        /// IANA time zone of the hours.
        time_zone: String,
    } hidden {
        hours: Shifts,
        holidays: Holidays,
    }
}

value! {
    /// Hours of one day of the week.
    pub struct WorkingHours {
        /// The day.
        weekday: Weekday,
        /// From then on, `HH:MM` by the clock of the zone.
        from: String,
        /// Until then; `24:00` is midnight.
        until: String,
    }
}

value! {
    /// A day on which a team does not work.
    pub struct Holiday {
        /// The day.
        day: Day,
        /// What it is called.
        name: String,
    }
}

node! {
    /// What you set for your own agenda.
    pub struct AgendaSettings of agenda_settings::Entity {
        /// Opaque id.
        id: AgendaSettingsId,
        /// Grows by one with each change; 0 while nothing was set.
        version: i32,
        /// Minutes before the start at which you are reminded of what has no reminders of its own.
        reminders: Reminders,
        /// Since when the address of your calendar feed is good; null while you have none.
        feed_since: Option<Instant>,
    }
}

value! {
    /// Free time.
    pub struct AgendaSlot {
        /// From here on.
        start: Instant,
        /// Until there.
        end: Instant,
    }
}
