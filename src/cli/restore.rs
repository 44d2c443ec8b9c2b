//! `cellar restore FILE`: a backup into an empty data folder. Everything is unpacked and checked
//! beside its place, and put there whole; nobody is signed in afterwards.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use super::check::require_sound;
use super::settings::load;
use super::{Done, Place, say};
use crate::access;
use crate::backup::{FORMAT, MANIFEST_NAME, Manifest};
use crate::data_folder::DataFolder;
use crate::database::{Database, FILE_NAME, LOG_NAME, SCHEMA_VERSION, Snapshot};
use crate::error::{Cause, Error, Result};
use crate::files::{FOLDER_NAME, Files, Hash};

/// A manifest is a page of text.
const MANIFEST_BYTES_MAX: u64 = 64 * 1024;

/// Which backup comes back.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  cellar restore cellar-2026-11-21.tar --data /srv/cellar-new")]
pub(super) struct Arguments {
    /// The backup to read
    file: PathBuf,
}

pub(super) fn run(place: &Place, arguments: &Arguments) -> Done {
    let (config, _) = load(place, vec![])?;
    let source = &arguments.file;
    let archive = File::open(source).map_err(|cause| unreadable(source, &cause))?;
    let folder = DataFolder::take_empty(&config.data)?;
    let unpacking = folder.begin_restoring()?;
    let restored = unpack(archive, &unpacking)
        .map_err(|error| spoiled(source, error))
        .and_then(|manifest| put_in_place(&unpacking, folder.path()).map(|()| manifest));
    // Whatever happened, what was unpacked is in its place now or worth nothing.
    let _ = fs::remove_dir_all(&unpacking);
    let manifest = restored?;
    say(&format!(
        "{} holds the backup of {} ({} contents). Everyone has to sign in again.",
        config.data.display(),
        manifest.created_at,
        manifest.n_contents
    ))?;
    Ok(ExitCode::SUCCESS)
}

fn unpack(archive: File, into: &Path) -> Result<Manifest> {
    let mut tar = tar::Archive::new(io::BufReader::new(archive));
    let mut entries = tar.entries().map_err(broken)?;
    let first = entries.next().ok_or_else(|| broken("it is empty"))?.map_err(broken)?;
    let manifest = read_manifest(first)?;
    let files = Files::below(into);
    let mut n_contents = 0;
    for entry in entries {
        let mut entry = entry.map_err(broken)?;
        let name = entry.path().map_err(broken)?.to_string_lossy().into_owned();
        if name == FILE_NAME {
            let path = into.join(FILE_NAME);
            if path.exists() {
                return Err(broken("it has two databases"));
            }
            let mut file = File::create_new(path).map_err(Error::internal)?;
            io::copy(&mut entry, &mut file).map_err(broken)?;
            file.sync_all().map_err(Error::internal)?;
        } else if let Some(hash) = Hash::from_archive_name(&name) {
            let size = entry.size();
            let blob = files.put(&mut entry, size)?;
            if blob.hash != hash {
                return Err(broken(format!("the content {name} is damaged")));
            }
            n_contents += 1;
        } else {
            return Err(broken(format!("it holds {name:?}, which no backup has")));
        }
    }
    let database_sha256 =
        Hash::of_file(&into.join(FILE_NAME)).map_err(|_| broken("it has no database"))?;
    if database_sha256.to_hex() != manifest.database_sha256 || n_contents != manifest.n_contents {
        return Err(broken("it is not complete, or was changed"));
    }
    Ok(manifest)
}

fn read_manifest<R: Read>(entry: tar::Entry<'_, R>) -> Result<Manifest> {
    let name = entry.path().map_err(broken)?.to_string_lossy().into_owned();
    let mut text = String::new();
    entry.take(MANIFEST_BYTES_MAX).read_to_string(&mut text).map_err(broken)?;
    let manifest: Option<Manifest> = serde_json::from_str(&text).ok();
    match manifest.filter(|_| name == MANIFEST_NAME) {
        None => Err(broken("it is not a backup of Cellar")),
        // What it says of itself is printed, so it must be what a backup says.
        Some(made) if !made.is_plain() => Err(broken("its description is damaged")),
        Some(made) if made.format > FORMAT || made.schema > SCHEMA_VERSION => Err(broken(format!(
            "it was made by Cellar {}, which is newer; restore it with that version",
            made.version
        ))),
        Some(made) => Ok(made),
    }
}

/// Brings the unpacked data up to date, signs everyone out, checks all of it, and moves it.
fn put_in_place(unpacked: &Path, data: &Path) -> Result<()> {
    refuse_foreign(unpacked)?;
    let database = Database::open(unpacked)?;
    database.read_here(|r| match r.schema_problems()?.first() {
        Some(problem) => Err(broken(format!("its database is not as Cellar makes it ({problem})"))),
        None => Ok(()),
    })?;
    database.write_here(access::end_all)?;
    database.close();
    drop(database);
    // Moving the file without its log would lose what is only there: that nobody is signed in.
    let log = unpacked.join(LOG_NAME);
    if log.metadata().is_ok_and(|facts| facts.len() > 0) {
        return Err(broken("its database could not be closed; try again"));
    }
    require_sound(unpacked)?;
    let contents = unpacked.join(FOLDER_NAME);
    if contents.exists() {
        fs::rename(&contents, data.join(FOLDER_NAME)).map_err(Error::internal)?;
    }
    // Last, for a folder with a database in it counts as whole.
    fs::rename(unpacked.join(FILE_NAME), data.join(FILE_NAME)).map_err(Error::internal)?;
    File::open(data).and_then(|folder| folder.sync_all()).map_err(Error::internal)
}

/// A database that Cellar would make anew, or would not open, is none of a backup.
fn refuse_foreign(unpacked: &Path) -> Result<()> {
    let opened = Snapshot::open(&unpacked.join(FILE_NAME)).and_then(|mut snapshot| {
        snapshot.read(|r| if r.schema_version()? > 0 { Ok(()) } else { Err(broken("empty")) })
    });
    opened.map_err(|_| broken("its database is empty or damaged, or was made by a newer Cellar"))
}

fn broken(why: impl Into<Cause>) -> Error {
    Error::conflict("broken", why.into().to_string())
}

fn spoiled(source: &Path, error: Error) -> Error {
    match error {
        Error::Conflict { why, .. } => Error::Unavailable(format!(
            "{} cannot be restored: {why}; nothing was put in place",
            source.display()
        )),
        // In the middle of it, that is most often the disk.
        Error::Internal(cause) => Error::Unavailable(format!(
            "{} could not be restored: {cause}; nothing was put in place",
            source.display()
        )),
        other => other,
    }
}

fn unreadable(source: &Path, cause: &io::Error) -> Error {
    Error::Unavailable(format!("{} cannot be read: {cause}", source.display()))
}
