//! The tables of identity.

pub mod api_key;
pub mod app_user;
pub mod login_failure;
pub mod refresh_token;
pub mod session;
pub mod team;
