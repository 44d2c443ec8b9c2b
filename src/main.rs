//! The `cellar` command.

use std::process::ExitCode;

fn main() -> ExitCode {
    cellar::cli::run()
}
