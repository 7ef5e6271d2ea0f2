//! What streams tell of clients.

use async_graphql::{ComplexObject, Result, SimpleObject};
use futures_util::FutureExt;

use crate::domains::clients::{CLIENT_UPDATED, EVENTLOG_NEW};
use crate::graphql::fast::One;
use crate::graphql::live::{ChangeKind, Item, ItemHeader, Loaded, Topic};
use crate::graphql::nodes::clients::{Client, EventLogEntry};
use crate::kernel::Error;
use crate::kernel::ids::{ClientId, TypedId};
use crate::platform::db::{ColumnSet, Owner};

/// Changes of clients.
pub const UPDATED: Topic = Topic {
    name: CLIENT_UPDATED,
    field: "clientUpdated",
    read: |all, ids| {
        async move {
            let clients = all.by_ids::<Client>(ids, ColumnSet::ALL).await?;
            let found = |(id, client): (_, Client)| (id, Loaded::of(client.clone(), Some(owner(&client))));
            Ok(clients.into_iter().map(found).collect())
        }
        .boxed()
    },
    forget: Some(|id| vec![ClientId::from_uuid(id).to_string()]),
};

/// New entries of histories. Nothing needs to be forgotten entry by entry: the client itself is told.
pub const EVENTLOG: Topic = Topic {
    name: EVENTLOG_NEW,
    field: "eventlogNew",
    read: |all, ids| {
        async move {
            let entries = all.with_parents::<EventLogEntry, Client>(ids, "client_id").await?;
            let found = |(id, (entry, client)): (_, (EventLogEntry, Client))| {
                (id, Loaded::of(entry, Some(owner(&client))).beside(client))
            };
            Ok(entries.into_iter().map(found).collect())
        }
        .boxed()
    },
    forget: None,
};

/// Whose a client is now.
pub(super) fn owner(client: &Client) -> Owner {
    Owner { team: client.team_id.uuid(), advisor: client.advisor_id.map(TypedId::uuid) }
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
