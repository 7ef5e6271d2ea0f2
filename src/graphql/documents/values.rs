//! Input coercion (GraphQL specification, 3.10): of what stands in a document, once, and of a request's variables.
//!
//! The executor takes null for a variable that was not sent, a text for an enum and the last of two equal fields, and does
//! not take a number for an id. What the databases cannot keep, the character NUL, is refused here too, wherever a text
//! enters; so nothing behind has to look for it. What a scalar refuses is told with the place where it stands, which the
//! executor does not know.

use async_graphql::InputType;
use async_graphql::parser::types::{
    ExecutableDocument, Field, OperationDefinition, Selection, SelectionSet, VariableDefinition,
};
use async_graphql::registry::{MetaType, MetaTypeName};
use async_graphql::{Name, Pos, Positioned, Value as Given, Variables};
use async_graphql_value::Value;

use super::types::Types;
use crate::kernel::time::{self, Instant};
use crate::kernel::{Error, Result};
use crate::platform::bus::Cursor;

/// Most items of a list that is given: more than anything takes that bounds its own, and few enough that a statement can
/// name them all.
const ITEMS: usize = 5000;

/// Checks the values that stand in a document, and writes ids that are numbers as texts.
///
/// # Errors
/// `Invalid` with the argument or variable.
pub fn settle(document: &mut ExecutableDocument, types: &Types) -> Result<()> {
    let operations = match &mut document.operations {
        async_graphql::parser::types::DocumentOperations::Single(only) => vec![only],
        async_graphql::parser::types::DocumentOperations::Multiple(all) => all.values_mut().collect(),
    };
    for operation in operations {
        let operation = &mut operation.node;
        for definition in &mut operation.variable_definitions {
            let VariableDefinition { name, var_type, default_value, .. } = &mut definition.node;
            if let Some(default) = default_value {
                let mut value = std::mem::take(&mut default.node).into_value();
                literal(&mut value, &var_type.node.to_string(), types, &format!("${}", name.node))?;
                default.node = value.into_const().unwrap_or_default(); // a default holds no variables
            }
        }
        selection(&mut operation.selection_set.node, types.root(operation.ty), types)?;
    }
    for fragment in document.fragments.values_mut() {
        let on = fragment.node.type_condition.node.on.node.clone();
        selection(&mut fragment.node.selection_set.node, Some(&on), types)?;
    }
    Ok(())
}

fn selection(set: &mut SelectionSet, parent: Option<&str>, types: &Types) -> Result<()> {
    for item in &mut set.items {
        match &mut item.node {
            Selection::Field(field) => {
                let Field { name, arguments, selection_set, .. } = &mut field.node;
                let declared = parent.and_then(|parent| types.field(parent, &name.node));
                for (argument, value) in arguments {
                    let of = declared.and_then(|field| field.args.get(argument.node.as_str()));
                    literal(&mut value.node, of.map_or("", |of| &of.ty), types, &argument.node)?;
                }
                selection(&mut selection_set.node, types.selected(parent, &name.node), types)?;
            }
            Selection::InlineFragment(inline) => {
                let on = inline.node.type_condition.as_ref().map(|on| on.node.on.node.clone());
                selection(&mut inline.node.selection_set.node, on.as_deref().or(parent), types)?;
            }
            Selection::FragmentSpread(_) => {}
        }
    }
    Ok(())
}

/// Of a value whose type is unknown only the texts are looked at.
fn literal(value: &mut Value, of: &str, types: &Types, place: &str) -> Result<()> {
    let item = item_of(of);
    match value {
        Value::List(items) => {
            check_length(items.len(), of, place)?;
            let mut items = items.iter_mut().enumerate();
            items.try_for_each(|(index, value)| literal(value, item, types, &format!("{place}.{index}")))
        }
        Value::Object(fields) => {
            let of = MetaTypeName::concrete_typename(of);
            fields.iter_mut().try_for_each(|(name, value)| {
                let field = types.input_field(of, name);
                literal(value, field.map_or("", |field| &field.ty), types, &format!("{place}.{name}"))
            })
        }
        Value::String(text) => {
            let of = MetaTypeName::concrete_typename(of);
            if let Some(MetaType::Enum { .. }) = types.named(of) {
                return Err(Error::invalid(place, format!("must be a value of {of}, without quotes")));
            }
            check_text(text, of, place)
        }
        Value::Number(number) if is_id(of) && !number.is_f64() => {
            *value = Value::String(number.to_string());
            Ok(())
        }
        _ => Ok(()),
    }
}

/// The variables of a request as its operation declares them: with defaults, without what was not declared, ids as texts.
///
/// # Errors
/// `Invalid` with the variable when one is missing, has a field that its type does not know, or holds NUL.
pub fn coerce(operation: &OperationDefinition, mut given: Variables, types: &Types) -> Result<Variables> {
    let mut coerced = Variables::default();
    for definition in &operation.variable_definitions {
        let VariableDefinition { name, var_type, default_value, .. } = &definition.node;
        let place = || format!("${}", name.node);
        let value = given.remove(&name.node).or_else(|| Some(default_value.as_ref()?.node.clone()));
        if !var_type.node.nullable && value.as_ref().is_none_or(|value| *value == Given::Null) {
            return Err(Error::invalid(place(), format!("must be given: it is {}", var_type.node)));
        }
        if let Some(mut value) = value {
            variable(&mut value, &var_type.node.to_string(), types, &Place::Variable(&name.node))?;
            coerced.insert(name.node.clone(), value);
        }
    }
    Ok(coerced)
}

/// Where a value stands in a variable: written only when something is wrong there.
enum Place<'a> {
    Variable(&'a str),
    Field(&'a Place<'a>, &'a str),
    Item(&'a Place<'a>, usize),
}

impl std::fmt::Display for Place<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Place::Variable(name) => write!(f, "${name}"),
            Place::Field(of, name) => write!(f, "{of}.{name}"),
            Place::Item(of, index) => write!(f, "{of}.{index}"),
        }
    }
}

fn variable(value: &mut Given, of: &str, types: &Types, place: &Place<'_>) -> Result<()> {
    match value {
        Given::List(items) => {
            check_length(items.len(), of, place)?;
            let item = item_of(of);
            let mut items = items.iter_mut().enumerate();
            items.try_for_each(|(index, value)| variable(value, item, types, &Place::Item(place, index)))
        }
        Given::Object(fields) => {
            let of = MetaTypeName::concrete_typename(of);
            let object = matches!(types.named(of), Some(MetaType::InputObject { .. }));
            fields.iter_mut().try_for_each(|(name, value)| {
                let field = types.input_field(of, name);
                let place = Place::Field(place, name);
                if object && field.is_none() {
                    return Err(Error::invalid(place.to_string(), format!("is no field of {of}")));
                }
                check_text(name, "", &place)?;
                variable(value, field.map_or("", |field| &field.ty), types, &place)
            })
        }
        Given::String(text) => check_text(text, MetaTypeName::concrete_typename(of), place),
        Given::Number(number) if is_id(of) && !number.is_f64() => {
            *value = Given::String(number.to_string());
            Ok(())
        }
        _ => Ok(()),
    }
}

/// Checks a text that stands for a value of this type.
fn check_text(text: &str, of: &str, place: impl ToString) -> Result<()> {
    let rule = if text.contains('\0') {
        Err("must not contain the character U+0000".to_owned())
    } else if of == <Instant as InputType>::type_name() {
        time::instant(text).map(drop).map_err(str::to_owned)
    } else if of == <Cursor as InputType>::type_name() {
        match text.parse::<Cursor>() {
            Err(Error::Invalid { rule, .. }) => Err(rule),
            _ => Ok(()),
        }
    } else {
        Ok(())
    };
    rule.map_err(|rule| Error::invalid(place.to_string(), rule))
}

/// Checks how many items a list has. Raw JSON is none: whoever takes it bounds it.
fn check_length(items: usize, of: &str, place: impl ToString) -> Result<()> {
    if items > ITEMS && MetaTypeName::create(of).unwrap_non_null().is_list() {
        return Err(Error::invalid(place.to_string(), format!("must have at most {ITEMS} items")));
    }
    Ok(())
}

/// Where a text stands that an id refused: in the argument whose value is `at` this position.
pub fn place_of(
    document: &ExecutableDocument,
    variables: &Variables,
    types: &Types,
    at: Pos,
    refused: &str,
) -> Option<String> {
    let mut sets: Vec<(&SelectionSet, Option<&str>)> = Vec::new();
    for (_, operation) in document.operations.iter() {
        sets.push((&operation.node.selection_set.node, types.root(operation.node.ty)));
    }
    for fragment in document.fragments.values() {
        sets.push((&fragment.node.selection_set.node, Some(&fragment.node.type_condition.node.on.node)));
    }
    while let Some((set, parent)) = sets.pop() {
        for item in &set.items {
            match &item.node {
                Selection::Field(field) => {
                    let field = &field.node;
                    if let Some((name, value)) = field.arguments.iter().find(|(_, value)| value.pos == at) {
                        let declared =
                            types.field(parent?, &field.name.node)?.args.get(name.node.as_str())?;
                        let known =
                            |name: Name| Ok::<_, ()>(variables.get(&name).cloned().unwrap_or_default());
                        let given = value.node.clone().into_const_with(known).ok()?;
                        let place = match &value.node {
                            Value::Variable(name) => format!("${name}"),
                            _ => name.node.to_string(),
                        };
                        return standing(&given, &declared.ty, types, place, refused);
                    }
                    sets.push((&field.selection_set.node, types.selected(parent, &field.name.node)));
                }
                Selection::InlineFragment(inline) => {
                    let on = inline.node.type_condition.as_ref().map(|on| on.node.on.node.as_str());
                    sets.push((&inline.node.selection_set.node, on.or(parent)));
                }
                Selection::FragmentSpread(_) => {} // looked at by itself
            }
        }
    }
    None
}

/// Where an id with this text stands in a value.
fn standing(value: &Given, of: &str, types: &Types, place: String, text: &str) -> Option<String> {
    match value {
        Given::String(found) => (is_id(of) && found == text).then_some(place),
        Given::List(items) => {
            let mut items = items.iter().enumerate();
            items.find_map(|(index, item)| {
                standing(item, item_of(of), types, format!("{place}.{index}"), text)
            })
        }
        Given::Object(fields) => {
            let of = MetaTypeName::concrete_typename(of);
            fields.iter().find_map(|(name, value)| {
                let field = types.input_field(of, name)?;
                standing(value, &field.ty, types, format!("{place}.{name}"), text)
            })
        }
        _ => None,
    }
}

/// The type of a list's items. A single value stands for a list of it, so what is no list is its own item.
fn item_of(list: &str) -> &str {
    match MetaTypeName::create(list).unwrap_non_null() {
        MetaTypeName::List(item) => item,
        MetaTypeName::Named(name) | MetaTypeName::NonNull(name) => name,
    }
}

fn is_id(of: &str) -> bool {
    MetaTypeName::concrete_typename(of) == "ID"
}

/// Takes out what stands for variables that were not sent: their arguments and fields are as if they were not there, in
/// lists they are null.
pub fn leave_out(set: &mut SelectionSet, absent: &[Name]) {
    for item in &mut set.items {
        match &mut item.node {
            Selection::Field(field) => {
                let Field { arguments, selection_set, .. } = &mut field.node;
                arguments.retain_mut(|(_, value)| keeps(&mut value.node, absent));
                leave_out(&mut selection_set.node, absent);
            }
            Selection::InlineFragment(inline) => leave_out(&mut inline.node.selection_set.node, absent),
            Selection::FragmentSpread(_) => {}
        }
    }
}

/// Whether a value is there; what lies in it is cleaned.
fn keeps(value: &mut Value, absent: &[Name]) -> bool {
    match value {
        Value::Variable(name) => return !absent.contains(name),
        Value::List(items) => {
            for item in items {
                if !keeps(item, absent) {
                    *item = Value::Null;
                }
            }
        }
        Value::Object(fields) => fields.retain(|_, value| keeps(value, absent)),
        _ => {}
    }
    true
}

/// The variables that an operation declares and a request did not send.
pub fn absent(operation: &OperationDefinition, variables: &Variables) -> Vec<Name> {
    let names =
        operation.variable_definitions.iter().map(|definition: &Positioned<_>| &definition.node.name.node);
    names.filter(|name| !variables.contains_key(*name)).cloned().collect()
}
