//! Where the schema may not be asked for, wrong names are not answered with right ones, whatever the way.

use serde_json::{Value, json};

use crate::support::{Actor, Frame, Screen, Setup};

/// Near misses of a field, an argument, an argument of a directive, a field of an input, an enum value and a type.
const NEAR_MISSES: [&str; 6] = [
    "{ viewer { nam } }",
    "{ clients(firs: 3) { totalCount } }",
    "{ viewer { name @specifiedBy(urls: \"x\") } }",
    "mutation { sessionRevoke(input: { evrywhere: true }) { revokedSessionIds } }",
    "{ clients(orderBy: { field: NAM }) { totalCount } }",
    "{ viewer { ... on Usr { name } } }",
];
const NEAR_STREAM: &str = "subscription { feed(aftr: \"x\") { __typename } }";

/// What all ways answer.
async fn answers(actor: &Actor) -> Vec<Value> {
    let mut told = Vec::new();
    for query in NEAR_MISSES.iter().chain([&NEAR_STREAM]) {
        told.push(actor.send(query, json!({})).await.body);
        let get = actor.request(reqwest::Method::GET, "/graphql").query(&[("query", query)]);
        told.push(Actor::answer(get).await.body);
        let events = actor.request(reqwest::Method::POST, "/graphql").header("accept", "text/event-stream");
        told.push(Actor::answer(events.json(&json!({ "query": query }))).await.body);
        let mut screen = Screen::of(actor).await;
        screen.subscribe("1", query, json!({})).await;
        match screen.hear().await {
            Frame::Said(message) => told.push(message),
            closed => panic!("{query}: {closed:?}"),
        }
    }
    told
}

#[tokio::test]
async fn without_introspection_nobody_is_offered_names() {
    let hidden = Setup::default().with("CABINA_INTROSPECTION", false).start().await;
    for actor in [hidden.nobody(), hidden.ana().await] {
        for answer in answers(&actor).await {
            let text = answer.to_string();
            assert!(text.contains("errors") || text.contains("\"error\""), "{text}");
            for offer in ["Did you mean", "\\\"name\\\"", "\\\"first\\\"", "everywhere", "\\\"after\\\""] {
                assert!(!text.contains(offer), "{text}");
            }
        }
    }
}

#[tokio::test]
async fn with_introspection_wrong_names_are_answered_with_right_ones() {
    let open = Setup::default().start().await;
    let ana = open.ana().await;
    for (query, offer) in NEAR_MISSES.iter().zip(["name", "first"]) {
        let told = ana.send(query, json!({})).await.body.to_string();
        assert!(told.contains("Did you mean") && told.contains(offer), "{told}");
    }
}
