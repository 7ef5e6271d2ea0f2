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
    let ranked = odoo.run(Call::fields_get("res.partner", &["customer_rank"])).await.ok()?;
    ranked.get("customer_rank")?;
    let strangers = Domain::all()
        .and("parent_id", "=", false)
        .and("customer_rank", "=", 0)
        .and("type", "=", "contact")
        .and("create_uid", "!=", me);
    match odoo.run(Call::search_count("res.partner", strangers)).await {
        Ok(0) => Some(Finding::ok(CHECK, "everybody who stands for themselves is a customer")),
        Ok(count) => Some(Finding::warning(
            CHECK,
            format!(
                "{count} people and companies have no customer rank, as those made in the Contacts app, and stay in Odoo"
            ),
            "Sell or invoice to those who are to come, or set ODOO_NEWCOMERS=all to have all of them but suppliers and users.",
        )),
        // What is wrong with the rights is told by the check of those.
        Err(_) => None,
    }
}
