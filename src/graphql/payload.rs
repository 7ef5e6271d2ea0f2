//! Mutations: every one runs through `write` and answers with a payload: the changed object, the refusals, the conflict,
//! the id of the change.

use std::borrow::Cow;
use std::sync::{Arc, Mutex, PoisonError};

use async_graphql::{Context, OutputType, SimpleObject, TypeName};
use futures_util::future::BoxFuture;
use sea_orm::{ColumnTrait, QueryFilter, QueryOrder};

use super::context::Ask;
use crate::kernel::ids::{EventId, TypedId};
use crate::kernel::words::Code;
use crate::kernel::{Error, FieldConflict, Refusal, Stop};
use crate::platform::auth::hash_secret;
use crate::platform::db::tables::audit_entry;
use crate::platform::db::{Origin, Tx, all_rows, retried};

/// A refused business rule: nothing was written.
#[derive(Clone, Debug, SimpleObject)]
#[graphql(name_type)]
pub struct UserError<C: Code + OutputType> {
    /// Which rule.
    pub code: C,
    /// The input field that it is about, as a path with dots; null when it is about none.
    pub field: Option<String>,
    /// What is wrong and what to do, for a person.
    pub message: String,
}

impl<C: Code + OutputType> TypeName for UserError<C> {
    fn type_name() -> Cow<'static, str> {
        C::NAME.trim_end_matches("Code").into()
    }
}

impl<C: Code + OutputType> From<Refusal<C>> for UserError<C> {
    fn from(refusal: Refusal<C>) -> Self {
        let field = Some(refusal.field.join(".")).filter(|field| !field.is_empty());
        UserError { code: refusal.code, field, message: refusal.message }
    }
}

/// A field that you and somebody else changed from the same version; nothing was written.
#[derive(Clone, Debug, SimpleObject)]
pub struct Conflict {
    /// The field.
    pub field: String,
    /// Its value in the version that you started from, as text (lists and objects as JSON); null when it was empty.
    pub base: Option<String>,
    /// The value that you sent.
    pub mine: Option<String>,
    /// The value that is there now.
    pub theirs: Option<String>,
}

impl From<FieldConflict> for Conflict {
    fn from(FieldConflict { field, base, mine, theirs }: FieldConflict) -> Self {
        Conflict { field, base, mine, theirs }
    }
}

/// A committed change. Everything that it sends to subscriptions carries its id, so a screen knows its own changes.
#[derive(Clone, Debug, SimpleObject)]
pub struct Event {
    /// Opaque id.
    pub id: EventId,
}

/// How a write ended.
pub struct Outcome<I, C> {
    /// The changed thing.
    pub subject: Option<I>,
    /// The change; none when nothing was changed.
    pub event: Option<EventId>,
    /// Why nothing was written.
    pub refusals: Vec<Refusal<C>>,
    /// What both changed.
    pub conflicts: Vec<FieldConflict>,
}

impl<I, C: Code> Outcome<I, C> {
    /// Of a verb that ended; what is no refusal is an error of the request.
    pub fn of(subject: Option<I>, ended: Result<Option<EventId>, Stop<C>>) -> Result<Self, Error> {
        let refused = |refusals| Outcome { subject: None, event: None, refusals, conflicts: Vec::new() };
        let mut outcome = match ended {
            Ok(event) => return Ok(Outcome { subject, event, refusals: Vec::new(), conflicts: Vec::new() }),
            Err(Stop::Refused(refusals)) => refused(refusals),
            Err(Stop::Conflict(conflicts)) => {
                let message = "somebody else changed this field meanwhile: see conflict";
                let refusals =
                    conflicts.iter().map(|c| Refusal::of(C::CONFLICT, &c.field, message)).collect();
                Outcome { conflicts, ..refused(refusals) }
            }
            Err(Stop::Error(Error::NotFound)) => refused(vec![Refusal::of(
                C::NOT_FOUND,
                "id",
                "there is no such thing, or you may not see it",
            )]),
            Err(Stop::Error(Error::Invalid { field, rule })) => {
                refused(vec![Refusal::of(C::INVALID, &field, rule)])
            }
            Err(Stop::Error(Error::IdempotencyMismatch)) => {
                let message = "this key was used before with another input";
                refused(vec![Refusal::of(C::IDEMPOTENCY_MISMATCH, "idempotencyKey", message)])
            }
            Err(Stop::Error(error)) => return Err(error),
        };
        outcome.subject = subject;
        Ok(outcome)
    }
}

/// A verb, which may be run more than once.
type Verb<'a, I, C> = Box<dyn for<'t> Fn(&'t mut Tx) -> BoxFuture<'t, Result<I, Stop<C>>> + Send + Sync + 'a>;

/// Runs a verb in its transaction: claims the idempotency key, runs, commits with audit and outbox. A repeated request
/// writes nothing and answers with what the first one did. The verb is run again when the database rolled it back in favour of
/// another write.
///
/// `id` is the thing that an update is about; it is shown also when the update is refused.
pub fn write<'a, I: TypedId, C: Code>(
    ctx: &'a Context<'_>,
    id: Option<I>,
    key: Option<String>,
    verb: impl for<'t> Fn(&'t mut Tx) -> BoxFuture<'t, Result<I, Stop<C>>> + Send + Sync + 'a,
) -> BoxFuture<'a, Result<Outcome<I, C>, Error>> {
    // Boxed, so that there is one copy for all mutations of a kind of thing and not one for each mutation.
    Box::pin(run(ctx, id, key, Box::new(verb)))
}

async fn run<I: TypedId, C: Code>(
    ctx: &Context<'_>,
    id: Option<I>,
    key: Option<String>,
    verb: Verb<'_, I, C>,
) -> Result<Outcome<I, C>, Error> {
    let viewer = ctx.viewer()?.clone();
    let services = ctx.services()?;
    let origin = match origin(ctx, key) {
        Ok(origin) => origin,
        Err(error) => return Outcome::of(id, Err(error.into())),
    };
    let attempt = || async {
        let mut tx =
            Tx::begin(&services.database, &services.authenticator.clock, viewer.clone(), origin.clone())
                .await?;
        let id = verb(&mut tx).await?;
        Ok((id, tx.commit().await?))
    };
    match retried(attempt).await {
        Ok((id, event)) => Outcome::of(Some(id), Ok(event)),
        Err(Stop::Error(Error::Replayed(event))) => replay(ctx, id, EventId::from_uuid(event)).await,
        Err(stop) => Outcome::of(id, Err(stop)),
    }
}

/// A secret that a verb makes, for the answer to the request that made it and no other.
#[derive(Clone, Default)]
pub struct MadeSecret(Arc<Mutex<Option<String>>>);

impl MadeSecret {
    /// Keeps what the verb made; the last attempt counts.
    pub fn keep(&self, secret: String) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(secret);
    }

    /// The secret, if it was committed.
    pub fn of<I, C>(&self, outcome: &Outcome<I, C>) -> Option<String> {
        let made = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        made.clone().filter(|_| outcome.event.is_some())
    }
}

/// What the first of two equal requests did. Equal ones are about the same thing; a new one is the first of its kind that the
/// audit tells of.
async fn replay<I: TypedId, C: Code>(
    ctx: &Context<'_>,
    id: Option<I>,
    event: EventId,
) -> Result<Outcome<I, C>, Error> {
    if id.is_some() {
        return Outcome::of(id, Ok(Some(event)));
    }
    let first = all_rows::<audit_entry::Entity>()
        .filter(audit_entry::Column::EventId.eq(event))
        .filter(audit_entry::Column::SubjectType.eq(I::PREFIX))
        .order_by_asc(audit_entry::Column::Id)
        .one(&ctx.reader()?.db)
        .await?;
    Outcome::of(first.map(|entry| I::from_uuid(entry.subject_id)), Ok(Some(event)))
}

/// Longest idempotency key, in characters.
const KEY_MAX: usize = 100;

/// Where a mutation comes from. The hash of its input tells a repetition from another use of the key.
pub fn origin(ctx: &Context<'_>, key: Option<String>) -> Result<Origin, Error> {
    let caller = ctx.caller()?;
    let idempotency = match key {
        None => None,
        Some(key) if key.is_empty() || key.chars().count() > KEY_MAX => {
            return Err(Error::invalid(
                "idempotencyKey",
                format!("must have between 1 and {KEY_MAX} characters"),
            ));
        }
        Some(key) => {
            let arguments = ctx.field().arguments().map_err(|error| Error::internal(error.message))?;
            let input = arguments.into_iter().find(|(name, _)| name == "input").map(|(_, value)| value);
            let input = input.unwrap_or_default().into_json()?;
            Some((key, hash_secret(&without_key(input).to_string())))
        }
    };
    Ok(Origin {
        operation: ctx.field().name().to_owned(),
        request_id: Some(caller.request_id.clone()),
        address: caller.address.clone(),
        idempotency,
    })
}

/// The input without its key, with the fields of every object in one order.
fn without_key(mut input: serde_json::Value) -> serde_json::Value {
    if let Some(fields) = input.as_object_mut() {
        fields.remove("idempotencyKey");
    }
    sorted(input)
}

fn sorted(value: serde_json::Value) -> serde_json::Value {
    match value {
        serde_json::Value::Object(fields) => {
            let mut fields: Vec<_> =
                fields.into_iter().map(hidden).map(|(name, value)| (name, sorted(value))).collect();
            fields.sort_by(|a, b| a.0.cmp(&b.0));
            serde_json::Value::Object(fields.into_iter().collect())
        }
        serde_json::Value::Array(items) => serde_json::Value::Array(items.into_iter().map(sorted).collect()),
        other => other,
    }
}

/// A fast hash must not hold a password: it could be guessed from the stored hash.
fn hidden((name, value): (String, serde_json::Value)) -> (String, serde_json::Value) {
    let secret = name.to_lowercase().contains("password");
    (name, if secret { "***".into() } else { value })
}

/// Declares the payload of mutations that change one kind of thing:
/// `payload! { /// Doc. pub struct TeamPayload { /// Doc. team: Team by TeamId, TeamErrorCode } }`. A value that is told
/// once stands behind that; what only the resolvers know, in `; with name: Type`; fields that are looked up, in `; also { … }`.
#[macro_export]
macro_rules! payload {
    ($(#[$meta:meta])* pub struct $Payload:ident {
        $(#[$field_meta:meta])* $field:ident: $Node:ident by $Id:ident, $Code:ident $(, $(#[$extra_meta:meta])* $extra:ident: $Extra:ty)?
        $(; with $with:ident: $With:ty)?
        $(; also { $($also:tt)* })?
    }) => {
        $(#[$meta])*
        pub struct $Payload {
            outcome: $crate::graphql::payload::Outcome<$Id, $Code>,
            $($extra: Option<$Extra>,)?
            $($with: $With,)?
        }

        impl From<$crate::graphql::payload::Outcome<$Id, $Code>> for $Payload {
            fn from(outcome: $crate::graphql::payload::Outcome<$Id, $Code>) -> Self {
                $Payload { outcome, $($extra: None,)? $($with: Default::default(),)? }
            }
        }

        $(#[$meta])*
        #[async_graphql::Object]
        impl $Payload {
            $(#[$field_meta])*
            async fn $field(
                &self,
                ctx: &async_graphql::Context<'_>,
            ) -> async_graphql::Result<Option<$crate::graphql::fast::One<$Node>>> {
                let Some(id) = self.outcome.subject else { return Ok(None) };
                Ok($crate::graphql::fast::find::<$Node>(ctx, id).await?)
            }
            $($(#[$extra_meta])*
            async fn $extra(&self) -> Option<$Extra> {
                self.$extra.clone()
            })?
            $($($also)*)?
            /// Why nothing was written; empty when all went well.
            async fn user_errors(&self) -> Vec<$crate::graphql::payload::UserError<$Code>> {
                self.outcome.refusals.iter().cloned().map(Into::into).collect()
            }
            /// The fields that somebody else changed since `expectedVersion`; empty when there are none.
            async fn conflict(&self) -> Vec<$crate::graphql::payload::Conflict> {
                self.outcome.conflicts.iter().cloned().map(Into::into).collect()
            }
            /// The change; null when nothing was changed.
            async fn event(&self) -> Option<$crate::graphql::payload::Event> {
                self.outcome.event.map(|id| $crate::graphql::payload::Event { id })
            }
        }
    };
}

/// A field of something new: absent and null both leave it empty.
pub fn given<T>(value: Option<T>) -> crate::kernel::Patch<T> {
    value.map_or(crate::kernel::Patch::Keep, crate::kernel::Patch::Set)
}

/// `null` clears, absence keeps.
pub fn patch<T>(given: async_graphql::MaybeUndefined<T>) -> crate::kernel::Patch<T> {
    match given {
        async_graphql::MaybeUndefined::Undefined => crate::kernel::Patch::Keep,
        async_graphql::MaybeUndefined::Null => crate::kernel::Patch::Clear,
        async_graphql::MaybeUndefined::Value(value) => crate::kernel::Patch::Set(value),
    }
}
