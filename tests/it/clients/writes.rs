//! Creating and changing clients.

use serde_json::json;

use crate::support::{Refusals, TestApp};

#[tokio::test]
async fn a_client_is_made_with_its_number_and_its_history() {
    let app = TestApp::start().await;
    let ana = app.ana().await;
    let input = json!({
        "kind": "PERSON", "name": "  María   González ", "email": "Maria@Example.com", "phone": "449 123 4567",
        "taxId": "GODE-561231-GR8", "market": "aguascalientes", "ecosystem": "ruta-7", "tags": ["VIP", "vip", "Taxi"],
        "address": { "city": "Aguascalientes", "country": "MX" }, "consents": { "data": true },
        "externalRefs": [{ "system": "odoo", "key": "42" }],
    });
    let selection = "client { number version status name email phone taxId tags market { key country } ecosystem { key }
        advisor { name } team { name } address { city street } consents { data email } externalRefs { system key }
        eventLog { nodes { kind text author { kind name user { name } } } totalCount } } event { id }";
    let payload = ana.run("clientCreate", input, selection).await;
    assert_eq!(
        payload["client"],
        json!({
            "number": "AGS-00001", "version": 1, "status": "PROSPECT", "name": "María González",
            "email": "maria@example.com", "phone": "+524491234567", "taxId": "GODE561231GR8", "tags": ["VIP", "Taxi"],
            "market": { "key": "aguascalientes", "country": "MX" }, "ecosystem": { "key": "ruta-7" },
            "advisor": { "name": "Ana Pérez" }, "team": { "name": "North" },
            "address": { "city": "Aguascalientes", "street": null }, "consents": { "data": true, "email": false },
            "externalRefs": [{ "system": "odoo", "key": "42" }],
            "eventLog": { "totalCount": 1, "nodes": [{ "kind": "SYSTEM", "text": "Cliente creado",
                "author": { "kind": "USER", "name": "Ana Pérez", "user": { "name": "Ana Pérez" } } }] },
        })
    );
    assert!(payload["event"]["id"].as_str().expect("an event").starts_with("event_"));
    assert_eq!(ana.client_with(json!({})).await["number"], "AGS-00002");
    assert_eq!(ana.client_with(json!({ "market": "madrid" })).await["number"], "MAD-00001");
}

#[tokio::test]
async fn a_refused_input_names_every_wrong_field_and_writes_nothing() {
    let app = TestApp::start().await;
    let ana = app.ana().await;
    let before = (app.traces().await, app.rows("client").await, app.rows("client_term").await);
    let input = json!({
        "kind": "PERSON", "name": " ", "email": "nobody", "phone": "12", "taxId": "GODE561331GR8",
        "market": "aguascalientes", "ecosystem": "atlantis", "tags": [""], "address": { "country": "Mexico" },
        "advisorId": "user_00000000000000000000000000", "idempotencyKey": "k",
    });
    let payload = ana.run("clientCreate", input, "client { id } event { id }").await;
    let wrong: Vec<String> =
        payload.refusals().into_iter().map(|(code, field)| format!("{field} {code}")).collect();
    assert_eq!(
        wrong,
        [
            "name INVALID",
            "email INVALID",
            "phone INVALID",
            "taxId INVALID",
            "address.country INVALID",
            "tags INVALID",
            "ecosystem ECOSYSTEM_UNKNOWN",
            "advisorId ADVISOR_UNKNOWN",
        ]
    );
    assert_eq!((&payload["client"], &payload["event"]), (&json!(null), &json!(null)));
    assert_eq!((app.traces().await, app.rows("client").await, app.rows("client_term").await), before);
}

#[tokio::test]
async fn a_duplicate_is_told_among_the_visible_ones_only() {
    let app = TestApp::start().await;
    let (ana, carla) = (app.ana().await, app.carla().await);
    ana.client_with(json!({ "email": "maria@example.com", "phone": "+524491234567" })).await;
    let twin = json!({ "kind": "PERSON", "name": "M", "market": "aguascalientes", "email": "MARIA@example.com", "phone": "4491234567" });
    let refused = ana.run("clientCreate", twin.clone(), "client { id }").await;
    assert_eq!(
        refused.refusals(),
        [("DUPLICATE".into(), "email".into()), ("DUPLICATE".into(), "phone".into())]
    );
    let mut all_the_same = twin.clone();
    all_the_same["allowDuplicate"] = json!(true);
    assert_eq!(ana.run("clientCreate", all_the_same, "client { id }").await.refusals(), []);
    assert_eq!(
        carla.run("clientCreate", twin, "client { id }").await.refusals(),
        [],
        "she must not learn of it"
    );
}

#[tokio::test]
async fn overlapping_edits_of_one_version_are_a_conflict_and_others_merge() {
    let app = TestApp::start().await;
    let (ana, sofia) = (app.ana().await, app.sofia().await);
    let id = ana.client("María").await;
    let change = |fields: serde_json::Value| {
        let mut input = json!({ "id": id, "expectedVersion": 1 });
        input.as_object_mut().expect("an object").extend(fields.as_object().expect("fields").clone());
        input
    };
    let selection = "client { version name email tags } conflict { field base mine theirs } event { id }";
    let first = ana
        .run("clientUpdate", change(json!({ "name": "María Luisa", "email": "m@example.com" })), selection)
        .await;
    assert_eq!(first["client"]["version"], 2);
    let traces = app.traces().await;
    let second =
        sofia.run("clientUpdate", change(json!({ "name": "Mariana", "tags": ["new"] })), selection).await;
    assert_eq!(second.refusals(), [("CONFLICT".into(), "name".into())]);
    assert_eq!(
        second["conflict"],
        json!([{ "field": "name", "base": "María", "mine": "Mariana", "theirs": "María Luisa" }])
    );
    assert_eq!(
        second["client"],
        json!({ "version": 2, "name": "María Luisa", "email": "m@example.com", "tags": [] })
    );
    assert_eq!(app.traces().await, traces, "a conflict writes nothing");
    let third = sofia.run("clientUpdate", change(json!({ "tags": ["new"] })), selection).await;
    assert_eq!(third.refusals(), []);
    assert_eq!(
        third["client"],
        json!({ "version": 3, "name": "María Luisa", "email": "m@example.com", "tags": ["new"] })
    );
    let same = ana.run("clientUpdate", change(json!({ "tags": ["new"] })), selection).await;
    assert_eq!(
        (same.refusals(), &same["client"]["version"], &same["event"]),
        (vec![], &json!(3), &json!(null))
    );
}

#[tokio::test]
async fn absent_keeps_and_null_clears() {
    let app = TestApp::start().await;
    let ana = app.ana().await;
    let made = ana.client_with(json!({ "email": "m@example.com", "phone": "+524491234567" })).await;
    let input = json!({ "id": made["id"], "expectedVersion": 1, "email": null });
    let payload = ana.run("clientUpdate", input, "client { email phone }").await;
    assert_eq!(payload["client"], json!({ "email": null, "phone": "+524491234567" }));
    let input = json!({ "id": made["id"], "expectedVersion": 2, "name": null, "kind": null });
    let payload = ana.run("clientUpdate", input, "client { version }").await;
    assert_eq!(payload.refusals(), [("INVALID".into(), "name".into()), ("INVALID".into(), "kind".into())]);
    assert_eq!(payload["client"]["version"], 2);
}

#[tokio::test]
async fn the_same_key_writes_once_and_answers_the_same() {
    let app = TestApp::start().await;
    let (ana, beto) = (app.ana().await, app.beto().await);
    let id = ana.client("María").await;
    let note =
        |text: &str| json!({ "clientId": id, "kind": "NOTE", "text": text, "idempotencyKey": "note-1" });
    let selection = "entry { id text } event { id }";
    let first = ana.run("eventlogAppend", note("hello"), selection).await;
    let traces = (app.traces().await, app.rows("event_log_entry").await);
    assert_eq!(ana.run("eventlogAppend", note("hello"), selection).await, first);
    let other = ana.run("eventlogAppend", note("good-bye"), selection).await;
    assert_eq!(other.refusals(), [("IDEMPOTENCY_MISMATCH".into(), "idempotencyKey".into())]);
    assert_eq!((app.traces().await, app.rows("event_log_entry").await), traces);
    let of_another = json!({ "kind": "PERSON", "name": "X", "market": "madrid", "idempotencyKey": "note-1" });
    assert_eq!(
        beto.run("clientCreate", of_another, "client { id }").await.refusals(),
        [],
        "keys are each actor's own"
    );
}

#[tokio::test]
async fn the_same_key_at_the_same_moment_writes_once() {
    let app = TestApp::start().await;
    let ana = app.ana().await;
    let id = ana.client("María").await;
    let before = app.rows("event_log_entry").await;
    let input = json!({ "clientId": id, "kind": "CALL", "text": "rang", "idempotencyKey": "call-1" });
    let calls = (0..8).map(|_| ana.run("eventlogAppend", input.clone(), "entry { id } event { id }"));
    let answers = futures_util::future::join_all(calls).await;
    assert!(
        answers.iter().all(|answer| answer == &answers[0] && answer["entry"]["id"].is_string()),
        "{answers:?}"
    );
    assert_eq!(app.rows("event_log_entry").await, before + 1);
}

#[tokio::test]
async fn what_is_available_succeeds_and_what_is_blocked_fails_with_its_code() {
    let app = TestApp::start().await;
    let (ana, sofia) = (app.ana().await, app.sofia().await);
    let mutations = [
        ("ACTIVATE", "clientActivate"),
        ("DEACTIVATE", "clientDeactivate"),
        ("BLOCK", "clientBlock"),
        ("UNBLOCK", "clientUnblock"),
    ];
    let statuses: [&[&str]; 4] =
        [&[], &["clientActivate"], &["clientActivate", "clientDeactivate"], &["clientBlock"]];
    for path in statuses {
        for reachable in [true, false] {
            for actor in [&ana, &sofia] {
                for (action, mutation) in mutations {
                    let phone = (reachable || !path.is_empty()).then_some("+524491234567");
                    let made = ana.client_with(json!({ "phone": phone, "allowDuplicate": true })).await;
                    let id = made["id"].as_str().expect("an id");
                    let mut version = 1;
                    for step in path {
                        let input = json!({ "id": id, "expectedVersion": version, "reason": "a test" });
                        let moved = sofia.run(step, input, "client { version }").await;
                        version = moved["client"]["version"].as_i64().expect("a version");
                    }
                    let query = "query($id: ID!) { client(id: $id) { availableActions { action enabled blockedBy { code fix } } } }";
                    let data = actor.data(query, json!({ "id": id })).await;
                    let told = data["client"]["availableActions"]
                        .as_array()
                        .expect("a list")
                        .iter()
                        .find(|told| told["action"] == action)
                        .expect("every action is told")
                        .clone();
                    let input = json!({ "id": id, "expectedVersion": version, "reason": "a test" });
                    let done = actor.run(mutation, input, "client { version }").await;
                    if told["enabled"] == true {
                        assert_eq!(done.refusals(), [], "{action} after {path:?}");
                        assert_eq!(told["blockedBy"], json!(null));
                    } else {
                        let code = told["blockedBy"]["code"].as_str().expect("a code").to_owned();
                        assert_eq!(done.refusals(), [(code, "id".to_owned())], "{action} after {path:?}");
                        assert_eq!(done["client"]["version"], version, "nothing was written");
                    }
                }
            }
        }
    }
}

#[tokio::test]
async fn a_reassigned_client_goes_with_its_words_and_is_gone_for_its_former_advisor() {
    let app = TestApp::start().await;
    let (ana, sofia, admin, carla) =
        (app.ana().await, app.sofia().await, app.admin().await, app.carla().await);
    let id = ana.client("Zulema Quintero").await;
    let found = "{ clientSearch(text: \"zulema\") { client { name } } }";
    assert_eq!(ana.data(found, json!({})).await["clientSearch"].as_array().expect("hits").len(), 1);
    let beto = app.beto().await;
    assert_eq!(beto.data(found, json!({})).await["clientSearch"], json!([]));
    let input = json!({ "id": id, "expectedVersion": 1, "advisorId": beto.id });
    let payload = sofia.run("clientReassign", input, "client { advisor { name } version }").await;
    assert_eq!(payload["client"], json!({ "advisor": { "name": "Beto Ruiz" }, "version": 2 }));
    assert_eq!(ana.data(found, json!({})).await["clientSearch"], json!([]));
    assert_eq!(beto.data(found, json!({})).await["clientSearch"].as_array().expect("hits").len(), 1);
    let across = json!({ "id": id, "expectedVersion": 2, "advisorId": carla.id });
    let refused = sofia.run("clientReassign", across.clone(), "client { version }").await;
    assert_eq!(refused.refusals(), [("ADVISOR_UNKNOWN".into(), "advisorId".into())]);
    let moved = admin.run("clientReassign", across, "client { team { name } }").await;
    assert_eq!(moved["client"]["team"]["name"], "South");
    assert_eq!(carla.data(found, json!({})).await["clientSearch"].as_array().expect("hits").len(), 1);
    assert_eq!(beto.data(found, json!({})).await["clientSearch"], json!([]));
}

#[tokio::test]
async fn giving_a_client_away_shows_it_no_more() {
    let app = TestApp::start().await;
    let (ana, beto) = (app.ana().await, app.beto().await);
    let id = ana.client("María").await;
    let input = json!({ "id": id, "expectedVersion": 1, "advisorId": beto.id });
    let payload = ana.run("clientReassign", input, "client { id } event { id }").await;
    assert_eq!((payload.refusals(), &payload["client"]), (vec![], &json!(null)));
    assert!(payload["event"]["id"].is_string());
}

#[tokio::test]
async fn contacts_and_activities_live_with_their_client() {
    let app = TestApp::start().await;
    let ana = app.ana().await;
    let id = ana.client_with(json!({ "kind": "COMPANY", "name": "Transportes Sol" })).await["id"].clone();
    let contact =
        json!({ "clientId": id, "name": "Luis Sol", "position": "Gerente", "email": "luis@sol.example" });
    let contact = ana
        .run("contactCreate", contact, "contact { id version name email client { name } }")
        .await["contact"]
        .clone();
    assert_eq!(contact["client"]["name"], "Transportes Sol");
    let change =
        json!({ "id": contact["id"], "expectedVersion": 1, "phone": "+524491234567", "email": null });
    let changed = ana.run("contactUpdate", change, "contact { version email phone }").await;
    assert_eq!(changed["contact"], json!({ "version": 2, "email": null, "phone": "+524491234567" }));
    let wrong = json!({ "id": contact["id"], "expectedVersion": 2, "name": "", "phone": "123 4567" });
    let wrong = ana.run("contactUpdate", wrong, "contact { version }").await;
    assert_eq!(wrong.refusals(), [("INVALID".into(), "name".into()), ("INVALID".into(), "phone".into())]);

    let plan = json!({ "clientId": id, "kind": "CALL", "title": "Ask for the papers", "dueAt": "2026-12-01T10:00:00Z" });
    let activity =
        ana.run("activityCreate", plan, "activity { id version state assignee { name } }").await["activity"]
            .clone();
    assert_eq!((&activity["state"], &activity["assignee"]["name"]), (&json!("PLANNED"), &json!("Ana Pérez")));
    let step = |version: i64| json!({ "id": activity["id"], "expectedVersion": version });
    let done = ana.run("activityComplete", step(1), "activity { state doneAt version }").await;
    assert_eq!((&done["activity"]["state"], &done["activity"]["version"]), (&json!("DONE"), &json!(2)));
    let again = ana.run("activityComplete", step(2), "activity { version }").await;
    assert_eq!(again.refusals(), [("ALREADY_SO".into(), "id".into())]);
    let cancelled = ana.run("activityCancel", step(2), "activity { version }").await;
    assert_eq!(cancelled.refusals(), [("NOT_PLANNED".into(), "id".into())]);
    let open = ana.run("activityReopen", step(2), "activity { state doneAt }").await;
    assert_eq!(open["activity"], json!({ "state": "PLANNED", "doneAt": null }));

    let query = "query($id: ID!) { client(id: $id) {
        contacts { totalCount nodes { name phone } } activities(states: [PLANNED]) { nodes { title } }
        eventLog(kinds: [CALL]) { nodes { text payload } } } }";
    let seen = ana.data(query, json!({ "id": id })).await["client"].clone();
    assert_eq!(
        seen["contacts"],
        json!({ "totalCount": 1, "nodes": [{ "name": "Luis Sol", "phone": "+524491234567" }] })
    );
    assert_eq!(seen["activities"]["nodes"], json!([{ "title": "Ask for the papers" }]));
    assert_eq!(
        seen["eventLog"]["nodes"],
        json!([{ "text": "Ask for the papers", "payload": { "activity": activity["id"] } }])
    );
    let gone = ana.run("contactDelete", json!({ "id": contact["id"] }), "contact { id } event { id }").await;
    assert_eq!((gone.refusals(), &gone["contact"]), (vec![], &json!(null)));
    assert_eq!(app.rows("contact").await, 0);
}

#[tokio::test]
async fn the_history_is_corrected_by_new_entries_only() {
    let app = TestApp::start().await;
    let ana = app.ana().await;
    let (id, other) = (ana.client("María").await, ana.client("José").await);
    let wrong = json!({ "clientId": id, "kind": "NOTE", "text": "Owes 100" });
    let wrong = ana.run("eventlogAppend", wrong, "entry { id }").await["entry"]["id"].clone();
    let right = json!({ "clientId": id, "kind": "NOTE", "text": "Owes 10", "corrects": wrong, "payload": { "amount": [10, null] } });
    let right = ana.run("eventlogAppend", right, "entry { corrects { id text } payload }").await;
    assert_eq!(
        right["entry"],
        json!({ "corrects": { "id": wrong, "text": "Owes 100" }, "payload": { "amount": [10, null] } })
    );
    let elsewhere = json!({ "clientId": other, "kind": "NOTE", "text": "x", "corrects": wrong });
    let refused = ana.run("eventlogAppend", elsewhere, "entry { id }").await;
    assert_eq!(refused.refusals(), [("CORRECTS_UNKNOWN".into(), "corrects".into())]);
    let reserved =
        json!({ "clientId": id, "kind": "PAYMENT", "text": "", "occurredAt": "2096-01-01T00:00:00Z" });
    let refused = ana.run("eventlogAppend", reserved, "entry { id }").await;
    assert_eq!(
        refused.refusals(),
        [
            ("INVALID".into(), "text".into()),
            ("KIND_RESERVED".into(), "kind".into()),
            ("INVALID".into(), "occurredAt".into())
        ]
    );
}

#[tokio::test]
async fn an_entry_carries_its_attachments_and_wrong_ones_are_named() {
    let app = TestApp::start().await;
    let ana = app.ana().await;
    let id = ana.client("Rosa").await;
    let attachments = json!([
        { "name": " Quote.pdf ", "url": "https://files.example/quote.pdf", "contentType": "application/pdf" },
        { "name": "Photo", "url": "http://files.example/1?x=2", "contentType": null },
    ]);
    let input = json!({ "clientId": id, "kind": "EMAIL", "text": "The quote", "attachments": attachments });
    let selection = "entry { text attachments { name url contentType } }";
    let entry = ana.run("eventlogAppend", input, selection).await["entry"].clone();
    assert_eq!(
        entry["attachments"],
        json!([
            { "name": "Quote.pdf", "url": "https://files.example/quote.pdf", "contentType": "application/pdf" },
            { "name": "Photo", "url": "http://files.example/1?x=2", "contentType": null },
        ])
    );
    let before = (app.traces().await, app.rows("event_log_entry").await);
    let attachments = json!([
        { "name": "ok", "url": "https://files.example/" },
        { "name": " ", "url": "javascript:alert(1)", "contentType": "pdf" },
        { "name": "ok", "url": "files.example" },
    ]);
    let input = json!({ "clientId": id, "kind": "NOTE", "text": "x", "attachments": attachments, "idempotencyKey": "k" });
    let refused = ana.run("eventlogAppend", input, "entry { id }").await.refusals();
    let fields: Vec<String> = refused.into_iter().map(|(code, field)| format!("{field} {code}")).collect();
    assert_eq!(
        fields,
        [
            "attachments.1.url INVALID",
            "attachments.1.contentType INVALID",
            "attachments.1.name INVALID",
            "attachments.2.url INVALID"
        ]
    );
    let many: Vec<_> =
        (0..21).map(|n| json!({ "name": "n", "url": format!("https://x.example/{n}") })).collect();
    let input = json!({ "clientId": id, "kind": "NOTE", "text": "x", "attachments": many });
    let refused = ana.run("eventlogAppend", input, "entry { id }").await.refusals();
    assert_eq!(refused, [("INVALID".to_owned(), "attachments".to_owned())]);
    assert_eq!((app.traces().await, app.rows("event_log_entry").await), before, "nothing was written");
}

#[tokio::test]
async fn what_is_committed_is_told_in_the_outbox_to_those_who_may_hear_it() {
    let app = TestApp::start().await;
    let (ana, beto) = (app.ana().await, app.beto().await);
    let id = ana.client("María").await;
    let input = json!({ "id": id, "expectedVersion": 1, "advisorId": beto.id });
    let event = ana.run("clientReassign", input, "event { id }").await["event"]["id"].clone();
    app.settled().await;
    use sea_orm::QueryOrder;
    let rows = cabina::platform::db::all_rows::<cabina::platform::db::tables::outbox::Entity>()
        .order_by_asc(cabina::platform::db::tables::outbox::Column::Id)
        .all(&app.app.database.pool)
        .await
        .expect("the outbox");
    let told: Vec<(&str, String)> =
        rows.iter().map(|row| (row.topic.as_str(), row.kind.to_string())).collect();
    let expected = [
        ("client:updated", "CREATED"),
        ("eventlog:new", "CREATED"), // made
        ("client:updated", "UPDATED"),
        ("eventlog:new", "CREATED"), // given away
        ("notification:new", "CREATED"),
    ];
    assert_eq!(told, expected.map(|(topic, kind)| (topic, kind.to_owned())));
    let given = &rows[2];
    assert_eq!(json!(given.event_id), event, "everything of one change carries its id");
    assert!(rows[3..].iter().all(|row| row.event_id == given.event_id));
    assert_eq!(rows[4].audience, json!({ "user": cabina::kernel::ids::parse(&beto.id).expect("an id").1 }));
    assert_eq!(
        (given.changed_fields.clone(), given.version, given.position),
        (json!(["advisor"]), 2, Some(3))
    );
    let uuid = |id: &str| json!(cabina::kernel::ids::parse(id).expect("an id").1);
    assert_eq!(given.audience["client"], uuid(&id));
    assert_eq!(given.audience["before"]["advisor"], uuid(&ana.id));
    assert_eq!(given.audience["now"]["advisor"], uuid(&beto.id));
    assert_eq!(given.audience["now"]["team"], given.audience["before"]["team"]);
}

#[tokio::test]
async fn a_mutation_takes_at_most_eight_statements() {
    let app = TestApp::start().await;
    let ana = app.ana().await;
    let id = ana.client_with(json!({ "phone": "+524491234567" })).await["id"].clone();
    // BEGIN and COMMIT are two more than the counter sees; nothing is selected, so nothing is read again.
    let cases = [
        ("eventlogAppend", json!({ "clientId": id, "kind": "NOTE", "text": "x", "idempotencyKey": "a" })),
        ("clientActivate", json!({ "id": id, "expectedVersion": 1, "idempotencyKey": "b" })),
        ("activityCreate", json!({ "clientId": id, "kind": "CALL", "title": "x", "idempotencyKey": "c" })),
        ("contactCreate", json!({ "clientId": id, "name": "x", "idempotencyKey": "d" })),
    ];
    for (mutation, input) in cases {
        let before = app.app.database.statements();
        assert_eq!(ana.run(mutation, input, "").await.refusals(), []);
        let statements = app.app.database.statements() - before + 2;
        assert!(statements <= 8, "{mutation} takes {statements}");
    }
}
