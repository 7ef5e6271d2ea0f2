//! The Odoo client against recorded exchanges of a real server (`tests/odoo-wire`).

mod answers;
pub mod double;
mod live;
mod recordings;
mod requests;
