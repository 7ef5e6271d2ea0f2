//! The viewer: on whose behalf something is read or written.

use crate::kernel::ids::{ApiKeyId, SessionId, TeamId, TypedId, UserId};
use crate::kernel::{Error, Result};
use crate::words;

// In the order of what they allow: see `Right::needs`.
words! {
    /// What a person may see and do.
    pub enum Role {
        /// Sees the own clients and the unassigned pool of the own team.
        Advisor = "ADVISOR",
        /// Sees the own team.
        Supervisor = "SUPERVISOR",
        /// Sees everything; manages users, configuration and audit.
        Admin = "ADMIN",
    }
}

words! {
    /// A single thing that a viewer may do.
    pub enum Right {
        /// Read clients and what hangs on them.
        ReadClients = "READ_CLIENTS",
        /// Create and change clients and what hangs on them.
        WriteClients = "WRITE_CLIENTS",
        /// Block a client, and lift the block.
        BlockClients = "BLOCK_CLIENTS",
        /// Give clients to another team.
        MoveClientsAcrossTeams = "MOVE_CLIENTS_ACROSS_TEAMS",
        /// Manage users, teams, API keys, markets and ecosystems.
        Administer = "ADMINISTER",
        /// Search the audit.
        ReadAudit = "READ_AUDIT",
    }
}

impl Right {
    /// Who has it: the least role, and the least scope of an API key. The one table of rights: a domain whose writes are not
    /// writes of clients has a right of its own here.
    const fn needs(self) -> (Role, Scope) {
        match self {
            Right::ReadClients => (Role::Advisor, Scope::Read),
            Right::WriteClients => (Role::Advisor, Scope::Write),
            Right::BlockClients => (Role::Supervisor, Scope::Admin),
            Right::MoveClientsAcrossTeams | Right::Administer | Right::ReadAudit => {
                (Role::Admin, Scope::Admin)
            }
        }
    }
}

// In the order of what they allow: see `Right::needs`.
words! {
    /// What an API key is good for; it narrows the rights of the key's role.
    pub enum Scope {
        /// Queries.
        Read = "READ",
        /// Queries and mutations on clients and what hangs on them.
        Write = "WRITE",
        /// Everything that the role may.
        Admin = "ADMIN",
    }
}

words! {
    /// What kind of author did something.
    pub enum ActorKind {
        /// A person.
        User = "USER",
        /// A machine with an API key, or another service.
        Machine = "MACHINE",
        /// cabina itself.
        System = "SYSTEM",
    }
}

/// Who did it, as the history and the audit keep it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Actor {
    /// A signed-in person.
    User(UserId),
    /// A machine with a key.
    Machine(ApiKeyId),
    /// cabina itself: commands, jobs.
    System,
}

impl Actor {
    /// Kind and id, as columns hold them.
    pub fn columns(&self) -> (ActorKind, Option<uuid::Uuid>) {
        match self {
            Actor::User(id) => (ActorKind::User, Some(id.uuid())),
            Actor::Machine(id) => (ActorKind::Machine, Some(id.uuid())),
            Actor::System => (ActorKind::System, None),
        }
    }

    /// The id that idempotency keys and limits are counted by.
    pub fn key(&self) -> uuid::Uuid {
        self.columns().1.unwrap_or_default()
    }
}

/// On whose behalf something is read or written.
#[derive(Clone, Debug)]
pub struct Viewer {
    /// Who.
    pub actor: Actor,
    /// Name, for the history.
    pub name: String,
    /// Role.
    pub role: Role,
    /// The own team; only admins may have none.
    pub team: Option<TeamId>,
    /// The sign-in; none for machines and the system.
    pub session: Option<SessionId>,
    /// Narrows the role's rights (API keys); `None`: all of the role's.
    pub scopes: Option<Vec<Scope>>,
    /// Language tag: in which language texts are written for them.
    pub locale: String,
}

/// Everything that decides which rows a viewer sees, what the viewer may do with them, and in which language: answers may
/// be shared between viewers with equal keys.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct VisibilityKey {
    role: Role,
    team: Option<TeamId>,
    scopes: Option<Vec<Scope>>,
    actor: Option<uuid::Uuid>,
    locale: String,
}

impl Viewer {
    /// The key of this viewer; with `alone` it is equal to no other viewer's, for what is meant for one user.
    pub fn visibility_key(&self, alone: bool) -> VisibilityKey {
        let own = alone || self.role == Role::Advisor;
        let actor = own.then(|| self.actor.key());
        let (scopes, locale) = (self.scopes.clone(), self.locale.clone());
        VisibilityKey { role: self.role, team: self.team, scopes, actor, locale }
    }

    /// cabina itself, which may do everything: for commands and jobs.
    pub fn system(name: &str) -> Self {
        let (name, locale) = (name.to_owned(), String::new());
        Viewer {
            actor: Actor::System,
            name,
            role: Role::Admin,
            team: None,
            session: None,
            scopes: None,
            locale,
        }
    }

    /// The rights of this viewer, in the order of their declaration.
    pub fn rights(&self) -> Vec<Right> {
        use crate::kernel::words::Word;
        Right::ALL.iter().map(|(right, ..)| *right).filter(|right| self.has(*right)).collect()
    }

    /// Whether the viewer has a right.
    pub fn has(&self, right: Right) -> bool {
        let (role, scope) = right.needs();
        let by_scope = self.scopes.as_ref().is_none_or(|scopes| scopes.iter().any(|own| *own >= scope));
        self.role >= role && by_scope
    }

    /// Goes on only with the right.
    ///
    /// # Errors
    /// `Forbidden` with the name of the missing right.
    pub fn may(&self, right: Right) -> Result<()> {
        use crate::kernel::words::Word;
        if self.has(right) { Ok(()) } else { Err(Error::Forbidden(right.as_str())) }
    }

    /// The person who is signed in; none for machines and the system.
    pub fn user_id(&self) -> Option<UserId> {
        match self.actor {
            Actor::User(id) => Some(id),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn viewer(role: Role, scopes: Option<Vec<Scope>>) -> Viewer {
        Viewer { role, scopes, ..Viewer::system("") }
    }

    #[test]
    fn rights_by_role_and_scope() {
        use Right::*;
        let cases = [
            (Role::Advisor, None, vec![ReadClients, WriteClients]),
            (Role::Supervisor, None, vec![ReadClients, WriteClients, BlockClients]),
            (
                Role::Admin,
                None,
                vec![ReadClients, WriteClients, BlockClients, MoveClientsAcrossTeams, Administer, ReadAudit],
            ),
            (Role::Admin, Some(vec![Scope::Read]), vec![ReadClients]),
            (Role::Admin, Some(vec![Scope::Write]), vec![ReadClients, WriteClients]),
            (Role::Advisor, Some(vec![Scope::Admin]), vec![ReadClients, WriteClients]),
            (Role::Admin, Some(vec![]), vec![]),
        ];
        for (role, scopes, rights) in cases {
            assert_eq!(viewer(role, scopes.clone()).rights(), rights, "{role:?} {scopes:?}");
        }
    }
}
