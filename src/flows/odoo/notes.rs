//! Writes notes, each once, though they have no external id.
//!
//! What somebody writes now is a message of its own. The history that was there before Odoo was goes in few: what is sent of it
//! at once of a client is one message, in its order.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time;

use uuid::Uuid;

use super::endings::{Claimed, Interrupted, is_about_all, problem};
use super::entry::BODY;
use super::mapping::{Local, Mapping};
use super::send::ATTEMPTS;
use super::sync::Sync;
use crate::domains::sync::ledger::{self, Ending, Problem};
use crate::domains::sync::{Model, SyncDirection};
use crate::integrations::odoo::{Call, Class, Domain, Fault, Kind, TransientKind};
use crate::kernel::Result;
use crate::kernel::ids::{ClientId, TypedId, print};
use crate::kernel::time::Instant;

/// What was written so long before it was marked is history.
const HISTORY: chrono::Duration = chrono::Duration::hours(1);
/// Most notes of a message.
const TOGETHER: usize = 100;
/// Most bytes of a message, as long as it holds more than one.
const MESSAGE_BYTES: usize = 60_000;

/// Notes that are one message: of one client, in their order.
struct Bundle<'a> {
    rows: Vec<Claimed>,
    locals: Vec<&'a Local>,
}

impl Bundle<'_> {
    fn body(&self) -> String {
        self.locals.iter().map(|local| body(local)).collect::<Vec<_>>().join("\n\n")
    }

    /// How each of them ends.
    fn end(self, ending: impl Fn(&Model, &Local) -> Ending) -> Vec<(Claimed, Ending)> {
        let ended = |(claimed, local): (Claimed, &Local)| {
            let ending = ending(&claimed.0, local);
            (claimed, ending)
        };
        self.rows.into_iter().zip(self.locals).map(ended).collect()
    }

    /// Its two halves, in their order.
    fn halves(mut self) -> [Self; 2] {
        let half = self.rows.len() / 2;
        let (rows, locals) = (self.rows.split_off(half), self.locals.split_off(half));
        [self, Bundle { rows, locals }]
    }
}

fn body(local: &Local) -> &str {
    local.values.get(BODY).and_then(|body| body.as_deref()).unwrap_or_default()
}

/// Whether it was written long before it was marked to be sent: its id tells when.
fn is_history(row: &Model) -> bool {
    let written = row.id.uuid().get_timestamp().and_then(|written| {
        let (seconds, nanos) = written.to_unix();
        Instant::from_timestamp(i64::try_from(seconds).ok()?, nanos)
    });
    written.is_some_and(|written| row.created_at - written > HISTORY)
}

/// Puts notes together that go in one message. Those that were sent together and whose answer was lost stay together: they are
/// there, or not, all at once.
fn bundles<'a>(rows: Vec<(Claimed, &'a Local)>) -> Vec<Bundle<'a>> {
    let mut bundles: Vec<Bundle<'a>> = Vec::new();
    // The last bundle of each client, when it may still grow, and how much it holds.
    let mut open: BTreeMap<Uuid, (usize, usize)> = BTreeMap::new();
    for (claimed, local) in rows {
        let (row, size) = (&claimed.0, body(local).len());
        let client = local.client.uuid();
        let fits = |(place, held): &(usize, usize)| {
            let bundle = &bundles[*place];
            let alike = bundle.rows.last().is_some_and(|(last, _)| last.sent_at == row.sent_at);
            alike && bundle.rows.len() < TOGETHER && (held + size <= MESSAGE_BYTES || row.sent_at.is_some())
        };
        let history = is_history(row);
        match open.get_mut(&client).filter(|last| history && fits(last)) {
            Some((place, held)) => {
                *held += size;
                let bundle = &mut bundles[*place];
                bundle.rows.push(claimed);
                bundle.locals.push(local);
            }
            None => {
                if history {
                    open.insert(client, (bundles.len(), size));
                } else {
                    open.remove(&client);
                }
                bundles.push(Bundle { rows: vec![claimed], locals: vec![local] });
            }
        }
    }
    bundles
}

impl Sync {
    /// Writes notes, each once: where an earlier try may have arrived, it is looked for first. What is left at the end of the
    /// turn, or when Odoo is in trouble, stays where it stood in the queue. Tells whether Odoo answered about any.
    pub(super) async fn notes(
        &self,
        mapping: &'static dyn Mapping,
        mut rows: Vec<Claimed>,
        turn_ends: time::Instant,
    ) -> Result<Result<bool, Interrupted>> {
        // In the order in which they were written: one that waited is due later than those behind it.
        rows.sort_by_key(|(row, _)| row.id);
        let ids: Vec<Uuid> = rows.iter().map(|(row, _)| row.id.uuid()).collect();
        let locals = mapping.read((&self.database.own).into(), &ids).await?;
        let parents = ledger::of(&self.database, locals.values().filter_map(|local| local.parent)).await?;
        let clients: BTreeSet<ClientId> = rows.iter().filter_map(|(row, _)| row.client_id).collect();
        let claimed = rows.iter().map(|(row, _)| row.id);
        let mut held = ledger::held(&self.database, mapping.kind(), clients, claimed).await?;
        let (mut settled, mut due) = (Vec::new(), Vec::new());
        for claimed in rows {
            match (locals.get(&claimed.0.id.uuid()), claimed.0.external_id) {
                (None, _) => settled.push((claimed, Ending::Gone)),
                (Some(local), Some(id)) => settled.push((claimed, noted(id, local))),
                (Some(local), None) => due.push((claimed, local)),
            }
        }
        self.settle(mapping, settled).await?;
        let mut bundles: VecDeque<Bundle> = bundles(due).into();
        let mut answered = false;
        while let Some(bundle) = bundles.pop_front() {
            let Some(((row, _), local)) = bundle.rows.first().zip(bundle.locals.first()) else { continue };
            let (first, client) = (row.id, local.client);
            // The notes of a client stay in their order.
            if let Some((before, at)) = held.get(&client).copied()
                && before < first
            {
                let at = at.max(self.clock.now());
                let later = bundle.end(|_, _| Ending::Later { at, why: None });
                self.settle(mapping, later).await?;
                continue;
            }
            let parent = match self.parent(local, &parents).await? {
                Ok(Some(parent)) => parent,
                Ok(None) => {
                    self.settle(mapping, bundle.end(|_, _| Ending::Gone)).await?;
                    continue;
                }
                Err(ending) => {
                    self.settle(mapping, bundle.end(|_, _| ending.clone())).await?;
                    continue;
                }
            };
            let kind = parents.get(&client.uuid());
            let model = kind.and_then(|row| row.external_model.as_deref()).unwrap_or_default();
            let outcome = self.note(&bundle, model, parent).await?;
            if let Outcome::Fault(fault) = outcome {
                let left = bundle.rows.into_iter().chain(bundles.into_iter().flat_map(|bundle| bundle.rows));
                return self.postpone(mapping, left, &fault).await.map(|ended| ended.map(|()| answered));
            }
            // Nothing was stored: only what is refused by itself is given up.
            if bundle.rows.len() > 1 && outcome.refuses_some() {
                for half in bundle.halves().into_iter().rev() {
                    bundles.push_front(half);
                }
                continue;
            }
            let trouble = outcome.trouble().map(ToString::to_string);
            answered |= !matches!(outcome, Outcome::Overtaken | Outcome::Unsure(_, None));
            if matches!(outcome, Outcome::Noted(_)) {
                self.backoff.well(mapping.model());
            }
            let endings = bundle.end(|row, local| self.ending(row, local, &outcome));
            if let Some((
                _,
                Ending::Unsure { again: Some(at), .. } | Ending::Failed { again: Some(at), .. },
            )) = endings.first()
            {
                held.insert(client, (first, *at));
            }
            self.settle(mapping, endings).await?;
            if let Some(trouble) = trouble {
                self.tell(SyncDirection::Push, mapping.model(), Some(&trouble)).await?;
                return self.not_now(mapping, bundles).await.map(|()| Err(Interrupted));
            }
            if time::Instant::now() >= turn_ends {
                return self.not_now(mapping, bundles).await.map(|()| Ok(answered));
            }
        }
        Ok(Ok(answered))
    }

    /// Notes that were not sent stay where they stood in the queue.
    async fn not_now(
        &self,
        mapping: &dyn Mapping,
        bundles: impl IntoIterator<Item = Bundle<'_>>,
    ) -> Result<()> {
        let later = |row: &Model, _: &Local| Ending::Later { at: row.next_attempt_at, why: None };
        self.settle(mapping, bundles.into_iter().flat_map(|bundle| bundle.end(later)).collect()).await
    }

    /// Writes a message.
    async fn note(&self, bundle: &Bundle<'_>, model: &str, parent: i64) -> Result<Outcome> {
        let Some((row, run)) = bundle.rows.first() else { return Ok(Outcome::Overtaken) };
        let now = self.clock.now();
        if let Some(sent) = row.sent_at {
            // As long as Odoo may still be at work on the lost call nobody can tell.
            if now < self.over(sent) {
                return Ok(Outcome::Unsure(self.over(sent), None));
            }
            let id = print(&row.local_type, row.id.uuid());
            let there =
                Domain::all().and("model", "=", model).and("res_id", "=", parent).and("body", "ilike", id);
            match self.odoo.run(Call::search("mail.message", there).limit(1)).await {
                Ok(found) => {
                    if let Some(id) = found.first() {
                        return Ok(Outcome::Noted(*id));
                    }
                }
                Err(fault) if is_about_all(&fault) => return Ok(Outcome::Fault(fault)),
                // Still nobody knows: the rows keep when they were sent.
                Err(fault) => return Ok(Outcome::Unsure(self.over(now), Some(fault))),
            }
        }
        if !ledger::sending(&self.database, bundle.rows.iter().map(|(row, _)| row.id), *run, now).await? {
            return Ok(Outcome::Overtaken);
        }
        Ok(match self.odoo.run(Call::message_post(model, parent, &bundle.body())).await {
            Ok(id) => Outcome::Noted(id),
            Err(fault) if is_about_all(&fault) => Outcome::Fault(fault),
            Err(fault) if matches!(fault.class, Class::Unknown | Class::Done) => {
                Outcome::Unsure(self.over(self.clock.now()), Some(fault))
            }
            Err(fault) => Outcome::Failed(fault),
        })
    }

    /// When Odoo is no more at work on a call that was sent at this moment.
    fn over(&self, sent: Instant) -> Instant {
        sent + chrono::Duration::from_std(self.timeout).unwrap_or_default()
    }

    /// How a note ends with its message.
    fn ending(&self, row: &Model, local: &Local, outcome: &Outcome) -> Ending {
        match outcome {
            Outcome::Noted(id) => noted(*id, local),
            Outcome::Overtaken => Ending::Later { at: self.clock.now(), why: None },
            // After enough tries an admin must look.
            Outcome::Unsure(at, fault) => Ending::Unsure {
                again: (row.attempts + 1 < ATTEMPTS).then_some(*at),
                problem: fault.as_ref().map_or_else(lost, problem),
            },
            Outcome::Failed(fault) | Outcome::Fault(fault) => {
                let problem = Problem { payload: Some(local.values.clone()), ..problem(fault) };
                Ending::Failed { again: self.again(row, fault), problem }
            }
        }
    }
}

/// What became of a message.
enum Outcome {
    /// It is there.
    Noted(i64),
    /// Another run holds its notes by now.
    Overtaken,
    /// Nobody knows; it is looked for from this moment on. Without a fault nothing was asked yet.
    Unsure(Instant, Option<Fault>),
    /// It is not there.
    Failed(Fault),
    /// It is not there, and that says nothing about the notes.
    Fault(Fault),
}

impl Outcome {
    /// What says that Odoo does not answer, or is unable to, whatever is asked.
    fn trouble(&self) -> Option<&Fault> {
        let (Outcome::Unsure(_, Some(fault)) | Outcome::Failed(fault)) = self else { return None };
        let is_trouble = match fault.class {
            Class::Unknown => true,
            Class::Transient(why) => why != TransientKind::Conflict,
            _ => false,
        };
        is_trouble.then_some(fault)
    }

    /// Whether some of several notes may be to blame, and not the record that they all go to.
    fn refuses_some(&self) -> bool {
        let Outcome::Failed(fault) = self else { return false };
        matches!(fault.class, Class::Permanent(kind) if !matches!(kind, Kind::Missing | Kind::Access))
    }
}

fn lost() -> Problem {
    Problem {
        error: "the answer got lost".to_owned(),
        hint: "It is looked for before anything is sent again.".to_owned(),
        fingerprint: "lost".to_owned(),
        payload: None,
    }
}

/// A note that is there.
fn noted(external_id: i64, local: &Local) -> Ending {
    Ending::Told { external_id, agreed: local.values.clone() }
}
