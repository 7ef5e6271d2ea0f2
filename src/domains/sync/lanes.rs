//! How the exchange with the other system goes: a lane for each direction of each model, and what all of them say together.

use sea_orm::sea_query::{Alias, Expr, ExprTrait, OnConflict, Query};
use sea_orm::{ColumnTrait, ConnectionTrait, DatabaseConnection, DeriveIden, QueryFilter, QueryTrait};

use super::SyncDirection;
use super::ledger::WAITS;
use crate::kernel::Result;
use crate::kernel::time::Instant;
use crate::kernel::words::Word;
use crate::platform::db::all_rows;
use crate::platform::db::tables::sync_external::{Column as Row, Entity};

#[derive(DeriveIden)]
#[sea_orm(iden = "sync_lane")]
struct Table;

#[derive(Clone, Copy, DeriveIden)]
enum Column {
    Direction,
    Model,
    SucceededAt,
    FailingSince,
    FailedAt,
    Error,
}

/// How one direction of a model goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lane {
    /// Which way.
    pub direction: SyncDirection,
    /// The model there.
    pub model: String,
    /// When it went well last.
    pub succeeded_at: Option<Instant>,
    /// Since when it does not; `None`: it does.
    pub failing_since: Option<Instant>,
    /// When it failed last, and why.
    pub failed: Option<(Instant, String)>,
}

/// How all of it goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Health {
    /// The lanes that were ever used.
    pub lanes: Vec<Lane>,
    /// How many things wait to be sent.
    pub waiting: u64,
    /// Since when the one waits that waits longest; `None`: nothing is due.
    pub waiting_since: Option<Instant>,
}

impl Health {
    /// Since when one of them rests, for Odoo does not answer or does not let us in.
    pub fn resting_since(&self) -> Option<Instant> {
        self.lanes.iter().filter_map(|lane| lane.failing_since).min()
    }

    /// The last failure of any of them.
    pub fn last_failure(&self) -> Option<&(Instant, String)> {
        self.lanes.iter().filter_map(|lane| lane.failed.as_ref()).max_by_key(|(at, _)| *at)
    }

    /// When something went this way last.
    pub fn last(&self, direction: SyncDirection) -> Option<Instant> {
        let lanes = self.lanes.iter().filter(|lane| lane.direction == direction);
        lanes.filter_map(|lane| lane.succeeded_at).max()
    }
}

/// Something went well.
///
/// # Errors
/// Those of the database.
pub async fn well(
    db: &DatabaseConnection,
    direction: SyncDirection,
    model: &str,
    now: Instant,
) -> Result<()> {
    let mut query = Query::insert();
    query
        .into_table(Table)
        .columns([Column::Direction, Column::Model, Column::SucceededAt])
        .values_panic([direction.as_str().into(), model.into(), now.into()])
        .on_conflict(
            OnConflict::columns([Column::Direction, Column::Model])
                .update_column(Column::SucceededAt)
                .value(Column::FailingSince, Expr::value(Option::<Instant>::None))
                .to_owned(),
        );
    db.execute(&query).await?;
    Ok(())
}

/// Something went wrong that is not the fault of a record.
///
/// # Errors
/// Those of the database.
pub async fn failed(
    db: &DatabaseConnection,
    direction: SyncDirection,
    model: &str,
    now: Instant,
    error: &str,
) -> Result<()> {
    let since = Expr::col((Table, Column::FailingSince)).if_null(Expr::val(now));
    let mut query = Query::insert();
    query
        .into_table(Table)
        .columns([Column::Direction, Column::Model, Column::FailingSince, Column::FailedAt, Column::Error])
        .values_panic([direction.as_str().into(), model.into(), now.into(), now.into(), error.into()])
        .on_conflict(
            OnConflict::columns([Column::Direction, Column::Model])
                .update_columns([Column::FailedAt, Column::Error])
                .value(Column::FailingSince, since)
                .to_owned(),
        );
    db.execute(&query).await?;
    Ok(())
}

/// There is nothing to do: whatever was wrong keeps nobody waiting, and nothing went well either.
///
/// # Errors
/// Those of the database.
pub async fn idle(db: &DatabaseConnection, direction: SyncDirection, model: &str) -> Result<()> {
    let mut query = Query::update();
    query
        .table(Table)
        .value(Column::FailingSince, Option::<Instant>::None)
        .and_where(Expr::col(Column::Direction).eq(direction.as_str()))
        .and_where(Expr::col(Column::Model).eq(model))
        .and_where(Expr::col(Column::FailingSince).is_not_null());
    db.execute(&query).await?;
    Ok(())
}

/// Whether any of these models does not go this way.
///
/// # Errors
/// Those of the database.
pub async fn any_fails(db: &DatabaseConnection, direction: SyncDirection, models: &[&str]) -> Result<bool> {
    let mut query = Query::select();
    query
        .column(Column::Model)
        .from(Table)
        .and_where(Expr::col(Column::Direction).eq(direction.as_str()))
        .and_where(Expr::col(Column::Model).is_in(models.iter().copied()))
        .and_where(Expr::col(Column::FailingSince).is_not_null())
        .limit(1);
    Ok(db.query_one(&query).await?.is_some())
}

/// Forgets those of this direction that are none of these models, such as one that is switched off.
///
/// # Errors
/// Those of the database.
pub async fn forget_but(db: &DatabaseConnection, direction: SyncDirection, models: &[&str]) -> Result<()> {
    let mut query = Query::delete();
    query
        .from_table(Table)
        .and_where(Expr::col(Column::Direction).eq(direction.as_str()))
        .and_where(Expr::col(Column::Model).is_not_in(models.iter().copied()));
    db.execute(&query).await?;
    Ok(())
}

/// How all of it goes now; what waits, is of these kinds: whatever is not sent any more waits for nothing.
///
/// # Errors
/// Those of the database.
pub async fn health(db: &DatabaseConnection, kinds: &[String], now: Instant) -> Result<Health> {
    let mut query = Query::select();
    query
        .columns([
            Column::Direction,
            Column::Model,
            Column::SucceededAt,
            Column::FailingSince,
            Column::FailedAt,
            Column::Error,
        ])
        .from(Table)
        .order_by(Column::Model, sea_orm::Order::Asc)
        .order_by(Column::Direction, sea_orm::Order::Asc);
    let mut lanes = Vec::new();
    for row in db.query_all(&query).await? {
        let direction: String = row.try_get_by_index(0)?;
        let Ok(direction) = direction.parse() else { continue };
        let (at, why): (Option<Instant>, Option<String>) =
            (row.try_get_by_index(4)?, row.try_get_by_index(5)?);
        lanes.push(Lane {
            direction,
            model: row.try_get_by_index(1)?,
            succeeded_at: row.try_get_by_index(2)?,
            failing_since: row.try_get_by_index(3)?,
            failed: at.zip(why),
        });
    }
    let waits = all_rows::<Entity>().filter(Expr::cust(WAITS)).filter(Row::Discarded.is_null());
    let mut waits = waits.filter(Row::LocalType.is_in(kinds.iter().map(String::as_str))).into_query();
    waits
        .clear_selects()
        .expr_as(Expr::col(Row::Id).count(), Alias::new("waiting"))
        .expr_as(Expr::col(Row::NextAttemptAt).min(), Alias::new("since"));
    let row = db.query_one(&waits).await?;
    let (waiting, since): (i64, Option<Instant>) = match row {
        Some(row) => (row.try_get_by_index(0)?, row.try_get_by_index(1)?),
        None => (0, None),
    };
    let waiting_since = since.filter(|since| *since <= now);
    Ok(Health { lanes, waiting: u64::try_from(waiting).unwrap_or_default(), waiting_since })
}
