//! Where many rows go at once: one transaction, COPY on PostgreSQL and long inserts on SQLite. For very many rows the
//! indexes and foreign keys are taken away first and put back, which checks and sorts them in one go; the database
//! itself is asked which there are. Whatever fails, the transaction brings all of it back.

use sea_orm::{ConnectionTrait, DatabaseTransaction, DbBackend, SqliteTransactionMode, Statement};
use sea_orm::{TransactionOptions, TransactionTrait};
use sqlx::AssertSqlSafe;

use super::rows::{Copy, Rows};
use crate::kernel::{Error, Result};
use crate::platform::db::Database;

/// The tables that grow.
const TABLES: [&str; 5] = ["client", "client_term", "contact", "activity", "event_log_entry"];

/// A transaction that takes many rows.
pub enum Store {
    /// On SQLite.
    Sqlite(DatabaseTransaction),
    /// On PostgreSQL: past sea-orm, which knows no COPY.
    Postgres(sqlx::Transaction<'static, sqlx::Postgres>),
}

/// Rows as the store takes them.
pub enum Batch {
    /// For inserts.
    Rows(Box<Rows>),
    /// For COPY.
    Copies(Vec<Copy>),
}

impl Batch {
    /// Makes rows ready: on the thread that made them, for it costs as much as making them.
    ///
    /// # Errors
    /// Those of `Rows::copies`.
    pub fn of(rows: Rows, backend: DbBackend) -> Result<Batch> {
        Ok(if backend == DbBackend::Postgres {
            Batch::Copies(rows.copies()?)
        } else {
            Batch::Rows(Box::new(rows))
        })
    }
}

/// An index or a foreign key: how it is taken away and how it is put back.
pub type Aside = (String, String);

impl Store {
    /// Begins.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn begin(database: &Database) -> Result<Store> {
        if database.backend() == DbBackend::Postgres {
            let pool = database.pool.get_postgres_connection_pool();
            let mut store = Store::Postgres(pool.begin().await.map_err(Error::internal)?);
            // Making many rows takes its time.
            store.run("SET LOCAL idle_in_transaction_session_timeout = 0".to_owned()).await?;
            return Ok(store);
        }
        let mode = Some(SqliteTransactionMode::Immediate);
        let options = TransactionOptions { sqlite_transaction_mode: mode, ..Default::default() };
        Ok(Store::Sqlite(database.pool.begin_with_options(options).await?))
    }

    /// Runs statements.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn run(&mut self, sql: String) -> Result<()> {
        match self {
            Store::Sqlite(tx) => tx.execute_unprepared(&sql).await.map(drop)?,
            Store::Postgres(tx) => {
                sqlx::raw_sql(AssertSqlSafe(sql)).execute(&mut **tx).await.map_err(Error::internal)?;
            }
        }
        Ok(())
    }

    /// Writes a batch.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn put(&mut self, batch: Batch) -> Result<()> {
        match (self, batch) {
            (Store::Sqlite(tx), Batch::Rows(rows)) => rows.insert(tx).await,
            (Store::Postgres(tx), Batch::Copies(copies)) => {
                for Copy { statement, lines } in copies {
                    let mut stream = tx.copy_in_raw(&statement).await.map_err(Error::internal)?;
                    stream.send(lines.as_bytes()).await.map_err(Error::internal)?;
                    stream.finish().await.map_err(Error::internal)?;
                }
                Ok(())
            }
            _ => Err(Error::internal("the batch was made for another database")),
        }
    }

    /// Takes indexes and foreign keys away; primary and unique keys stay, for the rows come in their order.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn set_aside(&mut self) -> Result<Vec<Aside>> {
        let aside = self.dispensable().await?;
        for (away, _) in &aside {
            self.run(away.clone()).await?;
        }
        Ok(aside)
    }

    /// Puts back what was taken away.
    ///
    /// # Errors
    /// Those of the database; a row that refers to nothing.
    pub async fn put_back(&mut self, aside: Vec<Aside>) -> Result<()> {
        let memory = match self {
            Store::Sqlite(_) => "PRAGMA cache_size = -256000",
            Store::Postgres(_) => "SET LOCAL maintenance_work_mem = '256MB'",
        };
        self.run(memory.to_owned()).await?;
        // Indexes first: they come first in the list, and foreign keys may use them.
        for (_, back) in aside {
            self.run(back).await?;
        }
        if matches!(self, Store::Sqlite(_)) {
            self.run("PRAGMA cache_size = -16000".to_owned()).await?; // as platform/db opens it
        }
        Ok(())
    }

    /// Commits.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn commit(self) -> Result<()> {
        match self {
            Store::Sqlite(tx) => Ok(tx.commit().await?),
            Store::Postgres(tx) => tx.commit().await.map_err(Error::internal),
        }
    }

    async fn dispensable(&mut self) -> Result<Vec<Aside>> {
        let tables = TABLES.map(|table| format!("'{table}'")).join(", ");
        match self {
            Store::Sqlite(tx) => {
                // What has no text of its own belongs to a primary or unique key.
                let sql = format!(
                    "SELECT 'DROP INDEX ' || name, sql FROM sqlite_master \
                     WHERE type = 'index' AND sql IS NOT NULL AND tbl_name IN ({tables})"
                );
                let found = tx.query_all_raw(Statement::from_string(DbBackend::Sqlite, sql)).await?;
                found.iter().map(|row| Ok((row.try_get_by_index(0)?, row.try_get_by_index(1)?))).collect()
            }
            Store::Postgres(tx) => {
                let sql = format!(
                    "WITH mine AS (SELECT oid FROM pg_class WHERE relnamespace = current_schema()::regnamespace \
                                   AND relname IN ({tables})) \
                     SELECT format('DROP INDEX %s', i.indexrelid::regclass), pg_get_indexdef(i.indexrelid), 1 AS turn \
                     FROM pg_index i JOIN mine ON i.indrelid = mine.oid WHERE NOT i.indisunique \
                     UNION ALL \
                     SELECT format('ALTER TABLE %s DROP CONSTRAINT %I', conrelid::regclass, conname), \
                            format('ALTER TABLE %s ADD CONSTRAINT %I %s', conrelid::regclass, conname, pg_get_constraintdef(c.oid)), 2 \
                     FROM pg_constraint c JOIN mine ON c.conrelid = mine.oid WHERE contype = 'f' \
                     ORDER BY turn"
                );
                let found: Vec<(String, String, i32)> =
                    sqlx::query_as(AssertSqlSafe(sql)).fetch_all(&mut **tx).await.map_err(Error::internal)?;
                Ok(found.into_iter().map(|(away, back, _)| (away, back)).collect())
            }
        }
    }
}

/// Lets the planner look at what is there now.
///
/// # Errors
/// Those of the database.
pub async fn analyze(database: &Database) -> Result<()> {
    let sql = match database.backend() {
        // Vacuum too: otherwise the first readers would do its work, and a bench would measure that.
        DbBackend::Postgres => format!("VACUUM (ANALYZE) {}", TABLES.join(", ")),
        // The log holds all that was written: it would stay that long.
        _ => "PRAGMA analysis_limit = 1000; ANALYZE; PRAGMA wal_checkpoint(TRUNCATE)".to_owned(),
    };
    database.pool.execute_unprepared(&sql).await.map(drop)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::demo::tests::empty_database;

    #[tokio::test]
    async fn indexes_are_back_after_they_were_set_aside() {
        let (database, _folder) = empty_database().await;
        let indexes = async || {
            let mut store = Store::begin(&database).await.expect("begun");
            let aside = store.set_aside().await.expect("set aside");
            let left = store.set_aside().await.expect("nothing left");
            assert_eq!(left.len(), 0);
            store.put_back(aside.clone()).await.expect("put back");
            store.commit().await.expect("committed");
            aside
        };
        let before = indexes().await;
        assert!(before.iter().any(|(_, back)| back.contains("client_term_team")), "{before:?}");
        assert_eq!(indexes().await, before);
    }
}
