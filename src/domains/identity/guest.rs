//! Somebody who stays: the viewer behind a long connection, as they are now. Whoever's token ends, or who is put out, must
//! go at once; who sees more or less than before goes on as that.
//!
//! Nobody asks the database now and then who they are. What changes is an event on the bus, and one look finds all guests
//! whom the events that wait concern (`Authenticator::heed`). Only while the other servers cannot be heard everybody is looked at
//! again and again, many with one statement.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::watch;
use uuid::Uuid;

use super::sessions::{Admitted, Authenticator};
use super::{IDENTITY_CHANGED, api_keys, sessions};
use crate::kernel::ids::{ApiKeyId, SessionId};
use crate::kernel::time::Instant;
use crate::kernel::{Error, Result};
use crate::platform::auth::{Actor, Viewer};
use crate::platform::bus::{Follower, Hub};

/// How often is looked whose token has ended, and, while the other servers cannot be heard, who is who.
const EVERY: Duration = Duration::from_secs(2);
/// How long is waited after the database failed.
const PAUSE: Duration = Duration::from_millis(500);
/// Guests that are looked for with one statement.
const TOGETHER: usize = 500;

/// Who is behind a connection.
pub struct Guest {
    authenticator: Authenticator,
    number: u64,
    here: Arc<Here>,
}

/// A guest as the door knows them.
struct Here {
    pass: Mutex<Pass>,
    viewer: watch::Sender<Arc<Viewer>>,
    expires: watch::Sender<Option<Instant>>,
    /// Whether they must go.
    out: watch::Sender<bool>,
}

/// What they came in with.
#[derive(Clone, Copy)]
struct Pass {
    ticket: Ticket,
    /// When they must go, unless they show another one before.
    ends: Option<Instant>,
}

/// What must still hold in the database.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Ticket {
    Session(SessionId),
    Key(ApiKeyId),
}

impl Pass {
    fn of(admitted: &Admitted) -> Result<Pass> {
        let ticket = match (&admitted.viewer.actor, admitted.viewer.session) {
            (Actor::User(_), Some(session)) => Ticket::Session(session),
            (Actor::Machine(key), _) => Ticket::Key(*key),
            _ => return Err(Error::Unauthenticated),
        };
        Ok(Pass { ticket, ends: admitted.ends })
    }
}

impl Here {
    fn pass(&self) -> MutexGuard<'_, Pass> {
        self.pass.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn who(&self) -> Uuid {
        self.viewer.borrow().actor.key()
    }

    fn recognise(&self, viewer: &Arc<Viewer>) {
        self.viewer.send_if_modified(|known| {
            let other = known.eyes(true) != viewer.eyes(true);
            if other {
                *known = viewer.clone();
            }
            other
        });
    }
}

/// Who is here.
pub(super) struct Guests {
    here: Mutex<(u64, HashMap<u64, Arc<Here>>)>,
    /// Up to which position of the bus everybody here is known as they are now.
    heard: watch::Sender<i64>,
    /// One look at a time: an older one must not be the last.
    looking: tokio::sync::Mutex<()>,
}

impl Default for Guests {
    fn default() -> Self {
        Guests {
            here: Mutex::default(),
            heard: watch::Sender::new(-1),
            looking: tokio::sync::Mutex::default(),
        }
    }
}

impl Guests {
    fn here(&self) -> MutexGuard<'_, (u64, HashMap<u64, Arc<Here>>)> {
        self.here.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn add(&self, guest: Arc<Here>) -> u64 {
        let (number, here) = &mut *self.here();
        *number += 1;
        here.insert(*number, guest);
        *number
    }

    fn all(&self) -> Vec<Arc<Here>> {
        self.here().1.values().cloned().collect()
    }

    /// Sends those off whose pass has ended.
    fn dismiss(&self, now: Instant) {
        for guest in self.all() {
            if guest.pass().ends.is_some_and(|end| end <= now) {
                guest.out.send_replace(true);
            }
        }
    }
}

impl Guest {
    /// Lets somebody in.
    ///
    /// # Errors
    /// `Unauthenticated`.
    pub async fn admit(authenticator: Authenticator, bearer: &str) -> Result<Guest> {
        let before = authenticator.viewers.forgotten();
        let admitted = authenticator.admit(bearer).await?;
        let here = Arc::new(Here {
            pass: Mutex::new(Pass::of(&admitted)?),
            viewer: watch::Sender::new(admitted.viewer),
            expires: watch::Sender::new(admitted.expires),
            out: watch::Sender::new(false),
        });
        let number = authenticator.viewers.guests.add(here.clone());
        let guest = Guest { authenticator, number, here };
        guest.catch_up(before).await?;
        Ok(guest)
    }

    /// Goes on with a newer token of the same user.
    ///
    /// # Errors
    /// `Unauthenticated` for a wrong token, and for one of somebody else.
    pub async fn refresh(&self, bearer: &str) -> Result<Option<Instant>> {
        let before = self.authenticator.viewers.forgotten();
        let admitted = self.authenticator.admit(bearer).await?;
        if admitted.viewer.actor != self.here.viewer.borrow().actor {
            return Err(Error::Unauthenticated);
        }
        *self.here.pass() = Pass::of(&admitted)?;
        self.here.viewer.send_replace(admitted.viewer);
        self.here.expires.send_replace(admitted.expires);
        self.catch_up(before).await?;
        Ok(admitted.expires)
    }

    /// Looks once more when somebody was forgotten since: it may have been this one, and nobody knew yet that they are here.
    async fn catch_up(&self, before: u64) -> Result<()> {
        if self.authenticator.viewers.forgotten() != before {
            self.authenticator.look(vec![self.here.clone()]).await?;
        }
        if *self.here.out.borrow() { Err(Error::Unauthenticated) } else { Ok(()) }
    }

    /// Who it is now.
    pub fn viewer(&self) -> watch::Receiver<Arc<Viewer>> {
        self.here.viewer.subscribe()
    }

    /// Waits until it is known again who it is, after an event that concerns them: what comes behind it is judged with the
    /// new eyes. Whoever must go waits for that.
    pub async fn look_again(&self, position: i64) {
        let _ = self.authenticator.viewers.guests.heard.subscribe().wait_for(|heard| *heard >= position).await;
        if *self.here.out.borrow() {
            std::future::pending::<()>().await;
        }
    }

    /// When the token ends.
    pub fn expires(&self) -> watch::Receiver<Option<Instant>> {
        self.here.expires.subscribe()
    }

    /// The moment, by the server's clock.
    pub fn now(&self) -> Instant {
        self.authenticator.clock.now()
    }
}

impl Drop for Guest {
    fn drop(&mut self) {
        self.authenticator.viewers.guests.here().1.remove(&self.number);
    }
}

/// Waits for a guest to leave; no sign is missed meanwhile.
pub struct Leaving(watch::Receiver<bool>);

impl Leaving {
    /// Of this guest.
    pub fn of(guest: &Guest) -> Leaving {
        Leaving(guest.here.out.subscribe())
    }

    /// Ends when the guest must go.
    pub async fn wait(&mut self) {
        let _ = self.0.wait_for(|out| *out).await;
    }
}

impl Authenticator {
    /// Forgets whom a change concerns, wherever it was made, and looks at those of them who are here, until `stop` ends.
    pub async fn heed(self, hub: Arc<Hub>, stop: impl Future<Output = ()>) {
        tokio::select! {
            () = stop => {}
            () = self.hear(&hub) => {}
            () = self.watch(&hub) => {}
        }
    }

    async fn hear(&self, hub: &Arc<Hub>) {
        let guests = &self.viewers.guests;
        loop {
            let Ok(mut follower) = Follower::start(hub.clone(), self.database.clone(), None).await else {
                tokio::time::sleep(PAUSE).await;
                continue;
            };
            // What happened before, nobody heard.
            self.look_until_known(|_| true).await;
            guests.heard.send_replace(follower.at().0);
            while let Ok(events) = follower.next().await {
                let ours = events.iter().filter(|event| event.topic == IDENTITY_CHANGED);
                let who: Vec<Uuid> = ours.filter_map(|event| event.audience.user).collect();
                if !who.is_empty() {
                    self.viewers.forget_all_of(&who);
                    self.look_until_known(|guest| who.contains(&guest.who())).await;
                }
                guests.heard.send_replace(follower.at().0);
            }
        }
    }

    async fn watch(&self, hub: &Hub) {
        loop {
            tokio::time::sleep(EVERY).await;
            self.viewers.guests.dismiss(self.clock.now());
            if !hub.is_hearing()
                && let Err(error) = self.look(self.viewers.guests.all()).await
            {
                tracing::debug!(%error, "who is here could not be looked up; it will be tried again");
            }
        }
    }

    async fn look_until_known(&self, whom: impl Fn(&Here) -> bool) {
        loop {
            let guests = self.viewers.guests.all().into_iter().filter(|guest| whom(guest)).collect();
            match self.look(guests).await {
                Ok(()) => return,
                Err(error) => tracing::warn!(%error, "who is here could not be looked up; it is tried again"),
            }
            tokio::time::sleep(PAUSE).await;
        }
    }

    /// Looks who these guests are now, and sends those off who are nobody any more.
    async fn look(&self, guests: Vec<Arc<Here>>) -> Result<()> {
        let _alone = self.viewers.guests.looking.lock().await;
        for guests in guests.chunks(TOGETHER) {
            let tickets: Vec<Ticket> = guests.iter().map(|guest| guest.pass().ticket).collect();
            let known = self.known(&tickets).await?;
            for (guest, ticket) in guests.iter().zip(tickets) {
                // Who shows another pass meanwhile was looked at with it.
                let pass = guest.pass();
                if pass.ticket == ticket {
                    match known.get(&ticket) {
                        Some(viewer) => guest.recognise(viewer),
                        None => {
                            guest.out.send_replace(true);
                        }
                    }
                }
            }
        }
        Ok(())
    }

    async fn known(&self, tickets: &[Ticket]) -> Result<HashMap<Ticket, Arc<Viewer>>> {
        let (db, now) = (&self.database.pool, self.clock.now());
        let (mut sessions, mut keys) = (Vec::new(), Vec::new());
        for ticket in tickets {
            match ticket {
                Ticket::Session(id) => sessions.push(*id),
                Ticket::Key(id) => keys.push(*id),
            }
        }
        let mut known = HashMap::new();
        if !sessions.is_empty() {
            let viewers = sessions::viewers(db, sessions, now).await?;
            known.extend(viewers.into_iter().map(|(id, viewer)| (Ticket::Session(id), Arc::new(viewer))));
        }
        if !keys.is_empty() {
            let viewers = api_keys::viewers(db, keys, now).await?;
            known.extend(viewers.into_iter().map(|(id, viewer)| (Ticket::Key(id), Arc::new(viewer))));
        }
        Ok(known)
    }
}
