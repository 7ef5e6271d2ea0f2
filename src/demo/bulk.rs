//! A floor of any size, for benches. The clients come in the order of their creation, so that their keys grow at the
//! end of each index; while one chunk is written, another thread makes the next.

use sea_orm::DbBackend;
use tokio::task::JoinHandle;

use super::dice::Dice;
use super::hours::at_work;
use super::load::{AGE, found, salt};
use super::names::{FAMILY, FIRST};
use super::office::{TEAMS, desk, logins, new_team, new_user, person};
use super::people::{Desk, Person, Wish, make};
use super::regions::REGIONS;
use super::rows::Rows;
use super::store::{Batch, Store, analyze};
use super::story::{Depth, tell};
use crate::domains::clients::markets::{CLIENT_NUMBERS, client_number};
use crate::domains::clients::{ecosystem, market};
use crate::domains::identity::{app_user, team};
use crate::kernel::ids::TypedId;
use crate::kernel::time::{Clock, Instant};
use crate::kernel::{Error, Result};
use crate::platform::auth::{Passwords, Role};
use crate::platform::db::tables::number_series;
use crate::platform::db::{Database, all_rows};

const SEED: u64 = 0x00b1_6b16;
const DEPTH: Depth = Depth { least: 5, most: 8, done: 15, planned: 65, second: 0 };
/// From so many clients on, indexes are built anew rather than grown.
const REBUILD_FROM: u64 = 100_000;
/// Clients made and written at a time: some 40,000 rows and 10 MB.
const CHUNK: u64 = 2_000;
const CLIENTS_PER_TEAM: u64 = 5_000;
const LEAST_TEAMS: u64 = 4;
const ADVISORS_PER_TEAM: usize = 12;

/// Fills a database that is empty or holds only the demo with so many more clients, of new teams and of the demo's
/// advisors. `progress` hears how many clients of how many are in; the last chunk counts when its indexes are built.
/// Nobody should work with the database meanwhile: it is locked from 100,000 clients on.
///
/// # Errors
/// `Usage` when the database holds anything else or was filled before; those of the database.
pub async fn fill(
    database: &Database,
    clock: &Clock,
    passwords: &Passwords,
    clients: u64,
    progress: &dyn Fn(u64, u64),
) -> Result<()> {
    found(database, clock, passwords, "demo.fill", |_, _| Ok(())).await?;
    let office = Rows {
        teams: all_rows::<team::Entity>().all(&database.pool).await?,
        users: all_rows::<app_user::Entity>().all(&database.pool).await?,
        markets: all_rows::<market::Entity>().all(&database.pool).await?,
        numbers: all_rows::<number_series::Entity>().all(&database.pool).await?,
        ecosystems: all_rows::<ecosystem::Entity>().all(&database.pool).await?,
        ..Rows::default()
    };
    if office.teams.len() > TEAMS.len() {
        let rule = "this database was filled before, or has teams that are not the demo's: fill an empty one";
        return Err(Error::Usage(rule.to_owned()));
    }
    let backend = database.backend();
    let (mut maker, staff) = Maker::new(office, clients, clock.now(), salt())?;
    let mut store = Store::begin(database).await?;
    let aside = if clients >= REBUILD_FROM { store.set_aside().await? } else { Vec::new() };
    store.put(Batch::of(staff, backend)?).await?;
    progress(0, clients);
    let mut next = (clients > 0).then(|| make_ready(maker, backend));
    while let Some(making) = next {
        let batch;
        (maker, batch) = making.await.map_err(Error::internal)??;
        let (done, numbers) = (maker.made, maker.numbers());
        next = (done < clients).then(|| make_ready(maker, backend));
        store.put(batch).await?;
        if done < clients {
            progress(done, clients);
        } else {
            store.run(numbers).await?;
        }
    }
    store.put_back(aside).await?;
    store.commit().await?;
    analyze(database).await?;
    progress(clients, clients);
    Ok(())
}

/// Makes the next chunk on another thread.
fn make_ready(mut maker: Maker, backend: DbBackend) -> JoinHandle<Result<(Maker, Batch)>> {
    tokio::task::spawn_blocking(move || {
        let batch = Batch::of(maker.chunk(), backend)?;
        Ok((maker, batch))
    })
}

/// Makes clients, chunk by chunk.
struct Maker {
    dice: Dice,
    desks: Vec<Desk>,
    /// Advisors with the number of their desk.
    advisors: Vec<(usize, Person)>,
    /// The last client number of each region.
    last_numbers: [i64; REGIONS.len()],
    made: u64,
    of: u64,
    now: Instant,
}

impl Maker {
    /// A maker for the demo's teams and as many more as so many clients need; with the rows of those.
    fn new(mut office: Rows, of: u64, now: Instant, salt: u64) -> Result<(Maker, Rows)> {
        let mut dice = Dice::seeded(SEED).salted(salt);
        let (known_teams, known_users) = (office.teams.len(), office.users.len());
        // Of the demo's own teams, the other advisor's is the one of the second region.
        let other = office.users.iter().find(|user| user.email == logins()[2]).and_then(|user| user.team_id);
        let mut regions: Vec<usize> =
            office.teams.iter().map(|team| usize::from(Some(team.id) == other)).collect();
        for number in 0..(of / CLIENTS_PER_TEAM).max(LEAST_TEAMS) {
            let region = usize::from(number % 3 == 2); // two thirds in the first one
            regions.push(region);
            hire(&mut dice, &mut office, number, region, now - chrono::Duration::days(AGE + 4));
        }
        let mut last_numbers = [0; REGIONS.len()];
        for (last, region) in last_numbers.iter_mut().zip(&REGIONS) {
            let market = office.markets.iter().find(|market| market.key == region.key);
            let is_its = |series: &&number_series::Model| {
                series.kind == CLIENT_NUMBERS.kind
                    && market.is_some_and(|market| market.id.uuid() == series.market_id)
            };
            *last = office.numbers.iter().find(is_its).map_or(0, |series| series.last_number);
        }
        let desks: Option<Vec<Desk>> =
            office.teams.iter().zip(&regions).map(|(team, region)| desk(&office, team.id, *region)).collect();
        let desks =
            desks.ok_or_else(|| Error::Usage("the demo's markets or users are not complete".to_owned()))?;
        let works =
            office.users.iter().filter(|user| user.role == Role::Advisor && user.disabled_at.is_none());
        let advisors = works.filter_map(|user| {
            Some((office.teams.iter().position(|team| user.team_id == Some(team.id))?, person(user)))
        });
        let maker = Maker { advisors: advisors.collect(), dice, desks, last_numbers, made: 0, of, now };
        let staff = Rows {
            teams: office.teams.split_off(known_teams),
            users: office.users.split_off(known_users),
            ..Rows::default()
        };
        Ok((maker, staff))
    }

    /// The next clients.
    fn chunk(&mut self) -> Rows {
        let mut rows = Rows::default();
        let since = self.now - chrono::Duration::days(AGE);
        let span = (self.now - since - chrono::Duration::hours(2)).num_seconds() as f64;
        let until = (self.made + CHUNK).min(self.of);
        while self.made < until {
            let (at, advisor) = self.dice.pick_ref(&self.advisors);
            let desk = &self.desks[*at];
            let advisor = Some(advisor).filter(|_| self.dice.chance(90));
            let share = self.made as f64 / self.of as f64;
            let any = since + chrono::Duration::seconds((span * share) as i64);
            let working = at_work(&mut self.dice, any, desk.region.zone);
            let created_at = if working < self.now { working } else { any };
            let region = usize::from(desk.region.key == REGIONS[1].key);
            self.last_numbers[region] += 1;
            let number = client_number(desk.region.number_prefix, self.last_numbers[region]);
            let mut made = make(&mut self.dice, Wish { desk, advisor, number, named: None, created_at });
            let story = tell(&mut self.dice, &mut made, desk, advisor, DEPTH, self.now);
            rows.add(made, story);
            self.made += 1;
        }
        rows
    }

    /// The statements that write down how far the numbers of the markets are.
    fn numbers(&self) -> String {
        let told = REGIONS.iter().zip(self.last_numbers);
        told.map(|(region, last)| {
            let (kind, key) = (CLIENT_NUMBERS.kind, region.key);
            let market = format!("(SELECT id FROM market WHERE key = '{key}')");
            format!("UPDATE number_series SET last_number = {last} WHERE kind = '{kind}' AND market_id = {market};")
        })
        .collect()
    }
}

/// Adds a team with its supervisor and advisors; they have no password.
fn hire(dice: &mut Dice, office: &mut Rows, number: u64, region: usize, since: Instant) {
    let team = new_team(dice, since, &format!("Equipo {:03}", number + 1));
    for seat in 0..=ADVISORS_PER_TEAM {
        let role = if seat == 0 { Role::Supervisor } else { Role::Advisor };
        let name = format!("{} {} {}", dice.pick(&FIRST), dice.pick(&FAMILY), dice.pick(&FAMILY));
        let email = format!("equipo{:03}.{seat:02}@demo.test", number + 1);
        office.users.push(new_user(dice, since, (email, name), role, Some(team.id), &REGIONS[region], None));
    }
    office.teams.push(team);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_moment_makes_the_same_floor() {
        let now = Clock::System.now();
        let floor = || {
            let office = crate::demo::office::found(&mut Dice::seeded(1), now, "hash");
            let (mut maker, staff) = Maker::new(office, 40, now, 7).expect("made");
            let chunk = maker.chunk();
            (staff.users, chunk.clients, chunk.entries, chunk.activities)
        };
        assert!(floor() == floor());
    }
}
