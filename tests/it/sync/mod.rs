//! cabina and Odoo kept alike, seen from both ends: GraphQL here, the sandbox's records there.

mod aside;
mod doctor;
mod erased;
mod failing;
mod gone;
mod history;
mod lanes;
mod lost;
mod many;
mod meanwhile;
mod moved;
mod pages;
mod pull;
mod push;
mod rights;
mod spellings;
mod trouble;

use std::time::Duration;

use cabina::integrations::odoo::{Record, Value as There};
use cabina::kernel::time::Clock;
use cabina::sandbox::odoo::SandboxOdoo;
use sea_orm::ConnectionTrait;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::sync::oneshot;

use crate::support::{Actor, Setup, TestApp};

/// A server with a worker, and the Odoo that it is kept alike with.
pub struct Pair {
    pub app: TestApp,
    pub odoo: SandboxOdoo,
    worker: tokio::task::JoinHandle<()>,
    _stop: oneshot::Sender<()>,
}

impl Drop for Pair {
    fn drop(&mut self) {
        self.worker.abort();
    }
}

/// The sandbox, where it listens, and what ends it.
pub async fn sandbox() -> (SandboxOdoo, String, oneshot::Sender<()>) {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let odoo = SandboxOdoo::new(Clock::System);
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let url = format!("http://{}", listener.local_addr().expect("an address"));
    let (stop, stopped) = oneshot::channel::<()>();
    let served = odoo.clone();
    tokio::spawn(async move {
        let until = async {
            let _ = stopped.await;
        };
        served.serve(listener, until).await;
    });
    (odoo, url, stop)
}

/// What points a server at the sandbox.
pub fn variables(odoo: &SandboxOdoo, url: &str) -> Vec<(&'static str, String)> {
    use secrecy::ExposeSecret;
    let config = odoo.config(url);
    let keys: Vec<&str> = config.api_keys.iter().map(|key| key.expose_secret()).collect();
    vec![
        ("ODOO_URL", config.url.clone()),
        ("ODOO_DB", config.database.clone()),
        ("ODOO_LOGIN", config.login.clone().expect("a login")),
        ("ODOO_API_KEYS", keys.join(",")),
        ("ODOO_CALLS_PER_SECOND", "1000".to_owned()),
        ("ODOO_PULL_EVERY", "1".to_owned()),
        ("ODOO_TIMEOUT", "2".to_owned()),
    ]
}

impl Pair {
    pub async fn start() -> Pair {
        Pair::with(&[]).await
    }

    pub async fn with(more: &[(&str, &str)]) -> Pair {
        Pair::of(sandbox().await, more).await
    }

    /// With an Odoo that was there before.
    pub async fn of(
        (odoo, url, stop): (SandboxOdoo, String, oneshot::Sender<()>),
        more: &[(&str, &str)],
    ) -> Pair {
        let mut setup = Setup::default();
        for (name, value) in variables(&odoo, &url) {
            setup = setup.with(name, value);
        }
        for (name, value) in more {
            setup = setup.with(name, value);
        }
        let app = setup.start().await;
        let worker = work(&app);
        Pair { app, odoo, worker, _stop: stop }
    }

    /// Ends the worker at once, as by kill -9.
    pub fn halt(&self) {
        self.worker.abort();
    }

    /// Starts the worker that was ended.
    pub fn go_on(&mut self) {
        self.worker = work(&self.app);
    }

    /// Waits until nothing waits to be sent. What failed several times in a row would wait for
    /// minutes: it is tried again within a second.
    pub async fn settled(&self) {
        let admin = self.app.admin().await;
        let mut polls = 0;
        until("nothing waits to be sent", async || {
            polls += 1;
            if polls % 50 == 0 {
                self.retry_failed().await;
            }
            let counts = admin.data("{ syncCounts { status count } }", json!({})).await;
            let waits = |count: &Value| {
                ["PENDING", "IN_FLIGHT", "ERROR"].contains(&count["status"].as_str().expect("text"))
            };
            !counts["syncCounts"].as_array().expect("a list").iter().any(waits)
        })
        .await;
    }

    /// Makes everything that waits because it failed due now.
    pub async fn retry_failed(&self) {
        retry_failed(&self.app).await;
    }

    /// The partner of a thing of ours.
    pub fn partner(&self, id: &str) -> Record {
        self.find(id).unwrap_or_else(|| panic!("{id} is not in Odoo"))
    }

    pub fn find(&self, id: &str) -> Option<Record> {
        let (model, there) = self.odoo.external_id(&format!("cabina.{id}"))?;
        self.odoo.records(&model).into_iter().find(|record| record.id() == Ok(there))
    }
}

fn work(app: &TestApp) -> tokio::task::JoinHandle<()> {
    let app = app.app.clone();
    tokio::spawn(async move {
        cabina::worker::run(app, std::future::pending()).await.expect("a worker");
    })
}

/// Makes everything that waits because it failed due now.
pub async fn retry_failed(app: &TestApp) {
    let due = "UPDATE sync_external SET next_attempt_at = created_at WHERE status = 'ERROR'";
    app.app.database.own.execute_unprepared(due).await.expect("due");
}

/// Waits until something is so.
pub async fn until(what: &str, mut so: impl AsyncFnMut() -> bool) {
    for _ in 0..3000 {
        if so().await {
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("not within a minute: {what}");
}

/// How a client stands.
pub async fn sync_of(actor: &Actor, id: &str) -> Value {
    let query = "query($id: ID!) { node(id: $id) { ... on Syncable { sync {
        status direction attempts lastError hint externalModel externalId externalUrl lastSyncedAt discarded payload subjectId } } } }";
    actor.data(query, json!({ "id": id })).await["node"]["sync"].clone()
}

/// The fields of a client.
pub async fn client(actor: &Actor, id: &str) -> Value {
    let query = "query($id: ID!) { client(id: $id) { version name kind email phone taxId status address { street city postalCode country region } } }";
    actor.data(query, json!({ "id": id })).await["client"].clone()
}

pub fn text(text: &str) -> There {
    There::from(text)
}

/// Fields of a record, as Odoo takes them.
pub fn fields<const N: usize>(fields: [(&str, There); N]) -> Vec<(String, There)> {
    fields.map(|(name, value)| (name.to_owned(), value)).to_vec()
}

/// What the audit holds of a thing.
pub async fn audit_of(admin: &Actor, id: &str) -> Vec<Value> {
    let query = "query($id: ID!) { auditEntries(filter: { subjectId: $id }) { nodes { operation actorName changes { field before after } } } }";
    admin.data(query, json!({ "id": id })).await["auditEntries"]["nodes"].as_array().expect("entries").clone()
}

/// Changes fields of a client, from its present version.
pub async fn change(actor: &Actor, id: &str, mut fields: Value) {
    fields["id"] = json!(id);
    fields["expectedVersion"] = client(actor, id).await["version"].clone();
    let payload = actor.run("clientUpdate", fields, "client { id }").await;
    assert_eq!(payload["userErrors"], json!([]), "{payload}");
}
