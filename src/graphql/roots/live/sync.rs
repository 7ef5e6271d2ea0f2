//! What streams tell of how things stand in Odoo.

use async_graphql::{ComplexObject, ID, SimpleObject};
use futures_util::FutureExt;

use crate::domains::clients::owner_columns;
use crate::domains::sync::SYNC_CHANGED;
use crate::graphql::fast::One;
use crate::graphql::live::{Found, Item, Told, Topic};
use crate::graphql::nodes::sync::SyncState;
use crate::kernel::ids::{TypedId, print};
use crate::platform::db::Owner;
use crate::platform::db::tables::sync_external::Column;

/// Things that stand otherwise than before.
pub const CHANGED: Topic = Topic {
    name: SYNC_CHANGED,
    field: "syncChanged",
    read: |all, id| {
        async move {
            let read = all.beside::<SyncState, _>(id, owner_columns(Column::ClientId), |cells| {
                let (team, advisor) = (cells.take::<Option<uuid::Uuid>>()?, cells.take()?);
                Ok(team.map(|team| Owner { team, advisor }))
            });
            let (state, owner) = read.await?.unzip();
            // What hangs on no client was told to admins alone.
            Ok(Found::of(state, owner.flatten()))
        }
        .boxed()
    },
    forget: None,
};

/// A thing stands otherwise in Odoo than before.
#[derive(SimpleObject)]
#[graphql(complex)]
pub struct SyncChanged {
    #[graphql(flatten)]
    told: Told,
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
        SyncChanged { told: item.told(), item }
    }
}
