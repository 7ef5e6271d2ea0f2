//! Work under way, and how far it is, for admins.

use sea_orm::{ColumnTrait, DatabaseConnection, QueryFilter, QueryOrder, QuerySelect};
use uuid::Uuid;

use super::claim;
use super::handlers::Work;
use crate::kernel::Result;
use crate::kernel::ids::{JobId, TypedId};
use crate::kernel::time::Instant;
use crate::platform::auth::Right;
use crate::platform::db::tables::job::{Column, Entity, Model};
use crate::platform::db::{Announcement, Audience, ChangeKind, Channel, all_rows};

/// Admins hear here how far work is.
pub const JOB_CHANGED: Channel = Channel("job:changed");

/// Told at most so often, of one job.
const EVERY: chrono::Duration = chrono::Duration::seconds(1);

/// The jobs that are under way now, the oldest first; at most 100.
///
/// # Errors
/// Those of the database.
pub async fn under_way(db: &DatabaseConnection, now: Instant) -> Result<Vec<Model>> {
    let running = all_rows::<Entity>().filter(Column::LeasedUntil.gte(now)).filter(Column::DeadAt.is_null());
    Ok(running.order_by_asc(Column::CreatedAt).order_by_asc(Column::Id).limit(100).all(db).await?)
}

/// Those of these jobs that are under way.
///
/// # Errors
/// Those of the database.
pub async fn of(db: &DatabaseConnection, ids: &[Uuid]) -> Result<Vec<Model>> {
    let ids = ids.iter().copied().map(JobId::from_uuid);
    let jobs = all_rows::<Entity>().filter(Column::Id.is_in(ids)).filter(Column::Lease.is_not_null());
    Ok(jobs.all(db).await?)
}

impl Work {
    /// Tells admins how far it is: so many of so many. Told at most once a second, so it may be said often.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn progress(&mut self, done: u64, total: u64) -> Result<()> {
        let now = self.clock.now();
        if self.told.is_some_and(|told| now < told + EVERY) && done < total {
            return Ok(());
        }
        self.told = Some(now);
        let mut tx = self.begin().await?;
        if claim::progress(tx.conn(), self.job, self.lease, done, total).await? {
            tx.announce(Announcement {
                topic: JOB_CHANGED,
                audience: Audience { right: Some(Right::Administer), ..Audience::default() },
                subject_id: self.job.uuid(),
                kind: ChangeKind::Updated,
                version: self.attempt,
                fields: vec!["done".to_owned()],
            });
            tx.commit().await?;
        }
        Ok(())
    }
}
