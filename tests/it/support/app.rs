//! A running server, with the people of the tests.

use std::collections::HashMap;
use std::sync::Arc;

use cabina::app::App;
use cabina::domains::clients::markets::{self, NewMarket};
use cabina::domains::identity::passwords::NewPassword;
use cabina::domains::identity::teams;
use cabina::domains::identity::users::{self, NewUser};
use cabina::graphql::engine::Engine;
use cabina::kernel::ids::TeamId;
use cabina::kernel::time::Clock;
use cabina::platform::auth::{Role, Viewer};
use cabina::platform::config::Config;
use cabina::platform::db::{Origin, Tx};
use sea_orm::ConnectionTrait;
use sea_orm::sea_query::{Alias, Asterisk, Expr, ExprTrait, Query};
use tokio::net::TcpListener;
use tokio::sync::oneshot;

use super::actor::Actor;
use super::database::{Away, TestDatabase, is_postgres};

/// The password of everybody.
pub const PASSWORD: &str = "correct horse";

/// How a server is set up.
#[derive(Default)]
pub struct Setup {
    variables: HashMap<String, String>,
    empty: bool,
}

impl Setup {
    /// Sets a variable of the environment.
    pub fn with(mut self, name: &str, value: impl ToString) -> Self {
        self.variables.insert(name.to_owned(), value.to_string());
        self
    }

    /// On a database without any table.
    pub fn on_empty_database(mut self) -> Self {
        self.empty = true;
        self
    }

    /// Starts the server.
    pub async fn start(self) -> TestApp {
        let database =
            tokio::task::spawn_blocking(
                move || if self.empty { TestDatabase::empty() } else { TestDatabase::new() },
            )
            .await
            .expect("a database");
        let mut variables = self.variables;
        variables.insert("DATABASE_URL".into(), database.url.clone());
        variables.entry("CABINA_DATABASE_CONNECTIONS".into()).or_insert("4".into());
        variables.entry("CABINA_WEB_DIR".into()).or_insert("no-such-folder".into());
        if is_postgres() {
            variables
                .insert("REDIS_URL".into(), std::env::var("TEST_REDIS_URL").expect("TEST_REDIS_URL is set"));
            // The tests share one Redis: each database has its own channels.
            variables.insert("CABINA_CHANNEL_PREFIX".into(), format!("{}:", database.name));
        }
        TestApp::launch(variables, Clock::Shifted(Arc::default()), Some(database)).await
    }
}

/// A running server.
pub struct TestApp {
    /// Its parts.
    pub app: App,
    /// What answers GraphQL.
    pub engine: Arc<Engine>,
    /// Where it listens.
    pub url: String,
    variables: HashMap<String, String>,
    _stop: oneshot::Sender<()>,
    _database: Option<TestDatabase>,
}

impl TestApp {
    async fn launch(
        variables: HashMap<String, String>,
        clock: Clock,
        database: Option<TestDatabase>,
    ) -> TestApp {
        let config =
            Config::from_lookup(&|name| variables.get(name).cloned()).0.expect("a sound configuration");
        let app = App::start(config, clock).await.expect("starts");
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("an address");
        let web = app.web(None).expect("a sound configuration");
        let (stop, stopped) = oneshot::channel::<()>();
        let (served, engine) = (app.clone(), web.engine.clone());
        tokio::spawn(async move {
            let until = async {
                let _ = stopped.await;
            };
            served.serve(listener, web, until).await;
        });
        let url = format!("http://{address}");
        TestApp { app, engine, url, variables, _stop: stop, _database: database }
    }

    /// Where its data are, for a process beside it.
    pub fn database_url(&self) -> String {
        self.variables["DATABASE_URL"].clone()
    }

    /// The database does not answer until it is told to come back.
    pub async fn database_goes_away(&self) -> Away {
        let connections = self.variables["CABINA_DATABASE_CONNECTIONS"].parse().expect("a number");
        let database = self._database.as_ref().expect("the first server of the test");
        Away::of(database, &self.app.database.own, connections).await
    }

    /// A second server beside this one, on the same database and Redis; it must not outlive the first.
    pub async fn second(&self) -> TestApp {
        TestApp::launch(self.variables.clone(), self.app.clock.clone(), None).await
    }

    /// The same with a clock that goes wrong by so many seconds.
    pub async fn second_with_clock_off_by(&self, seconds: i64) -> TestApp {
        let offset = Arc::new(std::sync::atomic::AtomicI64::new(seconds * 1_000_000));
        TestApp::launch(self.variables.clone(), Clock::Shifted(offset), None).await
    }

    /// Waits until all that was committed has its place and this server knows of it.
    pub async fn settled(&self) {
        let waiting = Query::select()
            .expr(Expr::col(Asterisk).count())
            .from(Alias::new("outbox"))
            .and_where(Expr::col(Alias::new("position")).is_null())
            .to_owned();
        let own = &self.app.database.own;
        for _ in 0..500 {
            let row = own.query_one(&waiting).await.expect("a table").expect("a count");
            let placed = row.try_get_by_index::<i64>(0).expect("a number") == 0;
            let last = cabina::platform::bus::last_position(own).await.expect("a position");
            if placed && self.engine.services().hub.tail() == last {
                return;
            }
            tokio::time::sleep(std::time::Duration::from_millis(10)).await;
        }
        panic!("what was committed did not find its way within five seconds");
    }

    /// With the usual configuration.
    pub async fn start() -> TestApp {
        Setup::default().start().await
    }

    /// Somebody who is not signed in.
    pub fn nobody(&self) -> Actor {
        Actor::new(&self.url, None)
    }

    /// Somebody with this bearer token.
    pub fn bearer(&self, token: &str) -> Actor {
        Actor::new(&self.url, Some(token.to_owned()))
    }

    /// Signs in with e-mail and the password of everybody.
    pub async fn sign_in(&self, email: &str) -> Actor {
        let query = "mutation($input: SessionCreateInput!) {
            sessionCreate(input: $input) { session { accessToken refreshToken } userErrors { code message } viewer { id } } }";
        let input = serde_json::json!({ "input": { "email": email, "password": PASSWORD } });
        let data = self.nobody().data(query, input).await;
        let session = &data["sessionCreate"];
        let mut actor =
            self.bearer(session["session"]["accessToken"].as_str().unwrap_or_else(|| panic!("{data}")));
        actor.id = session["viewer"]["id"].as_str().expect("a viewer").to_owned();
        actor.refresh_token =
            session["session"]["refreshToken"].as_str().expect("a refresh token").to_owned();
        actor
    }

    /// Ana, advisor of the north.
    pub async fn ana(&self) -> Actor {
        self.sign_in("ana@test.example").await
    }
    /// Beto, advisor of the north.
    pub async fn beto(&self) -> Actor {
        self.sign_in("beto@test.example").await
    }
    /// Carla, advisor of the south.
    pub async fn carla(&self) -> Actor {
        self.sign_in("carla@test.example").await
    }
    /// Sofía, supervisor of the north.
    pub async fn sofia(&self) -> Actor {
        self.sign_in("sofia@test.example").await
    }
    /// The admin, without a team.
    pub async fn admin(&self) -> Actor {
        self.sign_in("admin@test.example").await
    }

    /// Rows of a table.
    pub async fn rows(&self, table: &str) -> i64 {
        let query = Query::select().expr(Expr::col(Asterisk).count()).from(Alias::new(table)).to_owned();
        let row = self.app.database.pool.query_one(&query).await.expect("a table").expect("a count");
        row.try_get_by_index(0).expect("a number")
    }

    /// What every write leaves: rows of the audit, the outbox and the idempotency keys.
    pub async fn traces(&self) -> [i64; 3] {
        [self.rows("audit_entry").await, self.rows("outbox").await, self.rows("idempotency_key").await]
    }
}

/// Puts the people of the tests into an empty database.
pub async fn people(app: &App) {
    let viewer = Arc::new(Viewer::system("tests"));
    let origin = Origin { operation: "tests".into(), ..Origin::default() };
    let place = app.passwords.place("").expect("a place");
    let password = NewPassword::of(&place, PASSWORD.into()).await.expect("hashed");
    let mut tx = Tx::begin(&app.database, &app.clock, viewer, origin).await.expect("begins");
    let north = teams::create(&mut tx, "North").await.expect("a team");
    let south = teams::create(&mut tx, "South").await.expect("a team");
    let everybody: [(&str, &str, Role, Option<TeamId>); 5] = [
        ("ana", "Ana Pérez", Role::Advisor, Some(north)),
        ("beto", "Beto Ruiz", Role::Advisor, Some(north)),
        ("sofia", "Sofía Luna", Role::Supervisor, Some(north)),
        ("carla", "Carla Gil", Role::Advisor, Some(south)),
        ("admin", "Adela Mora", Role::Admin, None),
    ];
    for (email, name, role, team) in everybody {
        let new = NewUser {
            email: format!("{email}@test.example"),
            name: name.into(),
            role,
            team,
            locale: "es".into(),
            time_zone: "America/Mexico_City".into(),
            password: Some(password.clone()),
        };
        users::create(&mut tx, new).await.expect("a user");
    }
    for (key, country, currency, time_zone, prefix) in [
        ("aguascalientes", "MX", "MXN", "America/Mexico_City", "AGS"),
        ("madrid", "ES", "EUR", "Europe/Madrid", "MAD"),
    ] {
        let new = NewMarket {
            key: key.into(),
            name: key.into(),
            country: country.into(),
            currency: currency.into(),
            time_zone: time_zone.into(),
            number_prefix: prefix.into(),
        };
        markets::create(&mut tx, new).await.expect("a market");
    }
    markets::create_ecosystem(&mut tx, "aguascalientes", "ruta-7", "Ruta 7").await.expect("an ecosystem");
    tx.commit().await.expect("commits");
}
