//! The writer that copies ready JSON text, and the check that a document allows it.

use std::collections::HashSet;

use async_graphql::parser::types::{Selection, SelectionSet};
use async_graphql::{Name, Response};

/// Request data: this transport writes with [`to_json`] and the document [`is_mergeable`]. Without it no plan is made.
pub struct RawJson;

struct RawFormatter;

impl serde_json::ser::Formatter for RawFormatter {
    fn write_byte_array<W: ?Sized + std::io::Write>(
        &mut self,
        writer: &mut W,
        text: &[u8],
    ) -> std::io::Result<()> {
        writer.write_all(text)
    }
}

/// A response as the specification orders it: a request that was not executed has no `data`.
#[derive(serde::Serialize)]
struct Wire<'a> {
    #[serde(skip_serializing_if = "Vec::is_empty")]
    errors: &'a Vec<async_graphql::ServerError>,
    #[serde(skip_serializing_if = "Option::is_none")]
    data: Option<&'a async_graphql::Value>,
    #[serde(skip_serializing_if = "std::collections::BTreeMap::is_empty")]
    extensions: &'a std::collections::BTreeMap<String, async_graphql::Value>,
}

/// Takes so many bytes and no more.
struct Bounded {
    out: Vec<u8>,
    most: usize,
}

impl std::io::Write for Bounded {
    fn write(&mut self, text: &[u8]) -> std::io::Result<usize> {
        if text.len() > self.most - self.out.len() {
            return Err(std::io::ErrorKind::FileTooLarge.into());
        }
        self.out.extend_from_slice(text);
        Ok(text.len())
    }
    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// A response as JSON, with `Value::Binary` copied as the text that it is.
pub fn to_json(response: &Response, executed: bool) -> String {
    let text = to_json_within(response, executed, usize::MAX);
    text.unwrap_or_else(|| r#"{"errors":[{"message":"something went wrong on our side"}]}"#.to_owned())
}

/// The same; `None` when it would have more than `most` bytes.
pub fn to_json_within(response: &Response, executed: bool, most: usize) -> Option<String> {
    let mut out = Bounded { out: Vec::with_capacity(1024), most };
    let mut serializer = serde_json::Serializer::with_formatter(&mut out, RawFormatter);
    let wire = Wire {
        errors: &response.errors,
        data: executed.then_some(&response.data),
        extensions: &response.extensions,
    };
    serde::Serialize::serialize(&wire, &mut serializer).ok()?;
    String::from_utf8(out.out).ok()
}

/// Whether no selection asks twice for a key with fields of its own: the executor merges those, which it could not do with
/// ready text. Two that have none are the same value, as the `kind` of two members of a union. Equal fields were merged
/// before, so what is left are those of an interface and of its members.
pub fn is_mergeable(set: &SelectionSet) -> bool {
    unique(set, &mut HashSet::new())
}

fn unique<'a>(set: &'a SelectionSet, seen: &mut HashSet<&'a Name>) -> bool {
    set.items.iter().all(|item| match &item.node {
        Selection::Field(field) => {
            let inner = &field.node.selection_set.node;
            (seen.insert(&field.node.response_key().node) || inner.items.is_empty()) && is_mergeable(inner)
        }
        Selection::InlineFragment(inline) => unique(&inline.node.selection_set.node, seen),
        Selection::FragmentSpread(_) => false, // none is left after merging
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use async_graphql::Value;

    #[test]
    fn text_is_copied_and_the_rest_is_written() {
        let data = Value::from_json(serde_json::json!({ "a": 1 })).expect("an object");
        let Value::Object(mut fields) = data else { unreachable!("made as an object") };
        fields.insert(Name::new("b"), Value::Binary(br#"[{"c":2}]"#.to_vec().into()));
        let text = to_json(&Response::new(Value::Object(fields)), true);
        assert_eq!(text, r#"{"data":{"a":1,"b":[{"c":2}]}}"#);
    }

    #[test]
    fn a_key_asked_for_twice_is_seen_through_fragments() {
        for (document, fits) in [
            ("{ a { b c } }", true),
            ("{ a { b b } }", true),
            ("{ a { b { c } b { d } } }", false),
            ("{ a { b { c } ... on A { b { d } } } }", false),
            ("{ a { x: b { c } ... on A { b { c } } } }", true),
            ("{ a { b { c } ... { b { c } } } }", false),
            ("{ feed { ... on A { kind b { c } } ... on B { kind d { c } } } }", true),
        ] {
            let parsed = async_graphql::parser::parse_query(document).expect(document);
            let (_, operation) = parsed.operations.iter().next().expect("one operation");
            assert_eq!(is_mergeable(&operation.node.selection_set.node), fits, "{document}");
        }
    }
}
