//! Reminders: each is told once, in the transaction that writes down when the next one is due.

use std::collections::BTreeSet;

use sea_orm::sea_query::{Expr, LockBehavior, LockType, SelectStatement};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect, QueryTrait};
use serde::{Deserialize, Serialize};

use super::agenda_event::{Column, Entity, Model};
use super::events::remind_at;
use super::settings::DefaultReminders;
use crate::domains::clients::timeline;
use crate::domains::notifications::inbox;
use crate::domains::notifications::notification::NotificationKind;
use crate::kernel::Result;
use crate::kernel::ids::ClientId;
use crate::kernel::time::Instant;
use crate::platform::db::{Tx, all_rows};
use crate::platform::jobs::{Failure, Job, Work, due_by_itself};

/// Reminders of one transaction.
const AT_ONCE: u64 = 100;

/// Tells of what is due.
#[derive(Clone, Serialize, Deserialize)]
pub struct Remind {}

impl Job for Remind {
    const KIND: &'static str = "agenda.remind";

    fn dedup(&self) -> Option<String> {
        Some(String::new())
    }
}

impl Remind {
    /// Whether any reminder is due, by the clock and nobody's request: a row if so.
    pub fn is_due(now: Instant) -> SelectStatement {
        due_by_itself(all_rows::<Entity>().filter(Column::RemindAt.lte(now)).into_query())
    }

    /// Tells all that is due. Two workers take different rows; who dies before the end has told nothing.
    ///
    /// # Errors
    /// Those of the database: it is tried again.
    pub async fn run(work: Work) -> Result<(), Failure> {
        loop {
            let mut tx = work.begin().await?;
            // Clients before events, as all writes: the notification refers to its client.
            let near = all_rows::<Entity>()
                .filter(Column::RemindAt.lte(tx.now))
                .order_by_asc(Column::RemindAt)
                .order_by_asc(Column::Id)
                .limit(AT_ONCE);
            let near = near.all(tx.conn()).await.map_err(crate::kernel::Error::from)?;
            let clients: BTreeSet<ClientId> = near.iter().filter_map(|event| event.client_id).collect();
            for client in clients {
                timeline::hold(&tx, client, false).await?;
            }
            let due = all_rows::<Entity>()
                .filter(Column::Id.is_in(near.iter().map(|event| event.id)))
                .filter(Column::RemindAt.lte(tx.now))
                .order_by_asc(Column::RemindAt)
                .order_by_asc(Column::Id)
                .limit(AT_ONCE)
                .lock_with_behavior(LockType::Update, LockBehavior::SkipLocked);
            let due = due.all(tx.conn()).await.map_err(crate::kernel::Error::from)?;
            if due.is_empty() {
                return Ok(()); // all told, or another worker is at it
            }
            let mut defaults = DefaultReminders::default();
            for event in &due {
                tell(&mut tx, &mut defaults, event).await?;
            }
            tx.keep();
            tx.commit().await?;
        }
    }
}

async fn tell(tx: &mut Tx, defaults: &mut DefaultReminders, event: &Model) -> Result<()> {
    // Late ones of the same event are one: nobody needs to hear "in an hour" and "in a quarter" at once.
    let is_ahead = event.state.is_open() && event.end.max(event.start) >= tx.now;
    if let Some(assignee) = event.assignee_id.filter(|_| is_ahead) {
        inbox::tell(tx, assignee, NotificationKind::AgendaReminder, event.client_id, event.id).await?;
    }
    let next = remind_at(tx, defaults, event).await?;
    Entity::update_many()
        .col_expr(Column::RemindAt, Expr::value(next))
        .filter(Column::Id.eq(event.id))
        .exec(tx.conn())
        .await?;
    Ok(())
}
