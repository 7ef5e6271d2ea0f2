//! International domains have one form: e-mail addresses that were stored as `ana@xn--pea-8ma.es` become `ana@peña.es`, as
//! they are stored from now on. The rule is a program's, not SQL's: Unicode Technical Standard 46.

use idna::uts46::{AsciiDenyList, DnsLength, Hyphens, Uts46};
use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::{ConnectionTrait, DbBackend, DbErr, TransactionTrait};

/// See above.
pub struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &str {
        sea_orm_migration::util::get_file_stem(file!())
    }
}

#[sea_orm_migration::async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let postgres = manager.get_database_backend() == DbBackend::Postgres;
        let transaction = manager.get_connection().begin().await?;
        for name in ["app_user", "client", "contact"] {
            let (table, email) = (Alias::new(name), Alias::new("email"));
            let foreign = if postgres { "email ~ '[^ -~]'" } else { "email GLOB '*[^ -~]*'" };
            let addresses = Query::select()
                .distinct()
                .column(email.clone())
                .from(table.clone())
                .cond_where(any![Expr::col(email.clone()).like("%xn--%"), Expr::cust(foreign)])
                .to_owned();
            for row in transaction.query_all(&addresses).await? {
                let former: String = row.try_get_by_index(0)?;
                let Some(address) = of_one_form(&former).filter(|address| *address != former) else {
                    continue;
                };
                let mut update = Query::update();
                update
                    .table(table.clone())
                    .value(email.clone(), address.as_str())
                    .and_where(Expr::col(email.clone()).eq(former));
                // Users sign in with it. Of two who had one spelling each, the one in Unicode keeps it.
                let mut taken = Query::select();
                taken.expr(Expr::val(1)).from(table.clone()).and_where(Expr::col(email.clone()).eq(address));
                let is_user = name == "app_user";
                if !is_user || transaction.query_one(&taken).await?.is_none() {
                    transaction.execute(&update).await?;
                }
            }
        }
        transaction.commit().await
    }

    /// Both spellings are one address: there is nothing to be taken back.
    async fn down(&self, _: &SchemaManager) -> Result<(), DbErr> {
        Ok(())
    }
}

/// The address with its domain in Unicode; `None`: its domain is none.
fn of_one_form(address: &str) -> Option<String> {
    let (name, domain) = address.rsplit_once('@')?;
    let rules = Uts46::new();
    let (deny, hyphens) = (AsciiDenyList::STD3, Hyphens::CheckFirstLast);
    let ascii = rules.to_ascii(domain.as_bytes(), deny, hyphens, DnsLength::Verify).ok()?;
    let (domain, read) = rules.to_unicode(ascii.as_bytes(), deny, hyphens);
    read.ok().map(|()| format!("{name}@{domain}"))
}
