//! What a transaction locks, and in which order; and locks on keys that no row holds yet.
//!
//! **The order.** Two transactions that lock the same rows in different orders wait for each other until PostgreSQL ends one of
//! them (which is run again, see `contention`, but costs a second). So every write takes its locks in this order, and skips
//! what it does not need:
//!
//! 1. the idempotency key (`Tx::begin`);
//! 2. keys ([`lock_keys`]), all by one call;
//! 3. a team or user, where a row that hangs on it may not be there yet (working calendar, settings of the agenda);
//! 4. clients, several in the order of their ids (those that are only held `FOR KEY SHARE` in any order);
//! 5. what hangs on a client, the parent before its children (series before occurrences), rows of one table in the order of
//!    their ids;
//! 6. the row of a number series without gaps (`numbers`);
//! 7. what `commit` writes: audit, outbox, the ledger of what is synced, jobs in the order of their keys.
//!
//! A new row that names another one locks that one as `FOR KEY SHARE` (its foreign key): a note about a client locks the client.
//! That is why the client comes before what hangs on it, also where the client itself is not changed.
//!
//! **How strong.** `FOR KEY SHARE` for a row that must stay whose it is while something is written that hangs on it
//! (`clients::get`, `timeline::hold`); many hold it at once. `FOR NO KEY UPDATE` for a row whose own fields are written: it lets
//! those go on. `FOR UPDATE` where those must wait too: a client that is given away (what hangs on it goes along), and what is
//! deleted; rows on which nothing hangs may take either.
//!
//! **Where the order is broken on purpose.** Whoever takes rows with `SKIP LOCKED` waits for nobody and cannot close a circle:
//! workers that claim jobs, due reminders, and lines of the ledger. `agenda::settings::step` and `ledger::settle` lock rows of
//! many clients without the clients: in the order of their ids, and nothing that comes earlier in the list afterwards. SQLite has one
//! writer at a time, and needs no order.

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
