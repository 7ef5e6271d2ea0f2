//! Rows read by position, and only the columns that are wanted: most of what a page costs is decoding.

use std::collections::HashMap;

use sea_orm::sea_query::{Alias, Expr, ExprTrait, SelectStatement, SimpleExpr};
use sea_orm::{ConnectionTrait, DbErr, EntityName, QueryResult, QueryTrait, TryGetable};
use uuid::Uuid;

use super::many::among;
use super::reader::Reader;
use super::visible::Visible;
use crate::kernel::{Result, Unread};

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
pub struct Wanted {
    /// A bit for each column, by its place in `Positional::COLUMNS`.
    columns: u64,
    /// Whether also the value that the page is sorted by, for cursors.
    pub place: bool,
}

impl Wanted {
    /// All of them.
    pub const ALL: Wanted = Wanted { columns: u64::MAX, place: true };
    /// The id alone.
    pub const KEY: Wanted = Wanted { columns: 1, place: false };

    /// This column too.
    pub const fn with(self, column: usize) -> Wanted {
        Wanted { columns: self.columns | 1 << column, ..self }
    }

    /// The value that the page is sorted by, too.
    pub const fn with_place(self) -> Wanted {
        Wanted { place: true, ..self }
    }

    /// Those of both.
    pub const fn and(self, other: Wanted) -> Wanted {
        Wanted { columns: self.columns | other.columns, place: self.place || other.place }
    }

    /// Whether this column is wanted.
    pub const fn has(self, column: usize) -> bool {
        self.columns & 1 << column != 0
    }

    /// The wanted ones of a list of columns.
    pub fn of(self, columns: &'static [&'static str]) -> impl Iterator<Item = &'static str> {
        columns.iter().enumerate().filter(move |(place, _)| self.has(*place)).map(|(_, name)| *name)
    }
}

/// The cells of a row, for each of its columns in order.
pub struct Cells<'a> {
    row: &'a QueryResult,
    at: usize,
    column: usize,
    wanted: Wanted,
}

impl<'a> Cells<'a> {
    /// Of a row whose first wanted column stands at `at`.
    pub fn new(row: &'a QueryResult, at: usize, wanted: Wanted) -> Self {
        Cells { row, at, column: 0, wanted }
    }

    /// The next column's value, or what stands for it where it was not wanted.
    ///
    /// # Errors
    /// When the value is of another type.
    pub fn cell<T: TryGetable + Unread>(&mut self) -> Result<T, DbErr> {
        let wanted = self.wanted.has(self.column);
        self.column += 1;
        if wanted { self.take() } else { Ok(T::unread()) }
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
        let mut cells = Cells::new(self.row, self.at, Wanted::ALL);
        let row = T::read(&mut cells)?;
        self.at = cells.at;
        Ok(row)
    }
}

/// A column of the row's table.
pub(super) fn column<T: Positional>(name: &'static str) -> SimpleExpr {
    Expr::col((Alias::new(T::Entity::default().table_name()), Alias::new(name)))
}

impl Reader {
    /// The rows with these ids that the viewer may see, in one statement.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn by_ids<T: Positional>(&self, ids: &[Uuid], wanted: Wanted) -> Result<HashMap<Uuid, T>> {
        let mut query: SelectStatement = T::Entity::visible_to(&self.viewer).into_query();
        query.clear_selects().and_where(among(
            self.db.get_database_backend(),
            column::<T>(T::COLUMNS[0]),
            ids,
        ));
        for name in wanted.of(T::COLUMNS) {
            query.expr(column::<T>(name));
        }
        let mut rows = HashMap::with_capacity(ids.len());
        for row in &self.db.query_all(&query).await? {
            let row = T::read(&mut Cells::new(row, 0, wanted))?;
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
        let mut query: SelectStatement = T::Entity::visible_to(&self.viewer).into_query();
        query.clear_selects().and_where(among(
            self.db.get_database_backend(),
            column::<T>(T::COLUMNS[0]),
            ids,
        ));
        query.exprs(T::COLUMNS.iter().map(|name| column::<T>(name)));
        more(&mut query);
        let mut rows = HashMap::with_capacity(ids.len());
        for row in &self.db.query_all(&query).await? {
            let mut cells = Cells::new(row, 0, Wanted::ALL);
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
            let same = column::<P>(P::COLUMNS[0]).eq(column::<T>(foreign_key));
            query.inner_join(Alias::new(P::Entity::default().table_name()), same);
            query.exprs(P::COLUMNS.iter().map(|name| column::<P>(name)));
        };
        self.beside(ids, parents, |cells| cells.row()).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_wanted_is_named() {
        const COLUMNS: &[&str] = &["id", "name", "email"];
        let names = |wanted: Wanted| wanted.of(COLUMNS).collect::<Vec<_>>();
        assert_eq!(names(Wanted::KEY), ["id"]);
        assert_eq!(names(Wanted::KEY.with(2)), ["id", "email"]);
        assert_eq!(names(Wanted::KEY.with(2).and(Wanted::KEY.with(1))), COLUMNS);
        assert_eq!(names(Wanted::ALL), COLUMNS);
        assert!(Wanted::KEY.and(Wanted::KEY.with_place()).place && !Wanted::KEY.place);
    }
}
