//! Passwords (argon2id) and random secrets (refresh tokens, API keys), which are kept only as SHA-256.

use argon2::Argon2;
use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};
use tokio::sync::Semaphore;

use crate::kernel::{Error, Result};

/// Hashes and checks passwords away from the async threads, a few at a time: each takes 19 MiB and some 20 ms.
pub struct Passwords {
    turns: Semaphore,
    /// Checked when there is no account, so that an unknown e-mail takes as long as a wrong password.
    decoy: tokio::sync::OnceCell<String>,
}

impl Default for Passwords {
    fn default() -> Self {
        Passwords { turns: Semaphore::new(2), decoy: tokio::sync::OnceCell::new() }
    }
}

impl Passwords {
    /// The PHC string of a password (argon2id with the library's parameters: OWASP's second recommendation).
    pub async fn hash(&self, password: String) -> Result<String> {
        let _turn = self.turns.acquire().await.map_err(Error::internal)?;
        let hashed = tokio::task::spawn_blocking(move || {
            Argon2::default().hash_password(password.as_bytes()).map(|hash| hash.to_string())
        });
        hashed.await.map_err(Error::internal)?.map_err(|e| Error::internal(e.to_string()))
    }

    /// Whether the password belongs to the hash; without a hash the answer is no, after the same time.
    pub async fn verify(&self, password: String, hash: Option<String>) -> Result<bool> {
        let known = hash.is_some();
        let hash = match hash {
            Some(hash) => hash,
            None => self.decoy.get_or_try_init(|| self.hash("decoy".to_owned())).await?.clone(),
        };
        let _turn = self.turns.acquire().await.map_err(Error::internal)?;
        let verified = tokio::task::spawn_blocking(move || {
            PasswordHash::new(&hash)
                .is_ok_and(|hash| Argon2::default().verify_password(password.as_bytes(), &hash).is_ok())
        });
        Ok(verified.await.map_err(Error::internal)? && known)
    }
}

/// A new random secret of 256 bits, in base64url.
pub fn new_secret() -> String {
    BASE64_URL_SAFE_NO_PAD.encode(rand::random::<[u8; 32]>())
}

/// What is kept of a random secret: its SHA-256 in hexadecimal. (Random secrets need no slow hash.)
pub fn hash_secret(secret: &str) -> String {
    Sha256::digest(secret.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect()
}
