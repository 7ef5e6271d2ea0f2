//! What users are told of: the list, the count, the stream.

use serde_json::{Value, json};

use crate::support::{Actor, Screen, TestApp};

const LIST: &str = "query($filter: NotificationFilter) { notificationUnreadCount notifications(filter: $filter) {
    totalCount nodes { id kind title readAt subjectId client { name } entry { text } actor { name user { id } } } } }";
const NEW: &str = "subscription($after: Cursor) { notificationNew(after: $after) {
    cursor previous eventId kind unreadCount notification { id kind title readAt client { name } entry { text } } } }";

async fn inbox(actor: &Actor, filter: Value) -> (i64, Vec<Value>) {
    let data = actor.data(LIST, json!({ "filter": filter })).await;
    let nodes = data["notifications"]["nodes"].as_array().expect("a list").clone();
    assert_eq!(data["notifications"]["totalCount"], nodes.len());
    (data["notificationUnreadCount"].as_i64().expect("a count"), nodes)
}

async fn write(actor: &Actor, client: &str, text: &str) -> Value {
    let note = json!({ "clientId": client, "kind": "NOTE", "text": text });
    actor.run("eventlogAppend", note, "entry { id } event { id }").await
}

#[tokio::test]
async fn whoever_gets_a_client_or_a_colleagues_note_is_told_and_nobody_else() {
    let app = TestApp::start().await;
    let (ana, beto, sofia) = (app.ana().await, app.beto().await, app.sofia().await);
    let id = ana.client("Rosa").await;
    write(&ana, &id, "my own").await;
    assert_eq!(inbox(&ana, json!({})).await, (0, vec![]), "nobody is told of what they did themselves");
    let note = write(&sofia, &id, "call her back").await;
    let (unread, told) = inbox(&ana, json!({})).await;
    assert_eq!((unread, told.len()), (1, 1));
    assert_eq!(
        (&told[0]["kind"], &told[0]["title"], &told[0]["client"]["name"], &told[0]["entry"]["text"]),
        (
            &json!("COLLEAGUE_WROTE"),
            &json!("Sofía Luna escribió en el historial de un cliente suyo"),
            &json!("Rosa"),
            &json!("call her back")
        )
    );
    assert_eq!(told[0]["subjectId"], note["entry"]["id"]);
    assert_eq!(told[0]["actor"]["user"]["id"], sofia.id);
    let hand = json!({ "id": id, "expectedVersion": 1, "advisorId": beto.id });
    sofia.run("clientReassign", hand, "client { id }").await;
    let (_, his) = inbox(&beto, json!({})).await;
    assert_eq!((&his[0]["kind"], &his[0]["client"]["name"]), (&json!("CLIENT_ASSIGNED"), &json!("Rosa")));
    assert_eq!(his.len(), 1);
    let (_, hers) = inbox(&ana, json!({})).await;
    assert_eq!(
        (&hers[0]["client"], &hers[0]["entry"]),
        (&Value::Null, &Value::Null),
        "an old notification tells nothing of a client that is no longer hers"
    );
    assert_eq!(inbox(&sofia, json!({})).await, (0, vec![]), "a supervisor does not see those of the team");
    let made = json!({ "kind": "PERSON", "name": "Luz", "market": "aguascalientes", "advisorId": beto.id });
    sofia.run("clientCreate", made, "client { id }").await;
    assert_eq!(inbox(&beto, json!({ "kinds": ["CLIENT_ASSIGNED"] })).await.1.len(), 2);
}

#[tokio::test]
async fn they_are_live_and_what_one_screen_reads_the_other_knows() {
    let app = TestApp::start().await;
    let second = app.second().await;
    let (ana, sofia) = (app.ana().await, app.sofia().await);
    let id = ana.client("Rosa").await;
    app.settled().await;
    let start = ana.cursor().await;
    let there = second.bearer(ana.token.as_deref().expect("a token"));
    let mut screen = Screen::of(&there).await;
    screen.subscribe("n", NEW, json!({ "after": start })).await;
    let note = write(&sofia, &id, "one").await;
    let first = screen.item("n").await["notificationNew"].clone();
    assert_eq!(
        (&first["kind"], &first["unreadCount"], &first["previous"], &first["eventId"]),
        (&json!("CREATED"), &json!(1), &json!(start), &note["event"]["id"])
    );
    assert_eq!(first["notification"]["entry"]["text"], "one");
    write(&sofia, &id, "two").await;
    let newest = screen.item("n").await["notificationNew"].clone();
    assert_eq!(newest["unreadCount"], 2);
    let mark = |which: &Value| json!({ "id": which["notification"]["id"] });
    let read = ana
        .run("notificationMarkRead", mark(&first), "notification { readAt } unreadCount event { id }")
        .await;
    assert!(read["notification"]["readAt"].is_string(), "{read}");
    let item = screen.item("n").await["notificationNew"].clone();
    assert_eq!((&item["kind"], &item["unreadCount"]), (&json!("UPDATED"), &json!(1)));
    assert_eq!(read["unreadCount"], 1, "whoever marked it knows without asking");
    assert_eq!(item["eventId"], read["event"]["id"]);
    let again = ana.run("notificationMarkRead", mark(&first), "unreadCount event { id }").await;
    assert_eq!(again, json!({ "unreadCount": 1, "event": null, "userErrors": [] }), "it was read already");
    let unread = ana.run("notificationMarkUnread", mark(&first), "unreadCount").await;
    assert_eq!(unread["unreadCount"], 2);
    assert_eq!(screen.item("n").await["notificationNew"]["unreadCount"], 2);
    write(&sofia, &id, "three, not seen yet").await;
    assert_eq!(screen.item("n").await["notificationNew"]["unreadCount"], 3);
    let all = ana.run("notificationMarkAllRead", mark(&newest), "unreadCount").await;
    assert_eq!(all["unreadCount"], 1, "what came meanwhile stays unread");
    let item = screen.item("n").await["notificationNew"].clone();
    assert_eq!(
        (&item["unreadCount"], &item["notification"]["id"]),
        (&json!(1), &newest["notification"]["id"]),
        "what came meanwhile stays unread"
    );
    let (unread, left) = inbox(&ana, json!({ "read": false })).await;
    assert_eq!((unread, left.len(), &left[0]["entry"]["text"]), (1, 1, &json!("three, not seen yet")));
}

#[tokio::test]
async fn nobody_marks_those_of_others_and_old_read_ones_are_swept() {
    let app = TestApp::start().await;
    let (ana, sofia, admin) = (app.ana().await, app.sofia().await, app.admin().await);
    let id = ana.client("Rosa").await;
    write(&sofia, &id, "one").await;
    write(&sofia, &id, "two").await;
    let (_, told) = inbox(&ana, json!({})).await;
    let mark = json!({ "id": told[0]["id"] });
    for actor in [&sofia, &admin] {
        for mutation in ["notificationMarkRead", "notificationMarkUnread", "notificationMarkAllRead"] {
            let refused =
                actor.run(mutation, mark.clone(), "notification { id } unreadCount event { id }").await;
            assert_eq!(refused["userErrors"][0]["code"], "NOT_FOUND", "{mutation}");
            assert_eq!(refused["unreadCount"], 0, "their own, not that of others");
            assert_eq!((&refused["notification"], &refused["event"]), (&Value::Null, &Value::Null));
        }
    }
    assert_eq!(inbox(&ana, json!({})).await.0, 2);
    ana.run("notificationMarkRead", mark, "event { id }").await;
    app.app.clock.advance(std::time::Duration::from_secs(200 * 86_400));
    cabina::worker::sweep(&app.app).await.expect("swept");
    let ana = app.ana().await;
    let (unread, left) = inbox(&ana, json!({})).await;
    assert_eq!((unread, left.len()), (1, 1), "the unread one stays");
}
