//! cabina: the back end of an advisor's cockpit. See the README for the picture of the storeys.

pub mod app;
pub mod commands;
pub mod demo;
pub mod domains;
pub mod flows;
pub mod graphql;
pub mod http;
pub mod integrations;
pub mod kernel;
pub mod platform;
pub mod sandbox;
pub mod worker;
