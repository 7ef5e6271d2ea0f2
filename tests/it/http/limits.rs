//! What one request and one caller may cost.

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{Actor, Program, Setup, TestApp};

#[tokio::test]
async fn the_cost_is_told_and_too_much_is_refused_by_name() {
    let app = Setup::default()
        .with("CABINA_MAX_COST", 1000)
        .with("CABINA_MAX_DEPTH", 6)
        .with("CABINA_MAX_ALIASES", 5)
        .with("CABINA_MAX_DIRECTIVES", 2)
        .start()
        .await;
    let ana = app.ana().await;
    let answer = ana.send("{ clients(first: 10) { nodes { id name } } }", json!({})).await;
    assert_eq!(answer.body["extensions"]["cost"]["requested"], 31);
    for (document, told) in [
        (
            "query($n: Int) { clients(first: $n) { nodes { eventLog(first: 100) { nodes { id } } } } }",
            "its cost in points is",
        ),
        (
            "{ clients(first: 1) { nodes { advisor { team { users { nodes { team { name } } } } } } } }",
            "its depth is",
        ),
        (
            "{ a: viewer { id } b: viewer { id } c: viewer { id } d: viewer { id } e: viewer { id } f: viewer { id } }",
            "its aliases are 6",
        ),
        ("{ viewer @include(if: true) @skip(if: false) { id @include(if: true) } }", "its directives are 3"),
        ("{ viewer { ...A } } fragment A on User { ...B } fragment B on User { ...A }", "spreads itself"),
    ] {
        let answer = ana.send(document, json!({ "n": 50 })).await;
        let message = answer.body["errors"][0]["message"].as_str().expect("a message");
        assert!(message.contains(told), "{document}: {message}");
        assert_eq!(answer.code(), "BAD_INPUT");
    }
}

#[tokio::test]
async fn a_bomb_of_fragments_is_refused_at_once() {
    let app = TestApp::start().await;
    let mut bomb = "{ viewer { ...F0 } }".to_owned();
    for i in 0..30 {
        bomb.push_str(&format!(" fragment F{i} on User {{ ...F{n} ...F{n} }}", n = i + 1));
    }
    bomb.push_str(" fragment F30 on User { id }");
    let nobody = app.nobody();
    let sent = tokio::time::timeout(std::time::Duration::from_secs(20), nobody.send(&bomb, json!({}))).await;
    let answer = sent.expect("expanding it would take hours");
    let message = answer.body["errors"][0]["message"].as_str().expect("a message");
    assert!(message.contains("its selections with all fragments are"), "{message}");
}

#[tokio::test]
async fn whatever_a_list_can_give_is_counted() {
    let app = Setup::default().with("CABINA_MAX_COST", 20_000).start().await;
    let ana = app.ana().await;
    let range = r#"range: { start: "2027-01-01T00:00:00Z", end: "2027-02-01T00:00:00Z" }"#;
    // Hidden in fragments and defaults, this one made gigabytes.
    let large = format!(
        "query($n: Int = 5000) {{ agendaEvents({range}, first: $n) {{ ...E }} }}
        fragment E on AgendaEventConnection {{ nodes {{ client {{ ...C }} }} }}
        fragment C on Client {{ a: eventLog(first: 100) {{ ...L }} b: eventLog(first: 100) {{ ...L }} }}
        fragment L on EventLogEntryConnection {{ nodes {{ text client {{ name phone email }} }} }}"
    );
    assert!(large.len() < 500, "{} bytes", large.len());
    for (document, points) in [
        (large.as_str(), 5_000 * (2 + 2 * (1 + 100 * 6)) + 1),
        (
            "{ clients(first: 100) { ...P } } fragment P on ClientConnection { nodes { contacts { ...N } } }
          fragment N on ContactConnection { nodes { id name email phone position notes client { id } } }",
            100 * (2 + 25 * 9) + 1,
        ),
        ("{ markets { ecosystems { key name market { key name } } } }", 100 * (1 + 100 * 5) + 1),
    ] {
        let answer = ana.send(document, json!({})).await;
        let message = answer.body["errors"][0]["message"].as_str().expect("a message");
        let told = format!("its cost in points is {points}, at most 20000 are allowed");
        assert!(message.contains(&told), "{document}: {message}");
    }
    let document = "query($n: Int = 3) { clients(last: $n) { ...P } nodes(ids: [1, 2]) { id } }
        fragment P on ClientConnection { edges { node { id } } }";
    let answer = ana.send(document, json!({})).await;
    assert_eq!(answer.body["extensions"]["cost"]["requested"], 1 + 3 * 3 + 1 + 2, "{}", answer.body);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_query_of_482_bytes_that_asks_for_gigabytes_is_refused_and_takes_no_memory() {
    let server = Program::serve(vec![("CABINA_POINTS_PER_MINUTE", "10000000".to_owned())]).await;
    let ana = server.sign_in("ana@test.example").await;
    let bomb = |number: usize| {
        let text = format!(
            "query Q{number:03}($n:Int=5000){{agendaEvents(range:{{start:\"2027-01-01T00:00:00Z\",end:\"2028-01-01T00:00:00Z\"}},first:$n){{...E}}}}\
            fragment E on AgendaEventConnection{{nodes{{client{{...C}}}}}}\
            fragment C on Client{{a:eventLog(first:100){{...L}}b:eventLog(first:100){{...L}}c:eventLog(first:100){{...L}}}}\
            fragment L on EventLogEntryConnection{{nodes{{id text client{{id name phone email advisor{{name}}}}}}}}"
        );
        format!("{text}{}", " ".repeat(482 - text.len()))
    };
    let points = 1 + 5_000 * (2 + 3 * (1 + 100 * 10));
    let told = format!("its cost in points is {points}, at most");
    let ask = async |number: usize| {
        let answer = ana.send(&bomb(number), json!({})).await;
        let message = answer.body["errors"][0]["message"].as_str().expect("a message").to_owned();
        assert!(message.contains(&told), "{message}");
    };
    for number in 0..20 {
        ask(number).await; // what any request leaves with the allocator
    }
    let before = server.memory();
    for number in 20..220 {
        ask(number).await;
    }
    let grown = server.memory().saturating_sub(before);
    println!("482 bytes for {points} points: 200 of them leave {grown} bytes");
    assert!(grown < 5_000_000, "it grew by {grown} bytes");
}

#[tokio::test]
async fn what_is_refused_is_paid_for() {
    let app = Setup::default().with("CABINA_POINTS_PER_MINUTE", 800).start().await;
    let wrong = format!("{{ viewer {{ {} }}", "id ".repeat(1000)); // 3,013 bytes
    let answer = app.nobody().send(&wrong, json!({})).await;
    assert_eq!(
        (answer.code(), &answer.headers["ratelimit-remaining"]),
        ("BAD_INPUT", &"423".parse().expect("one"))
    );
    assert_eq!(app.nobody().send(&wrong, json!({})).await.code(), "BAD_INPUT");
    let answer = app.nobody().send(&wrong, json!({})).await;
    assert_eq!((answer.status, answer.code()), (429, "THROTTLED"));
}

#[tokio::test(flavor = "multi_thread")]
async fn large_documents_of_strangers_leave_nothing_behind() {
    let server = Program::serve(vec![("CABINA_MAX_BODY", "2097152".to_owned())]).await;
    let nobody = server.nobody();
    nobody.send("{ viewer { id } }", json!({})).await;
    let megabyte = |number: usize| format!("query Q{number} {{ {} }}", "a ".repeat(500_000));
    for number in 0..5 {
        nobody.send(&megabyte(number), json!({})).await; // what any large request leaves with the allocator
    }
    let before = server.memory();
    for number in 5..105 {
        let answer = nobody.send(&megabyte(number), json!({})).await;
        let message = answer.body["errors"][0]["message"].as_str().expect("a message");
        assert!(message.contains("the document is too large: it has 1000"), "{message}");
        assert_eq!(answer.code(), "BAD_INPUT");
    }
    let grown = server.memory().saturating_sub(before);
    assert!(grown < 20_000_000, "it grew by {grown} bytes");
    // Short enough to be read, but of too many tokens.
    let many = format!("{{ {} }}", "a ".repeat(6_000));
    let answer = nobody.send(&many, json!({})).await;
    let message = answer.body["errors"][0]["message"].as_str().expect("a message");
    assert!(message.contains("it has more than 5000 tokens"), "{message}");
    // Variables may be as large as a body.
    let search = "query($text: String!) { clientSearch(text: $text) { score } }";
    let answer = nobody.send(search, json!({ "text": "x".repeat(1_000_000) })).await;
    assert_eq!(answer.code(), "UNAUTHENTICATED", "{}", answer.body);
}

#[tokio::test(flavor = "multi_thread")]
async fn brackets_without_an_end_do_no_harm() {
    let app = TestApp::start().await;
    for open in ["[", "{a", "(a:[", "(a:{b:"] {
        let document = format!("{{ a(b: {}", open.repeat(10_000));
        let answer = app.nobody().send(&document, json!({})).await;
        assert_eq!(answer.code(), "BAD_INPUT", "{open}: {}", answer.body);
    }
}

#[tokio::test]
async fn who_spends_too_much_waits_and_others_do_not() {
    let app = Setup::default().with("CABINA_POINTS_PER_MINUTE", 200).start().await;
    let (ana, beto) = (app.ana().await, app.beto().await);
    let list = "{ clients(first: 60) { nodes { id } } }";
    let first = ana.send(list, json!({})).await;
    assert_eq!((first.status, &first.headers["ratelimit-limit"]), (200, &"200".parse().expect("a header")));
    let left = 200 - (1 + 60 * 2) - list.len() / 8; // validated for the first time
    assert_eq!(first.headers["ratelimit-remaining"], left.to_string());
    let second = ana.send(list, json!({})).await;
    assert_eq!((second.status, second.code()), (429, "THROTTLED"));
    assert!(second.headers.contains_key("retry-after"));
    assert_eq!(second.body.get("data"), None);
    assert_eq!(beto.send(list, json!({})).await.status, 200);
}

#[tokio::test]
async fn a_body_too_large_is_refused_in_graphql() {
    let app = Setup::default().with("CABINA_MAX_BODY", 2000).start().await;
    let query = format!("{{ viewer {{ id }} }} # {}", "x".repeat(3000));
    let answer = app.nobody().send(&query, json!({})).await;
    assert_eq!((answer.status, answer.code()), (413, "BAD_INPUT"));
    let chunks = (0..30).map(|_| Ok::<_, std::io::Error>(vec![b' '; 100]));
    let endless = reqwest::Body::wrap_stream(futures_util::stream::iter(chunks));
    let request = app
        .nobody()
        .request(Method::POST, "/graphql")
        .header("content-type", "application/json")
        .body(endless);
    assert_eq!(Actor::answer(request).await.status, 413, "also when its length is not announced");
}

#[tokio::test]
async fn introspection_can_be_switched_off() {
    let app =
        Setup::default().with("CABINA_INTROSPECTION", false).with("CABINA_GRAPHIQL", false).start().await;
    let answer = app.nobody().send("{ __schema { types { name } } __typename }", json!({})).await;
    assert_eq!(answer.body["data"].get("__schema").unwrap_or(&Value::Null), &Value::Null, "{}", answer.body);
    assert_eq!(Actor::answer(app.nobody().request(Method::GET, "/graphiql")).await.status, 404);
}

#[tokio::test]
async fn only_trusted_documents_are_answered_where_they_are_listed() {
    let folder = tempfile::TempDir::new().expect("a folder");
    let file = folder.path().join("documents.json");
    let document = "{ viewer { name } }";
    let hash = cabina::platform::auth::hash_secret(document);
    std::fs::write(&file, json!({ &hash: document }).to_string()).expect("written");
    let app = Setup::default().with("CABINA_TRUSTED_DOCUMENTS", file.display()).start().await;
    let by_hash = json!({ "extensions": { "persistedQuery": { "version": 1, "sha256Hash": hash } } });
    let ask = |body: Value| Actor::answer(app.nobody().request(Method::POST, "/graphql").json(&body));
    assert_eq!(ask(by_hash).await.body["data"], json!({ "viewer": null }));
    assert_eq!(ask(json!({ "query": document })).await.body["data"], json!({ "viewer": null }));
    assert_eq!(ask(json!({ "query": "{ viewer { id } }" })).await.code(), "DOCUMENT_NOT_TRUSTED");
}

#[tokio::test]
async fn who_never_ends_the_headers_or_the_body_is_cut_off() {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let app = Setup::default().with("CABINA_REQUEST_TIMEOUT", 1).start().await;
    let address = app.url.trim_start_matches("http://").to_owned();
    let slow = |text: &'static str| {
        let address = address.clone();
        async move {
            let mut stream = tokio::net::TcpStream::connect(address).await.expect("connects");
            stream.write_all(text.as_bytes()).await.expect("written");
            let mut answer = String::new();
            let read = stream.read_to_string(&mut answer);
            tokio::time::timeout(std::time::Duration::from_secs(10), read)
                .await
                .expect("it is cut off")
                .expect("reads");
            answer
        }
    };
    let headers = slow("POST /graphql HTTP/1.1\r\nHost: x\r\nContent-Type: appl").await;
    assert!(headers.is_empty() || headers.starts_with("HTTP/1.1 408"), "{headers}");
    let body = slow("POST /graphql HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{").await;
    assert!(body.starts_with("HTTP/1.1 408") && body.contains("took too long to arrive"), "{body}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bomb_of_nested_fragments_is_refused_at_once() {
    let app = TestApp::start().await;
    // No key stands twice in one selection, so only a count of the whole expansion would ever end.
    let mut bomb = "{ viewer { ...F0 } }".to_owned();
    for i in 0..40 {
        bomb.push_str(&format!(
            " fragment F{i} on User {{ a: team {{ ...F{n} }} b: team {{ ...F{n} }} }}",
            n = i + 1
        ));
    }
    bomb.push_str(" fragment F40 on User { id }");
    let nobody = app.nobody();
    let sent = tokio::time::timeout(std::time::Duration::from_secs(5), nobody.send(&bomb, json!({}))).await;
    let answer = sent.expect("expanding it would take years");
    assert!(
        answer.body["errors"][0]["message"]
            .as_str()
            .expect("a message")
            .contains("the document is too large")
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_circle_in_another_operation_of_the_document_does_no_harm() {
    let app = TestApp::start().await;
    let query = "query A { viewer { id } } query B { viewer { ...C } } fragment C on User { ...C }";
    let body = json!({ "query": query, "operationName": "A" });
    let request = app.nobody().request(Method::POST, "/graphql").json(&body);
    let answer = tokio::time::timeout(std::time::Duration::from_secs(5), Actor::answer(request)).await;
    assert_eq!(answer.expect("it ends").code(), "BAD_INPUT");
}
