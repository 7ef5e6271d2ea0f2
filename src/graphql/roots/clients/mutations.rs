//! What can be done with clients, and the payloads.

use async_graphql::{Context, Object, Result};
use futures_util::FutureExt;

use crate::domains::clients::activities::{self, ActivityPatch};
use crate::domains::clients::activity::ActivityState;
use crate::domains::clients::clients::{ClientPatch, NewClient};
use crate::domains::clients::contacts::{ContactErrorCode, ContactPatch};
use crate::domains::clients::markets::{self, MarketErrorCode, NewMarket};
use crate::domains::clients::rules::{ClientAction, ClientErrorCode};
use crate::domains::clients::timeline::{self, EventlogErrorCode, NewEntry};
use crate::domains::clients::{activities::ActivityErrorCode, clients, contacts};
use crate::flows;
use crate::graphql::nodes::clients::{Activity, Client, Contact, Ecosystem, EventLogEntry, Market};
use crate::graphql::payload::{given, patch, write};
use crate::kernel::ids::{ActivityId, ClientId, ContactId, EcosystemId, EntryId, MarketId};
use crate::payload;

use super::inputs::*;

/// Root mutations of clients.
#[derive(Default)]
pub struct ClientsMutation;

#[Object]
impl ClientsMutation {
    /// Makes a client. It starts as a prospect; its number comes from its market.
    async fn client_create(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The client.")] input: ClientCreateInput,
    ) -> Result<ClientPayload> {
        let (key, new) = (input.idempotency_key.clone(), NewClient::from(input));
        Ok(write(ctx, None, key, move |tx| clients::create(tx, new.clone()).boxed()).await?.into())
    }

    /// Changes fields of a client. Edits that do not overlap with those of others merge; others are a conflict.
    async fn client_update(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which client, and what changes.")] input: ClientUpdateInput,
    ) -> Result<ClientPayload> {
        let (id, version, key) = (input.id, input.expected_version, input.idempotency_key.clone());
        let change = ClientPatch::from(input);
        Ok(write(ctx, Some(id), key, move |tx| clients::update(tx, id, version, change.clone()).boxed())
            .await?
            .into())
    }

    /// Gives a client to another advisor, or to a team's pool, with what its advisor has planned with it. Other teams are for
    /// admins.
    async fn client_reassign(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which client, and to whom.")] input: ClientReassignInput,
    ) -> Result<ClientPayload> {
        let ClientReassignInput { id, expected_version, advisor_id, team_id, idempotency_key } = input;
        Ok(write(ctx, Some(id), idempotency_key, move |tx| {
            flows::reassign(tx, id, expected_version, advisor_id, team_id).boxed()
        })
        .await?
        .into())
    }

    /// A prospect or inactive client becomes active.
    async fn client_activate(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which client.")] input: ClientTransitionInput,
    ) -> Result<ClientPayload> {
        transit(ctx, input, ClientAction::Activate).await
    }

    /// An active client becomes inactive.
    async fn client_deactivate(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which client.")] input: ClientTransitionInput,
    ) -> Result<ClientPayload> {
        transit(ctx, input, ClientAction::Deactivate).await
    }

    /// We do no more business with a client. For supervisors; needs a reason.
    async fn client_block(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which client, and why.")] input: ClientTransitionInput,
    ) -> Result<ClientPayload> {
        transit(ctx, input, ClientAction::Block).await
    }

    /// Lifts a block; the client is inactive then. For supervisors.
    async fn client_unblock(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which client.")] input: ClientTransitionInput,
    ) -> Result<ClientPayload> {
        transit(ctx, input, ClientAction::Unblock).await
    }

    /// Adds to a client's history.
    async fn eventlog_append(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which client, and what happened.")] input: EventlogAppendInput,
    ) -> Result<EventlogPayload> {
        let client = input.client_id;
        let new = NewEntry {
            kind: input.kind,
            code: None,
            text: input.text,
            payload: input.payload.map(|payload| payload.0),
            occurred_at: input.occurred_at.map(|at| at.0),
            corrects: input.corrects,
            attachments: input.attachments.unwrap_or_default().into_iter().map(Into::into).collect(),
        };
        Ok(write(ctx, None, input.idempotency_key, move |tx| {
            timeline::append(tx, client, new.clone()).boxed()
        })
        .await?
        .into())
    }

    /// Adds a person to a client.
    async fn contact_create(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which client, and who.")] input: ContactCreateInput,
    ) -> Result<ContactPayload> {
        let client = input.client_id;
        let fields = ContactPatch {
            client: None,
            name: crate::kernel::Patch::Set(input.name),
            position: given(input.position),
            email: given(input.email.map(|email| email.0)),
            phone: given(input.phone.map(|phone| phone.0)),
            notes: given(input.notes),
        };
        Ok(write(ctx, None, input.idempotency_key, move |tx| {
            contacts::create(tx, client, fields.clone()).boxed()
        })
        .await?
        .into())
    }

    /// Changes a contact.
    async fn contact_update(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which contact, and what changes.")] input: ContactUpdateInput,
    ) -> Result<ContactPayload> {
        let (id, version) = (input.id, input.expected_version);
        let fields = ContactPatch {
            client: None,
            name: patch(input.name),
            position: patch(input.position),
            email: patch(input.email.map_value(|email| email.0)),
            phone: patch(input.phone.map_value(|phone| phone.0)),
            notes: patch(input.notes),
        };
        Ok(write(ctx, Some(id), input.idempotency_key, move |tx| {
            contacts::update(tx, id, version, fields.clone()).boxed()
        })
        .await?
        .into())
    }

    /// Removes a contact.
    async fn contact_delete(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which contact.")] input: ContactDeleteInput,
    ) -> Result<ContactPayload> {
        let id = input.id;
        Ok(write(ctx, Some(id), input.idempotency_key, move |tx| contacts::delete(tx, id).boxed())
            .await?
            .into())
    }

    /// Plans an activity with a client, or writes down one that is done.
    async fn activity_create(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "With which client, and what.")] input: ActivityCreateInput,
    ) -> Result<ActivityPayload> {
        let (client, kind, done) = (input.client_id, input.kind, input.done.unwrap_or(false));
        let fields = ActivityPatch {
            title: crate::kernel::Patch::Set(input.title),
            notes: given(input.notes),
            due_at: given(input.due_at.map(|at| at.0)),
            assignee: given(input.assignee_id),
        };
        Ok(write(ctx, None, input.idempotency_key, move |tx| {
            activities::create(tx, client, kind, done, fields.clone()).boxed()
        })
        .await?
        .into())
    }

    /// Changes a planned activity.
    async fn activity_update(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which activity, and what changes.")] input: ActivityUpdateInput,
    ) -> Result<ActivityPayload> {
        let (id, version) = (input.id, input.expected_version);
        let fields = ActivityPatch {
            title: patch(input.title),
            notes: patch(input.notes),
            due_at: patch(input.due_at.map_value(|at| at.0)),
            assignee: patch(input.assignee_id),
        };
        Ok(write(ctx, Some(id), input.idempotency_key, move |tx| {
            activities::update(tx, id, version, fields.clone()).boxed()
        })
        .await?
        .into())
    }

    /// A planned activity is done; it becomes part of the client's history.
    async fn activity_complete(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which activity.")] input: ActivityTransitionInput,
    ) -> Result<ActivityPayload> {
        move_activity(ctx, input, ActivityState::Done).await
    }

    /// A planned activity is given up.
    async fn activity_cancel(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which activity.")] input: ActivityTransitionInput,
    ) -> Result<ActivityPayload> {
        move_activity(ctx, input, ActivityState::Cancelled).await
    }

    /// A done or cancelled activity is planned again.
    async fn activity_reopen(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which activity.")] input: ActivityTransitionInput,
    ) -> Result<ActivityPayload> {
        move_activity(ctx, input, ActivityState::Planned).await
    }

    /// Makes a market. For admins.
    async fn market_create(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The market.")] input: MarketCreateInput,
    ) -> Result<MarketPayload> {
        let MarketCreateInput { key, name, country, currency, time_zone, number_prefix, idempotency_key } =
            input;
        let new = NewMarket { key, name, country, currency, time_zone, number_prefix };
        Ok(write(ctx, None, idempotency_key, move |tx| markets::create(tx, new.clone()).boxed())
            .await?
            .into())
    }

    /// Makes an ecosystem in a market. For admins.
    async fn ecosystem_create(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The ecosystem.")] input: EcosystemCreateInput,
    ) -> Result<EcosystemPayload> {
        let EcosystemCreateInput { market, key, name, idempotency_key } = input;
        Ok(write(ctx, None, idempotency_key, move |tx| {
            let (market, key, name) = (market.clone(), key.clone(), name.clone());
            async move { markets::create_ecosystem(tx, &market, &key, &name).await }.boxed()
        })
        .await?
        .into())
    }

    /// Renames an ecosystem, or closes it for new clients. For admins.
    async fn ecosystem_update(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which ecosystem, and what changes.")] input: EcosystemUpdateInput,
    ) -> Result<EcosystemPayload> {
        let EcosystemUpdateInput { id, expected_version, name, active, idempotency_key } = input;
        Ok(write(ctx, Some(id), idempotency_key, move |tx| {
            markets::update_ecosystem(tx, id, expected_version, patch(name.clone()), active).boxed()
        })
        .await?
        .into())
    }
}

async fn transit(
    ctx: &Context<'_>,
    input: ClientTransitionInput,
    action: ClientAction,
) -> Result<ClientPayload> {
    let ClientTransitionInput { id, expected_version, reason, idempotency_key } = input;
    Ok(write(ctx, Some(id), idempotency_key, move |tx| {
        clients::transit(tx, id, expected_version, action, reason.clone()).boxed()
    })
    .await?
    .into())
}

async fn move_activity(
    ctx: &Context<'_>,
    input: ActivityTransitionInput,
    state: ActivityState,
) -> Result<ActivityPayload> {
    let ActivityTransitionInput { id, expected_version, idempotency_key } = input;
    Ok(write(ctx, Some(id), idempotency_key, move |tx| {
        activities::transit(tx, id, expected_version, state).boxed()
    })
    .await?
    .into())
}

payload! {
    /// Answer of the mutations that change a client.
    pub struct ClientPayload {
        /// The client as it is now; null when there is none, or you may not see it (any more).
        client: Client by ClientId, ClientErrorCode
    }
}
payload! {
    /// Answer of `eventlogAppend`.
    pub struct EventlogPayload {
        /// The new entry; null when refused.
        entry: EventLogEntry by EntryId, EventlogErrorCode
    }
}
payload! {
    /// Answer of the mutations that change a contact.
    pub struct ContactPayload {
        /// The contact as it is now; null when there is none.
        contact: Contact by ContactId, ContactErrorCode
    }
}
payload! {
    /// Answer of the mutations that change an activity.
    pub struct ActivityPayload {
        /// The activity as it is now; null when there is none.
        activity: Activity by ActivityId, ActivityErrorCode
    }
}
payload! {
    /// Answer of `marketCreate`.
    pub struct MarketPayload {
        /// The new market; null when refused.
        market: Market by MarketId, MarketErrorCode
    }
}
payload! {
    /// Answer of the mutations that change an ecosystem.
    pub struct EcosystemPayload {
        /// The ecosystem as it is now; null when refused.
        ecosystem: Ecosystem by EcosystemId, MarketErrorCode
    }
}
