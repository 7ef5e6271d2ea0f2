//! The table that goes into `docs/performance.md`.

use std::fmt::Write;

use super::load::{Case, Run};
use super::support::{Server, median};

/// Gathers the rows.
pub struct Report {
    text: String,
}

impl Report {
    /// An empty table.
    pub fn new(clients: u64) -> Report {
        let mut text = format!(
            "{clients} clients; {} requests at a time; medians of the runs; ratios are medians of the ratios of neighbouring runs.\n\n",
            super::load::connections(),
        );
        text.push_str("| case | SQL | bytes | req/s (limit) | throughput : limit | p50 / p99 ms | server CPU µs (limit) | CPU : limit | server + database µs (limit) | all CPU : limit |\n");
        text.push_str("| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |\n");
        Report { text }
    }

    /// A row: ours and the limit, run in turn.
    pub fn add(&mut self, case: &Case, statements: u64, runs: &[(Run, Run)]) {
        let ours = |f: fn(&Run) -> f64| median(runs.iter().map(|(ours, _)| f(ours)));
        let limit = |f: fn(&Run) -> f64| median(runs.iter().map(|(_, limit)| f(limit)));
        let ratio =
            |f: fn(&Run) -> f64| median(runs.iter().map(|(ours, limit)| f(ours) / f(limit).max(1e-9)));
        let all: fn(&Run) -> f64 = |run| run.server + run.database;
        let row = format!(
            "| {} | {statements} | {} | {:.0} ({:.0}) | {:.2} | {:.2} / {:.2} | {:.0} ({:.0}) | {:.2} | {:.0} ({:.0}) | {:.2} |",
            case.name,
            runs.first().map_or(0, |(ours, _)| ours.bytes),
            ours(|r| r.rate),
            limit(|r| r.rate),
            ratio(|r| r.rate),
            ours(|r| r.median),
            ours(|r| r.p99),
            ours(|r| r.server),
            limit(|r| r.server),
            ratio(|r| r.server),
            ours(all),
            limit(all),
            ratio(all),
        );
        eprintln!("{row}");
        let _ = writeln!(self.text, "{row}");
    }

    /// Size of the binary, memory of the process after the load.
    pub fn footprint(&mut self, server: &Server, binary: &str) {
        let size = std::fs::metadata(binary).map_or(0, |file| file.len()) as f64 / 1e6;
        let memory = server.memory();
        let _ =
            writeln!(self.text, "\nBinary {size:.1} MB; memory of the server after the load {memory} kB.");
    }

    /// The table.
    pub fn text(&self) -> &str {
        &self.text
    }
}
