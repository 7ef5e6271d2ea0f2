//! What any business program would need: configuration, the database and its transaction, who is asking, limits,
//! telemetry, time zones, and how other services are called. Knows nothing of clients or GraphQL.

pub mod auth;
pub mod breaker;
pub mod bus;
pub mod config;
pub mod db;
pub mod http;
pub mod jobs;
pub mod limits;
pub mod tasks;
pub mod telemetry;
pub mod zones;
