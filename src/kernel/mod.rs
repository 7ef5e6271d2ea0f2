//! Words that every storey shares: ids, money, time, text, paging, errors. No I/O happens here, and nothing here
//! knows of clients, GraphQL or HTTP.

pub mod address;
pub mod contact;
pub mod decimal;
pub mod error;
pub mod ids;
pub mod language;
pub mod money;
pub mod patch;
mod placeholder;
pub mod tax_id;
pub mod text;
pub mod time;
pub mod words;

pub use error::{Error, FieldConflict, Refusal, Result, Stop};
pub use patch::Patch;
pub use placeholder::Placeholder;
