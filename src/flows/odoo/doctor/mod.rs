//! How the connection with Odoo stands, and what to do about what is wrong. Nothing is stored, there or here.
//!
//! The checks go from the address inwards; where one fails, those that need it say that they were not looked at. A finding
//! never holds a secret: keys are told by their place in the configuration.

mod connection;
mod examine;
mod fields;
mod finding;
mod here;
mod keys;
mod rights;
mod strangers;
mod trial;

pub use examine::examine;
pub use finding::{Finding, State};
