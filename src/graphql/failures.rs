//! What the mutations on failures have in common, whatever failed: which are meant, and the answer that names them.

use async_graphql::Context;
use futures_util::future::BoxFuture;

use super::context::Ask;
use super::payload::{Outcome, origin};
use crate::kernel::ids::TypedId;
use crate::kernel::words::Code;
use crate::kernel::{Error, Stop};
use crate::platform::auth::Right;
use crate::platform::db::{Tx, retried};
use crate::platform::jobs::dead::{MOST, Selection};

/// Which failures an input means.
///
/// # Errors
/// Unless exactly one of the fields is given.
pub fn selection<I>(
    ids: Option<Vec<I>>,
    fingerprint: Option<String>,
    all: Option<bool>,
) -> Result<Selection<I>, Error> {
    match (ids, fingerprint, all) {
        (Some(ids), None, None | Some(false)) if ids.len() as u64 > MOST => {
            Err(Error::invalid("ids", format!("must be at most {MOST}")))
        }
        (Some(ids), None, None | Some(false)) => Ok(Selection::Ids(ids)),
        (None, Some(fingerprint), None | Some(false)) => Ok(Selection::Alike(fingerprint)),
        (None, None, Some(true)) => Ok(Selection::All),
        _ => Err(Error::invalid("ids", "exactly one of ids, fingerprint and all must be given")),
    }
}

/// Runs a verb on several failures in one transaction. For admins.
///
/// # Errors
/// What is no refusal.
pub async fn write<I, C, F>(
    ctx: &Context<'_>,
    selection: Result<Selection<I>, Error>,
    verb: F,
) -> Result<(Vec<I>, Outcome<I, C>), Error>
where
    I: TypedId,
    C: Code,
    F: for<'t> Fn(&'t mut Tx, Selection<I>) -> BoxFuture<'t, Result<Vec<I>, Stop<C>>>,
{
    let services = ctx.services()?;
    let viewer = ctx.viewer()?.clone();
    viewer.may(Right::Administer)?; // before anything is told of the input
    let origin = origin(ctx, None)?;
    let selection = match selection {
        Ok(selection) => selection,
        Err(error) => return Ok((Vec::new(), Outcome::of(None, Err(Stop::<C>::from(error)))?)),
    };
    let attempt = || async {
        let mut tx =
            Tx::begin(&services.database, &services.authenticator.clock, viewer.clone(), origin.clone())
                .await?;
        let ids = verb(&mut tx, selection.clone()).await?;
        Ok((ids, tx.commit().await?))
    };
    Ok(match retried(attempt).await {
        Ok((ids, event)) => (ids, Outcome::of(None, Ok(event))?),
        Err(stop) => (Vec::new(), Outcome::of(None, Err(stop))?),
    })
}

/// Declares the inputs and the payload of the mutations on failures of one kind:
/// `failures! { "dead letters", JobId, DeadLetterRetryInput, DeadLetterDiscardInput, DeadLetterPayload, DeadLetterErrorCode }`.
#[macro_export]
macro_rules! failures {
    ($what:literal, $Id:ident, $Retry:ident, $Discard:ident, $Payload:ident, $Code:ident) => {
        #[doc = concat!("Which ", $what, " are tried again: exactly one of the fields.")]
        #[derive(async_graphql::InputObject)]
        pub struct $Retry {
            /// These: at most 1,000.
            pub ids: Option<Vec<$Id>>,
            /// All that failed in this way.
            pub fingerprint: Option<String>,
            /// All there are.
            pub all: Option<bool>,
        }

        #[doc = concat!("Which ", $what, " are discarded: exactly one of the first three fields, and the reason.")]
        #[derive(async_graphql::InputObject)]
        pub struct $Discard {
            /// These: at most 1,000.
            pub ids: Option<Vec<$Id>>,
            /// All that failed in this way.
            pub fingerprint: Option<String>,
            /// All there are.
            pub all: Option<bool>,
            /// Why; 1 to 500 characters, kept in the audit.
            pub reason: String,
        }

        #[doc = concat!("Answer of the mutations of ", $what, ".")]
        pub struct $Payload(Vec<$Id>, $crate::graphql::payload::Outcome<$Id, $Code>);

        #[doc = concat!("Answer of the mutations of ", $what, ".")]
        #[async_graphql::Object]
        impl $Payload {
            #[doc = concat!("The ", $what, " that are none any more.")]
            async fn ids(&self) -> &[$Id] {
                &self.0
            }
            /// Why nothing was done; empty when all went well.
            async fn user_errors(&self) -> Vec<$crate::graphql::payload::UserError<$Code>> {
                self.1.refusals.iter().cloned().map(Into::into).collect()
            }
            /// The change; null when nothing was done.
            async fn event(&self) -> Option<$crate::graphql::payload::Event> {
                self.1.event.map(|id| $crate::graphql::payload::Event { id })
            }
        }
    };
}
