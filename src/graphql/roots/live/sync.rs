//! What streams tell of how things stand in Odoo.

use async_graphql::{ComplexObject, Context, ID, Result, SimpleObject, Subscription};
use futures_util::future::BoxFuture;
use futures_util::{FutureExt, Stream};
use uuid::Uuid;

use crate::domains::sync::SYNC_CHANGED;
use crate::graphql::fast::One;
use crate::graphql::live::{Item, ItemHeader, Loaded, Subject, Things, Topic, current};
use crate::graphql::nodes::clients::Client;
use crate::graphql::nodes::sync::SyncState;
use crate::kernel::ids::{TypedId, print};
use crate::platform::bus::Cursor;
use crate::platform::db::{ColumnSet, Reader};

/// Things that stand otherwise than before.
pub const CHANGED: Topic = Topic::of::<SyncChanged>(SYNC_CHANGED, read).on("syncChanged", &SyncStream);

/// The field of `Subscription`.
struct SyncStream;

#[Subscription]
impl SyncStream {
    /// Things that you may see and that stand otherwise in Odoo than before.
    async fn sync_changed(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "First what was missed since this cursor.")] after: Option<Cursor>,
    ) -> Result<impl Stream<Item = SyncChanged> + use<>> {
        let _ = after; // read by `graphql/streams`
        current::<Item, _>(ctx)
    }
}

fn read<'a>(all: &'a Reader, ids: &'a [Uuid]) -> BoxFuture<'a, crate::kernel::Result<Things>> {
    async move {
        let states = all.with_parents::<SyncState, Client>(ids, "client_id").await?;
        let loaded = |(id, (state, client)): (_, (SyncState, Client))| {
            (id, Loaded::of(state, client.owner()).beside(client))
        };
        let mut found: Things = states.into_iter().map(loaded).collect();
        let alone: Vec<_> = ids.iter().copied().filter(|id| !found.contains_key(id)).collect();
        if !alone.is_empty() {
            // What hangs on no client was told to admins alone.
            let states = all.by_ids::<SyncState>(&alone, ColumnSet::ALL).await?;
            found.extend(states.into_iter().map(|(id, state)| (id, Loaded::of(state, None))));
        }
        Ok(found)
    }
    .boxed()
}

/// A thing stands otherwise in Odoo than before.
#[derive(SimpleObject)]
#[graphql(complex)]
pub struct SyncChanged {
    #[graphql(flatten)]
    header: ItemHeader,
    #[graphql(skip)]
    item: Item,
}

#[ComplexObject]
impl SyncChanged {
    /// Id of the thing: of a client, a contact and so on. The one that the screen shows.
    async fn subject_id(&self) -> Option<ID> {
        let state = self.item.thing::<SyncState>()?;
        Some(ID(print(&state.local_type, state.id.uuid())))
    }

    /// How it stands now.
    async fn sync(&self) -> Option<One<SyncState>> {
        self.item.thing().map(One::Node)
    }
}

impl From<Item> for SyncChanged {
    fn from(item: Item) -> Self {
        SyncChanged { header: item.header(), item }
    }
}
