//! Sends records with `load`, many in one call, and finds out which of them is to blame when a call is refused.

use super::compare::{Met, normal, unknown_there};
use super::endings::{Claimed, Interrupted, deleted, is_about_all, problem};
use super::mapping::{Field, Kind as Holds, Local, Mapping, external_key};
use super::names::Names;
use super::sync::Sync;
use crate::domains::sync::ledger::{self, Ending, Found, Problem, Values};
use crate::domains::sync::{Model, SyncDirection};
use crate::integrations::odoo::{Call, Class, Fault, Kind, Loaded, TransientKind};
use crate::kernel::Result;
use crate::kernel::time::Instant;
use crate::platform::jobs::pause;

/// A record on its way.
pub(super) struct Parcel {
    /// Its row.
    pub claimed: Claimed,
    /// What stands there once it arrived.
    pub both: Values,
    /// What both sides agree on then.
    pub agreed: Values,
    /// What could not be taken over all the same.
    pub problem: Option<Problem>,
    /// What is sent; other fields are left alone (rule 27).
    now: Cells,
    /// What is sent once the record is there.
    then: Cells,
}

/// Fields, and what they hold as cells of `load`.
#[derive(Default)]
struct Cells {
    fields: Vec<Field>,
    cells: Vec<String>,
}

impl Cells {
    fn of(fields: Vec<Field>, values: &Values, names: &Names) -> Cells {
        let cells = fields.iter().map(|field| field.cell(values, names).unwrap_or_default()).collect();
        Cells { fields, cells }
    }
}

impl Parcel {
    /// A new record. It comes under its company in a second call: what `load` makes there copies fields of the company that
    /// only users of Accounting may read; a record that changes its company gets them from Odoo itself.
    pub fn fresh(claimed: Claimed, mapping: &dyn Mapping, local: &Local, names: &Names) -> Parcel {
        let all = mapping.fields().iter().copied().filter(|field| local.values.contains_key(field.ours));
        let all: Vec<Field> = all.collect();
        let mut both = normal(&all, &local.values, names, local.home.as_deref());
        // What this Odoo has no value for is left out.
        let (all, unknown): (Vec<Field>, Vec<Field>) =
            all.into_iter().partition(|field| field.cell(&both, names).is_some());
        let unknown: Vec<&str> = unknown.iter().map(|field| field.ours).collect();
        let mut agreed = both.clone();
        for field in &unknown {
            agreed.remove(*field);
            both.insert((*field).to_owned(), None);
        }
        let (then, now): (Vec<Field>, Vec<Field>) =
            all.into_iter().partition(|field| field.kind == Holds::Client);
        let (now, then) = (Cells::of(now, &both, names), Cells::of(then, &both, names));
        Parcel { claimed, both, agreed, problem: unknown_there(&unknown), now, then }
    }

    /// A record that is there and differs in these fields.
    pub fn changed(claimed: Claimed, met: Met, fields: Vec<Field>, names: &Names) -> Parcel {
        let Met { both, agreed, problem } = met;
        let now = Cells::of(fields, &both, names);
        Parcel { claimed, both, agreed, problem, now, then: Cells::default() }
    }

    /// Parcels of one call have the same columns.
    fn columns(&self) -> Vec<String> {
        let key = if self.claimed.0.external_id.is_some() { ".id" } else { "id" };
        std::iter::once(key.to_owned()).chain(self.now.fields.iter().map(Field::column)).collect()
    }

    /// What stands there once this call is done.
    fn sent(&self) -> Values {
        let mut sent = self.both.clone();
        sent.retain(|name, _| self.then.fields.iter().all(|field| field.ours != name));
        sent
    }

    /// What is left to be sent of a record that is there by now.
    fn rest(mut self, external_id: i64) -> Parcel {
        self.claimed.0.external_id = Some(external_id);
        self.now = std::mem::take(&mut self.then);
        self
    }
}

/// A record is tried so often before an admin must look at it.
pub(super) const ATTEMPTS: i32 = 16;
/// Most rows of a call.
const ROWS: usize = 200;
/// So many records, each alone, show that no right is a matter of the record.
const ENOUGH: usize = 3;

impl Sync {
    /// Sends records: new ones by their external id, so that a second time makes no second one (rule 24); known ones by
    /// their database id, so that one that was deleted meanwhile is not made anew (rule 29).
    pub(super) async fn send(
        &self,
        mapping: &dyn Mapping,
        fresh: Vec<Parcel>,
        changed: Vec<Parcel>,
    ) -> Result<Result<(), Interrupted>> {
        let mut stack: Vec<Vec<Parcel>> = [changed, fresh].into_iter().flat_map(chunks).collect();
        let (mut denied, mut trouble) = (0, false);
        while let Some(chunk) = stack.pop() {
            if chunk.is_empty() {
                continue;
            }
            if trouble {
                self.later(mapping, chunk).await?;
                continue;
            }
            let fault = match self.odoo.run(self.load(mapping, &chunk)).await {
                Ok(Loaded(ids)) if chunk.iter().any(|parcel| !parcel.then.fields.is_empty()) => {
                    stack.push(self.half_sent(mapping, chunk, ids).await?);
                    continue;
                }
                Ok(Loaded(ids)) => {
                    let arrived = |(parcel, external_id): (Parcel, i64)| {
                        let direction = SyncDirection::Push;
                        let Parcel { claimed, both, agreed, problem, .. } = parcel;
                        (claimed, Ending::Alike { external_id, agreed, seen: both, direction, problem })
                    };
                    self.settle(mapping, chunk.into_iter().zip(ids).map(arrived).collect()).await?;
                    continue;
                }
                Err(fault) => fault,
            };
            if is_about_all(&fault) {
                trouble = true;
                self.postpone(mapping, chunk.into_iter().map(|parcel| parcel.claimed), &fault).await?.ok();
                continue;
            }
            let to_blame: Vec<usize> = fault.rows.iter().filter_map(|row| row.row).collect();
            match fault.class {
                // It may have arrived: what is sent again makes no second record.
                Class::Unknown | Class::Done | Class::Transient(_) => {
                    trouble = fault.class != Class::Transient(TransientKind::Conflict);
                    if trouble {
                        self.tell(SyncDirection::Push, mapping.model(), Some(&fault.to_string())).await?;
                    }
                    self.failed(mapping, chunk, &fault).await?;
                }
                Class::Permanent(Kind::Access)
                    if denied >= ENOUGH || fault.denies_all_of(mapping.model()) =>
                {
                    self.failed(mapping, chunk, &fault).await?;
                }
                _ if chunk.len() == 1 => {
                    // Said of a row, it may be that record's alone: a user of Odoo, who is a contact too.
                    let is_of_call = fault.class == Class::Permanent(Kind::Access) && fault.rows.is_empty();
                    denied += usize::from(is_of_call);
                    self.failed(mapping, chunk, &fault).await?;
                }
                _ if to_blame.iter().any(|row| (1..chunk.len()).contains(row)) => {
                    stack.push(self.without(mapping, chunk, &fault).await?);
                }
                _ => {
                    let mut chunk = chunk;
                    let half = chunk.split_off(chunk.len() / 2);
                    stack.extend([half, chunk]);
                }
            }
        }
        Ok(if trouble { Err(Interrupted) } else { Ok(()) })
    }

    /// The records are there; what is left of them is sent next. Their ids are written down at once: what is cut short here
    /// makes no second record, and goes on from here.
    async fn half_sent(
        &self,
        mapping: &dyn Mapping,
        chunk: Vec<Parcel>,
        ids: Vec<i64>,
    ) -> Result<Vec<Parcel>> {
        let Some(run) = chunk.first().map(|parcel| parcel.claimed.1) else { return Ok(chunk) };
        let found = |(parcel, id): (&Parcel, &i64)| {
            let agreed = Some(parcel.sent());
            Found { id: parcel.claimed.0.id, external_id: *id, agreed }
        };
        let found: Vec<Found> = chunk.iter().zip(&ids).map(found).collect();
        let taken = ledger::found(&self.database, mapping.model(), run, found).await?;
        let (mut merged, mut left) = (Vec::new(), Vec::new());
        for (parcel, id) in chunk.into_iter().zip(ids) {
            if taken.contains_key(&parcel.claimed.0.id) {
                merged.push((parcel.claimed, Ending::GoneThere(ledger::merged_there(id))));
            } else {
                left.push(parcel.rest(id));
            }
        }
        self.settle(mapping, merged).await?;
        Ok(left)
    }

    fn load(&self, mapping: &dyn Mapping, chunk: &[Parcel]) -> Call<Loaded> {
        let columns = chunk.first().map(Parcel::columns).unwrap_or_default();
        let row = |parcel: &Parcel| {
            let row = &parcel.claimed.0;
            let ours = || external_key(mapping, row);
            let mut cells = vec![row.external_id.map_or_else(ours, |id| id.to_string())];
            cells.extend(parcel.now.cells.iter().cloned());
            cells
        };
        let rows: Vec<Vec<String>> = chunk.iter().map(row).collect();
        let columns: Vec<&str> = columns.iter().map(String::as_str).collect();
        // Archived ones too are there.
        Call::load(mapping.model(), &columns, &rows).context("active_test", false)
    }

    /// Settles the rows that a refused call names; gives back the others, which it did not store either (rule 25). The first
    /// row is among those: where a call fails as a whole Odoo puts that on its first row too.
    async fn without(&self, mapping: &dyn Mapping, chunk: Vec<Parcel>, fault: &Fault) -> Result<Vec<Parcel>> {
        let (mut settled, mut others) = (Vec::new(), Vec::new());
        for (place, parcel) in chunk.into_iter().enumerate() {
            let Some(row) = fault.rows.iter().find(|row| place > 0 && row.row == Some(place)) else {
                others.push(parcel);
                continue;
            };
            let ending = if row.field.as_deref() == Some(".id") {
                deleted()
            } else {
                let own = fault.of_row(row);
                let problem = Problem { payload: Some(parcel.sent()), ..problem(&own) };
                Ending::Failed { again: None, problem }
            };
            settled.push((parcel.claimed, ending));
        }
        self.settle(mapping, settled).await?;
        Ok(others)
    }

    async fn failed(&self, mapping: &dyn Mapping, chunk: Vec<Parcel>, fault: &Fault) -> Result<()> {
        let ending = |parcel: Parcel| {
            let gone = fault.rows.iter().any(|row| row.field.as_deref() == Some(".id"));
            let again = self.again(&parcel.claimed.0, fault);
            let problem = Problem { payload: Some(parcel.sent()), ..problem(fault) };
            let ending = match fault.class {
                _ if gone => deleted(),
                Class::Unknown | Class::Done => Ending::Unsure { again, problem },
                _ => Ending::Failed { again, problem },
            };
            (parcel.claimed, ending)
        };
        self.settle(mapping, chunk.into_iter().map(ending).collect()).await
    }

    /// Records that were not sent stay where they stood in the queue.
    pub(super) async fn later(&self, mapping: &dyn Mapping, chunk: Vec<Parcel>) -> Result<()> {
        let later = |parcel: Parcel| {
            let at = parcel.claimed.0.next_attempt_at;
            (parcel.claimed, Ending::Later { at, why: None })
        };
        self.settle(mapping, chunk.into_iter().map(later).collect()).await
    }

    /// When a row is tried again after a fault; `None`: an admin must look at it.
    pub(super) fn again(&self, row: &Model, fault: &Fault) -> Option<Instant> {
        let wait = chrono::Duration::from_std(pause(row.attempts + 1)).unwrap_or_default();
        let at = self.clock.now() + wait.min(chrono::Duration::minutes(10));
        match fault.class {
            Class::Permanent(_) | Class::Refused => None,
            // The server is to blame: it is tried for ever, now and then.
            Class::Transient(TransientKind::Server) => Some(at),
            _ => Some(at).filter(|_| row.attempts + 1 < ATTEMPTS),
        }
    }
}

/// Parcels in the order of their rows, in calls that grow smaller with what went wrong before: the one that Odoo chokes on
/// ends up alone.
fn chunks(parcels: Vec<Parcel>) -> Vec<Vec<Parcel>> {
    let size = |parcel: &Parcel| (ROWS >> (2 * parcel.claimed.0.attempts.clamp(0, 8))).max(1);
    let mut groups: Vec<(Vec<String>, Vec<Vec<Parcel>>)> = Vec::new();
    for parcel in parcels {
        let (columns, most) = (parcel.columns(), size(&parcel));
        let place = groups.iter().position(|(known, _)| *known == columns).unwrap_or_else(|| {
            groups.push((columns, Vec::new()));
            groups.len() - 1
        });
        let chunks = &mut groups[place].1;
        match chunks.last_mut() {
            Some(chunk) if chunk.len() < most && chunk.iter().all(|other| chunk.len() < size(other)) => {
                chunk.push(parcel);
            }
            _ => chunks.push(vec![parcel]),
        }
    }
    let mut chunks: Vec<Vec<Parcel>> = groups.into_iter().flat_map(|(_, chunks)| chunks).collect();
    chunks.reverse(); // they are taken from the end
    chunks
}
