//! Dead letters, for admins.

use async_graphql::{Context, InputObject, Object, Result};

use crate::graphql::context::Ask;
use crate::graphql::fast::{List, One};
use crate::graphql::nodes::jobs::{DEAD_LATEST, DeadLetter, DeadLetterGroup};
use crate::graphql::page::{Connection, list};
use crate::graphql::payload::{Event, Outcome, UserError, origin};
use crate::kernel::ids::JobId;
use crate::kernel::{Error, Stop};
use crate::platform::auth::Right;
use crate::platform::db::{PageArgs, Tx};
use crate::platform::jobs::dead::{self, DeadLetterErrorCode, Which};

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
        let which = which(input.ids, input.fingerprint, input.all);
        Ok(write(ctx, which, None).await?)
    }

    /// Discards dead letters for good: at most 1,000 at once, the oldest first. The audit keeps what they were. For admins.
    async fn dead_letter_discard(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which dead letters, and why.")] input: DeadLetterDiscardInput,
    ) -> Result<DeadLetterPayload> {
        let which = which(input.ids, input.fingerprint, input.all);
        Ok(write(ctx, which, Some(&input.reason)).await?)
    }
}

/// Dead letters to be tried again: exactly one of the fields.
#[derive(InputObject)]
pub struct DeadLetterRetryInput {
    /// These.
    pub ids: Option<Vec<JobId>>,
    /// All that failed in this way.
    pub fingerprint: Option<String>,
    /// All there are.
    pub all: Option<bool>,
}

/// Dead letters to be discarded: exactly one of the fields, and the reason.
#[derive(InputObject)]
pub struct DeadLetterDiscardInput {
    /// These.
    pub ids: Option<Vec<JobId>>,
    /// All that failed in this way.
    pub fingerprint: Option<String>,
    /// All there are.
    pub all: Option<bool>,
    /// Why; 1 to 500 characters, kept in the audit.
    pub reason: String,
}

fn which(ids: Option<Vec<JobId>>, fingerprint: Option<String>, all: Option<bool>) -> Result<Which, Error> {
    match (ids, fingerprint, all) {
        (Some(ids), None, None | Some(false)) => Ok(Which::Ids(ids)),
        (None, Some(fingerprint), None | Some(false)) => Ok(Which::Alike(fingerprint)),
        (None, None, Some(true)) => Ok(Which::All),
        _ => Err(Error::invalid("ids", "exactly one of ids, fingerprint and all must be given")),
    }
}

async fn write(
    ctx: &Context<'_>,
    which: Result<Which, Error>,
    discard: Option<&str>,
) -> Result<DeadLetterPayload, Error> {
    let services = ctx.services()?;
    let viewer = ctx.viewer()?.clone();
    viewer.may(Right::Administer)?; // before anything is told of the input
    let mut tx = Tx::begin(&services.database, &services.door.clock, viewer, origin(ctx, None)?).await?;
    let done: Result<_, Stop<DeadLetterErrorCode>> = match (which, discard) {
        (Err(error), _) => Err(error.into()),
        (Ok(which), Some(reason)) => dead::discard(&mut tx, which, reason).await,
        (Ok(which), None) => dead::retry(&mut tx, which).await,
    };
    let (ids, ended) = match done {
        Ok(ids) => (ids, Ok(tx.commit().await?)),
        Err(stop) => (Vec::new(), Err(stop)),
    };
    Ok(DeadLetterPayload { ids, outcome: Outcome::of(None, ended)? })
}

/// Answer of the mutations of dead letters.
pub struct DeadLetterPayload {
    ids: Vec<JobId>,
    outcome: Outcome<JobId, DeadLetterErrorCode>,
}

/// Answer of the mutations of dead letters.
#[Object]
impl DeadLetterPayload {
    /// The dead letters that are none any more.
    async fn ids(&self) -> &[JobId] {
        &self.ids
    }
    /// Why nothing was done; empty when all went well.
    async fn user_errors(&self) -> Vec<UserError<DeadLetterErrorCode>> {
        self.outcome.refusals.iter().cloned().map(Into::into).collect()
    }
    /// The change; null when nothing was done.
    async fn event(&self) -> Option<Event> {
        self.outcome.event.map(|id| Event { id })
    }
}
