//! Somebody who stays: the viewer behind a long connection, as they are now. Whoever's token ends, or who is put out, must
//! go at once; who sees more or less than before goes on as that.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;

use super::sessions::Door;
use crate::kernel::time::Instant;
use crate::kernel::{Error, Result};
use crate::platform::auth::Viewer;

/// How often the token is looked at although nobody said anything.
const EVERY: Duration = Duration::from_secs(2);

/// Who is behind a connection.
pub struct Guest {
    door: Door,
    bearer: watch::Sender<String>,
    viewer: watch::Sender<Arc<Viewer>>,
    expires: watch::Sender<Option<Instant>>,
    /// The newest event after which was looked who it is.
    looked: tokio::sync::Mutex<i64>,
}

impl Guest {
    /// Lets somebody in.
    ///
    /// # Errors
    /// `Unauthenticated`.
    pub async fn admit(door: Door, bearer: &str) -> Result<Guest> {
        let (viewer, expires) = door.admit(bearer).await?;
        Ok(Guest {
            door,
            bearer: watch::Sender::new(bearer.to_owned()),
            viewer: watch::Sender::new(viewer),
            expires: watch::Sender::new(expires),
            looked: tokio::sync::Mutex::default(),
        })
    }

    /// Goes on with a newer token of the same user.
    ///
    /// # Errors
    /// `Unauthenticated` for a wrong token, and for one of somebody else.
    pub async fn refresh(&self, bearer: &str) -> Result<Option<Instant>> {
        let (viewer, expires) = self.door.admit(bearer).await?;
        if viewer.actor != self.viewer.borrow().actor {
            return Err(Error::Unauthenticated);
        }
        self.bearer.send_replace(bearer.to_owned());
        self.viewer.send_replace(viewer);
        self.expires.send_replace(expires);
        Ok(expires)
    }

    /// Who it is now.
    pub fn viewer(&self) -> watch::Receiver<Arc<Viewer>> {
        self.viewer.subscribe()
    }

    /// Looks again who it is, after an event that concerns them: what comes behind it is judged with the new eyes. Whoever
    /// has no token at present that is good waits for the next one, or is sent off meanwhile.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn look_again(&self, position: i64) -> Result<()> {
        let mut bearers = self.bearer.subscribe();
        loop {
            let bearer = bearers.borrow_and_update().clone();
            match self.look(&bearer, position).await {
                Err(Error::Unauthenticated) => {
                    let _ = bearers.changed().await; // `self` holds the other end
                }
                looked => return looked,
            }
        }
    }

    async fn look(&self, bearer: &str, position: i64) -> Result<()> {
        let mut looked = self.looked.lock().await;
        if *looked >= position {
            return Ok(()); // another stream of theirs did
        }
        if let Some(user) = self.viewer.borrow().user_id() {
            self.door.forget_user(user);
        }
        self.recognise(self.door.admit(bearer).await?.0);
        *looked = position;
        Ok(())
    }

    fn recognise(&self, viewer: Arc<Viewer>) {
        self.viewer.send_if_modified(|known| {
            let other = known.eyes(true) != viewer.eyes(true);
            if other {
                *known = viewer;
            }
            other
        });
    }

    /// When the token ends.
    pub fn expires(&self) -> watch::Receiver<Option<Instant>> {
        self.expires.subscribe()
    }

    /// The moment, by the server's clock.
    pub fn now(&self) -> Instant {
        self.door.clock.now()
    }

    /// Ends when the guest must go.
    async fn leaves(&self) {
        let (mut changed, mut refreshed) = (self.door.changed(), self.bearer.subscribe());
        loop {
            tokio::select! {
                _ = changed.changed() => {}
                _ = refreshed.changed() => {}
                () = tokio::time::sleep(EVERY) => {}
            }
            let bearer = self.bearer.borrow().clone();
            // One look at a time: an older one must not be the last. In a box: it waits here for hours, and looks for a moment.
            let _alone = self.looked.lock().await;
            match Box::pin(self.door.admit(&bearer)).await {
                Ok((viewer, _)) => self.recognise(viewer),
                Err(Error::Unauthenticated) => return,
                Err(_) => {} // the database is away: asked again
            }
        }
    }
}

/// Waits for a guest to leave, in the background, so that no sign is missed meanwhile.
pub struct Leaving(tokio::task::JoinHandle<()>);

impl Leaving {
    /// Of this guest.
    pub fn of(guest: &Arc<Guest>) -> Leaving {
        let guest = guest.clone();
        Leaving(tokio::spawn(async move { guest.leaves().await }))
    }

    /// Ends when the guest must go.
    pub async fn wait(&mut self) {
        let _ = (&mut self.0).await;
    }
}

impl Drop for Leaving {
    fn drop(&mut self) {
        self.0.abort();
    }
}
