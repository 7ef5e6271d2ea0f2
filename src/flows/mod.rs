//! What joins domains, with each other and with the services outside.

pub mod odoo;
mod reassign;

pub use reassign::reassign;
