//! What a viewer gets of an event: the item, with the thing as it is now.
//!
//! An event is judged twice: by its audience, written down when it happened, which tells who hears of it at all; and by
//! whose the thing is at the moment of sending, so that nobody is shown what is no longer theirs. The thing is read once
//! an event and server, whoever listens, and with it the things of the events behind it that wait already.

use std::any::Any;
use std::collections::HashMap;
use std::iter;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use async_graphql::{Context, SimpleObject};
use futures_util::future::BoxFuture;
use futures_util::{Stream, StreamExt, stream};
use moka::policy::EvictionPolicy;
use tokio::sync::OnceCell;
use uuid::Uuid;

use super::fast::Known;
use crate::kernel::ids::EventId;
use crate::kernel::{Error, Result};
use crate::platform::auth::Viewer;
use crate::platform::bus::{Cursor, Event, Hub};
use crate::platform::db::{ChangeKind as Happened, Database, Heard, Owner, Reader};
use crate::words;

words! {
    /// What happened to a thing, for you.
    pub enum ChangeKind {
        /// It is new, or new to you.
        Created = "CREATED",
        /// Fields of it changed.
        Updated = "UPDATED",
        /// It is gone.
        Deleted = "DELETED",
        /// You see it no more: forget what you know of it.
        AccessLost = "ACCESS_LOST",
    }
}

/// A channel whose events screens are told of.
pub struct Topic {
    /// The channel.
    pub name: &'static str,
    /// The stream that follows it alone.
    pub field: &'static str,
    /// Reads the things that events tell of, by their ids, with the eyes of a viewer who sees everything.
    pub read: for<'a> fn(&'a Reader, &'a [Uuid]) -> BoxFuture<'a, Result<Things>>,
    /// The ids that whoever loses sight of the thing is told to forget; `None`: it is told of what it hangs on.
    pub forget: Option<fn(Uuid) -> Vec<String>>,
}

/// Things by their ids.
pub type Things = HashMap<Uuid, Found>;

/// A thing that streams tell of, and whose it is now.
#[derive(Clone, Default)]
pub struct Found {
    /// `None`: the audience alone tells.
    owner: Option<Owner>,
    /// `None`: there is nothing to tell of. (What tells that something is gone holds the fact.)
    thing: Option<Arc<dyn Any + Send + Sync>>,
    known: Option<Known>,
}

impl Found {
    /// What was read.
    pub fn of(thing: impl Any + Send + Sync, owner: Option<Owner>) -> Found {
        Found { owner, thing: Some(Arc::new(thing)), known: None }
    }

    /// With the row that was read beside it, which whoever sees the thing sees too.
    pub fn beside(self, row: impl Any + Send + Sync) -> Found {
        Found { known: Some(Known(Arc::new(row))), ..self }
    }
}

/// An event as one viewer gets it.
#[derive(Clone)]
pub struct Item {
    /// The event.
    pub event: Arc<Event>,
    /// What happened, for this viewer.
    pub kind: ChangeKind,
    /// The item before it on this stream.
    pub previous: Option<Cursor>,
    thing: Option<Arc<dyn Any + Send + Sync>>,
    known: Option<Known>,
}

impl Item {
    /// Where it stands.
    pub fn cursor(&self) -> Cursor {
        Cursor(self.event.position)
    }

    /// The thing as it is now; none when it is gone or was lost.
    pub fn thing<T: Any + Send + Sync>(&self) -> Option<Arc<T>> {
        self.thing.clone()?.downcast().ok()
    }

    /// What was read beside the thing.
    pub fn known(&self) -> Option<Known> {
        self.known.clone()
    }

    /// What all items tell.
    pub fn told(&self) -> Told {
        Told { cursor: self.cursor(), previous: self.previous, event_id: self.event.event_id }
    }
}

/// What all items tell; flattened into each of them.
#[derive(Clone, Copy, Debug, SimpleObject)]
pub struct Told {
    /// Where this item stands: resume `after` it.
    cursor: Cursor,
    /// The cursor of the item before this one on this stream: when it is yours, you missed nothing. Null on the first
    /// item of a stream that began without a cursor.
    previous: Option<Cursor>,
    /// The change; the mutation that made it told the same id.
    event_id: EventId,
}

/// Request data: what a stream's resolver is to give, an item or figures; none while the document is only tried.
pub struct AtHand<H>(pub Option<H>);

/// What is at hand, as the resolvers of streams give it.
///
/// # Errors
/// `Invalid` on a transport that carries no streams.
pub fn at_hand<H: Any + Clone + Send + Sync, T: From<H>>(
    ctx: &Context<'_>,
) -> async_graphql::Result<impl Stream<Item = T> + use<H, T>> {
    let rule = "streams travel over a websocket at /graphql/ws, or as text/event-stream";
    let hand = ctx.data_opt::<AtHand<H>>().ok_or_else(|| Error::invalid("query", rule))?;
    Ok(stream::iter(hand.0.clone()).map(T::from))
}

/// Reads the things that events tell of, each once.
#[derive(Clone)]
pub struct Subjects {
    database: Database,
    hub: Arc<Hub>,
    topics: &'static [Topic],
    /// By the event's position, and by that of the last event before which whose things are may have been another's.
    readings: moka::sync::Cache<(i64, i64), Arc<Reading>>,
    /// Held while a reading is sought and begun: so none is begun twice.
    beginning: Arc<Mutex<()>>,
}

/// One reading for several events.
struct Reading {
    ids: Vec<Uuid>,
    /// When it ended, and what was found.
    found: OnceCell<(Instant, Result<Things, Arc<Error>>)>,
}

/// So long a thing that was read is good for others who are sent the same event.
const FRESH: Duration = Duration::from_millis(500);
/// Events whose things are read together.
const TOGETHER: usize = 100;

impl Reading {
    /// Whether it is under way, or what it found still holds.
    fn holds(&self) -> bool {
        self.found.get().is_none_or(|(at, found)| found.is_ok() && at.elapsed() < FRESH)
    }
}

impl Subjects {
    /// Nothing was read yet.
    pub fn new(database: Database, hub: Arc<Hub>, topics: &'static [Topic]) -> Self {
        let keep = Duration::from_secs(10); // longer than any reading takes
        // The oldest make way: what comes is always new, and a cache that prefers what is asked for often would refuse it.
        let readings = moka::sync::Cache::builder()
            .max_capacity(10_000)
            .eviction_policy(EvictionPolicy::lru())
            .time_to_live(keep)
            .build();
        Subjects { database, hub, topics, readings, beginning: Arc::default() }
    }

    /// What a viewer gets of an event; `None`: nothing. What the same viewer gets of those `behind` it is read with it.
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
        let Some(topic) = self.topics.iter().find(|topic| topic.name == event.topic) else { return Ok(None) };
        let Some(heard) = event.audience.heard_by(viewer) else { return Ok(None) };
        let item = |kind, Found { thing, known, .. }| {
            Some(Item { event: event.clone(), kind, previous, thing, known })
        };
        if heard == Heard::Loses {
            return Ok(topic.forget.and_then(|_| item(ChangeKind::AccessLost, Found::default())));
        }
        let reading = self.reading(event, behind, viewer);
        let read = async || (Instant::now(), self.read(topic, &reading.ids).await.map_err(Arc::new));
        let (_, found) = reading.found.get_or_init(read).await;
        let found = found.as_ref().map_err(Arc::clone)?.get(&event.subject_id).cloned().unwrap_or_default();
        if found.owner.is_some_and(|owner| !viewer.sees(owner.team, owner.advisor)) {
            return Ok(None); // lost meanwhile: a later event tells so
        }
        let kind = match (heard, event.kind) {
            (Heard::Gains, _) | (_, Happened::Created) => ChangeKind::Created,
            (_, Happened::Updated) => ChangeKind::Updated,
            (_, Happened::Deleted) => ChangeKind::Deleted,
        };
        Ok(item(kind, found).filter(|item| item.thing.is_some()))
    }

    /// The reading that holds an event's thing: one that somebody else began, or a new one for all that is not being read
    /// yet.
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
