//! The root of a subscription asks for exactly one field (GraphQL specification, 5.2.4.1), whichever fragments it stands in
//! and however often. Validation does not look.

use std::collections::HashSet;

use async_graphql::parser::types::{ExecutableDocument, Field, OperationType, Selection, SelectionSet};
use async_graphql::{Pos, Positioned, ServerError};

use super::merge::decides;

/// Checks the roots of a document's subscriptions. That no fragment spreads itself was checked before.
///
/// # Errors
/// When a root asks for more than one field or for one of the schema, or when `@skip` or `@include` stands there.
pub fn check(document: &ExecutableDocument) -> Result<(), ServerError> {
    let operations = document.operations.iter().map(|(_, operation)| &operation.node);
    for operation in operations.filter(|operation| operation.ty == OperationType::Subscription) {
        let set = &operation.selection_set;
        let mut root = Root { document, fields: Vec::new(), spread: HashSet::new() };
        root.look(&set.node)?;
        let key = |field: &'_ Positioned<Field>| field.node.response_key().node.clone();
        let mut fields = root.fields.iter();
        let first = fields.next().map(|first| key(first));
        let other = fields.any(|field| Some(key(field)) != first);
        if other || root.fields.iter().any(|field| field.node.name.node.starts_with("__")) {
            let message = "a subscription asks for exactly one field, and not for one of the schema";
            return Err(refused(message, set.pos));
        }
    }
    Ok(())
}

struct Root<'a> {
    document: &'a ExecutableDocument,
    fields: Vec<&'a Positioned<Field>>,
    /// The fragments that were looked at.
    spread: HashSet<&'a str>,
}

impl<'a> Root<'a> {
    fn look(&mut self, set: &'a SelectionSet) -> Result<(), ServerError> {
        for selection in &set.items {
            if let Some(directive) = selection.node.directives().iter().find(|directive| decides(directive)) {
                let name = &directive.node.name.node;
                let message = format!("@{name} must not stand at the root of a subscription");
                return Err(refused(message, directive.pos));
            }
            match &selection.node {
                Selection::Field(field) => self.fields.push(field),
                Selection::InlineFragment(inline) => self.look(&inline.node.selection_set.node)?,
                Selection::FragmentSpread(spread) => {
                    let name = &spread.node.fragment_name.node;
                    // An unknown one is told by validation.
                    if let Some(fragment) = self.document.fragments.get(name)
                        && self.spread.insert(name)
                    {
                        self.look(&fragment.node.selection_set.node)?;
                    }
                }
            }
        }
        Ok(())
    }
}

fn refused(message: impl Into<String>, pos: Pos) -> ServerError {
    ServerError::new(message, Some(pos))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn root(text: &str) -> Result<(), String> {
        let document = async_graphql::parser::parse_query(text).expect(text);
        check(&document).map_err(|error| error.message)
    }

    #[test]
    fn one_field_is_one_wherever_it_stands() {
        for text in [
            "subscription { feed { x } }",
            "subscription { ...F ...F feed { x } } fragment F on Subscription { feed { x } ...G } fragment G on Subscription { feed { y } }",
            "subscription { ... on Subscription { ... { feed { x } } } }",
            "query { a b __typename @skip(if: true) }",
            // Told by validation.
            "subscription { ...Unknown }",
            "subscription { ...G } fragment G on Query { viewer { id } }",
        ] {
            assert_eq!(root(text), Ok(()), "{text}");
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
            ("subscription { a: __typename }", "exactly one field"),
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
