//! What push and pull share: both sides, and the state of the exchange between them.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Mutex;

use super::backoff::Backoff;
use super::mapping::Mapping;
use super::merge::Directions;
use super::names::Names;
use super::places::Places;
use crate::domains::sync::{SyncDirection, lanes, progress};
use crate::integrations::odoo::{Fault, Odoo};
use crate::kernel::time::{Clock, Instant};
use crate::kernel::{Error, Result};
use crate::platform::config::{OdooConfig, OdooNewcomers, OdooWays};
use crate::platform::db::Database;

/// Both sides and what lies between them.
pub struct Sync {
    pub(super) odoo: Odoo,
    /// Address and database.
    pub(super) name: String,
    pub(super) database: Database,
    pub(super) clock: Clock,
    pub(super) ways: BTreeMap<String, OdooWays>,
    pub(super) timeout: Duration,
    pub(super) overlap: chrono::Duration,
    pub(super) pull_every: Duration,
    pub(super) team: Option<String>,
    pub(super) newcomers: OdooNewcomers,
    pub(super) places: Mutex<Option<Arc<Places>>>,
    pub(super) backoff: Backoff,
    /// When the ledger is counted the next time.
    pub(super) counted: std::sync::Mutex<Option<Instant>>,
    /// How many records there were of a model, up to an id.
    pub(super) known: std::sync::Mutex<BTreeMap<&'static str, Count>>,
}

/// How many records there were up to an id. Ids are never given twice, so they only become fewer when some are deleted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Count {
    pub upto: i64,
    pub records: i64,
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

    pub(super) fn directions(&self, mapping: &dyn Mapping) -> Directions {
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
    pub(super) async fn names(&self) -> Result<Names, Fault> {
        // Nobody waits for the call of another: it may be slow.
        let known = self.places.lock().await.clone();
        Ok(Names::new(match known {
            Some(known) => known,
            None => self.places_anew().await?,
        }))
    }

    /// Asks for countries and states, whatever is known of them.
    pub(super) async fn places_anew(&self) -> Result<Arc<Places>, Fault> {
        let places = Arc::new(Places::of(&self.odoo).await?);
        *self.places.lock().await = Some(places.clone());
        Ok(places)
    }
}

/// By what the ledger knows an Odoo.
pub fn peer_name(config: &OdooConfig) -> String {
    format!("{} ({})", config.url, config.database)
}
