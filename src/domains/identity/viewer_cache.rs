//! Viewers that were read lately, so that a request needs no look-up of its own, and the live sessions: the viewers
//! behind long connections.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use uuid::Uuid;

use super::connections::LiveSessions;
use crate::kernel::ids::SessionId;
use crate::kernel::time::Instant;
use crate::platform::auth::Viewer;

/// How long a viewer is cached.
const LIVES: Duration = Duration::from_secs(2);

/// Viewers by session and by the hash of an API key. What this process revokes leaves the cache at once, and what other
/// processes revoke as soon as their event arrives.
#[derive(Clone)]
pub struct ViewerCache {
    pub(super) sessions: moka::sync::Cache<SessionId, Arc<Viewer>>,
    /// With the moment when the key expires.
    pub(super) keys: moka::sync::Cache<String, (Arc<Viewer>, Option<Instant>)>,
    /// Grows with each invalidation: what was read before one must not be cached after it.
    forgotten: Arc<Mutex<u64>>,
    /// The open long connections.
    pub(super) live_sessions: Arc<LiveSessions>,
}

impl Default for ViewerCache {
    fn default() -> Self {
        fn cache<K, V>() -> moka::sync::Cache<K, V>
        where
            K: std::hash::Hash + Eq + Send + Sync + 'static,
            V: Clone + Send + Sync + 'static,
        {
            moka::sync::Cache::builder().max_capacity(50_000).time_to_live(LIVES).build()
        }
        ViewerCache {
            sessions: cache(),
            keys: cache(),
            forgotten: Arc::default(),
            live_sessions: Arc::default(),
        }
    }
}

impl ViewerCache {
    /// The number of invalidations so far.
    pub(super) fn forgotten(&self) -> u64 {
        *self.forgotten.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Caches what was read, unless something was invalidated since `before`.
    pub(super) fn remember(&self, before: u64, keep: impl FnOnce(&ViewerCache)) {
        let forgotten = self.forgotten.lock().unwrap_or_else(PoisonError::into_inner);
        if *forgotten == before {
            keep(self);
        }
    }

    /// These sessions ended.
    pub(super) fn forget_sessions(&self, sessions: &[SessionId]) {
        self.forget(|viewers| sessions.iter().for_each(|session| viewers.sessions.invalidate(session)));
    }

    /// These users and keys changed.
    pub(super) fn forget_all_of(&self, who: &[Uuid]) {
        self.forget(|viewers| {
            let theirs = |viewer: &Viewer| who.contains(&viewer.actor.key());
            let sessions = viewers.sessions.iter().filter(|(_, viewer)| theirs(viewer));
            sessions.for_each(|(session, _)| viewers.sessions.invalidate(&*session));
            let keys = viewers.keys.iter().filter(|(_, (viewer, _))| theirs(viewer));
            keys.for_each(|(key, _)| viewers.keys.invalidate(&*key));
        });
    }

    /// Somebody changed, and nobody knows who.
    pub(super) fn forget_everybody(&self) {
        self.forget(|viewers| {
            viewers.sessions.invalidate_all();
            viewers.keys.invalidate_all();
        });
    }

    /// Keys were revoked.
    pub(super) fn forget_keys(&self) {
        self.forget(|viewers| viewers.keys.invalidate_all());
    }

    /// Counts first and drops then, so that nothing read before the invalidation slips in between the two.
    fn forget(&self, drop: impl FnOnce(&ViewerCache)) {
        *self.forgotten.lock().unwrap_or_else(PoisonError::into_inner) += 1;
        drop(self);
    }
}
