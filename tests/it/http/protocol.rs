//! GraphQL over HTTP: media types, methods, status codes, errors, persisted queries. (The official audit runs beside.)

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{Actor, Setup, TestApp};

const RESPONSE: &str = "application/graphql-response+json";

#[tokio::test]
async fn requests_that_were_not_executed_have_a_status_and_no_data() {
    let app = TestApp::start().await;
    let nobody = app.nobody();
    let post = |body: Value| nobody.request(Method::POST, "/graphql").header("accept", RESPONSE).json(&body);
    for body in [
        json!({ "query": "{ viewer {" }),
        json!({ "query": "{ nothing }" }),
        json!({ "query": "query($id: ID!) { client(id: $id) { id } }" }),
        json!({ "query": "query($id: ID!) { client(id: $id) { id } }", "variables": { "id": {} } }),
        json!({ "query": "query A { viewer { id } } query B { viewer { id } }" }),
        json!({ "query": "query A { viewer { id } }", "operationName": "B" }),
        json!({ "query": "" }),
        json!({ "nothing": true }),
        json!({ "query": "{ viewer { id } }", "variables": "x" }),
        json!([{ "query": "{ viewer { id } }" }]),
        json!("x"),
    ] {
        let answer = Actor::answer(post(body.clone())).await;
        assert_eq!((answer.status, answer.code()), (400, "BAD_INPUT"), "{body}: {}", answer.body);
        assert_eq!(answer.body.get("data"), None, "{body}");
        assert!(answer.body["errors"][0]["extensions"]["requestId"].is_string());
        assert!(answer.headers["content-type"].to_str().expect("text").starts_with(RESPONSE));
    }
    let executed = Actor::answer(post(json!({ "query": "{ clients { totalCount } }" }))).await;
    assert_eq!(
        (executed.status, executed.code(), &executed.body["data"]),
        (200, "UNAUTHENTICATED", &Value::Null)
    );
    assert_eq!(executed.body["errors"][0]["path"], json!(["clients"]));
}

#[tokio::test]
async fn messages_are_for_people_and_tell_no_internals() {
    let app = TestApp::start().await;
    let ana = app.ana().await;
    let query = "query($id: ID!) { client(id: $id) { id } }";
    for id in ["x", &ana.id] {
        let answer = ana.send(query, json!({ "id": id })).await;
        let message = answer.body["errors"][0]["message"].as_str().expect("a message");
        assert_eq!(message, "$id: is not an id of this kind: expected client_ and 26 characters");
    }
    let unknown = "client_00000000000000000000000000";
    assert_eq!(ana.data(query, json!({ "id": unknown })).await, json!({ "client": null }));
    use sea_orm::ConnectionTrait;
    app.app
        .database
        .pool
        .execute_unprepared("ALTER TABLE contact RENAME TO hidden_contact")
        .await
        .expect("renamed");
    let id = ana.client("María").await;
    let answer = ana
        .send("query($id: ID!) { client(id: $id) { name contacts { totalCount } } }", json!({ "id": id }))
        .await;
    assert_eq!((answer.status, answer.code()), (200, "INTERNAL"));
    assert_eq!(
        answer.body["data"],
        json!({ "client": null }),
        "the error goes up to the next nullable field"
    );
    assert_eq!(answer.body["errors"][0]["path"], json!(["client", "contacts"]));
    assert_eq!(answer.body["errors"][0]["message"], "something went wrong on our side");
    assert!(!answer.body.to_string().to_lowercase().contains("hidden_contact"));
}

#[tokio::test]
async fn get_is_for_queries_only() {
    let app = TestApp::start().await;
    let nobody = app.nobody();
    let get = |query: &str| nobody.request(Method::GET, "/graphql").query(&[("query", query)]);
    assert_eq!(Actor::answer(get("{ viewer { id } }")).await.body["data"], json!({ "viewer": null }));
    let answer = Actor::answer(get("mutation { sessionRevoke(input: {}) { userErrors { code } } }")).await;
    assert_eq!((answer.status, answer.headers["allow"].to_str().expect("text")), (405, "POST"));
    let none = Actor::answer(nobody.request(Method::GET, "/graphql")).await;
    assert_eq!(none.status, 400);
}

#[tokio::test]
async fn only_json_bodies_are_read() {
    let app = TestApp::start().await;
    let body = json!({ "query": "{ viewer { id } }" }).to_string();
    for content_type in [
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "application/xml",
    ] {
        let request = app
            .nobody()
            .request(Method::POST, "/graphql")
            .header("content-type", content_type)
            .body(body.clone());
        assert_eq!(Actor::answer(request).await.status, 415, "{content_type}");
    }
    let request = app
        .nobody()
        .request(Method::POST, "/graphql")
        .header("accept", "text/html")
        .json(&json!({ "query": "{ viewer { id } }" }));
    assert_eq!(Actor::answer(request).await.status, 406);
}

#[tokio::test]
async fn a_document_is_persisted_by_its_hash() {
    let app = TestApp::start().await;
    let document = "{ viewer { id } }";
    let hash = cabina::platform::auth::hash_secret(document);
    let ask = |query: Option<&str>, hash: &str| {
        let mut body = json!({ "extensions": { "persistedQuery": { "version": 1, "sha256Hash": hash } } });
        if let Some(query) = query {
            body["query"] = query.into();
        }
        Actor::answer(app.nobody().request(Method::POST, "/graphql").json(&body))
    };
    assert_eq!(ask(None, &hash).await.code(), "PERSISTED_QUERY_NOT_FOUND");
    assert_eq!(ask(Some(document), &"0".repeat(64)).await.code(), "BAD_INPUT");
    assert_eq!(ask(Some(document), &hash).await.body["data"], json!({ "viewer": null }));
    assert_eq!(ask(None, &hash).await.body["data"], json!({ "viewer": null }));
}

#[tokio::test]
async fn variables_are_checked_also_when_the_document_is_known() {
    let app = TestApp::start().await;
    let ana = app.ana().await;
    let query = "query($n: Int, $after: String) { clients(first: $n, after: $after) { nodes { id } } }";
    for _ in 0..3 {
        assert_eq!(ana.send(query, json!({ "n": 2 })).await.body["data"]["clients"]["nodes"], json!([]));
        for wrong in [json!({ "n": "two" }), json!({ "n": 2.5 }), json!({ "n": 1, "after": 7 })] {
            let answer = ana.send(query, wrong.clone()).await;
            assert_eq!(answer.code(), "BAD_INPUT", "{wrong}: {}", answer.body);
        }
        assert_eq!(
            ana.send(query, json!({ "n": 101 })).await.body["errors"][0]["message"],
            "first: must be between 0 and 100"
        );
        assert_eq!(ana.send(query, json!({ "after": "x" })).await.code(), "BAD_INPUT");
    }
}

#[tokio::test]
async fn a_request_keeps_its_id_from_caller_to_answer() {
    let app = TestApp::start().await;
    let request = app.nobody().request(Method::POST, "/graphql").header("x-request-id", "from-the-caller-1");
    let answer = Actor::answer(request.json(&json!({ "query": "{ clients { totalCount } }" }))).await;
    assert_eq!(answer.headers["x-request-id"], "from-the-caller-1");
    assert_eq!(answer.body["errors"][0]["extensions"]["requestId"], "from-the-caller-1");
    let request =
        app.nobody().request(Method::POST, "/graphql").header("x-request-id", "bad id: with blanks!");
    let answer = Actor::answer(request.json(&json!({ "query": "{ viewer { id } }" }))).await;
    assert_eq!(answer.headers["x-request-id"].to_str().expect("text").len(), 32);
}

#[tokio::test]
async fn foreign_pages_are_answered_only_where_they_are_named() {
    let app = Setup::default().with("CABINA_CORS_ORIGINS", "https://pwa.example").start().await;
    for (origin, allowed) in [("https://pwa.example", true), ("https://evil.example", false)] {
        let request = app
            .nobody()
            .request(Method::OPTIONS, "/graphql")
            .header("origin", origin)
            .header("access-control-request-method", "POST")
            .header("access-control-request-headers", "authorization,content-type");
        let answer = Actor::answer(request).await;
        assert_eq!(answer.headers.contains_key("access-control-allow-origin"), allowed, "{origin}");
    }
}
