//! Measures the server beside its limit: the same JSON from one hand-written SQL statement behind axum, on the same
//! PostgreSQL, in the same run. Both are processes of their own, so that each one's CPU time can be read; what the
//! database itself spends is read too. `make bench` runs it; `docs/performance.md` keeps the results.
//!
//! `BENCH_CLIENTS` sets how many clients the database holds (20,000 unless told; a million for the numbers of search),
//! `BENCH_SECONDS` how long each run takes (4), `BENCH_ROUNDS` how many runs of each are made, in turn (3), `BENCH_CONNECTIONS`
//! how many requests are under way at the same time (8), and `BENCH_CASES` which cases run (all whose name holds the text).

mod limit;
mod load;
mod report;

use std::process::{Child, Command, Stdio};
use std::time::Duration;

use serde_json::{Value, json};

use load::{Case, measure};

fn main() {
    if std::env::var("BENCH_ROLE").as_deref() == Ok("limit") {
        return runtime(2).block_on(limit::serve());
    }
    if std::env::args().any(|argument| argument == "--list" || argument == "--test") {
        return; // asked by a tool that lists tests: there are none
    }
    runtime(1).block_on(run());
}

fn runtime(threads: usize) -> tokio::runtime::Runtime {
    let mut builder = tokio::runtime::Builder::new_multi_thread();
    builder.worker_threads(threads).enable_all().build().expect("a runtime")
}

fn setting(name: &str, default: u64) -> u64 {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(default)
}

/// A process that is ended when the bench ends, whatever happens.
struct Server {
    child: Child,
    url: String,
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

async fn run() {
    let postgres =
        std::env::var("TEST_POSTGRES_URL").expect("run it with make bench, which brings a PostgreSQL");
    let (base, _) = postgres.rsplit_once('/').expect("an address with a database");
    let name = format!("cabina_bench_{}", std::process::id());
    execute(&postgres, &format!("CREATE DATABASE {name}")).await;
    let database = format!("{base}/{name}");
    let clients = setting("BENCH_CLIENTS", 20_000);
    let cabina = env!("CARGO_BIN_EXE_cabina");
    eprintln!("filling a database with {clients} clients …");
    let filled = Command::new(cabina)
        .args(["demo", "--clients", &clients.to_string()])
        .env("DATABASE_URL", &database)
        .stdout(Stdio::null())
        .status()
        .expect("cabina runs");
    assert!(filled.success(), "the database is filled");

    let ours = start(
        Command::new(cabina)
            .arg("serve")
            .env("CABINA_LOG", "warn")
            .env("CABINA_POINTS_PER_MINUTE", "4000000000"),
        &database,
    )
    .await;
    let own = std::env::current_exe().expect("this program");
    let limit = start(Command::new(own).env("BENCH_ROLE", "limit"), &database).await;

    let token = log_in(&ours.url).await;
    let ids = some_clients(&ours.url, &token).await;
    let rounds = setting("BENCH_ROUNDS", 3);
    let seconds = Duration::from_secs(setting("BENCH_SECONDS", 4));
    let mut report = report::Report::new(clients);
    let only = std::env::var("BENCH_CASES").unwrap_or_default();
    for case in cases(&ours.url, &limit.url, &token, &ids).iter().filter(|case| case.name.contains(&only)) {
        case.check().await;
        let mut runs = Vec::new();
        for _ in 0..rounds {
            let ours_run = measure(&case.ours, ours.child.id(), seconds).await;
            let limit_run = measure(&case.limit, limit.child.id(), seconds).await;
            runs.push((ours_run, limit_run));
        }
        let statements = statements_of(&ours.url, case).await;
        report.add(case, statements, &runs);
    }
    report.footprint(ours.child.id(), cabina);
    println!("{}", report.text());
    drop((ours, limit));
    execute(&postgres, &format!("DROP DATABASE {name} WITH (FORCE)")).await;
}

async fn execute(url: &str, sql: &str) {
    use sea_orm::ConnectionTrait;
    let db = sea_orm::Database::connect(url).await.expect("PostgreSQL answers");
    db.execute_unprepared(sql).await.expect("the statement runs");
}

async fn start(command: &mut Command, database: &str) -> Server {
    let port =
        std::net::TcpListener::bind("127.0.0.1:0").and_then(|l| l.local_addr()).expect("a free port").port();
    let address = format!("127.0.0.1:{port}");
    let child = command
        .env("DATABASE_URL", database)
        .env("CABINA_LISTEN", &address)
        .env("CABINA_JWT_SECRET", "a secret for the bench, of 32 characters")
        .env_remove("REDIS_URL")
        .stdout(Stdio::null())
        .spawn()
        .expect("the server starts");
    let server = Server { child, url: format!("http://{address}") };
    for _ in 0..200 {
        if load::client()
            .get(format!("{}/health/ready", server.url))
            .send()
            .await
            .is_ok_and(|r| r.status().is_success())
        {
            return server;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("the server is not ready after ten seconds");
}

async fn ask(url: &str, token: Option<&str>, query: &str) -> Value {
    let mut request = load::client().post(format!("{url}/graphql")).json(&json!({ "query": query }));
    if let Some(token) = token {
        request = request.bearer_auth(token);
    }
    let answer: Value = request.send().await.expect("answers").json().await.expect("JSON");
    assert!(answer.get("errors").is_none(), "{query}: {answer}");
    answer["data"].clone()
}

async fn log_in(url: &str) -> String {
    let query = "mutation { sessionCreate(input: { email: \"admin@demo.test\", password: \"demo\" }) { session { accessToken } } }";
    let data = ask(url, None, query).await;
    data["sessionCreate"]["session"]["accessToken"].as_str().expect("a token").to_owned()
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

fn cases(ours: &str, limit: &str, token: &str, ids: &[String]) -> Vec<Case> {
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
        let text = load::client()
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
