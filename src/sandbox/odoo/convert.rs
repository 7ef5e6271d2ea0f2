//! From what is written to what is kept, by the type of the field.

use base64::Engine;
use chrono::{NaiveDate, NaiveDateTime};

use super::problem::Problem;
use super::python::{class, repr, truth};
use super::schema::{Field, Kind};
use crate::integrations::odoo::Value;

/// How a moment is written on the wire.
pub(super) const MOMENT: &str = "%Y-%m-%d %H:%M:%S";

/// The value to keep. Null is `false`. Relations to many are not converted here, but by their commands.
pub(super) fn convert(model: &str, field: &Field, value: &Value) -> Result<Value, Problem> {
    let null = matches!(value, Value::Nil | Value::Bool(false));
    Ok(match &field.kind {
        Kind::Boolean => Value::Bool(truth(value)),
        Kind::Integer => Value::Int(integer(value)?),
        Kind::Float => Value::Float(float(value)?),
        Kind::Monetary => Value::Float((float(value)? * 100.0).round() / 100.0),
        _ if null => Value::Bool(false),
        Kind::Char | Kind::Text => Value::Text(text(value)),
        Kind::Html => Value::Text(html(&text(value))),
        Kind::Selection(words) => match value {
            Value::Text(word) if words.iter().any(|(known, _)| known == word) => value.clone(),
            _ => {
                let name = &field.name;
                return Err(Problem::value(format!("Wrong value for {model}.{name}: {}", repr(value))));
            }
        },
        Kind::Date => date(value)?,
        Kind::Datetime => moment(value)?,
        Kind::Binary => Value::Text(base64(&text(value))),
        Kind::Json => value.clone(),
        Kind::Many2one(_) => match value {
            Value::Int(0) => Value::Bool(false),
            Value::Int(_) => value.clone(),
            _ => {
                let name = &field.name;
                return Err(Problem::value(format!("Wrong value for {model}.{name}: {}", repr(value))));
            }
        },
        Kind::One2many { .. } | Kind::Many2many(_) => value.clone(),
    })
}

fn text(value: &Value) -> String {
    if let Value::Text(text) = value { text.clone() } else { repr(value) }
}

fn integer(value: &Value) -> Result<i64, Problem> {
    match value {
        Value::Int(number) => Ok(*number),
        #[expect(
            clippy::cast_possible_truncation,
            reason = "so does Python's int, and integers of Odoo have 32 bits"
        )]
        Value::Float(number) => Ok(*number as i64),
        Value::Text(text) if !text.is_empty() => text
            .trim()
            .parse()
            .map_err(|_| Problem::value(format!("invalid literal for int() with base 10: {}", repr(value)))),
        Value::Bool(true) => Ok(1),
        Value::List(_) | Value::Map(_) => Err(Problem::python_type(format!(
            "int() argument must be a string, a bytes-like object or a real number, not '{}'",
            class(value)
        ))),
        _ => Ok(0),
    }
}

fn float(value: &Value) -> Result<f64, Problem> {
    match value {
        Value::Float(number) => Ok(*number),
        Value::Text(text) if !text.is_empty() => text
            .trim()
            .parse()
            .map_err(|_| Problem::value(format!("could not convert string to float: {}", repr(value)))),
        #[expect(clippy::cast_precision_loss, reason = "so does Python's float")]
        other => integer(other).map(|number| number as f64),
    }
}

fn unlike(value: &Value, format: &str) -> Problem {
    Problem::value(format!("time data {} does not match format '{format}'", repr(value)))
}

fn date(value: &Value) -> Result<Value, Problem> {
    let whole = text(value);
    let day = whole.get(..10).unwrap_or(&whole);
    match NaiveDate::parse_from_str(day, "%Y-%m-%d") {
        Ok(day) => Ok(Value::Text(day.format("%Y-%m-%d").to_string())),
        Err(_) => Err(unlike(&Value::Text(day.to_owned()), "%Y-%m-%d")),
    }
}

/// Whole seconds; ISO 8601 is refused (rule 11).
fn moment(value: &Value) -> Result<Value, Problem> {
    let whole = text(value);
    let read = match whole.len() {
        10 => NaiveDate::parse_from_str(&whole, "%Y-%m-%d").ok().and_then(|day| day.and_hms_opt(0, 0, 0)),
        16 => NaiveDateTime::parse_from_str(&whole, "%Y-%m-%d %H:%M").ok(),
        _ => NaiveDateTime::parse_from_str(&whole, MOMENT).ok(),
    };
    match read {
        Some(moment) => Ok(Value::Text(moment.format(MOMENT).to_string())),
        None => Err(unlike(value, MOMENT)),
    }
}

/// Cleaned and wrapped: what is read is not always what was written (rule 13).
fn html(text: &str) -> String {
    let mut clean = text.trim().to_owned();
    for tag in ["script", "style", "iframe"] {
        while let Some(start) = clean.find(&format!("<{tag}")) {
            let close = format!("</{tag}>");
            let end = clean[start..].find(&close).map_or(clean.len(), |at| start + at + close.len());
            clean.replace_range(start..end, "");
        }
    }
    let block = ["<p", "<div", "<h", "<ul", "<ol", "<table", "<section", "<blockquote"];
    if clean.is_empty() || block.iter().any(|tag| clean.starts_with(tag)) {
        clean
    } else {
        format!("<p>{clean}</p>")
    }
}

const LENIENT: base64::engine::GeneralPurpose = base64::engine::GeneralPurpose::new(
    &base64::alphabet::STANDARD,
    base64::engine::GeneralPurposeConfig::new()
        .with_decode_padding_mode(base64::engine::DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true),
);

/// What of a text is base64: whatever can be decoded is kept, and nothing is refused (rule 18).
fn base64(text: &str) -> String {
    base64::engine::general_purpose::STANDARD.encode(bytes(text))
}

/// The bytes of a text in base64, leaving out what is none.
pub(super) fn bytes(text: &str) -> Vec<u8> {
    let known = |c: &char| c.is_ascii_alphanumeric() || *c == '+' || *c == '/';
    let mut kept: String = text.chars().filter(known).collect();
    if kept.len() % 4 == 1 {
        kept.pop();
    }
    // Only characters of the alphabet are left, in a length that can be.
    LENIENT.decode(kept).unwrap_or_default()
}
