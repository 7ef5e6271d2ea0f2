//! Wiring: everything is built here, at the top, and taken apart here.

use std::future::Future;
use std::path::PathBuf;
use std::sync::Arc;

use metrics_exporter_prometheus::PrometheusHandle;
use migration::{Migrator, MigratorTrait};
use secrecy::ExposeSecret;
use tokio::net::TcpListener;

use crate::domains::identity::sessions::{Door, Seen};
use crate::graphql::context::Services;
use crate::graphql::engine::Engine;
use crate::http::{Web, router, serve};
use crate::kernel::time::Clock;
use crate::kernel::{Error, Result};
use crate::platform::auth::{Passwords, TokenKeys};
use crate::platform::config::Config;
use crate::platform::db::{Database, connect};

/// The running program's parts.
#[derive(Clone)]
pub struct App {
    /// The configuration.
    pub config: Arc<Config>,
    /// The database.
    pub database: Database,
    /// The clock.
    pub clock: Clock,
    /// Password hashing.
    pub passwords: Arc<Passwords>,
}

impl App {
    /// Connects what the configuration names.
    ///
    /// # Errors
    /// `Unavailable` when the database does not answer.
    pub async fn start(config: Config, clock: Clock) -> Result<App> {
        let database = connect(&config.database).await?;
        Ok(App { config: Arc::new(config), database, clock, passwords: Arc::default() })
    }

    /// Brings the tables up to date.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn migrate(&self) -> Result<()> {
        Ok(Migrator::up(&self.database.pool, None).await?)
    }

    /// Where the program keeps what it makes itself: beside a SQLite file, else in `data`.
    fn folder(&self) -> PathBuf {
        let url = self.config.database.url.expose_secret();
        crate::platform::db::sqlite_folder(url).unwrap_or_else(|| PathBuf::from("data"))
    }

    /// The server's routes, with all that stands behind them.
    ///
    /// # Errors
    /// Wrong key files or trusted documents.
    pub fn web(&self, metrics: Option<PrometheusHandle>) -> Result<Web> {
        let door = Door {
            db: self.database.pool.clone(),
            clock: self.clock.clone(),
            config: self.config.auth.clone(),
            keys: Arc::new(TokenKeys::load(&self.config.auth, &self.folder())?),
            passwords: self.passwords.clone(),
            seen: Seen::default(),
        };
        let services = Services { database: self.database.clone(), door };
        let redis = match &self.config.redis_url {
            Some(url) => Some(redis::Client::open(url.expose_secret()).map_err(Error::internal)?),
            None => None,
        };
        let engine = Arc::new(Engine::new(self.config.clone(), services)?);
        Ok(Web { config: self.config.clone(), engine, metrics, redis })
    }

    /// Serves until `stop` ends; then lets the requests under way finish.
    pub async fn serve(&self, listener: TcpListener, web: Web, stop: impl Future<Output = ()>) {
        let header_time = self.config.limits.request_timeout;
        serve(listener, router(web), header_time, stop).await;
    }
}
