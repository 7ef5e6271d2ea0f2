//! What joins domains, with each other and with the services outside.

mod erase;
pub mod odoo;
mod reassign;

pub use erase::erase_client;
pub use reassign::reassign;
