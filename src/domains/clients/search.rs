//! Search as you type: every word that was typed is the beginning of a word of the client.
//!
//! What is pasted is not always written as it is stored: a phone number as it is dialled, a legal form with dots or without.
//! So a text may have several readings, each a list of words; a client is found by any of them. They are all asked for in one
//! statement.
//!
//! The words lie in `client_term`, sorted, with the client's team and advisor beside them. So a search for one word reads
//! the head of one index range for each part of what the viewer sees, whatever the number of clients; it stops after so
//! many words and ranks those. For several words see `search_sql`.

use std::collections::HashMap;

use sea_orm::ConnectionTrait;
use uuid::Uuid;

use super::search_sql::{Fit, candidates};
use super::tables::client_term::MatchedField;
use super::terms::{MAX_CHARS, code};
use crate::kernel::contact::{Email, Phone, dialled};
use crate::kernel::ids::{ClientId, TypedId};
use crate::kernel::{Result, tax_id, text};
use crate::platform::db::Reader;

/// Characters of a query that count.
const MAX_TYPED: usize = 400;
/// Words of a query that count.
const MAX_WORDS: usize = 6;
/// Readings of a text that count.
const MAX_READINGS: usize = 4;
/// Fewer digits are no phone number.
const MIN_DIGITS: usize = 3;

/// A client that was found.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Hit {
    /// Which.
    pub client: ClientId,
    /// In which field the longest word was found.
    pub field: MatchedField,
    /// From 0 to 1: how well it fits.
    pub score: f64,
}

/// Finds the best `limit` clients among those that the viewer may see.
///
/// # Errors
/// Those of the database.
pub async fn find(reader: &Reader, typed: &str, limit: usize) -> Result<Vec<Hit>> {
    let typed: String = typed.chars().take(MAX_TYPED).collect();
    let readings = readings_of(&typed);
    let views = reader.viewer.views();
    if readings.is_empty() || views.is_empty() || limit == 0 {
        return Ok(Vec::new());
    }
    let mut best: HashMap<Uuid, Hit> = HashMap::new();
    for fit in [Fit::Whole, Fit::Begun] {
        for view in &views {
            let Some(query) = candidates(reader.db.get_database_backend(), *view, &readings, fit) else {
                continue;
            };
            for row in reader.db.query_all(&query).await? {
                let (client, term, field): (Uuid, String, MatchedField) =
                    (row.try_get_by_index(0)?, row.try_get_by_index(1)?, row.try_get_by_index(2)?);
                let begun =
                    readings.iter().filter_map(|words| words.first()).filter(|word| term.starts_with(*word));
                let score = begun.map(|word| score(word, &term, field)).fold(0.0, f64::max);
                let hit = Hit { client: ClientId::from_uuid(client), field, score };
                let known = best.entry(client).or_insert(hit);
                if hit.score > known.score {
                    *known = hit;
                }
            }
        }
        if best.len() >= limit {
            break; // whole words fit better than any that are only begun
        }
    }
    let mut hits: Vec<Hit> = best.into_values().collect();
    hits.sort_by(|a, b| b.score.total_cmp(&a.score).then(a.client.cmp(&b.client)));
    hits.truncate(limit);
    Ok(hits)
}

/// How what was typed may be meant: lists of words, each with the longest word first, none twice.
fn readings_of(typed: &str) -> Vec<Vec<String>> {
    let addresses = addresses_of(typed);
    let number = dialled(typed).ok().filter(|d| d.bytes().filter(u8::is_ascii_digit).count() >= MIN_DIGITS);
    let mut readings: Vec<Vec<String>> = Vec::new();
    if !addresses.is_empty() {
        readings.extend(addresses.into_iter().map(|address| vec![address]));
    } else if let Some(number) = number {
        // `24/7` may be a name.
        let named = Some(text::words(typed)).filter(|_| number.len() < 7 && !number.starts_with('+'));
        readings.extend(numbers(&number).into_iter().map(|number| vec![number]).chain(named));
    } else {
        readings.extend(tax_id::known(typed).map(|_| vec![code(typed)]));
        readings.extend([Reading::Whole, Reading::Joined, Reading::Split].map(|how| words_of(typed, how)));
    }
    let mut known: Vec<Vec<String>> = Vec::new();
    for words in readings {
        let cut = |word: String| word.chars().take(MAX_CHARS).collect::<String>();
        let mut words: Vec<String> =
            words.into_iter().map(cut).filter(|word| !word.is_empty()).take(MAX_WORDS).collect();
        words.sort_by_cached_key(|word| (std::cmp::Reverse(word.chars().count()), word.clone()));
        if !words.is_empty() && !known.contains(&words) && known.len() < MAX_READINGS {
            known.push(words);
        }
    }
    known
}

/// The addresses of `Name <mail>`, as mail programs copy them: the names beside them may be anybody's.
fn addresses_of(typed: &str) -> Vec<String> {
    let inside = typed.split('<').skip(1).map(|part| part.split('>').next().unwrap_or_default());
    inside.filter(|address| address.contains('@')).map(address).collect()
}

/// An address, or the beginning of one, as the words of clients hold it.
fn address(typed: &str) -> String {
    let link = typed.to_lowercase().starts_with("mailto:");
    let address = if link { typed.split('?').next().unwrap_or_default() } else { typed };
    text::fold(&Email::begun(address))
}

/// A number as it may be stored, which was dialled or pasted so: with the country's code, or as one dials at home.
fn numbers(dialled: &str) -> Vec<String> {
    if let Ok(phone) = Phone::parse(dialled, None) {
        return vec![phone.digits().to_owned()];
    }
    let abroad = dialled.strip_prefix('+').or(dialled.strip_prefix("00"));
    let digits = abroad.unwrap_or(dialled);
    // WhatsApp shows the 1 that mobile numbers of Mexico had until 2019.
    let mexican = digits.strip_prefix("521").map(|rest| format!("52{rest}"));
    if abroad.is_some() {
        return vec![mexican.unwrap_or_else(|| digits.to_owned())];
    }
    let mut numbers = vec![digits.to_owned()];
    // Short ones are the last digits of a number, which people remember.
    if digits.len() > 4 {
        numbers.extend(mexican);
        let at_home = ["044", "045", "01", "0"].into_iter().filter_map(|prefix| digits.strip_prefix(prefix));
        numbers.extend(at_home.filter(|rest| rest.len() >= MIN_DIGITS).map(str::to_owned));
    }
    numbers
}

/// How words are read.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Reading {
    /// With dots inside: the beginning of an address, a domain.
    Whole,
    /// Abbreviations and apostrophes in one piece, as well as whatever holds a digit: numbers, tax ids, plates.
    Joined,
    /// Split at all that is neither letter nor digit.
    Split,
}

/// The words of what was typed. E-mail addresses stay in one piece in every reading.
fn words_of(typed: &str, how: Reading) -> Vec<String> {
    let (mut words, mut plain) = (Vec::new(), String::new());
    for token in typed.split_whitespace() {
        let bare = token.trim_end_matches(|c| "<>,;:.\"()[]".contains(c));
        let bare = bare.trim_start_matches(|c| "<>,;:.\"()[]@".contains(c));
        if bare.contains('@') {
            words.push(address(bare));
        } else if how == Reading::Whole && is_dotted(bare) {
            words.push(text::fold(bare));
        } else if how != Reading::Split && bare.contains(|c: char| c.is_ascii_digit()) {
            words.push(code(bare));
        } else {
            plain.push_str(token);
            plain.push(' ');
        }
    }
    words.extend(if how == Reading::Split { text::words(&plain) } else { text::joined_words(&plain) });
    words
}

/// Whether a word has dots inside and is no abbreviation.
fn is_dotted(word: &str) -> bool {
    word.contains('.') && word.split('.').any(|part| part.chars().count() > 1)
}

/// A whole word beats its beginning; the more of a word was typed, the better. Names come first, tags last.
fn score(typed: &str, term: &str, field: MatchedField) -> f64 {
    let share = typed.chars().count() as f64 / term.chars().count().max(1) as f64;
    let weight = match field {
        MatchedField::Name => 1.0,
        MatchedField::Number | MatchedField::TaxId | MatchedField::Plate => 0.95,
        MatchedField::Phone | MatchedField::Email => 0.9,
        MatchedField::Tag => 0.7,
    };
    weight * if share >= 1.0 { 1.0 } else { 0.5 + 0.4 * share }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_typed_becomes_words() {
        let cases: [(&str, &[&str]); 34] = [
            ("González", &["gonzalez"]),
            ("  maría  JOSÉ ", &["maria jose"]),
            ("de la Garza", &["garza de la"]),
            ("?!", &[]),
            ("<>", &[]),
            ("AGS-00012", &["ags00012", "00012 ags"]),
            ("GODE-561231-GR8", &["gode561231gr8", "561231 gode gr8"]),
            ("MXEKU9003173C9", &["eku9003173c9", "mxeku9003173c9"]),
            ("EKU 900317 3C9", &["eku9003173c9", "900317 3c9 eku"]),
            ("qorvex ESB65410011", &["b65410011 qorvex", "esb65410011 qorvex"]),
            ("+52 (449) 123-4567", &["524491234567"]),
            ("+52 449", &["52449"]),
            ("+52 1 44", &["5244"]),
            ("5214491234567", &["5214491234567", "524491234567"]),
            ("\u{200e}+52 1 449\u{a0}123 4567\u{200f}", &["524491234567"]),
            ("tel:+52-449-123-4567", &["524491234567"]),
            ("044 449 123 4567", &["0444491234567", "4491234567", "444491234567"]),
            ("01 449 123", &["01449123", "449123", "1449123"]),
            ("020 7946 0958", &["02079460958", "2079460958"]),
            ("+44 (0)20 7946 0958", &["442079460958"]),
            ("0052 449 123 4567 ext. 12", &["524491234567"]),
            ("4567", &["4567"]),
            ("0449", &["0449"]),
            ("24/7", &["247", "24 7"]),
            ("Ana.Lopez@Demo.test", &["ana.lopez@demo.test"]),
            ("mj@gonzalez.ex maria", &["mj@gonzalez.ex maria"]),
            ("ventas.n", &["ventas.n", "ventas n"]),
            ("acme.com.mx", &["acme.com.mx", "acme com mx"]),
            ("MAILTO:Ana@Demo.test?subject=Hi;", &["ana@demo.test"]),
            ("\"Paz, Ana\" <ana@demo.test>, Beto <beto@xn--pea-8ma.es>;", &["ana@demo.test", "beto@pena.es"]),
            ("jose\u{301}@correo.es,", &["jose@correo.es"]),
            ("Qorvex, S.A. de C.V.", &["qorvex cv de sa", "qorvex de a c s v"]),
            ("o’brien", &["obrien", "brien o"]),
            ("7-Eleven", &["7eleven", "eleven 7"]),
        ];
        for (typed, expected) in cases {
            let readings: Vec<String> = readings_of(typed).iter().map(|words| words.join(" ")).collect();
            assert_eq!(readings, expected, "{typed}");
        }
    }

    #[test]
    fn a_whole_word_beats_a_longer_one_and_a_name_beats_a_tag() {
        let s = |typed, term, field| score(typed, term, field);
        assert!(s("ana", "ana", MatchedField::Name) > s("ana", "anabel", MatchedField::Name));
        assert!(s("anab", "anabel", MatchedField::Name) > s("ana", "anabel", MatchedField::Name));
        assert!(s("ana", "ana", MatchedField::Name) > s("ana", "ana", MatchedField::Tag));
    }
}
