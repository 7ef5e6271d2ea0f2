//! What it costs that people are there and nothing happens.

use std::time::Duration;

use cabina::domains::identity::{app_user, session};
use cabina::kernel::ids::{SessionId, UserId};
use cabina::platform::db::{all_rows, insert_all};
use futures_util::future::join_all;
use sea_orm::{ConnectionTrait, IntoActiveModel};
use serde_json::json;

use crate::support::{Actor, Frame, Screen, Setup, TestApp};

/// Sockets, each of a session of its own.
const SOCKETS: usize = 1000;
/// Files that this process needs: both ends of each, in two tests at once, and some more.
const FILES: usize = 2 * 2 * SOCKETS + 1000;
/// So long the statements are counted.
const WHILE: Duration = Duration::from_secs(6);

async fn app() -> TestApp {
    let own = std::process::id().to_string();
    let run = |program: &str, arguments: [&str; 3]| {
        std::process::Command::new(program).args(arguments).status().is_ok_and(|status| status.success())
    };
    // The usual number is too small.
    let enough = run("sh", ["-c", &format!("test $(ulimit -n) -ge {FILES}"), ""]);
    assert!(
        enough || run("prlimit", ["--pid", &own, &format!("--nofile={FILES}:")]),
        "it needs {FILES} files"
    );
    Setup::default().with("CABINA_MAX_CONNECTIONS", SOCKETS).start().await
}

/// Signs everybody in again and again, without the log-ins.
async fn sessions(app: &TestApp) -> Vec<(SessionId, UserId, Actor)> {
    let (own, authenticator) = (&app.app.database.own, &app.engine.services().authenticator);
    let users = all_rows::<app_user::Entity>().all(own).await.expect("users");
    let (now, hour) = (authenticator.clock.now(), chrono::Duration::hours(1));
    let (anybody, mut rows, mut opened) = (app.nobody(), Vec::new(), Vec::new());
    for user in users.iter().cycle().take(SOCKETS) {
        let id = SessionId::new();
        let token = authenticator.keys.sign(user.id, id, now, now + hour).expect("signed");
        let mut actor = anybody.clone();
        actor.token = Some(token);
        opened.push((id, user.id, actor));
        let row = session::Model {
            id,
            user_id: user.id,
            user_agent: None,
            address: None,
            retry_key: None,
            created_at: now,
            expires_at: now + hour,
            revoked_at: None,
        };
        rows.push(row.into_active_model());
    }
    insert_all(own, rows, None).await.expect("written");
    opened
}

/// Everybody's socket, opened a few at a time.
async fn screens(opened: &[(SessionId, UserId, Actor)]) -> Vec<Screen> {
    let mut screens = Vec::new();
    for some in opened.chunks(50) {
        screens.extend(join_all(some.iter().map(|(.., actor)| Screen::of(actor))).await);
    }
    // The first ones have said nothing for long.
    for screen in &mut screens {
        screen.say(json!({ "type": "pong" })).await;
    }
    screens
}

/// The statements of a while.
async fn statements(app: &TestApp) -> u64 {
    let before = app.app.database.statements();
    tokio::time::sleep(WHILE).await;
    app.app.database.statements() - before
}

async fn ended(screen: &mut Screen) -> u16 {
    loop {
        if let Frame::Closed(code) = screen.hear().await {
            return code;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn idle_sockets_ask_the_database_nothing_and_hear_of_what_concerns_them() {
    let app = app().await;
    let second = app.second().await;
    let opened = sessions(&app).await;
    let mut screens = screens(&opened).await;
    for screen in screens.iter_mut().step_by(2) {
        screen.subscribe("f", "subscription { feed { __typename } }", json!({})).await;
    }
    app.settled().await;
    let asked = statements(&app).await;
    println!("{SOCKETS} idle sockets: {asked} statements in {WHILE:?}");
    assert!(asked <= 4, "{asked} statements of {SOCKETS} sockets in {WHILE:?}");
    // Ended on another server, and by one who is not there.
    let revoke = |actor: &Actor| second.bearer(actor.token.as_deref().expect("a token"));
    let before = app.app.database.statements();
    revoke(&opened[7].2).run("sessionRevoke", json!({}), "event { id }").await;
    assert_eq!(ended(&mut screens[7]).await, 4403);
    let asked = app.app.database.statements() - before;
    println!("a revoked session: {asked} statements of this server");
    assert!(asked <= 4, "the others of the same user are looked at together: {asked}");
    let admin = app.admin().await;
    let users = admin.data("{ users { nodes { id name version } } }", json!({})).await;
    let beto =
        users["users"]["nodes"].as_array().expect("users").iter().find(|user| user["name"] == "Beto Ruiz");
    let beto = beto.expect("Beto");
    let disable = json!({ "id": beto["id"], "expectedVersion": beto["version"] });
    admin.run("userDisable", disable, "user { id }").await;
    let his: UserId = beto["id"].as_str().expect("an id").parse().expect("a user");
    let mut theirs = 0;
    for (number, screen) in screens.iter_mut().enumerate() {
        if opened[number].1 == his && number != 7 {
            theirs += 1;
            assert_eq!(ended(screen).await, 4403);
        }
    }
    assert!(theirs >= SOCKETS / 5 - 1, "{theirs}");
    let others =
        screens.iter_mut().enumerate().filter(|(number, _)| opened[*number].1 != his && *number != 7);
    for (_, screen) in others.take(20) {
        screen.subscribe("q", "{ viewer { __typename } }", json!({})).await;
        assert_eq!(screen.item("q").await, json!({ "viewer": { "__typename": "User" } }), "the others stay");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn while_the_other_servers_cannot_be_heard_one_look_is_for_all() {
    let app = app().await;
    let opened = sessions(&app).await;
    let mut screens = screens(&opened).await;
    app.settled().await;
    app.engine.services().hub.set_hearing(false);
    let asked = statements(&app).await;
    println!("{SOCKETS} idle sockets and no bus: {asked} statements in {WHILE:?}");
    assert!((1..=8).contains(&asked), "{asked} statements of {SOCKETS} sockets in {WHILE:?}");
    // Behind everybody's back, as if its event was never heard.
    let at = app.app.clock.now();
    let query = sea_orm::sea_query::Query::update()
        .table(session::Entity)
        .value(session::Column::RevokedAt, at)
        .and_where(sea_orm::ColumnTrait::eq(&session::Column::Id, opened[3].0))
        .to_owned();
    app.app.database.own.execute(&query).await.expect("written");
    assert_eq!(ended(&mut screens[3]).await, 4403);
    assert!(opened[4].2.data("{ viewer { id } }", json!({})).await["viewer"].is_object());
}

#[tokio::test]
async fn a_key_that_ends_or_is_revoked_closes_its_sockets() {
    let app = TestApp::start().await;
    let admin = app.admin().await;
    let soon = app.app.clock.now() + chrono::Duration::minutes(10);
    let mut keys = Vec::new();
    for ends in [Some(soon), None] {
        let input = json!({ "name": "Robot", "role": "ADMIN", "scopes": ["READ"], "expiresAt": ends });
        let made = admin.run("apiKeyCreate", input, "apiKey { id } secret").await;
        let actor = app.bearer(made["secret"].as_str().expect("a key"));
        keys.push((made["apiKey"]["id"].clone(), Screen::of(&actor).await));
    }
    app.app.clock.advance(Duration::from_secs(11 * 60));
    assert_eq!(ended(&mut keys[0].1).await, 4403, "it ended by itself");
    keys[1].1.say(json!({ "type": "ping" })).await;
    assert_eq!(keys[1].1.hear().await, Frame::Said(json!({ "type": "pong" })), "this one holds");
    admin.run("apiKeyRevoke", json!({ "id": keys[1].0 }), "apiKey { id }").await;
    assert_eq!(ended(&mut keys[1].1).await, 4403, "it was revoked");
}

#[tokio::test]
async fn a_repeated_log_in_closes_what_the_lost_answer_opened() {
    let app = TestApp::start().await;
    let input =
        json!({ "email": "ana@test.example", "password": "correct horse", "idempotencyKey": "login-1" });
    let first = app.nobody().run("sessionCreate", input.clone(), "session { accessToken }").await;
    let actor = app.bearer(first["session"]["accessToken"].as_str().expect("a token"));
    let mut screen = Screen::of(&actor).await;
    app.nobody().run("sessionCreate", input, "session { accessToken }").await;
    assert_eq!(ended(&mut screen).await, 4403);
}
