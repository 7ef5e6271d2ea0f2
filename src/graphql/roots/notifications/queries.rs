//! What can be asked about notifications.

use async_graphql::{Context, InputObject, Object, Result};

use crate::domains::notifications::inbox::{self, NotificationFilter};
use crate::domains::notifications::notification::NotificationKind;
use crate::graphql::context::Ask;
use crate::graphql::fast::One;
use crate::graphql::nodes::identity::LATEST;
use crate::graphql::nodes::notifications::Notification;
use crate::graphql::page::{Connection, list};
use crate::kernel::ids::ClientId;
use crate::platform::db::PageArgs;

/// Root queries of notifications.
#[derive(Default)]
pub struct NotificationsQuery;

#[Object]
impl NotificationsQuery {
    /// What you are told of, latest first: nobody sees the notifications of others.
    async fn notifications(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Only those.")] filter: Option<NotificationFilterInput>,
        #[graphql(desc = "So many from the start: 25 unless told, at most 100.")] first: Option<i32>,
        #[graphql(desc = "After this cursor.")] after: Option<String>,
        #[graphql(desc = "So many from the end, at most 100.")] last: Option<i32>,
        #[graphql(desc = "Before this cursor.")] before: Option<String>,
    ) -> Result<One<Connection<Notification>>> {
        let reader = ctx.reader()?;
        let select = inbox::list(&reader.viewer, &filter.unwrap_or_default().into());
        Ok(list(ctx, reader, select, LATEST, PageArgs { first, after, last, before }).await?)
    }

    /// How many notifications you have not read.
    async fn notification_unread_count(&self, ctx: &Context<'_>) -> Result<u64> {
        Ok(inbox::unread(ctx.reader()?).await?)
    }
}

/// Which notifications a list holds; all that is given must hold.
#[derive(Clone, Debug, Default, InputObject)]
#[graphql(name = "NotificationFilter")]
pub struct NotificationFilterInput {
    /// Whether read.
    pub read: Option<bool>,
    /// One of these kinds.
    pub kinds: Option<Vec<NotificationKind>>,
    /// About this client.
    pub client_id: Option<ClientId>,
}

impl From<NotificationFilterInput> for NotificationFilter {
    fn from(NotificationFilterInput { read, kinds, client_id }: NotificationFilterInput) -> Self {
        NotificationFilter { read, kinds, client: client_id }
    }
}
