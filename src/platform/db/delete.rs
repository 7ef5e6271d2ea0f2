//! Deletes many rows, some in each transaction.

use sea_orm::sea_query::extension::postgres::PgFunc;
use sea_orm::sea_query::{Condition, Expr, ExprTrait, Func, Query, QueryStatementBuilder, SimpleExpr};
use sea_orm::{ConnectionTrait, DbBackend, EntityTrait};

use super::connect::Database;
use crate::kernel::Result;

/// Rows that are deleted in one transaction.
const DELETED_AT_ONCE: u64 = 2000;

/// Deletes the rows of a table that fulfil a condition, in several transactions; returns how many there were.
///
/// # Errors
/// Those of the database; what was deleted before stays deleted.
pub async fn delete_all<E: EntityTrait>(database: &Database, so: Condition) -> Result<u64> {
    let postgres = database.backend() == DbBackend::Postgres;
    let place = || Expr::cust(if postgres { "ctid" } else { "rowid" });
    let mut gone = 0;
    loop {
        let mut some = Query::select();
        some.expr(place()).from(E::default()).cond_where(so.clone()).limit(DELETED_AT_ONCE);
        let mut delete = Query::delete();
        // PostgreSQL goes straight to places that are listed, and looks for others in the whole table.
        let listed = || SimpleExpr::SubQuery(None, Box::new(some.clone().into_sub_query_statement()));
        delete.from_table(E::default()).and_where(if postgres {
            place().eq(PgFunc::any(Func::cust("ARRAY").arg(listed())))
        } else {
            place().in_subquery(some)
        });
        let deleted = database.own.execute(&delete).await?.rows_affected();
        gone += deleted;
        if deleted < DELETED_AT_ONCE {
            return Ok(gone);
        }
    }
}
