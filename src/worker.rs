//! Background work that the program owes itself. The jobs of the domains come with the job runner; until then this is
//! the housekeeping: what is past its time is deleted.

use std::time::Duration;

use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};

use crate::app::App;
use crate::domains::identity::sessions;
use crate::domains::notifications::inbox;
use crate::kernel::Result;
use crate::platform::bus;
use crate::platform::db::tables::idempotency_key;

/// A repeated request is recognised for so long: an offline screen may replay its queue after a long weekend.
const KEYS_KEPT: chrono::Duration = chrono::Duration::days(7);
/// How often is swept.
const EVERY: Duration = Duration::from_secs(600);

/// Sweeps now and then until `stop` ends. Running it in several processes does no harm: deleting twice is deleting.
pub async fn run(app: App, stop: impl Future<Output = ()>) {
    tokio::pin!(stop);
    loop {
        match sweep(&app).await {
            Ok(gone) => tracing::debug!(gone, "swept"),
            Err(error) => tracing::error!(%error, "sweeping failed; it will be tried again"),
        }
        tokio::select! {
            () = &mut stop => return,
            () = tokio::time::sleep(EVERY) => {}
        }
    }
}

/// Deletes what is past its time; tells how many rows.
///
/// # Errors
/// Those of the database.
pub async fn sweep(app: &App) -> Result<u64> {
    let (db, now) = (&app.database.pool, app.clock.now());
    let kept = chrono::Duration::days(i64::try_from(app.config.bus.days_kept).unwrap_or(i64::MAX));
    let events = bus::sweep(&app.database, now - kept).await?;
    let keys = idempotency_key::Entity::delete_many()
        .filter(idempotency_key::Column::CreatedAt.lt(now - KEYS_KEPT))
        .exec(db)
        .await?;
    let told = inbox::sweep(&app.database, now).await?;
    Ok(events + keys.rows_affected + told + sessions::sweep(db, now).await?)
}
