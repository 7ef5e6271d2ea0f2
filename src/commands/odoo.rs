//! `cabina odoo`: what an admin does about Odoo at the terminal.

use clap::Subcommand;

use crate::app::App;
use crate::domains::sync::ledger;
use crate::flows::odoo;
use crate::kernel::time::Clock;
use crate::kernel::{Error, Result};
use crate::platform::config::Config;

/// What to do about Odoo.
#[derive(Subcommand)]
pub enum Action {
    /// Have everything sent that was there before Odoo was: what ODOO_SYNC sends, or one kind of it
    PushAll {
        /// client, contact or entry
        #[arg(long)]
        kind: Option<String>,
    },
}

/// Runs the command.
pub async fn run(config: Config, action: Action) -> Result<()> {
    let absent = || Error::Usage("ODOO_URL is not set: there is no Odoo".to_owned());
    let pushed = odoo::pushed(config.odoo.as_ref().ok_or_else(absent)?)?;
    match action {
        Action::PushAll { kind } => {
            let kinds: Vec<String> = match kind {
                Some(kind) if pushed.contains(&kind) => vec![kind],
                Some(kind) => return Err(Error::Usage(format!("ODOO_SYNC does not send {kind}"))),
                None => pushed,
            };
            let app = App::start(config, Clock::System).await?;
            for kind in kinds {
                let marked = ledger::mark_all(&app.database, &kind, app.clock.now()).await?;
                println!("{marked:>8}  of kind {kind} will be sent by the next worker");
            }
            Ok(())
        }
    }
}
