//! Users, teams and the audit of what is done to them.

use serde_json::json;

use crate::support::{Refusals, TestApp};

#[tokio::test]
async fn an_admin_makes_changes_and_disables_a_user() {
    let app = TestApp::start().await;
    let admin = app.admin().await;
    let team =
        admin.run("teamCreate", json!({ "name": "West" }), "team { id version }").await["team"].clone();
    let input = json!({ "email": "Dora@Test.example", "name": "Dora Paz", "role": "ADVISOR", "teamId": team["id"], "password": "correct horse" });
    let made =
        admin.run("userCreate", input.clone(), "user { id email locale timeZone version }").await["user"]
            .clone();
    assert_eq!(
        (&made["email"], &made["locale"], &made["timeZone"]),
        (&json!("dora@test.example"), &json!("es"), &json!("America/Mexico_City"))
    );
    assert_eq!(
        admin.run("userCreate", input, "user { id }").await.refusals(),
        [("EMAIL_TAKEN".into(), "email".into())]
    );
    let dora = app.sign_in("dora@test.example").await;
    let disable = json!({ "id": made["id"], "expectedVersion": 1 });
    admin.run("userDisable", disable, "user { disabledAt }").await;
    assert_eq!(dora.send("{ viewer { id } }", json!({})).await.status, 401, "her session has ended");
    let input = json!({ "email": "dora@test.example", "password": "correct horse" });
    let refused = app.nobody().run("sessionCreate", input, "session { accessToken }").await;
    assert_eq!(refused.refusals()[0].0, "INVALID_CREDENTIALS");
    let enable = json!({ "id": made["id"], "expectedVersion": 2 });
    assert_eq!(
        admin.run("userEnable", enable, "user { disabledAt }").await["user"]["disabledAt"],
        json!(null)
    );
    app.sign_in("dora@test.example").await;
    let rename = json!({ "id": team["id"], "expectedVersion": 1, "name": "north" });
    assert_eq!(
        admin.run("teamRename", rename, "team { id }").await.refusals(),
        [("NAME_TAKEN".into(), "name".into())]
    );
}

#[tokio::test]
async fn everybody_changes_the_own_name_and_nobody_the_own_role() {
    let app = TestApp::start().await;
    let (ana, admin, beto) = (app.ana().await, app.admin().await, app.beto().await);
    let rename = json!({ "id": ana.id, "expectedVersion": 1, "name": "Ana P.", "timeZone": "Mars/Olympus", "locale": "xx-x" });
    let refused = ana.run("userUpdate", rename, "user { name }").await;
    assert_eq!(
        refused.refusals(),
        [("INVALID".into(), "locale".into()), ("INVALID".into(), "timeZone".into())]
    );
    let rename = json!({ "id": ana.id, "expectedVersion": 1, "name": "Ana P.", "timeZone": "Europe/Madrid" });
    assert_eq!(
        ana.run("userUpdate", rename, "user { name version }").await["user"],
        json!({ "name": "Ana P.", "version": 2 })
    );
    let query = "mutation($input: UserUpdateInput!) { userUpdate(input: $input) { user { id } userErrors { code } } }";
    for (who, input) in [
        (&ana, json!({ "id": ana.id, "expectedVersion": 2, "role": "ADMIN" })),
        (&beto, json!({ "id": ana.id, "expectedVersion": 2, "name": "X" })),
    ] {
        assert_eq!(who.send(query, json!({ "input": input })).await.code(), "FORBIDDEN");
    }
    let demote = json!({ "id": admin.id, "expectedVersion": 1, "role": "ADVISOR" });
    let codes: Vec<String> =
        admin.run("userUpdate", demote, "user { id }").await.refusals().into_iter().map(|(c, _)| c).collect();
    assert_eq!(codes, ["OWN_ACCOUNT", "TEAM_MISSING"]);
    let raise = json!({ "id": ana.id, "expectedVersion": 2, "role": "SUPERVISOR" });
    admin.run("userUpdate", raise, "user { role }").await;
    let rights = ana.data("{ viewer { permissions } }", json!({})).await["viewer"]["permissions"].clone();
    assert_eq!(rights, json!(["READ_CLIENTS", "WRITE_CLIENTS", "BLOCK_CLIENTS"]));
    let id = beto.client("Beto's").await;
    let block = json!({ "id": id, "expectedVersion": 1, "reason": "a test" });
    assert_eq!(
        ana.run("clientBlock", block, "client { status }").await["client"]["status"],
        "BLOCKED",
        "the new role counts at once"
    );
}

#[tokio::test]
async fn a_password_is_changed_by_telling_the_present_one() {
    let app = TestApp::start().await;
    let (ana, elsewhere) = (app.ana().await, app.ana().await);
    let wrong = json!({ "id": ana.id, "currentPassword": "wrong", "password": "short" });
    let codes: Vec<String> = ana
        .run("userSetPassword", wrong, "user { id }")
        .await
        .refusals()
        .into_iter()
        .map(|(c, _)| c)
        .collect();
    assert_eq!(codes, ["PASSWORD_WEAK", "PASSWORD_WRONG"]);
    let right = json!({ "id": ana.id, "currentPassword": "correct horse", "password": "battery staple" });
    assert_eq!(ana.run("userSetPassword", right, "user { id }").await.refusals(), []);
    assert_eq!(ana.send("{ viewer { id } }", json!({})).await.status, 200, "the session that asked goes on");
    assert_eq!(elsewhere.send("{ viewer { id } }", json!({})).await.status, 401);
    let input = json!({ "email": "ana@test.example", "password": "battery staple" });
    assert_eq!(app.nobody().run("sessionCreate", input, "session { accessToken }").await.refusals(), []);
}

#[tokio::test]
async fn every_mutation_is_in_the_audit_and_only_admins_read_it() {
    let app = TestApp::start().await;
    let (ana, admin) = (app.ana().await, app.admin().await);
    let id = ana.client_with(json!({ "email": "old@x.example" })).await["id"].clone();
    let update = json!({ "id": id, "expectedVersion": 1, "email": "new@x.example" });
    let event = ana.run("clientUpdate", update, "event { id }").await["event"]["id"].clone();
    let query = "query($filter: AuditFilter) { auditEntries(filter: $filter) { totalCount nodes {
        operation actorKind actorId actorName subjectType subjectId version eventId requestId address changes { field before after } } } }";
    let found = admin
        .data(query, json!({ "filter": { "subjectId": id, "operation": "clientUpdate" } }))
        .await["auditEntries"]
        .clone();
    assert_eq!(found["totalCount"], 1);
    let entry = &found["nodes"][0];
    assert_eq!(
        (&entry["actorId"], &entry["actorName"], &entry["subjectId"], &entry["version"], &entry["eventId"]),
        (&json!(ana.id), &json!("Ana Pérez"), &id, &json!(2), &event)
    );
    assert_eq!(
        entry["changes"],
        json!([{ "field": "email", "before": "old@x.example", "after": "new@x.example" }])
    );
    assert_eq!(entry["address"], "127.0.0.1");
    assert!(entry["requestId"].as_str().expect("an id").len() >= 8);
    let by_ana = admin.data(query, json!({ "filter": { "actorId": ana.id } })).await["auditEntries"].clone();
    let operations: Vec<&str> = by_ana["nodes"]
        .as_array()
        .expect("nodes")
        .iter()
        .map(|e| e["operation"].as_str().expect("text"))
        .collect();
    // The client, its first entry of history, the update, the log-in.
    assert_eq!(operations, ["clientUpdate", "clientCreate", "clientCreate", "sessionCreate"]);
    assert_eq!(ana.send(query, json!({})).await.code(), "FORBIDDEN");
    assert_eq!(app.sofia().await.send(query, json!({})).await.code(), "FORBIDDEN");
    use sea_orm::ConnectionTrait;
    for sql in ["UPDATE audit_entry SET operation = 'x'", "DELETE FROM audit_entry"] {
        let refused = app.app.database.pool.execute_unprepared(sql).await.expect_err("append-only");
        assert!(refused.to_string().contains("audit_entry is append-only"), "{refused}");
    }
}
