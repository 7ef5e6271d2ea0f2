//! Services outside of the house, a folder for each. They know the wire of their service; what the business makes of it is
//! decided elsewhere.

pub mod odoo;
