//! What resolvers return: `One` in place of `T`, `List` in place of `Vec<T>`. The schema does not see the difference.

use std::borrow::Cow;
use std::sync::Arc;

use async_graphql::async_trait::async_trait;
use async_graphql::parser::types::Field;
use async_graphql::registry::Registry;
use async_graphql::{Context, ContextSelectionSet, Data, OutputType, Positioned, ServerResult, Value};
use futures_util::FutureExt;
use futures_util::future::try_join_all;

use super::edge::Loads;
use super::json::RawJson;
use super::parts::Parts;
use super::plan::{Plan, Planned};
use super::render::render;
use crate::graphql::context::Caller;
use crate::graphql::size;
use crate::kernel::Result;
use crate::platform::db::{ColumnSet, Reader};

/// One node.
#[derive(Clone, Debug)]
pub enum One<T> {
    /// To be written from its row, all of which was read.
    Node(Arc<T>),
    /// Written already, by [`answer`].
    Text(async_graphql::Value),
}

/// A list of nodes.
#[derive(Clone, Debug)]
pub struct List<T>(pub Arc<Vec<T>>);

impl<T> One<T> {
    /// The node, where it is not written yet.
    pub fn node(&self) -> Option<&T> {
        match self {
            One::Node(node) => Some(node),
            One::Text(_) => None,
        }
    }

    /// Of a node.
    pub fn new(node: T) -> Self {
        One::Node(Arc::new(node))
    }
}

/// A root field's node. Where a plan can write it, it is written here, and only what the plan wants is read; where that
/// fails, all of it is read for the ordinary executor, which tells the errors and their paths.
///
/// # Errors
/// Those of `read`.
pub async fn answer<T: Planned, F: Future<Output = Result<Option<T>>>>(
    ctx: &Context<'_>,
    read: impl Fn(ColumnSet) -> F,
) -> Result<Option<One<T>>> {
    let set = ctx.with_selection_set(&ctx.item.node.selection_set);
    if let Some(plan) = plan::<T>(&set) {
        let Some(node) = read(T::columns(&plan)).await? else { return Ok(None) };
        if let Ok(parts) = render(&[&node], &plan, &set).await {
            return Ok(Some(One::Text(Value::Binary(parts.text.into()))));
        }
    }
    Ok(read(ColumnSet::ALL).await?.map(One::new))
}

/// The plan of a selection, when the transport takes JSON text and the plan can give it.
fn plan<'a, T: Planned>(ctx: &'a ContextSelectionSet<'_>) -> Option<Plan<'a>> {
    ctx.data_opt::<RawJson>()?;
    Plan::of::<T>(ctx.query_env, &ctx.item.node)
}

/// A node seen with the eyes of somebody other than the one who asked: of who has just signed in.
pub struct SeenBy<T>(pub Reader, pub T);

#[async_trait]
impl<T: OutputType> OutputType for SeenBy<T> {
    fn type_name() -> Cow<'static, str> {
        T::type_name()
    }
    fn create_type_info(registry: &mut Registry) -> String {
        T::create_type_info(registry)
    }
    async fn resolve(&self, ctx: &ContextSelectionSet<'_>, field: &Positioned<Field>) -> ServerResult<Value> {
        let SeenBy(reader, node) = self;
        let mut data = Data::default();
        if let Some(caller) = ctx.data_opt::<Caller>() {
            data.insert(Caller { reader: Some(reader.clone()), ..caller.clone() });
        }
        data.insert(Loads::loader(reader.clone()));
        let mut ctx = ctx.clone();
        ctx.execute_data = Some(&data);
        node.resolve(&ctx, field).await
    }
}

impl<T> List<T> {
    /// Of nodes.
    pub fn new(nodes: Vec<T>) -> Self {
        List(Arc::new(nodes))
    }
}

/// The JSON text of rows that were read whole, where a plan can give it.
async fn quick<T: Planned>(rows: &[&T], ctx: &ContextSelectionSet<'_>) -> Option<Parts> {
    render(rows, &plan::<T>(ctx)?, ctx).await.ok()
}

/// What was written, unless the answer becomes too large by it.
fn counted(ctx: &ContextSelectionSet<'_>, field: &Positioned<Field>, written: Value) -> ServerResult<Value> {
    match size::count(ctx, &written) {
        Ok(()) => Ok(written),
        Err(error) => Err(ctx.set_error_path(async_graphql::Error::from(error).into_server_error(field.pos))),
    }
}

#[async_trait]
impl<T: Planned> OutputType for One<T> {
    fn type_name() -> Cow<'static, str> {
        <T as OutputType>::type_name()
    }
    fn create_type_info(registry: &mut Registry) -> String {
        <T as OutputType>::create_type_info(registry)
    }
    async fn resolve(&self, ctx: &ContextSelectionSet<'_>, field: &Positioned<Field>) -> ServerResult<Value> {
        let written = match self {
            One::Text(text) => text.clone(),
            One::Node(node) => match quick(&[&**node], ctx).await {
                Some(parts) => Value::Binary(parts.text.into()),
                None => node.resolve(ctx, field).await?,
            },
        };
        counted(ctx, field, written)
    }
}

#[async_trait]
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
                counted(ctx, field, Value::Binary(list.text.into()))
            }
            None => {
                // As the library does for `Vec`, which however cuts an error's path off at the index.
                let items = rows.iter().enumerate().map(|(index, row)| {
                    let ctx = ctx.with_index(index);
                    async move { counted(&ctx, field, row.resolve(&ctx, field).await?) }.boxed()
                });
                Ok(Value::List(try_join_all(items).await?))
            }
        }
    }
}
