//! Every place where a text enters, as the schema itself tells of them.

use std::collections::HashMap;

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use crate::support::{Actor, Setup};

const SCHEMA: &str = "{ __schema { types { name kind enumValues { name } inputFields { name type { ...T } }
        fields { name type { ...T } args { name type { ...T } } } } } }
    fragment T on __Type { kind name ofType { kind name ofType { kind name ofType { kind name } } } }";

/// What the schema tells of itself.
struct Schema(HashMap<String, Value>);

/// The type at the bottom of lists and of what must be given.
fn named(of: &Value) -> &str {
    of["name"].as_str().unwrap_or_else(|| named(&of["ofType"]))
}

/// A type as documents write it.
fn written(of: &Value) -> String {
    match of["kind"].as_str() {
        Some("NON_NULL") => format!("{}!", written(&of["ofType"])),
        Some("LIST") => format!("[{}]", written(&of["ofType"])),
        _ => named(of).to_owned(),
    }
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map(Vec::as_slice).unwrap_or_default()
}

impl Schema {
    async fn of(actor: &Actor) -> Schema {
        let told = actor.data(SCHEMA, json!({})).await;
        let types = list(&told["__schema"]["types"]).iter();
        Schema(types.map(|of| (of["name"].as_str().expect("a name").to_owned(), of.clone())).collect())
    }

    /// As little as may be given for a type.
    fn least(&self, of: &Value) -> Value {
        match (of["kind"].as_str(), named(of)) {
            (Some("NON_NULL"), _) => self.least(&of["ofType"]),
            (Some("LIST"), _) => json!([self.least(&of["ofType"])]),
            (Some("ENUM"), name) => self.0[name]["enumValues"][0]["name"].clone(),
            (Some("INPUT_OBJECT"), name) => self.least_of(list(&self.0[name]["inputFields"])),
            (_, "Int" | "Float") => json!(1),
            (_, "Boolean") => json!(true),
            (_, "DateTime") => json!("2027-03-01T10:00:00Z"),
            _ => json!("x"),
        }
    }

    /// What must be given among these arguments or fields.
    fn least_of(&self, parts: &[Value]) -> Value {
        let needed = parts.iter().filter(|part| part["type"]["kind"] == "NON_NULL");
        needed
            .map(|part| (part["name"].as_str().expect("a name").to_owned(), self.least(&part["type"])))
            .collect()
    }

    /// The places in a value of this type where a text can stand: the path to each, and a value with this text there.
    fn places(&self, of: &Value, text: &str, within: &[&str]) -> Vec<(String, Value)> {
        match (of["kind"].as_str(), named(of)) {
            (Some("NON_NULL"), _) => self.places(&of["ofType"], text, within),
            (Some("LIST"), _) => {
                let items = self.places(&of["ofType"], text, within).into_iter();
                items.map(|(path, value)| (format!(".0{path}"), json!([value]))).collect()
            }
            // One within itself holds the same places.
            (Some("INPUT_OBJECT"), name) if !within.contains(&name) => {
                let fields = list(&self.0[name]["inputFields"]);
                let within = [within, &[name]].concat();
                let inner = fields.iter().flat_map(|field| {
                    let field_name = field["name"].as_str().expect("a name");
                    let inner = self.places(&field["type"], text, &within).into_iter();
                    inner.map(move |(path, value)| {
                        let mut object = self.least_of(fields);
                        object[field_name] = value;
                        (format!(".{field_name}{path}"), object)
                    })
                });
                inner.collect()
            }
            (Some("SCALAR"), "Int" | "Float" | "Boolean") => Vec::new(),
            (Some("SCALAR"), _) => vec![(String::new(), json!(text))],
            _ => Vec::new(),
        }
    }

    /// Of every query and mutation, each place where a text can stand: a document, its variables, and the place.
    fn requests(&self, text: &str) -> Vec<(String, Value, String)> {
        let mut requests = Vec::new();
        for (operation, root) in [("query", "Query"), ("mutation", "Mutation")] {
            for field in list(&self.0[root]["fields"]) {
                let (name, args) = (field["name"].as_str().expect("a name"), list(&field["args"]));
                let composite = ["OBJECT", "INTERFACE", "UNION"];
                let kind = self.0[named(&field["type"])]["kind"].as_str().expect("a kind");
                let selection = if composite.contains(&kind) { "{ __typename }" } else { "" };
                for arg in args {
                    let arg_name = arg["name"].as_str().expect("a name");
                    for (path, value) in self.places(&arg["type"], text, &[]) {
                        let mut variables = self.least_of(args);
                        variables[arg_name] = value;
                        let given =
                            |arg: &&Value| variables.get(arg["name"].as_str().expect("a name")).is_some();
                        let declare = |arg: &Value| {
                            format!("${}: {}", arg["name"].as_str().expect("a name"), written(&arg["type"]))
                        };
                        let declared: Vec<String> = args.iter().filter(given).map(declare).collect();
                        let pass = |arg: &Value| format!("{0}: ${0}", arg["name"].as_str().expect("a name"));
                        let passed: Vec<String> = args.iter().filter(given).map(pass).collect();
                        let document = format!(
                            "{operation}({}) {{ {name}({}) {selection} }}",
                            declared.join(", "),
                            passed.join(", ")
                        );
                        requests.push((document, variables, format!("${arg_name}{path}")));
                    }
                }
            }
        }
        requests
    }
}

#[tokio::test]
async fn the_character_that_no_database_keeps_is_refused_in_every_argument_of_the_schema() {
    let app = Setup::default().with("CABINA_POINTS_PER_MINUTE", 10_000_000).start().await;
    let admin = app.admin().await;
    let schema = Schema::of(&admin).await;
    let traces = app.traces().await;
    let requests = schema.requests("a\0b");
    println!("{} places", requests.len());
    for needed in
        ["$text", "$input.email", "$input.address.city", "$filter.market.0", "$ids.0", "$input.payload"]
    {
        assert!(requests.iter().any(|(.., place)| place == needed), "{needed}");
    }
    for (document, variables, place) in requests {
        let answer = admin.send(&document, variables).await;
        assert_eq!(answer.code(), "BAD_INPUT", "{document} {place}: {}", answer.body);
        let told = format!("{place}: must not contain the character U+0000");
        assert_eq!(answer.body["errors"][0]["message"], told, "{document}");
    }
    assert_eq!(app.traces().await, traces, "nothing was written");
}

#[tokio::test]
async fn a_cursor_that_holds_it_is_none() {
    let app = Setup::default().start().await;
    let ana = app.ana().await;
    for name in ["Alba", "Rosa"] {
        ana.client(name).await;
    }
    let page =
        "query($after: String) { clients(first: 1, after: $after, orderBy: { field: NAME, direction: ASC }) {
        nodes { name } pageInfo { endCursor } } }";
    let first = ana.data(page, json!({})).await["clients"].clone();
    assert_eq!(first["nodes"][0]["name"], "Alba");
    let cursor = first["pageInfo"]["endCursor"].as_str().expect("a cursor");
    let place = BASE64_URL_SAFE_NO_PAD.decode(cursor).expect("base64");
    let mut place: Value = serde_json::from_slice(&place).expect("JSON");
    assert_eq!(place[1], "alba");
    for (name, after) in [("alba", Some("Rosa")), ("b", Some("Rosa")), ("a\0", None)] {
        place[1] = json!(name);
        let cursor = BASE64_URL_SAFE_NO_PAD.encode(place.to_string());
        let answer = ana.send(page, json!({ "after": cursor })).await;
        match after {
            Some(next) => assert_eq!(answer.body["data"]["clients"]["nodes"][0]["name"], next, "{name}"),
            None => {
                let told = json!("after: is no cursor of this list in this order");
                assert_eq!((answer.code(), &answer.body["errors"][0]["message"]), ("BAD_INPUT", &told));
            }
        }
    }
}

#[tokio::test]
async fn lists_are_bounded_wherever_they_are_given() {
    let app = Setup::default().start().await;
    let admin = app.admin().await;
    let events = "query($who: [ID!], $states: [AgendaEventState!]) { agendaEvents(range: { start: \"2027-01-01T00:00:00Z\",
        end: \"2027-02-01T00:00:00Z\" }, filter: { assigneeIds: $who, states: $states }) { totalCount } }";
    let (who, states) = (json!(vec![admin.id.clone(); 5001]), json!(vec!["PLANNED"; 5001]));
    for (variables, told) in [
        (json!({ "who": who }), "$who: must have at most 5000 items"),
        (json!({ "states": states }), "$states: must have at most 5000 items"),
    ] {
        let answer = admin.send(events, variables).await;
        assert_eq!((answer.code(), &answer.body["errors"][0]["message"]), ("BAD_INPUT", &json!(told)));
    }
    let fewer = json!({ "who": vec![admin.id.clone(); 200], "states": vec!["PLANNED"; 5000] });
    assert_eq!(admin.data(events, fewer).await["agendaEvents"]["totalCount"], 0);
    let clients = "query($filter: ClientFilter) { clients(filter: $filter) { totalCount } }";
    let branch = json!({ "tags": vec!["vip"; 100] });
    for (filter, told) in [
        (json!({ "tags": vec!["vip"; 201] }), true),
        (json!({ "or": [branch, { "not": branch }] }), true),
        (json!({ "or": [branch, { "tags": vec!["vip"; 90] }] }), false),
    ] {
        let answer = admin.send(clients, json!({ "filter": filter })).await;
        if told {
            let message = "filter: may hold at most 200 values in all its lists together";
            assert_eq!((answer.code(), &answer.body["errors"][0]["message"]), ("BAD_INPUT", &json!(message)));
        } else {
            assert_eq!(answer.body["data"]["clients"]["totalCount"], 0, "{}", answer.body);
        }
    }
}
