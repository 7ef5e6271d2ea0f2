//! What an event is about: the fields that a single event and a series have alike.

use sea_orm::sea_query::LockType;
use sea_orm::{ColumnTrait, QueryFilter, QuerySelect};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::agenda_event::{self, Reminders};
use super::agenda_series;
use super::rules::AgendaErrorCode as Code;
use super::times;
use crate::domains::clients::client;
use crate::kernel::error::Check;
use crate::kernel::ids::{self, ClientId, TeamId};
use crate::kernel::{Patch, Result};
use crate::platform::db::{Tx, Visible};

const TITLE_MAX: usize = 200;
const LOCATION_MAX: usize = 500;
const DESCRIPTION_MAX: usize = 10_000;

/// What an event is about.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Details {
    /// What it is called.
    pub title: String,
    /// Anything else.
    pub description: Option<String>,
    /// Where.
    pub location: Option<String>,
    /// With which client.
    pub client_id: Option<ClientId>,
    /// What else it is about: prefix of its id.
    pub related_type: Option<String>,
    /// What else it is about.
    pub related_id: Option<Uuid>,
    /// Whether somebody must do something for it.
    pub action_required: bool,
    /// `None`: as the assignee's settings say.
    pub reminders: Option<Reminders>,
}

/// What changes of it.
#[derive(Clone, Debug, Default)]
pub struct DetailsPatch {
    /// What it is called.
    pub title: Patch<String>,
    /// Anything else.
    pub description: Patch<String>,
    /// Where.
    pub location: Patch<String>,
    /// With which client.
    pub client: Patch<ClientId>,
    /// What else it is about: the text of an id.
    pub related: Patch<String>,
    /// Whether somebody must do something for it.
    pub action_required: Patch<bool>,
    /// Minutes before the start.
    pub reminders: Patch<Vec<i32>>,
}

macro_rules! of_row {
    ($Model:ty) => {
        impl From<&$Model> for Details {
            fn from(row: &$Model) -> Details {
                Details {
                    title: row.title.clone(),
                    description: row.description.clone(),
                    location: row.location.clone(),
                    client_id: row.client_id,
                    related_type: row.related_type.clone(),
                    related_id: row.related_id,
                    action_required: row.action_required,
                    reminders: row.reminders.clone(),
                }
            }
        }

        impl $Model {
            /// Writes what it is about into the row.
            pub(super) fn put(&mut self, details: Details) {
                let Details { title, description, location, client_id, .. } = details;
                (self.title, self.description, self.location, self.client_id) =
                    (title, description, location, client_id);
                (self.related_type, self.related_id) = (details.related_type, details.related_id);
                (self.action_required, self.reminders) = (details.action_required, details.reminders);
            }
        }
    };
}
of_row!(agenda_event::Model);
of_row!(agenda_series::Model);

impl Details {
    /// Applies a change, and refuses what breaks a rule.
    pub async fn apply(&mut self, tx: &Tx, check: &mut Check<Code>, patch: DetailsPatch) -> Result<()> {
        check.name(Code::Invalid, "title", patch.title, &mut self.title, TITLE_MAX);
        check.text(Code::Invalid, "description", patch.description, &mut self.description, DESCRIPTION_MAX);
        check.text(Code::Invalid, "location", patch.location, &mut self.location, LOCATION_MAX);
        match patch.action_required {
            Patch::Keep => {}
            Patch::Clear => check.refuse(Code::Invalid, "actionRequired", "must not be null"),
            Patch::Set(required) => self.action_required = required,
        }
        match patch.reminders {
            Patch::Keep => {}
            Patch::Clear => self.reminders = None,
            Patch::Set(given) => self.reminders = Some(times::reminders(check, given)),
        }
        self.apply_client(tx, check, patch.client).await?;
        self.apply_related(tx, check, patch.related).await
    }

    /// These, with each detail that changed from the one to the other, where it is here as in `like`.
    pub fn following(mut self, (before, after): (&Details, &Details), like: &Details) -> Details {
        macro_rules! each {
            ($($field:ident)*) => { $(
                if before.$field != after.$field && self.$field == like.$field {
                    self.$field = after.$field.clone();
                }
            )* };
        }
        each!(title description location client_id related_type related_id action_required reminders);
        self
    }

    /// The team that serves the client.
    pub async fn team(&self, tx: &Tx) -> Result<Option<TeamId>> {
        let Some(id) = self.client_id else { return Ok(None) };
        let client = client::Entity::visible_to(&tx.by).filter(client::Column::Id.eq(id));
        Ok(client.one(tx.conn()).await?.map(|client| client.team_id))
    }

    async fn apply_client(&mut self, tx: &Tx, check: &mut Check<Code>, patch: Patch<ClientId>) -> Result<()> {
        if let Patch::Set(id) = patch
            && Some(id) != self.client_id
            && client::Entity::visible_to(&tx.by)
                .filter(client::Column::Id.eq(id))
                .lock(LockType::KeyShare) // who gives it away meanwhile waits, and takes the event along
                .one(tx.conn())
                .await?
                .is_none()
        {
            let message = "there is no such client, or you may not see it";
            check.refuse(Code::ClientUnknown, "clientId", message);
        }
        patch.apply(&mut self.client_id);
        Ok(())
    }

    async fn apply_related(&mut self, tx: &Tx, check: &mut Check<Code>, patch: Patch<String>) -> Result<()> {
        let id = match patch {
            Patch::Keep => return Ok(()),
            Patch::Clear => {
                (self.related_type, self.related_id) = (None, None);
                return Ok(());
            }
            Patch::Set(id) => id,
        };
        let seen = match ids::parse(&id) {
            Some((kind, uuid)) => is_seen(tx, kind, uuid).await?.then(|| (kind.to_owned(), uuid)),
            None => None,
        };
        if seen.is_none() {
            let message = "must be the id of a contact, activity or entry of the history that you may see";
            check.refuse(Code::RelatedUnknown, "relatedId", message);
        }
        (self.related_type, self.related_id) = seen.unzip();
        Ok(())
    }
}

/// Whether there is such a thing that an event can be about, and the viewer sees it.
async fn is_seen(tx: &Tx, kind: &str, id: Uuid) -> Result<bool> {
    match tx.kind(kind).filter(|kind| kind.is_related) {
        Some(kind) => Ok(kind.seen(tx.conn(), &tx.by, id).await?.is_some()),
        None => Ok(false),
    }
}
