//! The schema, assembled from the roots.

use std::sync::Arc;

use async_graphql::extensions::{Extension, ExtensionContext, ExtensionFactory, NextExecute};
use async_graphql::registry::Registry;
use async_graphql::{
    MergedObject, OutputType, Response, SchemaBuilder, SubscriptionType, ValidationMode, async_trait,
};

use super::context::Services;
use super::documents::Types;
use super::edges::sync::Syncable;
use super::live::SubjectLoader;
use super::roots::{agenda, clients, identity, jobs, live, notifications, sync};

/// All that can be asked.
#[derive(MergedObject, Default)]
pub struct Query(
    identity::IdentityQuery,
    clients::ClientsQuery,
    agenda::AgendaQuery,
    notifications::NotificationsQuery,
    jobs::JobsQuery,
    sync::SyncQuery,
    live::LiveQuery,
);

/// All that can be done.
#[derive(MergedObject, Default)]
pub struct Mutation(
    identity::IdentityMutation,
    clients::ClientsMutation,
    agenda::AgendaMutation,
    notifications::NotificationsMutation,
    jobs::JobsMutation,
    sync::SyncMutation,
);

/// All that can be followed.
pub type Subscription = live::LiveSubscription;

/// The schema.
pub type Schema = async_graphql::Schema<Query, Mutation, Subscription>;

fn builder() -> SchemaBuilder<Query, Mutation, Subscription> {
    Schema::build(Query::default(), Mutation::default(), live::LiveSubscription)
        .register_output_type::<Syncable>()
        .register_output_type::<live::LiveItem>()
}

/// A schema that answers with these services. It validates nothing (`Fast`): the [`judge`] does, before.
pub fn build(services: Services, subjects: SubjectLoader, introspection: bool) -> Schema {
    let schema = builder().data(services).data(subjects).validation_mode(ValidationMode::Fast);
    finish(schema, introspection)
}

/// A schema that validates documents and their variables, and executes nothing. What is executed afterwards is the document
/// with its equal fields merged, of which validation could not tell whether they were in conflict.
pub fn judge(introspection: bool) -> Schema {
    finish(builder().extension(JudgeOnly), introspection)
}

fn finish(schema: SchemaBuilder<Query, Mutation, Subscription>, introspection: bool) -> Schema {
    // A message that offers names would tell the schema bit by bit.
    if introspection {
        schema.finish()
    } else {
        schema.disable_introspection().disable_suggestions().finish()
    }
}

struct JudgeOnly;

impl ExtensionFactory for JudgeOnly {
    fn create(&self) -> Arc<dyn Extension> {
        Arc::new(JudgeOnly)
    }
}

#[async_trait::async_trait]
impl Extension for JudgeOnly {
    async fn execute(&self, _: &ExtensionContext<'_>, _: Option<&str>, _: NextExecute<'_>) -> Response {
        Response::default()
    }
}

/// What documents are measured by.
pub fn types() -> Types {
    let mut registry = Registry::default();
    Query::create_type_info(&mut registry);
    Mutation::create_type_info(&mut registry);
    Subscription::create_type_info(&mut registry);
    Syncable::create_type_info(&mut registry);
    live::LiveItem::create_type_info(&mut registry);
    registry.query_type = Query::type_name().into_owned();
    registry.mutation_type = Some(Mutation::type_name().into_owned());
    registry.subscription_type = Some(Subscription::type_name().into_owned());
    Types::new(registry)
}

/// The schema as text: what `schema.graphql` holds.
pub fn sdl() -> String {
    let options = async_graphql::SDLExportOptions::new()
        .sorted_fields()
        .sorted_enum_items()
        .use_space_ident()
        .indent_width(2)
        .prefer_single_line_descriptions();
    let sdl = builder().finish().sdl_with_options(options.include_specified_by());
    let lines: Vec<&str> = sdl.lines().map(str::trim_end).collect();
    format!("{}\n", lines.join("\n").trim())
}
