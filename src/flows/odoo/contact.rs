//! Contacts are partners under the partner of their client. A contact that was deleted here is archived there, and one that was
//! archived there is deleted here.

use std::collections::HashMap;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use sea_orm::{ColumnTrait, ConnectionTrait, DatabaseExecutor, QueryFilter};
use uuid::Uuid;

use super::mapping::{Decides, Field, Kind, Local, Mapping, Refusals, Taken, UnmappedRecord, made};
use crate::domains::clients::contacts::{self, ContactPatch};
use crate::domains::clients::{client, contact};
use crate::domains::sync::ledger::Values;
use crate::kernel::ids::{ClientId, ContactId, TypedId};
use crate::kernel::{Patch, Result, Stop};
use crate::platform::auth::Viewer;
use crate::platform::db::{Tx, Visible, among};

/// The countries of these clients' markets.
pub(super) async fn homes(
    conn: &DatabaseExecutor<'_>,
    clients: impl Iterator<Item = ClientId>,
) -> Result<HashMap<ClientId, String>> {
    let system = Viewer::system("Odoo");
    let clients: Vec<Uuid> = clients.map(TypedId::uuid).collect();
    let these = among(conn.get_database_backend(), client::Column::Id, &clients);
    let clients = client::Entity::visible_to(&system).filter(these).all(conn).await?;
    let markets = super::client::homes(conn).await?;
    let home = |client: client::Model| Some((client.id, markets.get(&client.market_id?)?.clone()));
    Ok(clients.into_iter().filter_map(home).collect())
}

/// Contacts ↔ `res.partner` with a parent.
pub struct Contacts;

const fn field(ours: &'static str, theirs: &'static str, kind: Kind) -> Field {
    Field { ours, theirs, kind, decides: Decides::WhoChanged }
}

/// Not the notes: Odoo's are HTML and would come back as something else.
const FIELDS: &[Field] = &[
    field("client", "parent_id", Kind::Client),
    field("name", "name", Kind::Text),
    field("position", "function", Kind::Text),
    field("email", "email", Kind::Email),
    field("phone", "phone", Kind::Phone),
    field("active", "active", Kind::Flag),
];

impl Mapping for Contacts {
    fn kind(&self) -> &'static str {
        ContactId::PREFIX
    }

    fn model(&self) -> &'static str {
        "res.partner"
    }

    fn fields(&self) -> &'static [Field] {
        FIELDS
    }

    fn hangs_on(&self) -> Option<&'static str> {
        Some(ClientId::PREFIX)
    }

    fn read<'a>(
        &'a self,
        conn: DatabaseExecutor<'a>,
        ids: &'a [Uuid],
    ) -> BoxFuture<'a, Result<HashMap<Uuid, Local>>> {
        async move {
            let all = contact::Entity::visible_to(&Viewer::system("Odoo"));
            let these = among(conn.get_database_backend(), contact::Column::Id, ids);
            let rows = all.filter(these).all(&conn).await?;
            let homes = homes(&conn, rows.iter().map(|row| row.client_id)).await?;
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
            let id = ContactId::from_uuid(id);
            if edits.get("active").is_some_and(|active| active.as_deref() == Some("false")) {
                let unchanged = contact::Entity::visible_to(&tx.by)
                    .filter(contact::Column::Id.eq(id))
                    .filter(contact::Column::Version.eq(version));
                if unchanged.one(tx.conn()).await?.is_none() {
                    return Ok(Taken::Overtaken);
                }
                return match contacts::delete(tx, id).await {
                    Ok(_) => Ok(Taken::Gone),
                    Err(Stop::Error(error)) => Err(error),
                    Err(_) => Ok(Taken::Overtaken),
                };
            }
            let mut refused = Refusals::default();
            if edits.get("client").is_some_and(|client| named(client.as_deref()).is_none()) {
                refused.add("client".to_owned(), "the company is no client here");
            }
            loop {
                let ended = contacts::update(tx, id, version, patch(edits, &refused)).await;
                if !refused.grew(&ended) {
                    return refused.taken(ended);
                }
            }
        }
        .boxed()
    }

    fn adopt<'a>(
        &'a self,
        tx: &'a mut Tx,
        unmapped: UnmappedRecord<'a>,
    ) -> BoxFuture<'a, Result<Option<(Uuid, ClientId)>>> {
        async move {
            let Some(client) = unmapped.client else { return Ok(None) };
            let mut refused = Refusals::default();
            loop {
                let ended = contacts::create(tx, client, patch(unmapped.values, &refused)).await;
                if !refused.grew(&ended) {
                    return made(ended.map(|id| (id.uuid(), client)));
                }
            }
        }
        .boxed()
    }
}

fn local(row: contact::Model, homes: &HashMap<ClientId, String>) -> Local {
    let values = [
        ("client", Some(row.client_id.to_string())),
        ("name", Some(row.name)),
        ("position", row.position),
        ("email", row.email),
        ("phone", row.phone),
        ("active", Some("true".to_owned())),
    ];
    Local {
        values: values.into_iter().map(|(name, value)| (name.to_owned(), value)).collect(),
        client: row.client_id,
        parent: Some(row.client_id.uuid()),
        home: homes.get(&row.client_id).cloned(),
        version: row.version,
    }
}

/// The client that stands in a field; none where there is no such one here.
fn named(client: Option<&str>) -> Option<ClientId> {
    client?.parse().ok()
}

fn patch(edits: &Values, refused: &Refusals) -> ContactPatch {
    let of = |field: &str| refused.patch(edits, field);
    ContactPatch {
        client: if let Patch::Set(client) = of("client") { named(Some(&client)) } else { None },
        name: of("name"),
        position: of("position"),
        email: of("email"),
        phone: of("phone"),
        notes: Patch::Keep,
    }
}
