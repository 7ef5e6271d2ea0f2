//! `load`: the upsert by external id (rules 24 to 29). One bad row, and nothing of the call is stored.

use super::cells::{Cell, full_name};
use super::load_rows::{By, Column, is_empty, records};
use super::problem::Problem;
use super::schema::{Field, Kind, Model};
use super::store::EXTERNAL_IDS;
use super::tx::Tx;
use super::users::Operation;
use crate::integrations::odoo::{Map, Value};

/// So many errors end a call, unless it has ten times as many rows by then.
const MOST_ERRORS: usize = 10;
const INTERRUPTED: &str = "Found more than 10 errors and more than one error per 10 records, interrupted to avoid showing \
                           too many errors.";

fn named(name: &str, value: impl Into<Value>) -> (String, Value) {
    (name.to_owned(), value.into())
}

/// Where messages are about: the rows of one record.
struct Place {
    record: usize,
    rows: std::ops::Range<usize>,
}

/// The rows of one record, read.
#[derive(Default)]
struct Read {
    external_id: Option<String>,
    database_id: Option<String>,
    values: Map,
    lines: Vec<(Field, Vec<Read>)>,
}

impl Tx<'_> {
    /// Loads the rows; answers ids, or messages of what was wrong with which row.
    pub fn load(&mut self, model: &str, names: &[String], rows: &[Vec<Value>]) -> Result<Value, Problem> {
        let model = self.model(model)?;
        let columns = self.columns(&model, names)?;
        let mark = self.store.mark();
        let (mut ids, mut messages) = (Vec::new(), Vec::new());
        // All cells are read before anything is saved.
        let mut batch = Vec::new();
        for (record, rows_of) in records(&columns, rows).into_iter().enumerate() {
            let place = Place { record, rows: rows_of.clone() };
            let before = messages.len();
            let read = self.rows(&model, &columns, &rows[rows_of], &place, &mut messages)?;
            if let Some(unknown) = self.unknown(&model, &read) {
                messages.push(place.message(unknown));
            }
            if messages.len() == before {
                batch.push((place, read));
            }
        }
        let mut errors: Vec<(Value, bool)> = Vec::new();
        for (tried, (place, read)) in batch.iter().enumerate() {
            let mark = self.store.mark();
            match self.save(&model, read) {
                Ok(id) => ids.push(id),
                Err(problem) => {
                    self.store.take_back(mark);
                    if problem.is_of_database() {
                        self.store.log_error();
                    }
                    let whole = batch.first().map(|(first, _)| first.message(saving(&problem)));
                    let message = place.message(saving(&problem));
                    if errors.is_empty() && problem.is_said_by_rules() {
                        // The call fails as a whole first, which is put on its first row unless that says the same.
                        errors.extend(whole.filter(|whole| *whole != message).map(|whole| (whole, false)));
                    }
                    errors.push((message, true));
                }
            }
            let counted = errors.iter().filter(|(_, counts)| *counts).count();
            if counted >= MOST_ERRORS && counted * 10 > tried {
                let warning = vec![named("type", "warning"), named("message", INTERRUPTED)];
                errors.push((Value::Map(warning), false));
                break;
            }
        }
        messages.extend(errors.into_iter().map(|(message, _)| message));
        if !messages.is_empty() {
            self.store.take_back(mark);
            return Ok(outcome(Value::Bool(false), messages));
        }
        Ok(outcome(ids.into(), messages))
    }

    /// What is said of a database id that is not there; archived ones may be hidden.
    fn unknown(&self, model: &Model, read: &Read) -> Option<Map> {
        let given = read.database_id.as_ref()?;
        let id = given.trim().parse().unwrap_or_default();
        let archived = self.hides_archived()
            && model.field("active").is_some()
            && !self.get(&model.name, id, "active").flag().unwrap_or(true);
        (!self.exists(&model.name, id) || archived).then(|| {
            vec![named("field", ".id"), named("message", format!("Unknown database identifier '{id}'"))]
        })
    }

    fn rows(
        &self,
        model: &Model,
        columns: &[Column],
        rows: &[Vec<Value>],
        place: &Place,
        messages: &mut Vec<Value>,
    ) -> Result<Read, Problem> {
        let mut read = Read::default();
        let Some(first) = rows.first() else { return Ok(read) };
        let mut lines: Vec<&Field> = Vec::new();
        for (column, cell) in columns.iter().zip(first) {
            let text = if let Value::Text(text) = cell { Some(text.clone()) } else { None };
            match column {
                Column::ExternalId => read.external_id = text.filter(|text| !text.is_empty()),
                Column::DatabaseId => read.database_id = text.filter(|text| !text.is_empty()),
                Column::Line(field, _) => {
                    if !lines.iter().any(|known| known.name == field.name) {
                        lines.push(field);
                    }
                }
                Column::Field(field, by) => {
                    self.put_cell(model, field, *by, cell, &mut read, place, messages)?
                }
            }
        }
        for field in lines {
            read.lines.push((field.clone(), self.lines(field, columns, rows, place, messages)?));
        }
        Ok(read)
    }

    #[expect(clippy::too_many_arguments, reason = "one cell in its place")]
    fn put_cell(
        &self,
        model: &Model,
        field: &Field,
        by: By,
        cell: &Value,
        read: &mut Read,
        place: &Place,
        messages: &mut Vec<Value>,
    ) -> Result<(), Problem> {
        // An empty cell clears (rule 27).
        let value =
            if is_empty(cell) { Cell::Value(Value::Bool(false)) } else { self.cell(model, field, by, cell)? };
        match value {
            Cell::Value(value) => read.values.push((field.name.to_string(), value)),
            Cell::Refused(text, more) => {
                let mut parts = vec![named("field", &*field.name), named("message", text)];
                parts.extend(more.map(|more| named("moreinfo", more)));
                parts.push(named("field_name", field.label.as_str()));
                messages.push(place.message(parts));
            }
        }
        Ok(())
    }

    /// The lines of one field, each of its own rows.
    fn lines(
        &self,
        field: &Field,
        columns: &[Column],
        rows: &[Vec<Value>],
        place: &Place,
        messages: &mut Vec<Value>,
    ) -> Result<Vec<Read>, Problem> {
        let Kind::One2many { model, .. } = &field.kind else { return Ok(Vec::new()) };
        let model = self.model(model)?;
        let (mut inner, mut places) = (Vec::new(), Vec::new());
        for (at, column) in columns.iter().enumerate() {
            if let Column::Line(of, column) = column
                && of.name == field.name
            {
                inner.push((**column).clone());
                places.push(at);
            }
        }
        let cells = |row: &Vec<Value>| -> Vec<Value> {
            places.iter().map(|at| row.get(*at).cloned().unwrap_or(Value::Nil)).collect()
        };
        let rows: Vec<Vec<Value>> = rows.iter().map(cells).filter(|row| !row.iter().all(is_empty)).collect();
        let ranges = records(&inner, &rows);
        ranges.into_iter().map(|range| self.rows(&model, &inner, &rows[range], place, messages)).collect()
    }

    /// Makes or changes the record that was read, with its lines.
    fn save(&mut self, model: &Model, read: &Read) -> Result<i64, Problem> {
        let id = self.save_one(model, read, None)?;
        for (field, lines) in &read.lines {
            let Kind::One2many { model: other, inverse } = &field.kind else { continue };
            let other = self.model(other)?;
            self.busy.push((model.name.clone(), id));
            let saved =
                lines.iter().try_for_each(|line| self.save_one(&other, line, Some((inverse, id))).map(drop));
            self.busy.pop();
            saved?;
            self.follow(&model.name, id, &[], false)?;
        }
        Ok(id)
    }

    fn save_one(
        &mut self,
        model: &Model,
        read: &Read,
        parent: Option<(&String, i64)>,
    ) -> Result<i64, Problem> {
        let mut values = read.values.clone();
        values.extend(parent.map(|(inverse, id)| (inverse.clone(), Value::Int(id))));
        if let Some(id) = &read.database_id {
            let id = id.trim().parse().unwrap_or_default();
            self.allowed(&model.name, Operation::Write)?;
            self.write(&model.name, &[id], &values)?;
            return Ok(id);
        }
        let name = read.external_id.as_deref().map(full_name);
        if let Some(entry) = name.as_deref().and_then(|name| self.store.entry(name)).cloned() {
            if entry.model != model.name {
                return Err(Problem::user(format!(
                    "For external id {} when trying to create/update a record of model {} found record of different model {} ({})",
                    name.unwrap_or_default(),
                    model.name,
                    entry.model,
                    entry.id
                )));
            }
            self.allowed(&model.name, Operation::Write)?;
            self.write(&model.name, &[entry.record], &values)?;
            return Ok(entry.record);
        }
        self.allowed(&model.name, Operation::Create)?;
        self.may_copy_from_parent(model, &values)?;
        let id = self.create(&model.name, &values)?;
        if let Some((module, name)) = name.as_deref().and_then(|name| name.split_once('.')) {
            let entry = vec![
                named("module", module),
                named("name", name),
                named("model", model.name.as_str()),
                named("res_id", id),
            ];
            self.create(EXTERNAL_IDS, &entry)?;
        }
        Ok(id)
    }
}

/// What a refused record says: the database's own words lose what is put before them elsewhere.
fn saving(problem: &Problem) -> Map {
    let text =
        problem.message.strip_prefix("The operation cannot be completed: ").unwrap_or(&problem.message);
    if let Some(rest) = text.strip_prefix("Missing required value for the field ") {
        let line = text.lines().next().unwrap_or(text).trim_end_matches('.');
        let field = rest.split(['(', ')']).nth(1).unwrap_or_default();
        return vec![named("message", line), named("field", field)];
    }
    if problem.code() == 1 && !problem.class.starts_with("psycopg2.") {
        let class = problem.class.strip_prefix("builtins.").unwrap_or(problem.class);
        return vec![named("message", format!("Unknown error during import: <class '{class}'>: {text}"))];
    }
    vec![named("message", text)]
}

impl Place {
    fn message(&self, parts: Map) -> Value {
        let row = |at: usize| Value::Int(i64::try_from(at).unwrap_or(i64::MAX));
        let rows = vec![named("from", row(self.rows.start)), named("to", row(self.rows.end - 1))];
        let mut message =
            vec![named("rows", Value::Map(rows)), named("record", row(self.record)), named("type", "error")];
        message.extend(parts);
        Value::Map(message)
    }
}

/// The answer, which is a good one also when nothing was stored (rule 25).
pub(super) fn outcome(ids: Value, messages: Vec<Value>) -> Value {
    Value::Map(vec![
        ("ids".to_owned(), ids),
        ("messages".to_owned(), Value::List(messages)),
        ("nextrow".to_owned(), Value::Int(0)),
    ])
}

/// The answer of a conflict, which `load` hides (rule 26).
pub(super) fn conflict() -> Value {
    let place = Place { record: 0, rows: 0..1 };
    outcome(Value::Bool(false), vec![place.message(saving(&Problem::conflict()))])
}
