//! The schema: one face of the domains. Resolvers translate; decisions live in the domains.
//!
//! `schema` assembles `roots`; roots and `edges` know `nodes`; `context`, `payload`, `page`, `scalars`, `size` and `fast`
//! lie below all. Nodes know no other node.

pub mod board;
pub mod context;
pub mod documents;
pub mod edges;
pub mod engine;
pub mod error;
pub mod failures;
pub mod fast;
pub mod live;
pub mod nodes;
pub mod page;
pub mod payload;
pub mod roots;
pub mod scalars;
pub mod schema;
pub mod size;
pub mod streams;
