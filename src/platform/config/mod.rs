//! Configuration by environment and, for secrets, by file. Every variable is declared once, with its default and its
//! description; all mistakes are reported together, and `.env.example` is checked against the declarations.

mod env;
mod metrics;
mod odoo;
mod sections;
mod traces;

pub use env::{Mistakes, Variable};
pub use metrics::MetricsConfig;
pub use odoo::{OdooConfig, OdooNewcomers, OdooSync, OdooTransport, OdooWays};
pub use sections::{
    AuthConfig, Config, DatabaseConfig, HttpConfig, JobsConfig, LimitsConfig, LogFormat, TelemetryConfig,
};
pub use traces::{Sampling, TracesConfig};
