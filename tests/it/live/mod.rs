//! From commit to screen.

mod changes;
