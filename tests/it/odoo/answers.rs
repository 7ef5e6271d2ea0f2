//! What we read from every recorded answer and fault is right.

use std::collections::BTreeMap;

use cabina::integrations::odoo::{
    Acted, Class, ExternalIds, Fault, FieldType, Fields, Kind, Loaded, Record, Stored, TransientKind, Value,
};
use cabina::kernel::money::Currency;

use super::recordings::{Exchange, exchange, exchanges, meanings};

/// The class of each recorded fault, by its number. Where an exchange is not here, its answer is good.
const FAULTS: &[(Class, &[u16])] = &[
    (Class::Done, &[71, 84, 111, 128, 131, 132, 154]),
    (Class::Refused, &[12, 13, 207, 208, 209, 210]),
    (Class::Transient(TransientKind::Conflict), &[224, 225, 226]),
    (Class::Permanent(Kind::Configuration), &[4, 9, 14, 215, 216]),
    (Class::Permanent(Kind::Access), &[33, 70, 138, 176, 177, 178, 203, 204, 205, 206, 238]),
    (Class::Permanent(Kind::Missing), &[182, 183, 184, 185, 186, 187]),
    (
        Class::Permanent(Kind::Rule),
        &[
            32, 72, 96, 97, 99, 101, 120, 122, 123, 137, 141, 164, 165, 166, 167, 168, 169, 188, 189, 190,
            194, 195, 196, 223,
        ],
    ),
    (
        Class::Permanent(Kind::Mapping),
        &[
            62, 155, 156, 157, 158, 159, 160, 161, 162, 163, 170, 171, 172, 173, 174, 175, 191, 192, 193,
            197, 198, 199, 200, 201, 202, 211, 212, 213, 214, 217, 218,
        ],
    ),
    (Class::Permanent(Kind::Crash), &[65, 219, 220, 221]),
];

fn class(exchange: &Exchange) -> Option<Class> {
    FAULTS.iter().find(|(_, numbers)| numbers.contains(&exchange.number())).map(|(class, _)| *class)
}

#[test]
fn every_answer_is_read_and_every_fault_has_its_class() {
    let mut wrong = Vec::new();
    for (exchange, meaning) in exchanges().iter().zip(meanings()) {
        let read = exchange.read();
        let found = read.as_ref().err().map(|fault| fault.class);
        if found != class(exchange) {
            wrong.push(format!("{}: {found:?} is not {:?}", exchange.n, class(exchange)));
        }
        if let Some(expected) = meaning.answer {
            assert_eq!(read.as_ref(), Ok(&expected), "{}", exchange.n);
        } else if let (Ok(value), "jsonrpc" | "json2") = (&read, exchange.transport.as_str()) {
            let mut whole: serde_json::Value = serde_json::from_slice(&exchange.response()).expect("JSON");
            let expected = if exchange.transport == "jsonrpc" { whole["result"].take() } else { whole };
            assert_eq!(serde_json::to_value(value).expect("JSON"), expected, "{}", exchange.n);
        } else {
            assert!(read.is_err(), "{}: an answer without an expectation", exchange.n);
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn every_good_answer_reads_as_the_type_of_its_call() {
    let mut refused = Vec::new();
    for (exchange, meaning) in exchanges().iter().zip(meanings()) {
        match (meaning.answers(exchange), class(exchange)) {
            (Ok(()), None) => {}
            // Actions are done, whatever was answered.
            (Ok(()), Some(Class::Done)) if meaning.call == "act" => {}
            (Err(fault), Some(class)) if fault.class == class => {}
            (Err(fault), None) if meaning.call == "load" => refused.push((exchange.number(), fault.class)),
            (other, _) => panic!("{}: {other:?}", exchange.n),
        }
    }
    // `load` answers its faults as if all were well (rules 25 and 26).
    let rule = Class::Permanent(Kind::Rule);
    let conflict = Class::Transient(TransientKind::Conflict);
    assert_eq!(refused, [(59, rule), (61, rule), (63, rule), (64, rule), (227, conflict), (241, rule)]);
}

#[test]
fn the_same_mistake_is_the_same_fault_in_all_three_languages() {
    let mut mistakes: BTreeMap<String, Vec<(String, Fault)>> = BTreeMap::new();
    for exchange in exchanges() {
        let Some((language, mistake)) =
            exchange.n[4..].strip_prefix("fault-").and_then(|n| n.split_once('-'))
        else {
            continue;
        };
        if let Err(fault) = exchange.read() {
            mistakes.entry(mistake.to_owned()).or_default().push((language.to_owned(), fault));
        }
    }
    // Of two different bodies, neither of which we could send.
    mistakes.remove("malformed");
    let mut in_three = 0;
    for (mistake, faults) in mistakes {
        let (_, first) = &faults[0];
        in_three += u32::from(faults.len() == 3);
        for (language, fault) in &faults {
            assert_eq!(fault.class, first.class, "{mistake} in {language}");
            // JSON-2 has words of its own for a model that is not there; the other was recorded on two models.
            if !["unknown-model", "access-error"].contains(&mistake.as_str()) {
                assert_eq!(fault.message, first.message, "{mistake} in {language}");
                assert_eq!(fault.fingerprint(), first.fingerprint(), "{mistake} in {language}");
            }
            assert!(!fault.message.contains("Traceback") && !fault.hint().is_empty(), "{mistake}: {fault}");
        }
    }
    assert_eq!(in_three, 17);
}

#[test]
fn a_fault_keeps_the_servers_words_and_the_exceptions_name() {
    let fault = |number| exchange(number).read().expect_err("a fault");
    assert_eq!(fault(155).to_string(), "ValueError: Invalid field 'no_such_field' in 'res.partner'");
    assert_eq!(fault(157), fault(155));
    assert_eq!(fault(96).to_string(), "Some orders are not in a state requiring confirmation.");
    let conflict = "SerializationFailure: could not serialize access due to concurrent update";
    assert_eq!(fault(224).to_string(), conflict);
    assert!(fault(224).may_be_repeated() && !fault(96).may_be_repeated() && !fault(84).may_be_repeated());
    assert_eq!(fault(14).message, "HTTP status 404, and a body that is not Odoo's");
}

#[test]
fn load_tells_which_row_and_column_is_wrong() {
    let fault = exchange(59).answer::<Loaded>().expect_err("one bad row");
    assert_eq!(fault.rows.len(), 1);
    assert_eq!((fault.rows[0].row, fault.rows[0].field.as_deref()), (Some(1), Some("parent_id")));
    let message = "No matching record found for external id 'cabina.no_such' in field 'Related Company'";
    assert_eq!((fault.message.as_str(), fault.rows[0].message.as_str()), (message, message));
    let conflict = exchange(227).answer::<Loaded>().expect_err("swallowed");
    assert!(conflict.may_be_repeated());
    assert_eq!(exchange(50).answer(), Ok(Loaded(vec![17, 18])));
    assert_eq!(exchange(234).answer(), Ok(Loaded(vec![2416])), "sent again after a lost answer");
}

#[test]
fn one_id_or_a_list_is_the_same_to_a_caller() {
    assert_eq!(exchange(16).answer(), Ok(8), "a number over XML-RPC");
    assert_eq!(exchange(42).answer(), Ok(16), "a list over JSON-2");
    assert_eq!(exchange(17).answer(), Ok(vec![9, 10]));
    assert_eq!(exchange(40).answer(), Ok(Stored));
}

#[test]
fn what_actions_answer_is_not_taken_for_success_or_failure() {
    let answered = |number| exchange(number).answer::<Acted>().expect("it was done");
    assert_eq!(answered(118).answer, Some(Value::Bool(false)), "posted (rule 21)");
    for none in [84, 111, 128, 131, 132, 136, 154] {
        assert_eq!(answered(none).answer, None, "{none}");
    }
    assert!(answered(125).asks(), "an action");
    assert!(!answered(94).asks(), "true");
}

#[test]
fn records_are_read_by_the_declared_types() {
    let fields = exchange(29).answer::<Fields>().expect("fields");
    let country = fields.get("country_id").expect("a field");
    assert_eq!((country.kind, country.relation.as_deref()), (FieldType::Many2one, Some("res.country")));
    let kinds = &fields.get("type").expect("a field").selection;
    assert!(kinds.contains(&"contact".to_owned()) && !kinds.contains(&"Contact".to_owned()), "{kinds:?}");

    let partner = &exchange(18).answer::<Vec<Record>>().expect("records")[0];
    assert_eq!(partner.id(), Ok(8));
    assert_eq!(partner.text("name"), Ok(Some("Clínica Ñandú & Søns <SA>")));
    assert_eq!((partner.text("vat"), partner.flag("active")), (Ok(None), Ok(true)));
    assert_eq!((partner.many2one("country_id"), partner.many2one("parent_id")), (Ok(Some(156)), Ok(None)));
    let written = partner.instant("write_date").expect("a moment").expect("not null");
    assert_eq!(written.to_rfc3339(), "2026-11-20T20:50:18+00:00");
    for number in [19, 49] {
        let bare = &exchange(number).answer::<Vec<Record>>().expect("records")[0];
        assert_eq!(bare.many2one("country_id"), Ok(Some(156)), "{number}");
    }

    let invoice = &exchange(119).answer::<Vec<Record>>().expect("records")[0];
    let mxn = Currency::parse("MXN").expect("a currency");
    assert_eq!(invoice.money("amount_total", mxn).map(|m| m.amount_minor), Ok(241_999));
    assert_eq!(
        invoice.date("invoice_date").map(|day| day.map(|d| d.to_string())),
        Ok(Some("2026-11-20".into()))
    );
    assert!(!invoice.ids("invoice_line_ids").expect("ids").is_empty());
    assert_eq!(invoice.text("name"), Ok(Some("INV/2026/00001")));

    // Ids are numbers, and keys of an object are text (rules 19 and 30).
    let external = exchange(239).answer::<Value>().expect("a map");
    assert_eq!(external, Value::Map(vec![("3172".into(), "cabina.bot_j2".into())]));
    assert_eq!(exchange(239).answer(), Ok(ExternalIds(vec![(3172, "cabina.bot_j2".to_owned())])));
    assert_eq!(exchange(179).answer(), Ok(Vec::<Record>::new()), "what is not there is left out");
}
