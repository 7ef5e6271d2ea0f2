//! What streams tell of notifications.

use async_graphql::{ComplexObject, Context, Result, SimpleObject, Subscription};
use futures_util::future::BoxFuture;
use futures_util::{FutureExt, Stream};
use sea_orm::sea_query::SelectStatement;
use uuid::Uuid;

use crate::domains::notifications::NOTIFICATION_NEW;
use crate::domains::notifications::inbox::unread_beside;
use crate::graphql::fast::One;
use crate::graphql::live::{ChangeKind, Item, ItemHeader, Loaded, Things, Topic, current};
use crate::graphql::nodes::notifications::Notification;
use crate::kernel::Error;
use crate::platform::bus::Cursor;
use crate::platform::db::Reader;

/// What users are told of, and that they read it.
pub const NEW: Topic =
    Topic::of::<NotificationNew>(NOTIFICATION_NEW, read).on("notificationNew", &NotificationStream);

/// The field of `Subscription`.
struct NotificationStream;

#[Subscription]
impl NotificationStream {
    /// What you are told of, and what you marked as read on another screen.
    async fn notification_new(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "First what was missed since this cursor.")] after: Option<Cursor>,
    ) -> Result<impl Stream<Item = NotificationNew> + use<>> {
        let _ = after; // read by `graphql/streams`
        current::<Item, _>(ctx)
    }
}

fn read<'a>(all: &'a Reader, ids: &'a [Uuid]) -> BoxFuture<'a, crate::kernel::Result<Things>> {
    async move {
        let unread = |query: &mut SelectStatement| _ = query.expr(unread_beside());
        let read = all.beside::<Notification, i64>(ids, unread, |cells| cells.take()).await?;
        let loaded = |(id, (notification, unread))| {
            let read = Unread { notification: One::new(notification), unread };
            (id, Loaded::of(read, None)) // its audience is its user, for ever
        };
        Ok(read.into_iter().map(loaded).collect())
    }
    .boxed()
}

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
