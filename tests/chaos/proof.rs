//! A check that cannot fail proves nothing: after the verdict its judges are shown spoiled records, and must see every kind
//! of harm.

use std::collections::BTreeMap;

use super::subscribers::{Item, Kind, Seen};
use super::verdict::{CLIENT, Row, judge, judge_order, judge_writes};
use super::writers::Done;

/// Spoils the records in every way that must not go unnoticed; tells what went unnoticed, and how many ways there were.
pub fn prove(
    rows: &[Row],
    keys: &BTreeMap<String, String>,
    done: &[Done],
    seen: &[Seen],
) -> (usize, Vec<String>) {
    let places: BTreeMap<i64, &Row> = rows.iter().filter_map(|row| Some((row.at?, row))).collect();
    let mut ways = 0;
    let mut unseen = Vec::new();
    let mut expect = |what: &str, wrong: &[String]| {
        ways += 1;
        if wrong.is_empty() {
            unseen.push(what.to_owned());
        }
    };
    for Seen { person, first, items, .. } in seen.iter().filter(|seen| seen.items.len() > 20) {
        let middle = items.len() / 2;
        // Where each client was lost last, and its last version that is not theirs to see.
        let (mut lost, mut hidden) = (BTreeMap::new(), BTreeMap::new());
        for row in rows {
            if row.for_whom(person) == Some(Kind::Lost) {
                lost.insert(row.client.as_str(), row.at.unwrap_or(i64::MAX));
            }
            if row.topic == CLIENT && !person.sees(row.now) {
                hidden.insert(row.client.as_str(), row.version);
            }
        }
        let mut spoil = |what: &str, change: &dyn Fn(&mut Vec<Item>)| {
            let mut items = items.clone();
            change(&mut items);
            expect(&format!("{what} of {}", person.name), &judge(rows, person, *first, &items).wrong);
        };
        let lost = |item: &Item| lost.get(item.client.as_str()).copied().unwrap_or_default();
        if let Some(sure) = items.iter().position(|item| item.at > lost(item)) {
            spoil("a lost item", &|items| drop(items.remove(sure)));
        }
        let in_vain = |pair: &[Item]| {
            let before = rows.iter().filter(|row| row.for_whom(person) == Some(Kind::Lost));
            let mut later = before.filter(|row| row.client == pair[0].client && row.at > Some(pair[0].at));
            pair[0].at < lost(&pair[0])
                && pair[0].kind != Kind::Lost
                && later.all(|row| row.made > pair[1].came)
        };
        if let Some(early) = items.windows(2).position(in_vain) {
            spoil("a lost item of a client that was lost only later", &|items| drop(items.remove(early)));
        }
        spoil("all items lost from the middle on", &|items| items.truncate(middle));
        spoil("a doubled item", &|items| items.insert(middle, items[middle].clone()));
        spoil("an item come again later", &|items| items.push(items[middle].clone()));
        spoil("two items in the wrong order", &|items| items.swap(middle, middle + 1));
        spoil("an item of another kind", &|items| {
            items[middle].kind = if items[middle].kind == Kind::Lost { Kind::Updated } else { Kind::Lost };
        });
        spoil("an item of another event", &|items| items[middle].event = items[0].event.clone());
        if let Some(lost) = items.iter().position(|item| item.kind == Kind::Lost) {
            spoil("an untold loss", &|items| drop(items.remove(lost)));
        }
        let strangers = |item: &&Item| {
            item.at > *first && places.get(&item.at).is_some_and(|row| row.for_whom(person).is_none())
        };
        if let Some(other) = seen.iter().flat_map(|seen| &seen.items).find(strangers) {
            spoil("somebody else's item", &|items| {
                let place = items.iter().position(|item| item.at > other.at).unwrap_or(items.len());
                items.insert(place, other.clone());
            });
        }
        let later = |(place, item): (usize, &Item)| {
            let hidden = *hidden.get(item.client.as_str())?;
            (hidden >= item.version? && item.shown.is_some()).then_some((place, hidden))
        };
        if let Some((place, version)) = items.iter().enumerate().find_map(later) {
            spoil("a state not theirs to see", &|items| items[place].shown = Some(version));
        }
    }
    let middle = rows.len() / 2;
    let mut gap = rows.to_vec();
    gap.remove(middle);
    expect("a gap", &judge_order(&gap));
    expect("a change without its event", &judge_writes(&gap, keys, done));
    let mut twice = rows.to_vec();
    twice.push(rows[middle].clone());
    expect("an event written twice", &judge_writes(&twice, keys, done));
    let mut foreign = rows.to_vec();
    foreign[middle].event = "event_of_nobody".into();
    expect("a change that nobody asked for", &judge_writes(&foreign, keys, done));
    if let Some(moved) = rows.iter().position(|row| row.before.is_some()) {
        let mut stale = rows.to_vec();
        stale[moved].now = stale[moved].before.unwrap_or(stale[moved].now);
        expect("an audience of before", &judge_order(&stale));
    }
    let mut reordered = rows.to_vec();
    let updates: Vec<usize> = (0..rows.len())
        .filter(|place| rows[*place].topic == CLIENT && rows[*place].client == rows[middle].client)
        .collect();
    if let [.., one, other] = updates[..] {
        let (at, later) = (reordered[one].at, reordered[other].at);
        reordered.swap(one, other);
        (reordered[one].at, reordered[other].at) = (at, later);
        expect("two changes of a client in the wrong order", &judge_order(&reordered));
    }
    (ways, unseen)
}
