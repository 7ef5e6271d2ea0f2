//! What the agenda tells of an erased client.

use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use uuid::Uuid;

use super::events::audience;
use super::{AGENDA_CHANGED, agenda_event, agenda_series};
use crate::kernel::Result;
use crate::kernel::ids::{ClientId, TypedId};
use crate::platform::db::{Announcement, ChangeKind, ERASED, Tx, all_rows};

/// Replaces the texts of a client's events and series, within a redaction. What of a series has still to take over a change
/// stays as it is. Gives back the ids of the things whose audit tells of the person.
pub async fn erase(tx: &mut Tx, client: ClientId) -> Result<Vec<Uuid>> {
    use agenda_event::Column as E;
    use agenda_series::Column as S;
    let series = all_rows::<agenda_series::Entity>().filter(S::ClientId.eq(client)).order_by_asc(S::Id);
    let series = series.lock_exclusive().all(tx.conn()).await?;
    let events = all_rows::<agenda_event::Entity>().filter(E::ClientId.eq(client)).order_by_asc(E::Id);
    let events = events.lock_exclusive().all(tx.conn()).await?;
    let nothing = || Expr::value(Option::<String>::None);
    agenda_series::Entity::update_many()
        .col_expr(S::Title, Expr::value(ERASED))
        .col_expr(S::Description, nothing())
        .col_expr(S::Location, nothing())
        .col_expr(S::Rollout, Expr::value(Option::<sea_orm::JsonValue>::None))
        .filter(S::ClientId.eq(client))
        .exec(tx.conn())
        .await?;
    agenda_event::Entity::update_many()
        .col_expr(E::Title, Expr::value(ERASED))
        .col_expr(E::Description, nothing())
        .col_expr(E::Location, nothing())
        .filter(E::ClientId.eq(client))
        .exec(tx.conn())
        .await?;
    for event in &events {
        tx.announce(Announcement {
            topic: AGENDA_CHANGED,
            audience: audience(event, None),
            subject_id: event.id.uuid(),
            kind: ChangeKind::Updated,
            version: event.version,
            fields: ["title", "description", "location"].map(str::to_owned).to_vec(),
        });
    }
    let series = series.into_iter().map(|series| series.id.uuid());
    Ok(series.chain(events.into_iter().map(|event| event.id.uuid())).collect())
}
