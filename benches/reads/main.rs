//! Measures the server beside its limit: the same JSON from one hand-written SQL statement behind axum, on the same
//! PostgreSQL, in the same run. Both are processes of their own, so that each one's CPU time can be read; what the
//! database itself spends is read too. `make bench` runs it; `docs/performance.md` keeps the results.
//!
//! `BENCH_CLIENTS` sets how many clients the database holds (20,000 by default; a million for the numbers of search),
//! `BENCH_SECONDS` how long each run takes (4), `BENCH_ROUNDS` how many runs of each are made, in turn (3), `BENCH_CONNECTIONS`
//! how many requests are under way at the same time (8), and `BENCH_CASES` which cases run (all whose name holds the text).

mod agenda;
mod limit;
mod load;
mod report;
#[path = "../support/mod.rs"]
mod support;

use std::process::Command;
use std::time::Duration;

use serde_json::json;

use load::{Case, measure};
use support::{Database, Server, ask, log_in, runtime, setting};

fn main() {
    if std::env::var("BENCH_ROLE").as_deref() == Ok("limit") {
        return runtime(2).block_on(limit::serve());
    }
    if !support::is_listing() {
        runtime(1).block_on(run());
    }
}

async fn run() {
    let clients = setting("BENCH_CLIENTS", 20_000);
    let database = Database::filled(clients).await;
    let cabina = env!("CARGO_BIN_EXE_cabina");
    let ours = Server::start(Command::new(cabina).arg("serve").env_remove("REDIS_URL"), &database.url).await;
    let own = std::env::current_exe().expect("this program");
    let limit = Server::start(Command::new(own).env("BENCH_ROLE", "limit"), &database.url).await;

    let token = log_in(&ours.url).await;
    let ids = some_clients(&ours.url, &token).await;
    let month = agenda::fill(&ours.url, &token, &ids).await;
    let rounds = setting("BENCH_ROUNDS", 3);
    let seconds = Duration::from_secs(setting("BENCH_SECONDS", 4));
    let mut report = report::Report::new(clients);
    let only = std::env::var("BENCH_CASES").unwrap_or_default();
    for case in
        cases(&ours.url, &limit.url, &token, &ids, &month).iter().filter(|case| case.name.contains(&only))
    {
        case.check().await;
        let mut runs = Vec::new();
        for _ in 0..rounds {
            runs.push((
                measure(&case.ours, &ours, seconds).await,
                measure(&case.limit, &limit, seconds).await,
            ));
        }
        let statements = statements_of(&ours.url, case).await;
        report.add(case, statements, &runs);
    }
    report.footprint(&ours, cabina);
    println!("{}", report.text());
    drop((ours, limit));
    database.drop().await;
}

async fn some_clients(url: &str, token: &str) -> Vec<String> {
    let data =
        ask(url, Some(token), "{ clients(first: 100, orderBy: { field: CREATED_AT }) { nodes { id } } }")
            .await;
    let nodes = data["clients"]["nodes"].as_array().expect("nodes");
    nodes.iter().map(|node| node["id"].as_str().expect("an id").to_owned()).collect()
}

const ONE: &str = "query($id: ID!) { client(id: $id) { id number name email phone taxId status createdAt updatedAt version } }";
const PAGE: &str = "query { clients(first: 50) { nodes { id number name status phone email
    eventLog(first: 5) { nodes { id kind text occurredAt } }
    activities(first: 3, states: [PLANNED]) { nodes { id title dueAt } }
    contacts(first: 4) { nodes { id name phone } } } } }";
const SEARCH: &str = "query($text: String!) { clientSearch(text: $text, first: 10) { score client { id number name phone } } }";
const APPEND: &str = "mutation($input: EventlogAppendInput!) { eventlogAppend(input: $input) { entry { id } userErrors { code } event { id } } }";

fn cases(ours: &str, limit: &str, token: &str, ids: &[String], month: &agenda::Month) -> Vec<Case> {
    let uuids: Vec<String> =
        ids.iter().map(|id| cabina::kernel::ids::parse(id).expect("an id").1.to_string()).collect();
    let search = |name, words: &[&str]| {
        let asked = words.iter().map(|text| json!({ "text": text })).collect();
        Case::new(
            name,
            ours,
            SEARCH,
            asked,
            token,
            limit,
            "search",
            words.iter().map(|w| (*w).to_owned()).collect(),
        )
    };
    vec![
        Case::new("client by id", ours, ONE, ids.iter().map(|id| json!({ "id": id })).collect(), token, limit, "one", uuids.clone()),
        Case::new("nested page", ours, PAGE, vec![json!({})], token, limit, "page", vec![String::new()]),
        // A key asked for twice keeps the plan out: the same page by the ordinary executor.
        Case::new("nested page, ordinary executor", ours, &PAGE.replacen("id number", "id id number", 1), vec![json!({})], token, limit, "page", vec![String::new()]),
        Case::new("a month of the agenda", ours, agenda::MONTH, vec![month.variables.clone()], token, limit, "month", vec![month.argument.clone()]),
        search("search: a common word", &["gar", "garcia", "mar", "gonz", "maria", "lo"]),
        search("search: two words", &["maria garcia", "jose lopez", "gonz mar", "ana gar"]),
        search("search: no match", &["xqzv", "zzzz garcia", "maria xqzv", "999999999"]),
        Case::new(
            "append to the event log",
            ours,
            APPEND,
            ids.iter().map(|id| json!({ "input": { "clientId": id, "kind": "NOTE", "text": "A note for the bench" } })).collect(),
            token,
            limit,
            "append",
            uuids,
        ),
    ]
}

/// SQL statements of one request, from the server's own count.
async fn statements_of(url: &str, case: &Case) -> u64 {
    let count = || async {
        let text = support::client()
            .get(format!("{url}/metrics"))
            .send()
            .await
            .expect("metrics")
            .text()
            .await
            .expect("text");
        let line =
            text.lines().find(|line| line.starts_with("cabina_sql_statements_total ")).expect("the counter");
        line.rsplit(' ').next().and_then(|n| n.parse::<u64>().ok()).expect("a number")
    };
    load::once(&case.ours).await; // signs in
    let before = count().await;
    load::once(&case.ours).await;
    count().await - before
}
