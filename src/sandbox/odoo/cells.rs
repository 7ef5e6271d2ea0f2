//! One cell of `load`: all are text (rule 27).

use chrono::NaiveDateTime;

use super::convert::{MOMENT, convert};
use super::load_rows::By;
use super::problem::Problem;
use super::python::{class, repr, truth};
use super::schema::{Field, Kind, Model};
use super::tx::Tx;
use crate::integrations::odoo::{Map, Value};
use crate::platform::zones::Zone;

/// What a cell reads as.
pub(super) enum Cell {
    Value(Value),
    /// Refused, with what else the message tells.
    Refused(String, Option<Value>),
}

fn refused(text: String) -> Result<Cell, Problem> {
    Ok(Cell::Refused(text, None))
}

impl Tx<'_> {
    /// Reads a cell that is not empty.
    pub fn cell(&self, model: &Model, field: &Field, by: By, cell: &Value) -> Result<Cell, Problem> {
        let text = match cell {
            Value::Text(text) => text.clone(),
            // It crashes there too (rule 27).
            other if field.kind == Kind::Boolean => {
                let text = format!("'{}' object has no attribute 'lower'", class(other));
                return Err(Problem::attribute(text));
            }
            other => repr(other),
        };
        let label = &field.label;
        match &field.kind {
            Kind::Many2one(other) => self.reference(field, other, by, &text),
            Kind::Many2many(other) => {
                let mut ids = Vec::new();
                for one in text.split(',').map(str::trim).filter(|one| !one.is_empty()) {
                    match self.reference(field, other, by, one)? {
                        Cell::Value(Value::Int(id)) => ids.push(id),
                        other => return Ok(other),
                    }
                }
                Ok(Cell::Value(Value::List(vec![Value::List(vec![
                    Value::Int(6),
                    Value::Int(0),
                    ids.into(),
                ])])))
            }
            Kind::Boolean => match text.to_lowercase().as_str() {
                "1" | "true" | "yes" | "t" | "y" => Ok(Cell::Value(Value::Bool(true))),
                "0" | "false" | "no" | "f" | "n" => Ok(Cell::Value(Value::Bool(false))),
                _ => refused(format!("Unknown value '{text}' for boolean field '{label}'")),
            },
            Kind::Integer => match text.trim().parse() {
                Ok(number) => Ok(Cell::Value(Value::Int(number))),
                Err(_) => refused(format!("'{text}' does not seem to be an integer for field '{label}'")),
            },
            Kind::Float | Kind::Monetary => match text.trim().parse() {
                Ok(number) => Ok(Cell::Value(Value::Float(number))),
                Err(_) => refused(format!("'{text}' does not seem to be a number for field '{label}'")),
            },
            Kind::Date => Ok(match convert(&model.name, field, &text.as_str().into()) {
                Ok(day) => Cell::Value(day),
                Err(_) => Cell::Refused(
                    format!("'{text}' does not seem to be a valid date for field '{label}'"),
                    Some("Use the format '2012-12-31'".into()),
                ),
            }),
            Kind::Datetime => Ok(match NaiveDateTime::parse_from_str(&text, MOMENT) {
                Ok(local) => Cell::Value(self.in_utc(local)),
                Err(_) => Cell::Refused(
                    format!("'{text}' does not seem to be a valid datetime for field '{label}'"),
                    Some("Use the format '2012-12-31 23:59:59'".into()),
                ),
            }),
            Kind::Selection(words) => {
                let found =
                    words.iter().find(|(word, label)| *word == text || label.eq_ignore_ascii_case(&text));
                Ok(match found {
                    Some((word, _)) => Cell::Value(word.as_str().into()),
                    None => Cell::Refused(
                        format!("Value '{text}' not found in selection field '{label}'"),
                        Some(words.iter().map(|(_, label)| label.clone()).collect::<Vec<_>>().into()),
                    ),
                })
            }
            Kind::Json => Ok(match serde_json::from_str(&text) {
                Ok(json) => Cell::Value(super::json::value(&json)),
                Err(_) => Cell::Refused(
                    format!("'{text}' does not seem to be a valid JSON for field '{label}'"),
                    None,
                ),
            }),
            _ => Ok(Cell::Value(text.into())),
        }
    }

    /// Unlike everywhere else, a moment in a cell is in the time zone of the context or of the user.
    fn in_utc(&self, local: NaiveDateTime) -> Value {
        let zone = match self.context("tz") {
            Some(Value::Text(zone)) => Some(zone.clone()),
            _ => self.text("res.users", self.uid, "tz"),
        };
        let zone: Zone = zone.and_then(|zone| zone.parse().ok()).unwrap_or(Zone::UTC);
        Value::Text(zone.instant(local).format(MOMENT).to_string())
    }

    /// The record that a cell names.
    fn reference(&self, field: &Field, other: &str, by: By, text: &str) -> Result<Cell, Problem> {
        let (found, kind) = match by {
            By::ExternalId => {
                let entry = self.store.entry(&full_name(text)).filter(|entry| entry.model == other);
                (entry.map(|entry| entry.record).filter(|id| self.exists(other, *id)), "external id")
            }
            By::DatabaseId => {
                let id = text.trim().parse::<i64>().ok();
                (id.filter(|id| self.exists(other, *id)), "database id")
            }
            By::Name => {
                let model = self.model(other)?;
                let named = |name: &str| name == text;
                let fits = |id: &i64| {
                    named(&self.display_name(other, *id))
                        || self.text(other, *id, "name").is_some_and(|name| named(&name))
                };
                let archived =
                    |id: i64| model.field("active").is_some() && !truth(&self.get(other, id, "active"));
                let mut ids = self.store.rows(other).map(|(id, _)| id).filter(|id| !archived(*id));
                (ids.find(fits), "name")
            }
        };
        Ok(match found {
            Some(id) => Cell::Value(Value::Int(id)),
            None => Cell::Refused(
                format!("No matching record found for {kind} '{text}' in field '{}'", field.label),
                Some(possible_values(other, by)),
            ),
        })
    }
}

/// Without a dot, the module is `__import__` (rule 24).
pub(super) fn full_name(text: &str) -> String {
    if text.contains('.') { text.to_owned() } else { format!("__import__.{text}") }
}

/// The screen that would show what could stand there.
fn possible_values(other: &str, by: By) -> Value {
    let map = |entries: Vec<(&str, Value)>| -> Value {
        Value::Map(entries.into_iter().map(|(name, value)| (name.to_owned(), value)).collect::<Map>())
    };
    let views = ["list", "form"].map(|view| Value::List(vec![Value::Bool(false), view.into()]));
    let mut entries = vec![
        ("name", "Possible Values".into()),
        ("type", "ir.actions.act_window".into()),
        ("target", "new".into()),
        ("view_mode", "list,form".into()),
        ("views", Value::List(views.into())),
        ("context", map(vec![("create", Value::Bool(false))])),
        ("help", "See all possible values".into()),
    ];
    if by == By::ExternalId {
        let domain = Value::List(vec!["model".into(), "=".into(), other.into()]);
        entries.extend([("res_model", "ir.model.data".into()), ("domain", Value::List(vec![domain]))]);
    } else {
        entries.push(("res_model", other.into()));
    }
    map(entries)
}
