//! Clients, contacts, activities, event log, markets.

mod inputs;
mod mutations;
mod queries;

pub use mutations::ClientsMutation;
pub use queries::{ClientSummary, ClientsQuery};
