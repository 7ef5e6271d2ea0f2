//! Partners: their names with their company, what companies and their people share, and their tax ids.

use super::problem::Problem;
use super::python::truth;
use super::store::Row;
use super::tax_ids;
use super::tx::{Tx, part};
use crate::integrations::odoo::{Map, Value};

const PARTNER: &str = "res.partner";
/// What a company and its people share, upwards too.
const COMMERCIAL: &[&str] = &["vat"];
/// What people at their company's address share with it, upwards too.
const ADDRESS: &[&str] = &["street", "street2", "zip", "city", "state_id", "country_id"];

/// Fills in what a partner that is made or changed brings with it.
pub(super) fn prepare(row: &mut Row, values: &Map) {
    if let Some(Value::Text(kind)) = part(values, "company_type") {
        row.insert("is_company".into(), Value::Bool(kind == "company"));
    }
}

impl Tx<'_> {
    /// The name that a contact has with its company is kept, and changes with the company's (rule 38).
    pub fn follow_partner(&mut self, id: i64, changed: &[String], made: bool) -> Result<(), Problem> {
        let mut top = id;
        for _ in 0..64 {
            match self.link(PARTNER, top, "parent_id") {
                Some(parent) if parent == id => {
                    return Err(Problem::validation("You cannot create recursive Partner hierarchies."));
                }
                Some(parent) => top = parent,
                None => break,
            }
        }
        let name = self.display_name(PARTNER, id);
        let commercial = Value::Int(self.commercial(id));
        let company = [("complete_name", Value::from(name)), ("commercial_partner_id", commercial)];
        self.recompute(PARTNER, id, &company);
        let says = |names: &[&str]| changed.iter().any(|name| names.contains(&name.as_str()));
        if !made && says(&["name", "is_company", "parent_id"]) {
            for child in self.store.leading_to(PARTNER, "parent_id", id) {
                let name = self.display_name(PARTNER, child);
                self.recompute(PARTNER, child, &[("complete_name", name.into())]);
            }
        }
        self.tax_id(id)?;
        self.share(id, changed);
        Ok(())
    }

    /// The company that a partner belongs to in business; a company is its own.
    fn commercial(&self, id: i64) -> i64 {
        let mut top = id;
        for _ in 0..64 {
            match self.link(PARTNER, top, "parent_id") {
                Some(parent) if !truth(&self.get(PARTNER, top, "is_company")) => top = parent,
                _ => break,
            }
        }
        top
    }

    /// Keeps alike what companies and their people share.
    fn share(&mut self, id: i64, changed: &[String]) {
        let says = |names: &[&str]| changed.iter().any(|name| names.contains(&name.as_str()));
        let (company, comes) = (self.commercial(id), says(&["parent_id"]));
        if company != id {
            if comes {
                self.copy(company, id, COMMERCIAL);
            } else if says(COMMERCIAL) {
                self.copy(id, company, COMMERCIAL);
            }
        }
        if says(COMMERCIAL) {
            self.copy_down(company, COMMERCIAL, 0);
        }
        // Its own address counts where whom it comes to has none.
        match self.link(PARTNER, id, "parent_id").filter(|_| self.is_contact(id)) {
            Some(parent) if comes && ADDRESS.iter().any(|name| truth(&self.get(PARTNER, parent, name))) => {
                self.copy(parent, id, ADDRESS);
            }
            Some(parent) if comes || says(ADDRESS) => {
                self.copy(id, parent, ADDRESS);
                self.address_down(parent, 0);
            }
            _ => {}
        }
        if says(ADDRESS) {
            self.address_down(id, 0);
        }
    }

    fn address_down(&mut self, id: i64, depth: usize) {
        for child in self.store.leading_to(PARTNER, "parent_id", id) {
            if depth < 64 && self.is_contact(child) {
                self.copy(id, child, ADDRESS);
                self.address_down(child, depth + 1);
            }
        }
    }

    fn is_contact(&self, id: i64) -> bool {
        self.text(PARTNER, id, "type").as_deref() == Some("contact")
    }

    fn copy(&mut self, from: i64, to: i64, names: &[&str]) {
        let values: Vec<(&str, Value)> =
            names.iter().map(|name| (*name, self.get(PARTNER, from, name))).collect();
        self.recompute(PARTNER, to, &values);
    }

    fn copy_down(&mut self, id: i64, names: &[&str], depth: usize) {
        for child in self.store.leading_to(PARTNER, "parent_id", id) {
            if depth < 64 && !truth(&self.get(PARTNER, child, "is_company")) {
                self.copy(id, child, names);
                self.copy_down(child, names, depth + 1);
            }
        }
    }

    /// A tax id is checked by the rules of the partner's country, and kept in its normal form.
    fn tax_id(&mut self, id: i64) -> Result<(), Problem> {
        let country = self.link(PARTNER, id, "country_id");
        let country = country.and_then(|id| self.text("res.country", id, "code")).unwrap_or_default();
        let Some(given) = self.text(PARTNER, id, "vat") else { return Ok(()) };
        let name = self.text(PARTNER, id, "name").unwrap_or_default();
        let normal = tax_ids::checked(&country, &given, &name).map_err(Problem::validation)?;
        if normal != given {
            self.set(PARTNER, id, &[("vat", normal.into())]);
        }
        Ok(())
    }
}
