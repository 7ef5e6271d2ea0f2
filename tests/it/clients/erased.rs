//! A person is erased: nothing of them is left in the database, and nobody else can use the way in which that is done.

use std::process::{Command, Output};

use sea_orm::{ConnectionTrait, DatabaseConnection, Statement, TransactionTrait};
use serde_json::{Value, json};

use crate::support::{Actor, Refusals, Screen, TestApp, is_postgres};

/// What is known of Xóchitl and of who works for her, in lower case.
const SECRETS: [&str; 9] = [
    "xochitl",
    "secreto.example",
    "4491112233",
    "gode561231gr8",
    "escondida",
    "wenceslao",
    "fulgencio",
    "filatelia",
    "k-4711",
];

/// Runs `cabina erase client` beside the server.
fn erase(app: &TestApp, client: &str, by: &str) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_cabina"));
    command
        .args(["erase", "client", client, "--by", by, "--reason", "by letter of 3 May"])
        .env("DATABASE_URL", app.database_url())
        .env_remove("REDIS_URL");
    command.output().expect("runs")
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

async fn texts(own: &DatabaseConnection, sql: String) -> Vec<String> {
    let rows = own.query_all_raw(Statement::from_string(own.get_database_backend(), sql)).await;
    rows.expect("rows").iter().map(|row| row.try_get_by_index::<String>(0).expect("a text")).collect()
}

/// Every row of every table as text, in lower case.
async fn everything(app: &TestApp) -> String {
    let own = &app.app.database.own;
    let tables = if is_postgres() {
        "SELECT CAST(tablename AS text) FROM pg_tables WHERE schemaname = 'public'"
    } else {
        "SELECT name FROM sqlite_master WHERE type = 'table'"
    };
    let mut all = String::new();
    for table in texts(own, tables.to_owned()).await {
        let rows = if is_postgres() {
            format!("SELECT CAST(t AS text) FROM \"{table}\" AS t")
        } else {
            let columns = format!("SELECT name FROM pragma_table_info('{table}')");
            let cells = texts(own, columns).await;
            let cells = cells.iter().map(|name| {
                format!("coalesce(CASE typeof(\"{name}\") WHEN 'blob' THEN hex(\"{name}\") ELSE \"{name}\" END, '')")
            });
            format!("SELECT {} FROM \"{table}\"", cells.collect::<Vec<_>>().join(" || ' ' || "))
        };
        for row in texts(own, rows).await {
            all.push_str(&row.to_lowercase());
            all.push('\n');
        }
    }
    all
}

async fn done(actor: &Actor, mutation: &str, input: Value, selection: &str) -> Value {
    let payload = actor.run(mutation, input, selection).await;
    assert_eq!(payload.refusals(), [], "{mutation}");
    payload
}

/// A client of Ana's of whom everything tells that can.
async fn xochitl(app: &TestApp) -> String {
    let (ana, sofia) = (app.ana().await, app.sofia().await);
    let client = ana
        .client_with(json!({
            "name": "Xochitl Former", "email": "x@secreto.example", "phone": "+524491112233",
            "taxId": "GODE561231GR8", "tags": ["filatelia"], "address": { "street": "Escondida 7" },
            "externalRefs": [{ "system": "erp", "key": "K-4711" }],
        }))
        .await["id"]
        .clone();
    let update = json!({ "id": client, "expectedVersion": 1, "name": "Xochitl Zeta" });
    done(&ana, "clientUpdate", update, "client { id }").await;
    for name in ["Wenceslao", "Fulgencio"] {
        let new = json!({ "clientId": client, "name": name, "email": format!("{name}@secreto.example") });
        let contact = done(&ana, "contactCreate", new, "contact { id }").await["contact"]["id"].clone();
        if name == "Fulgencio" {
            done(&ana, "contactDelete", json!({ "id": contact }), "event { id }").await;
        }
    }
    let note = json!({ "clientId": client, "kind": "NOTE", "text": "Xochitl likes filatelia",
        "payload": { "friend": "Wenceslao" },
        "attachments": [{ "name": "xochitl.pdf", "url": "https://files.example/xochitl.pdf" }] });
    done(&ana, "eventlogAppend", note, "entry { id }").await;
    let task =
        json!({ "clientId": client, "kind": "TASK", "title": "Write to Xochitl", "notes": "Escondida 7" });
    done(&ana, "activityCreate", task, "activity { id }").await;
    let visit = json!({ "title": "Visit Xochitl", "location": "Escondida 7", "clientId": client,
        "start": "2027-01-05T16:00:00Z", "end": "2027-01-05T17:00:00Z", "recurrence": { "rule": "FREQ=WEEKLY;COUNT=3" } });
    done(&ana, "agendaEventCreate", visit, "agendaEvent { id }").await;
    let block = json!({ "id": client, "expectedVersion": 2, "reason": "Xochitl owes us" });
    done(&sofia, "clientBlock", block, "client { id }").await;
    client.as_str().expect("an id").to_owned()
}

#[tokio::test]
async fn nothing_of_an_erased_person_is_left() {
    let app = TestApp::start().await;
    let (ana, admin) = (app.ana().await, app.admin().await);
    let client = xochitl(&app).await;
    let rosa = ana.client("Rosa Vela").await;
    let before = everything(&app).await;
    assert_eq!(SECRETS.iter().find(|secret| !before.contains(*secret)), None, "the search finds them all");
    let audited = app.rows("audit_entry").await;
    let live = "subscription($after: Cursor) { clientUpdated(after: $after) { clientId changedFields client { name erasedAt } } }";
    let mut screen = Screen::of(&ana).await;
    app.settled().await;
    screen.subscribe("1", live, json!({ "after": ana.cursor().await })).await;

    let erased = erase(&app, &client, "admin@test.example");
    assert!(erased.status.success(), "{}", said(&erased));

    app.settled().await;
    let after = everything(&app).await;
    assert_eq!(SECRETS.iter().find(|secret| after.contains(*secret)), None);
    assert!(after.contains("rosa vela"), "others are as they were");
    let item = loop {
        let item = screen.item("1").await["clientUpdated"].clone();
        if item["changedFields"].as_array().expect("fields").contains(&json!("name")) {
            break item;
        }
    };
    assert_eq!(
        (item["clientId"].as_str(), &item["client"]["name"]),
        (Some(client.as_str()), &json!("[erased]"))
    );
    assert!(item["client"]["erasedAt"].is_string());

    let query = "query($id: ID!) { client(id: $id) { number name email tags contacts { totalCount } advisor { name }
        availableActions { enabled blockedBy { code } } eventLog { totalCount nodes { code text author { name } } }
        activities { nodes { title } } agendaEvents { nodes { title location } } } }";
    let shown = ana.data(query, json!({ "id": client })).await["client"].clone();
    assert_eq!(shown["number"], "AGS-00001");
    assert_eq!(
        (&shown["name"], &shown["email"], &shown["tags"]),
        (&json!("[erased]"), &Value::Null, &json!([]))
    );
    assert_eq!(
        (&shown["contacts"]["totalCount"], &shown["advisor"]["name"]),
        (&json!(0), &json!("Ana Pérez"))
    );
    assert_eq!(shown["availableActions"][0]["blockedBy"]["code"], "CLIENT_ERASED");
    assert_eq!(
        shown["eventLog"]["nodes"][0],
        json!({ "code": "CLIENT_ERASED", "text": "Datos personales borrados: by letter of 3 May",
            "author": { "name": "Adela Mora" } })
    );
    assert_eq!(shown["eventLog"]["nodes"][1]["text"], "[erased]");
    assert_eq!(shown["activities"]["nodes"], json!([{ "title": "[erased]" }]));
    assert_eq!(shown["agendaEvents"]["nodes"][0], json!({ "title": "[erased]", "location": null }));

    let query = "query($id: ID!) { auditEntries(filter: { subjectId: $id }) { nodes {
        operation actorName changes { field before after } } } }";
    let lines = admin.data(query, json!({ "id": client })).await["auditEntries"]["nodes"].clone();
    assert_eq!(
        (&lines[0]["operation"], &lines[0]["actorName"]),
        (&json!("command erase client"), &json!("Adela Mora"))
    );
    let changes = lines[0]["changes"].as_array().expect("changes").clone();
    let of = |name: &str| changes.iter().find(|change| change["field"] == name).expect("it is told").clone();
    assert_eq!(of("reason")["after"], "by letter of 3 May");
    assert_eq!((&of("email")["before"], &of("email")["after"]), (&json!("[erased]"), &Value::Null));
    assert_eq!(lines[2]["operation"], "clientUpdate", "who changed what and when is still known");
    assert!(app.rows("audit_entry").await > audited);

    let traces = app.traces().await;
    let again = erase(&app, &client, "admin@test.example");
    assert!(
        !again.status.success() && said(&again).contains("the client was erased before"),
        "{}",
        said(&again)
    );
    assert_eq!(app.traces().await, traces);
    let update = json!({ "id": client, "expectedVersion": 4, "name": "Xochitl" });
    let refused = ana.run("clientUpdate", update, "client { id }").await;
    assert_eq!(refused.refusals(), [("CLIENT_ERASED".to_owned(), "id".to_owned())]);
    let note = json!({ "clientId": client, "kind": "NOTE", "text": "Xochitl" });
    let refused = ana.run("eventlogAppend", note, "entry { id }").await;
    assert_eq!(refused.refusals()[0].0, "NOT_FOUND");
    assert_eq!(
        ana.data("query($id: ID!) { client(id: $id) { name } }", json!({ "id": rosa })).await["client"]["name"],
        "Rosa Vela"
    );
}

#[tokio::test]
async fn only_admins_erase_and_only_clients_that_there_are() {
    let app = TestApp::start().await;
    let client = xochitl(&app).await;
    let before = app.traces().await;
    for (id, by, why) in [
        (client.as_str(), "ana@test.example", "ADMINISTER"),
        (client.as_str(), "sofia@test.example", "ADMINISTER"),
        (client.as_str(), "nobody@test.example", "there is no user"),
        ("client_00000000000000000000000000", "admin@test.example", "not found"),
        ("AGS-00001", "admin@test.example", "is no id of a client"),
    ] {
        let refused = erase(&app, id, by);
        assert!(!refused.status.success() && said(&refused).contains(why), "{id} {by}: {}", said(&refused));
    }
    assert_eq!(app.traces().await, before);
    assert!(everything(&app).await.contains("xochitl"));
}

#[tokio::test]
async fn audit_and_history_are_append_only_for_everybody_else() {
    let app = TestApp::start().await;
    xochitl(&app).await;
    let own = &app.app.database.own;
    let values = [
        "UPDATE audit_entry SET changes = '[]'",
        "UPDATE event_log_entry SET text = 'x'",
        "UPDATE event_log_entry SET payload = NULL",
    ];
    let rest = [
        "UPDATE audit_entry SET actor_name = 'x'",
        "UPDATE audit_entry SET operation = 'x', changes = '[]'",
        "UPDATE event_log_entry SET author_name = 'x'",
        "UPDATE event_log_entry SET code = 'x'",
        "DELETE FROM audit_entry",
        "DELETE FROM event_log_entry",
    ];
    for (sql, redacts) in
        values.iter().flat_map(|sql| [(sql, false), (sql, true)]).chain(rest.iter().map(|sql| (sql, true)))
    {
        let txn = own.begin().await.expect("begins");
        if redacts {
            txn.execute_unprepared("INSERT INTO redaction (id) VALUES (1)").await.expect("inserted");
        }
        let ended = txn.execute_unprepared(sql).await;
        let refused = ended.as_ref().err().is_some_and(|cause| cause.to_string().contains("append-only"));
        assert_eq!(
            refused,
            !(redacts && values.contains(sql)),
            "{sql}, within a redaction: {redacts}: {ended:?}"
        );
        txn.rollback().await.expect("taken back");
    }
    assert_eq!(app.rows("redaction").await, 0);
}
