//! Keyset pages: of one list, or of the same list under many parents in one statement. Never OFFSET, so that a page
//! costs the same wherever it lies.

use std::collections::HashMap;
use std::marker::PhantomData;

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use sea_orm::sea_query::{
    Alias, Expr, ExprTrait, Func, JoinType, Order, Query, SelectStatement, SimpleExpr, Value, WindowStatement,
};
use sea_orm::{ConnectionTrait, DbBackend, QueryResult, QueryTrait, Select};
use serde::Serialize;
use uuid::Uuid;

use super::many::{among, array};
use super::positional::{Cells, ColumnSet, Positional, Table};
use super::reader::Reader;
use crate::kernel::time::{Instant, is_known};
use crate::kernel::{Error, Result};

/// Up or down.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Direction {
    /// Smallest first.
    Asc,
    /// Largest first.
    Desc,
}

/// What a sort column holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SortKey {
    /// An instant.
    Instant,
    /// A text that sorts by its bytes: a folded name, a key, a day, a rank between two others (`a0V`).
    Text,
    /// A whole number: a number of a series, minor units of money (of one currency), millionths of a decimal number.
    Integer,
}

/// A column that pages may be sorted by. It is never null and its index ends with the id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct SortColumn {
    /// The column.
    pub column: &'static str,
    /// What it holds.
    pub key: SortKey,
    /// Up or down; the id follows the same way.
    pub direction: Direction,
}

/// The value of the sort column, for the cursor.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(untagged)]
pub enum Keyset {
    /// An instant.
    Instant(Instant),
    /// A text.
    Text(String),
    /// A whole number.
    Integer(i64),
}

impl SortColumn {
    fn cursor(&self, value: &Keyset, id: Uuid) -> String {
        let text = serde_json::to_vec(&(self.name(), value, id)).unwrap_or_default();
        BASE64_URL_SAFE_NO_PAD.encode(text)
    }

    fn parse(&self, field: &str, cursor: &str) -> Result<(Value, Uuid)> {
        let wrong = || Error::invalid(field, "is no cursor of this list in this order");
        let bytes = BASE64_URL_SAFE_NO_PAD.decode(cursor).map_err(|_| wrong())?;
        let (name, value, id): (String, serde_json::Value, Uuid) =
            serde_json::from_slice(&bytes).map_err(|_| wrong())?;
        // By the column and not by how it looks: a name may look like an instant.
        let value: Value = match self.key {
            SortKey::Instant => {
                let at: Instant = serde_json::from_value(value).map_err(|_| wrong())?;
                if !is_known(at) {
                    return Err(wrong());
                }
                at.into()
            }
            SortKey::Text => {
                let text = value.as_str().filter(|text| !text.contains('\0')).ok_or_else(wrong)?;
                text.into()
            }
            SortKey::Integer => value.as_i64().ok_or_else(wrong)?.into(),
        };
        if name == self.name() { Ok((value, id)) } else { Err(wrong()) }
    }

    fn name(&self) -> String {
        format!("{}{}", if self.direction == Direction::Desc { "-" } else { "" }, self.column)
    }
}

/// Which page: Relay's four arguments.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct PageArgs {
    /// From the start, so many.
    pub first: Option<i32>,
    /// After this cursor.
    pub after: Option<String>,
    /// From the end, so many.
    pub last: Option<i32>,
    /// Before this cursor.
    pub before: Option<String>,
}

/// Rows of a page when none is asked for.
pub const DEFAULT_PAGE: i32 = 25;
/// Most rows of a page.
pub const MAX_PAGE: i32 = 100;

impl PageArgs {
    fn limit(&self, most: i32) -> Result<(u64, bool)> {
        let (field, asked, backwards) = match (self.first, self.last) {
            (Some(_), Some(_)) => return Err(Error::invalid("last", "first and last exclude each other")),
            (None, Some(last)) => ("last", last, true),
            (first, None) => {
                ("first", first.unwrap_or(DEFAULT_PAGE), self.before.is_some() && first.is_none())
            }
        };
        match u64::try_from(asked) {
            Ok(limit) if asked <= most => Ok((limit, backwards)),
            _ => Err(Error::invalid(field, format!("must be between 0 and {most}"))),
        }
    }
}

/// One row of a page.
#[derive(Clone, Debug)]
pub struct Row<T> {
    /// The row.
    pub node: T,
    /// The value that it is sorted by; `None` when its column was not read.
    pub sort_key: Option<Keyset>,
}

/// One page.
#[derive(Clone, Debug)]
pub struct Rows<T> {
    /// The rows, in the list's order.
    pub rows: Vec<Row<T>>,
    /// Whether there are more after the last.
    pub has_next: bool,
    /// Whether there are more before the first.
    pub has_previous: bool,
    /// How many there are in all, when it was asked for.
    pub total: Option<u64>,
    sort: SortColumn,
}

impl<T: Positional> Rows<T> {
    /// The cursor of a row: made when it is asked for, for most are not.
    /// `None` when the page was read without the value that it is sorted by.
    pub fn cursor(&self, row: &Row<T>) -> Option<String> {
        Some(self.sort.cursor(row.sort_key.as_ref()?, row.node.key()))
    }
}

/// A list and which page of it.
pub struct PageQuery<T: Positional> {
    page: Page,
    node: PhantomData<T>,
}

/// The same without the type of its rows: statements are built and run for it alone, see [`Table`].
struct Page {
    table: Table,
    select: SelectStatement,
    sort: SortColumn,
    args: PageArgs,
    with_total: bool,
    most: i32,
    columns: ColumnSet,
}

/// What was read for a page: perhaps one row more than it has, by which one sees that there are more.
struct Found {
    rows: Vec<QueryResult>,
    limit: usize,
    backwards: bool,
}

impl<T: Positional> PageQuery<T> {
    /// A page of what `select` finds (it begins with `visible_to` and holds the filter).
    pub fn new(select: Select<T::Entity>, sort: SortColumn, args: PageArgs) -> Self {
        let mut select = select.into_query();
        select.clear_selects();
        let page = Page {
            table: Table::of::<T>(),
            select,
            sort,
            args,
            with_total: false,
            most: MAX_PAGE,
            columns: ColumnSet::ALL,
        };
        PageQuery { page, node: PhantomData }
    }

    /// Also counts the whole list.
    pub fn with_total(mut self, wanted: bool) -> Self {
        self.page.with_total = wanted;
        self
    }

    /// A page may have more rows than others have: for screens that show all at once.
    pub fn at_most(mut self, most: i32) -> Self {
        self.page.most = most;
        self
    }

    /// Reads only these columns.
    pub fn reading(mut self, columns: ColumnSet) -> Self {
        self.page.columns = columns;
        self
    }

    /// Reads the page.
    ///
    /// # Errors
    /// `Invalid` for wrong arguments.
    pub async fn load(self, reader: &Reader) -> Result<Rows<T>> {
        let page = &self.page;
        let (found, total) = page.load(reader).await?;
        let rows = found.rows.iter().map(|row| page.row(row, 0)).collect::<Result<Vec<_>>>()?;
        Ok(page.page(rows, &found, total))
    }

    /// Reads the same page under many parents, all in one statement.
    ///
    /// # Errors
    /// `Invalid` for wrong arguments.
    pub async fn load_under(
        self,
        reader: &Reader,
        foreign_key: &'static str,
        parents: &[Uuid],
    ) -> Result<HashMap<Uuid, Rows<T>>> {
        let page = &self.page;
        let (found, totals) = page.load_under(reader, foreign_key, parents).await?;
        let mut groups: HashMap<Uuid, Vec<Row<T>>> = HashMap::with_capacity(parents.len());
        for row in &found.rows {
            groups.entry(row.try_get_by_index(0)?).or_default().push(page.row(row, 1)?);
        }
        let of = |parent: &Uuid| {
            let total = page.with_total.then(|| totals.get(parent).copied().unwrap_or(0));
            (*parent, page.page(groups.remove(parent).unwrap_or_default(), &found, total))
        };
        Ok(parents.iter().map(of).collect())
    }
}

impl Found {
    fn new(rows: Vec<QueryResult>, limit: u64, backwards: bool) -> Self {
        Found { rows, limit: usize::try_from(limit).unwrap_or(usize::MAX), backwards }
    }
}

impl Page {
    async fn load(&self, reader: &Reader) -> Result<(Found, Option<u64>)> {
        let (limit, backwards) = self.args.limit(self.most)?;
        let mut query = self.select.clone();
        self.choose(&mut query);
        self.bound(&mut query, backwards)?;
        query.limit(limit + 1);
        let rows = if limit == 0 { Vec::new() } else { reader.db.query_all(&query).await? };
        let total = if self.with_total { Some(self.count(reader).await?) } else { None };
        Ok((Found::new(rows, limit, backwards), total))
    }

    /// The rows begin with their parents.
    async fn load_under(
        &self,
        reader: &Reader,
        foreign_key: &'static str,
        parents: &[Uuid],
    ) -> Result<(Found, HashMap<Uuid, u64>)> {
        let (limit, backwards) = self.args.limit(self.most)?;
        let mut rows = Vec::new();
        if limit > 0 && !parents.is_empty() {
            let query = match reader.db.get_database_backend() {
                DbBackend::Postgres => self.lateral(foreign_key, parents, limit, backwards)?,
                _ => self.numbered(foreign_key, parents, limit, backwards)?,
            };
            rows = reader.db.query_all(&query).await?;
        }
        let totals =
            if self.with_total { self.counts(reader, foreign_key, parents).await? } else { HashMap::new() };
        Ok((Found::new(rows, limit, backwards), totals))
    }

    /// PostgreSQL: for each parent an index scan that stops at the limit.
    fn lateral(
        &self,
        foreign_key: &'static str,
        parents: &[Uuid],
        limit: u64,
        backwards: bool,
    ) -> Result<SelectStatement> {
        let mut child = self.select.clone();
        self.choose(&mut child);
        self.bound(&mut child, backwards)?;
        child.and_where(self.table.column(foreign_key).eq(Expr::col(("parent", "parent")))).limit(limit + 1);
        let mut query = Query::select();
        query.column(("parent", "parent"));
        self.choose_of_child(&mut query);
        query.from_function(Func::cust("unnest").arg(Expr::val(array(parents))), "parent").join_lateral(
            JoinType::InnerJoin,
            child,
            "child",
            Expr::val(true),
        );
        Ok(query)
    }

    /// SQLite has no LATERAL: rows are numbered within their parent.
    fn numbered(
        &self,
        foreign_key: &'static str,
        parents: &[Uuid],
        limit: u64,
        backwards: bool,
    ) -> Result<SelectStatement> {
        let mut child = self.select.clone();
        child.expr_as(self.table.column(foreign_key), "parent");
        self.choose(&mut child);
        self.after(&mut child)?;
        let mut window = WindowStatement::partition_by(Alias::new(foreign_key));
        for (expr, order) in self.order(backwards) {
            window.order_by_expr(expr, order);
        }
        child.expr_window_as(Func::cust("ROW_NUMBER"), window, "place");
        child.and_where(among(DbBackend::Sqlite, self.table.column(foreign_key), parents));
        let mut query = Query::select();
        query.column(("child", "parent"));
        self.choose_of_child(&mut query);
        query
            .from_subquery(child, "child")
            .and_where(Expr::col(("child", "place")).lte(limit + 1))
            .order_by(("child", "parent"), Order::Asc)
            .order_by(("child", "place"), Order::Asc);
        Ok(query)
    }

    fn choose(&self, query: &mut SelectStatement) {
        for name in self.columns.of(self.table.columns) {
            query.expr(self.table.column(name));
        }
        if self.columns.sort_key {
            query.expr_as(self.table.column(self.sort.column), "sort_key");
        }
    }

    fn choose_of_child(&self, query: &mut SelectStatement) {
        for name in self.columns.of(self.table.columns).chain(self.columns.sort_key.then_some("sort_key")) {
            query.column(("child", name));
        }
    }

    fn bound(&self, query: &mut SelectStatement, backwards: bool) -> Result<()> {
        self.after(query)?;
        for (expr, order) in self.order(backwards) {
            query.order_by_expr(expr, order);
        }
        Ok(())
    }

    fn order(&self, backwards: bool) -> [(SimpleExpr, Order); 2] {
        let up = (self.sort.direction == Direction::Asc) != backwards;
        let order = if up { Order::Asc } else { Order::Desc };
        [(self.table.column(self.sort.column), order.clone()), (self.table.id(), order)]
    }

    /// The bounds by cursor, as a comparison of (sort column, id).
    fn after(&self, query: &mut SelectStatement) -> Result<()> {
        let ascending = self.sort.direction == Direction::Asc;
        for (field, cursor, beyond) in
            [("after", &self.args.after, ascending), ("before", &self.args.before, !ascending)]
        {
            let Some(cursor) = cursor else { continue };
            let (value, id) = self.sort.parse(field, cursor)?;
            let here = Expr::tuple([self.table.column(self.sort.column), self.table.id()]);
            let there = Expr::tuple([Expr::val(value), Expr::val(id)]);
            query.and_where(if beyond { here.gt(there) } else { here.lt(there) });
        }
        Ok(())
    }

    fn row<T: Positional>(&self, row: &QueryResult, at: usize) -> Result<Row<T>> {
        let mut cells = Cells::new(row, at, self.columns);
        let node = T::read(&mut cells)?;
        let sort_key = if self.columns.sort_key {
            Some(match self.sort.key {
                SortKey::Instant => Keyset::Instant(cells.take()?),
                SortKey::Text => Keyset::Text(cells.take()?),
                SortKey::Integer => Keyset::Integer(cells.take()?),
            })
        } else {
            None
        };
        Ok(Row { node, sort_key })
    }

    fn page<T>(&self, mut rows: Vec<Row<T>>, found: &Found, total: Option<u64>) -> Rows<T> {
        let more = rows.len() > found.limit;
        rows.truncate(found.limit);
        if found.backwards {
            rows.reverse();
        }
        let (has_next, has_previous) = if found.backwards {
            (self.args.before.is_some(), more)
        } else {
            (more, self.args.after.is_some())
        };
        Rows { rows, has_next, has_previous, total, sort: self.sort }
    }

    async fn count(&self, reader: &Reader) -> Result<u64> {
        let mut query = self.select.clone();
        query.expr(Expr::col(sea_orm::sea_query::Asterisk).count());
        let row = reader.db.query_one(&query).await?.ok_or_else(|| Error::internal("a count is a row"))?;
        let count: i64 = row.try_get_by_index(0)?;
        Ok(u64::try_from(count).unwrap_or(0))
    }

    async fn counts(
        &self,
        reader: &Reader,
        foreign_key: &'static str,
        parents: &[Uuid],
    ) -> Result<HashMap<Uuid, u64>> {
        let mut query = self.select.clone();
        query
            .expr(self.table.column(foreign_key))
            .expr(Expr::col(sea_orm::sea_query::Asterisk).count())
            .and_where(among(reader.db.get_database_backend(), self.table.column(foreign_key), parents))
            .add_group_by([self.table.column(foreign_key)]);
        let mut counts = HashMap::new();
        for row in reader.db.query_all(&query).await? {
            let count: i64 = row.try_get_by_index(1)?;
            counts.insert(row.try_get_by_index(0)?, u64::try_from(count).unwrap_or(0));
        }
        Ok(counts)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NAME: SortColumn =
        SortColumn { column: "name_sort", key: SortKey::Text, direction: Direction::Asc };

    #[test]
    fn a_cursor_belongs_to_its_order() {
        let cursor = NAME.cursor(&Keyset::Text("gonzalez".into()), Uuid::nil());
        assert_eq!(NAME.parse("after", &cursor).expect("its own").1, Uuid::nil());
        let down = SortColumn { direction: Direction::Desc, ..NAME };
        let made = SortColumn { column: "created_at", key: SortKey::Instant, ..NAME };
        let counted = SortColumn { column: "total_minor", key: SortKey::Integer, ..NAME };
        for other in [down, made, counted] {
            assert_eq!(
                other.parse("after", &cursor).expect_err("another order").to_string(),
                "after: is no cursor of this list in this order"
            );
        }
    }

    #[test]
    fn whole_numbers_of_any_size_are_kept_exactly_in_a_cursor() {
        let total = SortColumn { column: "total_minor", key: SortKey::Integer, ..NAME };
        for number in [i64::MIN, -1, 0, (1 << 53) + 1, i64::MAX] {
            let cursor = total.cursor(&Keyset::Integer(number), Uuid::nil());
            assert_eq!(total.parse("after", &cursor).expect("its own"), (number.into(), Uuid::nil()));
        }
        for value in ["\"1\"", "1.5", "null", "9223372036854775808"] {
            let cursor = format!("[\"total_minor\",{value},\"{}\"]", Uuid::nil());
            let cursor = BASE64_URL_SAFE_NO_PAD.encode(cursor);
            assert!(total.parse("after", &cursor).is_err(), "{value}");
        }
    }

    #[test]
    fn limits_are_named() {
        let args = |first, last| PageArgs { first, last, ..PageArgs::default() };
        assert_eq!(args(None, None).limit(MAX_PAGE).expect("default"), (25, false));
        assert_eq!(args(None, Some(3)).limit(MAX_PAGE).expect("last"), (3, true));
        for (first, last, message) in [
            (Some(101), None, "first: must be between 0 and 100"),
            (Some(-1), None, "first: must be between 0 and 100"),
            (None, Some(101), "last: must be between 0 and 100"),
            (Some(1), Some(1), "last: first and last exclude each other"),
        ] {
            assert_eq!(args(first, last).limit(MAX_PAGE).expect_err("refused").to_string(), message);
        }
    }
}
