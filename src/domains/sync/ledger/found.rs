//! What is learnt of claimed rows before their run ends is written down at once: whoever comes after a run that was cut short
//! goes on from there.

use std::collections::HashMap;

use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use uuid::Uuid;

use super::Values;
use crate::kernel::Result;
use crate::kernel::ids::SyncId;
use crate::kernel::time::Instant;
use crate::platform::db::tables::sync_external::{Column, Entity};
use crate::platform::db::{Database, all_rows};

/// The record of a claimed row.
pub struct Found {
    /// The row.
    pub id: SyncId,
    /// The id there.
    pub external_id: i64,
    /// What both sides hold so far; `None`: what the row says of it stays.
    pub agreed: Option<Values>,
}

/// Writes down the records of rows that this run holds. Tells which of them are the records of other things of ours by now,
/// and so are not written down.
///
/// # Errors
/// Those of the database.
pub async fn found(
    database: &Database,
    model: &str,
    run: Uuid,
    found: Vec<Found>,
) -> Result<HashMap<SyncId, i64>> {
    let ids: Vec<i64> = found.iter().map(|found| found.external_id).collect();
    let mut holders: HashMap<i64, SyncId> =
        super::there(database, model, &ids).await?.into_iter().map(|(id, row)| (id, row.id)).collect();
    let mut taken = HashMap::new();
    let txn = database.begin().await?;
    for Found { id, external_id, agreed } in found {
        if *holders.entry(external_id).or_insert(id) != id {
            taken.insert(id, external_id);
            continue;
        }
        let mut row = Entity::update_many()
            .col_expr(Column::ExternalModel, Expr::value(model))
            .col_expr(Column::ExternalId, Expr::value(external_id));
        if let Some(agreed) = agreed {
            row = row.col_expr(Column::Agreed, Expr::value(serde_json::to_value(agreed).unwrap_or_default()));
        }
        row.filter(Column::Id.eq(id)).filter(Column::Claim.eq(run)).exec(&txn).await?;
    }
    txn.commit().await?;
    Ok(taken)
}

/// Writes down that rows which this run holds have no record there: they are sent for the first time from now on.
///
/// # Errors
/// Those of the database.
pub async fn absent(database: &Database, run: Uuid, ids: &[SyncId], now: Instant) -> Result<()> {
    if ids.is_empty() {
        return Ok(());
    }
    Entity::update_many()
        .col_expr(Column::SentAt, Expr::value(now))
        .col_expr(Column::SyncedAt, Expr::value(Option::<Instant>::None))
        .filter(Column::Id.is_in(ids.iter().copied()))
        .filter(Column::Claim.eq(run))
        .exec(&database.own)
        .await?;
    Ok(())
}

/// The highest id that a record of a model is known to have had before this moment, for ids there only grow: what was made
/// since has a higher one. 0: none is known.
///
/// # Errors
/// Those of the database.
pub async fn newest_before(database: &Database, model: &str, moment: Instant) -> Result<i64> {
    let known = all_rows::<Entity>()
        .filter(Column::ExternalModel.eq(model))
        .filter(Column::ExternalId.is_not_null())
        .filter(Column::SyncedAt.lt(moment))
        .order_by_desc(Column::ExternalId)
        .limit(1);
    Ok(known.one(&database.own).await?.and_then(|row| row.external_id).unwrap_or_default())
}
