//! Ownership: most things belong to a team and to an advisor of it, or wait in the team's pool. What somebody sees of them is
//! said here alone: of an owner in memory (`Viewer::sees`), of the columns of a table (`platform::db::visible_by_owner`), and
//! of a search that has an index for each part.

use uuid::Uuid;

use super::viewer::{Right, Role, Viewer};
use crate::kernel::ids::{TeamId, TypedId, UserId};

/// A part of what a viewer sees.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum View {
    /// Everything.
    All,
    /// What belongs to a team.
    Team(TeamId),
    /// What belongs to an advisor.
    Advisor(UserId),
    /// What belongs to a team and to no advisor.
    Pool(TeamId),
}

impl View {
    /// Whether what belongs to this team and advisor is part of it.
    fn holds(self, team: Uuid, advisor: Option<Uuid>) -> bool {
        match self {
            View::All => true,
            View::Team(id) => id.uuid() == team,
            View::Advisor(id) => advisor == Some(id.uuid()),
            View::Pool(id) => id.uuid() == team && advisor.is_none(),
        }
    }
}

impl Viewer {
    /// The parts of what the viewer sees: advisors see what is theirs and the pool of their team, supervisors their team's,
    /// admins all; without the right to read nobody sees anything.
    pub fn views(&self) -> Vec<View> {
        if !self.has(Right::ReadClients) {
            return Vec::new();
        }
        match (self.role, self.team) {
            (Role::Admin, _) => vec![View::All],
            (_, None) => Vec::new(),
            (Role::Supervisor, Some(team)) => vec![View::Team(team)],
            (Role::Advisor, Some(team)) => {
                self.user_id().map(View::Advisor).into_iter().chain([View::Pool(team)]).collect()
            }
        }
    }

    /// Whether the viewer sees what belongs to this team and advisor.
    pub fn sees(&self, team: Uuid, advisor: Option<Uuid>) -> bool {
        self.views().into_iter().any(|view| view.holds(team, advisor))
    }
}
