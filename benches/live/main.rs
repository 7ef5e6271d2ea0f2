//! Measures fan-out beside a bare relay from Redis to websockets, in turn in the same run: CPU per delivery, deliveries a
//! second, time from sending a change to its frame, and memory per idle subscriber. `make bench` runs it;
//! `docs/performance.md` keeps the results.
//!
//! Ours: two servers on one PostgreSQL and Redis. A note is written at one, the subscribers listen at the other, whose CPU
//! is read: so the cost of writing is not in it. The time to a frame counts from the moment the mutation is sent, so the
//! whole write is in it. The relay gets the same text by `PUBLISH`.
//!
//! As fast as can be, the relay is given up to ten times as many events a second, of which it sends many in one piece. So a
//! line of its own has it relay what cabina's writer publishes: the same events, as many at once.
//!
//! `BENCH_SUBSCRIBERS` (100,1000,5000), `BENCH_IDLE` sockets for the memory (10000), `BENCH_ROUNDS` (3), `BENCH_SECONDS` a
//! paced run takes (5).

mod crowd;
mod relay;
#[path = "../support/mod.rs"]
mod support;

use std::process::Command;
use std::time::{Duration, Instant};

use futures_util::{StreamExt, stream};
use serde_json::{Value, json};

use crowd::{Crowd, MARK};
use support::{Database, Server, ask, log_in, median, runtime, setting};

const QUERY: &str = "subscription { eventlogNew { cursor previous eventId
    entry { id kind text occurredAt author { name } client { id name } } } }";

fn main() {
    if std::env::var("BENCH_ROLE").as_deref() == Ok("relay") {
        return runtime(2).block_on(relay::serve(frame()));
    }
    if !support::is_listing() {
        runtime(1).block_on(run());
    }
}

/// How changes reach the subscribers of a server.
enum Source {
    /// By a mutation at another server.
    Written { http: reqwest::Client, url: String, token: String, client: String },
    /// By `PUBLISH`: a frame as cabina sends it.
    Published { redis: redis::aio::MultiplexedConnection, frame: String },
}

impl Source {
    async fn send(&self, number: usize) {
        let text = format!("{MARK}{number}, a note of the usual length, written down after a call");
        match self {
            Source::Written { http, url, token, client } => {
                let query = "mutation($input: EventlogAppendInput!) { eventlogAppend(input: $input) { userErrors { code } } }";
                let input = json!({ "clientId": client, "kind": "NOTE", "text": text });
                let body = json!({ "query": query, "variables": { "input": input } });
                let request = http.post(format!("{url}/graphql")).bearer_auth(token).json(&body);
                let answer: Value = request.send().await.expect("answers").json().await.expect("JSON");
                assert_eq!(answer["data"]["eventlogAppend"]["userErrors"], json!([]), "{answer}");
            }
            Source::Published { redis, frame } => {
                let frame = frame.replace("TEXT", &text);
                let mut redis = redis.clone();
                let () = redis::cmd("PUBLISH")
                    .arg(relay::CHANNEL)
                    .arg(frame)
                    .query_async(&mut redis)
                    .await
                    .expect("published");
            }
        }
    }
}

/// What a run gave.
#[derive(Clone, Copy)]
struct Run {
    /// CPU of the server per 1,000 deliveries, in milliseconds.
    cpu: f64,
    /// Deliveries a second.
    rate: f64,
    /// Median and 99 of 100, in milliseconds.
    median: f64,
    p99: f64,
    /// Of it, the median time of the write itself.
    write: f64,
}

/// Sends `events` with a pause between them, or eight at a time without one.
async fn measure(
    server: &Server,
    crowd: &Crowd,
    source: &Source,
    from: usize,
    events: usize,
    pause: Option<Duration>,
) -> Run {
    let (cpu, began) = (server.cpu(), Instant::now());
    let send = |number| async move {
        crowd.seen.goes(number);
        source.send(number).await;
        crowd.seen.is_answered(number);
    };
    match pause {
        Some(pause) => {
            let mut beat = tokio::time::interval(pause);
            for number in from..from + events {
                beat.tick().await;
                send(number).await;
            }
        }
        None => stream::iter(from..from + events).for_each_concurrent(8, send).await,
    }
    assert!(crowd.has(from + events).await, "every frame came");
    let elapsed = began.elapsed().as_secs_f64();
    let (times, writes) = (crowd.seen.times(), crowd.seen.writes());
    let deliveries = times.len() as f64;
    let at = |share: f64| times[((deliveries - 1.0) * share) as usize];
    Run {
        cpu: (server.cpu() - cpu) * 1e6 / deliveries,
        rate: deliveries / elapsed,
        median: at(0.5),
        p99: at(0.99),
        write: writes[writes.len() / 2],
    }
}

async fn run() {
    let redis_url = std::env::var("TEST_REDIS_URL").expect("run it with make bench, which brings a Redis");
    let database = Database::filled(200).await;
    let serve = || {
        let mut command = Command::new(env!("CARGO_BIN_EXE_cabina"));
        command
            .arg("serve")
            .env("REDIS_URL", &redis_url)
            .env("CABINA_CHANNEL_PREFIX", "bench:")
            .env("CABINA_MAX_CONNECTIONS", "1000000");
        command
    };
    let writer = Server::start(&mut serve(), &database.url).await;
    let ours = Server::start(&mut serve(), &database.url).await;
    let own = std::env::current_exe().expect("this program");
    let bare =
        Server::start(Command::new(own).env("BENCH_ROLE", "relay").env("REDIS_URL", &redis_url), "").await;
    let token = log_in(&writer.url).await;
    let written = Source::Written {
        http: support::client(),
        client: some_client(&writer.url, &token).await,
        url: writer.url.clone(),
        token: token.clone(),
    };
    let redis = redis::Client::open(redis_url.as_str()).expect("an address");
    let redis = redis.get_multiplexed_async_connection().await.expect("Redis answers");
    let published = Source::Published { redis, frame: frame() };

    // First, as what earlier loads left behind would be used again.
    let idle = setting("BENCH_IDLE", 10_000) as usize;
    for (name, server) in [("cabina", &ours), ("bare relay", &bare)] {
        let before = server.memory();
        let crowd = Crowd::gather(&server.url, &token, QUERY, idle, 0).await;
        tokio::time::sleep(Duration::from_secs(3)).await;
        let grown = server.memory().saturating_sub(before) as f64;
        println!("{name}: {:.1} kB per idle subscriber at {idle} ({before} kB before)", grown / idle as f64);
        drop(crowd);
    }
    println!();
    println!(
        "| subscribers | pace | deliveries/s (bare relay) | CPU ms per 1,000 deliveries (bare relay) | CPU : bare relay | sent to frame p50 / p99 ms (bare relay) | of it the write, p50 ms (`PUBLISH`) |"
    );
    println!("| --- | --- | --- | --- | --- | --- | --- |");
    let counts = std::env::var("BENCH_SUBSCRIBERS").unwrap_or_else(|_| "100,1000,5000".to_owned());
    for count in counts.split(',').map(|count| count.trim().parse::<usize>().expect("numbers")) {
        let per_second = (10_000 / count).clamp(2, 20);
        let paced = per_second * setting("BENCH_SECONDS", 5) as usize;
        let burst = (100_000 / count).max(20);
        let (mut paces, mut evens, mut bursts) = (Vec::new(), Vec::new(), Vec::new());
        for _ in 0..setting("BENCH_ROUNDS", 3) {
            let (mut slow, mut even, mut fast) = (Vec::new(), Vec::new(), Vec::new());
            for (server, source, also) in [(&ours, &written, None), (&bare, &published, Some(&written))] {
                let crowd = Crowd::gather(&server.url, &token, QUERY, count, 10 + paced + 2 * burst).await;
                tokio::time::sleep(Duration::from_millis(500)).await;
                measure(server, &crowd, source, 0, 10, Some(Duration::from_millis(100))).await; // warm
                let pause = Duration::from_secs(1) / per_second as u32;
                slow.push(measure(server, &crowd, source, 10, paced, Some(pause)).await);
                let run = measure(server, &crowd, source, 10 + paced, burst, None).await;
                fast.push(run);
                even.push(match also {
                    None => run,
                    Some(source) => measure(server, &crowd, source, 10 + paced + burst, burst, None).await,
                });
                drop(crowd);
                tokio::time::sleep(Duration::from_millis(500)).await;
            }
            paces.push(slow);
            evens.push(even);
            bursts.push(fast);
        }
        row(count, &format!("{per_second} a second"), &paces, true);
        row(count, "as fast as can be written, both the same events", &evens, false);
        row(count, "as fast as can be, the relay by `PUBLISH`", &bursts, true);
    }

    drop((writer, ours, bare));
    database.drop().await;
}

async fn some_client(url: &str, token: &str) -> String {
    let data = ask(url, Some(token), "{ clients(first: 1) { nodes { id } } }").await;
    data["clients"]["nodes"][0]["id"].as_str().expect("an id").to_owned()
}

/// A frame as cabina sends it, with room for the text.
fn frame() -> String {
    let id = |prefix: &str| format!("{prefix}_01h455vb4pex5vsknk084sn02q");
    json!({ "type": "next", "id": "1", "payload": { "data": { "eventlogNew": {
        "cursor": "YXQ6MTIzNA", "previous": "YXQ6MTIzMw", "eventId": id("event"),
        "entry": { "id": id("entry"), "kind": "NOTE", "text": "TEXT", "occurredAt": "2026-11-21T14:00:00.000Z",
            "author": { "name": "Administración" }, "client": { "id": id("client"), "name": "Nuria Peña Íñiguez" } },
    } } } })
    .to_string()
}

/// A line of the table. `timed`: whether the relay's frames tell when they were sent.
fn row(count: usize, pace: &str, runs: &[Vec<Run>], timed: bool) {
    let of = |which: usize, f: fn(&Run) -> f64| median(runs.iter().map(|run| f(&run[which])));
    let ratio = median(runs.iter().map(|run| run[0].cpu / run[1].cpu.max(1e-9)));
    let (times, write) = match timed {
        true => (
            format!("({:.1} / {:.1})", of(1, |r| r.median), of(1, |r| r.p99)),
            format!("({:.1})", of(1, |r| r.write)),
        ),
        false => Default::default(),
    };
    println!(
        "| {count} | {pace} | {:.0} ({:.0}) | {:.1} ({:.1}) | {ratio:.2} | {:.1} / {:.1} {times} | {:.1} {write} |",
        of(0, |r| r.rate),
        of(1, |r| r.rate),
        of(0, |r| r.cpu),
        of(1, |r| r.cpu),
        of(0, |r| r.median),
        of(0, |r| r.p99),
        of(0, |r| r.write),
    );
}
