//! Which other system the ledger tells of, whether it lets us in, and how far each of its models was pulled.

use sea_orm::DeriveIden;
use sea_orm::sea_query::{Expr, ExprTrait, OnConflict, Query};
use sea_orm::{ConnectionTrait, DatabaseConnection, Value};

use super::{Checkpoint, SyncDirection, lanes};
use crate::kernel::Result;
use crate::kernel::time::Instant;
use crate::platform::config::OdooNewcomers;

#[derive(DeriveIden)]
#[sea_orm(iden = "sync_pull")]
struct Table;

#[derive(Clone, Copy, DeriveIden)]
enum Column {
    Model,
    Watermark,
    Began,
    Latest,
    AfterId,
    Newcomers,
}

const STATE: [Column; 5] =
    [Column::Watermark, Column::Began, Column::Latest, Column::AfterId, Column::Newcomers];

#[derive(DeriveIden)]
#[sea_orm(iden = "sync_peer")]
struct Peer;

#[derive(DeriveIden)]
enum Of {
    Id,
    Name,
    Trouble,
}

/// The system that the ledger tells of; `None` before it told of any.
///
/// # Errors
/// Those of the database.
pub async fn peer(db: &DatabaseConnection) -> Result<Option<String>> {
    let row = db.query_one(Query::select().column(Of::Name).from(Peer)).await?;
    Ok(row.map(|row| row.try_get_by_index(0)).transpose()?)
}

/// From now on the ledger tells of this system.
///
/// # Errors
/// Those of the database.
pub async fn accept(db: &DatabaseConnection, name: &str) -> Result<()> {
    let mut query = Query::insert();
    query
        .into_table(Peer)
        .columns([Of::Id, Of::Name])
        .values_panic([1.into(), name.into()])
        .on_conflict(OnConflict::column(Of::Id).update_column(Of::Name).to_owned());
    db.execute(&query).await?;
    Ok(())
}

/// Writes down that it does not let us in, or does again; tells whether that is new. Another reason not to is not: several models
/// may each have one of their own, at the same time.
///
/// # Errors
/// Those of the database.
pub async fn trouble(db: &DatabaseConnection, what: Option<&str>) -> Result<bool> {
    let mut query = Query::update();
    query.table(Peer).value(Of::Trouble, what.map(str::to_owned));
    match what {
        Some(_) => query.and_where(Expr::col(Of::Trouble).is_null()),
        None => query.and_where(Expr::col(Of::Trouble).is_not_null()),
    };
    Ok(db.execute(&query).await?.rows_affected() > 0)
}

/// Since when changes there were not seen yet, `None`: none ever was, and where a pull is that goes on, or begins now.
///
/// Where more newcomers are taken over than before, it is as if nothing was ever seen: those who stayed there come too.
///
/// # Errors
/// Those of the database.
pub async fn checkpoint(
    db: &DatabaseConnection,
    model: &str,
    now: Instant,
    newcomers: Option<OdooNewcomers>,
) -> Result<(Option<Instant>, Checkpoint)> {
    let mut query = Query::select();
    query.columns(STATE).from(Table).and_where(Expr::col(Column::Model).eq(model));
    let Some(row) = db.query_one(&query).await? else { return Ok((None, Checkpoint::first(now, None))) };
    let before: Option<String> = row.try_get_by_index(4)?;
    if newcomers > before.and_then(|before| before.parse().ok()) {
        db.execute(Query::delete().from_table(Table).and_where(Expr::col(Column::Model).eq(model))).await?;
        return Ok((None, Checkpoint::first(now, None)));
    }
    let reached = row.try_get_by_index(0)?;
    let checkpoint = match (row.try_get_by_index(1)?, row.try_get_by_index(3)?) {
        (Some(began), Some(after)) => Checkpoint { began, latest: row.try_get_by_index(2)?, after },
        _ => Checkpoint::first(now, reached),
    };
    Ok((reached, checkpoint))
}

/// A pull is there, and goes on there.
///
/// # Errors
/// Those of the database.
pub async fn keep(
    db: &DatabaseConnection,
    model: &str,
    checkpoint: Checkpoint,
    newcomers: Option<OdooNewcomers>,
) -> Result<()> {
    let now = [
        (Column::Began, checkpoint.began.into()),
        (Column::Latest, checkpoint.latest.into()),
        (Column::AfterId, checkpoint.after.into()),
        (Column::Newcomers, newcomers.map(OdooNewcomers::as_str).into()),
    ];
    write(db, model, now).await
}

/// Nothing was seen yet.
///
/// # Errors
/// Those of the database.
pub async fn forget_all(db: &DatabaseConnection) -> Result<()> {
    db.execute(&Query::delete().from_table(Table).to_owned()).await?;
    db.execute(&Query::delete().from_table(Peer).to_owned()).await?;
    for direction in [SyncDirection::Push, SyncDirection::Pull] {
        lanes::forget_but(db, direction, &[]).await?;
    }
    Ok(())
}

/// A pull is through: all that changed there before this moment, by the clock there, was seen.
///
/// # Errors
/// Those of the database.
pub async fn reach(
    db: &DatabaseConnection,
    model: &str,
    watermark: Option<Instant>,
    newcomers: Option<OdooNewcomers>,
) -> Result<()> {
    let none = Option::<Instant>::None;
    let now = [
        (Column::Watermark, watermark.into()),
        (Column::Began, none.into()),
        (Column::Latest, none.into()),
        (Column::AfterId, Option::<i64>::None.into()),
        (Column::Newcomers, newcomers.map(OdooNewcomers::as_str).into()),
    ];
    write(db, model, now).await
}

async fn write<const N: usize>(
    db: &DatabaseConnection,
    model: &str,
    now: [(Column, Value); N],
) -> Result<()> {
    let mut query = Query::insert();
    query
        .into_table(Table)
        .columns(std::iter::once(Column::Model).chain(now.iter().map(|(column, _)| *column)))
        .values_panic(std::iter::once(model.into()).chain(now.iter().map(|(_, value)| value.clone().into())))
        .on_conflict(
            OnConflict::column(Column::Model).update_columns(now.map(|(column, _)| column)).to_owned(),
        );
    db.execute(&query).await?;
    Ok(())
}
