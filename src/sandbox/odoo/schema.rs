//! Models as data: what `models/*.txt` say.
//!
//! A line with `==` begins a model: its name, its label, then `order` and the groups of which one is needed. The lines below are its fields: name, type,
//! flags in brackets, label. Types with a relation follow it with a colon; a selection its words, each `word=Label` with `_` for a space in a label and `~` for one in a word.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use crate::integrations::odoo::Value;

/// The type of a field.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Kind {
    Char,
    Text,
    Html,
    Boolean,
    Integer,
    Float,
    Monetary,
    Date,
    Datetime,
    Binary,
    Json,
    Selection(Vec<(String, String)>),
    Many2one(String),
    One2many { model: String, inverse: String },
    Many2many(String),
}

/// One field.
#[derive(Clone, Debug)]
pub(super) struct Field {
    pub name: Arc<str>,
    pub kind: Kind,
    pub label: String,
    pub required: bool,
    pub readonly: bool,
    /// Computed when it is read, and not kept.
    pub unstored: bool,
    /// Never told.
    pub secret: bool,
    /// When what it leads to is deleted, so is the record.
    pub cascade: bool,
    /// Text of the default.
    pub default: Option<String>,
    /// The field whose value this older name stands for.
    pub alias: Option<Arc<str>>,
    /// Versions that have it.
    pub versions: std::ops::RangeInclusive<u32>,
}

impl Field {
    /// What a record that says nothing has here: never null for numbers (rule 8).
    pub fn nothing(&self) -> Value {
        match self.kind {
            Kind::Integer => Value::Int(0),
            Kind::Float | Kind::Monetary => Value::Float(0.0),
            Kind::One2many { .. } | Kind::Many2many(_) => Value::List(Vec::new()),
            _ => Value::Bool(false),
        }
    }

    /// The name under which its value is kept.
    pub fn column(&self) -> &Arc<str> {
        self.alias.as_ref().unwrap_or(&self.name)
    }

    /// The model that it leads to.
    pub fn relation(&self) -> Option<&str> {
        match &self.kind {
            Kind::Many2one(model) | Kind::Many2many(model) | Kind::One2many { model, .. } => Some(model),
            _ => None,
        }
    }

    /// The word of `fields_get`.
    pub fn word(&self) -> &'static str {
        match self.kind {
            Kind::Char => "char",
            Kind::Text => "text",
            Kind::Html => "html",
            Kind::Boolean => "boolean",
            Kind::Integer => "integer",
            Kind::Float => "float",
            Kind::Monetary => "monetary",
            Kind::Date => "date",
            Kind::Datetime => "datetime",
            Kind::Binary => "binary",
            Kind::Json => "json",
            Kind::Selection(_) => "selection",
            Kind::Many2one(_) => "many2one",
            Kind::One2many { .. } => "one2many",
            Kind::Many2many(_) => "many2many",
        }
    }
}

/// One model.
#[derive(Clone, Debug, Default)]
pub(super) struct Model {
    pub name: String,
    pub label: String,
    pub order: String,
    /// Groups that the words of a refusal name.
    pub groups: Vec<String>,
    pub fields: Vec<Field>,
    places: HashMap<Arc<str>, usize>,
}

impl Model {
    pub fn field(&self, name: &str) -> Option<&Field> {
        self.places.get(name).map(|place| &self.fields[*place])
    }

    pub fn add(&mut self, field: Field) {
        self.places.insert(field.name.clone(), self.fields.len());
        self.fields.push(field);
    }

    pub fn remove(&mut self, name: &str) {
        self.fields.retain(|field| *field.name != *name);
        self.places =
            self.fields.iter().enumerate().map(|(place, field)| (field.name.clone(), place)).collect();
    }
}

const TABLES: &[&str] = &[
    include_str!("models/base.txt"),
    include_str!("models/crm.txt"),
    include_str!("models/sales.txt"),
    include_str!("models/accounts.txt"),
    include_str!("models/work.txt"),
];

const EVERYWHERE: &str = "
id            integer [readonly]            ID
display_name  char [readonly unstored]      Display Name
create_uid    many2one:res.users [readonly] Created by
create_date   datetime [readonly]           Created on
write_uid     many2one:res.users [readonly] Last Updated by
write_date    datetime [readonly]           Last Updated on
";

/// All models by their name.
pub(super) fn models() -> BTreeMap<String, Arc<Model>> {
    let mut models = BTreeMap::new();
    let mut model = Model::default();
    for line in TABLES.iter().flat_map(|text| text.lines()).chain(["== end"]) {
        let line = line.trim();
        if let Some(head) = line.strip_prefix("== ") {
            let done = std::mem::replace(&mut model, head_of(head));
            models.insert(done.name.clone(), Arc::new(done));
        } else if !line.is_empty() && !line.starts_with('#') {
            model.add(field(line));
        }
    }
    models.remove("");
    models
}

fn head_of(head: &str) -> Model {
    let mut parts = head.split('|').map(str::trim);
    let mut next = || parts.next().unwrap_or_default().to_owned();
    let (name, label, order, groups) = (next(), next(), next(), next());
    let order = if order.is_empty() { "id".to_owned() } else { order };
    let groups = groups.split(';').map(|group| group.trim().to_owned()).filter(|group| !group.is_empty());
    let mut model = Model { name, label, order, groups: groups.collect(), ..Model::default() };
    for line in EVERYWHERE.lines().filter(|line| !line.is_empty()) {
        model.add(field(line));
    }
    model
}

/// Reads one line.
pub(super) fn field(line: &str) -> Field {
    let (name, rest) = line.split_once(char::is_whitespace).unwrap_or((line, ""));
    let (kind, rest) = rest.trim().split_once(char::is_whitespace).unwrap_or((rest.trim(), ""));
    let rest = rest.trim();
    let (flags, label) = match rest.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((flags, label)) => (flags, label.trim()),
        None => ("", rest),
    };
    let is = |word: &str| flags.split(' ').any(|flag| flag == word);
    let told = |word: &str| {
        flags
            .split(' ')
            .find_map(|flag| flag.split_once('=').filter(|(name, _)| *name == word))
            .map(|(_, v)| v)
    };
    let year = |word, or| told(word).and_then(|number| number.parse().ok()).unwrap_or(or);
    Field {
        name: name.into(),
        kind: kind_of(kind),
        label: label.to_owned(),
        required: is("required"),
        readonly: is("readonly"),
        unstored: is("unstored"),
        secret: is("secret"),
        cascade: is("cascade"),
        default: told("default").map(str::to_owned),
        alias: told("alias").map(Into::into),
        versions: year("since", 0)..=year("until", u32::MAX),
    }
}

fn kind_of(text: &str) -> Kind {
    let (kind, more) = text.split_once(':').unwrap_or((text, ""));
    match kind {
        "text" => Kind::Text,
        "html" => Kind::Html,
        "boolean" => Kind::Boolean,
        "integer" => Kind::Integer,
        "float" => Kind::Float,
        "monetary" => Kind::Monetary,
        "date" => Kind::Date,
        "datetime" => Kind::Datetime,
        "binary" => Kind::Binary,
        "json" => Kind::Json,
        "selection" => Kind::Selection(more.split(',').map(word_and_label).collect()),
        "many2one" => Kind::Many2one(more.to_owned()),
        "many2many" => Kind::Many2many(more.to_owned()),
        "one2many" => {
            let (model, inverse) = more.rsplit_once('.').unwrap_or((more, ""));
            Kind::One2many { model: model.to_owned(), inverse: inverse.to_owned() }
        }
        _ => Kind::Char,
    }
}

fn word_and_label(text: &str) -> (String, String) {
    let (word, label) = text.split_once('=').unwrap_or((text, text));
    (word.replace('~', " "), label.replace('_', " "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn relations_lead_to_models_and_inverses_lead_back() {
        let models = models();
        for model in models.values() {
            for field in &model.fields {
                let Some(other) = field.relation() else { continue };
                let other = models.get(other).unwrap_or_else(|| panic!("{}.{}", model.name, field.name));
                if let Kind::One2many { inverse, .. } = &field.kind {
                    let back = other.field(inverse).and_then(Field::relation);
                    assert_eq!(back, Some(model.name.as_str()), "{}.{}", model.name, field.name);
                }
            }
        }
    }
}
