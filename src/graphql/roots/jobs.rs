//! Dead letters, for admins.

use async_graphql::{Context, Object, Result};
use futures_util::FutureExt;

use crate::failures;
use crate::graphql::context::Ask;
use crate::graphql::failures::{selection, write};
use crate::graphql::fast::{List, One};
use crate::graphql::nodes::jobs::{DEAD_LATEST, DeadLetter, DeadLetterGroup, JobUnderWay};
use crate::graphql::page::{Connection, list};
use crate::kernel::ids::JobId;
use crate::platform::auth::Right;
use crate::platform::db::PageArgs;
use crate::platform::jobs::dead::{self, DeadLetterErrorCode};
use crate::platform::jobs::progress;

/// Root queries of dead letters.
#[derive(Default)]
pub struct JobsQuery;

#[Object]
impl JobsQuery {
    /// Work that could not be done, what was given up last first. For admins.
    async fn dead_letters(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Only those that failed in this way.")] fingerprint: Option<String>,
        #[graphql(desc = "So many from the start: 25 unless told, at most 100.")] first: Option<i32>,
        #[graphql(desc = "After this cursor.")] after: Option<String>,
        #[graphql(desc = "So many from the end, at most 100.")] last: Option<i32>,
        #[graphql(desc = "Before this cursor.")] before: Option<String>,
    ) -> Result<One<Connection<DeadLetter>>> {
        let reader = ctx.reader()?;
        reader.viewer.may(Right::Administer)?;
        let select = dead::list(&reader.viewer, fingerprint.as_deref());
        Ok(list(ctx, reader, select, DEAD_LATEST, PageArgs { first, after, last, before }).await?)
    }

    /// The work that is under way, and how far it is, the oldest first: at most 100. For admins.
    async fn jobs_under_way(&self, ctx: &Context<'_>) -> Result<List<JobUnderWay>> {
        let reader = ctx.reader()?;
        reader.viewer.may(Right::Administer)?;
        let now = ctx.services()?.authenticator.clock.now();
        let jobs = progress::under_way(&reader.db, now).await?;
        Ok(List::new(jobs.into_iter().map(JobUnderWay::from).collect()))
    }

    /// The ways in which work failed, the most frequent first: at most 100. For admins.
    async fn dead_letter_groups(&self, ctx: &Context<'_>) -> Result<List<DeadLetterGroup>> {
        let reader = ctx.reader()?;
        reader.viewer.may(Right::Administer)?;
        let group = |group: dead::Group| DeadLetterGroup {
            fingerprint: group.fingerprint,
            kind: group.kind,
            error: group.error,
            count: i32::try_from(group.count).unwrap_or(i32::MAX),
            first_at: group.first_at,
            last_at: group.last_at,
        };
        Ok(List::new(dead::groups(reader).await?.into_iter().map(group).collect()))
    }
}

/// Root mutations of dead letters.
#[derive(Default)]
pub struct JobsMutation;

#[Object]
impl JobsMutation {
    /// Has dead letters tried again: at most 1,000 at once, the oldest first. For admins.
    async fn dead_letter_retry(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which dead letters.")] input: DeadLetterRetryInput,
    ) -> Result<DeadLetterPayload> {
        let selection = selection(input.ids, input.fingerprint, input.all);
        let (ids, outcome) =
            write(ctx, selection, |tx, selection| dead::retry(tx, selection).boxed()).await?;
        Ok(DeadLetterPayload(ids, outcome))
    }

    /// Discards dead letters for good: at most 1,000 at once, the oldest first. The audit keeps what they were. For admins.
    async fn dead_letter_discard(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which dead letters, and why.")] input: DeadLetterDiscardInput,
    ) -> Result<DeadLetterPayload> {
        let selection = selection(input.ids, input.fingerprint, input.all);
        let reason = input.reason;
        let discard = write(ctx, selection, |tx, selection| {
            let reason = reason.clone();
            async move { dead::discard(tx, selection, &reason).await }.boxed()
        });
        let (ids, outcome) = discard.await?;
        Ok(DeadLetterPayload(ids, outcome))
    }
}

failures! {
    "dead letters", JobId, DeadLetterRetryInput, DeadLetterDiscardInput, DeadLetterPayload, DeadLetterErrorCode
}
