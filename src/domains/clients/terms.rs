//! The words that a client is found by.

use std::collections::BTreeSet;

use sea_orm::sea_query::ExprTrait;
use sea_orm::{ColumnTrait, Condition, EntityTrait, IntoActiveModel, QueryFilter};

use super::tables::client::Model;
use super::tables::client_term::{self, MatchedField};
use crate::kernel::contact::Phone;
use crate::kernel::{Result, text};
use crate::platform::db::{Tx, insert_all};

/// Longest word kept; longer ones are found by their beginning.
pub(super) const MAX_CHARS: usize = 60;

/// The words of a client, each with the field that it comes from.
pub fn terms_of(client: &Model) -> BTreeSet<(MatchedField, String)> {
    let mut terms = BTreeSet::new();
    let mut add = |field, word: &str| {
        let word: String = word.chars().take(MAX_CHARS).collect();
        if !word.is_empty() {
            terms.insert((field, word));
        }
    };
    text::words(&client.name).iter().for_each(|word| add(MatchedField::Name, word));
    client.tags.0.iter().for_each(|tag| add(MatchedField::Tag, &text::fold(tag)));
    add(MatchedField::Number, &compact(&client.number));
    if let Some(email) = &client.email {
        add(MatchedField::Email, email);
    }
    if let Some(tax_id) = &client.tax_id {
        add(MatchedField::TaxId, &compact(tax_id));
    }
    if let Some(phone) = client.phone.clone().map(Phone::trusted) {
        // With the country's code, as one dials at home, and by the last four digits that people remember.
        let national = phone.national();
        add(MatchedField::Phone, phone.digits());
        add(MatchedField::Phone, &national);
        if let Some(tail) = national.len().checked_sub(4).and_then(|at| national.get(at..)) {
            add(MatchedField::Phone, tail);
        }
    }
    terms
}

/// The words of a client as one text, each behind a line end.
pub fn search_text(client: &Model) -> String {
    let words: BTreeSet<String> = terms_of(client).into_iter().map(|(_, word)| word).collect();
    words.iter().flat_map(|word| ["\n", word]).collect()
}

/// Letters and digits only, folded: how numbers, tax ids and plates are compared.
pub fn compact(code: &str) -> String {
    text::fold(code).chars().filter(|c| c.is_alphanumeric()).collect()
}

/// Brings the words of a client up to date with its fields: only what differs is written.
pub async fn write(tx: &Tx, before: Option<&Model>, after: &Model) -> Result<()> {
    let old = before.map(terms_of).unwrap_or_default();
    let new = terms_of(after);
    let gone: Vec<_> = old.difference(&new).collect();
    if !gone.is_empty() {
        let mut any = Condition::any();
        for (field, term) in gone {
            any = any.add(client_term::Column::Field.eq(*field).and(client_term::Column::Term.eq(term)));
        }
        client_term::Entity::delete_many()
            .filter(client_term::Column::ClientId.eq(after.id))
            .filter(any)
            .exec(tx.conn())
            .await?;
    }
    let rows = new.difference(&old).map(|(field, term)| {
        let row = client_term::Model {
            client_id: after.id,
            term: term.clone(),
            field: *field,
            team_id: after.team_id,
            advisor_id: after.advisor_id,
        };
        row.into_active_model()
    });
    insert_all(tx.conn(), rows, None).await
}

/// The client has another team or advisor: its words go with it.
pub async fn hand_over(tx: &Tx, client: &Model) -> Result<()> {
    use sea_orm::sea_query::Expr;
    client_term::Entity::update_many()
        .col_expr(client_term::Column::TeamId, Expr::value(client.team_id))
        .col_expr(client_term::Column::AdvisorId, Expr::value(client.advisor_id))
        .filter(client_term::Column::ClientId.eq(client.id))
        .exec(tx.conn())
        .await?;
    Ok(())
}
