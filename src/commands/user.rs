//! `cabina user`: the first admin of a new installation, and help for whoever locked themselves out.

use std::io::{BufRead, IsTerminal};
use std::sync::Arc;

use clap::Subcommand;

use crate::app::App;
use crate::domains::identity::passwords::{NewPassword, PasswordChange, Present};
use crate::domains::identity::rules::UserErrorCode;
use crate::domains::identity::teams;
use crate::domains::identity::users::{self, NewUser};
use crate::kernel::contact::Email;
use crate::kernel::language::DEFAULT_LOCALE;
use crate::kernel::time::Clock;
use crate::kernel::words::Word;
use crate::kernel::{Error, Result, Stop};
use crate::platform::auth::{Role, Viewer};
use crate::platform::config::Config;
use crate::platform::db::{Origin, Tx};

/// What to do with a user.
#[derive(Subcommand)]
pub enum Action {
    /// Make a user; the password is read from standard input
    Add {
        /// Sign-in name
        email: String,
        /// Full name
        #[arg(long)]
        name: String,
        /// advisor, supervisor or admin
        #[arg(long, default_value = "admin")]
        role: String,
        /// Name of the team, made if there is none; advisors and supervisors need one
        #[arg(long)]
        team: Option<String>,
    },
    /// Set a password, read from standard input
    Password {
        /// Sign-in name
        email: String,
    },
    /// Disable a user and end their sessions
    Disable {
        /// Sign-in name
        email: String,
    },
}

/// Runs the command as cabina itself.
pub async fn run(config: Config, action: Action) -> Result<()> {
    let app = App::start(config, Clock::System).await?;
    app.migrate().await?;
    let operation = match action {
        Action::Add { .. } => "command user add",
        Action::Password { .. } => "command user password",
        Action::Disable { .. } => "command user disable",
    };
    let password = match action {
        Action::Add { .. } | Action::Password { .. } => {
            let place = app.passwords.place("")?;
            Some(NewPassword::of(&place, read_password()?).await?)
        }
        Action::Disable { .. } => None,
    };
    let origin = Origin { operation: operation.to_owned(), ..Origin::default() };
    let viewer = Arc::new(Viewer::system("command line"));
    let mut tx = Tx::begin(&app.database, &app.clock, viewer, origin).await?;
    let email = perform(&mut tx, action, password).await.map_err(told)?;
    tx.commit().await?;
    println!("{email}: done");
    Ok(())
}

async fn perform(
    tx: &mut Tx,
    action: Action,
    password: Option<NewPassword>,
) -> Result<String, Stop<UserErrorCode>> {
    match action {
        Action::Add { email, name, role, team } => {
            let words = Role::ALL.iter().find(|(_, text, _)| text.eq_ignore_ascii_case(&role));
            let Some((role, ..)) = words else {
                return Err(Stop::refuse(
                    UserErrorCode::Invalid,
                    "role",
                    "must be advisor, supervisor or admin",
                ));
            };
            let team = match team {
                Some(name) => {
                    Some(teams::named(tx, &name).await.map_err(|stop| Error::Usage(stop.to_string()))?)
                }
                None => None,
            };
            let new = NewUser {
                email: email.clone(),
                name,
                role: *role,
                team,
                locale: DEFAULT_LOCALE.to_owned(),
                time_zone: "America/Mexico_City".to_owned(),
                password,
            };
            users::create(tx, new).await?;
            Ok(email)
        }
        Action::Password { email } => {
            let user = find(tx, &email).await?;
            if let Some(new) = password {
                let change = PasswordChange { present: Present::Unasked, new };
                users::set_password(tx, user.id, change).await?;
            }
            Ok(email)
        }
        Action::Disable { email } => {
            let user = find(tx, &email).await?;
            users::set_disabled(tx, user.id, user.version, true).await?;
            Ok(email)
        }
    }
}

pub(super) async fn find(tx: &Tx, email: &str) -> Result<crate::domains::identity::app_user::Model> {
    let unknown = || Error::Usage(format!("there is no user {email}"));
    let address = Email::parse(email).map_err(|_| unknown())?;
    users::by_email(tx, &address).await?.ok_or_else(unknown)
}

/// A refusal as a sentence for the terminal.
pub(super) fn told<C>(stop: Stop<C>) -> Error {
    match stop {
        Stop::Refused(rules) => {
            let lines: Vec<String> =
                rules.iter().map(|r| format!("{}: {}", r.field.join("."), r.message)).collect();
            Error::Usage(lines.join("\n"))
        }
        Stop::Conflict(_) => Error::Usage("somebody else changed this meanwhile: try again".to_owned()),
        Stop::Error(error) => error,
    }
}

/// From the terminal, where it is not shown, or from standard input; never an argument, which every other process of the
/// machine could read.
fn read_password() -> Result<String> {
    let password = if std::io::stdin().is_terminal() {
        rpassword::prompt_password("Password: ").map_err(Error::internal)?
    } else {
        let mut line = String::new();
        std::io::stdin().lock().read_line(&mut line).map_err(Error::internal)?;
        line.trim_end_matches(['\r', '\n']).to_owned()
    };
    if password.contains('\0') {
        // Nobody could sign in with it: the API takes no such text.
        return Err(Error::Usage("the password must not contain the character U+0000".to_owned()));
    }
    Ok(password)
}
