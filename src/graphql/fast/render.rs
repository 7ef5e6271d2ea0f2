//! From rows and a plan to JSON text.

use async_graphql::ContextSelectionSet;
use futures_util::future::{BoxFuture, try_join_all};

use super::parts::{NotPlannable, Parts};
use super::plan::{Plan, Planned, What};
use crate::graphql::size::Size;

/// A value that writes its own JSON text, the same that its scalar gives to the ordinary executor.
pub trait Leaf {
    /// Appends the text.
    fn put(&self, out: &mut Vec<u8>);
}

impl<T: Leaf> Leaf for Option<T> {
    fn put(&self, out: &mut Vec<u8>) {
        match self {
            Some(value) => value.put(out),
            None => out.extend_from_slice(b"null"),
        }
    }
}

/// Writes all rows: each edge is loaded once for all of them, then every row is written in one loop.
pub fn render<'a, T: Planned>(
    rows: &'a [&'a T],
    plan: &'a Plan<'a>,
    ctx: &'a ContextSelectionSet<'a>,
) -> BoxFuture<'a, Result<Parts, NotPlannable>> {
    // Boxed, for node types refer to each other.
    Box::pin(async move {
        let edges = plan.0.iter().filter_map(|item| match item.what {
            What::Edge(edge) => Some(T::render_edge(edge, rows, ctx.with_field(item.field), &item.plan)),
            What::TypeName | What::Column(_) => None,
        });
        let edges = try_join_all(edges).await?;
        let size = ctx.data_opt::<Size>();
        let mut parts = Parts::with_capacity(rows.len());
        for (index, row) in rows.iter().enumerate() {
            let mut edges = edges.iter();
            for (place, item) in plan.0.iter().enumerate() {
                parts.text.push(if place == 0 { b'{' } else { b',' });
                parts.text.extend_from_slice(&item.key);
                match item.what {
                    What::Column(column) => row.put(column, &mut parts.text),
                    What::TypeName => T::name().into_owned().put(&mut parts.text),
                    // One text per edge of the plan, in the plan's order.
                    What::Edge(_) => {
                        parts.text.extend_from_slice(edges.next().ok_or(NotPlannable)?.get(index))
                    }
                }
            }
            parts.text.push(b'}');
            parts.end();
            size.map_or(Ok(()), |size| size.admit(&parts.text)).map_err(|_| NotPlannable)?;
        }
        Ok(parts)
    })
}
