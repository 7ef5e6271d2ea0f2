//! Conditions, order and pages: what they find.

use std::collections::BTreeSet;

use cabina::integrations::odoo::{Call, Class, Domain, Kind, Odoo, Value};
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;

use super::lab::{Lab, map};
use crate::odoo::double::client;

/// Five partners with the reference T: two companies, a person of each that does not share its address, and one archived.
async fn start() -> (Lab, Odoo, [i64; 5]) {
    let lab = Lab::start().await;
    let (odoo, _) = client(lab.odoo.config(&lab.url));
    let add = |entries: Vec<(&str, Value)>| {
        let mut values: Vec<(String, Value)> =
            entries.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
        values.push(("ref".to_owned(), "T".into()));
        lab.odoo.add("res.partner", values)
    };
    let acme = add(vec![
        ("name", "Acme Uno".into()),
        ("is_company", true.into()),
        ("country_id", Value::Int(156)),
        ("color", Value::Int(3)),
        ("email", "uno@acme.example".into()),
    ]);
    let beta =
        add(vec![("name", "beta dos".into()), ("is_company", true.into()), ("country_id", Value::Int(68))]);
    let one = add(vec![
        ("name", "Contacto 100%".into()),
        ("parent_id", Value::Int(acme)),
        ("type", "other".into()),
        ("color", Value::Int(7)),
    ]);
    let two = add(vec![
        ("name", "Zeta".into()),
        ("parent_id", Value::Int(beta)),
        ("type", "other".into()),
        ("email", "".into()),
    ]);
    let gone = add(vec![("name", "Archivado".into()), ("active", false.into()), ("color", Value::Int(5))]);
    (lab, odoo, [acme, beta, one, two, gone])
}

fn domain(text: &str) -> Domain {
    Domain::raw(serde_json::from_str(text).expect("conditions"))
}

#[tokio::test]
async fn conditions_find_what_they_say() {
    let (_lab, odoo, ids) = start().await;
    let [acme, beta, one, two, gone] = ids;
    let parent = format!(r#"["parent_id","=",{acme}]"#);
    let below = format!(r#"["id","child_of",{acme}]"#);
    let either = format!(r#"["parent_id","in",[{acme},{beta}]]"#);
    for (conditions, expected) in [
        (r#"["name","=","Acme Uno"]"#, vec![acme]),
        (r#"["name","=","acme uno"]"#, vec![]),
        (r#"["name","ilike","ACME"]"#, vec![acme]),
        (r#"["name","like","ACME"]"#, vec![]),
        (r#"["name","=ilike","beta%"]"#, vec![beta]),
        (r#"["name","not ilike","e"]"#, vec![one]),
        (r#"["name","like","0\\%"]"#, vec![one]),
        (r#"["name","in",["Zeta","beta dos"]]"#, vec![beta, two]),
        (r#"["name","not in",["Zeta","beta dos"]]"#, vec![acme, one]),
        (r#"["email","=",false]"#, vec![beta, one, two]),
        (r#"["email","!=",false]"#, vec![acme]),
        (r#"["email","!=","uno@acme.example"]"#, vec![beta, one, two]),
        (r#"["color",">",3]"#, vec![one]),
        (r#"["color",">=",3]"#, vec![acme, one]),
        (r#"["color","=",0]"#, vec![beta, two]),
        (r#"["is_company","=",true]"#, vec![acme, beta]),
        (r#"["is_company","!=",true]"#, vec![one, two]),
        (r#"["country_id","=",156]"#, vec![acme]),
        (r#"["country_id","=","Spain"]"#, vec![beta]),
        (r#"["country_id","!=",156]"#, vec![beta, one, two]),
        (r#"["country_id","=",false]"#, vec![one, two]),
        (r#"["country_id.code","=","MX"]"#, vec![acme]),
        (r#"["parent_id.country_id.code","in",["MX","ES"]]"#, vec![one, two]),
        (r#"["child_ids.name","=","Zeta"]"#, vec![beta]),
        (r#"["child_ids","=",false]"#, vec![one, two]),
        (parent.as_str(), vec![one]),
        (below.as_str(), vec![acme, one]),
        (either.as_str(), vec![one, two]),
        (r#""|",["name","=","Zeta"],["color","=",3]"#, vec![acme, two]),
        (r#""|","&",["is_company","=",true],["color","=",3],["name","=","Zeta"]"#, vec![acme, two]),
        (r#""!",["is_company","=",true]"#, vec![one, two]),
        (r#"["active","=",false]"#, vec![gone]),
        (r#"["active","in",[true,false]]"#, vec![acme, beta, one, two, gone]),
        (r#"[1,"=",1]"#, vec![acme, beta, one, two]),
        (r#"[0,"=",1]"#, vec![]),
    ] {
        let conditions = domain(&format!(r#"[["ref","=","T"],{conditions}]"#));
        let found = odoo.run(Call::search("res.partner", conditions.clone()).order("id")).await;
        assert_eq!(found, Ok(expected), "{conditions:?}");
    }
}

#[tokio::test]
async fn orders_are_by_text_without_case_and_nulls_last() {
    let (_lab, odoo, [acme, beta, one, two, _]) = start().await;
    for (order, expected) in [
        ("name", [acme, beta, one, two]),
        ("name desc", [two, one, beta, acme]),
        ("color desc, name", [one, acme, beta, two]),
        ("country_id, id", [acme, beta, one, two]),
        ("email, id desc", [two, acme, one, beta]),
        ("is_company desc, id", [acme, beta, one, two]),
    ] {
        let found = odoo.run(Call::search("res.partner", domain(r#"[["ref","=","T"]]"#)).order(order)).await;
        assert_eq!(found, Ok(expected.to_vec()), "{order}");
    }
}

#[tokio::test]
async fn conditions_and_orders_that_make_no_sense_are_refused() {
    let (_lab, odoo, _) = start().await;
    for conditions in [
        r#"[["nope","=",1]]"#,
        r#"[["country_id.nope","=",1]]"#,
        r#"[["name.code","=",1]]"#,
        r#"[["name","~",1]]"#,
        r#"["|",["name","=",1]]"#,
        r#"[["name","="]]"#,
        r#"["name"]"#,
    ] {
        let fault = odoo.run(Call::search("res.partner", domain(conditions))).await.expect_err(conditions);
        assert_eq!(fault.class, Class::Permanent(Kind::Mapping), "{conditions}");
    }
    for order in ["nope", "name sideways", "name asc id"] {
        let fault = odoo.run(Call::search("res.partner", Domain::all()).order(order)).await.expect_err(order);
        assert!(matches!(fault.class, Class::Permanent(_)), "{order}: {fault}");
    }
}

fn condition() -> impl Strategy<Value = String> {
    prop_oneof![
        (prop_oneof![Just("="), Just("!="), Just(">"), Just("<=")], 0..9)
            .prop_map(|(operator, number)| format!(r#"["color","{operator}",{number}]"#)),
        (prop_oneof![Just("ilike"), Just("not ilike"), Just("=like")], "[a-e%]{1,2}")
            .prop_map(|(operator, text)| format!(r#"["name","{operator}","{text}"]"#)),
        Just(r#"["is_company","=",true]"#.to_owned()),
        Just(r#"["parent_id","!=",false]"#.to_owned()),
    ]
}

fn conditions() -> impl Strategy<Value = String> {
    condition().prop_recursive(3, 8, 2, |inner| {
        prop_oneof![
            inner.clone().prop_map(|one| format!(r#""!",{one}"#)),
            (inner.clone(), inner.clone()).prop_map(|(one, other)| format!(r#""|",{one},{other}"#)),
            (inner.clone(), inner).prop_map(|(one, other)| format!(r#""&",{one},{other}"#)),
        ]
    })
}

#[tokio::test]
async fn a_condition_and_its_opposite_share_nothing_and_leave_nothing() {
    let (lab, odoo, _) = start().await;
    for n in 0..40_i64 {
        let name = format!("{} {n}", ["abe", "cada", "deca", "ee"][usize::try_from(n % 4).expect("small")]);
        let parent = if n % 3 == 0 { Value::Int(6) } else { Value::Bool(false) };
        lab.odoo.add(
            "res.partner",
            map([
                ("name", name.into()),
                ("color", Value::Int(n % 9)),
                ("parent_id", parent),
                ("is_company", (n % 5 == 0).into()),
            ]),
        );
    }
    let all: BTreeSet<i64> =
        odoo.run(Call::search("res.partner", Domain::all())).await.expect("ids").into_iter().collect();
    let mut runner = TestRunner::deterministic();
    for _ in 0..60 {
        let text = conditions().new_tree(&mut runner).expect("conditions").current();
        let find = async |text: String| -> BTreeSet<i64> {
            odoo.run(Call::search("res.partner", domain(&text))).await.expect("ids").into_iter().collect()
        };
        let (some, others) = (find(format!("[{text}]")).await, find(format!(r#"["!",{text}]"#)).await);
        assert!(some.is_disjoint(&others), "{text}");
        assert_eq!(&some | &others, all, "{text}");
        let count = odoo.run(Call::search_count("res.partner", domain(&format!("[{text}]")))).await;
        assert_eq!(count, Ok(i64::try_from(some.len()).expect("few")), "{text}");
        // Pages by offset, and pages after the last id, hold what the whole holds.
        let (mut by_offset, mut by_id, mut last) = (BTreeSet::new(), BTreeSet::new(), 0);
        for page in 0..10 {
            let call = Call::search("res.partner", domain(&format!("[{text}]"))).order("color desc, id");
            by_offset.extend(odoo.run(call.option("offset", page * 7).limit(7)).await.expect("ids"));
            let after = domain(&format!(r#"[["id",">",{last}],{text}]"#));
            let ids = odoo.run(Call::search("res.partner", after).order("id").limit(7)).await.expect("ids");
            last = ids.last().copied().unwrap_or(last);
            by_id.extend(ids);
        }
        assert_eq!((&by_offset, &by_id), (&some, &some), "{text}");
    }
}
