//! Look-ups of clients and of what hangs on them.

use super::agenda::{DateTimeRangeInput, Touch, laid_out};
use crate::domains::agenda::events::{self, EventFilter};
use crate::domains::clients::client;
use crate::domains::clients::event_log_entry::{self, EventLogKind};
use crate::domains::clients::rules::{self, Blocked, ClientAction, Facts};
use crate::domains::clients::{activities, activity, contact, texts, timeline};
use crate::edges;
use crate::graphql::context::Ask;
use crate::graphql::fast::{All, Computed, Inline, Inlines, Maybe, The, Within};
use crate::graphql::nodes::agenda::{AgendaEvent, BY_START};
use crate::graphql::nodes::clients::{
    AGENDA, Activity, Address, Attachment, Author, AvailableClientAction, BY_KEY, BY_SYSTEM, Client,
    ClientBlockage, Consents, Contact, Ecosystem, EventLogEntry, ExternalRef, Market, NEWEST,
};
use crate::graphql::nodes::identity::{BY_NAME, Team, User};
use crate::graphql::nodes::sync::SyncState;
use crate::graphql::scalars::Url;
use crate::kernel::ids::{SyncId, TypedId, UserId};
use crate::kernel::language::Language;
use crate::kernel::words::Word;
use crate::platform::auth::{ActorKind, Viewer};
use crate::platform::db::Visible;

edges! {
    Client {
        /// The market, which decides currency, tax ids and numbering; null for clients from before there were markets.
        field market: Maybe<Market> = |client, _| Maybe::of(client.market_id);
        /// The ecosystem; null for clients outside of any.
        field ecosystem: Maybe<Ecosystem> = |client, _| Maybe::of(client.ecosystem_id);
        /// The team that serves the client.
        field team: Maybe<Team> = |client, _| Maybe::of(Some(client.team_id));
        /// Who looks after the client; null while it waits in the team's pool.
        field advisor: Maybe<User> = |client, _| Maybe::of(client.advisor_id);
        /// Postal address; null when unknown.
        field address: Inline<Address> = |client, _| Inline(client.address.clone().map(Address::from));
        /// What the client allowed us.
        field consents: Within<Consents> = |client, _| Within(client.consents.into());
        /// How the client stands in Odoo; null when it is not synced.
        field sync: Maybe<SyncState> = |client, _| Maybe::of(Some(SyncId::from_uuid(client.id.uuid())));
        /// The client's keys in other systems.
        field external_refs: All<ExternalRef> = |client, _| All::of(client.id.uuid(), "client_id", BY_SYSTEM);
        /// What can be done with the client, and what stands in the way: the screen needs no rules of its own.
        field available_actions: Inlines<AvailableClientAction> = |client, ctx|
            Inlines(ctx.viewer().map(|viewer| actions(client, viewer)).unwrap_or_default());
        /// The history, what happened last first.
        page event_log(
            #[graphql(desc = "Only these kinds; all unless told.")] kinds: Option<Vec<EventLogKind>>
        ): EventLogEntry by "client_id" in NEWEST => |viewer| Ok(timeline::history(viewer, kinds.as_deref()));
        /// The people there, by name.
        page contacts(): Contact by "client_id" in BY_NAME => |viewer| Ok(contact::Entity::visible_to(viewer));
        /// When the client is touched next, and why; null when nothing is open, or it is somebody else's to do.
        field next_touch: Touch = |client, _| Touch::of(client.id.uuid());
        /// The events with the client that you may see, by their start. Without a range, series as far as they are laid out: a
        /// year and a bit ahead.
        page agenda_events(
            #[graphql(desc = "From when to when, at most ten years ahead; all unless told.")] range: Option<DateTimeRangeInput>
        ): AgendaEvent by "client_id" in BY_START => |viewer| {
            let range = range.as_ref().map(DateTimeRangeInput::checked).transpose()?;
            Ok(events::list(viewer, range.as_ref(), &EventFilter::default()))
        }, after |ctx| range.as_ref().and_then(|range| laid_out(ctx, range.end.0));
        /// What is planned and was done, latest first.
        page activities(
            #[graphql(desc = "Only these states; all unless told.")] states: Option<Vec<activity::ActivityState>>
        ): Activity by "client_id" in AGENDA => |viewer| Ok(activities::list(viewer, None, states.as_deref()));
    }
}

edges! { Address {} }
edges! { Consents {} }
edges! { ClientBlockage {} }
edges! { ExternalRef {} }

edges! {
    AvailableClientAction {
        /// What stands in the way; null when nothing does.
        field blocked_by: Inline<ClientBlockage> = |action, _| Inline(action.blockage.clone());
    }
}

edges! {
    Contact {
        /// The client that the person is at.
        field client: The<Client> = |contact, _| The::of(contact.client_id);
        /// How the contact stands in Odoo; null when it is not synced.
        field sync: Maybe<SyncState> = |contact, _| Maybe::of(Some(SyncId::from_uuid(contact.id.uuid())));
    }
}

edges! {
    Activity {
        /// The client that it is with.
        field client: The<Client> = |activity, _| The::of(activity.client_id);
        /// Who does it; null when nobody was named.
        field assignee: Maybe<User> = |activity, _| Maybe::of(activity.assignee_id);
    }
}

edges! {
    EventLogEntry {
        /// The text, for people: what somebody wrote, or, with a `code`, what cabina tells in your language.
        field text: Computed<String> = |entry, ctx| Computed(text(entry, ctx.language()));
        /// Whose history it is.
        field client: The<Client> = |entry, _| The::of(entry.client_id);
        /// How the entry stands in Odoo; null when it is not synced.
        field sync: Maybe<SyncState> = |entry, _| Maybe::of(Some(SyncId::from_uuid(entry.id.uuid())));
        /// Who wrote it.
        field author: Within<Author> = |entry, _|
            Within(Author::of(entry.author_kind, entry.author_id, &entry.author_name));
        /// What belongs to it and lies elsewhere, in the order it was given.
        field attachments: Inlines<Attachment> = |entry, _| Inlines(attachments(entry));
        /// The entry that this one corrects; null when it corrects none.
        field corrects: Maybe<EventLogEntry> = |entry, _| Maybe::of(entry.corrects_id);
    }
}

edges! { Attachment {} }

edges! {
    Author {
        /// The person; null for machines, and for people whom you may not see.
        field user: Maybe<User> = |author, _| Maybe::of(author.user_id);
    }
}

edges! {
    Market {
        /// The market's ecosystems, by key.
        field ecosystems: All<Ecosystem> = |market, _| All::of(market.id.uuid(), "market_id", BY_KEY);
    }
}

edges! {
    Ecosystem {
        /// The market that it is in.
        field market: The<Market> = |ecosystem, _| The::of(ecosystem.market_id);
    }
}

fn text(entry: &EventLogEntry, language: Language) -> String {
    let told = entry.code.and_then(|code| {
        let values = entry.payload.as_ref().map_or(&serde_json::Value::Null, |payload| &payload.0);
        texts::entry(code, values, language)
    });
    told.unwrap_or_else(|| entry.text.clone())
}

impl From<client::Address> for Address {
    fn from(client::Address { street, city, region, postal_code, country }: client::Address) -> Self {
        Address { street, city, region, postal_code, country }
    }
}

impl From<client::Consents> for Consents {
    fn from(client::Consents { data, email, phone, whatsapp }: client::Consents) -> Self {
        Consents { data, email, phone, whatsapp }
    }
}

fn attachments(entry: &EventLogEntry) -> Vec<Attachment> {
    let shown = |event_log_entry::Attachment { name, url, content_type }: event_log_entry::Attachment| {
        Attachment { name, url: Url(url), content_type }
    };
    entry.attachments.0.iter().cloned().map(shown).collect()
}

impl Author {
    /// As a row tells it.
    pub fn of(kind: ActorKind, id: Option<uuid::Uuid>, name: &str) -> Author {
        let user_id = id.filter(|_| kind == ActorKind::User).map(UserId::from_uuid);
        Author { kind, name: name.to_owned(), user_id }
    }
}

fn actions(client: &Client, viewer: &Viewer) -> Vec<AvailableClientAction> {
    let facts = Facts {
        status: client.status,
        reachable: client.email.is_some() || client.phone.is_some(),
        erased: client.erased_at.is_some(),
    };
    let judged = |action: ClientAction| {
        let blockage = rules::judge(action, facts, viewer).err().map(|Blocked { code, message, fix }| {
            ClientBlockage { code, message: message.to_owned(), fix: fix.to_owned() }
        });
        AvailableClientAction { action, enabled: blockage.is_none(), blockage }
    };
    ClientAction::ALL.iter().map(|(action, ..)| judged(*action)).collect()
}
