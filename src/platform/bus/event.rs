//! A committed change on its way, and where it stands.

use std::fmt;
use std::str::FromStr;

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use sea_orm::{FromQueryResult, QueryResult};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::kernel::ids::{EventId, TypedId};
use crate::kernel::time::Instant;
use crate::kernel::{Error, Result};
use crate::platform::db::tables::outbox;
use crate::platform::db::{Audience, ChangeKind};

/// A committed change, as Redis carries it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Event {
    /// Its place in the total order: 1, 2, 3 and so on without a gap.
    pub position: i64,
    /// The change as a whole; a mutation's payload carries the same.
    pub event_id: EventId,
    /// The channel.
    pub topic: String,
    /// What happened to the subject.
    pub kind: ChangeKind,
    /// The thing that screens know.
    pub subject_id: Uuid,
    /// Its version after the change.
    pub version: i32,
    /// Its changed fields, in the schema's spelling.
    pub changed_fields: Vec<String>,
    /// Who may hear of it.
    pub audience: Audience,
    /// When the change was made.
    pub at: Instant,
    /// Why this version cannot read it. It keeps its position and its topic, and is delivered to nobody.
    #[serde(skip)]
    pub skipped: Option<String>,
}

impl Event {
    /// Reads a row of the outbox. One that cannot be read was written by a newer version, while servers are replaced one by
    /// one: it is skipped, so that it does not hold up the events after it.
    ///
    /// # Errors
    /// When the row has no position.
    pub(super) fn read(row: &QueryResult) -> Result<Event> {
        let position = row.try_get::<Option<i64>>("", "position")?;
        let position = position.ok_or_else(|| Error::internal("an event without a position"))?;
        let read = outbox::Model::from_query_result(row, "").map_err(Error::from);
        Ok(read.and_then(Event::try_from).unwrap_or_else(|cause| {
            let topic = row.try_get::<String>("", "topic").unwrap_or_default();
            Event::skipped(position, topic, &cause)
        }))
    }

    pub(super) fn skipped(position: i64, topic: String, cause: &Error) -> Event {
        Event {
            position,
            event_id: EventId::from_uuid(Uuid::nil()),
            topic,
            kind: ChangeKind::Updated,
            subject_id: Uuid::nil(),
            version: 0,
            changed_fields: Vec::new(),
            audience: Audience::default(),
            at: Instant::default(),
            skipped: Some(cause.for_terminal()),
        }
    }
}

impl TryFrom<outbox::Model> for Event {
    type Error = Error;
    fn try_from(row: outbox::Model) -> Result<Event> {
        Ok(Event {
            position: row.position.ok_or_else(|| Error::internal("an event without a position"))?,
            event_id: row.event_id,
            topic: row.topic,
            kind: row.kind,
            subject_id: row.subject_id,
            version: row.version,
            changed_fields: serde_json::from_value(row.changed_fields)?,
            audience: serde_json::from_value(row.audience)?,
            at: row.created_at,
            skipped: None,
        })
    }
}

/// A place in the total order, opaque to callers: all up to and with this position is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Cursor(pub i64);

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&BASE64_URL_SAFE_NO_PAD.encode(format!("at:{}", self.0)))
    }
}

impl FromStr for Cursor {
    type Err = Error;
    fn from_str(text: &str) -> Result<Cursor> {
        let parse = || -> Option<i64> {
            let bytes = BASE64_URL_SAFE_NO_PAD.decode(text).ok()?;
            let position = std::str::from_utf8(&bytes).ok()?.strip_prefix("at:")?.parse().ok()?;
            (position >= 0).then_some(position)
        };
        parse().map(Cursor).ok_or_else(|| Error::invalid("after", "is no cursor of the live streams"))
    }
}

/// An event about nothing, for tests.
#[cfg(test)]
pub(super) fn example(position: i64) -> Event {
    Event {
        position,
        event_id: EventId::new(),
        topic: "client:updated".into(),
        kind: ChangeKind::Updated,
        subject_id: Uuid::nil(),
        version: 1,
        changed_fields: vec![],
        audience: Audience::default(),
        at: Instant::default(),
        skipped: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cursors_are_read_back_and_others_refused() {
        for position in [0, 1, 42, i64::MAX] {
            assert_eq!(Cursor(position).to_string().parse::<Cursor>().expect("its own"), Cursor(position));
        }
        let negative = BASE64_URL_SAFE_NO_PAD.encode("at:-1");
        for wrong in ["", "x", "YXQ6", "WyJuYW1lIl0", &negative] {
            let error = wrong.parse::<Cursor>().expect_err(wrong).to_string();
            assert_eq!(error, "after: is no cursor of the live streams");
        }
    }
}
