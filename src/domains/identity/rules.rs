//! Pure decisions about users, teams, sessions and keys.

use crate::codes;
use crate::kernel::error::Check;
use crate::kernel::ids::TeamId;
use crate::platform::auth::Role;
use crate::platform::zones::Zone;

codes! {
    /// Why a session was not opened, refreshed or closed.
    pub enum SessionErrorCode {
        /// E-mail and password do not belong together, or the account is disabled. Which of them is not told.
        InvalidCredentials = "INVALID_CREDENTIALS",
        /// Too many failed attempts: wait a quarter of an hour.
        TooManyAttempts = "TOO_MANY_ATTEMPTS",
        /// The refresh token is unknown, used, expired or its session has ended: log in again.
        InvalidRefreshToken = "INVALID_REFRESH_TOKEN",
    }
}

codes! {
    /// Why a user was not changed.
    pub enum UserErrorCode {
        /// Another user has this e-mail address.
        EmailTaken = "EMAIL_TAKEN",
        /// Advisors and supervisors belong to a team.
        TeamMissing = "TEAM_MISSING",
        /// The password is too short or too long.
        PasswordWeak = "PASSWORD_WEAK",
        /// The present password is wrong.
        PasswordWrong = "PASSWORD_WRONG",
        /// Administrators cannot disable themselves or give up their own role.
        OwnAccount = "OWN_ACCOUNT",
    }
}

codes! {
    /// Why a team was not changed.
    pub enum TeamErrorCode {
        /// Another team has this name.
        NameTaken = "NAME_TAKEN",
    }
}

codes! {
    /// Why an API key was not made or revoked.
    pub enum ApiKeyErrorCode {
        /// Keys of advisors and supervisors belong to a team.
        TeamMissing = "TEAM_MISSING",
        /// A key needs at least one scope.
        ScopeMissing = "SCOPE_MISSING",
        /// The key would be expired already.
        AlreadyExpired = "ALREADY_EXPIRED",
    }
}

/// Shortest password, in characters (NIST SP 800-63B section 5.1.1.2 asks for at least 8).
pub const PASSWORD_MIN: usize = 8;
/// Longest password, in bytes: so that hashing cannot be made costly.
pub const PASSWORD_MAX: usize = 256;

/// Checks a new password.
pub fn check_password(check: &mut Check<UserErrorCode>, field: &str, password: &str) {
    if password.chars().count() < PASSWORD_MIN || password.len() > PASSWORD_MAX {
        let rule = format!("must have at least {PASSWORD_MIN} characters and at most {PASSWORD_MAX} bytes");
        check.refuse(UserErrorCode::PasswordWeak, field, rule);
    }
}

/// Whether a role and a team go together: only admins may be without one.
pub fn team_fits(role: Role, team: Option<TeamId>) -> bool {
    role == Role::Admin || team.is_some()
}

/// A time zone of the IANA database.
pub fn time_zone(name: &str) -> Result<Zone, &'static str> {
    name.parse()
}

/// The name of a time zone of the IANA database.
pub fn check_time_zone(name: &str) -> Result<String, String> {
    Ok(time_zone(name)?.name().to_owned())
}

/// A language tag, with or without a region: `es`, `es-MX`.
pub fn check_locale(tag: &str) -> Result<String, String> {
    let mut parts = tag.split('-');
    let language =
        parts.next().is_some_and(|l| (2..=3).contains(&l.len()) && l.chars().all(|c| c.is_ascii_lowercase()));
    let region = parts.next().is_none_or(|r| r.len() == 2 && r.chars().all(|c| c.is_ascii_uppercase()));
    if language && region && parts.next().is_none() {
        Ok(tag.to_owned())
    } else {
        Err("must be a language tag such as es, es-MX or en".to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn locales_and_zones() {
        for (tag, fits) in
            [("es", true), ("es-MX", true), ("ES", false), ("es-mx", false), ("es-MX-x", false), ("", false)]
        {
            assert_eq!(check_locale(tag).is_ok(), fits, "{tag}");
        }
        assert!(check_time_zone("America/Mexico_City").is_ok());
        assert!(check_time_zone("Mars/Olympus").is_err());
    }

    #[test]
    fn only_admins_may_be_without_a_team() {
        assert!(team_fits(Role::Admin, None));
        assert!(!team_fits(Role::Advisor, None));
        assert!(team_fits(Role::Supervisor, Some(TeamId::new())));
    }
}
