//! What a viewer gets of an event: the item, with the thing as it is now.
//!
//! An event is judged twice: by its audience, written down when it happened, which tells who hears of it at all; and by
//! whose the thing is at the moment of sending, so that nobody is shown what is no longer theirs. The thing is read once
//! an event and server, whoever listens.

use std::sync::Arc;
use std::time::Duration;

use async_graphql::Context;
use futures_util::{Stream, StreamExt, stream};

use super::nodes::clients::{Client, EventLogEntry};
use crate::domains::clients::{CLIENT_UPDATED, EVENTLOG_NEW, event_log_entry, owner_columns};
use crate::kernel::ids::TypedId;
use crate::kernel::{Error, Result};
use crate::platform::auth::Viewer;
use crate::platform::bus::{Cursor, Event, Hub};
use crate::platform::db::{ChangeKind as Happened, Database, Heard, Owner, Reader, Wanted};
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

/// An event as one viewer gets it.
#[derive(Clone)]
pub struct Item {
    /// The event.
    pub event: Arc<Event>,
    /// What happened, for this viewer.
    pub kind: ChangeKind,
    /// The item before it on this stream.
    pub previous: Option<Cursor>,
    /// The thing as it is now; none when it is gone or was lost.
    pub subject: Option<Subject>,
}

impl Item {
    /// Where it stands.
    pub fn cursor(&self) -> Cursor {
        Cursor(self.event.position)
    }
}

/// A thing that streams tell of.
#[derive(Clone)]
pub enum Subject {
    /// A client.
    Client(Arc<Client>),
    /// An entry of a client's history.
    Entry(Arc<EventLogEntry>),
}

/// Request data: the item that a stream's resolver is to give; none while the document is only tried.
pub struct AtHand(pub Option<Item>);

/// The item at hand, as the resolvers of streams give it.
///
/// # Errors
/// `Invalid` on a transport that carries no streams.
pub fn items<T>(
    ctx: &Context<'_>,
    make: fn(Item) -> T,
) -> async_graphql::Result<impl Stream<Item = T> + use<T>> {
    let rule = "streams travel over a websocket at /graphql/ws, or as text/event-stream";
    let hand = ctx.data_opt::<AtHand>().ok_or_else(|| Error::invalid("query", rule))?;
    Ok(stream::iter(hand.0.clone()).map(make))
}

/// A thing, and whose it is now.
struct Found {
    owner: Option<Owner>,
    subject: Option<Subject>,
}

/// Reads the things that events tell of, each once.
#[derive(Clone)]
pub struct Subjects {
    database: Database,
    hub: Arc<Hub>,
    /// By the event's position, and by that of the last event before which whose things are may have been another's.
    found: moka::future::Cache<(i64, i64), Arc<Found>>,
}

/// So long a thing that was read is good for others who are sent the same event.
const FRESH: Duration = Duration::from_millis(500);

impl Subjects {
    /// Nothing was read yet.
    pub fn new(database: Database, hub: Arc<Hub>) -> Self {
        let found = moka::future::Cache::builder().max_capacity(10_000).time_to_live(FRESH).build();
        Subjects { database, hub, found }
    }

    /// What a viewer gets of an event; `None`: nothing.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn item(
        &self,
        event: &Arc<Event>,
        viewer: &Viewer,
        previous: Option<Cursor>,
    ) -> Result<Option<Item>, Arc<Error>> {
        let Some(heard) = event.audience.heard_by(viewer) else { return Ok(None) };
        let item = |kind, subject| Some(Item { event: event.clone(), kind, previous, subject });
        if heard == Heard::Loses {
            // Of a client's history nothing needs to be forgotten one by one: the client itself is told.
            return Ok(item(ChangeKind::AccessLost, None).filter(|item| item.event.topic == CLIENT_UPDATED));
        }
        let key = (event.position, self.hub.moved());
        let found = self.found.try_get_with(key, self.read(event)).await?;
        if found.owner.is_some_and(|owner| !viewer.sees(owner.team, owner.advisor)) {
            return Ok(None); // lost meanwhile: a later event tells so
        }
        let kind = match (heard, event.kind) {
            (Heard::Gains, _) | (_, Happened::Created) => ChangeKind::Created,
            (_, Happened::Updated) => ChangeKind::Updated,
            (_, Happened::Deleted) => ChangeKind::Deleted,
        };
        Ok(item(kind, found.subject.clone())
            .filter(|item| item.subject.is_some() || kind == ChangeKind::Deleted))
    }

    async fn read(&self, event: &Event) -> Result<Arc<Found>> {
        let all = Reader { db: self.database.own.clone(), viewer: Arc::new(Viewer::system("streams")) };
        let found = match event.topic.as_str() {
            CLIENT_UPDATED => {
                let client =
                    all.by_ids::<Client>(&[event.subject_id], Wanted::ALL).await?.remove(&event.subject_id);
                let owner = client.as_ref().map(|client| Owner {
                    team: client.team_id.uuid(),
                    advisor: client.advisor_id.map(TypedId::uuid),
                });
                Found { owner, subject: client.map(|client| Subject::Client(Arc::new(client))) }
            }
            EVENTLOG_NEW => {
                let owner = owner_columns(event_log_entry::Column::ClientId);
                let read = all.beside::<EventLogEntry, _>(event.subject_id, owner, |cells| {
                    Ok(Owner { team: cells.take()?, advisor: cells.take()? })
                });
                match read.await? {
                    Some((entry, owner)) => {
                        Found { owner: Some(owner), subject: Some(Subject::Entry(Arc::new(entry))) }
                    }
                    None => Found { owner: None, subject: None },
                }
            }
            other => return Err(Error::internal(format!("nobody knows what {other} tells of"))),
        };
        Ok(Arc::new(found))
    }
}
