//! Who hears of the ledger: screens how things stand, admins what fails.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use sea_orm::{ColumnTrait, PaginatorTrait, QueryFilter};

use crate::domains::clients::client;
use crate::domains::identity::users::{self, UserFilter};
use crate::domains::notifications::inbox;
use crate::domains::notifications::notification::NotificationKind;
use crate::domains::sync::SYNC_CHANGED;
use crate::kernel::Result;
use crate::kernel::ids::{ClientId, SyncId, TypedId};
use crate::kernel::time::Clock;
use crate::platform::auth::{Right, Role, Viewer};
use crate::platform::db::tables::sync_external::{Column, Entity, Model, SyncStatus};
use crate::platform::db::{
    Announcement, Audience, ChangeKind, Database, Origin, Owner, Tx, Visible, all_rows,
};

/// Tells the screens how these rows stand.
pub async fn tell(tx: &mut Tx, rows: &[Model], kind: ChangeKind) -> Result<()> {
    let clients: BTreeSet<ClientId> = rows.iter().filter_map(|row| row.client_id).collect();
    let mut owners = HashMap::new();
    if !clients.is_empty() {
        let of = client::Entity::visible_to(&tx.by).filter(client::Column::Id.is_in(clients));
        for client in of.all(tx.conn()).await? {
            let owner = Owner { team: client.team_id.uuid(), advisor: client.advisor_id.map(TypedId::uuid) };
            owners.insert(client.id, owner);
        }
    }
    for row in rows {
        let audience = match row.client_id.and_then(|client| Some((client, *owners.get(&client)?))) {
            Some((client, now)) => {
                Audience { client: Some(client.uuid()), now: Some(now), ..Audience::default() }
            }
            None => Audience { right: Some(Right::Administer), ..Audience::default() },
        };
        tx.announce(Announcement {
            topic: SYNC_CHANGED,
            audience,
            subject_id: row.id.uuid(),
            kind,
            version: row.version,
            fields: vec!["status".to_owned()],
        });
    }
    Ok(())
}

/// Tells the admins of failures of a kind that no other row has.
pub async fn warn(tx: &mut Tx, failed: &[Model]) -> Result<()> {
    let mut kinds: BTreeMap<String, Vec<&Model>> = BTreeMap::new();
    for row in failed {
        kinds.entry(row.fingerprint.clone().unwrap_or_default()).or_default().push(row);
    }
    for (fingerprint, rows) in kinds {
        let alike = all_rows::<Entity>()
            .filter(Column::FailedAt.is_not_null())
            .filter(Column::Fingerprint.eq(fingerprint))
            .filter(Column::Status.eq(SyncStatus::Dead))
            .filter(Column::Id.is_not_in(rows.iter().map(|row| row.id)));
        let Some(first) = rows.first() else { continue };
        if alike.count(tx.conn()).await? > 0 {
            continue;
        }
        tell_admins(tx, first.client_id, first.id).await?;
    }
    Ok(())
}

/// Tells every admin that the other system does not let us in, with a thing that waits for it.
///
/// # Errors
/// Those of the database.
pub async fn alarm(database: &Database, clock: &Clock, about: &Model) -> Result<()> {
    let origin = Origin { operation: "sync".to_owned(), ..Origin::default() };
    let mut tx = Tx::begin(database, clock, Arc::new(Viewer::system("Odoo")), origin).await?;
    tell_admins(&mut tx, about.client_id, about.id).await?;
    tx.commit().await?;
    Ok(())
}

/// Tells every admin that something fails.
async fn tell_admins(tx: &mut Tx, client: Option<ClientId>, about: SyncId) -> Result<()> {
    let admins = UserFilter { role: Some(Role::Admin), disabled: Some(false), ..UserFilter::default() };
    for admin in users::list(&tx.by, &admins).all(tx.conn()).await? {
        inbox::tell(tx, admin.id, NotificationKind::SyncFailed, client, about).await?;
    }
    Ok(())
}
