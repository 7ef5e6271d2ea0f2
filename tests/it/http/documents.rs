//! What a document says, down to the letter: absent variables, equal fields, literals, text that no database keeps.

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{Actor, TestApp};

async fn shown(actor: &Actor, client: &str) -> Value {
    let query = "query($id: ID!) { client(id: $id) { name email phone tags address { city } version } }";
    actor.data(query, json!({ "id": client })).await["client"].clone()
}

#[tokio::test]
async fn a_variable_that_is_not_sent_changes_nothing() {
    let app = TestApp::start().await;
    let ana = app.ana().await;
    let fields = json!({ "name": "Rosa", "email": "rosa@x.example", "phone": "+524491234567", "tags": ["vip"],
        "address": { "city": "Calvillo" } });
    let client = ana.client_with(fields).await;
    let id = client["id"].as_str().expect("an id");
    let before = shown(&ana, id).await;
    let update = "mutation($id: ID!, $v: Int!, $name: String, $email: EmailAddress, $phone: PhoneNumber, $tags: [String!],
        $address: AddressInput) { clientUpdate(input: { id: $id, expectedVersion: $v, name: $name, email: $email,
        phone: $phone, tags: $tags, address: $address }) { userErrors { code field } event { id } } }";
    let said = ana.data(update, json!({ "id": id, "v": 1 })).await;
    assert_eq!(said["clientUpdate"], json!({ "userErrors": [], "event": null }), "nothing is to be changed");
    assert_eq!(shown(&ana, id).await, before);
    // One is sent, another is null, the others are not there.
    let said = ana.data(update, json!({ "id": id, "v": 1, "phone": null, "name": "Rosa Ruiz" })).await;
    assert_eq!(said["clientUpdate"]["userErrors"], json!([]));
    let after = shown(&ana, id).await;
    assert_eq!((&after["name"], &after["phone"]), (&json!("Rosa Ruiz"), &Value::Null));
    assert_eq!((&after["email"], &after["tags"]), (&before["email"], &before["tags"]));
    // A variable may be a whole object, and the default of another counts.
    let whole =
        "mutation($input: ClientUpdateInput!) { clientUpdate(input: $input) { userErrors { code } } }";
    ana.data(whole, json!({ "input": { "id": id, "expectedVersion": 2 } })).await;
    assert_eq!(shown(&ana, id).await, after);
    let defaulted = "mutation($id: ID!, $name: String = \"Rosa Díaz\", $email: EmailAddress) {
        clientUpdate(input: { id: $id, expectedVersion: 2, name: $name, email: $email }) { userErrors { code } } }";
    ana.data(defaulted, json!({ "id": id })).await;
    assert_eq!(shown(&ana, id).await["name"], "Rosa Díaz");
    assert_eq!(shown(&ana, id).await["email"], "rosa@x.example");
}

#[tokio::test]
async fn a_new_client_stays_with_who_makes_it_when_no_advisor_is_sent() {
    let app = TestApp::start().await;
    let ana = app.ana().await;
    let create = "mutation($advisor: ID, $city: String, $name: String!) { clientCreate(input: { kind: PERSON, name: $name,
        market: \"aguascalientes\", advisorId: $advisor, address: { city: $city, street: \"Sol 1\" } }) {
        client { advisor { id } address { street city } } userErrors { code } } }";
    let made = ana.data(create, json!({ "name": "Rosa" })).await;
    let client = &made["clientCreate"]["client"];
    assert_eq!((&client["advisor"]["id"], &client["address"]["street"]), (&json!(ana.id), &json!("Sol 1")));
    let pooled = ana.data(create, json!({ "name": "Luz", "advisor": null })).await;
    assert_eq!(pooled["clientCreate"]["client"]["advisor"], Value::Null, "null is for the pool");
    // In a list an absent variable is null, which these ids must not be.
    let nodes = "query($id: ID) { nodes(ids: [$id]) { id } }";
    assert_eq!(ana.send(nodes, json!({})).await.code(), "BAD_INPUT");
}

#[tokio::test]
async fn a_next_touch_and_an_assignee_that_are_not_sent_stay() {
    let app = TestApp::start().await;
    let ana = app.ana().await;
    let client = ana.client("Rosa").await;
    let touch =
        json!({ "clientId": client, "nextTouch": { "at": "2027-01-05T10:00:00Z", "reason": "Call" } });
    ana.run("clientNextTouchSet", touch, "event { id }").await;
    let set = "mutation($id: ID!, $touch: NextTouchInput) { clientNextTouchSet(input: { clientId: $id, nextTouch: $touch }) {
        client { nextTouch { reason event { id assignee { id } } } } event { id } userErrors { code } } }";
    let kept = ana.data(set, json!({ "id": client })).await["clientNextTouchSet"].clone();
    assert_eq!((&kept["client"]["nextTouch"]["reason"], &kept["event"]), (&json!("Call"), &Value::Null));
    let event = kept["client"]["nextTouch"]["event"]["id"].clone();
    let assign = "mutation($id: ID!, $to: ID) { agendaEventAssign(input: { id: $id, expectedVersion: 1, assigneeId: $to }) {
        agendaEvent { assignee { id } } event { id } userErrors { code } } }";
    let kept = ana.data(assign, json!({ "id": event })).await["agendaEventAssign"].clone();
    assert_eq!((&kept["agendaEvent"]["assignee"]["id"], &kept["event"]), (&json!(ana.id), &Value::Null));
    let gone = ana.data(set, json!({ "id": client, "touch": null })).await["clientNextTouchSet"].clone();
    assert_eq!(gone["client"]["nextTouch"], Value::Null, "null takes it away");
}

#[tokio::test]
async fn equal_fields_are_executed_once() {
    let app = TestApp::start().await;
    let ana = app.ana().await;
    let create = "clientCreate(input: { kind: PERSON, name: \"Rosa\", market: \"aguascalientes\", allowDuplicate: true })";
    let twice = format!(
        "mutation {{ {create} {{ client {{ id }} }} ...F ... on Mutation {{ {create} {{ client {{ version }} }} }} }}
        fragment F on Mutation {{ {create} {{ client {{ name }} userErrors {{ code }} }} }}"
    );
    let before = app.rows("client").await;
    let made = ana.send(&twice, json!({})).await;
    let client = &made.body["data"]["clientCreate"]["client"];
    assert_eq!((&client["name"], &client["version"]), (&json!("Rosa"), &json!(1)), "{}", made.body);
    assert_eq!(app.rows("client").await - before, 1);
    let conditional = format!(
        "mutation($a: Boolean!, $b: Boolean!) {{ {create} @include(if: $a) {{ client {{ id }} }}
        {create} @skip(if: $b) {{ client {{ name }} }} ... @include(if: $a) {{ {create} {{ userErrors {{ code }} }} }} }}"
    );
    for (a, b, made) in [(true, false, 1), (true, true, 1), (false, false, 1), (false, true, 0)] {
        let before = app.rows("client").await;
        let answer = ana.send(&conditional, json!({ "a": a, "b": b })).await;
        assert_eq!(app.rows("client").await - before, made, "{a} {b}: {}", answer.body);
        let client = &answer.body["data"]["clientCreate"]["client"];
        assert_eq!((client.get("id").is_some(), client.get("name").is_some()), (a, !b));
    }
    let different = "{ clients(first: 1) { totalCount } clients(first: 2) { totalCount } }";
    let refused = ana.send(different, json!({})).await;
    assert!(
        refused.body["errors"][0]["message"].as_str().expect("told").contains("conflict"),
        "{}",
        refused.body
    );
}

#[tokio::test]
async fn fragments_that_double_cost_what_they_ask() {
    let app = TestApp::start().await;
    let ana = app.ana().await;
    let mut document = "{ ...F0 }".to_owned();
    for i in 0..13 {
        document.push_str(&format!(" fragment F{i} on Query {{ ...F{n} ...F{n} }}", n = i + 1));
    }
    document.push_str(" fragment F13 on Query { notificationUnreadCount }");
    assert!(document.len() < 700, "{} bytes", document.len());
    let count = async |document: &str| {
        ana.data(document, json!({})).await; // whatever is done once for a token or a document is done
        let before = app.app.database.statements();
        let answer = ana.send(document, json!({})).await;
        assert_eq!(answer.body["data"], json!({ "notificationUnreadCount": 0 }), "{}", answer.body);
        assert_eq!(answer.body["extensions"]["cost"]["requested"], 1);
        app.app.database.statements() - before
    };
    let plain = count("{ notificationUnreadCount }").await;
    let doubled = count(&document).await;
    assert!(doubled <= plain + 1, "{doubled} statements, {plain} for the field alone");
}

#[tokio::test]
async fn what_an_interface_and_its_types_ask_alike_is_executed_once() {
    let app = TestApp::start().await;
    let ana = app.ana().await;
    let id = ana.client("Rosa").await;
    let count = async |selection: &str| {
        let query = format!("query($id: ID!) {{ node(id: $id) {{ {selection} }} }}");
        ana.data(&query, json!({ "id": id })).await; // whatever is done once for a token or a document is done
        let before = app.app.database.statements();
        let answer = ana.send(&query, json!({ "id": id })).await;
        let points = answer.body["extensions"]["cost"]["requested"].as_u64().expect("points");
        (app.app.database.statements() - before, points, answer.body["data"]["node"].clone())
    };
    let log = |alias: &str| format!("{alias}: eventLog(first: 1) {{ totalCount }}");
    let (a, b) = (log("a"), log("b"));
    let plain = count(&format!("__typename ... on Client {{ id {a} {b} }}")).await;
    let entry = json!({ "totalCount": 1 });
    assert_eq!(plain.2, json!({ "__typename": "Client", "id": id, "a": entry, "b": entry }));
    // By the interface and by two of its types; by two interfaces; in another order.
    let syncable = "... on Syncable { sync { status } }";
    for (selection, expected) in [
        (
            format!(
                "__typename id ... on Client {{ id {a} {b} }} ... on Team {{ id name }} ... on Node {{ id }}"
            ),
            plain.clone(),
        ),
        (
            format!("__typename ... on Client {{ id {a} ... on Node {{ ... on Client {{ {a} {b} }} id }} }}"),
            plain,
        ),
        (
            format!(
                "{syncable} id ... on Client {{ sync {{ status }} }} ... on Contact {{ id sync {{ status }} }}"
            ),
            count("... on Client { sync { status } id }").await,
        ),
    ] {
        assert_eq!(count(&selection).await, expected, "{selection}");
    }
}

#[tokio::test]
async fn equal_fields_of_nodes_behind_fragments_come_together() {
    let app = TestApp::start().await;
    let ana = app.ana().await;
    let id = ana.client_with(json!({ "name": "Rosa", "email": "rosa@x.example" })).await["id"].clone();
    let query = "query($id: ID!, $more: Boolean = true) {
        client(id: $id) { advisor { id } ...A } client(id: $id) { advisor { email @include(if: $more) } }
        node(id: $id) { __typename id ...A ... on Client { contacts { totalCount } name } ... on Node { id } ... on Team { name } }
    } fragment A on Client { name advisor { name } contacts { totalCount nodes { name } } }";
    for more in [true, false] {
        let data = ana.data(query, json!({ "id": id, "more": more })).await;
        let mut advisor = json!({ "id": ana.id, "name": "Ana Pérez" });
        if more {
            advisor["email"] = "ana@test.example".into();
        }
        let contacts = json!({ "totalCount": 0, "nodes": [] });
        let client = json!({ "advisor": advisor, "name": "Rosa", "contacts": contacts });
        let node = json!({ "__typename": "Client", "id": id, "name": "Rosa", "advisor": { "name": "Ana Pérez" }, "contacts": contacts });
        assert_eq!(data, json!({ "client": client, "node": node }));
    }
}

#[tokio::test]
async fn literals_are_read_as_the_specification_says() {
    let app = TestApp::start().await;
    let ana = app.ana().await;
    for escaped in [r"\ud83d\ude00", r"\u{1F600}", "\u{1F600}"] {
        let create = format!(
            "mutation {{ clientCreate(input: {{ kind: PERSON, market: \"aguascalientes\", allowDuplicate: true,
            name: \"Rosa {escaped} \\u00e9 \\\"x\\\"\" }}) {{ client {{ name }} }} }}"
        );
        let made = ana.data(&create, json!({})).await;
        assert_eq!(made["clientCreate"]["client"]["name"], "Rosa \u{1F600} é \"x\"", "{escaped}");
    }
    let create = |fields: &str| {
        format!(
            "mutation {{ clientCreate(input: {{ market: \"aguascalientes\", name: \"Luz\", {fields} }}) {{ client {{ id }} }} }}"
        )
    };
    let traces = app.traces().await;
    for (fields, told) in [
        (r#"kind: PERSON, email: "\ud83d""#, "surrogate"),
        ("kind: PERSON, kind: COMPANY", "kind twice"),
        (r#"kind: PERSON, address: { city: "A", city: "B" }"#, "city twice"),
        (r#"kind: "PERSON""#, "input.kind: must be a value of ClientKind, without quotes"),
    ] {
        let answer = ana.send(&create(fields), json!({})).await;
        let message = answer.body["errors"][0]["message"].as_str().expect("a message").to_owned();
        assert!(message.contains(told), "{fields}: {message}");
        assert_eq!(answer.code(), "BAD_INPUT");
    }
    assert_eq!(app.traces().await, traces, "nothing was written");
    let kind = "query($kind: ClientKind!) { clients(filter: { kind: $kind }) { totalCount } }";
    assert_eq!(ana.data(kind, json!({ "kind": "PERSON" })).await["clients"]["totalCount"], 3);
    let unknown = "query($f: ClientFilter) { clients(filter: $f) { totalCount } }";
    for _ in 0..3 {
        let answer = ana.send(unknown, json!({ "f": { "nmae": "x" } })).await;
        assert_eq!(answer.code(), "BAD_INPUT", "also when the document is known: {}", answer.body);
        ana.data(unknown, json!({ "f": {} })).await;
    }
    // A number is an id as any other that nobody has.
    let told = "is not an id of this kind: expected client_ and 26 characters";
    for (query, variables, place) in [
        ("{ client(id: 5) { id } }", json!({}), "id"),
        ("query($id: ID!) { client(id: $id) { id } }", json!({ "id": 5 }), "$id"),
        ("query($id: ID = 5) { client(id: $id) { id } }", json!({}), "$id"),
        ("{ client(id: \"5\") { id } }", json!({}), "id"),
    ] {
        let message = ana.send(query, variables).await.body["errors"][0]["message"].clone();
        assert_eq!(message, format!("{place}: {told}"), "{query}");
    }
    for query in ["{ node(id: 5) { id } }", "{ node(id: \"5\") { id } }"] {
        assert_eq!(ana.data(query, json!({})).await, json!({ "node": null }), "{query}");
    }
}

#[tokio::test]
async fn the_character_that_no_database_keeps_is_refused_wherever_it_enters() {
    let app = TestApp::start().await;
    let (ana, nobody) = (app.ana().await, app.nobody());
    let client = ana.client("Rosa").await;
    let traces = app.traces().await;
    let mutations = [
        (
            "clientCreate",
            "ClientCreateInput",
            json!({ "kind": "PERSON", "market": "aguascalientes", "name": "a\0b" }),
            "name",
        ),
        (
            "clientCreate",
            "ClientCreateInput",
            json!({ "kind": "PERSON", "market": "aguascalientes", "name": "a", "tags": ["x", "\0"] }),
            "tags.1",
        ),
        (
            "clientUpdate",
            "ClientUpdateInput",
            json!({ "id": client, "expectedVersion": 1, "address": { "city": "\0" } }),
            "address.city",
        ),
        (
            "eventlogAppend",
            "EventlogAppendInput",
            json!({ "clientId": client, "kind": "NOTE", "text": "x", "idempotencyKey": "k\0" }),
            "idempotencyKey",
        ),
        (
            "eventlogAppend",
            "EventlogAppendInput",
            json!({ "clientId": client, "kind": "NOTE", "text": "x", "payload": { "a": ["\0"] } }),
            "payload.a.0",
        ),
        (
            "eventlogAppend",
            "EventlogAppendInput",
            json!({ "clientId": client, "kind": "NOTE", "text": "x", "payload": { "a\0": 1 } }),
            "payload.a\0",
        ),
        (
            "sessionCreate",
            "SessionCreateInput",
            json!({ "email": "ana@demo.test\0", "password": "demo" }),
            "email",
        ),
        (
            "sessionCreate",
            "SessionCreateInput",
            json!({ "email": "ana@demo.test", "password": "demo\0" }),
            "password",
        ),
    ];
    let wrong = "must not contain the character U+0000";
    for (mutation, of, input, field) in mutations {
        let document =
            format!("mutation($input: {of}!) {{ {mutation}(input: $input) {{ userErrors {{ code }} }} }}");
        let actor = if mutation == "sessionCreate" { &nobody } else { &ana };
        let answer = actor.send(&document, json!({ "input": input })).await;
        assert_eq!(answer.code(), "BAD_INPUT", "{mutation}.{field}: {}", answer.body);
        assert_eq!(answer.body["errors"][0]["message"], format!("$input.{field}: {wrong}"));
    }
    let queries = [
        ("query($x: String!) { clientSearch(text: $x) { score } }", "$x"),
        ("query($x: String) { clients(filter: { number: $x }) { totalCount } }", "$x"),
        ("query($x: String) { clients(after: $x) { totalCount } }", "$x"),
        ("query($x: ID!) { node(id: $x) { id } }", "$x"),
        (r#"{ clientSearch(text: "a\u0000") { score } }"#, "text"),
        (r#"{ clients(filter: { or: [{ market: ["\u{0}"] }] }) { totalCount } }"#, "filter.or.0.market.0"),
    ];
    for (query, place) in queries {
        let answer = ana.send(query, json!({ "x": "a\0b" })).await;
        assert_eq!(answer.code(), "BAD_INPUT", "{query}: {}", answer.body);
        assert_eq!(answer.body["errors"][0]["message"], format!("{place}: {wrong}"));
    }
    // Where a text is wrapped up: in the address of a feed, in names of what is asked. (In cursors: see `texts`.)
    let feed = nobody.request(Method::GET, "/agenda/abc%00def.ics");
    assert_eq!(Actor::answer(feed).await.status, 404);
    let named = json!({ "query": "query A { viewer { id } }", "operationName": "A\0" });
    let answer = Actor::answer(ana.request(Method::POST, "/graphql").json(&named)).await;
    assert_eq!(answer.code(), "BAD_INPUT");
    let hash = json!({ "extensions": { "persistedQuery": { "version": 1, "sha256Hash": "\0" } } });
    let answer = Actor::answer(ana.request(Method::POST, "/graphql").json(&hash)).await;
    assert_eq!(answer.code(), "PERSISTED_QUERY_NOT_FOUND");
    assert_eq!(app.traces().await, traces, "nothing was written");
}
