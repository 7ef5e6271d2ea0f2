//! What happens while one looks: all streams in one list, and the same items as a query.
//!
//! A stream is not run by the executor: `graphql/live` follows the events, judges each for its viewer, and has one item
//! at a time written here. So the resolvers below only turn the item at hand into its type.

mod agenda;
mod clients;
mod dashboard;
mod jobs;
mod notifications;
mod sync;
mod viewer;

use std::any::type_name;
use std::borrow::Cow;

use async_graphql::parser::types::Field;
use async_graphql::registry::{MetaType, MetaTypeId, Registry};
use async_graphql::{
    Context, ContextSelectionSet, ID, Object, OutputType, Positioned, Result, ServerResult, SimpleObject,
    Subscription, Union, Value,
};
use futures_util::Stream;

use crate::graphql::board::Board;
use crate::graphql::context::Ask;
use crate::graphql::edges::agenda::DateTimeRangeInput;
use crate::graphql::live::{ChangeKind, Item, ItemHeader, SubjectLoader, Topic, current};
use crate::kernel::Error;
use crate::kernel::ids::{ClientId, UserId};
use crate::platform::bus::{Cursor, Follower};
use crate::platform::db::{DEFAULT_PAGE, MAX_PAGE};
use agenda::AgendaChanged;
use clients::{ClientUpdated, EventlogNew};
use dashboard::Dashboard;
use jobs::{DeadLetterChanged, JobChanged};
use notifications::NotificationNew;
use sync::SyncChanged;
use viewer::ViewerChanged;

pub use dashboard::MOVED_BY;

/// All that screens hear of: a line for each kind of news, here and in `FeedItem`.
pub const TOPICS: &[Topic] = &[
    clients::UPDATED,
    clients::EVENTLOG,
    notifications::NEW,
    viewer::CHANGED,
    jobs::DEAD_LETTERS,
    jobs::PROGRESS,
    sync::CHANGED,
    agenda::CHANGED,
];

/// The channel that tells who sees more or less than before: what comes behind is judged with new eyes.
pub const MOVED_SIGHT: &str = viewer::CHANGED.name;

/// The stream of figures, which is paced.
pub const FIGURES: &str = "dashboard";

/// The channels that a stream follows, by its field.
pub fn topics_of(field: &str) -> Vec<&'static str> {
    if field == FIGURES {
        return MOVED_BY.to_vec();
    }
    let follows = |topic: &&Topic| topic.field == field || field == "feed";
    TOPICS.iter().filter(follows).map(|topic| topic.name).collect()
}

/// You see something no more: forget what you know of it.
#[derive(SimpleObject)]
pub struct AccessLost {
    #[graphql(flatten)]
    header: ItemHeader,
    /// The ids to forget, with all that hangs on them.
    ids: Vec<ID>,
}

/// Anything that happens.
#[derive(Union)]
pub enum FeedItem {
    /// A client changed.
    Client(ClientUpdated),
    /// A new entry of a client's history.
    Entry(EventlogNew),
    /// You are told of something.
    Notification(NotificationNew),
    /// You changed, and with you what you may see.
    Viewer(ViewerChanged),
    /// Work was given up, or is tried again; for admins.
    DeadLetter(DeadLetterChanged),
    /// Work under way is further than before; for admins.
    Job(JobChanged),
    /// A thing stands otherwise in Odoo than before.
    Sync(SyncChanged),
    /// An event of the agenda changed, or a series as a whole.
    Agenda(AgendaChanged),
    /// You see something no more.
    Lost(AccessLost),
}

/// What all items tell; each tells more besides. The members of `FeedItem` are its types, so that what is added there
/// later tells its cursor to those too who do not know it yet.
pub enum LiveItem {}

#[async_graphql::async_trait::async_trait]
impl OutputType for LiveItem {
    fn type_name() -> Cow<'static, str> {
        "LiveItem".into()
    }
    fn create_type_info(registry: &mut Registry) -> String {
        registry.create_output_type::<Self, _>(MetaTypeId::Interface, |registry| {
            // In a registry of its own: only its fields are in the schema.
            let header = Registry::default().create_fake_output_type::<ItemHeader>();
            let items = registry.create_fake_output_type::<FeedItem>();
            let (MetaType::Object { fields, .. }, MetaType::Union { possible_types, .. }) = (header, items)
            else {
                unreachable!("one is derived as an object, the other as a union")
            };
            for item in &possible_types {
                registry.add_implements(item, &Self::type_name());
            }
            MetaType::Interface {
                name: Self::type_name().into_owned(),
                description: Some(
                    "What every item of a stream tells, also one of a kind that you do not know yet."
                        .to_owned(),
                ),
                fields,
                possible_types,
                extends: false,
                keys: None,
                visible: None,
                inaccessible: false,
                tags: Vec::new(),
                rust_typename: Some(type_name::<Self>()),
                directive_invocations: Vec::new(),
                requires_scopes: Vec::new(),
            }
        })
    }
    async fn resolve(&self, _: &ContextSelectionSet<'_>, _: &Positioned<Field>) -> ServerResult<Value> {
        match *self {} // a type of the schema alone
    }
}

impl From<Item> for FeedItem {
    fn from(item: Item) -> Self {
        let is = |topic: &Topic| item.event.topic == topic.name;
        if item.kind == ChangeKind::AccessLost {
            let forget = TOPICS.iter().find(|topic| is(topic)).and_then(|topic| topic.forget);
            let ids = forget.map(|print| print(item.event.subject_id)).unwrap_or_default();
            let ids = ids.into_iter().map(ID).collect();
            return FeedItem::Lost(AccessLost { header: item.header(), ids });
        }
        match () {
            () if is(&clients::EVENTLOG) => FeedItem::Entry(item.into()),
            () if is(&notifications::NEW) => FeedItem::Notification(item.into()),
            () if is(&jobs::DEAD_LETTERS) => FeedItem::DeadLetter(item.into()),
            () if is(&jobs::PROGRESS) => FeedItem::Job(item.into()),
            () if is(&sync::CHANGED) => FeedItem::Sync(item.into()),
            () if is(&agenda::CHANGED) => FeedItem::Agenda(item.into()),
            () if is(&viewer::CHANGED) => FeedItem::Viewer(item.into()),
            () => FeedItem::Client(item.into()),
        }
    }
}

/// All streams.
#[derive(Default)]
pub struct LiveSubscription;

/// All that can be followed.
#[Subscription(name = "Subscription")]
impl LiveSubscription {
    /// Changes of clients that you may see.
    async fn client_updated(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Only this client.")] client_id: Option<ClientId>,
        #[graphql(desc = "First what was missed since this cursor.")] after: Option<Cursor>,
    ) -> Result<impl Stream<Item = ClientUpdated> + use<>> {
        let _ = (client_id, after); // read by `graphql/live`
        current::<Item, _>(ctx)
    }

    /// New entries in the history of clients that you may see.
    async fn eventlog_new(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Only of this client.")] client_id: Option<ClientId>,
        #[graphql(desc = "First what was missed since this cursor.")] after: Option<Cursor>,
    ) -> Result<impl Stream<Item = EventlogNew> + use<>> {
        let _ = (client_id, after);
        current::<Item, _>(ctx)
    }

    /// What you are told of, and what you marked as read on another screen.
    async fn notification_new(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "First what was missed since this cursor.")] after: Option<Cursor>,
    ) -> Result<impl Stream<Item = NotificationNew> + use<>> {
        let _ = after;
        current::<Item, _>(ctx)
    }

    /// Work that was given up, and what became of it; for admins, others hear nothing.
    async fn dead_letter_changed(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "First what was missed since this cursor.")] after: Option<Cursor>,
    ) -> Result<impl Stream<Item = DeadLetterChanged> + use<>> {
        let _ = after;
        current::<Item, _>(ctx)
    }

    /// How far work under way is; for admins, others hear nothing.
    async fn job_changed(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "First what was missed since this cursor.")] after: Option<Cursor>,
    ) -> Result<impl Stream<Item = JobChanged> + use<>> {
        let _ = after;
        current::<Item, _>(ctx)
    }

    /// Things that you may see and that stand otherwise in Odoo than before.
    async fn sync_changed(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "First what was missed since this cursor.")] after: Option<Cursor>,
    ) -> Result<impl Stream<Item = SyncChanged> + use<>> {
        let _ = after;
        current::<Item, _>(ctx)
    }

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

    /// Live figures of what you see: the present ones at once, then whenever one changed, at most once a second. They need
    /// no cursor: who comes back gets the present ones.
    async fn dashboard(&self, ctx: &Context<'_>) -> Result<impl Stream<Item = Dashboard> + use<>> {
        current::<Board, _>(ctx)
    }

    /// All that happens and that you may see: what an app lives on.
    async fn feed(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "First what was missed since this cursor.")] after: Option<Cursor>,
    ) -> Result<impl Stream<Item = FeedItem> + use<>> {
        let _ = after;
        current::<Item, _>(ctx)
    }
}

/// What happened since a cursor.
#[derive(SimpleObject)]
pub struct ChangeConnection {
    /// What happened, in its order.
    nodes: Vec<FeedItem>,
    /// Where the page lies.
    page_info: ChangePageInfo,
}

/// Where a page of changes lies.
#[derive(SimpleObject)]
pub struct ChangePageInfo {
    /// Whether there may be more: ask again after `endCursor`. A page may be empty and yet not be the last, for what you
    /// may not see is skipped.
    has_next_page: bool,
    /// Where the page ends.
    end_cursor: Cursor,
}

/// Events that are looked at for one page.
const LOOKED_AT: usize = 2000;

/// Root query of the streams.
#[derive(Default)]
pub struct LiveQuery;

#[Object]
impl LiveQuery {
    /// What happened since a cursor, as the stream `feed` tells it: for screens that ask now and then.
    async fn changes(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Since then: the cursor of an item, or `extensions.cursor` of an answer.")]
        after: Cursor,
        #[graphql(desc = "At most so many: 25 unless told, at most 100.")] first: Option<i32>,
    ) -> Result<ChangeConnection> {
        let (services, viewer) = (ctx.services()?, ctx.viewer()?);
        let subjects: &SubjectLoader = ctx.data()?;
        let limit = match usize::try_from(first.unwrap_or(DEFAULT_PAGE)) {
            Ok(limit) if limit <= MAX_PAGE as usize => limit,
            _ => return Err(Error::invalid("first", format!("must be between 0 and {MAX_PAGE}")).into()),
        };
        let follower = Follower::start(services.hub.clone(), services.database.clone(), Some(after));
        let (mut follower, mut items, mut at) = (follower.await?, Vec::new(), after);
        let (mut previous, mut looked_at, mut more) = (after, 0, limit > 0);
        while more && items.len() < limit && looked_at < LOOKED_AT {
            let events = follower.waiting().await.map_err(Error::from)?;
            more = !events.is_empty();
            for (place, event) in events.iter().enumerate() {
                if items.len() == limit {
                    break;
                }
                (looked_at, at) = (looked_at + 1, Cursor(event.position));
                let behind = events[place + 1..].iter().take(limit - items.len() - 1);
                let item = subjects.item(event, behind, viewer, Some(previous)).await;
                if let Some(item) = item.map_err(|error| Error::internal(error.to_string()))? {
                    previous = item.cursor();
                    items.push(FeedItem::from(item));
                }
            }
        }
        Ok(ChangeConnection {
            nodes: items,
            page_info: ChangePageInfo { has_next_page: more, end_cursor: at },
        })
    }
}
