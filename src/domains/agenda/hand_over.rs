//! What a client's former advisor has planned with the client goes to whoever has the client now.

use std::collections::{BTreeMap, BTreeSet};

use futures_util::FutureExt;
use sea_orm::sea_query::ExprTrait;
use sea_orm::{ColumnTrait, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect, Select};
use serde::{Deserialize, Serialize};

use super::agenda_event::{self, AgendaEventState, Column, Entity};
use super::events::save_all;
use super::{agenda_series, series};
use crate::domains::clients::{client, timeline};
use crate::kernel::ids::{AgendaSeriesId, ClientId, TeamId, UserId};
use crate::kernel::{Error, Result};
use crate::platform::db::{Tx, all_rows};
use crate::platform::jobs::{Failure, Job, Step, Work};

/// Events of one transaction.
const AT_ONCE: u64 = 500;

/// The open events of a client that its former advisor has go with the client: to the new one, or to the pool. The first go at
/// once; where there are thousands, a job takes the others.
///
/// # Errors
/// Those of the database.
pub async fn hand_over(tx: &mut Tx, client: ClientId, from: Option<UserId>) -> Result<()> {
    let hand_over = HandOver { client, from };
    if let (_, Some(rest)) = step(tx, hand_over).await? {
        tx.enqueue(rest.now()?);
    }
    Ok(())
}

/// Takes the rest of a client's open events from its former advisor to whoever has the client by then.
#[derive(Clone, Serialize, Deserialize)]
pub struct HandOver {
    client: ClientId,
    /// The former advisor; `None`: they were in the pool.
    from: Option<UserId>,
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
        let client = all_rows::<client::Entity>()
            .filter(client::Column::Id.eq(self.client))
            .one(db)
            .await
            .map_err(Error::from)?;
        let Some(client) = client else { return Ok(()) };
        let left = self.left((client.team_id, client.advisor_id)).count(db).await.map_err(Error::from)?;
        work.steps(left, self, |tx, hand_over| step(tx, hand_over).boxed()).await?;
        Ok(())
    }

    /// What the former advisor has that is not where it belongs.
    fn left(&self, (team, to): (TeamId, Option<UserId>)) -> Select<Entity> {
        let open = Column::ClientId.eq(self.client).and(Column::State.is_in(AgendaEventState::OPEN));
        let open = all_rows::<Entity>().filter(open);
        let open = match self.from {
            Some(user) => open.filter(Column::AssigneeId.eq(user)),
            None => open.filter(Column::AssigneeId.is_null()),
        };
        if self.from == to { open.filter(Column::TeamId.ne(team)) } else { open }
    }
}

async fn step(tx: &mut Tx, hand_over: HandOver) -> Result<Step<HandOver>> {
    timeline::hold(tx, hand_over.client, false).await?;
    let client = all_rows::<client::Entity>().filter(client::Column::Id.eq(hand_over.client));
    let Some(client) = client.one(tx.conn()).await? else { return Ok((0, None)) };
    let to = (client.team_id, client.advisor_id);
    let mut whole = series::hand_over(tx, hand_over.client, hand_over.from, to).await?;
    let open = hand_over.left(to).order_by_asc(Column::Id).limit(AT_ONCE).lock_exclusive();
    let rows = open.all(tx.conn()).await?;
    let gone = rows.len() as u64;
    tell_of_series(tx, to, &rows, &mut whole).await?;
    let given = |before: agenda_event::Model| {
        let after = agenda_event::Model { team_id: to.0, assignee_id: to.1, ..before.clone() };
        let alone = before.series_id.is_none_or(|series| !whole.contains(&series));
        (before, after, alone)
    };
    save_all(tx, rows.into_iter().map(given).collect()).await?;
    Ok((gone, (gone == AT_ONCE).then_some(hand_over)))
}

/// Tells of each series that went in an earlier step, once for all its occurrences that go now; `whole` holds those that are
/// told of already.
async fn tell_of_series(
    tx: &mut Tx,
    (team, to): (TeamId, Option<UserId>),
    rows: &[agenda_event::Model],
    whole: &mut BTreeSet<AgendaSeriesId>,
) -> Result<()> {
    let mut firsts = BTreeMap::new();
    for row in rows {
        if let Some(series) = row.series_id.filter(|series| !whole.contains(series)) {
            let first: &mut &agenda_event::Model = firsts.entry(series).or_insert(row);
            *first = if row.start < first.start { row } else { *first };
        }
    }
    let went = all_rows::<agenda_series::Entity>()
        .filter(agenda_series::Column::Id.is_in(firsts.keys().copied()))
        .order_by_asc(agenda_series::Column::Id);
    for series in went.all(tx.conn()).await? {
        if (series.team_id, series.assignee_id) == (team, to)
            && let Some(first) = firsts.get(&series.id)
        {
            series::tell_again(tx, &series, first.owner(), first.start);
            whole.insert(series.id);
        }
    }
    Ok(())
}
