//! What all items tell, whatever they tell of: a screen that knows no kind of news keeps its cursor all the same.

use std::collections::BTreeSet;
use std::sync::Arc;

use cabina::kernel::Error;
use cabina::platform::jobs::{Failure, Handlers, Job, Work};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tokio::sync::Semaphore;

use crate::jobs::{Worker, enqueue};
use crate::support::{Actor, Screen, Setup, TestApp};
use crate::sync::until;

const FEED: &str = "subscription($after: Cursor) { feed(after: $after) { __typename
    ... on LiveItem { cursor previous eventId } } }";
const CHANGES: &str = "query($after: Cursor!) { changes(after: $after, first: 100) { nodes { __typename
    ... on LiveItem { cursor previous eventId } } pageInfo { hasNextPage } } }";

/// Cannot be done.
#[derive(Clone, Serialize, Deserialize)]
struct Hopeless {}

impl Job for Hopeless {
    const KIND: &'static str = "test.hopeless";
}

/// Takes a while.
#[derive(Clone, Serialize, Deserialize)]
struct Long {}

impl Job for Long {
    const KIND: &'static str = "test.long";
}

/// Gives the job up that is hopeless, and tells how far the long one is, which goes on until there is a permit.
fn handlers(done: Arc<Semaphore>) -> Handlers {
    let give_up = |_: Hopeless, _: Work| async {
        Err::<(), _>(Failure::GiveUp(Error::invalid("record", "it cannot be written")))
    };
    let go_on = move |_: Long, mut work: Work| {
        let done = done.clone();
        async move {
            work.progress(1, 2).await?;
            let _permit = done.acquire().await;
            Ok(())
        }
    };
    Handlers::default().on(give_up).on(go_on)
}

/// The members of the feed's union.
async fn members(app: &TestApp) -> BTreeSet<String> {
    let query = r#"{ __type(name: "FeedItem") { possibleTypes { name } } }"#;
    let data = app.nobody().data(query, json!({})).await;
    let types = data["__type"]["possibleTypes"].as_array().expect("members").iter();
    types.map(|member| member["name"].as_str().expect("a name").to_owned()).collect()
}

/// What a query tells an actor since then, each linked to the one before.
async fn changes(actor: &Actor, start: &str) -> Vec<Value> {
    let data = actor.data(CHANGES, json!({ "after": start })).await;
    assert_eq!(data["changes"]["pageInfo"]["hasNextPage"], false);
    let items = data["changes"]["nodes"].as_array().expect("items").clone();
    let mut before = json!(start);
    for item in &items {
        assert!(item["eventId"].as_str().is_some_and(|id| id.starts_with("event_")), "{item}");
        assert_eq!(item["previous"], before, "{item}");
        before = item["cursor"].clone();
    }
    items
}

#[tokio::test]
async fn every_kind_of_news_tells_its_cursor_to_those_who_do_not_know_it() {
    let odoo = Setup::default().with("ODOO_URL", "http://odoo.test.example").with("ODOO_DB", "test");
    let app = odoo.with("ODOO_API_KEYS", "test").start().await;
    let (ana, beto, sofia, admin) = (app.ana().await, app.beto().await, app.sofia().await, app.admin().await);
    let start = ana.cursor().await;

    // For Ana.
    let kept = ana.client("Rosa").await;
    let given = ana.client("Luz").await;
    ana.run("syncRequest", json!({ "id": kept }), "event { id }").await;
    let visit = json!({ "title": "Visit", "start": "2027-01-04T10:00:00Z", "end": "2027-01-04T11:00:00Z" });
    ana.run("agendaEventCreate", visit, "event { id }").await;
    let note = json!({ "clientId": kept, "kind": "NOTE", "text": "call her" });
    sofia.run("eventlogAppend", note, "event { id }").await;
    let hand = json!({ "id": given, "expectedVersion": 1, "advisorId": beto.id });
    sofia.run("clientReassign", hand, "event { id }").await;
    let rename = json!({ "id": ana.id, "expectedVersion": 1, "name": "Ana Paz" });
    admin.run("userUpdate", rename, "event { id }").await;
    // For the admin.
    let done = Arc::new(Semaphore::new(0));
    let _worker = Worker::start(&app, handlers(done.clone()));
    enqueue(&app, vec![Hopeless {}.now().expect("JSON"), Long {}.now().expect("JSON")]).await;
    until("one is given up, the other under way", async || {
        let data = admin.data("{ deadLetters { totalCount } jobsUnderWay { done } }", json!({})).await;
        data["deadLetters"]["totalCount"] == 1 && data["jobsUnderWay"] == json!([{ "done": 1 }])
    })
    .await;
    app.settled().await;

    let mut told = BTreeSet::new();
    for actor in [&ana, &admin] {
        let items = changes(actor, &start).await;
        assert_eq!(changes(actor, &start).await, items, "nor when the document was validated before");
        let mut screen = Screen::of(actor).await;
        screen.subscribe("f", FEED, json!({ "after": start })).await;
        for item in &items {
            assert_eq!(&screen.item("f").await["feed"], item);
        }
        screen.hears_nothing().await;
        told.extend(items.iter().map(|item| item["__typename"].as_str().expect("a type").to_owned()));
    }
    assert_eq!(told, members(&app).await, "whatever the feed may tell was told here");
    done.add_permits(1);
}

#[tokio::test]
async fn fragments_on_interfaces_hold_at_every_depth() {
    let app = TestApp::start().await;
    let ana = app.ana().await;
    let start = ana.cursor().await;
    let id = ana.client("Rosa").await;
    app.settled().await;
    let news = "
        fragment Told on LiveItem { cursor ... on ClientUpdated { client { ...Known } } ... on EventlogNew { ...Entry } }
        fragment Entry on EventlogNew { ... on LiveItem { previous } entry { ... on Node { id } client { ...Known } } }
        fragment Known on Client { ... on Node { id } ... on Syncable { sync { status } } name }";
    let query =
        format!("query($after: Cursor!) {{ changes(after: $after) {{ nodes {{ ...Told }} }} }} {news}");
    let data = ana.data(&query, json!({ "after": start })).await;
    let entry = data["changes"]["nodes"][1]["entry"]["id"].clone();
    let rosa = json!({ "id": id, "sync": null, "name": "Rosa" });
    let first = json!({ "cursor": data["changes"]["nodes"][0]["cursor"], "client": rosa });
    let second = json!({ "cursor": data["changes"]["nodes"][1]["cursor"], "previous": first["cursor"],
        "entry": { "id": entry, "client": rosa } });
    assert!(entry.is_string() && first["cursor"].is_string() && first["cursor"] != second["cursor"]);
    assert_eq!(data["changes"]["nodes"], json!([first, second]));
    let mut screen = Screen::of(&ana).await;
    let query = format!("subscription($after: Cursor) {{ feed(after: $after) {{ ...Told }} }} {news}");
    screen.subscribe("f", &query, json!({ "after": start })).await;
    assert_eq!(screen.item("f").await["feed"], first);
    assert_eq!(screen.item("f").await["feed"], second);
    // Of a stream that gives one kind of items.
    let query = "subscription($after: Cursor) { eventlogNew(after: $after) { ... on LiveItem { cursor } } }";
    screen.subscribe("e", query, json!({ "after": start })).await;
    assert_eq!(screen.item("e").await["eventlogNew"], json!({ "cursor": second["cursor"] }));
}
