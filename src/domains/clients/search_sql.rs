//! The statements of search.
//!
//! One word is the head of an index range of `client_term`. Of several words even the rarest may have tens of thousands
//! of clients, and to look each of them up for the other words would take seconds. So PostgreSQL intersects: an inverted
//! index (GIN) holds for each client its whole words and the beginnings of its words, and gives the clients that have all
//! of what was typed. An advisor's own clients are few enough to be looked up one by one, and so are all of SQLite's.

use sea_orm::sea_query::{
    Alias, Expr, ExprTrait, Func, JoinType, Order, Query, SelectStatement, SimpleExpr, UnionType,
};
use sea_orm::{DbBackend, EntityName};

use super::tables::client;
use super::tables::client_term::{Column, Entity};
use crate::platform::auth::View;
use crate::platform::db::of_view;

/// Words of a range read for ranking.
const CANDIDATES: u64 = 300;
/// Clients of an intersection read for ranking: each costs a look at its words.
const INTERSECTED: u64 = 100;
/// So many letters of a beginning are in the inverted index: see the migration.
const INDEXED: usize = 8;

/// How the words must fit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fit {
    /// Each is a whole word of the client.
    Whole,
    /// Each begins a word of the client.
    Begun,
}

/// Clients that have all words of one of the readings, in one statement. Of each reading the longest word comes first, and
/// each of a client's words that it begins is given. `None` when they were among those that fit better.
pub fn candidates(
    backend: DbBackend,
    view: View,
    readings: &[Vec<String>],
    fit: Fit,
) -> Option<SelectStatement> {
    let mut found = readings.iter().filter_map(|words| of_reading(backend, view, words, fit));
    let (first, second) = (found.next()?, found.next());
    let Some(second) = second else { return Some(first) };
    // SQLite takes order and limit of the parts of a union in subqueries only.
    let part = |query: SelectStatement| {
        let mut part = Query::select();
        for column in [Column::ClientId, Column::Term, Column::Field] {
            part.column(("r", column));
        }
        part.from_subquery(query, "r");
        part
    };
    let mut all = part(first);
    for other in std::iter::once(second).chain(found) {
        all.union(UnionType::All, part(other));
    }
    Some(all)
}

fn of_reading(backend: DbBackend, view: View, words: &[String], fit: Fit) -> Option<SelectStatement> {
    let (longest, others) = words.split_first()?;
    let intersect = backend == DbBackend::Postgres
        && !others.is_empty()
        && longest.chars().count() > 1 // of two letters almost everybody has both: looking them up is faster
        && !matches!(view, View::Advisor(_));
    match (intersect, fit) {
        (true, _) => Some(intersected(view, words, fit)),
        (false, Fit::Whole) => Some(looked_up(view, longest, others)), // and those that are only begun
        (false, Fit::Begun) => None,
    }
}

fn head() -> SelectStatement {
    let mut query = Query::select();
    for column in [Column::ClientId, Column::Term, Column::Field] {
        query.column(("t", column));
    }
    query
}

/// `table.term` begins with the word. No index is to be tempted by it: it is asked of the few words of one client.
fn begins(table: &'static str, word: &str) -> SimpleExpr {
    let letters = i32::try_from(word.chars().count()).unwrap_or(i32::MAX);
    Func::cust("substr").args([Expr::col((table, Column::Term)), Expr::val(1), Expr::val(letters)]).eq(word)
}

/// The head of one index range, each client of which is asked for the other words.
fn looked_up(view: View, longest: &str, others: &[String]) -> SelectStatement {
    let mut query = head();
    let term = Expr::col(("t", Column::Term));
    query
        .from_as(Entity, "t")
        .and_where(term.clone().gte(longest))
        .and_where(term.lt(format!("{longest}{}", char::MAX)));
    within(&mut query, "t", view);
    for word in others {
        let mut also = Query::select();
        also.expr(Expr::val(1))
            .from_as(Entity, "o")
            .and_where(Expr::col(("o", Column::ClientId)).equals(("t", Column::ClientId)))
            .and_where(begins("o", word))
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

/// The clients that the inverted index gives for all the words, with those of their words that the longest begins.
fn intersected(view: View, words: &[String], fit: Fit) -> SelectStatement {
    let words_column = || Expr::col(("c", client::Column::Words));
    let mut found = Query::select();
    let lexemes = words.iter().filter_map(|word| lexeme(word, fit)).collect::<Vec<_>>().join(" & ");
    found
        .expr(Expr::col(("c", client::Column::Id)))
        .from_as(Alias::new(client::Entity.table_name()), "c")
        .and_where(Expr::cust_with_exprs(
            "client_lexemes($1) @@ CAST($2 AS tsquery)",
            [words_column(), Expr::val(lexemes)],
        ))
        .limit(INTERSECTED);
    for word in words.iter().filter(|word| !says_all(word, fit)) {
        let begun = Func::cust("strpos").args([words_column(), Expr::val(format!("\n{word}"))]);
        found.and_where(Expr::expr(begun).gt(0));
    }
    within(&mut found, "c", view);
    let mut query = head();
    query
        .from_subquery(found, "found")
        .join_as(
            JoinType::InnerJoin,
            Entity,
            "t",
            Expr::col(("t", Column::ClientId)).equals(("found", client::Column::Id)),
        )
        .and_where(begins("t", &words[0]));
    query
}

/// A word as the inverted index holds it, quoted for a query; single letters, which almost everybody has, are left to the
/// clients that were found.
fn lexeme(word: &str, fit: Fit) -> Option<String> {
    let lexeme: String = match fit {
        Fit::Whole => format!("{word}\n"),
        Fit::Begun if word.chars().count() == 1 => return None,
        Fit::Begun => word.chars().take(INDEXED).collect(),
    };
    Some(format!("'{}'", lexeme.replace('\\', "\\\\").replace('\'', "''")))
}

/// Whether the lexeme leaves nothing to be asked of the clients that were found.
fn says_all(word: &str, fit: Fit) -> bool {
    fit == Fit::Whole || (2..=INDEXED).contains(&word.chars().count())
}

fn within(query: &mut SelectStatement, table: &'static str, view: View) {
    let column = |name: &'static str| Expr::col((table, Alias::new(name)));
    query.cond_where(of_view(view, column("team_id"), column("advisor_id")));
}
