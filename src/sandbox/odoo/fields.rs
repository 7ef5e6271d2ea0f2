//! `fields_get`: what the fields of a model are.

use super::problem::Problem;
use super::schema::{Field, Kind, Model};
use super::tx::Tx;
use crate::integrations::odoo::{Map, Value};

impl Tx<'_> {
    /// The fields, all or those that are named, with all attributes or those that are named.
    pub fn fields_get(
        &self,
        model: &Model,
        names: &[String],
        attributes: &[String],
    ) -> Result<Value, Problem> {
        let wanted = |field: &&Field| names.is_empty() || names.iter().any(|name| **name == *field.name);
        let shown =
            |field: &&Field| !field.secret && self.has(model, field) && self.readable(model, field).is_ok();
        let fields = model.fields.iter().filter(shown).filter(wanted);
        let told = fields.map(|field| {
            let mut about = about(field);
            about.retain(|(name, _)| attributes.is_empty() || attributes.contains(name));
            about.extend(plan(model, field).map(|domain| ("domain".to_owned(), domain.into())));
            (field.name.to_string(), Value::Map(about))
        });
        Ok(Value::Map(told.collect()))
    }
}

/// Which accounts may stand in the column of an analytic plan (rule 19); told also when it was not asked for.
fn plan(model: &Model, field: &Field) -> Option<String> {
    let plan = match &*field.name {
        _ if model.name != "account.analytic.line" => None,
        "account_id" => Some("1"),
        name => name.strip_prefix("x_plan")?.strip_suffix("_id"),
    }?;
    Some(format!("[('plan_id', 'child_of', {plan})]"))
}

fn about(field: &Field) -> Map {
    let mut about: Map = vec![
        ("type".to_owned(), field.word().into()),
        ("name".to_owned(), (&*field.name).into()),
        ("string".to_owned(), field.label.as_str().into()),
        ("required".to_owned(), field.required.into()),
        ("readonly".to_owned(), field.readonly.into()),
        ("store".to_owned(), (!field.unstored && !matches!(field.kind, Kind::One2many { .. })).into()),
        ("searchable".to_owned(), true.into()),
    ];
    if let Some(relation) = field.relation() {
        about.push(("relation".to_owned(), relation.into()));
    }
    if let Kind::One2many { inverse, .. } = &field.kind {
        about.push(("relation_field".to_owned(), inverse.as_str().into()));
    }
    if let Kind::Selection(words) = &field.kind {
        let pairs =
            words.iter().map(|(word, label)| Value::List(vec![word.as_str().into(), label.as_str().into()]));
        about.push(("selection".to_owned(), Value::List(pairs.collect())));
    }
    about
}
