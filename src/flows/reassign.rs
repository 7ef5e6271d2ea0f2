//! A client goes to somebody else, and with it what its former advisor has planned with it.

use sea_orm::{ColumnTrait, QueryFilter};

use crate::domains::agenda;
use crate::domains::clients::rules::ClientErrorCode;
use crate::domains::clients::{client, clients};
use crate::kernel::ids::{ClientId, TeamId, UserId};
use crate::kernel::{Error, Result, Stop};
use crate::platform::db::{Tx, all_rows};

/// Gives a client to another advisor, or to a team's pool.
pub async fn reassign(
    tx: &mut Tx,
    id: ClientId,
    expected: i32,
    advisor: Option<UserId>,
    team: Option<TeamId>,
) -> Result<ClientId, Stop<ClientErrorCode>> {
    let before = owner(tx, id).await?;
    clients::reassign(tx, id, expected, advisor, team).await?;
    let after = owner(tx, id).await?;
    if before != after {
        agenda::hand_over(tx, id, before.1).await?;
    }
    Ok(id)
}

/// Whose the client is, whoever sees it by now.
async fn owner(tx: &Tx, id: ClientId) -> Result<(TeamId, Option<UserId>)> {
    let client = all_rows::<client::Entity>().filter(client::Column::Id.eq(id)).one(tx.conn()).await?;
    client.map(|client| (client.team_id, client.advisor_id)).ok_or(Error::NotFound)
}
