//! What everybody of the test has in common, and how it is built.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Mutex;

use cabina::kernel::ids::{TeamId, TypedId};
use rand::RngExt;
use rand::rngs::StdRng;
use serde_json::json;

use super::database::Scratch;
use super::gate::Gate;
use super::people::{self, PASSWORD, Person};
use super::services::Service;
use super::wire;
use super::writers::Ledger;

/// What everybody of the test has in common.
pub struct World {
    pub seed: u64,
    pub database: Scratch,
    /// The ways to the servers.
    pub gates: Vec<Gate>,
    pub people: Vec<Person>,
    /// The team of most of them.
    pub team_a: String,
    pub ledger: Ledger,
    /// Who breaks the relay's holder, and who ends connections to PostgreSQL, do so one after the other.
    pub holder: tokio::sync::Mutex<()>,
    pub wrong: Mutex<Vec<String>>,
    pub faults: Mutex<BTreeMap<&'static str, usize>>,
}

impl World {
    /// Database, processes and people; the servers run.
    pub async fn build(seed: u64, folder: &Path) -> (World, Vec<Service>, Service) {
        let database = Scratch::new().await;
        let mut people = people::furnish(&database.url("furnish")).await;
        let mut redis = Service::redis(folder);
        redis.start().await;
        let mut servers = Vec::new();
        for name in ["server-1", "server-2"] {
            let environment = [
                ("DATABASE_URL", database.url(name)),
                ("REDIS_URL", format!("redis://127.0.0.1:{}", redis.port)),
                ("CABINA_CHANNEL_PREFIX", "chaos:".into()),
                ("CABINA_JWT_SECRET", "a secret of the fault test, and of no other".into()),
                ("CABINA_ACCESS_TTL", "86400".into()),
                ("CABINA_POINTS_PER_MINUTE", u32::MAX.to_string()),
                ("CABINA_WEB_DIR", "no-such-folder".into()),
                ("CABINA_LOG", "warn".into()),
            ];
            let environment = environment.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
            let mut server = Service::server(name, folder, environment);
            server.start().await;
            servers.push(server);
        }
        let http = wire::http();
        for person in &mut people {
            let url = format!("http://127.0.0.1:{}", servers[0].port);
            let query = "mutation($input: SessionCreateInput!) { sessionCreate(input: $input) { session { accessToken } } }";
            let input = json!({ "input": { "email": format!("{}@test.example", person.name), "password": PASSWORD } });
            let answer = wire::ask(&http, &url, "", query, &input).await.expect("an answer");
            let token = answer["data"]["sessionCreate"]["session"]["accessToken"].as_str();
            person.token = token.unwrap_or_else(|| panic!("{answer}")).to_owned();
        }
        let team_a = people.iter().find_map(|person| person.team).expect("somebody has a team");
        let mut gates = Vec::new();
        for (salt, server) in (1..).zip(&servers) {
            gates.push(Gate::open(server.port, seed ^ (salt << 32)).await);
        }
        let world = World {
            seed,
            database,
            gates,
            people,
            team_a: TeamId::from_uuid(team_a).to_string(),
            ledger: Ledger::default(),
            holder: tokio::sync::Mutex::default(),
            wrong: Mutex::default(),
            faults: Mutex::default(),
        };
        (world, servers, redis)
    }

    pub fn person(&self, name: &str) -> &Person {
        self.people.iter().find(|person| person.name == name).expect("one of the five")
    }

    /// One of the servers, through its gate.
    pub fn any_gate(&self, dice: &mut StdRng) -> String {
        format!("http://{}", self.gates[dice.random_range(0..self.gates.len())].address)
    }

    /// Notes what must not be.
    pub fn wrong(&self, what: String) {
        self.wrong.lock().expect("whole").push(what);
    }

    /// Notes a fault that was done.
    pub fn count(&self, fault: &'static str) {
        *self.faults.lock().expect("whole").entry(fault).or_default() += 1;
    }
}
