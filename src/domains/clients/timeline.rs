//! The event log of a client: appended to, never changed.

use sea_orm::sea_query::LockType;
use sea_orm::{
    ColumnTrait, Condition, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder, QuerySelect, Select,
};

use super::tables::client::{self, ClientStatus};
use super::tables::event_log_entry::{self, Attachment, Attachments, EventLogCode, EventLogKind};
use super::{EVENTLOG_NEW, clients, texts};
use crate::codes;
use crate::domains::notifications::inbox;
use crate::domains::notifications::notification::NotificationKind;
use crate::kernel::error::Check;
use crate::kernel::ids::{ClientId, EntryId, TypedId};
use crate::kernel::language::Language;
use crate::kernel::time::Instant;
use crate::kernel::{Error, Result, Stop, text};
use crate::platform::auth::{Right, Viewer};
use crate::platform::db::{Audience, Change, ChangeKind, Owner, Tx, Visible, all_rows, differences};

codes! {
    /// Why nothing was written into the event log.
    pub enum EventlogErrorCode {
        /// This kind is written by cabina itself.
        KindReserved = "KIND_RESERVED",
        /// The entry to be corrected is not of this client's history.
        CorrectsUnknown = "CORRECTS_UNKNOWN",
    }
}

const TEXT_MAX: usize = 10_000;
const PAYLOAD_MAX: usize = 20_000;
const ATTACHMENTS_MAX: usize = 20;

/// An entry to be written.
#[derive(Clone, Debug)]
pub struct NewEntry {
    /// What it tells of.
    pub kind: EventLogKind,
    /// What cabina itself tells, with its values in `payload`; `None`: people's own words.
    pub code: Option<EventLogCode>,
    /// The text, for people.
    pub text: String,
    /// Data, for programs.
    pub payload: Option<serde_json::Value>,
    /// When it happened; `None`: now.
    pub occurred_at: Option<Instant>,
    /// The entry that this one corrects.
    pub corrects: Option<EntryId>,
    /// What belongs to it and lies elsewhere.
    pub attachments: Vec<Attachment>,
}

impl NewEntry {
    /// An entry that cabina itself writes: its words are found when it is read.
    pub fn told(kind: EventLogKind, code: EventLogCode, values: serde_json::Value) -> Self {
        let text = texts::entry(code, &values, Language::English).unwrap_or_else(|| code.to_string());
        NewEntry { code: Some(code), ..NewEntry::of(kind, text).with(values) }
    }

    /// An entry of this kind that happens now.
    pub fn of(kind: EventLogKind, text: impl Into<String>) -> Self {
        NewEntry {
            kind,
            code: None,
            text: text.into(),
            payload: None,
            occurred_at: None,
            corrects: None,
            attachments: vec![],
        }
    }

    /// With data for programs.
    pub fn with(mut self, payload: serde_json::Value) -> Self {
        self.payload = Some(payload);
        self
    }
}

/// What people may write themselves; the other kinds are the record of what cabina did.
pub fn is_open_to_people(kind: EventLogKind) -> bool {
    use EventLogKind::{Call, Email, Meeting, Note, Whatsapp};
    matches!(kind, Note | Call | Email | Meeting | Whatsapp)
}

/// Appends what a viewer has to tell.
pub async fn append(
    tx: &mut Tx,
    client: ClientId,
    new: NewEntry,
) -> Result<EntryId, Stop<EventlogErrorCode>> {
    use EventlogErrorCode as C;
    tx.by.may(Right::WriteClients)?;
    let client = clients::get(tx, client).await?;
    let mut check = Check::default();
    let text = check.take(C::Invalid, "text", text::required(&new.text, TEXT_MAX)).unwrap_or_default();
    if !is_open_to_people(new.kind) {
        check.refuse(C::KindReserved, "kind", "this kind is written by cabina itself");
    }
    if new.payload.as_ref().is_some_and(|payload| payload.to_string().len() > PAYLOAD_MAX) {
        check.refuse(C::Invalid, "payload", format!("must have at most {PAYLOAD_MAX} bytes of JSON"));
    }
    if new.occurred_at.is_some_and(|at| at > tx.now + chrono::Duration::minutes(5)) {
        check.refuse(C::Invalid, "occurredAt", "must not lie in the future");
    }
    if let Some(old) = new.corrects {
        let found =
            of_client(&tx.by, client.id).filter(event_log_entry::Column::Id.eq(old)).one(tx.conn()).await?;
        if found.is_none() {
            check.refuse(C::CorrectsUnknown, "corrects", "there is no such entry in this client's history");
        }
    }
    let attachments = checked(&mut check, new.attachments);
    check.done()?;
    let id = write(tx, &client, NewEntry { code: None, text, attachments, ..new }).await?;
    if let (Some(advisor), Some(_)) = (client.advisor_id, tx.by.user_id()) {
        inbox::tell(tx, advisor, NotificationKind::ColleagueWrote, Some(client.id), id).await?;
    }
    Ok(id)
}

fn checked(check: &mut Check<EventlogErrorCode>, given: Vec<Attachment>) -> Vec<Attachment> {
    use EventlogErrorCode::Invalid;
    if given.len() > ATTACHMENTS_MAX {
        check.refuse(Invalid, "attachments", format!("must be at most {ATTACHMENTS_MAX}"));
    }
    let mut attachments = Vec::with_capacity(given.len());
    for (index, Attachment { name, url, content_type }) in given.into_iter().enumerate() {
        let field = |name: &str| format!("attachments.{index}.{name}");
        let is_link = url.len() <= 2000
            && url::Url::parse(&url)
                .is_ok_and(|url| ["http", "https"].contains(&url.scheme()) && url.has_host());
        if !is_link {
            check.refuse(Invalid, &field("url"), "must be an address that begins with http:// or https://");
        }
        let is_media = |text: &str| {
            text.len() <= 100
                && text.split_once('/').is_some_and(|(kind, rest)| !kind.is_empty() && !rest.is_empty())
        };
        if content_type.as_deref().is_some_and(|text| !is_media(text)) {
            check.refuse(Invalid, &field("contentType"), "must be a media type, such as application/pdf");
        }
        if let Some(name) = check.take(Invalid, &field("name"), text::name(&name, 200)) {
            attachments.push(Attachment { name, url, content_type });
        }
    }
    attachments
}

/// Writes an entry of a process that was judged already.
pub(super) async fn write(tx: &mut Tx, client: &client::Model, new: NewEntry) -> Result<EntryId> {
    let (author_kind, author_id) = tx.by.actor.columns();
    let row = event_log_entry::Model {
        id: EntryId::new(),
        client_id: client.id,
        kind: new.kind,
        code: new.code,
        text: new.text,
        payload: new.payload,
        author_kind,
        author_id,
        author_name: tx.by.name.clone(),
        occurred_at: new.occurred_at.unwrap_or(tx.now),
        recorded_at: tx.now,
        corrects_id: new.corrects,
        attachments: Attachments(new.attachments),
    };
    let id = row.id;
    let change = Change::of(ChangeKind::Created, id, 1, differences(None, Some(&row))?);
    tx.record(change.on(EVENTLOG_NEW, audience(client, None)));
    event_log_entry::Entity::insert(row.into_active_model()).exec_without_returning(tx.conn()).await?;
    Ok(id)
}

/// Holds a client as it is until the write ends, whether or not its doer sees it: what takes the client itself waits, and if
/// `alone` also whoever else holds it alone.
///
/// # Errors
/// Those of the database.
pub async fn hold(tx: &Tx, id: ClientId, alone: bool) -> Result<()> {
    let lock = if alone { LockType::NoKeyUpdate } else { LockType::KeyShare };
    let client = all_rows::<client::Entity>().filter(client::Column::Id.eq(id)).lock(lock);
    client.one(tx.conn()).await?;
    Ok(())
}

/// Writes what a process of another domain did with a client, whether or not whoever did it sees the client.
///
/// # Errors
/// Those of the database.
pub async fn record(tx: &mut Tx, id: ClientId, new: NewEntry) -> Result<()> {
    let client = all_rows::<client::Entity>().filter(client::Column::Id.eq(id)).one(tx.conn()).await?;
    let client = client.ok_or(Error::NotFound)?;
    write(tx, &client, new).await?;
    Ok(())
}

/// The history of clients, of these kinds; no kinds: of all.
pub fn history(viewer: &Viewer, kinds: Option<&[EventLogKind]>) -> Select<event_log_entry::Entity> {
    let mut only = Condition::all();
    if let Some(kinds) = kinds {
        only = only.add(event_log_entry::Column::Kind.is_in(kinds.iter().copied()));
    }
    event_log_entry::Entity::visible_to(viewer).filter(only)
}

/// In which status a client was before it came into this one the last time; `None`: its history does not tell.
pub(super) async fn status_before(
    tx: &Tx,
    client: ClientId,
    status: ClientStatus,
) -> Result<Option<ClientStatus>> {
    let changes = of_client(&tx.by, client)
        .filter(event_log_entry::Column::Kind.eq(EventLogKind::StateChange))
        .order_by_desc(event_log_entry::Column::OccurredAt)
        .order_by_desc(event_log_entry::Column::Id)
        .limit(20) // other changes lie between
        .all(tx.conn())
        .await?;
    let of = |entry: &event_log_entry::Model, name: &str| {
        entry.payload.as_ref()?[name].as_str().and_then(|status| status.parse().ok())
    };
    Ok(changes.iter().find(|entry| of(entry, "to") == Some(status)).and_then(|entry| of(entry, "from")))
}

fn of_client(viewer: &Viewer, client: ClientId) -> Select<event_log_entry::Entity> {
    history(viewer, None).filter(event_log_entry::Column::ClientId.eq(client))
}

/// Who hears what happens to a client: whose it is, and whose it was.
pub(super) fn audience(client: &client::Model, before: Option<&client::Model>) -> Audience {
    let owner = |client: &client::Model| Owner {
        team: client.team_id.uuid(),
        advisor: client.advisor_id.map(TypedId::uuid),
    };
    let now = owner(client);
    Audience {
        client: Some(client.id.uuid()),
        now: Some(now),
        before: before.map(owner).filter(|before| *before != now),
        ..Audience::default()
    }
}
