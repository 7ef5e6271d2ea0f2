//! Rows of things that are written once, as notes on the record of their client: claimed client by client.

use std::collections::BTreeSet;

use sea_orm::sea_query::{Expr, ExprTrait, LockBehavior, LockType, SelectStatement};
use sea_orm::{
    ColumnTrait, Condition, EntityTrait, QueryFilter, QueryOrder, QuerySelect, QueryTrait, Select,
};
use uuid::Uuid;

use super::waiting;
use crate::kernel::Result;
use crate::kernel::ids::SyncId;
use crate::kernel::time::Instant;
use crate::platform::db::Database;
use crate::platform::db::tables::sync_external::{Column, Entity, Model, SyncStatus};

/// Clients whose notes are claimed at once.
const CLIENTS: u64 = 20;
/// Notes that are claimed at once.
const NOTES: u64 = 1000;

/// Notes go last: those of a client that is on its way wait for it.
const CLIENT_IS_THERE: &str = "NOT EXISTS (SELECT 1 FROM sync_external AS trunk WHERE trunk.id = sync_external.client_id \
                               AND trunk.external_id IS NULL AND trunk.status IN ('PENDING', 'IN_FLIGHT', 'ERROR'))";

fn due(kind: &str, now: Instant) -> Select<Entity> {
    waiting([kind]).filter(Column::NextAttemptAt.lte(now)).filter(Expr::cust(CLIENT_IS_THERE))
}

/// Finds whose note is due; one of them, when there are more.
pub fn note_due_for(kind: &str, now: Instant) -> SelectStatement {
    due(kind, now).select_only().column(Column::RequestId).column(Column::Traceparent).limit(1).into_query()
}

/// Claims the notes that are due of some clients, those of a client in the order in which they were written.
///
/// # Errors
/// Those of the database.
pub async fn claim_notes(database: &Database, kind: &str, run: Uuid, now: Instant) -> Result<Vec<Model>> {
    let txn = database.begin().await?;
    let first = due(kind, now).order_by_asc(Column::NextAttemptAt).order_by_asc(Column::Id).limit(CLIENTS);
    let first = first.all(&txn).await?;
    let clients: BTreeSet<_> = first.iter().filter_map(|row| row.client_id).collect();
    let these = Condition::any()
        .add(Column::ClientId.is_in(clients))
        .add(Column::Id.is_in(first.iter().map(|row| row.id)));
    let claimed = waiting([kind])
        .filter(Column::NextAttemptAt.lte(now))
        .filter(these)
        .order_by_asc(Column::Id)
        .limit(NOTES)
        .lock_with_behavior(LockType::Update, LockBehavior::SkipLocked)
        .all(&txn)
        .await?;
    if claimed.is_empty() {
        txn.rollback().await?;
        return Ok(claimed);
    }
    Entity::update_many()
        .col_expr(Column::Status, Expr::value(SyncStatus::InFlight))
        .col_expr(Column::Claim, Expr::value(run))
        .filter(Column::Id.is_in(claimed.iter().map(|row| row.id)))
        .exec(&txn)
        .await?;
    txn.commit().await?;
    Ok(claimed)
}

/// Claimed rows count as sent from now on; `false` when another run holds one of them by now.
///
/// # Errors
/// Those of the database.
pub async fn sending(
    database: &Database,
    ids: impl IntoIterator<Item = SyncId>,
    run: Uuid,
    now: Instant,
) -> Result<bool> {
    let ids: Vec<SyncId> = ids.into_iter().collect();
    let count = ids.len() as u64;
    let stamped = Entity::update_many()
        .col_expr(Column::SentAt, Expr::value(now))
        .filter(Column::Id.is_in(ids).and(Column::Claim.eq(run)))
        .exec(&database.own)
        .await?;
    Ok(stamped.rows_affected == count)
}
