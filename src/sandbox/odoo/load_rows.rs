//! The table that `load` takes: its columns, and which rows make one record.

use super::problem::Problem;
use super::schema::{Field, Kind, Model};
use super::tx::Tx;
use crate::integrations::odoo::Value;

/// What a column holds.
#[derive(Clone, Debug)]
pub(super) enum Column {
    /// The record's external id.
    ExternalId,
    /// The record's database id.
    DatabaseId,
    /// A value.
    Field(Field, By),
    /// A column of the lines in this field.
    Line(Field, Box<Column>),
}

/// How a cell names the records that it leads to.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum By {
    /// By display name; of plain values, the value.
    Name,
    /// By external id.
    ExternalId,
    /// By database id.
    DatabaseId,
}

impl Tx<'_> {
    /// Reads the columns; one that does not exist is a fault (rule 25).
    pub fn columns(&self, model: &Model, names: &[String]) -> Result<Vec<Column>, Problem> {
        names.iter().map(|name| self.column(model, &name.split('/').collect::<Vec<_>>())).collect()
    }

    fn column(&self, model: &Model, path: &[&str]) -> Result<Column, Problem> {
        let unknown = |name: &str| Problem::value(format!("Invalid field name '{name}'"));
        match path {
            ["id"] => Ok(Column::ExternalId),
            [".id"] => Ok(Column::DatabaseId),
            [name, rest @ ..] => {
                let field = self.field(model, name).ok_or_else(|| unknown(name))?.clone();
                match (&field.kind, rest) {
                    (Kind::One2many { model: other, .. }, [_, ..]) => {
                        let other = self.model(other)?;
                        Ok(Column::Line(field, Box::new(self.column(&other, rest)?)))
                    }
                    (_, []) => Ok(Column::Field(field, By::Name)),
                    (_, ["id"]) => Ok(Column::Field(field, By::ExternalId)),
                    (_, [".id"]) => Ok(Column::Field(field, By::DatabaseId)),
                    (_, [rest, ..]) => Err(unknown(rest)),
                }
            }
            [] => Err(unknown("")),
        }
    }
}

/// Whether a cell says nothing.
pub(super) fn is_empty(cell: &Value) -> bool {
    cell.is_null() || matches!(cell, Value::Text(text) if text.is_empty())
}

/// The ranges of rows that make one record each: a row with nothing but cells of lines belongs to the record before (rule 28).
pub(super) fn records(columns: &[Column], rows: &[Vec<Value>]) -> Vec<std::ops::Range<usize>> {
    let mut ranges: Vec<std::ops::Range<usize>> = Vec::new();
    for (at, row) in rows.iter().enumerate() {
        let filled = |lines: bool| {
            columns
                .iter()
                .zip(row)
                .any(|(column, cell)| matches!(column, Column::Line(..)) == lines && !is_empty(cell))
        };
        match ranges.last_mut() {
            Some(last) if filled(true) && !filled(false) => last.end = at + 1,
            _ => ranges.push(at..at + 1),
        }
    }
    ranges
}
