//! The demo: 200 clients of two teams.

use std::sync::Arc;

use sea_orm::{ColumnTrait, ConnectionTrait, DbBackend, EntityTrait, PaginatorTrait, QueryFilter, QuerySelect};

use super::dice::Dice;
use super::office::{self, desk, person};
use super::people::{Desk, Person, Wish, make};
use super::rows::Rows;
use super::story::{Depth, at_work, tell};
use crate::domains::clients::{client, market};
use crate::domains::identity::{app_user, team};
use crate::kernel::time::{Clock, Instant};
use crate::kernel::{Error, Result};
use crate::platform::auth::{Passwords, Viewer};
use crate::platform::db::{Change, ChangeKind, Database, Origin, Tx, all_rows, differences};

/// How long the floor has been at work, in days.
pub const AGE: i64 = 270;

const SEED: u64 = 0x00ca_b17a;
const PASSWORD: &str = "demo";
const DEPTH: Depth = Depth { least: 3, most: 20, done: 40, planned: 75, second: 30 };

/// Whose some clients are: number of the team, number of the user (`None`: the pool), how many, and names that are always
/// among them.
type Share = (usize, Option<usize>, usize, &'static [[&'static str; 3]]);

const SHARES: [Share; 5] = [
    (0, Some(0), 60, &[["María", "González", "Rivera"], ["José Ángel", "González", "Águila"], ["Nuria", "Peña", "Íñiguez"]]),
    (0, Some(1), 60, &[["Jorge", "González", "Ávila"], ["Guadalupe", "Muñoz", "Zúñiga"]]),
    (0, None, 30, &[["Inés", "González", "Núñez"]]),
    (1, Some(2), 40, &[["Lucía", "González", "Prieto"], ["Begoña", "Ibáñez", "Nájera"]]),
    (1, None, 10, &[]),
];

/// What was loaded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Loaded {
    /// Clients written now; 0 when the demo was there already.
    pub clients: usize,
    /// The names to log in with: two advisors of one team, the advisor of another, a supervisor, an admin.
    pub logins: Vec<String>,
}

/// Loads the demo into an empty database; where it is already, nothing is written.
///
/// # Errors
/// `Usage` when the database holds anything else; those of the database.
pub async fn load(database: &Database, clock: &Clock, passwords: &Passwords) -> Result<Loaded> {
    let found = found(database, clock, passwords, "demo.load", furnish).await?;
    let logins = office::logins().map(str::to_owned).to_vec();
    Ok(Loaded { clients: found.unwrap_or(0), logins })
}

/// Writes the demo's users and teams into an empty database, and what `furnish` adds to them, in one transaction.
/// Tells how many clients were written; `None` when the demo was there already.
pub async fn found(
    database: &Database,
    clock: &Clock,
    passwords: &Passwords,
    operation: &str,
    furnish: fn(&mut Rows, Instant) -> Result<()>,
) -> Result<Option<usize>> {
    if is_there(&database.pool).await? {
        return Ok(None); // without a write transaction: this is how most starts go
    }
    let hash = passwords.hash(PASSWORD.to_owned()).await?;
    let origin = Origin { operation: operation.to_owned(), ..Origin::default() };
    let mut tx = Tx::begin(&database.pool, clock, Arc::new(Viewer::system("demo")), origin).await?;
    if database.backend() == DbBackend::Postgres {
        // Of two servers that start with the demo at the same moment, one waits and finds it there.
        tx.conn().execute_unprepared("SELECT pg_advisory_xact_lock(13290874)").await?;
    }
    if is_there(tx.conn()).await? {
        return Ok(None);
    }
    let mut dice = Dice::seeded(SEED);
    let mut rows = office::found(&mut dice, tx.now - chrono::Duration::days(AGE + 5), &hash);
    furnish(&mut rows, tx.now)?;
    let (clients, admin) = (rows.clients.len(), rows.users.last().cloned());
    rows.insert(tx.conn()).await?;
    let admin = admin.ok_or_else(|| Error::internal("the demo has users"))?;
    tx.record(Change::of(ChangeKind::Created, admin.id, 1, differences(None, Some(&admin))?));
    tx.commit().await?;
    Ok(Some(clients))
}

/// Whether the demo is there.
///
/// # Errors
/// `Usage` when something else is.
async fn is_there<C: ConnectionTrait>(conn: &C) -> Result<bool> {
    let known = all_rows::<app_user::Entity>().filter(app_user::Column::Email.is_in(office::logins()));
    if known.count(conn).await? == office::logins().len() as u64 {
        return Ok(true);
    }
    let other = holds::<app_user::Entity, _>(conn).await?
        || holds::<team::Entity, _>(conn).await?
        || holds::<client::Entity, _>(conn).await?
        || holds::<market::Entity, _>(conn).await?;
    if other {
        return Err(Error::Usage(
            "this database holds data that are not the demo's: the demo goes into an empty database only. \
             DATABASE_URL names another one, for instance sqlite://data/demo.db"
                .to_owned(),
        ));
    }
    Ok(false)
}

async fn holds<E: EntityTrait, C: ConnectionTrait>(conn: &C) -> Result<bool> {
    Ok(all_rows::<E>().limit(1).into_model::<E::Model>().one(conn).await?.is_some())
}

/// Adds the clients of both teams to the office.
fn furnish(rows: &mut Rows, now: Instant) -> Result<()> {
    let desks: Option<Vec<Desk>> = (0..rows.teams.len()).map(|team| desk(rows, rows.teams[team].id, team)).collect();
    let desks = desks.ok_or_else(|| Error::internal("every team of the demo has a desk"))?;
    let people: Vec<Person> = rows.users.iter().map(person).collect();
    let mut arrivals = Vec::new();
    for (team, user, count, named) in SHARES {
        for index in 0..count {
            // Dice of their own for each client: who they are does not depend on the order of their dates.
            let mut dice = Dice::seeded(SEED + 1 + arrivals.len() as u64);
            let any = dice.moment(now - chrono::Duration::days(AGE), now - chrono::Duration::hours(2));
            let working = at_work(&mut dice, any, desks[team].region.zone);
            let created_at = if working < now { working } else { any };
            arrivals.push((created_at, team, user.map(|user| &people[user]), named.get(index).copied(), dice));
        }
    }
    arrivals.sort_by_key(|(created_at, ..)| *created_at);
    for (created_at, team, advisor, named, mut dice) in arrivals {
        let market = &mut rows.markets[team];
        market.last_number += 1;
        let number = format!("{}-{:05}", market.number_prefix, market.last_number);
        let mut made = make(&mut dice, Wish { desk: &desks[team], advisor, number, named, created_at });
        let story = tell(&mut dice, &mut made, &desks[team], advisor, DEPTH, now);
        rows.add(made, story);
    }
    Ok(())
}

#[cfg(test)]
pub(super) mod tests {
    use std::collections::HashSet;

    use migration::{Migrator, MigratorTrait};
    use sea_orm::IntoActiveModel;

    use super::*;
    use crate::domains::clients::activity::ActivityState;
    use crate::domains::clients::client::{ClientKind, ClientStatus};
    use crate::domains::clients::event_log_entry::EventLogKind;
    use crate::kernel::contact::{Email, Phone};
    use crate::kernel::ids::TypedId;
    use crate::kernel::tax_id;
    use crate::platform::auth::Role;
    use crate::platform::config::DatabaseConfig;
    use crate::platform::db::tables::{audit_entry, outbox};

    /// A migrated SQLite database, and the folder that it lives in.
    pub async fn empty_database() -> (Database, tempfile::TempDir) {
        let folder = tempfile::TempDir::new().expect("a scratch folder");
        let url = format!("sqlite://{}", folder.path().join("demo.db").display());
        let config = DatabaseConfig { url: url.into(), max_connections: 2 };
        let database = crate::platform::db::connect(&config).await.expect("opened");
        Migrator::up(&database.pool, None).await.expect("migrated");
        (database, folder)
    }

    /// Checks what the verbs of clients would have checked.
    pub fn admit<'a>(clients: impl Iterator<Item = &'a client::Model>) {
        for client in clients {
            let country = if client.number.starts_with("AGS") { "MX" } else { "ES" };
            if let Some(phone) = &client.phone {
                assert_eq!(Phone::parse(phone, None).expect(phone).as_str(), phone);
            }
            if let Some(email) = &client.email {
                assert_eq!(Email::parse(email).expect(email).as_str(), email);
            }
            if let Some(id) = &client.tax_id {
                assert_eq!(&tax_id::check(country, id).expect(id).value, id);
            }
            assert!(client.email.is_some() || client.phone.is_some(), "{}", client.number);
            assert_eq!(client.id.uuid().get_version_num(), 7);
        }
    }

    fn demo(now: Instant) -> Rows {
        let mut rows = office::found(&mut Dice::seeded(SEED), now - chrono::Duration::days(AGE), "hash");
        furnish(&mut rows, now).expect("furnished");
        rows
    }

    #[test]
    fn the_floor_is_as_told() {
        let now = Clock::System.now();
        let rows = demo(now);
        assert_eq!(rows.clients.len(), 200);
        admit(rows.clients.iter());
        let of = |user: Option<usize>, team: usize| {
            let (advisor, team) = (user.map(|user| rows.users[user].id), rows.teams[team].id);
            rows.clients.iter().filter(|client| client.advisor_id == advisor && client.team_id == team).count()
        };
        assert_eq!([of(Some(0), 0), of(Some(1), 0), of(None, 0), of(Some(2), 1), of(None, 1)], [60, 60, 30, 40, 10]);
        assert_eq!([rows.markets[0].last_number, rows.markets[1].last_number], [150, 50]);
        let gonzalez = rows.clients.iter().filter(|client| client.name_sort.split(' ').any(|word| word == "gonzalez"));
        assert!(gonzalez.count() >= 3);
        for status in [ClientStatus::Prospect, ClientStatus::Active, ClientStatus::Inactive, ClientStatus::Blocked] {
            assert!(rows.clients.iter().filter(|client| client.status == status).count() >= 4, "{status}");
        }
        let tags: HashSet<&String> = rows.clients.iter().flat_map(|client| &client.tags.0).collect();
        assert_eq!(tags.len(), 12);
        for client in rows.clients.iter().filter(|client| client.kind == ClientKind::Company) {
            let people = rows.contacts.iter().filter(|contact| contact.client_id == client.id).count();
            assert!((1..=3).contains(&people), "{}", client.name);
        }
        let state = |state, late| rows.activities.iter().filter(move |a| a.state == state && (a.agenda_at < now) == late);
        assert!(state(ActivityState::Planned, true).count() > 10);
        assert!(state(ActivityState::Planned, false).count() > 50);
        assert!(state(ActivityState::Done, true).count() > 50);
    }

    #[test]
    fn no_two_clients_are_alike() {
        let rows = demo(Clock::System.now());
        type Key = fn(&client::Model) -> Option<&String>;
        let keys: [Key; 4] = [|c| c.email.as_ref(), |c| c.phone.as_ref(), |c| c.tax_id.as_ref(), |c| Some(&c.name)];
        for key in keys {
            let given: Vec<_> = rows.clients.iter().filter_map(key).collect();
            assert_eq!(given.iter().collect::<HashSet<_>>().len(), given.len());
        }
    }

    #[test]
    fn histories_make_sense() {
        let now = Clock::System.now();
        let rows = demo(now);
        for client in &rows.clients {
            let history: Vec<_> = rows.entries.iter().filter(|entry| entry.client_id == client.id).collect();
            assert!((3..=20).contains(&history.len()), "{}: {}", client.number, history.len());
            assert_eq!((history[0].kind, history[0].occurred_at), (EventLogKind::System, client.created_at));
            assert!(history.is_sorted_by_key(|entry| entry.occurred_at));
            assert!(history.iter().all(|entry| entry.occurred_at <= entry.recorded_at && entry.recorded_at <= now));
            let last = history.iter().rev().find(|entry| entry.text.contains(" → "));
            let left = last.and_then(|entry| entry.payload.as_ref()?.get("to")?.as_str().map(str::to_owned));
            assert_eq!(left.unwrap_or("PROSPECT".to_owned()), client.status.to_string());
            assert!((client.created_at..=now).contains(&client.updated_at));
        }
        let words = |text: &str| text.contains(['{', '}']) || text.is_empty() || text.chars().count() > 200;
        assert_eq!(rows.entries.iter().find(|entry| words(&entry.text)), None);
        assert_eq!(rows.activities.iter().find(|activity| words(&activity.title)), None);
        let kinds: HashSet<_> = rows.entries.iter().map(|entry| entry.kind).collect();
        assert_eq!(kinds.len(), 13, "all but SYNC: {kinds:?}");
    }

    #[test]
    fn the_same_moment_makes_the_same_demo() {
        let now = Clock::System.now();
        let (one, two) = (demo(now), demo(now));
        assert!(one.clients == two.clients && one.entries == two.entries && one.activities == two.activities);
        let later = demo(now + chrono::Duration::days(40));
        let names = |rows: &Rows| rows.clients.iter().map(|client| client.name.clone()).collect::<HashSet<_>>();
        assert_eq!(names(&one), names(&later));
    }

    #[tokio::test]
    async fn the_demo_is_loaded_once() {
        let (database, _folder) = empty_database().await;
        let (clock, passwords) = (Clock::System, Passwords::default());
        let loaded = load(&database, &clock, &passwords).await.expect("loaded");
        assert_eq!((loaded.clients, loaded.logins[0].as_str()), (200, "ana@demo.test"));
        let again = load(&database, &clock, &passwords).await.expect("goes on");
        assert_eq!(again, Loaded { clients: 0, logins: loaded.logins });

        let pool = &database.pool;
        let rows = all_rows::<client::Entity>().all(pool).await.expect("read");
        assert_eq!(rows.len(), 200);
        assert_eq!(all_rows::<outbox::Entity>().count(pool).await.expect("counted"), 0);
        let audit = all_rows::<audit_entry::Entity>().all(pool).await.expect("read");
        assert_eq!(audit.iter().map(|entry| entry.operation.as_str()).collect::<Vec<_>>(), ["demo.load"]);
        let users = all_rows::<app_user::Entity>().all(pool).await.expect("read");
        assert_eq!(users.len(), 5);
        for user in users {
            assert!(passwords.verify("demo".to_owned(), user.password_hash).await.expect("verified"), "{}", user.email);
        }
    }

    #[tokio::test]
    async fn a_database_with_somebody_else_is_refused() {
        let (database, _folder) = empty_database().await;
        let (clock, passwords) = (Clock::System, Passwords::default());
        let mut dice = Dice::seeded(1);
        let name = ("eva@empresa.example".to_owned(), "Eva".to_owned());
        let user = office::new_user(&mut dice, clock.now(), name, Role::Admin, None, &super::super::names::REGIONS[0], None);
        app_user::Entity::insert(user.into_active_model()).exec_without_returning(&database.pool).await.expect("there");
        let refused = load(&database, &clock, &passwords).await.expect_err("refused");
        assert!(matches!(&refused, Error::Usage(why) if why.contains("empty database")), "{refused}");
        let filled = super::super::fill(&database, &clock, &passwords, 10, &|_, _| {}).await;
        assert!(matches!(filled, Err(Error::Usage(_))));
        assert_eq!(all_rows::<client::Entity>().count(&database.pool).await.expect("counted"), 0);
        assert_eq!(all_rows::<app_user::Entity>().count(&database.pool).await.expect("counted"), 1);
    }
}
