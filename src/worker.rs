//! What workers do: the registry of all jobs and schedules, a line for each.

use std::sync::Arc;
use std::time::Duration;

use sea_orm::{ColumnTrait, Condition};
use serde::{Deserialize, Serialize};
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::app::App;
use crate::domains::agenda::{self, HandOver, LayOut, Remind, RemindAnew, RollOut};
use crate::domains::clients::IndexClients;
use crate::domains::identity::sessions;
use crate::domains::notifications::inbox;
use crate::flows::odoo::{self, Sync};
use crate::http::until;
use crate::kernel::{Error, Result};
use crate::platform::bus;
use crate::platform::config::JobsConfig;
use crate::platform::db::delete_all;
use crate::platform::db::tables::idempotency_key;
use crate::platform::jobs::{Failure, Handlers, Job, Runner, Schedule};

/// A repeated request is recognised for so long: an offline screen may replay its queue after a long weekend.
const KEYS_KEPT: chrono::Duration = chrono::Duration::days(7);
/// How often is swept.
const EVERY: Duration = Duration::from_secs(600);
/// How often series are laid out further.
const LAY_OUT_EVERY: Duration = Duration::from_secs(24 * 3600);

/// Deletes what is past its time.
#[derive(Clone, Serialize, Deserialize)]
struct Sweep {}

impl Job for Sweep {
    const KIND: &'static str = "sweep";

    fn dedup(&self) -> Option<String> {
        Some("all".to_owned())
    }
}

/// All that is done in the background.
///
/// # Errors
/// `Usage` when what is configured is not what the data tell of.
pub async fn handlers(app: &App) -> Result<Handlers> {
    let swept = app.clone();
    let handlers = Handlers::default()
        .on(move |_: Sweep, _| {
            let app = swept.clone();
            async move {
                let gone = sweep(&app).await.map_err(Failure::from)?;
                tracing::debug!(gone, "swept");
                Ok(())
            }
        })
        .every(Schedule::every(EVERY, Sweep {}))
        .on(|_: IndexClients, work| IndexClients::run(work));
    let handlers = agenda(app, handlers);
    Ok(match &app.config.odoo {
        Some(config) => {
            let sync = Sync::new(config.clone(), app.database.clone(), app.clock.clone())?;
            sync.acquaint().await?;
            odoo::register(handlers, &Arc::new(sync))
        }
        None => handlers,
    })
}

fn agenda(app: &App, handlers: Handlers) -> Handlers {
    let laid = app.clone();
    handlers
        .on(move |_: LayOut, _| {
            let app = laid.clone();
            async move { Ok(agenda::lay_out(&app.database, &app.clock).await?) }
        })
        .every(Schedule::every(LAY_OUT_EVERY, LayOut {}))
        .on(|job: RollOut, work| job.run(work))
        .on(|job: HandOver, work| job.run(work))
        .on(|job: RemindAnew, work| job.run(work))
        .on(|_: Remind, work| Remind::run(work))
        .when(Remind {}, |now| Some(Remind::is_due(now)))
}

/// Works in the background until `stop` says so.
///
/// # Errors
/// `Usage` when what is configured is not what the data tell of.
pub async fn spawn(app: &App, stop: watch::Receiver<bool>) -> Result<JoinHandle<()>> {
    if let Err(error @ Error::Usage(_)) = handlers(app).await {
        return Err(error); // what it cannot work with is told now
    }
    let (app, stops) = (app.clone(), stop.clone());
    let tasks = app.tasks.clone();
    Ok(tasks.spawn("worker", stop, move || run(app.clone(), until(stops.clone()))))
}

/// Works until `stop` ends. Any number of processes may do so side by side.
///
/// # Errors
/// When the client of a service cannot be made.
pub async fn run(app: App, stop: impl Future<Output = ()>) -> Result<()> {
    tokio::pin!(stop);
    let handlers = loop {
        match handlers(&app).await {
            Ok(handlers) => break handlers,
            Err(error @ Error::Usage(_)) => return Err(error),
            // The database is away, or its tables are not there yet.
            Err(error) => tracing::warn!(error = error.for_terminal(), "background work cannot begin yet"),
        }
        tokio::select! {
            () = &mut stop => return Ok(()),
            () = tokio::time::sleep(Duration::from_secs(2)) => {}
        }
    };
    let (database, clock, JobsConfig { slots, lease }) =
        (app.database.clone(), app.clock.clone(), app.config.jobs);
    Runner { database, clock, handlers, slots, lease }.run(stop).await;
    Ok(())
}

/// Deletes what is past its time; tells how many rows.
///
/// # Errors
/// Those of the database.
pub async fn sweep(app: &App) -> Result<u64> {
    let (database, now) = (&app.database, app.clock.now());
    let kept = chrono::Duration::days(i64::try_from(app.config.bus.days_kept).unwrap_or(i64::MAX));
    let events = bus::sweep(database, now - kept).await?;
    let old = idempotency_key::Column::CreatedAt.lt(now - KEYS_KEPT);
    let keys = delete_all::<idempotency_key::Entity>(database, Condition::all().add(old)).await?;
    let told = inbox::sweep(database, now).await?;
    Ok(events + keys + told + sessions::sweep(database, now).await?)
}
