//! Locks on keys that no row holds yet, until the transaction ends.

use sea_orm::{ConnectionTrait, DatabaseTransaction, DbBackend, Statement};
use sha2::{Digest, Sha256};

use crate::kernel::Result;

/// Locks these keys until the transaction ends: writes of equal keys wait for each other. Always in one order, so that no two
/// transactions wait for each other. SQLite has one writer at a time and needs none of it.
///
/// # Errors
/// Those of the database.
pub async fn lock_keys(txn: &DatabaseTransaction, keys: impl IntoIterator<Item = String>) -> Result<()> {
    let mut numbers: Vec<i64> = keys.into_iter().map(|key| number(&key)).collect();
    numbers.sort_unstable();
    numbers.dedup();
    if numbers.is_empty() || txn.get_database_backend() != DbBackend::Postgres {
        return Ok(());
    }
    let locks: Vec<String> =
        (1..=numbers.len()).map(|place| format!("pg_advisory_xact_lock(${place})")).collect();
    let sql = format!("SELECT {}", locks.join(", "));
    let values = numbers.into_iter().map(Into::into);
    txn.execute_raw(Statement::from_sql_and_values(DbBackend::Postgres, sql, values)).await?;
    Ok(())
}

/// The number by which PostgreSQL locks a key. Two keys of one number wait for each other, and nothing else happens.
fn number(key: &str) -> i64 {
    let hash = Sha256::digest(key);
    hash.iter().take(8).fold(0, |number, byte| (number << 8) | i64::from(*byte))
}
