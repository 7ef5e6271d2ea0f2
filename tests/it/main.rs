//! Every test speaks to a running server; see `support`.

mod clients;
mod http;
mod identity;
mod support;
