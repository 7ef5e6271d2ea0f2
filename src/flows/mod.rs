//! What joins domains with the services outside.

pub mod odoo;
