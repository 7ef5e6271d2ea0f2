//! What a viewer receives of an event: an item with the current state of its subject.
//!
//! An event is judged twice: by its audience, which was stored with it and decides who receives it at all; and by the
//! owner of the subject when it is sent, so that nobody is shown a record that they have lost. The subject is read once
//! per event and process for all subscribers, together with those of the events that already wait after it.

mod topic;

use std::any::Any;
use std::iter;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use async_graphql::{Context, ID, SimpleObject};
use futures_util::{Stream, StreamExt, stream};
use moka::policy::EvictionPolicy;
use tokio::sync::OnceCell;
use uuid::Uuid;

use super::fast::Preloaded;
use crate::kernel::ids::EventId;
use crate::kernel::{Error, Result};
use crate::platform::auth::Viewer;
use crate::platform::bus::{Cursor, Event, Hub};
use crate::platform::db::{ChangeKind as Happened, Database, Heard, Reader};
use crate::words;

pub use topic::{Loaded, Member, StreamField, StreamRoot, Subject, Things, Topic, subjects};

words! {
    /// What happened to the record, as you see it.
    pub enum ChangeKind {
        /// It was created, or you may see it now.
        Created = "CREATED",
        /// Some of its fields changed.
        Updated = "UPDATED",
        /// It was deleted.
        Deleted = "DELETED",
        /// You may no longer see it: remove it from your cache.
        AccessLost = "ACCESS_LOST",
    }
}

/// An event as one viewer receives it.
#[derive(Clone)]
pub struct Item {
    /// The event.
    pub event: Arc<Event>,
    /// What happened, for this viewer.
    pub kind: ChangeKind,
    /// The item before it on this stream.
    pub previous: Option<Cursor>,
    /// How its topic is delivered.
    pub topic: &'static Topic,
    thing: Option<Arc<dyn Any + Send + Sync>>,
    preloaded: Option<Preloaded>,
}

impl Item {
    /// Its position in the stream.
    pub fn cursor(&self) -> Cursor {
        Cursor(self.event.position)
    }

    /// The current state of the subject; `None` when it was deleted or access was lost.
    pub fn thing<T: Any + Send + Sync>(&self) -> Option<Arc<T>> {
        self.thing.clone()?.downcast().ok()
    }

    /// The row that was read with the subject.
    pub fn preloaded(&self) -> Option<Preloaded> {
        self.preloaded.clone()
    }

    /// The ids that the viewer must forget; empty unless access was lost.
    pub fn lost(&self) -> Vec<ID> {
        let ids = self.topic.forget.filter(|_| self.kind == ChangeKind::AccessLost);
        ids.map(|of| of(self.event.subject_id)).unwrap_or_default().into_iter().map(ID).collect()
    }

    /// The fields that all items share.
    pub fn header(&self) -> ItemHeader {
        ItemHeader { cursor: self.cursor(), previous: self.previous, event_id: self.event.event_id }
    }
}

/// The fields that all items share; flattened into each of them.
#[derive(Clone, Copy, Debug, SimpleObject)]
pub struct ItemHeader {
    /// Position of this item: to resume the stream, pass it as `after`.
    cursor: Cursor,
    /// The cursor of the previous item on this stream: if it is the last that you received, you missed nothing. Null on
    /// the first item of a stream that began without a cursor.
    previous: Option<Cursor>,
    /// Id of the change; the payload of the mutation that made it has the same.
    event_id: EventId,
}

/// Request data: the item or the figures that the resolver of a subscription returns; `None` while the document is only
/// validated.
pub struct Current<H>(pub Option<H>);

/// The current item, as the resolvers of subscriptions return it.
///
/// # Errors
/// `Invalid` on a transport that carries no streams.
pub fn current<H: Any + Clone + Send + Sync, T: From<H>>(
    ctx: &Context<'_>,
) -> async_graphql::Result<impl Stream<Item = T> + use<H, T>> {
    let rule = "streams travel over a websocket at /graphql/ws, or as text/event-stream";
    let current = ctx.data_opt::<Current<H>>().ok_or_else(|| Error::invalid("query", rule))?;
    Ok(stream::iter(current.0.clone()).map(T::from))
}

/// Reads the subjects of events, each of them once.
#[derive(Clone)]
pub struct SubjectLoader {
    database: Database,
    hub: Arc<Hub>,
    topics: &'static [Topic],
    /// By the position of the event, and by that of the last event that may have changed an owner.
    readings: moka::sync::Cache<(i64, i64), Arc<Reading>>,
    /// Held while a reading is looked up or begun, so that none is begun twice.
    beginning: Arc<Mutex<()>>,
}

/// One query for the subjects of several events.
struct Reading {
    ids: Vec<Uuid>,
    /// When it ended, and its result.
    found: OnceCell<(Instant, Result<Things, Arc<Error>>)>,
}

/// How long a subject that was read is reused for other subscribers of the same event.
const FRESH: Duration = Duration::from_millis(500);
/// Events whose subjects are read with one query.
const TOGETHER: usize = 100;

impl Reading {
    /// Whether it is still running, or its result is recent enough.
    fn holds(&self) -> bool {
        self.found.get().is_none_or(|(at, found)| found.is_ok() && at.elapsed() < FRESH)
    }
}

impl SubjectLoader {
    /// With an empty cache.
    pub fn new(database: Database, hub: Arc<Hub>, topics: &'static [Topic]) -> Self {
        let keep = Duration::from_secs(10); // longer than any reading takes
        // The oldest make way: what comes is always new, and a cache that prefers what is asked for often would refuse it.
        let readings = moka::sync::Cache::builder()
            .max_capacity(10_000)
            .eviction_policy(EvictionPolicy::lru())
            .time_to_live(keep)
            .build();
        SubjectLoader { database, hub, topics, readings, beginning: Arc::default() }
    }

    /// What a viewer receives of an event, `None` for nothing. The subjects of the events `behind` it are read with the
    /// same query.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn item<'a>(
        &self,
        event: &'a Arc<Event>,
        behind: impl Iterator<Item = &'a Arc<Event>> + Send,
        viewer: &Viewer,
        previous: Option<Cursor>,
    ) -> Result<Option<Item>, Arc<Error>> {
        let Some(topic) = self.topics.iter().find(|topic| event.topic == topic.channel) else {
            return Ok(None);
        };
        let Some(heard) = event.audience.heard_by(viewer) else { return Ok(None) };
        let item = |kind, Loaded { thing, preloaded, .. }| {
            Some(Item { event: event.clone(), kind, previous, topic, thing, preloaded })
        };
        if heard == Heard::Loses {
            return Ok(topic.forget.and_then(|_| item(ChangeKind::AccessLost, Loaded::default())));
        }
        let reading = self.reading(event, behind, viewer);
        let read = async || (Instant::now(), self.read(topic, &reading.ids).await.map_err(Arc::new));
        let (_, found) = reading.found.get_or_init(read).await;
        let found = found.as_ref().map_err(Arc::clone)?.get(&event.subject_id).cloned().unwrap_or_default();
        if found.owner.is_some_and(|owner| !viewer.sees(owner.team, owner.advisor)) {
            return Ok(None); // access was lost meanwhile; a later event tells so
        }
        let kind = match (heard, event.kind) {
            (Heard::Gains, _) | (_, Happened::Created) => ChangeKind::Created,
            (_, Happened::Updated) => ChangeKind::Updated,
            (_, Happened::Deleted) => ChangeKind::Deleted,
        };
        Ok(item(kind, found).filter(|item| item.thing.is_some()))
    }

    /// The reading that holds the subject of an event: one that another subscriber began, or a new one for all subjects
    /// that are not being read yet.
    fn reading<'a>(
        &self,
        event: &'a Arc<Event>,
        behind: impl Iterator<Item = &'a Arc<Event>>,
        viewer: &Viewer,
    ) -> Arc<Reading> {
        let moved = self.hub.moved();
        let begun =
            |event: &Event| self.readings.get(&(event.position, moved)).filter(|reading| reading.holds());
        let _alone = self.beginning.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(reading) = begun(event) {
            return reading;
        }
        let wanted = |next: &&Arc<Event>| {
            let shown = next.audience.heard_by(viewer).is_some_and(|heard| heard != Heard::Loses);
            shown && next.topic == event.topic && begun(next).is_none()
        };
        let events: Vec<_> = iter::once(event).chain(behind.filter(wanted).take(TOGETHER - 1)).collect();
        let mut ids: Vec<Uuid> = events.iter().map(|event| event.subject_id).collect();
        ids.sort_unstable();
        ids.dedup();
        let reading = Arc::new(Reading { ids, found: OnceCell::new() });
        for event in events {
            self.readings.insert((event.position, moved), reading.clone());
        }
        reading
    }

    async fn read(&self, topic: &Topic, ids: &[Uuid]) -> Result<Things> {
        let all = Reader { db: self.database.own.clone(), viewer: Arc::new(Viewer::system("streams")) };
        (topic.read)(&all, ids).await
    }
}
