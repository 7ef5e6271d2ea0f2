//! The people who work with the demo: two teams, their users, and the markets that they work in.

use super::dice::Dice;
use super::people::{Desk, Person};
use super::regions::{REGIONS, Region};
use super::rows::Rows;
use crate::domains::clients::markets::CLIENT_NUMBERS;
use crate::domains::clients::{ecosystem, market};
use crate::domains::identity::{app_user, team};
use crate::kernel::ids::{TeamId, TypedId, UserId};
use crate::kernel::text;
use crate::kernel::time::Instant;
use crate::platform::auth::Role;
use crate::platform::db::tables::number_series;

/// Who logs in to the demo: address, name, role, number of the team.
const USERS: [(&str, &str, Role, Option<usize>); 5] = [
    ("ana@demo.test", "Ana Belén Cisneros", Role::Advisor, Some(0)),
    ("beto@demo.test", "Beto Villalobos", Role::Advisor, Some(0)),
    ("carla@demo.test", "Carla Quiroga", Role::Advisor, Some(1)),
    ("sofia@demo.test", "Sofía Arizmendi", Role::Supervisor, Some(0)),
    ("admin@demo.test", "Administración", Role::Admin, None),
];

/// The teams; the first works in the first region, the second in the second.
pub const TEAMS: [&str; 2] = ["Norte", "Sur"];

/// The names to log in with, in the order: two advisors of one team, the advisor of another, supervisor, admin.
pub fn logins() -> [&'static str; 5] {
    USERS.map(|(email, ..)| email)
}

/// Teams, users, markets and ecosystems, as rows.
pub fn found(dice: &mut Dice, since: Instant, password_hash: &str) -> Rows {
    let mut rows = Rows::default();
    for name in TEAMS {
        rows.teams.push(new_team(dice, since, name));
    }
    for (email, name, role, team) in USERS {
        let team = team.map(|index| rows.teams[index].id);
        let region = &REGIONS[usize::from(team == Some(rows.teams[1].id))];
        let hash = Some(password_hash.to_owned());
        rows.users.push(new_user(dice, since, (email.to_owned(), name.to_owned()), role, team, region, hash));
    }
    for region in &REGIONS {
        let row = market::Model {
            id: dice.id(since),
            version: 1,
            key: region.key.to_owned(),
            name: region.name.to_owned(),
            country: region.country.to_owned(),
            currency: region.currency.to_owned(),
            time_zone: region.zone.name().to_owned(),
            number_prefix: region.number_prefix.to_owned(),
            created_at: since,
            updated_at: since,
        };
        rows.ecosystems.extend(region.ecosystems.iter().map(|(key, name, active)| ecosystem::Model {
            id: dice.id(since),
            version: 1,
            market_id: row.id,
            key: (*key).to_owned(),
            name: (*name).to_owned(),
            active: *active,
            created_at: since,
            updated_at: since,
        }));
        rows.numbers.push(number_series::Model {
            kind: CLIENT_NUMBERS.kind.to_owned(),
            market_id: row.id.uuid(),
            year: 0,
            last_number: 0,
        });
        rows.markets.push(row);
    }
    rows
}

/// A team.
pub fn new_team(dice: &mut Dice, since: Instant, name: &str) -> team::Model {
    let name = name.to_owned();
    team::Model {
        id: dice.id(since),
        version: 1,
        name_sort: text::fold(&name),
        name,
        created_at: since,
        updated_at: since,
    }
}

/// A user; without a password hash nobody can sign in as them.
pub fn new_user(
    dice: &mut Dice,
    since: Instant,
    (email, name): (String, String),
    role: Role,
    team: Option<TeamId>,
    region: &Region,
    password_hash: Option<String>,
) -> app_user::Model {
    app_user::Model {
        id: dice.id::<UserId>(since),
        version: 1,
        email,
        name_sort: text::fold(&name),
        name,
        role,
        team_id: team,
        locale: region.locale.to_owned(),
        time_zone: region.zone.name().to_owned(),
        password_hash,
        disabled_at: None,
        created_at: since,
        updated_at: since,
    }
}

/// The desk of a team in a region. The admin leads a team without supervisor.
pub fn desk(rows: &Rows, team: TeamId, region: usize) -> Option<Desk> {
    let region = REGIONS.get(region)?;
    let market = rows.markets.iter().find(|market| market.key == region.key)?.id;
    let of_role = |role, team| rows.users.iter().find(|user| user.role == role && user.team_id == team);
    let lead = of_role(Role::Supervisor, Some(team))
        .or_else(|| rows.users.iter().find(|user| user.role == Role::Admin))?;
    let ecosystems = rows.ecosystems.iter().filter(|ecosystem| ecosystem.market_id == market);
    let ecosystems = ecosystems.map(|ecosystem| (ecosystem.id, ecosystem.name.clone())).collect();
    Some(Desk { region, market, ecosystems, team, lead: person(lead) })
}

/// A user as the author of what they write.
pub fn person(user: &app_user::Model) -> Person {
    (user.id, user.name.clone())
}
