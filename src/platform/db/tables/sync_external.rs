//! The ledger: how each of our things stands in another system. A row has the id of its thing.

use sea_orm::entity::prelude::*;

use crate::kernel::ids::{ClientId, SyncId};
use crate::kernel::time::Instant;
use crate::words;

words! {
    /// How a thing stands in the other system.
    pub enum SyncStatus {
        /// It changed here and waits to be sent.
        Pending = "PENDING",
        /// It is being sent.
        InFlight = "IN_FLIGHT",
        /// Both sides hold the same.
        Synced = "SYNCED",
        /// Sending failed; it is tried again by itself.
        Error = "ERROR",
        /// Sending failed for good: an admin retries it or discards it.
        Dead = "DEAD",
    }
}

words! {
    /// Which way a thing went last.
    pub enum SyncDirection {
        /// From here to the other system.
        Push = "PUSH",
        /// From the other system to here.
        Pull = "PULL",
    }
}

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "sync_external")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: SyncId,
    pub version: i32,
    /// Prefix of the thing's id.
    pub local_type: String,
    /// The client that it hangs on: who sees the client sees how it stands.
    pub client_id: Option<ClientId>,
    pub status: SyncStatus,
    pub direction: SyncDirection,
    pub external_model: Option<String>,
    pub external_id: Option<i64>,
    /// Grows with each change that is to be sent.
    pub generation: i32,
    pub attempts: i32,
    pub next_attempt_at: Instant,
    /// Which run holds it.
    pub claim: Option<Uuid>,
    /// Set while nobody knows whether what was sent arrived.
    pub sent_at: Option<Instant>,
    /// The thing was deleted here.
    pub gone: bool,
    /// What both sides held when they last met, by field.
    pub agreed: Option<Json>,
    /// What stood there when it was last looked at, by field.
    pub seen: Option<Json>,
    /// SHA-256 of `agreed`.
    pub payload_hash: Option<String>,
    /// What was to be sent when it failed.
    pub payload: Option<Json>,
    pub last_error: Option<String>,
    pub hint: Option<String>,
    /// The same for failures of the same kind.
    pub fingerprint: Option<String>,
    /// Since when it fails; empty when it does not, and when it was discarded.
    pub failed_at: Option<Instant>,
    /// Why an admin discarded it.
    pub discarded: Option<String>,
    pub synced_at: Option<Instant>,
    pub created_at: Instant,
    pub updated_at: Instant,
    /// The request that changed it last.
    pub request_id: Option<String>,
    /// Its place in a trace.
    pub traceparent: Option<String>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}
impl ActiveModelBehavior for ActiveModel {}
