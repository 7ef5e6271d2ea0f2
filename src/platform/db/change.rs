//! What a write says of itself: one `Change` becomes one line of the audit and, where screens want to know, one row of
//! the outbox.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::kernel::ids::TypedId;
use crate::kernel::time::Instant;
use crate::kernel::{Error, Result};
use crate::platform::auth::{Right, Viewer};
use crate::words;

words! {
    /// What happened to a thing.
    pub enum ChangeKind {
        /// It is new.
        Created = "CREATED",
        /// Fields of it changed.
        Updated = "UPDATED",
        /// It is gone.
        Deleted = "DELETED",
    }
}

/// A field before and after.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FieldChange {
    /// The field, in the schema's spelling.
    pub field: String,
    /// What it was; null when there was none.
    pub before: Value,
    /// What it is now.
    pub after: Value,
}

/// Who may see an event, written down when it happens: events are judged against each viewer without a query.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Audience {
    /// The user it is for alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user: Option<uuid::Uuid>,
    /// The right that those have whom it is for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub right: Option<Right>,
    /// The client it is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client: Option<uuid::Uuid>,
    /// What else it is about, things of any kind by their ids: a subscription may be narrowed to one of them. Rows of older
    /// versions have none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub about: Vec<uuid::Uuid>,
    /// Team and advisor after the change.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub now: Option<Owner>,
    /// Team and advisor before the change, where they were others.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub before: Option<Owner>,
    /// Where in time the thing lies, and lay before the change; none for what has no place there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub span: Option<Span>,
}

/// A stretch of time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Span {
    /// From then on.
    pub start: Instant,
    /// Until then; none: for ever.
    pub end: Option<Instant>,
}

/// How somebody hears of an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Heard {
    /// As one who saw the thing before and sees it now.
    Knows,
    /// As one who sees the thing from now on.
    Gains,
    /// As one who sees the thing no more.
    Loses,
}

impl Audience {
    /// Of something that lies there in time.
    pub fn over(self, start: Instant, end: Option<Instant>) -> Audience {
        Audience { span: Some(Span { start, end }), ..self }
    }

    /// Of something that is about these things too.
    pub fn about(self, ids: impl IntoIterator<Item = uuid::Uuid>) -> Audience {
        Audience { about: ids.into_iter().collect(), ..self }
    }

    /// Whether it is about the thing with this id.
    pub fn is_about(&self, id: uuid::Uuid) -> bool {
        self.client == Some(id) || self.about.contains(&id)
    }

    /// How this viewer hears of it; `None`: not at all.
    pub fn heard_by(&self, viewer: &Viewer) -> Option<Heard> {
        if let Some(user) = self.user {
            return (viewer.user_id().map(TypedId::uuid) == Some(user)).then_some(Heard::Knows);
        }
        if let Some(right) = self.right {
            return viewer.has(right).then_some(Heard::Knows);
        }
        let sees = |owner: Owner| viewer.sees(owner.team, owner.advisor);
        let now = self.now.is_some_and(sees);
        match (self.before.map_or(now, sees), now) {
            (true, true) => Some(Heard::Knows),
            (false, true) => Some(Heard::Gains),
            (true, false) => Some(Heard::Loses),
            (false, false) => None,
        }
    }
}

/// Whose a client is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Owner {
    /// The team.
    pub team: uuid::Uuid,
    /// The advisor; none while the client waits in the team's pool.
    pub advisor: Option<uuid::Uuid>,
}

/// One change of one thing.
#[derive(Clone, Debug)]
pub struct Change {
    /// Prefix of the thing's id.
    pub subject_type: &'static str,
    /// The thing.
    pub subject_id: uuid::Uuid,
    /// Its version after the change.
    pub version: i32,
    /// What happened.
    pub kind: ChangeKind,
    /// The fields, before and after.
    pub fields: Vec<FieldChange>,
    /// What screens hear of it.
    pub announce: Option<Announcement>,
}

/// The name of a channel of events. Each is declared once, as a constant of its domain, and has a `Topic` in
/// `graphql/roots/live` that says how subscriptions deliver it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Channel(pub &'static str);

impl PartialEq<Channel> for String {
    fn eq(&self, channel: &Channel) -> bool {
        self == channel.0
    }
}

/// What screens hear of a change.
#[derive(Clone, Debug)]
pub struct Announcement {
    /// The channel.
    pub topic: Channel,
    /// Who may hear it.
    pub audience: Audience,
    /// The thing that screens know: the changed one, or the one it hangs on.
    pub subject_id: uuid::Uuid,
    /// What happened to that thing.
    pub kind: ChangeKind,
    /// Its version.
    pub version: i32,
    /// Its changed fields.
    pub fields: Vec<String>,
}

impl Change {
    /// A change of the thing with this id.
    pub fn of<I: TypedId>(kind: ChangeKind, id: I, version: i32, fields: Vec<FieldChange>) -> Change {
        Change { subject_type: I::PREFIX, subject_id: id.uuid(), version, kind, fields, announce: None }
    }

    /// Tells the screens of the thing itself.
    pub fn on(mut self, topic: Channel, audience: Audience) -> Change {
        let fields = self.fields.iter().map(|change| change.field.clone()).collect();
        let (subject_id, kind, version) = (self.subject_id, self.kind, self.version);
        self.announce = Some(Announcement { topic, audience, subject_id, kind, version, fields });
        self
    }

    /// Tells the screens that a field of another thing, on which this one hangs, is not what it was.
    pub fn on_parent<I: TypedId>(
        mut self,
        topic: Channel,
        audience: Audience,
        parent: I,
        version: i32,
        field: &str,
    ) -> Change {
        let kind = ChangeKind::Updated;
        let (subject_id, fields) = (parent.uuid(), vec![field.to_owned()]);
        self.announce = Some(Announcement { topic, audience, subject_id, kind, version, fields });
        self
    }
}

/// The fields in which two states of a row differ, by their serialised form. Columns that nobody reads (shadow
/// columns, hashes, the version) are left out by `#[serde(skip)]` in the table.
///
/// # Errors
/// `Internal` when a row cannot be serialised.
pub fn differences<T: Serialize>(before: Option<&T>, after: Option<&T>) -> Result<Vec<FieldChange>> {
    let fields = |row: Option<&T>| -> Result<serde_json::Map<String, Value>> {
        match row.map(serde_json::to_value).transpose()? {
            Some(Value::Object(map)) => Ok(map),
            None => Ok(serde_json::Map::new()),
            Some(_) => Err(Error::internal("a row serialises to an object")),
        }
    };
    let (before, after) = (fields(before)?, fields(after)?);
    let names = if after.is_empty() { before.keys() } else { after.keys() };
    let read =
        |map: &serde_json::Map<String, Value>, name: &str| map.get(name).cloned().unwrap_or(Value::Null);
    Ok(names
        .map(|name| FieldChange {
            field: name.clone(),
            before: read(&before, name),
            after: read(&after, name),
        })
        .filter(|change| change.before != change.after)
        .collect())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::kernel::ids::new_uuid;

    #[test]
    fn audiences_of_older_and_newer_versions_are_read() {
        let (client, team) = (new_uuid(), new_uuid());
        let owner = Owner { team, advisor: None };
        let known = Audience { client: Some(client), now: Some(owner), ..Audience::default() };
        let older = json!({ "client": client, "now": { "team": team, "advisor": null } });
        assert_eq!(serde_json::from_value::<Audience>(older.clone()).expect("read"), known);
        assert_eq!(serde_json::to_value(&known).expect("JSON"), older, "older versions read it as well");
        let mut newer = older;
        newer["floor"] = json!(3);
        assert_eq!(serde_json::from_value::<Audience>(newer).expect("read"), known);
    }

    #[test]
    fn an_audience_is_about_its_client_and_about_other_things() {
        let (client, bay, other) = (new_uuid(), new_uuid(), new_uuid());
        let audience = Audience { client: Some(client), ..Audience::default() }.about([bay]);
        assert_eq!([client, bay, other].map(|id| audience.is_about(id)), [true, true, false]);
        let read: Audience =
            serde_json::from_value(serde_json::to_value(&audience).expect("JSON")).expect("read");
        assert_eq!(read, audience);
        let alone = Audience::default().about([bay]);
        assert!(alone.is_about(bay) && !alone.is_about(client), "a thing need not hang on a client");
    }
}
