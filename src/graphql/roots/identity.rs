//! Sessions, users, teams, API keys, audit.

use async_graphql::{Context, ID, InputObject, MaybeUndefined, Object, Result, SimpleObject};
use futures_util::FutureExt;

use crate::domains::identity::audit::{self, AuditFilter};
use crate::domains::identity::rules::{ApiKeyErrorCode, SessionErrorCode, TeamErrorCode, UserErrorCode};
use crate::domains::identity::users::{self, NewUser, UserFilter, UserPatch};
use crate::domains::identity::{api_key, api_keys, sessions, team, teams};
use crate::graphql::context::Ask;
use crate::graphql::edges::node::{self, Node};
use crate::graphql::fast::{One, find};
use crate::graphql::nodes::identity::{
    AUDIT_LATEST, ApiKey, AuditEntry, BY_NAME, LATEST, Session, Team, User,
};
use crate::graphql::page::{Connection, list};
use crate::graphql::payload::{Event, Outcome, UserError, origin, patch, write};
use crate::kernel::ids::{ApiKeyId, SessionId, TeamId, UserId};
use crate::kernel::time::Instant;
use crate::kernel::{Error, Stop, ids};
use crate::payload;
use crate::platform::auth::{Right, Role, Scope};
use crate::platform::db::{PageArgs, Visible};

/// Root queries of identity.
#[derive(Default)]
pub struct IdentityQuery;

/// Most ids in one look-up.
const MAX_IDS: usize = 100;

#[Object]
impl IdentityQuery {
    /// The signed-in user; null when nobody is signed in, or a machine.
    async fn viewer(&self, ctx: &Context<'_>) -> Result<Option<One<User>>> {
        let user = ctx.caller()?.reader.as_ref().and_then(|reader| reader.viewer.user_id());
        let Some(id) = user else { return Ok(None) };
        Ok(find::<User>(ctx, id).await?)
    }

    /// Anything by its id; null when there is no such thing, or you may not see it.
    async fn node(&self, ctx: &Context<'_>, #[graphql(desc = "Opaque id.")] id: ID) -> Result<Option<Node>> {
        Ok(node::by_ids(ctx.reader()?, &[id]).await?.pop().flatten())
    }

    /// Many things by their ids, in the order of the ids; null where there is none, or you may not see it.
    async fn nodes(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Opaque ids, at most 100.")] ids: Vec<ID>,
    ) -> Result<Vec<Option<Node>>> {
        if ids.len() > MAX_IDS {
            return Err(Error::invalid("ids", format!("must be at most {MAX_IDS}")).into());
        }
        Ok(node::by_ids(ctx.reader()?, &ids).await?)
    }

    /// A user of your team, or of any for admins; null when there is no such user, or you may not see them.
    async fn user(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The user.")] id: UserId,
    ) -> Result<Option<One<User>>> {
        Ok(find::<User>(ctx, id).await?)
    }

    /// The users of your team, or all for admins, by name.
    async fn users(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Only those.")] filter: Option<UserFilterInput>,
        #[graphql(desc = "So many from the start: 25 unless told, at most 100.")] first: Option<i32>,
        #[graphql(desc = "After this cursor.")] after: Option<String>,
        #[graphql(desc = "So many from the end, at most 100.")] last: Option<i32>,
        #[graphql(desc = "Before this cursor.")] before: Option<String>,
    ) -> Result<One<Connection<User>>> {
        let reader = ctx.reader()?;
        let filter = filter.map(UserFilter::from).unwrap_or_default();
        let args = PageArgs { first, after, last, before };
        Ok(list(ctx, reader, users::list(&reader.viewer, &filter), BY_NAME, args).await?)
    }

    /// A team; null when there is no such team, or you may not see it.
    async fn team(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The team.")] id: TeamId,
    ) -> Result<Option<One<Team>>> {
        Ok(find::<Team>(ctx, id).await?)
    }

    /// Your team, or all teams for admins, by name.
    async fn teams(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "So many from the start: 25 unless told, at most 100.")] first: Option<i32>,
        #[graphql(desc = "After this cursor.")] after: Option<String>,
        #[graphql(desc = "So many from the end, at most 100.")] last: Option<i32>,
        #[graphql(desc = "Before this cursor.")] before: Option<String>,
    ) -> Result<One<Connection<Team>>> {
        let reader = ctx.reader()?;
        let args = PageArgs { first, after, last, before };
        Ok(list(ctx, reader, team::Entity::visible_to(&reader.viewer), BY_NAME, args).await?)
    }

    /// Your sessions, latest first.
    async fn sessions(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "So many from the start: 25 unless told, at most 100.")] first: Option<i32>,
        #[graphql(desc = "After this cursor.")] after: Option<String>,
        #[graphql(desc = "So many from the end, at most 100.")] last: Option<i32>,
        #[graphql(desc = "Before this cursor.")] before: Option<String>,
    ) -> Result<One<Connection<Session>>> {
        let reader = ctx.reader()?;
        let args = PageArgs { first, after, last, before };
        let own = crate::domains::identity::session::Entity::visible_to(&reader.viewer);
        Ok(list(ctx, reader, own, LATEST, args).await?)
    }

    /// The API keys, by name. For admins.
    async fn api_keys(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "So many from the start: 25 unless told, at most 100.")] first: Option<i32>,
        #[graphql(desc = "After this cursor.")] after: Option<String>,
        #[graphql(desc = "So many from the end, at most 100.")] last: Option<i32>,
        #[graphql(desc = "Before this cursor.")] before: Option<String>,
    ) -> Result<One<Connection<ApiKey>>> {
        let reader = ctx.reader()?;
        reader.viewer.may(Right::Administer)?;
        let args = PageArgs { first, after, last, before };
        Ok(list(ctx, reader, api_key::Entity::visible_to(&reader.viewer), BY_NAME, args).await?)
    }

    /// Who changed what, latest first. For admins.
    async fn audit_entries(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Only those.")] filter: Option<AuditFilterInput>,
        #[graphql(desc = "So many from the start: 25 unless told, at most 100.")] first: Option<i32>,
        #[graphql(desc = "After this cursor.")] after: Option<String>,
        #[graphql(desc = "So many from the end, at most 100.")] last: Option<i32>,
        #[graphql(desc = "Before this cursor.")] before: Option<String>,
    ) -> Result<One<Connection<AuditEntry>>> {
        let reader = ctx.reader()?;
        reader.viewer.may(Right::ReadAudit)?;
        let filter = filter.unwrap_or_default().read()?;
        let args = PageArgs { first, after, last, before };
        Ok(list(ctx, reader, audit::search(&reader.viewer, filter), AUDIT_LATEST, args).await?)
    }
}

/// Which users a list holds; all that is given must hold.
#[derive(Clone, Debug, Default, InputObject)]
#[graphql(name = "UserFilter")]
pub struct UserFilterInput {
    /// With this role.
    pub role: Option<Role>,
    /// Of this team.
    pub team_id: Option<TeamId>,
    /// Whether disabled.
    pub disabled: Option<bool>,
}

impl From<UserFilterInput> for UserFilter {
    fn from(UserFilterInput { role, team_id, disabled }: UserFilterInput) -> Self {
        UserFilter { role, team: team_id, disabled }
    }
}

/// Which audit entries a list holds; all that is given must hold.
#[derive(Clone, Debug, Default, InputObject)]
#[graphql(name = "AuditFilter")]
pub struct AuditFilterInput {
    /// Id of the changed thing, of any kind.
    pub subject_id: Option<ID>,
    /// Id of the user or API key that changed it.
    pub actor_id: Option<ID>,
    /// The mutation or command, such as `clientUpdate`.
    pub operation: Option<String>,
    /// Id of the request.
    pub request_id: Option<String>,
    /// From this moment on.
    pub since: Option<Instant>,
    /// Before this moment.
    pub until: Option<Instant>,
}

impl AuditFilterInput {
    fn read(self) -> crate::kernel::Result<AuditFilter> {
        let id = |field: &str, id: Option<ID>| match id {
            None => Ok(None),
            Some(id) => {
                ids::parse(&id).map(|(_, id)| Some(id)).ok_or_else(|| Error::invalid(field, "is no id"))
            }
        };
        Ok(AuditFilter {
            subject: id("filter.subjectId", self.subject_id)?,
            actor: id("filter.actorId", self.actor_id)?,
            operation: self.operation,
            request_id: self.request_id,
            since: self.since,
            until: self.until,
        })
    }
}

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
        let (caller, door) = (ctx.caller()?, &ctx.services()?.door);
        let origin = origin(ctx, None)?;
        let SessionCreateInput { email, password, idempotency_key } = input;
        let opened = door.log_in(&email, password, caller.user_agent.clone(), idempotency_key, origin).await;
        Ok(SessionPayload::of(opened)?)
    }

    /// Exchanges a refresh token for new tokens. Each refresh token works once; using one twice ends the session.
    async fn session_refresh(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The refresh token.")] input: SessionRefreshInput,
    ) -> Result<SessionPayload> {
        let door = &ctx.services()?.door;
        let origin = origin(ctx, None)?;
        Ok(SessionPayload::of(door.refresh(&input.refresh_token, input.idempotency_key, origin).await)?)
    }

    /// Logs out: here, elsewhere, or everywhere.
    async fn session_revoke(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which sessions.")] input: SessionRevokeInput,
    ) -> Result<SessionRevokePayload> {
        let which = match (input.everywhere.unwrap_or(false), input.id) {
            (true, _) => sessions::Which::All,
            (false, Some(id)) => sessions::Which::One(id),
            (false, None) => sessions::Which::This,
        };
        let mut tx = crate::platform::db::Tx::begin(
            &ctx.services()?.database.pool,
            &ctx.services()?.door.clock,
            ctx.viewer()?.clone(),
            origin(ctx, None)?,
        )
        .await?;
        let ended = sessions::revoke(&mut tx, which).await;
        let (ids, event) = match ended {
            Ok(ids) => (ids, Ok(tx.commit().await?)),
            Err(stop) => (Vec::new(), Err(stop)),
        };
        ctx.services()?.door.forget(&ids);
        let outcome = Outcome::<SessionId, SessionErrorCode>::of(None, event)?;
        Ok(SessionRevokePayload { ids, outcome })
    }

    /// Makes a user. For admins.
    async fn user_create(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The user.")] input: UserCreateInput,
    ) -> Result<UserPayload> {
        let passwords = ctx.services()?.door.passwords.clone();
        let new = NewUser {
            email: input.email,
            name: input.name,
            role: input.role,
            team: input.team_id,
            locale: input.locale.unwrap_or_else(|| "es".to_owned()),
            time_zone: input.time_zone.unwrap_or_else(|| "America/Mexico_City".to_owned()),
            password: input.password,
        };
        Ok(write(ctx, None, input.idempotency_key, |tx| {
            async move { users::create(tx, &passwords, new).await }.boxed()
        })
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
            users::update(tx, id, input.expected_version, change).boxed()
        })
        .await?
        .into();
        ctx.services()?.door.forget_user(id);
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
        let passwords = ctx.services()?.door.passwords.clone();
        let id = input.id;
        let (present, password) = (input.current_password, input.password);
        let payload = write(ctx, Some(id), input.idempotency_key, move |tx| {
            async move { users::set_password(tx, &passwords, id, present, password).await }.boxed()
        })
        .await?
        .into();
        ctx.services()?.door.forget_user(id);
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
            expires_at: input.expires_at,
        };
        let told = std::sync::Arc::new(std::sync::OnceLock::new());
        let teller = told.clone();
        let outcome = write(ctx, None, input.idempotency_key, move |tx| {
            async move {
                let (id, secret) = api_keys::create(tx, new).await?;
                let _ = teller.set(secret);
                Ok(id)
            }
            .boxed()
        })
        .await?;
        Ok(ApiKeyPayload { outcome, secret: told.get().cloned() })
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
        ctx.services()?.door.forget_keys();
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
    ctx.services()?.door.forget_user(id);
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
    async fn viewer(&self, ctx: &Context<'_>) -> Result<Option<User>> {
        let Some(opened) = &self.opened else { return Ok(None) };
        let viewer = opened.viewer.clone();
        let reader = crate::platform::db::Reader { db: ctx.services()?.database.pool.clone(), viewer };
        let Some(id) = reader.viewer.user_id() else { return Ok(None) };
        Ok(reader.by_ids::<User>(&[id.into()]).await?.into_values().next())
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

/// Who logs in.
#[derive(InputObject)]
pub struct SessionCreateInput {
    /// Sign-in name.
    pub email: String,
    /// Password.
    #[graphql(secret)]
    pub password: String,
    /// Repeating a log-in with the same key ends the session that the first one opened.
    pub idempotency_key: Option<String>,
}

/// Which session goes on.
#[derive(InputObject)]
pub struct SessionRefreshInput {
    /// The refresh token of the last log-in or refresh.
    #[graphql(secret)]
    pub refresh_token: String,
    /// When the answer was lost, the same token with the same key works once more, for a minute.
    pub idempotency_key: Option<String>,
}

/// Which sessions end: this one unless told.
#[derive(InputObject)]
pub struct SessionRevokeInput {
    /// Another session of yours.
    pub id: Option<SessionId>,
    /// All sessions of yours.
    pub everywhere: Option<bool>,
    /// The same key with the same input does its work once.
    pub idempotency_key: Option<String>,
}

/// A user to be made.
#[derive(InputObject)]
pub struct UserCreateInput {
    /// Sign-in name.
    pub email: String,
    /// Full name.
    pub name: String,
    /// What the user may see and do.
    pub role: Role,
    /// Team; only admins may have none.
    pub team_id: Option<TeamId>,
    /// Language tag; `es` unless told.
    pub locale: Option<String>,
    /// IANA time zone; `America/Mexico_City` unless told.
    pub time_zone: Option<String>,
    /// First password; without one nobody can sign in yet.
    #[graphql(secret)]
    pub password: Option<String>,
    /// The same key with the same input does its work once.
    pub idempotency_key: Option<String>,
}

/// What changes of a user: absent keeps.
#[derive(InputObject)]
pub struct UserUpdateInput {
    /// Which user.
    pub id: UserId,
    /// The version that the change was made from.
    pub expected_version: i32,
    /// Full name.
    pub name: MaybeUndefined<String>,
    /// What the user may see and do. For admins.
    pub role: MaybeUndefined<Role>,
    /// Team. For admins.
    pub team_id: MaybeUndefined<TeamId>,
    /// Language tag.
    pub locale: MaybeUndefined<String>,
    /// IANA time zone.
    pub time_zone: MaybeUndefined<String>,
    /// The same key with the same input does its work once.
    pub idempotency_key: Option<String>,
}

/// Which user is disabled or enabled.
#[derive(InputObject)]
pub struct UserStateInput {
    /// Which user.
    pub id: UserId,
    /// The version that was seen.
    pub expected_version: i32,
    /// The same key with the same input does its work once.
    pub idempotency_key: Option<String>,
}

/// A new password.
#[derive(InputObject)]
pub struct UserSetPasswordInput {
    /// Whose.
    pub id: UserId,
    /// The present password; needed for the own account.
    #[graphql(secret)]
    pub current_password: Option<String>,
    /// The new password: at least 8 characters.
    #[graphql(secret)]
    pub password: String,
    /// The same key with the same input does its work once.
    pub idempotency_key: Option<String>,
}

/// A team to be made.
#[derive(InputObject)]
pub struct TeamCreateInput {
    /// Name.
    pub name: String,
    /// The same key with the same input does its work once.
    pub idempotency_key: Option<String>,
}

/// A team's new name.
#[derive(InputObject)]
pub struct TeamRenameInput {
    /// Which team.
    pub id: TeamId,
    /// The version that the change was made from.
    pub expected_version: i32,
    /// Name.
    pub name: String,
    /// The same key with the same input does its work once.
    pub idempotency_key: Option<String>,
}

/// An API key to be made.
#[derive(InputObject)]
pub struct ApiKeyCreateInput {
    /// What it is for.
    pub name: String,
    /// What it sees.
    pub role: Role,
    /// Team; only keys of admins may have none.
    pub team_id: Option<TeamId>,
    /// What it may do.
    pub scopes: Vec<Scope>,
    /// When it ends by itself; never unless told.
    pub expires_at: Option<Instant>,
    /// The same key with the same input does its work once.
    pub idempotency_key: Option<String>,
}

/// An API key that ends.
#[derive(InputObject)]
pub struct ApiKeyRevokeInput {
    /// Which key.
    pub id: ApiKeyId,
    /// The same key with the same input does its work once.
    pub idempotency_key: Option<String>,
}
