//! Who takes part: two teams and their people, and what each may see by the rules that the test is told, not by the code
//! that it tests.

use std::sync::Arc;

use cabina::app::App;
use cabina::domains::clients::markets::{self, NewMarket};
use cabina::domains::identity::passwords::NewPassword;
use cabina::domains::identity::teams;
use cabina::domains::identity::users::{self, NewUser};
use cabina::kernel::ids::TypedId;
use cabina::kernel::time::Clock;
use cabina::platform::auth::{Role, Viewer};
use cabina::platform::config::Config;
use cabina::platform::db::{Origin, Tx};
use uuid::Uuid;

/// The password of everybody.
pub const PASSWORD: &str = "correct horse";
/// The market of all clients.
pub const MARKET: &str = "aguascalientes";

/// Whose a client is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Owner {
    pub team: Uuid,
    /// None: it waits in the team's pool.
    pub advisor: Option<Uuid>,
}

/// Somebody of the test.
#[derive(Clone, Debug)]
pub struct Person {
    pub name: &'static str,
    pub role: Role,
    pub team: Option<Uuid>,
    pub user: Uuid,
    /// The user's id, as the schema spells it.
    pub id: String,
    pub token: String,
}

impl Person {
    /// Whether clients of this owner are to be seen: the rules of the house, written down once more.
    pub fn sees(&self, owner: Owner) -> bool {
        match (self.role, owner.advisor) {
            (Role::Admin, _) => true,
            (Role::Supervisor, _) | (Role::Advisor, None) => self.team == Some(owner.team),
            (Role::Advisor, Some(advisor)) => advisor == self.user,
        }
    }
}

/// Brings the tables up to date and puts everybody into them. Nobody is signed in yet.
pub async fn furnish(database_url: &str) -> Vec<Person> {
    let lookup = |name: &str| (name == "DATABASE_URL").then(|| database_url.to_owned());
    let config = Config::from_lookup(&lookup).0.expect("a sound configuration");
    let app = App::start(config, Clock::System).await.expect("the database opens");
    app.migrate().await.expect("migrates");
    let viewer = Arc::new(Viewer::system("tests"));
    let origin = Origin { operation: "tests".into(), ..Origin::default() };
    let place = app.passwords.place("").expect("a place");
    let password = NewPassword::of(&place, PASSWORD.into()).await.expect("hashed");
    let mut tx = Tx::begin(&app.database, &app.clock, viewer, origin).await.expect("begins");
    let a = teams::create(&mut tx, "A").await.expect("a team");
    let b = teams::create(&mut tx, "B").await.expect("a team");
    let everybody = [
        ("admin", Role::Admin, None),
        ("sofia", Role::Supervisor, Some(a)),
        ("ana", Role::Advisor, Some(a)),
        ("beto", Role::Advisor, Some(a)),
        ("carla", Role::Advisor, Some(b)),
    ];
    let mut people = Vec::new();
    for (name, role, team) in everybody {
        let new = NewUser {
            email: format!("{name}@test.example"),
            name: name.into(),
            role,
            team,
            locale: "es".into(),
            time_zone: "America/Mexico_City".into(),
            password: Some(password.clone()),
        };
        let id = users::create(&mut tx, new).await.expect("a user");
        let (user, team) = (id.uuid(), team.map(TypedId::uuid));
        people.push(Person { name, role, team, user, id: id.to_string(), token: String::new() });
    }
    let market = NewMarket {
        key: MARKET.into(),
        name: MARKET.into(),
        country: "MX".into(),
        currency: "MXN".into(),
        time_zone: "America/Mexico_City".into(),
        number_prefix: "AGS".into(),
    };
    markets::create(&mut tx, market).await.expect("a market");
    tx.commit().await.expect("commits");
    app.database.pool.close().await.expect("closes");
    people
}
