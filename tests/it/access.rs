//! Who may: role × operation × own, team, pool, other.
//!
//! Root fields are listed here, each with what every role gets; a root field without a row fails. What hangs on a node is
//! crawled: from every root list, along every edge that the schema has, whatever is met must be what the viewer may see;
//! so a new edge is tested by being there, and a new kind of node without a rule here fails.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use crate::support::{Actor, Frame, Screen, Setup, TestApp};

/// What a request comes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Gets {
    /// It was carried out, or refused for another reason than the viewer's rights.
    Through,
    /// As if there were no such thing.
    Nothing,
    /// The role or key may not.
    Forbidden,
    /// Nobody is signed in.
    Stranger,
}
use Gets::{Forbidden, Nothing, Stranger, Through};

/// Whose a thing is, seen from Ana, advisor of the north.
const WHOSE: [&str; 4] = ["own", "team", "pool", "other"];

struct World {
    app: TestApp,
    actors: BTreeMap<&'static str, Actor>,
    /// Ids by kind and whose: "client own", "contact pool", "user other".
    ids: BTreeMap<String, String>,
}

/// Of every kind one thing that is Ana's, one of a team mate, one of her team's pool, one of another team.
async fn world() -> World {
    let app = Setup::default()
        .with("CABINA_MAX_COST", 1_000_000)
        .with("CABINA_MAX_DEPTH", 50)
        // No worker runs here, so nobody looks for it.
        .with("ODOO_URL", "http://odoo.test.example")
        .with("ODOO_DB", "test")
        .with("ODOO_API_KEYS", "test")
        .start()
        .await;
    let (ana, beto, carla, sofia, admin) =
        (app.ana().await, app.beto().await, app.carla().await, app.sofia().await, app.admin().await);
    let mut ids = BTreeMap::new();
    let makers = [(&ana, "own"), (&beto, "team"), (&sofia, "pool"), (&carla, "other")];
    for (maker, whose) in makers {
        let client = maker
            .client_with(
                json!({ "name": format!("Zz {whose}"), "phone": "+524491234567", "allowDuplicate": true }),
            )
            .await;
        let client = client["id"].as_str().expect("an id").to_owned();
        maker.run("syncRequest", json!({ "id": client }), "sync { status }").await;
        let contact =
            maker.run("contactCreate", json!({ "clientId": client, "name": "C" }), "contact { id }").await;
        let plan = json!({ "clientId": client, "kind": "CALL", "title": "T" });
        let activity = maker.run("activityCreate", plan, "activity { id }").await;
        let note = json!({ "clientId": client, "kind": "NOTE", "text": "N" });
        let entry = maker.run("eventlogAppend", note, "entry { id }").await;
        for (kind, id) in [
            ("contact", &contact["contact"]["id"]),
            ("activity", &activity["activity"]["id"]),
            ("entry", &entry["entry"]["id"]),
        ] {
            ids.insert(format!("{kind} {whose}"), id.as_str().expect("an id").to_owned());
        }
        // One for each actor to delete.
        for name in ["ana", "sofia", "carla", "admin", "reader", "nobody"] {
            let fresh = maker
                .run("contactCreate", json!({ "clientId": client, "name": "F" }), "contact { id }")
                .await;
            ids.insert(
                format!("fresh contact {whose} {name}"),
                fresh["contact"]["id"].as_str().expect("an id").to_owned(),
            );
        }
        ids.insert(format!("client {whose}"), client);
    }
    let teams =
        admin.data("{ teams { nodes { id name } } markets { id ecosystems { id } } }", json!({})).await;
    let note = json!({ "clientId": ids["client own"], "kind": "NOTE", "text": "for Ana" });
    sofia.run("eventlogAppend", note, "entry { id }").await;
    let told = ana.data("{ notifications { nodes { id } } }", json!({})).await;
    let told = told["notifications"]["nodes"][0]["id"].as_str().expect("Ana was told").to_owned();
    ids.insert("notification".into(), told);
    let team = |name: &str| {
        let all = teams["teams"]["nodes"].as_array().expect("teams");
        all.iter().find(|t| t["name"] == name).expect("a team")["id"].as_str().expect("an id").to_owned()
    };
    let key = json!({ "name": "reader", "role": "SUPERVISOR", "teamId": team("North"), "scopes": ["READ"] });
    let key = admin.run("apiKeyCreate", key, "secret apiKey { id }").await;
    ids.insert("apikey".into(), key["apiKey"]["id"].as_str().expect("an id").to_owned());
    ids.insert("team own".into(), team("North"));
    ids.insert("team other".into(), team("South"));
    for (whose, actor) in [("own", &ana), ("team", &beto), ("other", &carla)] {
        ids.insert(format!("user {whose}"), actor.id.clone());
    }
    let ecosystem = &teams["markets"][0]["ecosystems"][0]["id"];
    ids.insert("ecosystem".into(), ecosystem.as_str().expect("an id").to_owned());
    let actors = BTreeMap::from([
        ("nobody", app.nobody()),
        ("ana", ana),
        ("sofia", sofia),
        ("carla", carla),
        ("admin", admin),
        ("reader", app.bearer(key["secret"].as_str().expect("a key"))),
    ]);
    World { app, actors, ids }
}

impl World {
    fn id(&self, kind: &str) -> &str {
        self.ids.get(kind).unwrap_or_else(|| panic!("no {kind} in this world"))
    }
}

/// The rule of SPEC 4.1, told a second time: whose clients an actor sees.
fn sees(actor: &str, whose: &str) -> bool {
    match actor {
        "ana" => ["own", "pool"].contains(&whose),
        "sofia" | "reader" => whose != "other",
        "carla" => whose == "other",
        "admin" => true,
        _ => false,
    }
}

fn outcome(body: &Value, field: &str) -> Gets {
    match body["errors"][0]["extensions"]["code"].as_str() {
        Some("UNAUTHENTICATED") => return Stranger,
        Some("FORBIDDEN") => return Forbidden,
        Some(code) => panic!("{field}: {code} {body}"),
        None => {}
    }
    let value = &body["data"][field];
    let codes: Vec<&str> = value["userErrors"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|error| error["code"].as_str())
        .collect();
    match () {
        () if value.is_null() || codes.contains(&"NOT_FOUND") => Nothing,
        () if codes.contains(&"RIGHT_MISSING") => Forbidden,
        () => Through,
    }
}

fn root_fields(kind: &str) -> BTreeSet<String> {
    let schema = async_graphql::parser::parse_schema(cabina::graphql::schema::sdl()).expect("a schema");
    for definition in &schema.definitions {
        if let async_graphql::parser::types::TypeSystemDefinition::Type(definition) = definition
            && definition.node.name.node == kind
            && let async_graphql::parser::types::TypeKind::Object(object) = &definition.node.kind
        {
            return object.fields.iter().map(|field| field.node.name.node.to_string()).collect();
        }
    }
    panic!("no {kind} in the schema")
}

/// Root queries by id: kind of the id, and whether users of the own team are seen too.
const BY_ID: [(&str, &str); 4] =
    [("client", "client"), ("node", "client"), ("nodes", "client"), ("user", "user")];

/// Root queries that are lists or figures: (field, selection, who may not).
const LISTS: [(&str, &str, &[&str]); 20] = [
    ("viewer", "{ id }", &[]),
    ("users", "{ totalCount }", &[]),
    ("teams", "{ totalCount }", &[]),
    ("sessions", "{ totalCount }", &[]),
    ("clients", "{ totalCount }", &[]),
    ("clientSearch", "(text: \"zz\") { client { id } }", &[]),
    ("clientSummary", "{ clients }", &[]),
    ("activities", "{ totalCount }", &[]),
    ("markets", "{ id }", &[]),
    ("notifications", "{ totalCount }", &[]),
    ("notificationUnreadCount", "", &[]),
    ("changes", "(after: \"YXQ6MA\") { nodes { __typename } }", &[]),
    ("apiKeys", "{ totalCount }", &["ana", "sofia", "carla", "reader"]),
    ("deadLetters", "{ totalCount }", &["ana", "sofia", "carla", "reader"]),
    ("jobsUnderWay", "{ id }", &["ana", "sofia", "carla", "reader"]),
    ("deadLetterGroups", "{ count }", &["ana", "sofia", "carla", "reader"]),
    ("syncFailures", "{ totalCount }", &["ana", "sofia", "carla", "reader"]),
    ("syncFailureGroups", "{ count }", &["ana", "sofia", "carla", "reader"]),
    ("syncCounts", "{ count }", &["ana", "sofia", "carla", "reader"]),
    ("auditEntries", "{ totalCount }", &["ana", "sofia", "carla", "reader"]),
];

#[tokio::test]
async fn every_root_query_gives_each_role_its_own() {
    let world = world().await;
    let listed: BTreeSet<String> = BY_ID
        .iter()
        .map(|(f, _)| *f)
        .chain(LISTS.iter().map(|(f, ..)| *f))
        .chain(["team"])
        .map(str::to_owned)
        .collect();
    assert_eq!(listed, root_fields("Query"), "every root query has its row here");
    for (name, actor) in &world.actors {
        for whose in WHOSE {
            for kind in ["client", "contact", "activity", "entry"] {
                let id = world.id(&format!("{kind} {whose}"));
                let expected = match *name {
                    "nobody" => Stranger,
                    _ if sees(name, whose) => Through,
                    _ => Nothing,
                };
                let body =
                    actor.send("query($id: ID!) { node(id: $id) { id } }", json!({ "id": id })).await.body;
                assert_eq!(outcome(&body, "node"), expected, "{name} node {kind} {whose}");
                let body = actor
                    .send("query($id: ID!) { nodes(ids: [$id]) { id } }", json!({ "id": id }))
                    .await
                    .body;
                let got = if expected == Stranger {
                    outcome(&body, "nodes")
                } else if body["data"]["nodes"][0].is_null() {
                    Nothing
                } else {
                    Through
                };
                assert_eq!(got, expected, "{name} nodes {kind} {whose}");
                if kind == "client" {
                    let body = actor
                        .send("query($id: ID!) { client(id: $id) { id } }", json!({ "id": id }))
                        .await
                        .body;
                    assert_eq!(outcome(&body, "client"), expected, "{name} client {whose}");
                }
            }
        }
        for (whose, seen_by) in [
            ("own", ["ana", "sofia", "reader", "admin"]),
            ("team", ["ana", "sofia", "reader", "admin"]),
            ("other", ["carla", "admin", "", ""]),
        ] {
            let expected = if *name == "nobody" {
                Stranger
            } else if seen_by.contains(name) {
                Through
            } else {
                Nothing
            };
            let body = actor
                .send(
                    "query($id: ID!) { user(id: $id) { id } }",
                    json!({ "id": world.id(&format!("user {whose}")) }),
                )
                .await
                .body;
            assert_eq!(outcome(&body, "user"), expected, "{name} user {whose}");
        }
        for (whose, seen_by) in
            [("own", ["ana", "sofia", "reader", "admin"]), ("other", ["carla", "admin", "", ""])]
        {
            let expected = if *name == "nobody" {
                Stranger
            } else if seen_by.contains(name) {
                Through
            } else {
                Nothing
            };
            let body = actor
                .send(
                    "query($id: ID!) { team(id: $id) { id } }",
                    json!({ "id": world.id(&format!("team {whose}")) }),
                )
                .await
                .body;
            assert_eq!(outcome(&body, "team"), expected, "{name} team {whose}");
        }
        for (field, selection, forbidden) in LISTS {
            let body = actor.send(&format!("{{ {field} {selection} }}"), json!({})).await.body;
            let expected = match *name {
                "nobody" | "reader" if field == "viewer" => Nothing,
                "nobody" => Stranger,
                _ if forbidden.contains(name) => Forbidden,
                _ => Through,
            };
            assert_eq!(outcome(&body, field), expected, "{name} {field}");
        }
        if *name != "nobody" {
            let visible = WHOSE.iter().filter(|whose| sees(name, whose)).count();
            let query = "{ clients { totalCount } clientSummary { clients openActivities } clientSearch(text: \"zz\") { client { id } } activities { totalCount } }";
            let data = actor.data(query, json!({})).await;
            assert_eq!(data["clients"]["totalCount"], visible, "{name}");
            assert_eq!(
                data["clientSummary"],
                json!({ "clients": visible, "openActivities": visible }),
                "{name}"
            );
            assert_eq!(data["activities"]["totalCount"], visible, "{name}");
            assert_eq!(data["clientSearch"].as_array().expect("hits").len(), visible, "{name}");
        }
    }
}

/// What a mutation is about, which decides who gets through.
enum About {
    /// A client or what hangs on one: (kind of id, name of the input's field, the other fields).
    OnClient(&'static str, &'static str, Value),
    /// Only supervisors and admins, on clients that they see.
    Supervising(Value),
    /// The office: admins only.
    Office(Value),
    /// The own account, or any for admins: (the other fields).
    Account(Value),
    /// Anybody who is signed in and may write.
    New(Value),
    /// Anybody at all.
    Open(Value),
    /// Anybody with a session.
    Session(Value),
    /// Ana alone: it is for her.
    Anas(Value),
}
use About::{Account, Anas, New, Office, OnClient, Open, Session, Supervising};

fn mutations(world: &World) -> Vec<(&'static str, About)> {
    let version = |mut fields: Value| {
        fields["expectedVersion"] = json!(1);
        fields
    };
    vec![
        ("sessionCreate", Open(json!({ "email": "x@test.example", "password": "x" }))),
        ("sessionRefresh", Open(json!({ "refreshToken": "x" }))),
        ("sessionRevoke", Session(json!({ "id": "session_00000000000000000000000000" }))),
        ("userCreate", Office(json!({ "email": "", "name": "", "role": "ADMIN" }))),
        ("userUpdate", Account(version(json!({ "name": "Changed" })))),
        ("userDisable", Office(version(json!({ "id": "user_00000000000000000000000000" })))),
        ("userEnable", Office(version(json!({ "id": "user_00000000000000000000000000" })))),
        ("userSetPassword", Account(json!({ "password": "short" }))),
        ("teamCreate", Office(json!({ "name": "" }))),
        ("teamRename", Office(version(json!({ "id": world.id("team own"), "name": "" })))),
        ("apiKeyCreate", Office(json!({ "name": "", "role": "ADMIN", "scopes": [] }))),
        ("apiKeyRevoke", Office(json!({ "id": "apikey_00000000000000000000000000" }))),
        (
            "marketCreate",
            Office(
                json!({ "key": "", "name": "", "country": "", "currency": "", "timeZone": "", "numberPrefix": "" }),
            ),
        ),
        ("ecosystemCreate", Office(json!({ "market": "", "key": "", "name": "" }))),
        ("ecosystemUpdate", Office(version(json!({ "id": world.id("ecosystem") })))),
        ("clientCreate", New(json!({ "kind": "PERSON", "name": "", "market": "" }))),
        ("clientUpdate", OnClient("client", "id", version(json!({})))),
        (
            "clientReassign",
            OnClient("client", "id", version(json!({ "advisorId": "user_00000000000000000000000000" }))),
        ),
        ("clientActivate", OnClient("client", "id", json!({ "expectedVersion": 99 }))),
        ("clientDeactivate", OnClient("client", "id", version(json!({})))),
        ("clientBlock", Supervising(version(json!({})))),
        ("clientUnblock", Supervising(version(json!({})))),
        ("eventlogAppend", OnClient("client", "clientId", json!({ "kind": "NOTE", "text": "" }))),
        ("contactCreate", OnClient("client", "clientId", json!({ "name": "" }))),
        ("contactUpdate", OnClient("contact", "id", version(json!({ "name": "" })))),
        ("contactDelete", OnClient("fresh contact", "id", json!({}))),
        ("activityCreate", OnClient("client", "clientId", json!({ "kind": "CALL", "title": "" }))),
        ("activityUpdate", OnClient("activity", "id", version(json!({ "title": "" })))),
        ("activityComplete", OnClient("activity", "id", json!({ "expectedVersion": 99 }))),
        ("activityCancel", OnClient("activity", "id", json!({ "expectedVersion": 99 }))),
        ("activityReopen", OnClient("activity", "id", version(json!({})))),
        ("syncRequest", OnClient("client", "id", json!({}))),
        ("syncRetry", Office(json!({}))),
        ("syncDiscard", Office(json!({ "reason": "" }))),
        ("deadLetterRetry", Office(json!({}))),
        ("deadLetterDiscard", Office(json!({ "reason": "" }))),
        ("notificationMarkRead", Anas(json!({ "id": world.id("notification") }))),
        ("notificationMarkUnread", Anas(json!({ "id": world.id("notification") }))),
        ("notificationMarkAllRead", Anas(json!({ "id": world.id("notification") }))),
    ]
}

fn document(mutation: &str) -> String {
    let schema = cabina::graphql::schema::sdl();
    let field = schema.split(&format!(" {mutation}(")).nth(1).expect("a mutation");
    let input = field.split("input: ").nth(1).and_then(|rest| rest.split('!').next()).expect("an input");
    format!(
        "mutation($input: {input}!) {{ {mutation}(input: $input) {{ userErrors {{ code field }} event {{ id }} }} }}"
    )
}

#[tokio::test]
async fn every_mutation_lets_each_role_reach_its_own() {
    let world = world().await;
    let rows = mutations(&world);
    let listed: BTreeSet<String> = rows.iter().map(|(name, _)| (*name).to_owned()).collect();
    assert_eq!(listed, root_fields("Mutation"), "every mutation has its row here");
    let traces = world.app.traces().await;
    let mut changed = 0;
    for (mutation, about) in &rows {
        for (name, actor) in &world.actors {
            let (nobody, reader) = (*name == "nobody", *name == "reader");
            let mut cases: Vec<(Value, Gets)> = Vec::new();
            let mut on = |kind: &str, field: &str, fields: &Value, forbidden: bool| {
                for whose in WHOSE {
                    let mut input = fields.clone();
                    let key = if kind.starts_with("fresh") {
                        format!("{kind} {whose} {name}")
                    } else {
                        format!("{kind} {whose}")
                    };
                    input[field] = json!(world.id(&key));
                    let expected = match () {
                        () if nobody => Stranger,
                        // A client that is not seen is not there, whatever the role may do with others.
                        () if !sees(name, whose) && mutation.starts_with("client") => Nothing,
                        () if forbidden => Forbidden,
                        () if !sees(name, whose) => Nothing,
                        () => Through,
                    };
                    cases.push((input, expected));
                }
            };
            match about {
                OnClient(kind, field, fields) => on(kind, field, fields, reader),
                Supervising(fields) => on("client", "id", fields, !["sofia", "admin"].contains(name)),
                Office(fields) => {
                    let unknown = fields["id"].as_str().is_some_and(|id| id.ends_with("0000000000"));
                    let expected = match *name {
                        "nobody" => Stranger,
                        "admin" if unknown => Nothing,
                        "admin" => Through,
                        _ => Forbidden,
                    };
                    cases.push((fields.clone(), expected));
                }
                Account(fields) => {
                    for whose in ["user own", "user other"] {
                        let mut input = fields.clone();
                        input["id"] = json!(world.id(whose));
                        let own = actor.id == world.id(whose);
                        let expected = match *name {
                            "nobody" => Stranger,
                            "admin" => Through,
                            _ if own => Through,
                            _ => Forbidden,
                        };
                        cases.push((input, expected));
                    }
                }
                New(fields) => cases.push((
                    fields.clone(),
                    if nobody {
                        Stranger
                    } else if reader {
                        Forbidden
                    } else {
                        Through
                    },
                )),
                Open(fields) => cases.push((fields.clone(), Through)),
                Anas(fields) => {
                    let expected = match *name {
                        "nobody" => Stranger,
                        "ana" => Through,
                        _ => Nothing,
                    };
                    cases.push((fields.clone(), expected));
                }
                Session(fields) => {
                    cases.push((fields.clone(), if nobody || reader { Stranger } else { Nothing }));
                }
            }
            for (input, expected) in cases {
                let body = actor.send(&document(mutation), json!({ "input": input })).await.body;
                assert_eq!(outcome(&body, mutation), expected, "{name} {mutation} {input}\n{body}");
                changed += usize::from(body["data"][mutation]["event"]["id"].is_string());
            }
        }
    }
    // Most inputs are wrong on purpose: what is written are two changed names (the admin is first, the others find them
    // changed already), the deleted contacts (four by the admin, three by Sofía, two by Ana, one by Carla) and Ana's
    // notification, read, unread and read again, and each client asked to be sent by all who see it and may write.
    assert_eq!(world.app.traces().await[0] - traces[0], i64::try_from(changed).expect("few"));
    assert_eq!(changed, 2 + 2 * (4 + 3 + 2 + 1) + 3);
}

/// Crawls everything that can be reached from the root lists, along every edge, and gathers the ids by kind.
struct Crawl {
    /// Fields of each object type: name, and the object type that it leads to.
    types: BTreeMap<String, Vec<(String, Option<String>)>>,
    interfaces: BTreeSet<String>,
}

impl Crawl {
    async fn new(actor: &Actor) -> Crawl {
        let query = "{ __schema { types { name kind fields { name args { name type { kind } } type { ...T } } } } }
            fragment T on __Type { name kind ofType { name kind ofType { name kind ofType { name kind } } } }";
        let data = actor.data(query, json!({})).await;
        let mut types = BTreeMap::new();
        let mut interfaces = BTreeSet::new();
        for kind in data["__schema"]["types"].as_array().expect("types") {
            let name = kind["name"].as_str().expect("a name").to_owned();
            if kind["kind"] == "INTERFACE" {
                interfaces.insert(name.clone());
            }
            if kind["kind"] != "OBJECT" || name.starts_with("__") {
                continue;
            }
            let mut fields = Vec::new();
            for field in kind["fields"].as_array().expect("fields") {
                let needs = field["args"]
                    .as_array()
                    .expect("args")
                    .iter()
                    .any(|arg| arg["type"]["kind"] == "NON_NULL");
                let mut inner = &field["type"];
                while inner["name"].is_null() {
                    inner = &inner["ofType"];
                }
                let object = ["OBJECT", "INTERFACE"].contains(&inner["kind"].as_str().expect("a kind"));
                let target = object.then(|| inner["name"].as_str().expect("a name").to_owned());
                if !needs {
                    fields.push((field["name"].as_str().expect("a name").to_owned(), target));
                }
            }
            types.insert(name, fields);
        }
        Crawl { types, interfaces }
    }

    /// A selection of everything, so many levels deep.
    fn selection(&self, kind: &str, depth: usize) -> String {
        let mut text = "{ __typename".to_owned();
        for (field, target) in &self.types[kind] {
            match target {
                None => text.push_str(&format!(" {field}")),
                Some(target) if depth > 0 && !self.interfaces.contains(target) => {
                    // Pages are no level of their own.
                    let inner = if target.ends_with("Connection") || target.ends_with("Edge") {
                        depth
                    } else {
                        depth - 1
                    };
                    if field == "edges" {
                        continue; // the same rows as nodes
                    }
                    text.push_str(&format!(" {field} {}", self.selection(target, inner)));
                }
                Some(_) => {}
            }
        }
        text.push_str(" }");
        text
    }
}

fn gather(value: &Value, found: &mut BTreeMap<String, BTreeSet<String>>) {
    match value {
        Value::Object(fields) => {
            if let (Some(kind), Some(id)) =
                (fields.get("__typename").and_then(Value::as_str), fields.get("id").and_then(Value::as_str))
            {
                found.entry(kind.to_owned()).or_default().insert(id.to_owned());
            }
            fields.values().for_each(|value| gather(value, found));
        }
        Value::Array(items) => items.iter().for_each(|item| gather(item, found)),
        _ => {}
    }
}

#[tokio::test]
async fn whatever_hangs_on_what_one_sees_is_what_one_may_see() {
    let world = world().await;
    let crawl = Crawl::new(&world.actors["admin"]).await;
    for (name, actor) in world.actors.iter().filter(|(name, _)| **name != "nobody") {
        let mut found = BTreeMap::new();
        for (root, target) in crawl.types["Query"].iter() {
            let Some(target) = target else { continue };
            if LISTS.iter().any(|(field, _, forbidden)| field == root && forbidden.contains(name)) {
                continue;
            }
            let body =
                actor.send(&format!("{{ {root} {} }}", crawl.selection(target, 2)), json!({})).await.body;
            assert!(body.get("errors").is_none(), "{name} {root}: {body}");
            gather(&body["data"], &mut found);
        }
        let mine = |kind: &str| -> BTreeSet<String> {
            let visible = WHOSE.iter().filter(|whose| sees(name, whose));
            visible.map(|whose| world.id(&format!("{kind} {whose}")).to_owned()).collect()
        };
        assert_eq!(found["Client"], mine("client"), "{name}");
        for whose in WHOSE {
            let is_there = found["Contact"].contains(world.id(&format!("contact {whose}")));
            assert_eq!(is_there, sees(name, whose), "{name} contact {whose}");
        }
        assert_eq!(found["Activity"], mine("activity"), "{name}");
        let entries: BTreeSet<String> = found["EventLogEntry"].clone();
        for whose in WHOSE {
            let is_there = entries.contains(world.id(&format!("entry {whose}")));
            assert_eq!(is_there, sees(name, whose), "{name} entry {whose}");
        }
        // How a thing stands in Odoo has the thing's own UUID: it is seen by those who see the thing.
        let uuid = |id: &String| id.rsplit('_').next().unwrap_or_default().to_owned();
        let things = ["Client", "Contact", "EventLogEntry"].map(|kind| found[kind].iter().map(uuid));
        let things: BTreeSet<String> = things.into_iter().flatten().collect();
        let stands: BTreeSet<String> = found["SyncState"].iter().map(uuid).collect();
        assert!(stands.is_subset(&things) && stands.len() >= mine("client").len(), "{name}");
        let others_team = world.id("team other");
        let own_team = world.id("team own");
        let north = *name == "ana" || *name == "sofia" || *name == "reader";
        assert_eq!(found["Team"].contains(others_team), !north, "{name}");
        assert_eq!(found["Team"].contains(own_team), north || *name == "admin", "{name}");
        assert_eq!(found["User"].contains(world.id("user other")), !north, "{name}");
        assert_eq!(found["User"].contains(world.id("user own")), north || *name == "admin", "{name}");
        let everybodys = ["Market", "Ecosystem"];
        let judged = [
            "Client",
            "Contact",
            "Activity",
            "EventLogEntry",
            "Team",
            "User",
            "Session",
            "ApiKey",
            "AuditEntry",
            "Notification",
            "DeadLetter",
            "SyncState",
        ];
        for kind in found.keys() {
            let known = everybodys.contains(&kind.as_str()) || judged.contains(&kind.as_str());
            assert!(known, "{kind} has no rule in this test: who may see it?");
        }
        assert_eq!(found.contains_key("Notification"), *name == "ana", "{name}");
        let office = found.contains_key("ApiKey") || found.contains_key("AuditEntry");
        assert_eq!(office, *name == "admin", "{name}");
    }
}

/// Streams of items: what is asked of each, so that the ids of clients are in it.
const STREAMS: [(&str, &str); 7] = [
    ("clientUpdated", "clientId"),
    ("eventlogNew", "entry { client { id } }"),
    ("notificationNew", "notification { client { id } }"),
    ("deadLetterChanged", "deadLetterId"),
    ("jobChanged", "job { id }"),
    ("syncChanged", "subjectId sync { status }"),
    (
        "feed",
        "__typename ... on ClientUpdated { clientId } ... on EventlogNew { entry { client { id } } }
         ... on NotificationNew { notification { client { id } } } ... on ViewerChanged { viewer { id } }
         ... on SyncChanged { subjectId }",
    ),
];

#[tokio::test]
async fn every_stream_gives_each_role_its_own() {
    let world = world().await;
    let listed: BTreeSet<String> =
        STREAMS.iter().map(|(field, _)| *field).chain(["dashboard"]).map(str::to_owned).collect();
    assert_eq!(listed, root_fields("Subscription"), "every stream has its row here");
    world.app.settled().await;
    for (name, actor) in &world.actors {
        let mut screen = Screen::of(actor).await;
        for (field, selection) in STREAMS {
            let query = format!("subscription {{ {field}(after: \"YXQ6MA\") {{ {selection} }} }}");
            screen.subscribe(field, &query, json!({})).await;
        }
        let board = "subscription { dashboard { clients { clients } } }";
        screen.subscribe("dashboard", board, json!({})).await;
        let mut heard: BTreeMap<String, Vec<Value>> = BTreeMap::new();
        while let Some(Frame::Said(message)) = screen.hear_soon().await {
            let id = message["id"].as_str().expect("an id").to_owned();
            if *name == "nobody" {
                assert_eq!(message["payload"][0]["extensions"]["code"], "UNAUTHENTICATED", "{message}");
            } else {
                assert_eq!(message["type"], "next", "{message}");
                assert_eq!(message["payload"].get("errors"), None, "{message}");
            }
            heard.entry(id).or_default().push(message["payload"]["data"].clone());
        }
        if *name == "nobody" {
            assert_eq!(heard.len(), STREAMS.len() + 1, "each stream is refused");
            continue;
        }
        let visible: BTreeSet<&str> = WHOSE.into_iter().filter(|whose| sees(name, whose)).collect();
        let clients = |field: &str| -> BTreeSet<&str> {
            let text = json!(heard.get(field)).to_string();
            WHOSE.into_iter().filter(|whose| text.contains(world.id(&format!("client {whose}")))).collect()
        };
        for field in ["clientUpdated", "eventlogNew", "syncChanged", "feed"] {
            assert_eq!(clients(field), visible, "{name} {field}");
        }
        let told = if *name == "ana" { BTreeSet::from(["own"]) } else { BTreeSet::new() };
        assert_eq!(clients("notificationNew"), told, "{name}");
        let feed = json!(heard["feed"]).to_string();
        assert_eq!(feed.contains("NotificationNew"), *name == "ana", "{name}");
        for user in ["user own", "user team", "user other"] {
            let theirs = feed.contains(&format!("\"viewer\":{{\"id\":\"{}\"", world.id(user)));
            assert!(!theirs || actor.id == world.id(user), "{name} is told of {user}");
        }
        let last = heard["dashboard"].last().expect("figures");
        assert_eq!(last["dashboard"]["clients"]["clients"], visible.len(), "{name}");
    }
}
