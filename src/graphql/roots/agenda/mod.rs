//! The agenda.

mod inputs;
mod mutations;
mod queries;

pub use mutations::AgendaMutation;
pub use queries::AgendaQuery;
