//! Opens the pool: SQLite in WAL mode with one writer at a time, or PostgreSQL.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use sea_orm::{
    ConnectOptions, ConnectionTrait, DatabaseConnection, DatabaseTransaction, DbBackend,
    SqliteTransactionMode, TransactionOptions, TransactionTrait,
};
use secrecy::ExposeSecret;
use tokio::sync::{Mutex, Notify};

use super::kinds::Kind;
use super::sound::is_sound;
use super::synced::Synced;
use super::time_limit::stop_after;
use crate::kernel::{Error, Result};
use crate::platform::config::DatabaseConfig;

/// Whether writes are taken is found out at most so often.
const LOOKED: Duration = Duration::from_secs(1);

/// A pool, and how many statements went through it.
#[derive(Clone)]
pub struct Database {
    /// The pool.
    pub pool: DatabaseConnection,
    /// The same pool for what the process does by itself: its statements are not counted.
    pub own: DatabaseConnection,
    /// PostgreSQL only: one connection beside the pool, for numbers that are drawn while a transaction is open. Taken from the
    /// pool it could wait for ever: for transactions that hold all of its connections and wait for another one, too.
    pub(super) numbers: Option<DatabaseConnection>,
    statements: Arc<AtomicU64>,
    /// Rings when something was committed that waits for the relay.
    written: Arc<Notify>,
    /// Rings when work was committed that waits for a worker.
    owed: Arc<Notify>,
    /// When it was written last to see whether writes are taken, and whether they were.
    looked: Arc<Mutex<Option<(Instant, bool)>>>,
    /// What is kept alike in another system.
    pub(super) synced: Synced,
    /// The kinds of things, as each domain lists them.
    kinds: &'static [&'static [Kind]],
}

impl Database {
    /// Statements sent since the start, `BEGIN` and `COMMIT` not counted.
    pub fn statements(&self) -> u64 {
        self.statements.load(Ordering::Relaxed)
    }

    /// Begins a transaction that writes.
    pub(crate) async fn begin(&self) -> Result<DatabaseTransaction> {
        let options = TransactionOptions {
            // A deferred transaction that reads first could not become a writer while another one writes.
            sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate),
            ..Default::default()
        };
        Ok(self.pool.begin_with_options(options).await?)
    }

    /// The same database, where changes of these kinds of things are marked in the ledger.
    pub fn syncing(self, synced: Synced) -> Database {
        Database { synced, ..self }
    }

    /// The same database, which knows these kinds of things.
    pub fn knowing(self, kinds: &'static [&'static [Kind]]) -> Database {
        Database { kinds, ..self }
    }

    /// The kind of things whose ids have this prefix.
    pub fn kind(&self, prefix: &str) -> Option<&'static Kind> {
        self.kinds.iter().copied().flatten().find(|kind| kind.prefix == prefix)
    }

    /// The kinds of things whose changes are sent to another system.
    pub fn synced(&self) -> &[String] {
        self.synced.kinds()
    }

    /// The same database for what the process does by itself: no statement is counted.
    pub fn for_itself(&self) -> Database {
        Database { pool: self.own.clone(), ..self.clone() }
    }

    /// Whether the database takes writes: found out by one, at most once a second, whoever asks. A disk that is full still
    /// reads, and answers.
    pub async fn takes_writes(&self) -> bool {
        let mut looked = self.looked.lock().await;
        if let Some((at, takes)) = *looked
            && at.elapsed() < LOOKED
        {
            return takes;
        }
        let beat = match self.backend() {
            // As many pages as a change writes with all that it owes.
            DbBackend::Sqlite => "UPDATE heartbeat SET beats = beats + 1, weight = randomblob(65536)",
            _ => "UPDATE heartbeat SET beats = beats + 1",
        };
        let beat = self.own.execute_unprepared(beat).await;
        if let Err(error) = &beat {
            tracing::warn!(%error, "the database takes no writes");
        }
        *looked = Some((Instant::now(), beat.is_ok()));
        beat.is_ok()
    }

    /// Wakes this process's relay.
    pub(super) fn tell_relay(&self) {
        self.written.notify_one();
    }

    /// Wakes this process's worker.
    pub(super) fn tell_worker(&self) {
        self.owed.notify_one();
    }

    /// Waits until this process commits work for a worker.
    pub async fn owed(&self) {
        self.owed.notified().await;
    }

    /// Waits until this process commits something for the relay.
    pub async fn written(&self) {
        self.written.notified().await;
    }

    /// Which kind of database this is.
    pub fn backend(&self) -> DbBackend {
        self.pool.get_database_backend()
    }
}

/// Opens the pool and checks that the database answers. A statement that runs for longer than `statement_time` is stopped
/// by the database; without one it runs to its end.
///
/// # Errors
/// `Unavailable` when it does not, with the address left out.
pub async fn connect(config: &DatabaseConfig, statement_time: Option<Duration>) -> Result<Database> {
    let url = config.url.expose_secret();
    let mut options = ConnectOptions::new(url.to_owned());
    options
        .max_connections(config.max_connections)
        .min_connections(1)
        .acquire_timeout(Duration::from_secs(5))
        .connect_timeout(Duration::from_secs(5))
        .test_before_acquire(false)
        .test_before_acquire_if_idle_for(Duration::from_secs(10))
        .sqlx_logging(false)
        // Our statements are short: compiling one takes longer than running it. And no process, frozen or cut off in a
        // transaction, holds up the others with its locks for long.
        .map_sqlx_postgres_opts(|postgres| {
            postgres.options([("jit", "off"), ("idle_in_transaction_session_timeout", "5s")])
        })
        .map_sqlx_postgres_pool_opts(|pool| pool.after_release(|connection, _| is_sound(connection)))
        .map_sqlx_sqlite_pool_opts(move |pool| match statement_time {
            // A pool has one hook of each kind: this one looks whether the connection is sound, too.
            Some(time) => stop_after(time, pool),
            None => pool.after_release(|connection, _| is_sound(connection)),
        })
        .map_sqlx_sqlite_opts(|sqlite| {
            sqlite
                .create_if_missing(true)
                .journal_mode(sqlx::sqlite::SqliteJournalMode::Wal)
                .synchronous(sqlx::sqlite::SqliteSynchronous::Normal)
                .busy_timeout(Duration::from_secs(10))
                .pragma("cache_size", "-16000")
        });
    if let Some(time) = statement_time {
        options.statement_timeout(time);
    }
    if let Some(folder) = sqlite_folder(url) {
        std::fs::create_dir_all(&folder).map_err(Error::internal)?;
    }
    let mut aside = options.clone();
    aside.min_connections(0).max_connections(1).connect_lazy(true); // opened by the first number
    let mut pool = open(options).await?;
    let mut numbers = match pool.get_database_backend() {
        DbBackend::Postgres => Some(open(aside).await?),
        _ => None,
    };
    let own = pool.clone();
    let statements = Arc::new(AtomicU64::new(0));
    let total = metrics::counter!("cabina_sql_statements_total");
    for counted in std::iter::once(&mut pool).chain(&mut numbers) {
        let (statements, total) = (statements.clone(), total.clone());
        counted.set_metric_callback(move |_| {
            statements.fetch_add(1, Ordering::Relaxed);
            total.increment(1);
        });
    }
    Ok(Database {
        pool,
        own,
        numbers,
        statements,
        written: Arc::default(),
        owed: Arc::default(),
        looked: Arc::default(),
        synced: Synced::default(),
        kinds: &[],
    })
}

async fn open(options: ConnectOptions) -> Result<DatabaseConnection> {
    let opened = sea_orm::Database::connect(options).await;
    opened.map_err(|cause| Error::Unavailable { provider: "the database", cause: cause.into() })
}

/// The folder that holds a SQLite file; `None` for other databases.
pub fn sqlite_folder(url: &str) -> Option<PathBuf> {
    let path = url.strip_prefix("sqlite://").or_else(|| url.strip_prefix("sqlite:"))?;
    let path = path.split('?').next()?;
    if path.starts_with(':') {
        return None; // in memory
    }
    Path::new(path)
        .parent()
        .map(|folder| if folder.as_os_str().is_empty() { PathBuf::from(".") } else { folder.into() })
}
