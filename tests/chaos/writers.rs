//! Those who change clients: each change has a key, and is asked for with it again, anywhere, until it is answered.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use serde_json::{Value, json};
use tokio::sync::watch;
use tokio::time::sleep;

use super::people::{MARKET, Person};
use super::wire::{ask, code, http};
use super::world::World;

/// Clients are made until there are so many.
const CLIENTS: usize = 120;
/// Clients to which half of it happens.
const BUSY: usize = 4;
/// Every so manieth client stays where it is.
const SETTLED: usize = 3;

/// What became of a change that was asked for.
pub struct Done {
    /// Its key.
    pub key: String,
    /// The mutation.
    pub mutation: &'static str,
    /// The event that was told; none when it was refused, or changed nothing.
    pub event: Option<String>,
    /// How often it was asked for.
    pub asked: usize,
}

/// What all writers did together.
#[derive(Default)]
pub struct Ledger {
    /// Every change that was asked for.
    pub done: Mutex<Vec<Done>>,
    /// The clients: their newest known version, and whether they may be given away.
    clients: Mutex<BTreeMap<String, (i64, bool)>>,
}

/// Writes until it is told to stop; what was begun is brought to its end.
pub async fn write(world: Arc<World>, number: u64, stop: watch::Receiver<bool>) {
    let mut dice = StdRng::seed_from_u64(world.seed ^ (0x3713 + number));
    let http = http();
    for turn in 0.. {
        if *stop.borrow() {
            return;
        }
        let Some((mutation, input)) = choose(&world, &mut dice, &format!("{number}-{turn}")) else {
            continue;
        };
        let actor = match (mutation, dice.random_bool(0.3)) {
            ("eventlogAppend" | "clientUpdate", true) => world.person("sofia"),
            _ => world.person("admin"),
        };
        run(&world, &http, &mut dice, actor, mutation, input).await;
        sleep(Duration::from_millis(dice.random_range(0..40))).await;
    }
}

/// Makes the first clients, so that there is something to see before anything goes wrong.
pub async fn begin(world: &World) {
    let (mut dice, http) = (StdRng::seed_from_u64(world.seed), http());
    for turn in 0..24 {
        let input = create(world, &mut dice, &format!("first-{turn}"));
        run(world, &http, &mut dice, world.person("admin"), "clientCreate", input).await;
    }
}

fn choose(world: &World, dice: &mut StdRng, key: &str) -> Option<(&'static str, Value)> {
    let clients = world.ledger.clients.lock().expect("whole");
    // Half of it happens to a few, so that changes of the same client meet.
    let among = if dice.random_bool(0.5) { BUSY.min(clients.len()) } else { clients.len() };
    let known = clients.iter().nth(dice.random_range(0..among.max(1)));
    let (id, (version, moves)) = known?;
    Some(match dice.random_range(0..100) {
        0..8 if clients.len() < CLIENTS => ("clientCreate", create(world, dice, key)),
        0..38 => {
            let text = format!("note {key}");
            ("eventlogAppend", json!({ "clientId": id, "kind": "NOTE", "text": text, "idempotencyKey": key }))
        }
        38..70 => {
            let name = format!("Client {key}");
            (
                "clientUpdate",
                json!({ "id": id, "expectedVersion": version, "name": name, "idempotencyKey": key }),
            )
        }
        _ if *moves => {
            let mut input = json!({ "id": id, "expectedVersion": version, "idempotencyKey": key });
            match dice.random_range(0..4) {
                0 => input["teamId"] = json!(world.team_a),
                number => input["advisorId"] = json!(world.person(["ana", "beto", "carla"][number - 1]).id),
            }
            ("clientReassign", input)
        }
        _ => return None,
    })
}

fn create(world: &World, dice: &mut StdRng, key: &str) -> Value {
    let advisor = &world.person(["ana", "beto", "carla"][dice.random_range(0..3)]).id;
    let name = format!("Client {key}");
    json!({ "kind": "PERSON", "name": name, "market": MARKET, "advisorId": advisor, "idempotencyKey": key })
}

async fn run(
    world: &World,
    http: &reqwest::Client,
    dice: &mut StdRng,
    actor: &Person,
    mutation: &'static str,
    input: Value,
) {
    let (input_type, thing) = match mutation {
        "clientCreate" => ("ClientCreateInput", "client { id version }"),
        "clientUpdate" => ("ClientUpdateInput", "client { id version }"),
        "clientReassign" => ("ClientReassignInput", "client { id version }"),
        _ => ("EventlogAppendInput", "entry { client { id version } }"),
    };
    let query = format!(
        "mutation($input: {input_type}!) {{ {mutation}(input: $input) {{ {thing} event {{ id }} userErrors {{ code }} }} }}"
    );
    let variables = json!({ "input": input });
    for asked in 1.. {
        let url = world.any_gate(dice);
        let answer = ask(http, &url, &actor.token, &query, &variables).await;
        let again = match answer.as_ref().map(|answer| (answer, code(answer))) {
            None | Some((_, Some("INTERNAL" | "UNAVAILABLE" | "TIMEOUT"))) => true,
            Some((answer, None)) if answer.get("errors").is_none() => false,
            // The change was made, but its client was lost before it could be shown.
            Some((answer, Some("BAD_INPUT"))) if answer["data"][mutation]["event"]["id"].is_string() => false,
            Some((answer, _)) => {
                world.wrong(format!("{mutation} was answered with {answer}"));
                return;
            }
        };
        if again {
            sleep(Duration::from_millis(dice.random_range(20..200))).await;
            continue;
        }
        let payload = &answer.unwrap_or_default()["data"][mutation];
        let client =
            if payload["client"].is_object() { &payload["client"] } else { &payload["entry"]["client"] };
        if let (Some(id), Some(version)) = (client["id"].as_str(), client["version"].as_i64()) {
            let mut clients = world.ledger.clients.lock().expect("whole");
            let moves = !clients.len().is_multiple_of(SETTLED);
            let known = clients.entry(id.to_owned()).or_insert((version, moves));
            known.0 = known.0.max(version);
        }
        let event = payload["event"]["id"].as_str().map(str::to_owned);
        let key = input["idempotencyKey"].as_str().unwrap_or_default().to_owned();
        world.ledger.done.lock().expect("whole").push(Done { key, mutation, event, asked });
        return;
    }
}
