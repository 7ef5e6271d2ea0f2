//! Look-ups of notifications.

use async_graphql::ID;

use crate::domains::notifications::texts;
use crate::edges;
use crate::graphql::context::Ask;
use crate::graphql::fast::{Computed, Maybe, Within};
use crate::graphql::nodes::agenda::AgendaEvent;
use crate::graphql::nodes::clients::{Author, Client, EventLogEntry};
use crate::graphql::nodes::notifications::Notification;
use crate::kernel::ids::{AgendaEventId, EntryId, TypedId, print};

edges! {
    Notification {
        /// What happened in one sentence of your language; it names nothing that you may no longer see.
        field title: Computed<String> = |told, ctx| Computed(texts::title(
            told.kind,
            &told.actor_name,
            ctx.language(),
        ));
        /// The client that it is about; null when it is about none, and when you see the client no more.
        field client: Maybe<Client> = |told, _| Maybe::of(told.client_id);
        /// The entry of the history that it is about; null when it is about none, and when you see it no more.
        field entry: Maybe<EventLogEntry> = |told, _| Maybe::of(entry(told));
        /// The event of the agenda that it is about; null when it is about none, and when you see it no more.
        field agenda_event: Maybe<AgendaEvent> = |told, _| Maybe::of(
            (told.subject_type == AgendaEventId::PREFIX).then(|| AgendaEventId::from_uuid(told.subject_id))
        );
        /// Id of what happened or changed: of an entry, a client and so on.
        field subject_id: Computed<ID> = |told, _| Computed(ID(print(&told.subject_type, told.subject_id)));
        /// Who did it.
        field actor: Within<Author> = |told, _|
            Within(Author::of(told.actor_kind, told.actor_id, &told.actor_name));
    }
}

fn entry(told: &Notification) -> Option<EntryId> {
    (told.subject_type == EntryId::PREFIX).then(|| EntryId::from_uuid(told.subject_id))
}
