//! Doubles of the servers that cabina speaks to, with state and with failures on demand: for demonstrations and for tests.

pub mod odoo;
