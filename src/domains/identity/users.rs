//! Users: create, change, disable, passwords.

use sea_orm::sea_query::{Expr, LockType};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, Condition, EntityTrait, IntoActiveModel, QueryFilter, QuerySelect, Select,
};

use super::attempts::TOO_MANY;
use super::passwords::{NewPassword, PasswordChange, Present};
use super::rules::{UserErrorCode, check_locale, check_time_zone, team_fits};
use super::tables::{app_user, session};
use super::{concerning, teams};
use crate::kernel::contact::Email;
use crate::kernel::error::Check;
use crate::kernel::ids::{TeamId, UserId};
use crate::kernel::{Error, Patch, Result, Stop, text};
use crate::platform::auth::{Right, Role, Viewer};
use crate::platform::db::{Change, ChangeKind, FieldChange, Tx, Visible, all_rows, differences};

const NAME_MAX: usize = 120;

/// A user to be made.
#[derive(Clone)]
pub struct NewUser {
    /// Sign-in name.
    pub email: String,
    /// Full name.
    pub name: String,
    /// Role.
    pub role: Role,
    /// Team; only admins may have none.
    pub team: Option<TeamId>,
    /// Language tag.
    pub locale: String,
    /// IANA time zone.
    pub time_zone: String,
    /// First password; without one nobody can sign in yet.
    pub password: Option<NewPassword>,
}

/// What changes of a user.
#[derive(Clone, Debug, Default)]
pub struct UserPatch {
    /// Full name.
    pub name: Patch<String>,
    /// Role.
    pub role: Patch<Role>,
    /// Team.
    pub team: Patch<TeamId>,
    /// Language tag.
    pub locale: Patch<String>,
    /// IANA time zone.
    pub time_zone: Patch<String>,
}

/// Which users a list holds; all that is given must hold.
#[derive(Clone, Copy, Debug, Default)]
pub struct UserFilter {
    /// With this role.
    pub role: Option<Role>,
    /// Of this team.
    pub team: Option<TeamId>,
    /// Whether disabled.
    pub disabled: Option<bool>,
}

/// The users that the viewer may see and the filter lets through.
pub fn list(viewer: &Viewer, filter: &UserFilter) -> Select<app_user::Entity> {
    let disabled = |yes| {
        if yes { app_user::Column::DisabledAt.is_not_null() } else { app_user::Column::DisabledAt.is_null() }
    };
    let only = Condition::all()
        .add_option(filter.role.map(|role| app_user::Column::Role.eq(role)))
        .add_option(filter.team.map(|team| app_user::Column::TeamId.eq(team)))
        .add_option(filter.disabled.map(disabled));
    app_user::Entity::visible_to(viewer).filter(only)
}

/// Makes a user.
pub async fn create(tx: &mut Tx, new: NewUser) -> Result<UserId, Stop<UserErrorCode>> {
    tx.by.may(Right::Administer)?;
    let mut check = Check::default();
    let email = check.take(UserErrorCode::Invalid, "email", Email::parse(&new.email));
    let name = check.take(UserErrorCode::Invalid, "name", text::name(&new.name, NAME_MAX));
    let locale = check.take(UserErrorCode::Invalid, "locale", check_locale(&new.locale));
    let time_zone = check.take(UserErrorCode::Invalid, "timeZone", check_time_zone(&new.time_zone));
    let password_hash = new.password.and_then(|password| password.checked(&mut check));
    check_team(tx, &mut check, new.role, new.team).await?;
    if let Some(email) = &email
        && by_email(tx, email).await?.is_some()
    {
        check.refuse_taken("app_user_email_key");
    }
    check.done()?;
    let (Some(email), Some(name), Some(locale), Some(time_zone)) = (email, name, locale, time_zone) else {
        return Err(Error::internal("a checked field is missing").into());
    };
    let row = app_user::Model {
        id: UserId::new(),
        version: 1,
        email: email.as_str().to_owned(),
        name_sort: text::fold(&name),
        name,
        role: new.role,
        team_id: new.team,
        locale,
        time_zone,
        password_hash,
        disabled_at: None,
        created_at: tx.now,
        updated_at: tx.now,
    };
    let id = row.id;
    tx.record(Change::of(ChangeKind::Created, id, 1, differences(None, Some(&row))?));
    app_user::Entity::insert(row.into_active_model()).exec_without_returning(tx.conn()).await?;
    Ok(id)
}

/// Changes a user: admins anybody, everybody the own name, language and time zone.
pub async fn update(
    tx: &mut Tx,
    id: UserId,
    expected: i32,
    patch: UserPatch,
) -> Result<UserId, Stop<UserErrorCode>> {
    let own = tx.by.user_id() == Some(id);
    let of_office = patch.role != Patch::Keep || patch.team != Patch::Keep;
    if !own || of_office {
        tx.by.may(Right::Administer)?;
    }
    let before = locked(tx, id).await?;
    let mut after = before.clone();
    let mut check = Check::default();
    edit(&mut check, "name", patch.name, |text| text::name(text, NAME_MAX), &mut after.name);
    edit(&mut check, "locale", patch.locale, check_locale, &mut after.locale);
    edit(&mut check, "timeZone", patch.time_zone, check_time_zone, &mut after.time_zone);
    match patch.role {
        Patch::Set(role) => after.role = role,
        Patch::Clear => check.refuse(UserErrorCode::Invalid, "role", "must not be null"),
        Patch::Keep => {}
    }
    patch.team.apply(&mut after.team_id);
    if own && after.role != before.role {
        check.refuse(UserErrorCode::OwnAccount, "role", "you cannot change your own role");
    }
    if of_office {
        check_team(tx, &mut check, after.role, after.team_id).await?;
    }
    check.done()?;
    after.name_sort = text::fold(&after.name);
    write(tx, before, after, expected).await
}

/// Disables a user and ends all sessions, or lets a disabled one in again.
pub async fn set_disabled(
    tx: &mut Tx,
    id: UserId,
    expected: i32,
    disabled: bool,
) -> Result<UserId, Stop<UserErrorCode>> {
    tx.by.may(Right::Administer)?;
    if disabled && tx.by.user_id() == Some(id) {
        return Err(Stop::refuse(UserErrorCode::OwnAccount, "id", "you cannot disable your own account"));
    }
    let before = locked(tx, id).await?;
    let mut after = before.clone();
    after.disabled_at = disabled.then(|| before.disabled_at.unwrap_or(tx.now));
    if disabled {
        end_sessions(tx, id).await?;
    }
    write(tx, before, after, expected).await
}

/// Sets a password: admins anybody's, everybody the own one by telling the present one. All sessions but the one that
/// asks end.
pub async fn set_password(
    tx: &mut Tx,
    id: UserId,
    PasswordChange { present, new }: PasswordChange,
) -> Result<UserId, Stop<UserErrorCode>> {
    let own = tx.by.user_id() == Some(id);
    if !own {
        tx.by.may(Right::Administer)?;
    }
    let before = locked(tx, id).await?;
    let mut check = Check::default();
    let hash = new.checked(&mut check);
    match present {
        _ if !own => {}
        // Another one may have been set since it was judged.
        Present::Right(hash) if hash == before.password_hash => {}
        Present::TooMany => check.refuse(UserErrorCode::TooManyAttempts, "currentPassword", TOO_MANY),
        _ => check.refuse(UserErrorCode::PasswordWrong, "currentPassword", "is not your present password"),
    }
    check.done()?;
    let mut after = before.clone();
    after.password_hash = Some(hash.ok_or_else(|| Error::internal("a checked password has no hash"))?);
    after.version += 1;
    after.updated_at = tx.now;
    end_sessions(tx, id).await?;
    let secret = FieldChange { field: "password".into(), before: "***".into(), after: "***".into() };
    tx.record(concerning(Change::of(ChangeKind::Updated, id, after.version, vec![secret]), id.into()));
    after.into_active_model().reset_all().update(tx.conn()).await?;
    Ok(id)
}

/// The user with this e-mail address, whoever asks: for log-in and commands.
pub async fn by_email(tx: &Tx, email: &Email) -> Result<Option<app_user::Model>> {
    Ok(all_rows::<app_user::Entity>()
        .filter(app_user::Column::Email.eq(email.as_str()))
        .one(tx.conn())
        .await?)
}

/// An advisor or supervisor whom this viewer may give clients to, with their team.
pub async fn assignable(tx: &Tx, id: UserId) -> Result<Option<app_user::Model>> {
    Ok(app_user::Entity::visible_to(&tx.by)
        .filter(app_user::Column::Id.eq(id))
        .filter(app_user::Column::DisabledAt.is_null())
        .filter(app_user::Column::TeamId.is_not_null())
        .one(tx.conn())
        .await?)
}

async fn locked(tx: &Tx, id: UserId) -> Result<app_user::Model> {
    let query = app_user::Entity::visible_to(&tx.by).filter(app_user::Column::Id.eq(id));
    // What names the user is written beside this; a log-in, which looks at the user, waits (`sessions::is_still`).
    let query = query.lock(LockType::NoKeyUpdate);
    query.one(tx.conn()).await?.ok_or(Error::NotFound)
}

async fn write(
    tx: &mut Tx,
    before: app_user::Model,
    mut after: app_user::Model,
    expected: i32,
) -> Result<UserId, Stop<UserErrorCode>> {
    let changes = differences(Some(&before), Some(&after))?;
    tx.merge(before.id, expected, before.version, &changes).await?;
    if !changes.is_empty() {
        after.version = before.version + 1;
        after.updated_at = tx.now;
        tx.record(concerning(
            Change::of(ChangeKind::Updated, before.id, after.version, changes),
            before.id.into(),
        ));
        after.into_active_model().reset_all().update(tx.conn()).await?;
    }
    Ok(before.id)
}

async fn end_sessions(tx: &Tx, user: UserId) -> Result<()> {
    session::Entity::update_many()
        .col_expr(session::Column::RevokedAt, Expr::value(tx.now))
        .filter(session::Column::UserId.eq(user))
        .filter(session::Column::RevokedAt.is_null())
        .filter(session::Column::Id.ne(tx.by.session.unwrap_or_else(crate::kernel::ids::SessionId::new)))
        .exec(tx.conn())
        .await?;
    Ok(())
}

async fn check_team(
    tx: &Tx,
    check: &mut Check<UserErrorCode>,
    role: Role,
    team: Option<TeamId>,
) -> Result<()> {
    if !team_fits(role, team) {
        check.refuse(UserErrorCode::TeamMissing, "teamId", "advisors and supervisors belong to a team");
    }
    if let Some(team) = team
        && !teams::exists(tx, team).await?
    {
        check.refuse(UserErrorCode::NotFound, "teamId", "there is no such team");
    }
    Ok(())
}

/// Edits a field that may not be empty.
fn edit(
    check: &mut Check<UserErrorCode>,
    field: &str,
    patch: Patch<String>,
    rule: impl Fn(&str) -> Result<String, String>,
    value: &mut String,
) {
    match patch {
        Patch::Keep => {}
        Patch::Clear => check.refuse(UserErrorCode::Invalid, field, "must not be null"),
        Patch::Set(text) => {
            if let Some(text) = check.take(UserErrorCode::Invalid, field, rule(&text)) {
                *value = text;
            }
        }
    }
}
