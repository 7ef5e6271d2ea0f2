//! All checks in their order.

use super::connection::{Connection, Stopped, connect};
use super::finding::{Finding, State};
use super::{fields, here, keys, rights, strangers, trial};
use crate::kernel::Result;
use crate::kernel::time::Clock;
use crate::platform::config::OdooConfig;
use crate::platform::db::Database;

/// What is looked at over there, in the order in which one needs the other.
const THERE: &[&str] = &[
    "address",
    "version",
    "clock",
    "transport",
    "database",
    "key",
    "login",
    "user",
    "rights",
    "fields",
    "trial",
    "key age",
    "stages",
];

/// Looks at all of it; without a database of ours, at what is over there.
///
/// # Errors
/// When no HTTP client can be made.
pub async fn examine(
    config: &OdooConfig,
    clock: &Clock,
    database: Option<&Database>,
) -> Result<Vec<Finding>> {
    let mut findings = vec![here::ways(config), here::time_zones()];
    match connect(config, clock, &mut findings).await? {
        Ok(connection) => inside(config, clock, &connection, &mut findings).await,
        Err(Stopped(why)) => {
            let seen: Vec<&str> = findings.iter().map(|finding| finding.check).collect();
            let rest = THERE.iter().filter(|check| !seen.contains(check));
            findings.extend(rest.map(|check| Finding::unseen(check, why)));
        }
    }
    match database {
        Some(database) => {
            findings.push(here::newcomers(config, database).await);
            findings.extend(here::ledger(config, clock, database).await);
        }
        None => {
            let rest = ["newcomers", "ledger"];
            findings.extend(rest.map(|check| Finding::unseen(check, "there is no database of cabina's")));
        }
    }
    Ok(findings)
}

/// What only somebody who is logged in sees.
async fn inside(config: &OdooConfig, clock: &Clock, connection: &Connection, findings: &mut Vec<Finding>) {
    findings.push(rights::user(connection).await);
    findings.extend(rights::rights(config, connection).await);
    findings.extend(fields::fields(config, connection).await);
    let lacks =
        |finding: &Finding| finding.state == State::Wrong && ["rights", "fields"].contains(&finding.check);
    if findings.iter().any(lacks) {
        findings.push(Finding::unseen("trial", "first the rights and fields above must be there"));
    } else {
        findings.extend(trial::trial(config, connection).await);
    }
    findings.extend(strangers::left(config, connection).await);
    findings.extend(keys::age(config, clock, connection).await);
    findings.push(Finding::unseen("stages", "they are mapped when the pipeline is there"));
}
