//! What documents cost, and which are refused.

use super::*;

fn documents() -> Documents {
    let limits = crate::platform::config::Config::from_lookup(&|_| None).0.expect("defaults").limits;
    Documents::new(None, crate::graphql::schema::types(), limits).expect("no file")
}

fn measured(text: &str, variables: serde_json::Value) -> Result<Measured> {
    let documents = documents();
    let found = documents.find(&Asked { query: text, sha256: None }).map_err(|refused| match refused {
        Refused::Wrong(error) | Refused::TooLarge(error) => error,
        other => panic!("{other:?}"),
    })?;
    let operation = operation(&found.document.parsed, None).expect("one operation");
    documents.measure(&found.document, operation, Variables::from_json(variables))
}

fn cost(text: &str, variables: serde_json::Value) -> u64 {
    measured(text, variables).unwrap_or_else(|error| panic!("{text}: {error}")).cost
}

#[test]
fn a_list_counts_what_it_can_give() {
    let none = || serde_json::json!({});
    for (text, points) in [
        ("{ viewer { name } }", 2),
        ("{ viewer { name __typename } __typename }", 2),
        ("{ viewer { name a: __typename } }", 3),
        ("{ clients(first: 50) { nodes { name } } }", 1 + 50 * 2),
        ("{ clients(last: 50) { nodes { name } } }", 1 + 50 * 2),
        ("{ clients { nodes { name } } }", 1 + 25 * 2),
        ("{ clients { ...F } } fragment F on ClientConnection { edges { node { name } } }", 1 + 25 * 3),
        ("{ clients { ... { nodes { name } } } }", 1 + 25 * 2),
        (
            "{ clients(first: 10) { nodes { eventLog(first: 5) { nodes { text } } } } }",
            1 + 10 * (1 + 1 + 5 * 2),
        ),
        ("query($n: Int = 100) { clients(first: $n) { nodes { name } } }", 1 + 100 * 2),
        ("query($n: Int) { clients(first: $n) { nodes { name } } }", 1 + 25 * 2),
        ("{ agendaEvents(range: {}, first: 5000) { nodes { id } } }", 1 + 5000 * 2),
        ("{ clients(first: 5000) { nodes { id } } }", 1 + 100 * 2),
        ("{ nodes(ids: [\"a\", \"b\", \"c\"]) { id } }", 1 + 3),
        ("{ markets { ecosystems { name } } }", 1 + 100 * (1 + 100)),
        ("{ clientSearch(text: \"x\") { client { name } } }", 1 + 10 * 2),
        ("{ node(id: 5) { ... on Client { externalRefs { key } } } }", 1 + 1 + 100),
    ] {
        assert_eq!(cost(text, none()), points, "{text}");
    }
    let ids = serde_json::json!({ "ids": ["a", "b"], "n": 7 });
    assert_eq!(cost("query($ids: [ID!]!) { nodes(ids: $ids) { id } }", ids.clone()), 1 + 2);
    assert_eq!(cost("query($n: Int = 100) { clients(first: $n) { nodes { name } } }", ids), 1 + 7 * 2);
}

#[test]
fn what_no_variable_decides_is_counted_once() {
    let documents = documents();
    let found = |text: &str| documents.find(&Asked { query: text, sha256: None }).expect(text).document;
    for (text, known) in [
        ("{ clients { nodes { name } } }", Some(1 + 25 * 2)),
        ("query($n: Int) { clients(first: $n) { nodes { name } } }", None),
    ] {
        let document = found(text);
        let operation = operation(&document.parsed, None).expect("one operation");
        for _ in 0..2 {
            let measured = documents.measure(&document, operation, Variables::default()).expect(text);
            assert_eq!((measured.executed.cost, measured.cost), (known, 1 + 25 * 2), "{text}");
        }
    }
}

#[test]
fn every_list_of_objects_is_declared() {
    assert_eq!(crate::graphql::schema::types().undeclared(), Vec::<String>::new());
}

#[test]
fn equal_fields_are_one() {
    for (text, points) in [
        ("{ viewer { name } viewer { name email } ...F } fragment F on Query { viewer { name } }", 3),
        ("{ a: viewer { ...F } b: viewer { ...F } } fragment F on User { name email }", 6),
        ("{ clients(first: 1) { totalCount } ... on Query { clients(first: 1) { totalCount } } }", 2),
        ("{ viewer { name @skip(if: true) } viewer @include(if: false) { email } viewer { id } }", 2),
        ("query($is: Boolean = true) { viewer { name @skip(if: $is) email @include(if: $is) } }", 2),
        // Of an interface, each kind of object by itself.
        (
            "{ node(id: \"x\") { id ... on Client { name } ... on Client { name phone } ... on Node { id } } }",
            4,
        ),
        ("{ node(id: \"x\") { ... on Client { ... on Syncable { id } ... on Team { id } id } } }", 2),
        ("{ node(id: \"x\") { id ... on Client { id name } ... on Team { id } } }", 3),
        (
            "{ node(id: \"x\") { ... on Syncable { sync { status } } ... on Client { sync { status id } } } }",
            4,
        ),
        (
            "{ node(id: \"x\") { ... on Client { name phone } ... on Team { name } ...N } } fragment N on Node { id }",
            4,
        ),
        (
            "{ nodes(ids: [\"x\", \"y\"]) { ... on Team { users(first: 1) { totalCount } } ... on Client { name } } }",
            1 + 2 * 2,
        ),
        ("{ __schema { types { ...T } types { name } } } fragment T on __Type { name }", 3),
    ] {
        assert_eq!(cost(text, serde_json::json!({})), points, "{text}");
    }
    for different in [
        "{ clients(first: 1) { totalCount } clients(first: 2) { totalCount } }",
        "{ viewer { name } ... on Query { viewer: clients { totalCount } } }",
        "{ node(id: \"x\") { a: id ... on Client { a: name } } }",
        "subscription { a: agendaChanged { eventId } ... on Subscription { a: clientUpdated { eventId } } }",
    ] {
        let message = measured(different, serde_json::json!({})).err().expect("refused").to_string();
        assert!(message.contains("conflict"), "{message}");
    }
}

#[test]
fn fragments_that_double_are_merged_or_refused_at_once() {
    let doubling = |levels: usize, inner: &str| {
        let mut text = String::from("{ ...F0 }");
        for i in 0..levels {
            text.push_str(&format!(" fragment F{i} on Query {{ ...F{n} ...F{n} }}", n = i + 1));
        }
        format!("{text} fragment F{levels} on Query {{ {inner} }}")
    };
    assert_eq!(cost(&doubling(13, "notificationUnreadCount"), serde_json::json!({})), 1);
    let refused = measured(&doubling(40, "notificationUnreadCount"), serde_json::json!({})).err();
    let message = refused.expect("refused").to_string();
    assert!(message.contains("its selections with all fragments are"), "{message}");
    let mut text = String::from("{ viewer { ...F0 } }");
    for i in 0..9 {
        let n = i + 1;
        text.push_str(&format!(" fragment F{i} on User {{ a{i}: team {{ leader {{ ...F{n} }} }} b{i}: team {{ leader {{ ...F{n} }} }} }}"));
    }
    text.push_str(" fragment F9 on User { name }");
    assert!(measured(&text, serde_json::json!({})).is_err());
}

#[test]
fn circles_and_depth_are_refused() {
    let message = |text: &str| measured(text, serde_json::json!({})).err().expect(text).to_string();
    let circle = "{ viewer { ...A } } fragment A on User { ...B } fragment B on User { ...A }";
    assert!(message(circle).contains("spreads itself"));
    let deep = format!("{{ {} name {} }}", "team { ".repeat(20), "} ".repeat(20));
    assert!(message(&deep).contains("its depth is 21, at most 15"));
    let itself = "{ __schema { types { fields { type { fields { type { fields { name } } } } } } } }";
    assert!(message(itself).contains("must not be nested so deep"));
}

#[test]
fn values_are_checked_where_they_stand() {
    for (text, variables, told) in [
        (
            "{ clients(filter: {kind: \"PERSON\"}) { totalCount } }",
            serde_json::json!({}),
            "filter.kind: must be a value of ClientKind, without quotes",
        ),
        (
            "{ clientSearch(text: \"a\\u0000\") { score } }",
            serde_json::json!({}),
            "text: must not contain the character U+0000",
        ),
        (
            "query($f: ClientFilter = {tags: [\"\\u0000\"]}) { clients(filter: $f) { totalCount } }",
            serde_json::json!({}),
            "$f.tags.0: must not contain the character U+0000",
        ),
        (
            "query($f: ClientFilter) { clients(filter: $f) { totalCount } }",
            serde_json::json!({ "f": { "or": [{ "number": "\u{0}" }] } }),
            "$f.or.0.number: must not contain the character U+0000",
        ),
        (
            "query($f: ClientFilter) { clients(filter: $f) { totalCount } }",
            serde_json::json!({ "f": { "nmae": "x" } }),
            "$f.nmae: is no field of ClientFilter",
        ),
        (
            "query($t: String!) { clientSearch(text: $t) { score } }",
            serde_json::json!({}),
            "$t: must be given: it is String!",
        ),
    ] {
        assert_eq!(measured(text, variables).err().expect(text).to_string(), told);
    }
    let ids = measured(
        "query($id: ID!, $ids: [ID!]) { client(id: $id) { id } nodes(ids: $ids) { id } }",
        serde_json::json!({ "id": 5, "ids": [6, "x"], "other": 1 }),
    );
    let ids = serde_json::to_value(ids.expect("measured").variables).expect("JSON");
    assert_eq!(ids, serde_json::json!({ "id": "5", "ids": ["6", "x"] }));
}
