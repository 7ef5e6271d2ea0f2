//! What streams tell of the agenda.

use async_graphql::{ComplexObject, Context, ID, Result, SimpleObject, Subscription};
use futures_util::future::BoxFuture;
use futures_util::{FutureExt, Stream};
use uuid::Uuid;

use crate::domains::agenda::AGENDA_CHANGED;
use crate::graphql::edges::agenda::DateTimeRangeInput;
use crate::graphql::fast::One;
use crate::graphql::live::{ChangeKind, Item, ItemHeader, Subject, Things, Topic, current, subjects};
use crate::graphql::nodes::agenda::{AgendaEvent, AgendaSeries};
use crate::kernel::ids::{AgendaEventId, AgendaSeriesId, TypedId, UserId};
use crate::platform::bus::Cursor;
use crate::platform::db::{Owner, Reader};

/// Changes of events, and of series as a whole.
pub const CHANGED: Topic = Topic::of::<AgendaChanged>(AGENDA_CHANGED, read)
    .on("agendaChanged", &AgendaStream)
    // An event or a series: ids tell their kind, and there is never the same of both.
    .forgetting(|id| {
        vec![AgendaEventId::from_uuid(id).to_string(), AgendaSeriesId::from_uuid(id).to_string()]
    });

/// The field of `Subscription`.
struct AgendaStream;

#[Subscription]
impl AgendaStream {
    /// Changes of the agenda that you may see.
    async fn agenda_changed(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Only what lies or lay in this stretch of time.")] range: Option<DateTimeRangeInput>,
        #[graphql(desc = "Only what this user is or was assigned to.")] assignee_id: Option<UserId>,
        #[graphql(desc = "First what was missed since this cursor.")] after: Option<Cursor>,
    ) -> Result<impl Stream<Item = AgendaChanged> + use<>> {
        let _ = (range, assignee_id, after); // read by `graphql/streams`
        current::<Item, _>(ctx)
    }
}

impl Subject for AgendaEvent {
    fn owner(&self) -> Option<Owner> {
        Some(Owner { team: self.team_id.uuid(), advisor: self.assignee_id.map(TypedId::uuid) })
    }
}

impl Subject for AgendaSeries {
    fn owner(&self) -> Option<Owner> {
        Some(Owner { team: self.team_id.uuid(), advisor: self.assignee_id.map(TypedId::uuid) })
    }
}

/// Events and series share the channel.
fn read<'a>(all: &'a Reader, ids: &'a [Uuid]) -> BoxFuture<'a, crate::kernel::Result<Things>> {
    async move {
        let mut found = subjects::<AgendaEvent>(all, ids).await?;
        let left: Vec<_> = ids.iter().copied().filter(|id| !found.contains_key(id)).collect();
        if !left.is_empty() {
            found.extend(subjects::<AgendaSeries>(all, &left).await?);
        }
        Ok(found)
    }
    .boxed()
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
        self.item.thing().map(One::Node)
    }
    /// The series as it is now; null when a single event changed, or an occurrence alone.
    async fn series(&self) -> Option<One<AgendaSeries>> {
        self.item.thing().map(One::Node)
    }
    /// Ids to forget when you lost access; empty otherwise.
    async fn lost(&self) -> Vec<ID> {
        self.item.lost()
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
