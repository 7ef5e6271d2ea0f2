//! A database of its own, and what the test asks it past the servers.

use sea_orm::{ConnectionTrait, Database, DatabaseConnection, DbBackend, QueryResult, Statement};

/// A database that goes away with the test.
pub struct Scratch {
    /// Straight to it.
    pub db: DatabaseConnection,
    server: String,
    name: String,
}

impl Scratch {
    /// Makes one on the server that `TEST_POSTGRES_URL` names.
    pub async fn new() -> Scratch {
        let server = std::env::var("TEST_POSTGRES_URL").expect(
            "TEST_POSTGRES_URL is missing: this test needs a PostgreSQL server of its own; run `make chaos`",
        );
        let name = format!("cabina_chaos_{}", std::process::id());
        let admin = Database::connect(&server).await.expect("the PostgreSQL server answers");
        admin.execute_unprepared(&format!("CREATE DATABASE {name}")).await.expect("a database");
        admin.close().await.expect("closes");
        let db = Database::connect(address(&server, &name, "chaos")).await.expect("the new database answers");
        Scratch { db, server, name }
    }

    /// Its address, for a process that is known to PostgreSQL by this name.
    pub fn url(&self, process: &str) -> String {
        address(&self.server, &self.name, process)
    }

    /// The rows of a question.
    pub async fn rows(&self, sql: &str) -> Vec<QueryResult> {
        let question = Statement::from_string(DbBackend::Postgres, sql);
        self.db.query_all_raw(question).await.unwrap_or_else(|cause| panic!("{sql}: {cause}"))
    }

    /// The number that a question answers with.
    pub async fn number(&self, sql: &str) -> i64 {
        let rows = self.rows(sql).await;
        rows.first().expect("a row").try_get_by_index(0).expect("a number")
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let (server, sql) =
            (self.server.clone(), format!("DROP DATABASE IF EXISTS {} WITH (FORCE)", self.name));
        let drop = async move {
            let admin = Database::connect(server).await.ok()?;
            admin.execute_unprepared(&sql).await.ok()
        };
        // On a thread of its own: nobody can wait inside of a runtime.
        let dropped = std::thread::spawn(move || {
            tokio::runtime::Builder::new_current_thread().enable_all().build().ok()?.block_on(drop)
        });
        if dropped.join().ok().flatten().is_none() {
            eprintln!("the database {} could not be dropped", self.name);
        }
    }
}

fn address(server: &str, database: &str, process: &str) -> String {
    let (base, _) = server.rsplit_once('/').expect("an address with a database");
    format!("{base}/{database}?application_name={process}")
}
