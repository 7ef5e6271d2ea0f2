//! Deleting records, and what happens to those that lead to them.

use super::problem::Problem;
use super::schema::{Field, Kind, Model};
use super::store::EXTERNAL_IDS;
use super::tx::Tx;
use crate::integrations::odoo::Value;

impl Tx<'_> {
    /// Deletes records with their external ids (rule 29) and with the records that belong to them.
    pub fn unlink(&mut self, model: &str, ids: &[i64]) -> Result<(), Problem> {
        self.require(model, ids)?;
        for id in ids {
            self.guard_unlink(model, *id)?;
        }
        for id in ids {
            self.remove(model, *id)?;
        }
        if model == "account.analytic.plan" {
            ids.iter()
                .for_each(|id| self.store.remove_field("account.analytic.line", &format!("x_plan{id}_id")));
        }
        Ok(())
    }

    fn remove(&mut self, model: &str, id: i64) -> Result<(), Problem> {
        let leading: Vec<(String, Field, Vec<i64>)> = self
            .store
            .models()
            .flat_map(|other| other.fields.iter().map(move |field| (other, field)))
            .filter(|(_, field)| {
                matches!(&field.kind, Kind::Many2one(to) if to == model) && field.alias.is_none()
            })
            .map(|(other, field)| {
                (other.name.clone(), field.clone(), self.store.leading_to(&other.name, &field.name, id))
            })
            .filter(|(.., ids)| !ids.is_empty())
            .collect();
        for (other, field, ids) in leading {
            let other_model = self.model(&other)?;
            for other_id in ids {
                if field.cascade {
                    self.remove(&other, other_id)?;
                } else if field.required {
                    return Err(Problem::validation(in_use(&other_model, &field)));
                } else {
                    self.set(&other, other_id, &[(&field.name, Value::Bool(false))]);
                }
            }
        }
        let names: Vec<String> = self.store.names(model, id).cloned().collect();
        for name in names {
            if let Some(entry) = self.store.entry(&name) {
                let entry = entry.id;
                self.store.put(EXTERNAL_IDS, entry, None);
            }
        }
        let parents = self.parents(model, id);
        self.store.put(model, id, None);
        self.child_gone(parents)
    }
}

/// The words for a link that leads nowhere, or would.
pub(super) fn in_use(model: &Model, field: &Field) -> String {
    format!(
        "The operation cannot be completed: Another model is using the record you are trying to delete.\n\n\
         The troublemaker is: '{}' ({})\nThanks to the following constraint: '{}' ({})\n\
         How about archiving the record instead?",
        model.label, model.name, field.label, field.name
    )
}
