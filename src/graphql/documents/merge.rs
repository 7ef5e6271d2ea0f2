//! Equal response keys are one field (GraphQL specification, 6.3.2 and 6.3.3), whichever fragments they stand in: they
//! are merged before anything is counted or executed. The executor would execute each by itself.
//!
//! What is merged has no named fragments and no `@skip` or `@include` any more: those are carried out on the way. Where
//! the parent is an interface or a union, what is asked of one kind of object stays in a fragment on it, one for each;
//! what is asked there once more for all kinds is not merged with it, and is counted as often as it is executed.

use std::collections::{HashMap, HashSet};

use async_graphql::parser::types::{
    Directive, ExecutableDocument, Field, InlineFragment, OperationDefinition, Selection, SelectionSet,
    TypeCondition,
};
use async_graphql::{Positioned, Value as Given, Variables};
use async_graphql_value::Value;

use super::measure::too_costly;
use super::types::Types;
use crate::kernel::{Error, Result};
use crate::platform::config::LimitsConfig;

/// The operation with equal fields merged.
///
/// # Errors
/// `Invalid` when two fields under one key are not the same (validation knows only some of these), and when there are more
/// than may be paid for: each costs a point.
pub fn merge(
    document: &ExecutableDocument,
    operation: &OperationDefinition,
    variables: &Variables,
    types: &Types,
    limits: &LimitsConfig,
) -> Result<OperationDefinition> {
    let mut merger = Merger { document, variables, types, limits, made: 0 };
    let root = types.root(operation.ty);
    let selection_set = merger.set(&[&operation.selection_set], root)?;
    Ok(OperationDefinition {
        ty: operation.ty,
        variable_definitions: operation.variable_definitions.clone(),
        directives: operation.directives.clone(),
        selection_set,
    })
}

struct Merger<'a> {
    document: &'a ExecutableDocument,
    variables: &'a Variables,
    types: &'a Types,
    limits: &'a LimitsConfig,
    made: u64,
}

/// A field, or what is asked of one kind of objects, from all places where it stands.
enum Entry<'a> {
    Field(&'a Positioned<Field>, Vec<&'a Positioned<SelectionSet>>),
    On(&'a Positioned<TypeCondition>, Vec<&'a Positioned<SelectionSet>>),
}

/// What selections on one object ask for, in the order in which it is met.
#[derive(Default)]
struct Gathered<'a> {
    entries: Vec<Entry<'a>>,
    by_key: HashMap<&'a str, usize>,
    by_condition: HashMap<&'a str, usize>,
    spread: HashSet<&'a str>,
}

impl<'a> Merger<'a> {
    fn set(
        &mut self,
        sets: &[&'a Positioned<SelectionSet>],
        parent: Option<&'a str>,
    ) -> Result<Positioned<SelectionSet>> {
        let mut gathered = Gathered::default();
        for set in sets {
            self.gather(&set.node, parent, &mut gathered)?;
        }
        let items = gathered.entries.into_iter().map(|entry| self.entry(entry, parent));
        let items = items.collect::<Result<Vec<_>>>()?;
        let position = sets.first().map(|set| set.pos).unwrap_or_default();
        Ok(Positioned::new(SelectionSet { items }, position))
    }

    fn entry(&mut self, entry: Entry<'a>, parent: Option<&'a str>) -> Result<Positioned<Selection>> {
        self.made += 1;
        too_costly(self.made, self.limits)?;
        Ok(match entry {
            Entry::Field(first, sets) => {
                let of = self.types.selected(parent, &first.node.name.node);
                let field = Field {
                    alias: first.node.alias.clone(),
                    name: first.node.name.clone(),
                    arguments: first.node.arguments.clone(),
                    directives: first.node.directives.iter().filter(|d| !decides(d)).cloned().collect(),
                    selection_set: self.set(&sets, of)?,
                };
                Positioned::new(Selection::Field(Positioned::new(field, first.pos)), first.pos)
            }
            Entry::On(condition, sets) => {
                let inline = InlineFragment {
                    type_condition: Some(condition.clone()),
                    directives: Vec::new(),
                    selection_set: self.set(&sets, Some(&condition.node.on.node))?,
                };
                let inline = Positioned::new(inline, condition.pos);
                Positioned::new(Selection::InlineFragment(inline), condition.pos)
            }
        })
    }

    fn gather(&self, set: &'a SelectionSet, parent: Option<&'a str>, into: &mut Gathered<'a>) -> Result<()> {
        for item in &set.items {
            if is_left_out(item.node.directives(), self.variables) {
                continue;
            }
            match &item.node {
                Selection::Field(field) => into.field(field)?,
                Selection::InlineFragment(inline) => {
                    let set = &inline.node.selection_set;
                    self.fragment(inline.node.type_condition.as_ref(), set, parent, into)?;
                }
                Selection::FragmentSpread(spread) => {
                    let name = &spread.node.fragment_name.node;
                    // An unknown one is told by validation.
                    let Some(fragment) = self.document.fragments.get(name) else { continue };
                    if into.spread.insert(name) {
                        let fragment = &fragment.node;
                        self.fragment(Some(&fragment.type_condition), &fragment.selection_set, parent, into)?;
                    }
                }
            }
        }
        Ok(())
    }

    fn fragment(
        &self,
        condition: Option<&'a Positioned<TypeCondition>>,
        set: &'a Positioned<SelectionSet>,
        parent: Option<&'a str>,
        into: &mut Gathered<'a>,
    ) -> Result<()> {
        let (Some(condition), Some(parent)) = (condition, parent) else {
            return self.gather(&set.node, parent, into);
        };
        let on = condition.node.on.node.as_str();
        if on == parent || (self.types.is_object(parent) && self.types.applies(on, parent)) {
            return self.gather(&set.node, Some(parent), into);
        }
        if !self.types.is_object(parent) {
            into.on(condition, set);
        } // else it can never hold: validation refuses it
        Ok(())
    }
}

impl<'a> Gathered<'a> {
    fn field(&mut self, field: &'a Positioned<Field>) -> Result<()> {
        let key = field.node.response_key().node.as_str();
        let next = self.entries.len();
        match self.entries.get_mut(*self.by_key.entry(key).or_insert(next)) {
            Some(Entry::Field(first, sets)) if is_same(&first.node, &field.node) => {
                sets.push(&field.node.selection_set);
            }
            Some(_) => {
                let rule = format!("the fields under {key} conflict: give one of them another alias");
                return Err(Error::invalid("query", rule));
            }
            None => self.entries.push(Entry::Field(field, vec![&field.node.selection_set])),
        }
        Ok(())
    }

    fn on(&mut self, condition: &'a Positioned<TypeCondition>, set: &'a Positioned<SelectionSet>) {
        let place = self.by_condition.entry(condition.node.on.node.as_str());
        let place = *place.or_insert_with(|| {
            self.entries.push(Entry::On(condition, Vec::new()));
            self.entries.len() - 1
        });
        if let Entry::On(_, sets) = &mut self.entries[place] {
            sets.push(set);
        }
    }
}

/// Whether two fields under one key ask for the same.
fn is_same(a: &Field, b: &Field) -> bool {
    a.name.node == b.name.node
        && a.arguments.len() == b.arguments.len()
        && a.arguments.iter().all(|(name, value)| b.get_argument(&name.node) == Some(value))
}

/// Whether a directive decides what is selected.
pub fn decides(directive: &Positioned<Directive>) -> bool {
    ["skip", "include"].contains(&directive.node.name.node.as_str())
}

fn is_left_out(directives: &[Positioned<Directive>], variables: &Variables) -> bool {
    directives.iter().filter(|directive| decides(directive)).any(|directive| {
        let holds = match directive.node.get_argument("if").map(|value| &value.node) {
            Some(Value::Boolean(holds)) => Some(*holds),
            Some(Value::Variable(name)) => match variables.get(name) {
                Some(Given::Boolean(holds)) => Some(*holds),
                _ => None,
            },
            _ => None,
        };
        // What is no truth value is told by validation.
        holds.is_some_and(|holds| holds == (directive.node.name.node.as_str() == "skip"))
    })
}
