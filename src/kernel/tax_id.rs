//! Tax identifiers of people and organisations: what a typed one is, and whether its own rules hold.
//!
//! Only the form is checked; whether a number was ever issued is known to the tax office alone.

use super::text;
use thiserror::Error;
use unicode_normalization::UnicodeNormalization;

/// The kinds of tax identifier the kernel knows the rules of.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Scheme {
    /// Mexico, a person: 4 letters, date of birth, homoclave.
    RfcPerson,
    /// Mexico, an organisation: 3 letters, date of incorporation, homoclave.
    RfcCompany,
    /// Spain, a person: DNI (8 digits and a letter), or K, L, M, 7 digits and a letter.
    Nif,
    /// Spain, a foreign person: X, Y or Z, 7 digits and a letter.
    Nie,
    /// Spain, an organisation: a letter, 7 digits and a control digit or letter.
    Cif,
    /// A country whose rules aren't known here: letters and digits only, nothing else checked.
    Other,
}

/// A tax identifier that passed [`check`].
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct TaxId {
    /// The rules it was checked by.
    pub scheme: Scheme,
    /// The identifier normalised: upper case, no separators, no country prefix.
    pub value: String,
}

/// The rule a typed tax identifier breaks. Never holds the identifier: it is personal data.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Error)]
pub enum TaxIdError {
    /// The country isn't given as two letters.
    #[error("the country of a tax identifier must be an ISO 3166 code of two letters")]
    Country,
    /// Too short or too long.
    #[error("wrong length: {0}")]
    Length(&'static str),
    /// A character where the scheme doesn't allow it.
    #[error("wrong characters: {0}")]
    Characters(&'static str),
    /// The six digits of an RFC are no date.
    #[error("wrong date: an RFC holds a date as two digits each of year, month and day")]
    Date,
    /// The check digit or letter isn't the one the rest asks for.
    #[error("wrong check digit: the last character doesn't match the ones before it")]
    CheckDigit,
}

/// The RFCs that stand for "the general public" and "a foreigner without RFC" on Mexican invoices (SAT,
/// Anexo 20, guía de llenado del CFDI). They identify nobody, so they are no ground for calling two clients the same.
pub const GENERIC_RFCS: [&str; 2] = ["XAXX010101000", "XEXX010101000"];

/// Checks a tax identifier as typed, with or without spaces, hyphens, dots, slashes, direction marks and lower case.
///
/// `country` is an ISO 3166-1 alpha-2 code. `MX` is checked as RFC; `ES` as NIF, NIE or CIF; either with or
/// without the country before it. Any other country takes 2 to 20 letters and digits (ASCII).
///
/// Of an RFC form and date decide. Its last character is called a check digit, but the tax authority
/// issues numbers that break it (about one in seventy), and neither its validator nor its schema asks for it.
///
/// Errors: the first rule that is broken, see [`TaxIdError`].
pub fn check(country: &str, text: &str) -> Result<TaxId, TaxIdError> {
    let value = compact(text);
    match country.to_ascii_uppercase().as_str() {
        "MX" => mexican(value),
        "ES" => spanish(value),
        code if code.len() == 2 && code.bytes().all(|b| b.is_ascii_uppercase()) => other(value),
        _ => Err(TaxIdError::Country),
    }
}

/// A tax identifier of Mexico or Spain as typed, whichever it is by its form; `None`: it is neither. For look-ups, where
/// no country is given.
pub fn known(text: &str) -> Option<TaxId> {
    ["MX", "ES"].iter().find_map(|country| check(country, text).ok())
}

/// The check digit that the published algorithm gives an RFC: `0` to `9` or `A`. Not all issued ones have it.
///
/// `first` is the RFC without its last character, upper case: 11 characters (organisation) or 12
/// (person). `None` for another length, or a character an RFC can't hold. Modulo 11 over the values of
/// Anexo 3, weights 13 down to 2, an organisation's RFC taken with a space before it (SAT, "Algoritmo para
/// generar el RFC con homoclave", INFOMEX 0610100135506).
pub fn rfc_check_digit(first: &str) -> Option<char> {
    const VALUES: &str = "0123456789ABCDEFGHIJKLMN&OPQRSTUVWXYZ Ñ";
    let padding = match first.chars().count() {
        11 => " ",
        12 => "",
        _ => return None,
    };
    let mut sum = 0;
    for (weight, c) in (2..=13).rev().zip(padding.chars().chain(first.chars())) {
        sum += weight * VALUES.chars().position(|known| known == c)?;
    }
    Some(match 11 - sum % 11 {
        11 => '0',
        10 => 'A',
        digit => char::from(b'0' + digit as u8), // 1 to 9: the other two are above
    })
}

/// The letter of a Spanish personal number: that of `number` modulo 23 (Ministerio del Interior, "Cálculo
/// del dígito de control del NIF/NIE").
///
/// `number` is the DNI's 8 digits; for K, L and M the 7 digits; for a NIE the 7 digits after a 0 (X), 1
/// (Y) or 2 (Z).
pub fn nif_letter(number: u32) -> char {
    const LETTERS: &[u8; 23] = b"TRWAGMYFPDXBNJZSQVHLCKE";
    char::from(LETTERS[number as usize % LETTERS.len()])
}

/// The control characters a CIF may end with.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum CifControl {
    /// Only this digit.
    Digit(char),
    /// Only this letter.
    Letter(char),
    /// Either of the two, `digit` being the usual one.
    Either {
        /// The control as a digit.
        digit: char,
        /// The control as a letter.
        letter: char,
    },
}

impl CifControl {
    /// Whether a CIF may end with `c`.
    pub fn accepts(self, c: char) -> bool {
        match self {
            Self::Digit(only) | Self::Letter(only) => c == only,
            Self::Either { digit, letter } => c == digit || c == letter,
        }
    }

    /// The one to write when making a CIF.
    pub fn usual(self) -> char {
        match self {
            Self::Digit(c) | Self::Letter(c) | Self::Either { digit: c, .. } => c,
        }
    }
}

/// The control of a Spanish organisation's CIF.
///
/// `letter` is the kind of organisation (Orden EHA/451/2008), upper case; `digits` the 7 digits after it.
/// `None` for a letter no CIF begins with, or anything but 7 digits. The control is Luhn's digit over the
/// seven, written as itself or as a letter (0 is J, 1 to 9 are A to I): P, Q, R, S, N and W demand the
/// letter; A, B, E and H the digit, unless the digits begin with 00, which before 2008 marked a foreign
/// organisation and its letter; the others take either.
pub fn cif_control(letter: char, digits: &str) -> Option<CifControl> {
    if digits.len() != 7 || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let sum: u8 = digits
        .bytes()
        .map(|b| b - b'0')
        .enumerate()
        .map(|(i, d)| if i % 2 == 0 { d * 2 / 10 + d * 2 % 10 } else { d })
        .sum();
    let control = (10 - sum % 10) % 10;
    let digit = char::from(b'0' + control);
    let as_letter = char::from(b"JABCDEFGHI"[usize::from(control)]);
    match letter {
        'P' | 'Q' | 'R' | 'S' | 'N' | 'W' => Some(CifControl::Letter(as_letter)),
        'A' | 'B' | 'E' | 'H' if !digits.starts_with("00") => Some(CifControl::Digit(digit)),
        'A'..='H' | 'J' | 'U' | 'V' => Some(CifControl::Either { digit, letter: as_letter }),
        _ => None,
    }
}

/// Upper case, without separators and what shows nothing. Full-width letters become plain ones, a decomposed Ñ becomes one.
pub fn compact(text: &str) -> String {
    text.nfkc()
        .filter(|c| !c.is_whitespace() && !c.is_control() && !text::is_ignorable(*c))
        .filter(|c| !matches!(c, '-' | '\u{2010}'..='\u{2015}' | '.' | '/' | '_'))
        .map(|c| if c == 'ñ' { 'Ñ' } else { c.to_ascii_uppercase() })
        .collect()
}

/// The identifier without the country before it, which has two letters and is no part of it.
fn without_country(value: String, country: &str, lengths: &[usize]) -> String {
    match value.strip_prefix(country) {
        Some(rest) if lengths.contains(&rest.chars().count()) => rest.to_owned(),
        _ => value,
    }
}

/// RFC, by the pattern `t_RFC` of the SAT's CFDI schema (tdCFDI.xsd) and the date.
fn mexican(value: String) -> Result<TaxId, TaxIdError> {
    const LENGTH: TaxIdError = TaxIdError::Length("an RFC has 12 characters (organisation) or 13 (person)");
    const FORM: TaxIdError = TaxIdError::Characters(
        "an RFC is 3 or 4 letters (Ñ and & too), 6 digits, 2 letters or digits, and a digit or A",
    );
    let value = without_country(value, "MX", &[12, 13]);
    let characters: Vec<char> = value.chars().collect();
    let (scheme, letters) = match characters.len() {
        12 => (Scheme::RfcCompany, 3),
        13 => (Scheme::RfcPerson, 4),
        _ => return Err(LENGTH),
    };
    let (name, rest) = characters.split_at(letters);
    let (date, homoclave) = rest.split_at(6);
    if !name.iter().all(|c| c.is_ascii_uppercase() || matches!(c, 'Ñ' | '&'))
        || !date.iter().all(char::is_ascii_digit)
        || !homoclave.iter().all(|c| c.is_ascii_digit() || c.is_ascii_uppercase())
        || !homoclave.last().is_some_and(|c| c.is_ascii_digit() || *c == 'A')
    {
        return Err(FORM);
    }
    if !is_date(date) {
        return Err(TaxIdError::Date);
    }
    Ok(TaxId { scheme, value })
}

/// Whether six digits are a date yymmdd. 29 February needs a year divisible by 4: the century isn't
/// written, and 00 may be 2000.
fn is_date(yymmdd: &[char]) -> bool {
    let digits = yymmdd.iter().filter_map(|c| c.to_digit(10));
    let number = digits.fold(0, |number, digit| number * 10 + digit);
    let (year, month, day) = (number / 10_000, number / 100 % 100, number % 100);
    let days = match month {
        1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
        4 | 6 | 9 | 11 => 30,
        2 if year % 4 == 0 => 29,
        2 => 28,
        _ => return false,
    };
    (1..=days).contains(&day)
}

/// NIF, NIE or CIF, told apart by the first character.
fn spanish(value: String) -> Result<TaxId, TaxIdError> {
    const LENGTH: TaxIdError =
        TaxIdError::Length("a Spanish NIF, NIE or CIF has 9 characters, after an optional ES");
    const FORM: TaxIdError = TaxIdError::Characters(
        "a NIF is 8 digits and a letter, a NIE or a CIF a letter, 7 digits and a control character",
    );
    let value = without_country(value, "ES", &[9]);
    let characters: Vec<char> = value.chars().collect();
    let [first, .., control] = characters[..] else { return Err(LENGTH) };
    if characters.len() != 9 {
        return Err(LENGTH);
    }
    let digits: String = characters[1..8].iter().collect();
    if !digits.bytes().all(|b| b.is_ascii_digit()) {
        return Err(FORM);
    }
    let (scheme, prefix) = match first {
        '0'..='9' => (Scheme::Nif, first),
        'K' | 'L' | 'M' => (Scheme::Nif, '0'),
        'X' => (Scheme::Nie, '0'),
        'Y' => (Scheme::Nie, '1'),
        'Z' => (Scheme::Nie, '2'),
        _ => (Scheme::Cif, first),
    };
    let matches = if scheme == Scheme::Cif {
        cif_control(first, &digits).ok_or(FORM)?.accepts(control)
    } else {
        let number: u32 = format!("{prefix}{digits}").parse().map_err(|_| FORM)?;
        nif_letter(number) == control
    };
    if matches { Ok(TaxId { scheme, value }) } else { Err(TaxIdError::CheckDigit) }
}

/// A country whose rules aren't known: 2 to 20 letters and digits.
fn other(value: String) -> Result<TaxId, TaxIdError> {
    if !value.chars().all(|c| c.is_ascii_alphanumeric()) {
        return Err(TaxIdError::Characters("a tax identifier is letters A to Z and digits"));
    }
    if !(2..=20).contains(&value.len()) {
        return Err(TaxIdError::Length("a tax identifier has 2 to 20 letters and digits"));
    }
    Ok(TaxId { scheme: Scheme::Other, value })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn valid(country: &str, text: &str) -> (Scheme, String) {
        let id = check(country, text).unwrap_or_else(|e| panic!("{country} {text}: {e}"));
        (id.scheme, id.value)
    }

    #[test]
    fn known_identifiers_pass() {
        for (country, id, scheme) in [
            ("MX", "GODE561231GR8", Scheme::RfcPerson), // the SAT's own example
            ("MX", "CACX7605101P8", Scheme::RfcPerson), // the SAT's test taxpayers
            ("MX", "FUNK671228PH6", Scheme::RfcPerson),
            ("MX", "EKU9003173C9", Scheme::RfcCompany),
            ("MX", "URE180429TM6", Scheme::RfcCompany),
            ("MX", "MAB9307148T4", Scheme::RfcCompany),
            ("MX", "XAXX010101000", Scheme::RfcPerson),
            ("MX", "XEXX010101000", Scheme::RfcPerson),
            // Issued, though their last character is not the one that the rest asks for.
            ("MX", "EXT990101NI1", Scheme::RfcCompany),
            ("MX", "GODE561231GR9", Scheme::RfcPerson),
            ("MX", "LOPJ800101XX1", Scheme::RfcPerson),
            // What looks like the country may be the name.
            ("MX", "MXA900101AB1", Scheme::RfcCompany),
            ("MX", "MXMX900101AB1", Scheme::RfcPerson),
            ("ES", "12345678Z", Scheme::Nif),
            ("ES", "00000000T", Scheme::Nif),
            ("ES", "M1234567L", Scheme::Nif),
            ("ES", "X1234567L", Scheme::Nie),
            ("ES", "Y1234567X", Scheme::Nie),
            ("ES", "Z1234567R", Scheme::Nie),
            ("ES", "A58818501", Scheme::Cif),
            ("ES", "B65410011", Scheme::Cif),
            ("ES", "J99216582", Scheme::Cif),
            ("ES", "J9921658B", Scheme::Cif),
            ("ES", "A0011012B", Scheme::Cif),
            ("FR", "FR40303265045", Scheme::Other),
        ] {
            assert_eq!(valid(country, id), (scheme, id.to_owned()));
        }
    }

    #[test]
    fn computes_control_characters() {
        assert_eq!(rfc_check_digit("GODE561231GR"), Some('8'));
        assert_eq!(rfc_check_digit("EKU9003173C"), Some('9'));
        assert_eq!(rfc_check_digit("GODE561231G"), Some(rfc_check_digit(" GODE561231G").unwrap()));
        assert_eq!(rfc_check_digit("gode561231gr"), None);
        assert_eq!(rfc_check_digit("GODE561231"), None);
        assert_eq!(nif_letter(12_345_678), 'Z');
        assert_eq!(nif_letter(u32::MAX), char::from(b"TRWAGMYFPDXBNJZSQVHLCKE"[u32::MAX as usize % 23]));
        assert_eq!(cif_control('A', "5881850"), Some(CifControl::Digit('1')));
        assert_eq!(cif_control('P', "5881850"), Some(CifControl::Letter('A')));
        assert_eq!(cif_control('G', "5881850"), Some(CifControl::Either { digit: '1', letter: 'A' }));
        assert_eq!(cif_control('I', "5881850"), None);
        assert_eq!(cif_control('A', "588185"), None);
        assert_eq!(cif_control('A', "588185é"), None);
    }

    #[test]
    fn typed_forms_are_normalised() {
        for (country, typed, value) in [
            ("mx", " gode-561231 gr8\n", "GODE561231GR8"),
            ("ES", "12.345.678-z", "12345678Z"),
            ("es", "ES-B 6541001/1", "B65410011"),
            ("MX", "MXEKU9003173C9", "EKU9003173C9"),
            ("MX", "mx-EXT 990101 NI1", "EXT990101NI1"),
            ("MX", "MXGODE561231GR8", "GODE561231GR8"),
            ("MX", "MXXAXX010101000", "XAXX010101000"),
            ("MX", "MXMXA900101AB1", "MXA900101AB1"),
            ("MX", "\u{200e}EKU9003173C9\u{202c}\u{feff}", "EKU9003173C9"),
            ("ES", "ESX1234567L", "X1234567L"),
            ("ES", "１２３４５６７８Ｚ", "12345678Z"),
            ("DE", "12/345/67890", "1234567890"),
        ] {
            assert_eq!(valid(country, typed).1, value);
        }
        let enye = format!("ÑUÑ900101AB{}", rfc_check_digit("ÑUÑ900101AB").unwrap());
        assert_eq!(valid("MX", &enye.to_lowercase().nfd().collect::<String>()).1, enye);
    }

    #[test]
    fn broken_rules_are_named() {
        for (country, text, rule) in [
            ("MX", "", "wrong length"),
            ("MX", "GODE561231GR", "wrong characters"), // a company's length, a person's letters
            ("MX", "GODE561231GR80", "wrong length"),
            ("MX", "G0DE561231GR8", "wrong characters"),
            ("MX", "GODE56123XGR8", "wrong characters"),
            ("MX", "GODE561231Ñ&8", "wrong characters"),
            ("MX", "GODE561331GR8", "wrong date"),
            ("MX", "GODE560230GR8", "wrong date"),
            ("MX", "GODE010229GR8", "wrong date"),
            ("MX", "GODE561231GRB", "wrong characters"),
            ("MX", "MXGODE561331GR8", "wrong date"),
            ("MX", "MXGODE561231GR", "wrong characters"),
            ("MX", "MX", "wrong length"),
            ("MX", "ESEKU9003173C9", "wrong length"),
            ("ES", "1234567Z", "wrong length"),
            ("ES", "ES", "wrong length"),
            ("ES", "12345678A", "wrong check digit"),
            ("ES", "123456789", "wrong check digit"),
            ("ES", "I1234567L", "wrong characters"),
            ("ES", "X12345É7L", "wrong characters"),
            ("ES", "A5881850A", "wrong check digit"),
            ("ES", "P58818501", "wrong check digit"),
            ("FR", "X", "wrong length"),
            ("FR", "ABC*", "wrong characters"),
            ("Mexico", "GODE561231GR8", "the country"),
            ("", "GODE561231GR8", "the country"),
        ] {
            let message = check(country, text).expect_err(text).to_string();
            assert!(message.starts_with(rule), "{country} {text}: {message}");
            assert!(text.len() < 8 || !message.contains(text), "echoes {text}");
        }
    }

    fn rfc_first() -> impl Strategy<Value = String> {
        ("[A-ZÑ&]{3,4}", 0..100, 1..=12, 1..=28, "[A-Z0-9]{2}")
            .prop_map(|(name, y, m, d, homoclave)| format!("{name}{y:02}{m:02}{d:02}{homoclave}"))
    }

    proptest! {
        #[test]
        fn rfcs_pass_by_their_form_with_the_country_and_without(first in rfc_first(), last in "[0-9A]") {
            let rfc = format!("{first}{last}");
            for typed in [rfc.clone(), rfc.to_lowercase(), format!("MX{rfc}"), format!("mx {rfc}")] {
                prop_assert_eq!(valid("MX", &typed).1, rfc.clone());
                prop_assert_eq!(known(&typed).map(|id| id.value), Some(rfc.clone()));
            }
        }

        #[test]
        fn made_personal_numbers_pass_and_other_letters_fail(n in 0u32..100_000_000, wrong in "[A-Z0-9]") {
            let nif = format!("{n:08}");
            let seven = n % 10_000_000;
            let nie = ["X", "Y", "Z"][(n % 3) as usize].to_owned() + &format!("{seven:07}");
            for (body, letter) in [(nif, nif_letter(n)), (nie, nif_letter(n % 3 * 10_000_000 + seven))] {
                let typed = format!("es {}-{}", body.to_lowercase(), letter.to_ascii_lowercase());
                prop_assert_eq!(valid("ES", &typed).1, format!("{body}{letter}"));
                if !wrong.starts_with(letter) {
                    prop_assert_eq!(check("ES", &format!("{body}{wrong}")), Err(TaxIdError::CheckDigit));
                }
            }
        }

        #[test]
        fn made_cifs_pass_and_other_controls_fail(
            kind in "[ABCDEFGHJNPQRSUVW]", digits in "[0-9]{7}", wrong in "[0-9A-Z]"
        ) {
            let control = cif_control(kind.chars().next().unwrap(), &digits).unwrap();
            let cif = format!("{kind}{digits}{}", control.usual());
            prop_assert_eq!(valid("ES", &cif), (Scheme::Cif, cif));
            let accepted = control.accepts(wrong.chars().next().unwrap());
            prop_assert_eq!(check("ES", &format!("{kind}{digits}{wrong}")).is_ok(), accepted);
        }

        #[test]
        fn a_checked_value_checks_to_itself(country in "MX|ES|FR", text in "\\PC{0,16}") {
            if let Ok(id) = check(&country, &text) {
                prop_assert_eq!(check(&country, &id.value), Ok(id));
            }
        }
    }
}
