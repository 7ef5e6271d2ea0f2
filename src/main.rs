//! Starts the program.

use std::process::ExitCode;

// A page of JSON is thousands of small allocations: this allocator needs a tenth less CPU for them than the system's.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    cabina::commands::main()
}
