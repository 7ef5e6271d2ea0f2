//! Money, exact numbers and days in the schema: what shows them, and what filters by them. Only what a field uses is in the
//! printed schema.

use std::fmt::Display;

use async_graphql::InputObject;
use sea_orm::sea_query::Value;
use sea_orm::{ColumnTrait, Condition};

use crate::graphql::scalars::{Date, DecimalText};
use crate::kernel::decimal::Decimal;
use crate::kernel::error::Check;
use crate::kernel::money::{self, Currency};
use crate::kernel::time::{Day, day};
use crate::kernel::{Error, Result};
use crate::platform::db::Between;
use crate::{edges, value};

value! {
    /// An amount of money.
    pub struct Money {
        /// The amount, with all decimals of its currency; negative for a debt.
        amount: DecimalText,
        /// ISO 4217.
        currency: Currency,
    }
}

edges! { Money {} }

impl From<money::Money> for Money {
    fn from(money: money::Money) -> Self {
        Money { amount: DecimalText(money.to_string()), currency: money.currency }
    }
}

/// An amount of money.
#[derive(Clone, Debug, InputObject)]
pub struct MoneyInput {
    /// The amount, with no more decimals than its currency has.
    pub amount: DecimalText,
    /// ISO 4217.
    pub currency: String,
}

impl MoneyInput {
    /// The amount, or a refusal that names `amount` or `currency` of this field.
    pub fn checked<C: Copy>(&self, check: &mut Check<C>, code: C, field: &str) -> Option<money::Money> {
        let currency = check.take(code, &format!("{field}.currency"), Currency::parse(&self.currency))?;
        check.take(code, &format!("{field}.amount"), money::Money::parse(&self.amount.0, currency))
    }
}

/// Days from one to another, both included.
#[derive(Clone, Debug, InputObject)]
pub struct DateRangeInput {
    /// The first day; null: all before, too.
    pub from: Option<Date>,
    /// The last day; null: all after, too.
    pub until: Option<Date>,
}

impl DateRangeInput {
    /// The days, checked.
    ///
    /// # Errors
    /// `Invalid` with the field and the rule that it breaks.
    pub fn checked(&self, field: &str) -> Result<Between<Day>> {
        let text = |date: &Option<Date>| date.as_ref().map(|date| date.0.clone());
        between(field, text(&self.from), text(&self.until), day)
    }
}

/// Numbers from one to another, both included.
#[derive(Clone, Debug, InputObject)]
pub struct DecimalRangeInput {
    /// The least; null: all below, too.
    pub from: Option<DecimalText>,
    /// The greatest; null: all above, too.
    pub until: Option<DecimalText>,
}

impl DecimalRangeInput {
    /// The numbers, checked.
    ///
    /// # Errors
    /// `Invalid` with the field and the rule that it breaks.
    pub fn checked(&self, field: &str) -> Result<Between<Decimal>> {
        between(field, written(&self.from), written(&self.until), str::parse)
    }
}

/// Amounts of one currency from one to another, both included.
#[derive(Clone, Debug, InputObject)]
pub struct MoneyRangeInput {
    /// ISO 4217: amounts of other currencies are left out.
    pub currency: String,
    /// The least; null: all below, too.
    pub from: Option<DecimalText>,
    /// The greatest; null: all above, too.
    pub until: Option<DecimalText>,
}

impl MoneyRangeInput {
    /// That an amount of these two columns lies within.
    ///
    /// # Errors
    /// `Invalid` with the field and the rule that it breaks.
    pub fn checked(
        &self,
        field: &str,
        minor: impl ColumnTrait,
        currency: impl ColumnTrait,
    ) -> Result<Condition> {
        let of = Currency::parse(&self.currency)
            .map_err(|rule| Error::invalid(format!("{field}.currency"), rule.to_string()))?;
        let minor_units = |text: &str| money::Money::parse(text, of).map(|money| money.amount_minor);
        let amounts = between(field, written(&self.from), written(&self.until), minor_units)?;
        Ok(amounts.holds(minor).add(currency.eq(of)))
    }
}

fn written(number: &Option<DecimalText>) -> Option<String> {
    number.as_ref().map(|number| number.0.clone())
}

/// Reads both ends of a range.
fn between<T: PartialOrd + Into<Value>, E: Display>(
    field: &str,
    from: Option<String>,
    until: Option<String>,
    read: impl Fn(&str) -> Result<T, E>,
) -> Result<Between<T>> {
    let end = |name: &str, text: Option<String>| {
        let read = text.as_deref().map(&read).transpose();
        read.map_err(|rule| Error::invalid(format!("{field}.{name}"), rule.to_string()))
    };
    let range = Between { from: end("from", from)?, until: end("until", until)? };
    if range.is_inverted() {
        return Err(Error::invalid(format!("{field}.until"), "must not be less than from"));
    }
    Ok(range)
}
