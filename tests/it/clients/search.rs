//! Search as you type.

use serde_json::json;

use crate::support::{Actor, TestApp};

pub async fn found(actor: &Actor, text: &str) -> Vec<String> {
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
async fn what_people_paste_is_found() {
    let app = TestApp::start().await;
    let (ana, sofia, admin) = (app.ana().await, app.sofia().await, app.admin().await);
    for client in [
        json!({ "name": "Qorvex, S.A. de C.V.", "email": "ventas.norte@qorvex.com.mx", "phone": "449 123 4567", "taxId": "EKU9003173C9" }),
        json!({ "name": "Patrick O'Brien", "email": "josé@peña.example", "phone": "+34 612 34 56 78", "market": "madrid" }),
        json!({ "name": "Tintes S.L.U.", "phone": "+44 20 7946 0958", "market": "madrid", "taxId": "B65410011" }),
        json!({ "name": "Nortia SAPI de CV", "taxId": "ÑUÑ900101AB1" }),
        json!({ "name": "Somebody Else", "email": "else@x.example", "phone": "33 1234 5678" }),
    ] {
        ana.client_with(client).await;
    }
    let qorvex = |field: &str| format!("Qorvex, S.A. de C.V. {field}");
    let obrien = |field: &str| format!("Patrick O'Brien {field}");
    let tintes = |field: &str| format!("Tintes S.L.U. {field}");
    let nortia = |field: &str| format!("Nortia SAPI de CV {field}");
    for (text, expected) in [
        ("5214491234567", qorvex("PHONE")),
        ("+52 1 449 123 4567", qorvex("PHONE")),
        ("0052 1 449 123 4567", qorvex("PHONE")),
        ("044 449 123 4567", qorvex("PHONE")),
        ("045-449-123-4567", qorvex("PHONE")),
        ("01 (449) 123 4567", qorvex("PHONE")),
        ("01 449 12", qorvex("PHONE")),
        ("449\u{a0}123\u{202f}4567", qorvex("PHONE")),
        ("\u{202a}+52 449 123 4567\u{202c}\u{200e}", qorvex("PHONE")),
        ("tel:+52-449-123-4567", qorvex("PHONE")),
        ("449 123 4567 ext. 12", qorvex("PHONE")),
        ("４４９１２３４５６７", qorvex("PHONE")),
        ("0034 612 34 56 78", obrien("PHONE")),
        ("020 7946 0958", tintes("PHONE")),
        ("+44 (0)20 7946 0958", tintes("PHONE")),
        ("ventas.n", qorvex("EMAIL")),
        ("ventas", qorvex("EMAIL")),
        ("norte", qorvex("EMAIL")),
        ("norte@qor", qorvex("EMAIL")),
        ("qorvex.com.mx", qorvex("EMAIL")),
        ("@qorvex.com", qorvex("EMAIL")),
        ("Ventas Norte <ventas.norte@qorvex.com.mx>", qorvex("EMAIL")),
        ("\"Norte, Ventas\" <VENTAS.NORTE@qorvex.com.mx>;", qorvex("EMAIL")),
        ("mailto:ventas.norte@qorvex.com.mx", qorvex("EMAIL")),
        ("ventas.norte@qorvex.com.mx,", qorvex("EMAIL")),
        ("ventas.norte@qorvex.com.mx; qorvex", qorvex("EMAIL")),
        ("jose\u{301}@pen\u{303}a.example", obrien("EMAIL")),
        ("josé@xn--pea-8ma.example", obrien("EMAIL")),
        ("jose@pena", obrien("EMAIL")),
        ("qorvex sa de cv", qorvex("NAME")),
        ("Qorvex S.A. de C.V.", qorvex("NAME")),
        ("qorvex, s. a. de c. v.", qorvex("NAME")),
        ("qorvex s a", qorvex("NAME")),
        ("tintes slu", tintes("NAME")),
        ("tintes SL", tintes("NAME")),
        ("TINTES, S.L.", tintes("NAME")),
        ("nortia s.a.p.i. de c.v.", nortia("NAME")),
        ("obrien", obrien("NAME")),
        ("o'brien", obrien("NAME")),
        ("o’brien", obrien("NAME")),
        ("OʼBri", obrien("NAME")),
        ("brien patrick", obrien("NAME")),
        ("MXEKU9003173C9", qorvex("TAX_ID")),
        ("EKU 900317 3C9", qorvex("TAX_ID")),
        ("\u{200e}eku-900317-3c9", qorvex("TAX_ID")),
        ("qorvex mxeku9003173c9", qorvex("TAX_ID")),
        ("ESB65410011", tintes("TAX_ID")),
        ("ñuñ900101", nortia("TAX_ID")),
    ] {
        for (who, actor) in [("advisor", &ana), ("supervisor", &sofia), ("admin", &admin)] {
            assert_eq!(found(actor, text).await, std::slice::from_ref(&expected), "{text:?} by the {who}");
        }
    }
}

#[tokio::test]
async fn phone_numbers_are_stored_as_well_as_they_were_pasted() {
    let app = TestApp::start().await;
    let ana = app.ana().await;
    let find = "query($phone: PhoneNumber!) { clients(filter: { phone: $phone }) { totalCount } }";
    for (digit, typed) in [
        "tel:+52-449-123-456{}",
        "\u{200e}449\u{a0}123 456{}\u{200f}",
        "521449123456{}",
        "449 123 456{} ext. 12",
    ]
    .into_iter()
    .enumerate()
    {
        let typed = typed.replace("{}", &digit.to_string());
        let input =
            json!({ "kind": "PERSON", "name": "Somebody", "market": "aguascalientes", "phone": typed });
        let made = ana.run("clientCreate", input, "client { phone }").await["client"]["phone"].clone();
        assert_eq!(made, format!("+52449123456{digit}"), "{typed}");
        let pasted = format!("521449123456{digit}");
        assert_eq!(ana.data(find, json!({ "phone": pasted })).await["clients"]["totalCount"], 1, "{pasted}");
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
    for (actor, text, statements) in [
        (&ana, "pedro", 3),
        (&sofia, "pedro", 2),
        (&sofia, "pedro par", two_words),
        (&sofia, "nobody", 1),
        // However many readings there are.
        (&sofia, "044 999 999 9999", 1),
        (&sofia, "p.e.d.r.o o'brien 7-up", if postgres { 2 } else { 1 }),
    ] {
        found(actor, text).await;
        let before = app.app.database.statements();
        found(actor, text).await;
        assert_eq!(app.app.database.statements() - before, statements, "{text}");
    }
}
