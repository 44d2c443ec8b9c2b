//! Large contents on disk, named by the SHA-256 of their bytes and nothing a user said.
//!
//! A content is written to a temporary name, synced, and renamed: what bears a hash is whole. The
//! same bytes are kept once. A row in `blobs` stands for every file; the row is written in the same
//! transaction as what refers to it, so a file without a row is a leftover and is swept after a
//! grace. When the last that refers to a content is deleted, its row only says since when it is
//! unused, and goes with the file after the same grace: a content that a backup has seen in use is
//! there when the backup comes to copy it. It refuses paths: nothing outside this module knows
//! where a content lies.

use std::collections::HashSet;
use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use data_encoding::HEXLOWER;
use sha2::{Digest, Sha256};

use crate::clock::Timestamp;
use crate::database::{Reader, Tx, params};
use crate::error::{Error, Result};

/// The folder of contents inside the data folder.
pub const FOLDER_NAME: &str = "blobs";

/// A content no row stands for is removed when it is older, for its row may be on the way; one that
/// nothing needs any more when it was so for longer, for a backup may be on its way to it.
pub const GRACE: Duration = Duration::from_hours(24);

const TEMPORARY_NAME: &str = "tmp";

/// The SHA-256 of a content: its only name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Hash([u8; 32]);

impl Hash {
    /// The hash with these bytes.
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// Its bytes.
    pub fn bytes(self) -> [u8; 32] {
        self.0
    }

    /// The hash of `content`.
    pub fn of(content: &[u8]) -> Self {
        Self(Sha256::digest(content).into())
    }

    /// The hash with this spelling in hexadecimal digits.
    pub fn from_hex(text: &str) -> Option<Self> {
        let bytes = HEXLOWER.decode(text.as_bytes()).ok()?;
        bytes.try_into().ok().map(Self)
    }

    /// The hash of a file's content.
    pub fn of_file(path: &Path) -> Result<Self> {
        let mut measured = Measured::new(File::open(path).map_err(Error::internal)?);
        each_block(&mut measured, |_, _| Ok(()))?;
        Ok(measured.blob().hash)
    }

    /// The name of this content inside a backup.
    pub fn archive_name(self) -> String {
        format!("{FOLDER_NAME}/{}", self.to_hex())
    }

    /// The hash that [`Hash::archive_name`] spelled so.
    pub fn from_archive_name(name: &str) -> Option<Self> {
        Self::from_hex(name.strip_prefix(FOLDER_NAME)?.strip_prefix('/')?)
    }

    /// The spelling in hexadecimal digits.
    pub fn to_hex(self) -> String {
        HEXLOWER.encode(&self.0)
    }
}

/// Reads on, and knows what came: its size and its hash.
pub struct Measured<R> {
    source: R,
    digest: Sha256,
    size_bytes: u64,
}

impl<R: Read> Measured<R> {
    /// Measures what `source` yields.
    pub fn new(source: R) -> Self {
        Self { source, digest: Sha256::new(), size_bytes: 0 }
    }

    /// What has come so far.
    pub fn blob(self) -> Blob {
        Blob { hash: Hash(self.digest.finalize().into()), size_bytes: self.size_bytes }
    }
}

impl<R: Read> Read for Measured<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let n = self.source.read(buffer)?;
        self.digest.update(&buffer[..n]);
        self.size_bytes += n as u64;
        Ok(n)
    }
}

/// The contents that have a row.
#[derive(Debug, Clone, Default)]
pub struct Inventory {
    /// Those that something refers to.
    pub used: Vec<Blob>,
    /// Those that nothing refers to any more, in their grace. A restored backup has no files for
    /// them.
    pub unused: Vec<Hash>,
}

impl Inventory {
    /// What there is.
    pub fn of(r: &Reader<'_>) -> Result<Self> {
        let used = r.fetchall(
            "SELECT hash, size_bytes FROM blobs WHERE unused_since IS NULL ORDER BY hash",
            params![],
            |row| Ok(Blob { hash: Hash(row.get(0)?), size_bytes: row.get(1)? }),
        )?;
        let sql = "SELECT hash FROM blobs WHERE unused_since IS NOT NULL";
        let unused = r.fetchall(sql, params![], |row| row.get(0).map(Hash))?;
        Ok(Self { used, unused })
    }

    /// Every hash with a row.
    pub fn hashes(&self) -> HashSet<Hash> {
        self.used.iter().map(|blob| blob.hash).chain(self.unused.iter().copied()).collect()
    }
}

/// Whether something still refers to a content: a question of whoever writes such references.
pub type Refers = fn(&Reader<'_>, Hash) -> Result<bool>;

/// A content that is on the disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Blob {
    /// Its name.
    pub hash: Hash,
    /// Its size.
    pub size_bytes: u64,
}

impl Blob {
    /// Writes the row that stands for it, in the transaction of whatever refers to it.
    pub fn create(self, tx: &Tx<'_>, now: Timestamp) -> Result<()> {
        let size = i64::try_from(self.size_bytes).map_err(Error::internal)?;
        tx.execute(
            "INSERT INTO blobs (hash, size_bytes, created_at) VALUES (?1, ?2, ?3) \
             ON CONFLICT (hash) DO UPDATE SET unused_since = NULL",
            params![self.hash.0, size, now],
        )?;
        Ok(())
    }

    /// Lets go of contents, in the transaction that deleted what referred to them: those that
    /// nothing else refers to are unused from now on.
    pub fn release(
        tx: &Tx<'_>,
        hashes: impl IntoIterator<Item = Hash>,
        refers: Refers,
        now: Timestamp,
    ) -> Result<()> {
        for hash in hashes {
            if !refers(tx, hash)? {
                let sql = "UPDATE blobs SET unused_since = ?2 WHERE hash = ?1";
                tx.execute(sql, params![hash.0, now])?;
            }
        }
        Ok(())
    }

    /// Deletes the rows of about `limit` contents that were unused for longer than the grace; how
    /// many it were. The sweep then takes their files.
    pub fn forget_unused(tx: &Tx<'_>, now: Timestamp, limit: u32) -> Result<usize> {
        let grace_s = i64::try_from(GRACE.as_secs()).map_err(Error::internal)?;
        tx.execute(
            "DELETE FROM blobs WHERE hash IN \
             (SELECT hash FROM blobs WHERE unused_since < ?1 ORDER BY unused_since LIMIT ?2)",
            params![now.plus_s(-grace_s), limit],
        )
    }

    /// How many there are, and their bytes together.
    pub fn totals(r: &Reader<'_>) -> Result<(u64, u64)> {
        let totals = r.fetchone(
            "SELECT count(*), coalesce(sum(size_bytes), 0) FROM blobs",
            params![],
            |row| Ok((row.get(0)?, row.get(1)?)),
        )?;
        Ok(totals.unwrap_or((0, 0)))
    }
}

/// A content that is being written.
pub struct Draft {
    files: Files,
    file: tempfile::NamedTempFile,
    digest: Sha256,
    size_bytes: u64,
}

impl Draft {
    /// Ends it: from now on it is there under its hash.
    pub fn keep(self) -> Result<Blob> {
        let hash = Hash(self.digest.finalize().into());
        self.files.settle(self.file, hash).map_err(Error::internal)?;
        Ok(Blob { hash, size_bytes: self.size_bytes })
    }
}

impl Write for Draft {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let n = self.file.write(bytes)?;
        self.digest.update(&bytes[..n]);
        self.size_bytes += n as u64;
        Ok(n)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

/// The contents of one data folder.
#[derive(Debug, Clone)]
pub struct Files {
    folder: PathBuf,
    /// Held while a content gets its name and while one is removed: the same bytes may arrive again
    /// just as the sweep has found them to belong to nothing. In it are the shelves that are known
    /// to outlast a power cut.
    settling: Arc<Mutex<HashSet<PathBuf>>>,
}

impl Files {
    /// The contents below `data`.
    pub fn below(data: &Path) -> Self {
        Self { folder: data.join(FOLDER_NAME), settling: Arc::default() }
    }

    /// Keeps what `source` yields, up to `size_bytes_max`.
    pub fn put(&self, source: &mut dyn Read, size_bytes_max: u64) -> Result<Blob> {
        let mut draft = self.draft()?;
        each_block(source, |block, size_bytes| {
            if size_bytes > size_bytes_max {
                return Err(Error::TooLarge { bytes_max: size_bytes_max });
            }
            draft.write_all(block).map_err(Error::internal)
        })?;
        draft.keep()
    }

    /// Begins a content that is written piece by piece. Until it is kept, it is nothing.
    pub fn draft(&self) -> Result<Draft> {
        let temporary = self.folder.join(TEMPORARY_NAME);
        fs::create_dir_all(&temporary).map_err(Error::internal)?;
        let file = tempfile::NamedTempFile::new_in(&temporary).map_err(Error::internal)?;
        Ok(Draft { files: self.clone(), file, digest: Sha256::new(), size_bytes: 0 })
    }

    /// Gives a finished temporary file its name, so that it is there after a power cut too.
    fn settle(&self, file: tempfile::NamedTempFile, hash: Hash) -> io::Result<()> {
        let path = self.path(hash);
        let is_new = !path.exists();
        if is_new {
            // The disk takes its time, and others may have their turn meanwhile.
            file.as_file().sync_all()?;
        }
        let mut lasting = self.settling.lock().unwrap_or_else(PoisonError::into_inner);
        if path.exists() {
            // Its row is on the way again, so its grace begins again.
            return File::options().write(true).open(&path)?.set_modified(SystemTime::now());
        }
        if !is_new {
            file.as_file().sync_all()?;
        }
        let shelf = path.parent().unwrap_or(&self.folder);
        fs::create_dir_all(shelf)?;
        file.persist(&path)?;
        File::open(shelf)?.sync_all()?;
        if !lasting.contains(shelf) {
            File::open(&self.folder)?.sync_all()?;
            lasting.insert(shelf.to_owned());
        }
        Ok(())
    }

    /// Opens a content for reading.
    pub fn open_blob(&self, hash: Hash) -> Result<File> {
        File::open(self.path(hash)).map_err(|cause| match cause.kind() {
            io::ErrorKind::NotFound => Error::NotFound("content"),
            _ => Error::internal(cause),
        })
    }

    /// Reads a content wholly and tells what it is; an error of `keep_going` ends the reading.
    pub fn measure(&self, hash: Hash, keep_going: &dyn Fn() -> Result<()>) -> Result<Blob> {
        let mut measured = Measured::new(self.open_blob(hash)?);
        each_block(&mut measured, |_, _| keep_going())?;
        Ok(measured.blob())
    }

    /// Every content on the disk, in no order.
    pub fn list(&self) -> Result<Vec<Hash>> {
        let mut found = Vec::new();
        for shelf in entries_of(&self.folder)? {
            if shelf.file_name() == TEMPORARY_NAME {
                continue;
            }
            for file in entries_of(&shelf.path())? {
                found.extend(file.file_name().to_str().and_then(Hash::from_hex));
            }
        }
        Ok(found)
    }

    /// Whether a content, or a temporary file of that name, has outlived the grace.
    pub fn outlived_grace(&self, hash: Hash) -> bool {
        is_older_than_grace(&self.path(hash))
    }

    /// Temporary files that no writer can still be filling.
    pub fn abandoned(&self) -> Result<Vec<PathBuf>> {
        let paths =
            entries_of(&self.folder.join(TEMPORARY_NAME))?.into_iter().map(|entry| entry.path());
        Ok(paths.filter(|path| is_older_than_grace(path)).collect())
    }

    /// Removes leftovers: contents that no row stands for and temporary files, both past the grace.
    /// `kept` is every content with a row, read after the listing began.
    pub fn sweep(&self, listed: &[Hash], kept: &HashSet<Hash>) -> Result<usize> {
        let orphans = listed.iter().filter(|hash| !kept.contains(hash));
        let mut n_removed = 0;
        for path in orphans.map(|hash| self.path(*hash)).chain(self.abandoned()?) {
            let _turn = self.settling.lock().unwrap_or_else(PoisonError::into_inner);
            if is_older_than_grace(&path) {
                fs::remove_file(&path).map_err(Error::internal)?;
                n_removed += 1;
            }
        }
        Ok(n_removed)
    }

    fn path(&self, hash: Hash) -> PathBuf {
        let name = hash.to_hex();
        // 256 shelves keep each folder's listing short.
        self.folder.join(&name[..2]).join(name)
    }
}

/// What is in a folder; nothing if it was never made.
fn entries_of(folder: &Path) -> Result<Vec<fs::DirEntry>> {
    match fs::read_dir(folder) {
        Ok(entries) => entries.collect::<io::Result<_>>().map_err(Error::internal),
        Err(cause) if cause.kind() == io::ErrorKind::NotFound => Ok(vec![]),
        Err(cause) => Err(Error::internal(cause)),
    }
}

/// Hands what `source` yields to `take`, block by block, with the size so far; the whole size.
fn each_block(
    source: &mut dyn Read,
    mut take: impl FnMut(&[u8], u64) -> Result<()>,
) -> Result<u64> {
    let mut buffer = vec![0; 64 * 1024];
    let mut size_bytes = 0;
    loop {
        let n = source.read(&mut buffer).map_err(Error::internal)?;
        if n == 0 {
            return Ok(size_bytes);
        }
        size_bytes += n as u64;
        take(&buffer[..n], size_bytes)?;
    }
}

fn is_older_than_grace(path: &Path) -> bool {
    let written = fs::metadata(path).and_then(|facts| facts.modified());
    written.is_ok_and(|when| SystemTime::now().duration_since(when).is_ok_and(|age| age > GRACE))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn files() -> (tempfile::TempDir, Files) {
        let folder = tempfile::tempdir().unwrap();
        let files = Files::below(folder.path());
        (folder, files)
    }

    #[test]
    fn a_content_is_kept_once_under_the_hash_of_its_bytes() {
        let (_folder, files) = files();
        let blob = files.put(&mut &b"red wine"[..], 100).unwrap();
        assert_eq!(files.put(&mut &b"red wine"[..], 100).unwrap(), blob);
        assert_eq!(blob.hash, Hash::of(b"red wine"));
        assert_eq!(files.list().unwrap(), [blob.hash]);
        assert_eq!(files.measure(blob.hash, &|| Ok(())).unwrap(), blob);
    }

    #[test]
    fn a_content_over_the_limit_leaves_nothing_behind() {
        let (folder, files) = files();
        let refused = files.put(&mut &b"too long"[..], 7);
        assert!(matches!(refused, Err(Error::TooLarge { bytes_max: 7 })));
        assert!(files.list().unwrap().is_empty());
        let left = fs::read_dir(folder.path().join(FOLDER_NAME).join(TEMPORARY_NAME)).unwrap();
        assert_eq!(left.count(), 0);
    }

    #[test]
    fn changed_bytes_are_noticed() {
        let (_folder, files) = files();
        let blob = files.put(&mut &b"white wine"[..], 100).unwrap();
        fs::write(files.path(blob.hash), "water").unwrap();
        let found = files.measure(blob.hash, &|| Ok(())).unwrap();
        assert_eq!(found, Blob { hash: Hash::of(b"water"), size_bytes: 5 });
    }

    #[test]
    fn only_leftovers_past_the_grace_are_swept() {
        let (_folder, files) = files();
        let [old, young, kept, again] =
            ["old", "new", "row", "again"].map(|text| files.put(&mut text.as_bytes(), 9).unwrap());
        for blob in [old, kept, again] {
            let file = File::options().write(true).open(files.path(blob.hash)).unwrap();
            file.set_modified(SystemTime::now() - GRACE - Duration::from_mins(1)).unwrap();
        }
        let listed = files.list().unwrap();
        assert_eq!(files.put(&mut &b"again"[..], 9).unwrap(), again);
        assert_eq!(files.sweep(&listed, &HashSet::from([kept.hash])).unwrap(), 1);
        assert!(matches!(files.open_blob(old.hash), Err(Error::NotFound(_))));
        assert!([young, kept, again].iter().all(|blob| files.open_blob(blob.hash).is_ok()));
    }
}
