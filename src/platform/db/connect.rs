//! Opens the pool: SQLite in WAL mode with one writer at a time, or PostgreSQL.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use sea_orm::{ConnectOptions, DatabaseConnection, DbBackend};
use secrecy::ExposeSecret;

use crate::kernel::{Error, Result};
use crate::platform::config::DatabaseConfig;

/// A pool, and how many statements went through it.
#[derive(Clone)]
pub struct Database {
    /// The pool.
    pub pool: DatabaseConnection,
    statements: Arc<AtomicU64>,
}

impl Database {
    /// Statements sent since the start, `BEGIN` and `COMMIT` not counted.
    pub fn statements(&self) -> u64 {
        self.statements.load(Ordering::Relaxed)
    }

    /// Which kind of database this is.
    pub fn backend(&self) -> DbBackend {
        self.pool.get_database_backend()
    }
}

/// Opens the pool and checks that the database answers.
///
/// # Errors
/// `Unavailable` when it does not, with the address left out.
pub async fn connect(config: &DatabaseConfig) -> Result<Database> {
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
        // Our statements are short: compiling one takes longer than running it.
        .map_sqlx_postgres_opts(|postgres| postgres.options([("jit", "off")]))
        .map_sqlx_sqlite_opts(|sqlite| {
            sqlite
                .create_if_missing(true)
                .journal_mode(sqlx::sqlite::SqliteJournalMode::Wal)
                .synchronous(sqlx::sqlite::SqliteSynchronous::Normal)
                .busy_timeout(Duration::from_secs(10))
                .pragma("cache_size", "-16000")
        });
    if let Some(folder) = sqlite_folder(url) {
        std::fs::create_dir_all(&folder).map_err(Error::internal)?;
    }
    let mut pool = sea_orm::Database::connect(options)
        .await
        .map_err(|cause| Error::Unavailable { provider: "the database", cause: cause.into() })?;
    let statements = Arc::new(AtomicU64::new(0));
    let counted = statements.clone();
    let total = metrics::counter!("cabina_sql_statements_total");
    pool.set_metric_callback(move |_| {
        counted.fetch_add(1, Ordering::Relaxed);
        total.increment(1);
    });
    Ok(Database { pool, statements })
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
