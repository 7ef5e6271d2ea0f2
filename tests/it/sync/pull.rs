//! From Odoo to here.

use cabina::integrations::odoo::Value as There;
use serde_json::json;

use super::{Pair, audit_of, change, client, sync_of, text, until};

#[tokio::test]
async fn whoever_changed_a_field_is_heard_and_what_is_overwritten_is_in_the_audit() {
    let mut pair = Pair::start().await;
    let (ana, admin) = (pair.app.ana().await, pair.app.admin().await);
    let id = ana.client_with(json!({ "name": "Rosa", "email": "rosa@cabina.example" })).await["id"].clone();
    let id = id.as_str().expect("an id");
    pair.settled().await;
    let there = pair.partner(id).id().expect("an id");

    pair.odoo.edit(
        "res.partner",
        there,
        vec![("phone".into(), text("449 123 4567")), ("city".into(), text("León"))],
    );
    until("the change comes here", async || client(&ana, id).await["phone"] == "+524491234567").await;
    let here = client(&ana, id).await;
    assert_eq!((&here["address"]["city"], &here["name"]), (&json!("León"), &json!("Rosa")));
    let told = audit_of(&admin, id).await;
    assert!(told.iter().any(|entry| entry["operation"] == "odoo.pull"), "{told:?}");
    pair.settled().await;
    assert_eq!(sync_of(&ana, id).await["direction"], "PULL");
    assert_eq!(pair.partner(id).text("phone"), Ok(Some("449 123 4567")), "their spelling is theirs");

    // Both changed the name, and each something else.
    pair.halt();
    change(&ana, id, json!({ "name": "Rosa from here", "email": "new@cabina.example" })).await;
    let edits = vec![("name".into(), text("Rosa from there")), ("street".into(), text("Calle 9"))];
    pair.odoo.edit("res.partner", there, edits);
    pair.go_on();
    pair.settled().await;
    until("all is taken over", async || client(&ana, id).await["address"]["street"] == "Calle 9").await;
    pair.settled().await;
    let partner = pair.partner(id);
    let here = client(&ana, id).await;
    assert_eq!((&here["name"], partner.text("name")), (&json!("Rosa from here"), Ok(Some("Rosa from here"))));
    assert_eq!(
        (&here["email"], partner.text("email")),
        (&json!("new@cabina.example"), Ok(Some("new@cabina.example")))
    );
    let told = json!(audit_of(&admin, id).await).to_string();
    assert!(told.contains("odoo.name") && told.contains("Rosa from there"), "{told}");

    // The number is ours alone.
    let number = partner.text("ref").expect("a text").expect("a number").to_owned();
    pair.odoo.edit("res.partner", there, vec![("ref".into(), text("mine"))]);
    until("our number is back", async || pair.partner(id).text("ref") == Ok(Some(&number))).await;
}

#[tokio::test]
async fn tax_ids_come_without_the_country_that_odoo_writes_before_them() {
    let pair = Pair::start().await;
    let ana = pair.app.ana().await;
    let mexican = ana.client_with(json!({ "name": "Qorvex" })).await["id"].clone();
    let spanish = ana.client_with(json!({ "name": "Tintes", "market": "madrid" })).await["id"].clone();
    pair.settled().await;
    for (id, theirs, ours) in [
        (&mexican, "MXEKU9003173C9", "EKU9003173C9"),
        (&mexican, "EXT990101NI1", "EXT990101NI1"),
        (&spanish, "ESB65410011", "B65410011"),
    ] {
        let id = id.as_str().expect("an id");
        let there = pair.partner(id).id().expect("an id");
        pair.odoo.edit("res.partner", there, vec![("vat".into(), text(theirs))]);
        until("it comes here", async || client(&ana, id).await["taxId"] == ours).await;
        pair.settled().await;
        assert_eq!(pair.partner(id).text("vat"), Ok(Some(theirs)), "their spelling is theirs");
    }
}

#[tokio::test]
async fn each_edit_of_a_tax_id_comes_here_however_the_last_one_was_spelled() {
    let pair = Pair::start().await;
    let ana = pair.app.ana().await;
    let address = json!({ "country": "ES" });
    let given = json!({ "name": "Tintes", "market": "madrid", "taxId": "b-65410011", "address": address });
    let id = ana.client_with(given).await["id"].clone();
    let id = id.as_str().expect("an id");
    pair.settled().await;
    let there = pair.partner(id).id().expect("an id");
    let alike = async |theirs: &str, ours: &str| {
        pair.odoo.edit("res.partner", there, vec![("vat".into(), text(theirs))]);
        until("it comes here", async || client(&ana, id).await["taxId"] == ours).await;
        pair.settled().await;
        assert_eq!(
            (&sync_of(&ana, id).await["status"], pair.partner(id).text("vat")),
            (&json!("SYNCED"), Ok(Some(theirs)))
        );
    };
    alike("ESB58378431", "B58378431").await;
    // As a ledger wrote it that did not know the spellings of tax ids.
    use sea_orm::ConnectionTrait;
    let own = &pair.app.app.database.own;
    for column in ["agreed", "seen"] {
        let sql = if pair.app.app.database.backend() == sea_orm::DbBackend::Postgres {
            format!(
                "UPDATE sync_external SET {column} = replace({column}::text, 'B58378431', 'ESB58378431')::jsonb"
            )
        } else {
            format!("UPDATE sync_external SET {column} = replace({column}, 'B58378431', 'ESB58378431')")
        };
        own.execute_unprepared(&sql).await.expect("spelled otherwise");
    }
    alike("A28015865", "A28015865").await;
    alike("ESB65410011", "B65410011").await;
}

#[tokio::test]
async fn our_own_echo_does_nothing() {
    let pair = Pair::start().await;
    let ana = pair.app.ana().await;
    let id = ana.client("Rosa").await;
    pair.settled().await;
    let before = (client(&ana, &id).await, pair.odoo.calls_of("res.partner.load"));
    let searched = pair.odoo.calls_of("res.partner.search_read");
    until("it was looked twice", async || pair.odoo.calls_of("res.partner.search_read") >= searched + 2)
        .await;
    assert_eq!((client(&ana, &id).await, pair.odoo.calls_of("res.partner.load")), before);
    assert_eq!(sync_of(&ana, &id).await["status"], "SYNCED");
}

#[tokio::test]
async fn archived_there_is_inactive_here_and_back() {
    let pair = Pair::start().await;
    let ana = pair.app.ana().await;
    let made = ana.client_with(json!({ "name": "Rosa", "email": "rosa@cabina.example" })).await;
    let id = made["id"].as_str().expect("an id");
    ana.run("clientActivate", json!({ "id": id, "expectedVersion": 1 }), "client { id }").await;
    let person = ana.run("contactCreate", json!({ "clientId": id, "name": "Luz" }), "contact { id }").await;
    let person = person["contact"]["id"].as_str().expect("an id").to_owned();
    pair.settled().await;
    let there = pair.partner(id).id().expect("an id");
    pair.odoo.edit("res.partner", there, vec![("active".into(), There::Bool(false))]);
    until("it is inactive", async || client(&ana, id).await["status"] == "INACTIVE").await;
    pair.odoo.edit("res.partner", there, vec![("active".into(), There::Bool(true))]);
    until("it is active", async || client(&ana, id).await["status"] == "ACTIVE").await;
    let luz = pair.partner(&person).id().expect("an id");
    pair.odoo.edit("res.partner", luz, vec![("active".into(), There::Bool(false))]);
    let gone = async || {
        let query = "query($id: ID!) { node(id: $id) { id } }";
        ana.data(query, json!({ "id": person })).await["node"].is_null()
    };
    until("the person is gone", gone).await;
    pair.settled().await;
    assert_eq!(pair.partner(&person).flag("active"), Ok(false), "and stays archived there");
}

#[tokio::test]
async fn what_breaks_our_rules_is_told_and_the_rest_comes() {
    let pair = Pair::start().await;
    let (ana, admin) = (pair.app.ana().await, pair.app.admin().await);
    let id = ana.client("Rosa").await;
    pair.settled().await;
    let there = pair.partner(&id).id().expect("an id");
    let edits = vec![("email".into(), text("no address")), ("city".into(), text("León"))];
    pair.odoo.edit("res.partner", there, edits);
    until("the rest comes", async || client(&ana, &id).await["address"]["city"] == "León").await;
    let stands = sync_of(&ana, &id).await;
    assert_eq!(stands["status"], "DEAD");
    let error = stands["lastError"].as_str().expect("an error");
    assert!(error.contains("email"), "{error}");
    let groups = admin.data("{ syncFailureGroups { kind error hint count } }", json!({})).await;
    assert_eq!(groups["syncFailureGroups"][0]["kind"], "client");
    // Corrected in Odoo, it mends itself.
    pair.odoo.edit("res.partner", there, vec![("email".into(), text("rosa@cabina.example"))]);
    until("it is alike", async || sync_of(&ana, &id).await["status"] == "SYNCED").await;
    assert_eq!(client(&ana, &id).await["email"], "rosa@cabina.example");
}

#[tokio::test]
async fn customers_that_people_make_there_come_into_a_pool_once() {
    let pair = Pair::with(&[("ODOO_NEWCOMERS_TEAM", "North")]).await;
    let ana = pair.app.ana().await;
    let customer = vec![
        ("name".to_owned(), text("Taller Norte")),
        ("is_company".to_owned(), There::Bool(true)),
        ("customer_rank".to_owned(), There::Int(1)),
        ("email".to_owned(), text("taller@cabina.example")),
    ];
    let there = pair.odoo.add("res.partner", customer);
    pair.odoo.add("res.partner", vec![("name".to_owned(), text("A supplier"))]);
    let person = vec![("name".to_owned(), text("Hugo")), ("parent_id".to_owned(), There::Int(there))];
    let found = async || {
        ana.data(
            "{ clients { nodes { id name kind number advisor { id } contacts { nodes { name } } } } }",
            json!({}),
        )
        .await["clients"]["nodes"]
            .clone()
    };
    until("it is here", async || found().await.as_array().is_some_and(|clients| clients.len() == 1)).await;
    pair.odoo.add("res.partner", person);
    until("the person is here", async || found().await[0]["contacts"]["nodes"][0]["name"] == "Hugo").await;
    pair.settled().await;
    let clients = found().await;
    assert_eq!(clients.as_array().expect("clients").len(), 1, "{clients}");
    assert_eq!((&clients[0]["name"], &clients[0]["kind"]), (&json!("Taller Norte"), &json!("COMPANY")));
    assert!(clients[0]["advisor"].is_null());
    let stands = sync_of(&ana, clients[0]["id"].as_str().expect("an id")).await;
    assert_eq!(stands["externalId"], there.to_string());
    let partners = pair.odoo.records("res.partner");
    let same: Vec<_> =
        partners.iter().filter(|record| record.text("name") == Ok(Some("Taller Norte"))).collect();
    assert_eq!(same.len(), 1, "no second record there");
    assert_eq!(same[0].text("ref").expect("a text"), clients[0]["number"].as_str(), "Odoo learns our number");
}

#[tokio::test]
async fn what_cabina_does_not_take_over_is_told_once_and_left_there() {
    let pair = Pair::start().await;
    let (ana, admin) = (pair.app.ana().await, pair.app.admin().await);
    // An address must be one, and an active client needs a way to be reached.
    let prospect = ana.client_with(json!({ "name": "Rosa", "phone": "+524491234567" })).await["id"].clone();
    let prospect = prospect.as_str().expect("an id");
    let active = ana.client_with(json!({ "name": "Luz", "phone": "+524491234568" })).await["id"].clone();
    let active = active.as_str().expect("an id");
    ana.run("clientActivate", json!({ "id": active, "expectedVersion": 1 }), "client { id }").await;
    pair.settled().await;
    let (rosa, luz) =
        (pair.partner(prospect).id().expect("an id"), pair.partner(active).id().expect("an id"));
    pair.odoo.edit("res.partner", rosa, vec![("email".into(), text("no address"))]);
    let edits = vec![("phone".into(), There::Bool(false)), ("name".into(), text("Luz María"))];
    pair.odoo.edit("res.partner", luz, edits);
    until("both are told", async || {
        sync_of(&ana, prospect).await["status"] == "DEAD" && sync_of(&ana, active).await["status"] == "DEAD"
    })
    .await;
    // Another round of looking changes nothing, here or there, and tells nobody once more.
    let looked = pair.odoo.calls_of("res.partner.search_read");
    until("it was looked again", async || pair.odoo.calls_of("res.partner.search_read") >= looked + 2).await;
    assert_eq!(
        (pair.partner(prospect).text("email"), pair.partner(active).text("phone")),
        (Ok(Some("no address")), Ok(None))
    );
    assert_eq!(client(&ana, active).await["name"], "Luz María", "the rest comes");
    let told = admin.data("{ notifications { totalCount } }", json!({})).await;
    assert_eq!(told["notifications"]["totalCount"], 2, "each kind once");
    // What is changed here goes there; what was not taken over stays as it is there.
    change(&ana, prospect, json!({ "name": "Rosa María" })).await;
    until("the change is there", async || pair.partner(prospect).text("name") == Ok(Some("Rosa María")))
        .await;
    assert_eq!(pair.partner(prospect).text("email"), Ok(Some("no address")));
}

#[tokio::test]
async fn a_newcomer_keeps_in_odoo_what_our_rules_refuse() {
    let pair = Pair::with(&[("ODOO_NEWCOMERS_TEAM", "North")]).await;
    let ana = pair.app.ana().await;
    let company = vec![
        ("name".to_owned(), text("Taller Norte")),
        ("customer_rank".to_owned(), There::Int(1)),
        ("email".to_owned(), text("no address")),
    ];
    let there = pair.odoo.add("res.partner", company);
    let person = vec![
        ("name".to_owned(), text("Hugo")),
        ("parent_id".to_owned(), There::Int(there)),
        ("phone".to_owned(), text("449 123 4567")),
    ];
    let hugo = pair.odoo.add("res.partner", person);
    let query = "{ clients { nodes { id email contacts { nodes { phone } } } } }";
    let found = async || ana.data(query, json!({})).await["clients"]["nodes"][0].clone();
    until("both are here", async || found().await["contacts"]["nodes"][0]["phone"] == "+524491234567").await;
    pair.settled().await;
    assert!(found().await["email"].is_null());
    let partners = pair.odoo.records("res.partner");
    let of = |id: i64| partners.iter().find(|record| record.id() == Ok(id)).expect("there");
    assert_eq!(of(there).text("email"), Ok(Some("no address")), "not erased");
    assert_eq!(of(hugo).text("phone"), Ok(Some("449 123 4567")));
}
