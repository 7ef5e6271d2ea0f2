//! A gate before a server: lets bytes through, and cuts connections in the middle of what they carry.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use tokio::io::{AsyncReadExt, AsyncWriteExt, copy};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

/// Fewest and most bytes of answers before a connection is cut, as powers of two.
const BUDGET: std::ops::Range<f64> = 10.0..18.0;

/// The way to a server.
pub struct Gate {
    /// Where it listens.
    pub address: SocketAddr,
    /// Connections that were cut after a random byte.
    pub cut: Arc<AtomicU64>,
    /// How often all connections were cut at once; `u64::MAX`: none is cut any more.
    epoch: watch::Sender<u64>,
}

impl Gate {
    /// Opens a gate before a port.
    pub async fn open(port: u16, seed: u64) -> Gate {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("an address");
        let (epoch, cut) = (watch::Sender::new(0), Arc::new(AtomicU64::new(0)));
        let (told, count) = (epoch.subscribe(), cut.clone());
        let mut dice = StdRng::seed_from_u64(seed);
        tokio::spawn(async move {
            while let Ok((outer, _)) = listener.accept().await {
                let budget = dice.random_range(BUDGET).exp2() as usize;
                tokio::spawn(carry(outer, port, budget, told.clone(), count.clone()));
            }
        });
        Gate { address, cut, epoch }
    }

    /// Cuts every connection now.
    pub fn cut_all(&self) {
        self.epoch.send_modify(|epoch| *epoch += 1);
    }

    /// Cuts no more.
    pub fn calm(&self) {
        self.epoch.send_replace(u64::MAX);
    }
}

async fn carry(
    outer: TcpStream,
    port: u16,
    mut budget: usize,
    mut epoch: watch::Receiver<u64>,
    cut: Arc<AtomicU64>,
) {
    let connecting = tokio::time::timeout(Duration::from_secs(2), TcpStream::connect(("127.0.0.1", port)));
    let Ok(Ok(inner)) = connecting.await else { return };
    let began = *epoch.borrow_and_update();
    let (mut asks, mut answered) = outer.into_split();
    let (mut answers, mut asked) = inner.into_split();
    let calm = epoch.clone();
    let back = async {
        let mut bytes = vec![0; 16 * 1024];
        while let Ok(read @ 1..) = answers.read(&mut bytes).await {
            let calm = *calm.borrow() == u64::MAX;
            let passed = if calm { read } else { read.min(budget) };
            if answered.write_all(&bytes[..passed]).await.is_err() {
                return;
            }
            if passed < read {
                cut.fetch_add(1, Ordering::Relaxed);
                return;
            }
            budget = budget.saturating_sub(passed);
        }
    };
    tokio::select! {
        () = back => {}
        // Who has asked may still wait for the answer.
        () = async { let _ = copy(&mut asks, &mut asked).await; std::future::pending::<()>().await } => {}
        _ = epoch.wait_for(|epoch| *epoch != began && *epoch != u64::MAX) => {}
    }
}
