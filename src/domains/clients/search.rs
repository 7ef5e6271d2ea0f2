//! Search as you type: every word that was typed is the beginning of a word of the client.
//!
//! The words lie in `client_term`, sorted, with the client's team and advisor beside them. So a search for one word reads
//! the head of one index range for each part of what the viewer sees, whatever the number of clients; it stops after so
//! many words and ranks those. For several words see `search_sql`.

use std::collections::HashMap;

use sea_orm::ConnectionTrait;
use uuid::Uuid;

use super::search_sql::{Fit, candidates, views_of};
use super::tables::client_term::MatchedField;
use super::terms::{MAX_CHARS, compact};
use crate::kernel::ids::{ClientId, TypedId};
use crate::kernel::{Result, text};
use crate::platform::db::Reader;

/// Words of a query that count.
const MAX_WORDS: usize = 6;

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
    let words = words_of(typed);
    let views = views_of(&reader.viewer);
    if words.is_empty() || views.is_empty() || limit == 0 {
        return Ok(Vec::new());
    }
    let mut best: HashMap<Uuid, Hit> = HashMap::new();
    for fit in [Fit::Whole, Fit::Begun] {
        for view in &views {
            let Some(query) = candidates(reader.db.get_database_backend(), *view, &words, fit) else {
                continue;
            };
            for row in reader.db.query_all(&query).await? {
                let (client, term, field): (Uuid, String, MatchedField) =
                    (row.try_get_by_index(0)?, row.try_get_by_index(1)?, row.try_get_by_index(2)?);
                let hit =
                    Hit { client: ClientId::from_uuid(client), field, score: score(&words[0], &term, field) };
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

/// The words of what was typed, the longest first: letters are split into words; whatever holds a digit (numbers, tax ids, plates, phone
/// numbers, also with blanks between the digits) and e-mail addresses stay in one piece.
fn words_of(typed: &str) -> Vec<String> {
    let is_phone = |c: char| c.is_ascii_digit() || " +-().".contains(c);
    let digits: String = typed.chars().filter(char::is_ascii_digit).collect();
    let mut words = Vec::new();
    if digits.len() >= 3 && typed.chars().all(is_phone) {
        words.push(digits.trim_start_matches("00").to_owned());
    } else {
        for token in typed.split_whitespace() {
            if token.contains('@') {
                words.push(token.to_lowercase());
            } else if token.contains(|c: char| c.is_ascii_digit()) {
                words.push(compact(token));
            } else {
                words.extend(text::words(token));
            }
        }
    }
    let cut = |word: String| word.chars().take(MAX_CHARS).collect::<String>();
    let mut words: Vec<String> =
        words.into_iter().map(cut).filter(|word| !word.is_empty()).take(MAX_WORDS).collect();
    words.sort_by_key(|word| std::cmp::Reverse(word.chars().count()));
    words
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
        let cases: [(&str, &[&str]); 8] = [
            ("González", &["gonzalez"]),
            ("  maría  JOSÉ ", &["maria", "jose"]),
            ("de la Garza", &["garza", "de", "la"]),
            ("+52 (449) 123-4567", &["524491234567"]),
            ("AGS-00012", &["ags00012"]),
            ("Ana.Lopez@Demo.test", &["ana.lopez@demo.test"]),
            ("GODE-561231-GR8", &["gode561231gr8"]),
            ("?!", &[]),
        ];
        for (typed, words) in cases {
            assert_eq!(words_of(typed), words, "{typed}");
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
