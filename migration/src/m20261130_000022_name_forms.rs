//! Names are sorted and compared by a form in which all apostrophes are one and what shows nothing is left out. What was
//! stored before those rules is brought into that form; else `O’Brien` and `O'Brien` could be two teams, and would stand
//! far from each other in lists.

use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::{ConnectionTrait, DbErr, TransactionTrait};

/// Other characters for an apostrophe.
const APOSTROPHES: [char; 8] = ['‘', '’', '‛', 'ʻ', 'ʼ', 'ʹ', '′', '`'];
/// Joiners, direction marks and the selector of emoji.
const NOTHING: [char; 5] = ['\u{200c}', '\u{200d}', '\u{200e}', '\u{200f}', '\u{fe0f}'];

/// See above.
pub struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &str {
        sea_orm_migration::util::get_file_stem(file!())
    }
}

/// The SQL of the form that a column's value has now.
fn form(column: &str) -> String {
    let apostrophes = APOSTROPHES.iter().map(|other| (other, "''"));
    let all = apostrophes.chain(NOTHING.iter().map(|nothing| (nothing, "")));
    let replaced = all.fold(column.to_owned(), |sql, (c, by)| format!("replace({sql}, '{c}', '{by}')"));
    format!("trim({replaced})")
}

#[sea_orm_migration::async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let transaction = manager.get_connection().begin().await?;
        let new = form("name_sort");
        for table in ["app_user", "api_key", "client", "contact"] {
            let update = format!("UPDATE {table} SET name_sort = {new} WHERE name_sort <> {new}");
            transaction.execute_unprepared(&update).await?;
        }
        // No two teams have one name: two that would keep theirs until one of them is renamed.
        let (mine, other) = (form("team.name_sort"), form("other.name_sort"));
        let update = format!(
            "UPDATE team SET name_sort = {new} WHERE name_sort <> {new}
            AND NOT EXISTS (SELECT 1 FROM team AS other WHERE other.id <> team.id AND {other} = {mine})"
        );
        transaction.execute_unprepared(&update).await?;
        transaction.commit().await
    }

    /// Every version reads the new form as well: there is nothing to be taken back.
    async fn down(&self, _: &SchemaManager) -> Result<(), DbErr> {
        Ok(())
    }
}
