//! Clients are partners that stand for themselves.

use std::collections::HashMap;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use sea_orm::{ColumnTrait, ConnectionTrait, DatabaseExecutor, QueryFilter, QueryOrder};
use uuid::Uuid;

use super::mapping::{Decides, Field, Kind, Local, Mapping, Refusals, Taken, UnmappedRecord, made};
use crate::domains::clients::client::{self, Address, ClientKind, ClientStatus};
use crate::domains::clients::clients::{self, ClientPatch, NewClient};
use crate::domains::clients::rules::ClientErrorCode;
use crate::domains::clients::{client::Model, market};
use crate::domains::identity::teams;
use crate::domains::sync::ledger::Values;
use crate::kernel::ids::{ClientId, MarketId, TypedId};
use crate::kernel::{Patch, Result, Stop};
use crate::platform::auth::Viewer;
use crate::platform::db::{Tx, Visible, among};

/// Clients ↔ `res.partner`.
pub struct Clients;

const fn field(ours: &'static str, theirs: &'static str, kind: Kind, decides: Decides) -> Field {
    Field { ours, theirs, kind, decides }
}

const FIELDS: &[Field] = &[
    field("name", "name", Kind::Text, Decides::WhoChanged),
    field("company", "is_company", Kind::Flag, Decides::WhoChanged),
    field("email", "email", Kind::Email, Decides::WhoChanged),
    field("phone", "phone", Kind::Phone, Decides::WhoChanged),
    field("taxId", "vat", Kind::TaxId, Decides::WhoChanged),
    field("address.street", "street", Kind::Text, Decides::WhoChanged),
    field("address.city", "city", Kind::Text, Decides::WhoChanged),
    field("address.postalCode", "zip", Kind::Text, Decides::WhoChanged),
    field("address.country", "country_id", Kind::Country, Decides::WhoChanged),
    field("address.region", "state_id", Kind::Region, Decides::WhoChanged),
    field("number", "ref", Kind::Text, Decides::Cabina),
    field("active", "active", Kind::Flag, Decides::WhoChanged),
];

impl Mapping for Clients {
    fn kind(&self) -> &'static str {
        ClientId::PREFIX
    }

    fn model(&self) -> &'static str {
        "res.partner"
    }

    fn fields(&self) -> &'static [Field] {
        FIELDS
    }

    fn read<'a>(
        &'a self,
        conn: DatabaseExecutor<'a>,
        ids: &'a [Uuid],
    ) -> BoxFuture<'a, Result<HashMap<Uuid, Local>>> {
        async move {
            let homes = homes(&conn).await?;
            let all = client::Entity::visible_to(&Viewer::system("Odoo"));
            let these = among(conn.get_database_backend(), client::Column::Id, ids);
            // An erased one is no more to Odoo: its record is archived.
            let rows = all.filter(these).filter(client::Column::ErasedAt.is_null()).all(&conn).await?;
            Ok(rows.into_iter().map(|row| (row.id.uuid(), local(row, &homes))).collect())
        }
        .boxed()
    }

    fn take<'a>(
        &'a self,
        tx: &'a mut Tx,
        id: Uuid,
        version: i32,
        edits: &'a Values,
    ) -> BoxFuture<'a, Result<Taken>> {
        async move {
            let id = ClientId::from_uuid(id);
            let mut refused = Refusals::default();
            let ended = loop {
                let before = clients::get(tx, id).await?;
                let ended = clients::update(tx, id, version, patch(&before, edits, &refused)).await;
                if !refused.grew(&ended) {
                    break ended;
                }
                if let Err(Stop::Refused(rules)) = &ended
                    && let Some(rule) = rules.iter().find(|rule| rule.code == ClientErrorCode::ContactMissing)
                {
                    // It is about both of them: whichever was emptied stays.
                    refused.add("phone".to_owned(), &rule.message);
                }
            };
            let active = edits.get("active").and_then(|active| active.as_deref());
            let (Ok(_), Some(active)) = (&ended, active) else { return refused.taken(ended) };
            let before = clients::get(tx, id).await?;
            let ended = clients::set_aside(tx, id, before.version, active == "false").await;
            if let Err(Stop::Refused(rules)) = &ended {
                rules.iter().for_each(|rule| refused.add("active".to_owned(), &rule.message));
            }
            refused.taken(ended)
        }
        .boxed()
    }

    fn adopt<'a>(
        &'a self,
        tx: &'a mut Tx,
        unmapped: UnmappedRecord<'a>,
    ) -> BoxFuture<'a, Result<Option<(Uuid, ClientId)>>> {
        async move {
            if unmapped.client.is_some() {
                return Ok(None); // a person at a client
            }
            let mut refused = Refusals::default();
            loop {
                let Some(new) = newcomer(tx, &unmapped, &refused).await? else { return Ok(None) };
                let ended = clients::create(tx, new).await;
                if is_twice(&ended) || !refused.grew(&ended) {
                    return made(ended.map(|id| (id.uuid(), id)));
                }
            }
        }
        .boxed()
    }
}

/// Whoever looks like a client of ours is left there, for a person to decide.
fn is_twice<T>(ended: &Result<T, Stop<ClientErrorCode>>) -> bool {
    matches!(ended, Err(Stop::Refused(rules)) if rules.iter().any(|rule| rule.code == ClientErrorCode::Duplicate))
}

/// The countries of the markets.
pub(super) async fn homes(conn: &DatabaseExecutor<'_>) -> Result<HashMap<MarketId, String>> {
    let markets = market::Entity::visible_to(&Viewer::system("Odoo")).all(conn).await?;
    Ok(markets.into_iter().map(|market| (market.id, market.country)).collect())
}

fn local(row: Model, homes: &HashMap<MarketId, String>) -> Local {
    let address = row.address.unwrap_or_default();
    // A blocked client is left as it is in Odoo, archived or not: nothing there lifts the block.
    let active = Some(row.status != ClientStatus::Inactive).filter(|_| row.status != ClientStatus::Blocked);
    let values = [
        ("name", Some(row.name)),
        ("company", Some((row.kind == ClientKind::Company).to_string())),
        ("email", row.email),
        ("phone", row.phone),
        ("taxId", row.tax_id),
        ("address.street", address.street),
        ("address.city", address.city),
        ("address.postalCode", address.postal_code),
        ("address.country", address.country),
        ("address.region", address.region),
        ("number", Some(row.number)),
    ];
    let active = active.map(|active| ("active", Some(active.to_string())));
    Local {
        values: values.into_iter().chain(active).map(|(name, value)| (name.to_owned(), value)).collect(),
        client: row.id,
        parent: None,
        home: row.market_id.and_then(|market| homes.get(&market).cloned()),
        version: row.version,
    }
}

/// What was changed there, as a change here.
fn patch(before: &Model, edits: &Values, refused: &Refusals) -> ClientPatch {
    let of = |field: &str| refused.patch(edits, field);
    let kind = match of("company") {
        Patch::Set(company) if company == "true" => Patch::Set(ClientKind::Company),
        Patch::Set(_) => Patch::Set(ClientKind::Person),
        _ => Patch::Keep,
    };
    let mut address = before.address.clone().unwrap_or_default();
    let Address { street, city, region, postal_code, country } = &mut address;
    let lines = [
        ("street", street),
        ("city", city),
        ("region", region),
        ("postalCode", postal_code),
        ("country", country),
    ];
    for (line, value) in lines {
        of(&format!("address.{line}")).apply(value);
    }
    let moved = before.address.clone().unwrap_or_default() != address;
    ClientPatch {
        kind,
        name: of("name"),
        email: of("email"),
        phone: of("phone"),
        tax_id: of("taxId"),
        address: match moved {
            true if address == Address::default() => Patch::Clear,
            true => Patch::Set(address),
            false => Patch::Keep,
        },
        ..ClientPatch::default()
    }
}

/// A client in the pool of the team that gets newcomers, in the market of its country.
async fn newcomer(
    tx: &mut Tx,
    unmapped: &UnmappedRecord<'_>,
    refused: &Refusals,
) -> Result<Option<NewClient>> {
    let of = |field: &str| match refused.patch(unmapped.values, field) {
        Patch::Set(value) => Some(value),
        _ => None,
    };
    let country = of("address.country");
    let markets = market::Entity::visible_to(&tx.by).order_by_asc(market::Column::Key).all(tx.conn()).await?;
    let there = markets.iter().find(|market| Some(&market.country) == country.as_ref());
    let (Some(market), Some(name)) = (there.or(markets.first()), of("name")) else { return Ok(None) };
    let Some(team) = unmapped.team else { return Ok(None) };
    let Ok(team) = teams::named(tx, team).await else { return Ok(None) };
    let address = Address {
        street: of("address.street"),
        city: of("address.city"),
        region: of("address.region"),
        postal_code: of("address.postalCode"),
        country,
    };
    Ok(Some(NewClient {
        kind: if of("company").as_deref() == Some("true") { ClientKind::Company } else { ClientKind::Person },
        name,
        email: of("email"),
        phone: of("phone"),
        tax_id: of("taxId"),
        address: Some(address).filter(|address| *address != Address::default()),
        market: market.key.clone(),
        ecosystem: None,
        advisor: Patch::Clear,
        team: Some(team),
        tags: Vec::new(),
        consents: Default::default(),
        external_refs: Vec::new(),
        allow_duplicate: false,
    }))
}
