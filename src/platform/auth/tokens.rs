//! Access tokens: JWT (RFC 7519) signed with HMAC-SHA-256. Each signing key has an id (`kid`), so keys rotate: the
//! first signs, all verify.

use std::fs;
use std::path::{Path, PathBuf};

use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use secrecy::ExposeSecret;
use serde::{Deserialize, Serialize};

use super::passwords::{hash_secret, new_secret};
use crate::kernel::ids::{SessionId, UserId};
use crate::kernel::time::Instant;
use crate::kernel::{Error, Result};
use crate::platform::config::AuthConfig;

const ISSUER: &str = "cabina";
/// So far apart the clocks of two servers may be: what one of them signs, the other accepts (RFC 7519, 4.1.4 and 4.1.5).
pub const LEEWAY: chrono::Duration = chrono::Duration::seconds(60);

/// What an access token says.
#[derive(Clone, Debug, Serialize, Deserialize, PartialEq, Eq)]
pub struct AccessClaims {
    /// Issuer.
    pub iss: String,
    /// The user.
    pub sub: UserId,
    /// The session.
    pub sid: SessionId,
    /// Not valid before, in seconds since 1970.
    pub nbf: i64,
    /// Not valid from then on, in seconds since 1970.
    pub exp: i64,
}

struct Key {
    kid: String,
    encoding: EncodingKey,
    decoding: DecodingKey,
}

impl Key {
    fn new(secret: &str) -> Key {
        let bytes = secret.as_bytes();
        let kid = hash_secret(&format!("kid {secret}"))[..12].to_owned();
        Key { kid, encoding: EncodingKey::from_secret(bytes), decoding: DecodingKey::from_secret(bytes) }
    }
}

/// The signing keys of this process.
pub struct TokenKeys(Vec<Key>);

impl TokenKeys {
    /// Takes the keys of the configuration; without any, makes one and keeps it in `beside`.
    ///
    /// # Errors
    /// A key file that cannot be read or holds too short a secret.
    pub fn load(config: &AuthConfig, beside: &Path) -> Result<TokenKeys> {
        if let Some(secret) = &config.jwt_secret {
            return Ok(TokenKeys(vec![Key::new(secret.expose_secret())]));
        }
        if !config.jwt_key_files.is_empty() {
            let keys: Result<Vec<Key>> = config.jwt_key_files.iter().map(read_key).collect();
            return Ok(TokenKeys(keys?));
        }
        let file = beside.join("jwt-secret");
        if !file.exists() {
            tracing::warn!(file = %file.display(), "no signing secret is configured: made one and kept it here");
            write_private(&file, &new_secret())?;
        }
        Ok(TokenKeys(vec![read_key(&file)?]))
    }

    /// Signs an access token.
    ///
    /// # Errors
    /// `Internal` when signing fails.
    pub fn sign(&self, user: UserId, session: SessionId, now: Instant, expires: Instant) -> Result<String> {
        let claims = AccessClaims {
            iss: ISSUER.to_owned(),
            sub: user,
            sid: session,
            nbf: now.timestamp(),
            exp: expires.timestamp(),
        };
        let key = self.0.first().ok_or_else(|| Error::internal("no signing key"))?;
        let header = Header { kid: Some(key.kid.clone()), ..Header::new(Algorithm::HS256) };
        jsonwebtoken::encode(&header, &claims, &key.encoding).map_err(Error::internal)
    }

    /// What a token says, when one of our keys signed it and it is valid at `now`, give or take `LEEWAY`.
    ///
    /// # Errors
    /// `Unauthenticated` for every wrong token alike.
    pub fn verify(&self, token: &str, now: Instant) -> Result<AccessClaims> {
        let refused = |_| Error::Unauthenticated;
        let header = jsonwebtoken::decode_header(token).map_err(refused)?;
        let kid = header.kid.ok_or(Error::Unauthenticated)?;
        let key = self.0.iter().find(|key| key.kid == kid).ok_or(Error::Unauthenticated)?;
        let mut validation = Validation::new(Algorithm::HS256);
        validation.set_issuer(&[ISSUER]);
        validation.set_required_spec_claims(&["exp", "nbf", "iss", "sub"]);
        // Our own clock decides, below: tests move it.
        validation.validate_exp = false;
        let claims =
            jsonwebtoken::decode::<AccessClaims>(token, &key.decoding, &validation).map_err(refused)?.claims;
        let (now, leeway) = (now.timestamp(), LEEWAY.num_seconds());
        let holds = claims.nbf.saturating_sub(leeway) <= now && now < claims.exp.saturating_add(leeway);
        if holds { Ok(claims) } else { Err(Error::Unauthenticated) }
    }
}

fn read_key(file: &PathBuf) -> Result<Key> {
    let secret = fs::read_to_string(file).map_err(|cause| {
        Error::internal(format!("the key file {} cannot be read: {cause}", file.display()))
    })?;
    let secret = secret.trim();
    if secret.len() < 32 {
        return Err(Error::internal(format!(
            "the key file {} must hold at least 32 characters",
            file.display()
        )));
    }
    Ok(Key::new(secret))
}

/// Puts a secret into a file of its own, whole or not at all: of several processes that start together one wins, and no
/// other reads half of it.
fn write_private(file: &Path, secret: &str) -> Result<()> {
    use std::io::Write;
    if let Some(folder) = file.parent() {
        fs::create_dir_all(folder).map_err(Error::internal)?;
    }
    let draft = file.with_extension(new_secret());
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let written = options.open(&draft).and_then(|mut handle| handle.write_all(secret.as_bytes()));
    let placed = written.and_then(|()| match fs::hard_link(&draft, file) {
        // Another process was faster: its secret is ours.
        Err(cause) if cause.kind() == std::io::ErrorKind::AlreadyExists => Ok(()),
        placed => placed,
    });
    let _ = fs::remove_file(&draft);
    placed.map_err(Error::internal)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::time::Clock;
    use chrono::Duration;

    fn keys(secrets: &[&str]) -> TokenKeys {
        TokenKeys(secrets.iter().map(|s| Key::new(s)).collect())
    }

    #[test]
    fn a_rotated_key_still_verifies_and_the_new_one_signs() {
        let now = Clock::System.now();
        let (user, session) = (UserId::new(), SessionId::new());
        let old = keys(&["old-old-old-old-old-old-old-old-old"]);
        let both = keys(&["new-new-new-new-new-new-new-new-new", "old-old-old-old-old-old-old-old-old"]);
        let token = old.sign(user, session, now, now + Duration::minutes(15)).expect("signs");
        assert_eq!(both.verify(&token, now).expect("the old key is still accepted").sub, user);
        let newer = both.sign(user, session, now, now + Duration::minutes(15)).expect("signs");
        assert!(old.verify(&newer, now).is_err(), "signed by the new key");
    }

    #[test]
    fn processes_that_start_together_make_one_key() {
        let folder = tempfile::TempDir::new().expect("a folder");
        let config = crate::platform::config::Config::from_lookup(&|_| None).0.expect("defaults").auth;
        let kids: Vec<String> = std::thread::scope(|scope| {
            let load = || TokenKeys::load(&config, folder.path()).expect("a whole key").0[0].kid.clone();
            let threads: Vec<_> = (0..16).map(|_| scope.spawn(load)).collect();
            threads.into_iter().map(|thread| thread.join().expect("no panic")).collect()
        });
        assert!(kids.iter().all(|kid| kid == &kids[0]), "{kids:?}");
        assert_eq!(std::fs::read_dir(folder.path()).expect("a folder").count(), 1, "no draft is left");
    }

    #[test]
    fn times_are_judged_to_the_second_with_a_minute_of_leeway_both_ways() {
        let now = Clock::System.now();
        let keys = keys(&["a secret of more than 32 characters"]);
        let token =
            keys.sign(UserId::new(), SessionId::new(), now, now + Duration::seconds(60)).expect("signs");
        for (after, holds) in [(-62, false), (-60, true), (-1, true), (59, true), (119, true), (120, false)] {
            let then = chrono::SubsecRound::trunc_subsecs(now, 0) + Duration::seconds(after);
            assert_eq!(keys.verify(&token, then).is_ok(), holds, "{after} s after it was signed");
        }
    }
}
