//! API keys: what machines sign in with.

use std::time::Duration;

use serde_json::{Value, json};

use crate::support::{Refusals, TestApp};

#[tokio::test]
async fn a_key_sees_and_does_what_its_role_and_scopes_allow() {
    let app = TestApp::start().await;
    let (admin, ana, carla) = (app.admin().await, app.ana().await, app.carla().await);
    let id = ana.client("María").await;
    let team = ana.data("{ viewer { team { id } } }", json!({})).await["viewer"]["team"]["id"].clone();
    let new =
        |scopes: Value| json!({ "name": "Make", "role": "SUPERVISOR", "teamId": team, "scopes": scopes });
    let made = admin
        .run("apiKeyCreate", new(json!(["READ"])), "secret apiKey { id hint scopes team { name } }")
        .await;
    let secret = made["secret"].as_str().expect("the key").to_owned();
    assert!(secret.starts_with(made["apiKey"]["hint"].as_str().expect("a hint")));
    assert_eq!(made["apiKey"]["scopes"], json!(["READ"]));
    let reader = app.bearer(&secret);
    assert_eq!(
        reader.data("{ viewer { id } clients { totalCount } }", json!({})).await,
        json!({ "viewer": null, "clients": { "totalCount": 1 } })
    );
    let note = json!({ "clientId": id, "kind": "NOTE", "text": "from Make" });
    let query = "mutation($input: EventlogAppendInput!) { eventlogAppend(input: $input) { entry { id } } }";
    assert_eq!(reader.send(query, json!({ "input": note })).await.code(), "FORBIDDEN");
    let writing = admin.run("apiKeyCreate", new(json!(["WRITE"])), "secret").await["secret"]
        .as_str()
        .expect("a key")
        .to_owned();
    let entry =
        app.bearer(&writing).run("eventlogAppend", note, "entry { author { kind name user { id } } }").await;
    assert_eq!(entry["entry"]["author"], json!({ "kind": "MACHINE", "name": "Make", "user": null }));
    assert_eq!(app.bearer(&writing).send("{ apiKeys { totalCount } }", json!({})).await.code(), "FORBIDDEN");
    carla.client("José").await;
    assert_eq!(
        reader.data("{ clients { totalCount } }", json!({})).await["clients"]["totalCount"],
        1,
        "not the south's"
    );
    let used = admin.data("{ apiKeys(first: 1) { nodes { lastUsedAt } } }", json!({})).await;
    assert!(used["apiKeys"]["nodes"][0]["lastUsedAt"].is_string());
    let revoked =
        admin.run("apiKeyRevoke", json!({ "id": made["apiKey"]["id"] }), "apiKey { revokedAt } secret").await;
    assert!(revoked["apiKey"]["revokedAt"].is_string() && revoked["secret"].is_null());
    assert_eq!(reader.send("{ clients { totalCount } }", json!({})).await.status, 401);
}

#[tokio::test]
async fn a_key_ends_by_itself_and_wrong_ones_are_not_made() {
    let app = TestApp::start().await;
    let admin = app.admin().await;
    let wrong = json!({ "name": "", "role": "ADVISOR", "scopes": [], "expiresAt": "2020-01-01T00:00:00Z" });
    let refused = admin.run("apiKeyCreate", wrong, "secret apiKey { id }").await;
    let codes: Vec<String> = refused.refusals().into_iter().map(|(code, _)| code).collect();
    assert_eq!(codes, ["INVALID", "TEAM_MISSING", "SCOPE_MISSING", "ALREADY_EXPIRED"]);
    assert_eq!((&refused["secret"], app.rows("api_key").await), (&Value::Null, 0));
    let soon = app.app.clock.now() + chrono::Duration::seconds(60);
    let short = json!({ "name": "Short", "role": "ADMIN", "scopes": ["READ"], "expiresAt": soon });
    let key = admin.run("apiKeyCreate", short, "secret").await["secret"].as_str().expect("a key").to_owned();
    assert_eq!(app.bearer(&key).send("{ clients { totalCount } }", json!({})).await.status, 200);
    app.app.clock.advance(Duration::from_secs(61));
    tokio::time::sleep(Duration::from_millis(2100)).await; // what was seen lately is remembered for two seconds
    assert_eq!(app.bearer(&key).send("{ clients { totalCount } }", json!({})).await.status, 401);
}
