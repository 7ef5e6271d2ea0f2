//! Everything that has an id: the `Node` interface, and the look-up by id.

use std::collections::HashMap;

use async_graphql::{ID, Interface};
use uuid::Uuid;

use crate::graphql::nodes::agenda::{AgendaEvent, AgendaSeries, AgendaSettings, WorkingCalendar};
use crate::graphql::nodes::clients::{
    Activity, Client, Contact, Ecosystem, EventLogEntry, ExternalRef, Market,
};
use crate::graphql::nodes::identity::{ApiKey, AuditEntry, Session, Team, User};
use crate::graphql::nodes::jobs::DeadLetter;
use crate::graphql::nodes::notifications::Notification;
use crate::graphql::nodes::sync::SyncState;
use crate::kernel::Result;
use crate::kernel::ids::{self, TypedId};
use crate::platform::db::{ColumnSet, Reader};

/// Declares the interface over all nodes, and the look-up of many ids in one statement a kind.
macro_rules! nodes {
    ($($Node:ident by $Id:ident),* $(,)?) => {
        /// Anything that has an id.
        #[derive(Clone, Debug, Interface)]
        #[graphql(field(name = "id", ty = "ID", desc = "Opaque id."))]
        pub enum Node {
            $(
                #[doc = concat!("See `", stringify!($Node), "`.")]
                $Node($Node),
            )*
        }

        /// The nodes with these ids, in their order; `None` where there is none or the viewer may not see it.
        ///
        /// # Errors
        /// Those of the database.
        pub async fn by_ids(reader: &Reader, texts: &[ID]) -> Result<Vec<Option<Node>>> {
            let parsed: Vec<Option<(&str, Uuid)>> = texts.iter().map(|id| ids::parse(id)).collect();
            let mut found: HashMap<Uuid, Node> = HashMap::new();
            $({
                let of_kind: Vec<Uuid> = parsed.iter().flatten()
                    .filter(|(prefix, _)| *prefix == ids::$Id::PREFIX).map(|(_, id)| *id).collect();
                if !of_kind.is_empty() {
                    let rows = reader.by_ids::<$Node>(&of_kind, ColumnSet::ALL).await?;
                    found.extend(rows.into_iter().map(|(id, row)| (id, Node::$Node(row))));
                }
            })*
            let kind = |node: &Node| match node { $(Node::$Node(_) => ids::$Id::PREFIX,)* };
            Ok(parsed.into_iter().map(|parsed| {
                let (prefix, id) = parsed?;
                found.get(&id).filter(|node| kind(node) == prefix).cloned()
            }).collect())
        }
    };
}

nodes! {
    User by UserId,
    Team by TeamId,
    ApiKey by ApiKeyId,
    Session by SessionId,
    AuditEntry by AuditId,
    Client by ClientId,
    Contact by ContactId,
    Activity by ActivityId,
    EventLogEntry by EntryId,
    ExternalRef by ExternalRefId,
    Market by MarketId,
    Ecosystem by EcosystemId,
    AgendaEvent by AgendaEventId,
    AgendaSeries by AgendaSeriesId,
    WorkingCalendar by WorkingCalendarId,
    AgendaSettings by AgendaSettingsId,
    Notification by NotificationId,
    DeadLetter by JobId,
    SyncState by SyncId,
}
