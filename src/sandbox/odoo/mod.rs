//! The sandbox Odoo: a server that answers the wire of Odoo 16 to 19 in all three languages, keeps what it is told, and fails as told.
//!
//! It is made from the recorded exchanges in `tests/odoo-wire` (the numbered rules in comments are those of its README), and the
//! tests replay them against it. Models are data (`models/*.txt`, `seed.json`), the engine below is one for all. It reads requests and writes answers with code
//! of its own, so that a mistake of the client is not hidden by the same mistake here. All is in memory; a call is one
//! transaction under one lock.

mod accounts;
mod actions;
mod call;
mod cells;
mod commands;
mod computed;
mod control;
mod convert;
mod crm;
mod domain;
mod fate;
mod fields;
mod json;
mod json2;
mod jsonrpc;
mod load;
mod load_rows;
mod methods;
mod page;
mod partners;
mod payments;
mod problem;
mod python;
mod read;
mod routes;
mod sales;
mod schema;
mod search;
mod seed;
mod server;
mod store;
mod switches;
mod tax_ids;
mod tx;
mod unlink;
mod users;
mod write;
mod xml;
mod xmlrpc;

pub use server::SandboxOdoo;
pub use switches::{ErrorKind, Switches};
