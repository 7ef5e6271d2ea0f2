//! Equal response keys are one field (GraphQL specification, 6.3.2 and 6.3.3), whichever fragments they stand in: they
//! are merged before anything is counted or executed. The executor would execute each by itself.
//!
//! What is merged has no named fragments and no `@skip` or `@include` any more: those are carried out on the way. An
//! object has one type: where an interface or a union is asked for different things of different types, each of its
//! types gets a fragment that holds all that is asked of it, and nothing stands beside these fragments.

use std::collections::{HashMap, HashSet};

use async_graphql::parser::types::{
    Directive, ExecutableDocument, Field, InlineFragment, OperationDefinition, Selection, SelectionSet,
    TypeCondition,
};
use async_graphql::{Name, Positioned, Value as Given, Variables};
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

/// A field, and what is selected of it, from all places where it stands.
struct Gathered<'a> {
    first: &'a Positioned<Field>,
    sets: Vec<&'a Positioned<SelectionSet>>,
}

/// What selections on one object ask for, in the order in which it is met.
#[derive(Default)]
struct Fields<'a> {
    all: Vec<Gathered<'a>>,
    by_key: HashMap<&'a str, usize>,
    /// Fragments whose fields are here already.
    spread: HashSet<&'a str>,
}

impl<'a> Merger<'a> {
    fn set(
        &mut self,
        sets: &[&'a Positioned<SelectionSet>],
        parent: Option<&'a str>,
    ) -> Result<Positioned<SelectionSet>> {
        let types = self.types;
        let kinds = parent.and_then(|parent| types.kinds(parent));
        let items = match kinds.filter(|_| sets.iter().any(|set| self.is_parted(&set.node, parent))) {
            Some(kinds) => kinds.map(|kind| self.kind(sets, kind)).filter_map(Result::transpose).collect(),
            None => self.fields(sets, parent),
        };
        let position = sets.first().map(|set| set.pos).unwrap_or_default();
        Ok(Positioned::new(SelectionSet { items: items? }, position))
    }

    /// Whether a selection on an interface or union holds fragments that do not hold for all its types.
    fn is_parted(&self, set: &'a SelectionSet, parent: Option<&str>) -> bool {
        set.items.iter().any(|item| {
            let fragment = match &item.node {
                Selection::Field(_) => return false,
                Selection::InlineFragment(inline) => Some(of_inline(&inline.node)),
                Selection::FragmentSpread(spread) => self.named(&spread.node.fragment_name.node),
            };
            fragment.is_some_and(|(on, set)| {
                on.is_some_and(|on| Some(on) != parent) || self.is_parted(&set.node, parent)
            })
        })
    }

    /// All that is asked of one type of an interface or a union; `None`: nothing.
    fn kind(
        &mut self,
        sets: &[&'a Positioned<SelectionSet>],
        kind: &'a str,
    ) -> Result<Option<Positioned<Selection>>> {
        let items = self.fields(sets, Some(kind))?;
        let Some(position) = items.first().map(|item| item.pos) else { return Ok(None) };
        let condition = TypeCondition { on: Positioned::new(Name::new(kind), position) };
        let inline = InlineFragment {
            type_condition: Some(Positioned::new(condition, position)),
            directives: Vec::new(),
            selection_set: Positioned::new(SelectionSet { items }, position),
        };
        Ok(Some(Positioned::new(Selection::InlineFragment(Positioned::new(inline, position)), position)))
    }

    fn fields(
        &mut self,
        sets: &[&'a Positioned<SelectionSet>],
        parent: Option<&'a str>,
    ) -> Result<Vec<Positioned<Selection>>> {
        let mut fields = Fields::default();
        for set in sets {
            self.gather(&set.node, parent, &mut fields)?;
        }
        fields.all.into_iter().map(|field| self.field(field, parent)).collect()
    }

    fn field(&mut self, field: Gathered<'a>, parent: Option<&'a str>) -> Result<Positioned<Selection>> {
        self.made += 1;
        too_costly(self.made, self.limits)?;
        let Gathered { first, sets } = field;
        let of = self.types.selected(parent, &first.node.name.node);
        let field = Field {
            alias: first.node.alias.clone(),
            name: first.node.name.clone(),
            arguments: first.node.arguments.clone(),
            directives: first.node.directives.iter().filter(|d| !decides(d)).cloned().collect(),
            selection_set: self.set(&sets, of)?,
        };
        Ok(Positioned::new(Selection::Field(Positioned::new(field, first.pos)), first.pos))
    }

    fn gather(&self, set: &'a SelectionSet, parent: Option<&'a str>, into: &mut Fields<'a>) -> Result<()> {
        for item in &set.items {
            if is_left_out(item.node.directives(), self.variables) {
                continue;
            }
            let fragment = match &item.node {
                Selection::Field(field) => {
                    into.add(field)?;
                    continue;
                }
                Selection::InlineFragment(inline) => Some(of_inline(&inline.node)),
                Selection::FragmentSpread(spread) => {
                    let name = &spread.node.fragment_name.node;
                    self.named(name).filter(|_| into.spread.insert(name))
                }
            };
            let Some((on, set)) = fragment else { continue };
            // One that cannot hold is refused by validation where it never can.
            if on.zip(parent).is_none_or(|(on, parent)| self.types.applies(on, parent)) {
                self.gather(&set.node, parent, into)?;
            }
        }
        Ok(())
    }

    /// What a fragment with a name is on and selects. An unknown one is told by validation.
    fn named(&self, name: &Name) -> Option<(Option<&'a str>, &'a Positioned<SelectionSet>)> {
        let fragment = &self.document.fragments.get(name)?.node;
        Some((Some(&fragment.type_condition.node.on.node), &fragment.selection_set))
    }
}

/// What a fragment without a name is on and selects.
fn of_inline(inline: &InlineFragment) -> (Option<&str>, &Positioned<SelectionSet>) {
    let on = inline.type_condition.as_ref().map(|condition| condition.node.on.node.as_str());
    (on, &inline.selection_set)
}

impl<'a> Fields<'a> {
    fn add(&mut self, field: &'a Positioned<Field>) -> Result<()> {
        let key = field.node.response_key().node.as_str();
        let next = self.all.len();
        let set = &field.node.selection_set;
        match self.all.get_mut(*self.by_key.entry(key).or_insert(next)) {
            Some(same) if is_same(&same.first.node, &field.node) => same.sets.push(set),
            Some(_) => {
                let rule = format!("the fields under {key} conflict: give one of them another alias");
                return Err(Error::invalid("query", rule));
            }
            None => self.all.push(Gathered { first: field, sets: vec![set] }),
        }
        Ok(())
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
