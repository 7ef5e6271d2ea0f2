//! A filter on a stretch of values: days, amounts, numbers.

use sea_orm::sea_query::{Condition, Expr, ExprTrait, Value};
use sea_orm::{ColumnTrait, IntoSimpleExpr};

/// From one value to another, both included; without a bound on a side that is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Between<T> {
    /// The least.
    pub from: Option<T>,
    /// The greatest.
    pub until: Option<T>,
}

impl<T: PartialOrd + Into<Value>> Between<T> {
    /// Whether it ends before it begins.
    pub fn is_inverted(&self) -> bool {
        matches!((&self.from, &self.until), (Some(from), Some(until)) if until < from)
    }

    /// That this column lies within.
    pub fn holds(self, column: impl ColumnTrait) -> Condition {
        let column = || column.into_simple_expr();
        Condition::all()
            .add_option(self.from.map(|from| column().gte(Expr::val(from))))
            .add_option(self.until.map(|until| column().lte(Expr::val(until))))
    }
}
