//! How far each model of the other system was pulled.

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
