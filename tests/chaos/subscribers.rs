//! Those who look: each fetches its clients, follows what happens from the cursor of its first answer on, and comes back
//! with its last cursor whenever the connection is lost, to whatever server there is.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use cabina::platform::bus::Cursor;
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use serde_json::{Value, json};
use tokio::sync::watch;
use tokio::time::sleep;

use super::people::Person;
use super::wire::{Said, Stream, ask, http};
use super::world::World;

/// How items travel.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Way {
    /// Over a websocket.
    Socket,
    /// As server-sent events.
    Events,
    /// By asking for what changed, now and then.
    Asking,
    /// Another one each time: the same cursor is good for all.
    Any,
}

/// What happened, for the viewer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Created,
    Updated,
    Lost,
    Entry,
    /// A notification.
    Told,
}

/// An item as it was received.
#[derive(Clone, Debug)]
pub struct Item {
    /// Where it stands.
    pub at: i64,
    pub event: String,
    pub kind: Kind,
    /// The client that it is about.
    pub client: String,
    /// The version that it tells of; entries tell of none.
    pub version: Option<i64>,
    /// The version of the client that was shown with it.
    pub shown: Option<i64>,
    /// When it came, in microseconds.
    pub came: i64,
}

/// Client ids and their versions.
pub type Model = BTreeMap<String, i64>;

/// What somebody saw.
pub struct Seen {
    pub person: Person,
    pub way: Way,
    /// The cursor of the first answer.
    pub first: i64,
    pub items: Vec<Item>,
    /// The clients, as the items left them.
    pub model: Model,
    /// How often a stream was begun.
    pub streams: usize,
}

const ITEM: &str = "__typename ... on LiveItem { cursor previous eventId }
    ... on ClientUpdated { kind clientId version client { id version advisor { id } } }
    ... on EventlogNew { entry { id client { id version } } }
    ... on NotificationNew { kind notification { id kind } }
    ... on AccessLost { ids }";

/// Somebody who looks.
pub struct Subscriber {
    world: Arc<World>,
    dice: StdRng,
    http: reqwest::Client,
    /// The cursor to go on from.
    cursor: String,
    seen: Seen,
    /// How far it came.
    reached: Arc<AtomicI64>,
}

impl Subscriber {
    /// Somebody who has seen nothing yet.
    pub fn new(
        world: Arc<World>,
        person: Person,
        way: Way,
        number: u64,
        reached: Arc<AtomicI64>,
    ) -> Subscriber {
        let dice = StdRng::seed_from_u64(world.seed ^ (0x5EE5 + number));
        let (items, model) = (Vec::new(), Model::new());
        let seen = Seen { person, way, first: 0, items, model, streams: 0 };
        Subscriber { world, dice, http: http(), cursor: String::new(), seen, reached }
    }

    /// Looks until it is told to stop.
    pub async fn look(mut self, mut stop: watch::Receiver<bool>) -> Seen {
        let mut told = stop.clone();
        tokio::select! {
            () = self.follow() => {}
            _ = told.wait_for(|stop| *stop) => {}
        }
        let _ = stop.wait_for(|stop| *stop).await;
        self.seen
    }

    async fn follow(&mut self) {
        let (model, cursor) = fetch(&self.world, &self.http, &self.seen.person, &mut self.dice).await;
        self.seen.first = position(&cursor);
        self.reached.store(self.seen.first, Ordering::Relaxed);
        (self.seen.model, self.cursor) = (model, cursor);
        loop {
            let way = match self.seen.way {
                Way::Any => [Way::Socket, Way::Events, Way::Asking][self.dice.random_range(0..3)],
                way => way,
            };
            let (url, token) = (self.world.any_gate(&mut self.dice), self.seen.person.token.clone());
            let query = format!("subscription($after: Cursor) {{ feed(after: $after) {{ {ITEM} }} }}");
            let stream = match way {
                Way::Events => {
                    let query = format!("subscription {{ feed {{ {ITEM} }} }}");
                    Stream::by_events(&self.http, &url, &token, &query, &self.cursor).await
                }
                Way::Asking => {
                    self.ask_on(&url).await;
                    sleep(Duration::from_millis(self.dice.random_range(50..300))).await;
                    continue;
                }
                _ => Stream::by_socket(&url, &token, &query, &self.cursor).await,
            };
            let said = match stream {
                Ok(stream) => self.listen(stream).await,
                Err(said) => said,
            };
            if let Said::End(code, cursor) = said {
                match (code.as_str(), cursor) {
                    ("LAGGED" | "INTERNAL" | "UNAVAILABLE", Some(cursor)) => self.cursor = cursor,
                    ("INTERNAL" | "UNAVAILABLE", None) => {} // an item that could not be written: it is asked for again
                    (other, _) => self.wrong(format!("a stream ended with {other}")),
                }
            }
            sleep(Duration::from_millis(self.dice.random_range(10..200))).await;
        }
    }

    async fn listen(&mut self, mut stream: Stream) -> Said {
        self.seen.streams += 1;
        loop {
            match stream.next().await {
                Said::Item(data) => self.take(&data["feed"]),
                said => return said,
            }
        }
    }

    /// Asks for what changed, page by page.
    async fn ask_on(&mut self, url: &str) {
        let query = format!(
            "query($after: Cursor!) {{ changes(after: $after, first: 50) {{
                nodes {{ {ITEM} }} pageInfo {{ hasNextPage endCursor }} }} }}"
        );
        self.seen.streams += 1;
        loop {
            let variables = json!({ "after": self.cursor });
            let answer = ask(&self.http, url, &self.seen.person.token, &query, &variables).await;
            let Some(answer) = answer.filter(|answer| answer.get("errors").is_none()) else { return };
            let page = &answer["data"]["changes"];
            for node in page["nodes"].as_array().into_iter().flatten() {
                self.take(node);
            }
            let end = page["pageInfo"]["endCursor"].as_str().unwrap_or_default();
            if position(end) < position(&self.cursor) {
                self.wrong(format!("a page ends before its last item: {page}"));
            }
            self.cursor = end.to_owned();
            self.reached.store(position(end), Ordering::Relaxed);
            if page["pageInfo"]["hasNextPage"] != true {
                return;
            }
        }
    }

    /// Takes an item: it must follow the one before.
    fn take(&mut self, item: &Value) {
        let came = SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970").as_micros();
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let (client, shown, kind) = match item["__typename"].as_str() {
            Some("NotificationNew") => (&item["notification"]["id"], None, Kind::Told),
            Some("AccessLost") => (&item["ids"][0], None, Kind::Lost),
            Some("EventlogNew") => {
                let client = &item["entry"]["client"];
                (&client["id"], client["version"].as_i64(), Kind::Entry)
            }
            _ => {
                let kind = if item["kind"] == "CREATED" { Kind::Created } else { Kind::Updated };
                (&item["clientId"], item["client"]["version"].as_i64(), kind)
            }
        };
        if item["previous"] != self.cursor.as_str() {
            self.wrong(format!("after the cursor {} came an item that follows another: {item}", self.cursor));
        }
        let known = [json!("CREATED"), json!("UPDATED"), Value::Null].contains(&item["kind"]);
        if !known || client.is_null() || (![Kind::Lost, Kind::Told].contains(&kind) && shown.is_none()) {
            self.wrong(format!("an item without what it is about: {item}"));
        }
        let client = if kind == Kind::Told { String::new() } else { text(client) };
        match (kind, shown) {
            (Kind::Lost, _) => drop(self.seen.model.remove(&client)),
            (Kind::Created | Kind::Updated, Some(version)) => {
                let known = self.seen.model.entry(client.clone()).or_insert(version);
                *known = version.max(*known);
            }
            _ => {}
        }
        self.cursor = text(&item["cursor"]);
        let (at, version) = (position(&self.cursor), item["version"].as_i64());
        let (event, came) = (text(&item["eventId"]), i64::try_from(came).expect("this age"));
        self.seen.items.push(Item { at, event, kind, client, version, shown, came });
        self.reached.store(at, Ordering::Relaxed);
    }

    fn wrong(&self, what: String) {
        self.world.wrong(format!("{} ({:?}): {what}", self.seen.person.name, self.seen.way));
    }
}

/// All clients that somebody sees, page by page, and the cursor of the first answer.
pub async fn fetch(
    world: &World,
    http: &reqwest::Client,
    person: &Person,
    dice: &mut StdRng,
) -> (Model, String) {
    let query = "query($after: String) { clients(first: 20, after: $after) {
        nodes { id version } pageInfo { hasNextPage endCursor } } }";
    let (mut model, mut first, mut after) = (Model::new(), None, Value::Null);
    loop {
        let url = world.any_gate(dice);
        let answer = ask(http, &url, &person.token, query, &json!({ "after": after })).await;
        let cursor = answer.as_ref().and_then(|answer| answer["extensions"]["cursor"].as_str());
        let (Some(answer), Some(cursor)) = (&answer, cursor) else {
            sleep(Duration::from_millis(100)).await;
            continue;
        };
        if answer.get("errors").is_some() {
            sleep(Duration::from_millis(100)).await;
            continue;
        }
        first.get_or_insert_with(|| cursor.to_owned());
        let page = &answer["data"]["clients"];
        for node in page["nodes"].as_array().into_iter().flatten() {
            let (id, version) = (node["id"].as_str(), node["version"].as_i64());
            model.insert(id.expect("an id").to_owned(), version.expect("a version"));
        }
        if page["pageInfo"]["hasNextPage"] != true {
            return (model, first.unwrap_or_default());
        }
        after = page["pageInfo"]["endCursor"].clone();
    }
}

/// The place that a cursor stands for.
fn position(cursor: &str) -> i64 {
    cursor.parse::<Cursor>().map(|cursor| cursor.0).unwrap_or(-1)
}
