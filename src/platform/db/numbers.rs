//! Number series: the numbers that people read on clients and documents, one series for each kind, market and year.
//!
//! A number is given once: whoever wants to show `AGS-00042` draws 42 from the series and keeps it in a unique column. Two
//! kinds of series pay for that differently. Where a gap would have to be explained to an auditor (invoices), the series' row is
//! locked until the write ends: others wait, and a write that fails gives its number back. Where gaps do no harm (clients),
//! the number is drawn in a transaction of its own: nobody waits, and a write that fails leaves a gap.

use sea_orm::sea_query::{Expr, ExprTrait, OnConflict};
use sea_orm::{ConnectionTrait, EntityTrait, Set};
use uuid::Uuid;

use super::tables::number_series::{ActiveModel, Column, Entity};
use crate::kernel::Result;

/// The year of a series that does not begin anew each year.
const EVERY_YEAR: i32 = 0;

/// Whether a number may be missing in a series.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Gaps {
    /// A write that fails leaves a gap, and nobody waits.
    Allowed,
    /// A write that fails gives its number back, and those that draw after it wait until it ends.
    Forbidden,
}

/// The numbers of one kind of things. A domain declares it once, as a constant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NumberSeries {
    /// What is numbered, as it is stored.
    pub kind: &'static str,
    /// Whether a number may be missing.
    pub gaps: Gaps,
}

/// Draws the next number in the transaction of this connection: 1 for the first of its kind, market and year.
pub(super) async fn draw(
    conn: &impl ConnectionTrait,
    series: NumberSeries,
    market: Uuid,
    year: Option<i32>,
) -> Result<i64> {
    let first = ActiveModel {
        kind: Set(series.kind.to_owned()),
        market_id: Set(market),
        year: Set(year.unwrap_or(EVERY_YEAR)),
        last_number: Set(1),
    };
    // One statement: of two that draw the first number at once, the second finds the row of the first.
    let next = OnConflict::columns([Column::Kind, Column::MarketId, Column::Year])
        .value(Column::LastNumber, Expr::col((Entity, Column::LastNumber)).add(1))
        .to_owned();
    Ok(Entity::insert(first).on_conflict(next).exec_with_returning(conn).await?.last_number)
}
