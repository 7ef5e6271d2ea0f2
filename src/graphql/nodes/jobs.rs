//! Work that could not be done.

use sea_orm::prelude::Json as Raw;

use crate::kernel::ids::JobId;
use crate::kernel::time::Instant;
use crate::platform::db::tables::job;
use crate::platform::db::{Direction, SortColumn, SortKey};
use crate::{node, value};

/// What died last first.
pub const DEAD_LATEST: SortColumn =
    SortColumn { column: "dead_at", key: SortKey::Instant, direction: Direction::Desc };

node! {
    /// Work that could not be done, kept until an admin has it tried again or discards it.
    pub struct DeadLetter of job::Entity {
        /// Opaque id.
        id: JobId,
        /// What kind of work.
        kind: String,
        /// How often it was tried.
        attempts: i32,
        /// When it was enqueued.
        created_at: Instant,
    } hidden {
        payload: Raw,
        last_error: Option<String>,
        fingerprint: Option<String>,
        dead_at: Option<Instant>,
    }
}

value! {
    /// Work that is under way.
    pub struct JobUnderWay {
        /// Opaque id.
        id: JobId,
        /// What kind of work.
        kind: String,
        /// Which try this is, from 1.
        attempt: i32,
        /// When it was enqueued.
        created_at: Instant,
        /// How much is done; null for work that does not tell.
        done: Option<i32>,
        /// Of how much; null for work that does not tell.
        total: Option<i32>,
    }
}

value! {
    /// Dead letters that failed in the same way.
    pub struct DeadLetterGroup {
        /// What they have in common: retry or discard them by it.
        fingerprint: String,
        /// What kind of work.
        kind: String,
        /// What went wrong, as one of them tells it.
        error: String,
        /// How many there are.
        count: i32,
        /// When the first of them was given up.
        first_at: Instant,
        /// When the last of them was given up.
        last_at: Instant,
    }
}
