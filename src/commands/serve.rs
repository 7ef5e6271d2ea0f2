//! `cabina serve`.

use clap::Args;
use secrecy::ExposeSecret;
use tokio::net::TcpListener;
use tokio::sync::watch;

use crate::app::App;
use crate::http::until;
use crate::kernel::time::Clock;
use crate::kernel::{Error, Result};
use crate::platform::config::Config;
use crate::platform::telemetry;

/// How the server starts.
#[derive(Args)]
pub struct Serve {
    /// Load fictional demo data into an empty database, and tell how to log in
    #[arg(long)]
    demo: bool,
    /// Bring the tables up to date first (SQLite: always)
    #[arg(long)]
    migrate: bool,
}

impl Serve {
    /// Serves until the process is told to stop.
    pub async fn run(self, config: Config) -> Result<()> {
        // Before anything counts: a counter that was made earlier counts into the void.
        let metrics = telemetry::start_metrics();
        let app = App::start(config, Clock::System).await?;
        let sqlite = app.config.database.url.expose_secret().starts_with("sqlite:");
        if sqlite || self.migrate || self.demo {
            app.migrate().await?;
        }
        let loaded = if self.demo {
            Some(crate::demo::load(&app.database, &app.clock, &app.passwords).await?)
        } else {
            None
        };
        let address = app.config.http.listen;
        let listener = TcpListener::bind(address).await.map_err(|cause| {
            Error::Usage(format!("cannot listen on {address}: {cause}. CABINA_LISTEN names another address."))
        })?;
        let address = listener.local_addr().map_err(Error::internal)?;
        let web = app.web(metrics)?;
        greet(&app, &address.to_string(), loaded.as_ref());
        let (tell, told) = watch::channel(false);
        tokio::spawn(async move {
            stopped().await;
            tracing::info!("stopping: requests under way are finished");
            let _ = tell.send(true);
        });
        let worker = tokio::spawn(crate::worker::run(app.clone(), until(told.clone())));
        app.serve(listener, web, until(told)).await;
        worker.await.map_err(Error::internal)?
    }
}

/// Ends when the process is told to stop: ctrl-c or SIGTERM.
pub async fn stopped() {
    let interrupted = async {
        let _ = tokio::signal::ctrl_c().await;
    };
    #[cfg(unix)]
    let terminated = async {
        match tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()) {
            Ok(mut signal) => signal.recv().await,
            Err(_) => std::future::pending().await,
        }
    };
    #[cfg(not(unix))]
    let terminated = std::future::pending::<Option<()>>();
    tokio::select! {
        () = interrupted => {}
        _ = terminated => {}
    }
}

/// Says where to go and how to log in.
fn greet(app: &App, address: &str, loaded: Option<&crate::demo::Loaded>) {
    let web = app.config.http.web_dir.join("index.html").exists();
    println!("\n  cabina {} is ready\n", env!("CARGO_PKG_VERSION"));
    if web {
        println!("  Web example  http://{address}/");
    }
    if app.config.http.graphiql {
        println!("  GraphiQL     http://{address}/graphiql");
    }
    println!("  GraphQL      http://{address}/graphql");
    if let Some(loaded) = loaded {
        println!("\n  Log in as    {}  (advisors of one team)", loaded.logins[..2].join(", "));
        println!("               {}  (advisor of another)", loaded.logins[2]);
        println!("               {}  (supervisor)", loaded.logins[3]);
        println!("               {}  (admin)", loaded.logins[4]);
        println!("  Password     demo");
    }
    println!("\n  Stop with ctrl-c.\n");
}
