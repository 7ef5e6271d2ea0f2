//! The stream of figures: the present ones at once, then whenever one of them changed, at most one a beat.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use super::frames::Key;
use super::pace::{Pace, Shown};
use super::{Away, Next, Stop, Stream};
use crate::graphql::board::Board;
use crate::platform::bus::{Event, Follower, Gone};

/// How often is looked although nothing happened: what is overdue depends on the hour.
const EVERY: Duration = Duration::from_secs(60);

impl Stream {
    /// The next figures that differ from those before.
    pub(super) async fn next_figures(&mut self) -> Result<Next, Stop> {
        let mut away = Away::default();
        loop {
            match self.await_reason().await {
                // Nothing is lost: the present figures hold all that was missed.
                Err(Gone::Expired | Gone::Lagged(_)) => {
                    let services = self.engine.services();
                    let follower =
                        Follower::start(services.hub.clone(), services.database.clone(), None).await;
                    self.follower = match follower {
                        Err(error) if error.is_away() => {
                            away.wait().await;
                            continue;
                        }
                        begun => begun.map_err(|why| Stop { at: self.at(), why: Arc::new(why) })?,
                    };
                    self.pace = Some(Pace::from(self.follower.at()));
                }
                Err(Gone::Failed(_, error)) if error.is_away() => {
                    away.wait().await;
                    continue;
                }
                ended => ended.map_err(|gone| self.stop(gone))?,
            }
            let viewer = self.viewer.borrow_and_update().clone();
            let at = self.at();
            let failed = |why| Stop { at, why };
            let (beat, looked, board) = loop {
                let (beat, looked) = (self.engine.boards.beat(), Instant::now());
                match self.engine.boards.read(&viewer, beat).await {
                    Err(error) if error.is_away() => away.wait().await,
                    read => break (beat, looked, read.map_err(failed)?),
                }
            };
            let pace = self.pace.get_or_insert_with(|| Pace::from(at));
            let before = pace.shown.replace(Shown { beat, board: board.clone(), looked });
            if before.is_some_and(|before| before.board.figures == board.figures) {
                continue;
            }
            // The beat stands for the position: within it, equal visibility gives equal figures.
            let key = Key {
                asked: self.asked(&viewer, false),
                position: -1,
                moved: i64::from(beat),
                previous: None,
            };
            let write = || self.execute(None, Board::clone(&board), &viewer, true);
            let frame = self.frame(key, write).await.map_err(failed)?;
            if let Some(text) = frame {
                return Ok(Next::Item { text, cursor: board.cursor });
            }
        }
    }

    /// Ends when the figures shown may be wrong and their beat is over.
    async fn await_reason(&mut self) -> Result<(), Gone> {
        let Some(Shown { beat, board, looked }) = self.pace.as_ref().and_then(|pace| pace.shown.as_ref())
        else {
            return Ok(());
        };
        let (beat, known, look) = (*beat, board.cursor.0, *looked + EVERY);
        while self.pace.as_ref().is_some_and(|pace| pace.heard <= known) {
            tokio::select! {
                events = self.follower.next() => self.note(&events?),
                _ = self.viewer.changed() => break,
                () = tokio::time::sleep_until(look) => break,
            }
        }
        self.engine.boards.over(beat).await;
        loop {
            let events = self.follower.waiting().await?;
            if events.is_empty() {
                return Ok(());
            }
            self.note(&events);
        }
    }

    fn note(&mut self, events: &[Arc<Event>]) {
        let viewer = self.viewer.borrow().clone();
        let moves = |event: &&Arc<Event>| {
            self.topics.contains(&event.topic.as_str())
                && (event.skipped.is_some() || event.audience.heard_by(&viewer).is_some())
        };
        let newest = events.iter().filter(moves).map(|event| event.position).max();
        if let (Some(newest), Some(pace)) = (newest, &mut self.pace) {
            pace.heard = pace.heard.max(newest);
        }
    }
}
