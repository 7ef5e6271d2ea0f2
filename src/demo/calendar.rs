//! The demo's agenda: what is planned with clients stands in it, what was done lately too, and each team meets on Mondays.

use chrono::{Datelike, Duration, NaiveTime, SubsecRound, Timelike};

use super::dice::Dice;
use super::people::Desk;
use crate::domains::agenda::DetailsPatch;
use crate::domains::agenda::agenda_event::{AgendaEventKind, AgendaEventState, Model};
use crate::domains::agenda::events::{self, NewEvent};
use crate::domains::clients::activity::{self, ActivityKind, ActivityState};
use crate::domains::clients::client;
use crate::domains::identity::app_user;
use crate::kernel::ids::AgendaEventId;
use crate::kernel::time::Instant;
use crate::kernel::{Error, Patch, Result};
use crate::platform::auth::Role;
use crate::platform::db::Tx;
use crate::platform::zones::Zone;

/// What was done for longer is not in the agenda.
const PAST: Duration = Duration::days(45);

/// The events of a client: its calls and meetings.
pub fn events(
    dice: &mut Dice,
    client: &client::Model,
    activities: &[activity::Model],
    desk: &Desk,
    now: Instant,
) -> Vec<Model> {
    activities.iter().filter_map(|activity| event(dice, client, activity, desk, now)).collect()
}

fn event(
    dice: &mut Dice,
    client: &client::Model,
    activity: &activity::Model,
    desk: &Desk,
    now: Instant,
) -> Option<Model> {
    let minutes = match activity.kind {
        ActivityKind::Meeting => 60,
        ActivityKind::Call => 30,
        _ => return None,
    };
    let state = match activity.state {
        ActivityState::Planned if dice.chance(30) => AgendaEventState::Confirmed,
        ActivityState::Planned => AgendaEventState::Planned,
        ActivityState::Done => AgendaEventState::Done,
        ActivityState::Cancelled => AgendaEventState::Cancelled,
    };
    let at = activity.due_at.filter(|at| *at > now - PAST)?;
    // On the quarter of an hour, as people make appointments.
    let start = at.trunc_subsecs(0) - Duration::seconds(i64::from(at.minute() % 15 * 60 + at.second()));
    let id: AgendaEventId = dice.id(activity.created_at);
    Some(Model {
        id,
        version: 1,
        kind: AgendaEventKind::Appointment,
        uid: format!("{id}@cabina"),
        series_id: None,
        recurrence_id: None,
        title: activity.title.chars().take(200).collect(),
        description: None,
        location: None,
        start,
        end: start + Duration::minutes(minutes),
        all_day: false,
        first_day: None,
        last_day: None,
        time_zone: desk.region.zone.name().to_owned(),
        state,
        assignee_id: activity.assignee_id,
        team_id: client.team_id,
        client_id: Some(client.id),
        related_type: None,
        related_id: None,
        action_required: state == AgendaEventState::Planned && start < now,
        reminders: None,
        remind_at: None, // nobody is to be woken by the demo's own plans
        created_at: activity.created_at,
        updated_at: activity.updated_at,
    })
}

/// Each advisor's series: the team's Monday meeting.
pub async fn meetings(tx: &mut Tx, users: &[app_user::Model]) -> Result<()> {
    for user in users.iter().filter(|user| user.role != Role::Admin) {
        let zone: Zone = user.time_zone.parse().map_err(|_| Error::internal("the demo's zones are known"))?;
        let today = zone.local(tx.now).date();
        let monday = today - Duration::days(i64::from(today.weekday().num_days_from_monday()) + 28);
        let nine = NaiveTime::from_hms_opt(9, 0, 0).unwrap_or_default();
        let start = zone.instant(monday.and_time(nine));
        let new = NewEvent {
            details: DetailsPatch {
                title: Patch::Set("Reunión de equipo".to_owned()),
                location: Patch::Set("Sala 2".to_owned()),
                reminders: Patch::Set(Vec::new()),
                ..DetailsPatch::default()
            },
            start,
            end: start + Duration::minutes(45),
            all_day: false,
            time_zone: Some(user.time_zone.clone()),
            assignee: Patch::Set(user.id),
            recurrence: Some(("FREQ=WEEKLY;BYDAY=MO".to_owned(), Vec::new())),
        };
        events::create(tx, new).await.map_err(|stop| Error::internal(stop.to_string()))?;
    }
    Ok(())
}
