//! The schema, assembled from the roots.

use async_graphql::{MergedObject, SchemaBuilder, ValidationMode};

use super::context::Services;
use super::edges::sync::Syncable;
use super::live::Subjects;
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

/// A schema that answers with these services. Documents that were validated before are executed by one that validates
/// no more (`Fast`).
pub fn build(
    services: Services,
    subjects: Subjects,
    introspection: bool,
    validation: ValidationMode,
) -> Schema {
    let schema = builder().data(services).data(subjects).validation_mode(validation);
    if introspection {
        return schema.finish();
    }
    // A message that offers names would tell the schema bit by bit.
    schema.disable_introspection().disable_suggestions().finish()
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
