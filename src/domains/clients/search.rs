//! Search as you type: every word that was typed is the beginning of a word of the client.
//!
//! The words lie in `client_term`, sorted, with the client's team and advisor beside them. So a search reads the head of
//! one index range for each part of what the viewer sees, whatever the number of clients; it stops after `CANDIDATES`
//! words and ranks those. Of several words the rarest leads, and the others are looked up for its clients one by one.

use std::collections::HashMap;

use sea_orm::ConnectionTrait;
use sea_orm::sea_query::{Alias, Expr, ExprTrait, Func, Order, Query, SelectStatement, SimpleExpr};
use uuid::Uuid;

use super::tables::client_term::{Column, Entity, MatchedField};
use super::terms::{MAX_CHARS, compact};
use crate::kernel::ids::{ClientId, TeamId, TypedId, UserId};
use crate::kernel::{Result, text};
use crate::platform::auth::{Right, Role, Viewer};
use crate::platform::db::Reader;

/// Words read for ranking.
const CANDIDATES: u64 = 300;
/// Words counted to find the rarest.
const COUNTED: u64 = 2000;
/// Words of a query that count.
const MAX_WORDS: usize = 6;

/// A client that was found.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Hit {
    /// Which.
    pub client: ClientId,
    /// In which field the rarest word was found.
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
    let leader = if words.len() == 1 { 0 } else { rarest(reader, &views, &words).await? };
    let others: Vec<&String> =
        words.iter().enumerate().filter(|(i, _)| *i != leader).map(|(_, word)| word).collect();
    let mut best: HashMap<Uuid, Hit> = HashMap::new();
    for view in &views {
        let query = candidates(*view, &words[leader], &others);
        for row in reader.db.query_all(&query).await? {
            let (client, term, field): (Uuid, String, MatchedField) =
                (row.try_get_by_index(0)?, row.try_get_by_index(1)?, row.try_get_by_index(2)?);
            let hit = Hit {
                client: ClientId::from_uuid(client),
                field,
                score: score(&words[leader], &term, field),
            };
            let known = best.entry(client).or_insert(hit);
            if hit.score > known.score {
                *known = hit;
            }
        }
    }
    let mut hits: Vec<Hit> = best.into_values().collect();
    hits.sort_by(|a, b| b.score.total_cmp(&a.score).then(a.client.cmp(&b.client)));
    hits.truncate(limit);
    Ok(hits)
}

/// The words of what was typed: letters are split into words; whatever holds a digit (numbers, tax ids, plates, phone
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
    words.into_iter().map(cut).filter(|word| !word.is_empty()).take(MAX_WORDS).collect()
}

/// A part of what a viewer sees, for which there is an index.
#[derive(Clone, Copy)]
enum View {
    All,
    Team(TeamId),
    Advisor(UserId),
    Pool(TeamId),
}

fn views_of(viewer: &Viewer) -> Vec<View> {
    if !viewer.has(Right::ReadClients) {
        return Vec::new();
    }
    match (viewer.role, viewer.team) {
        (Role::Admin, _) => vec![View::All],
        (_, None) => vec![],
        (Role::Supervisor, Some(team)) => vec![View::Team(team)],
        (Role::Advisor, Some(team)) => {
            viewer.user_id().map(View::Advisor).into_iter().chain([View::Pool(team)]).collect()
        }
    }
}

fn begins_with(table: &'static str, word: &str) -> SimpleExpr {
    let term = Expr::col((Alias::new(table), Column::Term));
    term.clone().gte(word).and(term.lt(format!("{word}{}", char::MAX)))
}

fn within(query: &mut SelectStatement, view: View) {
    let column = |column: Column| Expr::col((Alias::new("t"), column));
    match view {
        View::All => {}
        View::Team(team) => {
            query.and_where(column(Column::TeamId).eq(team));
        }
        View::Advisor(me) => {
            query.and_where(column(Column::AdvisorId).eq(me));
        }
        View::Pool(team) => {
            query.and_where(column(Column::TeamId).eq(team)).and_where(column(Column::AdvisorId).is_null());
        }
    }
}

fn candidates(view: View, leader: &str, others: &[&String]) -> SelectStatement {
    let mut query = Query::select();
    for column in [Column::ClientId, Column::Term, Column::Field] {
        query.column((Alias::new("t"), column));
    }
    query.from_as(Entity, "t").and_where(begins_with("t", leader));
    within(&mut query, view);
    for word in others {
        let mut also = Query::select();
        also.expr(Expr::val(1))
            .from_as(Entity, "o")
            .and_where(Expr::col(("o", Column::ClientId)).equals(("t", Column::ClientId)))
            .and_where(begins_with("o", word))
            .limit(1);
        // A scalar subquery is asked row by row; EXISTS would let the planner hash a whole range first.
        query.and_where(Expr::val(1).eq(SimpleExpr::SubQuery(None, Box::new(also.into()))));
    }
    query
        .order_by(("t", Column::Term), Order::Asc)
        .order_by(("t", Column::ClientId), Order::Asc)
        .limit(CANDIDATES);
    query
}

/// Which word has the fewest clients, counting no further than `COUNTED`; one statement.
async fn rarest(reader: &Reader, views: &[View], words: &[String]) -> Result<usize> {
    let mut query = Query::select();
    for word in words {
        let mut sum: SimpleExpr = Expr::val(0i64);
        for view in views {
            let mut some = Query::select();
            some.expr(Expr::val(1)).from_as(Entity, "t").and_where(begins_with("t", word)).limit(COUNTED);
            within(&mut some, *view);
            let mut count = Query::select();
            count.expr(Func::count(Expr::val(1))).from_subquery(some, "some");
            sum = sum.add(SimpleExpr::SubQuery(None, Box::new(count.into())));
        }
        query.expr(sum);
    }
    let Some(row) = reader.db.query_one(&query).await? else { return Ok(0) };
    let mut counts = Vec::with_capacity(words.len());
    for index in 0..words.len() {
        counts.push(row.try_get_by_index::<i64>(index)?);
    }
    Ok((0..counts.len()).min_by_key(|i| (counts[*i], std::cmp::Reverse(words[*i].len()))).unwrap_or(0))
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
            ("garcía-lópez", &["garcia", "lopez"]),
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
