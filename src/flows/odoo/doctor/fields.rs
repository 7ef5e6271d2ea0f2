//! Whether the models have what the mappings name, and ask for no more.

use std::collections::BTreeMap;

use super::connection::Connection;
use super::finding::{Finding, list};
use crate::flows::odoo::MAPPINGS;
use crate::integrations::odoo::{Call, FieldType, Fields, Value};
use crate::platform::config::{OdooConfig, OdooWays};

/// By this it is known that a partner is a customer, and is to be taken over.
const CUSTOMER: &str = "customer_rank";

/// What stands between a mapping and its model.
#[derive(Debug, Default, PartialEq, Eq)]
struct Gaps {
    missing: Vec<String>,
    readonly: Vec<String>,
    /// Neither filled by us nor, as far as the fields tell, by Odoo.
    required: Vec<String>,
}

fn gaps(known: &Fields, ours: &[&str]) -> Gaps {
    let is =
        |name: &&&str, so: fn(&crate::integrations::odoo::Field) -> bool| known.get(name).is_some_and(so);
    let owned = |name: &&str| (*name).to_owned();
    let required = known.0.iter().filter(|field| field.required && !field.readonly && field.name != "id");
    let required = required.filter(|field| field.kind != FieldType::Boolean);
    Gaps {
        missing: ours.iter().filter(|name| known.get(name).is_none()).map(owned).collect(),
        readonly: ours.iter().filter(|name| is(name, |field| field.readonly)).map(owned).collect(),
        required: required
            .map(|field| field.name.clone())
            .filter(|name| !ours.contains(&name.as_str()))
            .collect(),
    }
}

/// Findings for each kind that is kept alike as records.
pub(super) async fn fields(config: &OdooConfig, connection: &Connection) -> Vec<Finding> {
    let (mut findings, mut models) = (Vec::new(), BTreeMap::new());
    for mapping in MAPPINGS {
        let ways = config.sync.ways.get(mapping.kind()).copied().unwrap_or(OdooWays::Off);
        if !(ways.push() || ways.pull()) || mapping.fields().is_empty() {
            continue;
        }
        let (kind, model) = (mapping.kind(), mapping.model());
        if !models.contains_key(model) {
            match connection.odoo.run(Call::fields_get(model, &[])).await {
                Ok(known) => models.insert(model, known),
                Err(fault) => {
                    findings.push(Finding::failed(
                        "fields",
                        &format!("{kind}: those of {model} can't be asked for"),
                        &fault,
                    ));
                    continue;
                }
            };
        }
        let Some(known) = models.get(model) else { continue };
        let ours: Vec<&str> = mapping.fields().iter().map(|field| field.theirs).collect();
        let gaps = gaps(known, &ours);
        let required =
            if ways.push() { unfilled(connection, model, gaps.required).await } else { Vec::new() };
        let readonly = if ways.push() { gaps.readonly } else { Vec::new() };
        let before = findings.len();
        if !gaps.missing.is_empty() {
            findings.push(missing(kind, model, &gaps.missing));
        }
        if !readonly.is_empty() {
            findings.push(Finding::warning(
                "fields",
                format!("{kind}: {} of {model} can only be read", told(&readonly)),
                "What cabina sends there may be lost. Make it writable in Odoo, or let Odoo be the one that decides.",
            ));
        }
        if !required.is_empty() {
            findings.push(Finding::warning(
                "fields",
                format!("{kind}: {model} asks for {}, which cabina does not fill", told(&required)),
                "Give it a default in Odoo, or make it optional: unless a module fills it, new records are refused.",
            ));
        }
        if ways.pull()
            && mapping.hangs_on().is_none()
            && config.sync.newcomers.is_some()
            && known.get(CUSTOMER).is_none()
        {
            findings.push(Finding::warning(
                "fields",
                format!("{kind}: {model} has no {CUSTOMER}, so nobody made in Odoo counts as a customer"),
                "Install Invoicing (the module account) in Odoo, or leave ODOO_NEWCOMERS_TEAM out.",
            ));
        }
        if findings.len() == before {
            findings.push(Finding::ok("fields", format!("{kind}: all {} are in {model}", ours.len())));
        }
    }
    findings
}

fn missing(kind: &str, model: &str, names: &[String]) -> Finding {
    Finding::wrong(
        "fields",
        format!("{kind}: {model} has no {}, or the user may not see it", told(names)),
        format!(
            "Nothing of this kind can be exchanged until it is there: install the module that brings it, have it made, or give \
             the user the group that sees it. Until then set {kind}=off in ODOO_SYNC."
        ),
    )
}

/// Which of these have no default there.
async fn unfilled(connection: &Connection, model: &str, names: Vec<String>) -> Vec<String> {
    if names.is_empty() {
        return names;
    }
    let asked: Vec<&str> = names.iter().map(String::as_str).collect();
    let ask: Call = Call::of(model, "default_get").leading("fields", asked);
    match connection.odoo.run(ask).await {
        Ok(Value::Map(defaults)) => {
            names.into_iter().filter(|name| !defaults.iter().any(|(known, _)| known == name)).collect()
        }
        // Without the defaults nothing can be said.
        _ => Vec::new(),
    }
}

fn told(names: &[String]) -> String {
    list(&names.iter().map(String::as_str).collect::<Vec<_>>())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::integrations::odoo::Field;

    #[test]
    fn gaps_are_what_is_missing_readonly_or_asked_for() {
        let field = |name: &str, kind, required, readonly| Field {
            name: name.to_owned(),
            kind,
            required,
            readonly,
            relation: None,
            selection: Vec::new(),
        };
        let known = Fields(vec![
            field("id", FieldType::Integer, true, true),
            field("name", FieldType::Text, true, false),
            field("ref", FieldType::Text, false, true),
            field("x_branch", FieldType::Many2one, true, false),
            field("x_flag", FieldType::Boolean, true, false),
            field("x_sum", FieldType::Float, true, true),
        ]);
        let words = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
        let expected =
            Gaps { missing: words(&["vat"]), readonly: words(&["ref"]), required: words(&["x_branch"]) };
        assert_eq!(gaps(&known, &["name", "ref", "vat"]), expected);
    }
}
