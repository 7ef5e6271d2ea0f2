//! The next touch of a client: an event like any other, of which a client has at most one that is open.

use sea_orm::sea_query::{ExprTrait, LockType};
use sea_orm::{ColumnTrait, QueryFilter, QuerySelect};

use super::agenda_event::{AgendaEventKind, AgendaEventState, Column, Entity, Model};
use super::details::{Details, DetailsPatch};
use super::events::{blank, insert, tell_assignee, uid, write};
use super::rules::AgendaErrorCode as Code;
use super::times::When;
use crate::domains::clients::client;
use crate::domains::identity::users;
use crate::kernel::error::Check;
use crate::kernel::ids::ClientId;
use crate::kernel::time::Instant;
use crate::kernel::{Error, Patch, Result, Stop};
use crate::platform::auth::Right;
use crate::platform::db::{Tx, Visible, all_rows};

/// Sets when a client is touched next, and why; `None`: not any more. It is the advisor's to do.
pub async fn set(tx: &mut Tx, id: ClientId, next: Option<(Instant, String)>) -> Result<ClientId, Stop<Code>> {
    tx.by.may(Right::WriteClients)?;
    let client =
        client::Entity::visible_to(&tx.by).filter(client::Column::Id.eq(id)).lock(LockType::NoKeyUpdate);
    let client = client.one(tx.conn()).await.map_err(Error::from)?.ok_or(Error::NotFound)?;
    let before = open(tx, id).await?;
    let Some((at, reason)) = next else {
        if let Some(before) = before {
            let (after, version) =
                (Model { state: AgendaEventState::Cancelled, ..before.clone() }, before.version);
            write(tx, before, after, version, None).await?;
        }
        return Ok(id);
    };
    let mut after = before.clone().unwrap_or_else(|| blank(tx, client.team_id));
    let mut check = Check::default();
    let mut details = Details::from(&after);
    let patch = DetailsPatch { title: Patch::Set(reason), client: Patch::Set(id), ..DetailsPatch::default() };
    details.apply(tx, &mut check, patch).await?;
    let user = match client.advisor_id {
        Some(advisor) => users::assignable(tx, advisor).await?,
        None => None,
    };
    let zone = match &user {
        Some(user) => user.time_zone.clone(),
        None => super::working::of(tx.conn(), client.team_id).await?.time_zone,
    };
    let when = When::checked(&mut check, at, at, false, super::times::zone(&zone));
    check.done().map_err(named_reason)?;
    after.put(details);
    when.put(&mut after);
    (after.kind, after.assignee_id, after.team_id) =
        (AgendaEventKind::FollowUp, client.advisor_id, client.team_id);
    match before {
        Some(before) => {
            let version = before.version; // who sets it says where it goes, whatever others said
            write(tx, before, after, version, None).await?;
        }
        None => {
            after.uid = uid(after.id);
            let advisor = after.assignee_id;
            let event = insert(tx, after).await?;
            tell_assignee(tx, advisor, Some(id), event).await?;
        }
    }
    Ok(id)
}

/// A follow-up's title is its reason.
fn named_reason(stop: Stop<Code>) -> Stop<Code> {
    let Stop::Refused(mut refusals) = stop else { return stop };
    for refusal in &mut refusals {
        if refusal.field == ["title"] {
            refusal.field = vec!["nextTouch".to_owned(), "reason".to_owned()];
        }
    }
    Stop::Refused(refusals)
}

/// Of a follow-up that is over: whether its client has another that is open.
pub(super) async fn is_replaced(tx: &Tx, event: &Model) -> Result<bool> {
    let is_over = event.kind == AgendaEventKind::FollowUp && !event.state.is_open();
    match event.client_id.filter(|_| is_over) {
        Some(client) => Ok(open(tx, client).await?.is_some()),
        None => Ok(false),
    }
}

async fn open(tx: &Tx, client: ClientId) -> Result<Option<Model>> {
    let open = all_rows::<Entity>()
        .filter(Column::ClientId.eq(client).and(Column::Kind.eq(AgendaEventKind::FollowUp)))
        .filter(Column::State.is_in(AgendaEventState::OPEN))
        .lock_exclusive();
    Ok(open.one(tx.conn()).await?)
}
