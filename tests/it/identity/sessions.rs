//! Log-in, tokens, refresh, log-out.

use std::time::Duration;

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use crate::support::{Actor, Frame, Refusals, Screen, Setup, TestApp};

const VIEWER: &str = "{ viewer { name role permissions team { name } } }";

async fn log_in(app: &TestApp, email: &str, password: &str) -> Value {
    let input = json!({ "email": email, "password": password });
    app.nobody().run("sessionCreate", input, "session { accessToken refreshToken } viewer { name }").await
}

async fn refresh(app: &TestApp, token: &str, key: Option<&str>) -> Value {
    let input = json!({ "refreshToken": token, "idempotencyKey": key });
    app.nobody().run("sessionRefresh", input, "session { accessToken refreshToken }").await
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_else(|| panic!("{value} is no text")).to_owned()
}

#[tokio::test]
async fn a_user_signs_in_and_is_the_viewer() {
    let app = TestApp::start().await;
    let ana = app.ana().await;
    assert_eq!(
        ana.data(VIEWER, json!({})).await["viewer"],
        json!({ "name": "Ana Pérez", "role": "ADVISOR", "permissions": ["READ_CLIENTS", "WRITE_CLIENTS"], "team": { "name": "North" } })
    );
    assert_eq!(app.nobody().data(VIEWER, json!({})).await["viewer"], Value::Null);
}

#[tokio::test]
async fn the_answer_to_a_log_in_sees_with_the_eyes_of_who_logged_in() {
    let app = TestApp::start().await;
    let input = json!({ "email": "ana@test.example", "password": "correct horse" });
    let selection = "viewer { name permissions team { name users { nodes { name } } } }";
    let expected = json!({ "name": "Ana Pérez", "permissions": ["READ_CLIENTS", "WRITE_CLIENTS"], "team": {
        "name": "North", "users": { "nodes": [{ "name": "Ana Pérez" }, { "name": "Beto Ruiz" }, { "name": "Sofía Luna" }] } } });
    for actor in [app.nobody(), app.carla().await] {
        let payload = actor.run("sessionCreate", input.clone(), selection).await;
        assert_eq!(payload["viewer"], expected);
    }
}

#[tokio::test]
async fn wrong_credentials_are_refused_alike_and_limited() {
    let app = Setup::default().with("CABINA_LOGIN_ATTEMPTS", 3).start().await;
    let audit = app.rows("audit_entry").await;
    for (email, password) in
        [("ana@test.example", "wrong"), ("nobody@test.example", "wrong"), ("no address", "wrong")]
    {
        let payload = log_in(&app, email, password).await;
        assert_eq!(payload.refusals(), [("INVALID_CREDENTIALS".into(), "password".into())], "{email}");
        assert_eq!(payload["session"], Value::Null);
    }
    assert_eq!((app.rows("session").await, app.rows("audit_entry").await), (0, audit));
    for _ in 0..2 {
        log_in(&app, "ana@test.example", "wrong").await;
    }
    let limited = log_in(&app, "ana@test.example", "correct horse").await;
    assert_eq!(limited.refusals(), [("TOO_MANY_ATTEMPTS".into(), "email".into())]);
    assert_eq!(log_in(&app, "beto@test.example", "correct horse").await.refusals(), [], "others may");
    app.app.clock.advance(Duration::from_secs(16 * 60));
    assert_eq!(
        log_in(&app, "ana@test.example", "correct horse").await.refusals(),
        [],
        "after a quarter of an hour"
    );
}

#[tokio::test]
async fn every_wrong_token_is_refused_alike() {
    let app = TestApp::start().await;
    let ana = app.ana().await;
    let token = ana.token.clone().expect("a token");
    let parts: Vec<&str> = token.split('.').collect();
    let header = |json: Value| BASE64_URL_SAFE_NO_PAD.encode(json.to_string());
    let none = header(json!({ "alg": "none", "typ": "JWT" }));
    let kid = serde_json::from_slice::<Value>(&BASE64_URL_SAFE_NO_PAD.decode(parts[0]).expect("base64"))
        .expect("JSON")["kid"]
        .clone();
    let other = header(json!({ "alg": "HS512", "typ": "JWT", "kid": kid }));
    let stranger = TestApp::start().await.ana().await.token.expect("a token signed by another key");
    let wrong = [
        format!("{none}.{}.", parts[1]),
        format!("{}.{}.", parts[0], parts[1]),
        format!("{other}.{}.{}", parts[1], parts[2]),
        format!("{}.{}.{}", parts[0], parts[1], parts[2].chars().rev().collect::<String>()),
        stranger,
        "cabina_nosuchkey".to_owned(),
        "nonsense".to_owned(),
        String::new(),
    ];
    let mut answers = Vec::new();
    for token in &wrong {
        answers.push(app.bearer(token).send(VIEWER, json!({})).await);
    }
    let input = json!({});
    ana.run("sessionRevoke", input, "revokedSessionIds").await;
    answers.push(ana.send(VIEWER, json!({})).await); // revoked
    let beto = app.beto().await;
    app.app.clock.advance(Duration::from_secs(900 + 61)); // with the leeway
    answers.push(beto.send(VIEWER, json!({})).await); // expired
    let basic = app.nobody().request(reqwest::Method::POST, "/graphql").basic_auth("ana", Some("x"));
    answers.push(Actor::answer(basic.json(&json!({ "query": VIEWER }))).await);
    for answer in &answers {
        assert_eq!((answer.status, answer.code()), (401, "UNAUTHENTICATED"), "{}", answer.body);
        assert_eq!(answer.body["errors"][0]["message"], answers[0].body["errors"][0]["message"]);
        assert_eq!(answer.headers["www-authenticate"], "Bearer");
    }
}

#[tokio::test]
async fn servers_whose_clocks_differ_accept_each_others_tokens() {
    let app = Setup::default().with("CABINA_ACCESS_TTL", 30).start().await;
    for (seconds, accepted) in [(-70, 401), (-55, 200), (-1, 200), (1, 200), (85, 200), (95, 401)] {
        let second = app.second_with_clock_off_by(seconds).await;
        let ana = app.ana().await;
        let there = second.bearer(ana.token.as_deref().expect("a token"));
        assert_eq!(there.send(VIEWER, json!({})).await.status, accepted, "off by {seconds} s");
        let mut screen = Screen::open(&there).await;
        let token = json!({ "authorization": ana.token });
        screen.say(json!({ "type": "connection_init", "payload": token })).await;
        let expected = if accepted == 200 {
            Frame::Said(json!({ "type": "connection_ack" }))
        } else {
            Frame::Closed(4403)
        };
        assert_eq!(screen.hear().await, expected, "off by {seconds} s");
    }
}

#[tokio::test]
async fn a_token_does_not_outlive_its_session() {
    let app = Setup::default().with("CABINA_REFRESH_TTL", 60).start().await;
    let input = json!({ "email": "ana@test.example", "password": "correct horse" });
    let opened = app.nobody().run("sessionCreate", input, "session { expiresAt }").await;
    let expires = opened["session"]["expiresAt"].as_str().expect("a moment").parse().expect("RFC 3339");
    let left = app.app.clock.now().max(expires) - app.app.clock.now();
    assert!(left <= chrono::Duration::seconds(60), "{left}");
}

#[tokio::test]
async fn a_refresh_token_works_once_and_twice_ends_the_session() {
    let app = TestApp::start().await;
    let ana = app.ana().await;
    let second = refresh(&app, &ana.refresh_token, None).await;
    let token = text(&second["session"]["refreshToken"]);
    let renewed = app.bearer(&text(&second["session"]["accessToken"]));
    assert_eq!(renewed.data(VIEWER, json!({})).await["viewer"]["name"], "Ana Pérez");
    let stolen = refresh(&app, &ana.refresh_token, None).await;
    assert_eq!(stolen.refusals(), [("INVALID_REFRESH_TOKEN".into(), "refreshToken".into())]);
    assert_eq!(refresh(&app, &token, None).await.refusals().len(), 1, "the whole chain has ended");
    assert_eq!(renewed.send(VIEWER, json!({})).await.status, 401);
    assert_eq!(refresh(&app, "nonsense", None).await.refusals(), stolen.refusals());
}

#[tokio::test]
async fn a_refresh_whose_answer_was_lost_may_be_repeated_with_its_key() {
    let app = TestApp::start().await;
    let ana = app.ana().await;
    let lost = refresh(&app, &ana.refresh_token, Some("try-1")).await;
    let again = refresh(&app, &ana.refresh_token, Some("try-1")).await;
    assert_eq!(again.refusals(), []);
    let (lost, again) = (text(&lost["session"]["refreshToken"]), text(&again["session"]["refreshToken"]));
    assert_eq!(refresh(&app, &again, None).await.refusals(), []);
    assert_eq!(refresh(&app, &lost, None).await.refusals(), [], "what was not lost after all works too");
    let beto = app.beto().await;
    refresh(&app, &beto.refresh_token, Some("try-1")).await;
    app.app.clock.advance(Duration::from_secs(61));
    assert_eq!(
        refresh(&app, &beto.refresh_token, Some("try-1")).await.refusals().len(),
        1,
        "after a minute it is theft"
    );
}

#[tokio::test]
async fn equal_refreshes_at_the_same_moment_are_all_answered_and_each_goes_on() {
    let app = TestApp::start().await;
    let ana = app.ana().await;
    let key = Some("both");
    let (one, other, third) = tokio::join!(
        refresh(&app, &ana.refresh_token, key),
        refresh(&app, &ana.refresh_token, key),
        refresh(&app, &ana.refresh_token, key),
    );
    for (at, answer) in [one, other, third].iter().enumerate() {
        assert_eq!(answer.refusals(), [], "{answer}");
        let viewer = app.bearer(&text(&answer["session"]["accessToken"]));
        assert_eq!(viewer.data(VIEWER, json!({})).await["viewer"]["name"], "Ana Pérez");
        let mut token = text(&answer["session"]["refreshToken"]);
        for turn in 0..3 {
            let next = refresh(&app, &token, Some(&format!("{at}-{turn}"))).await;
            assert_eq!(next.refusals(), [], "answer {at}, turn {turn}");
            token = text(&next["session"]["refreshToken"]);
        }
    }
}

#[tokio::test]
async fn a_copy_that_went_its_own_way_ends_the_session_when_both_are_used() {
    let app = TestApp::start().await;
    let ana = app.ana().await;
    let mine = refresh(&app, &ana.refresh_token, Some("try-1")).await;
    let copied = refresh(&app, &ana.refresh_token, Some("try-1")).await;
    let mine = refresh(&app, &text(&mine["session"]["refreshToken"]), Some("try-2")).await;
    let copied = refresh(&app, &text(&copied["session"]["refreshToken"]), Some("other")).await;
    assert_eq!((mine.refusals(), copied.refusals()), (vec![], vec![]));
    app.app.clock.advance(Duration::from_secs(600));
    let mine = refresh(&app, &text(&mine["session"]["refreshToken"]), Some("try-3")).await;
    assert_eq!(mine.refusals(), []);
    app.app.clock.advance(Duration::from_secs(61));
    let refused = [("INVALID_REFRESH_TOKEN".into(), "refreshToken".into())];
    assert_eq!(
        refresh(&app, &text(&copied["session"]["refreshToken"]), Some("other-2")).await.refusals(),
        refused
    );
    assert_eq!(refresh(&app, &text(&mine["session"]["refreshToken"]), None).await.refusals(), refused);
    let viewer = app.bearer(&text(&mine["session"]["accessToken"]));
    assert_eq!(viewer.send(VIEWER, json!({})).await.status, 401, "the whole session has ended");
}

#[tokio::test]
async fn an_idle_session_ends_and_a_refreshed_one_goes_on() {
    let app = Setup::default().with("CABINA_REFRESH_TTL", 1000).start().await;
    let (ana, beto) = (app.ana().await, app.beto().await);
    app.app.clock.advance(Duration::from_secs(600));
    let token = text(&refresh(&app, &ana.refresh_token, None).await["session"]["refreshToken"]);
    app.app.clock.advance(Duration::from_secs(600));
    assert_eq!(refresh(&app, &token, None).await.refusals(), []);
    assert_eq!(refresh(&app, &beto.refresh_token, None).await.refusals().len(), 1);
}

#[tokio::test]
async fn log_out_everywhere_ends_all_own_sessions_and_no_others() {
    let app = TestApp::start().await;
    let (phone, desk, beto) = (app.ana().await, app.ana().await, app.beto().await);
    let list =
        phone.data("{ sessions { totalCount nodes { isCurrent revokedAt } } }", json!({})).await["sessions"]
            .clone();
    assert_eq!(list["totalCount"], 2);
    assert_eq!(list["nodes"].as_array().expect("nodes").iter().filter(|s| s["isCurrent"] == true).count(), 1);
    let ended =
        phone.run("sessionRevoke", json!({ "everywhere": true }), "revokedSessionIds event { id }").await;
    assert_eq!(ended["revokedSessionIds"].as_array().expect("ids").len(), 2);
    for actor in [&phone, &desk] {
        assert_eq!(actor.send(VIEWER, json!({})).await.status, 401);
    }
    assert_eq!(beto.send(VIEWER, json!({})).await.status, 200);
    let foreign =
        beto.data("{ sessions { nodes { id } } }", json!({})).await["sessions"]["nodes"][0]["id"].clone();
    let ana = app.ana().await;
    let refused = ana.run("sessionRevoke", json!({ "id": foreign }), "revokedSessionIds").await;
    assert_eq!(refused.refusals(), [("NOT_FOUND".into(), "id".into())]);
}

#[tokio::test]
async fn a_repeated_log_in_leaves_one_session() {
    let app = TestApp::start().await;
    let input =
        json!({ "email": "ana@test.example", "password": "correct horse", "idempotencyKey": "login-1" });
    let first = app.nobody().run("sessionCreate", input.clone(), "session { accessToken }").await;
    let second = app.nobody().run("sessionCreate", input, "session { accessToken }").await;
    assert_eq!(app.bearer(&text(&first["session"]["accessToken"])).send(VIEWER, json!({})).await.status, 401);
    assert_eq!(
        app.bearer(&text(&second["session"]["accessToken"])).send(VIEWER, json!({})).await.status,
        200
    );
}

#[tokio::test]
async fn a_password_that_is_replaced_while_it_is_judged_lets_nobody_in() {
    let app = TestApp::start().await;
    let (admin, beto) = (app.admin().await, app.beto().await);
    let mut password = "correct horse".to_owned();
    for round in 0..10 {
        let next = format!("battery staple {round}");
        let set = json!({ "id": beto.id, "password": next });
        let (opened, set) = tokio::join!(
            log_in(&app, "beto@test.example", &password),
            admin.run("userSetPassword", set, "user { id }")
        );
        assert_eq!(set["userErrors"], json!([]), "{set}");
        if let Some(token) = opened["session"]["accessToken"].as_str() {
            let viewer = app.bearer(token).send(VIEWER, json!({})).await;
            assert_eq!(viewer.code(), "UNAUTHENTICATED", "round {round}: the old password still lets in");
        }
        password = next;
    }
}
