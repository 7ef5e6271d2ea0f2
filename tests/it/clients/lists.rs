//! Lists: pages, orders, filters, and what they cost.

use serde_json::{Value, json};

use crate::support::{Actor, TestApp};

async fn twelve(ana: &Actor) {
    for (index, name) in
        ["Ñandú", "Zoe", "Álvaro", "ana", "Óscar", "Bea", "beto", "Eva", "Élia", "Omar", "Zacarías", "Nora"]
            .iter()
            .enumerate()
    {
        let fields = json!({ "name": name, "tags": [if index % 2 == 0 { "Even" } else { "Odd" }], "email": format!("c{index}@x.example") });
        ana.client_with(fields).await;
    }
}

fn names(list: &Value) -> Vec<String> {
    let rows = list["nodes"].as_array().expect("nodes");
    rows.iter().map(|row| row["name"].as_str().expect("a name").to_owned()).collect()
}

const PAGE: &str = "query($first: Int, $after: String, $last: Int, $before: String, $orderBy: ClientOrder, $filter: ClientFilter) {
    clients(first: $first, after: $after, last: $last, before: $before, orderBy: $orderBy, filter: $filter) {
        nodes { name } edges { cursor node { name } } pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } }";

#[tokio::test]
async fn pages_go_forwards_and_backwards_without_gap_or_repeat() {
    let app = TestApp::start().await;
    let ana = app.ana().await;
    twelve(&ana).await;
    let by_name =
        ["Álvaro", "ana", "Bea", "beto", "Élia", "Eva", "Ñandú", "Nora", "Omar", "Óscar", "Zacarías", "Zoe"];
    for (field, direction) in
        [("NAME", "ASC"), ("NAME", "DESC"), ("CREATED_AT", "DESC"), ("NUMBER", "ASC"), ("UPDATED_AT", "ASC")]
    {
        let order = json!({ "field": field, "direction": direction });
        let whole = names(&ana.data(PAGE, json!({ "first": 100, "orderBy": order })).await["clients"]);
        assert_eq!(whole.len(), 12);
        if (field, direction) == ("NAME", "ASC") {
            assert_eq!(whole, by_name);
        }
        let (mut forwards, mut after) = (Vec::new(), Value::Null);
        loop {
            let page =
                ana.data(PAGE, json!({ "first": 5, "after": after, "orderBy": order })).await["clients"]
                    .clone();
            forwards.extend(names(&page));
            assert_eq!(page["pageInfo"]["hasPreviousPage"], json!(!after.is_null()));
            assert_eq!(page["edges"][0]["cursor"], page["pageInfo"]["startCursor"]);
            after = page["pageInfo"]["endCursor"].clone();
            if page["pageInfo"]["hasNextPage"] == false {
                break;
            }
        }
        assert_eq!(forwards, whole, "{field} {direction}");
        let (mut backwards, mut before) = (Vec::new(), Value::Null);
        loop {
            let page =
                ana.data(PAGE, json!({ "last": 5, "before": before, "orderBy": order })).await["clients"]
                    .clone();
            backwards.splice(0..0, names(&page));
            before = page["pageInfo"]["startCursor"].clone();
            if page["pageInfo"]["hasPreviousPage"] == false {
                break;
            }
        }
        assert_eq!(backwards, whole, "{field} {direction}");
    }
}

#[tokio::test]
async fn a_name_that_looks_like_an_instant_is_a_place_in_the_list_like_any_other() {
    let app = TestApp::start().await;
    let ana = app.ana().await;
    for name in ["2026-01-01T00:00:00Z", "2026-06-01T00:00:00+02:00", "Zoe"] {
        ana.client(name).await;
    }
    let (mut seen, mut after) = (Vec::new(), Value::Null);
    let order = json!({ "field": "NAME", "direction": "ASC" });
    for _ in 0..3 {
        let page =
            ana.data(PAGE, json!({ "first": 1, "after": after, "orderBy": order })).await["clients"].clone();
        seen.extend(names(&page));
        after = page["pageInfo"]["endCursor"].clone();
    }
    assert_eq!(seen, ["2026-01-01T00:00:00Z", "2026-06-01T00:00:00+02:00", "Zoe"]);
}

#[tokio::test]
async fn filters_hold_together_and_nest() {
    let app = TestApp::start().await;
    let (ana, sofia) = (app.ana().await, app.sofia().await);
    twelve(&ana).await;
    let pool = sofia
        .client_with(
            json!({ "name": "Pool", "kind": "COMPANY", "externalRefs": [{ "system": "odoo", "key": "7" }] }),
        )
        .await;
    for (filter, expected) in [
        (json!({ "tags": ["even"] }), vec!["Álvaro", "beto", "Élia", "Ñandú", "Óscar", "Zacarías"]),
        (json!({ "unassigned": true }), vec!["Pool"]),
        (json!({ "kind": "COMPANY", "status": ["PROSPECT"] }), vec!["Pool"]),
        (json!({ "status": ["ACTIVE"] }), vec![]),
        (json!({ "number": pool["number"] }), vec!["Pool"]),
        (json!({ "externalRef": { "system": "odoo", "key": "7" } }), vec!["Pool"]),
        (json!({ "email": "C3@X.example" }), vec!["ana"]),
        (json!({ "market": ["madrid"] }), vec![]),
        (
            json!({ "advisorId": ana.id, "tags": ["Odd"], "not": { "email": "c3@x.example" } }),
            vec!["Bea", "Eva", "Nora", "Omar", "Zoe"],
        ),
        (json!({ "or": [{ "kind": "COMPANY" }, { "email": "c0@x.example" }] }), vec!["Ñandú", "Pool"]),
        (json!({ "createdAt": { "until": "2020-01-01T00:00:00Z" } }), vec![]),
    ] {
        let page = sofia.data(PAGE, json!({ "first": 50, "filter": filter })).await["clients"].clone();
        assert_eq!(names(&page), expected, "{filter}");
    }
    let deep = json!({ "not": { "not": { "not": { "not": { "not": { "kind": "PERSON" } } } } } });
    let answer = sofia.send(PAGE, json!({ "filter": deep })).await;
    assert_eq!(answer.code(), "BAD_INPUT");
}

const NESTED: &str = "query($n: Int!) { clients(first: $n) { nodes {
    id number name status phone email tags advisor { id name } market { key currency }
    eventLog(first: 5) { nodes { id kind text occurredAt author { name } } pageInfo { hasNextPage } }
    contacts(first: 4) { nodes { name } } activities(first: 3) { nodes { title assignee { name } } } } } }";

#[tokio::test(flavor = "multi_thread")]
async fn the_statements_of_the_nested_page_do_not_depend_on_its_size() {
    let app = TestApp::start().await;
    let ana = app.ana().await;
    twelve(&ana).await;
    let mut counts = Vec::new();
    for size in [1, 3, 12, 3] {
        ana.data(NESTED, json!({ "n": size })).await; // signs in and proves the document
        let before = app.app.database.statements();
        let page = ana.data(NESTED, json!({ "n": size })).await;
        counts.push(app.app.database.statements() - before);
        assert_eq!(page["clients"]["nodes"].as_array().expect("nodes").len(), size);
    }
    // clients, advisors, markets, entries, contacts, activities; nobody has activities, so no assignees.
    assert_eq!(counts, [6, 6, 6, 6]);
    // The ordinary executor (a key asked for twice) batches as well.
    let ordinary = NESTED.replace("id number", "id id number");
    let (mut counts, before) = (Vec::new(), app.app.database.statements());
    ana.data(&ordinary, json!({ "n": 3 })).await;
    counts.push(app.app.database.statements() - before);
    let before = app.app.database.statements();
    ana.data(&ordinary, json!({ "n": 12 })).await;
    counts.push(app.app.database.statements() - before);
    // By time: a slow machine may part each level's batch in two, whatever the size of the page.
    assert!(counts.iter().all(|count| (6..=12).contains(count)), "{counts:?}");
}

#[tokio::test]
async fn a_total_is_counted_only_when_asked_for() {
    let app = TestApp::start().await;
    let ana = app.ana().await;
    twelve(&ana).await;
    let mut statements = Vec::new();
    for document in [
        "{ clients { nodes { id } } }",
        "{ clients { nodes { id } totalCount } }",
        "{ clients { ...F } } fragment F on ClientConnection { totalCount }",
    ] {
        let before = app.app.database.statements();
        let data = ana.data(document, json!({})).await;
        statements.push(app.app.database.statements() - before);
        if document.contains("totalCount") {
            assert_eq!(data["clients"]["totalCount"], 12);
        }
    }
    assert_eq!(statements, [1, 2, 2]);
}

#[tokio::test]
async fn the_summary_counts_what_the_viewer_sees() {
    let app = TestApp::start().await;
    let (ana, carla) = (app.ana().await, app.carla().await);
    let id = ana.client_with(json!({ "phone": "+524491234567" })).await["id"].clone();
    ana.client("Other").await;
    ana.run("clientActivate", json!({ "id": id, "expectedVersion": 1 }), "client { status }").await;
    for due in ["2020-01-01T00:00:00Z", "2096-01-01T00:00:00Z"] {
        ana.run(
            "activityCreate",
            json!({ "clientId": id, "kind": "TASK", "title": "T", "dueAt": due }),
            "activity { id }",
        )
        .await;
    }
    let query = "{ clientSummary { clients byStatus { status count } openActivities overdueActivities } }";
    assert_eq!(
        ana.data(query, json!({})).await["clientSummary"],
        json!({ "clients": 2, "openActivities": 2, "overdueActivities": 1, "byStatus": [
            { "status": "PROSPECT", "count": 1 }, { "status": "ACTIVE", "count": 1 },
            { "status": "INACTIVE", "count": 0 }, { "status": "BLOCKED", "count": 0 }] })
    );
    assert_eq!(carla.data(query, json!({})).await["clientSummary"]["clients"], 0);
}
