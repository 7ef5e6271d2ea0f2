//! Live sessions: the viewers behind long connections, kept up to date. When a token expires or is revoked the connection
//! ends at once; when a viewer may see more or less than before, the connection goes on with the new rights.
//!
//! Connections do not poll the database. Each change of an identity is an event on the bus, and one task per process
//! reloads the sessions that it concerns (`Authenticator::follow_revocations`). Only while Redis is unreachable does that
//! task poll: all sessions, a batch with each statement.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::sync::watch;
use uuid::Uuid;

use super::connections::{Credential, CredentialId, State};
use super::sessions::{Admitted, Authenticator};
use super::{IDENTITY_CHANGED, api_keys, sessions};
use crate::kernel::time::Instant;
use crate::kernel::{Error, Result};
use crate::platform::auth::{Actor, Viewer};
use crate::platform::bus::{Follower, Hub};

/// How often expired tokens are evicted and, while Redis is unreachable, all sessions are reloaded.
const POLL_INTERVAL: Duration = Duration::from_secs(2);
/// The pause after the database failed.
const RETRY_PAUSE: Duration = Duration::from_millis(500);
/// Sessions that are loaded with one statement.
const BATCH: usize = 500;

/// The viewer behind one long connection.
pub struct LiveSession {
    authenticator: Authenticator,
    number: u64,
    state: Arc<State>,
}

/// The credential by which somebody was admitted.
fn credential(admitted: &Admitted) -> Result<Credential> {
    let id = match (&admitted.viewer.actor, admitted.viewer.session) {
        (Actor::User(_), Some(session)) => CredentialId::Session(session),
        (Actor::Machine(key), _) => CredentialId::Key(*key),
        _ => return Err(Error::Unauthenticated),
    };
    Ok(Credential { id, ends: admitted.ends })
}

impl LiveSession {
    /// Admits a bearer token.
    ///
    /// # Errors
    /// `Unauthenticated`.
    pub async fn admit(authenticator: Authenticator, bearer: &str) -> Result<LiveSession> {
        let before = authenticator.viewers.forgotten();
        let admitted = authenticator.admit(bearer).await?;
        let state = Arc::new(State {
            credential: Mutex::new(credential(&admitted)?),
            viewer: watch::Sender::new(admitted.viewer),
            expires: watch::Sender::new(admitted.expires),
            evicted: watch::Sender::new(false),
        });
        let number = authenticator.viewers.live_sessions.add(state.clone());
        let session = LiveSession { authenticator, number, state };
        session.catch_up(before).await?;
        Ok(session)
    }

    /// Goes on with a newer token of the same user.
    ///
    /// # Errors
    /// `Unauthenticated` for a wrong token, and for one of somebody else.
    pub async fn refresh(&self, bearer: &str) -> Result<Option<Instant>> {
        let before = self.authenticator.viewers.forgotten();
        let admitted = self.authenticator.admit(bearer).await?;
        if admitted.viewer.actor != self.state.viewer.borrow().actor {
            return Err(Error::Unauthenticated);
        }
        *self.state.credential() = credential(&admitted)?;
        self.state.viewer.send_replace(admitted.viewer);
        self.state.expires.send_replace(admitted.expires);
        self.catch_up(before).await?;
        Ok(admitted.expires)
    }

    /// Reloads the session when something was invalidated since `before`: it may have been this one, while it was not yet
    /// listed.
    async fn catch_up(&self, before: u64) -> Result<()> {
        if self.authenticator.viewers.forgotten() != before {
            self.authenticator.reload(vec![self.state.clone()]).await?;
        }
        if *self.state.evicted.borrow() { Err(Error::Unauthenticated) } else { Ok(()) }
    }

    /// The viewer, as it changes.
    pub fn viewer(&self) -> watch::Receiver<Arc<Viewer>> {
        self.state.viewer.subscribe()
    }

    /// Waits until the viewer is reloaded, after an event that concerns it: later events are judged with the new rights.
    /// Never returns for a session that is evicted; its connection is about to end.
    pub async fn reload_viewer(&self, position: i64) {
        let _ = self
            .authenticator
            .viewers
            .live_sessions
            .heard
            .subscribe()
            .wait_for(|heard| *heard >= position)
            .await;
        if *self.state.evicted.borrow() {
            std::future::pending::<()>().await;
        }
    }

    /// When the token expires.
    pub fn expires(&self) -> watch::Receiver<Option<Instant>> {
        self.state.expires.subscribe()
    }

    /// The moment, by the server's clock.
    pub fn now(&self) -> Instant {
        self.authenticator.clock.now()
    }
}

impl Drop for LiveSession {
    fn drop(&mut self) {
        self.authenticator.viewers.live_sessions.here().1.remove(&self.number);
    }
}

/// Tells when a session is evicted; an eviction before `wait` is not missed.
pub struct Eviction(watch::Receiver<bool>);

impl Eviction {
    /// Of `session`.
    pub fn of(session: &LiveSession) -> Eviction {
        Eviction(session.state.evicted.subscribe())
    }

    /// Returns when the connection must end.
    pub async fn wait(&mut self) {
        let _ = self.0.wait_for(|evicted| *evicted).await;
    }
}

impl Authenticator {
    /// Invalidates cached viewers that a change concerns, whichever process made it, and reloads their live sessions,
    /// until `stop` ends.
    pub async fn follow_revocations(self, hub: Arc<Hub>, stop: impl Future<Output = ()>) {
        tokio::select! {
            () = stop => {}
            () = self.follow(&hub) => {}
            () = self.poll(&hub) => {}
        }
    }

    async fn follow(&self, hub: &Arc<Hub>) {
        let live_sessions = &self.viewers.live_sessions;
        loop {
            let Ok(mut follower) = Follower::start(hub.clone(), self.database.clone(), None).await else {
                tokio::time::sleep(RETRY_PAUSE).await;
                continue;
            };
            // Events before the start of the follower are not delivered: reload everything once.
            self.reload_until_known(|_| true).await;
            live_sessions.heard.send_replace(follower.at().0);
            while let Ok(events) = follower.next().await {
                let ours = events.iter().filter(|event| event.topic == IDENTITY_CHANGED);
                // One that says of nobody whom it is about, as this version cannot read it, may be about anybody.
                match ours.map(|event| event.audience.user).collect::<Option<Vec<Uuid>>>() {
                    Some(who) if who.is_empty() => {}
                    Some(who) => {
                        self.viewers.forget_all_of(&who);
                        self.reload_until_known(|session| who.contains(&session.who())).await;
                    }
                    None => {
                        self.viewers.forget_everybody();
                        self.reload_until_known(|_| true).await;
                    }
                }
                live_sessions.heard.send_replace(follower.at().0);
            }
        }
    }

    async fn poll(&self, hub: &Hub) {
        loop {
            tokio::time::sleep(POLL_INTERVAL).await;
            self.viewers.live_sessions.evict_expired(self.clock.now());
            if !hub.is_hearing()
                && let Err(error) = self.reload(self.viewers.live_sessions.all()).await
            {
                tracing::debug!(%error, "live sessions could not be reloaded; trying again");
            }
        }
    }

    async fn reload_until_known(&self, whom: impl Fn(&State) -> bool) {
        loop {
            let live_sessions =
                self.viewers.live_sessions.all().into_iter().filter(|session| whom(session)).collect();
            match self.reload(live_sessions).await {
                Ok(()) => return,
                Err(error) => tracing::warn!(%error, "live sessions could not be reloaded; trying again"),
            }
            tokio::time::sleep(RETRY_PAUSE).await;
        }
    }

    /// Reads the viewers of these sessions, and evicts those whose credential is no longer valid.
    async fn reload(&self, live_sessions: Vec<Arc<State>>) -> Result<()> {
        let _alone = self.viewers.live_sessions.reloading.lock().await;
        for live_sessions in live_sessions.chunks(BATCH) {
            let ids: Vec<CredentialId> =
                live_sessions.iter().map(|session| session.credential().id).collect();
            let known = self.known(&ids).await?;
            for (session, id) in live_sessions.iter().zip(ids) {
                // A newer credential that was shown meanwhile has been checked by itself.
                let credential = session.credential();
                if credential.id == id {
                    match known.get(&id) {
                        Some(viewer) => session.set_viewer(viewer),
                        None => {
                            session.evicted.send_replace(true);
                        }
                    }
                }
            }
        }
        Ok(())
    }

    async fn known(&self, ids: &[CredentialId]) -> Result<HashMap<CredentialId, Arc<Viewer>>> {
        let (db, now) = (&self.database.pool, self.clock.now());
        let (mut sessions, mut keys) = (Vec::new(), Vec::new());
        for id in ids {
            match id {
                CredentialId::Session(id) => sessions.push(*id),
                CredentialId::Key(id) => keys.push(*id),
            }
        }
        let mut known = HashMap::new();
        if !sessions.is_empty() {
            let viewers = sessions::viewers(db, sessions, now).await?;
            known.extend(
                viewers.into_iter().map(|(id, viewer)| (CredentialId::Session(id), Arc::new(viewer))),
            );
        }
        if !keys.is_empty() {
            let viewers = api_keys::viewers(db, keys, now).await?;
            known.extend(viewers.into_iter().map(|(id, viewer)| (CredentialId::Key(id), Arc::new(viewer))));
        }
        Ok(known)
    }
}
