//! Measures how many records a second go to Odoo, against the sandbox as a process of its own: new ones, changed ones, ones that
//! turn out unchanged, and what each takes of calls and CPU. `make bench` runs it; `docs/performance.md` keeps the results.
//!
//! A real Odoo takes 8 to 20 ms for a row of `load` (tests/odoo-wire/README.md) and is the slow side by far; what is measured here is
//! what cabina itself takes.
//!
//! `BENCH_CLIENTS` (10000), `BENCH_ROUNDS` (3).

#[path = "../support/mod.rs"]
#[allow(dead_code, reason = "the other benches ask more of it")]
mod support;

use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use sea_orm::{ConnectionTrait, DatabaseConnection, Statement};
use serde_json::Value;

use support::{Database, Server, client, median, runtime, setting};

fn main() {
    if !support::is_listing() {
        runtime(2).block_on(run());
    }
}

/// The sandbox, ended when the bench ends.
struct Sandbox(Child, String);

impl Drop for Sandbox {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Sandbox {
    async fn start() -> Sandbox {
        let port =
            std::net::TcpListener::bind("127.0.0.1:0").and_then(|l| l.local_addr()).expect("a port").port();
        let child = Command::new(env!("CARGO_BIN_EXE_cabina"))
            .args(["sandbox", "--port", &port.to_string()])
            .stdout(Stdio::null())
            .spawn()
            .expect("the sandbox starts");
        let sandbox = Sandbox(child, format!("http://127.0.0.1:{port}"));
        for _ in 0..200 {
            if client().get(format!("{}/sandbox", sandbox.1)).send().await.is_ok() {
                return sandbox;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("the sandbox does not answer");
    }

    async fn calls(&self) -> u64 {
        let told: Value = client()
            .get(format!("{}/sandbox", self.1))
            .send()
            .await
            .expect("answers")
            .json()
            .await
            .expect("JSON");
        told["calls"].as_u64().expect("a count")
    }
}

async fn count(db: &DatabaseConnection, sql: &str) -> i64 {
    let row = db.query_one_raw(Statement::from_string(db.get_database_backend(), sql)).await;
    row.expect("a table").expect("a count").try_get_by_index(0).expect("a number")
}

/// What a phase gave.
struct Run {
    rate: f64,
    calls: f64,
    cpu: f64,
}

/// Has everything sent that was made due, and waits for the end.
async fn measure(db: &DatabaseConnection, server: &Server, sandbox: &Sandbox, due: &str) -> Run {
    let (cpu, calls) = (server.cpu(), sandbox.calls().await);
    let marked = db.execute_unprepared(due).await.expect("marked").rows_affected() as f64;
    let began = Instant::now();
    while count(db, "SELECT count(*) FROM sync_external WHERE status <> 'SYNCED'").await > 0 {
        assert!(began.elapsed() < Duration::from_secs(600), "it comes to an end");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    Run {
        rate: marked / began.elapsed().as_secs_f64(),
        calls: marked / (sandbox.calls().await - calls) as f64,
        cpu: (server.cpu() - cpu) * 1e6 / marked,
    }
}

async fn run() {
    let (clients, rounds) = (setting("BENCH_CLIENTS", 10_000), setting("BENCH_ROUNDS", 3));
    let database = Database::filled(clients).await;
    let sandbox = Sandbox::start().await;
    let mut command = Command::new(env!("CARGO_BIN_EXE_cabina"));
    command.arg("serve").envs([
        ("ODOO_URL", sandbox.1.as_str()),
        ("ODOO_DB", "cabina"),
        ("ODOO_SYNC", "client=both"),
        ("ODOO_PULL_EVERY", "86400"),
        ("ODOO_CALLS_PER_SECOND", "1000"),
    ]);
    for (name, value) in credentials() {
        command.env(name, value);
    }
    let server = Server::start(&mut command, &database.url).await;
    let db = sea_orm::Database::connect(&database.url).await.expect("PostgreSQL answers");
    let new = "INSERT INTO sync_external (id, version, local_type, client_id, status, direction, generation, attempts, \
        next_attempt_at, gone, created_at, updated_at) \
        SELECT id, 1, 'client', id, 'PENDING', 'PUSH', 1, 0, now(), false, now(), now() FROM client";
    let due =
        "UPDATE sync_external SET status = 'PENDING', generation = generation + 1, next_attempt_at = now()";
    let (mut made, mut changed, mut same) = (Vec::new(), Vec::new(), Vec::new());
    for round in 0..rounds {
        db.execute_unprepared("DELETE FROM sync_external").await.expect("forgotten");
        if round == 0 {
            made.push(measure(&db, &server, &sandbox, new).await);
        } else {
            measure(&db, &server, &sandbox, new).await; // they are there by now: no measure of making
        }
        db.execute_unprepared(&format!("UPDATE client SET name = name || ' {round}'"))
            .await
            .expect("renamed");
        changed.push(measure(&db, &server, &sandbox, due).await);
        same.push(measure(&db, &server, &sandbox, due).await);
    }
    println!("\n{clients} clients, median of {rounds} rounds (new: one)\n");
    println!("{:<12}{:>14}{:>18}{:>24}", "", "records/s", "records a call", "µs CPU of cabina each");
    for (name, runs) in [("new", &made), ("changed", &changed), ("unchanged", &same)] {
        let of = |value: fn(&Run) -> f64| median(runs.iter().map(value));
        println!(
            "{name:<12}{:>14.0}{:>18.0}{:>24.0}",
            of(|run| run.rate),
            of(|run| run.calls),
            of(|run| run.cpu)
        );
    }
    drop(server);
    let _ = db.close().await;
    database.drop().await;
}

/// How the sandbox lets cabina in.
fn credentials() -> Vec<(&'static str, String)> {
    use secrecy::ExposeSecret;
    let odoo = cabina::sandbox::odoo::SandboxOdoo::new(cabina::kernel::time::Clock::System);
    let config = odoo.config("http://localhost");
    vec![
        ("ODOO_DB", config.database.clone()),
        ("ODOO_LOGIN", config.login.clone().unwrap_or_default()),
        (
            "ODOO_API_KEYS",
            config.api_keys.first().map(|key| key.expose_secret().to_owned()).unwrap_or_default(),
        ),
    ]
}
