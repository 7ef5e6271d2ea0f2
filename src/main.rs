//! Starts the program.

use clap::Parser;
use std::process::ExitCode;

// A page of JSON is thousands of small allocations: this allocator needs a tenth less CPU for them than the system's.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    // Before anything opens TLS: the libraries ask for a process-wide choice.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let cli = cabina::commands::Cli::parse();
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(cause) => {
            eprintln!("cabina: the runtime does not start: {cause}");
            return ExitCode::FAILURE;
        }
    };
    match runtime.block_on(cabina::commands::run(cli)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("cabina: {}", error.for_terminal());
            ExitCode::FAILURE
        }
    }
}
