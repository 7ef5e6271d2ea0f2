//! What can be done with notifications, and the payload.

use async_graphql::{Context, InputObject, Object, Result};
use futures_util::FutureExt;

use crate::domains::notifications::inbox::{self, NotificationErrorCode};
use crate::graphql::context::Ask;
use crate::graphql::nodes::notifications::Notification;
use crate::graphql::payload::{origin, write};
use crate::kernel::ids::NotificationId;
use crate::payload;

/// Root mutations of notifications.
#[derive(Default)]
pub struct NotificationsMutation;

#[Object]
impl NotificationsMutation {
    /// Marks a notification of yours as read.
    async fn notification_mark_read(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which notification.")] input: NotificationMarkInput,
    ) -> Result<NotificationPayload> {
        let NotificationMarkInput { id, idempotency_key } = input;
        let marked = write(ctx, Some(id), idempotency_key, move |tx| inbox::mark(tx, id, true).boxed());
        Ok(marked.await?.into())
    }

    /// Marks a notification of yours as not read.
    async fn notification_mark_unread(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which notification.")] input: NotificationMarkInput,
    ) -> Result<NotificationPayload> {
        let NotificationMarkInput { id, idempotency_key } = input;
        let marked = write(ctx, Some(id), idempotency_key, move |tx| inbox::mark(tx, id, false).boxed());
        Ok(marked.await?.into())
    }

    /// Marks all notifications of yours as read, up to the newest that you have seen: what came meanwhile stays unread.
    async fn notification_mark_all_read(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The newest notification that you have seen.")] input: NotificationMarkInput,
    ) -> Result<NotificationPayload> {
        let NotificationMarkInput { id, idempotency_key } = input;
        let marked = write(ctx, Some(id), idempotency_key, move |tx| inbox::mark_all_read(tx, id).boxed());
        let marked = marked.await?;
        if marked.event.is_some() {
            // A request that is repeated because its answer was lost goes on where that one stopped.
            let (services, viewer, origin) = (ctx.services()?, ctx.viewer()?, origin(ctx, None)?);
            inbox::mark_rest_read(&services.database, &services.authenticator.clock, viewer, &origin, id)
                .await?;
        }
        Ok(marked.into())
    }
}

/// A notification to be marked.
#[derive(InputObject)]
pub struct NotificationMarkInput {
    /// Which notification.
    pub id: NotificationId,
    /// The same key with the same input does its work once.
    pub idempotency_key: Option<String>,
}

payload! {
    /// A marked notification.
    pub struct NotificationPayload {
        /// The notification as it is now; null when there is none, or it is not yours.
        notification: Notification by NotificationId, NotificationErrorCode; also {
            /// How many you have not read now, as `notificationUnreadCount` tells it.
            async fn unread_count(&self, ctx: &Context<'_>) -> Result<u64> {
                Ok(inbox::unread(ctx.reader()?).await?)
            }
        }
    }
}
