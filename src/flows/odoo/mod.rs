//! cabina and Odoo kept alike.
//!
//! `mapping` says what a mapping is; each kind of things has one file. `push` sends what the ledger says is due, `pull` takes
//! over what was changed there; both compare the two sides with what they last agreed on (`merge`), so that neither
//! overwrites what the other just changed. They run side by side, each model and direction in a lane of its own, so that
//! a slow call holds up nobody else; a row of the ledger that one of them has in hand and another changes is compared anew.

mod backoff;
mod client;
mod compare;
mod contact;
mod count;
pub mod doctor;
mod entry;
mod jobs;
pub mod mapping;
mod merge;
mod names;
mod newcomers;
mod notes;
mod places;
mod pull;
mod push;
mod send;
mod sweep;
mod uncertain;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Mutex;

pub use jobs::register;

use crate::domains::sync::ledger::Problem;
use crate::domains::sync::{SyncDirection, lanes, progress};
use crate::integrations::odoo::{Class, Fault, Odoo};
use crate::kernel::time::{Clock, Instant};
use crate::kernel::{Error, Result};
use crate::platform::config::{OdooConfig, OdooNewcomers, OdooWays};
use crate::platform::db::Database;
use backoff::Backoff;
use mapping::Mapping;
use merge::Directions;
use names::Names;
use places::Places;
use sweep::Count;

/// All that is kept alike, what others hang on first: a line for each kind.
pub const MAPPINGS: &[&dyn Mapping] = &[&client::Clients, &contact::Contacts, &entry::Entries];

/// Both sides and what lies between them.
pub struct Sync {
    odoo: Odoo,
    /// Address and database.
    name: String,
    database: Database,
    clock: Clock,
    ways: BTreeMap<String, OdooWays>,
    timeout: Duration,
    overlap: chrono::Duration,
    pull_every: Duration,
    team: Option<String>,
    newcomers: OdooNewcomers,
    places: Mutex<Option<Arc<Places>>>,
    backoff: Backoff,
    /// When the ledger is counted the next time.
    counted: std::sync::Mutex<Option<Instant>>,
    /// How many records there were of a model, up to an id.
    known: std::sync::Mutex<BTreeMap<&'static str, Count>>,
}

/// The kinds whose changes are to be sent, by this configuration.
///
/// # Errors
/// `Usage` for a kind that no mapping knows.
pub fn pushed(config: &OdooConfig) -> Result<Vec<String>> {
    for kind in config.sync.ways.keys() {
        if !MAPPINGS.iter().any(|mapping| mapping.kind() == kind) {
            let known: Vec<&str> = MAPPINGS.iter().map(|mapping| mapping.kind()).collect();
            let known = known.join(", ");
            return Err(Error::Usage(format!("ODOO_SYNC names {kind}, which is none of {known}")));
        }
    }
    let pushes = |kind: &str| config.sync.ways.get(kind).is_some_and(|ways| ways.push());
    for mapping in MAPPINGS.iter().filter(|mapping| pushes(mapping.kind())) {
        if let Some(trunk) = mapping.hangs_on().filter(|trunk| !pushes(trunk)) {
            let kind = mapping.kind();
            let rule =
                format!("ODOO_SYNC sends {kind}, which hangs on {trunk}: send {trunk} too (push or both)");
            return Err(Error::Usage(rule));
        }
    }
    Ok(config.sync.ways.iter().filter(|(_, ways)| ways.push()).map(|(kind, _)| kind.clone()).collect())
}

impl Sync {
    /// Between this database and this Odoo.
    ///
    /// # Errors
    /// When no HTTP client can be made.
    pub fn new(config: OdooConfig, database: Database, clock: Clock) -> Result<Sync> {
        Ok(Sync {
            ways: config.sync.ways.clone(),
            timeout: config.timeout,
            pull_every: config.sync.pull_every,
            overlap: chrono::Duration::from_std(config.sync.pull_overlap).unwrap_or_default(),
            team: config.sync.newcomers.clone(),
            newcomers: config.sync.newcomers_are,
            name: peer_name(&config),
            odoo: Odoo::new(config, clock.clone())?,
            database: database.for_itself(),
            clock,
            places: Mutex::default(),
            backoff: Backoff::default(),
            counted: std::sync::Mutex::default(),
            known: std::sync::Mutex::default(),
        })
    }

    /// Makes sure that the ledger tells of this Odoo: ids of another would be taken for those of this one.
    ///
    /// # Errors
    /// `Usage` when it tells of another; those of the database.
    pub async fn acquaint(&self) -> Result<()> {
        match progress::peer(&self.database.own).await? {
            None => progress::accept(&self.database.own, &self.name).await,
            Some(known) if known == self.name => Ok(()),
            Some(known) => Err(Error::Usage(format!(
                "what is kept alike here was kept alike with another Odoo: {known}. Is {} the same one at a new address, \
                 run `cabina odoo accept`. Is it another one, run `cabina odoo forget`: all is sent and looked at anew then.",
                self.name
            ))),
        }
    }

    fn directions(&self, mapping: &dyn Mapping) -> Directions {
        let ways = self.ways.get(mapping.kind()).copied().unwrap_or(OdooWays::Off);
        Directions { push: ways.push(), pull: ways.pull() }
    }

    /// Sends nothing of a model for a moment.
    pub(super) fn rest(&self, model: &'static str) {
        self.backoff.trouble(model, self.clock.now());
    }

    /// Writes down for admins that a lane goes well, or why it does not.
    pub(super) async fn tell(
        &self,
        direction: SyncDirection,
        model: &str,
        error: Option<&str>,
    ) -> Result<()> {
        let (own, now) = (&self.database.own, self.clock.now());
        match error {
            None => lanes::well(own, direction, model, now).await,
            Some(error) => lanes::failed(own, direction, model, now, error).await,
        }
    }

    /// What ids there stand for; countries and states are asked for once.
    async fn names(&self) -> Result<Names, Fault> {
        // Nobody waits for the call of another: it may be slow.
        let known = self.places.lock().await.clone();
        Ok(Names::new(match known {
            Some(known) => known,
            None => self.places_anew().await?,
        }))
    }

    /// Asks for countries and states, whatever is known of them.
    async fn places_anew(&self) -> Result<Arc<Places>, Fault> {
        let places = Arc::new(Places::of(&self.odoo).await?);
        *self.places.lock().await = Some(places.clone());
        Ok(places)
    }
}

/// By what the ledger knows an Odoo.
pub fn peer_name(config: &OdooConfig) -> String {
    format!("{} ({})", config.url, config.database)
}

/// What the ledger keeps of a fault.
fn problem(fault: &Fault) -> Problem {
    let (error, hint) = (fault.to_string(), fault.hint().into_owned());
    Problem { error, hint, fingerprint: fault.fingerprint(), payload: None }
}

/// Whether nobody can be reached, or logs in: it says nothing about the records.
fn is_about_all(fault: &Fault) -> bool {
    use crate::integrations::odoo::{Kind, TransientKind};
    matches!(
        fault.class,
        Class::Refused
            | Class::Permanent(Kind::Configuration)
            | Class::Transient(TransientKind::Unreached | TransientKind::Paused)
    )
}
