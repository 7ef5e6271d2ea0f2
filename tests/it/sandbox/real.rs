//! What the recordings do not show and a real server of the same version was seen to do.

use cabina::integrations::odoo::{Call, Class, Domain, Fault, Kind, Loaded, Map, Odoo, Record, Value};
use cabina::sandbox::odoo::Switches;
use serde_json::json;

use super::lab::{Lab, map};
use crate::odoo::double::client;

async fn start() -> (Lab, Odoo) {
    let lab = Lab::start().await;
    let (odoo, _) = client(lab.odoo.config(&lab.url));
    (lab, odoo)
}

/// What `load` answers, untouched.
async fn told(odoo: &Odoo, columns: &[&str], rows: &[Vec<String>]) -> Vec<Map> {
    let call: Call = Call::of("res.partner", "load").leading("fields", columns.to_vec());
    let Ok(Value::Map(outcome)) = odoo.run(call.leading("data", rows.to_vec())).await else {
        panic!("an outcome")
    };
    let messages = outcome.into_iter().find(|(name, _)| name == "messages").map(|(_, messages)| messages);
    let Some(Value::List(messages)) = messages else { panic!("messages") };
    let map = |message| if let Value::Map(map) = message { map } else { panic!("a message") };
    messages.into_iter().map(map).collect()
}

fn part<'a>(message: &'a Map, name: &str) -> Option<&'a Value> {
    message.iter().find(|(known, _)| known == name).map(|(_, value)| value)
}

fn text(value: &str) -> Value {
    value.into()
}

fn rows<const N: usize>(rows: impl IntoIterator<Item = [&'static str; N]>) -> Vec<Vec<String>> {
    rows.into_iter().map(|row| row.map(str::to_owned).to_vec()).collect()
}

fn partner(lab: &Lab, id: i64) -> Record {
    let all = lab.odoo.records("res.partner");
    all.into_iter().find(|record| record.id() == Ok(id)).expect("a partner")
}

#[tokio::test]
async fn load_stops_after_ten_errors_and_says_so() {
    let (lab, odoo) = start().await;
    let keys: Vec<Vec<String>> = (0..25).map(|number| vec![format!("cabina.unknown_{number}")]).collect();
    let messages = told(&odoo, &["id"], &keys).await;
    assert_eq!(messages.len(), 11);
    assert_eq!(part(&messages[9], "record"), Some(&Value::Int(9)));
    assert_eq!((part(&messages[10], "type"), part(&messages[10], "record")), (Some(&text("warning")), None));
    let why = part(&messages[10], "message").and_then(|text| text.text_or_none().ok().flatten());
    assert!(why.is_some_and(|why| why.starts_with("Found more than 10 errors")), "{why:?}");
    assert_eq!(lab.odoo.errors_logged(), 10, "each of them in the log");
    let fault = odoo.run(Call::load("res.partner", &["id"], &keys)).await.expect_err("refused");
    assert_eq!((fault.class, fault.rows.len()), (Class::Permanent(Kind::Rule), 10));
}

#[tokio::test]
async fn what_a_rule_says_of_a_later_row_is_put_on_the_first_too() {
    let (lab, odoo) = start().await;
    let bad = "GODE561399GR8"; // the thirteenth month
    let mexican = |vat: &'static str| ["Somebody", vat, "base.mx"];
    let columns = ["name", "vat", "country_id/id"];
    let messages = told(&odoo, &columns, &rows([mexican(""), mexican("GODE561231GR8"), mexican(bad)])).await;
    let records: Vec<_> = messages.iter().filter_map(|message| part(message, "record").cloned()).collect();
    assert_eq!(records, [Value::Int(0), Value::Int(2)]);
    assert_eq!(part(&messages[0], "message"), part(&messages[1], "message"));
    let refused = "\nThe VAT number [GODE561399GR8] for partner [Somebody] does not seem to be valid.  \nNote: the expected \
                   format is GODE561231GR8";
    assert_eq!(part(&messages[1], "message"), Some(&text(refused)));
    assert_eq!(lab.odoo.errors_logged(), 0, "rules leave none");
}

#[tokio::test]
async fn an_unknown_database_id_names_its_column() {
    let (_lab, odoo) = start().await;
    let messages = told(&odoo, &[".id", "phone"], &rows([["987654", "1"]])).await;
    assert_eq!(part(&messages[0], "field"), Some(&text(".id")));
}

#[tokio::test]
async fn tax_ids_are_checked_by_country_and_kept_in_their_normal_form() {
    let (lab, odoo) = start().await;
    let make = async |vat: &str, country: &str| {
        let row = vec![vec!["Somebody".to_owned(), vat.to_owned(), country.to_owned()]];
        odoo.run(Call::load("res.partner", &["name", "vat", "country_id/id"], &row)).await
    };
    for (country, given, kept) in [
        ("base.mx", "gode561231gr8", "GODE561231GR8"),
        ("base.mx", "gode-561231 gr8", "GODE561231GR8"),
        ("base.mx", "/", "/"),
        ("base.es", "ES B58378431", "ESB58378431"),
        ("base.es", "b-58378431", "B58378431"),
        ("base.es", "A28015865", "A28015865"),
        ("base.es", "12345678Z", "12345678Z"),
        ("base.es", "X1234567L", "X1234567L"),
        ("base.fr", "anything", "anything"),
        ("", "anything", "anything"),
    ] {
        let Loaded(ids) = make(given, country).await.expect(given);
        assert_eq!(partner(&lab, ids[0]).text("vat"), Ok(Some(kept)), "{given}");
    }
    for (country, given) in [
        ("base.mx", "MXGODE561231GR8"),
        ("base.mx", "GODE561399GR8"),
        ("base.mx", "9"),
        ("base.es", "GODE561231GR8"),
        ("base.es", "12345678A"),
        ("base.es", "B58378432"),
    ] {
        let fault = make(given, country).await.expect_err(given);
        assert_eq!(fault.class, Class::Permanent(Kind::Rule), "{given}");
    }
}

#[tokio::test]
async fn no_text_holds_nul() {
    let (_lab, odoo) = start().await;
    let messages = told(&odoo, &["name"], &rows([["a\0b"]])).await;
    let why = "Unknown error during import: <class 'ValueError'>: A string literal cannot contain NUL (0x00) characters.";
    assert_eq!(part(&messages[0], "message"), Some(&text(why)));
}

#[tokio::test]
async fn with_accounting_installed_load_makes_nobody_under_a_parent_and_create_and_changes_do() {
    let (lab, odoo) = start().await;
    lab.odoo.set(Switches { accounting: true, ..Switches::default() });
    let columns = ["id", "name", "parent_id/.id"];
    let row = rows([["cabina.person", "Luz", "1"]]);
    let fault = odoo.run(Call::load("res.partner", &columns, &row)).await.expect_err("refused");
    assert!(fault.message.contains("credit_limit"), "{fault}");
    let person = map([("name", text("Ana")), ("parent_id", Value::Int(1))]);
    odoo.run(Call::create("res.partner", person)).await.expect("made");
    let Loaded(ids) = odoo
        .run(Call::load("res.partner", &columns[..2], &rows([["cabina.person", "Luz"]])))
        .await
        .expect("made");
    let row = vec![vec![ids[0].to_string(), "1".to_owned()]];
    odoo.run(Call::load("res.partner", &[".id", "parent_id/.id"], &row)).await.expect("put under it");
    assert_eq!(partner(&lab, ids[0]).many2one("parent_id"), Ok(Some(1)));
}

#[tokio::test]
async fn partners_of_users_are_guarded() {
    let (lab, odoo) = start().await;
    let make = |login: &str, rights: &str| {
        let id = lab.odoo.add("res.partner", map([("name", text(login))]));
        let user = [
            ("name", text(login)),
            ("login", text(login)),
            ("partner_id", Value::Int(id)),
            ("rights", text(rights)),
        ];
        lab.odoo.add("res.users", map(user));
        id
    };
    let (portal, internal) = (make("portal", "portal"), make("internal", "bot"));
    let write = async |id: i64, name: &str, value: Value| {
        odoo.run(Call::write("res.partner", &[id], map([(name, value)]))).await
    };
    write(portal, "name", text("Luz")).await.expect("renamed");
    let fault: Fault = write(portal, "active", Value::Bool(false)).await.expect_err("refused");
    assert!(fault.message.starts_with("You cannot archive contacts linked to an active user"), "{fault}");
    let fault = write(internal, "name", text("Luz")).await.expect_err("refused");
    assert_eq!(fault.class, Class::Permanent(Kind::Access));
    assert!(fault.message.contains("modify 'User'"), "{fault}");
    let found = odoo.run(Call::search("res.partner", Domain::all().and("id", "=", portal))).await;
    assert_eq!(found, Ok(vec![portal]), "it is not archived");
}

#[tokio::test]
async fn a_company_and_its_people_share_the_tax_id_and_the_address() {
    let (lab, _odoo) = start().await;
    let of = |id: i64| {
        let record = partner(&lab, id);
        let field = |name: &str| record.text(name).expect("text").map(str::to_owned);
        json!([field("vat"), field("city")])
    };
    let company = [
        ("name", text("Company")),
        ("is_company", Value::Bool(true)),
        ("vat", text("A")),
        ("city", text("León")),
    ];
    let company = lab.odoo.add("res.partner", map(company));
    let person = lab.odoo.add("res.partner", map([("name", text("Luz")), ("vat", text("old"))]));
    lab.odoo.edit("res.partner", person, map([("parent_id", Value::Int(company))]));
    assert_eq!(of(person), json!(["A", "León"]), "it gets the company's");
    lab.odoo.edit("res.partner", person, map([("vat", text("B")), ("city", text("Lerma"))]));
    assert_eq!((of(person), of(company)), (json!(["B", "Lerma"]), json!(["B", "Lerma"])), "both go up");
    lab.odoo.edit("res.partner", company, map([("vat", text("C")), ("city", text("Mérida"))]));
    assert_eq!(of(person), json!(["C", "Mérida"]), "and all goes down");
    // An address of its own goes along to a company without one; one of another type is shared with nobody.
    let other =
        lab.odoo.add("res.partner", map([("name", text("Other")), ("is_company", Value::Bool(true))]));
    lab.odoo.edit("res.partner", person, map([("parent_id", Value::Int(other))]));
    assert_eq!((of(person), of(other)), (json!([null, "Mérida"]), json!([null, "Mérida"])));
    let delivery = [
        ("name", text("Door")),
        ("type", text("delivery")),
        ("parent_id", Value::Int(other)),
        ("city", text("Tepic")),
    ];
    let delivery = lab.odoo.add("res.partner", map(delivery));
    assert_eq!((of(delivery), of(other)), (json!([null, "Tepic"]), json!([null, "Mérida"])));
}

#[tokio::test]
async fn rights_are_asked_for_row_by_row_and_what_accounting_guards_is_not_read() {
    let (lab, odoo) = start().await;
    let row = rows([["cabina.person", "Luz"]]);
    let load = || Call::load("res.partner", &["id", "name"], &row);
    odoo.run(load()).await.expect("made");
    lab.odoo.edit("res.users", 5, map([("rights", text("res.partner read\nres.partner create"))]));
    let messages = told(&odoo, &["id", "name"], &row).await;
    let why = part(&messages[0], "message").and_then(|text| text.text_or_none().ok().flatten());
    assert!(why.is_some_and(|why| why.starts_with("You are not allowed to modify 'Contact'")), "{why:?}");
    let new = rows([["cabina.other", "Ana"]]);
    odoo.run(Call::load("res.partner", &["id", "name"], &new)).await.expect("it may create");
    lab.odoo.edit("res.users", 5, map([("rights", text("bot"))]));

    let limit = || odoo.run(Call::read("res.partner", &[1], &["credit_limit"]));
    limit().await.expect("without Accounting there is nothing to guard");
    lab.odoo.set(Switches { accounting: true, ..Switches::default() });
    let fault = limit().await.expect_err("refused");
    assert_eq!(fault.class, Class::Permanent(Kind::Access));
    let fields = odoo.run(Call::fields_get("res.partner", &[])).await.expect("fields");
    assert!(fields.get("credit_limit").is_none() && fields.get("vat").is_some());
}

#[tokio::test]
async fn all_countries_are_there() {
    let (_lab, odoo) = start().await;
    let found =
        odoo.run(Call::search_read("res.country", Domain::all(), &["code"])).await.expect("countries");
    assert_eq!(found.len(), 249);
    for code in ["MX", "ES", "FR", "ZW"] {
        assert!(found.iter().any(|country| country.text("code") == Ok(Some(code))), "{code}");
    }
}
