//! What a stream's arguments let through, judged by an event's audience alone: nothing is read for what nobody asked for.

use async_graphql::{InputType, Value};
use uuid::Uuid;

use crate::graphql::edges::agenda::DateTimeRangeInput;
use crate::kernel::ids::{ClientId, UserId};
use crate::kernel::time::Instant;
use crate::kernel::{Error, Result};
use crate::platform::db::{Audience, Owner};

/// Which events a stream is about; all that is told must hold.
#[derive(Default)]
pub struct Only {
    client: Option<Uuid>,
    assignee: Option<Uuid>,
    range: Option<(Instant, Instant)>,
}

impl Only {
    /// By the arguments of the field.
    ///
    /// # Errors
    /// `Invalid` for what is no id, and no stretch of time.
    pub fn of(argument: impl Fn(&str) -> Option<Value>) -> Result<Only> {
        let client = text(argument("clientId")).map(|text| text.parse::<ClientId>()).transpose();
        let client = client.map_err(|_| Error::invalid("clientId", "is no id of a client"))?;
        let assignee = text(argument("assigneeId")).map(|text| text.parse::<UserId>()).transpose();
        let assignee = assignee.map_err(|_| Error::invalid("assigneeId", "is no id of a user"))?;
        let range = argument("range").filter(|range| *range != Value::Null);
        let range = range.map(|range| DateTimeRangeInput::parse(Some(range))).transpose();
        let range = range.map_err(|_| Error::invalid("range", "is no stretch of time"))?;
        let range = range.map(|range| range.checked()).transpose()?;
        // Whole days of other zones lie up to a day aside: rather an item too many.
        let aside = chrono::Duration::days(1);
        Ok(Only {
            client: client.map(Into::into),
            assignee: assignee.map(Into::into),
            range: range.map(|range| (range.start - aside, range.end + aside)),
        })
    }

    /// Whether it is about an event with this audience.
    pub fn holds(&self, audience: &Audience) -> bool {
        let his = |owner: Option<Owner>| owner.is_some_and(|owner| owner.advisor == self.assignee);
        let client = self.client.is_none() || audience.client == self.client;
        let assignee = self.assignee.is_none() || his(audience.now) || his(audience.before);
        let there = self.range.is_none_or(|(start, end)| {
            audience.span.is_none_or(|span| span.start < end && span.end.is_none_or(|ends| ends >= start))
        });
        client && assignee && there
    }
}

/// A text that was given.
pub fn text(given: Option<Value>) -> Option<String> {
    match given? {
        Value::String(text) => Some(text),
        _ => None,
    }
}
