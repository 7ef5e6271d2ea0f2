//! Searching: candidates, conditions, order, page.

use std::cmp::Ordering;

use super::domain::Domain;
use super::problem::Problem;
use super::python::truth;
use super::schema::{Field, Kind, Model};
use super::tx::Tx;
use crate::integrations::odoo::Value;

/// Which part of what fits.
#[derive(Default)]
pub(super) struct Page {
    pub offset: usize,
    pub limit: Option<usize>,
    pub order: Option<String>,
}

impl Tx<'_> {
    /// The ids of the records that fit, in no order.
    pub fn matching(&self, model: &Model, conditions: &Value) -> Result<Vec<i64>, Problem> {
        let domain = self.domain(model, conditions)?;
        let hides =
            self.hides_archived() && self.field(model, "active").is_some() && !names(&domain, "active");
        let fits = |id: &i64| {
            self.store.row(&model.name, *id).is_some_and(|row| {
                (!hides || row.get("active").is_some_and(truth)) && self.fits(model, *id, row, &domain)
            })
        };
        Ok(match self.candidates(model, &domain) {
            Some(ids) => ids.into_iter().filter(fits).collect(),
            None => self.store.rows(&model.name).map(|(id, _)| id).filter(fits).collect(),
        })
    }

    /// The ids of the records that fit, ordered, of one page.
    pub fn search(&self, model: &Model, conditions: &Value, page: &Page) -> Result<Vec<i64>, Problem> {
        let mut ids = self.matching(model, conditions)?;
        self.sort(model, &mut ids, page.order.as_deref().unwrap_or(&model.order))?;
        let from = page.offset.min(ids.len());
        let until = page.limit.map_or(ids.len(), |limit| from.saturating_add(limit).min(ids.len()));
        Ok(ids[from..until].to_vec())
    }

    /// Few ids among which all that fit are, where a condition tells them; in the order of ids, each once.
    fn candidates(&self, model: &Model, domain: &Domain) -> Option<Vec<i64>> {
        let Domain::And(all) = domain else { return None };
        all.iter().find_map(|part| {
            let Domain::Is(is) = part else {
                return if matches!(part, Domain::And(_)) { self.candidates(model, part) } else { None };
            };
            let [name] = is.path.as_slice() else { return None };
            let field = model.field(name)?;
            match (name.as_str(), is.operator.as_str(), &is.value) {
                ("id", "=", Value::Int(id)) => Some(vec![*id]),
                ("id", "in", ids) => {
                    let mut ids = ids.ids().ok()?;
                    ids.sort_unstable();
                    ids.dedup();
                    Some(ids)
                }
                ("id", ">", Value::Int(id)) => Some(self.store.above(&model.name, *id).collect()),
                (_, "=", Value::Int(id)) if matches!(field.kind, Kind::Many2one(_)) => {
                    Some(self.store.leading_to(&model.name, field.column(), *id))
                }
                _ => None,
            }
        })
    }

    fn sort(&self, model: &Model, ids: &mut Vec<i64>, order: &str) -> Result<(), Problem> {
        let mut keys = Vec::new();
        for part in order.split(',') {
            let words: Vec<&str> = part.split_whitespace().collect();
            let (name, down) = match words.as_slice() {
                [name] => (*name, false),
                [name, way] if way.eq_ignore_ascii_case("asc") => (*name, false),
                [name, way] if way.eq_ignore_ascii_case("desc") => (*name, true),
                _ => {
                    return Err(Problem::user(format!(
                        "Invalid \"order\" specified ({order}). A valid \"order\" specification is a comma-separated list of valid \
                         field names (optionally followed by asc/desc for the direction)"
                    )));
                }
            };
            let field = self
                .field(model, name)
                .ok_or_else(|| Problem::value(format!("Invalid field '{name}' on '{}'", model.name)))?;
            keys.push((field, down));
        }
        if keys.len() == 1 && *keys[0].0.name == *"id" {
            ids.sort_unstable();
            if keys[0].1 {
                ids.reverse();
            }
            return Ok(());
        }
        let mut rows: Vec<(Vec<Value>, i64)> = ids
            .iter()
            .map(|id| (keys.iter().map(|(field, _)| self.key(model, *id, field)).collect(), *id))
            .collect();
        rows.sort_by(|(one, _), (other, _)| {
            let mut pairs = one.iter().zip(other).zip(&keys);
            pairs
                .find_map(|((one, other), (_, down))| {
                    let order = by_value(one, other);
                    let order = if *down { order.reverse() } else { order };
                    order.is_ne().then_some(order)
                })
                .unwrap_or(Ordering::Equal)
        });
        *ids = rows.into_iter().map(|(_, id)| id).collect();
        Ok(())
    }

    /// What a record is ordered by: texts without regard to case, links by name; moments with their microseconds.
    fn key(&self, model: &Model, id: i64, field: &Field) -> Value {
        let Some(row) = self.store.row(&model.name, id) else { return Value::Nil };
        match (self.raw(model, id, row, field), &field.kind) {
            (Value::Bool(false), kind) if *kind != Kind::Boolean => Value::Nil,
            (Value::Int(other), Kind::Many2one(relation)) => {
                self.display_name(relation, other).to_lowercase().into()
            }
            (Value::Text(text), Kind::Char | Kind::Text) => text.to_lowercase().into(),
            (value, _) => value,
        }
    }
}

/// Nulls are last, as in PostgreSQL.
fn by_value(one: &Value, other: &Value) -> Ordering {
    match (one, other) {
        (Value::Nil, Value::Nil) => Ordering::Equal,
        (Value::Nil, _) => Ordering::Greater,
        (_, Value::Nil) => Ordering::Less,
        (Value::Text(one), Value::Text(other)) => one.cmp(other),
        (Value::Int(one), Value::Int(other)) => one.cmp(other),
        (Value::Bool(one), Value::Bool(other)) => one.cmp(other),
        _ => match (one.float(), other.float()) {
            (Ok(one), Ok(other)) => one.total_cmp(&other),
            _ => Ordering::Equal,
        },
    }
}

fn names(domain: &Domain, field: &str) -> bool {
    match domain {
        Domain::And(parts) | Domain::Or(parts) => parts.iter().any(|part| names(part, field)),
        Domain::Not(part) => names(part, field),
        Domain::Is(is) => is.path.len() == 1 && is.path[0] == field,
        Domain::Always(_) => false,
    }
}
