//! What a client's former advisor has planned with the client goes to whoever has the client now.

use chrono::Duration;
use futures_util::FutureExt;
use sea_orm::sea_query::ExprTrait;
use sea_orm::{ColumnTrait, ConnectionTrait, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect, Select};
use serde::{Deserialize, Serialize};

use super::agenda_event::{self, AgendaEventState, Column, Entity, left_with};
use super::events::save_all;
use super::series;
use crate::domains::clients::{client, timeline};
use crate::kernel::ids::{ClientId, TeamId, UserId};
use crate::kernel::time::Instant;
use crate::kernel::{Error, Result};
use crate::platform::db::{Tx, all_rows};
use crate::platform::jobs::{Failure, Job, Step, Work};

/// Events of one transaction.
const AT_ONCE: u64 = 500;
/// A series that takes over another change is asked for again after so long.
const LATER: Duration = Duration::seconds(5);

/// The open events of a client that its former advisor has go with the client: to the new one, or to the pool. The first go at
/// once; where there are thousands, jobs take the others. A series goes as a whole, as it does with any change.
///
/// # Errors
/// Those of the database.
pub async fn hand_over(tx: &mut Tx, client: ClientId, from: Option<UserId>) -> Result<()> {
    let hand_over = HandOver { client, from, at: tx.now };
    if let Some(to) = hand_over.heir(tx.conn()).await? {
        let left = hand_over.left(to).count(tx.conn()).await?;
        tx.tell_rows(client, "agendaEvents", left);
    }
    let (_, rest) = step(tx, hand_over.clone()).await?;
    if rest.is_some() {
        tx.enqueue(hand_over.now()?);
    } else if hand_over.waits(tx).await? {
        tx.enqueue(hand_over.at(tx.now + LATER)?);
    }
    Ok(())
}

/// Takes the rest of a client's open events from its former advisor to whoever has the client by then.
#[derive(Clone, Serialize, Deserialize)]
pub struct HandOver {
    client: ClientId,
    /// The former advisor; `None`: they were in the pool.
    from: Option<UserId>,
    /// When the client went: what changed since was meant so.
    at: Instant,
}

impl Job for HandOver {
    const KIND: &'static str = "agenda.hand_over";
}

impl HandOver {
    /// Does it, some at a time. Whoever goes on after a worker died finds only what that one left.
    ///
    /// # Errors
    /// Those of the database: it is tried again.
    pub async fn run(self, mut work: Work) -> Result<(), Failure> {
        let db = &work.database.own;
        let Some(to) = self.heir(db).await? else { return Ok(()) };
        let left = self.left(to).filter(series::stands_still()).count(db).await.map_err(Error::from)?;
        work.steps(left, self.clone(), |tx, hand_over| step(tx, hand_over).boxed()).await?;
        let mut tx = work.begin().await?;
        if self.waits(&tx).await? {
            tx.enqueue(Job::at(&self, tx.now + LATER)?);
        }
        work.finish(&mut tx).await?;
        tx.commit().await?;
        Ok(())
    }

    /// What the former advisor has that is not where it belongs.
    fn left(&self, (team, to): (TeamId, Option<UserId>)) -> Select<Entity> {
        let open = Column::ClientId.eq(self.client).and(Column::State.is_in(AgendaEventState::OPEN));
        let open = all_rows::<Entity>().filter(open).filter(Column::UpdatedAt.lte(self.at));
        open.filter(left_with(self.from, (Column::TeamId, team), (Column::AssigneeId, to)))
    }

    /// Whose the client is now; `None`: it is gone.
    async fn heir(&self, conn: &impl ConnectionTrait) -> Result<Option<(TeamId, Option<UserId>)>> {
        let client = all_rows::<client::Entity>().filter(client::Column::Id.eq(self.client));
        Ok(client.one(conn).await?.map(|client| (client.team_id, client.advisor_id)))
    }

    /// Whether something is left that cannot go yet: it is of a series that takes over another change.
    async fn waits(&self, tx: &Tx) -> Result<bool> {
        let Some(to) = self.heir(tx.conn()).await? else { return Ok(false) };
        Ok(self.left(to).limit(1).one(tx.conn()).await?.is_some())
    }
}

async fn step(tx: &mut Tx, hand_over: HandOver) -> Result<Step<HandOver>> {
    timeline::hold(tx, hand_over.client, false).await?;
    let Some(to) = hand_over.heir(tx.conn()).await? else { return Ok((0, None)) };
    series::hand_over(tx, hand_over.client, hand_over.from, to).await?;
    // What is left of series that go takes the change over from them.
    let open = hand_over.left(to).filter(series::stands_still());
    let rows = open.order_by_asc(Column::Id).limit(AT_ONCE).lock_exclusive().all(tx.conn()).await?;
    let gone = rows.len() as u64;
    let given = |before: agenda_event::Model| {
        let after = agenda_event::Model { team_id: to.0, assignee_id: to.1, ..before.clone() };
        (before, after, true)
    };
    save_all(tx, rows.into_iter().map(given).collect()).await?;
    Ok((gone, (gone == AT_ONCE).then_some(hand_over)))
}
