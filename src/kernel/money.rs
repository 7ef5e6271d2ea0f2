//! Amounts of money: whole minor units of one currency, no floating point.

use std::fmt;
use std::str::FromStr;

use thiserror::Error;

use super::decimal::{Decimal, DecimalError, MILLION, scaled};

/// The rule an amount, a currency or a calculation breaks.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Error)]
pub enum MoneyError {
    /// Not a currency code.
    #[error("a currency is an ISO 4217 code of three capital letters, such as MXN")]
    Currency,
    /// Not a decimal number.
    #[error("an amount is digits with an optional - before and one optional decimal point, such as 1160.00")]
    Amount,
    /// More decimals than the currency has.
    #[error("an amount in {currency} has at most {digits} decimals")]
    Decimals {
        /// The currency of the amount.
        currency: Currency,
        /// How many decimals it has.
        digits: u32,
    },
    /// The result is larger than can be kept.
    #[error("the amount is too large")]
    Overflow,
    /// Two currencies in one sum.
    #[error("an amount in {0} can't be added to or taken from one in {1}")]
    Currencies(Currency, Currency),
    /// Into no parts, or a share of nothing.
    #[error("an amount can't be divided by zero")]
    Zero,
}

/// An ISO 4217 currency code. Only its form is checked, not whether the currency exists.
#[derive(
    Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, sea_orm::DeriveValueType, serde::Serialize,
)]
#[sea_orm(value_type = "String")]
#[serde(into = "String")]
pub struct Currency([u8; 3]);

impl FromStr for Currency {
    type Err = MoneyError;
    fn from_str(code: &str) -> Result<Currency, MoneyError> {
        Currency::parse(code)
    }
}

impl From<Currency> for String {
    fn from(currency: Currency) -> String {
        currency.to_string()
    }
}

impl super::Placeholder for Currency {
    fn placeholder() -> Self {
        Currency(*b"XXX") // ISO 4217: no currency
    }
}

impl Currency {
    /// Reads a code of three capital ASCII letters, or [`MoneyError::Currency`].
    pub fn parse(code: &str) -> Result<Currency, MoneyError> {
        match <[u8; 3]>::try_from(code.as_bytes()) {
            Ok(letters) if letters.iter().all(u8::is_ascii_uppercase) => Ok(Currency(letters)),
            _ => Err(MoneyError::Currency),
        }
    }

    /// How many decimal digits the minor unit takes (ISO 4217, list one): 2 for most, so for unknown codes.
    pub fn minor_digits(self) -> u32 {
        match &self.0 {
            b"BIF" | b"CLP" | b"DJF" | b"GNF" | b"ISK" | b"JPY" | b"KMF" | b"KRW" | b"PYG" | b"RWF"
            | b"UGX" | b"UYI" | b"VND" | b"VUV" | b"XAF" | b"XOF" | b"XPF" => 0,
            b"BHD" | b"IQD" | b"JOD" | b"KWD" | b"LYD" | b"OMR" | b"TND" => 3,
            b"CLF" | b"UYW" => 4,
            _ => 2,
        }
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|letter| write!(f, "{}", char::from(*letter)))
    }
}

/// An amount of money, negative for a debt or a credit note.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Money {
    /// Whole minor units: 116000 is 1160.00 MXN, and 116000 JPY.
    pub amount_minor: i64,
    /// What the units are of.
    pub currency: Currency,
}

impl Money {
    /// Reads a decimal string such as `1160`, `1160.5` or `-0.05`, white space around it ignored.
    ///
    /// Errors: [`MoneyError::Amount`] for anything else (no thousands separators, exponents or `+`),
    /// [`MoneyError::Decimals`] for more decimals than the currency has, even zeros,
    /// [`MoneyError::Overflow`] beyond an `i64` of minor units.
    pub fn parse(amount: &str, currency: Currency) -> Result<Money, MoneyError> {
        let digits = currency.minor_digits();
        let minor = scaled(amount, digits).map_err(|rule| match rule {
            DecimalError::Form => MoneyError::Amount,
            DecimalError::Decimals(_) => MoneyError::Decimals { currency, digits },
            DecimalError::Overflow => MoneyError::Overflow,
        })?;
        Ok(Money { amount_minor: minor, currency })
    }

    /// The sum, or [`MoneyError::Currencies`] or [`MoneyError::Overflow`].
    pub fn checked_add(self, other: Money) -> Result<Money, MoneyError> {
        self.combine(other, i64::checked_add)
    }

    /// The difference, or [`MoneyError::Currencies`] or [`MoneyError::Overflow`].
    pub fn checked_sub(self, other: Money) -> Result<Money, MoneyError> {
        self.combine(other, i64::checked_sub)
    }

    /// Divides the amount into equal parts whose sum is exactly the amount.
    ///
    /// The parts differ by one minor unit at most, the larger ones (in absolute value) first: largest
    /// remainder with equal weights. They are computed as they are taken, so that a number of parts someone
    /// typed costs nothing. Errors: [`MoneyError::Zero`] for no parts.
    pub fn split(self, parts: u32) -> Result<impl Iterator<Item = Money>, MoneyError> {
        if parts == 0 {
            return Err(MoneyError::Zero);
        }
        let base = self.amount_minor / i64::from(parts);
        let rest = self.amount_minor % i64::from(parts);
        Ok((0..parts).map(move |i| {
            let unit = if i64::from(i) < rest.abs() { rest.signum() } else { 0 };
            Money { amount_minor: base + unit, currency: self.currency }
        }))
    }

    /// The amount times `numerator / denominator`, rounded to the nearest minor unit, a half away from
    /// zero, so that a credit note rounds like its invoice. 16 % tax is `share(16, 100)`.
    ///
    /// Errors: [`MoneyError::Zero`] for a denominator of zero, [`MoneyError::Overflow`].
    pub fn share(self, numerator: i64, denominator: i64) -> Result<Money, MoneyError> {
        if denominator == 0 {
            return Err(MoneyError::Zero);
        }
        let product = i128::from(self.amount_minor) * i128::from(numerator);
        let denominator = i128::from(denominator);
        let (quotient, rest) = (product / denominator, product % denominator);
        let sign = product.signum() * denominator.signum();
        let rounded = if rest.abs() * 2 >= denominator.abs() { quotient + sign } else { quotient };
        let amount_minor = i64::try_from(rounded).map_err(|_| MoneyError::Overflow)?;
        Ok(Money { amount_minor, currency: self.currency })
    }

    /// The amount times a quantity or a rate, rounded as [`Money::share`] does.
    ///
    /// Errors: [`MoneyError::Overflow`].
    pub fn times(self, factor: Decimal) -> Result<Money, MoneyError> {
        self.share(factor.millionths(), MILLION)
    }

    /// So many percent of the amount, rounded as [`Money::share`] does: 16 % tax is `percent` of 16.
    ///
    /// Errors: [`MoneyError::Overflow`].
    pub fn percent(self, percent: Decimal) -> Result<Money, MoneyError> {
        self.share(percent.millionths(), 100 * MILLION)
    }

    fn combine(self, other: Money, sum: fn(i64, i64) -> Option<i64>) -> Result<Money, MoneyError> {
        if self.currency != other.currency {
            return Err(MoneyError::Currencies(other.currency, self.currency));
        }
        let amount_minor = sum(self.amount_minor, other.amount_minor).ok_or(MoneyError::Overflow)?;
        Ok(Money { amount_minor, currency: self.currency })
    }
}

/// The amount as a decimal string with all decimals of its currency and without its code: `1160.00`.
impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let digits = self.currency.minor_digits();
        let unit = 10u64.pow(digits);
        let sign = if self.amount_minor < 0 { "-" } else { "" };
        let minor = self.amount_minor.unsigned_abs();
        write!(f, "{sign}{}", minor / unit)?;
        if digits > 0 {
            write!(f, ".{:0width$}", minor % unit, width = digits as usize)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn currency(code: &str) -> Currency {
        Currency::parse(code).unwrap()
    }

    fn mxn(amount_minor: i64) -> Money {
        Money { amount_minor, currency: currency("MXN") }
    }

    #[test]
    fn currencies() {
        for (code, digits) in
            [("MXN", 2), ("EUR", 2), ("JPY", 0), ("CLP", 0), ("KWD", 3), ("CLF", 4), ("ZZZ", 2)]
        {
            assert_eq!(currency(code).to_string(), code);
            assert_eq!(currency(code).minor_digits(), digits, "{code}");
        }
        for code in ["", "MX", "MXNN", "mxn", "M1N", "€", " MXN"] {
            assert_eq!(Currency::parse(code), Err(MoneyError::Currency), "{code}");
        }
    }

    #[test]
    fn amounts_are_read_and_written() {
        for (typed, code, minor, written) in [
            ("1160", "MXN", 116_000, "1160.00"),
            (" 1160.5 ", "MXN", 116_050, "1160.50"),
            ("-0.05", "MXN", -5, "-0.05"),
            ("-0", "MXN", 0, "0.00"),
            ("007", "JPY", 7, "7"),
            ("1.234", "KWD", 1234, "1.234"),
            ("92233720368547758.07", "EUR", i64::MAX, "92233720368547758.07"),
            ("-92233720368547758.08", "EUR", i64::MIN, "-92233720368547758.08"),
        ] {
            let money = Money::parse(typed, currency(code)).unwrap();
            assert_eq!(money, Money { amount_minor: minor, currency: currency(code) }, "{typed}");
            assert_eq!(money.to_string(), written);
        }
    }

    #[test]
    fn bad_amounts_are_refused() {
        for typed in
            ["", "-", ".", ".5", "5.", "1,5", "1e3", "+5", "--5", "1.2.3", "1 000", "NaN", "１", "0x1"]
        {
            assert_eq!(Money::parse(typed, currency("MXN")), Err(MoneyError::Amount), "{typed}");
        }
        for (typed, code, digits) in [("1.000", "MXN", 2), ("1.0", "JPY", 0), ("1.2345", "KWD", 3)] {
            let currency = currency(code);
            assert_eq!(Money::parse(typed, currency), Err(MoneyError::Decimals { currency, digits }));
        }
        assert_eq!(Money::parse("92233720368547758.08", currency("EUR")), Err(MoneyError::Overflow));
        assert_eq!(Money::parse(&"9".repeat(5000), currency("EUR")), Err(MoneyError::Overflow));
    }

    #[test]
    fn sums() {
        let euro = Money { amount_minor: 1, currency: currency("EUR") };
        assert_eq!(mxn(150).checked_add(mxn(-50)), Ok(mxn(100)));
        assert_eq!(mxn(150).checked_sub(mxn(200)), Ok(mxn(-50)));
        assert_eq!(mxn(1).checked_add(euro), Err(MoneyError::Currencies(currency("EUR"), currency("MXN"))));
        assert_eq!(mxn(i64::MAX).checked_add(mxn(1)), Err(MoneyError::Overflow));
        assert_eq!(mxn(i64::MIN).checked_sub(mxn(1)), Err(MoneyError::Overflow));
        let message = mxn(1).checked_sub(euro).unwrap_err().to_string();
        assert_eq!(message, "an amount in EUR can't be added to or taken from one in MXN");
    }

    #[test]
    fn splits() {
        for (amount, parts, expected) in [
            (1000, 3, vec![334, 333, 333]),
            (-1000, 3, vec![-334, -333, -333]),
            (2, 4, vec![1, 1, 0, 0]),
            (0, 2, vec![0, 0]),
            (i64::MIN, 1, vec![i64::MIN]),
        ] {
            let split: Vec<i64> = mxn(amount).split(parts).unwrap().map(|m| m.amount_minor).collect();
            assert_eq!(split, expected);
        }
        assert!(matches!(mxn(1).split(0).map(Iterator::count), Err(MoneyError::Zero)));
        assert_eq!(mxn(5).split(u32::MAX).unwrap().next(), Some(mxn(1)));
    }

    #[test]
    fn shares() {
        for (amount, numerator, denominator, expected) in [
            (100_000, 16, 100, 16_000),
            (5, 1, 2, 3),
            (-5, 1, 2, -3),
            (5, -1, 2, -3),
            (5, 1, -2, -3),
            (-5, 1, -2, 3),
            (4, 1, 3, 1),
            (5, 1, 3, 2),
            (0, 1, 3, 0),
            (i64::MAX, i64::MIN, i64::MIN, i64::MAX),
        ] {
            assert_eq!(mxn(amount).share(numerator, denominator), Ok(mxn(expected)), "{amount}");
        }
        assert_eq!(mxn(1).share(1, 0), Err(MoneyError::Zero));
        assert_eq!(mxn(i64::MAX).share(2, 1), Err(MoneyError::Overflow));
        assert_eq!(mxn(i64::MIN).share(-1, 1), Err(MoneyError::Overflow));
    }

    #[test]
    fn quantities_and_percentages_of_an_amount_are_rounded_to_its_units() {
        let number = |text: &str| text.parse::<Decimal>().expect(text);
        for (amount, factor, times, percent) in [
            (100_000, "16", 1_600_000, 16_000),
            (19_999, "0.333333", 6_666, 67),
            (-5, "10", -50, -1), // a half of a unit away from zero
            (1, "0.499999", 0, 0),
        ] {
            assert_eq!(mxn(amount).times(number(factor)), Ok(mxn(times)), "{amount} times {factor}");
            assert_eq!(mxn(amount).percent(number(factor)), Ok(mxn(percent)), "{factor} % of {amount}");
        }
        assert_eq!(mxn(i64::MAX).times(number("1.000001")), Err(MoneyError::Overflow));
    }

    proptest! {
        #[test]
        fn written_amounts_read_back(
            amount_minor in any::<i64>(), code in prop_oneof!["MXN|JPY|KWD|CLF", "[A-Z]{3}"]
        ) {
            let money = Money { amount_minor, currency: currency(&code) };
            prop_assert_eq!(Money::parse(&money.to_string(), money.currency), Ok(money));
        }

        #[test]
        fn no_text_panics(text in any::<String>(), number in "-?[0-9]{0,25}\\.?[0-9]{0,6}") {
            let _ = Money::parse(&text, currency("MXN"));
            let _ = Money::parse(&number, currency("KWD"));
        }

        #[test]
        fn parts_sum_to_the_amount_and_differ_by_one_at_most(amount in any::<i64>(), parts in 1u32..500) {
            let split: Vec<i64> = mxn(amount).split(parts).unwrap().map(|m| m.amount_minor).collect();
            prop_assert_eq!(split.len(), parts as usize);
            prop_assert_eq!(split.iter().sum::<i64>(), amount);
            prop_assert!(split.iter().max().unwrap() - split.iter().min().unwrap() <= 1);
        }

        #[test]
        fn shares_are_the_nearest(amount in any::<i32>(), n in any::<i32>(), d in any::<i32>()) {
            prop_assume!(d != 0);
            let share = mxn(amount.into()).share(n.into(), d.into()).unwrap().amount_minor;
            let error = i128::from(share) * i128::from(d) - i128::from(amount) * i128::from(n);
            prop_assert!(error.abs() * 2 <= i128::from(d).abs());
            prop_assert_eq!(mxn(-i64::from(amount)).share(n.into(), d.into()), Ok(mxn(-share)));
        }

        #[test]
        fn taking_away_undoes_adding(a in any::<i32>(), b in any::<i32>()) {
            let (a, b) = (mxn(a.into()), mxn(b.into()));
            prop_assert_eq!(a.checked_add(b).unwrap().checked_sub(b), Ok(a));
        }
    }
}
