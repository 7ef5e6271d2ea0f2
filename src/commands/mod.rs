//! The program's commands, as `cabina --help` lists them.

mod doctor;
mod erase;
mod odoo;
mod sandbox;
mod serve;
mod user;

use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use indicatif::{ProgressBar, ProgressStyle};
use migration::{Migrator, MigratorTrait};
use secrecy::ExposeSecret;
use tokio::sync::watch;

use crate::app::App;
use crate::kernel::time::Clock;
use crate::kernel::{Error, Result};
use crate::platform::config::Config;
use crate::platform::{telemetry, zones};

/// The back end of an advisor's cockpit.
#[derive(Parser)]
#[command(name = "cabina", version, about)]
pub struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Serve GraphQL, GraphiQL and the web example
    Serve(serve::Serve),
    /// Run background work only
    Worker,
    /// Bring the tables up to date, or take them back
    Migrate {
        #[command(subcommand)]
        direction: Direction,
    },
    /// Print the GraphQL schema
    Schema,
    /// Manage users
    User {
        #[command(subcommand)]
        action: user::Action,
    },
    /// Erase the personal data of somebody who asked for it
    Erase {
        #[command(subcommand)]
        whom: erase::Erase,
    },
    /// Look after the exchange with Odoo
    Odoo {
        #[command(subcommand)]
        action: odoo::Action,
    },
    /// Fill a database with many fictional clients, for benches
    Demo {
        /// How many clients
        #[arg(long)]
        clients: u64,
    },
    /// Run a double of an Odoo server, with failures on demand, to try cabina with
    Sandbox(sandbox::Sandbox),
    /// Ask a running server whether it is ready; the exit code tells
    Health,
}

#[derive(Subcommand)]
enum Direction {
    /// Apply what is missing
    Up,
    /// Take back the latest migrations
    Down {
        /// How many
        #[arg(default_value_t = 1)]
        steps: u32,
    },
    /// List what is applied and what is missing
    Status,
}

/// The whole program, from its arguments to its exit code. It is here and not in `main.rs`, which would compile all that it
/// runs a second time.
pub fn main() -> ExitCode {
    // Before anything opens TLS: the libraries ask for a process-wide choice.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let cli = Cli::parse();
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(cause) => {
            eprintln!("cabina: the runtime does not start: {cause}");
            return ExitCode::FAILURE;
        }
    };
    match runtime.block_on(run(cli)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("cabina: {}", error.for_terminal());
            ExitCode::FAILURE
        }
    }
}

/// Runs the command.
///
/// # Errors
/// A sentence for the terminal.
pub async fn run(cli: Cli) -> Result<()> {
    if matches!(cli.command, Command::Schema) {
        print!("{}", crate::graphql::schema::sdl());
        return Ok(());
    }
    if let Command::Sandbox(sandbox) = cli.command {
        return sandbox.run().await;
    }
    let config = Config::from_env().map_err(|mistakes| Error::Usage(mistakes.to_string()))?;
    if let Some(folder) = &config.zoneinfo {
        zones::read_from(folder).map_err(Error::Usage)?;
    }
    if !matches!(&cli.command, Command::Odoo { action } if action.is_silent()) {
        telemetry::start_logs(&config.telemetry);
    }
    let stays = matches!(cli.command, Command::Serve(_) | Command::Worker);
    let traces =
        config.telemetry.traces.as_ref().filter(|_| stays).map(telemetry::start_traces).transpose()?;
    let ended = execute(cli.command, config).await;
    if let Some(traces) = traces {
        traces.stop().await;
    }
    ended
}

async fn execute(command: Command, config: Config) -> Result<()> {
    match command {
        Command::Schema | Command::Sandbox(_) => Ok(()),
        Command::Health => health(&config).await,
        Command::Serve(serve) => serve.run(config).await,
        Command::Worker => {
            let app = App::start(config, Clock::System).await?;
            let ((over, ended), (tell, told)) = (watch::channel(false), watch::channel(false));
            let worker = crate::worker::spawn(&app, told).await?;
            let relay = app.relay_alone(ended)?;
            tracing::info!("the worker runs; end it with ctrl-c");
            serve::stopped().await;
            tell.send_replace(true);
            let worked = worker.await;
            over.send_replace(true);
            worked.and(relay.await).map_err(Error::internal)
        }
        Command::Migrate { direction } => migrate(config, direction).await,
        Command::User { action } => user::run(config, action).await,
        Command::Erase { whom } => erase::run(config, whom).await,
        Command::Odoo { action } => odoo::run(config, action).await,
        Command::Demo { clients } => fill(config, clients).await,
    }
}

async fn migrate(config: Config, direction: Direction) -> Result<()> {
    let app = App::unhurried(config, Clock::System).await?;
    let pool = &app.database.pool;
    match direction {
        Direction::Up => Migrator::up(pool, None).await?,
        Direction::Down { steps } => Migrator::down(pool, Some(steps)).await?,
        Direction::Status => {}
    }
    let pending: Vec<String> =
        Migrator::get_pending_migrations(pool).await?.iter().map(|m| m.name().to_owned()).collect();
    for migration in Migrator::migrations() {
        let missing = pending.iter().any(|name| name == migration.name());
        println!("{}  {}", if missing { "missing" } else { "applied" }, migration.name());
    }
    Ok(())
}

async fn fill(config: Config, clients: u64) -> Result<()> {
    let app = App::unhurried(config, Clock::System).await?;
    app.migrate().await?;
    let bar = ProgressBar::new(clients).with_style(
        ProgressStyle::with_template("{bar:40} {human_pos}/{human_len} clients, {per_sec}, {eta} left")
            .unwrap_or_else(|_| ProgressStyle::default_bar()),
    );
    let progress = |done, of| {
        bar.set_length(of);
        bar.set_position(done);
    };
    crate::demo::fill(&app.database, &app.clock, &app.passwords, clients, &progress).await?;
    bar.finish();
    println!("{clients} clients are in. Log in as ana@demo.test, password demo.");
    Ok(())
}

/// Asks over plain HTTP, without a client library: this runs every few seconds in a container.
async fn health(config: &Config) -> Result<()> {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let mut address: SocketAddr = config.http.listen;
    if address.ip().is_unspecified() {
        address.set_ip(if address.is_ipv4() {
            Ipv4Addr::LOCALHOST.into()
        } else {
            Ipv6Addr::LOCALHOST.into()
        });
    }
    let ask = async {
        let mut stream = tokio::net::TcpStream::connect(address).await?;
        let token = config.telemetry.metrics.token.as_ref();
        let authorization = token.map(|token| format!("Authorization: Bearer {}\r\n", token.expose_secret()));
        let request = format!(
            "GET /health/ready HTTP/1.1\r\nHost: localhost\r\n{}Connection: close\r\n\r\n",
            authorization.unwrap_or_default()
        );
        stream.write_all(request.as_bytes()).await?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await?;
        Ok::<_, std::io::Error>(answer)
    };
    let unavailable = |cause: Box<dyn std::error::Error + Send + Sync>| Error::Unavailable {
        provider: "the server",
        cause,
    };
    let answer = tokio::time::timeout(std::time::Duration::from_secs(4), ask).await;
    let answer =
        answer.map_err(|cause| unavailable(cause.into()))?.map_err(|cause| unavailable(cause.into()))?;
    println!("{}", answer.lines().last().unwrap_or_default());
    if answer.starts_with("HTTP/1.1 200") {
        Ok(())
    } else {
        Err(Error::Usage("the server is not ready".to_owned()))
    }
}
