//! The verdict: what each subscriber received, against what the outbox says that was committed, by rules that are written
//! down here once more.

use std::collections::{BTreeMap, BTreeSet};

use cabina::kernel::ids::{ClientId, EventId, TypedId, UserId};
use serde_json::Value;
use uuid::Uuid;

use super::database::Scratch;
use super::people::{Owner, Person};
use super::subscribers::{Item, Kind};
use super::writers::Done;

/// A row of the outbox.
#[derive(Clone)]
pub struct Row {
    pub at: Option<i64>,
    pub event: String,
    pub topic: String,
    pub kind: String,
    /// The user whom a notification is for.
    pub user: Option<String>,
    /// The client that it is about; a notification is about its user.
    pub client: String,
    pub version: i64,
    pub now: Owner,
    pub before: Option<Owner>,
    /// When its transaction began, in microseconds.
    pub made: i64,
}

pub const CLIENT: &str = "client:updated";
const ENTRY: &str = "eventlog:new";

/// What was committed, in its order; what has no place yet comes last.
pub async fn outbox(database: &Scratch) -> Vec<Row> {
    let rows = database
        .rows(
            "SELECT position, event_id, topic, kind, version, audience, \
             (extract(epoch FROM created_at) * 1000000)::bigint AS made FROM outbox ORDER BY position NULLS LAST",
        )
        .await;
    let read = |row: &sea_orm::QueryResult| -> Result<Row, sea_orm::DbErr> {
        let audience: Value = row.try_get("", "audience")?;
        let user = uuid(&audience["user"]).map(|user| UserId::from_uuid(user).to_string());
        let client = uuid(&audience["client"]).map(|client| ClientId::from_uuid(client).to_string());
        let nobody = Owner { team: Uuid::nil(), advisor: None };
        assert!(user.is_some() != client.is_some(), "an event of this test is about a client or for a user");
        Ok(Row {
            at: row.try_get("", "position")?,
            event: EventId::from_uuid(row.try_get("", "event_id")?).to_string(),
            topic: row.try_get("", "topic")?,
            kind: row.try_get("", "kind")?,
            now: owner(&audience["now"])
                .or(user.as_ref().map(|_| nobody))
                .expect("every client has an owner"),
            user,
            client: client.unwrap_or_default(),
            version: i64::from(row.try_get::<i32>("", "version")?),
            before: owner(&audience["before"]),
            made: row.try_get("", "made")?,
        })
    };
    rows.iter().map(|row| read(row).expect("a row of the outbox")).collect()
}

fn uuid(value: &Value) -> Option<Uuid> {
    value.as_str()?.parse().ok()
}

fn owner(value: &Value) -> Option<Owner> {
    Some(Owner { team: uuid(&value["team"])?, advisor: uuid(&value["advisor"]) })
}

/// The work that was done under each key.
pub async fn keys(database: &Scratch) -> BTreeMap<String, String> {
    let rows = database.rows("SELECT key, event_id FROM idempotency_key").await;
    let pair = |row: &sea_orm::QueryResult| {
        let event = EventId::from_uuid(row.try_get("", "event_id")?);
        Ok::<_, sea_orm::DbErr>((row.try_get("", "key")?, event.to_string()))
    };
    rows.iter().map(|row| pair(row).expect("a key")).collect()
}

impl Row {
    /// What somebody is to receive of it; `None`: nothing.
    pub fn for_whom(&self, person: &Person) -> Option<Kind> {
        if let Some(user) = &self.user {
            return (*user == person.id).then_some(Kind::Told);
        }
        let now = person.sees(self.now);
        let before = self.before.map_or(now, |before| person.sees(before));
        match (self.topic.as_str(), before, now) {
            (_, false, false) | (ENTRY, true, false) => None,
            (ENTRY, ..) => Some(Kind::Entry),
            (_, true, false) => Some(Kind::Lost),
            (_, false, true) => Some(Kind::Created),
            (_, true, true) if self.kind == "CREATED" => Some(Kind::Created),
            (_, true, true) => Some(Kind::Updated),
        }
    }
}

/// What a judge found.
#[derive(Default)]
pub struct Finding {
    pub wrong: Vec<String>,
    /// Items that were not sent since their client was lost meanwhile.
    pub excused: usize,
}

/// Judges what somebody received.
pub fn judge(rows: &[Row], person: &Person, first: i64, items: &[Item]) -> Finding {
    let mut finding = Finding::default();
    let owners: BTreeMap<(&str, i64), Owner> = rows
        .iter()
        .filter(|row| row.topic == CLIENT)
        .map(|row| ((row.client.as_str(), row.version), row.now))
        .collect();
    // Where each client was lost: position and moment.
    let mut losses: BTreeMap<&str, Vec<(i64, i64)>> = BTreeMap::new();
    for row in rows.iter().filter(|row| row.for_whom(person) == Some(Kind::Lost)) {
        losses.entry(&row.client).or_default().push((row.at.unwrap_or(i64::MAX), row.made));
    }
    let mut wrong = Vec::new();
    let mut next = items.iter().peekable();
    for row in rows {
        let Some(at) = row.at else { continue };
        while let Some(item) = next.next_if(|item| item.at < at) {
            wrong.push(format!("received twice, late, or not meant for them: {item:?}"));
        }
        let Some(kind) = row.for_whom(person).filter(|_| at > first) else { continue };
        if let Some(item) = next.next_if(|item| item.at == at) {
            let version = (kind == Kind::Created || kind == Kind::Updated).then_some(row.version);
            let told = (&item.event, item.kind, &item.client, item.version);
            if told != (&row.event, kind, &row.client, version) {
                wrong.push(format!("position {at} is {kind:?} of {}, but came as {item:?}", row.client));
            }
            if let Some(shown) = item.shown {
                let seen =
                    owners.get(&(item.client.as_str(), shown)).is_some_and(|owner| person.sees(*owner));
                if !seen || version.is_some_and(|version| shown < version) {
                    wrong.push(format!("shown in a state that is too old, or not theirs to see: {item:?}"));
                }
            }
            continue;
        }
        // The server judges at the moment of sending: it sends nothing of a client that was lost before what was sent next.
        let lost = losses.get(row.client.as_str()).into_iter().flatten();
        let sent = next.peek().map_or(i64::MIN, |item| item.came);
        if kind != Kind::Lost && lost.into_iter().any(|(later, made)| *later > at && *made < sent) {
            finding.excused += 1;
        } else {
            wrong.push(format!("position {at} is missing: {kind:?} of {}, event {}", row.client, row.event));
        }
    }
    wrong.extend(next.map(|item| format!("received twice, or out of nothing: {item:?}")));
    finding.wrong = wrong;
    finding
}

/// The position up to which somebody must get, whatever is excused.
pub fn due(rows: &[Row], person: &Person) -> i64 {
    let lost = |row: &Row| {
        let later = |other: &&Row| other.at > row.at && other.client == row.client;
        rows.iter().rev().filter(later).any(|other| other.for_whom(person) == Some(Kind::Lost))
    };
    let must = |row: &&Row| match row.for_whom(person) {
        None => false,
        Some(Kind::Lost) => true,
        Some(_) => !lost(row),
    };
    rows.iter().rev().find(must).and_then(|row| row.at).unwrap_or_default()
}

/// Judges the order: no gap, each client's changes one after the other, and each event meant for those whose the client
/// was in that moment.
pub fn judge_order(rows: &[Row]) -> Vec<String> {
    let mut wrong = Vec::new();
    for (due, row) in (1..).zip(rows) {
        if row.at != Some(due) {
            wrong.push(format!("position {due} is {:?}: event {}", row.at, row.event));
            break;
        }
    }
    let mut clients: BTreeMap<&str, (i64, Owner)> = BTreeMap::new();
    for row in rows.iter().filter(|row| row.user.is_none()) {
        let known = clients.get(row.client.as_str()).copied();
        let (version, owner) = known.unwrap_or((0, row.now));
        let due = if row.topic == CLIENT { version + 1 } else { version };
        if row.topic == CLIENT && row.version != due {
            wrong.push(format!("after version {version} of {} comes {}", row.client, row.version));
        }
        if row.before.unwrap_or(row.now) != owner {
            wrong.push(format!(
                "{} at {:?} is meant for those who saw {} before it changed hands, or after",
                row.topic, row.at, row.client
            ));
        }
        clients.insert(&row.client, (due, row.now));
    }
    wrong
}

/// Judges that each change happened as often as it was answered for.
pub fn judge_writes(rows: &[Row], keys: &BTreeMap<String, String>, done: &[Done]) -> Vec<String> {
    let mut wrong = Vec::new();
    let mut events: BTreeMap<&str, Vec<&Row>> = BTreeMap::new();
    for row in rows {
        events.entry(&row.event).or_default().push(row);
    }
    let mut told = BTreeSet::new();
    for Done { key, mutation, event, asked } in done {
        let worked = keys.get(key);
        match event {
            Some(event) => {
                let rows = if ["clientCreate", "clientReassign"].contains(mutation) { 2 } else { 1 };
                let found = events.get(event.as_str()).map(Vec::as_slice).unwrap_or_default();
                let (told, about): (Vec<&Row>, Vec<&Row>) = found.iter().partition(|row| row.user.is_some());
                if about.len() != rows || worked != Some(event) {
                    wrong.push(format!(
                        "{mutation} {key} told {event}: {} rows, and its key tells {worked:?}",
                        about.len()
                    ));
                }
                // Nobody who writes here is an advisor: whoever's the client is then is told, once.
                let advisor = about.first().and_then(|row| row.now.advisor);
                let advisor = advisor.filter(|_| *mutation != "clientUpdate");
                let due: Vec<String> =
                    advisor.map(|id| UserId::from_uuid(id).to_string()).into_iter().collect();
                let told: Vec<String> = told.iter().filter_map(|row| row.user.clone()).collect();
                if told != due {
                    wrong.push(format!("{mutation} {key} notified {told:?} in place of {due:?}"));
                }
            }
            // An earlier request that was given up may have been done after the one that was refused.
            None if worked.is_some() && *asked == 1 => {
                wrong.push(format!("{mutation} {key} was refused, and was done all the same: {worked:?}"));
            }
            None => {}
        }
        told.extend(worked.map(String::as_str));
    }
    for event in events.keys().filter(|event| !told.contains(**event)) {
        wrong.push(format!("nobody asked for {event}"));
    }
    wrong
}
