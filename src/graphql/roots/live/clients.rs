//! What streams tell of clients.

use async_graphql::{ComplexObject, Context, Result, SimpleObject, Subscription};
use futures_util::future::BoxFuture;
use futures_util::{FutureExt, Stream};
use uuid::Uuid;

use crate::domains::clients::{CLIENT_UPDATED, EVENTLOG_NEW};
use crate::graphql::fast::One;
use crate::graphql::live::{ChangeKind, Item, ItemHeader, Loaded, Subject, Things, Topic, current, subjects};
use crate::graphql::nodes::clients::{Client, EventLogEntry};
use crate::kernel::Error;
use crate::kernel::ids::{ClientId, TypedId};
use crate::platform::bus::Cursor;
use crate::platform::db::{Owner, Reader};

/// Changes of clients.
pub const UPDATED: Topic = Topic::of::<ClientUpdated>(CLIENT_UPDATED, subjects::<Client>)
    .on("clientUpdated", &ClientStream)
    .forgetting(|id| vec![ClientId::from_uuid(id).to_string()]);

/// New entries of histories. Nothing needs to be forgotten entry by entry: the client itself is told.
pub const EVENTLOG: Topic =
    Topic::of::<EventlogNew>(EVENTLOG_NEW, read_entries).on("eventlogNew", &ClientStream);

/// The fields of `Subscription`.
struct ClientStream;

#[Subscription]
impl ClientStream {
    /// Changes of clients that you may see.
    async fn client_updated(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Only this client.")] client_id: Option<ClientId>,
        #[graphql(desc = "First what was missed since this cursor.")] after: Option<Cursor>,
    ) -> Result<impl Stream<Item = ClientUpdated> + use<>> {
        let _ = (client_id, after); // read by `graphql/streams`
        current::<Item, _>(ctx)
    }

    /// New entries in the history of clients that you may see.
    async fn eventlog_new(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Only of this client.")] client_id: Option<ClientId>,
        #[graphql(desc = "First what was missed since this cursor.")] after: Option<Cursor>,
    ) -> Result<impl Stream<Item = EventlogNew> + use<>> {
        let _ = (client_id, after); // read by `graphql/streams`
        current::<Item, _>(ctx)
    }
}

impl Subject for Client {
    fn owner(&self) -> Option<Owner> {
        Some(Owner { team: self.team_id.uuid(), advisor: self.advisor_id.map(TypedId::uuid) })
    }
}

fn read_entries<'a>(all: &'a Reader, ids: &'a [Uuid]) -> BoxFuture<'a, crate::kernel::Result<Things>> {
    async move {
        let entries = all.with_parents::<EventLogEntry, Client>(ids, "client_id").await?;
        let loaded = |(id, (entry, client)): (_, (EventLogEntry, Client))| {
            (id, Loaded::of(entry, client.owner()).beside(client))
        };
        Ok(entries.into_iter().map(loaded).collect())
    }
    .boxed()
}

/// A client changed.
#[derive(SimpleObject)]
#[graphql(complex)]
pub struct ClientUpdated {
    #[graphql(flatten)]
    header: ItemHeader,
    /// What happened.
    kind: ChangeKind,
    /// The client's id, also when the client is not to be seen any more.
    client_id: ClientId,
    /// The fields that changed.
    changed_fields: Vec<String>,
    /// The client's version after the change.
    version: i32,
    #[graphql(skip)]
    item: Item,
}

#[ComplexObject]
impl ClientUpdated {
    /// The client as it is now; null when you lost access, or it is gone.
    async fn client(&self) -> Option<One<Client>> {
        self.item.thing().map(One::Node)
    }
}

impl From<Item> for ClientUpdated {
    fn from(item: Item) -> Self {
        ClientUpdated {
            header: item.header(),
            kind: item.kind,
            client_id: ClientId::from_uuid(item.event.subject_id),
            changed_fields: item.event.changed_fields.clone(),
            version: item.event.version,
            item,
        }
    }
}

/// A new entry of a client's history.
#[derive(SimpleObject)]
#[graphql(complex)]
pub struct EventlogNew {
    #[graphql(flatten)]
    header: ItemHeader,
    #[graphql(skip)]
    item: Item,
}

#[ComplexObject]
impl EventlogNew {
    /// The entry.
    async fn entry(&self) -> Result<One<EventLogEntry>> {
        let entry = self.item.thing().map(One::Node);
        entry.ok_or_else(|| Error::internal("an item of the history without its entry").into())
    }
}

impl From<Item> for EventlogNew {
    fn from(item: Item) -> Self {
        EventlogNew { header: item.header(), item }
    }
}
