//! What a user with few rights can do, and what is told of those that are missing.

use cabina::flows::odoo::doctor::{Finding, State, examine};
use cabina::kernel::time::Clock;
use cabina::sandbox::odoo::{SandboxOdoo, Switches};
use sea_orm::ConnectionTrait;
use serde_json::{Value, json};

use super::{Pair, change, client, fields, sync_of, text, until};
use crate::support::Actor;

/// The user that cabina works as.
const USER: i64 = 5;

/// Gives the user these rights and no others: model and operation, one a line.
fn allow(odoo: &SandboxOdoo, rights: &str) {
    odoo.edit("res.users", USER, fields([("rights", text(rights))]));
}

async fn person(ana: &Actor, client: &str, name: &str) -> String {
    let new = json!({ "clientId": client, "name": name, "position": "Dueña", "email": "luz@cabina.example" });
    let made = ana.run("contactCreate", new, "contact { id }").await;
    made["contact"]["id"].as_str().expect("an id").to_owned()
}

fn partners(odoo: &SandboxOdoo, name: &str) -> usize {
    odoo.records("res.partner").iter().filter(|record| record.text("name") == Ok(Some(name))).count()
}

fn wrong(findings: &[Finding]) -> Vec<&Finding> {
    findings.iter().filter(|finding| finding.state == State::Wrong).collect()
}

/// What a finding asks for, as the sandbox gives it: `res.partner: cabina may not read, write and create`.
fn asked(finding: &Finding) -> Vec<String> {
    let (model, rest) = finding.says.split_once(": ").expect("a model");
    let (_, operations) = rest.split_once(" may not ").unwrap_or_else(|| panic!("{finding:?}"));
    let operations = operations.replace(" and ", ", ");
    operations.split(", ").map(|operation| format!("{model} {operation}")).collect()
}

#[tokio::test]
async fn the_rights_that_the_doctor_asks_for_are_enough_with_and_without_accounting() {
    for accounting in [false, true] {
        let all_well = Switches { accounting, ..Switches::default() };
        let (odoo, url, stop) = super::sandbox().await;
        odoo.set(all_well);
        let looked =
            async || examine(&odoo.config(&url), &Clock::System, None).await.expect("an HTTP client");
        allow(&odoo, "no right");
        let found = looked().await;
        let missing = wrong(&found);
        assert!(missing.iter().all(|finding| finding.check == "rights"), "{missing:#?}");
        let rights: Vec<String> = missing.into_iter().flat_map(asked).collect();
        assert_eq!(rights.len(), 7, "read countries and states, all of partners, notes: {rights:?}");
        allow(&odoo, &rights.join("\n"));
        let found = looked().await;
        assert_eq!(wrong(&found), Vec::<&Finding>::new(), "accounting: {accounting}");
        let tried = found.iter().filter(|finding| finding.check == "trial" && finding.state == State::Ok);
        assert_eq!(tried.count(), 3, "{found:#?}");
        everything(&Pair::of((odoo, url, stop), &[]).await).await;
    }
}

/// All that the mappings do, there and back.
async fn everything(pair: &Pair) {
    let ana = pair.app.ana().await;
    let address = json!({ "street": "Calle 5", "city": "León", "postalCode": "37000", "country": "MX" });
    let new = json!({ "kind": "COMPANY", "name": "Ruta", "address": address, "taxId": "GODE561231GR8" });
    let ruta = ana.client_with(new).await["id"].as_str().expect("an id").to_owned();
    let luz = person(&ana, &ruta, "Luz").await;
    let note = json!({ "clientId": ruta, "kind": "NOTE", "text": "Hola" });
    let note = ana.run("eventlogAppend", note, "entry { id }").await["entry"]["id"].clone();
    let note = note.as_str().expect("an id").to_owned();
    pair.settled().await;
    for id in [&ruta, &luz, &note] {
        let stands = sync_of(&ana, id).await;
        assert_eq!(stands["status"], "SYNCED", "{stands}");
    }
    let there = |id: &str| pair.partner(id).id().expect("an id");
    let parent = |id: &str| pair.partner(id).many2one("parent_id").expect("a parent");
    assert_eq!(parent(&luz), Some(there(&ruta)));
    assert_eq!(pair.partner(&luz).text("function"), Ok(Some("Dueña")));

    // Changes on both sides, and whom a person moves there.
    change(&ana, &ruta, json!({ "name": "Ruta Siete", "address": null })).await;
    pair.odoo.edit("res.partner", there(&ruta), fields([("phone", text("+524491234567"))]));
    until("it is told", async || client(&ana, &ruta).await["phone"] == "+524491234567").await;
    let other = ana.client("Otra").await;
    pair.settled().await;
    pair.odoo.edit("res.partner", there(&luz), fields([("parent_id", there(&other).into())]));
    let hangs = async || {
        let query = "query($id: ID!) { node(id: $id) { ... on Contact { client { id } } } }";
        ana.data(query, json!({ "id": luz })).await["node"]["client"]["id"].clone()
    };
    until("she went along", async || hangs().await == other.as_str()).await;
    assert_eq!(pair.partner(&ruta).text("name"), Ok(Some("Ruta Siete")));
    ana.run("contactDelete", json!({ "id": luz }), "event { id }").await;
    until("she is archived", async || pair.partner(&luz).flag("active") == Ok(false)).await;
    pair.settled().await;
    assert_eq!((partners(&pair.odoo, "Luz"), partners(&pair.odoo, "Ruta Siete")), (1, 1));
}

#[tokio::test]
async fn a_contact_whose_way_to_its_company_is_cut_short_is_made_once_and_arrives() {
    // After the answer of the first call was lost; then after the second was refused; each for a person of its own.
    let pair = Pair::with(&[("ODOO_TIMEOUT", "1"), ("ODOO_PULL_EVERY", "3600")]).await;
    let (ana, admin) = (pair.app.ana().await, pair.app.admin().await);
    let rosa = ana.client("Rosa").await;
    pair.settled().await;
    let company = pair.partner(&rosa).id().expect("an id");
    let accounting = Switches { accounting: true, ..Switches::default() };
    pair.odoo.set(Switches { lose_share: 1.0, ..accounting.clone() });
    let luz = person(&ana, &rosa, "Luz").await;
    until("its answer is lost", async || sync_of(&ana, &luz).await["status"] == "ERROR").await;
    assert_eq!(pair.partner(&luz).many2one("parent_id"), Ok(None), "it waits for the second call");
    pair.odoo.edit(
        "res.partner",
        pair.partner(&luz).id().expect("an id"),
        fields([("function", text("Socia"))]),
    );
    pair.odoo.set(accounting);
    pair.settled().await;
    assert_eq!(pair.partner(&luz).many2one("parent_id"), Ok(Some(company)));
    assert_eq!(pair.partner(&luz).text("function"), Ok(Some("Socia")), "an edit meanwhile is kept");

    let read = "res.country read\nres.country.state read\nres.partner read\nres.partner create";
    allow(&pair.odoo, read);
    let ana_maria = person(&ana, &rosa, "Ana María").await;
    until("it is given up", async || sync_of(&ana, &ana_maria).await["status"] == "DEAD").await;
    let stands = sync_of(&ana, &ana_maria).await;
    assert!(stands["externalId"].is_string(), "its record is known: {stands}");
    let hint = stands["hint"].as_str().expect("a hint");
    assert!(hint.contains("the right to modify res.partner") && hint.contains("Contact/Creation"), "{hint}");
    allow(&pair.odoo, "bot");
    admin.run("syncRetry", json!({ "all": true }), "ids").await;
    pair.settled().await;
    assert_eq!(pair.partner(&ana_maria).many2one("parent_id"), Ok(Some(company)));
    assert_eq!((partners(&pair.odoo, "Luz"), partners(&pair.odoo, "Ana María")), (1, 1));
    assert_eq!(sync_of(&ana, &ana_maria).await["status"], "SYNCED");
}

#[tokio::test]
async fn a_users_contact_is_refused_by_itself_and_told_as_such() {
    let mut pair = Pair::with(&[("ODOO_SYNC", "client=push"), ("ODOO_PULL_EVERY", "3600")]).await;
    let (ana, admin) = (pair.app.ana().await, pair.app.admin().await);
    let mut ids = Vec::new();
    for number in 0..8 {
        ids.push(ana.client(&format!("Client {number}")).await);
    }
    pair.settled().await;
    // More of them than show that a right is missing everywhere.
    for id in &ids[..5] {
        let there = pair.partner(id).id().expect("an id");
        let user =
            [("name", text(id)), ("login", text(id)), ("partner_id", there.into()), ("rights", text("bot"))];
        pair.odoo.add("res.users", fields(user));
    }
    pair.halt();
    for id in &ids {
        change(&ana, id, json!({ "phone": "+524491234567" })).await;
    }
    pair.go_on();
    pair.settled().await;
    for id in &ids[5..] {
        assert_eq!(sync_of(&ana, id).await["status"], "SYNCED");
    }
    let query = "{ syncFailureGroups { count hint } notifications { totalCount } }";
    let seen = admin.data(query, json!({})).await;
    let groups = seen["syncFailureGroups"].as_array().expect("groups");
    assert_eq!((groups.len(), &groups[0]["count"]), (1, &json!(5)), "{seen}");
    let hint = groups[0]["hint"].as_str().expect("a hint");
    assert!(hint.contains("contact of a user of Odoo") && !hint.contains("correct the data"), "{hint}");
    assert_eq!(seen["notifications"]["totalCount"], Value::from(1));
}

#[tokio::test]
async fn a_contact_that_is_one_record_with_another_goes_no_further() {
    let pair = Pair::with(&[("ODOO_PULL_EVERY", "3600")]).await;
    let ana = pair.app.ana().await;
    let rosa = ana.client("Rosa").await;
    let (luz, other) = (person(&ana, &rosa, "Luz").await, person(&ana, &rosa, "Luz otra vez").await);
    pair.settled().await;
    let there = |id: &str| pair.partner(id).id().expect("an id");
    let (first, second) = (there(&luz), there(&other));
    // Merged in Odoo, while the ledger has lost one of them.
    pair.odoo.delete("res.partner", second);
    let leads = [
        ("module", text("cabina")),
        ("name", text(&other)),
        ("model", text("res.partner")),
        ("res_id", first.into()),
    ];
    pair.odoo.add("ir.model.data", fields(leads));
    let forgotten = format!("DELETE FROM sync_external WHERE external_id = {second}");
    pair.app.app.database.own.execute_unprepared(&forgotten).await.expect("forgotten");
    ana.run("syncRequest", json!({ "id": other }), "sync { status }").await;
    until("the merge is told", async || {
        sync_of(&ana, &other).await["lastError"].as_str().is_some_and(|error| error.contains("one record"))
    })
    .await;
    assert_eq!(
        sync_of(&ana, &luz).await["externalId"],
        json!(first.to_string()),
        "it is still the first one's"
    );
}
