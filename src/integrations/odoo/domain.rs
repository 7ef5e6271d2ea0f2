//! Which records are searched for.

use super::value::Value;
use crate::kernel::time::Instant;

/// Conditions that must all hold.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Domain(Vec<Value>);

impl Domain {
    /// No condition: all records that are not archived (rule 15).
    pub fn all() -> Domain {
        Domain::default()
    }

    /// A condition more, such as `("ref", "=", "A1")`.
    pub fn and(mut self, field: &str, operator: &str, value: impl Into<Value>) -> Domain {
        self.0.push(Value::List(vec![field.into(), operator.into(), value.into()]));
        self
    }

    /// Conditions as Odoo writes them, with `&`, `|` and `!` before what they join.
    pub fn raw(conditions: Vec<Value>) -> Domain {
        Domain(conditions)
    }

    /// Changed in the second of this moment or later. `>` would lose what was changed later in that second (rule 35);
    /// stay some minutes behind the clock, for a change becomes visible when its transaction ends (rule 36).
    pub fn changed_since(self, moment: Instant) -> Domain {
        self.and("write_date", ">=", moment)
    }

    /// The next page of a list in the order of ids, after the last id of the page before (rule 37). Within one second
    /// `write_date` can't tell where a page ended: it is kept in microseconds and read in seconds.
    pub fn after_id(self, id: i64) -> Domain {
        self.and("id", ">", id)
    }
}

impl From<Domain> for Value {
    fn from(domain: Domain) -> Self {
        Value::List(domain.0)
    }
}
