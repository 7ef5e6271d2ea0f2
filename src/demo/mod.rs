//! Fictional data: a small sales floor to play with (`load`), and a floor of any size for benches (`fill`).
//!
//! Both come from seeded dice, so that the same build makes the same people; only their dates follow the clock, and their ids
//! are each database's own. A database is known as the demo's by the five users who log in to it. Everything is written by bulk insert and not by
//! the verbs of the domains, which would audit and announce each row: so there is no outbox entry, and one line of
//! audit for the whole (the series of the agenda, which verbs lay out, have their own). What the rows hold is what the verbs would have written, but that every version is 1: with no
//! audit of earlier ones, nobody can have read them.

mod bulk;
mod calendar;
mod dice;
mod hours;
mod load;
mod names;
mod office;
mod people;
mod regions;
mod rows;
mod store;
mod story;
mod teller;
#[cfg(test)]
mod tests;
mod texts;

pub use bulk::fill;
pub use load::{Loaded, load};
