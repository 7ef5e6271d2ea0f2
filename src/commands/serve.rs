//! `cabina serve`.

use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use clap::Args;
use secrecy::ExposeSecret;
use tokio::net::TcpListener;
use tokio::sync::watch;

use crate::app::App;
use crate::domains::sync::ledger;
use crate::http::until;
use crate::kernel::ids::{ClientId, ContactId, TypedId};
use crate::kernel::time::Clock;
use crate::kernel::{Error, Result};
use crate::platform::config::{Config, OdooConfig};
use crate::platform::telemetry;
use crate::sandbox::odoo::SandboxOdoo;

/// How the server starts.
#[derive(Args)]
pub struct Serve {
    /// Load fictional demo data into an empty database, and tell how to log in
    #[arg(long)]
    demo: bool,
    /// Leave the sandbox Odoo out of the demo
    #[arg(long, requires = "demo")]
    without_odoo: bool,
    /// Bring the tables up to date first (SQLite: always)
    #[arg(long)]
    migrate: bool,
}

impl Serve {
    /// Serves until the process is told to stop.
    pub async fn run(self, config: Config) -> Result<()> {
        // Before anything counts: a counter that was made earlier counts into the void.
        let metrics = telemetry::start_metrics();
        let alone = self.without_odoo || config.odoo.is_some();
        let odoo = if self.demo && !alone { Some(Double::start().await?) } else { None };
        let config = match &odoo {
            Some(double) => Config { odoo: Some(double.config.clone()), ..config },
            None => config,
        };
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
        if odoo.is_some() {
            Double::meet(&app).await?;
        }
        let (listener, address) = listen(app.config.http.listen, "CABINA_LISTEN").await?;
        let metrics_at = match app.config.telemetry.metrics.listen {
            Some(address) => Some(listen(address, "CABINA_METRICS_LISTEN").await?),
            None => None,
        };
        let web = app.web(metrics)?;
        let (tell, told) = watch::channel(false);
        let worker = crate::worker::spawn(&app, told.clone()).await?;
        let own = metrics_at.as_ref().map(|(_, address)| *address);
        greet(&app, address, own, loaded.as_ref(), odoo.as_ref());
        tokio::spawn(async move {
            stopped().await;
            tracing::info!("stopping: requests under way are finished");
            let _ = tell.send(true);
        });
        if let Some((listener, _)) = metrics_at {
            let (app, web, told) = (app.clone(), web.clone(), told.clone());
            tokio::spawn(async move { app.serve_metrics(listener, web, until(told)).await });
        }
        app.serve(listener, web, until(told)).await;
        worker.await.map_err(Error::internal)
    }
}

/// Listens on an address; `variable` names another one.
async fn listen(address: SocketAddr, variable: &str) -> Result<(TcpListener, SocketAddr)> {
    let listener = TcpListener::bind(address).await.map_err(|cause| {
        Error::Usage(format!("cannot listen on {address}: {cause}. {variable} names another address."))
    })?;
    let address = listener.local_addr().map_err(Error::internal)?;
    Ok((listener, address))
}

/// The sandbox Odoo that the demo is kept alike with.
struct Double {
    config: OdooConfig,
}

impl Double {
    /// Starts it on a free port of this machine alone.
    async fn start() -> Result<Double> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.map_err(Error::internal)?;
        let url = format!("http://{}", listener.local_addr().map_err(Error::internal)?);
        let odoo = SandboxOdoo::new(Clock::System);
        let mut config = odoo.config(&url);
        config.sync.pull_every = Duration::from_secs(5);
        tokio::spawn(async move { odoo.serve(listener, std::future::pending()).await });
        Ok(Double { config })
    }

    /// It forgets everything when it stops: what the ledger tells of an earlier one is no more. The histories of the demo
    /// stay here; what is written from now on goes there.
    async fn meet(app: &App) -> Result<()> {
        ledger::forget_all(&app.database).await?;
        for kind in [ClientId::PREFIX, ContactId::PREFIX] {
            ledger::mark_all(&app.database, kind, app.clock.now()).await?;
        }
        Ok(())
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
fn greet(
    app: &App,
    address: SocketAddr,
    metrics: Option<SocketAddr>,
    loaded: Option<&crate::demo::Loaded>,
    odoo: Option<&Double>,
) {
    let web = app.config.http.web_dir.join("index.html").exists();
    println!("\n  cabina {} is ready\n", env!("CARGO_PKG_VERSION"));
    if web {
        println!("  Web example  http://{address}/");
    }
    if let Some(metrics) = metrics {
        println!("  Metrics      http://{metrics}/metrics");
    }
    if app.config.http.graphiql {
        println!("  GraphiQL     http://{address}/graphiql");
    }
    println!("  GraphQL      http://{address}/graphql");
    if let Some(odoo) = odoo {
        println!("  Odoo         {}/sandbox  (a double; it forgets all when it stops)", odoo.config.url);
    }
    if let Some(loaded) = loaded {
        println!("\n  Log in as    {}  (advisors of one team)", loaded.logins[..2].join(", "));
        println!("               {}  (advisor of another)", loaded.logins[2]);
        println!("               {}  (supervisor)", loaded.logins[3]);
        println!("               {}  (admin)", loaded.logins[4]);
        println!("  Password     demo");
    }
    println!("\n  Stop with ctrl-c.\n");
}
