//! One SQL text for both databases. `{uuid}`, `{instant}`, `{json}` and `{key}` are column types (`{key}` is text that
//! sorts by its bytes, which SQLite does anyway); a statement that only one database needs begins with `@postgres` or
//! `@sqlite`. Statements end with a line that ends in `;;`.

use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::{ConnectionTrait, DbBackend, TransactionTrait};

/// Runs every statement of the text.
pub async fn run(manager: &SchemaManager<'_>, text: &str) -> Result<(), DbErr> {
    let postgres = manager.get_database_backend() == DbBackend::Postgres;
    let (mine, other) = if postgres { ("@postgres", "@sqlite") } else { ("@sqlite", "@postgres") };
    let words = if postgres {
        [
            ("{uuid}", "uuid"),
            ("{instant}", "timestamptz"),
            ("{json}", "jsonb"),
            ("{key}", "text COLLATE \"C\""),
        ]
    } else {
        [("{uuid}", "blob"), ("{instant}", "text"), ("{json}", "text"), ("{key}", "text")]
    };
    // On one connection: another one of SQLite's may remember an index that was just dropped. And whole or not at all.
    let transaction = manager.get_connection().begin().await?;
    for statement in text.split(";;").map(str::trim).filter(|s| !s.is_empty() && !s.starts_with(other)) {
        let statement = statement.strip_prefix(mine).unwrap_or(statement);
        let sql = words.iter().fold(statement.to_owned(), |sql, (word, with)| sql.replace(word, with));
        transaction.execute_unprepared(&sql).await?;
    }
    transaction.commit().await
}

/// Declares a migration from its two texts.
macro_rules! migration {
    (up: $up:literal, down: $down:literal $(,)?) => {
        /// See the texts below.
        pub struct Migration;

        impl sea_orm_migration::prelude::MigrationName for Migration {
            fn name(&self) -> &str {
                sea_orm_migration::util::get_file_stem(file!())
            }
        }

        #[sea_orm_migration::async_trait::async_trait]
        impl sea_orm_migration::prelude::MigrationTrait for Migration {
            async fn up(
                &self,
                manager: &sea_orm_migration::prelude::SchemaManager,
            ) -> Result<(), sea_orm_migration::prelude::DbErr> {
                crate::dialect::run(manager, $up).await
            }
            async fn down(
                &self,
                manager: &sea_orm_migration::prelude::SchemaManager,
            ) -> Result<(), sea_orm_migration::prelude::DbErr> {
                crate::dialect::run(manager, $down).await
            }
        }
    };
}
pub(crate) use migration;
