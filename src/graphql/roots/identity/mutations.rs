//! What can be done with sessions, users, teams and keys, and the payloads.

use async_graphql::{Context, Object, Result, SimpleObject};
use futures_util::FutureExt;

use crate::domains::identity::rules::{ApiKeyErrorCode, SessionErrorCode, TeamErrorCode, UserErrorCode};
use crate::domains::identity::users::{self, NewUser, UserPatch};
use crate::domains::identity::{api_keys, sessions, teams};
use crate::graphql::context::Ask;
use crate::graphql::fast::SeenBy;
use crate::graphql::nodes::identity::{ApiKey, Team, User};
use crate::graphql::payload::{Event, MadeSecret, Outcome, UserError, origin, patch, write};
use crate::kernel::Stop;
use crate::kernel::ids::{ApiKeyId, SessionId, TeamId, UserId};
use crate::kernel::language::DEFAULT_LOCALE;
use crate::kernel::time::Instant;
use crate::payload;
use crate::platform::db::{ColumnSet, Reader, Tx};

use super::inputs::*;

/// Root mutations of identity.
#[derive(Default)]
pub struct IdentityMutation;

#[Object]
impl IdentityMutation {
    /// Logs in with e-mail and password.
    async fn session_create(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Who, and the password.")] input: SessionCreateInput,
    ) -> Result<SessionPayload> {
        let (caller, authenticator) = (ctx.caller()?, &ctx.services()?.authenticator);
        let origin = origin(ctx, None)?;
        let SessionCreateInput { email, password, idempotency_key } = input;
        let opened =
            authenticator.log_in(&email, password, caller.user_agent.clone(), idempotency_key, origin).await;
        Ok(SessionPayload::of(opened)?)
    }

    /// Exchanges a refresh token for new tokens. Each refresh token works once; using one twice ends the session.
    async fn session_refresh(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The refresh token.")] input: SessionRefreshInput,
    ) -> Result<SessionPayload> {
        let authenticator = &ctx.services()?.authenticator;
        let origin = origin(ctx, None)?;
        Ok(SessionPayload::of(
            authenticator.refresh(&input.refresh_token, input.idempotency_key, origin).await,
        )?)
    }

    /// Logs out: here, elsewhere, or everywhere.
    async fn session_revoke(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which sessions.")] input: SessionRevokeInput,
    ) -> Result<SessionRevokePayload> {
        let which = match (input.everywhere.unwrap_or(false), input.id) {
            (true, _) => sessions::Selection::All,
            (false, Some(id)) => sessions::Selection::One(id),
            (false, None) => sessions::Selection::This,
        };
        let mut tx = Tx::begin(
            &ctx.services()?.database,
            &ctx.services()?.authenticator.clock,
            ctx.viewer()?.clone(),
            origin(ctx, None)?,
        )
        .await?;
        let ended = sessions::revoke(&mut tx, which).await;
        let (ids, event) = match ended {
            Ok(ids) => (ids, Ok(tx.commit().await?)),
            Err(stop) => (Vec::new(), Err(stop)),
        };
        ctx.services()?.authenticator.forget(&ids);
        let outcome = Outcome::<SessionId, SessionErrorCode>::of(None, event)?;
        Ok(SessionRevokePayload { ids, outcome })
    }

    /// Makes a user. For admins.
    async fn user_create(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The user.")] input: UserCreateInput,
    ) -> Result<UserPayload> {
        let password = match input.password {
            Some(text) => {
                let address = ctx.caller()?.address.as_deref();
                Some(ctx.services()?.authenticator.first_password(ctx.viewer()?, address, text).await?)
            }
            None => None,
        };
        let new = NewUser {
            email: input.email,
            name: input.name,
            role: input.role,
            team: input.team_id,
            locale: input.locale.unwrap_or_else(|| DEFAULT_LOCALE.to_owned()),
            time_zone: input.time_zone.unwrap_or_else(|| "America/Mexico_City".to_owned()),
            password,
        };
        Ok(write(ctx, None, input.idempotency_key, move |tx| users::create(tx, new.clone()).boxed())
            .await?
            .into())
    }

    /// Changes a user: admins anybody; everybody the own name, language and time zone.
    async fn user_update(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which user, and what changes.")] input: UserUpdateInput,
    ) -> Result<UserPayload> {
        let id = input.id;
        let change = UserPatch {
            name: patch(input.name),
            role: patch(input.role),
            team: patch(input.team_id),
            locale: patch(input.locale),
            time_zone: patch(input.time_zone),
        };
        let payload = write(ctx, Some(id), input.idempotency_key, move |tx| {
            users::update(tx, id, input.expected_version, change.clone()).boxed()
        })
        .await?
        .into();
        ctx.services()?.authenticator.forget_user(id);
        Ok(payload)
    }

    /// Disables a user and ends all their sessions. For admins.
    async fn user_disable(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which user.")] input: UserStateInput,
    ) -> Result<UserPayload> {
        set_disabled(ctx, input, true).await
    }

    /// Lets a disabled user in again. For admins.
    async fn user_enable(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which user.")] input: UserStateInput,
    ) -> Result<UserPayload> {
        set_disabled(ctx, input, false).await
    }

    /// Sets a password: the own one by telling the present one; admins anybody's. All other sessions of the user end.
    async fn user_set_password(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Whose, and the passwords.")] input: UserSetPasswordInput,
    ) -> Result<UserPayload> {
        let (id, address) = (input.id, ctx.caller()?.address.as_deref());
        let (present, password) = (input.current_password, input.password);
        let authenticator = &ctx.services()?.authenticator;
        let change = authenticator.password_change(ctx.viewer()?, address, id, present, password).await?;
        let payload = write(ctx, Some(id), input.idempotency_key, move |tx| {
            users::set_password(tx, id, change.clone()).boxed()
        })
        .await?
        .into();
        ctx.services()?.authenticator.forget_user(id);
        Ok(payload)
    }

    /// Makes a team. For admins.
    async fn team_create(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The team.")] input: TeamCreateInput,
    ) -> Result<TeamPayload> {
        let name = input.name;
        Ok(write(ctx, None, input.idempotency_key, move |tx| {
            let name = name.clone();
            async move { teams::create(tx, &name).await }.boxed()
        })
        .await?
        .into())
    }

    /// Renames a team. For admins.
    async fn team_rename(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which team, and its new name.")] input: TeamRenameInput,
    ) -> Result<TeamPayload> {
        let TeamRenameInput { id, expected_version, name, idempotency_key } = input;
        Ok(write(ctx, Some(id), idempotency_key, move |tx| {
            let name = name.clone();
            async move { teams::rename(tx, id, expected_version, &name).await }.boxed()
        })
        .await?
        .into())
    }

    /// Makes an API key. For admins. The key itself is told once, in this payload.
    async fn api_key_create(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The key.")] input: ApiKeyCreateInput,
    ) -> Result<ApiKeyPayload> {
        let new = api_keys::NewApiKey {
            name: input.name,
            role: input.role,
            team: input.team_id,
            scopes: input.scopes,
            expires_at: input.expires_at.map(|at| at.0),
        };
        let made = MadeSecret::default();
        let outcome = write(ctx, None, input.idempotency_key, |tx| {
            let (new, made) = (new.clone(), made.clone());
            async move {
                let (id, secret) = api_keys::create(tx, new).await?;
                made.keep(secret);
                Ok(id)
            }
            .boxed()
        })
        .await?;
        let secret = made.of(&outcome);
        Ok(ApiKeyPayload { outcome, secret })
    }

    /// Ends an API key at once. For admins.
    async fn api_key_revoke(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which key.")] input: ApiKeyRevokeInput,
    ) -> Result<ApiKeyPayload> {
        let id = input.id;
        let payload = write(ctx, Some(id), input.idempotency_key, move |tx| api_keys::revoke(tx, id).boxed())
            .await?
            .into();
        ctx.services()?.authenticator.forget_keys();
        Ok(payload)
    }
}

async fn set_disabled(ctx: &Context<'_>, input: UserStateInput, disabled: bool) -> Result<UserPayload> {
    let UserStateInput { id, expected_version, idempotency_key } = input;
    let payload = write(ctx, Some(id), idempotency_key, move |tx| {
        users::set_disabled(tx, id, expected_version, disabled).boxed()
    })
    .await?
    .into();
    ctx.services()?.authenticator.forget_user(id);
    Ok(payload)
}

/// Tokens of an open session.
#[derive(Clone, Debug, SimpleObject)]
pub struct SessionTokens {
    /// Sent as `Authorization: Bearer …`.
    pub access_token: String,
    /// When the access token ends.
    pub expires_at: Instant,
    /// Works once, for `sessionRefresh`; keep it safe.
    pub refresh_token: String,
}

/// Answer of the mutations that open a session.
pub struct SessionPayload {
    opened: Option<sessions::Opened>,
    outcome: Outcome<SessionId, SessionErrorCode>,
}

impl SessionPayload {
    fn of(
        opened: std::result::Result<sessions::Opened, Stop<SessionErrorCode>>,
    ) -> crate::kernel::Result<Self> {
        let (opened, event) = match opened {
            Ok(opened) => (Some(opened.clone()), Ok(opened.event)),
            Err(stop) => (None, Err(stop)),
        };
        Ok(SessionPayload { opened, outcome: Outcome::of(None, event)? })
    }
}

/// Answer of the mutations that open a session.
#[Object]
impl SessionPayload {
    /// The tokens; null when refused.
    async fn session(&self) -> Option<SessionTokens> {
        let opened = self.opened.as_ref()?;
        Some(SessionTokens {
            access_token: opened.access_token.clone(),
            expires_at: opened.expires_at,
            refresh_token: opened.refresh_token.clone(),
        })
    }
    /// The user who is signed in now; null when refused.
    async fn viewer(&self, ctx: &Context<'_>) -> Result<Option<SeenBy<User>>> {
        let Some(opened) = &self.opened else { return Ok(None) };
        let viewer = opened.viewer.clone();
        let reader = Reader { db: ctx.services()?.database.pool.clone(), viewer };
        let Some(id) = reader.viewer.user_id() else { return Ok(None) };
        let user = reader.by_ids::<User>(&[id.into()], ColumnSet::ALL).await?.into_values().next();
        Ok(user.map(|user| SeenBy(reader, user)))
    }
    /// Why no session was opened; empty when all went well.
    async fn user_errors(&self) -> Vec<UserError<SessionErrorCode>> {
        self.outcome.refusals.iter().cloned().map(Into::into).collect()
    }
    /// The change; null when refused.
    async fn event(&self) -> Option<Event> {
        self.outcome.event.map(|id| Event { id })
    }
}

/// Answer of `sessionRevoke`.
pub struct SessionRevokePayload {
    ids: Vec<SessionId>,
    outcome: Outcome<SessionId, SessionErrorCode>,
}

/// Answer of `sessionRevoke`.
#[Object]
impl SessionRevokePayload {
    /// The sessions that ended.
    async fn revoked_session_ids(&self) -> &[SessionId] {
        &self.ids
    }
    /// Why no session ended; empty when all went well.
    async fn user_errors(&self) -> Vec<UserError<SessionErrorCode>> {
        self.outcome.refusals.iter().cloned().map(Into::into).collect()
    }
    /// The change; null when refused.
    async fn event(&self) -> Option<Event> {
        self.outcome.event.map(|id| Event { id })
    }
}

payload! {
    /// Answer of the mutations that change a user.
    pub struct UserPayload {
        /// The user after the change; null when there is none, or you may not see them.
        user: User by UserId, UserErrorCode
    }
}

payload! {
    /// Answer of the mutations that change a team.
    pub struct TeamPayload {
        /// The team after the change; null when refused.
        team: Team by TeamId, TeamErrorCode
    }
}

payload! {
    /// Answer of the mutations that change an API key.
    pub struct ApiKeyPayload {
        /// The key's description; null when refused.
        api_key: ApiKey by ApiKeyId, ApiKeyErrorCode,
        /// The key itself, told once: when it was made. Sent as `Authorization: Bearer …`.
        secret: String
    }
}
