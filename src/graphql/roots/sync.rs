//! How things stand in Odoo: asked for by whoever sees them, failures for admins.

use async_graphql::{Context, ID, InputObject, Object, Result};
use futures_util::FutureExt;

use crate::domains::sync::failures::{self as sync, SyncErrorCode};
use crate::domains::sync::lanes;
use crate::graphql::context::Ask;
use crate::graphql::failures::{selection, write};
use crate::graphql::fast::{List, One};
use crate::graphql::nodes::sync::{FAILED_LATEST, SyncCount, SyncFailureGroup, SyncHealth, SyncState};
use crate::graphql::page::{Connection, list};
use crate::graphql::payload;
use crate::kernel::ids::{self, SyncId};
use crate::kernel::{Error, Stop};
use crate::platform::auth::Right;
use crate::platform::db::PageArgs;
use crate::platform::jobs::dead::Group;
use crate::{failures, payload};

/// Root queries of the ledger.
#[derive(Default)]
pub struct SyncQuery;

#[Object]
impl SyncQuery {
    /// What could not be kept alike in Odoo, what failed last first. For admins.
    async fn sync_failures(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Only these.")] filter: Option<SyncFailureFilter>,
        #[graphql(desc = "So many from the start: 25 unless told, at most 100.")] first: Option<i32>,
        #[graphql(desc = "After this cursor.")] after: Option<String>,
        #[graphql(desc = "So many from the end, at most 100.")] last: Option<i32>,
        #[graphql(desc = "Before this cursor.")] before: Option<String>,
    ) -> Result<One<Connection<SyncState>>> {
        let reader = ctx.reader()?;
        reader.viewer.may(Right::Administer)?;
        let filter = filter.unwrap_or_default();
        let select = sync::list(&reader.viewer, filter.fingerprint.as_deref(), filter.dead);
        Ok(list(ctx, reader, select, FAILED_LATEST, PageArgs { first, after, last, before }).await?)
    }

    /// The ways in which things fail, the most frequent first: at most 100. For admins.
    async fn sync_failure_groups(&self, ctx: &Context<'_>) -> Result<List<SyncFailureGroup>> {
        let reader = ctx.reader()?;
        reader.viewer.may(Right::Administer)?;
        let group = |group: Group| SyncFailureGroup {
            fingerprint: group.fingerprint,
            kind: group.kind,
            error: group.error,
            hint: group.hint,
            count: i32::try_from(group.count).unwrap_or(i32::MAX),
            first_at: group.first_at,
            last_at: group.last_at,
        };
        Ok(List::new(sync::groups(reader).await?.into_iter().map(group).collect()))
    }

    /// How many things stand in which status. For admins.
    async fn sync_counts(&self, ctx: &Context<'_>) -> Result<List<SyncCount>> {
        let reader = ctx.reader()?;
        reader.viewer.may(Right::Administer)?;
        let count = |(kind, status, count)| SyncCount {
            kind,
            status,
            count: i32::try_from(count).unwrap_or(i32::MAX),
        };
        Ok(List::new(sync::counts(&reader.db).await?.into_iter().map(count).collect()))
    }

    /// How the exchange with Odoo goes: whether it rests, what went wrong, what waits. For admins.
    async fn sync_health(&self, ctx: &Context<'_>) -> Result<SyncHealth> {
        let reader = ctx.reader()?;
        reader.viewer.may(Right::Administer)?;
        let services = ctx.services()?;
        let (kinds, now) = (services.database.synced(), services.authenticator.clock.now());
        Ok(lanes::health(&reader.db, kinds, now).await?.into())
    }
}

/// Root mutations of the ledger.
#[derive(Default)]
pub struct SyncMutation;

#[Object]
impl SyncMutation {
    /// Has a thing compared with its record in Odoo, and sent where they differ, as soon as can be.
    async fn sync_request(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which thing.")] input: SyncRequestInput,
    ) -> Result<SyncPayload> {
        let SyncRequestInput { id, idempotency_key } = input;
        let outcome = payload::write(ctx, None, idempotency_key, |tx| {
            let id = id.clone();
            async move {
                match ids::parse(&id) {
                    Some((kind, id)) => sync::request(tx, kind, id).await,
                    None => Err(Stop::from(Error::NotFound)),
                }
            }
            .boxed()
        });
        Ok(outcome.await?.into())
    }

    /// Has failures tried again: at most 1,000 at once, the oldest first. For admins.
    async fn sync_retry(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which failures.")] input: SyncRetryInput,
    ) -> Result<SyncFailuresPayload> {
        let selection = selection(input.ids, input.fingerprint, input.all);
        let (ids, outcome) =
            write(ctx, selection, |tx, selection| sync::retry(tx, selection).boxed()).await?;
        Ok(SyncFailuresPayload(ids, outcome))
    }

    /// Leaves failures be until their things change again: at most 1,000 at once, the oldest first. The audit keeps the reason. For
    /// admins.
    async fn sync_discard(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which failures, and why.")] input: SyncDiscardInput,
    ) -> Result<SyncFailuresPayload> {
        let selection = selection(input.ids, input.fingerprint, input.all);
        let reason = input.reason;
        let discard = write(ctx, selection, |tx, selection| {
            let reason = reason.clone();
            async move { sync::discard(tx, selection, &reason).await }.boxed()
        });
        let (ids, outcome) = discard.await?;
        Ok(SyncFailuresPayload(ids, outcome))
    }
}

/// Which failures a list holds; all that is given must hold.
#[derive(InputObject, Default)]
pub struct SyncFailureFilter {
    /// Those that fail in this way.
    pub fingerprint: Option<String>,
    /// Those that were given up (true), or that are still tried (false).
    pub dead: Option<bool>,
}

/// A thing to be compared and sent.
#[derive(InputObject)]
pub struct SyncRequestInput {
    /// The thing: a client, a contact, an entry of the history.
    pub id: ID,
    /// Makes a repeated request write nothing.
    pub idempotency_key: Option<String>,
}

payload! {
    /// Answer of `syncRequest`.
    pub struct SyncPayload {
        /// How the thing stands now; null when it is not to be seen, or not synced.
        sync: SyncState by SyncId, SyncErrorCode
    }
}

failures! { "failures", SyncId, SyncRetryInput, SyncDiscardInput, SyncFailuresPayload, SyncErrorCode }
