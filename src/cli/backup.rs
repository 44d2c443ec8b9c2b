//! `cellar backup FILE`: one consistent copy of everything in one tar file, whether or not the
//! server runs.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use rocket::tokio::{runtime, select, task};

use super::settings::load;
use super::{Done, Place, say};
use crate::backup::{Workshop, write_archive};
use crate::clock::Clock;
use crate::data_folder;
use crate::error::{Error, Result};

/// Where the backup goes.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  cellar backup cellar-2026-11-21.tar")]
pub(super) struct Arguments {
    /// The file to write; it must not exist yet
    file: PathBuf,
}

pub(super) fn run(place: &Place, arguments: &Arguments) -> Done {
    let (config, _) = load(place, vec![])?;
    data_folder::require_initialised(&config.data)?;
    let target = &arguments.file;
    if target.exists() {
        return Err(Error::Unavailable(format!(
            "{} exists already, and a backup never overwrites; name another file",
            target.display()
        )));
    }
    let folder = match target.parent() {
        Some(parent) if parent != Path::new("") => parent,
        _ => Path::new("."),
    };
    // Seen from the root, for SQLite would take `file:x` for an address.
    let folder = &std::path::absolute(folder).map_err(|cause| unwritable(target, &cause))?;
    // Built beside its place and renamed, so that a file of that name is always a whole backup.
    let work = Workshop::open(folder).map_err(|cause| unwritable(target, &cause))?;
    let archive = work.path().join("backup.tar");
    let begun = Clock::system().now();
    let (data, place, file) = (config.data.clone(), work.path().to_owned(), archive.clone());
    let n_contents = unless_told_to_stop(move || write_archive(&data, &place, &file))
        .map_err(|error| in_words(target, error))?;
    // Never over a file that has appeared meanwhile.
    tempfile::TempPath::try_from_path(archive)
        .and_then(|archive| archive.persist_noclobber(target).map_err(Into::into))
        .map_err(|cause| unwritable(target, &cause))?;
    File::open(folder)
        .and_then(|folder| folder.sync_all())
        .map_err(|cause| unwritable(target, &cause))?;
    if let Err(cause) = data_folder::note_backup(&config.data, begun) {
        eprintln!(
            "cellar: the backup is whole, but the app will not tell of it: {} cannot be written: {cause}",
            config.data.display()
        );
    }
    let size = std::fs::metadata(target).map_or(0, |facts| facts.len());
    say(&format!(
        "{} holds the database and {n_contents} contents ({size} bytes).",
        target.display()
    ))?;
    Ok(ExitCode::SUCCESS)
}

/// Runs `work` on a thread of its own; a signal to stop is an error, and leaves the thread behind
/// for the end of the process.
fn unless_told_to_stop<T: Send + 'static>(
    work: impl FnOnce() -> Result<T> + Send + 'static,
) -> Result<T> {
    let runtime = runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(Error::internal)?;
    let done = runtime.block_on(async {
        select! {
            done = task::spawn_blocking(work) => done.map_err(Error::internal)?,
            told = told_to_stop() => {
                told.map_err(Error::internal)?;
                Err(Error::internal("it was told to stop"))
            }
        }
    });
    runtime.shutdown_background();
    done
}

#[cfg(unix)]
async fn told_to_stop() -> io::Result<()> {
    use rocket::tokio::signal::unix::{SignalKind, signal};
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    let mut hang_up = signal(SignalKind::hangup())?;
    select! {
        _ = interrupt.recv() => {}
        _ = terminate.recv() => {}
        _ = hang_up.recv() => {}
    }
    Ok(())
}

#[cfg(not(unix))]
async fn told_to_stop() -> io::Result<()> {
    rocket::tokio::signal::ctrl_c().await
}

fn unwritable(target: &Path, cause: &io::Error) -> Error {
    Error::Unavailable(format!("{} cannot be written: {cause}", target.display()))
}

/// A failure in the middle is most often the disk; the sentence names the file it was for.
fn in_words(target: &Path, error: Error) -> Error {
    match error {
        Error::Internal(cause) => Error::Unavailable(format!(
            "the backup {} could not be finished, and nothing is left of it: {cause}",
            target.display()
        )),
        other => other,
    }
}
