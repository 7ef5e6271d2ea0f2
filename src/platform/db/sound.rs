//! Connections that come back to the pool, and must not be used again.

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use sqlx::Connection;

/// Whether a connection that comes back is in no transaction. When a disk is full, SQLite ends the transaction by itself: the
/// driver's rollback fails then, and it believes the transaction to be open for ever. Whatever was begun on such a connection
/// would be a savepoint, and what it commits would be lost. Such a connection is thrown away.
pub fn is_sound<C: Connection>(connection: &mut C) -> BoxFuture<'_, Result<bool, sqlx::Error>> {
    async move {
        if connection.is_in_transaction() {
            connection.ping().await?; // a rollback may be on its way
        }
        let sound = !connection.is_in_transaction();
        if !sound {
            metrics::counter!("cabina_connections_dropped_total").increment(1);
            tracing::warn!("a database connection came back in a transaction: it is thrown away");
        }
        Ok(sound)
    }
    .boxed()
}
