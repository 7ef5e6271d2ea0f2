//! The same streams as server-sent events.

use std::time::Duration;

use serde_json::{Value, json};

use crate::support::{Actor, TestApp};

/// A stream of events under way.
struct Listening {
    response: reqwest::Response,
    text: String,
}

impl Listening {
    async fn to(actor: &Actor, query: &str, resume: Option<&str>) -> Listening {
        let mut request = actor
            .request(reqwest::Method::POST, "/graphql")
            .header("accept", "text/event-stream")
            .json(&json!({ "query": query }));
        if let Some(cursor) = resume {
            request = request.header("last-event-id", cursor);
        }
        let response = request.send().await.expect("an answer");
        assert_eq!(response.headers()["content-type"], "text/event-stream");
        Listening { response, text: String::new() }
    }

    /// The next event: name, id and data.
    async fn event(&mut self) -> (String, String, Value) {
        loop {
            if let Some((event, rest)) = self.text.clone().split_once("\n\n") {
                self.text = rest.to_owned();
                let field = |name: &str| {
                    let line = event.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
                    line.unwrap_or_default().trim().to_owned()
                };
                if field("event").is_empty() {
                    continue; // a sign of life
                }
                let data = serde_json::from_str(&field("data")).unwrap_or_default();
                return (field("event"), field("id"), data);
            }
            let more =
                tokio::time::timeout(Duration::from_secs(10), self.response.chunk()).await.expect("in time");
            let more = more.expect("bytes").expect("not the end");
            self.text.push_str(std::str::from_utf8(&more).expect("text"));
        }
    }
}

#[tokio::test]
async fn items_come_as_events_and_the_last_id_resumes() {
    let app = TestApp::start().await;
    let ana = app.ana().await;
    let query = "subscription { clientUpdated { cursor client { name } } }";
    let mut live = Listening::to(&ana, query, None).await;
    ana.client("Rosa").await;
    let (name, id, data) = live.event().await;
    assert_eq!(name, "next");
    assert_eq!(data["data"]["clientUpdated"], json!({ "cursor": id, "client": { "name": "Rosa" } }));
    drop(live);
    ana.client("Luz").await;
    let mut again = Listening::to(&ana, query, Some(&id)).await;
    assert_eq!(again.event().await.2["data"]["clientUpdated"]["client"]["name"], "Luz");
    ana.run("sessionRevoke", json!({}), "event { id }").await;
    let (name, _, data) = again.event().await;
    assert_eq!(
        (name.as_str(), &data["errors"][0]["extensions"]["code"]),
        ("next", &json!("UNAUTHENTICATED"))
    );
    assert_eq!(again.event().await.0, "complete");
}

#[tokio::test]
async fn the_root_field_is_found_in_a_fragment() {
    let app = TestApp::start().await;
    let ana = app.ana().await;
    let query = "subscription { ...F } fragment F on Subscription { clientUpdated { client { name } } }";
    let mut live = Listening::to(&ana, query, None).await;
    ana.client("Rosa").await;
    assert_eq!(live.event().await.2["data"]["clientUpdated"]["client"]["name"], "Rosa");
    let skipped = "subscription { clientUpdated @skip(if: true) { kind } }";
    let mut refused = Listening::to(&ana, skipped, None).await;
    assert_eq!(refused.event().await.2["errors"][0]["extensions"]["code"], "BAD_INPUT");
    assert_eq!(refused.event().await.0, "complete");
}

#[tokio::test]
async fn queries_and_mistakes_are_one_event_and_the_end() {
    let app = TestApp::start().await;
    let ana = app.ana().await;
    let mut answer = Listening::to(&ana, "{ viewer { name } }", None).await;
    assert_eq!(answer.event().await.2["data"]["viewer"]["name"], "Ana Pérez");
    assert_eq!(answer.event().await.0, "complete");
    let mut stranger = Listening::to(&app.nobody(), "subscription { feed { __typename } }", None).await;
    assert_eq!(stranger.event().await.2["errors"][0]["extensions"]["code"], "UNAUTHENTICATED");
    assert_eq!(stranger.event().await.0, "complete");
    let both = ana
        .request(reqwest::Method::POST, "/graphql")
        .header("accept", "application/graphql-response+json, text/event-stream")
        .json(&json!({ "query": "{ viewer { name } }" }));
    assert_eq!(
        Actor::answer(both).await.body["data"]["viewer"]["name"],
        "Ana Pérez",
        "JSON where it will do"
    );
    let plain = ana.send("subscription { feed { __typename } }", json!({})).await;
    assert_eq!((plain.status, plain.code()), (200, "BAD_INPUT"), "{}", plain.body);
}
