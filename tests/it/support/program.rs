//! The program as a process of its own, on a database of the tests.

use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::actor::Actor;
use super::app::PASSWORD;
use super::database::{TestDatabase, is_postgres};

/// A server; killed when dropped.
pub struct Program {
    child: Child,
    /// Where it listens.
    pub url: String,
    /// Where its metrics are, when they have an address of their own.
    pub metrics_url: Option<String>,
    log: Option<std::thread::JoinHandle<String>>,
    variables: Vec<(&'static str, String)>,
    database: Option<TestDatabase>,
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Program {
    /// Starts `cabina serve` with these variables; it logs in JSON.
    pub async fn serve(variables: Vec<(&'static str, String)>) -> Program {
        Program::begin(TestDatabase::new, variables, None).await
    }

    /// The same with so many files at most.
    pub async fn serve_with_files(files: u32) -> Program {
        Program::begin(TestDatabase::new, Vec::new(), Some(files)).await
    }

    /// Kills it at once, as by kill -9, and starts it again on the same database.
    pub async fn again(mut self) -> Program {
        let (database, variables) = (self.database.take().expect("its own"), self.variables.clone());
        drop(self);
        Program::begin(move || database, variables, None).await
    }

    async fn begin(
        database: impl FnOnce() -> TestDatabase + Send + 'static,
        variables: Vec<(&'static str, String)>,
        files: Option<u32>,
    ) -> Program {
        tokio::task::spawn_blocking(move || Program::start(database(), variables, files))
            .await
            .expect("starts")
    }

    /// The process.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Where its data are.
    pub fn database(&self) -> &TestDatabase {
        self.database.as_ref().expect("its own")
    }

    fn start(database: TestDatabase, variables: Vec<(&'static str, String)>, files: Option<u32>) -> Program {
        // A file that may not grow is an error of the write, as a full disk is, and no signal that ends the process.
        let limit = files.map(|files| format!("ulimit -n {files}; ")).unwrap_or_default();
        let script = format!("trap '' XFSZ; {limit}exec \"$0\" \"$@\"");
        let mut command = Command::new("sh");
        command
            .args(["-c", &script, env!("CARGO_BIN_EXE_cabina"), "serve"])
            .env("DATABASE_URL", &database.url)
            .env("CABINA_DATABASE_CONNECTIONS", "4")
            .env("CABINA_JWT_SECRET", "the-signing-secret-of-this-test-alone")
            .env("CABINA_WEB_DIR", "no-such-folder")
            .env("CABINA_LISTEN", "127.0.0.1:0")
            .env("CABINA_LOG_FORMAT", "json")
            .env_remove("REDIS_URL")
            .envs(variables.iter().map(|(name, value)| (*name, value)))
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        if is_postgres() {
            let redis = std::env::var("TEST_REDIS_URL").expect("TEST_REDIS_URL is set");
            command.env("REDIS_URL", redis).env("CABINA_CHANNEL_PREFIX", format!("{}:", database.name));
        }
        let mut child = command.spawn().expect("starts");
        let (output, mut errors) =
            (child.stdout.take().expect("an output"), child.stderr.take().expect("an output"));
        let log = std::thread::spawn(move || {
            let mut text = String::new();
            errors.read_to_string(&mut text).expect("text");
            text
        });
        let (tell, told) = mpsc::channel();
        std::thread::spawn(move || {
            let mut metrics = None;
            for line in BufReader::new(output).lines().map_while(Result::ok) {
                let base = |path| line.split_whitespace().find_map(|word| word.strip_suffix(path));
                metrics = base("/metrics").map(str::to_owned).or(metrics);
                if let Some(url) = base("/graphql") {
                    let _ = tell.send((url.to_owned(), metrics.clone()));
                }
            }
        });
        let (url, metrics_url) =
            told.recv_timeout(Duration::from_secs(60)).expect("it tells where it listens");
        Program { child, url, metrics_url, log: Some(log), variables, database: Some(database) }
    }

    /// Bytes of memory that it holds (Linux).
    pub fn memory(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).expect("a process");
        let line = status.lines().find(|line| line.starts_with("VmRSS:")).expect("a line");
        line.split_whitespace().nth(1).and_then(|kilobytes| kilobytes.parse::<u64>().ok()).expect("a number")
            * 1024
    }

    /// Somebody who is not signed in.
    pub fn nobody(&self) -> Actor {
        Actor::new(&self.url, None)
    }

    /// Signs in with e-mail and the password of everybody.
    pub async fn sign_in(&self, email: &str) -> Actor {
        let input = json!({ "email": email, "password": PASSWORD });
        let opened = self.nobody().run("sessionCreate", input, "session { accessToken }").await;
        Actor::new(&self.url, opened["session"]["accessToken"].as_str().map(str::to_owned))
    }

    /// Stops it as an operator does; gives how it ended, and its log.
    pub async fn stop(mut self) -> (ExitStatus, Vec<Value>) {
        let told = Command::new("kill").args(["-TERM", &self.child.id().to_string()]).status();
        assert!(told.expect("kill runs").success());
        let until = Instant::now() + Duration::from_secs(15);
        let status = loop {
            match self.child.try_wait().expect("its status") {
                Some(status) => break status,
                None => assert!(Instant::now() < until, "it stops when told"),
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        };
        let log = self.log.take().expect("stopped once").join().expect("a log");
        let line = |line: &str| serde_json::from_str(line).unwrap_or_else(|_| panic!("no JSON: {line}"));
        (status, log.lines().map(line).collect())
    }
}
