//! Live figures.

use async_graphql::SimpleObject;

use crate::domains::clients::CLIENT_UPDATED;
use crate::graphql::board::Board;
use crate::graphql::roots::clients::ClientSummary;
use crate::kernel::time::Instant;
use crate::platform::bus::Cursor;

/// The channels whose events may change a figure.
pub const MOVED_BY: &[&str] = &[CLIENT_UPDATED];

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
