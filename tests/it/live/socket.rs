//! The websocket, frame by frame: `graphql-transport-ws`.

use std::time::Duration;

use serde_json::{Value, json};
use tokio_tungstenite::tungstenite::Message;

use crate::support::{Frame, Screen, Setup, TestApp};

const CLIENTS: &str = "subscription($id: ID, $after: Cursor) { clientUpdated(clientId: $id, after: $after) {
    cursor previous eventId kind changedFields clientId client { name version advisor { name } } } }";
const FEED: &str = "subscription($after: Cursor) { feed(after: $after) { __typename
    ... on ClientUpdated { cursor kind client { name } } ... on EventlogNew { cursor entry { text client { name } } }
    ... on AccessLost { cursor ids } } }";

#[tokio::test]
async fn every_refusal_has_its_code() {
    let app = TestApp::start().await;
    let (ana, nobody) = (app.ana().await, app.nobody());
    let begin = |id: &str, payload: Value| json!({ "type": "subscribe", "id": id, "payload": payload });
    let subscribe = begin("1", json!({ "query": FEED }));
    let init = json!({ "type": "connection_init" });
    let cases: Vec<(&str, Vec<Value>, u16)> = vec![
        ("an unknown type", vec![json!({ "type": "start", "id": "1" })], 4400),
        ("no type", vec![json!({})], 4400),
        (
            "no id",
            vec![init.clone(), json!({ "type": "subscribe", "payload": { "query": "{ viewer { id } }" } })],
            4400,
        ),
        (
            "a payload that is no object",
            vec![json!({ "type": "connection_init", "payload": "Bearer x" })],
            4400,
        ),
        ("a payload that is a list", vec![json!({ "type": "connection_init", "payload": [] })], 4400),
        ("a ping with a number", vec![json!({ "type": "ping", "payload": 5 })], 4400),
        ("a pong with a text", vec![json!({ "type": "pong", "payload": "x" })], 4400),
        ("an empty id", vec![init.clone(), begin("", json!({ "query": FEED }))], 4400),
        ("the end of an empty id", vec![init.clone(), json!({ "type": "complete", "id": "" })], 4400),
        ("an id that is a number", vec![init.clone(), json!({ "type": "complete", "id": 5 })], 4400),
        ("no query", vec![init.clone(), begin("1", json!({ "operationName": "a" }))], 4400),
        ("a query that is a number", vec![init.clone(), begin("1", json!({ "query": 5 }))], 4400),
        ("a query that is null", vec![init.clone(), begin("1", json!({ "query": null }))], 4400),
        ("no payload", vec![init.clone(), begin("1", Value::Null)], 4400),
        (
            "variables in a list",
            vec![init.clone(), begin("1", json!({ "query": FEED, "variables": [1] }))],
            4400,
        ),
        (
            "a name that is a number",
            vec![init.clone(), begin("1", json!({ "query": FEED, "operationName": 1 }))],
            4400,
        ),
        (
            "extensions in a text",
            vec![init.clone(), begin("1", json!({ "query": FEED, "extensions": "x" }))],
            4400,
        ),
        ("before the greeting", vec![subscribe.clone()], 4401),
        (
            "a wrong token",
            vec![json!({ "type": "connection_init", "payload": { "authorization": "Bearer x" } })],
            4403,
        ),
        (
            "an id twice",
            vec![
                json!({ "type": "connection_init", "payload": { "Authorization": ana.token } }),
                subscribe.clone(),
                subscribe,
            ],
            4409,
        ),
        ("greeted twice", vec![init.clone(), init], 4429),
    ];
    for (case, messages, code) in cases {
        let mut screen = Screen::open(&nobody).await;
        for message in messages {
            screen.say(message).await;
        }
        let closed = loop {
            match screen.hear().await {
                Frame::Closed(code) => break code,
                Frame::Said(_) => {}
            }
        };
        assert_eq!(closed, code, "{case}");
    }
    for frame in [Message::text("{"), Message::binary(vec![1, 2])] {
        let mut screen = Screen::open(&nobody).await;
        screen.send(frame).await;
        assert_eq!(screen.hear().await, Frame::Closed(4400));
    }
    let mut silent = Screen::open(&nobody).await;
    assert_eq!(silent.hear().await, Frame::Closed(4408), "nobody greeted");
    let mut other = Screen::speaking(&nobody, None).await;
    assert_eq!(other.hear().await, Frame::Closed(4406), "another protocol");
}

#[tokio::test]
async fn operations_end_as_the_protocol_says() {
    let app = TestApp::start().await;
    let ana = app.ana().await;
    let mut screen = Screen::of(&ana).await;
    screen.say(json!({ "type": "ping", "payload": { "n": 1 } })).await;
    assert_eq!(screen.hear().await, Frame::Said(json!({ "type": "pong" })));
    screen.subscribe("q", "{ viewer { name } }", json!({})).await;
    assert_eq!(screen.item("q").await, json!({ "viewer": { "name": "Ana Pérez" } }));
    assert_eq!(screen.hear().await, Frame::Said(json!({ "type": "complete", "id": "q" })));
    let create = "mutation($input: ClientCreateInput!) { clientCreate(input: $input) { client { name } } }";
    let input = json!({ "kind": "PERSON", "name": "Rosa", "market": "aguascalientes" });
    screen.subscribe("q", create, json!({ "input": input })).await;
    assert_eq!(screen.item("q").await, json!({ "clientCreate": { "client": { "name": "Rosa" } } }));
    assert_eq!(screen.hear().await, Frame::Said(json!({ "type": "complete", "id": "q" })));
    for (query, code) in [
        ("subscription { nothing }", "BAD_INPUT"),
        ("subscription { feed { __typename }", "BAD_INPUT"),
        ("subscription { feed(after: \"x\") { __typename } }", "BAD_INPUT"),
        ("subscription { feed(after: \"YXQ6OTk5OTk\") { __typename } }", "BAD_INPUT"),
        (
            "subscription { clientUpdated(clientId: \"user_00000000000000000000000000\") { kind } }",
            "BAD_INPUT",
        ),
        ("subscription { a: feed { __typename } b: feed { __typename } }", "BAD_INPUT"),
        (
            "subscription { feed { __typename } ...F } fragment F on Subscription { dashboard { at } }",
            "BAD_INPUT",
        ),
        ("subscription { feed @skip(if: true) { __typename } }", "BAD_INPUT"),
        ("subscription { feed @include(if: true) { __typename } }", "BAD_INPUT"),
        ("subscription { ... @include(if: false) { feed { __typename } } }", "BAD_INPUT"),
        (
            "subscription { ...F } fragment F on Subscription { feed @skip(if: true) { __typename } }",
            "BAD_INPUT",
        ),
        ("subscription { ...F } fragment F on Subscription { feed { __typename } ...F }", "BAD_INPUT"),
        ("subscription { ...F } fragment F on Query { viewer { id } }", "BAD_INPUT"),
        ("subscription { ...F }", "BAD_INPUT"),
        ("subscription { __typename }", "BAD_INPUT"),
    ] {
        screen.subscribe("w", query, json!({})).await;
        let Frame::Said(message) = screen.hear().await else { panic!("{query} closed the socket") };
        assert_eq!((&message["type"], &message["id"]), (&json!("error"), &json!("w")), "{query}: {message}");
        assert_eq!(message["payload"][0]["extensions"]["code"], code, "{query}: {message}");
    }
    let mut stranger = Screen::of(&app.nobody()).await;
    stranger.subscribe("s", FEED, json!({})).await;
    let Frame::Said(message) = stranger.hear().await else { panic!("closed") };
    assert_eq!(message["payload"][0]["extensions"]["code"], "UNAUTHENTICATED", "{message}");
    app.settled().await;
    let by_default = "subscription($after: Cursor = \"YXQ6MA\") { clientUpdated(after: $after) { client { name eventLog(first: 101) { totalCount } } } }";
    screen.subscribe("d", by_default, json!({})).await;
    let Frame::Said(message) = screen.hear().await else { panic!("closed") };
    assert_eq!(message["type"], "next", "{message}");
    assert_eq!(
        message["payload"]["errors"][0]["extensions"]["code"], "BAD_INPUT",
        "a rule that an item breaks: {message}"
    );
    screen.say(json!({ "type": "complete", "id": "d" })).await;
    screen.subscribe("f", FEED, json!({})).await;
    screen.say(json!({ "type": "complete", "id": "f" })).await;
    screen.subscribe("f", CLIENTS, json!({})).await;
    screen.hears_nothing().await;
    ana.client("Luz").await;
    assert_eq!(screen.item("f").await["clientUpdated"]["client"]["name"], "Luz", "the id was free again");
}

#[tokio::test]
async fn the_one_root_field_is_found_in_fragments_and_counts_once() {
    let app = TestApp::start().await;
    let ana = app.ana().await;
    let after = ana.cursor().await;
    ana.client("Rosa").await;
    let mut screen = Screen::of(&ana).await;
    for root in [
        "...F",
        "...F ...F",
        "... { ...F }",
        "clientUpdated(after: $after) { kind } ...F",
        "clientUpdated(after: $after) { kind } clientUpdated(after: $after) { client { name } }",
    ] {
        let unused = if root.contains("F") {
            "fragment F on Subscription { clientUpdated(after: $after) { kind client { name } } }"
        } else {
            ""
        };
        let query = format!("subscription($after: Cursor) {{ {root} }} {unused}");
        screen.subscribe("f", &query, json!({ "after": after })).await;
        let item = screen.item("f").await;
        assert_eq!(
            item,
            json!({ "clientUpdated": { "kind": "CREATED", "client": { "name": "Rosa" } } }),
            "{root}"
        );
        screen.say(json!({ "type": "complete", "id": "f" })).await;
    }
}

#[tokio::test]
async fn a_change_reaches_every_screen_that_may_see_it_and_resumes_without_a_seam() {
    let app = TestApp::start().await;
    let second = app.second().await;
    let (ana, beto, sofia) = (app.ana().await, app.beto().await, app.sofia().await);
    let there = |actor: &crate::support::Actor| second.bearer(actor.token.as_deref().expect("a token"));
    let (mut one, mut two) = (Screen::of(&ana).await, Screen::of(&there(&sofia)).await);
    let mut other = Screen::of(&there(&beto)).await;
    let start = ana.cursor().await;
    for screen in [&mut one, &mut two, &mut other] {
        screen.subscribe("c", CLIENTS, json!({ "after": start })).await;
    }
    let made = ana
        .run(
            "clientCreate",
            json!({ "kind": "PERSON", "name": "Rosa", "market": "aguascalientes" }),
            "client { id } event { id }",
        )
        .await;
    let id = made["client"]["id"].clone();
    let (here, far) = (one.item("c").await, two.item("c").await);
    assert_eq!(here, far, "both servers say the same");
    let item = &here["clientUpdated"];
    assert_eq!(
        (&item["kind"], &item["previous"], &item["eventId"]),
        (&json!("CREATED"), &json!(start), &made["event"]["id"])
    );
    assert_eq!(item["client"], json!({ "name": "Rosa", "version": 1, "advisor": { "name": "Ana Pérez" } }));
    other.hears_nothing().await;
    drop(two);
    for (version, name) in [(1, "Rosa V"), (2, "Rosa Ve"), (3, "Rosa Vela")] {
        let change = json!({ "id": id, "expectedVersion": version, "name": name });
        sofia.run("clientUpdate", change, "client { id }").await;
    }
    let live: Vec<Value> = vec![one.item("c").await, one.item("c").await, one.item("c").await];
    assert_eq!(live[0]["clientUpdated"]["previous"], item["cursor"]);
    let mut again = Screen::of(&there(&sofia)).await;
    again.subscribe("c", CLIENTS, json!({ "after": item["cursor"], "id": id })).await;
    for expected in &live {
        let missed = again.item("c").await;
        for field in ["cursor", "previous", "eventId", "changedFields"] {
            assert_eq!(missed["clientUpdated"][field], expected["clientUpdated"][field], "{field}");
        }
    }
    let change = json!({ "id": id, "expectedVersion": 4, "name": "Rosa" });
    ana.run("clientUpdate", change, "client { id }").await;
    let (live, resumed) = (one.item("c").await, again.item("c").await);
    assert_eq!(live, resumed);
}

#[tokio::test]
async fn whoever_loses_a_client_is_told_once_and_hears_no_more() {
    let app = TestApp::start().await;
    let (ana, beto, sofia) = (app.ana().await, app.beto().await, app.sofia().await);
    let id = ana.client("Rosa").await;
    app.settled().await;
    let (mut hers, mut his) = (Screen::of(&ana).await, Screen::of(&beto).await);
    let after = ana.cursor().await;
    for screen in [&mut hers, &mut his] {
        screen.subscribe("f", FEED, json!({ "after": after })).await;
        screen.subscribe("c", CLIENTS, json!({ "id": id, "after": after })).await;
    }
    sofia
        .run(
            "clientReassign",
            json!({ "id": id, "expectedVersion": 1, "advisorId": beto.id }),
            "client { id }",
        )
        .await;
    sofia
        .run("clientUpdate", json!({ "id": id, "expectedVersion": 2, "name": "Rosa Vela" }), "client { id }")
        .await;
    let mut lost = Vec::new();
    for _ in 0..2 {
        let Frame::Said(message) = hers.hear().await else { panic!("closed") };
        let data = &message["payload"]["data"];
        lost.push(match message["id"].as_str() {
            Some("f") => (data["feed"]["__typename"].clone(), data["feed"]["ids"].clone()),
            _ => (data["clientUpdated"]["kind"].clone(), data["clientUpdated"]["client"].clone()),
        });
    }
    lost.sort_by_key(|(kind, _)| kind.to_string());
    assert_eq!(lost, [(json!("ACCESS_LOST"), Value::Null), (json!("AccessLost"), json!([id]))]);
    hers.hears_nothing().await;
    let mut kinds = Vec::new();
    while kinds.len() < 2 {
        let Frame::Said(message) = his.hear().await else { panic!("closed") };
        if message["id"] == "c" {
            kinds.push(message["payload"]["data"]["clientUpdated"]["kind"].clone());
        }
    }
    assert_eq!(kinds, [json!("CREATED"), json!("UPDATED")]);
}

#[tokio::test]
async fn a_changed_role_counts_at_once_and_an_ended_session_closes_the_socket() {
    let app = TestApp::start().await;
    let second = app.second().await;
    let (ana, sofia, admin) = (app.ana().await, app.sofia().await, app.admin().await);
    let there = second.bearer(sofia.token.as_deref().expect("a token"));
    let mut screen = Screen::of(&there).await;
    let after = sofia.cursor().await;
    screen.subscribe("c", CLIENTS, json!({ "after": after })).await;
    screen
        .subscribe(
            "f",
            "subscription($after: Cursor) { feed(after: $after) { __typename ... on ViewerChanged {
        eventId changedFields viewer { role } } } }",
            json!({ "after": after }),
        )
        .await;
    ana.client("Rosa").await;
    let mut heard = Vec::new();
    while heard.len() < 3 {
        let Frame::Said(message) = screen.hear().await else { panic!("closed") };
        heard.push((message["id"].clone(), message["payload"]["data"].clone()));
    }
    let seen = heard.iter().find(|(id, _)| id == "c").expect("an item");
    assert_eq!(seen.1["clientUpdated"]["client"]["name"], "Rosa");
    let change = json!({ "id": sofia.id, "expectedVersion": 1, "role": "ADVISOR" });
    let changed = admin.run("userUpdate", change, "user { role } event { id }").await;
    ana.client("Luz").await;
    let told = screen.item("f").await["feed"].clone();
    assert_eq!(
        told,
        json!({ "__typename": "ViewerChanged", "eventId": changed["event"]["id"],
            "changedFields": ["role"], "viewer": { "role": "ADVISOR" } }),
        "who sees more or less is told to fetch anew"
    );
    screen.hears_nothing().await; // of Luz, though she came at once
    let team = sofia.data("{ viewer { team { id } } }", json!({})).await["viewer"]["team"]["id"].clone();
    admin.client_with(json!({ "name": "Pool", "advisorId": Value::Null, "teamId": team })).await;
    let seen = loop {
        let Frame::Said(message) = screen.hear().await else { panic!("closed") };
        if message["id"] == "c" {
            break message["payload"]["data"].clone();
        }
    };
    assert_eq!(seen["clientUpdated"]["client"]["name"], "Pool", "the new eyes on the open stream");
    sofia.run("sessionRevoke", json!({ "everywhere": true }), "event { id }").await;
    let closed = loop {
        match screen.hear().await {
            Frame::Said(message) => assert_eq!(message["id"], "f", "{message}"), // of the pool
            Frame::Closed(code) => break code,
        }
    };
    assert_eq!(closed, 4403, "ended on another server");
}

#[tokio::test]
async fn a_token_is_announced_before_it_ends_and_renewed_on_the_open_socket() {
    let app = Setup::default().with("CABINA_ACCESS_TTL", 120).start().await;
    let ana = app.ana().await;
    let mut screen = Screen::of(&ana).await;
    let mut left = Screen::of(&ana).await;
    app.app.clock.advance(Duration::from_secs(70));
    screen.say(json!({ "type": "pong" })).await;
    let Frame::Said(announced) = screen.hear().await else { panic!("closed") };
    assert_eq!(announced["type"], "ping");
    let first = announced["payload"]["tokenExpiresAt"].as_str().expect("a moment").to_owned();
    let refresh = "mutation($input: SessionRefreshInput!) { sessionRefresh(input: $input) { session { accessToken } } }";
    let data = app.nobody().data(refresh, json!({ "input": { "refreshToken": ana.refresh_token } })).await;
    let token = &data["sessionRefresh"]["session"]["accessToken"];
    screen.say(json!({ "type": "ping", "payload": { "authorization": token } })).await;
    let Frame::Said(pong) = screen.hear().await else { panic!("closed") };
    assert!(pong["payload"]["tokenExpiresAt"].as_str().expect("a moment") > first.as_str(), "{pong}");
    app.app.clock.advance(Duration::from_secs(112)); // and the minute by which clocks may differ
    assert_eq!(left.hear().await, Frame::Closed(4403), "the first token ended");
    screen.subscribe("q", "{ viewer { name } }", json!({})).await;
    assert_eq!(screen.item("q").await["viewer"]["name"], "Ana Pérez", "the second goes on");
}

#[tokio::test]
async fn a_user_has_so_many_connections_and_others_have_theirs() {
    let app = Setup::default().with("CABINA_MAX_CONNECTIONS", 2).start().await;
    let (ana, beto) = (app.ana().await, app.beto().await);
    let (first, _second) = (Screen::of(&ana).await, Screen::of(&ana).await);
    let mut third = Screen::open(&ana).await;
    let init = json!({ "type": "connection_init", "payload": { "authorization": ana.token } });
    third.say(init.clone()).await;
    assert_eq!(third.hear().await, Frame::Closed(4429));
    let stream = ana
        .request(reqwest::Method::POST, "/graphql")
        .header("accept", "text/event-stream")
        .json(&json!({ "query": FEED }));
    let text = stream.send().await.expect("an answer").text().await.expect("events");
    assert!(text.contains("THROTTLED"), "event streams count too: {text}");
    Screen::of(&beto).await;
    drop(first);
    for _ in 0..100 {
        let mut again = Screen::open(&ana).await;
        again.say(init.clone()).await;
        if again.hear().await == Frame::Said(json!({ "type": "connection_ack" })) {
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("the seat was not free again");
}

#[tokio::test]
async fn a_restart_tells_every_socket_to_come_again() {
    let app = TestApp::start().await;
    let ana = app.ana().await;
    let second = app.second().await;
    let mut screen = Screen::of(&second.bearer(ana.token.as_deref().expect("a token"))).await;
    drop(second);
    assert_eq!(screen.hear().await, Frame::Closed(1012));
}

#[tokio::test]
async fn what_waits_is_read_together_and_each_item_holds_its_own() {
    const ENTRIES: &str = "subscription($after: Cursor) { eventlogNew(after: $after) {
        cursor previous entry { text client { name email eventLog(first: 1) { nodes { text client { name } } } } } } }";
    let app = TestApp::start().await;
    let (ana, beto, admin) = (app.ana().await, app.beto().await, app.admin().await);
    let (rosa, luz, sol) = (ana.client("Rosa").await, ana.client("Luz").await, beto.client("Sol").await);
    app.settled().await;
    let start = ana.cursor().await;
    for number in 0..30 {
        let client = [&rosa, &luz, &sol][number % 3];
        let note = json!({ "clientId": client, "kind": "NOTE", "text": format!("note {number}") });
        admin.run("eventlogAppend", note, "event { id }").await;
    }
    // Told as they are when they are sent, and not to whom they are nothing any more.
    let change = json!({ "id": rosa, "expectedVersion": 1, "name": "Rosa Vela", "email": "rosa@x.example" });
    ana.run("clientUpdate", change, "client { id }").await;
    let away = json!({ "id": luz, "expectedVersion": 1, "advisorId": beto.id });
    app.sofia().await.run("clientReassign", away, "client { id }").await;
    app.settled().await;
    let mut screens = Vec::new();
    for _ in 0..2 {
        let mut screen = Screen::of(&ana).await;
        screen.subscribe("e", ENTRIES, json!({ "after": start })).await;
        screens.push(screen);
    }
    for mut screen in screens {
        let mut previous = json!(start);
        for number in (0..30).filter(|number| number % 3 == 0) {
            let item = screen.item("e").await["eventlogNew"].take();
            assert_eq!(item["previous"], previous);
            previous = item["cursor"].clone();
            let client = json!({ "name": "Rosa Vela", "email": "rosa@x.example",
                "eventLog": { "nodes": [{ "text": "note 27", "client": { "name": "Rosa Vela" } }] } });
            assert_eq!(item["entry"], json!({ "text": format!("note {number}"), "client": client }));
        }
        screen.hears_nothing().await;
    }
}
