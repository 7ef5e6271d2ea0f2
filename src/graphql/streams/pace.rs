//! How far a stream of figures has come.

use std::sync::Arc;

use tokio::time::Instant;

use crate::graphql::board::Board;
use crate::platform::bus::Cursor;

/// Where a stream of figures stands.
pub(super) struct Pace {
    /// The newest event that may have changed a figure.
    pub heard: i64,
    pub shown: Option<Shown>,
}

impl From<Cursor> for Pace {
    /// What happened before the stream began may not be in figures that somebody else had read in this beat.
    fn from(began: Cursor) -> Pace {
        Pace { heard: began.0, shown: None }
    }
}

pub(super) struct Shown {
    pub beat: u32,
    pub board: Arc<Board>,
    pub looked: Instant,
}
