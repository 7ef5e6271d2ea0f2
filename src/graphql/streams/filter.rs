//! The arguments of a subscription as a filter on the audience of events, so that nothing is read for events that it does
//! not deliver.

use async_graphql::{InputType, Value};
use uuid::Uuid;

use crate::graphql::edges::agenda::DateTimeRangeInput;
use crate::kernel::ids::{self, ClientId, TypedId, UserId};
use crate::kernel::time::Instant;
use crate::kernel::{Error, Result};
use crate::platform::db::{Audience, Owner};

/// The arguments that name a thing, and the prefix of its ids: only events about that thing are delivered.
const ABOUT: &[(&str, &str)] = &[("clientId", ClientId::PREFIX)];

/// Which events a subscription delivers; all conditions must hold.
#[derive(Default)]
pub struct StreamFilter {
    about: Vec<Uuid>,
    assignee: Option<Uuid>,
    range: Option<(Instant, Instant)>,
}

impl StreamFilter {
    /// Reads the arguments of the field.
    ///
    /// # Errors
    /// `Invalid` when an argument is not an id of its kind, or not a range.
    pub fn of(argument: impl Fn(&str) -> Option<Value>) -> Result<StreamFilter> {
        let mut about = Vec::new();
        for &(name, prefix) in ABOUT {
            if let Some(text) = text(argument(name)) {
                let id = ids::parse(&text).filter(|(kind, _)| *kind == prefix);
                let (_, id) = id.ok_or_else(|| Error::invalid(name, format!("is no id of a {prefix}")))?;
                about.push(id);
            }
        }
        let assignee = text(argument("assigneeId")).map(|text| text.parse::<UserId>()).transpose();
        let assignee = assignee.map_err(|_| Error::invalid("assigneeId", "is no id of a user"))?;
        let range = argument("range").filter(|range| *range != Value::Null);
        let range = range.map(|range| DateTimeRangeInput::parse(Some(range))).transpose();
        let range = range.map_err(|_| Error::invalid("range", "is no stretch of time"))?;
        let range = range.map(|range| range.checked()).transpose()?;
        // All-day events of other zones may begin up to a day earlier or later: deliver one too many rather than miss one.
        let aside = chrono::Duration::days(1);
        Ok(StreamFilter {
            about,
            assignee: assignee.map(Into::into),
            range: range.map(|range| (range.start - aside, range.end + aside)),
        })
    }

    /// Whether an event with this audience passes.
    pub fn holds(&self, audience: &Audience) -> bool {
        let his = |owner: Option<Owner>| owner.is_some_and(|owner| owner.advisor == self.assignee);
        let about = self.about.iter().all(|id| audience.is_about(*id));
        let assignee = self.assignee.is_none() || his(audience.now) || his(audience.before);
        let there = self.range.is_none_or(|(start, end)| {
            audience.span.is_none_or(|span| span.start < end && span.end.is_none_or(|ends| ends >= start))
        });
        about && assignee && there
    }
}

/// The text of an argument.
pub fn text(given: Option<Value>) -> Option<String> {
    match given? {
        Value::String(text) => Some(text),
        _ => None,
    }
}
