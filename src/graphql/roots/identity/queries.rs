//! What can be asked about users, teams, sessions, keys and the audit.

use async_graphql::{Context, ID, InputObject, Object, Result};

use crate::domains::identity::audit::{self, AuditFilter};
use crate::domains::identity::users::{self, UserFilter};
use crate::domains::identity::{api_key, team};
use crate::graphql::context::Ask;
use crate::graphql::edges::node::{self, Node};
use crate::graphql::fast::{One, find};
use crate::graphql::nodes::identity::{
    AUDIT_LATEST, ApiKey, AuditEntry, BY_NAME, LATEST, Session, Team, User,
};
use crate::graphql::page::{Connection, list};
use crate::graphql::scalars::Moment;
use crate::kernel::ids::{TeamId, UserId};
use crate::kernel::{Error, ids};
use crate::platform::auth::{Right, Role};
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
    pub since: Option<Moment>,
    /// Before this moment.
    pub until: Option<Moment>,
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
            since: self.since.map(|at| at.0),
            until: self.until.map(|at| at.0),
        })
    }
}
