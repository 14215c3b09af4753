//! The command `wasmc`.

use std::process::ExitCode;
use wasmc::memory::Counting;

#[global_allocator]
static ALLOCATOR: Counting = Counting;

fn main() -> ExitCode {
    wasmc::cli::main()
}
