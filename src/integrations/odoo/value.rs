//! What travels to and from Odoo, and how it is read and written.
//!
//! `False` stands for null in every field type but boolean (rule 8), so whether it is one is told by the field's declared type
//! ([`Value::declared`]) or by the reader that is used, never by the shape of the value.

use chrono::NaiveDateTime;

use crate::kernel::money::{Currency, Money};
use crate::kernel::time::{self, Day, Instant};

/// Names and values, in the order in which they are written.
pub type Map = Vec<(String, Value)>;

/// Answers of more values than this are not read: in memory a value takes many times its place on the wire.
pub(super) const MOST_VALUES: usize = 1_000_000;

/// One value on the wire.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// Python's `None`: never in a field, but as the answer of a method.
    Nil,
    /// `True`, `False`, or a null.
    Bool(bool),
    /// A whole number.
    Int(i64),
    /// Any other number; money and quantities always.
    Float(f64),
    /// Text; dates, instants and binary data too.
    Text(String),
    /// A list or a tuple.
    List(Vec<Value>),
    /// A dictionary.
    Map(Map),
}

/// A value is not of the kind that was expected.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("Odoo answered something else than {expected}{}", in_field(.field))]
pub struct Misread {
    /// What was expected.
    pub expected: &'static str,
    /// In which field, where there is one.
    pub field: Option<String>,
}

/// A text without the character NUL.
pub(super) fn without_nul(text: String) -> String {
    if text.contains('\0') { text.replace('\0', "") } else { text }
}

fn in_field(field: &Option<String>) -> String {
    field.as_ref().map(|name| format!(" in the field {name}")).unwrap_or_default()
}

fn expected<T>(expected: &'static str) -> Result<T, Misread> {
    Err(Misread { expected, field: None })
}

/// The type that a field has by `fields_get`, as far as it matters to a reader.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FieldType {
    /// `True` or `False`, and nothing else.
    Boolean,
    /// Never null: 0.
    Integer,
    /// Never null: 0.0. Also `monetary`.
    Float,
    /// char, text, html, selection, reference, binary: text or null.
    Text,
    /// `YYYY-MM-DD` or null.
    Date,
    /// `YYYY-MM-DD HH:MM:SS` in UTC or null.
    Instant,
    /// A record or null.
    Many2one,
    /// Records: one2many and many2many.
    Ids,
    /// Anything else, such as json and properties.
    Other,
}

impl FieldType {
    /// By the word of `fields_get`.
    pub fn of(word: &str) -> FieldType {
        match word {
            "boolean" => FieldType::Boolean,
            "integer" => FieldType::Integer,
            "float" | "monetary" => FieldType::Float,
            "char" | "text" | "html" | "selection" | "reference" | "binary" => FieldType::Text,
            "date" => FieldType::Date,
            "datetime" => FieldType::Instant,
            "many2one" | "many2one_reference" => FieldType::Many2one,
            "one2many" | "many2many" => FieldType::Ids,
            _ => FieldType::Other,
        }
    }
}

impl Value {
    /// A text that came in, without the character NUL, which no database keeps.
    pub(super) fn read(text: String) -> Value {
        Value::Text(without_nul(text))
    }

    /// The value of a field by its declared type: null as [`Value::Nil`], a many2one as its bare id.
    pub fn declared(&self, kind: FieldType) -> Result<Value, Misread> {
        Ok(match kind {
            FieldType::Boolean => Value::Bool(self.flag()?),
            FieldType::Integer => Value::Int(self.int()?),
            FieldType::Float => Value::Float(self.float()?),
            FieldType::Text => self.text_or_none()?.into(),
            FieldType::Date => self.date()?.map(|_| self.clone()).unwrap_or(Value::Nil),
            FieldType::Instant => self.instant()?.map(|_| self.clone()).unwrap_or(Value::Nil),
            FieldType::Many2one => self.id_of_many2one()?.map_or(Value::Nil, Value::Int),
            FieldType::Ids => self.ids()?.into(),
            FieldType::Other if self.is_null() => Value::Nil,
            FieldType::Other => self.clone(),
        })
    }

    /// Whether it is a null, in a field that is not boolean.
    pub fn is_null(&self) -> bool {
        matches!(self, Value::Nil | Value::Bool(false))
    }

    /// A boolean.
    pub fn flag(&self) -> Result<bool, Misread> {
        if let Value::Bool(flag) = self { Ok(*flag) } else { expected("true or false") }
    }

    /// A whole number.
    pub fn int(&self) -> Result<i64, Misread> {
        if let Value::Int(number) = self { Ok(*number) } else { expected("a whole number") }
    }

    /// A number.
    pub fn float(&self) -> Result<f64, Misread> {
        match self {
            Value::Float(number) => Ok(*number),
            // Whole numbers of 53 bits are exact; Odoo's floats have no more.
            Value::Int(number) => Ok(*number as f64),
            _ => expected("a number"),
        }
    }

    /// Text, or `None` for null. An empty text is not null.
    pub fn text_or_none(&self) -> Result<Option<&str>, Misread> {
        match self {
            Value::Text(text) => Ok(Some(text)),
            null if null.is_null() => Ok(None),
            _ => expected("text"),
        }
    }

    /// The id of a many2one, whether it comes bare or as `[id, "name"]` (rule 9).
    pub fn id_of_many2one(&self) -> Result<Option<i64>, Misread> {
        match self {
            Value::Int(0) => Ok(None),
            Value::Int(id) => Ok(Some(*id)),
            Value::List(pair) if pair.len() == 2 => match pair[0] {
                Value::Int(id) => Ok(Some(id)),
                _ => expected("a record"),
            },
            null if null.is_null() => Ok(None),
            _ => expected("a record"),
        }
    }

    /// A list of ids.
    pub fn ids(&self) -> Result<Vec<i64>, Misread> {
        let Value::List(items) = self else { return expected("a list of ids") };
        items.iter().map(Value::int).collect::<Result<_, _>>().or_else(|_| expected("a list of ids"))
    }

    /// A moment: `YYYY-MM-DD HH:MM:SS`, always UTC (rule 11).
    pub fn instant(&self) -> Result<Option<Instant>, Misread> {
        let read = |text| {
            let moment = NaiveDateTime::parse_from_str(text, INSTANT).ok()?.and_utc();
            Some(moment).filter(|moment| time::is_known(*moment))
        };
        let Some(text) = self.text_or_none()? else { return Ok(None) };
        read(text)
            .map_or_else(|| expected("a moment of 1900 to 2099, YYYY-MM-DD HH:MM:SS"), |at| Ok(Some(at)))
    }

    /// A day: `YYYY-MM-DD`.
    pub fn date(&self) -> Result<Option<Day>, Misread> {
        self.text_or_none()?
            .map(time::day)
            .transpose()
            .or_else(|_| expected("a day of 1900 to 2099, YYYY-MM-DD"))
    }

    /// An amount, rounded to the currency's minor unit, halves away from zero. It is rounded in decimal, from the shortest text
    /// that names the number, as people would: 0.285 is 0.29, whatever its binary form.
    pub fn money(&self, currency: Currency) -> Result<Money, Misread> {
        let text = match self {
            Value::Int(number) => number.to_string(),
            Value::Float(number) if number.is_finite() => number.to_string(),
            _ => return expected("an amount"),
        };
        let digits = currency.minor_digits() as usize;
        let (whole, decimals) = text.split_once('.').unwrap_or((&text, ""));
        let (kept, cut) = decimals.split_at(decimals.len().min(digits));
        let minor: Option<i64> = format!("{whole}{kept:0<digits$}").parse().ok();
        let away = i64::from(cut.starts_with(|c: char| c >= '5'));
        let away = if text.starts_with('-') { -away } else { away };
        match minor.and_then(|minor| minor.checked_add(away)) {
            Some(amount_minor) => Ok(Money { amount_minor, currency }),
            None => expected("an amount that can be kept"),
        }
    }
}

const INSTANT: &str = "%Y-%m-%d %H:%M:%S";

impl From<bool> for Value {
    fn from(flag: bool) -> Self {
        Value::Bool(flag)
    }
}
impl From<i64> for Value {
    fn from(number: i64) -> Self {
        Value::Int(number)
    }
}
impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Value::Text(text.to_owned())
    }
}
impl From<String> for Value {
    fn from(text: String) -> Self {
        Value::Text(text)
    }
}
impl From<Instant> for Value {
    /// Whole seconds: more is refused (rule 11).
    fn from(moment: Instant) -> Self {
        Value::Text(moment.format(INSTANT).to_string())
    }
}
impl From<Day> for Value {
    fn from(day: Day) -> Self {
        Value::Text(day.to_string())
    }
}
impl From<Money> for Value {
    /// In units of the currency; its currency travels in another field.
    fn from(money: Money) -> Self {
        // What `Money` prints is a decimal number.
        Value::Float(money.to_string().parse().unwrap_or_default())
    }
}
impl<T: Into<Value>> From<Option<T>> for Value {
    fn from(value: Option<T>) -> Self {
        value.map_or(Value::Nil, Into::into)
    }
}
impl<T: Into<Value>> From<Vec<T>> for Value {
    fn from(items: Vec<T>) -> Self {
        Value::List(items.into_iter().map(Into::into).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_come_without_the_character_that_no_database_keeps() {
        assert_eq!(Value::read("Rosa\0 L\0uz".into()), Value::Text("Rosa Luz".into()));
    }
}
