//! `cellar completions`: what a shell needs to complete commands and flags.

use std::process::ExitCode;

use clap::CommandFactory;
use clap_complete::Shell;

use super::{Cli, Done};

/// The shell.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  cellar completions bash > /etc/bash_completion.d/cellar")]
pub(super) struct Arguments {
    /// The shell to print completions for
    shell: Shell,
}

pub(super) fn run(arguments: &Arguments) -> Done {
    let mut script = Vec::new();
    clap_complete::generate(arguments.shell, &mut Cli::command(), "cellar", &mut script);
    super::say(&String::from_utf8_lossy(&script))?;
    Ok(ExitCode::SUCCESS)
}
