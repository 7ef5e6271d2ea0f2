//! `cabina sandbox`.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use clap::Args;
use secrecy::ExposeSecret;
use tokio::net::TcpListener;

use super::serve::stopped;
use crate::kernel::time::Clock;
use crate::kernel::{Error, Result};
use crate::sandbox::odoo::{SandboxOdoo, Switches};

/// How the sandbox starts.
#[derive(Args)]
pub struct Sandbox {
    /// Port to listen on; 0 takes a free one
    #[arg(long, default_value_t = 8069)]
    port: u16,
    /// Address to listen on
    #[arg(long, default_value_t = IpAddr::V4(Ipv4Addr::LOCALHOST))]
    host: IpAddr,
    /// Which Odoo it is: 16, 17, 18 or 19
    #[arg(long, default_value_t = 19, value_parser = clap::value_parser!(u32).range(16..=19))]
    odoo: u32,
}

impl Sandbox {
    /// Serves until the process is told to stop.
    pub async fn run(self) -> Result<()> {
        let address = SocketAddr::new(self.host, self.port);
        let listener = TcpListener::bind(address).await.map_err(|cause| {
            Error::Usage(format!("cannot listen on {address}: {cause}. --port names another one."))
        })?;
        let url = format!("http://{}", listener.local_addr().map_err(Error::internal)?);
        let odoo = SandboxOdoo::new(Clock::System);
        odoo.set(Switches { version: self.odoo, ..Switches::default() });
        greet(&odoo, &url);
        odoo.serve(listener, stopped()).await;
        Ok(())
    }
}

/// Says how to point cabina at it.
fn greet(odoo: &SandboxOdoo, url: &str) {
    let config = odoo.config(url);
    let secret = |secret: Option<&secrecy::SecretString>| {
        secret.map_or("", |secret| secret.expose_secret()).to_owned()
    };
    println!("\n  A sandbox Odoo {} is ready. Point cabina at it with\n", odoo.switches().version);
    println!("  export ODOO_URL={}", config.url);
    println!("  export ODOO_DB={}", config.database);
    println!("  export ODOO_LOGIN={}", config.login.as_deref().unwrap_or_default());
    println!("  export ODOO_PASSWORD={}", secret(config.password.as_ref()));
    println!("  export ODOO_API_KEYS={}", secret(config.api_keys.first()));
    println!("\n  What is in it  {url}/sandbox");
    println!("  Failures       curl {url}/sandbox/switches -d '{{\"lose_share\": 0.5}}'");
    println!("\n  It forgets everything when it stops. Stop with ctrl-c.\n");
}
