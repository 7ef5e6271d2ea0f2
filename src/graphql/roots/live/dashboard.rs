//! Live figures.

use async_graphql::{Context, Result, SimpleObject, Subscription};
use futures_util::Stream;

use crate::domains::clients::CLIENT_UPDATED;
use crate::graphql::board::Board;
use crate::graphql::live::current;
use crate::graphql::roots::clients::ClientSummary;
use crate::kernel::time::Instant;
use crate::platform::bus::Cursor;

/// The channels whose events may change a figure.
pub const MOVED_BY: &[&str] = &[CLIENT_UPDATED.0];

/// Figures of what you see: advisors of their own, supervisors of their team, admins of all.
#[derive(SimpleObject)]
pub struct Dashboard {
    /// All that happened up to here is in the figures.
    cursor: Cursor,
    /// When they were read.
    at: Instant,
    /// The clients, and what is to be done with them.
    clients: ClientSummary,
}

impl From<Board> for Dashboard {
    fn from(board: Board) -> Self {
        Dashboard { cursor: board.cursor, at: board.at, clients: board.figures.clients.into() }
    }
}

/// The field of `Subscription`.
pub(super) struct DashboardStream;

#[Subscription]
impl DashboardStream {
    /// Live figures of what you see: the present ones at once, then whenever one changed, at most once a second. They need
    /// no cursor: who comes back gets the present ones.
    async fn dashboard(&self, ctx: &Context<'_>) -> Result<impl Stream<Item = Dashboard> + use<>> {
        current::<Board, _>(ctx)
    }
}
