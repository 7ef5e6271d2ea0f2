//! Live figures: read once for all who see the same, at most once a second.

use std::sync::Arc;
use std::time::Duration;

use crate::domains::clients::summary;
use crate::kernel::time::{Clock, Instant};
use crate::kernel::{Error, Result};
use crate::platform::auth::{Viewer, VisibilityKey};
use crate::platform::bus::{Cursor, Hub};
use crate::platform::db::{Database, Reader};

/// How long figures stand.
const BEAT: Duration = Duration::from_secs(1);

/// The figures of all domains that have some.
#[derive(Clone, Debug, PartialEq)]
pub struct Figures {
    /// Of the clients.
    pub clients: summary::Figures,
}

/// Figures at a moment.
#[derive(Clone, Debug)]
pub struct Board {
    /// All that happened up to here is in them.
    pub cursor: Cursor,
    /// When they were read.
    pub at: Instant,
    /// The figures.
    pub figures: Figures,
}

/// The boards of this process. All of them change at the same beat, so that viewers with equal visibility share one reading.
pub struct Boards {
    database: Database,
    hub: Arc<Hub>,
    clock: Clock,
    began: tokio::time::Instant,
    read: moka::future::Cache<(VisibilityKey, u32), Arc<Board>>,
}

impl Boards {
    /// Nothing was read yet.
    pub fn new(database: Database, hub: Arc<Hub>, clock: Clock) -> Boards {
        let read = moka::future::Cache::builder().max_capacity(10_000).time_to_live(2 * BEAT).build();
        Boards { database, hub, clock, began: tokio::time::Instant::now(), read }
    }

    /// The number of the present beat.
    pub fn beat(&self) -> u32 {
        u32::try_from(self.began.elapsed().as_secs() / BEAT.as_secs()).unwrap_or(u32::MAX)
    }

    /// Ends when this beat is over.
    pub async fn over(&self, beat: u32) {
        tokio::time::sleep_until(self.began + BEAT * (beat + 1)).await;
    }

    /// The figures of a viewer, read in this beat by whoever came first.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn read(&self, viewer: &Arc<Viewer>, beat: u32) -> Result<Arc<Board>, Arc<Error>> {
        let read = async {
            let cursor = self.hub.known().await?; // before the reading: what comes meanwhile may be in it, or not
            let reader = Reader { db: self.database.own.clone(), viewer: viewer.clone() };
            let at = self.clock.now();
            let figures = Figures { clients: summary::of(&reader, at).await? };
            Ok(Arc::new(Board { cursor, at, figures }))
        };
        self.read.try_get_with((viewer.visibility_key(false), beat), read).await
    }
}
