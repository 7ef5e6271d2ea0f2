//! What happens while one looks: all streams in one list, and the same items as a query.
//!
//! A stream is not run by the executor: `graphql/streams` follows the events, judges each for its viewer, and has one item
//! at a time written here. So the resolvers below only turn the item at hand into its type.
//!
//! Each kind of news has a file, which says all of it in its `Topic`; `TOPICS` lists them.

mod agenda;
mod changes;
mod clients;
mod dashboard;
mod feed;
mod jobs;
mod notifications;
mod sync;
mod viewer;

use std::any::type_name;
use std::borrow::Cow;
use std::pin::Pin;

use async_graphql::indexmap::IndexMap;
use async_graphql::registry::{MetaType, Registry};
use async_graphql::{Context, Response, SubscriptionType};
use futures_util::Stream;

use crate::graphql::live::{StreamRoot, Topic};

pub use changes::LiveQuery;
pub use dashboard::MOVED_BY;
pub use feed::LiveItem;

/// All that screens hear of: a line for each kind of news, in the order in which `FeedItem` lists its members.
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

/// The channel that tells who sees more or less than before: later events are judged with the new rights.
pub const MOVED_SIGHT: &str = viewer::CHANGED.channel.0;

/// The stream of figures, which is paced.
pub const FIGURES: &str = "dashboard";

/// The channels that a stream follows, by its field.
pub fn topics_of(field: &str) -> Vec<&'static str> {
    if field == FIGURES {
        return MOVED_BY.to_vec();
    }
    let follows = |topic: &&Topic| field == "feed" || topic.stream.is_some_and(|stream| stream.name == field);
    TOPICS.iter().filter(follows).map(|topic| topic.channel.0).collect()
}

/// All streams: those of the topics, the feed of all of them, and the figures.
#[derive(Default)]
pub struct LiveSubscription;

impl LiveSubscription {
    fn roots() -> impl Iterator<Item = &'static dyn StreamRoot> {
        let own: [&dyn StreamRoot; 2] = [&feed::FeedStream, &dashboard::DashboardStream];
        TOPICS.iter().filter_map(|topic| topic.stream.map(|stream| stream.root)).chain(own)
    }
}

impl SubscriptionType for LiveSubscription {
    fn type_name() -> Cow<'static, str> {
        "Subscription".into()
    }

    fn create_type_info(registry: &mut Registry) -> String {
        registry.create_subscription_type::<Self, _>(|registry| {
            let mut fields = IndexMap::new();
            for root in Self::roots() {
                fields.extend(root.fields(registry));
            }
            MetaType::Object {
                name: Self::type_name().into_owned(),
                description: Some("All that can be followed.".to_owned()),
                fields,
                cache_control: Default::default(),
                extends: false,
                shareable: false,
                resolvable: true,
                keys: None,
                visible: None,
                inaccessible: false,
                interface_object: false,
                tags: Vec::new(),
                is_subscription: true,
                rust_typename: Some(type_name::<Self>()),
                directive_invocations: Vec::new(),
                requires_scopes: Vec::new(),
            }
        })
    }

    fn create_field_stream<'a>(
        &'a self,
        ctx: &'a Context<'_>,
    ) -> Option<Pin<Box<dyn Stream<Item = Response> + Send + 'a>>> {
        Self::roots().find_map(|root| root.open(ctx))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn each_topic_has_a_channel_and_a_field_of_its_own() {
        let channels: BTreeSet<&str> = TOPICS.iter().map(|topic| topic.channel.0).collect();
        assert_eq!(channels.len(), TOPICS.len(), "a channel has one topic: {channels:?}");
        let mut registry = Registry::default();
        let mut told = BTreeSet::new();
        for stream in TOPICS.iter().filter_map(|topic| topic.stream) {
            let fields = stream.root.fields(&mut registry);
            assert!(fields.contains_key(stream.name), "{} resolves no such field", stream.name);
            assert!(told.insert(stream.name), "{} delivers one topic", stream.name);
            assert_eq!(topics_of(stream.name).len(), 1);
        }
        let all: BTreeSet<String> =
            LiveSubscription::roots().flat_map(|root| root.fields(&mut registry).into_keys()).collect();
        let known: BTreeSet<String> = told.into_iter().chain(["feed", FIGURES]).map(str::to_owned).collect();
        assert_eq!(all, known, "a field that no topic names would hear nothing");
    }
}
