//! From a selection to a plan: which columns and edges, in which order, under which keys.

use std::collections::HashMap;

use async_graphql::context::QueryEnv;
use async_graphql::parser::types::{Field, Selection, SelectionSet};
use async_graphql::{Context, ObjectType, Positioned};
use futures_util::future::BoxFuture;

use super::parts::{NotPlannable, Parts};
use crate::platform::db::ColumnSet;

/// What a field of a node is to the plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum What {
    /// `__typename`.
    TypeName,
    /// A column with this number.
    Column(usize),
    /// An edge with this number.
    Edge(usize),
}

/// An object that the plan can write.
pub trait Planned: ObjectType + Clone + Send + Sync + 'static {
    /// Name of the type in the schema.
    fn name() -> std::borrow::Cow<'static, str> {
        Self::type_name()
    }
    /// What the plan knows of a field, by its name in the schema; `None`: nothing.
    fn what(field: &str) -> Option<What>;
    /// Writes a column's JSON text.
    fn put(&self, column: usize, out: &mut Vec<u8>);
    /// Whether an edge needs more of the row than its id.
    fn reads_row(_edge: usize) -> bool {
        true
    }
    /// The columns that a plan needs: the selected ones, or all where an edge looks at the row.
    fn columns(plan: &Plan<'_>) -> ColumnSet {
        plan.0.iter().fold(ColumnSet::KEY, |columns, item| match item.what {
            What::TypeName => columns,
            What::Column(column) => columns.with(column),
            What::Edge(edge) if Self::reads_row(edge) => columns.and(ColumnSet::ALL),
            What::Edge(_) => columns,
        })
    }
    /// The plan of an edge's selection; `None` when the plan cannot answer it.
    fn plan_edge<'a>(edge: usize, env: &'a QueryEnv, set: &'a SelectionSet) -> Option<Plan<'a>>;
    /// Loads an edge for all rows and writes its JSON text for each.
    fn render_edge<'a>(
        edge: usize,
        rows: &'a [&'a Self],
        ctx: Context<'a>,
        plan: &'a Plan<'a>,
    ) -> BoxFuture<'a, Result<Parts, NotPlannable>>;
}

/// One field of a plan.
pub struct Item<'a> {
    /// `"key":`, ready to be written.
    pub key: Vec<u8>,
    /// What it is.
    pub what: What,
    /// The field in the document, for its arguments.
    pub field: &'a Positioned<Field>,
    /// The plan of its own selection.
    pub plan: Plan<'a>,
}

/// The fields to write, in order.
#[derive(Default)]
pub struct Plan<'a>(pub Vec<Item<'a>>);

impl<'a> Plan<'a> {
    /// The plan of a selection on `T`; `None` when something in it is unusual.
    pub fn of<T: Planned>(env: &'a QueryEnv, set: &'a SelectionSet) -> Option<Plan<'a>> {
        let mut plan = Plan::default();
        plan.add::<T>(env, set)?;
        (!plan.0.is_empty()).then_some(plan)
    }

    fn add<T: Planned>(&mut self, env: &'a QueryEnv, set: &'a SelectionSet) -> Option<()> {
        for selection in &set.items {
            match &selection.node {
                Selection::Field(field) => self.add_field::<T>(env, field)?,
                Selection::FragmentSpread(spread) => {
                    let fragment = &env.fragments.get(&spread.node.fragment_name.node)?.node;
                    let usual = spread.node.directives.is_empty()
                        && fragment.type_condition.node.on.node.as_str() == T::name();
                    usual.then_some(())?;
                    self.add::<T>(env, &fragment.selection_set.node)?;
                }
                Selection::InlineFragment(inline) => {
                    let on = inline.node.type_condition.as_ref();
                    let usual = inline.node.directives.is_empty()
                        && on.is_none_or(|on| on.node.on.node.as_str() == T::name());
                    usual.then_some(())?;
                    self.add::<T>(env, &inline.node.selection_set.node)?;
                }
            }
        }
        Some(())
    }

    fn add_field<T: Planned>(&mut self, env: &'a QueryEnv, field: &'a Positioned<Field>) -> Option<()> {
        let name = field.node.name.node.as_str();
        let key = format!("\"{}\":", field.node.response_key().node).into_bytes();
        // @skip and @include were carried out before; any other directive is the executor's affair.
        if !field.node.directives.is_empty() || self.0.iter().any(|item| item.key == key) {
            return None;
        }
        let what = if name == "__typename" { What::TypeName } else { T::what(name)? };
        let plan = match what {
            What::Edge(edge) => T::plan_edge(edge, env, &field.node.selection_set.node)?,
            What::TypeName | What::Column(_) => Plan::default(),
        };
        self.0.push(Item { key, what, field, plan });
        Some(())
    }
}

/// `snake_case` to the schema's `camelCase`.
pub fn camel(name: &str) -> String {
    let mut upper = false;
    let letter = |c: char| match (c, std::mem::replace(&mut upper, c == '_')) {
        ('_', _) => None,
        (c, true) => Some(c.to_ascii_uppercase()),
        (c, false) => Some(c),
    };
    name.chars().filter_map(letter).collect()
}

/// The fields of a node by their names in the schema: columns first, then edges.
pub fn index(columns: &[&str], edges: &[&str]) -> HashMap<String, What> {
    let columns = columns.iter().enumerate().map(|(i, name)| (camel(name), What::Column(i)));
    let edges = edges.iter().enumerate().map(|(i, name)| (camel(name), What::Edge(i)));
    columns.chain(edges).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_as_in_the_schema() {
        for (rust, schema) in
            [("id", "id"), ("created_at", "createdAt"), ("tax_id", "taxId"), ("a_b_c", "aBC")]
        {
            assert_eq!(camel(rust), schema);
        }
    }
}
