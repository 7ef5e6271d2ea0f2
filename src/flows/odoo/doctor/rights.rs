//! What the user may, of what the ways of ODOO_SYNC need.

use std::collections::BTreeMap;

use super::connection::Connection;
use super::finding::{Finding, list};
use crate::flows::odoo::MAPPINGS;
use crate::flows::odoo::client::Clients;
use crate::flows::odoo::mapping::{Mapping, Way};
use crate::integrations::odoo::{Call, Class, Domain, Fault, Kind, Value};
use crate::platform::config::{OdooConfig, OdooWays};

/// Whoever changes this model gives rights, and so has all of them.
const USERS: &str = "res.users";
/// The administrator of a new database.
const ADMINISTRATOR: i64 = 2;

/// What is asked for, in the order in which it is told.
const OPERATIONS: &[&str] = &["read", "write", "create"];

/// What each model is needed for.
fn needs(config: &OdooConfig) -> BTreeMap<&'static str, Vec<&'static str>> {
    let mut needs: BTreeMap<&'static str, Vec<&'static str>> = BTreeMap::new();
    for mapping in MAPPINGS {
        let ways = config.sync.ways.get(mapping.kind()).copied().unwrap_or(OdooWays::Off);
        let mut need = |model, operations: &[&'static str]| {
            needs.entry(model).or_default().extend(operations);
        };
        match mapping.way() {
            Way::Records if ways.push() || ways.pull() => {
                need(mapping.model(), if ways.push() { OPERATIONS } else { &["read"] });
                need("res.country", &["read"]);
                need("res.country.state", &["read"]);
            }
            // A note is written by whoever may write the record that it stands on.
            Way::Note if ways.push() => {
                need(mapping.model(), &["read", "create"]);
                need(Clients.model(), &["read", "write"]);
            }
            _ => {}
        }
    }
    for operations in needs.values_mut() {
        *operations = OPERATIONS.iter().copied().filter(|wanted| operations.contains(wanted)).collect();
    }
    needs
}

/// Whether the user may do more than is good.
pub(super) async fn user(connection: &Connection) -> Finding {
    let gives_rights = async || matches!(may(connection, USERS, "write").await, Ok(Some(true)));
    if connection.uid <= ADMINISTRATOR || gives_rights().await {
        return Finding::warning(
            "user",
            format!("{} is an administrator, who may do everything in Odoo", connection.name),
            "Make a user for cabina alone, with no more than the rights below, and a key of its own.",
        );
    }
    Finding::ok("user", "no administrator")
}

/// A finding for each model.
pub(super) async fn rights(config: &OdooConfig, connection: &Connection) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (model, operations) in needs(config) {
        let (mut denied, mut unsure, mut failed) = (Vec::new(), Vec::new(), None);
        for operation in &operations {
            match may(connection, model, operation).await {
                Ok(Some(true)) => {}
                Ok(Some(false)) => denied.push(*operation),
                Ok(None) => unsure.push(*operation),
                Err(fault) => {
                    failed = Some(fault);
                    break;
                }
            }
        }
        findings.push(match failed {
            Some(fault) if fault.class == Class::Permanent(Kind::Mapping) => Finding::wrong(
                "rights",
                format!("this Odoo has no {model}"),
                "Install the module that brings it, or switch off in ODOO_SYNC what needs it.",
            ),
            Some(fault) => Finding::failed("rights", model, &fault),
            None if !denied.is_empty() => Finding::wrong(
                "rights",
                format!("{model}: {} may not {}", connection.name, list(&denied)),
                format!("In Odoo, give the user a group that may {} it{}.", list(&operations), group(model)),
            ),
            None if !unsure.is_empty() => Finding::warning(
                "rights",
                format!("{model}: this Odoo does not tell whether {} may {}", connection.name, list(&unsure)),
                "What is missing shows at the first push: syncFailures tells it.",
            ),
            None => Finding::ok("rights", format!("{model}: {}", list(&operations))),
        });
    }
    findings
}

/// The group of a fresh Odoo that gives these rights.
fn group(model: &str) -> &'static str {
    match model {
        "res.partner" => ", such as Contact / Creation (base.group_partner_manager)",
        _ => "; each internal user (base.group_user) has that in a fresh Odoo",
    }
}

/// Whether the user may; `None`: this Odoo does not say.
async fn may(connection: &Connection, model: &str, operation: &str) -> Result<Option<bool>, Fault> {
    let older = || {
        let call: Call = Call::of(model, "check_access_rights").leading("operation", operation);
        call.option("raise_exception", false)
    };
    let newer = || Call::of(model, "has_access").on(&[]).leading("operation", operation);
    // 18 brought the newer one, and a later version takes the older one away.
    let asks = if connection.version.major < 18 { [older(), newer()] } else { [newer(), older()] };
    for ask in asks {
        match connection.odoo.run(ask).await {
            Ok(Value::Bool(may)) => return Ok(Some(may)),
            // Neither refuses by a fault: then it is the method that is not to be called.
            Ok(_) | Err(Fault { class: Class::Permanent(_), .. }) => {}
            Err(fault) => return Err(fault),
        }
    }
    match connection.odoo.run(Call::search(model, Domain::all()).limit(1)).await {
        Ok(_) => Ok((operation == "read").then_some(true)),
        Err(fault) if fault.class == Class::Permanent(Kind::Access) => Ok(Some(false)),
        Err(fault) => Err(fault),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::platform::config::OdooSync;

    #[test]
    fn each_way_needs_what_it_does_and_no_more() {
        let of = |ways: &[(&str, OdooWays)]| {
            let ways = ways.iter().map(|(kind, way)| ((*kind).to_owned(), *way)).collect();
            let sync = OdooSync { ways, ..OdooSync::default() };
            let url = "http://odoo.example".to_owned();
            let config = OdooConfig {
                url,
                database: "d".to_owned(),
                login: None,
                password: None,
                api_keys: Vec::new(),
                transport: crate::platform::config::OdooTransport::Auto,
                calls_per_second: 1,
                timeout: std::time::Duration::from_secs(1),
                sync,
            };
            needs(&config)
                .into_iter()
                .map(|(model, may)| format!("{model} {}", may.join(" ")))
                .collect::<Vec<_>>()
        };
        assert_eq!(of(&[("client", OdooWays::Off)]), [""; 0]);
        assert_eq!(
            of(&[("client", OdooWays::Pull)]),
            ["res.country read", "res.country.state read", "res.partner read"]
        );
        assert_eq!(of(&[("entry", OdooWays::Push)]), ["mail.message read create", "res.partner read write"]);
        let all = of(&[("client", OdooWays::Both), ("entry", OdooWays::Push)]);
        assert_eq!(all[3], "res.partner read write create");
    }
}
