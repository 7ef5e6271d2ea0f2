//! What happened since a cursor, as a query.

use async_graphql::{Context, Object, Result, SimpleObject};

use super::feed::FeedItem;
use crate::graphql::context::Ask;
use crate::graphql::live::SubjectLoader;
use crate::kernel::Error;
use crate::platform::bus::{Cursor, Follower};
use crate::platform::db::{DEFAULT_PAGE, MAX_PAGE};

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
        let subjects: &SubjectLoader = ctx.data()?;
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
            for (place, event) in events.iter().enumerate() {
                if items.len() == limit {
                    break;
                }
                (looked_at, at) = (looked_at + 1, Cursor(event.position));
                let behind = events[place + 1..].iter().take(limit - items.len() - 1);
                let item = subjects.item(event, behind, viewer, Some(previous)).await;
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
