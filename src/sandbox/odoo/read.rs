//! Reading: from what is kept to what is told.

use super::convert::bytes;
use super::problem::Problem;
use super::python::truth;
use super::schema::{Field, Kind, Model};
use super::store::Row;
use super::tx::{Tx, kept};
use crate::integrations::odoo::{Map, Value};

impl Tx<'_> {
    /// The records that are there, each with its fields (rule 14). No names: all fields. `bare`: links as ids alone (rule 9).
    pub fn read(&self, model: &Model, ids: &[i64], names: &[String], bare: bool) -> Result<Value, Problem> {
        let fields: Vec<&Field> = if names.is_empty() {
            let shown = |field: &&Field| {
                !field.secret && self.has(model, field) && self.readable(model, field).is_ok()
            };
            model.fields.iter().filter(shown).collect()
        } else {
            let known = |name: &String| {
                let field = self.field(model, name).filter(|field| !field.secret);
                let field = field
                    .ok_or_else(|| Problem::value(format!("Invalid field '{name}' on '{}'", model.name)))?;
                self.readable(model, field).map(|()| field)
            };
            names.iter().map(known).collect::<Result<_, _>>()?
        };
        let records = ids.iter().filter_map(|id| {
            let row = self.store.row(&model.name, *id)?;
            let mut record: Map = vec![("id".to_owned(), Value::Int(*id))];
            for field in fields.iter().filter(|field| *field.name != *"id") {
                record.push((field.name.to_string(), self.told(model, *id, row, field, bare)));
            }
            Some(Value::Map(record))
        });
        Ok(Value::List(records.collect()))
    }

    fn told(&self, model: &Model, id: i64, row: &Row, field: &Field, bare: bool) -> Value {
        let value = self.raw(model, id, row, field);
        match (&field.kind, &value) {
            (Kind::Datetime, Value::Text(text)) => text.get(..19).unwrap_or(text).into(),
            (Kind::Many2one(other), Value::Int(id)) if !bare => {
                Value::List(vec![value.clone(), self.display_name(other, *id).into()])
            }
            (Kind::Binary, Value::Text(text)) if self.context("bin_size").is_some_and(truth) => {
                size(bytes(text).len()).into()
            }
            (Kind::Char, Value::Text(_)) => self.translated(row, &field.name).map_or(value, Value::Text),
            _ => value,
        }
    }

    /// What a translated field says in the language of the call.
    fn translated(&self, row: &Row, field: &str) -> Option<String> {
        let Some(Value::Text(language)) = self.context("lang") else { return None };
        match row.get(format!("{field}@{language}").as_str()) {
            Some(Value::Text(text)) => Some(text.clone()),
            _ => None,
        }
    }

    /// The value as it is kept, or computed: links as ids, moments with microseconds.
    pub fn raw(&self, model: &Model, id: i64, row: &Row, field: &Field) -> Value {
        match &field.kind {
            Kind::One2many { model: other, inverse } => {
                let mut ids = self.store.leading_to(other, inverse, id);
                if *field.name == *"invoice_line_ids" {
                    ids.retain(|id| self.is_invoice_line(*id));
                }
                if self.hides_archived()
                    && self.store.model(other).is_some_and(|model| model.field("active").is_some())
                {
                    ids.retain(|id| truth(&self.get(other, *id, "active")));
                }
                ids.into()
            }
            _ if *field.name == *"id" => Value::Int(id),
            _ if field.unstored => self.computed(model, id, row, field),
            _ => kept(row, field),
        }
    }

    /// Values that are not kept.
    fn computed(&self, model: &Model, id: i64, row: &Row, field: &Field) -> Value {
        match (model.name.as_str(), &*field.name) {
            (name, "display_name") => self.display_name(name, id).into(),
            ("res.partner", "company_type") => {
                if row.get("is_company").is_some_and(truth) {
                    "company".into()
                } else {
                    "person".into()
                }
            }
            ("account.analytic.account", "balance") => Value::Float(self.analytic_sum(id, |_| true)),
            ("account.analytic.account", "debit") => {
                Value::Float(-self.analytic_sum(id, |amount| amount < 0.0))
            }
            ("account.analytic.account", "credit") => {
                Value::Float(self.analytic_sum(id, |amount| amount > 0.0))
            }
            _ => field.nothing(),
        }
    }

    /// The name under which others show a record. It depends on the language: nobody should keep it (rule 9).
    pub fn display_name(&self, model: &str, id: i64) -> String {
        let Some(row) = self.store.row(model, id) else { return String::new() };
        let text = |name: &str| match row.get(name) {
            Some(Value::Text(text)) => Some(text.as_str()),
            _ => None,
        };
        let name = self.translated(row, "name").or_else(|| text("name").map(str::to_owned));
        let name = name.unwrap_or_else(|| format!("{model},{id}"));
        match model {
            "res.partner" => self.partner_name(row, name),
            "product.product" | "product.template" => match text("default_code") {
                Some(code) => format!("[{code}] {name}"),
                None => name,
            },
            "account.move" => {
                let name = text("name").map_or_else(|| format!("Draft Invoice (* {id})"), str::to_owned);
                match text("ref") {
                    Some(reference) => format!("{name} ({reference})"),
                    None => name,
                }
            }
            "account.analytic.account" => {
                let code = text("code").map(|code| format!("[{code}] ")).unwrap_or_default();
                let partner =
                    self.link(model, id, "partner_id").map(|id| self.display_name("res.partner", id));
                let partner = partner.map(|name| format!(" - {name}")).unwrap_or_default();
                format!("{code}{name}{partner}")
            }
            _ => text("display_name").map_or(name, str::to_owned),
        }
    }

    /// A contact is named after its company too.
    fn partner_name(&self, row: &Row, name: String) -> String {
        let company = row.get("is_company").is_some_and(truth);
        match row.get("parent_id") {
            Some(Value::Int(parent)) if !company => {
                let parent = self.text("res.partner", *parent, "name").unwrap_or_default();
                format!("{parent}, {name}")
            }
            _ => name,
        }
    }
}

/// As the server writes sizes for people.
fn size(bytes: usize) -> String {
    #[expect(clippy::cast_precision_loss, reason = "a size with two decimals")]
    let mut size = bytes as f64;
    for unit in ["bytes", "Kb", "Mb"] {
        if size < 1024.0 {
            return format!("{size:.2} {unit}");
        }
        size /= 1024.0;
    }
    format!("{size:.2} Gb")
}
