//! Typed ids. Each is a UUIDv7 inside and, outside, the type's prefix, `_` and 26 characters of Crockford's base 32
//! (the TypeID specification, jetify-com/typeid spec 0.3): `client_01h455vb4pex5vsknk084sn02q`. Ids sort by creation
//! and tell nothing but their type; they never count.

use std::fmt;
use std::str::FromStr;

use uuid::Uuid;

const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";

/// A newtype over a UUIDv7 that stands for one kind of thing.
pub trait TypedId: Copy + Eq + Ord + std::hash::Hash + fmt::Debug + Send + Sync + 'static {
    /// What its text begins with.
    const PREFIX: &'static str;
    /// The id of a row that exists.
    fn from_uuid(uuid: Uuid) -> Self;
    /// The bare UUID, for the database.
    fn uuid(self) -> Uuid;
}

/// A new UUIDv7: the only place that makes ids.
pub fn new_uuid() -> Uuid {
    #[expect(clippy::disallowed_methods, reason = "the one place that makes ids")]
    Uuid::now_v7()
}

/// The text of an id: prefix, underscore, 26 characters.
pub fn print(prefix: &str, uuid: Uuid) -> String {
    let mut text = String::with_capacity(prefix.len() + 27);
    text.push_str(prefix);
    text.push('_');
    let bits = uuid.as_u128();
    for place in (0..26).rev() {
        let digit = (bits >> (place * 5)) & 31;
        text.push(ALPHABET[digit as usize] as char);
    }
    text
}

/// Splits the text of an id into prefix and UUID; `None` when it is not an id.
pub fn parse(text: &str) -> Option<(&str, Uuid)> {
    let (prefix, digits) = text.rsplit_once('_')?;
    if digits.len() != 26 || digits.as_bytes()[0] > b'7' {
        return None; // 26 digits hold 130 bits; a first digit above 7 would overflow
    }
    let mut bits: u128 = 0;
    for byte in digits.bytes() {
        let digit = ALPHABET.iter().position(|c| *c == byte)?;
        bits = (bits << 5) | digit as u128;
    }
    Some((prefix, Uuid::from_u128(bits)))
}

/// An id's text was not of its type.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("is not an id of this kind: expected {0}_ and 26 characters")]
pub struct WrongId(pub &'static str);

/// One newtype per noun. To add one, add its line; everything that must know all ids takes this list.
macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident = $prefix:literal;)*) => {
        $(
            $(#[$doc])*
            #[derive(
                Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash,
                sea_orm::DeriveValueType, serde::Serialize, serde::Deserialize,
            )]
            #[serde(try_from = "String", into = "String")]
            pub struct $name(Uuid);

            impl $name {
                /// A new id, later than all before it.
                #[expect(clippy::new_without_default, reason = "a default id would be a surprise")]
                pub fn new() -> Self { $name(new_uuid()) }
            }
            impl TypedId for $name {
                const PREFIX: &'static str = $prefix;
                fn from_uuid(uuid: Uuid) -> Self { $name(uuid) }
                fn uuid(self) -> Uuid { self.0 }
            }
            impl crate::kernel::Placeholder for $name {
                fn placeholder() -> Self { $name(Uuid::nil()) }
            }
            impl From<$name> for Uuid {
                fn from(id: $name) -> Uuid { id.0 }
            }
            impl From<$name> for String {
                fn from(id: $name) -> String { id.to_string() }
            }
            impl TryFrom<String> for $name {
                type Error = WrongId;
                fn try_from(text: String) -> Result<Self, WrongId> { text.parse() }
            }
            impl fmt::Display for $name {
                fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result { f.write_str(&print($prefix, self.0)) }
            }
            impl FromStr for $name {
                type Err = WrongId;
                fn from_str(text: &str) -> Result<Self, WrongId> {
                    match parse(text) {
                        Some(($prefix, uuid)) => Ok($name(uuid)),
                        _ => Err(WrongId($prefix)),
                    }
                }
            }
            impl sea_orm::TryFromU64 for $name {
                fn try_from_u64(_: u64) -> Result<Self, sea_orm::DbErr> {
                    Err(sea_orm::DbErr::ConvertFromU64(stringify!($name)))
                }
            }
        )*

        /// Calls a macro with every id type, for what must be said of each.
        macro_rules! for_each_id {
            ($callback:ident) => { $callback! { $($name)* } };
        }
        pub(crate) use for_each_id;
    };
}

ids! {
    /// A person who signs in.
    UserId = "user";
    /// A team of advisors.
    TeamId = "team";
    /// A sign-in, from log-in to log-out.
    SessionId = "session";
    /// A key for a machine.
    ApiKeyId = "apikey";
    /// A client: a person or a company.
    ClientId = "client";
    /// A person at a company client.
    ContactId = "contact";
    /// A planned or done activity with a client.
    ActivityId = "activity";
    /// An entry of a client's history.
    EntryId = "entry";
    /// An event of the agenda, or one occurrence of a series of them.
    AgendaEventId = "agenda";
    /// A series of events by a rule.
    AgendaSeriesId = "series";
    /// A team's working hours and holidays: has the team's own UUID.
    WorkingCalendarId = "calendar";
    /// A user's settings of the agenda: have the user's own UUID.
    AgendaSettingsId = "settings";
    /// Something that a user is told of.
    NotificationId = "notification";
    /// A market: country, currency, rules.
    MarketId = "market";
    /// An ecosystem (a route) within a market.
    EcosystemId = "ecosystem";
    /// A link to a record in another system.
    ExternalRefId = "ref";
    /// Work that the program owes itself.
    JobId = "job";
    /// How a thing stands in another system: the ledger's row has the thing's own UUID.
    SyncId = "sync";
    /// One committed change; all that the change sends out carries it.
    EventId = "event";
    /// An entry of the audit.
    AuditId = "audit";
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_examples_of_the_typeid_specification() {
        let zero = "00000000000000000000000000";
        assert_eq!(parse(&format!("prefix_{zero}")), Some(("prefix", Uuid::nil())));
        let (prefix, uuid) =
            parse("prefix_01h455vb4pex5vsknk084sn02q").expect("an example of the specification");
        assert_eq!(prefix, "prefix");
        assert_eq!(uuid.to_string(), "01890a5d-ac96-774b-bcce-b302099a8057");
        assert_eq!(parse("prefix_8zzzzzzzzzzzzzzzzzzzzzzzzz"), None, "overflows 128 bits");
        assert_eq!(parse("prefix_01H455VB4PEX5VSKNK084SN02Q"), None, "upper case");
    }

    #[test]
    fn an_id_of_another_kind_is_refused() {
        let user = UserId::new().to_string();
        assert_eq!(user.parse::<ClientId>(), Err(WrongId("client")));
    }

    proptest! {
        #[test]
        fn text_and_uuid_are_one(bits: u128) {
            let id = ClientId::from_uuid(Uuid::from_u128(bits));
            prop_assert_eq!(id.to_string().parse::<ClientId>(), Ok(id));
        }
        #[test]
        fn any_text_is_parsed_without_panic(text in "\\PC{0,60}") {
            let _ = parse(&text);
        }
    }
}
