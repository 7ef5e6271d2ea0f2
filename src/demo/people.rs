//! Makes clients and the people at companies: names, numbers and addresses that pass the rules of their country.

use super::dice::Dice;
use super::names::{CONTACT_NOTES, FAMILY, FIRST, POSITIONS, TAGS};
use super::regions::Region;
use crate::domains::clients::client::{self, Address, ClientKind, ClientStatus, Consents, Tags};
use crate::domains::clients::{contact, search_text};
use crate::kernel::ids::{EcosystemId, MarketId, TeamId, UserId};
use crate::kernel::time::Instant;
use crate::kernel::{tax_id, text};

/// A user and the name that stands beside what they wrote.
pub type Person = (UserId, String);

/// Where a client is served: a team at work in a market.
pub struct Desk {
    /// How people live and speak there.
    pub region: &'static Region,
    /// The market.
    pub market: MarketId,
    /// Its ecosystems.
    pub ecosystems: Vec<(EcosystemId, String)>,
    /// The team.
    pub team: TeamId,
    /// Who does what advisors may not: a supervisor, or an admin.
    pub lead: Person,
}

/// What a client is to be.
pub struct Wish<'a> {
    /// Who serves it.
    pub desk: &'a Desk,
    /// Whose it is; `None`: it waits in the pool.
    pub advisor: Option<&'a Person>,
    /// Its number.
    pub number: String,
    /// A person of this first name and these family names; `None`: anybody.
    pub named: Option<[&'static str; 3]>,
    /// When it became a client.
    pub created_at: Instant,
}

/// A client with its people.
pub struct Made {
    /// The client, without history yet.
    pub client: client::Model,
    /// The people at a company.
    pub contacts: Vec<contact::Model>,
    /// First name of the one whom advisors speak with.
    pub speaks: String,
    /// The route, or the town.
    pub place: String,
}

/// Makes a client.
pub fn make(dice: &mut Dice, wish: Wish<'_>) -> Made {
    let region = wish.desk.region;
    let company = dice.chance(30) && wish.named.is_none();
    let first = wish.named.map_or_else(|| dice.pick(&FIRST), |named| named[0]);
    let [family, second] =
        wish.named.map_or_else(|| [dice.pick(&FAMILY), dice.pick(&FAMILY)], |[_, a, b]| [a, b]);
    let (name, form) = if company {
        let form = dice.pick(region.forms);
        let title = dice.pick(region.companies).replace("{}", &format!("{family} {second}"));
        (format!("{title} {form}"), form)
    } else {
        (format!("{first} {family} {second}"), "")
    };
    let host = if company {
        host_of(&name, form)
    } else {
        format!("{}.example", dice.pick(&["correo", "buzon", "mail"]))
    };
    let local = if company { "contacto".to_owned() } else { mailbox(dice, first, family) };
    let identity = match (region.country, company) {
        ("MX", _) => rfc(dice, company, [first, family, second], &name),
        (_, true) => cif(dice, form),
        (_, false) => nif(dice),
    };
    let phone = phone(dice, region);
    // Nobody is without both: an active client must be within reach.
    let (has_email, has_phone, has_identity) =
        (dice.chance(88), dice.chance(95), dice.chance(if company { 97 } else { 80 }));
    let (town, address) = address(dice, region);
    let in_route = dice.chance(if company { 30 } else { 65 });
    let route = dice.below(wish.desk.ecosystems.len() as u64) as usize;
    let route = wish.desk.ecosystems.get(route).filter(|_| in_route);
    let mut row = client::Model {
        id: dice.id(wish.created_at),
        version: 1,
        number: wish.number,
        kind: if company { ClientKind::Company } else { ClientKind::Person },
        name_sort: text::fold(&name),
        words: String::new(),
        name,
        email: (has_email || !has_phone).then(|| format!("{local}@{host}")),
        phone: has_phone.then_some(phone),
        tax_id: if has_identity { identity } else { None },
        address: dice.chance(85).then_some(address),
        status: status(dice),
        market_id: Some(wish.desk.market),
        ecosystem_id: route.map(|(id, _)| *id),
        team_id: wish.desk.team,
        advisor_id: wish.advisor.map(|(id, _)| *id),
        tags: tags(dice),
        consents: Consents {
            data: dice.chance(97),
            email: dice.chance(80),
            phone: dice.chance(85),
            whatsapp: dice.chance(75),
        },
        created_at: wish.created_at,
        updated_at: wish.created_at,
        erased_at: None,
    };
    row.words = search_text(&row);
    let count = if company { dice.between(1, 3) } else { 0 };
    let contacts: Vec<_> = (0..count).map(|_| contact(dice, &row, region, &host)).collect();
    let speaks =
        contacts.first().map_or(first, |contact| contact.name.split(' ').next().unwrap_or(first)).to_owned();
    let place = route.map_or_else(|| town.to_owned(), |(_, name)| name.clone());
    Made { client: row, contacts, speaks, place }
}

fn status(dice: &mut Dice) -> ClientStatus {
    let usual = [
        (ClientStatus::Prospect, 42),
        (ClientStatus::Active, 40),
        (ClientStatus::Inactive, 13),
        (ClientStatus::Blocked, 5),
    ];
    dice.weigh(&usual)
}

fn contact(dice: &mut Dice, client: &client::Model, region: &Region, host: &str) -> contact::Model {
    let (first, family) = (dice.pick(&FIRST), dice.pick(&FAMILY));
    let name = format!("{first} {family} {}", dice.pick(&FAMILY));
    let (phone, noted) = (phone(dice, region), dice.pick(&CONTACT_NOTES));
    contact::Model {
        id: dice.id(client.created_at),
        version: 1,
        client_id: client.id,
        name_sort: text::fold(&name),
        name,
        position: Some(dice.pick(&POSITIONS).to_owned()),
        email: dice.chance(85).then(|| format!("{}.{}@{host}", text::fold(first), text::fold(family))),
        phone: dice.chance(70).then_some(phone),
        notes: dice.chance(30).then(|| noted.to_owned()),
        created_at: client.created_at,
        updated_at: client.created_at,
    }
}

fn tags(dice: &mut Dice) -> Tags {
    let mut tags: Vec<String> = Vec::new();
    for _ in 0..dice.weigh(&[(0, 25), (1, 35), (2, 27), (3, 13)]) {
        let tag = dice.pick(&TAGS);
        if !tags.iter().any(|known| known == tag) {
            tags.push(tag.to_owned());
        }
    }
    Tags(tags)
}

fn address(dice: &mut Dice, region: &Region) -> (&'static str, Address) {
    let (town, postal) = dice.pick(region.towns);
    let street = format!("{} {}", dice.pick(region.streets), dice.between(1, 480));
    let address = Address {
        street: Some(street),
        city: Some(town.to_owned()),
        region: Some(region.province.to_owned()),
        postal_code: Some(format!("{postal}{}", dice.digits(5 - postal.len()))),
        country: Some(region.country.to_owned()),
    };
    (town, address)
}

fn mailbox(dice: &mut Dice, first: &str, family: &str) -> String {
    let glue = dice.pick(&[".", "", "_"]);
    format!("{}{glue}{}{}", text::words(first).concat(), text::words(family).concat(), dice.digits(3))
}

fn host_of(company: &str, form: &str) -> String {
    let title = company.strip_suffix(form).unwrap_or(company);
    format!("{}.example", text::words(title).join("-"))
}

fn phone(dice: &mut Dice, region: &Region) -> String {
    let (beginning, rest) = dice.pick(region.phones);
    format!("{beginning}{}", dice.digits(rest))
}

fn nif(dice: &mut Dice) -> Option<String> {
    let number = dice.below(100_000_000) as u32;
    Some(format!("{number:08}{}", tax_id::nif_letter(number)))
}

fn cif(dice: &mut Dice, form: &str) -> Option<String> {
    let letter = match form {
        "S.A." => 'A',
        "S.Coop." => 'F',
        _ => 'B',
    };
    let digits = format!("{}{}", dice.pick(&["28", "78", "86", "87"]), dice.digits(5));
    let control = tax_id::cif_control(letter, &digits)?;
    Some(format!("{letter}{digits}{}", control.usual()))
}

fn rfc(dice: &mut Dice, company: bool, [first, family, second]: [&str; 3], name: &str) -> Option<String> {
    const HOMOCLAVE: &[u8] = b"ABCDEFGHIJKLMNPQRSTUVWXYZ123456789";
    let initial = |word: &str| text::fold(word).chars().next().unwrap_or('x');
    let letters: String = if company {
        let words = text::words(name);
        words.iter().map(|word| initial(word)).chain(['x', 'x']).take(3).collect()
    } else {
        let vowel = text::fold(family).chars().skip(1).find(|c| "aeiou".contains(*c)).unwrap_or('x');
        let letters: String = [initial(family), vowel, initial(second), initial(first)].iter().collect();
        decent(letters)
    };
    let year = if company { dice.between(1985, 2023) } else { dice.between(1955, 2004) } % 100;
    let (month, day) = (dice.between(1, 12), dice.between(1, 28));
    let homoclave: String = (0..2).map(|_| char::from(dice.pick(HOMOCLAVE))).collect();
    let body = format!("{}{year:02}{month:02}{day:02}{homoclave}", letters.to_uppercase());
    let check = tax_id::rfc_check_digit(&body)?;
    Some(format!("{body}{check}"))
}

/// The tax office puts an X where four initials would make a rude word; these are those that the names here could make.
fn decent(mut letters: String) -> String {
    const RUDE: [&str; 12] =
        ["caca", "caco", "caga", "cago", "cogi", "coja", "guey", "joto", "mame", "mamo", "meas", "pene"];
    if RUDE.contains(&letters.as_str()) || letters.starts_with("put") || letters.starts_with("ped") {
        letters.truncate(3);
        letters.push('x');
    }
    letters
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::demo::regions::REGIONS;
    use crate::kernel::contact::{Email, Phone};

    #[test]
    fn whatever_is_made_passes_the_rules_of_its_country() {
        let mut dice = Dice::seeded(3);
        for region in &REGIONS {
            for _ in 0..300 {
                let phone = phone(&mut dice, region);
                assert_eq!(Phone::parse(&phone, None).expect(&phone).as_str(), phone);
            }
            for company in [true, false] {
                for _ in 0..300 {
                    let (first, family) = (dice.pick(&FIRST), dice.pick(&FAMILY));
                    let name = format!("{} {family} y Cía.", dice.pick(region.companies));
                    let made = match (region.country, company) {
                        ("MX", _) => rfc(&mut dice, company, [first, family, family], &name),
                        (_, true) => {
                            let form = dice.pick(region.forms);
                            cif(&mut dice, form)
                        }
                        (_, false) => nif(&mut dice),
                    };
                    let made = made.expect("made");
                    assert_eq!(tax_id::check(region.country, &made).expect(&made).value, made);
                }
            }
        }
        for (first, family) in FIRST.iter().zip(FAMILY) {
            let address =
                format!("{}@{}", mailbox(&mut dice, first, family), host_of("Cía. Muñoz S.A.", "S.A."));
            assert_eq!(Email::parse(&address).expect(&address).as_str(), address);
        }
    }

    #[test]
    fn initials_of_a_person() {
        let mut dice = Dice::seeded(5);
        let made = rfc(&mut dice, false, ["Óscar", "Íñiguez", "Núñez"], "").expect("made");
        assert!(made.starts_with("IINO"), "{made}");
        assert_eq!(decent("caca".to_owned()), "cacx");
    }
}
