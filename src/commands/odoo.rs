//! `cabina odoo`: what an admin does about Odoo at the terminal.

use clap::Subcommand;

use super::doctor;
use crate::app::App;
use crate::domains::sync::{ledger, progress};
use crate::flows::odoo;
use crate::kernel::ids::{EntryId, TypedId};
use crate::kernel::time::Clock;
use crate::kernel::{Error, Result};
use crate::platform::config::Config;

/// What to do about Odoo.
#[derive(Subcommand)]
pub enum Action {
    /// Have everything sent that was there before Odoo was: what ODOO_SYNC sends, or one kind of it
    PushAll {
        /// client, contact or entry; may be given several times
        #[arg(long)]
        kind: Vec<String>,
        /// Leave the history out: what was written into it before stays here
        #[arg(long, conflicts_with = "kind")]
        without_history: bool,
    },
    /// Say that ODOO_URL and ODOO_DB name the same Odoo as before, at a new address
    Accept,
    /// Forget how everything stood in Odoo, for it is another one now: all is compared and sent anew
    Forget,
    /// Tell how the connection with Odoo stands, and what to do about what is wrong; the exit code tells too
    Doctor {
        /// As JSON, for machines
        #[arg(long)]
        json: bool,
    },
}

impl Action {
    /// Whether it says all it has to say by itself, so that logs would only stand in between.
    pub fn is_silent(&self) -> bool {
        matches!(self, Action::Doctor { .. })
    }
}

/// Runs the command.
pub async fn run(config: Config, action: Action) -> Result<()> {
    let absent = || Error::Usage("ODOO_URL is not set: there is no Odoo".to_owned());
    let there = config.odoo.as_ref().ok_or_else(absent)?;
    match action {
        Action::Doctor { json } => doctor::run(&config, there, json).await,
        Action::Accept => {
            let name = odoo::peer_name(there);
            let app = App::start(config, Clock::System).await?;
            progress::accept(&app.database.own, &name).await?;
            println!("cabina is kept alike with {name} from now on");
            Ok(())
        }
        Action::Forget => {
            let app = App::start(config, Clock::System).await?;
            ledger::forget_all(&app.database).await?;
            println!("forgotten; `cabina odoo push-all` has everything sent");
            Ok(())
        }
        Action::PushAll { kind, without_history } => {
            let pushed = odoo::pushed(there)?;
            if let Some(other) = kind.iter().find(|kind| !pushed.contains(kind)) {
                return Err(Error::Usage(format!("ODOO_SYNC does not send {other}")));
            }
            let is_meant = |known: &String| {
                (kind.is_empty() || kind.contains(known)) && !(without_history && known == EntryId::PREFIX)
            };
            let kinds: Vec<String> = pushed.into_iter().filter(is_meant).collect();
            let app = App::start(config, Clock::System).await?;
            for kind in kinds {
                let marked = ledger::mark_all(&app.database, &kind, app.clock.now()).await?;
                println!("{marked:>8}  of kind {kind} will be sent by the next worker");
            }
            Ok(())
        }
    }
}
