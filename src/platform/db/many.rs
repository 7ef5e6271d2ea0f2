//! Statements about many things: PostgreSQL takes 65,535 values of a statement, SQLite 32,766; and what is deleted by the
//! thousand is deleted some at a time, so that nobody waits long for it.

use sea_orm::sea_query::{
    Alias, ArrayType, DynIden, Expr, ExprTrait, Func, IntoIden, OnConflict, Query, SimpleExpr, Value,
    extension::postgres::PgFunc,
};
use sea_orm::{
    ActiveModelTrait, ConnectionTrait, DbBackend, EntityTrait, IntoSimpleExpr, Iterable, PrimaryKeyToColumn,
};
use uuid::Uuid;

use crate::kernel::Result;

/// Most values of one statement.
const VALUES: usize = 30_000;
/// Most rows of one statement.
const ROWS: usize = 1000;

/// Writes rows, few or many, or none. `joined` says what becomes of those that are there already.
///
/// # Errors
/// Those of the database.
pub async fn insert_all<A>(
    conn: &impl ConnectionTrait,
    rows: impl IntoIterator<Item = A> + Send,
    joined: Option<OnConflict>,
) -> Result<()>
where
    A: ActiveModelTrait + Send,
{
    let columns = <A::Entity as EntityTrait>::Column::iter().count().max(1);
    let rows: Vec<A> = rows.into_iter().collect();
    let mut rows = rows.into_iter().peekable();
    while rows.peek().is_some() {
        let some: Vec<A> = rows.by_ref().take(ROWS.min(VALUES / columns)).collect();
        #[expect(
            clippy::disallowed_methods,
            reason = "here it is cut into statements that are not too large"
        )]
        let mut insert = A::Entity::insert_many(some);
        if let Some(joined) = &joined {
            insert = insert.on_conflict(joined.clone());
        }
        insert.exec_without_returning(conn).await?;
    }
    Ok(())
}

/// Writes rows that are there already anew, in their order.
///
/// # Errors
/// Those of the database.
pub async fn update_all<A>(
    conn: &impl ConnectionTrait,
    rows: impl IntoIterator<Item = A> + Send,
) -> Result<()>
where
    A: ActiveModelTrait + Send,
{
    let keys = <A::Entity as EntityTrait>::PrimaryKey::iter().map(|key| key.into_column().into_iden());
    let keys: Vec<DynIden> = keys.collect();
    let others = <A::Entity as EntityTrait>::Column::iter().map(IntoIden::into_iden);
    let others: Vec<DynIden> = others.filter(|column| !keys.contains(column)).collect();
    // Each is there: what would be an insert is an update of many rows by one statement.
    insert_all(conn, rows, Some(OnConflict::columns(keys).update_columns(others).to_owned())).await
}

/// `column` is one of the ids, of which there may be any number. PostgreSQL takes them as one array, so that the statement is
/// the same for any number; but for a single one it keeps its plan only when that is compared alone.
pub fn among(backend: DbBackend, column: impl IntoSimpleExpr, ids: &[Uuid]) -> SimpleExpr {
    let column = column.into_simple_expr();
    match (ids, backend) {
        ([id], _) => column.eq(*id),
        (ids, DbBackend::Postgres) => column.eq(PgFunc::any(Expr::val(array(ids)))),
        (ids, _) if ids.len() <= ROWS => column.is_in(ids.iter().copied()),
        (ids, _) => {
            let texts: Vec<String> = ids.iter().map(|id| id.simple().to_string()).collect();
            let texts = Expr::val(serde_json::Value::from(texts).to_string());
            let mut each = Query::select();
            each.expr(Func::cust("unhex").arg(Expr::col(Alias::new("value"))))
                .from_function(Func::cust("json_each").arg(texts), Alias::new("each"));
            column.in_subquery(each)
        }
    }
}

/// Ids as one value of PostgreSQL.
pub(super) fn array(ids: &[Uuid]) -> Value {
    Value::Array(ArrayType::Uuid, Some(Box::new(ids.iter().map(|id| (*id).into()).collect())))
}
