//! The command line: a file per command, and what they share.
//!
//! Exit codes: 0 done; 1 it could not be done (the sentence on standard error says why and what
//! helps) or a check found something; 2 the command or a setting is wrong, and nothing was touched.

mod backup;
mod check;
mod completions;
mod init_db;
mod model;
mod openapi;
mod predict;
mod restore;
mod serve;
mod settings;
mod user;

use std::fs::Permissions;
use std::io::{self, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::error::{Error, Result};
use crate::machine;

/// A self-hosted machine-learning service in one file.
#[derive(Debug, Parser)]
#[command(
    name = "cellar",
    version,
    max_term_width = 100,
    after_help = "Example:\n  cellar serve --open\n\n\
                  Every setting can be given as a flag, in the environment as CELLAR_NAME, or in \
                  cellar.toml; the first of these wins.\n\n\
                  Exit codes: 0 done, 1 it could not be done, 2 the command or a setting is wrong."
)]
struct Cli {
    #[command(flatten)]
    place: Place,
    #[command(subcommand)]
    command: Command,
}

/// Where the data and the settings are; the same for every command.
#[derive(Debug, Clone, clap::Args)]
struct Place {
    /// The folder that holds everything [default: ./cellar-data]
    #[arg(long, value_name = "FOLDER", global = true)]
    data: Option<String>,
    /// The file of settings [default: ./cellar.toml, if it is there]
    #[arg(long, value_name = "FILE", global = true)]
    config: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Make the data folder, the database and the administrator's account
    InitDb(init_db::Arguments),
    /// Serve the app and the API; makes what is missing first
    Serve(Box<serve::Arguments>),
    /// Write everything into one file, while the server runs or not
    Backup(backup::Arguments),
    /// Bring a backup back into an empty data folder; everyone is signed out
    Restore(restore::Arguments),
    /// Check every promise about what is stored, one line each
    Check(check::Arguments),
    /// List accounts, make them, and put them right; while the server does not run
    User(user::Arguments),
    /// Predict a table's rows here and now: no server, no account, no credits
    Predict(predict::Arguments),
    /// List the models, show one, or train the wine model anew
    Model(model::Arguments),
    /// Print the description of the API (OpenAPI 3.1)
    Openapi(openapi::Arguments),
    /// Print completions for a shell
    Completions(completions::Arguments),
}

/// Runs the command that the process was started with.
pub fn run() -> ExitCode {
    machine::take_small_pages();
    let cli = Cli::parse();
    #[cfg(unix)]
    let usual = Some(keep_files_private());
    #[cfg(not(unix))]
    let usual = None;
    let done = match cli.command {
        Command::InitDb(arguments) => init_db::run(&cli.place, &arguments),
        Command::Serve(arguments) => serve::run(&cli.place, &arguments),
        Command::Backup(arguments) => backup::run(&cli.place, &arguments),
        Command::Restore(arguments) => restore::run(&cli.place, &arguments),
        Command::Check(arguments) => check::run(&cli.place, &arguments),
        Command::User(arguments) => user::run(&cli.place, &arguments),
        Command::Predict(arguments) => predict::run(&cli.place, &arguments, usual),
        Command::Model(arguments) => model::run(&cli.place, &arguments),
        Command::Openapi(arguments) => openapi::run(&arguments),
        Command::Completions(arguments) => completions::run(&arguments),
    };
    match done {
        Ok(code) => code,
        Err(error) => report(&error),
    }
}

/// Keeps whatever is written, the database and backups above all, for this user alone. What files
/// would be open to otherwise, for those that people ask for by name.
#[cfg(unix)]
fn keep_files_private() -> Permissions {
    use std::os::unix::fs::PermissionsExt;
    let umask = rustix::process::umask(rustix::fs::Mode::from_raw_mode(0o077));
    #[expect(clippy::useless_conversion, reason = "it is no u32 on every system")]
    let umask = u32::from(umask.as_raw_mode());
    Permissions::from_mode(0o666 & !umask)
}

/// What a command ends with if nothing stood in its way.
type Done = Result<ExitCode>;

fn report(error: &Error) -> ExitCode {
    match error {
        Error::Invalid(issues) => {
            for issue in issues.all() {
                eprintln!("cellar: {} {}", issue.field, issue.message);
            }
            ExitCode::from(2)
        }
        other => {
            eprintln!("cellar: {other}");
            ExitCode::FAILURE
        }
    }
}

/// Prints a line for the person at the terminal, or for a file. A closed pipe is nobody to talk to,
/// and no failure.
fn say(line: &str) -> Result<()> {
    match tell(line) {
        Err(cause) if cause.kind() != io::ErrorKind::BrokenPipe => {
            Err(Error::Unavailable(format!("standard output cannot be written: {cause}")))
        }
        _ => Ok(()),
    }
}

/// Prints a line that must arrive.
fn tell(line: &str) -> io::Result<()> {
    let mut out = io::stdout();
    writeln!(out, "{line}")?;
    out.flush()
}
