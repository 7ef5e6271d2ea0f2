//! The Odoo client against recorded exchanges of a real server (`tests/odoo-wire`).

mod answers;
pub mod double;
mod live;
pub mod recordings;
mod requests;
