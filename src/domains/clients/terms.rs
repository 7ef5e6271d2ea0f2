//! The words that a client is found by.

use std::collections::{BTreeSet, HashMap};

use sea_orm::sea_query::{Expr, ExprTrait};
use sea_orm::{ColumnTrait, Condition, EntityTrait, IntoActiveModel, QueryFilter};

use super::tables::client::{self, Model};
use super::tables::client_term::{self, MatchedField};
use crate::kernel::contact::Phone;
use crate::kernel::ids::ClientId;
use crate::kernel::{Result, tax_id, text};
use crate::platform::db::{Tx, all_rows, insert_all};

/// Longest word kept; longer ones are found by their beginning.
pub(super) const MAX_CHARS: usize = 60;
/// An e-mail address is found at so many places at most.
const MAX_BEGINNINGS: usize = 6;

/// Words, each with the field that it comes from.
pub type Terms = BTreeSet<(MatchedField, String)>;

/// The words of a client, each with the field that it comes from.
pub fn terms_of(client: &Model) -> Terms {
    let mut terms = BTreeSet::new();
    let mut add = |field, word: &str| {
        let word: String = word.chars().take(MAX_CHARS).collect();
        if !word.is_empty() {
            terms.insert((field, word));
        }
    };
    text::words(&client.name).iter().for_each(|word| add(MatchedField::Name, word));
    text::joined_words(&client.name).iter().for_each(|word| add(MatchedField::Name, word));
    client.tags.0.iter().for_each(|tag| add(MatchedField::Tag, &text::fold(tag)));
    add(MatchedField::Number, &compact(&client.number));
    if let Some(email) = &client.email {
        beginnings(&text::fold(email)).take(MAX_BEGINNINGS).for_each(|at| add(MatchedField::Email, at));
    }
    if let Some(id) = &client.tax_id {
        add(MatchedField::TaxId, &compact(id));
        add(MatchedField::TaxId, &code(id));
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

/// A code as it is looked for: a tax id of Mexico or Spain without the country that may stand before it.
pub fn code(typed: &str) -> String {
    tax_id::known(typed).map_or_else(|| compact(typed), |id| compact(&id.value))
}

/// An e-mail address from each of its words on: `ventas.norte@acme.example`, `norte@acme.example`, `acme.example`. The end of
/// the domain, which all have in common, is left out.
fn beginnings(address: &str) -> impl Iterator<Item = &str> {
    let at = address.rfind('@').unwrap_or(address.len());
    let starts_word = move |(index, c): &(usize, char)| {
        c.is_alphanumeric() && !address[..*index].ends_with(char::is_alphanumeric)
    };
    let is_common = move |index: usize| {
        let label = address[index..].split('.').next().unwrap_or_default();
        index > at + 1 && (index + label.len() == address.len() || label.len() <= 3)
    };
    let words = address.char_indices().filter(starts_word).map(|(index, _)| index);
    let words = words.filter(move |index| !is_common(*index)).map(|index| &address[index..]);
    std::iter::once(address).chain(words.filter(|rest| rest.len() < address.len()))
}

/// Brings the words of a client up to date with its fields: only what differs is written.
pub async fn write(tx: &Tx, before: Option<&Model>, after: &Model) -> Result<()> {
    let old = before.map(terms_of).unwrap_or_default();
    replace(tx, after, &old, &terms_of(after)).await
}

/// Brings the words of these clients up to date with the rules of today, whatever was written of them before.
pub async fn rewrite(tx: &Tx, clients: Vec<Model>) -> Result<()> {
    let ids = clients.iter().map(|client| client.id);
    let mut stored: HashMap<ClientId, Terms> = HashMap::new();
    let rows = all_rows::<client_term::Entity>()
        .filter(client_term::Column::ClientId.is_in(ids))
        .filter(client_term::Column::Field.ne(MatchedField::Plate)); // written by whoever knows the vehicles
    for row in rows.all(tx.conn()).await? {
        stored.entry(row.client_id).or_default().insert((row.field, row.term));
    }
    for client in clients {
        let old = stored.remove(&client.id).unwrap_or_default();
        replace(tx, &client, &old, &terms_of(&client)).await?;
        let (words, name_sort) = (search_text(&client), text::fold(&client.name));
        if words != client.words || name_sort != client.name_sort {
            client::Entity::update_many()
                .col_expr(client::Column::Words, Expr::value(words))
                .col_expr(client::Column::NameSort, Expr::value(name_sort))
                .filter(client::Column::Id.eq(client.id))
                .exec(tx.conn())
                .await?;
        }
    }
    Ok(())
}

/// Writes what differs.
async fn replace(tx: &Tx, client: &Model, old: &Terms, new: &Terms) -> Result<()> {
    let mut gone = Condition::any();
    for (field, term) in old.difference(new) {
        gone = gone.add(client_term::Column::Field.eq(*field).and(client_term::Column::Term.eq(term)));
    }
    if !gone.is_empty() {
        client_term::Entity::delete_many()
            .filter(client_term::Column::ClientId.eq(client.id))
            .filter(gone)
            .exec(tx.conn())
            .await?;
    }
    let row = |(field, term): &(MatchedField, String)| {
        let row = client_term::Model {
            client_id: client.id,
            term: term.clone(),
            field: *field,
            team_id: client.team_id,
            advisor_id: client.advisor_id,
        };
        row.into_active_model()
    };
    insert_all(tx.conn(), new.difference(old).map(row), None).await
}

/// The client has another team or advisor: its words go with it.
pub async fn hand_over(tx: &Tx, client: &Model) -> Result<()> {
    client_term::Entity::update_many()
        .col_expr(client_term::Column::TeamId, Expr::value(client.team_id))
        .col_expr(client_term::Column::AdvisorId, Expr::value(client.advisor_id))
        .filter(client_term::Column::ClientId.eq(client.id))
        .exec(tx.conn())
        .await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_found_from_each_of_its_words_on() {
        for (address, found) in [
            (
                "ventas.norte@acme.example",
                vec!["ventas.norte@acme.example", "norte@acme.example", "acme.example"],
            ),
            (
                "ana_lopez+crm@mail.acme.com.mx",
                vec![
                    "ana_lopez+crm@mail.acme.com.mx",
                    "lopez+crm@mail.acme.com.mx",
                    "crm@mail.acme.com.mx",
                    "mail.acme.com.mx",
                    "acme.com.mx",
                ],
            ),
            ("mx@ibm.com", vec!["mx@ibm.com", "ibm.com"]),
            ("a@b", vec!["a@b", "b"]),
            ("no address", vec!["no address", "address"]),
            ("", vec![""]),
        ] {
            assert_eq!(beginnings(address).collect::<Vec<_>>(), found, "{address}");
        }
    }
}
