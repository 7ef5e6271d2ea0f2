//! `cabina erase`: a person asked to be erased.

use std::sync::Arc;

use clap::Subcommand;

use super::user::{find, told};
use crate::app::App;
use crate::domains::clients::rules::ClientErrorCode;
use crate::flows;
use crate::kernel::ids::ClientId;
use crate::kernel::time::Clock;
use crate::kernel::{Error, Result, Stop};
use crate::platform::auth::{Actor, Viewer};
use crate::platform::config::Config;
use crate::platform::db::{Origin, Tx, retried};

/// Whom to erase.
#[derive(Subcommand)]
pub enum Erase {
    /// Erase the personal data of a client for good; docs/privacy.md tells what stays
    Client {
        /// Its id, such as client_01jd…
        id: String,
        /// Sign-in name of the admin who answers for it
        #[arg(long)]
        by: String,
        /// Why, for the audit; without personal data
        #[arg(long)]
        reason: String,
    },
}

/// Runs the command on behalf of an admin.
pub async fn run(config: Config, whom: Erase) -> Result<()> {
    let Erase::Client { id, by, reason } = whom;
    let client: ClientId = id.parse().map_err(|_| Error::Usage(format!("{id} is no id of a client")))?;
    let app = App::start(config, Clock::System).await?;
    app.migrate().await?;
    let origin = Origin { operation: "command erase client".to_owned(), ..Origin::default() };
    let looks = Arc::new(Viewer::system("command line"));
    let tx = Tx::begin(&app.database, &app.clock, looks, Origin::default()).await?;
    let user = find(&tx, &by).await?;
    tx.commit().await?; // nothing changed: it is rolled back now, and holds SQLite's lock no longer
    if user.disabled_at.is_some() {
        return Err(Error::Usage(format!("{by} is disabled")));
    }
    let viewer = Arc::new(Viewer {
        actor: Actor::User(user.id),
        name: user.name,
        role: user.role,
        team: user.team_id,
        locale: user.locale,
        ..Viewer::system("")
    });
    let erased = retried(|| async {
        let mut tx = Tx::begin(&app.database, &app.clock, viewer.clone(), origin.clone()).await?;
        flows::erase_client(&mut tx, client, &reason).await?;
        tx.commit().await?;
        Ok::<_, Stop<ClientErrorCode>>(())
    });
    erased.await.map_err(told)?;
    println!("{client}: erased");
    Ok(())
}
