//! Transactions that the database rolls back so that others can finish are run again.

use std::time::Duration;

use rand::RngExt;

use crate::kernel::{Error, Stop};

/// Attempts of one transaction.
const ATTEMPTS: u32 = 5;

/// An error that may be contention.
pub trait Contention {
    /// Whether the transaction was rolled back because of another one.
    fn is_contention(&self) -> bool;
}

impl Contention for Error {
    fn is_contention(&self) -> bool {
        matches!(self, Error::Contended { .. })
    }
}

impl<C> Contention for Stop<C> {
    fn is_contention(&self) -> bool {
        matches!(self, Stop::Error(error) if error.is_contention())
    }
}

/// Runs a transaction, from its beginning to its commit, up to five times while it loses against others. It must have no effect
/// besides the database.
///
/// # Errors
/// What the transaction ends with; `Contended` when the last attempt lost as well.
pub async fn retried<T, E, F>(mut transaction: impl FnMut() -> F) -> Result<T, E>
where
    E: Contention,
    F: Future<Output = Result<T, E>>,
{
    for attempt in 1..ATTEMPTS {
        match transaction().await {
            Err(error) if error.is_contention() => {
                metrics::counter!("cabina_transactions_retried_total").increment(1);
                // The others finish meanwhile, and not all who lost come back at once.
                let pause = rand::rng().random_range(5..20) << attempt;
                tokio::time::sleep(Duration::from_millis(pause)).await;
            }
            ended => return ended,
        }
    }
    transaction().await
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    async fn after(losses: u32, tries: &Cell<u32>) -> Result<u32, Error> {
        retried(|| {
            tries.set(tries.get() + 1);
            let now = tries.get();
            async move { if now <= losses { Err(Error::Contended { cause: "deadlock".into() }) } else { Ok(now) } }
        })
        .await
    }

    #[tokio::test]
    async fn a_transaction_is_run_again_until_it_wins_and_five_times_at_most() {
        let tries = Cell::new(0);
        assert_eq!(after(0, &tries).await.ok(), Some(1));
        tries.set(0);
        assert_eq!(after(4, &tries).await.ok(), Some(5));
        tries.set(0);
        assert!(after(9, &tries).await.is_err_and(|error| error.is_contention()));
        assert_eq!(tries.get(), 5);
    }

    #[tokio::test]
    async fn what_is_no_contention_ends_it() {
        let tries = Cell::new(0);
        let ended: Result<(), Error> = retried(|| {
            tries.set(tries.get() + 1);
            async { Err(Error::NotFound) }
        })
        .await;
        assert!(matches!(ended, Err(Error::NotFound)));
        assert_eq!(tries.get(), 1);
    }
}
