//! Documents: bounded before they are parsed, checked once, measured for each request, and kept when they may be
//! answered.
//!
//! The way of a document: its text is looked at (`tokens`), parsed, its values are settled (`values`) and its extent is
//! checked (`measure`). For a request, equal fields are merged (`merge`), and what is left is counted and executed. Only
//! then is it kept, in a memory bounded by bytes: who is refused leaves nothing behind.

mod measure;
mod merge;
mod stream_root;
mod tokens;
mod types;
mod values;

use std::collections::HashMap;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};

use async_graphql::parser::types::{
    DocumentOperations, ExecutableDocument, Field, OperationDefinition, OperationType, Selection,
    SelectionSet,
};
use async_graphql::{Name, Positioned, ServerError, Value as Given, Variables};

use super::error;
use super::fast::is_mergeable;
use super::scalars::REFUSED;
use crate::kernel::{Error, Result};
use crate::platform::auth::hash_secret;
use crate::platform::config::LimitsConfig;

use tokens::Unparsed;
pub use types::Types;

/// Bytes of documents that are kept.
const KEPT: u64 = 32 * 1024 * 1024;
/// What a token takes in memory, parsed and merged: generously.
const TOKEN: usize = 500;

/// A document that was parsed and checked.
pub struct Document {
    /// What was sent: what validation judges.
    pub parsed: ExecutableDocument,
    /// By the operation's name, what is executed. Made when it is first asked for.
    merged: HashMap<Option<Name>, OnceLock<Arc<Executed>>>,
    /// Whether variables decide which fields are selected.
    is_conditional: bool,
    /// Whether it was validated without an error: queries need no validation again.
    proven: AtomicBool,
    tokens: usize,
}

/// An operation as it is executed.
#[derive(Clone)]
pub struct Executed {
    /// The operation alone, its equal fields merged.
    pub parsed: ExecutableDocument,
    /// Whether ready JSON text may stand in its answer.
    pub is_mergeable: bool,
    /// What it costs, where no variable decides that.
    cost: Option<u64>,
}

impl Executed {
    fn new(operation: OperationDefinition) -> Self {
        let is_mergeable = is_mergeable(&operation.selection_set.node);
        let position = operation.selection_set.pos;
        let operations = DocumentOperations::Single(Positioned::new(operation, position));
        let parsed = ExecutableDocument { operations, fragments: HashMap::new() };
        Executed { parsed, is_mergeable, cost: None }
    }

    /// The operation.
    pub fn operation(&self) -> Option<&OperationDefinition> {
        operation(&self.parsed, None)
    }
}

impl Document {
    fn new(parsed: ExecutableDocument, tokens: usize) -> Self {
        let merged = parsed.operations.iter().map(|(name, _)| (name.cloned(), OnceLock::new())).collect();
        let operations = parsed.operations.iter().map(|(_, operation)| &operation.node.selection_set.node);
        let fragments = parsed.fragments.values().map(|fragment| &fragment.node.selection_set.node);
        let is_conditional = operations.chain(fragments).any(is_conditional);
        Document { parsed, merged, is_conditional, proven: AtomicBool::new(false), tokens }
    }

    /// What is executed for a request that means this operation, without what stands for variables that were not sent.
    fn executed(
        &self,
        asked: &OperationDefinition,
        variables: &Variables,
        types: &Types,
        limits: &LimitsConfig,
    ) -> Result<Arc<Executed>> {
        let merge = || {
            let merged = merge::merge(&self.parsed, asked, variables, types, limits)?;
            let fixed = asked.variable_definitions.is_empty();
            let cost = fixed.then(|| measure::points(&merged, variables, types, limits)).transpose()?;
            Ok::<_, Error>(Arc::new(Executed { cost, ..Executed::new(merged) }))
        };
        let is_asked = |operation: &OperationDefinition| std::ptr::eq(operation, asked);
        let mut names = self.parsed.operations.iter();
        let name = names.find(|(_, operation)| is_asked(&operation.node)).map(|(name, _)| name.cloned());
        let known = name.and_then(|name| self.merged.get(&name)).filter(|_| !self.is_conditional);
        let mut executed = match (known, known.and_then(OnceLock::get)) {
            (_, Some(executed)) => executed.clone(),
            (Some(known), None) => {
                let merged = merge()?;
                known.get_or_init(|| merged).clone()
            }
            (None, None) => merge()?,
        };
        let absent = values::absent(asked, variables);
        if !absent.is_empty()
            && let DocumentOperations::Single(operation) = &mut Arc::make_mut(&mut executed).parsed.operations
        {
            values::leave_out(&mut operation.node.selection_set.node, &absent);
        }
        Ok(executed)
    }

    /// Whether it was validated without an error before.
    pub fn is_proven(&self) -> bool {
        self.proven.load(Ordering::Relaxed)
    }

    /// It was validated without an error.
    pub fn prove(&self) {
        self.proven.store(true, Ordering::Relaxed);
    }
}

fn is_conditional(set: &SelectionSet) -> bool {
    set.items.iter().any(|item| {
        let inner = match &item.node {
            Selection::Field(field) => is_conditional(&field.node.selection_set.node),
            Selection::InlineFragment(inline) => is_conditional(&inline.node.selection_set.node),
            Selection::FragmentSpread(_) => false,
        };
        inner || item.node.directives().iter().any(merge::decides)
    })
}

/// The documents of this process.
pub struct Documents {
    /// By the SHA-256 of their text; also those that clients registered (automatic persisted queries).
    kept: moka::sync::Cache<String, Arc<Document>>,
    /// The only ones that are answered, if so configured.
    trusted: Option<HashMap<String, String>>,
    types: Types,
    limits: LimitsConfig,
}

/// What a request asks for, by text, by hash, or both.
pub struct Asked<'a> {
    /// The document's text; empty when only its hash was sent.
    pub query: &'a str,
    /// Its SHA-256 in hexadecimal, from `extensions.persistedQuery.sha256Hash`.
    pub sha256: Option<&'a str>,
}

/// A document that was found or parsed.
pub struct Found {
    /// The SHA-256 of its text.
    pub hash: String,
    /// The document.
    pub document: Arc<Document>,
    is_new: bool,
}

/// What a request comes to.
pub struct Measured {
    /// What is executed.
    pub executed: Arc<Executed>,
    /// Its variables, coerced.
    pub variables: Variables,
    /// Points: about one a field and row.
    pub cost: u64,
}

impl Documents {
    /// No documents yet; the trusted ones are read from their file.
    ///
    /// # Errors
    /// When the file of trusted documents cannot be read.
    pub fn new(trusted: Option<&Path>, types: Types, limits: LimitsConfig) -> Result<Self> {
        let read = |path: &Path| -> Result<HashMap<String, String>> {
            let text = std::fs::read_to_string(path).map_err(|cause| {
                Error::internal(format!("trusted documents in {}: {cause}", path.display()))
            })?;
            Ok(serde_json::from_str(&text)?)
        };
        let weigh = |hash: &String, document: &Arc<Document>| {
            u32::try_from(hash.len() + document.tokens.saturating_mul(TOKEN)).unwrap_or(u32::MAX)
        };
        Ok(Documents {
            kept: moka::sync::Cache::builder().max_capacity(KEPT).weigher(weigh).build(),
            trusted: trusted.map(read).transpose()?,
            types,
            limits,
        })
    }

    /// Finds or parses the document of a request. A new one is not kept yet: see `keep`.
    ///
    /// # Errors
    /// Why it is not answered: syntax, size, an unknown or wrong hash, a document that is not trusted.
    pub fn find(&self, asked: &Asked<'_>) -> Result<Found, Refused> {
        tokens::check_length(asked.query, &self.limits).map_err(Refused::TooLarge)?;
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
        if let Some(document) = self.kept.get(&hash) {
            return Ok(Found { hash, document, is_new: false });
        }
        if text.is_empty() {
            return Err(Refused::NotFound);
        }
        Ok(Found { hash, document: Arc::new(self.parse(text)?), is_new: true })
    }

    fn parse(&self, text: &str) -> Result<Document, Refused> {
        let scanned = tokens::scan(text, &self.limits).map_err(|unparsed| match unparsed {
            Unparsed::TooLarge(error) => Refused::TooLarge(error),
            Unparsed::Syntax(error) => Refused::Syntax(error),
        })?;
        let mut parsed = async_graphql::parser::parse_query(&scanned.text)
            .map_err(|cause| Refused::Syntax(Box::new(cause.into())))?;
        measure::check(&parsed, &self.limits).map_err(Refused::Wrong)?;
        stream_root::check(&parsed).map_err(|error| Refused::Syntax(Box::new(error)))?;
        values::settle(&mut parsed, &self.types).map_err(Refused::Wrong)?;
        Ok(Document::new(parsed, scanned.tokens))
    }

    /// Measures what a request asks for, and what it costs.
    ///
    /// # Errors
    /// `Invalid` with the limit, or with the variable that is wrong.
    pub fn measure(
        &self,
        document: &Document,
        operation: &OperationDefinition,
        variables: Variables,
    ) -> Result<Measured> {
        let variables = values::coerce(operation, variables, &self.types)?;
        let executed = document.executed(operation, &variables, &self.types, &self.limits)?;
        let cost = match (executed.cost, executed.operation()) {
            (Some(known), _) => known,
            (None, Some(merged)) => measure::points(merged, &variables, &self.types, &self.limits)?,
            (None, None) => 0,
        };
        Ok(Measured { executed, variables, cost })
    }

    /// Names the places of ids that were refused while they were read, in place of their type.
    pub fn name_places(&self, document: &Document, variables: &Variables, errors: &mut [ServerError]) {
        for error in errors {
            let Some(extensions) = &mut error.extensions else { continue };
            let Some(Given::String(refused)) = extensions.get(REFUSED).cloned() else { continue };
            extensions.unset(REFUSED);
            let at = error.locations.first().copied().unwrap_or_default();
            let place = values::place_of(&document.parsed, variables, &self.types, at, &refused);
            if let Some(place) = place
                && let Some(rule) = error::rule(&error.message)
            {
                error.message = format!("{place}: {rule}");
            }
        }
    }

    /// Keeps a document that was measured.
    pub fn keep(&self, found: &Found) {
        if found.is_new {
            self.kept.insert(found.hash.clone(), found.document.clone());
        }
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
    /// The text is too large to be parsed.
    TooLarge(Error),
    /// The text is no GraphQL, or no subscription of its may be answered.
    Syntax(Box<async_graphql::ServerError>),
    /// A value in it is wrong, or it is too large.
    Wrong(Error),
}

impl Refused {
    /// Whether it was parsed before.
    pub fn was_parsed(&self) -> bool {
        matches!(self, Refused::Syntax(_) | Refused::Wrong(_))
    }
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

/// The only field at the root of an operation whose fields were merged; `None` when there are more.
pub fn only_field(operation: &OperationDefinition) -> Option<&Field> {
    match &operation.selection_set.node.items[..] {
        [Positioned { node: Selection::Field(field), .. }] => Some(&field.node),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
