//! The command `wasmc`.

use std::process::ExitCode;

fn main() -> ExitCode {
    wasmc::cli::main()
}
