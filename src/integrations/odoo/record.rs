//! A record as Odoo answers it, with readers that name the field when they can't read it.

use super::value::{Map, Misread, Value};
use crate::kernel::money::{Currency, Money};
use crate::kernel::time::{Day, Instant};

/// One record. Each reader errs with [`Misread`] when the field was not asked for, or is of another type.
#[derive(Clone, Debug, PartialEq)]
pub struct Record(pub Map);

impl Record {
    /// The database id.
    pub fn id(&self) -> Result<i64, Misread> {
        self.read("id", Value::int)
    }

    /// The value as it came.
    pub fn get(&self, field: &str) -> Result<&Value, Misread> {
        let found = self.0.iter().find(|(name, _)| name == field).map(|(_, value)| value);
        found.ok_or_else(|| Misread { expected: "a record with this field", field: Some(field.to_owned()) })
    }

    /// Text, or `None` for null.
    pub fn text(&self, field: &str) -> Result<Option<&str>, Misread> {
        self.read(field, Value::text_or_none)
    }

    /// A boolean.
    pub fn flag(&self, field: &str) -> Result<bool, Misread> {
        self.read(field, Value::flag)
    }

    /// A whole number.
    pub fn int(&self, field: &str) -> Result<i64, Misread> {
        self.read(field, Value::int)
    }

    /// The id of a many2one, or `None` for null.
    pub fn many2one(&self, field: &str) -> Result<Option<i64>, Misread> {
        self.read(field, Value::id_of_many2one)
    }

    /// The ids of a one2many or many2many.
    pub fn ids(&self, field: &str) -> Result<Vec<i64>, Misread> {
        self.read(field, Value::ids)
    }

    /// A moment, whole seconds, or `None` for null.
    pub fn instant(&self, field: &str) -> Result<Option<Instant>, Misread> {
        self.read(field, Value::instant)
    }

    /// A day, or `None` for null.
    pub fn date(&self, field: &str) -> Result<Option<Day>, Misread> {
        self.read(field, Value::date)
    }

    /// An amount in this currency, rounded to its minor unit.
    pub fn money(&self, field: &str, currency: Currency) -> Result<Money, Misread> {
        self.read(field, |value| value.money(currency))
    }

    fn read<'a, T>(
        &'a self,
        field: &str,
        reader: impl FnOnce(&'a Value) -> Result<T, Misread>,
    ) -> Result<T, Misread> {
        reader(self.get(field)?).map_err(|misread| Misread { field: Some(field.to_owned()), ..misread })
    }
}
