//! Streams: who hears of what.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::{WHOSE, root_fields, sees, world};
use crate::support::{Frame, Screen};

/// Streams of items: what is asked of each, so that the ids of clients or events are in it.
const STREAMS: [(&str, &str); 8] = [
    ("clientUpdated", "clientId"),
    ("eventlogNew", "entry { client { id } }"),
    ("notificationNew", "notification { client { id } }"),
    ("deadLetterChanged", "deadLetterId"),
    ("jobChanged", "job { id }"),
    ("syncChanged", "subjectId sync { status }"),
    ("agendaChanged", "kind agendaEvent { id } series { id } lost"),
    (
        "feed",
        "__typename ... on ClientUpdated { clientId } ... on EventlogNew { entry { client { id } } }
         ... on NotificationNew { notification { client { id } } } ... on ViewerChanged { viewer { id } }
         ... on SyncChanged { subjectId } ... on AgendaChanged { agendaEvent { id } series { id } lost }",
    ),
];

#[tokio::test]
async fn every_stream_gives_each_role_its_own() {
    let world = world().await;
    let listed: BTreeSet<String> =
        STREAMS.iter().map(|(field, _)| *field).chain(["dashboard"]).map(str::to_owned).collect();
    assert_eq!(listed, root_fields("Subscription"), "every stream has its row here");
    world.app.settled().await;
    for (name, actor) in &world.actors {
        let mut screen = Screen::of(actor).await;
        for (field, selection) in STREAMS {
            let query = format!("subscription {{ {field}(after: \"YXQ6MA\") {{ {selection} }} }}");
            screen.subscribe(field, &query, json!({})).await;
        }
        let board = "subscription { dashboard { clients { clients } } }";
        screen.subscribe("dashboard", board, json!({})).await;
        let mut heard: BTreeMap<String, Vec<Value>> = BTreeMap::new();
        while let Some(Frame::Said(message)) = screen.hear_soon().await {
            let id = message["id"].as_str().expect("an id").to_owned();
            if *name == "nobody" {
                assert_eq!(message["payload"][0]["extensions"]["code"], "UNAUTHENTICATED", "{message}");
            } else {
                assert_eq!(message["type"], "next", "{message}");
                assert_eq!(message["payload"].get("errors"), None, "{message}");
            }
            heard.entry(id).or_default().push(message["payload"]["data"].clone());
        }
        if *name == "nobody" {
            assert_eq!(heard.len(), STREAMS.len() + 1, "each stream is refused");
            continue;
        }
        let visible: BTreeSet<&str> = WHOSE.into_iter().filter(|whose| sees(name, whose)).collect();
        let told = |kind: &str, field: &str| -> BTreeSet<&str> {
            let text = json!(heard.get(field)).to_string();
            WHOSE.into_iter().filter(|whose| text.contains(world.id(&format!("{kind} {whose}")))).collect()
        };
        let clients = |field: &str| told("client", field);
        for (kind, field) in
            [("event", "agendaChanged"), ("series", "agendaChanged"), ("event", "feed"), ("series", "feed")]
        {
            assert_eq!(told(kind, field), visible, "{name} {kind} {field}");
        }
        let agenda = json!(heard["agendaChanged"]).to_string();
        assert_eq!(agenda.contains(world.id("mate's event")), sees(name, "team"), "{name}");
        // One item for each event, one for each series; and one of what Beto has planned with Ana's client.
        let items = 2 * visible.len() + usize::from(sees(name, "team"));
        assert_eq!(heard["agendaChanged"].len(), items, "{name}: {agenda}");
        for field in ["clientUpdated", "eventlogNew", "syncChanged", "feed"] {
            assert_eq!(clients(field), visible, "{name} {field}");
        }
        let told = if *name == "ana" { BTreeSet::from(["own"]) } else { BTreeSet::new() };
        assert_eq!(clients("notificationNew"), told, "{name}");
        let feed = json!(heard["feed"]).to_string();
        assert_eq!(feed.contains("NotificationNew"), *name == "ana", "{name}");
        for user in ["user own", "user team", "user other"] {
            let theirs = feed.contains(&format!("\"viewer\":{{\"id\":\"{}\"", world.id(user)));
            assert!(!theirs || actor.id == world.id(user), "{name} is told of {user}");
        }
        let last = heard["dashboard"].last().expect("figures");
        assert_eq!(last["dashboard"]["clients"]["clients"], visible.len(), "{name}");
    }
}
