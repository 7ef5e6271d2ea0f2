//! The fault test: writers and subscribers on two servers with PostgreSQL and Redis, while servers are killed and frozen,
//! Redis comes and goes, the process that gives positions dies or sleeps with its lock, and connections are cut in the
//! middle of a frame. In the end each subscriber must have received exactly the committed changes that were visible to
//! it, in order, none missing, none twice.
//!
//! It runs for `CHAOS_SECONDS` (20), from `CHAOS_SEED` (random, and printed). It needs `TEST_POSTGRES_URL`, where it makes
//! a database of its own, and `redis-server`.

mod database;
mod faults;
mod gate;
mod people;
mod proof;
mod services;
mod subscribers;
mod verdict;
mod wire;
mod world;
mod writers;

use std::fmt::Write;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, timeout};

use gate::Gate;
use subscribers::{Seen, Subscriber, Way, fetch};
use verdict::{Finding, Row};
use world::World;

/// How many write.
const WRITERS: u64 = 6;
/// Who looks, and how; the last ones come later than the others.
const SUBSCRIBERS: &[(&str, Way)] = &[
    ("admin", Way::Socket),
    ("sofia", Way::Socket),
    ("ana", Way::Socket),
    ("beto", Way::Socket),
    ("carla", Way::Socket),
    ("ana", Way::Events),
    ("carla", Way::Events),
    ("beto", Way::Asking),
    ("sofia", Way::Any),
    ("ana", Way::Any),
];
const LATE: usize = 2;
/// How long the last of it may take once all faults are over.
const CALM: Duration = Duration::from_secs(60);

fn number(name: &str, default: u64) -> u64 {
    match std::env::var(name) {
        Ok(text) => text.parse().unwrap_or_else(|_| panic!("{name} must be a number")),
        Err(_) => default,
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whatever_dies_everybody_gets_exactly_what_was_committed() {
    let seconds = number("CHAOS_SECONDS", 20);
    let seed = number("CHAOS_SEED", u64::from(rand::rng().random::<u32>()));
    println!("\nChaos for {seconds} s with CHAOS_SEED={seed}");
    let folder = tempfile::TempDir::new().expect("a scratch folder");
    let (world, servers, redis) = World::build(seed, folder.path()).await;
    let world = Arc::new(world);
    writers::begin(&world).await;

    let began = Instant::now();
    let until = began + Duration::from_secs(seconds);
    let (enough, told_enough) = watch::channel(false);
    let (over, told_over) = watch::channel(false);
    let mut writing = JoinSet::new();
    for number in 0..WRITERS {
        writing.spawn(writers::write(world.clone(), number, told_enough.clone()));
    }
    let mut looking = Vec::new();
    for (number, (name, way)) in (0..).zip(SUBSCRIBERS) {
        let reached = Arc::new(AtomicI64::new(0));
        let person = world.person(name).clone();
        let late = number >= SUBSCRIBERS.len() - LATE;
        let subscriber = Subscriber::new(world.clone(), person, *way, number as u64, reached.clone());
        let told = told_over.clone();
        let task = tokio::spawn(async move {
            sleep(Duration::from_secs(if late { seconds / 2 } else { 0 })).await;
            subscriber.look(told).await
        });
        looking.push((world.person(name), reached, task));
    }
    let (servers, redis, connections) = tokio::join!(
        tokio::spawn(faults::break_servers(world.clone(), servers, until)),
        tokio::spawn(faults::break_redis(world.clone(), redis, until)),
        tokio::spawn(faults::break_connections(world.clone(), until)),
    );
    let (mut servers, redis) = (servers.expect("no panic"), redis.expect("no panic"));
    connections.expect("no panic");
    let lasted = began.elapsed();

    // Calm: everything runs, and what is still under way comes to its end.
    world.gates.iter().for_each(Gate::calm);
    enough.send_replace(true);
    let written =
        timeout(CALM, async { while writing.join_next().await.is_some_and(|ended| ended.is_ok()) {} });
    if written.await.is_err() || !writing.is_empty() {
        world.wrong("a writer did not come to its end".into());
    }
    let rows = settled(&world).await;
    let calm = Instant::now();
    for (person, reached, _) in &looking {
        let due = verdict::due(&rows, person);
        while reached.load(Ordering::Relaxed) < due && calm.elapsed() < CALM {
            sleep(Duration::from_millis(50)).await;
        }
    }
    sleep(Duration::from_secs(1)).await; // what comes now comes twice
    over.send_replace(true);
    let mut seen = Vec::new();
    for (_, _, task) in looking {
        seen.push(task.await.expect("no panic"));
    }
    for server in servers.iter_mut().filter(|server| server.words().contains("panicked")) {
        world.wrong(format!("{} panicked", server.name));
    }
    let (report, unseen) = judge(&world, &rows, &seen).await;
    let false_starts: usize = servers.iter().chain([&redis]).map(|service| service.false_starts).sum();
    println!("\n{seconds} s asked, {:.0} s of faults, CHAOS_SEED={seed}\n{report}", lasted.as_secs_f64());
    println!("  {:<52}{false_starts:>8}\n", "starts that failed and were tried again");

    let wrong = world.wrong.lock().expect("whole");
    if !wrong.is_empty() {
        for server in &servers {
            println!("{}:\n{}\n", server.name, server.last_words());
        }
    }
    let first: Vec<&str> = wrong.iter().take(30).map(String::as_str).collect();
    assert!(wrong.is_empty(), "{} things are wrong:\n{}", wrong.len(), first.join("\n"));
    assert!(unseen.is_empty(), "the verdict does not see {unseen:?}");
    for kind in faults::KINDS.concat() {
        assert!(world.faults.lock().expect("whole").contains_key(kind), "this never happened: {kind}");
    }
}

/// Waits until everything that was committed has its place; gives it.
async fn settled(world: &World) -> Vec<Row> {
    let since = Instant::now();
    while world.database.number("SELECT count(*) FROM outbox WHERE position IS NULL").await > 0 {
        if since.elapsed() > CALM {
            world.wrong("what was committed did not get its place".into());
            break;
        }
        sleep(Duration::from_millis(50)).await;
    }
    verdict::outbox(&world.database).await
}

/// Judges everything, then the judges; gives the report, and what they do not see.
async fn judge(world: &World, rows: &[Row], seen: &[Seen]) -> (String, Vec<String>) {
    let keys = verdict::keys(&world.database).await;
    let (http, mut dice) = (wire::http(), StdRng::seed_from_u64(world.seed));
    let done = std::mem::take(&mut *world.ledger.done.lock().expect("whole"));
    let mut wrong = verdict::judge_order(rows);
    wrong.extend(verdict::judge_writes(rows, &keys, &done));
    let last = world.database.number("SELECT last_position FROM relay").await;
    if usize::try_from(last) != Ok(rows.len()) {
        wrong.push(format!("{} rows, but the relay stands at {last}", rows.len()));
    }
    let (asked, told): (usize, usize) =
        (done.iter().map(|done| done.asked).sum(), done.iter().filter(|done| done.event.is_some()).count());
    let mut report = String::new();
    let mut line = |what: &str, numbers: String| {
        let _ = writeln!(report, "  {what:<52}{numbers:>8}");
    };
    line("changes made", told.to_string());
    line("changes refused, or without effect", (done.len() - told).to_string());
    line("requests for them", asked.to_string());
    line("events", rows.len().to_string());
    let mut delivered = 0;
    for Seen { person, way, first, items, model, streams } in seen {
        let Finding { wrong: found, excused } = verdict::judge(rows, person, *first, items);
        let name = format!("{} ({way:?})", person.name);
        wrong.extend(found.into_iter().map(|what| format!("{name}: {what}")));
        let fresh = timeout(CALM, fetch(world, &http, person, &mut dice)).await;
        if fresh.as_ref().map(|(fresh, _)| fresh) != Ok(model) {
            wrong.push(format!("{name}: knows {model:?}, but sees {fresh:?}"));
        }
        delivered += items.len();
        let numbers = format!("{} ({excused} lost meanwhile, {streams} streams)", items.len());
        line(&format!("received by {name}"), numbers);
    }
    line("received by all", delivered.to_string());
    let faults = world.faults.lock().expect("whole").clone();
    let cut: u64 = world.gates.iter().map(|gate| gate.cut.load(Ordering::Relaxed)).sum();
    for (kind, count) in &faults {
        line(kind, count.to_string());
    }
    line("connections cut after a random byte", cut.to_string());
    line("faults in all", (faults.values().sum::<usize>() as u64 + cut).to_string());
    let (ways, unseen) = proof::prove(rows, &keys, &done, seen);
    line("ways to spoil the records that the verdict saw", format!("{} of {ways}", ways - unseen.len()));
    world.wrong.lock().expect("whole").extend(wrong);
    (report, unseen)
}
