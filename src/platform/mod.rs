//! What any business program would need: configuration, the database and its transaction, who is asking, limits,
//! telemetry. Knows nothing of clients or GraphQL.

pub mod auth;
pub mod bus;
pub mod config;
pub mod db;
pub mod jobs;
pub mod limits;
pub mod telemetry;
