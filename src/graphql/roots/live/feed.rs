//! All news in one stream: the union of the topics' item types, and the interface that all of them have.

use std::any::type_name;
use std::borrow::Cow;

use async_graphql::indexmap::IndexSet;
use async_graphql::parser::types::Field;
use async_graphql::registry::{MetaType, MetaTypeId, Registry};
use async_graphql::resolver_utils::{Fields, resolve_container};
use async_graphql::{
    ContainerType, Context, ContextSelectionSet, ID, OutputType, Positioned, Result, ServerResult,
    SimpleObject, Subscription, Value,
};
use futures_util::Stream;

use super::TOPICS;
use crate::graphql::live::{ChangeKind, Item, ItemHeader, Member, current};
use crate::platform::bus::Cursor;

/// The field of `Subscription`.
pub(super) struct FeedStream;

#[Subscription]
impl FeedStream {
    /// All that happens and that you may see: what an app lives on.
    async fn feed(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "First what was missed since this cursor.")] after: Option<Cursor>,
    ) -> Result<impl Stream<Item = FeedItem> + use<>> {
        let _ = after; // read by `graphql/streams`
        current::<Item, _>(ctx)
    }
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
///
/// A union of the item types of all topics, so that a new topic is a member without a line here.
pub struct FeedItem(Box<dyn Member>);

impl From<Item> for FeedItem {
    fn from(item: Item) -> Self {
        if item.kind == ChangeKind::AccessLost {
            return FeedItem(Box::new(AccessLost { header: item.header(), ids: item.lost() }));
        }
        let make = item.topic.item.make;
        FeedItem(make(item))
    }
}

#[async_graphql::async_trait::async_trait]
impl ContainerType for FeedItem {
    async fn resolve_field(&self, _: &Context<'_>) -> ServerResult<Option<Value>> {
        Ok(None) // a union has no fields of its own
    }
    fn collect_all_fields<'a>(
        &'a self,
        ctx: &ContextSelectionSet<'a>,
        fields: &mut Fields<'a>,
    ) -> ServerResult<()> {
        self.0.collect(ctx, fields)
    }
}

#[async_graphql::async_trait::async_trait]
impl OutputType for FeedItem {
    fn type_name() -> Cow<'static, str> {
        "FeedItem".into()
    }
    fn introspection_type_name(&self) -> Cow<'static, str> {
        self.0.name()
    }
    fn create_type_info(registry: &mut Registry) -> String {
        registry.create_output_type::<Self, _>(MetaTypeId::Union, |registry| {
            let mut possible_types: IndexSet<String> =
                TOPICS.iter().map(|topic| (topic.item.register)(registry).into_owned()).collect();
            AccessLost::create_type_info(registry);
            possible_types.insert(AccessLost::type_name().into_owned());
            MetaType::Union {
                name: Self::type_name().into_owned(),
                description: Some("Anything that happens.".to_owned()),
                possible_types,
                visible: None,
                inaccessible: false,
                tags: Vec::new(),
                rust_typename: Some(type_name::<Self>()),
                directive_invocations: Vec::new(),
            }
        })
    }
    async fn resolve(&self, ctx: &ContextSelectionSet<'_>, _: &Positioned<Field>) -> ServerResult<Value> {
        resolve_container(ctx, self).await
    }
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
