//! Attempts at passwords, counted before they are judged: of many that come at the same moment no more are judged than of
//! many that come one after the other, on however many servers.

use chrono::Duration;
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel, QueryFilter, QuerySelect};
use uuid::Uuid;

use super::tables::login_failure;
use crate::kernel::address::counted_as;
use crate::kernel::contact::Email;
use crate::kernel::ids::new_uuid;
use crate::kernel::time::Instant;
use crate::kernel::{Result, text};
use crate::platform::auth::hash_secret;
use crate::platform::db::{Database, all_rows, lock_keys};

/// Attempts count for so long.
pub const WINDOW: Duration = Duration::minutes(15);
/// Attempts of one address, for whatever accounts: many people may sit behind it.
const OF_ADDRESS: usize = 50;

/// What whoever has attempted too often is told.
pub const TOO_MANY: &str = "too many failed attempts: wait a quarter of an hour";

/// An attempt that counts as failed until it is taken back.
pub struct Attempt {
    id: Uuid,
    database: Database,
}

impl Attempt {
    /// Counts an attempt at the account of this e-mail address from this network address; `None` when there were too many:
    /// it is not to be judged then, and does not count.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn begin(
        database: &Database,
        most: u64,
        now: Instant,
        email: &str,
        address: Option<&str>,
    ) -> Result<Option<Attempt>> {
        let (account, address) = (account_of(email), counted_as(address.unwrap_or_default()));
        let most = usize::try_from(most).unwrap_or(usize::MAX);
        let may = |before: Vec<String>| {
            before.len() < OF_ADDRESS && before.iter().filter(|other| **other == account).count() < most
        };
        // Without a lock first: whoever is to wait anyway holds up no writer.
        if !may(lately(&database.pool, &address, now).await?) {
            return Ok(None);
        }
        let txn = database.begin().await?;
        // Those of one address wait for each other.
        lock_keys(&txn, [format!("attempts of {address}")]).await?;
        if !may(lately(&txn, &address, now).await?) {
            txn.rollback().await?;
            return Ok(None);
        }
        let id = new_uuid();
        let row = login_failure::Model { id, account, address, at: now };
        login_failure::Entity::insert(row.into_active_model()).exec_without_returning(&txn).await?;
        txn.commit().await?;
        Ok(Some(Attempt { id, database: database.clone() }))
    }

    /// The password was right: the attempt does not count.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn take_back(self) -> Result<()> {
        login_failure::Entity::delete_many()
            .filter(login_failure::Column::Id.eq(self.id))
            .exec(&self.database.pool)
            .await?;
        Ok(())
    }
}

/// The accounts of the attempts that count for an address.
async fn lately(db: &impl ConnectionTrait, address: &str, now: Instant) -> Result<Vec<String>> {
    Ok(all_rows::<login_failure::Entity>()
        .select_only()
        .column(login_failure::Column::Account)
        .filter(login_failure::Column::Address.eq(address))
        .filter(login_failure::Column::At.gt(now - WINDOW))
        .into_tuple()
        .all(db)
        .await?)
}

/// The account as it is looked up, however it was typed. It is kept as a hash: what people mistype into this field is often
/// their password.
fn account_of(email: &str) -> String {
    match Email::parse(email) {
        Ok(email) => hash_secret(email.as_str()),
        Err(_) => hash_secret(&text::fold(&text::tidy(email))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_account_is_counted_as_it_is_looked_up() {
        for typed in ["ana@x.example", " ANA@X.example", "a\u{200b}na@x.example", "ana@x.example\u{feff}"] {
            assert_eq!(account_of(typed), account_of("ana@x.example"), "{typed:?}");
        }
        assert_ne!(account_of("ana@x.example"), account_of("eva@x.example"));
        assert_eq!(account_of("Hunter 2"), account_of("hunter\u{200b} 2 "), "no address, and yet the same");
    }
}
