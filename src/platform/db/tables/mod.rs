//! What every write leaves beside its data.

pub mod audit_entry;
pub mod idempotency_key;
pub mod job;
pub mod number_series;
pub mod outbox;
pub mod sync_external;
