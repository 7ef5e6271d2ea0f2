//! A fresh database for each test.

use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};

use cabina::app::App;
use cabina::kernel::time::Clock;
use cabina::platform::config::Config;
use sea_orm::{DatabaseConnection, DatabaseTransaction, TransactionTrait};
use tempfile::TempDir;

static COUNT: AtomicUsize = AtomicUsize::new(0);

/// Whether this run is on PostgreSQL and Redis.
pub fn is_postgres() -> bool {
    match std::env::var("CABINA_TEST_DB").as_deref() {
        Ok("postgres") => true,
        Ok("sqlite") | Err(_) => false,
        Ok(other) => panic!("CABINA_TEST_DB must be sqlite or postgres, not {other}"),
    }
}

/// A database that goes away with its test.
pub struct TestDatabase {
    pub url: String,
    /// A name of its own.
    pub name: String,
    _folder: TempDir,
    postgres: Option<String>,
}

impl TestDatabase {
    /// A clone of the template.
    pub fn new() -> TestDatabase {
        let folder = TempDir::new().expect("a scratch folder");
        if is_postgres() {
            let template = postgres_template();
            let name = fresh_name("t");
            admin(&format!("CREATE DATABASE {name} TEMPLATE {template} STRATEGY FILE_COPY"));
            TestDatabase { url: address(&name), name: name.clone(), _folder: folder, postgres: Some(name) }
        } else {
            let name = fresh_name("t");
            let file = folder.path().join("cabina.db");
            std::fs::copy(sqlite_template(), &file).expect("the template is copied");
            TestDatabase {
                url: format!("sqlite://{}", file.display()),
                name,
                _folder: folder,
                postgres: None,
            }
        }
    }

    /// A database without any table.
    pub fn empty() -> TestDatabase {
        let folder = TempDir::new().expect("a scratch folder");
        if is_postgres() {
            let name = fresh_name("e");
            admin(&format!("CREATE DATABASE {name}"));
            TestDatabase { url: address(&name), name: name.clone(), _folder: folder, postgres: Some(name) }
        } else {
            let url = format!("sqlite://{}", folder.path().join("cabina.db").display());
            TestDatabase { url, name: fresh_name("e"), _folder: folder, postgres: None }
        }
    }
}

/// A database that does not answer at present.
pub struct Away {
    /// Its name on PostgreSQL.
    name: Option<String>,
    /// All connections, for there is no server of SQLite that could be away.
    held: Vec<DatabaseTransaction>,
}

impl Away {
    /// Takes the database away from a server whose pool this is.
    pub async fn of(database: &TestDatabase, pool: &DatabaseConnection, connections: usize) -> Away {
        let Some(name) = database.postgres.clone() else {
            let mut held = Vec::new();
            while held.len() < connections {
                held.push(pool.begin().await.expect("a connection"));
            }
            return Away { name: None, held };
        };
        admin(&format!("ALTER DATABASE {name} WITH ALLOW_CONNECTIONS false"));
        admin(&format!("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'"));
        Away { name: Some(name), held: Vec::new() }
    }

    /// It is there again.
    pub async fn back(self) {
        for held in self.held {
            held.rollback().await.expect("given back");
        }
        if let Some(name) = self.name {
            admin(&format!("ALTER DATABASE {name} WITH ALLOW_CONNECTIONS true"));
        }
    }
}

impl Drop for TestDatabase {
    fn drop(&mut self) {
        if let Some(name) = &self.postgres {
            admin(&format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)"));
        }
    }
}

fn fresh_name(kind: &str) -> String {
    format!("cabina_{kind}_{}_{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed))
}

fn server() -> String {
    std::env::var("TEST_POSTGRES_URL")
        .expect("TEST_POSTGRES_URL is set: run the tests with scripts/with-services")
}

fn address(database: &str) -> String {
    let server = server();
    let (base, _) = server.rsplit_once('/').expect("an address with a database");
    format!("{base}/{database}")
}

/// Runs a statement on the server's own database, wherever it is called from.
fn admin(sql: &str) {
    let sql = sql.to_owned();
    blocking(move || async move {
        use sea_orm::ConnectionTrait;
        let db = sea_orm::Database::connect(server()).await.expect("the PostgreSQL server answers");
        db.execute_unprepared(&sql).await.unwrap_or_else(|cause| panic!("{sql}: {cause}"));
        db.close().await.expect("closes");
    });
}

/// Runs async work to its end on a thread of its own: tests each have their own runtime.
fn blocking<F: Future<Output = T>, T: Send + 'static>(work: impl FnOnce() -> F + Send + 'static) -> T {
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        runtime.block_on(work())
    })
    .join()
    .expect("the work does not panic")
}

fn sqlite_template() -> &'static Path {
    static TEMPLATE: OnceLock<PathBuf> = OnceLock::new();
    TEMPLATE.get_or_init(|| {
        // Kept until the process ends: it lies in the system's scratch folder.
        let folder = TempDir::new().expect("a scratch folder").keep();
        let file = folder.join("template.db");
        furnish(format!("sqlite://{}", file.display()));
        file
    })
}

fn postgres_template() -> &'static str {
    static TEMPLATE: OnceLock<String> = OnceLock::new();
    TEMPLATE.get_or_init(|| {
        let name = fresh_name("template");
        admin(&format!("CREATE DATABASE {name}"));
        furnish(address(&name));
        name
    })
}

/// Migrates a database and puts the people of the tests into it.
fn furnish(url: String) {
    blocking(move || async move {
        let lookup = |name: &str| (name == "DATABASE_URL").then(|| url.clone());
        let config = Config::from_lookup(&lookup).0.expect("a sound configuration");
        let app = App::start(config, Clock::System).await.expect("the database opens");
        app.migrate().await.expect("migrates");
        super::app::people(&app).await;
        use sea_orm::ConnectionTrait;
        if !is_postgres() {
            app.database.pool.execute_unprepared("PRAGMA wal_checkpoint(TRUNCATE)").await.expect("one file");
        }
        app.database.pool.close().await.expect("closes");
    });
}
