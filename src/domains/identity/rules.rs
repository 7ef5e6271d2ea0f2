//! Pure decisions about users, teams, sessions and keys.

use chrono::Duration;

use crate::codes;
use crate::kernel::error::Check;
use crate::kernel::ids::TeamId;
use crate::kernel::time::Instant;
use crate::platform::auth::{Role, normalized};
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
        /// The present password was not looked at, after too many wrong ones: wait a quarter of an hour.
        TooManyAttempts = "TOO_MANY_ATTEMPTS",
        /// Administrators cannot disable themselves or give up their own role.
        OwnAccount = "OWN_ACCOUNT",
    }
    taken {
        "app_user_email_key" => EmailTaken, "email", "another user has this e-mail address";
    }
}

codes! {
    /// Why a team was not changed.
    pub enum TeamErrorCode {
        /// Another team has this name.
        NameTaken = "NAME_TAKEN",
    }
    taken {
        "team_name_sort_key" => NameTaken, "name", "another team has this name";
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

/// Checks a new password, as it will be hashed.
pub fn check_password(check: &mut Check<UserErrorCode>, field: &str, password: &str) {
    let password = normalized(password);
    if password.chars().count() < PASSWORD_MIN || password.len() > PASSWORD_MAX {
        let rule = format!("must have at least {PASSWORD_MIN} characters and at most {PASSWORD_MAX} bytes");
        check.refuse(UserErrorCode::PasswordWeak, field, rule);
    }
}

/// Equal refreshes are honoured for so long: an answer may be lost, and tabs may ask at the same time.
pub const RETRY_WINDOW: Duration = Duration::seconds(60);

/// Whether a refresh token opens the next generation: none of its generation was used, or one was just now and this is
/// its repetition (`used_with_key`: with its key) or the other answer of two equal refreshes (`used` is false). Anything
/// else is a copy in other hands.
pub fn refresh_is_honoured(used: bool, used_with_key: bool, last_use: Option<Instant>, now: Instant) -> bool {
    last_use.is_none_or(|at| (!used || used_with_key) && now - at < RETRY_WINDOW)
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
    fn a_refresh_token_is_honoured_once_and_for_a_minute_again() {
        let now = crate::kernel::time::Clock::System.now();
        let ago = |seconds| Some(now - Duration::seconds(seconds));
        for (used, used_with_key, last_use, honoured) in [
            (false, false, None, true),
            (true, true, ago(59), true),
            (true, true, ago(60), false),
            (true, false, ago(0), false),
            (false, false, ago(59), true),
            (false, false, ago(60), false),
        ] {
            let told = refresh_is_honoured(used, used_with_key, last_use, now);
            assert_eq!(told, honoured, "{used} {used_with_key} {last_use:?}");
        }
    }

    #[test]
    fn only_admins_may_be_without_a_team() {
        assert!(team_fits(Role::Admin, None));
        assert!(!team_fits(Role::Advisor, None));
        assert!(team_fits(Role::Supervisor, Some(TeamId::new())));
    }
}
