//! Markets and ecosystems: data that admins keep.

use sea_orm::sea_query::LockType;
use sea_orm::{ActiveModelTrait, ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter, QuerySelect};

use super::tables::{ecosystem, market};
use crate::codes;
use crate::kernel::error::Check;
use crate::kernel::ids::{EcosystemId, MarketId, TypedId};
use crate::kernel::money::Currency;
use crate::kernel::{Error, Patch, Result, Stop, text};
use crate::platform::auth::Right;
use crate::platform::db::{Change, ChangeKind, Gaps, NumberSeries, Tx, Visible, differences};
use crate::platform::zones::Zone;

const NAME_MAX: usize = 120;
/// The numbers of clients. A client that is refused after its number was drawn leaves a gap: whoever enters the next client does
/// not wait for it.
pub const CLIENT_NUMBERS: NumberSeries = NumberSeries { kind: "client", gaps: Gaps::Allowed };

codes! {
    /// Why a market or ecosystem was not made or changed.
    pub enum MarketErrorCode {
        /// Another one has this key.
        KeyTaken = "KEY_TAKEN",
        /// Another market numbers its clients with this prefix.
        PrefixTaken = "PREFIX_TAKEN",
        /// There is no market with this key.
        MarketUnknown = "MARKET_UNKNOWN",
    }
    taken {
        "market_key_key" => KeyTaken, "key", "another market has this key";
        "market_number_prefix_key" => PrefixTaken, "numberPrefix", "another market numbers its clients with this prefix";
        "ecosystem_key_key" => KeyTaken, "key", "another ecosystem has this key";
    }
}

/// A market to be made.
#[derive(Clone, Debug)]
pub struct NewMarket {
    /// Stable key: lower-case letters, digits and hyphens.
    pub key: String,
    /// Name.
    pub name: String,
    /// ISO 3166-1 alpha-2.
    pub country: String,
    /// ISO 4217.
    pub currency: String,
    /// IANA time zone.
    pub time_zone: String,
    /// What client numbers begin with: 2 to 6 upper-case letters.
    pub number_prefix: String,
}

/// Makes a market.
pub async fn create(tx: &mut Tx, new: NewMarket) -> Result<MarketId, Stop<MarketErrorCode>> {
    use MarketErrorCode as C;
    tx.by.may(Right::Administer)?;
    let mut check = Check::default();
    let key = check.take(C::Invalid, "key", check_key(&new.key));
    let name = check.take(C::Invalid, "name", text::name(&new.name, NAME_MAX));
    let currency = check.take(C::Invalid, "currency", Currency::parse(&new.currency));
    let zone = check.take(C::Invalid, "timeZone", new.time_zone.parse::<Zone>());
    let country = check.take(C::Invalid, "country", check_letters(&new.country, 2, 2));
    let prefix = check.take(C::Invalid, "numberPrefix", check_letters(&new.number_prefix, 2, 6));
    let same =
        |column: market::Column, value: String| market::Entity::visible_to(&tx.by).filter(column.eq(value));
    if let Some(key) = &key
        && same(market::Column::Key, key.clone()).one(tx.conn()).await?.is_some()
    {
        check.refuse_taken("market_key_key");
    }
    if let Some(prefix) = &prefix
        && same(market::Column::NumberPrefix, prefix.clone()).one(tx.conn()).await?.is_some()
    {
        check.refuse_taken("market_number_prefix_key");
    }
    check.done()?;
    let row = market::Model {
        id: MarketId::new(),
        version: 1,
        key: key.unwrap_or_default(),
        name: name.unwrap_or_default(),
        country: country.unwrap_or_default(),
        currency: currency.map(|c| c.to_string()).unwrap_or_default(),
        time_zone: zone.map(|z| z.name().to_owned()).unwrap_or_default(),
        number_prefix: prefix.unwrap_or_default(),
        created_at: tx.now,
        updated_at: tx.now,
    };
    let id = row.id;
    tx.record(Change::of(ChangeKind::Created, id, 1, differences(None, Some(&row))?));
    market::Entity::insert(row.into_active_model()).exec_without_returning(tx.conn()).await?;
    Ok(id)
}

/// Makes an ecosystem in the market with this key.
pub async fn create_ecosystem(
    tx: &mut Tx,
    market: &str,
    key: &str,
    name: &str,
) -> Result<EcosystemId, Stop<MarketErrorCode>> {
    use MarketErrorCode as C;
    tx.by.may(Right::Administer)?;
    let mut check = Check::default();
    let key = check.take(C::Invalid, "key", check_key(key));
    let name = check.take(C::Invalid, "name", text::name(name, NAME_MAX));
    let market = by_key(tx, market).await?;
    if market.is_none() {
        check.refuse(C::MarketUnknown, "market", "there is no market with this key");
    }
    if let Some(key) = &key
        && ecosystem_by_key(tx, key).await?.is_some()
    {
        check.refuse_taken("ecosystem_key_key");
    }
    check.done()?;
    let market = market.ok_or(Error::NotFound)?;
    let row = ecosystem::Model {
        id: EcosystemId::new(),
        version: 1,
        market_id: market.id,
        key: key.unwrap_or_default(),
        name: name.unwrap_or_default(),
        active: true,
        created_at: tx.now,
        updated_at: tx.now,
    };
    let id = row.id;
    tx.record(Change::of(ChangeKind::Created, id, 1, differences(None, Some(&row))?));
    ecosystem::Entity::insert(row.into_active_model()).exec_without_returning(tx.conn()).await?;
    Ok(id)
}

/// Renames an ecosystem, or closes it for new clients.
pub async fn update_ecosystem(
    tx: &mut Tx,
    id: EcosystemId,
    expected: i32,
    name: Patch<String>,
    active: Option<bool>,
) -> Result<EcosystemId, Stop<MarketErrorCode>> {
    tx.by.may(Right::Administer)?;
    let query = ecosystem::Entity::visible_to(&tx.by).filter(ecosystem::Column::Id.eq(id));
    // Clients that name it are written beside this.
    let query = query.lock(LockType::NoKeyUpdate);
    let before = query.one(tx.conn()).await?.ok_or(Error::NotFound)?;
    let mut after = before.clone();
    match name {
        Patch::Keep => {}
        Patch::Clear => return Err(Stop::refuse(MarketErrorCode::Invalid, "name", "must not be null")),
        Patch::Set(name) => {
            after.name = text::name(&name, NAME_MAX)
                .map_err(|rule| Stop::refuse(MarketErrorCode::Invalid, "name", rule))?;
        }
    }
    after.active = active.unwrap_or(after.active);
    let changes = differences(Some(&before), Some(&after))?;
    tx.merge(id, expected, before.version, &changes).await?;
    if !changes.is_empty() {
        after.version += 1;
        after.updated_at = tx.now;
        tx.record(Change::of(ChangeKind::Updated, id, after.version, changes));
        after.into_active_model().reset_all().update(tx.conn()).await?;
    }
    Ok(id)
}

/// The market with this key.
pub async fn by_key(tx: &Tx, key: &str) -> Result<Option<market::Model>> {
    Ok(market::Entity::visible_to(&tx.by).filter(market::Column::Key.eq(key)).one(tx.conn()).await?)
}

/// The market with this id.
pub async fn get(tx: &Tx, id: MarketId) -> Result<Option<market::Model>> {
    Ok(market::Entity::visible_to(&tx.by).filter(market::Column::Id.eq(id)).one(tx.conn()).await?)
}

/// The ecosystem with this key.
pub async fn ecosystem_by_key(tx: &Tx, key: &str) -> Result<Option<ecosystem::Model>> {
    Ok(ecosystem::Entity::visible_to(&tx.by).filter(ecosystem::Column::Key.eq(key)).one(tx.conn()).await?)
}

/// The next client number of a market, such as `AGS-00042`.
pub async fn draw_number(tx: &Tx, market: &market::Model) -> Result<String> {
    let number = tx.draw_number(CLIENT_NUMBERS, market.id.uuid(), None).await?;
    Ok(client_number(&market.number_prefix, number))
}

/// A client number as it is written.
pub fn client_number(prefix: &str, number: i64) -> String {
    format!("{prefix}-{number:05}")
}

fn check_key(key: &str) -> Result<String, &'static str> {
    let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    if (2..=40).contains(&key.len()) && key.chars().all(fits) {
        Ok(key.to_owned())
    } else {
        Err("must have 2 to 40 lower-case letters, digits and hyphens")
    }
}

fn check_letters(text: &str, min: usize, max: usize) -> Result<String, String> {
    if (min..=max).contains(&text.len()) && text.chars().all(|c| c.is_ascii_uppercase()) {
        Ok(text.to_owned())
    } else {
        Err(format!("must have {min} to {max} upper-case letters"))
    }
}
