//! Who was made in Odoo and stays there.

use super::connection::Connection;
use super::finding::Finding;
use crate::integrations::odoo::{Call, Domain};
use crate::platform::config::{OdooConfig, OdooNewcomers, OdooWays};

const CHECK: &str = "left in Odoo";

/// How many people and companies of Odoo never come here, for they are no customers there; `None`: nobody is to come, or
/// everybody does.
pub(super) async fn left(config: &OdooConfig, connection: &Connection) -> Option<Finding> {
    let comes = config.sync.ways.get("client").copied().unwrap_or(OdooWays::Off).pull();
    if config.sync.newcomers.is_none() || config.sync.newcomers_are == OdooNewcomers::All || !comes {
        return None;
    }
    let odoo = &connection.odoo;
    let me = odoo.uid().await.ok()?;
    let asked = ["customer_rank", "supplier_rank", "partner_share"];
    let known = odoo.run(Call::fields_get("res.partner", &asked)).await.ok()?;
    known.get("customer_rank")?;
    let companies = Call::search_read("res.company", Domain::all(), &["partner_id"]).bare();
    let companies = odoo.run(companies).await.ok()?;
    let companies: Vec<i64> =
        companies.iter().filter_map(|company| company.many2one("partner_id").ok().flatten()).collect();
    // Whom ODOO_NEWCOMERS=all would bring: neither who only sells to us, nor a colleague, nor the company itself.
    let mut strangers = Domain::all()
        .and("parent_id", "=", false)
        .and("customer_rank", "=", 0)
        .and("type", "=", "contact")
        .and("create_uid", "!=", me)
        .and("id", "not in", companies);
    if known.get("supplier_rank").is_some() {
        strangers = strangers.and("supplier_rank", "=", 0);
    }
    if known.get("partner_share").is_some() {
        strangers = strangers.and("partner_share", "=", true);
    }
    match odoo.run(Call::search_count("res.partner", strangers)).await {
        Ok(0) => Some(Finding::ok(CHECK, "everybody who stands for themselves is a customer")),
        Ok(count) => Some(Finding::warning(
            CHECK,
            format!(
                "{count} people and companies have no customer rank, as those made in the Contacts app, and stay in Odoo"
            ),
            "Set ODOO_NEWCOMERS=all to have all of them here.",
        )),
        // What is wrong with the rights is told by the check of those.
        Err(_) => None,
    }
}
