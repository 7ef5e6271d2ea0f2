//! Sessions, users, teams, API keys, audit.

mod inputs;
mod mutations;
mod queries;

pub use mutations::IdentityMutation;
pub use queries::IdentityQuery;
