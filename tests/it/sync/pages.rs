//! Long pulls: page by page, and nobody waits for the last one.

use std::time::Duration;

use cabina::integrations::odoo::Value as There;
use cabina::sandbox::odoo::{SandboxOdoo, Switches};
use serde_json::{Value, json};

use super::{Pair, fields, sandbox, text, until};
use crate::support::Actor;

/// So many records that are nobody's business here.
fn suppliers(odoo: &SandboxOdoo, count: usize) {
    for number in 0..count {
        odoo.add("res.partner", fields([("name", text(&format!("Supplier {number}")))]));
    }
}

fn customer(odoo: &SandboxOdoo, name: &str) -> i64 {
    odoo.add("res.partner", fields([("name", text(name)), ("customer_rank", There::Int(1))]))
}

async fn clients(actor: &Actor) -> Value {
    let query = "{ clients { nodes { name contacts { nodes { name } } } } }";
    actor.data(query, json!({})).await["clients"]["nodes"].clone()
}

/// Looked for once, at the start.
const ONCE: [(&str, &str); 4] = [
    ("ODOO_NEWCOMERS_TEAM", "North"),
    ("ODOO_PULL_EVERY", "3600"),
    ("ODOO_TIMEOUT", "60"),
    ("CABINA_JOB_LEASE", "1"),
];

/// How many pages were asked for.
fn pages(pair: &Pair) -> u64 {
    pair.odoo.calls_of("res.partner.search_read")
}

#[tokio::test]
async fn a_killed_pull_goes_on_where_it_was() {
    let odoo = sandbox().await;
    suppliers(&odoo.0, 2600);
    customer(&odoo.0, "The last one");
    let all = odoo.0.records("res.partner").len().div_ceil(500) as u64;
    odoo.0.set(Switches { slow: Duration::from_millis(400), ..Switches::default() });
    let mut pair = Pair::of(odoo, &ONCE).await;
    let ana = pair.app.ana().await;
    until("it is in the midst of it", async || pages(&pair) == 4).await;
    pair.halt();
    pair.odoo.set(Switches::default());
    let before = pages(&pair);
    pair.go_on();
    until("the last one is here", async || clients(&ana).await[0]["name"] == "The last one").await;
    let after = pages(&pair) - before;
    assert!(after <= all - before + 2, "{before} pages of {all}, and {after} once more");
}

#[tokio::test]
async fn a_push_waits_for_a_page_of_a_pull_and_not_for_all() {
    let odoo = sandbox().await;
    suppliers(&odoo.0, 4600);
    let all = odoo.0.records("res.partner").len().div_ceil(500) as u64;
    odoo.0.set(Switches { slow: Duration::from_millis(400), ..Switches::default() });
    let pair = Pair::of(odoo, &ONCE).await;
    let ana = pair.app.ana().await;
    until("it begins", async || pages(&pair) == 1).await;
    let id = ana.client("Rosa").await;
    until("she is there", async || pair.find(&id).is_some()).await;
    let looked = pages(&pair);
    assert!(looked < all, "{looked} of {all} pages came first");
    until("the pull comes to its end all the same", async || pages(&pair) == all).await;
}

#[tokio::test]
async fn a_contact_comes_with_its_company_whatever_page_that_is_on() {
    let odoo = sandbox().await;
    let hugo = odoo.0.add("res.partner", fields([("name", text("Hugo"))]));
    suppliers(&odoo.0, 600);
    let company = customer(&odoo.0, "Taller Norte");
    odoo.0.edit("res.partner", hugo, fields([("parent_id", There::Int(company))]));
    let pair = Pair::of(odoo, &ONCE).await;
    let ana = pair.app.ana().await;
    let people = json!([{ "name": "Hugo" }]);
    until("both are here", async || clients(&ana).await[0]["contacts"]["nodes"] == people).await;
    pair.settled().await;
    assert_eq!(clients(&ana).await, json!([{ "name": "Taller Norte", "contacts": { "nodes": people } }]));
}

#[tokio::test]
async fn a_contact_comes_when_its_company_becomes_a_customer() {
    let pair = Pair::with(&[("ODOO_NEWCOMERS_TEAM", "North"), ("ODOO_PULL_OVERLAP", "0")]).await;
    let ana = pair.app.ana().await;
    let company = pair.odoo.add("res.partner", fields([("name", text("Taller Norte"))]));
    pair.odoo.add("res.partner", fields([("name", text("Hugo")), ("parent_id", There::Int(company))]));
    // Odoo tells seconds, and those of the last one are looked at again.
    tokio::time::sleep(Duration::from_secs(2)).await;
    suppliers(&pair.odoo, 1);
    let looked = pages(&pair);
    until("they are left behind", async || pages(&pair) >= looked + 3).await;
    pair.odoo.edit("res.partner", company, fields([("customer_rank", There::Int(1))]));
    let people = json!([{ "name": "Hugo" }]);
    until("both are here", async || clients(&ana).await[0]["contacts"]["nodes"] == people).await;
}
