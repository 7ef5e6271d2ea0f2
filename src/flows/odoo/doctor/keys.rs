//! How old the API keys are: those made in the interface end after three months at most (rule 5).

use chrono::Duration;

use super::connection::{Connection, NEW_KEY};
use super::finding::Finding;
use crate::integrations::odoo::{Call, Domain, Fault, Record};
use crate::kernel::time::{Clock, Instant};
use crate::platform::config::OdooConfig;

const MODEL: &str = "res.users.apikeys";
/// An older key will not last long, where it does not say how long.
const OLD: Duration = Duration::days(75);
/// Time to make another one.
const SOON: Duration = Duration::days(14);

/// A finding for each key of the user. Which of them is ours can't be told: Odoo keeps a hash.
pub(super) async fn age(config: &OdooConfig, clock: &Clock, connection: &Connection) -> Vec<Finding> {
    if config.api_keys.is_empty() {
        return vec![Finding::ok("key age", "no API key is used")];
    }
    match listed(connection).await {
        Ok(keys) if keys.is_empty() => vec![Finding::unseen("key age", "Odoo lists no key of this user")],
        Ok(keys) => keys.iter().filter_map(|key| told(key, clock.now())).collect(),
        Err(_) => vec![Finding::unseen("key age", "this user may not read the list of its keys")],
    }
}

async fn listed(connection: &Connection) -> Result<Vec<Record>, Fault> {
    let odoo = &connection.odoo;
    let known = odoo.run(Call::fields_get(MODEL, &[])).await?;
    // Keys have an end since 18.
    let fields = ["name", "create_date", "expiration_date"];
    let fields: Vec<&str> = fields.into_iter().filter(|name| known.get(name).is_some()).collect();
    let own = Domain::all().and("user_id", "=", connection.uid);
    odoo.run(Call::search_read(MODEL, own, &fields).order("id asc")).await
}

fn told(key: &Record, now: Instant) -> Option<Finding> {
    let moment = |field| key.instant(field).ok().flatten();
    let name = key.text("name").ok().flatten().unwrap_or("a key");
    let made = moment("create_date")?;
    let age = now - made;
    let ends = moment("expiration_date");
    let left = ends.map(|ends| ends - now);
    let days = age.num_days().max(0);
    let end = ends.map_or_else(String::new, |ends| format!(", ends on {}", ends.format("%Y-%m-%d")));
    let says = format!("{name:?}: {days} days old{end}");
    let advice =
        format!("If cabina uses it, {NEW_KEY}; delete the old one in Odoo when it is no longer used.");
    Some(match left {
        Some(left) if left <= Duration::zero() => {
            Finding::warning("key age", format!("{says}: that is over"), advice)
        }
        Some(left) if left <= SOON => {
            Finding::warning("key age", format!("{says}: in {} days", left.num_days()), advice)
        }
        _ if age > OLD => {
            Finding::warning("key age", format!("{says}: keys last three months as a rule"), advice)
        }
        _ => Finding::ok("key age", says),
    })
}
