//! Visibility as the way to begin a query: a table's rows are reached through `visible_to`, so that no read can forget
//! whose eyes it is for. `clippy.toml` forbids `find` elsewhere.

use sea_orm::{EntityTrait, Select};

use crate::platform::auth::Viewer;

/// A table whose rows are seen by some and not by others.
pub trait Visible: EntityTrait {
    /// The rows that the viewer may see, as the beginning of a query.
    fn visible_to(viewer: &Viewer) -> Select<Self>;
}

/// Every row: where a table's own `visible_to` begins, and the platform's own bookkeeping.
pub fn all_rows<E: EntityTrait>() -> Select<E> {
    #[expect(clippy::disallowed_methods, reason = "the one door through which visible_to begins")]
    E::find()
}

/// No row.
pub fn none<E: EntityTrait>(select: Select<E>) -> Select<E> {
    use sea_orm::QueryFilter;
    use sea_orm::sea_query::{Expr, ExprTrait};
    select.filter(ExprTrait::eq(Expr::val(1), 0))
}
