//! Passwords (argon2id) and random secrets (refresh tokens, API keys), which are kept only as SHA-256.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use argon2::Argon2;
use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};
use tokio::sync::Semaphore;
use unicode_normalization::UnicodeNormalization;

use crate::kernel::{Error, Result};

/// Passwords that are hashed at the same time: each takes 19 MiB and some 20 ms.
const AT_ONCE: usize = 2;
/// Passwords of one address that wait or are hashed.
const OF_ONE_ADDRESS: usize = 20;
/// Passwords of all addresses that wait or are hashed: nobody waits behind more than that.
const OF_ALL: usize = 100;

/// Hashes and checks passwords away from the async threads, a few at a time. Whoever asks for it from outside takes a place
/// in a queue first, of which every address has its own: so who sends many waits behind their own, and others do not.
pub struct Passwords {
    turns: Semaphore,
    queues: Mutex<Queues>,
    /// Checked when there is no account, so that an unknown e-mail takes as long as a wrong password.
    decoy: tokio::sync::OnceCell<String>,
}

impl Default for Passwords {
    fn default() -> Self {
        let (turns, queues) = (Semaphore::new(AT_ONCE), Mutex::default());
        Passwords { turns, queues, decoy: tokio::sync::OnceCell::new() }
    }
}

impl Passwords {
    /// The PHC string of a password, normalised (argon2id with the library's parameters: OWASP's second recommendation).
    pub async fn hash(&self, password: String) -> Result<String> {
        let _turn = self.turns.acquire().await.map_err(Error::internal)?;
        let hashed = tokio::task::spawn_blocking(move || {
            Argon2::default().hash_password(normalized(&password).as_bytes()).map(|hash| hash.to_string())
        });
        hashed.await.map_err(Error::internal)?.map_err(|e| Error::internal(e.to_string()))
    }

    /// Whether the password belongs to the hash; without a hash the answer is no, after the same time.
    ///
    /// Hashes from before passwords were normalised are of the password as it was typed then: typed so again, it still
    /// belongs to them.
    pub async fn verify(&self, password: String, hash: Option<String>) -> Result<bool> {
        let known = hash.is_some();
        let hash = match hash {
            Some(hash) => hash,
            None => self.decoy.get_or_try_init(|| self.hash("decoy".to_owned())).await?.clone(),
        };
        let _turn = self.turns.acquire().await.map_err(Error::internal)?;
        let verified = tokio::task::spawn_blocking(move || {
            let Ok(hash) = PasswordHash::new(&hash) else { return false };
            let belongs = |text: &str| Argon2::default().verify_password(text.as_bytes(), &hash).is_ok();
            let normal = normalized(&password);
            belongs(&normal) || (normal != password && belongs(&password))
        });
        Ok(verified.await.map_err(Error::internal)? && known)
    }
}

/// The queues of all addresses that have somebody in them.
#[derive(Default)]
struct Queues {
    of: HashMap<String, Queue>,
    places: usize,
}

struct Queue {
    places: usize,
    /// No more of one address stand in line with the others than can be hashed at once.
    turns: Arc<Semaphore>,
}

impl Passwords {
    /// A place in the queue of an address, for one password.
    ///
    /// # Errors
    /// `Throttled` when the queue is full.
    pub fn place(self: &Arc<Self>, address: &str) -> Result<Place> {
        let mut queues = self.queues();
        let taken = queues.of.get(address).map_or(0, |queue| queue.places);
        if queues.places >= OF_ALL || taken >= OF_ONE_ADDRESS {
            return Err(Error::Throttled { retry_after: 1 });
        }
        queues.places += 1;
        let fresh = || Queue { places: 0, turns: Arc::new(Semaphore::new(AT_ONCE)) };
        let queue = queues.of.entry(address.to_owned()).or_insert_with(fresh);
        queue.places += 1;
        Ok(Place { turns: queue.turns.clone(), address: address.to_owned(), passwords: self.clone() })
    }

    fn queues(&self) -> MutexGuard<'_, Queues> {
        self.queues.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A place in the queue of an address; free again when it is dropped.
pub struct Place {
    passwords: Arc<Passwords>,
    address: String,
    turns: Arc<Semaphore>,
}

impl Place {
    /// The PHC string of a password, when its turn comes.
    ///
    /// # Errors
    /// `Internal` when hashing fails.
    pub async fn hash(&self, password: String) -> Result<String> {
        let _turn = self.turns.acquire().await.map_err(Error::internal)?;
        self.passwords.hash(password).await
    }

    /// Whether the password belongs to the hash, when its turn comes; without a hash the answer is no, after the same time.
    ///
    /// # Errors
    /// `Internal` when hashing fails.
    pub async fn verify(&self, password: String, hash: Option<String>) -> Result<bool> {
        let _turn = self.turns.acquire().await.map_err(Error::internal)?;
        self.passwords.verify(password, hash).await
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut queues = self.passwords.queues();
        queues.places -= 1;
        if let Some(queue) = queues.of.get_mut(&self.address) {
            queue.places -= 1;
            if queue.places == 0 {
                queues.of.remove(&self.address);
            }
        }
    }
}

/// A password as it is hashed: in the form NFKC, as NIST SP 800-63B asks (section 5.1.1.2). Keyboards and systems compose the
/// same letters differently: `ñ` is one character on one and two on another.
pub fn normalized(password: &str) -> String {
    password.nfkc().collect()
}

/// A new random secret of 256 bits, in base64url.
pub fn new_secret() -> String {
    BASE64_URL_SAFE_NO_PAD.encode(rand::random::<[u8; 32]>())
}

/// What is kept of a random secret: its SHA-256 in hexadecimal. (Random secrets need no slow hash.)
pub fn hash_secret(secret: &str) -> String {
    Sha256::digest(secret.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn who_sends_many_passwords_waits_behind_their_own() {
        let passwords: Arc<Passwords> = Arc::default();
        let flood: Vec<Place> = std::iter::from_fn(|| passwords.place("flood").ok()).take(1000).collect();
        assert_eq!(flood.len(), OF_ONE_ADDRESS);
        assert!(matches!(passwords.place("flood"), Err(Error::Throttled { .. })), "at once, and no later");
        // All turns are taken while they line up, so that the order is that of the queues alone.
        let turns = passwords.turns.acquire_many(AT_ONCE as u32).await.expect("turns");
        let (done, mut order) = tokio::sync::mpsc::unbounded_channel();
        let good = passwords.place("good").expect("a place of their own");
        for (who, place) in flood.into_iter().map(|place| ("flood", place)).chain([("good", good)]) {
            let done = done.clone();
            tokio::spawn(async move {
                place.verify("guess".to_owned(), None).await.expect("judged");
                let _ = done.send(who);
            });
        }
        drop(done);
        tokio::task::yield_now().await;
        drop(turns);
        let mut before = 0;
        while let Some("flood") = order.recv().await {
            before += 1;
        }
        assert!(before <= 2 * AT_ONCE, "{before} of the others were judged first");
        while order.recv().await.is_some() {}
        assert!(passwords.queues().of.is_empty(), "nobody is remembered for ever");
        assert_eq!(passwords.queues().places, 0);
    }

    #[test]
    fn many_addresses_together_have_an_end_too() {
        let passwords: Arc<Passwords> = Arc::default();
        let places = (0..).map_while(|address: u32| passwords.place(&address.to_string()).ok());
        assert_eq!(places.collect::<Vec<_>>().len(), OF_ALL);
        assert!(passwords.place("another").is_ok(), "they are free again");
    }

    #[tokio::test]
    async fn a_password_is_the_same_however_its_letters_are_composed() {
        let passwords = Passwords::default();
        let hash = passwords.hash("contraseña ﬁna ①".to_owned()).await.expect("hashed");
        for (typed, right) in [
            ("contraseña ﬁna ①", true),
            ("contrasen\u{303}a ﬁna ①", true),
            ("contraseña fina 1", true),
            ("contraseña\u{a0}fina 1", true),
            ("contrasena fina 1", false),
            ("Contraseña fina 1", false),
        ] {
            let verified = passwords.verify(typed.to_owned(), Some(hash.clone())).await.expect("verified");
            assert_eq!(verified, right, "{typed}");
        }
    }

    #[tokio::test]
    async fn a_hash_of_a_password_as_it_was_typed_keeps_working() {
        let passwords = Passwords::default();
        for typed in ["contrasen\u{303}a", "contraseña ①", "plain old words"] {
            let old = Argon2::default().hash_password(typed.as_bytes()).expect("hashed").to_string();
            assert!(
                passwords.verify(typed.to_owned(), Some(old.clone())).await.expect("verified"),
                "{typed}"
            );
            assert!(!passwords.verify("another".to_owned(), Some(old)).await.expect("verified"), "{typed}");
        }
    }
}
