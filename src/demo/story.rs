//! Tells a client's story: what happened, in an order that makes sense, at hours at which people work, and what is
//! planned next.

use super::dice::Dice;
use super::people::{Desk, Made, Person};
use super::teller::Teller;
use super::texts::Step;
use crate::domains::clients::client::ClientStatus;
use crate::domains::clients::{activity, event_log_entry};
use crate::kernel::time::Instant;

/// How much there is to tell.
#[derive(Clone, Copy)]
pub struct Depth {
    /// Least entries of the history.
    pub least: u64,
    /// Most entries of the history.
    pub most: u64,
    /// In how many of a hundred cases a call, an e-mail or a meeting was a planned activity.
    pub done: u64,
    /// How many of a hundred living clients have something planned.
    pub planned: u64,
    /// How many of those have a second plan.
    pub second: u64,
}

/// A client's history and plans.
#[derive(Default)]
pub struct Story {
    /// The history, oldest first.
    pub entries: Vec<event_log_entry::Model>,
    /// What was done and what is planned.
    pub activities: Vec<activity::Model>,
}

/// Tells the story of a client; its last important change becomes the client's `updated_at`.
pub fn tell(
    dice: &mut Dice,
    made: &mut Made,
    desk: &Desk,
    advisor: Option<&Person>,
    depth: Depth,
    now: Instant,
) -> Story {
    let status = made.client.status;
    let count = dice.between(depth.least, depth.most);
    let mut steps = plan(dice, status, count);
    if advisor.is_some() && dice.chance(12) && steps.len() > 3 {
        steps[1] = Step::Given; // in place of how they came to us
    }
    let mut teller = Teller::new(dice, made, desk, advisor, now);
    let times = teller.times(dice, &steps);
    let mut story = Story::default();
    for (step, at) in steps.into_iter().zip(times) {
        let (entry, done) = teller.entry(dice, step, at, depth.done);
        story.entries.push(entry);
        story.activities.extend(done);
    }
    let alive = match status {
        ClientStatus::Prospect | ClientStatus::Active => depth.planned,
        ClientStatus::Inactive => depth.planned / 5,
        ClientStatus::Blocked => 0,
    };
    if dice.chance(alive) {
        story.activities.push(teller.plan(dice));
        if dice.chance(depth.second) {
            story.activities.push(teller.plan(dice));
        }
    }
    story
}

/// The steps of a story of some `count` entries (what a status asks for comes first) that ends in this status.
fn plan(dice: &mut Dice, status: ClientStatus, count: u64) -> Vec<Step> {
    let ending: &[Step] = match status {
        ClientStatus::Prospect => &[],
        ClientStatus::Active => &[Step::Activated],
        ClientStatus::Inactive => &[Step::Activated, Step::Leaving, Step::Deactivated],
        ClientStatus::Blocked => &[Step::Activated, Step::Trouble, Step::Blocked],
    };
    let mut steps = vec![Step::Created, Step::Opening];
    let mut left = (count as usize).max(3).saturating_sub(2 + ending.len());
    let sold = ending.contains(&Step::Activated);
    let before = if sold { left / 2 } else { left };
    let papers: &[Step] =
        if sold { &[Step::Papers, Step::Identity, Step::Credit, Step::Signed] } else { &[] };
    let papers = &papers[..papers.len().min(before)];
    steps.extend(std::iter::repeat_n(Step::Talk, before - papers.len()));
    steps.extend(papers);
    left -= before;
    for (at, step) in ending.iter().enumerate() {
        steps.push(*step);
        if at == 0 && sold {
            let after = [(Step::Paid, 35), (Step::Saved, 15), (Step::Care, 50)];
            steps.extend((0..left).map(|_| dice.weigh(&after)));
        }
    }
    steps
}
