//! What streams tell of how things stand in Odoo.

use std::collections::HashMap;

use async_graphql::{ComplexObject, ID, SimpleObject};
use futures_util::FutureExt;

use super::clients::owner;
use crate::domains::sync::SYNC_CHANGED;
use crate::graphql::fast::One;
use crate::graphql::live::{Item, ItemHeader, Loaded, Topic};
use crate::graphql::nodes::clients::Client;
use crate::graphql::nodes::sync::SyncState;
use crate::kernel::ids::{TypedId, print};
use crate::platform::db::ColumnSet;

/// Things that stand otherwise than before.
pub const CHANGED: Topic = Topic {
    name: SYNC_CHANGED,
    field: "syncChanged",
    read: |all, ids| {
        async move {
            let states = all.with_parents::<SyncState, Client>(ids, "client_id").await?;
            let found = |(id, (state, client)): (_, (SyncState, Client))| {
                (id, Loaded::of(state, Some(owner(&client))).beside(client))
            };
            let mut found: HashMap<_, _> = states.into_iter().map(found).collect();
            let alone: Vec<_> = ids.iter().copied().filter(|id| !found.contains_key(id)).collect();
            if !alone.is_empty() {
                // What hangs on no client was told to admins alone.
                let states = all.by_ids::<SyncState>(&alone, ColumnSet::ALL).await?;
                found.extend(states.into_iter().map(|(id, state)| (id, Loaded::of(state, None))));
            }
            Ok(found)
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
