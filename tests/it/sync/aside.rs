//! What is archived, emptied or made aside in Odoo, and comes back.

use cabina::domains::sync::progress;
use cabina::integrations::odoo::Value as There;
use cabina::platform::config::OdooNewcomers;
use serde_json::{Value, json};

use super::{Pair, change, client, fields, sync_of, text, until};
use crate::support::Actor;

const NEWCOMERS: (&str, &str) = ("ODOO_NEWCOMERS_TEAM", "North");

fn archive(pair: &Pair, there: i64, archived: bool) {
    pair.odoo.edit("res.partner", there, fields([("active", There::Bool(!archived))]));
}

/// The names of all clients with those of their contacts.
async fn clients(actor: &Actor) -> Value {
    let query = "{ clients(orderBy: { field: NAME, direction: ASC }) { nodes { name contacts { nodes { name } } } } }";
    actor.data(query, json!({})).await["clients"]["nodes"].clone()
}

async fn contacts(actor: &Actor, client: &str) -> Value {
    let query = "query($id: ID!) { client(id: $id) { contacts { nodes { id name phone } } } }";
    actor.data(query, json!({ "id": client })).await["client"]["contacts"]["nodes"].clone()
}

#[tokio::test]
async fn whoever_is_archived_there_is_inactive_and_comes_back_as_what_they_were() {
    let pair = Pair::start().await;
    let ana = pair.app.ana().await;
    let make = async |name: &str, email: Value| {
        let made = ana.client_with(json!({ "name": name, "email": email })).await;
        made["id"].as_str().expect("an id").to_owned()
    };
    let active = make("Luz", json!("luz@cabina.example")).await;
    ana.run("clientActivate", json!({ "id": active, "expectedVersion": 1 }), "client { id }").await;
    let prospects = [make("Rosa", json!("rosa@cabina.example")).await, make("Nobody", Value::Null).await];
    pair.settled().await;
    let all = [(&prospects[0], "PROSPECT"), (&prospects[1], "PROSPECT"), (&active, "ACTIVE")];
    for _ in 0..2 {
        for (id, was) in all {
            let there = pair.partner(id).id().expect("an id");
            archive(&pair, there, true);
            until("it is inactive", async || client(&ana, id).await["status"] == "INACTIVE").await;
            pair.settled().await;
            assert_eq!(sync_of(&ana, id).await["status"], "SYNCED");
            archive(&pair, there, false);
            until("it is what it was", async || client(&ana, id).await["status"] == was).await;
            pair.settled().await;
            assert_eq!(sync_of(&ana, id).await["status"], "SYNCED");
        }
    }
}

#[tokio::test]
async fn a_block_stays_whatever_is_archived_there() {
    let pair = Pair::start().await;
    let (ana, sofia) = (pair.app.ana().await, pair.app.sofia().await);
    let id = ana.client("Rosa").await;
    pair.settled().await;
    let block = json!({ "id": id, "expectedVersion": 1, "reason": "fraud" });
    sofia.run("clientBlock", block, "client { id }").await;
    pair.settled().await;
    let there = pair.partner(&id).id().expect("an id");
    let edits = fields([("active", There::Bool(false)), ("city", text("León"))]);
    pair.odoo.edit("res.partner", there, edits);
    until("the rest comes", async || client(&ana, &id).await["address"]["city"] == "León").await;
    pair.settled().await;
    assert_eq!(
        (&client(&ana, &id).await["status"], &sync_of(&ana, &id).await["status"]),
        (&json!("BLOCKED"), &json!("SYNCED"))
    );
    assert_eq!(pair.partner(&id).flag("active"), Ok(false), "and it is left archived");
}

#[tokio::test]
async fn an_address_that_is_emptied_there_is_none_here() {
    let pair = Pair::start().await;
    let ana = pair.app.ana().await;
    let address = json!({ "street": "Calle 5", "city": "León", "postalCode": "37000", "country": "MX" });
    let id = ana.client_with(json!({ "name": "Rosa", "address": address })).await["id"].clone();
    let id = id.as_str().expect("an id");
    pair.settled().await;
    let empty = ["street", "city", "zip", "country_id"].map(|field| (field, There::Bool(false)));
    pair.odoo.edit("res.partner", pair.partner(id).id().expect("an id"), fields(empty));
    until("it is none", async || client(&ana, id).await["address"].is_null()).await;
    pair.settled().await;
    assert_eq!(sync_of(&ana, id).await["status"], "SYNCED");
    // And so it is by hand.
    change(&ana, id, json!({ "address": { "city": "León" } })).await;
    change(&ana, id, json!({ "address": { "city": " " } })).await;
    assert_eq!(client(&ana, id).await["address"], Value::Null);
}

#[tokio::test]
async fn a_contact_that_is_taken_out_of_the_archive_returns() {
    let pair = Pair::start().await;
    let ana = pair.app.ana().await;
    let id = ana.client("Rosa").await;
    let person = async |name: &str| {
        let new = json!({ "clientId": id, "name": name, "phone": "+524491234567" });
        let made = ana.run("contactCreate", new, "contact { id }").await;
        made["contact"]["id"].as_str().expect("an id").to_owned()
    };
    let (luz, hugo) = (person("Luz").await, person("Hugo").await);
    pair.settled().await;
    let there = [&luz, &hugo].map(|id| pair.partner(id).id().expect("an id"));
    // One goes there, the other here.
    archive(&pair, there[0], true);
    ana.run("contactDelete", json!({ "id": hugo }), "event { id }").await;
    until("nobody is left", async || contacts(&ana, &id).await == json!([])).await;
    until("he is archived", async || pair.partner(&hugo).flag("active") == Ok(false)).await;
    pair.settled().await;
    for there in there {
        archive(&pair, there, false);
    }
    until("both are back", async || contacts(&ana, &id).await.as_array().is_some_and(|all| all.len() == 2))
        .await;
    pair.settled().await;
    let back = contacts(&ana, &id).await;
    for person in back.as_array().expect("a list") {
        assert_eq!(person["phone"], "+524491234567");
        let stands = sync_of(&ana, person["id"].as_str().expect("an id")).await;
        assert_eq!(stands["status"], "SYNCED");
        let same = if person["name"] == "Luz" { there[0] } else { there[1] };
        assert_eq!(stands["externalId"], same.to_string(), "the same record");
    }
    let named = |name: &str| {
        pair.odoo.records("res.partner").iter().filter(|record| record.text("name") == Ok(Some(name))).count()
    };
    assert_eq!((named("Luz"), named("Hugo")), (1, 1), "no second record there");
    // And once more.
    archive(&pair, there[0], true);
    until("she is gone", async || contacts(&ana, &id).await.as_array().is_some_and(|all| all.len() == 1))
        .await;
    archive(&pair, there[0], false);
    until("she is back", async || contacts(&ana, &id).await.as_array().is_some_and(|all| all.len() == 2))
        .await;
}

#[tokio::test]
async fn other_addresses_are_nobody() {
    let pair = Pair::with(&[NEWCOMERS]).await;
    let ana = pair.app.ana().await;
    let rosa = ana.client("Rosa").await;
    pair.settled().await;
    let rosa_there = pair.partner(&rosa).id().expect("an id");
    let make = |name: &str, kind: &str, at: i64| {
        let values = [("name", text(name)), ("type", text(kind)), ("parent_id", There::Int(at))];
        pair.odoo.add("res.partner", fields(values));
    };
    let company = fields([("name", text("Taller")), ("customer_rank", There::Int(1))]);
    let company = pair.odoo.add("res.partner", company);
    for at in [rosa_there, company] {
        for kind in ["delivery", "invoice", "other"] {
            make(&format!("Bodega {kind}"), kind, at);
        }
        make("Hugo", "contact", at);
    }
    let alone = [("name", text("Bodega")), ("type", text("delivery")), ("customer_rank", There::Int(1))];
    pair.odoo.add("res.partner", fields(alone));
    let hugo = json!([{ "name": "Hugo" }]);
    let expected = json!([
        { "name": "Rosa", "contacts": { "nodes": hugo } },
        { "name": "Taller", "contacts": { "nodes": hugo } },
    ]);
    until("all who come are here", async || clients(&ana).await == expected).await;
    let looked = pair.odoo.calls_of("res.partner.search_read");
    until("it was looked again", async || pair.odoo.calls_of("res.partner.search_read") >= looked + 2).await;
    assert_eq!(clients(&ana).await, expected);
}

#[tokio::test]
async fn everybody_comes_where_that_is_wanted() {
    let pair = Pair::with(&[NEWCOMERS, ("ODOO_NEWCOMERS", "all")]).await;
    let ana = pair.app.ana().await;
    let add = |name: &str, field: &str, value: There| {
        pair.odoo.add("res.partner", fields([("name", text(name)), (field, value)]));
    };
    add("From the Contacts app", "email", text("somebody@cabina.example"));
    add("Both", "supplier_rank", There::Int(1));
    let both = pair.odoo.records("res.partner");
    let both = both.iter().find(|record| record.text("name") == Ok(Some("Both"))).expect("there");
    pair.odoo.edit("res.partner", both.id().expect("an id"), fields([("customer_rank", There::Int(1))]));
    add("Only sells to us", "supplier_rank", There::Int(1));
    add("A colleague", "partner_share", There::Bool(false));
    add("Bodega", "type", text("delivery"));
    let expected = json!([
        { "name": "Both", "contacts": { "nodes": [] } },
        { "name": "From the Contacts app", "contacts": { "nodes": [] } },
    ]);
    until("both are here", async || clients(&ana).await == expected).await;
    let looked = pair.odoo.calls_of("res.partner.search_read");
    until("it was looked again", async || pair.odoo.calls_of("res.partner.search_read") >= looked + 2).await;
    assert_eq!(clients(&ana).await, expected, "neither suppliers, users nor the company itself");
}

#[tokio::test]
async fn who_stayed_in_odoo_comes_once_more_newcomers_are_wanted() {
    let pair = Pair::with(&[NEWCOMERS, ("ODOO_PULL_OVERLAP", "0")]).await;
    let ana = pair.app.ana().await;
    pair.odoo.add("res.partner", fields([("name", text("From the Contacts app"))]));
    let looked = pair.odoo.calls_of("res.partner.search_read");
    until("it was looked", async || pair.odoo.calls_of("res.partner.search_read") >= looked + 2).await;
    assert_eq!(clients(&ana).await, json!([]), "no customer");
    pair.halt();
    // Since then nothing changed in Odoo.
    let mut app = pair.app.app.clone();
    let later = app.clock.now() + chrono::Duration::days(1);
    let customers = Some(OdooNewcomers::Customers);
    progress::reach(&app.database.own, "res.partner", Some(later), customers).await.expect("written");
    let config = std::sync::Arc::make_mut(&mut app.config);
    config.odoo.as_mut().expect("an Odoo").sync.newcomers_are = OdooNewcomers::All;
    let worker = tokio::spawn(async move { cabina::worker::run(app, std::future::pending()).await });
    let expected = json!([{ "name": "From the Contacts app", "contacts": { "nodes": [] } }]);
    until("it is here", async || clients(&ana).await == expected).await;
    worker.abort();
}
