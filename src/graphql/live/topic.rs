//! What a topic says of itself: all that streams, the feed and the schema need to know of a kind of news. A new one is a
//! file in `roots/live` and its line in `TOPICS`.

use std::any::Any;
use std::borrow::Cow;
use std::collections::HashMap;
use std::pin::Pin;
use std::sync::Arc;

use async_graphql::indexmap::IndexMap;
use async_graphql::registry::{MetaField, MetaType, Registry};
use async_graphql::resolver_utils::Fields;
use async_graphql::{
    ContainerType, Context, ContextSelectionSet, OutputType, Response, ServerResult, SubscriptionType,
};
use futures_util::future::BoxFuture;
use futures_util::{FutureExt, Stream};
use uuid::Uuid;

use super::Item;
use crate::graphql::fast::Preloaded;
use crate::kernel::Result;
use crate::platform::db::{Channel, ColumnSet, Owner, Positional, Reader};

/// Reads subjects by their ids, as a viewer who sees everything.
type Read = for<'a> fn(&'a Reader, &'a [Uuid]) -> BoxFuture<'a, Result<Things>>;

/// A channel whose events subscriptions deliver.
pub struct Topic {
    /// The channel.
    pub channel: Channel,
    /// Reads the subjects of its events.
    pub read: Read,
    /// The field of `Subscription` that delivers this channel alone; `None`: only `feed` delivers it.
    pub stream: Option<StreamField>,
    /// The ids that a viewer who loses access must forget; `None` when the loss is told by the event of its parent.
    pub forget: Option<fn(Uuid) -> Vec<String>>,
    /// The object type of its items.
    pub item: ItemType,
}

impl Topic {
    /// A topic whose items are of the type `T`. Without more said, `feed` alone delivers it.
    pub const fn of<T: Member + OutputType + From<Item> + 'static>(channel: Channel, read: Read) -> Topic {
        let item = ItemType { register: registered::<T>, make: |item| Box::new(T::from(item)) };
        Topic { channel, read, stream: None, forget: None, item }
    }

    /// The same with a field of `Subscription` that delivers it alone; `root` resolves the field.
    pub const fn on(self, field: &'static str, root: &'static dyn StreamRoot) -> Topic {
        Topic { stream: Some(StreamField { name: field, root }), ..self }
    }

    /// The same where a viewer who loses access to the subject is told, and forgets these ids.
    pub const fn forgetting(self, ids: fn(Uuid) -> Vec<String>) -> Topic {
        Topic { forget: Some(ids), ..self }
    }
}

/// The object type of a topic's items, a member of the union `FeedItem`.
pub struct ItemType {
    /// Adds it to the schema; gives its name.
    pub register: fn(&mut Registry) -> Cow<'static, str>,
    /// Makes it of an item.
    pub make: fn(Item) -> Box<dyn Member>,
}

fn registered<T: OutputType>(registry: &mut Registry) -> Cow<'static, str> {
    T::create_type_info(registry);
    T::type_name()
}

/// An object of the union `FeedItem`, whatever its type.
pub trait Member: Send + Sync {
    /// The name of its type.
    fn name(&self) -> Cow<'static, str>;
    /// Adds the fields that are selected of it.
    ///
    /// # Errors
    /// Those of the selection.
    fn collect<'a>(&'a self, ctx: &ContextSelectionSet<'a>, fields: &mut Fields<'a>) -> ServerResult<()>;
}

impl<T: ContainerType> Member for T {
    fn name(&self) -> Cow<'static, str> {
        T::type_name()
    }
    fn collect<'a>(&'a self, ctx: &ContextSelectionSet<'a>, fields: &mut Fields<'a>) -> ServerResult<()> {
        self.collect_all_fields(ctx, fields)
    }
}

/// A field of `Subscription`.
#[derive(Clone, Copy)]
pub struct StreamField {
    /// Its name.
    pub name: &'static str,
    /// The part of the root that has it.
    pub root: &'static dyn StreamRoot,
}

/// A part of the root `Subscription`.
pub trait StreamRoot: Send + Sync {
    /// Its fields, whose types are added to the schema.
    fn fields(&self, registry: &mut Registry) -> IndexMap<String, MetaField>;
    /// The stream of the field at hand; `None` when it is not one of these.
    fn open<'a>(&'a self, ctx: &'a Context<'_>) -> Option<Pin<Box<dyn Stream<Item = Response> + Send + 'a>>>;
}

impl<T: SubscriptionType> StreamRoot for T {
    fn fields(&self, registry: &mut Registry) -> IndexMap<String, MetaField> {
        // As a type of its own, which the schema drops in the end, for nothing refers to it.
        match registry.create_fake_subscription_type::<T>() {
            MetaType::Object { fields, .. } => fields,
            _ => IndexMap::new(),
        }
    }
    fn open<'a>(&'a self, ctx: &'a Context<'_>) -> Option<Pin<Box<dyn Stream<Item = Response> + Send + 'a>>> {
        self.create_field_stream(ctx)
    }
}

/// Subjects by their ids.
pub type Things = HashMap<Uuid, Loaded>;

/// A subject as it was read, with its current owner.
#[derive(Clone, Default)]
pub struct Loaded {
    /// `None`: the audience alone decides who sees it.
    pub(super) owner: Option<Owner>,
    /// `None`: there is nothing to deliver. (A deletion is delivered with the fact as its subject.)
    pub(super) thing: Option<Arc<dyn Any + Send + Sync>>,
    pub(super) preloaded: Option<Preloaded>,
}

impl Loaded {
    /// A subject that exists.
    pub fn of(thing: impl Any + Send + Sync, owner: Option<Owner>) -> Loaded {
        Loaded { owner, thing: Some(Arc::new(thing)), preloaded: None }
    }

    /// Adds a row that was read with it, and that everybody who sees the subject may see.
    pub fn beside(self, row: impl Any + Send + Sync) -> Loaded {
        Loaded { preloaded: Some(Preloaded(Arc::new(row))), ..self }
    }
}

/// A node that events are about by itself.
pub trait Subject: Positional {
    /// Whose it is now; `None`: the audience alone decides who sees it.
    fn owner(&self) -> Option<Owner>;
}

/// Reads the nodes of a type by their ids: what most topics read.
pub fn subjects<'a, T: Subject>(all: &'a Reader, ids: &'a [Uuid]) -> BoxFuture<'a, Result<Things>> {
    async move {
        let read = all.by_ids::<T>(ids, ColumnSet::ALL).await?;
        let loaded = read.into_iter().map(|(id, node)| {
            let owner = node.owner();
            (id, Loaded::of(node, owner))
        });
        Ok(loaded.collect())
    }
    .boxed()
}
