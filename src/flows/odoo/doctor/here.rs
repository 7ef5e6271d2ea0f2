//! What can be told without asking Odoo: settings, the team of newcomers, the ledger.

use sea_orm::PaginatorTrait;

use super::finding::Finding;
use crate::domains::identity::teams;
use crate::domains::sync::{SyncStatus, failures, ledger};
use crate::flows::odoo::mapping::Way;
use crate::flows::odoo::{MAPPINGS, pushed};
use crate::kernel::Error;
use crate::kernel::time::Clock;
use crate::platform::auth::Viewer;
use crate::platform::config::{OdooConfig, OdooWays};
use crate::platform::db::Database;
use crate::platform::zones;

/// What waits longer than this is not being worked on.
const LONG: chrono::Duration = chrono::Duration::minutes(15);

/// By which rules the agenda tells the time.
pub(super) fn time_zones() -> Finding {
    Finding::ok("zones", format!("time zones by release {}", zones::in_use()))
}

/// What ODOO_SYNC says.
pub(super) fn ways(config: &OdooConfig) -> Finding {
    let pulled_notes = MAPPINGS.iter().find(|mapping| {
        let ways = config.sync.ways.get(mapping.kind());
        mapping.way() == Way::Note && ways.is_some_and(|ways| ways.pull())
    });
    let on = config.sync.ways.iter().filter(|(_, way)| **way != OdooWays::Off);
    let told: Vec<String> = on.map(|(kind, way)| format!("{kind} {}", word(*way))).collect();
    match (pushed(config), pulled_notes) {
        (Err(mistake), _) => Finding::wrong(
            "settings",
            mistake.to_string(),
            "Correct ODOO_SYNC: with this neither server nor worker starts.",
        ),
        (Ok(_), _) if told.is_empty() => Finding::warning(
            "settings",
            "ODOO_SYNC keeps nothing alike",
            "Name the kinds and their ways, such as ODOO_SYNC=client=both,contact=both,entry=push.",
        ),
        (Ok(_), Some(notes)) => Finding::warning(
            "settings",
            format!("ODOO_SYNC pulls {}, which goes one way only: to Odoo", notes.kind()),
            format!("Set {}=push in ODOO_SYNC.", notes.kind()),
        ),
        (Ok(_), None) => Finding::ok("settings", told.join(", ")),
    }
}

fn word(way: OdooWays) -> &'static str {
    match way {
        OdooWays::Off => "off",
        OdooWays::Push => "to Odoo",
        OdooWays::Pull => "from Odoo",
        OdooWays::Both => "both ways",
    }
}

/// Whether those who are made in Odoo have a place here.
pub(super) async fn newcomers(config: &OdooConfig, database: &Database) -> Finding {
    let Some(team) = &config.sync.newcomers else {
        return Finding::ok(
            "newcomers",
            "customers made in Odoo stay there (ODOO_NEWCOMERS_TEAM is not set)",
        );
    };
    match teams::known(&database.own, &Viewer::system("Odoo"), team).await {
        Ok(Some(_)) => Finding::ok("newcomers", format!("customers made in Odoo come to the team {team}")),
        Ok(None) => Finding::warning(
            "newcomers",
            format!("there is no team {team}"),
            "Correct ODOO_NEWCOMERS_TEAM: else the first customer that comes from Odoo makes a team of this name.",
        ),
        Err(error) => unreadable("newcomers", &error),
    }
}

/// What waits to be sent, and what failed.
pub(super) async fn ledger(config: &OdooConfig, clock: &Clock, database: &Database) -> Vec<Finding> {
    let sent = pushed(config).unwrap_or_default();
    let dead = failures::list(&Viewer::system("Odoo"), None, Some(true));
    let read = async {
        let counts = failures::counts(&database.own).await?;
        let failed = dead.count(&database.own).await?;
        Ok::<_, Error>((counts, failed, ledger::oldest_due(database, &sent).await?))
    };
    let (counts, failed, oldest) = match read.await {
        Ok(read) => read,
        Err(error) => return vec![unreadable("ledger", &error)],
    };
    let sum = |of: &[SyncStatus]| -> i64 {
        let counted = counts.iter().filter(|(kind, status, _)| of.contains(status) && sent.contains(kind));
        counted.map(|(.., count)| count).sum()
    };
    let synced = sum(&[SyncStatus::Synced]);
    let waiting = sum(&[SyncStatus::Pending, SyncStatus::InFlight, SyncStatus::Error]);
    let due = oldest.map(|oldest| clock.now() - oldest).filter(|due| *due > chrono::Duration::zero());
    let since = due.map_or_else(String::new, |due| format!(", the oldest for {}", span(due)));
    let mut findings = vec![match due {
        Some(due) if due > LONG => Finding::warning(
            "ledger",
            format!("{waiting} wait to be sent{since}; {synced} alike"),
            "See that a worker runs (cabina worker, or cabina serve) and that it reaches Odoo; its log tells more.",
        ),
        _ if counts.is_empty() && !sent.is_empty() => Finding::ok(
            "ledger",
            "empty: changes are sent from now on; `cabina odoo push-all` sends what was there before",
        ),
        _ => Finding::ok("ledger", format!("{waiting} wait to be sent{since}; {synced} alike")),
    }];
    if failed > 0 {
        findings.push(Finding::warning(
            "ledger",
            format!("{failed} failed for good"),
            "An admin sees why in syncFailureGroups, and has them tried again or discards them.",
        ));
    }
    findings
}

fn unreadable(check: &'static str, error: &Error) -> Finding {
    Finding::wrong(
        check,
        format!("cabina's database can't be read: {}", error.for_terminal()),
        "Check DATABASE_URL, and run `cabina migrate up`.",
    )
}

fn span(time: chrono::Duration) -> String {
    match time.num_minutes() {
        ..2 => format!("{} s", time.num_seconds()),
        minutes @ 2..120 => format!("{minutes} minutes"),
        minutes @ 120..2880 => format!("{} hours", minutes / 60),
        minutes => format!("{} days", minutes / 1440),
    }
}
