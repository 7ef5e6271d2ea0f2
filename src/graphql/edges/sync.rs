//! What rows of the ledger tell besides their columns.

use async_graphql::{ID, Interface};

use crate::edges;
use crate::graphql::context::Ask;
use crate::graphql::fast::{Computed, Maybe, One};
use crate::graphql::nodes::clients::{Client, Contact, EventLogEntry};
use crate::graphql::nodes::sync::{SyncCount, SyncFailureGroup, SyncState};
use crate::graphql::scalars::{Json, Url};
use crate::kernel::ids::{TypedId, print};
use crate::kernel::time::Instant;
use crate::platform::db::tables::sync_external::SyncStatus;
use crate::platform::jobs::dead::masked;

edges! {
    SyncState {
        /// Id of the thing that it is about: of a client, a contact and so on.
        field subject_id: Computed<ID> = |state, _|
            Computed(ID(print(&state.local_type, state.id.uuid())));
        /// The client that it hangs on, or is; null when it hangs on none.
        field client: Maybe<Client> = |state, _| Maybe::of(state.client_id);
        /// The model in Odoo, such as `res.partner`; null before it was first tried.
        field external_model: Computed<Option<String>> = |state, _| Computed(state.external_model.clone());
        /// The id in Odoo; null before it is there.
        field external_id: Computed<Option<String>> = |state, _|
            Computed(state.external_id.map(|id| id.to_string()));
        /// Where Odoo shows it; null before it is there.
        field external_url: Computed<Option<Url>> = |state, ctx| Computed(url(
            state,
            ctx.services().ok().and_then(|services| services.odoo_url.as_deref()),
        ));
        /// When both sides last held the same; null before they ever did.
        field last_synced_at: Computed<Option<Instant>> = |state, _| Computed(state.synced_at);
        /// When it is tried next; null when it is not.
        field next_attempt_at: Computed<Option<Instant>> = |state, _| Computed(
            [SyncStatus::Pending, SyncStatus::Error].contains(&state.status).then_some(state.next_attempt_at)
        );
        /// What was to be sent when it failed, or what both sides last held; null before either. What is named like a secret is
        /// masked.
        field payload: Computed<Option<Json>> = |state, _|
            Computed(state.payload.as_ref().or(state.agreed.as_ref()).map(|payload| Json(masked(payload))));
    }
}

edges! { SyncFailureGroup {} }
edges! { SyncCount {} }

/// The page of Odoo's web client, in the form that all its versions understand. Notes have none of their own.
fn url(state: &SyncState, odoo: Option<&str>) -> Option<Url> {
    let (model, id) = (state.external_model.as_deref()?, state.external_id?);
    let shown = model != "mail.message";
    shown.then_some(odoo?).map(|odoo| Url(format!("{odoo}/web#id={id}&model={model}&view_type=form")))
}

/// What is kept alike in Odoo.
#[derive(Clone, Debug, Interface)]
#[graphql(
    field(name = "id", ty = "ID", desc = "Opaque id."),
    field(
        name = "sync",
        ty = "Option<One<SyncState>>",
        desc = "How it stands in Odoo; null when it is not synced."
    )
)]
pub enum Syncable {
    /// See `Client`.
    Client(Client),
    /// See `Contact`.
    Contact(Contact),
    /// See `EventLogEntry`.
    EventLogEntry(EventLogEntry),
}
