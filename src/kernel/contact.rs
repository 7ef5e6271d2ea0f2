//! Phone numbers and e-mail addresses: checked once, stored in one form, compared as text.

use super::text;
use email_address::{EmailAddress, Options};
use idna::uts46::{AsciiDenyList, DnsLength, Hyphens, Uts46};
use percent_encoding::percent_decode_str;
use phonenumber::{Mode, ParseError};
use std::fmt;
use thiserror::Error;
use unicode_normalization::UnicodeNormalization;

/// The rule a typed phone number or e-mail address breaks. Never holds what was typed: it is personal data.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Error)]
pub enum ContactError {
    /// Something a phone number isn't written with, such as a letter or a second number.
    #[error(
        "a phone number has digits, spaces and - . ( ) / only, after an optional + and before an extension"
    )]
    PhoneCharacters,
    /// The region isn't one with phone numbers.
    #[error("the region of a phone number must be an ISO 3166 code of two letters, such as MX")]
    PhoneRegion,
    /// Neither an international number nor a region to read it in, or no such country code.
    #[error("a phone number begins with + and an existing country code, unless its country is given")]
    PhoneCountry,
    /// Not a number of its country's numbering plan.
    #[error("a phone number must have the length and the beginning its country's numbers have")]
    PhonePlan,
    /// Longer than mail systems take.
    #[error("an e-mail address has at most 254 characters")]
    EmailLength,
    /// Not of the form name@domain.
    #[error("an e-mail address is name@domain with a dot in the domain; no display name, no IP address")]
    EmailForm,
}

/// A phone number in E.164: `+`, country code, national number; at most 15 digits (ITU-T E.164).
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Phone(String);

impl Phone {
    /// Reads a number as typed.
    ///
    /// `region` is the ISO 3166-1 alpha-2 code of the country national numbers are read in; a number that
    /// begins with `+` doesn't need it. The number must be valid by libphonenumber's metadata, which
    /// knows the numbering plans, not whether a line exists. What was dialled before a Mexican number until
    /// 2019 (`+52 1`, `01`, `044`, `045`) is dropped, and so is an extension: E.164 has no place for it.
    ///
    /// Known limit: the `phonenumber` crate takes an 8 at the beginning of a Russian number for the trunk
    /// prefix, so it refuses area codes such as 812.
    ///
    /// Errors: one of the `Phone…` rules of [`ContactError`].
    pub fn parse(text: &str, region: Option<&str>) -> Result<Phone, ContactError> {
        let region = region.map(|code| code.to_ascii_uppercase().parse()).transpose();
        let region = region.map_err(|_| ContactError::PhoneRegion)?;
        let mut dialled = dialled(text)?;
        if region.is_none() && dialled.starts_with("00") {
            dialled.replace_range(..2, "+"); // how one dials abroad from almost everywhere
        }
        let typed = phonenumber::parse(region, dialled).map_err(|e| match e {
            ParseError::InvalidCountryCode => ContactError::PhoneCountry,
            _ => ContactError::PhonePlan,
        })?;
        let code = typed.code().value();
        let national = typed.national().to_string();
        let national = if code == 52 { without_mexican_prefix(&national) } else { &national };
        let e164 = format!("+{code}{national}");
        // Read once more, so that what is stored is valid by itself and always reads back as the same.
        let is_stable = phonenumber::parse(None, &e164)
            .is_ok_and(|p| p.is_valid() && p.format().mode(Mode::E164).to_string() == e164);
        if is_stable && e164.len() <= 16 { Ok(Phone(e164)) } else { Err(ContactError::PhonePlan) }
    }

    /// A number read back from the database, where only parsed ones are written. Not checked.
    pub fn trusted(e164: String) -> Phone {
        Phone(e164)
    }

    /// The number in E.164, with `+`.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The digits of [`Phone::as_str`], without `+`, as links such as `wa.me` want them.
    pub fn digits(&self) -> &str {
        self.0.trim_start_matches('+')
    }

    /// The digits of the national number: no country code, no trunk prefix. All digits, if a trusted number
    /// isn't valid.
    pub fn national(&self) -> String {
        phonenumber::parse(None, &self.0)
            .map_or_else(|_| self.digits().to_owned(), |p| p.national().to_string())
    }
}

impl fmt::Display for Phone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The digits of a typed number, after `+` if it began with one: without separators, direction marks, the `tel:` of a link
/// (RFC 3966) and an extension. This is how phone numbers are read that are stored and those that are looked for.
///
/// # Errors
/// `PhoneCharacters`: it isn't written as a phone number.
pub fn dialled(text: &str) -> Result<String, ContactError> {
    let typed: String = text::tidy(text).nfkc().filter(|c| !text::is_ignorable(*c)).collect();
    let typed = typed.to_lowercase();
    let link =
        typed.trim_start().strip_prefix("tel:").map(|link| percent_decode_str(link).decode_utf8_lossy());
    let typed = link.as_deref().unwrap_or(&typed).trim_end_matches([' ', ',', ';']);
    let end = typed.find(|c| !is_written_in_phones(c)).unwrap_or(typed.len());
    let (number, rest) = typed.split_at(end);
    let mut dialled = String::new();
    for c in number.chars() {
        match c {
            '0'..='9' => dialled.push(c),
            '+' if dialled.is_empty() => dialled.push(c),
            '+' => return Err(ContactError::PhoneCharacters),
            _ => {}
        }
    }
    if let Some(parameters) = rest.strip_prefix(';').filter(|_| link.is_some()) {
        // A local number of a link tells where it is dialled.
        let context = parameters.split(';').find_map(|parameter| parameter.strip_prefix("phone-context=+"));
        if let Some(code) = context.filter(|code| !dialled.starts_with('+') && is_digits(code)) {
            dialled.insert_str(0, &format!("+{code}"));
        }
    } else if !rest.is_empty() && !is_extension(rest) {
        return Err(ContactError::PhoneCharacters);
    }
    Ok(dialled)
}

fn is_written_in_phones(c: char) -> bool {
    c.is_ascii_digit()
        || matches!(c, '+' | ' ' | '-' | '\u{2010}'..='\u{2015}' | '\u{2212}' | '.' | '(' | ')' | '/')
}

fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit())
}

/// Whether what stands behind a number is its extension: a word or a sign for it, and up to seven digits. More would be
/// another number.
fn is_extension(rest: &str) -> bool {
    const WORDS: [&str; 9] = ["", "x", "ext", "extn", "extension", "extensión", "int", "interno", "anexo"];
    let rest = rest.trim_end_matches(')');
    let digits = rest.trim_start_matches(|c: char| !c.is_ascii_digit());
    let sign = &rest[..rest.len() - digits.len()];
    let word = sign.trim_matches([' ', '.', ':', ',', ';', '=', '#']);
    WORDS.contains(&word) && is_digits(digits) && digits.len() <= 7
}

/// The ten digits of a Mexican number dialled the way of before August 2019 (IFT, Plan Técnico Fundamental
/// de Numeración), or with the country code and the old 1 but no `+`, as WhatsApp writes it.
fn without_mexican_prefix(national: &str) -> &str {
    ["1", "01", "044", "045", "521"]
        .iter()
        .find_map(|prefix| national.strip_prefix(prefix).filter(|rest| rest.len() == 10))
        .unwrap_or(national)
}

/// An e-mail address, lower case, composed (NFC), its domain in Unicode, at most 254 octets.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Email(String);

impl Email {
    /// Reads an address as typed: trimmed and put in lower case as a whole.
    ///
    /// The part before the `@` is put in lower case too, although RFC 5321 lets a mail system tell cases
    /// apart (none in use does), so that look-ups and the search for duplicates ignore case. The form is
    /// that of RFC 5322 without display name, address literal, white space and comments; the domain has a
    /// dot, only letters, digits and hyphens, and doesn't end in a number. At most 254 octets (RFC 5321,
    /// 4.5.3.1.3, less the angle brackets), also when the domain is written as the DNS has it. The `mailto:` of a
    /// link is dropped.
    ///
    /// An international domain has one form (Unicode Technical Standard 46, not transitional), in Unicode, as
    /// people read it: browsers send `xn--pea-8ma.example` where `peña.example` was typed, and both are one.
    ///
    /// Errors: one of the `Email…` rules of [`ContactError`].
    pub fn parse(text: &str) -> Result<Email, ContactError> {
        let address = lower(text);
        if address.len() > 254 {
            return Err(ContactError::EmailLength);
        }
        let (name, domain) = address.rsplit_once('@').ok_or(ContactError::EmailForm)?;
        let ascii = Uts46::new()
            .to_ascii(domain.as_bytes(), AsciiDenyList::STD3, Hyphens::CheckFirstLast, DnsLength::Verify)
            .map_err(|_| ContactError::EmailForm)?;
        let email = Email(format!("{name}@{}", unicode(&ascii).ok_or(ContactError::EmailForm)?));
        let sent = format!("{name}@{ascii}");
        if sent.len().max(email.0.len()) > 254 {
            return Err(ContactError::EmailLength);
        }
        let options = Options::default().with_required_tld().without_domain_literal().without_display_text();
        let is_address = EmailAddress::parse_with_options(&sent, options).is_ok();
        let is_numeric = ascii.rsplit('.').next().is_some_and(is_digits);
        if is_address && !is_numeric && !sent.contains(char::is_whitespace) {
            Ok(email)
        } else {
            Err(ContactError::EmailForm)
        }
    }

    /// What is typed of an address, maybe not all of it yet, in the form in which addresses are stored: for look-ups.
    pub fn begun(text: &str) -> String {
        if let Ok(Email(whole)) = Email::parse(text) {
            return whole;
        }
        let begun = lower(text);
        match begun.rsplit_once('@') {
            Some((name, domain)) if !domain.is_empty() => match unicode(domain) {
                Some(domain) => format!("{name}@{domain}"),
                None => begun,
            },
            _ => begun,
        }
    }

    /// An address read back from the database, where only parsed ones are written. Not checked.
    pub fn trusted(address: String) -> Email {
        Email(address)
    }

    /// The address.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A typed address, or its beginning, in lower case and without what shows nothing.
fn lower(text: &str) -> String {
    let text = text::tidy(text).to_lowercase();
    let shown = text.strip_prefix("mailto:").unwrap_or(&text).chars().filter(|c| !text::is_ignorable(*c));
    shown.nfc().collect()
}

/// A domain as people read it; `None`: it is none.
fn unicode(domain: &str) -> Option<String> {
    let (domain, read) = Uts46::new().to_unicode(domain.as_bytes(), AsciiDenyList::STD3, Hyphens::Allow);
    read.ok().map(|()| domain.into_owned())
}

impl fmt::Display for Email {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn phones_are_normalised() {
        for (typed, region, e164, national) in [
            ("55 1234 5678", Some("MX"), "+525512345678", "5512345678"),
            ("(55) 1234-5678", Some("mx"), "+525512345678", "5512345678"),
            ("+52 1 55 1234 5678", None, "+525512345678", "5512345678"),
            ("+5215512345678", Some("ES"), "+525512345678", "5512345678"),
            ("5215512345678", Some("MX"), "+525512345678", "5512345678"),
            ("525512345678", Some("MX"), "+525512345678", "5512345678"),
            ("044 55 1234 5678", Some("MX"), "+525512345678", "5512345678"),
            ("045 55 1234 5678", Some("MX"), "+525512345678", "5512345678"),
            ("01 55 1234 5678", Some("MX"), "+525512345678", "5512345678"),
            ("00 34 612 345 678", Some("MX"), "+34612345678", "612345678"),
            ("612 34 56 78", Some("ES"), "+34612345678", "612345678"),
            ("(+34) 612.345.678", None, "+34612345678", "612345678"),
            ("+34612-345678", None, "+34612345678", "612345678"),
            ("+34\u{a0}612–345–678", None, "+34612345678", "612345678"),
            ("\u{202a}+34 612 345 678\u{202c}", None, "+34612345678", "612345678"),
            ("＋３４６１２３４５６７８", None, "+34612345678", "612345678"),
            ("+44 (0)20 7946 0958", None, "+442079460958", "2079460958"),
            ("+39 06 1234 5678", None, "+390612345678", "0612345678"),
            ("(212) 555-2368", Some("US"), "+12125552368", "2125552368"),
            ("+54 11 15 2345 6789", None, "+5491123456789", "91123456789"),
            ("00 52 1 449 123 4567", None, "+524491234567", "4491234567"),
            ("tel:+52-449-123-4567", None, "+524491234567", "4491234567"),
            ("TEL:+52%20449%20123%204567;ext=12", None, "+524491234567", "4491234567"),
            ("tel:449-123-4567;phone-context=+52", None, "+524491234567", "4491234567"),
            ("tel:4491234567;phone-context=example.com", Some("MX"), "+524491234567", "4491234567"),
            ("\u{200e}+52\u{200e} 1 449\u{202f}123\u{2060}4567\u{200f}", None, "+524491234567", "4491234567"),
            ("612 345 678 ext 12", Some("ES"), "+34612345678", "612345678"),
            ("+34 612 345 678 (Extensión: 1234)", None, "+34612345678", "612345678"),
            ("449 123 4567 x12", Some("MX"), "+524491234567", "4491234567"),
            ("449 123 4567 #12", Some("MX"), "+524491234567", "4491234567"),
            ("449 123 4567,,12", Some("MX"), "+524491234567", "4491234567"),
            ("449 123 4567, ", Some("MX"), "+524491234567", "4491234567"),
            ("449 123 4567 int. 12", Some("MX"), "+524491234567", "4491234567"),
        ] {
            let phone = Phone::parse(typed, region).unwrap_or_else(|e| panic!("{typed}: {e}"));
            assert_eq!(phone.as_str(), e164, "{typed}");
            assert_eq!(phone.to_string(), e164);
            assert_eq!(phone.digits(), &e164[1..]);
            assert_eq!(phone.national(), national);
        }
        assert_eq!(Phone::trusted("+1".into()).national(), "1");
    }

    #[test]
    fn broken_phone_rules_are_named() {
        for (typed, region, rule) in [
            ("", None, ContactError::PhonePlan),
            ("+", None, ContactError::PhonePlan),
            ("612 345 678", None, ContactError::PhoneCountry),
            ("+999 123 456 789", None, ContactError::PhoneCountry),
            ("612 345 678", Some("XX"), ContactError::PhoneRegion),
            ("612 345 678", Some("AQ"), ContactError::PhoneRegion),
            ("612 345 678", Some("001"), ContactError::PhoneRegion),
            ("612 345 678", Some(""), ContactError::PhoneRegion),
            ("612 345 678 ext", Some("ES"), ContactError::PhoneCharacters),
            ("612 345 678 ext 12345678", Some("ES"), ContactError::PhoneCharacters),
            ("612 345 678, 613 345 678", Some("ES"), ContactError::PhoneCharacters),
            ("612 345 678; 613345678", Some("ES"), ContactError::PhoneCharacters),
            ("612 345 678 or 12", Some("ES"), ContactError::PhoneCharacters),
            ("tel:", Some("ES"), ContactError::PhonePlan),
            ("+34 612 345 678 / +34 613 345 678", None, ContactError::PhoneCharacters),
            ("ana@example.com", Some("ES"), ContactError::PhoneCharacters),
            ("112", Some("ES"), ContactError::PhonePlan),
            ("+34 112", None, ContactError::PhonePlan),
            ("+34 612 345 67", None, ContactError::PhonePlan),
            ("+34 612 345 6789", None, ContactError::PhonePlan),
            ("123 456 7890", Some("MX"), ContactError::PhonePlan),
            ("612 345 678 / 613 345 678", Some("ES"), ContactError::PhonePlan),
        ] {
            assert_eq!(Phone::parse(typed, region), Err(rule), "{typed}");
        }
    }

    #[test]
    fn every_region_of_two_letters_is_known_or_refused() {
        let known = ('A'..='Z')
            .flat_map(|a| ('A'..='Z').map(move |b| format!("{a}{b}")))
            .filter(|region| Phone::parse("612 345 678", Some(region)) != Err(ContactError::PhoneRegion));
        assert!(known.count() > 200);
    }

    #[test]
    fn emails_are_normalised() {
        for (typed, address) in [
            (" Ana.Ruiz+CRM@Example.COM\n", "ana.ruiz+crm@example.com"),
            ("jose\u{301}@correo.es", "josé@correo.es"),
            ("info@peña.es", "info@peña.es"),
            ("info@xn--pea-8ma.es", "info@peña.es"),
            ("INFO@XN--PEA-8MA.ES", "info@peña.es"),
            ("info@pen\u{303}a.es", "info@peña.es"),
            ("info@ｐｅñａ。es", "info@peña.es"),
            ("info@STRASSE.de", "info@strasse.de"),
            ("info@straße.de", "info@straße.de"),
            ("info@xn--strae-oqa.de", "info@straße.de"),
            ("an\u{200d}a@pe\u{ad}ña.es", "ana@peña.es"),
            ("mailto:Ana@example.com", "ana@example.com"),
            ("a@r3---sn.example.com", "a@r3---sn.example.com"),
            ("o'brien@mail.example.co", "o'brien@mail.example.co"),
            ("a@1and1.com", "a@1and1.com"),
        ] {
            let email = Email::parse(typed).unwrap_or_else(|e| panic!("{typed}: {e}"));
            assert_eq!(email.as_str(), address);
            assert_eq!(email.to_string(), address);
        }
        assert_eq!(Email::trusted("a@b.c".into()).as_str(), "a@b.c");
    }

    #[test]
    fn broken_email_rules_are_named() {
        for typed in [
            "",
            "@",
            "ana",
            "ana@",
            "@example.com",
            "ana@example",
            "ana@example.",
            "ana@.com",
            "ana@ex..com",
            "ana..ruiz@example.com",
            "ana ruiz@example.com",
            "\"ana ruiz\"@example.com",
            "a@b@example.com",
            "Ana <ana@example.com>",
            "<ana@example.com>",
            "ana@[192.0.2.1]",
            "ana@192.0.2.1",
            "ana@exa!mple.com",
            "ana@example.com, eva@example.com",
            "ana@-example.com",
            "ana@xn--a.es",
            "ana@xn--.es",
            "ana@ex_ample.com",
            "ana@example.com.",
            "mailto:",
        ] {
            assert_eq!(Email::parse(typed), Err(ContactError::EmailForm), "{typed}");
        }
        let labels = "a".repeat(60);
        let long = format!("ana@{labels}.{labels}.{labels}.{labels}.example.com");
        assert_eq!(Email::parse(&long), Err(ContactError::EmailLength));
        assert_eq!(Email::parse(&format!("{}@example.com", "a".repeat(65))), Err(ContactError::EmailForm));
    }

    proptest! {
        #[test]
        fn spanish_mobiles_read_the_same_however_typed(n in 600_000_000u32..700_000_000) {
            let plain = Phone::parse(&n.to_string(), Some("ES")).unwrap();
            prop_assert_eq!(plain.as_str(), format!("+34{n}"));
            prop_assert_eq!(plain.national(), n.to_string());
            let (a, b, c) = (n / 1_000_000, n / 1000 % 1000, n % 1000);
            for typed in [format!("+34 {a} {b:03} {c:03}"), format!("0034-{a}.{b:03}.{c:03}")] {
                prop_assert_eq!(&Phone::parse(&typed, Some("ES")).unwrap(), &plain);
            }
        }

        #[test]
        fn a_parsed_phone_parses_to_itself(text in "\\+?[0-9 ]{4,16}", region in "MX|ES|US|AR|BR|IT|DE|RU") {
            if let Ok(phone) = Phone::parse(&text, Some(&region)) {
                prop_assert!(phone.digits().len() <= 15);
                prop_assert_eq!(Phone::parse(phone.as_str(), None), Ok(phone));
            }
        }

        #[test]
        fn no_text_panics(text in any::<String>(), region in proptest::option::of("[A-Z]{2}")) {
            let _ = Phone::parse(&text, region.as_deref());
            let _ = Email::parse(&text);
            let _ = Email::begun(&text);
            let _ = dialled(&text);
            let _ = Phone::trusted(text).national();
        }

        #[test]
        fn both_spellings_of_a_domain_are_one(label in "[a-zñáéíóúüçößłжд]{1,12}", top in "es|mx|com\\.mx|рф") {
            let email = Email::parse(&format!("ana@{label}.{top}")).unwrap();
            let ascii = idna::domain_to_ascii(&format!("{label}.{top}")).unwrap();
            prop_assert_eq!(&Email::parse(&format!("ana@{ascii}")).unwrap(), &email);
            prop_assert_eq!(&Email::parse(email.as_str()).unwrap(), &email);
            prop_assert_eq!(Email::begun(&format!("ANA@{ascii}")), email.as_str());
        }

        #[test]
        fn what_is_begun_begins_the_whole(at in 0usize..30) {
            let typed = "Ventas.Norte@Peña.Example";
            let begun: String = typed.chars().take(at).collect();
            let whole = Email::parse(typed).unwrap();
            prop_assert!(whole.as_str().starts_with(&Email::begun(&begun)), "{}", begun);
        }

        #[test]
        fn email_case_does_not_matter(text in "[a-zA-Z0-9.]{1,10}@[a-zA-Zñ0-9-]{1,10}\\.[a-zA-Z]{2,5}") {
            let email = Email::parse(&text);
            prop_assert_eq!(Email::parse(&text.to_uppercase()), email.clone());
            if let Ok(email) = email {
                prop_assert_eq!(Email::parse(email.as_str()), Ok(email));
            }
        }
    }
}
