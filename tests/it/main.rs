//! Every test speaks to a running server; see `support`.

mod access;
mod agenda;
mod amounts;
mod architecture;
mod clients;
mod contention;
mod fast;
mod faults;
mod http;
mod identity;
mod jobs;
mod live;
mod many;
mod numbers;
mod odoo;
mod process;
mod sandbox;
mod schema;
mod secrets;
mod support;
mod sync;
mod traces;
