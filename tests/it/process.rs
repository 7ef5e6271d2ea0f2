//! The program as it is started from a terminal.

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use serde_json::json;

use crate::support::Actor;

fn cabina(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_cabina"));
    command
        .args(arguments)
        .env("DATABASE_URL", format!("sqlite://{}", folder.join("t.db").display()))
        .env("CABINA_WEB_DIR", "no-such-folder")
        .env("CABINA_LISTEN", "127.0.0.1:0")
        .env_remove("REDIS_URL");
    command
}

fn run(command: &mut Command, input: &str) -> Output {
    let mut child =
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("runs");
    child.stdin.take().expect("a standard input").write_all(input.as_bytes()).expect("written");
    child.wait_with_output().expect("ends")
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// Ends the server also when a test fails.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[tokio::test]
async fn serve_demo_greets_answers_and_stops_when_told() {
    let folder = tempfile::TempDir::new().expect("a folder");
    let began = Instant::now();
    let child = cabina(folder.path(), &["serve", "--demo"])
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("starts");
    let mut server = Running(child);
    let mut lines = BufReader::new(server.0.stdout.take().expect("a standard output")).lines();
    let mut greeting = String::new();
    for line in lines.by_ref() {
        let line = line.expect("text");
        greeting.push_str(&line);
        greeting.push('\n');
        if line.contains("Stop with ctrl-c") {
            break;
        }
    }
    assert!(began.elapsed() < Duration::from_secs(60), "it started");
    assert!(greeting.contains("ana@demo.test") && greeting.contains("Password     demo"), "{greeting}");
    let url = greeting.split_whitespace().find(|word| word.ends_with("/graphql")).expect("an address");
    let url = url.trim_end_matches("/graphql").to_owned();
    let nobody = Actor::new(&url, None);
    let ready = Actor::answer(nobody.request(reqwest::Method::GET, "/health/ready")).await;
    assert_eq!(ready.status, 200, "{}", ready.body);
    let input = json!({ "email": "ana@demo.test", "password": "demo" });
    let opened = nobody.run("sessionCreate", input, "session { accessToken }").await;
    let ana = Actor::new(&url, opened["session"]["accessToken"].as_str().map(str::to_owned));
    let found = ana
        .data("{ clientSearch(text: \"gonzalez\") { client { id name } } clients { totalCount } }", json!({}))
        .await;
    let client = &found["clientSearch"][0]["client"];
    assert!(client["name"].as_str().expect("somebody is found").contains("González"), "{found}");
    let note = json!({ "clientId": client["id"], "kind": "NOTE", "text": "Hola" });
    let entry = ana.run("eventlogAppend", note, "entry { text author { name } }").await;
    assert_eq!(entry["entry"]["text"], "Hola");
    let page = Actor::answer(nobody.request(reqwest::Method::GET, "/graphiql")).await;
    assert!(page.status == 200 && page.body.to_string().contains("graphiql"));

    let stopped =
        Command::new("kill").args(["-TERM", &server.0.id().to_string()]).status().expect("kill runs");
    assert!(stopped.success());
    let until = Instant::now() + Duration::from_secs(10);
    let status = loop {
        match server.0.try_wait().expect("its status") {
            Some(status) => break status,
            None => assert!(Instant::now() < until, "it stops when told"),
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    };
    assert!(status.success(), "{status}");

    // The same database again, and one that holds something else.
    let mut again = cabina(folder.path(), &["serve", "--demo"]);
    let mut again = Running(again.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().expect("starts"));
    let first =
        BufReader::new(again.0.stdout.take().expect("output")).lines().nth(1).expect("a line").expect("text");
    assert!(first.contains("is ready"), "{first}");
    drop(again);
    let other = tempfile::TempDir::new().expect("a folder");
    let add = ["user", "add", "boss@company.example", "--name", "Boss"];
    assert!(run(&mut cabina(other.path(), &add), "a good password\n").status.success());
    let refused = run(&mut cabina(other.path(), &["serve", "--demo"]), "");
    assert!(!refused.status.success() && !text(&refused.stderr).is_empty(), "{}", text(&refused.stderr));
}

#[tokio::test]
async fn users_are_managed_from_the_terminal() {
    let folder = tempfile::TempDir::new().expect("a folder");
    let user = |arguments: &[&str], input: &str| {
        let output = run(&mut cabina(folder.path(), &[&["user"], arguments].concat()), input);
        (output.status.success(), text(&output.stdout) + &text(&output.stderr))
    };
    let (done, told) = user(
        &["add", "eva@company.example", "--name", "Eva", "--role", "advisor", "--team", "North"],
        "a good password\n",
    );
    assert!(done, "{told}");
    let (done, told) = user(&["add", "eva@company.example", "--name", "Eva"], "short\n");
    assert!(
        !done && told.contains("password: must have at least 8") && told.contains("email: another user"),
        "{told}"
    );
    let (done, told) = user(&["password", "eva@company.example"], "another password\n");
    assert!(done, "{told}");
    let (done, told) = user(&["password", "eva@company.example"], "another\0password\n");
    assert!(!done && told.contains("password must not contain the character U+0000"), "{told}");
    // Either spelling of an international domain.
    let (done, told) = user(&["add", "leo@peña.example", "--name", "Leo"], "a good password\n");
    assert!(done, "{told}");
    let (done, told) = user(&["password", "leo@xn--pea-8ma.example"], "another password\n");
    assert!(done, "{told}");
    let (done, told) = user(&["disable", "eva@company.example"], "");
    assert!(done, "{told}");
    let (done, told) = user(&["disable", "nobody@company.example"], "");
    assert!(!done && told.contains("there is no user nobody@company.example"), "{told}");
}

#[tokio::test]
async fn a_folder_of_time_zones_is_used_when_it_is_named() {
    let folder = tempfile::TempDir::new().expect("a folder");
    let zones = tempfile::TempDir::new().expect("a folder");
    let named = |folder: &Path| {
        let output = run(cabina(folder, &["migrate", "status"]).env("CABINA_ZONEINFO", zones.path()), "");
        (output.status.success(), text(&output.stderr))
    };
    let (done, told) = named(folder.path());
    assert!(!done && told.contains("CABINA_ZONEINFO: "), "it holds none: {told}");
    std::fs::write(zones.path().join("tzdata.zi"), "# version 2098a\n").expect("a file");
    assert!(named(folder.path()).0);
    let path = zones.path().display().to_string();
    let server = crate::support::Program::serve(vec![("CABINA_ZONEINFO", path)]).await;
    let nobody = Actor::new(&server.url, None);
    let ready = Actor::answer(nobody.request(reqwest::Method::GET, "/health/ready")).await;
    assert_eq!(ready.body["timeZones"], "2098a (of the machine)", "{}", ready.body);
}

#[tokio::test]
async fn tables_come_and_go_and_mistakes_are_told_at_once() {
    let folder = tempfile::TempDir::new().expect("a folder");
    let migrate = |arguments: &[&str]| {
        text(&run(&mut cabina(folder.path(), &[&["migrate"], arguments].concat()), "").stdout)
    };
    let all = <migration::Migrator as migration::MigratorTrait>::migrations().len();
    assert_eq!(migrate(&["status"]).matches("missing").count(), all);
    assert_eq!(migrate(&["up"]).matches("applied").count(), all);
    assert_eq!(migrate(&["down", "2"]).matches("missing").count(), 2);
    assert_eq!(migrate(&["up"]).matches("applied").count(), all);
    let mut wrong = cabina(folder.path(), &["serve"]);
    let output = run(
        wrong.env("CABINA_LISTEN", "here").env("CABINA_MAX_DEPTH", "x").env("CABINA_JWT_SECRET", "hunter2"),
        "",
    );
    let told = text(&output.stderr);
    assert!(!output.status.success());
    for mistake in [
        "3 mistake(s)",
        "CABINA_LISTEN must be an address and port",
        "CABINA_MAX_DEPTH must be a whole number",
        "CABINA_JWT_SECRET must have",
    ] {
        assert!(told.contains(mistake), "{told}");
    }
    assert!(!told.contains("hunter2"), "{told}");
    let schema = text(&run(&mut cabina(folder.path(), &["schema"]), "").stdout);
    assert_eq!(schema, cabina::graphql::schema::sdl());
    let health = run(cabina(folder.path(), &["health"]).env("CABINA_LISTEN", "127.0.0.1:9"), "");
    assert!(!health.status.success() && text(&health.stderr).contains("the server is not available"));
}
