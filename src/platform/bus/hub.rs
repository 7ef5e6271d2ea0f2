//! The latest events of this process, in their order, for everybody who follows them.

use std::collections::{BTreeMap, HashSet, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::{Notify, watch};

use super::event::{Cursor, Event};
use super::follower::PAGE;
use super::relay::{last_position, read_after};
use crate::kernel::{Error, Result};
use crate::platform::db::Database;

/// Events kept in memory; who falls further behind reads the outbox, or is told that it lags.
const KEPT: usize = 4096;
/// Kinds of skipped events that are logged.
const LOGGED: usize = 100;
/// Events that came early and wait for those before them.
const EARLY: usize = 1000;
/// So long an event may be late before it is read from the outbox: two relays publish side by side.
const GRACE: Duration = Duration::from_millis(5);
/// How often the outbox is looked at although nothing seems to be missing: the bell may have been lost.
const EVERY: Duration = Duration::from_secs(1);
/// How long somebody waits for the first look at the outbox.
const PATIENCE: Duration = Duration::from_secs(1);
/// The tail before that.
const UNKNOWN: i64 = -1;
/// How often while the bell is out of order.
const DEAF: Duration = Duration::from_millis(100);

/// The latest events.
#[derive(Debug)]
pub struct Hub {
    state: Mutex<State>,
    /// The position of the newest event that followers may see.
    tail: watch::Sender<i64>,
    missing: Notify,
    /// Whether the other servers can be heard.
    hearing: watch::Sender<bool>,
    /// Whole pages of the outbox that were read lately, by the position before them.
    pages: moka::sync::Cache<i64, Page>,
}

/// A page of the outbox.
type Page = Arc<Vec<Arc<Event>>>;

#[derive(Debug)]
struct State {
    /// One after the other, the last at `tail`.
    kept: VecDeque<Arc<Event>>,
    tail: i64,
    /// The newest event after which somebody sees more or less than before.
    moved: i64,
    early: BTreeMap<i64, Arc<Event>>,
    /// Topics and causes of skipped events that are in the log already.
    logged: HashSet<(String, String)>,
}

impl Hub {
    /// Knows nothing until `fill` has asked the database where the events stand.
    pub fn new() -> Hub {
        Hub::behind(UNKNOWN)
    }

    fn behind(tail: i64) -> Hub {
        Hub {
            state: Mutex::new(State {
                kept: VecDeque::new(),
                tail,
                moved: tail,
                early: BTreeMap::new(),
                logged: HashSet::new(),
            }),
            tail: watch::Sender::new(tail),
            missing: Notify::new(),
            hearing: watch::Sender::new(true),
            pages: moka::sync::Cache::builder()
                .max_capacity(64)
                .time_to_live(Duration::from_secs(10))
                .build(),
        }
    }

    /// Where the events stand; waits until it is known.
    ///
    /// # Errors
    /// `Unavailable` when the database did not tell in time.
    pub async fn known(&self) -> Result<Cursor> {
        let mut tail = self.listen();
        let known = tokio::time::timeout(PATIENCE, tail.wait_for(|tail| *tail != UNKNOWN)).await;
        match known {
            Ok(Ok(tail)) => Ok(Cursor(*tail)),
            _ => Err(Error::Unavailable { provider: "the outbox", cause: "it was not read yet".into() }),
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes events from wherever they come: known ones are dropped, early ones wait.
    pub fn accept(&self, events: impl IntoIterator<Item = Event>) {
        let mut state = self.state();
        let before = state.tail;
        if before == UNKNOWN {
            return; // will be read
        }
        for event in events {
            if event.position == state.tail + 1 {
                state.keep(Arc::new(event));
            } else if event.position > state.tail && state.early.len() < EARLY {
                state.early.insert(event.position, Arc::new(event));
            }
        }
        state.settle();
        let (tail, waiting) = (state.tail, !state.early.is_empty());
        drop(state);
        if tail > before {
            self.tell(tail);
        }
        if waiting {
            self.missing.notify_one();
        }
    }

    /// Wakes the followers. Never backwards: of two who took events side by side, the slower one speaks last.
    fn tell(&self, tail: i64) {
        self.tail.send_if_modified(|told| {
            let newer = tail > *told;
            *told = tail.max(*told);
            newer
        });
    }

    /// The position of the newest event.
    pub fn tail(&self) -> i64 {
        self.state().tail
    }

    /// The position of the newest event after which somebody sees more or less than before: whose a thing is, as read
    /// before that, no longer holds.
    pub fn moved(&self) -> i64 {
        self.state().moved
    }

    /// Tells when there is something new.
    pub(super) fn listen(&self) -> watch::Receiver<i64> {
        self.tail.subscribe()
    }

    /// Up to `limit` events behind a position; `None` when they are no longer in memory.
    pub(super) fn after(&self, position: i64, limit: usize) -> Option<Vec<Arc<Event>>> {
        let state = self.state();
        let behind = usize::try_from(state.tail - position).unwrap_or_default();
        let skip = state.kept.len().checked_sub(behind)?;
        Some(state.kept.range(skip..).take(limit).cloned().collect())
    }

    /// A page of the outbox, if it was read lately.
    pub(super) fn page(&self, start: i64) -> Option<Page> {
        self.pages.get(&start)
    }

    /// Keeps a page for others, if it is whole: then it stays as it is.
    pub(super) fn keep_page(&self, start: i64, events: Vec<Arc<Event>>) -> Page {
        let (whole, page) = (events.len() == usize::try_from(PAGE).unwrap_or_default(), Arc::new(events));
        if whole {
            self.pages.insert(start, page.clone());
        }
        page
    }

    /// Whether the other servers can be heard at present.
    pub fn set_hearing(&self, hearing: bool) {
        self.hearing.send_if_modified(|now| std::mem::replace(now, hearing) != hearing);
    }

    /// Whether the other servers can be heard at present.
    pub fn is_hearing(&self) -> bool {
        *self.hearing.borrow()
    }

    /// Reads from the outbox what was not heard, until `stop` ends.
    pub async fn fill(self: Arc<Hub>, database: Database, stop: impl Future<Output = ()>) {
        tokio::pin!(stop);
        let mut hearing = self.hearing.subscribe();
        loop {
            if let Err(error) = self.read_on(&database).await {
                tracing::warn!(%error, "the outbox could not be read; it will be tried again");
            }
            let pause = if *hearing.borrow_and_update() { EVERY } else { DEAF };
            tokio::select! {
                () = &mut stop => return,
                () = self.missing.notified() => tokio::time::sleep(GRACE).await,
                _ = hearing.changed() => {}
                () = tokio::time::sleep(pause) => {}
            }
        }
    }

    async fn read_on(&self, database: &Database) -> Result<()> {
        if self.tail() == UNKNOWN {
            let tail = last_position(&database.own).await?;
            {
                let mut state = self.state();
                state.tail = state.tail.max(tail);
            }
            self.tell(tail);
        }
        loop {
            let events = read_after(&database.own, self.tail(), 500).await?;
            let full = events.len() == 500;
            self.accept(events);
            if !full {
                return Ok(());
            }
        }
    }
}

impl Default for Hub {
    fn default() -> Self {
        Hub::new()
    }
}

impl State {
    /// Puts the event that is due behind the others.
    fn keep(&mut self, event: Arc<Event>) {
        self.tail = event.position;
        if let Some(cause) = &event.skipped {
            metrics::counter!("cabina_events_skipped_total", "topic" => event.topic.clone()).increment(1);
            if self.is_first(&event.topic, cause) {
                let (position, topic) = (event.position, &event.topic);
                tracing::error!(
                    position,
                    topic,
                    cause,
                    "an event of another version is skipped, and so will be others like it without a further line"
                );
            }
        }
        // One that cannot be read may have moved something to another owner.
        if event.audience.before.is_some() || event.skipped.is_some() {
            self.moved = event.position;
        }
        self.kept.push_back(event);
        if self.kept.len() > KEPT {
            self.kept.pop_front();
        }
    }

    /// Whether no event of this topic was skipped for this cause before: a newer version may write thousands of them.
    fn is_first(&mut self, topic: &str, cause: &str) -> bool {
        self.logged.len() < LOGGED && self.logged.insert((topic.to_owned(), cause.to_owned()))
    }

    /// Moves early events that are due behind the others.
    fn settle(&mut self) {
        while let Some(entry) = self.early.first_entry() {
            match entry.key() - self.tail {
                ..=0 => {
                    entry.remove();
                }
                1 => {
                    let event = entry.remove();
                    self.keep(event);
                }
                _ => return,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::platform::bus::event::example as event;

    fn positions(events: Option<Vec<Arc<Event>>>) -> Option<Vec<i64>> {
        events.map(|events| events.iter().map(|event| event.position).collect())
    }

    proptest::proptest! {
        #[test]
        fn whatever_the_order_of_arrival_each_is_seen_once_and_in_order(
            mut arrivals in proptest::collection::vec(11i64..40, 0..120),
        ) {
            let hub = Hub::behind(10);
            for position in &arrivals {
                hub.accept([event(*position)]);
            }
            arrivals.sort_unstable();
            arrivals.dedup();
            let whole: Vec<i64> = (11..).zip(&arrivals).take_while(|(due, is)| due == *is).map(|(due, _)| due).collect();
            proptest::prop_assert_eq!(hub.tail(), 10 + whole.len() as i64);
            proptest::prop_assert_eq!(positions(hub.after(10, 100)), Some(whole));
        }
    }

    #[test]
    fn of_skipped_events_that_are_alike_the_first_is_logged() {
        let hub = Hub::behind(0);
        let mut state = hub.state();
        assert!(state.is_first("client:updated", "unknown kind"));
        assert!(!state.is_first("client:updated", "unknown kind"));
        assert!(state.is_first("client:updated", "unknown right"));
        assert!(state.is_first("identity:changed", "unknown kind"));
        for cause in 0..2 * LOGGED {
            state.is_first("client:updated", &cause.to_string());
        }
        assert!(!state.is_first("client:updated", "one more"), "the memory of them is bounded");
    }

    #[test]
    fn what_is_no_longer_kept_is_told() {
        let hub = Hub::behind(0);
        hub.accept((1..=KEPT as i64 + 10).map(event));
        assert_eq!(positions(hub.after(9, 2)), None);
        assert_eq!(positions(hub.after(10, 2)), Some(vec![11, 12]));
        assert_eq!(positions(hub.after(hub.tail(), 2)), Some(vec![]));
        assert_eq!(
            positions(hub.after(hub.tail() + 5, 2)),
            Some(vec![]),
            "a cursor from a server that is ahead"
        );
    }
}
