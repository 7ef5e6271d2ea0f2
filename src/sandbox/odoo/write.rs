//! Creating and changing records.

use std::sync::Arc;

use super::convert::convert;
use super::problem::Problem;
use super::python::truth;
use super::schema::{Field, Kind, Model};
use super::store::Row;
use super::tx::{Tx, part};
use crate::integrations::odoo::{Map, Value};

/// What the server writes by itself.
const OWN: &[&str] = &["id", "create_uid", "create_date", "write_uid", "write_date"];

impl Tx<'_> {
    /// Makes a record.
    pub fn create(&mut self, model: &str, values: &Map) -> Result<i64, Problem> {
        self.create_as(model, values, None)
    }

    /// The same, under this id where one is given.
    pub fn create_as(&mut self, model: &str, values: &Map, id: Option<i64>) -> Result<i64, Problem> {
        let model = self.model(model)?;
        let (mut row, commands) = self.taken(&model, values)?;
        for field in &model.fields {
            let given = part(values, &field.name).is_some() || row.contains_key(field.column());
            if let (false, Some(default)) = (given, &field.default) {
                let value = self.default(field, default);
                row.insert(field.column().clone(), value);
            }
        }
        self.prepare(&model.name, &mut row, values)?;
        self.check(&model, &row)?;
        let id = id.unwrap_or_else(|| self.store.next_id(&model.name));
        for (date, user) in [("create_date", "create_uid"), ("write_date", "write_uid")] {
            row.insert(date.into(), self.stamp());
            row.insert(user.into(), Value::Int(self.uid));
        }
        self.store.put(&model.name, id, Some(row));
        self.command_all(&model, id, &commands)?;
        let changed: Vec<String> = values.iter().map(|(name, _)| name.clone()).collect();
        self.follow(&model.name, id, &changed, true)?;
        Ok(id)
    }

    /// Changes records, all to the same values; also the same values tell of a change (rule 38).
    pub fn write(&mut self, model: &str, ids: &[i64], values: &Map) -> Result<(), Problem> {
        let model = self.model(model)?;
        let (new, commands) = self.taken(&model, values)?;
        self.require(&model.name, ids)?;
        for id in ids {
            self.guard(&model.name, *id, values)?;
            let Some(mut row) = self.store.row(&model.name, *id).cloned() else { continue };
            row.extend(new.clone());
            self.prepare_change(&model.name, *id, &mut row, values)?;
            self.check(&model, &row)?;
            row.insert("write_date".into(), self.stamp());
            row.insert("write_uid".into(), Value::Int(self.uid));
            self.store.put(&model.name, *id, Some(row));
            self.command_all(&model, *id, &commands)?;
            let changed: Vec<String> = values.iter().map(|(name, _)| name.clone()).collect();
            self.follow(&model.name, *id, &changed, false)?;
        }
        Ok(())
    }

    fn command_all(&mut self, model: &Model, id: i64, commands: &[(Field, Value)]) -> Result<(), Problem> {
        self.busy.push((model.name.clone(), id));
        let done = commands.iter().try_for_each(|(field, value)| self.command(model, id, field, value));
        self.busy.pop();
        done
    }

    /// The values as they are kept, and those that are commands.
    fn taken(&self, model: &Arc<Model>, values: &Map) -> Result<(Row, Vec<(Field, Value)>), Problem> {
        let (mut row, mut commands) = (Row::new(), Vec::new());
        for (name, value) in values {
            let Some(field) = self.field(model, name) else {
                return Err(Problem::value(format!("Invalid field '{name}' in '{}'", model.name)));
            };
            if OWN.contains(&name.as_str()) || field.unstored {
                continue;
            }
            if matches!(field.kind, Kind::One2many { .. } | Kind::Many2many(_)) {
                commands.push((field.clone(), value.clone()));
            } else {
                row.insert(field.column().clone(), convert(&model.name, field, value)?);
            }
        }
        Ok((row, commands))
    }

    /// The value of a default that is written down as text.
    fn default(&self, field: &Field, text: &str) -> Value {
        match (&field.kind, text) {
            (_, "today") => self.today(),
            (_, "now") => self.moment(),
            (_, "user") => Value::Int(self.uid),
            (Kind::Boolean, _) => Value::Bool(true),
            (Kind::Integer | Kind::Many2one(_), number) => {
                number.parse().map_or(Value::Bool(false), Value::Int)
            }
            (Kind::Float | Kind::Monetary, number) => number.parse().map_or(Value::Bool(false), Value::Float),
            (Kind::Many2many(_), number) => {
                number.parse::<i64>().map_or(Value::Bool(false), |id| vec![id].into())
            }
            (_, text) => text.into(),
        }
    }

    /// What the database refuses.
    fn check(&self, model: &Model, row: &Row) -> Result<(), Problem> {
        for field in ["name", "body"] {
            if let (Some(poison), Some(Value::Text(text))) = (&self.switches.poison, row.get(field))
                && text.contains(poison.as_str())
            {
                return Err(Problem::validation(format!(
                    "The {field} '{text}' is refused by a rule of this database."
                )));
            }
        }
        if model.name == "res.partner" && !row.get("name").is_some_and(truth) {
            let contact = row.get("type").is_none_or(|kind| *kind == Value::from("contact"));
            if contact {
                return Err(Problem::validation(
                    "The operation cannot be completed: Contacts require a name",
                ));
            }
        }
        if row.values().any(|value| matches!(value, Value::Text(text) if text.contains('\0'))) {
            return Err(Problem::value("A string literal cannot contain NUL (0x00) characters."));
        }
        for field in &model.fields {
            let value = row.get(field.column());
            let absent = match (&field.kind, value) {
                (Kind::Boolean | Kind::Integer | Kind::Float | Kind::Monetary, _) => false,
                (_, value) => value.is_none_or(|value| matches!(value, Value::Bool(false))),
            };
            if field.required && absent && self.has(model, field) {
                return Err(Problem::validation(missing_value(model, field)));
            }
            if let (Kind::Many2one(other), Some(Value::Int(id))) = (&field.kind, value)
                && !self.exists(other, *id)
            {
                return Err(Problem::validation(super::unlink::in_use(model, field)));
            }
        }
        Ok(())
    }
}

/// The words for a required field without a value.
fn missing_value(model: &Model, field: &Field) -> String {
    format!(
        "The operation cannot be completed: Missing required value for the field '{}' ({}).\nModel: '{}' ({})\n\
         - create/update: a mandatory field is not set\n\
         - delete: another model requires the record being deleted, you can archive it instead\n",
        field.label, field.name, model.label, model.name
    )
}
