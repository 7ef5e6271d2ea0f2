//! What streams tell of notifications.

use async_graphql::{ComplexObject, Result, SimpleObject};
use futures_util::FutureExt;
use sea_orm::sea_query::SelectStatement;

use crate::domains::notifications::NOTIFICATION_NEW;
use crate::domains::notifications::inbox::unread_beside;
use crate::graphql::fast::One;
use crate::graphql::live::{ChangeKind, Item, ItemHeader, Loaded, Topic};
use crate::graphql::nodes::notifications::Notification;
use crate::kernel::Error;

/// What users are told of, and that they read it.
pub const NEW: Topic = Topic {
    name: NOTIFICATION_NEW,
    field: "notificationNew",
    read: |all, ids| {
        async move {
            let unread = |query: &mut SelectStatement| _ = query.expr(unread_beside());
            let read = all.beside::<Notification, i64>(ids, unread, |cells| cells.take()).await?;
            let found = |(id, (notification, unread))| {
                let read = Unread { notification: One::new(notification), unread };
                (id, Loaded::of(read, None)) // its audience is its user, for ever
            };
            Ok(read.into_iter().map(found).collect())
        }
        .boxed()
    },
    forget: None,
};

/// A notification, and how many its user has not read.
struct Unread {
    notification: One<Notification>,
    unread: i64,
}

/// You are told of something new, or something was marked as read or unread on another screen of yours.
#[derive(SimpleObject)]
#[graphql(complex)]
pub struct NotificationNew {
    #[graphql(flatten)]
    header: ItemHeader,
    /// Whether it is new, or was marked. After `notificationMarkAllRead` a single item tells of the newest: when
    /// `unreadCount` is not what you count, fetch the list anew.
    kind: ChangeKind,
    #[graphql(skip)]
    item: Item,
}

#[ComplexObject]
impl NotificationNew {
    /// The notification.
    async fn notification(&self) -> Result<One<Notification>> {
        Ok(self.read()?.notification.clone())
    }
    /// How many you have not read now.
    async fn unread_count(&self) -> Result<i64> {
        Ok(self.read()?.unread)
    }
}

impl NotificationNew {
    fn read(&self) -> Result<std::sync::Arc<Unread>, Error> {
        self.item.thing().ok_or_else(|| Error::internal("an item of a notification without it"))
    }
}

impl From<Item> for NotificationNew {
    fn from(item: Item) -> Self {
        NotificationNew { header: item.header(), kind: item.kind, item }
    }
}
