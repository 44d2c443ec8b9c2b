//! The data folder: made for this user alone, held by one process at a time.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use crate::clock::Timestamp;
use crate::database;
use crate::error::{Error, Result};
use crate::files;
use crate::machine;

/// Where models are kept.
pub const MODELS_NAME: &str = "models";
/// What the files of models end in.
const MODEL_SUFFIXES: [&str; 2] = [".model", ".evaluation"];

const LOCK_NAME: &str = "cellar.lock";
const RESTORING_NAME: &str = "restoring";
/// What tells that folder from one that somebody else has named so.
const RESTORING_MARK: &str = "cellar-restore";
/// The file in which the command notes when it began its last backup: while the server runs, the
/// database is the server's.
const LAST_BACKUP_NAME: &str = "last-backup";
/// What is read of such a note, which is one moment.
const NOTE_BYTES_MAX: u64 = 64;
/// What a file system of its own has at its root.
const LOST_AND_FOUND: &str = "lost+found";

/// Free space below which it is wiser not to start: it would soon end.
const START_BYTES_MIN: u64 = 2 * machine::DISK_FREE_BYTES_MIN;

/// A data folder that no other process uses as long as this value lives.
#[derive(Debug)]
pub struct DataFolder {
    path: PathBuf,
    _lock: File,
}

impl DataFolder {
    /// Makes the folder if it is missing and takes it for this process.
    pub fn take(path: &Path) -> Result<Self> {
        make(path)?;
        // Before, for nothing is left in a foreign folder; and after, for it may just have changed.
        refuse_foreign(path)?;
        let lock = lock(path)?;
        refuse_foreign(path)?;
        refuse_full(path)?;
        Ok(Self { path: path.to_owned(), _lock: lock })
    }

    /// Takes a folder that must be missing or empty, to restore a backup into it. What a restore
    /// that was cut off has left there is cleared away.
    pub fn take_empty(path: &Path) -> Result<Self> {
        make(path)?;
        leftovers(path)?;
        let lock = lock(path)?;
        for name in leftovers(path)? {
            fs::remove_dir_all(path.join(name)).map_err(|cause| unusable(path, &cause))?;
        }
        // What will be there has made no backup yet.
        let _ = fs::remove_file(path.join(LAST_BACKUP_NAME));
        refuse_full(path)?;
        Ok(Self { path: path.to_owned(), _lock: lock })
    }

    /// Makes the folder where a backup is unpacked before it is known to be sound; whoever restores
    /// removes it when done.
    pub fn begin_restoring(&self) -> Result<PathBuf> {
        let path = self.path.join(RESTORING_NAME);
        fs::create_dir(&path)
            .and_then(|()| File::create_new(path.join(RESTORING_MARK)))
            .map_err(|cause| unusable(&self.path, &cause))?;
        Ok(path)
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }
}

/// Notes that the command made a backup, begun at this moment.
pub fn note_backup(path: &Path, begun: Timestamp) -> io::Result<()> {
    // A file of its own that takes the place of the old one, whoever made that, and never a link's.
    let mut note = tempfile::NamedTempFile::new_in(path)?;
    writeln!(note, "{begun}")?;
    // Whoever made the backup need not be the user that the server runs as; the folder is private.
    #[cfg(unix)]
    note.as_file().set_permissions(std::os::unix::fs::PermissionsExt::from_mode(0o644))?;
    note.persist(path.join(LAST_BACKUP_NAME))?;
    Ok(())
}

/// When the command began its last backup, as far as it could be noted.
pub fn last_backup(path: &Path) -> Option<Timestamp> {
    let mut text = String::new();
    let note = File::open(path.join(LAST_BACKUP_NAME)).ok()?;
    note.take(NOTE_BYTES_MAX).read_to_string(&mut text).ok()?;
    Timestamp::parse(text.trim_end())
}

/// Whether `path` holds a database of Cellar already.
pub fn is_initialised(path: &Path) -> bool {
    path.join(database::FILE_NAME).exists()
}

/// Refuses a folder that holds no database of Cellar yet.
pub fn require_initialised(path: &Path) -> Result<()> {
    // A folder that may not be read is not one without a database.
    let found = path.join(database::FILE_NAME).try_exists();
    if found.map_err(|cause| unusable(path, &cause))? {
        return Ok(());
    }
    Err(Error::Unavailable(format!(
        "there is no database of Cellar in {}; name its folder with --data, or make one with `cellar init-db`",
        path.display()
    )))
}

fn make(path: &Path) -> Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path).map_err(|cause| unusable(path, &cause))
}

fn lock(path: &Path) -> Result<File> {
    // The folder itself is locked: unlike a file in it, it cannot be deleted and made anew while
    // the database in it is open.
    let folder = File::open(path).map_err(|cause| unusable(path, &cause))?;
    let is_free = match folder.try_lock() {
        Ok(()) => true,
        Err(fs::TryLockError::WouldBlock) => false,
        Err(fs::TryLockError::Error(cause)) => return Err(unusable(path, &cause)),
    };
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false);
    // A link that somebody put there must not make us write elsewhere.
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::custom_flags(
        &mut options,
        rustix::fs::OFlags::NOFOLLOW.bits().cast_signed(),
    );
    let mut note = options.open(path.join(LOCK_NAME)).map_err(|cause| unusable(path, &cause))?;
    if !is_free {
        let mut holder = String::new();
        // The holder's number is a help, not a need; without it the sentence still stands.
        let _ = note.read_to_string(&mut holder);
        let holder = holder.trim();
        let holder = if holder.is_empty() { String::new() } else { format!(" (number {holder})") };
        return Err(Error::Unavailable(format!(
            "the data folder {} is in use by another Cellar process{holder}; stop it, or name another folder with --data",
            path.display()
        )));
    }
    note.set_len(0).map_err(|cause| unusable(path, &cause))?;
    note.write_all(std::process::id().to_string().as_bytes())
        .map_err(|cause| unusable(path, &cause))?;
    Ok(folder)
}

/// Whether a folder of this name holds nothing but models that were trained before there was a
/// database.
fn has_models_alone(path: &Path) -> bool {
    let is_ours = |name: &String| MODEL_SUFFIXES.iter().any(|suffix| name.ends_with(suffix));
    names_in(path).is_ok_and(|names| names.iter().all(is_ours))
}

/// A folder with other people's files in it is not ours to fill.
fn refuse_foreign(path: &Path) -> Result<()> {
    if is_initialised(path) {
        return Ok(());
    }
    let names = names_in(path)?;
    let is_ours = |name: &str| {
        [LOCK_NAME, LAST_BACKUP_NAME, LOST_AND_FOUND].contains(&name)
            || name == MODELS_NAME && has_models_alone(&path.join(name))
    };
    match names.iter().find(|name| !is_ours(name)) {
        None => Ok(()),
        Some(name) if name == RESTORING_NAME || name == files::FOLDER_NAME => {
            Err(Error::Unavailable(format!(
                "the folder {} holds a restore that was cut off; run `cellar restore` again, or name another folder with --data",
                path.display()
            )))
        }
        Some(name) => Err(Error::Unavailable(format!(
            "the folder {} holds other things ({name}) and no database of Cellar; name an empty or new folder with --data",
            path.display()
        ))),
    }
}

/// What a restore that was cut off has left in a folder that is empty otherwise.
fn leftovers(path: &Path) -> Result<Vec<String>> {
    let mut names = names_in(path)?;
    names.retain(|name| ![LOCK_NAME, LAST_BACKUP_NAME, LOST_AND_FOUND].contains(&name.as_str()));
    let is_leftover = |name: &String| name == RESTORING_NAME || name == files::FOLDER_NAME;
    let was_cut_off = path.join(RESTORING_NAME).join(RESTORING_MARK).is_file();
    if names.is_empty() || (was_cut_off && names.iter().all(is_leftover)) {
        return Ok(names);
    }
    Err(Error::Unavailable(format!(
        "{} is not empty, and a restore never overwrites; name an empty or new folder with --data",
        path.display()
    )))
}

fn refuse_full(path: &Path) -> Result<()> {
    match machine::free_bytes(path) {
        Some(free) if free < START_BYTES_MIN => Err(Error::Unavailable(format!(
            "the disk that holds {} has {} MiB free, and Cellar needs {}; free some space",
            path.display(),
            free >> 20,
            START_BYTES_MIN >> 20
        ))),
        _ => Ok(()),
    }
}

fn names_in(path: &Path) -> Result<Vec<String>> {
    let entries = fs::read_dir(path).map_err(|cause| unusable(path, &cause))?;
    entries
        .map(|entry| entry.map(|entry| entry.file_name().to_string_lossy().into_owned()))
        .collect::<io::Result<_>>()
        .map_err(|cause| unusable(path, &cause))
}

fn unusable(path: &Path, cause: &io::Error) -> Error {
    let path = path.display();
    Error::Unavailable(match cause.kind() {
        io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => format!(
            "the folder {path} cannot be written by this user; change its owner, or name another with --data"
        ),
        io::ErrorKind::StorageFull => {
            format!("the disk that holds {path} is full; free some space")
        }
        io::ErrorKind::NotADirectory | io::ErrorKind::AlreadyExists => {
            format!("{path} is a file or lies below one; name a folder with --data")
        }
        _ => format!("the folder {path} cannot be used ({cause}); name another with --data"),
    })
}
