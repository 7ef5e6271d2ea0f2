//! What streams tell of the agenda.

use async_graphql::{ComplexObject, ID, SimpleObject};
use futures_util::FutureExt;

use crate::domains::agenda::AGENDA_CHANGED;
use crate::graphql::fast::One;
use crate::graphql::live::{ChangeKind, Item, ItemHeader, Loaded, Topic};
use crate::graphql::nodes::agenda::{AgendaEvent, AgendaSeries};
use crate::kernel::ids::{AgendaEventId, AgendaSeriesId, TypedId};
use crate::platform::db::{ColumnSet, Owner};

/// Changes of events, and of series as a whole.
pub const CHANGED: Topic = Topic {
    name: AGENDA_CHANGED,
    field: "agendaChanged",
    read: |all, ids| {
        async move {
            let owner = |team: crate::kernel::ids::TeamId, user: Option<crate::kernel::ids::UserId>| {
                Some(Owner { team: team.uuid(), advisor: user.map(TypedId::uuid) })
            };
            let events = all.by_ids::<AgendaEvent>(ids, ColumnSet::ALL).await?;
            let left: Vec<_> = ids.iter().copied().filter(|id| !events.contains_key(id)).collect();
            let of_event = |(id, event): (_, AgendaEvent)| {
                let owner = owner(event.team_id, event.assignee_id);
                (id, Loaded::of(Thing::Event(One::new(event)), owner))
            };
            let mut found: crate::graphql::live::Things = events.into_iter().map(of_event).collect();
            if !left.is_empty() {
                for (id, series) in all.by_ids::<AgendaSeries>(&left, ColumnSet::ALL).await? {
                    let owner = owner(series.team_id, series.assignee_id);
                    found.insert(id, Loaded::of(Thing::Series(One::new(series)), owner));
                }
            }
            Ok(found)
        }
        .boxed()
    },
    // An event or a series: ids tell their kind, and there is never the same of both.
    forget: Some(|id| {
        vec![AgendaEventId::from_uuid(id).to_string(), AgendaSeriesId::from_uuid(id).to_string()]
    }),
};

/// What an item is about.
enum Thing {
    Event(One<AgendaEvent>),
    Series(One<AgendaSeries>),
}

/// An event changed, or a series as a whole: then fetch anew the range that you show.
#[derive(SimpleObject)]
#[graphql(complex)]
pub struct AgendaChanged {
    #[graphql(flatten)]
    header: ItemHeader,
    /// What happened.
    kind: ChangeKind,
    /// The fields that changed.
    changed_fields: Vec<String>,
    /// The version after the change.
    version: i32,
    #[graphql(skip)]
    item: Item,
}

#[ComplexObject]
impl AgendaChanged {
    /// The event as it is now; null when a whole series changed, and when you lost access.
    async fn agenda_event(&self) -> Option<One<AgendaEvent>> {
        match &*self.item.thing()? {
            Thing::Event(event) => Some(event.clone()),
            Thing::Series(_) => None,
        }
    }
    /// The series as it is now; null when a single event changed, or an occurrence alone.
    async fn series(&self) -> Option<One<AgendaSeries>> {
        match &*self.item.thing()? {
            Thing::Event(_) => None,
            Thing::Series(series) => Some(series.clone()),
        }
    }
    /// Ids to forget when you lost access; empty otherwise.
    async fn lost(&self) -> Vec<ID> {
        if self.kind != ChangeKind::AccessLost {
            return Vec::new();
        }
        let print = CHANGED.forget.map(|print| print(self.item.event.subject_id));
        print.unwrap_or_default().into_iter().map(ID).collect()
    }
}

impl From<Item> for AgendaChanged {
    fn from(item: Item) -> Self {
        AgendaChanged {
            header: item.header(),
            kind: item.kind,
            changed_fields: item.event.changed_fields.clone(),
            version: item.event.version,
            item,
        }
    }
}
