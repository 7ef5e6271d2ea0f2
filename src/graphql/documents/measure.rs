//! What a document asks of the server: of the whole document once, before its fragments are opened; of an operation for
//! each request, as it is executed.
//!
//! Fragments are looked at once here, however often they are spread, so that a small document that expands a million times
//! costs no time. Points bound the work: a field is one, and what is selected from a list counts as often as the list can
//! be long.

use std::collections::HashMap;

use async_graphql::parser::types::{ExecutableDocument, Field, OperationDefinition, Selection, SelectionSet};
use async_graphql::{Name, Value as Given, Variables};
use async_graphql_value::Value;

use super::types::{Rows, Types};
use crate::kernel::{Error, Result};
use crate::platform::config::LimitsConfig;

/// Most selections of a document with its fragments opened everywhere. Merging them is quick, and bounded by this.
const EXPANDED: u64 = 50_000;
/// Lists of fields and types that may lie within each other where the schema is asked about itself: they are as long as
/// the schema, and each level multiplies.
const INTROSPECTED: usize = 3;

/// Checks what holds for a document whatever its variables are.
///
/// # Errors
/// `Invalid` with the limit.
pub fn check(document: &ExecutableDocument, limits: &LimitsConfig) -> Result<()> {
    let mut taker = Taker { document, fragments: HashMap::new(), aliases: 0, directives: 0 };
    for name in document.fragments.keys() {
        taker.fragment(name)?;
    }
    let mut whole = Extent::default();
    for (_, operation) in document.operations.iter() {
        let extent = taker.set(&operation.node.selection_set.node)?;
        whole.depth = whole.depth.max(extent.depth);
        whole.selections = whole.selections.max(extent.selections);
    }
    let count = |n: usize| n as u64;
    within("its depth is", count(whole.depth), count(limits.depth))?;
    within("its aliases are", count(taker.aliases), count(limits.aliases))?;
    within("its directives are", count(taker.directives), count(limits.directives))?;
    within("its selections with all fragments are", whole.selections, EXPANDED)
}

fn within(what: &str, is: u64, most: u64) -> Result<()> {
    if is > most {
        let rule = format!("the document is too large: {what} {is}, at most {most} are allowed");
        return Err(Error::invalid("query", rule));
    }
    Ok(())
}

/// How far something reaches with its fragments opened.
#[derive(Clone, Copy, Default)]
struct Extent {
    depth: usize,
    selections: u64,
}

struct Taker<'a> {
    document: &'a ExecutableDocument,
    /// `None` while a fragment is being measured: meeting it then is a circle.
    fragments: HashMap<&'a Name, Option<Extent>>,
    aliases: usize,
    directives: usize,
}

impl<'a> Taker<'a> {
    fn set(&mut self, set: &'a SelectionSet) -> Result<Extent> {
        let mut sum = Extent::default();
        for item in &set.items {
            self.directives += item.node.directives().len();
            let part = match &item.node {
                Selection::Field(field) => {
                    self.aliases += usize::from(field.node.alias.is_some());
                    let inner = self.set(&field.node.selection_set.node)?;
                    Extent { depth: inner.depth + 1, ..inner }
                }
                Selection::InlineFragment(inline) => self.set(&inline.node.selection_set.node)?,
                Selection::FragmentSpread(spread) => self.fragment(&spread.node.fragment_name.node)?,
            };
            sum.depth = sum.depth.max(part.depth);
            sum.selections = sum.selections.saturating_add(part.selections).saturating_add(1);
        }
        Ok(sum)
    }

    fn fragment(&mut self, name: &Name) -> Result<Extent> {
        let Some((name, fragment)) = self.document.fragments.get_key_value(name) else {
            return Ok(Extent::default()); // validation will say that it is unknown
        };
        match self.fragments.get(name) {
            Some(Some(known)) => return Ok(*known),
            Some(None) => return Err(Error::invalid("query", format!("the fragment {name} spreads itself"))),
            None => {}
        }
        self.fragments.insert(name, None);
        let extent = self.set(&fragment.node.selection_set.node)?;
        self.fragments.insert(name, Some(extent));
        Ok(extent)
    }
}

/// The points of an operation whose equal fields were merged.
///
/// # Errors
/// `Invalid` when they are too many.
pub fn points(
    operation: &OperationDefinition,
    variables: &Variables,
    types: &Types,
    limits: &LimitsConfig,
) -> Result<u64> {
    let counter = Counter { variables, types };
    let points = counter.set(&operation.selection_set.node, types.root(operation.ty), 0)?;
    too_costly(points, limits)?;
    Ok(points)
}

/// Refuses what costs more than is allowed.
///
/// # Errors
/// `Invalid`.
pub fn too_costly(points: u64, limits: &LimitsConfig) -> Result<()> {
    within("its cost in points is", points, limits.cost)
}

struct Counter<'a> {
    variables: &'a Variables,
    types: &'a Types,
}

impl Counter<'_> {
    /// Fields add up; of fragments the dearest counts, for they are on different types and an object has one.
    fn set(&self, set: &SelectionSet, parent: Option<&str>, introspected: usize) -> Result<u64> {
        let (mut fields, mut dearest) = (0_u64, 0);
        for item in &set.items {
            match &item.node {
                Selection::Field(field) => {
                    fields = fields.saturating_add(self.field(&field.node, parent, introspected)?);
                }
                Selection::InlineFragment(inline) => {
                    let on = inline.node.type_condition.as_ref().map(|on| on.node.on.node.as_str());
                    let points = self.set(&inline.node.selection_set.node, on.or(parent), introspected)?;
                    dearest = dearest.max(points);
                }
                Selection::FragmentSpread(_) => {} // there is none any more
            }
        }
        Ok(fields.saturating_add(dearest))
    }

    fn field(&self, field: &Field, parent: Option<&str>, introspected: usize) -> Result<u64> {
        let name = field.name.node.as_str();
        if name == "__typename" && field.alias.is_none() {
            return Ok(0); // clients add it to each selection by themselves, and it is nothing to look up
        }
        let lists = ["fields", "inputFields", "interfaces", "possibleTypes"];
        let introspected = introspected + usize::from(parent == Some("__Type") && lists.contains(&name));
        if introspected >= INTROSPECTED {
            let rule = "the schema's lists of fields and types must not be nested so deep";
            return Err(Error::invalid("query", rule));
        }
        let of = self.types.selected(parent, name);
        let inner = self.set(&field.selection_set.node, of, introspected)?;
        let rows = parent.map_or(1, |parent| self.length(field, self.types.rows(parent, name)));
        Ok(inner.saturating_mul(rows).saturating_add(1))
    }

    fn length(&self, field: &Field, rows: Rows) -> u64 {
        let argument = |name: &str| -> Option<Given> {
            let known = |name: Name| self.variables.get(&name).cloned().ok_or(());
            field.get_argument(name)?.node.clone().into_const_with(known).ok()
        };
        let number = |name: &str| match argument(name)? {
            // What is below zero is refused later on.
            Given::Number(number) => Some(number.as_u64().unwrap_or(0)),
            _ => None,
        };
        match rows {
            Rows::One => 1,
            Rows::Always(rows) => rows,
            Rows::Page { default, most } => {
                ["first", "last"].into_iter().find_map(number).unwrap_or(default).clamp(1, most)
            }
            Rows::Named(name, most) => match field.get_argument(name).map(|value| &value.node) {
                Some(Value::List(items)) => (items.len() as u64).clamp(1, most),
                Some(Value::Variable(name)) => match self.variables.get(name) {
                    Some(Given::List(items)) => (items.len() as u64).clamp(1, most),
                    _ => 1,
                },
                _ => 1,
            },
        }
    }
}
