//! Wiring: everything is built here, at the top, and taken apart here.

use std::future::Future;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt;
use metrics_exporter_prometheus::PrometheusHandle;
use migration::{Migrator, MigratorTrait};
use secrecy::{ExposeSecret, SecretString};
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::domains::clients;
use crate::domains::identity::sessions::Authenticator;
use crate::domains::identity::viewer_cache::ViewerCache;
use crate::flows::odoo;
use crate::graphql::context::Services;
use crate::graphql::engine::Engine;
use crate::graphql::roots::live::{MOVED_BY, TOPICS};
use crate::http::{ConnectionLimiter, Web, metrics_router, router, serve, until};
use crate::kernel::time::Clock;
use crate::kernel::{Error, Result};
use crate::platform::auth::{Passwords, TokenKeys};
use crate::platform::bus::{Hub, Redis, Relay};
use crate::platform::config::Config;
use crate::platform::db::{Database, Kind, Synced, connect};
use crate::platform::tasks::Tasks;

/// The kinds of things that others name by their ids: a line for each domain that has some.
const KINDS: &[&[Kind]] = &[clients::KINDS];

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
    /// What runs in the background.
    pub tasks: Tasks,
    /// Becomes true when the server stops.
    stopping: watch::Sender<bool>,
}

impl App {
    /// Connects what the configuration names. No statement may take longer than a request, and a little: the request's own limit
    /// answers first, for all of it.
    ///
    /// # Errors
    /// `Unavailable` when the database does not answer.
    pub async fn start(config: Config, clock: Clock) -> Result<App> {
        let time = config.limits.request_timeout + Duration::from_millis(500);
        App::connected(config, clock, Some(time)).await
    }

    /// The same for work that nobody waits for: a statement may take as long as it needs.
    ///
    /// # Errors
    /// `Unavailable` when the database does not answer.
    pub async fn unhurried(config: Config, clock: Clock) -> Result<App> {
        App::connected(config, clock, None).await
    }

    async fn connected(config: Config, clock: Clock, statement_time: Option<Duration>) -> Result<App> {
        let pushed = config.odoo.as_ref().map(odoo::pushed).transpose()?.unwrap_or_default();
        let database =
            connect(&config.database, statement_time).await?.syncing(Synced::of(pushed)).knowing(KINDS);
        Ok(App {
            config: Arc::new(config),
            database,
            clock,
            passwords: Arc::default(),
            tasks: Tasks::default(),
            stopping: watch::Sender::new(false),
        })
    }

    /// Brings the tables up to date.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn migrate(&self) -> Result<()> {
        // Rewriting a large table takes its time.
        let unhurried = connect(&self.config.database, None).await?.own;
        Migrator::up(&unhurried, None).await?;
        Ok(unhurried.close().await?)
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
        let authenticator = Authenticator {
            database: self.database.clone(),
            clock: self.clock.clone(),
            config: self.config.auth.clone(),
            keys: Arc::new(TokenKeys::load(&self.config.auth, &self.folder())?),
            passwords: self.passwords.clone(),
            viewers: ViewerCache::default(),
        };
        let hub = Arc::new(Hub::new());
        let services = Services {
            database: self.database.clone(),
            authenticator,
            hub,
            odoo_url: self.config.odoo.as_ref().map(|odoo| odoo.url.as_str().into()),
        };
        let redis = self.redis()?;
        let engine = Arc::new(Engine::new(self.config.clone(), services)?);
        let stop = self.stopping.subscribe();
        let connections = ConnectionLimiter::new(self.config.limits.connections);
        let (config, tasks) = (self.config.clone(), self.tasks.clone());
        Ok(Web { config, engine, metrics, redis, tasks, connections, stop })
    }

    fn redis(&self) -> Result<Option<redis::Client>> {
        let open = |url: &SecretString| redis::Client::open(url.expose_secret()).map_err(Error::internal);
        self.config.bus.redis_url.as_ref().map(open).transpose()
    }

    /// Serves until `stop` ends; then lets the requests under way finish. Meanwhile committed changes find their way to
    /// everybody who listens.
    pub async fn serve(&self, listener: TcpListener, web: Web, stop: impl Future<Output = ()>) {
        let header_time = self.config.limits.request_timeout;
        let hub = web.engine.services().hub.clone();
        let (over, ended) = watch::channel(false);
        self.relay(web.redis.clone(), hub.clone(), ended.clone());
        let (authenticator, heard, stops) =
            (web.engine.services().authenticator.clone(), hub.clone(), ended.clone());
        self.tasks.spawn("identity", ended.clone(), move || {
            authenticator.clone().follow_revocations(heard.clone(), until(stops.clone())).map(Ok)
        });
        let (database, stops) = (self.database.clone(), ended.clone());
        self.tasks
            .spawn("hub", ended, move || hub.clone().fill(database.clone(), until(stops.clone())).map(Ok));
        let stop = async {
            stop.await;
            self.stopping.send_replace(true);
        };
        serve(listener, router(web), header_time, stop).await;
        over.send_replace(true);
    }

    /// Serves the metrics at their own address until `stop` ends.
    pub async fn serve_metrics(&self, listener: TcpListener, web: Web, stop: impl Future<Output = ()>) {
        serve(listener, metrics_router(web), self.config.limits.request_timeout, stop).await;
    }

    /// Gives committed changes their place until `stop` says so, in a process that serves nobody.
    ///
    /// # Errors
    /// A wrong address of Redis.
    pub fn relay_alone(&self, stop: watch::Receiver<bool>) -> Result<JoinHandle<()>> {
        Ok(self.relay(self.redis()?, Arc::default(), stop))
    }

    fn relay(
        &self,
        redis: Option<redis::Client>,
        hub: Arc<Hub>,
        stop: watch::Receiver<bool>,
    ) -> JoinHandle<()> {
        let topics: Vec<&str> = TOPICS.iter().map(|topic| topic.channel.0).collect();
        let prefix = &self.config.bus.channel_prefix;
        let redis = redis.map(|client| {
            let (redis, keep) = Redis::start(client, prefix, &topics, MOVED_BY, hub.clone());
            self.tasks.spawn("redis", stop.clone(), keep);
            redis
        });
        let relay = Relay { database: self.database.clone(), redis, hub, clock: self.clock.clone() };
        let stops = stop.clone();
        self.tasks.spawn("relay", stop, move || relay.clone().run(until(stops.clone())).map(Ok))
    }
}
