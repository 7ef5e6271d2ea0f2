//! From commit to screen.

mod changes;
mod events;
mod order;
mod socket;
