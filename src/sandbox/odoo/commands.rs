//! The commands that change relations to many (rule 10).

use super::problem::Problem;
use super::python::repr;
use super::schema::{Field, Kind, Model};
use super::tx::Tx;
use crate::integrations::odoo::{Map, Value};

/// One command.
enum Command {
    Create(Map),
    Update(i64, Map),
    Delete(i64),
    Unlink(i64),
    Link(i64),
    Clear,
    Set(Vec<i64>),
}

/// Reads the commands of a value. Ids alone stand for a set.
fn commands(model: &Model, field: &Field, value: &Value) -> Result<Vec<Command>, Problem> {
    let wrong = || Problem::value(format!("Wrong value for {}.{}: {}", model.name, field.name, repr(value)));
    let Value::List(items) = value else {
        return if value.is_null() { Ok(vec![Command::Clear]) } else { Err(wrong()) };
    };
    if !items.is_empty() && items.iter().all(|item| matches!(item, Value::Int(_))) {
        return Ok(vec![Command::Set(value.ids().map_err(|_| wrong())?)]);
    }
    let one = |item: &Value| {
        let Value::List(parts) = item else { return None };
        let id = || parts.get(1).and_then(|id| id.int().ok());
        let values = || if let Some(Value::Map(map)) = parts.get(2) { Some(map.clone()) } else { None };
        match parts.first()?.int().ok()? {
            0 => Some(Command::Create(values()?)),
            1 => Some(Command::Update(id()?, values()?)),
            2 => Some(Command::Delete(id()?)),
            3 => Some(Command::Unlink(id()?)),
            4 => Some(Command::Link(id()?)),
            5 => Some(Command::Clear),
            6 => Some(Command::Set(parts.get(2)?.ids().ok()?)),
            _ => None,
        }
    };
    items.iter().map(|item| one(item).ok_or_else(wrong)).collect()
}

impl Tx<'_> {
    /// Applies the commands of one field to one record.
    pub fn command(&mut self, model: &Model, id: i64, field: &Field, value: &Value) -> Result<(), Problem> {
        let commands = commands(model, field, value)?;
        match &field.kind {
            Kind::One2many { model: other, inverse } => {
                commands.into_iter().try_for_each(|command| self.change_lines(other, inverse, id, command))
            }
            Kind::Many2many(other) => {
                let mut ids = self.links(&model.name, id, field.column());
                for command in commands {
                    self.change_links(other, &mut ids, command)?;
                }
                if let Some(gone) = ids.iter().find(|id| !self.exists(other, **id)) {
                    return Err(Problem::missing(other, &[*gone], self.uid));
                }
                self.set(&model.name, id, &[(field.column(), ids.into())]);
                Ok(())
            }
            _ => Ok(()),
        }
    }

    fn change_links(&mut self, other: &str, ids: &mut Vec<i64>, command: Command) -> Result<(), Problem> {
        match command {
            Command::Create(values) => ids.push(self.create(other, &values)?),
            Command::Update(id, values) => self.write(other, &[id], &values)?,
            Command::Delete(id) => {
                ids.retain(|known| *known != id);
                self.unlink(other, &[id])?;
            }
            Command::Unlink(id) => ids.retain(|known| *known != id),
            Command::Link(id) => {
                if !ids.contains(&id) {
                    ids.push(id);
                }
            }
            Command::Clear => ids.clear(),
            Command::Set(new) => {
                *ids = new;
                ids.sort_unstable();
                ids.dedup();
            }
        }
        Ok(())
    }

    fn change_lines(&mut self, other: &str, inverse: &str, id: i64, command: Command) -> Result<(), Problem> {
        match command {
            Command::Create(mut values) => {
                values.retain(|(name, _)| name != inverse);
                values.push((inverse.to_owned(), Value::Int(id)));
                self.create(other, &values).map(drop)
            }
            Command::Update(line, values) => self.write(other, &[line], &values),
            Command::Delete(line) => self.unlink(other, &[line]),
            Command::Unlink(line) => self.part(other, inverse, line),
            Command::Link(line) => self.write(other, &[line], &vec![(inverse.to_owned(), Value::Int(id))]),
            Command::Clear => self.keep(other, inverse, id, &[]),
            Command::Set(lines) => {
                self.keep(other, inverse, id, &lines)?;
                self.write(other, &lines, &vec![(inverse.to_owned(), Value::Int(id))])
            }
        }
    }

    fn keep(&mut self, other: &str, inverse: &str, id: i64, lines: &[i64]) -> Result<(), Problem> {
        let gone = self.store.leading_to(other, inverse, id).into_iter().filter(|line| !lines.contains(line));
        gone.collect::<Vec<_>>().into_iter().try_for_each(|line| self.part(other, inverse, line))
    }

    /// A line without its document is deleted where it can't be without.
    fn part(&mut self, other: &str, inverse: &str, line: i64) -> Result<(), Problem> {
        let model = self.model(other)?;
        if model.field(inverse).is_some_and(|field| field.cascade) {
            self.unlink(other, &[line])
        } else {
            self.write(other, &[line], &vec![(inverse.to_owned(), Value::Bool(false))])
        }
    }
}
