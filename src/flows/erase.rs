//! A person asked to be erased: what every domain tells of them, the ledger and the audit.

use crate::domains::agenda;
use crate::domains::clients::erase;
use crate::domains::clients::rules::ClientErrorCode;
use crate::domains::sync::ledger;
use crate::kernel::ids::ClientId;
use crate::kernel::{Result, Stop};
use crate::platform::db::Tx;

/// Erases the personal data of a client for good; ids, times and authors stay. One line of the audit tells who did it, and why.
pub async fn erase_client(tx: &mut Tx, id: ClientId, reason: &str) -> Result<(), Stop<ClientErrorCode>> {
    tx.begin_redaction().await?;
    let mut things = erase::erase(tx, id, reason).await?;
    things.extend(agenda::erase(tx, id).await?);
    ledger::erase(tx, id).await?;
    tx.redact_audit(&things).await?;
    tx.end_redaction().await?;
    Ok(())
}
