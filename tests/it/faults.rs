//! A database that takes no writes for a while: what was acknowledged is kept, readiness tells, and nobody restarts anything.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use futures_util::future::join_all;
use reqwest::Method;
use sea_orm::{ConnectionTrait, DatabaseConnection, Statement};
use serde_json::{Value, json};

use crate::support::{Actor, Program, TestApp, is_postgres};

/// Who writes at the same moment: more than there are connections.
const WRITERS: usize = 6;

const APPEND: &str = "mutation($input: EventlogAppendInput!) { eventlogAppend(input: $input) { event { id } userErrors { code } } }";

/// What was written: the changes that were acknowledged, and how many writes failed.
#[derive(Default)]
struct Written {
    acknowledged: BTreeSet<String>,
    failed: usize,
}

/// Everybody writes so many notes of so many characters.
async fn write(written: &mut Written, actor: &Actor, client: &str, notes: usize, characters: usize) {
    let input = json!({ "clientId": client, "kind": "NOTE", "text": "n".repeat(characters) });
    let writer = |_| {
        let input = &input;
        async move {
            let mut told = Vec::new();
            for _ in 0..notes {
                told.push(actor.send(APPEND, json!({ "input": input })).await.body);
            }
            told
        }
    };
    for body in join_all((0..WRITERS).map(writer)).await.into_iter().flatten() {
        match body["data"]["eventlogAppend"]["event"]["id"].as_str() {
            Some(event) if body.get("errors").is_none() => _ = written.acknowledged.insert(event.to_owned()),
            _ => written.failed += 1,
        }
    }
}

/// The changes that the database holds, seen from outside.
async fn kept(database: &DatabaseConnection) -> BTreeSet<String> {
    let sql = "SELECT event_id FROM audit_entry";
    let rows = database.query_all_raw(Statement::from_string(database.get_database_backend(), sql)).await;
    rows.expect("the audit")
        .iter()
        .map(|row| row.try_get_by_index::<cabina::kernel::ids::EventId>(0).expect("an id").to_string())
        .collect()
}

async fn ready(actor: &Actor) -> (u16, Value) {
    let answer = Actor::answer(actor.request(Method::GET, "/health/ready")).await;
    (answer.status, answer.body)
}

/// Waits until readiness answers so, and tells so of writes.
async fn becomes(actor: &Actor, status: u16, writes: &str) {
    let mut last = Value::Null;
    for _ in 0..150 {
        let (now, body) = ready(actor).await;
        if now == status && body["writes"] == writes {
            return;
        }
        last = body;
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("readiness does not become {status}: {last}");
}

/// PostgreSQL: no write is taken from now on, or is again. Those that are connected come anew.
async fn take_writes(database: &DatabaseConnection, takes: bool) {
    let only = if takes { "off" } else { "on" };
    let sql = format!(
        "BEGIN READ WRITE; DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET default_transaction_read_only = {only}', \
         current_database()); END $$; COMMIT; \
         SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
    );
    database.execute_unprepared(&sql).await.expect("set");
}

/// SQLite: the file may grow by so many pages, on every connection of the server; `None`: as it likes.
async fn may_grow(app: &TestApp, pages: Option<i64>) {
    let pool = app.app.database.own.get_sqlite_connection_pool();
    let mut all = Vec::new();
    for _ in 0..pool.options().get_max_connections() {
        all.push(pool.acquire().await.expect("a connection"));
    }
    for connection in &mut all {
        let count: i64 =
            sqlx::query_scalar("PRAGMA page_count").fetch_one(&mut **connection).await.expect("a count");
        let most = pages.map_or(1_000_000_000, |pages| count + pages);
        let pragma = sqlx::AssertSqlSafe(format!("PRAGMA max_page_count = {most}"));
        sqlx::query(pragma).execute(&mut **connection).await.expect("set");
    }
}

#[tokio::test]
async fn what_is_acknowledged_while_writes_fail_is_kept() {
    let app = TestApp::start().await;
    let ana = app.ana().await;
    let client = ana.client("Rosa").await;
    let outside = sea_orm::Database::connect(app.database_url()).await.expect("connects");
    let mut written = Written::default();
    write(&mut written, &ana, &client, 2, 100).await;
    assert_eq!((written.acknowledged.len(), written.failed), (2 * WRITERS, 0));
    for _ in 0..2 {
        if is_postgres() {
            take_writes(&outside, false).await;
        } else {
            may_grow(&app, Some(20)).await;
        }
        let failed = written.failed;
        write(&mut written, &ana, &client, 12, 5000).await;
        assert!(written.failed > failed, "writes failed meanwhile");
        if is_postgres() {
            take_writes(&outside, true).await;
        } else {
            may_grow(&app, None).await;
        }
        becomes(&ana, 200, "ok").await;
        // One that PostgreSQL ended is found out when it is used.
        write(&mut Written::default(), &ana, &client, 4, 10).await;
        let mut well = Written::default();
        write(&mut well, &ana, &client, 4, 5000).await;
        assert_eq!(well.failed, 0, "every connection works again");
        written.acknowledged.append(&mut well.acknowledged);
        let kept = kept(&outside).await;
        let lost: Vec<&String> = written.acknowledged.difference(&kept).collect();
        assert!(lost.is_empty(), "acknowledged and lost: {lost:?}");
    }
}

/// Set for the process in which memory is short.
const SHORT: &str = "CABINA_TEST_SHORT_OF_MEMORY";

/// SQLite may take less and less memory, for all its connections together, until nothing works any more. It says on its
/// standard output what was acknowledged, and ends as if it crashed.
async fn run_short_of_memory() -> ! {
    let app = TestApp::start().await;
    let ana = app.ana().await;
    let client = ana.client("Rosa").await;
    let mut written = Written::default();
    let (mut limit, mut both) = (8_i64 << 20, 0);
    while limit > 0 && written.failed < 40 * WRITERS {
        let pragma = format!("PRAGMA hard_heap_limit = {limit}");
        // It cannot be set any more when there is no memory for that either.
        let _ = app.app.database.own.execute_unprepared(&pragma).await;
        let before = (written.acknowledged.len(), written.failed);
        write(&mut written, &ana, &client, 2, 9000).await;
        both += usize::from(written.acknowledged.len() > before.0 && written.failed > before.1);
        limit -= 50_000;
    }
    println!("database {}", app.database_url());
    println!("failed {}", written.failed);
    println!("both {both}");
    written.acknowledged.iter().for_each(|event| println!("acknowledged {event}"));
    std::process::exit(0);
}

#[tokio::test]
async fn what_is_acknowledged_while_memory_is_short_is_kept() {
    if std::env::var_os(SHORT).is_some() {
        run_short_of_memory().await;
    }
    // In a process of its own, on SQLite: the limit holds for the whole process, and cannot be raised again.
    let mut command = Command::new(std::env::current_exe().expect("a program"));
    command.args(["--exact", "faults::what_is_acknowledged_while_memory_is_short_is_kept", "--nocapture"]);
    command.env(SHORT, "1").env("CABINA_TEST_DB", "sqlite");
    let ended = tokio::task::spawn_blocking(move || command.output()).await.expect("joined").expect("runs");
    let told = String::from_utf8_lossy(&ended.stdout);
    assert!(ended.status.success(), "{told}\n{}", String::from_utf8_lossy(&ended.stderr));
    let all = |what: &str| -> Vec<String> {
        told.lines().filter_map(|line| Some(line.strip_prefix(what)?.trim().to_owned())).collect()
    };
    let number = |what: &str| -> usize { all(what)[0].parse().expect("a number") };
    let acknowledged: BTreeSet<String> = all("acknowledged ").into_iter().collect();
    let (failed, both) = (number("failed "), number("both "));
    println!(
        "memory was short: {} writes acknowledged, {failed} failed, both {both} times at once",
        acknowledged.len()
    );
    assert!(!acknowledged.is_empty() && failed > 0);
    let url = all("database ")[0].clone();
    let outside = sea_orm::Database::connect(url.clone()).await.expect("connects");
    let kept = kept(&outside).await;
    outside.close().await.expect("closes");
    let file = Path::new(url.strip_prefix("sqlite://").expect("a file"));
    std::fs::remove_dir_all(file.parent().expect("a folder")).expect("removed");
    let lost: Vec<&String> = acknowledged.difference(&kept).collect();
    assert!(lost.is_empty(), "acknowledged and lost: {lost:?}");
}

fn length(file: &Path) -> u64 {
    std::fs::metadata(file).map_or(0, |file| file.len())
}

/// The largest file that the process may write; `None`: any.
fn limit(program: &Program, bytes: Option<u64>) {
    let most = bytes.map_or("unlimited".to_owned(), |bytes| bytes.to_string());
    let set = Command::new("prlimit")
        .args(["--pid", &program.pid().to_string(), &format!("--fsize={most}:unlimited")])
        .status();
    assert!(set.expect("prlimit runs").success());
}

/// Its files may grow by a little and no more; or PostgreSQL takes no writes.
async fn fill(program: &Program, outside: &DatabaseConnection) {
    if is_postgres() {
        return take_writes(outside, false).await;
    }
    let url = &program.database().url;
    let file = url.strip_prefix("sqlite://").expect("a file");
    let longest = length(Path::new(file)).max(length(Path::new(&format!("{file}-wal"))));
    limit(program, Some(longest + 200_000));
}

/// Errors of the database, as the log tells them.
fn errors_in(log: &[Value]) -> Vec<String> {
    log.iter()
        .filter_map(|line| line["fields"]["cause"].as_str().or(line["cause"].as_str()))
        .map(str::to_owned)
        .collect()
}

#[tokio::test]
async fn a_write_that_the_disk_refuses_is_no_change_and_its_connection_is_not_used_again() {
    let program = Program::serve(Vec::new()).await;
    let ana = program.sign_in("ana@test.example").await;
    let client = ana.client("Rosa").await;
    let outside = sea_orm::Database::connect(program.database().url.clone()).await.expect("connects");
    let mut written = Written::default();
    for _ in 0..3 {
        fill(&program, &outside).await;
        let failed = written.failed;
        for _ in 0..20 {
            write(&mut written, &ana, &client, 5, 9000).await;
            if written.failed > failed + WRITERS {
                break;
            }
        }
        assert!(written.failed > failed, "the disk refuses writes");
        if is_postgres() {
            take_writes(&outside, true).await;
        } else {
            limit(&program, None);
        }
        write(&mut Written::default(), &ana, &client, 4, 10).await;
        let mut well = Written::default();
        write(&mut well, &ana, &client, 4, 9000).await;
        assert_eq!(well.failed, 0, "every connection works again");
        written.acknowledged.append(&mut well.acknowledged);
    }
    let kept = kept(&outside).await;
    let lost: Vec<&String> = written.acknowledged.difference(&kept).collect();
    assert!(lost.is_empty(), "acknowledged and lost: {lost:?}");
    let (_, log) = program.stop().await;
    let errors = errors_in(&log);
    let wanted = if is_postgres() { "read-only transaction" } else { "disk I/O error" };
    assert!(errors.iter().any(|error| error.contains(wanted)), "{errors:?}");
}

#[tokio::test]
async fn readiness_tells_of_a_full_disk_and_goes_on_by_itself_when_there_is_room() {
    let program = Program::serve(Vec::new()).await;
    let ana = program.sign_in("ana@test.example").await;
    let client = ana.client("Rosa").await;
    // It stays open: the last connection that closes would tidy up.
    let outside = sea_orm::Database::connect(program.database().url.clone()).await.expect("connects");
    becomes(&ana, 200, "ok").await;
    let mut written = Written::default();
    fill(&program, &outside).await;
    for _ in 0..20 {
        write(&mut written, &ana, &client, 5, 9000).await;
        if written.failed > WRITERS {
            break;
        }
    }
    assert!(written.failed > 0, "the disk is full");
    becomes(&ana, 503, "failed").await;
    if is_postgres() {
        take_writes(&outside, true).await;
    } else {
        limit(&program, None);
    }
    becomes(&ana, 200, "ok").await;
    write(&mut Written::default(), &ana, &client, 4, 10).await;
    let mut well = Written::default();
    write(&mut well, &ana, &client, 4, 9000).await;
    assert_eq!(well.failed, 0, "every connection works again");
    written.acknowledged.append(&mut well.acknowledged);
    // As a crash leaves it.
    let program = program.again().await;
    becomes(&program.nobody(), 200, "ok").await;
    let outside = sea_orm::Database::connect(program.database().url.clone()).await.expect("connects");
    let kept = kept(&outside).await;
    let lost: Vec<&String> = written.acknowledged.difference(&kept).collect();
    assert!(lost.is_empty(), "acknowledged and lost: {lost:?}");
}
