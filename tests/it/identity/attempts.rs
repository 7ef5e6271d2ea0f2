//! Guesses at passwords: how many are judged, and who waits for whom.

use futures_util::future::join_all;
use serde_json::json;

use crate::support::{Actor, Answer, Refusals, Setup, TestApp, is_postgres};

const LOG_IN: &str = "mutation($input: SessionCreateInput!) {
    sessionCreate(input: $input) { session { accessToken } userErrors { code field } } }";

/// A log-in by way of proxies, which tell these lines of where it comes from.
async fn log_in_by(app: &TestApp, forwarded: &[&str], email: &str, password: &str) -> String {
    log_in_as(&app.nobody(), forwarded, email, password).await
}

async fn log_in_as(somebody: &Actor, forwarded: &[&str], email: &str, password: &str) -> String {
    let input = json!({ "email": email, "password": password });
    let mut request = somebody.request(reqwest::Method::POST, "/graphql");
    for line in forwarded {
        request = request.header("x-forwarded-for", *line);
    }
    outcome(Actor::answer(request.json(&json!({ "query": LOG_IN, "variables": { "input": input } }))).await)
}

async fn log_in(app: &TestApp, email: &str, password: &str) -> String {
    log_in_by(app, &[], email, password).await
}

/// The code of whatever a log-in was answered with, or `ok`.
fn outcome(answer: Answer) -> String {
    let payload = &answer.body["data"]["sessionCreate"];
    match (payload["userErrors"][0]["code"].as_str(), answer.code()) {
        (Some(code), _) => code.to_owned(),
        (None, "none") if payload["session"].is_object() => "ok".to_owned(),
        (None, code) => code.to_owned(),
    }
}

fn count(outcomes: &[String], wanted: &str) -> usize {
    outcomes.iter().filter(|outcome| *outcome == wanted).count()
}

#[tokio::test(flavor = "multi_thread")]
async fn of_sixty_guesses_at_once_as_many_are_judged_as_of_sixty_in_a_row() {
    let app = TestApp::start().await;
    let second = if is_postgres() { Some(app.second().await) } else { None };
    let guesses = (0..60).map(|guess| {
        let server = second.as_ref().filter(|_| guess % 2 == 1).unwrap_or(&app);
        let password = format!("guess {guess}");
        async move { log_in(server, "ana@test.example", &password).await }
    });
    let outcomes = join_all(guesses).await;
    let judged = count(&outcomes, "INVALID_CREDENTIALS");
    println!("judged: {judged} of 60");
    assert_eq!(judged, 5, "{outcomes:?}");
    assert_eq!(count(&outcomes, "TOO_MANY_ATTEMPTS") + count(&outcomes, "THROTTLED"), 55, "{outcomes:?}");
    assert_eq!(app.rows("login_failure").await, 5, "what was not judged does not count");
    assert_eq!(log_in(&app, "ana@test.example", "correct horse").await, "TOO_MANY_ATTEMPTS");
    assert_eq!(log_in(&app, "beto@test.example", "correct horse").await, "ok", "others may");
}

#[tokio::test]
async fn right_passwords_do_not_count() {
    let app = Setup::default().with("CABINA_LOGIN_ATTEMPTS", 2).start().await;
    assert_eq!(log_in(&app, "ana@test.example", "wrong").await, "INVALID_CREDENTIALS");
    for _ in 0..4 {
        assert_eq!(log_in(&app, "ana@test.example", "correct horse").await, "ok");
    }
    assert_eq!(app.rows("login_failure").await, 1);
}

#[tokio::test]
async fn an_account_is_one_however_it_is_typed() {
    let app = Setup::default().with("CABINA_LOGIN_ATTEMPTS", 3).start().await;
    for typed in ["a\u{200b}na@test.example", " ANA@test.example", "ana@test.example\u{feff}"] {
        assert_eq!(log_in(&app, typed, "wrong").await, "INVALID_CREDENTIALS", "{typed:?}");
    }
    for typed in ["ana@test.example", "an\u{200b}a@test.example", "ana@test\u{ad}.example"] {
        assert_eq!(log_in(&app, typed, "correct horse").await, "TOO_MANY_ATTEMPTS", "{typed:?}");
    }
}

#[tokio::test]
async fn the_address_that_the_proxy_saw_counts_and_no_line_of_the_caller() {
    let app =
        Setup::default().with("CABINA_LOGIN_ATTEMPTS", 2).with("CABINA_TRUST_PROXY", true).start().await;
    for guess in 0..2 {
        let made_up = format!("192.0.2.{guess}");
        let outcome = log_in_by(&app, &[&made_up, "198.51.100.7"], "ana@test.example", "wrong").await;
        assert_eq!(outcome, "INVALID_CREDENTIALS");
    }
    for forwarded in [&["192.0.2.9", "198.51.100.7"][..], &["192.0.2.9, 198.51.100.7"], &["198.51.100.7"]] {
        let outcome = log_in_by(&app, forwarded, "ana@test.example", "correct horse").await;
        assert_eq!(outcome, "TOO_MANY_ATTEMPTS", "{forwarded:?}");
    }
    assert_eq!(log_in_by(&app, &["198.51.100.8"], "ana@test.example", "correct horse").await, "ok");
    let chain = Setup::default()
        .with("CABINA_LOGIN_ATTEMPTS", 1)
        .with("CABINA_TRUST_PROXY", "127.0.0.0/8, 10.0.0.0/8")
        .start()
        .await;
    let by_two = ["203.0.113.5", "198.51.100.7, 10.1.2.3"];
    assert_eq!(log_in_by(&chain, &by_two, "ana@test.example", "wrong").await, "INVALID_CREDENTIALS");
    let directly = ["198.51.100.7"];
    assert_eq!(log_in_by(&chain, &directly, "ana@test.example", "correct horse").await, "TOO_MANY_ATTEMPTS");
    let alone = Setup::default().with("CABINA_LOGIN_ATTEMPTS", 1).start().await;
    assert_eq!(log_in_by(&alone, &["192.0.2.1"], "ana@test.example", "wrong").await, "INVALID_CREDENTIALS");
    let outcome = log_in_by(&alone, &["192.0.2.2"], "ana@test.example", "correct horse").await;
    assert_eq!(outcome, "TOO_MANY_ATTEMPTS", "nobody is believed unless told");
}

#[tokio::test]
async fn a_neighbourhood_of_ipv6_is_one_address() {
    let app =
        Setup::default().with("CABINA_LOGIN_ATTEMPTS", 2).with("CABINA_TRUST_PROXY", true).start().await;
    for address in ["2001:db8:0:1::1", "2001:db8:0:1:ffff::2"] {
        assert_eq!(log_in_by(&app, &[address], "ana@test.example", "wrong").await, "INVALID_CREDENTIALS");
    }
    let same = log_in_by(&app, &["2001:db8:0:1:abcd::3"], "ana@test.example", "correct horse").await;
    assert_eq!(same, "TOO_MANY_ATTEMPTS");
    let other = log_in_by(&app, &["2001:db8:0:2::1"], "ana@test.example", "correct horse").await;
    assert_eq!(other, "ok");
    let points =
        Setup::default().with("CABINA_POINTS_PER_MINUTE", 3).with("CABINA_TRUST_PROXY", true).start().await;
    let ask = |address: &'static str| {
        let request = points.nobody().request(reqwest::Method::POST, "/graphql");
        let body = json!({ "query": "{ viewer { id name } }" });
        async move { Actor::answer(request.header("x-forwarded-for", address).json(&body)).await.status }
    };
    assert_eq!(ask("2001:db8::1").await, 200);
    assert_eq!(ask("2001:db8::2").await, 429, "points are counted alike");
    assert_eq!(ask("2001:db8:1::1").await, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn guesses_of_the_present_password_are_limited_like_log_ins() {
    let app = TestApp::start().await;
    let ana = app.ana().await;
    let guess = |text: String, new: &'static str| {
        let input = json!({ "id": ana.id, "currentPassword": text, "password": new });
        let ana = ana.clone();
        async move {
            let query = "mutation($input: UserSetPasswordInput!) {
                userSetPassword(input: $input) { user { id } userErrors { code field } } }";
            let answer = ana.send(query, json!({ "input": input })).await;
            let payload = answer.body["data"]["userSetPassword"].clone();
            if payload.is_null() { json!([{ "code": answer.code() }]) } else { payload["userErrors"].clone() }
        }
    };
    let guesses = join_all((0..30).map(|n| guess(format!("guess {n}"), "battery staple"))).await;
    let told = |code: &str| guesses.iter().filter(|errors| errors[0]["code"] == code).count();
    assert_eq!(told("PASSWORD_WRONG"), 5, "{guesses:?}");
    assert_eq!(told("TOO_MANY_ATTEMPTS") + told("THROTTLED"), 25, "{guesses:?}");
    let right = guess("correct horse".to_owned(), "battery staple").await;
    assert_eq!(right, json!([{ "code": "TOO_MANY_ATTEMPTS", "field": "currentPassword" }]));
    assert_eq!(
        log_in(&app, "ana@test.example", "correct horse").await,
        "TOO_MANY_ATTEMPTS",
        "they count together"
    );
    app.app.clock.advance(std::time::Duration::from_secs(14 * 60)); // the token still holds
    let still = guess("correct horse".to_owned(), "battery staple").await;
    assert_eq!(still[0]["code"], "TOO_MANY_ATTEMPTS");
    app.app.clock.advance(std::time::Duration::from_secs(65));
    assert_eq!(guess("correct horse".to_owned(), "battery staple").await, json!([]));
    assert_eq!(log_in(&app, "ana@test.example", "battery staple").await, "ok");
}

#[tokio::test]
async fn an_admin_sets_passwords_and_makes_users_as_before_and_nobody_else_has_any_hashed() {
    let app = TestApp::start().await;
    let (ana, beto, admin) = (app.ana().await, app.beto().await, app.admin().await);
    let set = json!({ "id": ana.id, "password": "battery staple" });
    let query = "mutation($input: UserSetPasswordInput!) { userSetPassword(input: $input) { user { id } } }";
    assert_eq!(beto.send(query, json!({ "input": set })).await.code(), "FORBIDDEN");
    assert_eq!(admin.run("userSetPassword", set, "user { id }").await.refusals(), []);
    assert_eq!(log_in(&app, "ana@test.example", "battery staple").await, "ok");
    let weak = json!({ "id": ana.id, "password": "short" });
    let refused = admin.run("userSetPassword", weak, "user { id }").await.refusals();
    assert_eq!(refused, [("PASSWORD_WEAK".into(), "password".into())]);
    let make =
        json!({ "email": "eva@test.example", "name": "Eva", "role": "ADMIN", "password": "battery staple" });
    let query = "mutation($input: UserCreateInput!) { userCreate(input: $input) { user { id } } }";
    assert_eq!(beto.send(query, json!({ "input": make })).await.code(), "FORBIDDEN");
    assert_eq!(admin.run("userCreate", make, "user { id }").await.refusals(), []);
    assert_eq!(log_in(&app, "eva@test.example", "battery staple").await, "ok");
}

#[tokio::test(flavor = "multi_thread")]
async fn six_hundred_log_ins_of_one_address_do_not_hold_up_another() {
    let app = Setup::default().with("CABINA_TRUST_PROXY", true).start().await;
    let (flood, good) = (app.nobody(), app.nobody());
    let (told, mut answered) = tokio::sync::mpsc::unbounded_channel();
    for guest in 0..600 {
        let (flood, told) = (flood.clone(), told.clone());
        tokio::spawn(async move {
            let email = format!("guest-{guest}@nowhere.example");
            let _ = told.send(log_in_as(&flood, &["203.0.113.66"], &email, "a guess").await);
        });
    }
    drop(told);
    let mut outcomes = Vec::new();
    // The flood is there when the first of it finds no place.
    while let Some(outcome) = answered.recv().await {
        let full = outcome == "THROTTLED";
        outcomes.push(outcome);
        if full {
            break;
        }
    }
    let began = std::time::Instant::now();
    assert_eq!(log_in_as(&good, &["198.51.100.7"], "ana@test.example", "correct horse").await, "ok");
    let took = began.elapsed();
    while let Some(outcome) = answered.recv().await {
        outcomes.push(outcome);
    }
    let judged = count(&outcomes, "INVALID_CREDENTIALS");
    println!("600 log-ins: {judged} judged, the good one waited {took:?}");
    assert!(judged <= 50, "of one address");
    assert_eq!(judged + count(&outcomes, "TOO_MANY_ATTEMPTS") + count(&outcomes, "THROTTLED"), 600);
    assert_ne!(count(&outcomes, "THROTTLED"), 0, "who finds no place is told at once");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_password_that_waits_for_its_turn_holds_up_no_writer() {
    let app = TestApp::start().await;
    let (ana, beto) = (app.ana().await, app.beto().await);
    let passwords = app.engine.services().authenticator.passwords.clone();
    let before: Vec<_> = (0..150)
        .map(|_| {
            let passwords = passwords.clone();
            tokio::spawn(async move { passwords.hash("another".to_owned()).await })
        })
        .collect();
    let set = json!({ "id": ana.id, "currentPassword": "correct horse", "password": "battery staple" });
    let waiting = tokio::spawn(async move { ana.run("userSetPassword", set, "user { id }").await });
    while app.rows("login_failure").await == 0 {
        tokio::time::sleep(std::time::Duration::from_millis(5)).await; // counted, and not judged yet
    }
    beto.client("Rosa").await;
    assert!(!waiting.is_finished(), "it waits still");
    before.iter().for_each(|hashing| hashing.abort());
    assert_eq!(waiting.await.expect("no panic").refusals(), []);
    assert_eq!(log_in(&app, "ana@test.example", "battery staple").await, "ok");
}
