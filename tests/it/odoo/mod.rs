//! The Odoo client against recorded exchanges of a real server (`tests/odoo-wire`).

mod answers;
mod double;
mod live;
mod recordings;
mod requests;
