//! Nodes that are fast by construction.
//!
//! The ordinary executor makes a future per field; a page of 50 clients has 2,500 of them. Here a list turns its
//! selection into a **plan** once (`plan.rs`), loads each edge once for all parents (`edge.rs`), and writes the JSON text
//! of every row in one loop (`render.rs`). The text travels to the HTTP writer as `Value::Binary` (`json.rs`).
//!
//! Whatever is unusual (a key asked for twice, a directive, a field that is not in the plan, a failed load) makes the
//! plan give up, and the ordinary executor answers that selection: so there is one source of errors and their paths.
//! A field that is guarded or computed is simply not declared with these macros; its selection is answered ordinarily.
//!
//! To declare a node: its columns with [`node!`](crate::node) in `nodes/`, its look-ups with [`edges!`](crate::edges) in
//! `edges/`. Resolvers return [`One`] and [`List`] in place of `T` and `Vec<T>`.

mod edge;
mod json;
mod macros;
mod output;
mod parts;
mod plan;
mod render;

pub use edge::{
    All, Computed, Edge, First, Inline, Inlines, Loads, Maybe, Pages, Preloaded, The, Within, find, one,
};
pub use json::{RawJson, is_mergeable, to_json, to_json_within};
pub use macros::Columns;
pub use output::{List, One, SeenBy, answer};
pub use parts::{NotPlannable, Parts};
pub use plan::{Plan, Planned, What, camel, index};
pub use render::{Leaf, render};
