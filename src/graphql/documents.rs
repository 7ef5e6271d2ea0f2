//! Documents: parsed once, measured before anything else looks at them, remembered when they were answered well.
//!
//! The measure is taken on the parsed document with every fragment measured once, so that a small document that expands
//! a million times costs no time. Its points bound the work: a field is one point, a list's selection counts as often as
//! the list is long.

use std::collections::HashMap;
use std::path::Path;
use std::sync::{Arc, OnceLock};

use async_graphql::parser::types::{
    ExecutableDocument, Field, OperationDefinition, OperationType, Selection, SelectionSet,
};
use async_graphql::{Name, Positioned, Value, Variables};

use super::fast::is_mergeable;
use super::stream_root;
use crate::kernel::{Error, Result};
use crate::platform::auth::hash_secret;
use crate::platform::config::LimitsConfig;
use crate::platform::db::{DEFAULT_PAGE, MAX_PAGE};

/// A parsed document.
pub struct Document {
    /// What the executor runs.
    pub parsed: ExecutableDocument,
    /// By the operation's name, whether ready JSON text may stand in its answer: looked at once, when it is executed.
    mergeable: HashMap<Option<Name>, OnceLock<bool>>,
}

impl Document {
    fn new(parsed: ExecutableDocument) -> Self {
        let mergeable = parsed.operations.iter().map(|(name, _)| (name.cloned(), OnceLock::new())).collect();
        Document { parsed, mergeable }
    }

    /// Whether ready JSON text may stand in the answer to an operation that was measured.
    pub fn is_mergeable(&self, operation: &OperationDefinition) -> bool {
        let same = |candidate: &OperationDefinition| std::ptr::eq(candidate, operation);
        let name =
            self.parsed.operations.iter().find(|(_, op)| same(&op.node)).map(|(name, _)| name.cloned());
        let known = name.and_then(|name| self.mergeable.get(&name));
        known.is_some_and(|known| *known.get_or_init(|| is_mergeable(&self.parsed, operation)))
    }
}

/// The documents of this process.
pub struct Documents {
    /// Parsed ones, by the SHA-256 of their text; also those that clients registered (automatic persisted queries).
    parsed: moka::sync::Cache<String, Arc<Document>>,
    /// Those that were validated and answered without an error: they need no validation again.
    proven: moka::sync::Cache<String, ()>,
    /// The only ones that are answered, if so configured.
    trusted: Option<HashMap<String, String>>,
}

/// What a request asks for, by text, by hash, or both.
pub struct Asked<'a> {
    /// The document's text; empty when only its hash was sent.
    pub query: &'a str,
    /// Its SHA-256 in hexadecimal, from `extensions.persistedQuery.sha256Hash`.
    pub sha256: Option<&'a str>,
}

/// What a document asks of the server.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Measure {
    /// Points: about one a field and row.
    pub cost: u64,
    /// Levels of nesting.
    pub depth: usize,
}

impl Documents {
    /// No documents yet; the trusted ones are read from their file.
    ///
    /// # Errors
    /// When the file of trusted documents cannot be read.
    pub fn new(trusted: Option<&Path>) -> Result<Self> {
        let read = |path: &Path| -> Result<HashMap<String, String>> {
            let text = std::fs::read_to_string(path).map_err(|cause| {
                Error::internal(format!("trusted documents in {}: {cause}", path.display()))
            })?;
            Ok(serde_json::from_str(&text)?)
        };
        let cache = || moka::sync::Cache::builder().max_capacity(1000);
        Ok(Documents {
            parsed: cache().build(),
            proven: moka::sync::Cache::builder().max_capacity(1000).build(),
            trusted: trusted.map(read).transpose()?,
        })
    }

    /// Finds or parses the document of a request; the text is its hash, by which `prove` and `is_proven` know it.
    ///
    /// # Errors
    /// `Invalid` with the reason: syntax, an unknown or wrong hash, a document that is not trusted.
    pub fn find(&self, asked: &Asked<'_>) -> Result<(String, Arc<Document>), Refused> {
        let hash = match (asked.query, asked.sha256) {
            ("", None) => return Err(Refused::Missing),
            ("", Some(hash)) => hash.to_lowercase(),
            (text, Some(told)) if hash_secret(text) != told.to_lowercase() => {
                return Err(Refused::HashMismatch);
            }
            (text, _) => hash_secret(text),
        };
        let text = match &self.trusted {
            Some(trusted) => trusted.get(&hash).ok_or(Refused::NotTrusted)?.as_str(),
            None => asked.query,
        };
        if let Some(document) = self.parsed.get(&hash) {
            return Ok((hash, document));
        }
        if text.is_empty() {
            return Err(Refused::NotFound);
        }
        let mut parsed = async_graphql::parser::parse_query(text)
            .map_err(|cause| Refused::Syntax(Box::new(cause.into())))?;
        stream_root::settle(&mut parsed).map_err(|error| Refused::Syntax(Box::new(error)))?;
        let document = Arc::new(Document::new(parsed));
        self.parsed.insert(hash.clone(), document.clone());
        Ok((hash, document))
    }

    /// Whether the document was validated and answered without an error before.
    pub fn is_proven(&self, hash: &str) -> bool {
        self.proven.contains_key(hash)
    }

    /// The document was validated and answered without an error.
    pub fn prove(&self, hash: &str) {
        self.proven.insert(hash.to_owned(), ());
    }
}

/// Why a document is not answered.
#[derive(Debug)]
pub enum Refused {
    /// There is neither a text nor a hash.
    Missing,
    /// No document with this hash is known: send its text too.
    NotFound,
    /// Text and hash do not belong together.
    HashMismatch,
    /// Only trusted documents are answered here.
    NotTrusted,
    /// The text is no GraphQL, or no subscription of its may be answered.
    Syntax(Box<async_graphql::ServerError>),
}

/// The operation that a request means: the named one, or the only one.
pub fn operation<'a>(
    document: &'a ExecutableDocument,
    name: Option<&str>,
) -> Option<&'a OperationDefinition> {
    let mut all = document.operations.iter();
    match name {
        Some(name) => all.find(|(n, _)| n.is_some_and(|n| n.as_str() == name)).map(|(_, op)| &op.node),
        None => match (all.next(), all.next()) {
            (Some((_, only)), None) => Some(&only.node),
            _ => None,
        },
    }
}

/// What an operation is called in traces: its type, and its name if it has one.
pub fn title(document: &ExecutableDocument, name: Option<&str>) -> (&'static str, Option<String>) {
    let found =
        document.operations.iter().find(|(known, _)| name.is_none() || known.map(|n| n.as_str()) == name);
    let kind = match found.map(|(_, operation)| operation.node.ty) {
        Some(OperationType::Mutation) => "mutation",
        Some(OperationType::Subscription) => "subscription",
        Some(OperationType::Query) | None => "query",
    };
    // The caller chose it: a name is not to be as long as a letter.
    let name = found.and_then(|(name, _)| name).map(|name| name.as_str().chars().take(64).collect());
    (kind, name)
}

/// Whether an operation only reads.
pub fn is_query(operation: &OperationDefinition) -> bool {
    operation.ty == OperationType::Query
}

/// Whether an operation is a stream.
pub fn is_subscription(operation: &OperationDefinition) -> bool {
    operation.ty == OperationType::Subscription
}

/// The only root field of an operation, looked for through fragments; `None` when there is none, or more than one.
pub fn only_field<'a>(
    document: &'a ExecutableDocument,
    operation: &'a OperationDefinition,
) -> Option<&'a Field> {
    fn fields<'a>(document: &'a ExecutableDocument, set: &'a SelectionSet, found: &mut Vec<&'a Field>) {
        for selection in &set.items {
            match &selection.node {
                Selection::Field(field) => found.push(&field.node),
                Selection::InlineFragment(inline) => fields(document, &inline.node.selection_set.node, found),
                Selection::FragmentSpread(spread) => {
                    if let Some(fragment) = document.fragments.get(&spread.node.fragment_name.node) {
                        fields(document, &fragment.node.selection_set.node, found);
                    }
                }
            }
        }
    }
    let mut found = Vec::new();
    fields(document, &operation.selection_set.node, &mut found);
    match found[..] {
        [only] => Some(only),
        _ => None,
    }
}

/// Refuses a request that leaves out a variable which must be there. (The executor would notice only at the field.)
///
/// # Errors
/// `Invalid` with the variable's name.
pub fn check_variables(operation: &OperationDefinition, variables: &Variables) -> Result<()> {
    for definition in &operation.variable_definitions {
        let definition = &definition.node;
        let given = variables.get(&definition.name.node).is_some_and(|value| *value != Value::Null);
        if !definition.var_type.node.nullable && definition.default_value.is_none() && !given {
            let rule = format!("must be given: it is {}", definition.var_type.node);
            return Err(Error::invalid(format!("${}", definition.name.node), rule));
        }
    }
    Ok(())
}

/// Measures what is asked and refuses what is too much, naming the limit.
///
/// # Errors
/// `Invalid`.
pub fn measure(
    document: &ExecutableDocument,
    operation: &OperationDefinition,
    variables: &Variables,
    limits: &LimitsConfig,
) -> Result<Measure> {
    let mut taker = Taker { document, variables, fragments: HashMap::new(), aliases: 0, directives: 0 };
    let measure = taker.set(&operation.selection_set.node)?;
    // Fragments are counted once here, however often they are spread: so are their aliases and directives.
    let over = |what: &str, is: u64, most: u64| {
        Err(Error::invalid(
            "query",
            format!("the document is too large: {what} {is}, at most {most} are allowed"),
        ))
    };
    let count = |n: usize| n as u64;
    if measure.depth > limits.depth {
        return over("its depth is", count(measure.depth), count(limits.depth));
    }
    if taker.aliases > limits.aliases {
        return over("its aliases are", count(taker.aliases), count(limits.aliases));
    }
    if taker.directives > limits.directives {
        return over("its directives are", count(taker.directives), count(limits.directives));
    }
    if measure.cost > limits.cost {
        return over("its cost in points is", measure.cost, limits.cost);
    }
    Ok(measure)
}

struct Taker<'a> {
    document: &'a ExecutableDocument,
    variables: &'a Variables,
    /// `None` while a fragment is being measured: meeting it then is a circle.
    fragments: HashMap<Name, Option<Measure>>,
    aliases: usize,
    directives: usize,
}

impl Taker<'_> {
    fn set(&mut self, set: &SelectionSet) -> Result<Measure> {
        let mut sum = Measure::default();
        for selection in &set.items {
            let part = match &selection.node {
                Selection::Field(field) => self.field(field)?,
                Selection::InlineFragment(inline) => {
                    self.directives += inline.node.directives.len();
                    self.set(&inline.node.selection_set.node)?
                }
                Selection::FragmentSpread(spread) => {
                    self.directives += spread.node.directives.len();
                    self.fragment(&spread.node.fragment_name.node)?
                }
            };
            sum.cost = sum.cost.saturating_add(part.cost);
            sum.depth = sum.depth.max(part.depth);
        }
        Ok(sum)
    }

    fn field(&mut self, field: &Positioned<Field>) -> Result<Measure> {
        self.aliases += usize::from(field.node.alias.is_some());
        self.directives += field.node.directives.len();
        let inner = self.set(&field.node.selection_set.node)?;
        Ok(Measure {
            cost: inner.cost.saturating_mul(self.length(&field.node)).saturating_add(1),
            depth: inner.depth + 1,
        })
    }

    fn fragment(&mut self, name: &Name) -> Result<Measure> {
        match self.fragments.get(name) {
            Some(Some(known)) => return Ok(*known),
            Some(None) => return Err(Error::invalid("query", format!("the fragment {name} spreads itself"))),
            None => {}
        }
        let Some(fragment) = self.document.fragments.get(name) else {
            return Ok(Measure::default()); // validation will say that it is unknown
        };
        self.fragments.insert(name.clone(), None);
        let measure = self.set(&fragment.node.selection_set.node)?;
        self.fragments.insert(name.clone(), Some(measure));
        Ok(measure)
    }

    /// How many rows a field may give: what it asks for, or a page where it selects the rows of one.
    fn length(&self, field: &Field) -> u64 {
        let known = |name: Name| self.variables.get(&name).cloned().ok_or(());
        let number = |name: &str| match field.get_argument(name)?.node.clone().into_const_with(known) {
            Ok(Value::Number(number)) => number.as_i64(),
            _ => None,
        };
        let asked = ["first", "last"].into_iter().find_map(number);
        let pages = |selection: &Positioned<Selection>| matches!(&selection.node, Selection::Field(f) if ["nodes", "edges"].contains(&f.node.name.node.as_str()));
        let default = if field.selection_set.node.items.iter().any(pages) { DEFAULT_PAGE } else { 1 };
        let rows = asked.unwrap_or_else(|| i64::from(default)).clamp(1, i64::from(MAX_PAGE));
        u64::try_from(rows).unwrap_or(1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn measured(text: &str) -> Result<Measure> {
        let document = async_graphql::parser::parse_query(text).expect("syntax");
        let limits = crate::platform::config::Config::from_lookup(&|_| None).0.expect("defaults").limits;
        let operation = operation(&document, None).expect("one operation");
        measure(&document, operation, &Variables::default(), &limits)
    }

    #[test]
    fn a_list_counts_its_rows() {
        for (text, cost, depth) in [
            ("{ viewer { name } }", 2, 2),
            ("{ clients(first: 50) { nodes { name } } }", 1 + 50 * 2, 3),
            ("{ clients { nodes { name } } }", 1 + 25 * 2, 3),
            (
                "{ clients(first: 10) { nodes { eventLog(first: 5) { nodes { text } } } } }",
                1 + 10 * (1 + 1 + 5 * 2),
                5,
            ),
            ("{ a: viewer { ...F } b: viewer { ...F } } fragment F on User { name email }", 6, 2),
        ] {
            assert_eq!(measured(text).expect(text), Measure { cost, depth }, "{text}");
        }
    }

    #[test]
    fn a_fragment_bomb_is_refused_at_once() {
        let mut text = String::from("{ viewer { ...F0 } }");
        for i in 0..40 {
            text.push_str(&format!(" fragment F{i} on User {{ a: name ...F{n} ...F{n} }}", n = i + 1));
        }
        text.push_str(" fragment F40 on User { name }");
        let message = measured(&text).expect_err("refused").to_string();
        assert!(message.contains("its cost in points is"), "{message}");
    }

    #[test]
    fn circles_and_depth_are_refused() {
        let circle = "{ viewer { ...A } } fragment A on User { ...B } fragment B on User { ...A }";
        assert!(measured(circle).expect_err("circle").to_string().contains("spreads itself"));
        let deep = format!("{{ {} name {} }}", "team { ".repeat(20), "} ".repeat(20));
        assert!(measured(&deep).expect_err("deep").to_string().contains("its depth is 21, at most 15"));
    }
}
