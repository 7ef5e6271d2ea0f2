//! The server as its owner holds it: state, switches, counters, and the way of every call.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::call::{Answer, Ask};
use super::fate::{Dice, Fate};
use super::load;
use super::problem::Problem;
use super::seed::seeded;
use super::store::Store;
use super::switches::{ErrorKind, Switches};
use super::tx::{Tx, part};
use crate::integrations::odoo::{Map, Record, Value};
use crate::kernel::time::{Clock, Instant};
use crate::platform::config::{OdooConfig, OdooSync, OdooTransport};

/// The only database.
pub(super) const DATABASE: &str = "cabina";
/// The user that cabina works as, and the administrator, who stands for people.
const LOGIN: &str = "cabina@sandbox.example";
const PASSWORD: &str = "sandbox-password";
const API_KEY: &str = "sandbox-api-key";
const ADMINISTRATOR: i64 = 2;

/// A sandbox Odoo. Clones are the same server.
#[derive(Clone)]
pub struct SandboxOdoo {
    clock: Clock,
    world: Arc<Mutex<World>>,
}

/// All that changes.
pub(super) struct World {
    pub store: Store,
    pub switches: Switches,
    dice: Dice,
    calls: u64,
    by_name: BTreeMap<String, u64>,
}

/// What goes back over the wire.
pub(super) enum Outcome {
    Answer(Answer),
    Problem(Problem),
    /// A page that is not Odoo's, with its status.
    Page(u16, &'static str),
    /// Nothing: the connection is cut.
    Cut,
}

const BAD_GATEWAY: &str = "<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n<body>\r\n<center><h1>502 Bad Gateway</h1></center>\r\n\
                           <hr><center>nginx</center>\r\n</body>\r\n</html>\r\n";
const BROKEN: &str = "<!doctype html>\n<html lang=en>\n<title>500 Internal Server Error</title>\n<h1>Internal Server Error</h1>\n\
                      <p>The server encountered an internal error and was unable to complete your request. Either the server is overloaded \
                      or there is an error in the application.</p>\n";

impl SandboxOdoo {
    /// A new server: a company, countries with their states, currencies, stages, journals, users, and the user of cabina.
    ///
    /// # Panics
    /// When the seed of this program is wrong.
    pub fn new(clock: Clock) -> SandboxOdoo {
        // The seed is part of the program, and tests read it.
        let store = seeded(clock.now()).unwrap_or_else(|problem| panic!("the seed: {problem:?}"));
        let world = World {
            store,
            switches: Switches::default(),
            dice: Dice::new(),
            calls: 0,
            by_name: BTreeMap::new(),
        };
        SandboxOdoo { clock, world: Arc::new(Mutex::new(world)) }
    }

    /// How cabina is configured to speak to it at this address.
    pub fn config(&self, url: &str) -> OdooConfig {
        OdooConfig {
            url: url.trim_end_matches('/').to_owned(),
            database: DATABASE.to_owned(),
            login: Some(LOGIN.to_owned()),
            password: Some(PASSWORD.into()),
            api_keys: vec![API_KEY.into()],
            transport: OdooTransport::Auto,
            calls_per_second: 1000,
            timeout: Duration::from_secs(60),
            sync: OdooSync::default(),
        }
    }

    /// The switches as they are.
    pub fn switches(&self) -> Switches {
        self.world().switches.clone()
    }

    /// Sets all switches.
    pub fn set(&self, switches: Switches) {
        self.world().switches = switches;
    }

    /// How many calls on models came so far, whatever became of them; logins and questions for the version do not count.
    pub fn calls(&self) -> u64 {
        self.world().calls
    }

    /// The same of one method, such as `res.partner.load`.
    pub fn calls_of(&self, name: &str) -> u64 {
        self.world().by_name.get(name).copied().unwrap_or_default()
    }

    /// How many lines of the level ERROR refused queries left in the server's log.
    pub fn errors_logged(&self) -> u64 {
        self.world().store.errors()
    }

    /// All counters.
    pub(super) fn counts(&self) -> BTreeMap<String, u64> {
        self.world().by_name.clone()
    }

    /// All records of a model, archived ones too, many2ones as bare ids.
    pub fn records(&self, model: &str) -> Vec<Record> {
        let read = self.as_person(|tx| {
            tx.context = vec![("active_test".to_owned(), false.into())];
            let ids: Vec<i64> = tx.store.rows(model).map(|(id, _)| id).collect();
            let model = tx.model(model)?;
            tx.read(&model, &ids, &[], true)
        });
        let Value::List(records) = read else { return Vec::new() };
        records
            .into_iter()
            .filter_map(|record| if let Value::Map(map) = record { Some(Record(map)) } else { None })
            .collect()
    }

    /// Model and id that an external id leads to.
    pub fn external_id(&self, name: &str) -> Option<(String, i64)> {
        let world = self.world();
        world.store.entry(name).map(|entry| (entry.model.clone(), entry.record))
    }

    /// Changes a record as a person in Odoo does: another user than cabina's, and `write_date` moves.
    ///
    /// # Panics
    /// When Odoo would refuse it.
    pub fn edit(&self, model: &str, id: i64, values: Map) {
        self.as_person(|tx| tx.write(model, &[id], &values));
    }

    /// Makes a record as a person in Odoo does; `id` among the values says which it is to have.
    ///
    /// # Panics
    /// When Odoo would refuse it.
    pub fn add(&self, model: &str, values: Map) -> i64 {
        let id = part(&values, "id").and_then(|id| id.int().ok());
        self.as_person(|tx| tx.create_as(model, &values, id))
    }

    /// Deletes a record as a person in Odoo does.
    ///
    /// # Panics
    /// When Odoo would refuse it.
    pub fn delete(&self, model: &str, id: i64) {
        self.as_person(|tx| tx.unlink(model, &[id]));
    }

    /// Runs a method on records as a person in Odoo does: `action_confirm`, `action_post`.
    ///
    /// # Panics
    /// When Odoo would refuse it.
    pub fn act(&self, model: &str, method: &str, ids: &[i64]) {
        self.as_person(|tx| {
            let args = vec![ids.to_vec().into()];
            tx.run(&Ask::positional(model, method, args, Map::new())?).map(drop)
        });
    }

    /// The id that the next record of a model gets.
    pub fn set_next_id(&self, model: &str, id: i64) {
        self.world().store.set_next_id(model, id);
    }

    pub(super) fn world(&self) -> MutexGuard<'_, World> {
        // A call that panicked has not committed; the tests that meet it fail by themselves.
        self.world.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The server's clock.
    pub(super) fn now(&self) -> Instant {
        self.clock.now() + chrono::Duration::seconds(self.switches().clock_skew)
    }

    /// The same, and the words in which Odoo refuses it.
    ///
    /// # Errors
    /// Those words.
    pub fn try_edit(&self, model: &str, id: i64, values: Map) -> Result<(), String> {
        self.try_as_person(|tx| tx.write(model, &[id], &values)).map(drop).map_err(|problem| problem.message)
    }

    fn as_person<T>(&self, act: impl FnOnce(&mut Tx) -> Result<T, Problem>) -> T {
        let done = self.try_as_person(act);
        done.unwrap_or_else(|problem| panic!("the sandbox Odoo refuses it: {problem:?}"))
    }

    fn try_as_person<T>(&self, act: impl FnOnce(&mut Tx) -> Result<T, Problem>) -> Result<T, Problem> {
        let now = self.now();
        let mut world = self.world();
        let World { store, switches, .. } = &mut *world;
        let switches =
            Switches { poison: None, no_rights: Vec::new(), missing_fields: Vec::new(), ..switches.clone() };
        let mut tx =
            Tx { store, switches: &switches, uid: ADMINISTRATOR, now, context: Map::new(), busy: Vec::new() };
        let mark = tx.store.mark();
        let done = act(&mut tx);
        if done.is_err() {
            tx.store.take_back(mark);
        }
        world.store.commit();
        done
    }

    /// The way of every request: it begins now, and waits as long as told. `None`: the server is down.
    pub(super) async fn enter(&self) -> Option<Instant> {
        let began = self.now();
        let Switches { down, slow, slow_calls, .. } = self.switches();
        if down {
            return None;
        }
        if !slow.is_zero() && slow_calls.is_empty() {
            tokio::time::sleep(slow).await;
        }
        Some(began)
    }

    /// Waits where only some calls are slow and this is one of them.
    pub(super) async fn dawdle(&self, model: &str, method: &str) {
        let Switches { slow, slow_calls, .. } = self.switches();
        if slow_calls.contains(&format!("{model}.{method}")) {
            tokio::time::sleep(slow).await;
        }
    }

    /// The way of every call: who asks, its fate, its transaction.
    pub(super) fn call(
        &self,
        began: Instant,
        who: impl FnOnce(&World) -> Result<i64, Problem>,
        ask: impl FnOnce(&World) -> Result<Ask, Problem>,
    ) -> Outcome {
        let mut world = self.world();
        let asked = who(&world).and_then(|uid| Ok((uid, ask(&world)?)));
        let (uid, ask) = match asked {
            Ok(asked) => asked,
            Err(problem) => return Outcome::Problem(problem),
        };
        world.calls += 1;
        *world.by_name.entry(ask.name()).or_default() += 1;
        let World { store, switches, dice, .. } = &mut *world;
        let fate = dice.fate(switches);
        if let Fate::Fails(kind) = fate {
            return match kind {
                ErrorKind::Conflict if ask.method == "load" => {
                    Outcome::Answer(Answer::Value(load::conflict()))
                }
                ErrorKind::Conflict => Outcome::Problem(Problem::conflict()),
                ErrorKind::BadGateway => Outcome::Page(502, BAD_GATEWAY),
                ErrorKind::Broken => Outcome::Page(500, BROKEN),
                ErrorKind::Cut => Outcome::Cut,
            };
        }
        let mark = store.mark();
        let mut tx = Tx { store, switches, uid, now: began, context: ask.context.clone(), busy: Vec::new() };
        let done = tx.run(&ask);
        if done.is_err() {
            store.take_back(mark);
        }
        store.commit();
        match done {
            _ if fate == Fate::Lost => Outcome::Cut,
            Ok(answer) => Outcome::Answer(answer),
            Err(problem) => Outcome::Problem(problem),
        }
    }
}
