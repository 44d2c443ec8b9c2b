//! One consistent copy of everything in one tar file, while the server writes on. The database is
//! copied as of one moment; contents never change, and those the copy names are all there. Each is
//! measured as it is copied: a damaged one must not spoil the backup unseen.

use std::fs::{File, OpenOptions};
use std::io::{self, Read};
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::clock::{Clock, Timestamp};
use crate::database::{FILE_NAME, Snapshot, write_snapshot};
use crate::error::{Error, Result};
use crate::files::{Blob, Files, Hash, Inventory, Measured};

/// The name of the entry that describes the rest; always the first.
pub const MANIFEST_NAME: &str = "manifest.json";

/// The form of the archive; a change of it that older versions cannot read gets the next number.
pub const FORMAT: u32 = 1;

/// What a backup says of itself.
#[derive(Debug, Serialize, Deserialize)]
pub struct Manifest {
    /// Which form of the archive this is.
    pub format: u32,
    /// The version of the program that wrote it.
    pub version: String,
    /// The version of its database.
    pub schema: i32,
    /// When it was begun.
    pub created_at: String,
    /// What the database has to measure.
    pub database_sha256: String,
    /// How many contents follow.
    pub n_contents: usize,
}

impl Manifest {
    /// Whether it holds what a backup says of itself, and nothing that would upset a terminal.
    pub fn is_plain(&self) -> bool {
        let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '+');
        self.schema > 0
            && self.version.chars().all(fits)
            && Timestamp::parse(&self.created_at).is_some()
    }
}

/// A folder beside the target, gone when the backup is done. One whose process was killed is swept
/// by the next backup.
pub struct Workshop {
    folder: tempfile::TempDir,
    _lock: File,
}

impl Workshop {
    const PREFIX: &str = ".cellar-backup-";
    const LOCK_NAME: &str = "lock";

    /// Makes one, and sweeps those whose process was killed.
    pub fn open(beside: &Path) -> io::Result<Self> {
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

    /// Where it is.
    pub fn path(&self) -> &Path {
        self.folder.path()
    }
}

/// Writes the whole data folder into the new file `archive`, with the folder `work` for what lies
/// in between; how many contents it has.
pub fn write_archive(data: &Path, work: &Path, archive: &Path) -> Result<usize> {
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
