//! People who go to another company.

use std::sync::Arc;

use cabina::domains::clients::contacts::{self, ContactPatch};
use cabina::integrations::odoo::Value as There;
use cabina::platform::auth::Viewer;
use cabina::platform::db::{Origin, Tx};
use serde_json::{Value, json};

use super::{Pair, audit_of, fields, sync_of, text, until};
use crate::support::Actor;

/// Luz at Rosa, beside two other clients, all in Odoo.
struct Case {
    pair: Pair,
    ana: Actor,
    rosa: String,
    otra: String,
    luz: String,
}

impl Case {
    async fn with(more: &[(&str, &str)]) -> Case {
        let pair = Pair::with(more).await;
        let ana = pair.app.ana().await;
        let (rosa, otra) = (ana.client("Rosa").await, ana.client("Otra").await);
        let luz =
            ana.run("contactCreate", json!({ "clientId": rosa, "name": "Luz" }), "contact { id }").await;
        let luz = luz["contact"]["id"].as_str().expect("an id").to_owned();
        pair.settled().await;
        Case { pair, ana, rosa, otra, luz }
    }

    fn there(&self, id: &str) -> i64 {
        self.pair.partner(id).id().expect("an id")
    }

    fn move_there(&self, to: impl Into<There>) {
        self.pair.odoo.edit("res.partner", self.there(&self.luz), fields([("parent_id", to.into())]));
    }

    /// Whose contact she is there.
    fn stands_at(&self) -> Option<i64> {
        self.pair.partner(&self.luz).many2one("parent_id").expect("a parent")
    }

    async fn contact(&self) -> Value {
        let query = "query($id: ID!) { node(id: $id) { ... on Contact { version position client { id } } } }";
        self.ana.data(query, json!({ "id": self.luz })).await["node"].clone()
    }

    /// Moves her here, as nobody's screen does yet.
    async fn move_here(&self, to: &str) {
        let app = &self.pair.app.app;
        let by = Arc::new(Viewer::system("tests"));
        let mut tx = Tx::begin(&app.database, &app.clock, by, Origin::default()).await.expect("a write");
        let id = self.luz.parse().expect("an id");
        let version = self.contact().await["version"].as_i64().and_then(|version| version.try_into().ok());
        let patch = ContactPatch { client: Some(to.parse().expect("an id")), ..ContactPatch::default() };
        assert!(contacts::update(&mut tx, id, version.expect("a version"), patch).await.is_ok());
        tx.commit().await.expect("committed");
    }

    async fn position(&self, position: &str) {
        let edit = json!({ "id": self.luz, "expectedVersion": self.contact().await["version"], "position": position });
        let payload = self.ana.run("contactUpdate", edit, "contact { id }").await;
        assert_eq!(payload["userErrors"], json!([]), "{payload}");
    }
}

#[tokio::test]
async fn a_contact_that_was_moved_there_moves_here_and_stays() {
    let case = Case::with(&[]).await;
    let carla = case.pair.app.carla().await;
    let admin = case.pair.app.admin().await;
    case.move_there(case.there(&case.otra));
    until("she is moved here", async || case.contact().await["client"]["id"] == *case.otra).await;
    case.pair.settled().await;
    let people = "query($id: ID!) { client(id: $id) { contacts { nodes { id } } } }";
    let people = async |id: &str| {
        case.ana.data(people, json!({ "id": id })).await["client"]["contacts"]["nodes"].clone()
    };
    assert_eq!(
        (people(&case.rosa).await, people(&case.otra).await),
        (json!([]), json!([{ "id": case.luz }]))
    );
    let told = json!(audit_of(&admin, &case.luz).await).to_string();
    assert!(told.contains("odoo.pull") && told.contains("clientId") && told.contains(&case.rosa), "{told}");
    let stands = sync_of(&case.ana, &case.luz).await;
    assert_eq!((&stands["status"], &stands["direction"]), (&json!("SYNCED"), &json!("PULL")));
    // Whoever sees the new client sees how she stands; what becomes of the old one is nothing to her.
    let her = carla.data("{ viewer { id } }", json!({})).await["viewer"]["id"].clone();
    let given = json!({ "id": case.otra, "expectedVersion": 1, "advisorId": her });
    let payload = admin.run("clientReassign", given, "client { id }").await;
    assert_eq!(payload["userErrors"], json!([]), "{payload}");
    assert_eq!(sync_of(&carla, &case.luz).await["status"], "SYNCED");
    assert!(sync_of(&case.ana, &case.luz).await.is_null());
}

#[tokio::test]
async fn a_push_takes_the_move_over_and_moves_nobody_back() {
    let mut case = Case::with(&[("ODOO_PULL_EVERY", "3600")]).await;
    case.pair.halt();
    let otra = case.there(&case.otra);
    case.move_there(otra);
    case.position("Dueña").await;
    case.pair.go_on();
    case.pair.settled().await;
    assert_eq!(
        (case.stands_at(), case.pair.partner(&case.luz).text("function")),
        (Some(otra), Ok(Some("Dueña")))
    );
    let here = case.contact().await;
    assert_eq!((&here["client"]["id"], &here["position"]), (&json!(case.otra), &json!("Dueña")));
}

#[tokio::test]
async fn who_is_moved_here_is_moved_there_and_we_win_when_both_did() {
    let mut case = Case::with(&[("ODOO_PULL_EVERY", "3600")]).await;
    let admin = case.pair.app.admin().await;
    case.move_here(&case.otra).await;
    case.pair.settled().await;
    assert_eq!(case.stands_at(), Some(case.there(&case.otra)));

    let third = case.ana.client("Tercera").await;
    case.pair.settled().await;
    case.pair.halt();
    case.move_there(case.there(&third));
    case.move_here(&case.rosa).await;
    case.pair.go_on();
    case.pair.settled().await;
    assert_eq!(case.stands_at(), Some(case.there(&case.rosa)));
    assert_eq!(case.contact().await["client"]["id"], *case.rosa);
    let told = audit_of(&admin, &case.luz).await;
    let lost = told.iter().flat_map(|entry| entry["changes"].as_array().expect("changes"));
    let lost = lost.filter(|change| change["field"] == "odoo.client").collect::<Vec<_>>();
    assert_eq!(lost.len(), 1, "{told:?}");
    assert_eq!((&lost[0]["before"], &lost[0]["after"]), (&json!(third), &json!(case.rosa)));
}

#[tokio::test]
async fn who_is_moved_to_nobody_of_ours_is_told_and_left_there() {
    let case = Case::with(&[]).await;
    let stranger = case.pair.odoo.add("res.partner", fields([("name", text("A stranger"))]));
    case.move_there(stranger);
    until("it is told", async || sync_of(&case.ana, &case.luz).await["status"] == "DEAD").await;
    let error = sync_of(&case.ana, &case.luz).await["lastError"].clone();
    assert!(error.as_str().is_some_and(|error| error.contains("client")), "{error}");
    case.position("Dueña").await;
    let luz = || case.pair.partner(&case.luz);
    until("the change is there", async || luz().text("function") == Ok(Some("Dueña"))).await;
    assert_eq!(case.stands_at(), Some(stranger), "nobody moves her back");
    assert_eq!(case.contact().await["client"]["id"], *case.rosa);
    // Moved back there, all is well again.
    case.move_there(case.there(&case.rosa));
    until("all is well", async || sync_of(&case.ana, &case.luz).await["status"] == "SYNCED").await;
}

#[tokio::test]
async fn who_is_moved_to_a_company_that_comes_later_goes_along() {
    let case = Case::with(&[("ODOO_NEWCOMERS_TEAM", "North"), ("ODOO_PULL_OVERLAP", "0")]).await;
    let company = case.pair.odoo.add("res.partner", fields([("name", text("Taller Norte"))]));
    case.move_there(company);
    until("it is told", async || sync_of(&case.ana, &case.luz).await["status"] == "DEAD").await;
    tokio::time::sleep(std::time::Duration::from_secs(2)).await; // Odoo tells seconds
    case.pair.odoo.edit("res.partner", company, fields([("customer_rank", There::Int(1))]));
    until("all is well", async || sync_of(&case.ana, &case.luz).await["status"] == "SYNCED").await;
    let query = "query($id: ID!) { node(id: $id) { ... on Contact { client { name } } } }";
    let here = case.ana.data(query, json!({ "id": case.luz })).await;
    assert_eq!(here["node"]["client"]["name"], "Taller Norte");
}
