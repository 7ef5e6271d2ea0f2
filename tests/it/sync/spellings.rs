//! Whatever is edited on both sides, in whatever spelling: in the end both hold the same, or it is told what they do not.

use cabina::integrations::odoo::{Record, Value as There};
use cabina::kernel::contact::{Email, Phone};
use cabina::kernel::{tax_id, text as kernel_text};
use proptest::prelude::*;
use proptest::sample::select;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use serde_json::{Value, json};

use super::{Pair, client, fields, sync_of, until};
use crate::support::Actor;

/// Clients of each market, and one contact of each.
const CLIENTS: usize = 10;
const ROUNDS: usize = 4;

/// An edit on one side: the field, by its name here, and what is written.
type Edit = (&'static str, Option<String>);

const NAMES: &[&str] = &["Rosa", "  Rosa \u{a0} María ", "ROSA", "Rosa\u{301}", "Taller\t«Norte»\u{200b}"];
const STREETS: &[&str] = &["Calle 5", " Calle  5 ", "Av. Juárez\u{200e}", "x\u{301}"];
const REGIONS: &[&str] = &["Jalisco", "jalisco ", "MÉXICO", "Mexico", "Madrid", "madrid", "Nowhere"];
const PHONES: &[&str] = &[
    "449 123 4567",
    "+52 1 449 123 4567",
    "tel:+52-449-123-4568",
    "044 449 123 4567",
    "+34 912 345 678",
    "912 34 56 78",
    "12",
];
const TAX_IDS: &[&str] = &[
    "GODE561231GR8",
    "gode-561231 gr8",
    "XAXX010101000",
    "ESB58378431",
    "b-58378431",
    "A28015865",
    "es a28015865",
    "ES 12345678-z",
    "nonsense",
];
const EMAILS: &[&str] =
    &["A@Cabina.Example", "mailto:a@cabina.example", "b@xn--pea-8ma.example", "b@PEÑA.example", "no address"];

fn values(field: &str) -> &'static [&'static str] {
    match field {
        "name" => NAMES,
        "email" => EMAILS,
        "phone" => PHONES,
        "taxId" => TAX_IDS,
        "street" | "city" | "postalCode" | "position" => STREETS,
        "region" => REGIONS,
        "country" => &["MX", "ES"],
        _ => &["true", "false"],
    }
}

fn edit(of: &'static [&'static str]) -> impl Strategy<Value = Edit> {
    let value = |field: &'static str| {
        let value = select(values(field)).prop_map(str::to_owned);
        let may_be_empty = !matches!(field, "name" | "company" | "active");
        let value = if may_be_empty {
            proptest::option::weighted(0.8, value).boxed()
        } else {
            value.prop_map(Some).boxed()
        };
        (Just(field), value)
    };
    select(of).prop_flat_map(value)
}

const OF_CLIENTS: &[&str] = &[
    "name",
    "company",
    "email",
    "phone",
    "taxId",
    "taxId",
    "street",
    "city",
    "postalCode",
    "region",
    "country",
    "active",
];
const OF_CONTACTS: &[&str] = &["name", "position", "email", "phone"];

/// A thing of ours, and what its field is called there.
struct Thing {
    id: String,
    is_client: bool,
    /// The country in which its numbers are read.
    home: &'static str,
}

fn theirs(thing: &Thing, field: &str) -> &'static str {
    match field {
        "name" => "name",
        "email" => "email",
        "phone" => "phone",
        "position" => "function",
        "company" => "is_company",
        "taxId" => "vat",
        "street" => "street",
        "city" => "city",
        "postalCode" => "zip",
        "region" => "state_id",
        "country" => "country_id",
        "active" if thing.is_client => "active",
        other => panic!("{other}"),
    }
}

/// Countries and states of the double.
struct Places(Vec<Record>, Vec<Record>);

impl Places {
    fn id(&self, field: &str, value: &str) -> Option<i64> {
        let (records, name) = if field == "country" { (&self.0, "code") } else { (&self.1, "name") };
        let same = |record: &&Record| {
            let text = record.text(name).ok().flatten().unwrap_or_default();
            kernel_text::fold(text) == kernel_text::fold(value)
        };
        records.iter().find(same).and_then(|record| record.id().ok())
    }

    fn name(&self, field: &str, id: i64) -> Option<String> {
        let (records, name) = if field == "country" { (&self.0, "code") } else { (&self.1, "name") };
        let record = records.iter().find(|record| record.id() == Ok(id))?;
        record.text(name).ok().flatten().map(str::to_owned)
    }
}

async fn edit_here(actor: &Actor, thing: &Thing, (field, value): &Edit) {
    let query = "query($id: ID!) { node(id: $id) { ... on Contact { version } ... on Client { version status
        address { street city postalCode country region } } } }";
    let now = actor.data(query, json!({ "id": thing.id })).await["node"].clone();
    let mut input = json!({ "id": thing.id, "expectedVersion": now["version"] });
    let is = value.as_deref() == Some("true");
    let (mutation, payload) = match *field {
        _ if !thing.is_client => ("contactUpdate", "contact { id }"),
        "active" if is => ("clientActivate", "client { id }"),
        "active" => ("clientDeactivate", "client { id }"),
        _ => ("clientUpdate", "client { id }"),
    };
    match *field {
        "active" => {}
        "company" => input["kind"] = json!(if is { "COMPANY" } else { "PERSON" }),
        "street" | "city" | "postalCode" | "region" | "country" => {
            input["address"] = if now["address"].is_null() { json!({}) } else { now["address"].clone() };
            input["address"][field] = json!(value);
        }
        _ => input[*field] = json!(value),
    }
    // What our rules refuse is refused: somebody tried.
    actor.run(mutation, input, payload).await;
}

fn edit_there(pair: &Pair, places: &Places, thing: &Thing, (field, value): &Edit) {
    let value = match (*field, value) {
        (_, None) => There::Bool(false),
        ("company" | "active", Some(value)) => There::Bool(value == "true"),
        ("country" | "region", Some(value)) => {
            let Some(id) = places.id(field, value) else { return };
            There::Int(id)
        }
        (_, Some(value)) => There::from(value.as_str()),
    };
    let there = pair.partner(&thing.id).id().expect("an id");
    // What Odoo refuses is refused: somebody tried.
    let _ = pair.odoo.try_edit("res.partner", there, fields([(theirs(thing, field), value)]));
}

/// What stands there in a field, as it would be stored here.
fn stands_there(places: &Places, thing: &Thing, field: &str, record: &Record) -> Option<String> {
    let name = theirs(thing, field);
    if ["country", "region"].contains(&field) {
        return places.name(field, record.many2one(name).expect("a link")?);
    }
    if ["company", "active"].contains(&field) {
        return Some(record.flag(name).expect("a flag").to_string());
    }
    let given = kernel_text::tidy(record.text(name).expect("a text")?);
    let stored = match field {
        "email" => Email::parse(&given).map(|email| email.as_str().to_owned()).ok(),
        "phone" => Phone::parse(&given, Some(thing.home)).map(|phone| phone.as_str().to_owned()).ok(),
        "taxId" => tax_id::check(thing.home, &given).map(|id| id.value).ok(),
        _ => None,
    };
    Some(stored.unwrap_or(given)).filter(|value| !value.is_empty())
}

/// What stands here in a field.
fn stands_here(places: &Places, field: &str, here: &Value) -> Option<String> {
    let text = |value: &Value| value.as_str().map(kernel_text::tidy);
    match field {
        "company" => Some((here["kind"] == "COMPANY").to_string()),
        "active" => Some((here["status"] != "INACTIVE").to_string()),
        "region" => {
            let held = text(&here["address"]["region"])?;
            let known = places.id("region", &held).and_then(|id| places.name("region", id));
            Some(known.unwrap_or(held))
        }
        "street" | "city" | "postalCode" | "country" => text(&here["address"][field]),
        _ => text(&here[field]),
    }
}

/// What both sides do not hold alike, and nobody is told.
async fn untold(actor: &Actor, pair: &Pair, places: &Places, thing: &Thing) -> Vec<String> {
    let here = if thing.is_client {
        client(actor, &thing.id).await
    } else {
        let query = "query($id: ID!) { node(id: $id) { ... on Contact { name position email phone } } }";
        actor.data(query, json!({ "id": thing.id })).await["node"].clone()
    };
    let (record, stands) = (pair.partner(&thing.id), sync_of(actor, &thing.id).await);
    let of = if thing.is_client { OF_CLIENTS } else { OF_CONTACTS };
    let error = stands["lastError"].as_str().unwrap_or_default();
    let told = |field: &str| error.contains(field) || (error.contains("VAT") && stands["status"] == "DEAD");
    let mut untold = Vec::new();
    let mut alike = true;
    for field in of {
        let (ours, theirs) = (stands_here(places, field, &here), stands_there(places, thing, field, &record));
        alike &= ours == theirs;
        if ours != theirs && !(stands["status"] == "DEAD" && told(field)) {
            untold.push(format!("{field}: {ours:?} here, {theirs:?} there; {stands}"));
        }
    }
    if alike && stands["status"] != "SYNCED" {
        untold.push(format!("all is alike; {stands}"));
    }
    untold
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn random_edits_on_both_sides_end_alike_or_in_a_failure_that_names_the_field() {
    let mut pair = Pair::start().await;
    let ana = pair.app.ana().await;
    let places = Places(pair.odoo.records("res.country"), pair.odoo.records("res.country.state"));
    let mut things = Vec::new();
    for (market, home) in [("aguascalientes", "MX"), ("madrid", "ES")] {
        for number in 0..CLIENTS {
            let email = format!("{market}{number}@cabina.example");
            let new =
                json!({ "name": "Rosa", "market": market, "email": email, "address": { "country": home } });
            let id = ana.client_with(new).await["id"].as_str().expect("an id").to_owned();
            let new = json!({ "clientId": id, "name": "Luz" });
            let luz = ana.run("contactCreate", new, "contact { id }").await["contact"]["id"].clone();
            things.push(Thing { id, is_client: true, home });
            things.push(Thing { id: luz.as_str().expect("an id").to_owned(), is_client: false, home });
        }
    }
    pair.settled().await;
    let mut chance = TestRunner::deterministic();
    for round in 0..ROUNDS {
        pair.halt();
        for thing in &things {
            let of = if thing.is_client { OF_CLIENTS } else { OF_CONTACTS };
            let several = proptest::collection::vec((any::<bool>(), edit(of)), 0..6);
            for (here, edit) in several.new_tree(&mut chance).expect("edits").current() {
                if here {
                    edit_here(&ana, thing, &edit).await;
                } else {
                    edit_there(&pair, &places, thing, &edit);
                }
            }
        }
        pair.go_on();
        let looked = pair.odoo.calls_of("res.partner.search_read");
        until("it was looked", async || pair.odoo.calls_of("res.partner.search_read") >= looked + 2).await;
        let mut left = Vec::new();
        for _ in 0..20 {
            pair.settled().await;
            left.clear();
            for thing in &things {
                let untold = untold(&ana, &pair, &places, thing).await;
                left.extend(untold.into_iter().map(|what| format!("{}: {what}", thing.id)));
            }
            if left.is_empty() {
                break;
            }
            let looked = pair.odoo.calls_of("res.partner.search_read");
            until("it was looked", async || pair.odoo.calls_of("res.partner.search_read") > looked).await;
        }
        assert!(left.is_empty(), "round {round}: {left:#?}");
    }
}
