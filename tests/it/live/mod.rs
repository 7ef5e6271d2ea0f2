//! From commit to screen.

mod changes;
mod events;
mod socket;
