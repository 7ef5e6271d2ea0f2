//! What streams tell admins of dead letters.

use async_graphql::{ComplexObject, Context, Result, SimpleObject, Subscription};
use futures_util::future::BoxFuture;
use futures_util::{FutureExt, Stream};
use uuid::Uuid;

use crate::graphql::fast::One;
use crate::graphql::live::{ChangeKind, Item, ItemHeader, Loaded, Things, Topic, current};
use crate::graphql::nodes::jobs::{DeadLetter, JobUnderWay};
use crate::kernel::ids::{JobId, TypedId};
use crate::platform::bus::Cursor;
use crate::platform::db::tables::job;
use crate::platform::db::{ColumnSet, Reader};
use crate::platform::jobs::dead::DEAD_LETTERS_CHANGED;
use crate::platform::jobs::progress::{self, JOB_CHANGED};

/// New dead letters, and those that are none any more.
pub const DEAD_LETTERS: Topic =
    Topic::of::<DeadLetterChanged>(DEAD_LETTERS_CHANGED, read_letters).on("deadLetterChanged", &JobStream);

/// How far work is.
pub const PROGRESS: Topic = Topic::of::<JobChanged>(JOB_CHANGED, read_jobs).on("jobChanged", &JobStream);

/// The fields of `Subscription`.
struct JobStream;

#[Subscription]
impl JobStream {
    /// Work that was given up, and what became of it; for admins, others hear nothing.
    async fn dead_letter_changed(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "First what was missed since this cursor.")] after: Option<Cursor>,
    ) -> Result<impl Stream<Item = DeadLetterChanged> + use<>> {
        let _ = after; // read by `graphql/streams`
        current::<Item, _>(ctx)
    }

    /// How far work under way is; for admins, others hear nothing.
    async fn job_changed(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "First what was missed since this cursor.")] after: Option<Cursor>,
    ) -> Result<impl Stream<Item = JobChanged> + use<>> {
        let _ = after; // read by `graphql/streams`
        current::<Item, _>(ctx)
    }
}

/// Also what is no dead letter any more: that is the news.
fn read_letters<'a>(all: &'a Reader, ids: &'a [Uuid]) -> BoxFuture<'a, crate::kernel::Result<Things>> {
    async move {
        let mut letters = all.by_ids::<DeadLetter>(ids, ColumnSet::ALL).await?;
        let loaded = |id: &Uuid| (*id, Loaded::of(Letter(letters.remove(id).map(One::new)), None));
        Ok(ids.iter().map(loaded).collect())
    }
    .boxed()
}

fn read_jobs<'a>(all: &'a Reader, ids: &'a [Uuid]) -> BoxFuture<'a, crate::kernel::Result<Things>> {
    async move {
        let jobs = progress::of(&all.db, ids).await?;
        let loaded = |job: job::Model| (job.id.uuid(), Loaded::of(JobUnderWay::from(job), None));
        Ok(jobs.into_iter().map(loaded).collect())
    }
    .boxed()
}

/// A dead letter, if it is still one.
struct Letter(Option<One<DeadLetter>>);

/// Work was given up, or what was given up is tried again or was discarded.
#[derive(SimpleObject)]
#[graphql(complex)]
pub struct DeadLetterChanged {
    #[graphql(flatten)]
    header: ItemHeader,
    /// Whether it is new (`CREATED`), tried again (`UPDATED`) or discarded (`DELETED`).
    kind: ChangeKind,
    /// Which it is.
    dead_letter_id: JobId,
    #[graphql(skip)]
    item: Item,
}

#[ComplexObject]
impl DeadLetterChanged {
    /// The dead letter; null when it is none any more.
    async fn dead_letter(&self) -> Option<One<DeadLetter>> {
        self.item.thing::<Letter>().and_then(|letter| letter.0.clone())
    }
}

impl From<Item> for DeadLetterChanged {
    fn from(item: Item) -> Self {
        let dead_letter_id = JobId::from_uuid(item.event.subject_id);
        DeadLetterChanged { header: item.header(), kind: item.kind, dead_letter_id, item }
    }
}

/// Work under way is further than before; when it ends nothing is told.
#[derive(SimpleObject)]
#[graphql(complex)]
pub struct JobChanged {
    #[graphql(flatten)]
    header: ItemHeader,
    #[graphql(skip)]
    item: Item,
}

#[ComplexObject]
impl JobChanged {
    /// How far it is now.
    async fn job(&self) -> Option<One<JobUnderWay>> {
        self.item.thing().map(One::Node)
    }
}

impl From<Item> for JobChanged {
    fn from(item: Item) -> Self {
        JobChanged { header: item.header(), item }
    }
}
