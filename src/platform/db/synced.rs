//! Marks in the ledger: a change of a thing that is kept alike in another system says so in its own transaction.

use std::sync::Arc;

use sea_orm::sea_query::{Expr, ExprTrait, OnConflict};
use sea_orm::{DatabaseTransaction, Set};
use uuid::Uuid;

use super::change::{Change, ChangeKind};
use super::many::insert_all;
use super::tables::sync_external::{ActiveModel, Column, Entity, SyncDirection, SyncStatus};
use crate::kernel::Result;
use crate::kernel::ids::{ClientId, SyncId, TypedId};
use crate::kernel::time::Instant;
use crate::platform::telemetry::TraceContext;

/// The kinds of things whose changes are sent to another system, by the prefixes of their ids.
#[derive(Clone, Debug, Default)]
pub struct Synced(Arc<[String]>);

impl Synced {
    /// These kinds.
    pub fn of(kinds: impl IntoIterator<Item = String>) -> Synced {
        Synced(kinds.into_iter().collect())
    }

    /// All of them.
    pub(super) fn kinds(&self) -> &[String] {
        &self.0
    }

    /// Whether this kind is one of them.
    pub(super) fn has(&self, kind: &str) -> bool {
        self.0.iter().any(|known| known == kind)
    }

    /// Marks what changed, where it is of these kinds; tells whether there was any.
    pub(super) async fn mark(
        &self,
        conn: &DatabaseTransaction,
        changes: &[Change],
        except: &[Uuid],
        now: Instant,
    ) -> Result<bool> {
        let mut marks: Vec<Mark> = changes
            .iter()
            .filter(|change| !except.contains(&change.subject_id))
            .filter(|change| self.has(change.subject_type))
            .map(|change| Mark {
                id: change.subject_id,
                kind: change.subject_type.to_owned(),
                client: change.announce.as_ref().and_then(|news| news.audience.client),
                gone: change.kind == ChangeKind::Deleted,
            })
            .collect();
        // The last word on each thing counts, and all writes take the rows in one order.
        marks.reverse();
        marks.sort_by_key(|mark| mark.id);
        marks.dedup_by_key(|mark| mark.id);
        if marks.is_empty() {
            return Ok(false);
        }
        mark(conn, marks, now).await?;
        Ok(true)
    }
}

/// A thing that is to be sent.
#[derive(Clone, Debug)]
pub struct Mark {
    /// The thing.
    pub id: Uuid,
    /// Prefix of its id.
    pub kind: String,
    /// The client that it hangs on.
    pub client: Option<Uuid>,
    /// Whether it was deleted here.
    pub gone: bool,
}

/// Marks these things as changed, whatever became of earlier tries. While one is being sent it is sent once more.
pub async fn mark(conn: &DatabaseTransaction, marks: Vec<Mark>, now: Instant) -> Result<()> {
    let TraceContext { request_id, traceparent } = TraceContext::here();
    let rows = marks.into_iter().map(|mark| ActiveModel {
        id: Set(SyncId::from_uuid(mark.id)),
        version: Set(1),
        local_type: Set(mark.kind),
        client_id: Set(mark.client.map(ClientId::from_uuid)),
        status: Set(SyncStatus::Pending),
        direction: Set(SyncDirection::Push),
        generation: Set(1),
        attempts: Set(0),
        next_attempt_at: Set(now),
        gone: Set(mark.gone),
        created_at: Set(now),
        updated_at: Set(now),
        request_id: Set(request_id.clone()),
        traceparent: Set(traceparent.clone()),
        ..Default::default()
    });
    let grown = |column: Column| Expr::col((Entity, column)).add(1);
    let again = OnConflict::column(Column::Id)
        .update_columns([
            Column::Status,
            Column::Attempts,
            Column::NextAttemptAt,
            Column::Gone,
            Column::UpdatedAt,
            Column::RequestId,
            Column::Traceparent,
        ])
        .values([
            (Column::Generation, grown(Column::Generation)),
            (Column::Version, grown(Column::Version)),
            (Column::FailedAt, Expr::value(Option::<Instant>::None)),
            (Column::LastError, Expr::value(Option::<String>::None)),
            (Column::Hint, Expr::value(Option::<String>::None)),
            (Column::Fingerprint, Expr::value(Option::<String>::None)),
            (Column::Discarded, Expr::value(Option::<String>::None)),
            // It may hang on another client by now.
            (Column::ClientId, Expr::cust("COALESCE(excluded.client_id, sync_external.client_id)")),
        ])
        .to_owned();
    insert_all(conn, rows, Some(again)).await
}
