//! Sessions: log in, refresh, log out, and whose session a token is.

use std::sync::Arc;

use chrono::Duration;
use sea_orm::sea_query::{Expr, ExprTrait, LockType};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, Condition, DatabaseConnection, EntityTrait, IntoActiveModel, QueryFilter,
    QueryOrder, QuerySelect, Set,
};

use super::attempts::{self, Attempt};
use super::rules::{SessionErrorCode, refresh_is_honoured};
use super::tables::{app_user, login_failure, refresh_token, session};
use super::viewer_cache::ViewerCache;
use super::{api_keys, concerning};
use crate::kernel::contact::Email;
use crate::kernel::ids::{EventId, SessionId, TypedId, UserId};
use crate::kernel::time::{Clock, Instant};
use crate::kernel::{Error, Result, Stop};
use crate::platform::auth::{Actor, LEEWAY, Passwords, TokenKeys, Viewer, hash_secret, new_secret};
use crate::platform::config::AuthConfig;
use crate::platform::db::{
    Change, ChangeKind, Database, FieldChange, Origin, Tx, Visible, all_rows, delete_all,
};

/// What log-in and refresh work with.
#[derive(Clone)]
pub struct Authenticator {
    /// The pool.
    pub database: Database,
    /// The clock.
    pub clock: Clock,
    /// Lives and limits.
    pub config: AuthConfig,
    /// Signing keys.
    pub keys: Arc<TokenKeys>,
    /// Password hashing.
    pub passwords: Arc<Passwords>,
    /// Viewers read lately, and the live sessions.
    pub viewers: ViewerCache,
}

/// An open session with its tokens.
#[derive(Clone, Debug)]
pub struct Opened {
    /// Who.
    pub viewer: Arc<Viewer>,
    /// The change that opened or refreshed it.
    pub event: Option<EventId>,
    /// JWT for `Authorization: Bearer`.
    pub access_token: String,
    /// When the access token ends.
    pub expires_at: Instant,
    /// Works once, for the next refresh; see `refresh` about its repetition.
    pub refresh_token: String,
}

/// Whom a bearer token lets in.
pub struct Admitted {
    /// Who.
    pub viewer: Arc<Viewer>,
    /// When the token ends, as whoever signed it said; `None` for a key that holds until it is revoked.
    pub expires: Option<Instant>,
    /// When it lets nobody in any more, by the clock of this server.
    pub ends: Option<Instant>,
}

impl Authenticator {
    /// Opens a session with e-mail and password.
    pub async fn log_in(
        &self,
        email: &str,
        password: String,
        user_agent: Option<String>,
        retry_key: Option<String>,
        origin: Origin,
    ) -> Result<Opened, Stop<SessionErrorCode>> {
        let address = origin.address.as_deref();
        let place = self.place(address)?;
        let (most, now) = (self.config.login_attempts, self.clock.now());
        let Some(attempt) = Attempt::begin(&self.database, most, now, email, address).await? else {
            metrics::counter!("cabina_logins_total", "outcome" => "limited").increment(1);
            return Err(Stop::refuse(SessionErrorCode::TooManyAttempts, "email", attempts::TOO_MANY));
        };
        let user = match Email::parse(email) {
            Ok(email) => {
                all_rows::<app_user::Entity>()
                    .filter(app_user::Column::Email.eq(email.as_str()))
                    .one(&self.database.pool)
                    .await?
            }
            Err(_) => None,
        };
        let hash = user.as_ref().and_then(|user| user.password_hash.clone());
        let right = place.verify(password, hash).await?;
        drop(place);
        let Some(user) = user.filter(|user| right && user.disabled_at.is_none()) else {
            return Err(wrong());
        };
        attempt.take_back().await?;
        let id = SessionId::new();
        let viewer = Arc::new(viewer_for(&user, id));
        let mut tx = Tx::begin(&self.database, &self.clock, viewer, origin.clone()).await?;
        if !is_still(&tx, &user).await? {
            return Err(wrong());
        }
        let again = match &retry_key {
            Some(key) => end(&tx, session::Column::RetryKey.eq(key.as_str()), user.id).await? > 0,
            None => false,
        };
        let row = session::Model {
            id,
            user_id: user.id,
            user_agent: user_agent.map(|agent| agent.chars().take(200).collect()),
            address: origin.address,
            retry_key,
            created_at: tx.now,
            expires_at: tx.now + self.refresh_ttl(),
            revoked_at: None,
        };
        session::Entity::insert(row.into_active_model()).exec_without_returning(tx.conn()).await?;
        let by =
            FieldChange { field: "user".into(), before: serde_json::Value::Null, after: user.email.into() };
        let change = Change::of(ChangeKind::Created, id, 1, vec![by]);
        // Whoever came in by the session that the lost answer told of is to go.
        tx.record(if again { concerning(change, user.id.into()) } else { change });
        let opened = self.finish(tx, id, 0).await?;
        metrics::counter!("cabina_logins_total", "outcome" => "accepted").increment(1);
        Ok(opened)
    }

    /// Rotates the tokens of a session. A refresh token that was used before ends its session. For a minute the same token
    /// with the same key is answered again: each answer goes on, for whoever asked twice may hold either. They are of one
    /// generation, and end together soon after the first of them was used, so that a copy is still noticed.
    pub async fn refresh(
        &self,
        token: &str,
        retry_key: Option<String>,
        origin: Origin,
    ) -> Result<Opened, Stop<SessionErrorCode>> {
        let hash = hash_secret(token);
        let now = self.clock.now();
        let found = all_rows::<refresh_token::Entity>()
            .filter(refresh_token::Column::Hash.eq(&hash))
            .one(&self.database.pool)
            .await?;
        let session = found.map(|token| token.session_id).ok_or_else(refused)?;
        let viewer = Arc::new(viewer_of(&self.database.pool, session, now).await?.ok_or_else(refused)?);
        let mut tx = Tx::begin(&self.database, &self.clock, viewer, origin).await?;
        let row = all_rows::<refresh_token::Entity>()
            .filter(refresh_token::Column::Hash.eq(&hash))
            .lock_exclusive()
            .one(tx.conn())
            .await?
            .filter(|row| row.expires_at > now)
            .ok_or_else(refused)?;
        let used_with_key = retry_key.is_some() && row.retry_key == retry_key;
        let last_use = last_use(&tx, &row).await?;
        if !refresh_is_honoured(row.used_at.is_some(), used_with_key, last_use, now) {
            end(&tx, session::Column::Id.eq(session), viewer_user(&tx)?).await?;
            let change =
                Change::of(ChangeKind::Deleted, session, 2, vec![reason("refresh token used twice")]);
            tx.record(concerning(change, viewer_user(&tx)?.into()));
            tx.commit().await?;
            self.forget(&[session]);
            return Err(refused());
        }
        let used = refresh_token::ActiveModel {
            hash: Set(hash),
            used_at: Set(Some(tx.now)),
            retry_key: Set(retry_key),
            ..Default::default()
        };
        used.update(tx.conn()).await?;
        session::Entity::update_many()
            .col_expr(session::Column::ExpiresAt, Expr::value(tx.now + self.refresh_ttl()))
            .filter(session::Column::Id.eq(session))
            .exec(tx.conn())
            .await?;
        tx.record(Change::of(ChangeKind::Updated, session, 1, vec![reason("refreshed")]));
        self.finish(tx, session, row.generation + 1).await
    }

    /// The viewer that a bearer token stands for: an access token or an API key.
    ///
    /// # Errors
    /// `Unauthenticated` for every wrong token, ended session, disabled user and revoked key alike.
    pub async fn viewer(&self, bearer: &str) -> Result<Arc<Viewer>> {
        Ok(self.admit(bearer).await?.viewer)
    }

    /// The same, and until when it lets them in.
    ///
    /// # Errors
    /// As `viewer`.
    pub async fn admit(&self, bearer: &str) -> Result<Admitted> {
        let before = self.viewers.forgotten();
        if bearer.starts_with(api_keys::PREFIX) {
            let hash = hash_secret(bearer);
            let (viewer, ends) = match self.viewers.keys.get(&hash) {
                Some(seen) => seen,
                None => {
                    let (viewer, ends) =
                        api_keys::viewer(&self.database.pool, bearer, self.clock.now()).await?;
                    let read = (Arc::new(viewer), ends);
                    self.viewers.remember(before, |viewers| viewers.keys.insert(hash, read.clone()));
                    read
                }
            };
            return Ok(Admitted { viewer, expires: ends, ends });
        }
        let claims = self.keys.verify(bearer, self.clock.now())?;
        let expires = chrono::DateTime::from_timestamp(claims.exp, 0);
        let ends = expires.map(|at| at + LEEWAY);
        if let Some(viewer) = self.viewers.sessions.get(&claims.sid) {
            return Ok(Admitted { viewer, expires, ends });
        }
        let viewer = viewer_of(&self.database.pool, claims.sid, self.clock.now()).await?;
        let viewer =
            viewer.filter(|viewer| viewer.user_id() == Some(claims.sub)).ok_or(Error::Unauthenticated)?;
        let viewer = Arc::new(viewer);
        self.viewers.remember(before, |viewers| viewers.sessions.insert(claims.sid, viewer.clone()));
        Ok(Admitted { viewer, expires, ends })
    }

    /// These sessions ended.
    pub fn forget(&self, sessions: &[SessionId]) {
        self.viewers.forget_sessions(sessions);
    }

    /// This user changed.
    pub fn forget_user(&self, user: UserId) {
        self.viewers.forget_all_of(&[user.uuid()]);
    }

    /// A key was revoked.
    pub fn forget_keys(&self) {
        self.viewers.forget_keys();
    }

    async fn finish(
        &self,
        tx: Tx,
        session: SessionId,
        generation: i32,
    ) -> Result<Opened, Stop<SessionErrorCode>> {
        let (now, viewer, secret) = (tx.now, tx.by.clone(), new_secret());
        let user = viewer_user(&tx)?;
        let row = refresh_token::Model {
            hash: hash_secret(&secret),
            session_id: session,
            generation,
            created_at: now,
            expires_at: now + self.refresh_ttl(),
            used_at: None,
            retry_key: None,
        };
        refresh_token::Entity::insert(row.into_active_model()).exec_without_returning(tx.conn()).await?;
        let event = tx.commit().await?;
        // A token does not outlive its session: so nobody needs to ask whether that has ended by itself.
        let life = self.config.access_ttl.min(self.config.refresh_ttl);
        let expires_at = now + Duration::seconds(i64::try_from(life.as_secs()).unwrap_or(900));
        let access_token = self.keys.sign(user, session, now, expires_at)?;
        Ok(Opened { viewer, event, access_token, expires_at, refresh_token: secret })
    }

    fn refresh_ttl(&self) -> Duration {
        Duration::seconds(i64::try_from(self.config.refresh_ttl.as_secs()).unwrap_or(86_400))
    }
}

/// Which of the own sessions end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Selection {
    /// The one that asks.
    This,
    /// Another one.
    One(SessionId),
    /// All: log-out everywhere.
    All,
}

/// Why nobody is let in, whatever of both is wrong.
fn wrong() -> Stop<SessionErrorCode> {
    metrics::counter!("cabina_logins_total", "outcome" => "refused").increment(1);
    let message = "e-mail and password do not belong together";
    Stop::refuse(SessionErrorCode::InvalidCredentials, "password", message)
}

/// Whether the password that was judged is still the user's, and the user is let in: whoever changes that waits from here on,
/// and ends the session that is opened.
async fn is_still(tx: &Tx, user: &app_user::Model) -> Result<bool> {
    let now = all_rows::<app_user::Entity>().filter(app_user::Column::Id.eq(user.id)).lock(LockType::Share);
    let now = now.one(tx.conn()).await?;
    Ok(now.is_some_and(|now| now.disabled_at.is_none() && now.password_hash == user.password_hash))
}

/// Ends sessions of the viewer; tells which.
pub async fn revoke(tx: &mut Tx, selection: Selection) -> Result<Vec<SessionId>, Stop<SessionErrorCode>> {
    let user = viewer_user(tx)?;
    let mut open = session::Entity::visible_to(&tx.by).filter(session::Column::RevokedAt.is_null());
    match selection {
        Selection::This => open = open.filter(session::Column::Id.eq(tx.by.session)),
        Selection::One(id) => open = open.filter(session::Column::Id.eq(id)),
        Selection::All => {}
    }
    let ids: Vec<SessionId> = open.all(tx.conn()).await?.into_iter().map(|session| session.id).collect();
    if ids.is_empty() {
        return Err(Error::NotFound.into());
    }
    end(tx, session::Column::Id.is_in(ids.iter().copied()), user).await?;
    for id in &ids {
        let change = Change::of(ChangeKind::Deleted, *id, 2, vec![reason("logged out")]);
        tx.record(concerning(change, user.into()));
    }
    Ok(ids)
}

/// Deletes failed attempts that count no more, and sessions that ended long ago with their tokens.
///
/// # Errors
/// Those of the database.
pub async fn sweep(database: &Database, now: Instant) -> Result<u64> {
    let old = Condition::all().add(login_failure::Column::At.lt(now - attempts::WINDOW));
    let failures = delete_all::<login_failure::Entity>(database, old).await?;
    let long_ago = now - Duration::days(30);
    let ended = session::Column::ExpiresAt.lt(long_ago).or(session::Column::RevokedAt.lt(long_ago));
    Ok(failures + delete_all::<session::Entity>(database, Condition::all().add(ended)).await?)
}

/// The viewer of a session that is open at `now`, in one statement.
async fn viewer_of(db: &DatabaseConnection, id: SessionId, now: Instant) -> Result<Option<Viewer>> {
    let open = all_rows::<session::Entity>()
        .select_only()
        .column(session::Column::UserId)
        .filter(session::Column::Id.eq(id))
        .filter(session::Column::RevokedAt.is_null())
        .filter(session::Column::ExpiresAt.gt(now));
    let user = all_rows::<app_user::Entity>()
        .filter(app_user::Column::Id.in_subquery(sea_orm::QueryTrait::into_query(open)))
        .filter(app_user::Column::DisabledAt.is_null())
        .one(db)
        .await?;
    Ok(user.map(|user| viewer_for(&user, id)))
}

/// The viewers of those of these sessions that are open at `now`, in one statement.
pub(super) async fn viewers(
    db: &DatabaseConnection,
    ids: Vec<SessionId>,
    now: Instant,
) -> Result<Vec<(SessionId, Viewer)>> {
    let open = all_rows::<session::Entity>()
        .find_also_related(app_user::Entity)
        .filter(session::Column::Id.is_in(ids))
        .filter(session::Column::RevokedAt.is_null())
        .filter(session::Column::ExpiresAt.gt(now))
        .filter(app_user::Column::DisabledAt.is_null())
        .all(db)
        .await?;
    Ok(open.into_iter().filter_map(|(open, user)| Some((open.id, viewer_for(&user?, open.id)))).collect())
}

fn viewer_for(user: &app_user::Model, session: SessionId) -> Viewer {
    Viewer {
        actor: Actor::User(user.id),
        name: user.name.clone(),
        role: user.role,
        team: user.team_id,
        session: Some(session),
        scopes: None,
        locale: user.locale.clone(),
    }
}

fn viewer_user(tx: &Tx) -> Result<UserId> {
    tx.by.user_id().ok_or(Error::Unauthenticated)
}

/// When a token of the same generation was used last.
async fn last_use(tx: &Tx, token: &refresh_token::Model) -> Result<Option<Instant>> {
    let used = all_rows::<refresh_token::Entity>()
        .filter(refresh_token::Column::SessionId.eq(token.session_id))
        .filter(refresh_token::Column::Generation.eq(token.generation))
        .filter(refresh_token::Column::UsedAt.is_not_null())
        .order_by_desc(refresh_token::Column::UsedAt)
        .limit(1);
    Ok(used.one(tx.conn()).await?.and_then(|row| row.used_at))
}

/// Ends sessions of a user; tells how many.
async fn end(tx: &Tx, which: impl sea_orm::sea_query::IntoCondition, user: UserId) -> Result<u64> {
    let ended = session::Entity::update_many()
        .col_expr(session::Column::RevokedAt, Expr::value(tx.now))
        .filter(which.into_condition())
        .filter(session::Column::UserId.eq(user.uuid()))
        .filter(session::Column::RevokedAt.is_null())
        .exec(tx.conn())
        .await?;
    Ok(ended.rows_affected)
}

fn reason(text: &str) -> FieldChange {
    FieldChange { field: "reason".into(), before: serde_json::Value::Null, after: text.into() }
}

fn refused() -> Stop<SessionErrorCode> {
    Stop::refuse(SessionErrorCode::InvalidRefreshToken, "refreshToken", "is not valid any more: log in again")
}
