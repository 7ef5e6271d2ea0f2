//! How things stand in another system.

use async_graphql::SimpleObject;
use sea_orm::prelude::Json as Raw;

use crate::domains::sync::lanes::{Health, Lane};
use crate::kernel::ids::{ClientId, SyncId};
use crate::kernel::time::Instant;
use crate::platform::db::tables::sync_external::{self, SyncDirection, SyncStatus};
use crate::platform::db::{Direction, SortColumn, SortKey};
use crate::{node, value};

/// What failed last first.
pub const FAILED_LATEST: SortColumn =
    SortColumn { column: "failed_at", key: SortKey::Instant, direction: Direction::Desc };

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

/// How the exchange with Odoo goes.
#[derive(Clone, Debug, SimpleObject)]
pub struct SyncHealth {
    /// Since when something rests because Odoo does not answer, fails or does not let cabina in; null while all goes well.
    pub resting_since: Option<Instant>,
    /// What went wrong the last time, whether or not it goes well by now; null when nothing ever did. Failures of single
    /// things are `syncFailures`.
    pub last_error: Option<String>,
    /// When that was.
    pub last_error_at: Option<Instant>,
    /// When changes from here went to Odoo last; null when none ever did.
    pub last_push_at: Option<Instant>,
    /// When changes in Odoo were looked for last; null when they never were.
    pub last_pull_at: Option<Instant>,
    /// How many things wait to be sent, or to be sent again.
    pub queue_length: i32,
    /// Since when the one of them is due that is due longest; null when none is due.
    pub waiting_since: Option<Instant>,
    /// The same for each direction of each model of Odoo; none holds up another.
    pub lanes: Vec<SyncLane>,
}

/// How one direction of a model of Odoo goes.
#[derive(Clone, Debug, SimpleObject)]
pub struct SyncLane {
    /// The model in Odoo, such as `res.partner`.
    pub model: String,
    /// Which way.
    pub direction: SyncDirection,
    /// When it went well last; null when it never did.
    pub succeeded_at: Option<Instant>,
    /// Since when it rests; null while it goes well.
    pub resting_since: Option<Instant>,
    /// What went wrong the last time; null when nothing ever did.
    pub error: Option<String>,
}

impl From<Health> for SyncHealth {
    fn from(health: Health) -> Self {
        let failure = health.last_failure().cloned();
        SyncHealth {
            resting_since: health.resting_since(),
            last_error_at: failure.as_ref().map(|(at, _)| *at),
            last_error: failure.map(|(_, error)| error),
            last_push_at: health.last(SyncDirection::Push),
            last_pull_at: health.last(SyncDirection::Pull),
            queue_length: i32::try_from(health.waiting).unwrap_or(i32::MAX),
            waiting_since: health.waiting_since,
            lanes: health.lanes.into_iter().map(SyncLane::from).collect(),
        }
    }
}

impl From<Lane> for SyncLane {
    fn from(lane: Lane) -> Self {
        SyncLane {
            model: lane.model,
            direction: lane.direction,
            succeeded_at: lane.succeeded_at,
            resting_since: lane.failing_since,
            error: lane.failed.map(|(_, error)| error),
        }
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
