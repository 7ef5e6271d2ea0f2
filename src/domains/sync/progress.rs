//! Which other system the ledger tells of, whether it lets us in, and how far each of its models was pulled.

use sea_orm::DeriveIden;
use sea_orm::sea_query::{Expr, ExprTrait, OnConflict, Query};
use sea_orm::{ConnectionTrait, DatabaseConnection};

use crate::kernel::Result;
use crate::kernel::time::Instant;

#[derive(DeriveIden)]
#[sea_orm(iden = "sync_pull")]
struct Table;

#[derive(DeriveIden)]
enum Column {
    Model,
    Watermark,
}

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

/// Writes down that it does not let us in, or does again; tells whether that is new.
///
/// # Errors
/// Those of the database.
pub async fn trouble(db: &DatabaseConnection, what: Option<&str>) -> Result<bool> {
    let mut query = Query::update();
    query.table(Peer).value(Of::Trouble, what.map(str::to_owned));
    match what {
        Some(what) => query.and_where(Expr::col(Of::Trouble).is_null().or(Expr::col(Of::Trouble).ne(what))),
        None => query.and_where(Expr::col(Of::Trouble).is_not_null()),
    };
    Ok(db.execute(&query).await?.rows_affected() > 0)
}

/// All that changed there before was seen; `None`: nothing was yet.
///
/// # Errors
/// Those of the database.
pub async fn watermark(db: &DatabaseConnection, model: &str) -> Result<Option<Instant>> {
    let mut query = Query::select();
    query.column(Column::Watermark).from(Table).and_where(Expr::col(Column::Model).eq(model));
    match db.query_one(&query).await? {
        Some(row) => Ok(row.try_get_by_index(0)?),
        None => Ok(None),
    }
}

/// Nothing was seen yet.
///
/// # Errors
/// Those of the database.
pub async fn forget_all(db: &DatabaseConnection) -> Result<()> {
    db.execute(&Query::delete().from_table(Table).to_owned()).await?;
    db.execute(&Query::delete().from_table(Peer).to_owned()).await?;
    Ok(())
}

/// All that changed there before this moment, by the clock there, was seen.
///
/// # Errors
/// Those of the database.
pub async fn reach(db: &DatabaseConnection, model: &str, watermark: Instant) -> Result<()> {
    let mut query = Query::insert();
    query
        .into_table(Table)
        .columns([Column::Model, Column::Watermark])
        .values_panic([model.into(), watermark.into()])
        .on_conflict(OnConflict::column(Column::Model).update_column(Column::Watermark).to_owned());
    db.execute(&query).await?;
    Ok(())
}
