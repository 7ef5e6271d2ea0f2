//! Exact decimal numbers: quantities, percentages, rates of tax and of exchange. Stored as whole millionths, so that both
//! databases compare, sort and sum them exactly; no floating point.

use std::fmt;
use std::str::FromStr;

use thiserror::Error;

/// Decimals that are kept.
const DIGITS: u32 = 6;
/// Millionths of one.
pub const MILLION: i64 = 1_000_000;

/// The rule that a decimal number breaks.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Error)]
pub enum DecimalError {
    /// Not a decimal number.
    #[error("must be digits with an optional - before and one optional decimal point, such as 12.5")]
    Form,
    /// More decimals than are kept.
    #[error("must have at most {0} decimals")]
    Decimals(u32),
    /// Larger than can be kept.
    #[error("must have at most 12 digits before the decimal point")]
    Overflow,
}

/// An exact decimal number with at most six decimals, between ±9,223,372,036,854.
#[derive(
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Debug,
    Default,
    sea_orm::DeriveValueType,
    serde::Serialize,
    serde::Deserialize,
)]
#[serde(try_from = "String", into = "String")]
pub struct Decimal(i64);

crate::default_placeholders!(Decimal);

impl Decimal {
    /// Of whole millionths: 12,500,000 is 12.5.
    pub const fn from_millionths(millionths: i64) -> Decimal {
        Decimal(millionths)
    }

    /// In whole millionths.
    pub const fn millionths(self) -> i64 {
        self.0
    }
}

/// Reads `12`, `12.5` or `-0.05`, white space around it ignored.
impl FromStr for Decimal {
    type Err = DecimalError;
    fn from_str(text: &str) -> Result<Decimal, DecimalError> {
        scaled(text, DIGITS).map(Decimal)
    }
}

impl TryFrom<String> for Decimal {
    type Error = DecimalError;
    fn try_from(text: String) -> Result<Decimal, DecimalError> {
        text.parse()
    }
}

impl From<Decimal> for String {
    fn from(decimal: Decimal) -> String {
        decimal.to_string()
    }
}

/// In the shortest form: `12.5`, `16`, `-0.000001`.
impl fmt::Display for Decimal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.0 < 0 { "-" } else { "" };
        let (whole, rest) =
            (self.0.unsigned_abs() / MILLION.unsigned_abs(), self.0.unsigned_abs() % MILLION.unsigned_abs());
        write!(f, "{sign}{whole}")?;
        match format!(".{rest:06}").trim_end_matches('0') {
            "." => Ok(()),
            decimals => f.write_str(decimals),
        }
    }
}

/// Reads a decimal number as whole units, of which one has `digits` decimals.
pub(super) fn scaled(text: &str, digits: u32) -> Result<i64, DecimalError> {
    let text = text.trim();
    let (sign, unsigned) = text.strip_prefix('-').map_or((1, text), |rest| (-1, rest));
    let (whole, decimals) = match unsigned.split_once('.') {
        Some((_, "")) => return Err(DecimalError::Form),
        Some(parts) => parts,
        None => (unsigned, ""),
    };
    if whole.is_empty() || !whole.bytes().chain(decimals.bytes()).all(|b| b.is_ascii_digit()) {
        return Err(DecimalError::Form);
    }
    let padding = (digits as usize).checked_sub(decimals.len()).ok_or(DecimalError::Decimals(digits))?;
    let mut units: i64 = 0;
    for b in whole.bytes().chain(decimals.bytes()).chain(std::iter::repeat_n(b'0', padding)) {
        // Signed from the first digit on, so that the least i64 can be read too.
        units = units
            .checked_mul(10)
            .and_then(|units| units.checked_add(sign * i64::from(b - b'0')))
            .ok_or(DecimalError::Overflow)?;
    }
    Ok(units)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn numbers_are_read_and_written() {
        for (typed, millionths, written) in [
            ("16", 16_000_000, "16"),
            (" 12.50 ", 12_500_000, "12.5"),
            ("-0.000001", -1, "-0.000001"),
            ("-0", 0, "0"),
            ("007.10", 7_100_000, "7.1"),
            ("9223372036854.775807", i64::MAX, "9223372036854.775807"),
            ("-9223372036854.775808", i64::MIN, "-9223372036854.775808"),
        ] {
            let decimal: Decimal = typed.parse().expect(typed);
            assert_eq!(decimal, Decimal::from_millionths(millionths), "{typed}");
            assert_eq!(decimal.to_string(), written);
        }
    }

    #[test]
    fn what_is_no_number_is_refused_with_the_rule() {
        for typed in ["", "-", ".", ".5", "5.", "1,5", "1e3", "+1", "1 000", "NaN", "--1", "1.2.3", "٣"] {
            assert_eq!(typed.parse::<Decimal>(), Err(DecimalError::Form), "{typed}");
        }
        assert_eq!("1.0000000".parse::<Decimal>(), Err(DecimalError::Decimals(6)));
        assert_eq!("9223372036854.775808".parse::<Decimal>(), Err(DecimalError::Overflow));
        assert_eq!("9".repeat(5000).parse::<Decimal>(), Err(DecimalError::Overflow));
    }

    proptest! {
        #[test]
        fn written_numbers_read_back(millionths in any::<i64>()) {
            let decimal = Decimal::from_millionths(millionths);
            prop_assert_eq!(decimal.to_string().parse(), Ok(decimal));
            let json = serde_json::to_string(&decimal).expect("JSON");
            prop_assert_eq!(serde_json::from_str::<Decimal>(&json).expect("read"), decimal);
        }
    }
}
