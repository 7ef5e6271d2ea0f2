//! Figures of the clients that a viewer may see, for the dashboard.

use sea_orm::sea_query::{Expr, Func};
use sea_orm::{ColumnTrait, ConnectionTrait, QueryFilter, QueryTrait};

use super::tables::activity::{self, ActivityState};
use super::tables::client::{self, ClientStatus};
use crate::kernel::Result;
use crate::kernel::time::Instant;
use crate::kernel::words::Word;
use crate::platform::db::{Reader, Visible};

/// The figures.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Figures {
    /// How many clients.
    pub clients: i64,
    /// How many in each status, every status named.
    pub by_status: Vec<(ClientStatus, i64)>,
    /// Planned activities.
    pub open_activities: i64,
    /// Planned activities whose date has passed.
    pub overdue_activities: i64,
}

/// Works the figures out, in two statements.
///
/// # Errors
/// Those of the database.
pub async fn of(reader: &Reader, now: Instant) -> Result<Figures> {
    let mut query = client::Entity::visible_to(&reader.viewer).into_query();
    query
        .clear_selects()
        .expr(Expr::col((client::Entity, client::Column::Status)))
        .expr(Func::count(Expr::val(1)))
        .add_group_by([Expr::col((client::Entity, client::Column::Status))]);
    let mut by_status: Vec<(ClientStatus, i64)> =
        ClientStatus::ALL.iter().map(|(status, ..)| (*status, 0)).collect();
    for row in reader.db.query_all(&query).await? {
        let (status, count): (ClientStatus, i64) = (row.try_get_by_index(0)?, row.try_get_by_index(1)?);
        by_status.iter_mut().filter(|(known, _)| *known == status).for_each(|(_, n)| *n = count);
    }
    let planned = activity::Column::State.eq(ActivityState::Planned);
    let late = Expr::case(activity::Column::DueAt.lt(now), 1).finally(Expr::null());
    let mut query = activity::Entity::visible_to(&reader.viewer).filter(planned).into_query();
    query.clear_selects().expr(Func::count(Expr::val(1))).expr(Func::count(late));
    let (mut open_activities, mut overdue_activities) = (0, 0);
    if let Some(row) = reader.db.query_one(&query).await? {
        (open_activities, overdue_activities) = (row.try_get_by_index(0)?, row.try_get_by_index(1)?);
    }
    Ok(Figures {
        clients: by_status.iter().map(|(_, n)| n).sum(),
        by_status,
        open_activities,
        overdue_activities,
    })
}
