//! Rows read by position, and only the columns that are wanted: most of what a page costs is decoding.

use std::collections::HashMap;

use sea_orm::sea_query::{Alias, Expr, ExprTrait, SelectStatement, SimpleExpr};
use sea_orm::{ConnectionTrait, DbBackend, DbErr, EntityName, QueryResult, QueryTrait, TryGetable};
use uuid::Uuid;

use super::many::among;
use super::reader::Reader;
use super::visible::Visible;
use crate::kernel::{Placeholder, Result};

/// A row type that is read by position: it names its columns, in order, and takes them in that order.
pub trait Positional: Clone + Send + Sync + 'static {
    /// The table.
    type Entity: Visible + Default;
    /// The columns, in order; the first is the id. At most 64.
    const COLUMNS: &'static [&'static str];
    /// Takes a cell for each column.
    ///
    /// # Errors
    /// When a column's value is not of the field's type.
    fn read(cells: &mut Cells<'_>) -> Result<Self, DbErr>;
    /// The row's id.
    fn key(&self) -> Uuid;
}

/// Which columns of a row are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ColumnSet {
    /// A bit for each column, by its position in `Positional::COLUMNS`.
    columns: u64,
    /// Whether the value that the page is sorted by is read too, for cursors.
    pub sort_key: bool,
}

impl ColumnSet {
    /// All columns.
    pub const ALL: ColumnSet = ColumnSet { columns: u64::MAX, sort_key: true };
    /// The id alone.
    pub const KEY: ColumnSet = ColumnSet { columns: 1, sort_key: false };

    /// Adds a column.
    pub const fn with(self, column: usize) -> ColumnSet {
        ColumnSet { columns: self.columns | 1 << column, ..self }
    }

    /// Adds the value that the page is sorted by.
    pub const fn with_sort_key(self) -> ColumnSet {
        ColumnSet { sort_key: true, ..self }
    }

    /// The union of both.
    pub const fn and(self, other: ColumnSet) -> ColumnSet {
        ColumnSet { columns: self.columns | other.columns, sort_key: self.sort_key || other.sort_key }
    }

    /// Whether this column is in the set.
    pub const fn has(self, column: usize) -> bool {
        self.columns & 1 << column != 0
    }

    /// The names of the columns in the set.
    pub fn of(self, columns: &'static [&'static str]) -> impl Iterator<Item = &'static str> {
        columns.iter().enumerate().filter(move |(column, _)| self.has(*column)).map(|(_, name)| *name)
    }
}

/// The cells of a row, for each of its columns in order.
pub struct Cells<'a> {
    row: &'a QueryResult,
    at: usize,
    column: usize,
    columns: ColumnSet,
}

impl<'a> Cells<'a> {
    /// Of a row whose first wanted column stands at `at`.
    pub fn new(row: &'a QueryResult, at: usize, columns: ColumnSet) -> Self {
        Cells { row, at, column: 0, columns }
    }

    /// The next column's value, or a placeholder if its column was not read.
    ///
    /// # Errors
    /// When the value is of another type.
    pub fn cell<T: TryGetable + Placeholder>(&mut self) -> Result<T, DbErr> {
        let wanted = self.columns.has(self.column);
        self.column += 1;
        if wanted { self.take() } else { Ok(T::placeholder()) }
    }

    /// The value behind those that were taken.
    ///
    /// # Errors
    /// When the value is of another type.
    pub fn take<T: TryGetable>(&mut self) -> Result<T, DbErr> {
        self.at += 1;
        self.row.try_get_by_index(self.at - 1)
    }

    /// The whole row of another table behind those that were taken.
    ///
    /// # Errors
    /// When a column's value is not of the field's type.
    pub fn row<T: Positional>(&mut self) -> Result<T, DbErr> {
        let mut cells = Cells::new(self.row, self.at, ColumnSet::ALL);
        let row = T::read(&mut cells)?;
        self.at = cells.at;
        Ok(row)
    }
}

/// A table that is read by position: what a statement needs of a [`Positional`]. Statements are built and run for it alone, so
/// that there is one copy of that in the program and not one for each type of row.
#[derive(Clone, Copy)]
pub(super) struct Table {
    name: &'static str,
    /// As `Positional::COLUMNS`.
    pub columns: &'static [&'static str],
}

impl Table {
    /// The table of a type of row.
    pub fn of<T: Positional>() -> Self {
        Table { name: T::Entity::default().table_name(), columns: T::COLUMNS }
    }

    /// One of its columns.
    pub fn column(self, name: &'static str) -> SimpleExpr {
        Expr::col((Alias::new(self.name), Alias::new(name)))
    }

    /// Its id.
    pub fn id(self) -> SimpleExpr {
        self.column(self.columns[0])
    }

    /// What `query` finds with these ids: these columns.
    fn with_ids(
        self,
        mut query: SelectStatement,
        backend: DbBackend,
        ids: &[Uuid],
        columns: ColumnSet,
    ) -> SelectStatement {
        query.clear_selects().and_where(among(backend, self.id(), ids));
        query.exprs(columns.of(self.columns).map(|name| self.column(name)));
        query
    }
}

impl Reader {
    /// The rows with these ids that the viewer may see, in one statement.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn by_ids<T: Positional>(&self, ids: &[Uuid], columns: ColumnSet) -> Result<HashMap<Uuid, T>> {
        let query = self.with_ids::<T>(ids, columns);
        let mut rows = HashMap::with_capacity(ids.len());
        for row in &self.db.query_all(&query).await? {
            let row = T::read(&mut Cells::new(row, 0, columns))?;
            rows.insert(row.key(), row);
        }
        Ok(rows)
    }

    /// The rows with these ids that the viewer may see, and what else `more` selects beside each, in one statement.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn beside<T: Positional, M>(
        &self,
        ids: &[Uuid],
        more: impl FnOnce(&mut SelectStatement),
        read: impl Fn(&mut Cells<'_>) -> Result<M, DbErr>,
    ) -> Result<HashMap<Uuid, (T, M)>> {
        let mut query = self.with_ids::<T>(ids, ColumnSet::ALL);
        more(&mut query);
        let mut rows = HashMap::with_capacity(ids.len());
        for row in &self.db.query_all(&query).await? {
            let mut cells = Cells::new(row, 0, ColumnSet::ALL);
            let node = T::read(&mut cells)?;
            rows.insert(node.key(), (node, read(&mut cells)?));
        }
        Ok(rows)
    }

    /// The rows with these ids that the viewer may see, each with the row that it hangs on: whoever sees the one must see
    /// the other.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn with_parents<T: Positional, P: Positional>(
        &self,
        ids: &[Uuid],
        foreign_key: &'static str,
    ) -> Result<HashMap<Uuid, (T, P)>> {
        let parents = |query: &mut SelectStatement| {
            let parent = Table::of::<P>();
            query.inner_join(Alias::new(parent.name), parent.id().eq(Table::of::<T>().column(foreign_key)));
            query.exprs(parent.columns.iter().map(|name| parent.column(name)));
        };
        self.beside(ids, parents, |cells| cells.row()).await
    }

    /// Selects these columns of the rows with these ids that the viewer may see.
    fn with_ids<T: Positional>(&self, ids: &[Uuid], columns: ColumnSet) -> SelectStatement {
        let query = T::Entity::visible_to(&self.viewer).into_query();
        Table::of::<T>().with_ids(query, self.db.get_database_backend(), ids, columns)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_wanted_is_named() {
        const COLUMNS: &[&str] = &["id", "name", "email"];
        let names = |columns: ColumnSet| columns.of(COLUMNS).collect::<Vec<_>>();
        assert_eq!(names(ColumnSet::KEY), ["id"]);
        assert_eq!(names(ColumnSet::KEY.with(2)), ["id", "email"]);
        assert_eq!(names(ColumnSet::KEY.with(2).and(ColumnSet::KEY.with(1))), COLUMNS);
        assert_eq!(names(ColumnSet::ALL), COLUMNS);
        assert!(ColumnSet::KEY.and(ColumnSet::KEY.with_sort_key()).sort_key && !ColumnSet::KEY.sort_key);
    }
}
