//! The records that are there from the start: plainly fictional, with the ids of the recordings where those matter.

use serde_json::{Value as Json, json};

use super::json::value;
use super::problem::Problem;
use super::store::{EXTERNAL_IDS, Store};
use super::switches::Switches;
use super::tx::Tx;
use crate::integrations::odoo::{Map, Value};
use crate::kernel::time::Instant;

const SEED: &str = include_str!("seed.json");
/// The countries of ISO 3166-1 that the seed says nothing more of, by their codes.
const COUNTRIES: &str = include_str!("countries.txt");

/// A store with the seed in it.
pub(super) fn seeded(now: Instant) -> Result<Store, Problem> {
    let mut store = Store::new();
    let switches = Switches::default();
    let mut tx =
        Tx { store: &mut store, switches: &switches, uid: 1, now, context: Map::new(), busy: Vec::new() };
    let models: Vec<(String, String)> =
        tx.store.models().map(|model| (model.name.clone(), model.label.clone())).collect();
    for (name, label) in models {
        // The recordings name this one by its number.
        let id = (name == "crm.lead").then_some(534);
        let values = vec![("model".to_owned(), Value::from(name)), ("name".to_owned(), label.into())];
        tx.create_as("ir.model", &values, id)?;
    }
    let seed: Json = serde_json::from_str(SEED).map_err(|cause| Problem::value(cause.to_string()))?;
    // Records lead to each other in any order: first all are there by name, then with what they say.
    let rows = || {
        seed.as_object()
            .into_iter()
            .flatten()
            .flat_map(|(model, rows)| rows.as_array().into_iter().flatten().map(move |row| (model, row)))
    };
    for (model, row) in rows() {
        let Some(id) = row["id"].as_i64() else { continue };
        tx.store.put(model, id, Some(std::collections::BTreeMap::new()));
    }
    for (model, row) in rows() {
        plant(&mut tx, model, row)?;
    }
    for (code, name) in COUNTRIES.lines().filter_map(|line| line.split_once(' ')) {
        let xid = format!("base.{}", code.to_lowercase());
        plant(&mut tx, "res.country", &json!({ "xid": xid, "code": code, "name": name }))?;
    }
    store.commit();
    Ok(store)
}

fn plant(tx: &mut Tx, model: &str, row: &Json) -> Result<(), Problem> {
    let (mut values, mut beside, mut external) = (Map::new(), Vec::new(), None);
    for (name, json) in row.as_object().into_iter().flatten() {
        match (name.as_str(), json) {
            ("id", _) => {}
            ("xid", json) => external = json.as_str(),
            (name, json) if name.contains('@') => beside.push((name, value(json))),
            (name, json) => values.push((name.to_owned(), value(json))),
        }
    }
    let id = tx.create_as(model, &values, row["id"].as_i64())?;
    tx.set(model, id, &beside);
    if let Some((module, name)) = external.and_then(|name| name.split_once('.')) {
        let entry = vec![
            ("module".to_owned(), Value::from(module)),
            ("name".to_owned(), name.into()),
            ("model".to_owned(), model.into()),
            ("res_id".to_owned(), Value::Int(id)),
        ];
        tx.create(EXTERNAL_IDS, &entry)?;
    }
    Ok(())
}
