//! Whether Odoo takes what is sent: tried with calls of `load` that hold a row which cannot be stored, so that nothing of them
//! is (rule 25). A right that a method needs on the way shows here and nowhere else.

use super::connection::Connection;
use super::finding::{Finding, first_line};
use crate::flows::odoo::MAPPINGS;
use crate::flows::odoo::mapping::{Field, Kind as Holds, Mapping, Way};
use crate::integrations::odoo::{Call, Class, Domain, Fault, Loaded};
use crate::platform::config::{OdooConfig, OdooWays};

const CHECK: &str = "trial";
/// An external id that leads nowhere: a row that names it is refused.
const NOWHERE: &str = "cabina.trial_nowhere";

/// A finding for each kind of records that is sent.
pub(super) async fn trial(config: &OdooConfig, connection: &Connection) -> Vec<Finding> {
    let mut findings = Vec::new();
    for mapping in MAPPINGS.iter().copied().filter(|mapping| mapping.way() == Way::Records) {
        if !config.sync.ways.get(mapping.kind()).is_some_and(|ways| OdooWays::push(*ways)) {
            continue;
        }
        findings.push(said(mapping, "take a new one", made(mapping, connection).await));
        if mapping.fields().iter().any(|field| field.kind == Holds::Client) {
            match moved(mapping, connection).await {
                Ok(Some(tried)) => findings.push(said(mapping, "put one under its company", tried)),
                Ok(None) => {
                    findings.push(Finding::unseen(CHECK, "there is no company in Odoo to try it with"));
                }
                Err(fault) => findings.push(Finding::failed(CHECK, mapping.kind(), &fault)),
            }
        }
    }
    findings
}

/// Tries to make a record.
async fn made(mapping: &dyn Mapping, connection: &Connection) -> Result<(), Fault> {
    // A company comes later, as when it is sent.
    let fields: Vec<&Field> = mapping.fields().iter().filter(|field| field.kind != Holds::Client).collect();
    let columns: Vec<String> = fields.iter().map(|field| field.column()).collect();
    let mut columns: Vec<&str> = columns.iter().map(String::as_str).collect();
    columns.insert(0, "id");
    columns.push("parent_id/id");
    let row = |name: &str, parent: &str| {
        let cell = |field: &&Field| match field.kind {
            Holds::Flag => "True",
            _ if field.theirs == "name" => "cabina",
            _ => "",
        };
        let cells = fields.iter().map(cell);
        let row = std::iter::once(name).chain(cells).chain([parent]);
        row.map(str::to_owned).collect::<Vec<String>>()
    };
    tried(mapping, connection, &columns, [row("cabina.trial", ""), row("cabina.trial_refused", NOWHERE)])
        .await
}

/// Tries to put the partner of our own user under a company; `None`: there is none.
async fn moved(mapping: &dyn Mapping, connection: &Connection) -> Result<Option<Result<(), Fault>>, Fault> {
    let odoo = &connection.odoo;
    let user = odoo.run(Call::read("res.users", &[connection.uid], &["partner_id"]).bare()).await?;
    let own = user.first().map(|user| user.many2one("partner_id")).transpose()?.flatten();
    let Some(own) = own else { return Ok(None) };
    let companies = Domain::all().and("is_company", "=", true).and("id", "!=", own);
    let companies = odoo.run(Call::search(mapping.model(), companies).limit(1)).await?;
    let Some(company) = companies.first() else { return Ok(None) };
    let row = |company: String, country: &str| vec![own.to_string(), company, country.to_owned()];
    let rows = [row(company.to_string(), ""), row(String::new(), NOWHERE)];
    let columns = [".id", "parent_id/.id", "country_id/id"];
    Ok(Some(tried(mapping, connection, &columns, rows).await))
}

/// Loads two rows of which the second is refused; whether the first would have been taken.
async fn tried(
    mapping: &dyn Mapping,
    connection: &Connection,
    columns: &[&str],
    rows: [Vec<String>; 2],
) -> Result<(), Fault> {
    let call = Call::load(mapping.model(), columns, &rows).context("active_test", false);
    match connection.odoo.run(call).await {
        Err(fault) if matches!(fault.class, Class::Permanent(_)) && !fault.rows.is_empty() => {
            let first = fault.rows.iter().find(|row| row.row == Some(0));
            first.map_or(Ok(()), |row| Err(fault.of_row(row)))
        }
        Err(fault) => Err(fault),
        // It cannot be: the second row leads nowhere.
        Ok(Loaded(_)) => Ok(()),
    }
}

fn said(mapping: &dyn Mapping, what: &str, tried: Result<(), Fault>) -> Finding {
    let kind = mapping.kind();
    match tried {
        Ok(()) => Finding::ok(CHECK, format!("{kind}: Odoo would {what} (nothing was stored)")),
        Err(fault) => Finding::wrong(
            CHECK,
            format!("{kind}: Odoo would not {what}: {}", first_line(&fault)),
            fault.hint(),
        ),
    }
}
