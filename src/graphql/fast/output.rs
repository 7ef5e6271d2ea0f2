//! What resolvers return: `One` in place of `T`, `List` in place of `Vec<T>`. The schema does not see the difference.

use std::borrow::Cow;
use std::sync::Arc;

use async_graphql::parser::types::Field;
use async_graphql::registry::Registry;
use async_graphql::{ContextSelectionSet, OutputType, Positioned, ServerResult, Value};
use futures_util::future::try_join_all;

use super::json::RawJson;
use super::plan::{Plan, Planned};
use super::render::{Parts, render};

/// One node.
#[derive(Clone, Debug)]
pub struct One<T>(pub Arc<T>);

/// A list of nodes.
#[derive(Clone, Debug)]
pub struct List<T>(pub Arc<Vec<T>>);

impl<T> One<T> {
    /// Of a node.
    pub fn new(node: T) -> Self {
        One(Arc::new(node))
    }
}

impl<T> List<T> {
    /// Of nodes.
    pub fn new(nodes: Vec<T>) -> Self {
        List(Arc::new(nodes))
    }
}

/// The JSON text of the rows, when the transport takes it and the plan can give it.
async fn quick<T: Planned>(rows: &[&T], ctx: &ContextSelectionSet<'_>) -> Option<Parts> {
    ctx.data_opt::<RawJson>()?;
    let plan = Plan::of::<T>(ctx.query_env, &ctx.item.node)?;
    render(rows, &plan, ctx).await.ok()
}

impl<T: Planned> OutputType for One<T> {
    fn type_name() -> Cow<'static, str> {
        <T as OutputType>::type_name()
    }
    fn create_type_info(registry: &mut Registry) -> String {
        <T as OutputType>::create_type_info(registry)
    }
    async fn resolve(&self, ctx: &ContextSelectionSet<'_>, field: &Positioned<Field>) -> ServerResult<Value> {
        match quick(&[&*self.0], ctx).await {
            Some(parts) => Ok(Value::Binary(parts.text.into())),
            None => self.0.resolve(ctx, field).await,
        }
    }
}

impl<T: Planned> OutputType for List<T> {
    fn type_name() -> Cow<'static, str> {
        <Vec<T> as OutputType>::type_name()
    }
    fn qualified_type_name() -> String {
        <Vec<T> as OutputType>::qualified_type_name()
    }
    fn create_type_info(registry: &mut Registry) -> String {
        <Vec<T> as OutputType>::create_type_info(registry)
    }
    async fn resolve(&self, ctx: &ContextSelectionSet<'_>, field: &Positioned<Field>) -> ServerResult<Value> {
        let rows: Vec<&T> = self.0.iter().collect();
        match quick(&rows, ctx).await {
            Some(items) => {
                let mut list = Parts::with_capacity(0);
                list.push_list(&items, 0..items.len());
                Ok(Value::Binary(list.text.into()))
            }
            None => {
                // As the library does for `Vec`, which however cuts an error's path off at the index.
                let items = rows.iter().enumerate().map(|(index, row)| {
                    let ctx = ctx.with_index(index);
                    async move { row.resolve(&ctx, field).await }
                });
                Ok(Value::List(try_join_all(items).await?))
            }
        }
    }
}
