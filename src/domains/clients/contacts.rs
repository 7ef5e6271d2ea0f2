//! The people at a client: create, update, delete.

use sea_orm::{ActiveModelTrait, ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter, QuerySelect};

use super::tables::{client, contact};
use super::{CLIENT_UPDATED, clients, markets, timeline};
use crate::codes;
use crate::kernel::contact::{Email, Phone};
use crate::kernel::error::Check;
use crate::kernel::ids::{ClientId, ContactId};
use crate::kernel::{Error, Patch, Result, Stop, text};
use crate::platform::auth::Right;
use crate::platform::db::{Change, ChangeKind, Tx, Visible, differences};

codes! {
    /// Why a contact was not changed.
    pub enum ContactErrorCode {
    }
}

/// The fields of a contact, as given.
#[derive(Clone, Debug, Default)]
pub struct ContactPatch {
    /// The client that they are at; none: where they are.
    pub client: Option<ClientId>,
    /// Full name.
    pub name: Patch<String>,
    /// What they do there.
    pub position: Patch<String>,
    /// E-mail address.
    pub email: Patch<String>,
    /// Phone number, as typed.
    pub phone: Patch<String>,
    /// Anything else.
    pub notes: Patch<String>,
}

/// Adds a person to a client.
pub async fn create(
    tx: &mut Tx,
    client: ClientId,
    fields: ContactPatch,
) -> Result<ContactId, Stop<ContactErrorCode>> {
    tx.by.may(Right::WriteClients)?;
    let client = clients::get(tx, client).await?;
    let mut row = contact::Model {
        id: ContactId::new(),
        version: 1,
        client_id: client.id,
        name: String::new(),
        name_sort: String::new(),
        position: None,
        email: None,
        phone: None,
        notes: None,
        created_at: tx.now,
        updated_at: tx.now,
    };
    let country = country(tx, &client, &fields).await?;
    apply(&mut row, fields, country.as_deref())?;
    let id = row.id;
    let change = Change::of(ChangeKind::Created, id, 1, differences(None, Some(&row))?);
    tell(tx, change, &client);
    contact::Entity::insert(row.into_active_model()).exec_without_returning(tx.conn()).await?;
    Ok(id)
}

/// Changes a contact.
pub async fn update(
    tx: &mut Tx,
    id: ContactId,
    expected: i32,
    patch: ContactPatch,
) -> Result<ContactId, Stop<ContactErrorCode>> {
    tx.by.may(Right::WriteClients)?;
    let (former, before) = open(tx, id).await?;
    let other = match patch.client.filter(|client| *client != former.id) {
        Some(client) => Some(clients::get(tx, client).await?),
        None => None,
    };
    let client = other.as_ref().unwrap_or(&former);
    let mut after = contact::Model { client_id: client.id, ..before.clone() };
    let country = country(tx, client, &patch).await?;
    apply(&mut after, patch, country.as_deref())?;
    let changes = differences(Some(&before), Some(&after))?;
    tx.merge(id, expected, before.version, &changes).await?;
    if !changes.is_empty() {
        after.version += 1;
        after.updated_at = tx.now;
        tell(tx, Change::of(ChangeKind::Updated, id, after.version, changes), client);
        if other.is_some() {
            // Whoever looks at the former client sees one contact less.
            let lost = Change::of(ChangeKind::Updated, id, after.version, Vec::new());
            let lost = at(lost, &former).announce;
            lost.into_iter().for_each(|news| tx.announce(news));
        }
        after.into_active_model().reset_all().update(tx.conn()).await?;
    }
    Ok(id)
}

/// Removes a contact; the audit keeps what it was.
pub async fn delete(tx: &mut Tx, id: ContactId) -> Result<ContactId, Stop<ContactErrorCode>> {
    tx.by.may(Right::WriteClients)?;
    let (client, before) = open(tx, id).await?;
    let change = Change::of(ChangeKind::Deleted, id, before.version + 1, differences(Some(&before), None)?);
    tell(tx, change, &client);
    contact::Entity::delete_by_id(id).exec(tx.conn()).await?;
    Ok(id)
}

fn tell(tx: &mut Tx, change: Change, client: &client::Model) {
    tx.record(at(change, client));
}

/// The screens hear of it as of a change of its client.
fn at(change: Change, client: &client::Model) -> Change {
    let audience = timeline::audience(client, None);
    change.on_parent(CLIENT_UPDATED, audience, client.id, client.version, "contacts")
}

/// The contact, locked, and its client.
async fn open(tx: &Tx, id: ContactId) -> Result<(client::Model, contact::Model)> {
    let query = || contact::Entity::visible_to(&tx.by).filter(contact::Column::Id.eq(id));
    let client = clients::above(tx, query(), contact::Column::ClientId).await?;
    let row = query().lock_exclusive().one(tx.conn()).await?.ok_or(Error::NotFound)?;
    if row.client_id != client.id {
        // Somebody moved it meanwhile. Run again, the write locks the client that it hangs on now, in the right order.
        return Err(Error::Contended { cause: "the contact was moved to another client".into() });
    }
    Ok((client, row))
}

/// The country of the client's market, where a phone number is to be read.
async fn country(tx: &Tx, client: &client::Model, fields: &ContactPatch) -> Result<Option<String>> {
    match (&fields.phone, client.market_id) {
        (Patch::Set(_), Some(market)) => Ok(markets::get(tx, market).await?.map(|market| market.country)),
        _ => Ok(None),
    }
}

fn apply(
    row: &mut contact::Model,
    fields: ContactPatch,
    country: Option<&str>,
) -> Result<(), Stop<ContactErrorCode>> {
    use ContactErrorCode::Invalid;
    let mut check = Check::default();
    check.name(Invalid, "name", fields.name, &mut row.name, 200);
    row.name_sort = text::fold(&row.name);
    let email = fields.email.try_map(|value| Email::parse(&value).map(|email| email.as_str().to_owned()));
    if let Some(email) = check.take(Invalid, "email", email) {
        email.apply(&mut row.email);
    }
    let phone =
        fields.phone.try_map(|value| Phone::parse(&value, country).map(|phone| phone.as_str().to_owned()));
    if let Some(phone) = check.take(Invalid, "phone", phone) {
        phone.apply(&mut row.phone);
    }
    check.text(Invalid, "position", fields.position, &mut row.position, 120);
    check.text(Invalid, "notes", fields.notes, &mut row.notes, 5000);
    check.done()
}
