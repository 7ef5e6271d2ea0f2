//! Texts of items that were written for one subscriber, for others who are sent the same.

use std::sync::Arc;
use std::time::Duration;

use moka::policy::EvictionPolicy;
use tokio::sync::OnceCell;

use crate::kernel::Error;
use crate::platform::bus::Cursor;

/// How long a frame is reused for other subscribers.
const FRESH: Duration = Duration::from_secs(1);
/// Bytes of frames that are kept.
const KEPT: u64 = 32 * 1024 * 1024;

/// What makes a frame the same for two subscribers.
#[derive(Clone, PartialEq, Eq, Hash)]
pub(super) struct Key {
    /// What is asked, and with which visibility.
    pub asked: Arc<str>,
    pub position: i64,
    pub moved: i64,
    pub previous: Option<Cursor>,
}

/// The text of an item; none when the viewer gets nothing of the event.
pub(super) type Frame = Option<Arc<str>>;

/// A frame that somebody writes, and what came of it.
pub(super) type Written = Arc<OnceCell<Result<Frame, Arc<Error>>>>;

/// The frames that were written lately.
pub struct Frames(pub(super) moka::sync::Cache<Key, Written>);

impl Default for Frames {
    fn default() -> Self {
        let weigh = |_: &Key, written: &Written| {
            let text = written.get().and_then(|frame| frame.as_ref().ok()?.as_ref());
            u32::try_from(text.map_or(0, |text| text.len()) + 200).unwrap_or(u32::MAX)
        };
        let frames = moka::sync::Cache::builder().max_capacity(KEPT).weigher(weigh).time_to_live(FRESH);
        Frames(frames.eviction_policy(EvictionPolicy::lru()).build()) // the oldest make way
    }
}
