//! What happens while one looks: all streams in one list, and the same items as a query.
//!
//! A stream is not run by the executor: `graphql/live` follows the events, judges each for its viewer, and has one item
//! at a time written here. So the resolvers below only turn the item at hand into its type.

use async_graphql::{Context, ID, Object, Result, SimpleObject, Subscription, Union};
use futures_util::Stream;

use crate::domains::clients::{CLIENT_UPDATED, EVENTLOG_NEW};
use crate::graphql::context::Ask;
use crate::graphql::fast::One;
use crate::graphql::live::{ChangeKind, Item, Subject, Subjects, items};
use crate::graphql::nodes::clients::{Client, EventLogEntry};
use crate::kernel::Error;
use crate::kernel::ids::{ClientId, EventId, TypedId};
use crate::platform::bus::{Cursor, Follower};
use crate::platform::db::{DEFAULT_PAGE, MAX_PAGE};

/// A client changed.
pub struct ClientUpdated(Item);

/// A client changed.
#[Object]
impl ClientUpdated {
    /// Where this item stands: resume `after` it.
    async fn cursor(&self) -> Cursor {
        self.0.cursor()
    }
    /// The cursor of the item before this one on this stream: when it is yours, you missed nothing. Null on the first
    /// item of a stream that began without a cursor.
    async fn previous(&self) -> Option<Cursor> {
        self.0.previous
    }
    /// The change; the mutation that made it told the same id.
    async fn event_id(&self) -> EventId {
        self.0.event.event_id
    }
    /// What happened.
    async fn kind(&self) -> ChangeKind {
        self.0.kind
    }
    /// The client's id, also when the client is not to be seen any more.
    async fn client_id(&self) -> ClientId {
        ClientId::from_uuid(self.0.event.subject_id)
    }
    /// The fields that changed.
    async fn changed_fields(&self) -> &[String] {
        &self.0.event.changed_fields
    }
    /// The client's version after the change.
    async fn version(&self) -> i32 {
        self.0.event.version
    }
    /// The client as it is now; null when you lost access, or it is gone.
    async fn client(&self) -> Option<One<Client>> {
        match &self.0.subject {
            Some(Subject::Client(client)) => Some(One::Node(client.clone())),
            _ => None,
        }
    }
}

/// A new entry of a client's history.
pub struct EventlogNew(Item);

/// A new entry of a client's history.
#[Object]
impl EventlogNew {
    /// Where this item stands: resume `after` it.
    async fn cursor(&self) -> Cursor {
        self.0.cursor()
    }
    /// The cursor of the item before this one on this stream: when it is yours, you missed nothing. Null on the first
    /// item of a stream that began without a cursor.
    async fn previous(&self) -> Option<Cursor> {
        self.0.previous
    }
    /// The change; the mutation that made it told the same id.
    async fn event_id(&self) -> EventId {
        self.0.event.event_id
    }
    /// The entry.
    async fn entry(&self) -> Result<One<EventLogEntry>> {
        match &self.0.subject {
            Some(Subject::Entry(entry)) => Ok(One::Node(entry.clone())),
            _ => Err(Error::internal("an item of the history without its entry").into()),
        }
    }
}

/// You see something no more: forget what you know of it.
#[derive(SimpleObject)]
pub struct AccessLost {
    /// Where this item stands: resume `after` it.
    cursor: Cursor,
    /// The cursor of the item before this one on this stream.
    previous: Option<Cursor>,
    /// The change.
    event_id: EventId,
    /// The ids to forget, with all that hangs on them.
    ids: Vec<ID>,
}

/// Anything that happens.
#[derive(Union)]
pub enum FeedItem {
    /// A client changed.
    Client(ClientUpdated),
    /// A new entry of a client's history.
    Entry(EventlogNew),
    /// You see something no more.
    Lost(AccessLost),
}

impl From<Item> for FeedItem {
    fn from(item: Item) -> Self {
        match (&item.subject, item.kind) {
            (_, ChangeKind::AccessLost) => FeedItem::Lost(AccessLost {
                cursor: item.cursor(),
                previous: item.previous,
                event_id: item.event.event_id,
                ids: vec![ID(ClientId::from_uuid(item.event.subject_id).to_string())],
            }),
            (Some(Subject::Entry(_)), _) => FeedItem::Entry(EventlogNew(item)),
            _ => FeedItem::Client(ClientUpdated(item)),
        }
    }
}

/// All that screens hear of.
const ALL: &[&str] = &[CLIENT_UPDATED, EVENTLOG_NEW];

/// The channels that a stream follows, by its field.
pub fn topics_of(field: &str) -> &'static [&'static str] {
    match field {
        "clientUpdated" => &[CLIENT_UPDATED],
        "eventlogNew" => &[EVENTLOG_NEW],
        "feed" => ALL,
        _ => &[],
    }
}

/// All streams.
#[derive(Default)]
pub struct LiveSubscription;

/// All that can be followed.
#[Subscription(name = "Subscription")]
impl LiveSubscription {
    /// Changes of clients that you may see.
    async fn client_updated(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Only this client.")] client_id: Option<ClientId>,
        #[graphql(desc = "First what was missed since this cursor.")] after: Option<Cursor>,
    ) -> Result<impl Stream<Item = ClientUpdated> + use<>> {
        let _ = (client_id, after); // read by `graphql/live`
        items(ctx, ClientUpdated)
    }

    /// New entries in the history of clients that you may see.
    async fn eventlog_new(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Only of this client.")] client_id: Option<ClientId>,
        #[graphql(desc = "First what was missed since this cursor.")] after: Option<Cursor>,
    ) -> Result<impl Stream<Item = EventlogNew> + use<>> {
        let _ = (client_id, after);
        items(ctx, EventlogNew)
    }

    /// All that happens and that you may see: what an app lives on.
    async fn feed(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "First what was missed since this cursor.")] after: Option<Cursor>,
    ) -> Result<impl Stream<Item = FeedItem> + use<>> {
        let _ = after;
        items(ctx, FeedItem::from)
    }
}

/// What happened since a cursor.
#[derive(SimpleObject)]
pub struct ChangeConnection {
    /// What happened, in its order.
    nodes: Vec<FeedItem>,
    /// Where the page lies.
    page_info: ChangePageInfo,
}

/// Where a page of changes lies.
#[derive(SimpleObject)]
pub struct ChangePageInfo {
    /// Whether there may be more: ask again after `endCursor`. A page may be empty and yet not be the last, for what you
    /// may not see is skipped.
    has_next_page: bool,
    /// Where the page ends.
    end_cursor: Cursor,
}

/// Events that are looked at for one page.
const LOOKED_AT: usize = 2000;

/// Root query of the streams.
#[derive(Default)]
pub struct LiveQuery;

#[Object]
impl LiveQuery {
    /// What happened since a cursor, as the stream `feed` tells it: for screens that ask now and then.
    async fn changes(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Since then: the cursor of an item, or `extensions.cursor` of an answer.")]
        after: Cursor,
        #[graphql(desc = "At most so many: 25 unless told, at most 100.")] first: Option<i32>,
    ) -> Result<ChangeConnection> {
        let (services, viewer) = (ctx.services()?, ctx.viewer()?);
        let subjects: &Subjects = ctx.data()?;
        let limit = match usize::try_from(first.unwrap_or(DEFAULT_PAGE)) {
            Ok(limit) if limit <= MAX_PAGE as usize => limit,
            _ => return Err(Error::invalid("first", format!("must be between 0 and {MAX_PAGE}")).into()),
        };
        let follower = Follower::start(services.hub.clone(), services.database.clone(), Some(after));
        let (mut follower, mut items, mut at) = (follower.await?, Vec::new(), after);
        let (mut previous, mut looked_at, mut more) = (after, 0, limit > 0);
        while more && items.len() < limit && looked_at < LOOKED_AT {
            let events = follower.waiting().await.map_err(Error::from)?;
            more = !events.is_empty();
            for event in events {
                if items.len() == limit {
                    break;
                }
                (looked_at, at) = (looked_at + 1, Cursor(event.position));
                if !ALL.contains(&event.topic.as_str()) {
                    continue;
                }
                let item = subjects.item(&event, viewer, Some(previous)).await;
                if let Some(item) = item.map_err(|error| Error::internal(error.to_string()))? {
                    previous = item.cursor();
                    items.push(FeedItem::from(item));
                }
            }
        }
        Ok(ChangeConnection {
            nodes: items,
            page_info: ChangePageInfo { has_next_page: more, end_cursor: at },
        })
    }
}
