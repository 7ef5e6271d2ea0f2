//! Entries of a client's history are notes in the chatter of its partner, each written once.

use std::collections::HashMap;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use sea_orm::{ColumnTrait, ConnectionTrait, DatabaseExecutor, QueryFilter, QuerySelect, QueryTrait};
use uuid::Uuid;

use super::mapping::{Field, Local, Mapping, Way};
use crate::domains::clients::event_log_entry::{self, EventLogKind};
use crate::domains::clients::{client, texts};
use crate::domains::sync::ledger::Values;
use crate::kernel::Result;
use crate::kernel::ids::{ClientId, EntryId, TypedId};
use crate::kernel::language::{DEFAULT_LOCALE, Language};
use crate::platform::auth::Viewer;
use crate::platform::db::{Visible, among};

/// The event log → notes on `res.partner`.
pub struct Entries;

/// What the note's text is called.
pub const BODY: &str = "body";

impl Mapping for Entries {
    fn kind(&self) -> &'static str {
        EntryId::PREFIX
    }

    fn model(&self) -> &'static str {
        "mail.message"
    }

    fn way(&self) -> Way {
        Way::Note
    }

    fn hangs_on(&self) -> Option<&'static str> {
        Some(ClientId::PREFIX)
    }

    fn fields(&self) -> &'static [Field] {
        &[]
    }

    /// What cabina did by itself is left out: Odoo keeps its own record of that.
    fn read<'a>(
        &'a self,
        conn: DatabaseExecutor<'a>,
        ids: &'a [Uuid],
    ) -> BoxFuture<'a, Result<HashMap<Uuid, Local>>> {
        async move {
            let all = event_log_entry::Entity::visible_to(&Viewer::system("Odoo"));
            let these = event_log_entry::Column::Id;
            let clients = client::Entity::visible_to(&Viewer::system("Odoo"));
            let erased = clients.filter(client::Column::ErasedAt.is_not_null());
            let erased = erased.select_only().column(client::Column::Id).into_query();
            let rows = all
                .filter(among(conn.get_database_backend(), these, ids))
                .filter(event_log_entry::Column::ClientId.not_in_subquery(erased))
                .filter(event_log_entry::Column::Kind.is_not_in([EventLogKind::System, EventLogKind::Sync]))
                .all(&conn)
                .await?;
            Ok(rows.into_iter().map(|row| (row.id.uuid(), local(row))).collect())
        }
        .boxed()
    }
}

fn local(row: event_log_entry::Model) -> Local {
    // The id at the end tells, after a lost answer, whether the note is there.
    let at = row.occurred_at.format("%Y-%m-%d %H:%M UTC");
    let corrects = row.corrects_id.map(|old| format!(" · corrects {old}")).unwrap_or_default();
    // Odoo shows one text to all its users.
    let told = row.code.zip(row.payload.as_ref());
    let told = told.and_then(|(code, values)| texts::entry(code, values, Language::of(DEFAULT_LOCALE)));
    let text = told.unwrap_or(row.text);
    let body = format!("{}: {text}\n{} · {at}{corrects} · {}", row.kind, row.author_name, row.id);
    Local {
        values: Values::from([(BODY.to_owned(), Some(body))]),
        client: row.client_id,
        parent: Some(row.client_id.uuid()),
        home: None,
        version: 1,
    }
}
