//! From here to Odoo.

use serde_json::json;

use super::{Pair, change, sync_of, until};

#[tokio::test]
async fn a_client_its_people_and_its_history_stand_in_odoo() {
    let pair = Pair::start().await;
    let ana = pair.app.ana().await;
    let new = json!({
        "kind": "COMPANY", "name": "Ruta Siete", "email": "ruta@cabina.example", "phone": "+524491234567",
        "address": { "street": "Calle 5", "city": "Aguascalientes", "postalCode": "20000", "country": "MX" }
    });
    let made = ana.client_with(new).await;
    let (id, number) = (made["id"].as_str().expect("an id"), made["number"].as_str().expect("a number"));
    let person = json!({ "clientId": id, "name": "Luz", "position": "Dueña", "email": "luz@cabina.example" });
    let person = ana.run("contactCreate", person, "contact { id }").await["contact"]["id"].clone();
    let note = json!({ "clientId": id, "kind": "NOTE", "text": "Quiere dos unidades\ncon GNV" });
    let note = ana.run("eventlogAppend", note, "entry { id }").await["entry"]["id"].clone();
    let (person, note) = (person.as_str().expect("an id"), note.as_str().expect("an id"));
    pair.settled().await;

    let there = pair.partner(id);
    for (field, value) in [
        ("name", "Ruta Siete"),
        ("email", "ruta@cabina.example"),
        ("phone", "+524491234567"),
        ("street", "Calle 5"),
        ("city", "Aguascalientes"),
        ("zip", "20000"),
        ("ref", number),
    ] {
        assert_eq!(there.text(field), Ok(Some(value)), "{field}");
    }
    assert_eq!((there.flag("is_company"), there.flag("active")), (Ok(true), Ok(true)));
    assert!(there.many2one("country_id").expect("a country").is_some());
    let luz = pair.partner(person);
    assert_eq!((luz.text("name"), luz.text("function")), (Ok(Some("Luz")), Ok(Some("Dueña"))));
    assert_eq!(luz.many2one("parent_id").expect("a parent"), Some(there.id().expect("an id")));
    let written: Vec<_> = pair
        .odoo
        .records("mail.message")
        .into_iter()
        .filter(|message| message.int("res_id").ok() == there.id().ok())
        .filter(|message| message.text("body").ok().flatten().is_some_and(|body| body.contains(note)))
        .collect();
    assert_eq!(written.len(), 1, "the note stands there once");

    let stands = sync_of(&ana, id).await;
    assert_eq!((&stands["status"], &stands["externalModel"]), (&json!("SYNCED"), &json!("res.partner")));
    assert_eq!(stands["subjectId"], id);
    let url = stands["externalUrl"].as_str().expect("an address");
    assert!(url.contains(&format!("id={}&model=res.partner", there.id().expect("an id"))), "{url}");
    assert_eq!(sync_of(&ana, note).await["status"], "SYNCED");
    assert_eq!(sync_of(&ana, person).await["status"], "SYNCED");
    assert!(sync_of(&pair.app.carla().await, id).await.is_null(), "others do not see how it stands");

    // What was deleted here is archived there.
    ana.run("contactDelete", json!({ "id": person }), "event { id }").await;
    until("the contact is archived", async || pair.partner(person).flag("active") == Ok(false)).await;
}

#[tokio::test]
async fn a_burst_is_one_call_and_the_unchanged_is_not_sent() {
    let mut pair = Pair::with(&[("ODOO_SYNC", "client=push"), ("ODOO_PULL_EVERY", "3600")]).await;
    let ana = pair.app.ana().await;
    let id = ana.client("Rosa").await;
    pair.settled().await;
    pair.halt();
    for number in 0..10 {
        change(&ana, &id, json!({ "name": format!("Rosa {number}") })).await;
    }
    let before = pair.odoo.calls_of("res.partner.load");
    pair.go_on();
    pair.settled().await;
    assert_eq!(pair.partner(&id).text("name"), Ok(Some("Rosa 9")));
    assert_eq!(pair.odoo.calls_of("res.partner.load") - before, 1, "ten changes are one call");

    // Tags are nobody's business in Odoo; and what went there and back again is as it was.
    pair.halt();
    change(&ana, &id, json!({ "tags": ["vip"] })).await;
    change(&ana, &id, json!({ "name": "Other" })).await;
    change(&ana, &id, json!({ "name": "Rosa 9" })).await;
    let before = pair.odoo.calls_of("res.partner.load");
    pair.go_on();
    pair.settled().await;
    assert_eq!(pair.odoo.calls_of("res.partner.load"), before, "nothing is sent");
    assert_eq!(sync_of(&ana, &id).await["status"], "SYNCED");
    assert_eq!(
        pair.odoo
            .records("mail.message")
            .iter()
            .filter(|note| note.text("body").ok().flatten().is_some_and(|body| body.contains("entry_")))
            .count(),
        0,
        "notes are off"
    );
}

#[tokio::test]
async fn what_is_off_stays_here_and_what_was_there_before_is_sent_when_told() {
    let pair = Pair::with(&[("ODOO_SYNC", "contact=push,client=push")]).await;
    let ana = pair.app.ana().await;
    let id = ana.client("Rosa").await;
    let note = json!({ "clientId": id, "kind": "NOTE", "text": "Hola" });
    let note = ana.run("eventlogAppend", note, "entry { id }").await["entry"]["id"].clone();
    pair.settled().await;
    assert!(sync_of(&ana, note.as_str().expect("an id")).await.is_null());
    let payload = ana.run("syncRequest", json!({ "id": note }), "sync { status }").await;
    assert_eq!(payload["userErrors"][0]["code"], "NOT_SYNCED");

    // As if it were from before Odoo was there.
    use sea_orm::ConnectionTrait;
    pair.app.app.database.own.execute_unprepared("DELETE FROM sync_external").await.expect("forgotten");
    let payload = ana.run("syncRequest", json!({ "id": id }), "sync { status }").await;
    // The worker may be quicker than the answer.
    let stands = payload["sync"]["status"].as_str().unwrap_or_else(|| panic!("{payload}"));
    assert!(["PENDING", "IN_FLIGHT", "SYNCED"].contains(&stands), "{payload}");
    pair.settled().await;
    let stands = sync_of(&ana, &id).await;
    let there = pair.partner(&id).id().expect("an id").to_string();
    assert_eq!(
        (&stands["status"], &stands["externalId"]),
        (&json!("SYNCED"), &json!(there)),
        "the same record"
    );
}

#[tokio::test]
async fn all_three_languages_do() {
    for transport in ["xmlrpc", "jsonrpc", "json2"] {
        let pair = Pair::with(&[("ODOO_TRANSPORT", transport)]).await;
        let ana = pair.app.ana().await;
        let id = ana.client("Peña & Söhne <1>").await;
        pair.settled().await;
        change(&ana, &id, json!({ "email": "p@cabina.example", "phone": null })).await;
        pair.settled().await;
        let there = pair.partner(&id);
        assert_eq!(there.text("name"), Ok(Some("Peña & Söhne <1>")), "{transport}");
        assert_eq!((there.text("email"), there.text("phone")), (Ok(Some("p@cabina.example")), Ok(None)));
    }
}
