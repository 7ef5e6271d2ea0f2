//! What takes too long or gives too much is stopped, whatever carried it.

use futures_util::future::join_all;
use reqwest::Method;
use sea_orm::{ConnectionTrait, TransactionTrait};
use serde_json::{Value, json};

use crate::support::{Frame, Screen, Setup, TestApp, is_postgres};

/// From now on, whoever reads the markets reads for ever.
async fn markets_never_end(app: &TestApp) {
    let endless = match is_postgres() {
        true => "pg_sleep(3600)",
        false => {
            "(WITH RECURSIVE endless(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM endless) SELECT max(n) FROM endless)"
        }
    };
    let pool = &app.app.database.own;
    for statement in [
        "ALTER TABLE market RENAME TO kept".to_owned(),
        format!("CREATE VIEW market AS SELECT kept.* FROM kept, {endless} AS endless"),
    ] {
        pool.execute_unprepared(&statement).await.expect(&statement);
    }
}

#[tokio::test]
async fn what_takes_too_long_is_stopped_at_the_database_too() {
    let app = Setup::default().with("CABINA_REQUEST_TIMEOUT", 2).start().await;
    let ana = app.ana().await;
    ana.client("Rosa").await;
    app.settled().await;
    let mut screen = Screen::of(&ana).await;
    markets_never_end(&app).await;
    // By a root field, and by the loader of the ordinary executor, which works in a task of its own.
    let root = "{ markets { key } }";
    let loaded = "{ clients { nodes { market @include(if: true) { key } } } }";
    // More than there are connections, in all.
    let asked = join_all([root, loaded, root, loaded].map(|query| ana.send(query, json!({})))).await;
    for answer in asked {
        assert_eq!((answer.status, answer.code()), (503, "TIMEOUT"), "{}", answer.body);
        assert!(answer.body.get("data").is_none(), "{}", answer.body);
    }
    for query in [root, loaded] {
        screen.subscribe("q", query, json!({})).await;
        let Frame::Said(message) = screen.hear().await else { panic!("closed") };
        assert_eq!((&message["type"], &message["id"]), (&json!("error"), &json!("q")), "{message}");
        assert_eq!(message["payload"][0]["extensions"]["code"], "TIMEOUT", "{message}");
    }
    let events = ana
        .request(Method::POST, "/graphql")
        .header("accept", "text/event-stream")
        .json(&json!({ "query": root }));
    let text = events.send().await.expect("an answer").text().await.expect("events");
    assert!(text.contains("\"TIMEOUT\""), "{text}");
    // Nothing is under way any more: every connection can be had at once.
    let connections = join_all((0..4).map(|_| app.app.database.own.begin())).await;
    assert_eq!(connections.iter().filter(|begun| begun.is_ok()).count(), 4, "{connections:?}");
}

async fn code_on(screen: &mut Screen, query: &str, variables: Value) -> Value {
    screen.subscribe("q", query, variables).await;
    let Frame::Said(message) = screen.hear().await else { panic!("closed") };
    assert_eq!((&message["type"], &message["payload"]["data"]), (&json!("next"), &Value::Null), "{message}");
    message["payload"]["errors"][0]["extensions"]["code"].clone()
}

#[tokio::test]
async fn an_answer_that_is_too_large_is_refused_whole() {
    let app = Setup::default().with("CABINA_MAX_ANSWER", 4096).start().await;
    let ana = app.ana().await;
    let client = ana.client("Rosa").await;
    for number in 0..8 {
        let note = json!({ "clientId": client, "kind": "NOTE", "text": "x".repeat(500 + number) });
        ana.run("eventlogAppend", note, "event { id }").await;
    }
    let entries = "eventLog(first: 100) { nodes { id text client { id } } }";
    for query in [
        // Written by a plan, by the ordinary executor, and in parts that are not too large by themselves.
        format!("query($id: ID!) {{ client(id: $id) {{ {entries} }} }}"),
        format!(
            "query($id: ID!) {{ client(id: $id) {{ {} }} }}",
            entries.replace("text", "text @include(if: true)")
        ),
        format!(
            "query($id: ID!) {{ a: client(id: $id) {{ {half} }} b: client(id: $id) {{ {half} }} }}",
            half = entries.replace("100", "5")
        ),
    ] {
        let answer = ana.send(&query, json!({ "id": client })).await;
        assert_eq!((answer.status, answer.code()), (200, "ANSWER_TOO_LARGE"), "{query}: {}", answer.body);
        let message = answer.body["errors"][0]["message"].as_str().expect("a message");
        assert!(message.contains("4096 bytes"), "{message}");
        let mut screen = Screen::of(&ana).await;
        assert_eq!(code_on(&mut screen, &query, json!({ "id": client })).await, "ANSWER_TOO_LARGE");
    }
    let fewer = format!("query($id: ID!) {{ client(id: $id) {{ {} }} }}", entries.replace("100", "5"));
    let answer = ana.data(&fewer, json!({ "id": client })).await;
    assert_eq!(
        answer["client"]["eventLog"]["nodes"].as_array().map(Vec::len),
        Some(5),
        "what fits is answered"
    );
}

#[tokio::test]
async fn a_mutation_whose_answer_is_too_large_was_done_and_its_item_tells_why_it_is_missing() {
    let app = Setup::default().with("CABINA_MAX_ANSWER", 4096).start().await;
    let ana = app.ana().await;
    let client = ana.client("Rosa").await;
    app.settled().await;
    let mut screen = Screen::of(&ana).await;
    let items = "subscription($after: Cursor) { eventlogNew(after: $after) { cursor entry { text } } }";
    screen.subscribe("items", items, json!({ "after": ana.cursor().await })).await;
    let append = "mutation($input: EventlogAppendInput!) { eventlogAppend(input: $input) { entry { text } event { id } } }";
    let note =
        json!({ "clientId": client, "kind": "NOTE", "text": "x".repeat(4500), "idempotencyKey": "one" });
    let answer = ana.send(append, json!({ "input": note })).await;
    assert_eq!((answer.status, answer.code()), (200, "ANSWER_TOO_LARGE"), "{}", answer.body);
    let again = "mutation($input: EventlogAppendInput!) { eventlogAppend(input: $input) { event { id } } }";
    let told = ana.data(again, json!({ "input": note })).await;
    assert!(
        told["eventlogAppend"]["event"]["id"].is_string(),
        "it was done, and can be asked for again: {told}"
    );
    let Frame::Said(item) = screen.hear().await else { panic!("closed") };
    assert_eq!((&item["id"], &item["type"]), (&json!("items"), &json!("next")), "{item}");
    assert_eq!(item["payload"]["errors"][0]["extensions"]["code"], "ANSWER_TOO_LARGE", "{item}");
    let query = "query($id: ID!) { client(id: $id) { eventLog { totalCount } } }";
    let counted = ana.data(query, json!({ "id": client })).await;
    assert_eq!(counted["client"]["eventLog"]["totalCount"], 2, "that the client was made, and the note once");
}
