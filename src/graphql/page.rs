//! Relay connections, for every list of the schema.

use std::borrow::Cow;
use std::sync::Arc;

use async_graphql::context::QueryEnv;
use async_graphql::parser::types::SelectionSet;
use async_graphql::{Context, Object, OutputType, TypeName};
use futures_util::future::BoxFuture;

use super::fast::{Leaf, List, NotPlannable, Parts, Plan, Planned, What, answer, render};
use crate::kernel::{Error, Result};
use crate::platform::db::{ColumnSet, MAX_PAGE, PageArgs, PageQuery, Positional, Reader, Rows, SortColumn};
use crate::value;

value! {
    /// Where a page lies in its list.
    pub struct PageInfo {
        /// Whether there is more after this page.
        has_next_page: bool,
        /// Whether there is more before this page.
        has_previous_page: bool,
        /// Cursor of the first row; null on an empty page.
        start_cursor: Option<String>,
        /// Cursor of the last row; null on an empty page.
        end_cursor: Option<String>,
    }
}
crate::edges! { PageInfo {} }

/// A page of a list.
pub struct Connection<T>(Arc<Rows<T>>);

impl<T> Clone for Connection<T> {
    fn clone(&self) -> Self {
        Connection(self.0.clone())
    }
}

/// A row of a page.
#[derive(Clone)]
pub struct ConnectionEdge<T> {
    node: T,
    cursor: String,
}

impl<T> From<Rows<T>> for Connection<T> {
    fn from(page: Rows<T>) -> Self {
        Connection(Arc::new(page))
    }
}

impl<T> From<Arc<Rows<T>>> for Connection<T> {
    fn from(page: Arc<Rows<T>>) -> Self {
        Connection(page)
    }
}

impl<T: Positional> Connection<T> {
    /// The page, shared.
    pub fn shared(self) -> Arc<Rows<T>> {
        self.0
    }

    /// The rows, copied.
    pub fn rows(&self) -> List<T> {
        List::new(self.0.rows.iter().map(|row| row.node.clone()).collect())
    }

    /// The rows, borrowed.
    pub fn nodes_of(&self) -> impl ExactSizeIterator<Item = &T> {
        self.0.rows.iter().map(|row| &row.node)
    }

    fn edges_of(&self) -> Vec<ConnectionEdge<T>> {
        // A page is read with what its cursors are made of wherever one is asked for: see `wanted`.
        let edge =
            |row| ConnectionEdge { cursor: self.0.cursor(row).unwrap_or_default(), node: row.node.clone() };
        self.0.rows.iter().map(edge).collect()
    }

    fn info(&self) -> PageInfo {
        PageInfo {
            has_next_page: self.0.has_next,
            has_previous_page: self.0.has_previous,
            start_cursor: self.0.rows.first().and_then(|row| self.0.cursor(row)),
            end_cursor: self.0.rows.last().and_then(|row| self.0.cursor(row)),
        }
    }

    fn total(&self) -> i32 {
        i32::try_from(self.0.total.unwrap_or_default()).unwrap_or(i32::MAX)
    }
}

/// Reads a page of a root list; counts the whole list when `totalCount` was asked for.
pub async fn list<T: Planned + Positional>(
    ctx: &Context<'_>,
    reader: &Reader,
    select: sea_orm::Select<T::Entity>,
    sort: SortColumn,
    args: PageArgs,
) -> Result<super::fast::One<Connection<T>>> {
    list_of_at_most(ctx, reader, select, sort, (args, MAX_PAGE)).await
}

/// Reads a page of a root list whose pages may be longer than others.
pub async fn list_of_at_most<T: Planned + Positional>(
    ctx: &Context<'_>,
    reader: &Reader,
    select: sea_orm::Select<T::Entity>,
    sort: SortColumn,
    (args, most): (PageArgs, i32),
) -> Result<super::fast::One<Connection<T>>> {
    let with_total = ctx.look_ahead().field("totalCount").exists();
    let read = |columns| {
        let query = PageQuery::<T>::new(select.clone(), sort, args.clone()).at_most(most);
        async move {
            let page = query.with_total(with_total).reading(columns).load(reader).await?;
            Ok(Some(Connection::from(page)))
        }
    };
    answer(ctx, read).await?.ok_or_else(|| Error::internal("there is a page, if an empty one"))
}

/// Reads all rows of a root list that is short: at most a page.
pub async fn all<T: Planned + Positional>(
    reader: &Reader,
    select: sea_orm::Select<T::Entity>,
    sort: SortColumn,
) -> Result<List<T>> {
    let args = PageArgs { first: Some(MAX_PAGE), ..PageArgs::default() };
    Ok(Connection::from(PageQuery::<T>::new(select, sort, args).load(reader).await?).rows())
}

impl<T: Planned + Positional> TypeName for Connection<T> {
    fn type_name() -> Cow<'static, str> {
        format!("{}Connection", <T as OutputType>::type_name()).into()
    }
}

impl<T: Planned> TypeName for ConnectionEdge<T> {
    fn type_name() -> Cow<'static, str> {
        format!("{}Edge", <T as OutputType>::type_name()).into()
    }
}

/// A page of a list, by the Relay specification.
#[Object(name_type)]
impl<T: Planned + Positional> Connection<T> {
    /// The rows with their cursors.
    async fn edges(&self) -> List<ConnectionEdge<T>> {
        List::new(self.edges_of())
    }
    /// The rows alone.
    async fn nodes(&self) -> List<T> {
        self.rows()
    }
    /// Where the page lies.
    async fn page_info(&self) -> PageInfo {
        self.info()
    }
    /// How many rows the whole list has; counted only when asked for.
    async fn total_count(&self) -> i32 {
        self.total()
    }
}

/// A row of a page, by the Relay specification.
#[Object(name_type)]
impl<T: Planned> ConnectionEdge<T> {
    /// Where the row stands in the list.
    async fn cursor(&self) -> &str {
        &self.cursor
    }
    /// The row.
    async fn node(&self) -> super::fast::One<T> {
        super::fast::One::new(self.node.clone())
    }
}

impl<T: Planned + Positional> Planned for Connection<T> {
    fn what(field: &str) -> Option<What> {
        Some(match field {
            "totalCount" => What::Column(0),
            "edges" => What::Edge(0),
            "nodes" => What::Edge(1),
            "pageInfo" => What::Edge(2),
            _ => return None,
        })
    }
    fn put(&self, _: usize, out: &mut Vec<u8>) {
        self.total().put(out);
    }
    fn columns(plan: &Plan<'_>) -> ColumnSet {
        plan.0.iter().fold(ColumnSet::KEY, |columns, item| match item.what {
            What::Edge(0) => columns.and(ConnectionEdge::<T>::columns(&item.plan)),
            What::Edge(1) => columns.and(T::columns(&item.plan)),
            What::Edge(_) => columns.with_sort_key(), // the page's cursors
            What::Column(_) | What::TypeName => columns,
        })
    }
    fn plan_edge<'a>(edge: usize, env: &'a QueryEnv, set: &'a SelectionSet) -> Option<Plan<'a>> {
        match edge {
            0 => Plan::of::<ConnectionEdge<T>>(env, set),
            1 => Plan::of::<T>(env, set),
            _ => Plan::of::<PageInfo>(env, set),
        }
    }
    fn render_edge<'a>(
        edge: usize,
        rows: &'a [&'a Self],
        ctx: Context<'a>,
        plan: &'a Plan<'a>,
    ) -> BoxFuture<'a, Result<Parts, NotPlannable>> {
        Box::pin(async move {
            let set = ctx.with_selection_set(&ctx.item.node.selection_set);
            match edge {
                0 => {
                    let pages: Vec<Vec<ConnectionEdge<T>>> =
                        rows.iter().map(|page| page.edges_of()).collect();
                    lists(pages.iter().map(|page| page.iter()), plan, &set).await
                }
                1 => lists(rows.iter().map(|page| page.nodes_of()), plan, &set).await,
                _ => {
                    let infos: Vec<PageInfo> = rows.iter().map(|page| page.info()).collect();
                    render(&infos.iter().collect::<Vec<_>>(), plan, &set).await
                }
            }
        })
    }
}

impl<T: Planned> Planned for ConnectionEdge<T> {
    fn what(field: &str) -> Option<What> {
        match field {
            "cursor" => Some(What::Column(0)),
            "node" => Some(What::Edge(0)),
            _ => None,
        }
    }
    fn put(&self, _: usize, out: &mut Vec<u8>) {
        self.cursor.put(out);
    }
    fn columns(plan: &Plan<'_>) -> ColumnSet {
        plan.0.iter().fold(ColumnSet::KEY, |columns, item| match item.what {
            What::Edge(_) => columns.and(T::columns(&item.plan)),
            What::Column(_) => columns.with_sort_key(),
            What::TypeName => columns,
        })
    }
    fn plan_edge<'a>(_: usize, env: &'a QueryEnv, set: &'a SelectionSet) -> Option<Plan<'a>> {
        Plan::of::<T>(env, set)
    }
    fn render_edge<'a>(
        _: usize,
        rows: &'a [&'a Self],
        ctx: Context<'a>,
        plan: &'a Plan<'a>,
    ) -> BoxFuture<'a, Result<Parts, NotPlannable>> {
        Box::pin(async move {
            let nodes: Vec<&T> = rows.iter().map(|edge| &edge.node).collect();
            render(&nodes, plan, &ctx.with_selection_set(&ctx.item.node.selection_set)).await
        })
    }
}

/// Writes the rows of many pages at once, then each page's list.
pub(super) async fn lists<'r, T: Planned>(
    pages: impl Iterator<Item = impl ExactSizeIterator<Item = &'r T>>,
    plan: &Plan<'_>,
    set: &async_graphql::ContextSelectionSet<'_>,
) -> Result<Parts, NotPlannable> {
    let (mut rows, mut lengths): (Vec<&T>, Vec<usize>) = (Vec::new(), Vec::new());
    for page in pages {
        lengths.push(page.len());
        rows.extend(page);
    }
    let texts = render(&rows, plan, set).await?;
    let (mut parts, mut start) = (Parts::with_capacity(lengths.len()), 0);
    for length in lengths {
        parts.push_list(&texts, start..start + length);
        start += length;
    }
    Ok(parts)
}
