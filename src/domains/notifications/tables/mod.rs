//! The tables of notifications.

pub mod notification;
