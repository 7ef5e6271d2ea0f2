//! Passwords (argon2id) and random secrets (refresh tokens, API keys), which are kept only as SHA-256.

use argon2::Argon2;
use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};
use tokio::sync::Semaphore;
use unicode_normalization::UnicodeNormalization;

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
