//! Passwords that people choose or tell: hashed and judged before the write begins. Hashing is slow on purpose, and a write
//! that waited for it would hold up all others.

use sea_orm::{ColumnTrait, QueryFilter};

use super::attempts::Attempt;
use super::rules::{UserErrorCode, check_password};
use super::sessions::Authenticator;
use super::tables::app_user;
use crate::kernel::address::counted_as;
use crate::kernel::error::Check;
use crate::kernel::ids::UserId;
use crate::kernel::{Error, Result};
use crate::platform::auth::{Place, Right, Viewer};
use crate::platform::db::Visible;

/// A password that somebody chose.
#[derive(Clone)]
pub struct NewPassword {
    text: String,
    /// None when it breaks a rule.
    hash: Option<String>,
}

impl NewPassword {
    /// Hashes a password, if it keeps the rules.
    ///
    /// # Errors
    /// `Internal` when hashing fails.
    pub async fn of(place: &Place, text: String) -> Result<NewPassword> {
        let mut check = Check::default();
        check_password(&mut check, "password", &text);
        let hash = match check.done() {
            Ok(()) => Some(place.hash(text.clone()).await?),
            Err(_) => None,
        };
        Ok(NewPassword { text, hash })
    }

    /// The hash, or why there is none.
    pub fn checked(&self, check: &mut Check<UserErrorCode>) -> Option<String> {
        check_password(check, "password", &self.text);
        self.hash.clone()
    }
}

/// What became of the present password that a user told.
#[derive(Clone)]
pub enum Present {
    /// It is not asked for: somebody else's password is set, by whoever may.
    Unasked,
    /// It belongs to this hash.
    Right(Option<String>),
    /// It is wrong.
    Wrong,
    /// It was not judged: there were too many wrong ones.
    TooMany,
}

/// A password that is to be set.
#[derive(Clone)]
pub struct PasswordChange {
    /// What became of the present one.
    pub present: Present,
    /// The new one.
    pub new: NewPassword,
}

impl Authenticator {
    /// The first password of a user, for whoever may make users.
    ///
    /// # Errors
    /// `Forbidden`; `Throttled` when this address has many passwords judged already.
    pub async fn first_password(
        &self,
        viewer: &Viewer,
        address: Option<&str>,
        text: String,
    ) -> Result<NewPassword> {
        viewer.may(Right::Administer)?;
        NewPassword::of(&self.place(address)?, text).await
    }

    /// Judges what a user tells to have a password set. Guesses of the own present one count with the log-ins.
    ///
    /// # Errors
    /// `Forbidden` for other users' passwords; `Throttled` when this address has many passwords judged already.
    pub async fn password_change(
        &self,
        viewer: &Viewer,
        address: Option<&str>,
        id: UserId,
        present: Option<String>,
        text: String,
    ) -> Result<PasswordChange> {
        if viewer.user_id() != Some(id) {
            let new = self.first_password(viewer, address, text).await?;
            return Ok(PasswordChange { present: Present::Unasked, new });
        }
        let place = self.place(address)?;
        let user = app_user::Entity::visible_to(viewer).filter(app_user::Column::Id.eq(id));
        let user = user.one(&self.database.pool).await?.ok_or(Error::NotFound)?;
        let (most, now) = (self.config.login_attempts, self.clock.now());
        let present = match Attempt::begin(&self.database, most, now, &user.email, address).await? {
            None => Present::TooMany,
            Some(attempt) => {
                if place.verify(present.unwrap_or_default(), user.password_hash.clone()).await? {
                    attempt.take_back().await?;
                    Present::Right(user.password_hash)
                } else {
                    Present::Wrong
                }
            }
        };
        let new = match present {
            Present::Right(_) => NewPassword::of(&place, text).await?,
            _ => NewPassword { text, hash: None }, // it will not be set
        };
        Ok(PasswordChange { present, new })
    }

    /// A place in the queue of an address.
    pub(super) fn place(&self, address: Option<&str>) -> Result<Place> {
        self.passwords.place(&counted_as(address.unwrap_or_default()))
    }
}
