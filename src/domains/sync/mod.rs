//! How our things stand in another system: the ledger `sync_external`.
//!
//! A change marks its thing in its own transaction (`platform::db::Synced`), so nothing that was committed is forgotten.
//! A run claims what is due, sends it, and settles each row with how it ended; a later change of the same thing is never
//! lost in between, for a row remembers which change was sent. Whoever sees a client sees how it stands; failures are
//! for admins, who have them tried again or discard them.

mod checkpoint;
pub mod failures;
pub mod lanes;
pub mod ledger;
pub mod progress;

use sea_orm::{ColumnTrait, QueryFilter, Select};

use crate::domains::clients::visible_through;
use crate::platform::auth::{Right, Role, Viewer};
use crate::platform::db::tables::sync_external::{Column, Entity};
use crate::platform::db::{Channel, Visible, all_rows, none};

pub use checkpoint::Checkpoint;

pub use crate::platform::db::tables::sync_external::{Model, SyncDirection, SyncStatus};

/// Screens hear here that a thing stands otherwise in the other system.
pub const SYNC_CHANGED: Channel = Channel("sync:changed");

impl Visible for Entity {
    /// Whoever sees the client; what hangs on no client is for admins.
    fn visible_to(viewer: &Viewer) -> Select<Self> {
        if viewer.role == Role::Admin {
            let all = all_rows::<Self>();
            return if viewer.has(Right::ReadClients) { all } else { none(all) };
        }
        visible_through::<Self>(viewer, Column::ClientId).filter(Column::ClientId.is_not_null())
    }
}
