//! The sandbox Odoo: it answers as the recorded server did, and our client works against it.

mod client;
mod domains;
mod lab;
mod real;
mod replay;
