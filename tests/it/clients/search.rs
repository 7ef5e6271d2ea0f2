//! Search as you type.

use serde_json::json;

use crate::support::{Actor, TestApp};

async fn found(actor: &Actor, text: &str) -> Vec<String> {
    let query = "query($text: String!) { clientSearch(text: $text) { matchedField score client { name } } }";
    let data = actor.data(query, json!({ "text": text })).await;
    let hits = data["clientSearch"].as_array().expect("hits");
    hits.iter()
        .map(|hit| {
            format!(
                "{} {}",
                hit["client"]["name"].as_str().expect("a name"),
                hit["matchedField"].as_str().expect("a field")
            )
        })
        .collect()
}

#[tokio::test]
async fn beginnings_of_words_are_found_whatever_their_accents() {
    let app = TestApp::start().await;
    let (ana, sofia) = (app.ana().await, app.sofia().await);
    ana.client_with(
        json!({ "name": "María José González", "email": "mj@gonzalez.example", "phone": "449 123 4567" }),
    )
    .await;
    ana.client_with(json!({ "name": "Gonzalo Núñez", "taxId": "GODE561231GR8", "tags": ["Güero"] })).await;
    ana.client_with(json!({ "name": "Ana Belén", "phone": "+34 612 34 56 78", "market": "madrid" })).await;
    ana.client_with(json!({ "name": "Anabel Íñiguez" })).await;
    for (text, expected) in [
        ("gonzalez", vec!["María José González NAME"]),
        ("GONZÁLE", vec!["María José González NAME"]),
        ("gonz", vec!["Gonzalo Núñez NAME", "María José González NAME"]),
        ("gonz mar", vec!["María José González NAME"]),
        ("jose maria", vec!["María José González NAME"]),
        ("nunez", vec!["Gonzalo Núñez NAME"]),
        ("iñig", vec!["Anabel Íñiguez NAME"]),
        ("ana", vec!["Ana Belén NAME", "Anabel Íñiguez NAME"]),
        ("mj@gon", vec!["María José González EMAIL"]),
        ("449 123", vec!["María José González PHONE"]),
        ("+52 449", vec!["María José González PHONE"]),
        ("4567", vec!["María José González PHONE"]),
        ("612345", vec!["Ana Belén PHONE"]),
        ("gode-561231", vec!["Gonzalo Núñez TAX_ID"]),
        ("ags-00002", vec!["Gonzalo Núñez NUMBER"]),
        ("guero", vec!["Gonzalo Núñez TAG"]),
        ("gonzalez m", vec!["María José González NAME"]),
        ("m g", vec!["María José González NAME"]),
        ("maria gonzalez j", vec!["María José González NAME"]),
        ("mj@gonzalez.ex maria", vec!["María José González EMAIL"]),
        ("mj@gonzalez.es maria", vec![]),
        ("o'x@y maria", vec![]),
        ("a\\'@y maria", vec![]),
        ("onzalez", vec![]),
        ("gonzalez nunez", vec![]),
        ("%", vec![]),
        ("", vec![]),
    ] {
        assert_eq!(found(&ana, text).await, expected, "{text}");
        assert_eq!(found(&sofia, text).await, expected, "{text}, by the team's supervisor");
    }
}

#[tokio::test]
async fn words_follow_the_changes_of_their_client() {
    let app = TestApp::start().await;
    let ana = app.ana().await;
    let id = ana.client_with(json!({ "name": "Rosa Vela", "tags": ["old"] })).await["id"].clone();
    let change = json!({ "id": id, "expectedVersion": 1, "name": "Rosa Vera", "tags": ["new"] });
    ana.run("clientUpdate", change, "client { id }").await;
    for (text, expected) in [("vela", 0), ("vera", 1), ("rosa", 1), ("old", 0), ("new", 1)] {
        assert_eq!(found(&ana, text).await.len(), expected, "{text}");
    }
}

#[tokio::test]
async fn a_search_takes_a_fixed_number_of_statements() {
    let app = TestApp::start().await;
    let (ana, sofia) = (app.ana().await, app.sofia().await);
    for index in 0..20 {
        ana.client(&format!("Pedro Paramo {index}")).await;
    }
    // On PostgreSQL several words are looked for as whole words first.
    let postgres = app.app.database.backend() == sea_orm::DbBackend::Postgres;
    let two_words = if postgres { 3 } else { 2 };
    for (actor, text, statements) in
        [(&ana, "pedro", 3), (&sofia, "pedro", 2), (&sofia, "pedro par", two_words), (&sofia, "nobody", 1)]
    {
        found(actor, text).await;
        let before = app.app.database.statements();
        found(actor, text).await;
        assert_eq!(app.app.database.statements() - before, statements, "{text}");
    }
}
