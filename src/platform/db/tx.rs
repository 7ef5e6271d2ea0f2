//! The transaction of every write. It carries who writes, the clock and the idempotency key; `commit` writes with the
//! data what the write owes: audit, outbox, jobs, marks in the ledger of what is synced. Nothing leaves the process before the commit.

use std::collections::HashSet;
use std::sync::Arc;

use sea_orm::sea_query::{Expr, OnConflict};
use sea_orm::{ColumnTrait, DatabaseTransaction, EntityTrait, QueryFilter, QueryOrder, Set, TryInsertResult};
use serde_json::Value;
use uuid::Uuid;

use super::change::{Announcement, Change, FieldChange};
use super::connect::Database;
use super::kinds::Kind;
use super::locks::lock_keys;
use super::many::insert_all;
use super::numbers::{self, Gaps, NumberSeries};
use super::tables::{audit_entry, idempotency_key, job, outbox};
use super::visible::all_rows;
use crate::kernel::ids::{AuditId, EventId, JobId, TypedId, new_uuid};
use crate::kernel::time::{Clock, Instant};
use crate::kernel::words::Code;
use crate::kernel::{Error, FieldConflict, Result, Stop};
use crate::platform::auth::Viewer;
use crate::platform::telemetry::TraceContext;

/// Where a write comes from, for the audit.
#[derive(Clone, Debug, Default)]
pub struct Origin {
    /// Name of the mutation, command or job.
    pub operation: String,
    /// Id of the request, as in the log.
    pub request_id: Option<String>,
    /// Address of the caller.
    pub address: Option<String>,
    /// The caller's idempotency key and the hash of the input without it.
    pub idempotency: Option<(String, String)>,
}

/// Work to be done after the commit.
#[derive(Clone, Debug)]
pub struct NewJob {
    /// Who does it: see `jobs::Handlers`.
    pub kind: &'static str,
    /// What it needs to know.
    pub payload: Value,
    /// The queue in which it waits for those before it.
    pub queue: Option<String>,
    /// While a job with the same key waits, this one is not enqueued once more.
    pub dedup_key: Option<String>,
    /// When it is due; `None`: at once.
    pub run_at: Option<Instant>,
}

/// A write in progress. Dropped without `commit`, it never happened.
pub struct Tx {
    txn: DatabaseTransaction,
    database: Database,
    /// On whose behalf.
    pub by: Arc<Viewer>,
    /// The moment of the write.
    pub now: Instant,
    /// Id of the change as a whole: audit, outbox and payload carry it.
    pub event: EventId,
    origin: Origin,
    changes: Vec<Change>,
    news: Vec<Announcement>,
    jobs: Vec<NewJob>,
    kept: bool,
    wakes: bool,
    echoes: Vec<Uuid>,
    rows: Vec<(Uuid, FieldChange)>,
}

impl Tx {
    /// Begins a write.
    ///
    /// # Errors
    /// `Replayed` when the idempotency key did its work before; `IdempotencyMismatch` when it did other work.
    pub async fn begin(database: &Database, clock: &Clock, by: Arc<Viewer>, origin: Origin) -> Result<Tx> {
        let txn = database.begin().await?;
        let (now, event) = (clock.now(), EventId::new());
        let (changes, news, jobs) = (Vec::new(), Vec::new(), Vec::new());
        let tx = Tx {
            txn,
            database: database.clone(),
            by,
            now,
            event,
            origin,
            changes,
            news,
            jobs,
            kept: false,
            wakes: false,
            echoes: Vec::new(),
            rows: Vec::new(),
        };
        tx.claim_key().await?;
        Ok(tx)
    }

    /// Takes the idempotency key, or finds who took it. Of two requests at the same moment the second waits here
    /// until the first commits.
    async fn claim_key(&self) -> Result<()> {
        let Some((key, input_hash)) = &self.origin.idempotency else { return Ok(()) };
        let actor_id = self.by.actor.key();
        let row = idempotency_key::ActiveModel {
            actor_id: Set(actor_id),
            key: Set(key.clone()),
            operation: Set(self.origin.operation.clone()),
            input_hash: Set(input_hash.clone()),
            event_id: Set(self.event),
            created_at: Set(self.now),
        };
        let claimed = idempotency_key::Entity::insert(row)
            .on_conflict_do_nothing_on([idempotency_key::Column::ActorId, idempotency_key::Column::Key])
            .exec_without_returning(&self.txn)
            .await?;
        if matches!(claimed, TryInsertResult::Inserted(n) if n > 0) {
            return Ok(());
        }
        let earlier = all_rows::<idempotency_key::Entity>()
            .filter(idempotency_key::Column::ActorId.eq(actor_id))
            .filter(idempotency_key::Column::Key.eq(key))
            .one(&self.txn)
            .await?
            .ok_or_else(|| Error::internal("an idempotency key vanished while it was read"))?;
        if earlier.operation == self.origin.operation && &earlier.input_hash == input_hash {
            Err(Error::Replayed(earlier.event_id.uuid()))
        } else {
            Err(Error::IdempotencyMismatch)
        }
    }

    /// The connection of this write.
    pub fn conn(&self) -> &DatabaseTransaction {
        &self.txn
    }

    /// Waits until no other write holds one of these keys, and holds them until this one ends. What is looked for behind it
    /// and was not there is made by nobody else meanwhile. (SQLite has one writer at a time anyway.)
    ///
    /// To be called before rows are locked, and once: then no two writes wait for each other.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn lock_keys(&self, keys: impl IntoIterator<Item = String>) -> Result<()> {
        lock_keys(&self.txn, keys).await
    }

    /// Tells in the audit line of this thing how many others the same wish changes, now or by a job: one line says who wanted
    /// what, and of how many. Those each have a line of their own besides, by which later edits find conflicts.
    pub fn tell_rows<I: TypedId>(&mut self, id: I, field: &str, rows: u64) {
        if rows > 0 {
            let told = FieldChange { field: field.to_owned(), before: Value::Null, after: rows.into() };
            self.rows.push((id.uuid(), told));
        }
    }

    /// Draws the next number of a series; `year` is none for a series that does not begin anew each year.
    ///
    /// A number of a series without gaps is drawn last, when nothing else of this write may wait: its row stays locked until
    /// the write ends.
    pub async fn draw_number(&self, series: NumberSeries, market: Uuid, year: Option<i32>) -> Result<i64> {
        match (series.gaps, &self.database.numbers) {
            (Gaps::Allowed, Some(aside)) => numbers::draw(aside, series, market, year).await,
            // SQLite has one writer, who waits for nobody and for whom all wait.
            _ => numbers::draw(&self.txn, series, market, year).await,
        }
    }

    /// Writes down a change; `commit` puts it into the audit and the outbox.
    pub fn record(&mut self, change: Change) {
        self.changes.push(change);
    }

    /// Tells the screens of something that follows from a recorded change, and that the audit need not hold once more.
    pub fn announce(&mut self, news: Announcement) {
        self.news.push(news);
    }

    /// Has `commit` keep what was written although no change was recorded.
    pub fn keep(&mut self) {
        self.kept = true;
    }

    /// Wakes a worker after the commit: something that was there already is due now.
    pub fn wake(&mut self) {
        self.wakes = true;
    }

    /// Whether things of this kind are sent to another system.
    pub fn sends(&self, kind: &str) -> bool {
        self.database.synced.has(kind)
    }

    /// The kind of things whose ids have this prefix.
    pub fn kind(&self, prefix: &str) -> Option<&'static Kind> {
        self.database.kind(prefix)
    }

    /// What changes of this thing came from the other system: it is not to be sent back.
    pub fn came_from_there(&mut self, id: Uuid) {
        self.echoes.push(id);
    }

    /// Owes work: it is run after the commit, by any worker.
    pub fn enqueue(&mut self, job: NewJob) {
        self.jobs.push(job);
    }

    /// Judges an update that was made from an older version: edits of other fields than others changed meanwhile go
    /// through, edits of the same fields are a conflict.
    ///
    /// `mine` holds, for each field to be written, its present value and the one to write.
    ///
    /// # Errors
    /// `Conflict` with base, mine and theirs of each field that both changed.
    pub async fn merge<I: TypedId, C>(
        &self,
        id: I,
        expected: i32,
        current: i32,
        mine: &[FieldChange],
    ) -> Result<(), Stop<C>>
    where
        C: Code,
    {
        if expected == current || mine.is_empty() {
            return Ok(());
        }
        // 0 is what was seen of a thing that was not set yet.
        if expected > current || expected < 0 {
            let rule = format!("must be a version that was read: the present one is {current}");
            return Err(Error::invalid("expectedVersion", rule).into());
        }
        let since = all_rows::<audit_entry::Entity>()
            .filter(audit_entry::Column::SubjectId.eq(id.uuid()))
            .filter(audit_entry::Column::Version.gt(expected))
            .order_by_asc(audit_entry::Column::Version)
            .all(&self.txn)
            .await?;
        let mut theirs: Vec<FieldChange> = Vec::new();
        for entry in since {
            theirs.extend(serde_json::from_value::<Vec<FieldChange>>(entry.changes).map_err(Error::from)?);
        }
        let conflicts: Vec<FieldConflict> = mine
            .iter()
            .filter_map(|edit| {
                let first = theirs.iter().find(|other| other.field == edit.field)?;
                Some(FieldConflict {
                    field: edit.field.clone(),
                    base: as_text(&first.before),
                    mine: as_text(&edit.after),
                    theirs: as_text(&edit.before),
                })
            })
            .collect();
        if conflicts.is_empty() { Ok(()) } else { Err(Stop::Conflict(conflicts)) }
    }

    /// Commits the data with audit, outbox and jobs. `None` when nothing changed: then nothing is kept, not even the
    /// idempotency key.
    ///
    /// # Errors
    /// `Internal` or `Unavailable`; nothing was written then.
    pub async fn commit(mut self) -> Result<Option<EventId>> {
        for (id, told) in std::mem::take(&mut self.rows) {
            if let Some(change) = self.changes.iter_mut().rfind(|change| change.subject_id == id) {
                change.fields.push(told);
            }
        }
        if self.changes.is_empty() && self.news.is_empty() && self.jobs.is_empty() && !self.kept {
            self.txn.rollback().await?;
            return Ok(None);
        }
        let (kind, actor_id) = self.by.actor.columns();
        let mut audit = Vec::with_capacity(self.changes.len());
        for change in &self.changes {
            audit.push(audit_entry::ActiveModel {
                id: Set(AuditId::new()),
                at: Set(self.now),
                actor_kind: Set(kind),
                actor_id: Set(actor_id),
                actor_name: Set(self.by.name.clone()),
                operation: Set(self.origin.operation.clone()),
                subject_type: Set(change.subject_type.to_owned()),
                subject_id: Set(change.subject_id),
                version: Set(change.version),
                event_id: Set(self.event),
                changes: Set(serde_json::to_value(&change.fields)?),
                request_id: Set(self.origin.request_id.clone()),
                address: Set(self.origin.address.clone()),
            });
        }
        let mut announced = Vec::with_capacity(self.changes.len() + self.news.len());
        for news in self.changes.iter().filter_map(|change| change.announce.as_ref()).chain(&self.news) {
            announced.push(outbox::ActiveModel {
                id: Set(new_uuid()),
                event_id: Set(self.event),
                position: Set(None),
                topic: Set(news.topic.0.to_owned()),
                kind: Set(news.kind),
                subject_id: Set(news.subject_id),
                version: Set(news.version),
                changed_fields: Set(serde_json::to_value(&news.fields)?),
                audience: Set(serde_json::to_value(&news.audience)?),
                created_at: Set(self.now),
            });
        }
        let heard = !announced.is_empty();
        insert_all(&self.txn, audit, None).await?;
        insert_all(&self.txn, announced, None).await?;
        let marked = self.database.synced.mark(&self.txn, &self.changes, &self.echoes, self.now).await?;
        let owes = !self.jobs.is_empty() || marked;
        if !self.jobs.is_empty() {
            write_jobs(&self.txn, self.jobs, self.now).await?;
        }
        self.txn.commit().await?;
        if heard {
            self.database.tell_relay();
        }
        if owes || self.wakes {
            self.database.tell_worker();
        }
        Ok(Some(self.event))
    }
}

/// Writes jobs down. One whose key waits already is joined to that one, which is due when the earlier of them is, and whose row
/// is held until this write ends: no worker can take it before, and miss what this write changed.
async fn write_jobs(conn: &DatabaseTransaction, mut jobs: Vec<NewJob>, now: Instant) -> Result<()> {
    let mut keys = HashSet::new();
    jobs.retain(|job| job.dedup_key.as_ref().is_none_or(|key| keys.insert(key.clone())));
    // Keys in one order everywhere, so that no two writes wait for each other; the jobs of a queue stay as they are.
    jobs.sort_by(|a, b| match (&a.queue, &b.queue) {
        (None, None) => a.dedup_key.cmp(&b.dedup_key),
        (a, b) => a.is_some().cmp(&b.is_some()),
    });
    let TraceContext { request_id, traceparent } = TraceContext::here();
    let rows = jobs.into_iter().map(|new| job::ActiveModel {
        id: Set(JobId::new()),
        kind: Set(new.kind.to_owned()),
        payload: Set(new.payload),
        queue: Set(new.queue),
        dedup_key: Set(new.dedup_key),
        run_at: Set(new.run_at.unwrap_or(now)),
        attempts: Set(0),
        created_at: Set(now),
        request_id: Set(request_id.clone()),
        traceparent: Set(traceparent.clone()),
        ..Default::default()
    });
    let join = OnConflict::column(job::Column::DedupKey)
        .value(
            job::Column::RunAt,
            Expr::cust("CASE WHEN excluded.run_at < job.run_at THEN excluded.run_at ELSE job.run_at END"),
        )
        .to_owned();
    insert_all(conn, rows, Some(join)).await
}

/// The value of a field as text: strings as they are, empty as none, the rest as JSON.
fn as_text(value: &Value) -> Option<String> {
    match value {
        Value::Null => None,
        Value::String(text) => Some(text.clone()),
        other => Some(other.to_string()),
    }
}
