//! `schema.graphql` is the contract: it is what the code says, and it explains itself.

use cabina::graphql::schema::sdl;

#[test]
fn the_committed_schema_is_what_the_code_says() {
    let committed = include_str!("../../schema.graphql");
    assert!(committed == sdl(), "schema.graphql is stale: run make schema");
}

/// Every type, field, argument and enum value is described, for whoever reads the schema in GraphiQL.
#[tokio::test]
async fn everything_is_described() {
    let app = crate::support::TestApp::start().await;
    let query = "{ __schema { types { name kind description
        fields(includeDeprecated: true) { name description args { name description } }
        inputFields { name description } enumValues(includeDeprecated: true) { name description } } } }";
    let data = app.nobody().data(query, serde_json::json!({})).await;
    let empty =
        |value: &serde_json::Value| value["description"].as_str().is_none_or(|text| text.trim().is_empty());
    let list = |value: &serde_json::Value| value.as_array().cloned().unwrap_or_default();
    let mut bare = Vec::new();
    for kind in list(&data["__schema"]["types"]) {
        let name = kind["name"].as_str().expect("a name").to_owned();
        // The specification describes its own types.
        if name.starts_with("__") || name == "ID" {
            continue;
        }
        if empty(&kind) {
            bare.push(name.clone());
        }
        for member in list(&kind["fields"])
            .into_iter()
            .chain(list(&kind["inputFields"]))
            .chain(list(&kind["enumValues"]))
        {
            let path = format!("{name}.{}", member["name"].as_str().expect("a name"));
            if empty(&member) {
                bare.push(path.clone());
            }
            bare.extend(
                list(&member["args"])
                    .iter()
                    .filter(|arg| empty(arg))
                    .map(|arg| format!("{path}({})", arg["name"])),
            );
        }
    }
    assert!(bare.is_empty(), "without a description: {bare:#?}");
}

/// A type that nothing leads to is noise for whoever reads the schema. An interface is used by those that implement it.
#[tokio::test]
async fn every_type_is_used() {
    let app = crate::support::TestApp::start().await;
    let kind = "type { name ofType { name ofType { name ofType { name ofType { name } } } } }";
    let query = format!(
        "{{ __schema {{ queryType {{ name }} mutationType {{ name }} subscriptionType {{ name }}
            types {{ name interfaces {{ name }} possibleTypes {{ name }} inputFields {{ {kind} }}
            fields(includeDeprecated: true) {{ {kind} args {{ {kind} }} }} }} }} }}"
    );
    let schema = app.nobody().data(&query, serde_json::json!({})).await["__schema"].clone();
    let types = schema["types"].as_array().expect("types");
    let mut unused: Vec<&str> = types.iter().filter_map(|kind| kind["name"].as_str()).collect();
    unused.retain(|name| !name.starts_with("__"));
    let builtin = ["Boolean", "Float", "ID", "Int", "String"];
    unused.retain(|name| !builtin.contains(name));
    let mut reached: Vec<&str> = ["queryType", "mutationType", "subscriptionType"]
        .iter()
        .filter_map(|root| schema[root]["name"].as_str())
        .collect();
    while let Some(next) = reached.pop() {
        let Some(at) = unused.iter().position(|name| *name == next) else { continue };
        unused.remove(at);
        let found = types.iter().find(|kind| kind["name"] == next).expect("a type");
        names_in(found, &mut reached);
    }
    assert!(unused.is_empty(), "nothing leads to {unused:?}");
}

/// All names of types within a part of the schema.
fn names_in<'a>(part: &'a serde_json::Value, names: &mut Vec<&'a str>) {
    match part {
        serde_json::Value::Array(parts) => parts.iter().for_each(|part| names_in(part, names)),
        serde_json::Value::Object(fields) => {
            names.extend(fields.get("name").and_then(|name| name.as_str()));
            fields.values().for_each(|part| names_in(part, names));
        }
        _ => {}
    }
}

/// What a member of the feed's union forgets, a screen would miss that asks for what all items tell.
#[tokio::test]
async fn every_item_of_the_feed_is_a_live_item() {
    let app = crate::support::TestApp::start().await;
    let query = r#"fragment Fields on __Type { name fields { name type { kind name ofType { kind name } } } }
        { item: __type(name: "LiveItem") { ...Fields possibleTypes { name } }
          feed: __type(name: "FeedItem") { possibleTypes { ...Fields interfaces { name } } } }"#;
    let data = app.nobody().data(query, serde_json::json!({})).await;
    let list = |value: &serde_json::Value| value.as_array().cloned().unwrap_or_default();
    let (told, members) = (list(&data["item"]["fields"]), list(&data["feed"]["possibleTypes"]));
    let names: Vec<_> = told.iter().map(|field| field["name"].as_str().unwrap_or_default()).collect();
    assert_eq!(names, ["cursor", "previous", "eventId"]);
    assert!(members.len() >= 9, "{members:?}");
    for member in &members {
        let interfaces = list(&member["interfaces"]);
        assert!(interfaces.contains(&serde_json::json!({ "name": "LiveItem" })), "{}", member["name"]);
        let fields = list(&member["fields"]);
        assert!(
            told.iter().all(|field| fields.contains(field)),
            "{} lacks some of {names:?}",
            member["name"]
        );
    }
    assert_eq!(list(&data["item"]["possibleTypes"]).len(), members.len());
}
