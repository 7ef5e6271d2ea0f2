//! Somebody who follows the events from a place on: first what was missed, then what comes, without a seam.

use std::sync::Arc;

use tokio::sync::watch;

use super::event::{Cursor, Event};
use super::hub::Hub;
use super::relay::{kept_from, last_position, read_after};
use crate::kernel::{Error, Result};
use crate::platform::db::Database;

/// Events taken at once.
const BATCH: usize = 256;
/// Events of a page of the outbox.
pub(super) const PAGE: i64 = 256;

/// Follows the events.
pub struct Follower {
    hub: Arc<Hub>,
    database: Database,
    at: i64,
    /// Whether it was left waiting so long that it may not read the outbox for what fell out of memory.
    stalled: bool,
    tail: watch::Receiver<i64>,
}

/// Why somebody can follow no further.
#[derive(Debug)]
pub enum Gone {
    /// What comes next is no longer kept: fetch anew.
    Expired,
    /// It stalled for too long: go on from this cursor.
    Lagged(Cursor),
    /// The database failed: go on from this cursor.
    Failed(Cursor, Error),
}

impl From<Gone> for Error {
    fn from(gone: Gone) -> Error {
        match gone {
            Gone::Expired => Error::CursorExpired,
            Gone::Lagged(_) => Error::internal("a reader of the outbox cannot lag"),
            Gone::Failed(_, error) => error,
        }
    }
}

impl Follower {
    /// Follows what comes after the cursor; without one, what comes from now on.
    ///
    /// # Errors
    /// `Invalid` for a cursor that was never given out.
    pub async fn start(hub: Arc<Hub>, database: Database, after: Option<Cursor>) -> Result<Follower> {
        let known = hub.known().await?;
        let tail = hub.listen();
        let at = match after {
            None => known.0,
            Some(after) if after <= known => after.0,
            // Another server may be ahead of this one, but not of the database.
            Some(Cursor(at)) if at <= last_position(&database.pool).await? => at,
            Some(_) => return Err(Error::invalid("after", "is no cursor of this installation")),
        };
        Ok(Follower { hub, database, at, stalled: false, tail })
    }

    /// Where it stands: everything up to here was taken.
    pub fn at(&self) -> Cursor {
        Cursor(self.at)
    }

    /// Whoever takes the events took none for long: when they fell out of memory meanwhile, it lags.
    pub fn stall(&mut self) {
        self.stalled = true;
    }

    /// The events that happened already, in their order; none when there are no more.
    ///
    /// # Errors
    /// See `Gone`.
    pub async fn waiting(&mut self) -> Result<Vec<Arc<Event>>, Gone> {
        let events = match self.hub.after(self.at, BATCH) {
            Some(events) => events,
            None if self.stalled => return Err(Gone::Lagged(self.at())),
            None => self.missed().await?,
        };
        if let Some(last) = events.last() {
            self.at = last.position;
        }
        Ok(events)
    }

    /// The next events, at least one, in their order.
    ///
    /// # Errors
    /// See `Gone`.
    pub async fn next(&mut self) -> Result<Vec<Arc<Event>>, Gone> {
        loop {
            let at = self.at;
            if *self.tail.borrow() <= at {
                self.stalled = false; // the present is reached
                if self.tail.wait_for(|tail| *tail > at).await.is_err() {
                    std::future::pending::<()>().await; // the hub is held above: it cannot be gone
                }
            }
            let events = self.waiting().await?;
            if !events.is_empty() {
                return Ok(events);
            }
        }
    }

    async fn missed(&self) -> Result<Vec<Arc<Event>>, Gone> {
        let db = &self.database.pool;
        let failed = |error| Gone::Failed(self.at(), error);
        // By pages, which many who come late at the same time share.
        let start = self.at - self.at % PAGE;
        let page = match self.hub.page(start) {
            Some(page) => page,
            None => {
                let read = read_after(db, start, PAGE.unsigned_abs()).await.map_err(failed)?;
                let page = read.into_iter().filter(|event| event.position <= start + PAGE).map(Arc::new);
                self.hub.keep_page(start, page.collect())
            }
        };
        let events: Vec<_> = page.iter().filter(|event| event.position > self.at).cloned().collect();
        // Positions have no gap: where one is missing, it is no longer kept.
        let next = match events.first() {
            Some(first) => first.position,
            None => kept_from(db).await.map_err(failed)?,
        };
        if next > self.at + 1 { Err(Gone::Expired) } else { Ok(events) }
    }
}
