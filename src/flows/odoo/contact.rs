//! Contacts are partners under the partner of their client. A contact that was deleted here is archived there, and one that was
//! archived there is deleted here.

use std::collections::HashMap;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use sea_orm::{ColumnTrait, QueryFilter};
use uuid::Uuid;

use super::mapping::{Decides, Field, Kind, Local, Mapping, Refusals, Stranger, Taken};
use crate::domains::clients::contact;
use crate::domains::clients::contacts::{self, ContactPatch};
use crate::domains::sync::ledger::Values;
use crate::kernel::ids::{ClientId, ContactId, TypedId};
use crate::kernel::{Patch, Result, Stop};
use crate::platform::auth::Viewer;
use crate::platform::db::{Database, Tx, Visible};

/// Contacts ↔ `res.partner` with a parent.
pub struct Contacts;

const fn field(ours: &'static str, theirs: &'static str, kind: Kind) -> Field {
    Field { ours, theirs, kind, decides: Decides::WhoChanged }
}

/// Not the notes: Odoo's are HTML and would come back as something else.
const FIELDS: &[Field] = &[
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

    fn parent(&self) -> Option<&'static str> {
        Some("parent_id")
    }

    fn read<'a>(
        &'a self,
        database: &'a Database,
        ids: &'a [Uuid],
    ) -> BoxFuture<'a, Result<HashMap<Uuid, Local>>> {
        async move {
            let all = contact::Entity::visible_to(&Viewer::system("Odoo"));
            let ids = ids.iter().copied().map(ContactId::from_uuid);
            let rows = all.filter(contact::Column::Id.is_in(ids)).all(&database.own).await?;
            Ok(rows.into_iter().map(|row| (row.id.uuid(), local(row))).collect())
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
                return match contacts::delete(tx, id).await {
                    Ok(_) => Ok(Taken::Gone),
                    Err(Stop::Error(error)) => Err(error),
                    Err(_) => Ok(Taken::Overtaken),
                };
            }
            let mut refused = Refusals::default();
            loop {
                match contacts::update(tx, id, version, patch(edits, &refused)).await {
                    Ok(_) => return Ok(Taken::Kept(refused.into_inner())),
                    Err(Stop::Conflict(_)) => return Ok(Taken::Overtaken),
                    Err(Stop::Error(error)) => return Err(error),
                    Err(Stop::Refused(rules)) => {
                        if !refused.add(rules) {
                            return Ok(Taken::Kept(refused.into_inner()));
                        }
                    }
                }
            }
        }
        .boxed()
    }

    fn adopt<'a>(
        &'a self,
        tx: &'a mut Tx,
        stranger: Stranger<'a>,
    ) -> BoxFuture<'a, Result<Option<(Uuid, ClientId)>>> {
        async move {
            let Some(client) = stranger.client else { return Ok(None) };
            let mut refused = Refusals::default();
            loop {
                match contacts::create(tx, client, patch(stranger.values, &refused)).await {
                    Ok(id) => return Ok(Some((id.uuid(), client))),
                    Err(Stop::Error(error)) => return Err(error),
                    Err(Stop::Refused(rules)) if refused.add(rules.clone()) => {}
                    Err(_) => return Ok(None),
                }
            }
        }
        .boxed()
    }
}

fn local(row: contact::Model) -> Local {
    let values = [
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
        home: None,
        version: row.version,
    }
}

fn patch(edits: &Values, refused: &Refusals) -> ContactPatch {
    let of = |field: &str| refused.patch(edits, field);
    ContactPatch {
        name: of("name"),
        position: of("position"),
        email: of("email"),
        phone: of("phone"),
        notes: Patch::Keep,
    }
}
