//! The demo: 200 clients of two teams.

use std::sync::Arc;

use sea_orm::{
    ColumnTrait, ConnectionTrait, DbBackend, EntityTrait, PaginatorTrait, QueryFilter, QuerySelect,
};

use super::calendar;
use super::dice::Dice;
use super::hours::at_work;
use super::office::{self, desk, person};
use super::people::{Desk, Person, Wish, make};
use super::rows::Rows;
use super::story::{Depth, tell};
use crate::domains::clients::markets::client_number;
use crate::domains::clients::{client, market};
use crate::domains::identity::{app_user, team};
use crate::kernel::ids::new_uuid;
use crate::kernel::time::{Clock, Instant};
use crate::kernel::{Error, Result};
use crate::platform::auth::{Passwords, Viewer};
use crate::platform::db::{Change, ChangeKind, Database, Origin, Tx, all_rows, differences};

/// How long the floor has been at work, in days.
pub const AGE: i64 = 270;

const SEED: u64 = 0x00ca_b17a;
const PASSWORD: &str = "demo";
const DEPTH: Depth = Depth { least: 3, most: 20, done: 40, planned: 75, second: 30 };

/// Whose some clients are: number of the team, number of the user (`None`: the pool), how many, and names that are
/// always among them.
type Share = (usize, Option<usize>, usize, &'static [[&'static str; 3]]);

const SHARES: [Share; 5] = [
    (
        0,
        Some(0),
        60,
        &[
            ["María", "González", "Rivera"],
            ["José Ángel", "González", "Águila"],
            ["Nuria", "Peña", "Íñiguez"],
        ],
    ),
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
    let mut tx = Tx::begin(database, clock, Arc::new(Viewer::system("demo")), origin).await?;
    if database.backend() == DbBackend::Postgres {
        // Of two servers that start with the demo at the same moment, one waits and finds it there.
        tx.conn().execute_unprepared("SELECT pg_advisory_xact_lock(13290874)").await?;
    }
    if is_there(tx.conn()).await? {
        return Ok(None);
    }
    let salt = salt();
    let mut dice = Dice::seeded(SEED).salted(salt);
    let mut rows = office::found(&mut dice, tx.now - chrono::Duration::days(AGE + 5), &hash);
    rows.salt = salt;
    furnish(&mut rows, tx.now)?;
    let (clients, users) = (rows.clients.len(), rows.users.clone());
    let admin = users.last();
    rows.insert(tx.conn()).await?;
    if clients > 0 {
        calendar::meetings(&mut tx, &users).await?;
    }
    let admin = admin.ok_or_else(|| Error::internal("the demo has users"))?;
    tx.record(Change::of(ChangeKind::Created, admin.id, 1, differences(None, Some(admin))?));
    tx.commit().await?;
    Ok(Some(clients))
}

/// By chance: two demos that are kept alike with one Odoo are two.
pub fn salt() -> u64 {
    new_uuid().as_u64_pair().1
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
pub fn furnish(rows: &mut Rows, now: Instant) -> Result<()> {
    let desks: Option<Vec<Desk>> =
        (0..rows.teams.len()).map(|team| desk(rows, rows.teams[team].id, team)).collect();
    let desks = desks.ok_or_else(|| Error::internal("every team of the demo has a desk"))?;
    let people: Vec<Person> = rows.users.iter().map(person).collect();
    let mut arrivals = Vec::new();
    for (team, user, count, named) in SHARES {
        for index in 0..count {
            // Dice of their own for each client: who they are does not depend on the order of their dates.
            let mut dice = Dice::seeded(SEED + 1 + arrivals.len() as u64).salted(rows.salt);
            let any = dice.moment(now - chrono::Duration::days(AGE), now - chrono::Duration::hours(2));
            let working = at_work(&mut dice, any, desks[team].region.zone);
            let created_at = if working < now { working } else { any };
            arrivals.push((
                created_at,
                team,
                user.map(|user| &people[user]),
                named.get(index).copied(),
                dice,
            ));
        }
    }
    arrivals.sort_by_key(|(created_at, ..)| *created_at);
    for (created_at, team, advisor, named, mut dice) in arrivals {
        let series = &mut rows.numbers[team]; // of the market at the same place
        series.last_number += 1;
        let number = client_number(&rows.markets[team].number_prefix, series.last_number);
        let mut made = make(&mut dice, Wish { desk: &desks[team], advisor, number, named, created_at });
        let story = tell(&mut dice, &mut made, &desks[team], advisor, DEPTH, now);
        let mut other = Dice::seeded(SEED + 100_000 + rows.clients.len() as u64).salted(rows.salt);
        let events = calendar::events(&mut other, &made.client, &story.activities, &desks[team], now);
        rows.events.extend(events);
        rows.add(made, story);
    }
    Ok(())
}
