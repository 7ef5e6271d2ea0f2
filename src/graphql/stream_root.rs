//! The root of a subscription: exactly one field. The executor looks for it in the operation's own selection only, so what
//! stands in fragments, or twice in the same words, is put there when the document is parsed.

use std::collections::HashSet;

use async_graphql::parser::types::{
    DocumentOperations, ExecutableDocument, Field, FragmentDefinition, OperationDefinition, OperationType,
    Selection, SelectionSet,
};
use async_graphql::{Name, Pos, Positioned, ServerError};

/// The type of the root.
const ROOT: &str = "Subscription";
/// Fragments within fragments that are looked through; what lies deeper is left to the measure of the document.
const DEPTH: usize = 32;

/// Gives every subscription of a document its one root field as the only selection. What is wrong in any other way than
/// in the root's own rules is left as it is, for validation tells it better.
///
/// # Errors
/// When a root asks for more than one field or for one of the schema, or when `@skip` or `@include` stands there.
pub fn settle(document: &mut ExecutableDocument) -> Result<(), ServerError> {
    let ExecutableDocument { operations, fragments } = document;
    let operations: Vec<&mut Positioned<OperationDefinition>> = match operations {
        DocumentOperations::Single(only) => vec![only],
        DocumentOperations::Multiple(all) => all.values_mut().collect(),
    };
    let mut spread = HashSet::new();
    for operation in
        operations.into_iter().filter(|operation| operation.node.ty == OperationType::Subscription)
    {
        let set = &mut operation.node.selection_set;
        let mut root = Root { fragments, fields: Vec::new(), spread: HashSet::new(), open: Vec::new() };
        if !root.gather(&set.node, 0)? {
            continue;
        }
        if let Some(field) = root.merged(set.pos)? {
            spread.extend(root.spread);
            set.node.items = vec![Positioned::new(Selection::Field(field.clone()), field.pos)];
        }
    }
    // Nothing spreads them any more, and a fragment that is not used is refused.
    fragments.retain(|name, _| !spread.contains(name));
    Ok(())
}

type Fragments = std::collections::HashMap<Name, Positioned<FragmentDefinition>>;

/// The root of one subscription.
struct Root<'a> {
    fragments: &'a Fragments,
    fields: Vec<&'a Positioned<Field>>,
    /// Fragments whose fields were gathered.
    spread: HashSet<Name>,
    /// Those among them that are being looked through.
    open: Vec<&'a Name>,
}

impl<'a> Root<'a> {
    /// Gathers the fields of a selection; `false`: something is wrong that validation, or the measure, tells.
    fn gather(&mut self, set: &'a SelectionSet, depth: usize) -> Result<bool, ServerError> {
        for selection in &set.items {
            let conditional = |name: &str| name == "skip" || name == "include";
            let directives = selection.node.directives();
            if let Some(directive) = directives.iter().find(|found| conditional(&found.node.name.node)) {
                let message =
                    format!("@{} must not stand at the root of a subscription", directive.node.name.node);
                return Err(refused(message, directive.pos));
            }
            let inner = match &selection.node {
                Selection::Field(field) => {
                    self.fields.push(field);
                    continue;
                }
                _ if !directives.is_empty() || depth == DEPTH => return Ok(false),
                Selection::InlineFragment(inline) => {
                    let condition = inline.node.type_condition.as_ref();
                    let here = condition.is_none_or(|condition| condition.node.on.node == ROOT);
                    here.then_some((None, &inline.node.selection_set.node))
                }
                Selection::FragmentSpread(spread) => {
                    let found = self.fragments.get_key_value(&spread.node.fragment_name.node);
                    let here = found.filter(|(_, fragment)| {
                        fragment.node.type_condition.node.on.node == ROOT
                            && fragment.node.directives.is_empty()
                    });
                    here.map(|(name, fragment)| (Some(name), &fragment.node.selection_set.node))
                }
            };
            let Some((name, inner)) = inner else { return Ok(false) };
            if name.is_some_and(|name| self.open.contains(&name)) {
                return Ok(false); // a circle
            }
            if name.is_some_and(|name| !self.spread.insert(name.clone())) {
                continue; // its fields are here already
            }
            self.open.extend(name);
            if !self.gather(inner, depth + 1)? {
                return Ok(false);
            }
            if name.is_some() {
                self.open.pop();
            }
        }
        Ok(true)
    }

    /// The one field, with all that its mentions select; `None` when they contradict each other.
    fn merged(&self, pos: Pos) -> Result<Option<Positioned<Field>>, ServerError> {
        let Some((first, others)) = self.fields.split_first() else { return Ok(None) };
        let key = |field: &Positioned<Field>| field.node.response_key().node.clone();
        if first.node.name.node.starts_with("__") || others.iter().any(|other| key(other) != key(first)) {
            return Err(refused(
                "a subscription asks for exactly one field, and not for one of the schema",
                pos,
            ));
        }
        let mut merged = Positioned::clone(first);
        for other in others {
            let arguments = &other.node.arguments;
            let alike = other.node.name.node == first.node.name.node
                && arguments.len() == first.node.arguments.len()
                && arguments.iter().all(|(name, value)| {
                    first.node.get_argument(&name.node).is_some_and(|mine| mine.node == value.node)
                });
            if !alike {
                return Ok(None);
            }
            merged.node.directives.extend(other.node.directives.iter().cloned());
            merged.node.selection_set.node.items.extend(other.node.selection_set.node.items.iter().cloned());
        }
        Ok(Some(merged))
    }
}

fn refused(message: impl Into<String>, pos: Pos) -> ServerError {
    ServerError::new(message, Some(pos))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The names that the only root field selects, or why it is refused; `None`: left to validation.
    fn root(text: &str) -> Result<Option<String>, String> {
        let mut document = async_graphql::parser::parse_query(text).expect("syntax");
        settle(&mut document).map_err(|error| error.message)?;
        let (_, operation) = document.operations.iter().next().expect("one operation");
        let [Positioned { node: Selection::Field(field), .. }] = &operation.node.selection_set.node.items[..]
        else {
            return Ok(None);
        };
        assert!(!document.fragments.contains_key("F"), "it is not spread any more");
        let inner = field.node.selection_set.node.items.iter().map(|item| match &item.node {
            Selection::Field(field) => field.node.name.node.to_string(),
            Selection::FragmentSpread(spread) => format!("...{}", spread.node.fragment_name.node),
            Selection::InlineFragment(_) => "...".to_owned(),
        });
        Ok(Some(inner.collect::<Vec<String>>().join(" ")))
    }

    #[test]
    fn the_one_field_is_found_wherever_it_stands() {
        for (text, selected) in [
            ("subscription { feed { cursor } }", Some("cursor")),
            ("subscription { ...F } fragment F on Subscription { feed { cursor } }", Some("cursor")),
            ("subscription { ... { ... on Subscription { feed { cursor } } } }", Some("cursor")),
            ("subscription { ...F ...F } fragment F on Subscription { feed { cursor } }", Some("cursor")),
            (
                "subscription { feed { cursor } feed { eventId ...G } } fragment G on T { x }",
                Some("cursor eventId ...G"),
            ),
            (
                "subscription { feed(after: \"x\") { a } ...F } fragment F on Subscription { feed(after: \"x\") { b } }",
                Some("a b"),
            ),
            // What validation, or the measure, tells.
            ("subscription { feed(after: \"x\") { a } feed(after: \"y\") { b } }", None),
            ("subscription { ...G }", None),
            ("subscription { ...G } fragment G on Query { viewer { id } }", None),
            ("subscription { ...G } fragment G on Subscription { feed { a } ...G }", None),
        ] {
            assert_eq!(root(text), Ok(selected.map(str::to_owned)), "{text}");
        }
    }

    #[test]
    fn a_root_that_is_not_one_field_is_refused() {
        for (text, why) in [
            ("subscription { a: feed { x } b: feed { x } }", "exactly one field"),
            (
                "subscription { feed { x } ...F } fragment F on Subscription { dashboard { x } }",
                "exactly one field",
            ),
            ("subscription { __typename }", "exactly one field"),
            ("subscription { feed @skip(if: true) { x } }", "@skip must not"),
            ("subscription($v: Boolean!) { feed @include(if: $v) { x } }", "@include must not"),
            ("subscription { ... @include(if: true) { feed { x } } }", "@include must not"),
            (
                "subscription { ...F } fragment F on Subscription { feed @skip(if: false) { x } }",
                "@skip must not",
            ),
        ] {
            let refused = root(text).expect_err(text);
            assert!(refused.contains(why), "{text}: {refused}");
        }
    }
}
