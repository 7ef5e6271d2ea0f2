//! Who was seen lately, so that a request needs no look-up of its own, and who is here: the guests behind long connections.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use uuid::Uuid;

use super::guest::Guests;
use crate::kernel::ids::SessionId;
use crate::kernel::time::Instant;
use crate::platform::auth::Viewer;

/// How long a viewer is remembered.
const SEEN_FOR: Duration = Duration::from_secs(2);

/// Viewers seen lately, by session and by the hash of an API key. What this process ends it forgets at once, and what
/// others end when it hears of it.
#[derive(Clone)]
pub struct Seen {
    pub(super) sessions: moka::sync::Cache<SessionId, Arc<Viewer>>,
    /// With the moment when the key ends.
    pub(super) keys: moka::sync::Cache<String, (Arc<Viewer>, Option<Instant>)>,
    /// Grows whenever somebody is forgotten: what was read before must not be remembered after.
    forgotten: Arc<Mutex<u64>>,
    /// Who is here.
    pub(super) guests: Arc<Guests>,
}

impl Default for Seen {
    fn default() -> Self {
        fn cache<K, V>() -> moka::sync::Cache<K, V>
        where
            K: std::hash::Hash + Eq + Send + Sync + 'static,
            V: Clone + Send + Sync + 'static,
        {
            moka::sync::Cache::builder().max_capacity(50_000).time_to_live(SEEN_FOR).build()
        }
        Seen { sessions: cache(), keys: cache(), forgotten: Arc::default(), guests: Arc::default() }
    }
}

impl Seen {
    /// How often somebody was forgotten.
    pub(super) fn forgotten(&self) -> u64 {
        *self.forgotten.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Remembers what was read, unless somebody was forgotten since `before`.
    pub(super) fn remember(&self, before: u64, keep: impl FnOnce(&Seen)) {
        let forgotten = self.forgotten.lock().unwrap_or_else(PoisonError::into_inner);
        if *forgotten == before {
            keep(self);
        }
    }

    /// These sessions ended.
    pub(super) fn forget_sessions(&self, sessions: &[SessionId]) {
        self.forget(|seen| sessions.iter().for_each(|session| seen.sessions.invalidate(session)));
    }

    /// These users and keys changed.
    pub(super) fn forget_all_of(&self, who: &[Uuid]) {
        self.forget(|seen| {
            let theirs = |viewer: &Viewer| who.contains(&viewer.actor.key());
            let sessions = seen.sessions.iter().filter(|(_, viewer)| theirs(viewer));
            sessions.for_each(|(session, _)| seen.sessions.invalidate(&*session));
            let keys = seen.keys.iter().filter(|(_, (viewer, _))| theirs(viewer));
            keys.for_each(|(key, _)| seen.keys.invalidate(&*key));
        });
    }

    /// Keys were revoked.
    pub(super) fn forget_keys(&self) {
        self.forget(|seen| seen.keys.invalidate_all());
    }

    /// First nothing older is remembered any more, then what is remembered is dropped: so nothing slips in between.
    fn forget(&self, drop: impl FnOnce(&Seen)) {
        *self.forgotten.lock().unwrap_or_else(PoisonError::into_inner) += 1;
        drop(self);
    }
}
