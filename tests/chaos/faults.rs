//! What goes wrong: three who break things at random, each its own, at the same time. Every kind is dealt before any
//! comes again, so that also a short run has met them all.

use std::sync::Arc;
use std::time::Duration;

use rand::rngs::StdRng;
use rand::seq::SliceRandom;
use rand::{RngExt, SeedableRng};
use sea_orm::{ConnectionTrait, TransactionTrait};
use tokio::time::{Instant, sleep};

use super::services::Service;
use super::world::World;

/// How soon events must flow again when the process that gives positions is frozen: PostgreSQL ends its transaction
/// after five seconds.
const HELD_UP: Duration = Duration::from_secs(9);

/// The kinds of faults, as the report tells them: to the servers, to Redis, to the connections.
pub const KINDS: &[&[&str]] = &[SERVERS, REDIS, CONNECTIONS];
const SERVERS: &[&str] = &[
    KILLED,
    BOTH_KILLED,
    STOPPED,
    FROZEN,
    FROZEN_KILLED,
    HOLDER_KILLED,
    HOLDER_FROZEN,
    HOLDER_CUT_OFF,
    HOLDER_LONG,
];
const REDIS: &[&str] = &[REDIS_KILLED, REDIS_FROZEN, REDIS_FROZEN_KILLED];
const CONNECTIONS: &[&str] = &[ALL_CUT, BACKENDS_ENDED];
const KILLED: &str = "server killed";
const BOTH_KILLED: &str = "both servers killed";
const STOPPED: &str = "server stopped in order";
const FROZEN: &str = "server frozen";
const FROZEN_KILLED: &str = "server frozen, then killed";
const HOLDER_KILLED: &str = "relay's holder killed";
const HOLDER_FROZEN: &str = "relay's holder frozen";
const HOLDER_CUT_OFF: &str = "relay's holder cut off from PostgreSQL";
const HOLDER_LONG: &str = "relay's holder frozen while the others go on";
const REDIS_KILLED: &str = "Redis killed";
const REDIS_FROZEN: &str = "Redis frozen";
const REDIS_FROZEN_KILLED: &str = "Redis frozen, then killed";
const ALL_CUT: &str = "all connections cut";
const BACKENDS_ENDED: &str = "all PostgreSQL connections ended";

/// Deals kinds in a random order, all of them before any comes again.
struct Deck {
    kinds: &'static [&'static str],
    left: Vec<&'static str>,
    dealt: usize,
}

impl Deck {
    fn of(kinds: &'static [&'static str]) -> Deck {
        Deck { kinds, left: Vec::new(), dealt: 0 }
    }

    /// The next kind; none when the time is over and all were dealt once.
    fn deal(&mut self, dice: &mut StdRng, until: Instant) -> Option<&'static str> {
        if Instant::now() >= until && self.dealt >= self.kinds.len() {
            return None;
        }
        if self.left.is_empty() {
            self.left = self.kinds.to_vec();
            self.left.shuffle(dice);
        }
        self.dealt += 1;
        self.left.pop()
    }
}

async fn pause(dice: &mut StdRng, milliseconds: std::ops::Range<u64>) {
    sleep(Duration::from_millis(dice.random_range(milliseconds))).await;
}

/// Breaks the servers, and brings them back.
pub async fn break_servers(world: Arc<World>, mut servers: Vec<Service>, until: Instant) -> Vec<Service> {
    let mut dice = StdRng::seed_from_u64(world.seed ^ 0xA);
    let mut deck = Deck::of(SERVERS);
    while let Some(kind) = deck.deal(&mut dice, until) {
        pause(&mut dice, 100..600).await;
        for server in servers.iter_mut().filter_map(|server| (!server.runs()).then_some(&server.name)) {
            world.wrong(format!("{server} ended by itself"));
        }
        let one = dice.random_range(0..servers.len());
        match kind {
            KILLED => servers[one].kill(),
            BOTH_KILLED => servers.iter_mut().for_each(Service::kill),
            STOPPED => servers[one].stop().await,
            FROZEN | FROZEN_KILLED => {
                servers[one].freeze();
                pause(&mut dice, 500..2000).await;
                match kind {
                    FROZEN => servers[one].thaw(),
                    _ => servers[one].kill(),
                }
            }
            _ => {
                if !break_holder(&world, &mut servers, &mut dice, kind).await {
                    continue; // nobody held the lock: it does not count
                }
            }
        }
        world.count(kind);
        pause(&mut dice, 50..800).await;
        for server in &mut servers {
            if !server.runs() {
                server.start().await;
            }
        }
    }
    servers
}

/// Breaks the server that has just given positions, before it could tell of them.
async fn break_holder(world: &World, servers: &mut [Service], dice: &mut StdRng, kind: &str) -> bool {
    let _alone = world.holder.lock().await;
    let Some((holder, backend)) = freeze_holder(world, servers).await else { return false };
    let server = &mut servers[holder];
    match kind {
        HOLDER_KILLED => server.kill(),
        HOLDER_FROZEN => {
            pause(dice, 500..2000).await;
            server.thaw();
        }
        HOLDER_CUT_OFF => {
            world.database.rows(&format!("SELECT pg_terminate_backend({backend})")).await;
            pause(dice, 100..500).await;
            server.thaw();
        }
        _ => {
            let given = "SELECT last_position FROM relay";
            let (before, since) = (world.database.number(given).await, Instant::now());
            while world.database.number(given).await == before {
                if since.elapsed() > HELD_UP {
                    world.wrong(format!("a frozen server held up all others for {:?}", since.elapsed()));
                    break;
                }
                sleep(Duration::from_millis(50)).await;
            }
            server.thaw();
        }
    }
    true
}

/// Freezes a server in the moment in which it gives positions, which nobody hears of then: the test takes the lock, waits until a server waits
/// for it, freezes that one, and lets go. Tells which one, and its PostgreSQL process.
async fn freeze_holder(world: &World, servers: &mut [Service]) -> Option<(usize, i32)> {
    let relays = "datname = current_database() AND query LIKE '%FROM place_outbox%'";
    for _ in 0..5 {
        let lock = world.database.db.begin().await.expect("begins");
        lock.execute_unprepared("SELECT last_position FROM relay FOR UPDATE").await.expect("the lock");
        let queue = format!(
            "SELECT pid, application_name FROM pg_stat_activity WHERE {relays} AND wait_event_type = 'Lock' \
             ORDER BY query_start LIMIT 1"
        );
        let mut first = None;
        for _ in 0..100 {
            first = world.database.rows(&queue).await.pop();
            if first.is_some() {
                break;
            }
            sleep(Duration::from_millis(20)).await;
        }
        let found = first.and_then(|row| {
            let (backend, name): (i32, String) =
                (row.try_get_by_index(0).ok()?, row.try_get_by_index(1).ok()?);
            Some((servers.iter().position(|server| server.name == name)?, backend))
        });
        let Some((holder, backend)) = found else {
            lock.rollback().await.expect("let go");
            continue;
        };
        servers[holder].freeze();
        lock.rollback().await.expect("let go");
        // PostgreSQL ends its call by itself: what it placed is told by nobody now.
        let placed = format!(
            "SELECT count(*) FROM pg_stat_activity WHERE {relays} AND pid = {backend} AND state = 'idle'"
        );
        for _ in 0..50 {
            if world.database.number(&placed).await == 1 {
                return Some((holder, backend));
            }
            sleep(Duration::from_millis(20)).await;
        }
        servers[holder].thaw();
    }
    None
}

/// Breaks Redis, and brings it back.
pub async fn break_redis(world: Arc<World>, mut redis: Service, until: Instant) -> Service {
    let mut dice = StdRng::seed_from_u64(world.seed ^ 0xB);
    let mut deck = Deck::of(REDIS);
    while let Some(kind) = deck.deal(&mut dice, until) {
        pause(&mut dice, 300..1500).await;
        if kind != REDIS_KILLED {
            redis.freeze();
            pause(&mut dice, 300..2500).await;
        }
        if kind == REDIS_FROZEN {
            redis.thaw();
        } else {
            redis.kill();
            pause(&mut dice, 100..2000).await;
            redis.start().await;
        }
        world.count(kind);
    }
    redis
}

/// Breaks the connections between all of them.
pub async fn break_connections(world: Arc<World>, until: Instant) {
    let mut dice = StdRng::seed_from_u64(world.seed ^ 0xC);
    let mut deck = Deck::of(CONNECTIONS);
    while let Some(kind) = deck.deal(&mut dice, until) {
        pause(&mut dice, 500..2500).await;
        if kind == ALL_CUT {
            world.gates.iter().for_each(|gate| gate.cut_all());
        } else {
            let _alone = world.holder.lock().await;
            let all = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity \
                       WHERE datname = current_database() AND application_name LIKE 'server-%'";
            world.database.rows(all).await;
        }
        world.count(kind);
    }
}
