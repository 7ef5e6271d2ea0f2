//! Equal creations at the same moment: one is made, the others get the refusal that the schema names.

use futures_util::future::join_all;
use serde_json::{Value, json};

use crate::support::{Actor, Refusals, Setup, TestApp};

/// Requests at the same moment.
const AT_ONCE: usize = 8;

/// A server with a connection for each request.
async fn app() -> TestApp {
    Setup::default().with("CABINA_DATABASE_CONNECTIONS", AT_ONCE + 2).start().await
}

/// Runs equal mutations at the same moment: one does its work, and the others are refused for this reason.
async fn one_of_many(actor: &Actor, mutation: &str, input: Value, selection: &str, refusal: (&str, &str)) {
    let runs = (0..AT_ONCE).map(|_| actor.run(mutation, input.clone(), selection));
    let payloads = join_all(runs).await;
    let made: Vec<&Value> = payloads.iter().filter(|payload| payload["userErrors"] == json!([])).collect();
    assert_eq!(made.len(), 1, "{mutation} {input}: {payloads:?}");
    for payload in payloads.iter().filter(|payload| payload["userErrors"] != json!([])) {
        assert_eq!(payload.refusals(), [(refusal.0.to_owned(), refusal.1.to_owned())], "{mutation} {input}");
    }
}

#[tokio::test]
async fn of_clients_with_one_email_phone_or_tax_id_one_is_made() {
    let app = app().await;
    let ana = app.ana().await;
    let given = [
        ("email", "rosa@equal.example"),
        ("phone", "449 123 45 67"),
        ("taxId", "EKU9003173C9"),
        ("email", "luz@equal.example"),
        ("phone", "449 123 45 68"),
        ("email", "sol@equal.example"),
    ];
    for (field, value) in given {
        let mut input = json!({ "kind": "COMPANY", "name": "Equal", "market": "aguascalientes" });
        input[field] = json!(value);
        one_of_many(&ana, "clientCreate", input, "client { id }", ("DUPLICATE", field)).await;
    }
    assert_eq!(app.rows("client").await, 6);
    // All three at once, in two orders of arrival: nobody waits for ever.
    let both = json!({ "kind": "COMPANY", "name": "Both", "market": "aguascalientes", "email": "rosa@equal.example", "phone": "449 123 45 68" });
    let refused =
        join_all((0..AT_ONCE).map(|_| ana.run("clientCreate", both.clone(), "client { id }"))).await;
    for payload in refused {
        let expected = [("DUPLICATE", "email"), ("DUPLICATE", "phone")];
        let mut found = payload.refusals();
        found.sort();
        assert_eq!(found, expected.map(|(code, field)| (code.to_owned(), field.to_owned())));
    }
    // Who asks for it makes another one all the same.
    let again = json!({ "kind": "PERSON", "name": "Twin", "market": "aguascalientes", "email": "rosa@equal.example", "allowDuplicate": true });
    let twins = join_all((0..AT_ONCE).map(|_| ana.run("clientCreate", again.clone(), "client { id }"))).await;
    assert!(twins.iter().all(|twin| twin["userErrors"] == json!([])), "{twins:?}");
}

#[tokio::test]
async fn of_clients_with_one_external_key_one_is_made() {
    let app = app().await;
    let ana = app.ana().await;
    for round in 0..3 {
        let refs = json!([{ "system": "erp", "key": format!("K-{round}") }]);
        let input =
            json!({ "kind": "PERSON", "name": "Equal", "market": "aguascalientes", "externalRefs": refs });
        let runs = (0..AT_ONCE).map(|_| ana.run("clientCreate", input.clone(), "client { id }"));
        let payloads = join_all(runs).await;
        let made = payloads.iter().filter(|payload| payload["userErrors"] == json!([])).count();
        assert_eq!(made, 1, "{payloads:?}");
        for payload in payloads.iter().filter(|payload| payload["userErrors"] != json!([])) {
            let [(code, field)] = &payload.refusals()[..] else { panic!("{payload}") };
            assert_eq!(code, "EXTERNAL_REF_TAKEN");
            // Which of them is told when it was there before.
            assert!(field == "externalRefs" || field == "externalRefs.0", "{payload}");
        }
    }
    assert_eq!(app.rows("client").await, 3);
    let same = json!({ "system": "erp", "key": "K-9" });
    let twice = json!({ "kind": "PERSON", "name": "Twice", "market": "aguascalientes", "externalRefs": [same, same] });
    let refused = ana.run("clientCreate", twice, "client { id }").await;
    assert_eq!(refused.refusals(), [("EXTERNAL_REF_TAKEN".into(), "externalRefs.1".into())]);
}

#[tokio::test]
async fn of_users_teams_markets_and_ecosystems_with_one_key_one_is_made() {
    let app = app().await;
    let admin = app.admin().await;
    for round in ["a", "b", "c"] {
        let user = json!({ "email": format!("dora.{round}@test.example"), "name": "Dora", "role": "ADMIN" });
        one_of_many(&admin, "userCreate", user, "user { id }", ("EMAIL_TAKEN", "email")).await;
        let team = json!({ "name": format!("West {round}") });
        one_of_many(&admin, "teamCreate", team, "team { id }", ("NAME_TAKEN", "name")).await;
        let ecosystem = json!({ "market": "madrid", "key": format!("eco-{round}"), "name": "Eco" });
        one_of_many(&admin, "ecosystemCreate", ecosystem, "ecosystem { id }", ("KEY_TAKEN", "key")).await;
        // Each with a prefix of its own, and each with a key of its own.
        let market = |key: String, prefix: String| json!({ "key": key, "name": "Lima", "country": "PE", "currency": "PEN", "timeZone": "America/Lima", "numberPrefix": prefix });
        let letter = |n: usize| char::from(b'A' + u8::try_from(n).expect("few"));
        let upper = round.to_uppercase();
        let keys = (0..AT_ONCE).map(|n| market(format!("lima-{round}"), format!("L{upper}{}", letter(n))));
        let prefixes = (0..AT_ONCE).map(|n| market(format!("cusco-{round}-{n}"), format!("C{upper}")));
        let inputs: [(Vec<Value>, &str, &str); 2] =
            [(keys.collect(), "KEY_TAKEN", "key"), (prefixes.collect(), "PREFIX_TAKEN", "numberPrefix")];
        for (inputs, code, field) in inputs {
            let payloads =
                join_all(inputs.into_iter().map(|input| admin.run("marketCreate", input, "market { id }")))
                    .await;
            let made = payloads.iter().filter(|payload| payload["userErrors"] == json!([])).count();
            assert_eq!(made, 1, "{payloads:?}");
            for payload in payloads.iter().filter(|payload| payload["userErrors"] != json!([])) {
                assert_eq!(payload.refusals(), [(code.to_owned(), field.to_owned())]);
            }
        }
    }
    let teams = admin.data("{ teams(first: 10) { nodes { id name version } } }", json!({})).await;
    let west: Vec<Value> = teams["teams"]["nodes"]
        .as_array()
        .expect("teams")
        .iter()
        .filter(|team| team["name"].as_str().is_some_and(|name| name.starts_with("West")))
        .cloned()
        .collect();
    let renamed = join_all(west.iter().map(|team| {
        let input = json!({ "id": team["id"], "expectedVersion": team["version"], "name": "Far West" });
        admin.run("teamRename", input, "team { id }")
    }));
    let renamed = renamed.await;
    assert_eq!(renamed.iter().filter(|payload| payload["userErrors"] == json!([])).count(), 1, "{renamed:?}");
}

#[tokio::test]
async fn what_is_set_for_the_first_time_at_the_same_moment_is_set_once() {
    let app = app().await;
    let (ana, sofia) = (app.ana().await, app.sofia().await);
    let team = sofia.data("{ viewer { team { id } } }", json!({})).await["viewer"]["team"]["id"].clone();
    let hours = json!({ "teamId": team, "expectedVersion": 0, "timeZone": "America/Lima" });
    let settings = json!({ "expectedVersion": 0, "reminders": [30] });
    let client = ana.client("Rosa").await;
    let touch =
        json!({ "clientId": client, "nextTouch": { "at": "2027-03-01T16:00:00Z", "reason": "Call" } });
    for (actor, mutation, input, selection) in [
        (&sofia, "workingCalendarUpdate", hours, "workingCalendar { version }"),
        (&ana, "agendaSettingsUpdate", settings, "agendaSettings { version }"),
        (&ana, "clientNextTouchSet", touch, "client { id }"),
    ] {
        for payload in join_all((0..AT_ONCE).map(|_| actor.run(mutation, input.clone(), selection))).await {
            assert_eq!(payload["userErrors"], json!([]), "{mutation}: {payload}");
        }
    }
    assert_eq!(app.rows("working_calendar").await, 1);
    assert_eq!(app.rows("agenda_settings").await, 1);
    assert_eq!(app.rows("agenda_event").await, 1, "one follow-up");
}
