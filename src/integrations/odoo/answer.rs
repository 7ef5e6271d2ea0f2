//! What the answer of a call means.

use super::classify;
use super::fault::{Class, Fault, Kind, RowFault, TransientKind};
use super::record::Record;
use super::value::{FieldType, Map, Value};

/// What a call's answer reads as.
pub trait Answer: Sized {
    /// Reads the answer, or what came in its place.
    ///
    /// # Errors
    /// The fault that came, or [`Class::Unknown`] when the answer is not of the expected shape: the call was made, and what it
    /// did must be looked up.
    fn of(answered: Result<Value, Fault>) -> Result<Self, Fault>;
}

impl Answer for Value {
    fn of(answered: Result<Value, Fault>) -> Result<Self, Fault> {
        answered
    }
}

impl Answer for i64 {
    fn of(answered: Result<Value, Fault>) -> Result<Self, Fault> {
        match answered? {
            Value::Int(number) => Ok(number),
            // JSON-2 answers a list also for one record (rule 16).
            Value::List(ids) if ids.len() == 1 => Ok(ids[0].int()?),
            _ => Err(Fault::unreadable("a number")),
        }
    }
}

impl Answer for Vec<i64> {
    fn of(answered: Result<Value, Fault>) -> Result<Self, Fault> {
        Ok(answered?.ids()?)
    }
}

impl Answer for Vec<Record> {
    fn of(answered: Result<Value, Fault>) -> Result<Self, Fault> {
        let Value::List(items) = answered? else { return Err(Fault::unreadable("a list of records")) };
        let record = |item| match item {
            Value::Map(fields) => Ok(Record(fields)),
            _ => Err(Fault::unreadable("a list of records")),
        };
        items.into_iter().map(record).collect()
    }
}

/// Records were written or deleted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stored;

impl Answer for Stored {
    fn of(answered: Result<Value, Fault>) -> Result<Self, Fault> {
        // Models that override `write` and forget to answer have done it all the same.
        Acted::of(answered).map(|_| Stored)
    }
}

/// A method ran to its end and was committed.
#[derive(Clone, Debug, PartialEq)]
pub struct Acted {
    /// What it answered; `None` when it answered nothing or what it answered could not be told (rule 20).
    pub answer: Option<Value>,
}

impl Acted {
    /// Whether it answered an action: a screen to open, where it may ask what to do next, so that it is not done.
    pub fn asks(&self) -> bool {
        matches!(&self.answer, Some(Value::Map(action)) if action.iter().any(|(name, _)| name == "res_model"))
    }
}

impl Answer for Acted {
    fn of(answered: Result<Value, Fault>) -> Result<Self, Fault> {
        match answered {
            Ok(Value::Nil) => Ok(Acted { answer: None }),
            Ok(value) => Ok(Acted { answer: Some(value) }),
            Err(fault) if fault.class == Class::Done => Ok(Acted { answer: None }),
            Err(fault) => Err(fault),
        }
    }
}

/// The database ids of the loaded records, in the order of their rows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Loaded(pub Vec<i64>);

impl Answer for Loaded {
    fn of(answered: Result<Value, Fault>) -> Result<Self, Fault> {
        let Value::Map(outcome) = answered? else { return Err(Fault::unreadable("the outcome of load")) };
        match part(&outcome, "ids") {
            // The only flag of failure (rule 25).
            Some(Value::Bool(false)) => Err(refused(part(&outcome, "messages"))),
            Some(ids) => Ok(Loaded(ids.ids()?)),
            None => Err(Fault::unreadable("the outcome of load")),
        }
    }
}

/// The external ids of records, by their database ids; records without one are left out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExternalIds(pub Vec<(i64, String)>);

impl Answer for ExternalIds {
    fn of(answered: Result<Value, Fault>) -> Result<Self, Fault> {
        let Value::Map(names) = answered? else { return Err(Fault::unreadable("external ids")) };
        let mut ids = Vec::with_capacity(names.len());
        for (id, name) in names {
            // The keys of a JSON object are texts (recording 239).
            let id = id.parse().map_err(|_| Fault::unreadable("external ids by the ids of their records"))?;
            if let Some(name) = name.text_or_none()?.filter(|name| !name.is_empty()) {
                ids.push((id, name.to_owned()));
            }
        }
        Ok(ExternalIds(ids))
    }
}

/// The fault that `load` hides in a good answer.
fn refused(messages: Option<&Value>) -> Fault {
    let messages = if let Some(Value::List(messages)) = messages { messages.as_slice() } else { &[] };
    let rows: Vec<RowFault> = messages.iter().filter_map(row_fault).collect();
    let mut classes = rows.iter().map(|row| classify::of_row(&row.message));
    let first = classes.next().unwrap_or(Class::Permanent(Kind::Rule));
    let class = match classes.find(|class| *class != first) {
        None => first,
        Some(other) if [first, other].contains(&Class::Transient(TransientKind::Conflict)) => {
            Class::Transient(TransientKind::Conflict)
        }
        Some(_) => Class::Permanent(Kind::Rule),
    };
    let message =
        rows.first().map_or("load refused the rows without saying why", |row| &row.message).to_owned();
    Fault { rows, ..Fault::new(class, message) }
}

fn row_fault(message: &Value) -> Option<RowFault> {
    let Value::Map(parts) = message else { return None };
    let from = match part(parts, "rows") {
        Some(Value::Map(rows)) => part(rows, "from"),
        _ => None,
    };
    let row = from.or(part(parts, "record")).and_then(|row| usize::try_from(row.int().ok()?).ok());
    let text = |name| text(parts, name).map(str::to_owned);
    (text("type").as_deref() != Some("warning")).then(|| RowFault {
        row,
        field: text("field"),
        message: text("message").unwrap_or_default().trim().to_owned(),
    })
}

/// One field of a model.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Field {
    /// Its name.
    pub name: String,
    /// Its type.
    pub kind: FieldType,
    /// Whether a record can't be without it.
    pub required: bool,
    /// Whether it can't be written.
    pub readonly: bool,
    /// The model that it leads to.
    pub relation: Option<String>,
    /// The words of a selection, without their labels.
    pub selection: Vec<String>,
}

/// The fields of a model.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fields(pub Vec<Field>);

impl Fields {
    /// A field by its name.
    pub fn get(&self, name: &str) -> Option<&Field> {
        self.0.iter().find(|field| field.name == name)
    }
}

impl Answer for Fields {
    fn of(answered: Result<Value, Fault>) -> Result<Self, Fault> {
        let Value::Map(fields) = answered? else { return Err(Fault::unreadable("fields")) };
        fields.into_iter().map(|(name, about)| field(name, about)).collect::<Result<_, _>>().map(Fields)
    }
}

fn field(name: String, about: Value) -> Result<Field, Fault> {
    let Value::Map(about) = about else { return Err(Fault::unreadable("fields")) };
    let is = |name| part(&about, name) == Some(&Value::Bool(true));
    Ok(Field {
        kind: FieldType::of(text(&about, "type").ok_or_else(|| Fault::unreadable("a field with a type"))?),
        required: is("required"),
        readonly: is("readonly"),
        relation: text(&about, "relation").map(str::to_owned),
        selection: words(part(&about, "selection")),
        name,
    })
}

fn words(selection: Option<&Value>) -> Vec<String> {
    let Some(Value::List(pairs)) = selection else { return Vec::new() };
    let word = |pair: &Value| match pair {
        Value::List(pair) => pair.first()?.text_or_none().ok()?.map(str::to_owned),
        _ => None,
    };
    pairs.iter().filter_map(word).collect()
}

/// The part of a map by its name.
pub(super) fn part<'a>(map: &'a Map, name: &str) -> Option<&'a Value> {
    map.iter().find(|(known, _)| known == name).map(|(_, value)| value)
}

/// The text of a map by its name; `None` also for what is no text.
pub(super) fn text<'a>(map: &'a Map, name: &str) -> Option<&'a str> {
    part(map, name)?.text_or_none().ok()?
}
