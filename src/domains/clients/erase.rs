//! A person asked to be erased: what cabina knows of a client, and of the people there, is replaced for good. The client stays
//! as a row without a face, so that what refers to it (history, agenda, sums) still holds together.

use sea_orm::sea_query::Expr;
use sea_orm::{
    ActiveModelTrait, ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel, QueryFilter, QuerySelect,
};
use uuid::Uuid;

use super::CLIENT_UPDATED;
use super::rules::ClientErrorCode as Code;
use super::tables::client::{self, Consents, Model};
use super::tables::event_log_entry::{self, Attachments, EventLogCode, EventLogKind};
use super::tables::{activity, client_term, contact, external_ref};
use super::timeline::{self, NewEntry};
use crate::kernel::ids::{ClientId, ContactId, TypedId};
use crate::kernel::{Error, Result, Stop, text};
use crate::platform::auth::Right;
use crate::platform::db::{Change, ChangeKind, ERASED, FieldChange, Tx, all_rows, differences};

const REASON_MAX: usize = 500;

/// Erases a client's personal data from the tables of this domain, within a redaction. Gives back the ids of all things whose
/// audit tells of the person.
pub async fn erase(tx: &mut Tx, id: ClientId, reason: &str) -> Result<Vec<Uuid>, Stop<Code>> {
    tx.by.may(Right::Administer)?;
    let reason = text::required(&text::tidy(reason), REASON_MAX)
        .map_err(|rule| Stop::refuse(Code::Invalid, "reason", rule))?;
    let query = all_rows::<client::Entity>().filter(client::Column::Id.eq(id)).lock_exclusive();
    let before = query.one(tx.conn()).await.map_err(Error::from)?.ok_or(Error::NotFound)?;
    if before.erased_at.is_some() {
        return Err(Stop::refuse(Code::ClientErased, "id", "the client was erased before"));
    }
    let mut things = vec![id.uuid()];
    things.extend(people(tx, &before).await?);
    things.extend(what_hangs_on(tx, id).await?);
    let after = Model {
        version: before.version + 1,
        name: ERASED.to_owned(),
        name_sort: text::fold(ERASED),
        words: String::new(),
        email: None,
        phone: None,
        tax_id: None,
        address: None,
        tags: Default::default(),
        consents: Consents::default(),
        erased_at: Some(tx.now),
        updated_at: tx.now,
        ..before.clone()
    };
    let mut fields = differences(Some(&before), Some(&after))?;
    for field in fields.iter_mut().filter(|field| !field.before.is_null()) {
        field.before = ERASED.into();
    }
    let change = Change::of(ChangeKind::Updated, id, after.version, fields);
    let mut change = change.on(CLIENT_UPDATED, timeline::audience(&after, None));
    change.fields.push(FieldChange {
        field: "reason".to_owned(),
        before: serde_json::Value::Null,
        after: reason.clone().into(),
    });
    tx.record(change);
    let told = NewEntry::told(
        EventLogKind::System,
        EventLogCode::ClientErased,
        serde_json::json!({ "reason": reason }),
    );
    timeline::write(tx, &after, told).await?;
    after.into_active_model().reset_all().update(tx.conn()).await.map_err(Error::from)?;
    Ok(things)
}

/// Deletes the people at a client; also those who were there once are told of by the audit.
async fn people(tx: &mut Tx, client: &Model) -> Result<Vec<Uuid>> {
    let there = contact::Column::ClientId.eq(client.id);
    let people = all_rows::<contact::Entity>().filter(there.clone()).all(tx.conn()).await?;
    for person in &people {
        let gone = Change::of(ChangeKind::Deleted, person.id, person.version + 1, Vec::new());
        let audience = timeline::audience(client, None);
        tx.record(gone.on_parent(CLIENT_UPDATED, audience, client.id, client.version, "contacts"));
    }
    contact::Entity::delete_many().filter(there).exec(tx.conn()).await?;
    let once = tx.audited_of(ContactId::PREFIX, &client.id.to_string()).await?;
    let ids = once.iter().copied().map(ContactId::from_uuid);
    let elsewhere: Vec<ContactId> = all_rows::<contact::Entity>()
        .filter(contact::Column::Id.is_in(ids))
        .select_only()
        .column(contact::Column::Id)
        .into_tuple()
        .all(tx.conn())
        .await?;
    let elsewhere: Vec<Uuid> = elsewhere.into_iter().map(TypedId::uuid).collect();
    let once = once.into_iter().filter(|id| !elsewhere.contains(id));
    Ok(people.into_iter().map(|person| person.id.uuid()).chain(once).collect())
}

/// Replaces the texts of history and activities, and deletes search terms and keys of other systems.
async fn what_hangs_on(tx: &Tx, id: ClientId) -> Result<Vec<Uuid>> {
    let conn = tx.conn();
    let mut things =
        ids_of::<external_ref::Entity>(conn, external_ref::Column::Id, external_ref::Column::ClientId, id)
            .await?;
    external_ref::Entity::delete_many().filter(external_ref::Column::ClientId.eq(id)).exec(conn).await?;
    client_term::Entity::delete_many().filter(client_term::Column::ClientId.eq(id)).exec(conn).await?;
    activity::Entity::update_many()
        .col_expr(activity::Column::Title, Expr::value(ERASED))
        .col_expr(activity::Column::Notes, Expr::value(Option::<String>::None))
        .filter(activity::Column::ClientId.eq(id))
        .exec(conn)
        .await?;
    event_log_entry::Entity::update_many()
        .col_expr(event_log_entry::Column::Text, Expr::value(ERASED))
        .col_expr(event_log_entry::Column::Payload, Expr::value(Option::<sea_orm::JsonValue>::None))
        .col_expr(event_log_entry::Column::Attachments, Expr::value(Attachments::default()))
        .filter(event_log_entry::Column::ClientId.eq(id))
        .exec(conn)
        .await?;
    things.extend(
        ids_of::<activity::Entity>(conn, activity::Column::Id, activity::Column::ClientId, id).await?,
    );
    let entries = (event_log_entry::Column::Id, event_log_entry::Column::ClientId);
    things.extend(ids_of::<event_log_entry::Entity>(conn, entries.0, entries.1, id).await?);
    Ok(things)
}

async fn ids_of<E: EntityTrait>(
    conn: &impl ConnectionTrait,
    id: E::Column,
    client_id: E::Column,
    client: ClientId,
) -> Result<Vec<Uuid>> {
    let ids = all_rows::<E>().filter(client_id.eq(client)).select_only().column(id);
    Ok(ids.into_tuple().all(conn).await?)
}
