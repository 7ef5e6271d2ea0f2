//! The processes that are killed, frozen and started again: two servers and a Redis, each ended by its id, also when the
//! test fails.

use std::fs::OpenOptions;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use rand::RngExt;
use tokio::net::TcpStream;
use tokio::time::{Instant, sleep};

/// Longest that a process may take to start, or to stop when told.
const PATIENCE: Duration = Duration::from_secs(40);

/// A program on a port of its own, and its process while there is one.
pub struct Service {
    /// What it is called, also by PostgreSQL.
    pub name: String,
    /// Where it listens on the loopback address.
    pub port: u16,
    /// Starts that failed, and were tried again as a supervisor does.
    pub false_starts: usize,
    program: PathBuf,
    arguments: Vec<String>,
    environment: Vec<(String, String)>,
    log: PathBuf,
    running: Option<Child>,
}

impl Service {
    /// One of the servers.
    pub fn server(name: &str, folder: &Path, environment: Vec<(String, String)>) -> Service {
        let port = free_port();
        let mut service = Service::of(name, port, env!("CARGO_BIN_EXE_cabina").into(), folder);
        service.arguments = vec!["serve".into()];
        service.environment = environment;
        service.environment.push(("CABINA_LISTEN".into(), format!("127.0.0.1:{port}")));
        service
    }

    /// A Redis that remembers nothing.
    pub fn redis(folder: &Path) -> Service {
        let port = free_port();
        let mut service = Service::of("redis", port, "redis-server".into(), folder);
        let said = format!("--bind 127.0.0.1 --port {port} --appendonly no --dir {}", folder.display());
        service.arguments =
            said.split(' ').map(str::to_owned).chain(["--save".into(), String::new()]).collect();
        service
    }

    fn of(name: &str, port: u16, program: PathBuf, folder: &Path) -> Service {
        Service {
            name: name.into(),
            port,
            false_starts: 0,
            program,
            arguments: Vec::new(),
            environment: Vec::new(),
            log: folder.join(format!("{name}.log")),
            running: None,
        }
    }

    /// Starts it, and waits until it listens.
    pub async fn start(&mut self) {
        assert!(self.running.is_none(), "{} runs", self.name);
        let until = Instant::now() + PATIENCE;
        while Instant::now() < until {
            let mut child = self.spawn();
            while Instant::now() < until && child.try_wait().expect("its status").is_none() {
                if TcpStream::connect(("127.0.0.1", self.port)).await.is_ok() {
                    self.running = Some(child);
                    return;
                }
                sleep(Duration::from_millis(20)).await;
            }
            let _ = child.kill();
            let _ = child.wait();
            self.false_starts += 1;
            sleep(Duration::from_millis(200)).await;
        }
        panic!("{} did not start:\n{}", self.name, self.last_words());
    }

    fn spawn(&self) -> Child {
        let log = OpenOptions::new().create(true).append(true).open(&self.log).expect("a log");
        let mut command = Command::new(&self.program);
        command.args(&self.arguments).envs(self.environment.iter().cloned()).env("NO_COLOR", "1");
        command.stdin(Stdio::null()).stdout(log.try_clone().expect("a log")).stderr(log);
        let spawned = command.spawn();
        spawned.unwrap_or_else(|cause| panic!("{} cannot be started: {cause}", self.program.display()))
    }

    /// Kills it at once, also while it is frozen.
    pub fn kill(&mut self) {
        if let Some(mut child) = self.running.take() {
            child.kill().expect("killed");
            child.wait().expect("ended");
        }
    }

    /// Tells it to stop, and waits until it did.
    pub async fn stop(&mut self) {
        self.signal("TERM");
        let until = Instant::now() + PATIENCE;
        while self.runs() {
            assert!(Instant::now() < until, "{} does not stop when told:\n{}", self.name, self.last_words());
            sleep(Duration::from_millis(20)).await;
        }
        self.running = None;
    }

    /// Freezes it: it holds all that it has, and does nothing.
    pub fn freeze(&self) {
        self.signal("STOP");
    }

    /// It goes on.
    pub fn thaw(&self) {
        self.signal("CONT");
    }

    fn signal(&self, signal: &str) {
        let id = self.running.as_ref().expect("it runs").id().to_string();
        let sent = Command::new("kill").args([&format!("-{signal}"), &id]).status();
        assert!(sent.is_ok_and(|status| status.success()), "{signal} to {}", self.name);
    }

    /// Whether it still runs.
    pub fn runs(&mut self) -> bool {
        self.running.as_mut().is_some_and(|child| child.try_wait().is_ok_and(|status| status.is_none()))
    }

    /// All that it wrote.
    pub fn words(&self) -> String {
        std::fs::read_to_string(&self.log).unwrap_or_default()
    }

    /// The end of what it wrote.
    pub fn last_words(&self) -> String {
        let words = self.words();
        let lines: Vec<&str> = words.lines().collect();
        lines[lines.len().saturating_sub(40)..].join("\n")
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        self.kill();
    }
}

/// Below the ports that the system hands out by itself: nobody takes it while its process is away.
fn free_port() -> u16 {
    let mut dice = rand::rng();
    loop {
        let port = dice.random_range(10_000..30_000);
        if TcpListener::bind(("127.0.0.1", port)).is_ok() {
            return port;
        }
    }
}
