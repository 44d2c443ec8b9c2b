//! `cellar backup FILE`: one consistent copy of everything in one tar file, whether or not the
//! server runs. The database is copied as of one moment; contents never change, and those the copy
//! names are all there. Each is measured as it is copied: a damaged one must not spoil the backup
//! unseen.

use std::fs::{File, OpenOptions};
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use rocket::tokio::{runtime, select, task};
use serde::{Deserialize, Serialize};

use super::settings::load;
use super::{Done, Place, say};
use crate::clock::{Clock, Timestamp};
use crate::data_folder;
use crate::database::{FILE_NAME, Snapshot, write_snapshot};
use crate::error::{Error, Result};
use crate::files::{Blob, Files, Hash, Inventory, Measured};

/// The name of the entry that describes the rest; always the first.
pub(super) const MANIFEST_NAME: &str = "manifest.json";

/// The form of the archive; a change of it that older versions cannot read gets the next number.
pub(super) const FORMAT: u32 = 1;

/// Where the backup goes.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  cellar backup cellar-2026-11-21.tar")]
pub(super) struct Arguments {
    /// The file to write; it must not exist yet
    file: PathBuf,
}

/// What a backup says of itself.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Manifest {
    pub(super) format: u32,
    pub(super) version: String,
    pub(super) schema: i32,
    pub(super) created_at: String,
    pub(super) database_sha256: String,
    pub(super) n_contents: usize,
}

impl Manifest {
    /// Whether it holds what a backup says of itself, and nothing that would upset a terminal.
    pub(super) fn is_plain(&self) -> bool {
        let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '+');
        self.schema > 0
            && self.version.chars().all(fits)
            && Timestamp::parse(&self.created_at).is_some()
    }
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
    let size = std::fs::metadata(target).map_or(0, |facts| facts.len());
    say(&format!(
        "{} holds the database and {n_contents} contents ({size} bytes).",
        target.display()
    ))?;
    Ok(ExitCode::SUCCESS)
}

/// A folder beside the target, gone when the backup is done. One whose process was killed is swept
/// by the next backup.
struct Workshop {
    folder: tempfile::TempDir,
    _lock: File,
}

impl Workshop {
    const PREFIX: &str = ".cellar-backup-";
    const LOCK_NAME: &str = "lock";

    fn open(beside: &Path) -> io::Result<Self> {
        for entry in std::fs::read_dir(beside)?.flatten() {
            let is_one = entry.file_name().to_string_lossy().starts_with(Self::PREFIX);
            let lock = File::open(entry.path().join(Self::LOCK_NAME));
            if is_one && lock.is_ok_and(|lock| lock.try_lock().is_ok()) {
                // Somebody else may be sweeping it too.
                let _ = std::fs::remove_dir_all(entry.path());
            }
        }
        let folder = tempfile::Builder::new().prefix(Self::PREFIX).tempdir_in(beside)?;
        let lock = File::create(folder.path().join(Self::LOCK_NAME))?;
        lock.try_lock()?;
        Ok(Self { folder, _lock: lock })
    }

    fn path(&self) -> &Path {
        self.folder.path()
    }
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

fn write_archive(data: &Path, work: &Path, archive: &Path) -> Result<usize> {
    let copy = work.join(FILE_NAME);
    write_snapshot(&data.join(FILE_NAME), &copy)?;
    let (schema, blobs) =
        Snapshot::open(&copy)?.read(|r| Ok((r.schema_version()?, Inventory::of(r)?.used)))?;
    let manifest = Manifest {
        format: FORMAT,
        version: env!("CARGO_PKG_VERSION").to_owned(),
        schema: i32::try_from(schema).map_err(Error::internal)?,
        created_at: Clock::system().now().to_string(),
        database_sha256: Hash::of_file(&copy)?.to_hex(),
        n_contents: blobs.len(),
    };
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let file = options.open(archive).map_err(Error::internal)?;
    let mut tar = tar::Builder::new(io::BufWriter::new(file));
    let described = serde_json::to_vec_pretty(&manifest).map_err(Error::internal)?;
    append(&mut tar, MANIFEST_NAME, described.len() as u64, described.as_slice())?;
    let database = File::open(&copy).map_err(Error::internal)?;
    let size = database.metadata().map_err(Error::internal)?.len();
    append(&mut tar, FILE_NAME, size, database)?;
    let files = Files::below(data);
    for blob in &blobs {
        append_content(&mut tar, &files, *blob)?;
    }
    let written = tar.into_inner().map_err(Error::internal)?;
    let written = written.into_inner().map_err(|error| Error::internal(error.into_error()))?;
    written.sync_all().map_err(Error::internal)?;
    Ok(blobs.len())
}

fn append_content<W: io::Write>(
    tar: &mut tar::Builder<W>,
    files: &Files,
    blob: Blob,
) -> Result<()> {
    let name = blob.hash.archive_name();
    let damaged = |what: &str| {
        Error::Unavailable(format!(
            "the content {} {what}, so there is no sound backup; `cellar check` names all of them",
            blob.hash.to_hex()
        ))
    };
    let file = match files.open_blob(blob.hash) {
        Err(Error::NotFound(_)) => return Err(damaged("is missing")),
        opened => opened?,
    };
    let mut measured = Measured::new(file);
    append(tar, &name, blob.size_bytes, &mut measured)?;
    if measured.blob() == blob { Ok(()) } else { Err(damaged("was changed on the disk")) }
}

fn append<W: io::Write>(
    tar: &mut tar::Builder<W>,
    name: &str,
    size: u64,
    content: impl Read,
) -> Result<()> {
    let mut header = tar::Header::new_gnu();
    header.set_size(size);
    header.set_mode(0o600);
    header.set_mtime(u64::try_from(Clock::system().now().millis() / 1000).unwrap_or(0));
    tar.append_data(&mut header, name, content).map_err(Error::internal)
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
