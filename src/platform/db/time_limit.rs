//! How long a statement may run. PostgreSQL knows this by itself (`statement_timeout`); SQLite asks now and then whether it
//! is to go on. For SQLite the time counts from the first such question after somebody took the connection: for a
//! statement alone that is the statement, for a transaction all of it.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use futures_util::future::BoxFuture;
use sqlx::pool::PoolOptions;
use sqlx::sqlite::{Sqlite, SqliteConnection};

use super::sound::is_sound;

/// Instructions between two questions: some milliseconds of work. Most statements end before the first.
const INSTRUCTIONS: i32 = 250_000;

/// Stops what runs for longer than `time` on a connection of this pool, and throws connections away that are not sound.
pub fn stop_after(time: Duration, pool: PoolOptions<Sqlite>) -> PoolOptions<Sqlite> {
    let running = Arc::new(AtomicUsize::new(0));
    let watched = running.clone();
    pool.after_connect(move |connection, _| watch(connection, time, watched.clone())).after_release(
        move |connection, _| {
            // Whoever takes the connection next has all the time again. Where nobody was asked, nothing is to be done.
            let asked = running.load(Ordering::Relaxed) > 0;
            let running = running.clone();
            Box::pin(async move {
                if asked {
                    watch(connection, time, running).await?;
                }
                is_sound(connection).await
            })
        },
    )
}

fn watch(
    connection: &mut SqliteConnection,
    time: Duration,
    running: Arc<AtomicUsize>,
) -> BoxFuture<'_, sqlx::Result<()>> {
    Box::pin(async move {
        let mut watch = Watch { began: None, running };
        connection.lock_handle().await?.set_progress_handler(INSTRUCTIONS, move || watch.asked() < time);
        Ok(())
    })
}

/// Watches one use of a connection.
struct Watch {
    began: Option<Instant>,
    /// How many uses of this pool's connections were asked for already.
    running: Arc<AtomicUsize>,
}

impl Watch {
    /// For how long it runs.
    fn asked(&mut self) -> Duration {
        let began = self.began.get_or_insert_with(|| {
            self.running.fetch_add(1, Ordering::Relaxed);
            Instant::now()
        });
        began.elapsed()
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        if self.began.is_some() {
            self.running.fetch_sub(1, Ordering::Relaxed);
        }
    }
}
