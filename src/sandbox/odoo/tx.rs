//! One transaction: who calls, in which context, at which moment, and the small questions that all methods ask.

use std::sync::Arc;

use super::convert::MOMENT;
use super::problem::Problem;
use super::python::truth;
use super::schema::{Field, Model};
use super::store::{Row, Store};
use super::switches::Switches;
use crate::integrations::odoo::{Map, Value};
use crate::kernel::time::Instant;

/// The part of a map by its name.
pub(super) fn part<'a>(map: &'a Map, name: &str) -> Option<&'a Value> {
    map.iter().find(|(known, _)| known == name).map(|(_, value)| value)
}

/// A call's transaction.
pub(super) struct Tx<'a> {
    pub store: &'a mut Store,
    pub switches: &'a Switches,
    pub uid: i64,
    /// The moment at which the call began (rule 36).
    pub now: Instant,
    pub context: Map,
    /// Documents that are being written: their lines wait with what follows from them.
    pub busy: Vec<(String, i64)>,
}

impl Tx<'_> {
    pub fn model(&self, name: &str) -> Result<Arc<Model>, Problem> {
        self.store.model(name).cloned().ok_or_else(|| Problem::user(format!("Object {name} doesn't exist")))
    }

    /// A field, as far as the version has it and no switch hides it.
    pub fn field<'m>(&self, model: &'m Model, name: &str) -> Option<&'m Field> {
        model.field(name).filter(|field| self.has(model, field))
    }

    pub fn has(&self, model: &Model, field: &Field) -> bool {
        let hidden = |(of, name): &(String, String)| *of == model.name && **name == *field.name;
        field.versions.contains(&self.switches.version) && !self.switches.missing_fields.iter().any(hidden)
    }

    /// The moment of the call with microseconds.
    pub fn stamp(&self) -> Value {
        Value::Text(self.now.format("%Y-%m-%d %H:%M:%S%.6f").to_string())
    }

    /// The moment of the call in whole seconds.
    pub fn moment(&self) -> Value {
        Value::Text(self.now.format(MOMENT).to_string())
    }

    pub fn today(&self) -> Value {
        Value::Text(self.now.format("%Y-%m-%d").to_string())
    }

    pub fn context(&self, name: &str) -> Option<&Value> {
        part(&self.context, name)
    }

    /// Whether archived records are hidden (rule 15).
    pub fn hides_archived(&self) -> bool {
        self.context("active_test").is_none_or(truth)
    }

    pub fn get(&self, model: &str, id: i64, field: &str) -> Value {
        self.store.row(model, id).and_then(|row| row.get(field)).cloned().unwrap_or(Value::Bool(false))
    }

    pub fn text(&self, model: &str, id: i64, field: &str) -> Option<String> {
        if let Value::Text(text) = self.get(model, id, field) { Some(text) } else { None }
    }

    pub fn link(&self, model: &str, id: i64, field: &str) -> Option<i64> {
        if let Value::Int(id) = self.get(model, id, field) { Some(id) } else { None }
    }

    pub fn number(&self, model: &str, id: i64, field: &str) -> f64 {
        match self.get(model, id, field) {
            Value::Float(number) => number,
            #[expect(clippy::cast_precision_loss, reason = "quantities and amounts are small")]
            Value::Int(number) => number as f64,
            _ => 0.0,
        }
    }

    pub fn links(&self, model: &str, id: i64, field: &str) -> Vec<i64> {
        self.get(model, id, field).ids().unwrap_or_default()
    }

    /// Sets kept values beside the rules, as computed fields are set.
    pub fn set(&mut self, model: &str, id: i64, values: &[(&str, Value)]) {
        let Some(mut row) = self.store.row(model, id).cloned() else { return };
        for (name, value) in values {
            row.insert((*name).into(), value.clone());
        }
        self.store.put(model, id, Some(row));
    }

    /// The same, and tells that the record changed (rule 38) when it did.
    pub fn recompute(&mut self, model: &str, id: i64, values: &[(&str, Value)]) {
        let Some(row) = self.store.row(model, id) else { return };
        if values.iter().any(|(name, value)| row.get(*name).unwrap_or(&Value::Bool(false)) != value) {
            self.set(model, id, values);
            self.touch(model, id);
        }
    }

    /// Tells that the record changed.
    pub fn touch(&mut self, model: &str, id: i64) {
        let (stamp, uid) = (self.stamp(), Value::Int(self.uid));
        self.set(model, id, &[("write_date", stamp), ("write_uid", uid)]);
    }

    pub fn exists(&self, model: &str, id: i64) -> bool {
        self.store.row(model, id).is_some()
    }

    pub fn is_busy(&self, model: &str, id: i64) -> bool {
        self.busy.iter().any(|(of, busy)| of == model && *busy == id)
    }

    /// Refuses ids that are not there.
    pub fn require(&self, model: &str, ids: &[i64]) -> Result<(), Problem> {
        let gone: Vec<i64> = ids.iter().copied().filter(|id| !self.exists(model, *id)).collect();
        if gone.is_empty() { Ok(()) } else { Err(Problem::missing(model, &gone, self.uid)) }
    }
}

/// A value of a row, or what stands for none.
pub(super) fn kept(row: &Row, field: &Field) -> Value {
    row.get(field.column()).cloned().unwrap_or_else(|| field.nothing())
}
