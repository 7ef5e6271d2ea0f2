//! The arguments of a subscription as a filter on the audience of events, so that nothing is read for events that it does
//! not deliver.

use async_graphql::{InputType, Value};
use uuid::Uuid;

use crate::graphql::edges::agenda::DateTimeRangeInput;
use crate::kernel::ids::{ClientId, UserId};
use crate::kernel::time::Instant;
use crate::kernel::{Error, Result};
use crate::platform::db::{Audience, Owner};

/// Which events a subscription delivers; all conditions must hold.
#[derive(Default)]
pub struct StreamFilter {
    client: Option<Uuid>,
    assignee: Option<Uuid>,
    range: Option<(Instant, Instant)>,
}

impl StreamFilter {
    /// Reads the arguments of the field.
    ///
    /// # Errors
    /// `Invalid` when an argument is not an id of its kind, or not a range.
    pub fn of(argument: impl Fn(&str) -> Option<Value>) -> Result<StreamFilter> {
        let client = text(argument("clientId")).map(|text| text.parse::<ClientId>()).transpose();
        let client = client.map_err(|_| Error::invalid("clientId", "is no id of a client"))?;
        let assignee = text(argument("assigneeId")).map(|text| text.parse::<UserId>()).transpose();
        let assignee = assignee.map_err(|_| Error::invalid("assigneeId", "is no id of a user"))?;
        let range = argument("range").filter(|range| *range != Value::Null);
        let range = range.map(|range| DateTimeRangeInput::parse(Some(range))).transpose();
        let range = range.map_err(|_| Error::invalid("range", "is no stretch of time"))?;
        let range = range.map(|range| range.checked()).transpose()?;
        // All-day events of other zones may begin up to a day earlier or later: deliver one too many rather than miss one.
        let aside = chrono::Duration::days(1);
        Ok(StreamFilter {
            client: client.map(Into::into),
            assignee: assignee.map(Into::into),
            range: range.map(|range| (range.start - aside, range.end + aside)),
        })
    }

    /// Whether an event with this audience passes.
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

/// The text of an argument.
pub fn text(given: Option<Value>) -> Option<String> {
    match given? {
        Value::String(text) => Some(text),
        _ => None,
    }
}
