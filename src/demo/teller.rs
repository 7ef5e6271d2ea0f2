//! Puts the steps of a client's story into words, with their moments, authors and activities.

use chrono::Duration;
use serde_json::json;

use super::dice::Dice;
use super::hours::at_work;
use super::people::{Desk, Made, Person};
use super::texts::{BLOCK_REASONS, DAYS, LEAVE_REASONS, PLANS_AFTER, PLANS_BEFORE, Step, lines};
use crate::domains::clients::activity::{self, ActivityKind, ActivityState};
use crate::domains::clients::client::{ClientKind, ClientStatus};
use crate::domains::clients::event_log_entry::{self, Attachments, EventLogCode, EventLogKind};
use crate::domains::clients::timeline::NewEntry;
use crate::kernel::ids::{ActivityId, TypedId, UserId};
use crate::kernel::time::Instant;
use crate::platform::auth::ActorKind;

/// A client whose story is being told.
pub struct Teller<'a> {
    made: &'a mut Made,
    desk: &'a Desk,
    advisor: Option<&'a Person>,
    now: Instant,
    /// What it is all about,
    vehicle: &'static str,
    /// what it costs,
    price: String,
    /// and what is paid each month, in minor units and as people write it.
    instalment: (u64, String),
    /// Lines that were told: nobody writes the same note twice.
    told: Vec<&'static str>,
}

impl<'a> Teller<'a> {
    /// Decides what the story is about.
    pub fn new(
        dice: &mut Dice,
        made: &'a mut Made,
        desk: &'a Desk,
        advisor: Option<&'a Person>,
        now: Instant,
    ) -> Self {
        let vehicle = dice.pick(desk.region.vehicles);
        let (_, price) = amount(dice, desk, 30_000, 70_000);
        let instalment = amount(dice, desk, 300, 1_500);
        Teller { made, desk, advisor, now, vehicle, price, instalment, told: Vec::new() }
    }

    /// When each step happened: from the first day on, the later ones not after now.
    pub fn times(&self, dice: &mut Dice, steps: &[Step]) -> Vec<Instant> {
        let first = self.made.client.created_at;
        // Who has not bought within ten weeks is not called any more.
        let prospect = self.made.client.status == ClientStatus::Prospect;
        let last = if prospect { self.now.min(first + Duration::days(70)) } else { self.now };
        let mut times: Vec<Instant> = (1..steps.len())
            .map(|_| {
                let any = dice.moment(first, last);
                let (working, before) = (at_work(dice, any, self.desk.region.zone), self.now);
                if working > first && working < before { working } else { any }
            })
            .collect();
        times.sort_unstable();
        times.insert(0, first);
        times
    }

    /// What is written of a step; with the activity, if it was one.
    pub fn entry(
        &mut self,
        dice: &mut Dice,
        step: Step,
        at: Instant,
        done: u64,
    ) -> (event_log_entry::Model, Option<activity::Model>) {
        use ClientStatus::{Active, Blocked, Inactive, Prospect};
        let company = self.made.client.kind == ClientKind::Company;
        let new = match step {
            Step::Created => NewEntry::told(
                EventLogKind::System,
                EventLogCode::ClientCreated,
                json!({ "change": "created" }),
            ),
            Step::Given => NewEntry::told(
                EventLogKind::StateChange,
                EventLogCode::ClientAssigned,
                json!({ "change": "advisor", "to": self.advisor.map(|(_, name)| name) }),
            ),
            Step::Activated | Step::Deactivated | Step::Blocked => {
                let (from, to, reason) = match step {
                    Step::Activated => (Prospect, Active, None),
                    Step::Deactivated => (Active, Inactive, Some(dice.pick(&LEAVE_REASONS))),
                    _ => (Active, Blocked, Some(dice.pick(&BLOCK_REASONS))),
                };
                self.made.client.updated_at = at;
                NewEntry::told(
                    EventLogKind::StateChange,
                    EventLogCode::ClientStatusChanged,
                    json!({ "from": from, "to": to, "reason": reason }),
                )
            }
            told => {
                let (kind, line) = self.choose(dice, lines(told, company));
                NewEntry::of(kind, self.say(dice, line))
            }
        };
        let NewEntry { kind, code, text, mut payload, .. } = new;
        if matches!(kind, EventLogKind::Payment | EventLogKind::Contribution) {
            payload =
                Some(json!({ "amountMinor": self.instalment.0, "currency": self.desk.region.currency }));
        }
        let planned = matches!(step, Step::Talk | Step::Care) && dice.chance(done);
        let activity = activity_kind(kind).filter(|_| planned).map(|kind| {
            let begun = dice.moment((at - Duration::days(6)).max(self.made.client.created_at), at);
            self.activity(dice, kind, text.clone(), ActivityState::Done, (begun, Some(at), at))
        });
        if let Some(activity) = &activity {
            payload = Some(json!({ "activity": activity.id }));
        }
        // People write down what happened when they are back at the desk.
        let delay = Duration::seconds(dice.below(1500) as i64);
        let by_hand = matches!(kind, EventLogKind::Call | EventLogKind::Meeting | EventLogKind::Note);
        let recorded_at = if by_hand { (at + delay).min(self.now) } else { at };
        let (author_kind, author_id, author_name) = self.author(step, kind);
        let entry = event_log_entry::Model {
            id: dice.id(recorded_at),
            client_id: self.made.client.id,
            kind,
            code,
            text,
            payload,
            author_kind,
            author_id: author_id.map(TypedId::uuid),
            author_name,
            occurred_at: at,
            recorded_at,
            corrects_id: None,
            attachments: Attachments::default(),
        };
        (entry, activity)
    }

    /// People's own words are the advisor's, the lead's for clients without one and for what advisors may not; what
    /// providers report is written by cabina.
    fn author(&self, step: Step, kind: EventLogKind) -> (ActorKind, Option<UserId>, String) {
        use EventLogKind::{Contract, Contribution, Credit, Kyc, Payment};
        if matches!(kind, Contract | Contribution | Credit | Kyc | Payment) {
            return (ActorKind::System, None, "cabina".to_owned());
        }
        let leads = matches!(step, Step::Blocked | Step::Given);
        let (id, name) = self.advisor.filter(|_| !leads).unwrap_or(&self.desk.lead);
        (ActorKind::User, Some(*id), name.clone())
    }

    /// Something still to be done; in a quarter of the cases it should have been done by now.
    pub fn plan(&self, dice: &mut Dice) -> activity::Model {
        let late = dice.chance(25);
        let ahead = Duration::hours(dice.between(3, if late { 14 * 24 } else { 25 * 24 }) as i64);
        let due = if late { self.now - ahead } else { self.now + ahead };
        let due = at_work(dice, due, self.desk.region.zone).max(self.made.client.created_at);
        let begun =
            dice.moment((self.now - Duration::days(18)).max(self.made.client.created_at), due.min(self.now));
        let prospect = self.made.client.status == ClientStatus::Prospect;
        let (kind, line) = if prospect { dice.pick(&PLANS_BEFORE) } else { dice.pick(&PLANS_AFTER) };
        let title = self.say(dice, line);
        let dropped = late && dice.chance(25);
        let state = if dropped { ActivityState::Cancelled } else { ActivityState::Planned };
        self.activity(dice, kind, title, state, (begun, None, due))
    }

    /// An activity with its three moments: written down, done, due.
    fn activity(
        &self,
        dice: &mut Dice,
        kind: ActivityKind,
        title: String,
        state: ActivityState,
        (begun, done_at, due): (Instant, Option<Instant>, Instant),
    ) -> activity::Model {
        activity::Model {
            id: dice.id::<ActivityId>(begun),
            version: 1,
            client_id: self.made.client.id,
            kind,
            title,
            notes: None,
            state,
            due_at: Some(due),
            done_at,
            assignee_id: self.advisor.map(|(id, _)| *id),
            agenda_at: done_at.unwrap_or(due),
            created_at: begun,
            updated_at: done_at.unwrap_or(begun),
        }
    }

    /// A line that was not told yet, as far as there are any.
    fn choose(
        &mut self,
        dice: &mut Dice,
        from: &[(EventLogKind, &'static str)],
    ) -> (EventLogKind, &'static str) {
        let fresh: Vec<_> = from.iter().copied().filter(|(_, line)| !self.told.contains(line)).collect();
        let (kind, line) = dice.pick(if fresh.is_empty() { from } else { &fresh });
        self.told.push(line);
        (kind, line)
    }

    /// A line with its braces filled in.
    fn say(&self, dice: &mut Dice, line: &str) -> String {
        let day = dice.pick(&DAYS);
        let mut said = String::with_capacity(line.len() + 40);
        let mut rest = line;
        while let Some((before, after)) = rest.split_once('{') {
            let (key, after) = after.split_once('}').unwrap_or((after, ""));
            said.push_str(before);
            let word = match key {
                "a" => &self.made.speaks,
                "r" => &self.made.place,
                "v" => self.vehicle,
                "d" => day,
                "m" => &self.instalment.1,
                "p" => &self.price,
                other => self
                    .desk
                    .region
                    .words
                    .iter()
                    .find(|(name, _)| *name == other)
                    .map_or(other, |(_, word)| word),
            };
            let starts = said.is_empty();
            said.push_str(&if starts { capital(word) } else { word.to_owned() });
            rest = after;
        }
        said.push_str(rest);
        said
    }
}

/// A sum in minor units and as people write it.
fn amount(dice: &mut Dice, desk: &Desk, low: u64, high: u64) -> (u64, String) {
    let pesos = desk.region.country == "MX";
    let factor = if pesos { 5 } else { 1 };
    let whole = dice.between(low, high) * factor / 10 * 10;
    let mark = if pesos { ',' } else { '.' };
    let text =
        if whole < 1000 { whole.to_string() } else { format!("{}{mark}{:03}", whole / 1000, whole % 1000) };
    (whole * 100, if pesos { format!("${text}") } else { format!("{text} €") })
}

fn capital(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

fn activity_kind(kind: EventLogKind) -> Option<ActivityKind> {
    match kind {
        EventLogKind::Call => Some(ActivityKind::Call),
        EventLogKind::Email => Some(ActivityKind::Email),
        EventLogKind::Meeting => Some(ActivityKind::Meeting),
        _ => None,
    }
}
