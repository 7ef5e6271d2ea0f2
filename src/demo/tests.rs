//! The demo as a whole: what it holds, that it is loaded once, and where it is refused.

use std::collections::HashSet;

use migration::{Migrator, MigratorTrait};
use sea_orm::{EntityTrait, IntoActiveModel, PaginatorTrait};

use super::dice::Dice;
use super::load::{AGE, furnish};
use super::regions::REGIONS;
use super::rows::Rows;
use super::{Loaded, fill, load, office};
use crate::domains::clients::activity::ActivityState;
use crate::domains::clients::client::{ClientKind, ClientStatus};
use crate::domains::clients::event_log_entry::EventLogKind;
use crate::domains::clients::{activity, client, client_term, event_log_entry};
use crate::domains::identity::{app_user, team};
use crate::kernel::Error;
use crate::kernel::contact::{Email, Phone};
use crate::kernel::ids::TypedId;
use crate::kernel::tax_id;
use crate::kernel::time::{Clock, Instant};
use crate::platform::auth::Passwords;
use crate::platform::auth::Role;
use crate::platform::config::DatabaseConfig;
use crate::platform::db::tables::{audit_entry, number_series, outbox};
use crate::platform::db::{Database, all_rows};

/// A migrated SQLite database, and the folder that it lives in.
pub async fn empty_database() -> (Database, tempfile::TempDir) {
    let folder = tempfile::TempDir::new().expect("a scratch folder");
    let url = format!("sqlite://{}", folder.path().join("demo.db").display());
    let config = DatabaseConfig { url: url.into(), max_connections: 2 };
    let database = crate::platform::db::connect(&config, None).await.expect("opened");
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
    let mut rows = office::found(&mut Dice::seeded(1), now - chrono::Duration::days(AGE), "hash");
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
    assert_eq!(
        [of(Some(0), 0), of(Some(1), 0), of(None, 0), of(Some(2), 1), of(None, 1)],
        [60, 60, 30, 40, 10]
    );
    assert_eq!([rows.numbers[0].last_number, rows.numbers[1].last_number], [150, 50]);
    let gonzalez =
        rows.clients.iter().filter(|client| client.name_sort.split(' ').any(|word| word == "gonzalez"));
    assert!(gonzalez.count() >= 3);
    for status in
        [ClientStatus::Prospect, ClientStatus::Active, ClientStatus::Inactive, ClientStatus::Blocked]
    {
        assert!(rows.clients.iter().filter(|client| client.status == status).count() >= 4, "{status}");
    }
    let tags: HashSet<&String> = rows.clients.iter().flat_map(|client| &client.tags.0).collect();
    assert_eq!(tags.len(), 12);
    for client in rows.clients.iter().filter(|client| client.kind == ClientKind::Company) {
        let people = rows.contacts.iter().filter(|contact| contact.client_id == client.id).count();
        assert!((1..=3).contains(&people), "{}", client.name);
    }
    let state =
        |state, late| rows.activities.iter().filter(move |a| a.state == state && (a.agenda_at < now) == late);
    assert!(state(ActivityState::Planned, true).count() > 10);
    assert!(state(ActivityState::Planned, false).count() > 50);
    assert!(state(ActivityState::Done, true).count() > 50);
}

#[test]
fn no_two_clients_are_alike() {
    let rows = demo(Clock::System.now());
    type Key = fn(&client::Model) -> Option<&String>;
    let keys: [Key; 4] =
        [|c| c.email.as_ref(), |c| c.phone.as_ref(), |c| c.tax_id.as_ref(), |c| Some(&c.name)];
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
        assert!(
            history.iter().all(|entry| entry.occurred_at <= entry.recorded_at && entry.recorded_at <= now)
        );
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
async fn no_two_demos_have_an_id_in_common() {
    let (clock, passwords) = (Clock::System, Passwords::default());
    let mut ids = HashSet::new();
    let mut names = Vec::new();
    for _ in 0..2 {
        let (database, _folder) = empty_database().await;
        load(&database, &clock, &passwords).await.expect("loaded");
        let pool = &database.pool;
        let clients = all_rows::<client::Entity>().all(pool).await.expect("read");
        let entries = all_rows::<event_log_entry::Entity>().all(pool).await.expect("read");
        let users = all_rows::<app_user::Entity>().all(pool).await.expect("read");
        let all = clients.iter().map(|client| client.id.uuid());
        let all = all.chain(entries.iter().map(|entry| entry.id.uuid()));
        for id in all.chain(users.iter().map(|user| user.id.uuid())) {
            assert!(ids.insert(id), "{id}");
        }
        names.push(clients.into_iter().map(|client| client.name).collect::<HashSet<_>>());
    }
    assert_eq!(names[0], names[1], "the people are the same");
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
    // The series of the four who have a team are made by the verb.
    assert_eq!(all_rows::<outbox::Entity>().count(pool).await.expect("counted"), 4);
    let audit = all_rows::<audit_entry::Entity>().all(pool).await.expect("read");
    let mut told: Vec<_> = audit.iter().map(|entry| entry.subject_type.as_str()).collect();
    told.sort_unstable();
    let (each, by_each) = (["agenda"; 4], ["series"; 4]);
    assert_eq!(told, [&each[..], &by_each, &["user"]].concat());
    assert!(audit.iter().all(|entry| entry.operation == "demo.load"));
    let users = all_rows::<app_user::Entity>().all(pool).await.expect("read");
    assert_eq!(users.len(), 5);
    for user in users {
        assert!(
            passwords.verify("demo".to_owned(), user.password_hash).await.expect("verified"),
            "{}",
            user.email
        );
    }
}

#[tokio::test]
async fn a_database_with_somebody_else_is_refused() {
    let (database, _folder) = empty_database().await;
    let (clock, passwords) = (Clock::System, Passwords::default());
    let mut dice = Dice::seeded(1);
    let name = ("eva@empresa.example".to_owned(), "Eva".to_owned());
    let user = office::new_user(&mut dice, clock.now(), name, Role::Admin, None, &REGIONS[0], None);
    app_user::Entity::insert(user.into_active_model())
        .exec_without_returning(&database.pool)
        .await
        .expect("there");
    let refused = load(&database, &clock, &passwords).await.expect_err("refused");
    assert!(matches!(&refused, Error::Usage(why) if why.contains("empty database")), "{refused}");
    let filled = fill(&database, &clock, &passwords, 10, &|_, _| {}).await;
    assert!(matches!(filled, Err(Error::Usage(_))));
    assert_eq!(all_rows::<client::Entity>().count(&database.pool).await.expect("counted"), 0);
    assert_eq!(all_rows::<app_user::Entity>().count(&database.pool).await.expect("counted"), 1);
}

#[tokio::test]
async fn a_floor_is_filled_beside_the_demo() {
    let (database, _folder) = empty_database().await;
    let (clock, passwords) = (Clock::System, Passwords::default());
    load(&database, &clock, &passwords).await.expect("loaded");
    let heard = std::cell::RefCell::new(Vec::new());
    let hear = |done, of| heard.borrow_mut().push((done, of));
    fill(&database, &clock, &passwords, 500, &hear).await.expect("filled");

    let pool = &database.pool;
    let clients = all_rows::<client::Entity>().all(pool).await.expect("read");
    assert_eq!(clients.len(), 700);
    assert_eq!(all_rows::<team::Entity>().count(pool).await.expect("counted"), 6);
    assert_eq!(all_rows::<app_user::Entity>().count(pool).await.expect("counted"), 5 + 4 * 13);
    let entries = all_rows::<event_log_entry::Entity>().count(pool).await.expect("counted");
    assert!(entries > 700 * 5, "{entries}");
    assert!(all_rows::<activity::Entity>().count(pool).await.expect("counted") > 300);
    assert!(all_rows::<client_term::Entity>().count(pool).await.expect("counted") > 700 * 5);
    let numbers = all_rows::<number_series::Entity>().all(pool).await.expect("read");
    assert_eq!(numbers.len(), 2);
    for series in numbers {
        let of_market =
            |client: &&client::Model| client.market_id.map(TypedId::uuid) == Some(series.market_id);
        assert_eq!(series.last_number, clients.iter().filter(of_market).count() as i64);
    }
    assert_eq!(*heard.borrow(), [(0, 500), (500, 500)]);
    admit(clients.iter());

    let again = fill(&database, &clock, &passwords, 500, &|_, _| {}).await;
    assert!(again.expect_err("refused").to_string().contains("filled before"));
}
