//! The live sessions of a process, as the task that keeps them up to date sees them.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::watch;
use uuid::Uuid;

use crate::kernel::ids::{ApiKeyId, SessionId};
use crate::kernel::time::Instant;
use crate::platform::auth::Viewer;

/// What the connection and the reloading task share.
pub(super) struct State {
    pub credential: Mutex<Credential>,
    pub viewer: watch::Sender<Arc<Viewer>>,
    pub expires: watch::Sender<Option<Instant>>,
    /// Whether the connection must end.
    pub evicted: watch::Sender<bool>,
}

/// The token or key that was shown last.
#[derive(Clone, Copy)]
pub(super) struct Credential {
    pub id: CredentialId,
    /// When it expires, unless a newer one is shown before.
    pub ends: Option<Instant>,
}

/// What must still be valid in the database.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum CredentialId {
    Session(SessionId),
    Key(ApiKeyId),
}

impl State {
    pub fn credential(&self) -> MutexGuard<'_, Credential> {
        self.credential.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn who(&self) -> Uuid {
        self.viewer.borrow().actor.key()
    }

    pub fn set_viewer(&self, viewer: &Arc<Viewer>) {
        self.viewer.send_if_modified(|known| {
            let other = known.visibility_key(true) != viewer.visibility_key(true);
            if other {
                *known = viewer.clone();
            }
            other
        });
    }
}

/// The live sessions of this process.
pub(super) struct LiveSessions {
    here: Mutex<(u64, HashMap<u64, Arc<State>>)>,
    /// The position of the bus up to which all sessions are reloaded.
    pub heard: watch::Sender<i64>,
    /// One reload at a time: a result that was read earlier must not overwrite a later one.
    pub reloading: tokio::sync::Mutex<()>,
}

impl Default for LiveSessions {
    fn default() -> Self {
        LiveSessions {
            here: Mutex::default(),
            heard: watch::Sender::new(-1),
            reloading: tokio::sync::Mutex::default(),
        }
    }
}

impl LiveSessions {
    pub fn here(&self) -> MutexGuard<'_, (u64, HashMap<u64, Arc<State>>)> {
        self.here.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn add(&self, session: Arc<State>) -> u64 {
        let (number, here) = &mut *self.here();
        *number += 1;
        here.insert(*number, session);
        *number
    }

    pub fn all(&self) -> Vec<Arc<State>> {
        self.here().1.values().cloned().collect()
    }

    /// Evicts the sessions whose token has expired.
    pub fn evict_expired(&self, now: Instant) {
        for session in self.all() {
            if session.credential().ends.is_some_and(|end| end <= now) {
                session.evicted.send_replace(true);
            }
        }
    }
}
