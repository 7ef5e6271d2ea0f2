//! How things stand in another system.

use sea_orm::prelude::Json as Raw;

use crate::kernel::ids::{ClientId, SyncId};
use crate::kernel::time::Instant;
use crate::platform::db::tables::sync_external::{self, SyncDirection, SyncStatus};
use crate::platform::db::{Direction, SortColumn};
use crate::{node, value};

/// What failed last first.
pub const FAILED_LATEST: SortColumn =
    SortColumn { column: "failed_at", instant: true, direction: Direction::Desc };

node! {
    /// How a thing stands in Odoo.
    pub struct SyncState of sync_external::Entity {
        /// Opaque id.
        id: SyncId,
        /// Grows by one whenever it stands otherwise.
        version: i32,
        /// How it stands.
        status: SyncStatus,
        /// Which way it went last.
        direction: SyncDirection,
        /// Tries since it last went well.
        attempts: i32,
        /// Why it waits or fails; null when it does neither.
        last_error: Option<String>,
        /// What a person can do about it; null when there is nothing to do.
        hint: Option<String>,
        /// Why an admin discarded it; null unless it was.
        discarded: Option<String>,
        /// Since when it fails; null when it does not.
        failed_at: Option<Instant>,
        /// The same for all that fail in the same way: retry or discard them by it.
        fingerprint: Option<String>,
    } hidden {
        client_id: Option<ClientId>,
        local_type: String,
        external_model: Option<String>,
        external_id: Option<i64>,
        synced_at: Option<Instant>,
        next_attempt_at: Instant,
        payload: Option<Raw>,
        agreed: Option<Raw>,
    }
}

value! {
    /// Things that fail in the same way.
    pub struct SyncFailureGroup {
        /// What they have in common: retry or discard them by it.
        fingerprint: String,
        /// What kind of things: the prefix of their ids, such as `client`.
        kind: String,
        /// What went wrong, as one of them tells it.
        error: String,
        /// What a person can do about it; null when nothing is known.
        hint: Option<String>,
        /// How many there are.
        count: i32,
        /// When the first of them failed.
        first_at: Instant,
        /// When the last of them failed.
        last_at: Instant,
    }
}

value! {
    /// How many things stand in a status.
    pub struct SyncCount {
        /// What kind of things: the prefix of their ids, such as `client`.
        kind: String,
        /// The status.
        status: SyncStatus,
        /// How many.
        count: i32,
    }
}
