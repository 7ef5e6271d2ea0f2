//! What all benches need: processes that end with the bench, a filled database, what a process costs.

use std::process::{Child, Command, Stdio};
use std::time::Duration;

use serde_json::{Value, json};

/// A runtime with so many threads.
pub fn runtime(threads: usize) -> tokio::runtime::Runtime {
    let mut builder = tokio::runtime::Builder::new_multi_thread();
    builder.worker_threads(threads).enable_all().build().expect("a runtime")
}

/// A number from the environment.
pub fn setting(name: &str, default: u64) -> u64 {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(default)
}

/// Whether a tool only asks which tests there are: there are none.
pub fn is_listing() -> bool {
    std::env::args().any(|argument| argument == "--list" || argument == "--test")
}

/// A database of its own, filled with fictional clients.
pub struct Database {
    server: String,
    name: String,
    /// Its address.
    pub url: String,
}

impl Database {
    /// Makes and fills it.
    pub async fn filled(clients: u64) -> Database {
        let server =
            std::env::var("TEST_POSTGRES_URL").expect("run it with make bench, which brings a PostgreSQL");
        let (base, _) = server.rsplit_once('/').expect("an address with a database");
        let name = format!("cabina_bench_{}", std::process::id());
        execute(&server, &format!("CREATE DATABASE {name}")).await;
        let url = format!("{base}/{name}");
        eprintln!("filling a database with {clients} clients …");
        let filled = Command::new(env!("CARGO_BIN_EXE_cabina"))
            .args(["demo", "--clients", &clients.to_string()])
            .env("DATABASE_URL", &url)
            .stdout(Stdio::null())
            .status()
            .expect("cabina runs");
        assert!(filled.success(), "the database is filled");
        Database { server, name, url }
    }

    /// Deletes it.
    pub async fn drop(self) {
        execute(&self.server, &format!("DROP DATABASE {} WITH (FORCE)", self.name)).await;
    }
}

async fn execute(url: &str, sql: &str) {
    use sea_orm::ConnectionTrait;
    let db = sea_orm::Database::connect(url).await.expect("PostgreSQL answers");
    db.execute_unprepared(sql).await.expect("the statement runs");
}

/// A process that is ended when the bench ends, whatever happens.
pub struct Server {
    child: Child,
    /// Where it listens.
    pub url: String,
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Server {
    /// Starts a program that listens where `CABINA_LISTEN` says, and waits until it is ready.
    pub async fn start(command: &mut Command, database: &str) -> Server {
        let port = std::net::TcpListener::bind("127.0.0.1:0")
            .and_then(|l| l.local_addr())
            .expect("a free port")
            .port();
        let address = format!("127.0.0.1:{port}");
        let child = command
            .env("DATABASE_URL", database)
            .env("CABINA_LISTEN", &address)
            .env("CABINA_JWT_SECRET", "a secret for the bench, of 32 characters")
            .env("CABINA_ACCESS_TTL", "7200")
            .env("CABINA_POINTS_PER_MINUTE", "4000000000")
            .env("CABINA_LOG", "warn")
            .stdout(Stdio::null())
            .spawn()
            .expect("the server starts");
        let server = Server { child, url: format!("http://{address}") };
        for _ in 0..200 {
            let ready = client().get(format!("{}/health/ready", server.url)).send().await;
            if ready.is_ok_and(|answer| answer.status().is_success()) {
                return server;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("the server is not ready after ten seconds");
    }

    /// Its process.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// User and system time so far, in seconds.
    pub fn cpu(&self) -> f64 {
        ticks(&std::fs::read_to_string(format!("/proc/{}/stat", self.pid())).unwrap_or_default())
    }

    /// Resident memory, in kB.
    pub fn memory(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.pid())).unwrap_or_default();
        let resident = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap_or_default();
        resident.trim().trim_end_matches(" kB").parse().unwrap_or_default()
    }
}

/// The CPU time of all processes of PostgreSQL; connections stay open during a run, so none is lost.
#[allow(dead_code, reason = "not every bench asks")]
pub fn cpu_of_postgres() -> f64 {
    let processes = std::fs::read_dir("/proc").into_iter().flatten().flatten();
    let stats = processes.filter_map(|process| std::fs::read_to_string(process.path().join("stat")).ok());
    stats.filter(|text| text.contains("(postgres)")).map(|text| ticks(&text)).sum()
}

fn ticks(stat: &str) -> f64 {
    // Fields 14 and 15 of proc(5), counted behind the name, in hundredths of a second.
    let fields: Vec<&str> = stat.rsplit(") ").next().unwrap_or_default().split(' ').collect();
    let field = |index: usize| fields.get(index).and_then(|n| n.parse::<f64>().ok()).unwrap_or_default();
    (field(11) + field(12)) / 100.0
}

/// A client with time-outs.
pub fn client() -> reqwest::Client {
    let _ = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::builder().timeout(Duration::from_secs(30)).build().expect("a client")
}

/// Sends a document that must go well; gives its data.
pub async fn ask(url: &str, token: Option<&str>, query: &str) -> Value {
    ask_with(url, token, query, json!({})).await
}

/// The same with variables.
pub async fn ask_with(url: &str, token: Option<&str>, query: &str, variables: Value) -> Value {
    let body = json!({ "query": query, "variables": variables });
    let mut request = client().post(format!("{url}/graphql")).json(&body);
    if let Some(token) = token {
        request = request.bearer_auth(token);
    }
    let answer: Value = request.send().await.expect("answers").json().await.expect("JSON");
    assert!(answer.get("errors").is_none(), "{query}: {answer}");
    answer["data"].clone()
}

/// Signs the demo's admin in.
pub async fn log_in(url: &str) -> String {
    let query = "mutation { sessionCreate(input: { email: \"admin@demo.test\", password: \"demo\" }) { session { accessToken } } }";
    let data = ask(url, None, query).await;
    data["sessionCreate"]["session"]["accessToken"].as_str().expect("a token").to_owned()
}

/// The value in the middle.
pub fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or_default()
}
